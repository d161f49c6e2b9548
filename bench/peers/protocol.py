"""How a Python peer is timed: warm up until stable, then rounds of several steps; README.md says why."""

import argparse
import json
import math
import os
import statistics
import sys
import time

BATCH, PIXELS, HIDDEN, LATENT = 128, 784, 400, 20
LEARNING_RATE = 1e-3
INK = 0.3  # share of ones in the binary batch


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=len(usable_cores()))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--inner", type=int, default=8, help="steps in a round")
    return parser


def usable_cores():
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def round_ms(step, ready, inner):
    start = time.perf_counter()
    for _ in range(inner):
        last = step()
    ready(last)
    return (time.perf_counter() - start) / inner * 1e3


def warm_up(step, ready, inner):
    """Rounds of at least 10 steps together, until two in a row are not 5 % faster than the best; 20 rounds at most."""
    best, level = math.inf, 0
    for done in range(1, 21):
        ms = round_ms(step, ready, inner)
        level = level + 1 if ms > 0.95 * best else 0
        best = min(best, ms)
        if done * inner >= 10 and level >= 2:
            return


def measure(step, ready, rounds, inner):
    """Milliseconds a step in every round, after the warm-up; `ready` waits until a step's result exists."""
    warm_up(step, ready, inner)
    return [round_ms(step, ready, inner) for _ in range(rounds)]


def report(**result):
    print(json.dumps(result), flush=True)


def time_dense_vae(step, ready, args, **who):
    """Times `step`, prints the result, and exits non-zero when the training was not right."""
    first = ready(step())
    rounds_ms = measure(step, ready, args.rounds, args.inner)
    last = ready(step())
    report(
        **who,
        threads=args.threads,
        workload="dense-vae",
        batch=BATCH,
        medianMs=statistics.median(rounds_ms),
        roundsMs=rounds_ms,
        lossFirst=first,
        lossLast=last,
    )
    sys.exit(complaint(first, last))


def complaint(first, last):
    expected = PIXELS * math.log(2)  # nats: logits near 0, KL near 0
    if not abs(first - expected) < 0.05 * expected:
        return f"the first loss is {first:.1f}, not near {expected:.1f} nats"
    if not last < first:
        return f"the loss did not fall: {first:.1f} to {last:.1f} nats"
    return None
