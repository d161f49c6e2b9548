"""The rate of PyTorch's matrix product (MKL on Intel) on every product of the dense VAE's step. Protocol: protocol.py."""

import os
import statistics

import protocol
from protocol import BATCH, HIDDEN, LATENT, PIXELS

args = protocol.options().parse_args()
for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[pool] = str(args.threads)

import torch  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)

LAYERS = {
    "encode": (PIXELS, HIDDEN),
    "mean": (HIDDEN, LATENT),
    "logVar": (HIDDEN, LATENT),
    "decode": (LATENT, HIDDEN),
    "logits": (HIDDEN, PIXELS),
}


def products(inputs, outputs):
    """y = x·w; the weight's gradient xᵀ·dy; the input's gradient dy·wᵀ: each a pair of matrices."""
    x, w, dy = torch.rand(BATCH, inputs), torch.rand(inputs, outputs), torch.rand(BATCH, outputs)
    return {"forward": (x, w), "weightGradient": (x.t(), dy), "inputGradient": (dy, w.t())}


def rate(layer, role, a, b):
    (rows, inner), columns = a.shape, b.shape[1]
    flop = 2 * rows * inner * columns
    out = torch.empty(rows, columns)
    repeats = max(args.inner, round(2e8 / flop))  # so that a round of the small products lasts long enough to time
    ms = statistics.median(protocol.measure(lambda: torch.mm(a, b, out=out), lambda _: None, args.rounds, repeats))
    return {"layer": layer, "role": role, "shape": [rows, inner, columns], "medianMs": ms, "gflops": flop / ms / 1e6}


rates = [
    rate(layer, role, a, b)
    for layer, shape in LAYERS.items()
    for role, (a, b) in products(*shape).items()
    if (layer, role) != ("encode", "inputGradient")  # nobody needs the gradient of the data
]
total_ms = sum(r["medianMs"] for r in rates)
total_flop = sum(r["gflops"] * r["medianMs"] for r in rates) * 1e6
protocol.report(
    peer="pytorch",
    mode="matmul",
    threads=args.threads,
    version=torch.__version__,
    workload="dense-vae-matmul",
    batch=BATCH,
    totalMs=total_ms,
    gflops=total_flop / total_ms / 1e6,
    products=rates,
)
