"""How a Python peer is timed: warm up until stable, then rounds of several steps; README.md says why."""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time
from pathlib import Path

INK = 0.3  # share of ones in the binary batch
ENOUGH_SECONDS = 60  # after which three rounds have to do


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", default="dense-vae", choices=sorted(workloads()))
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=len(usable_cores()))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--inner", type=int, help="steps in a round; enough for a quarter of a second unless given")
    parser.add_argument("--warm-up", type=float, default=15, help="seconds it may take at most; 0 for none")
    parser.add_argument("--started-at", type=float, default=time.time() * 1e3, help="when the process began, epoch ms")
    return parser


def workloads():
    """What is run, by name: the file that eidos and every peer read."""
    return json.loads((Path(__file__).parent / ".." / "workloads.json").read_text())


def uniforms(count):
    """Numerical Recipes' generator from state 1: enough for a batch of dots, and the same in every language."""
    state, values = 1, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state / 2**32)
    return values


def batch_of(workload, batch):
    """The batch, flat in the order [batch, ...event]."""
    values = uniforms(batch * math.prod(workload["event"]))
    of = {"bits": lambda u: float(u < INK), "signs": lambda u: 1.0 if u < INK else -1.0, "uniform": lambda u: u}
    return [of[workload["data"]](u) for u in values]


def labels_of(workload, batch):
    return [i % workload["sizes"]["classes"] for i in range(batch)]


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


def warm_up(step, ready, inner, seconds):
    """Rounds of at least 10 steps together, until two in a row are not 5 % faster than the best; 20 rounds at most."""
    best, level, end = math.inf, 0, time.perf_counter() + seconds
    for done in range(1, 21):
        if time.perf_counter() > end:
            return
        ms = round_ms(step, ready, inner)
        level = level + 1 if ms > 0.95 * best else 0
        best = min(best, ms)
        if done * inner >= 10 and level >= 2:
            return


def steps_a_round(step, ready):
    """As many as take a quarter of a second, by the faster of two steps, and 4,096 at most."""
    return max(1, min(4096, math.ceil(250 / min(round_ms(step, ready, 1), round_ms(step, ready, 1)))))


def measure(step, ready, args):
    """Milliseconds a step in every round, after the warm-up; `ready` waits until a step's result exists."""
    inner = args.inner or steps_a_round(step, ready)
    if args.warm_up > 0:
        warm_up(step, ready, inner, args.warm_up)
    end, rounds = time.perf_counter() + ENOUGH_SECONDS, []
    while len(rounds) < args.rounds and (len(rounds) < 3 or time.perf_counter() < end):
        rounds.append(round_ms(step, ready, inner))
    return rounds


def peak_memory_mb():
    """The most memory this process has held. ru_maxrss would start from the size of the process that spawned it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


def report(**result):
    print(json.dumps(result), flush=True)


def absent(reason):
    report(absent=reason)
    sys.exit(0)


def time_peer(step, ready, args, *, share=1, **who):
    """
    Times `step`, prints the result, and exits non-zero when the training was not right. `share` is what a call does of
    what is reported: 100 for a call of 100 steps, a half for half of an image.
    """
    began = time.perf_counter()
    first = ready(step())
    first_call_ms = (time.perf_counter() - began) * 1e3
    first_step_ms = time.time() * 1e3 - args.started_at
    calls_ms = measure(step, ready, args)
    last = ready(step())
    report(
        **who,
        threads=args.threads,
        workload=args.workload,
        batch=args.batch,
        medianMs=statistics.median(calls_ms) / share,
        roundsMs=[ms / share for ms in calls_ms],
        compileMs=max(0, first_call_ms - statistics.median(calls_ms)),
        firstStepMs=first_step_ms,
        peakMemoryMB=peak_memory_mb(),
        lossFirst=first,
        lossLast=last,
    )
    sys.exit(complaint(workloads()[args.workload], first, last))


def complaint(workload, first, last):
    near, within = workload["firstLoss"]["near"], workload["firstLoss"]["within"]
    if not abs(first - near) < within * near:
        return f"the first loss is {first:.3f}, not near {near}"
    if workload["falls"] and not last < first:
        return f"the loss did not fall: {first:.3f} to {last:.3f}"
    return None if math.isfinite(last) else f"the last loss is {last}"
