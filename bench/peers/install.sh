#!/usr/bin/env bash
# Installs the frameworks that eidos is timed beside into $EIDOS_PEERS (outside the repository), at pinned versions.
# Safe to run again: what is already there at its pin is left alone. A peer that fails is named; the others go on.
# Registries are those that pip and npm are configured for. See README.md for the CPU-only PyTorch wheel.
set -u

peers="${EIDOS_PEERS:-$HOME/.cache/eidos-peers}"
python="${EIDOS_PYTHON:-python3}"
venv="$peers/venv"
node="$peers/node"
failed=()

# The ONE place where versions are pinned.
pytorch=(torch==2.15.0 numpy==2.4.6)
jax=(jax==0.10.2 jaxlib==0.10.2 optax==0.2.8 numpy==2.4.6)
jaxjs=(@jax-js/jax@0.1.25)
tfjs=(@tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0)

attempt() { # attempt NAME COMMAND...
  local name="$1"
  shift
  echo "== $name"
  if "$@"; then echo "== $name: ready"; else
    echo "== $name: FAILED" >&2
    failed+=("$name")
  fi
}

# --no-cache-dir: a CUDA build of torch brings gigabytes that nobody wants to keep twice.
pip_install() { "$venv/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check "$@"; }

# --ignore-scripts: none of these packages needs one, and a peer should run no code before it is called.
npm_install() { npm install --prefix "$node" --ignore-scripts --no-audit --no-fund --loglevel=error --save-exact "$@"; }

mkdir -p "$node" || exit 1
[ -f "$node/package.json" ] || echo '{ "private": true, "type": "module" }' >"$node/package.json"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || echo "no virtual environment: the Python peers will fail" >&2

attempt pytorch pip_install "${pytorch[@]}"
attempt jax pip_install "${jax[@]}"
attempt jax-js npm_install "${jaxjs[@]}"
attempt tfjs npm_install "${tfjs[@]}"

if [ "${#failed[@]}" -gt 0 ]; then
  echo "not installed: ${failed[*]}" >&2
  exit 1
fi
echo "all peers are in $peers"
