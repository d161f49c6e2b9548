"""Writes test/golden/optimizers.json: where PyTorch's optimisers, in 64 bits, carry 40 parameters over 100 steps.

The problem is fixed and made of numbers that every language computes alike: s <- 1664525 s + 1013904223 mod 2^32 from s = 1,
u = s / 2^32, and for each i in turn a start 4u - 2, a stiffness 1/2 + u and a centre 2u - 1. The gradient of step t = 1, 2, ...
is that of a chain of springs with soft ties (a ring), pushed by a wave, so that it never dies away:
g_i = a_i (p_i - c_i) + tanh(p_i - p_{i+1}) - tanh(p_{i-1} - p_i) + 0.3 sin(t + i).

Usage: python scripts/golden-optimizers.py   (needs torch; Lion is not in it and is written out below, after its paper)
"""

import json
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

SHAPES = [[3, 5], [25]]
SIZE = 40
KEPT = [1, 10, 100]


def problem():
    state = 1
    rows = []
    for _ in range(SIZE):
        draws = []
        for _ in range(3):
            state = (1664525 * state + 1013904223) % 2**32
            draws.append(state / 2**32)
        rows.append((4 * draws[0] - 2, 0.5 + draws[1], 2 * draws[2] - 1))
    return torch.tensor(rows, dtype=torch.float64).unbind(1)


START, STIFFNESS, CENTRE = problem()


def gradient(p, t):
    ties = torch.tanh(p - p.roll(-1)) - torch.tanh(p.roll(1) - p)
    wave = 0.3 * torch.sin(t + torch.arange(SIZE, dtype=torch.float64))
    return STIFFNESS * (p - CENTRE) + ties + wave


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for theta in group["params"]:
                m = self.state[theta].setdefault("m", torch.zeros_like(theta))
                c = beta1 * m + (1 - beta1) * theta.grad
                theta -= group["lr"] * (c.sign() + group["weight_decay"] * theta)
                self.state[theta]["m"] = beta2 * m + (1 - beta2) * theta.grad


def betas(s, first, second):
    return {"betas": (s.get("beta1", first), s.get("beta2", second))}


def optimizer_of(s, params, lr):
    name = s["name"]
    decay = {"weight_decay": s["weightDecay"]} if "weightDecay" in s else {}
    if name == "sgd":
        kind = {"momentum": s.get("momentum", 0), "nesterov": s.get("nesterov", False)}
        return torch.optim.SGD(params, lr=lr, **kind, **decay)
    if name == "adam":
        return torch.optim.Adam(params, lr=lr, **betas(s, 0.9, 0.999), **decay)
    if name == "adamw":
        return torch.optim.AdamW(params, lr=lr, **betas(s, 0.9, 0.999), **decay)
    if name == "rmsprop":
        return torch.optim.RMSprop(params, lr=lr, alpha=s.get("beta2", 0.99), **decay)
    if name == "adagrad":
        return torch.optim.Adagrad(params, lr=lr, **decay)
    return Lion(params, lr=lr, **betas(s, 0.9, 0.99), **decay)


def flat(params):
    return torch.cat([p.detach().reshape(-1) for p in params])


def run(settings, rate):
    sizes = [torch.Size(shape).numel() for shape in SHAPES]
    pieces = [part.reshape(shape).clone() for part, shape in zip(START.split(sizes), SHAPES)]
    module = torch.nn.ParameterList([torch.nn.Parameter(piece) for piece in pieces])
    params = list(module)
    optimizer = optimizer_of(settings["optimizer"], params, rate)
    ema = settings.get("ema")
    average = None if ema is None else AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(ema))
    kept = {"parameters": {}, **({} if ema is None else {"averages": {}})}
    for t in range(1, max(KEPT) + 1):
        for p, g in zip(params, gradient(flat(params), t).split(sizes)):
            p.grad = g.reshape(p.shape).clone()
        clip = settings.get("clip", {})
        if "norm" in clip:
            clip_grad_norm_(params, clip["norm"])
        if "value" in clip:
            clip_grad_value_(params, clip["value"])
        optimizer.step()
        if average is not None:
            average.update_parameters(module)
        if t in KEPT:
            kept["parameters"][t] = [float(f"{x:.12g}") for x in flat(params).tolist()]
            if average is not None:
                kept["averages"][t] = [float(f"{x:.12g}") for x in flat(average.module.parameters()).tolist()]
    return kept


CASES = [
    (0.05, {"optimizer": {"name": "sgd"}}),
    (0.05, {"optimizer": {"name": "sgd", "weightDecay": 0.1}}),
    (0.02, {"optimizer": {"name": "sgd", "momentum": 0.9}}),
    (0.02, {"optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True, "weightDecay": 0.05}}),
    (0.02, {"optimizer": {"name": "sgd", "momentum": 0.9}, "clip": {"norm": 2.5}, "ema": 0.9}),
    (0.05, {"optimizer": {"name": "sgd"}, "clip": {"value": 0.5}}),
    (0.02, {"optimizer": {"name": "adam"}}),
    (0.02, {"optimizer": {"name": "adam", "beta1": 0.5, "weightDecay": 0.1}}),
    (0.02, {"optimizer": {"name": "adamw"}}),
    (0.02, {"optimizer": {"name": "adamw", "weightDecay": 0.2}, "clip": {"norm": 1}, "ema": 0.99}),
    (0.01, {"optimizer": {"name": "rmsprop"}}),
    (0.01, {"optimizer": {"name": "rmsprop", "beta2": 0.9, "weightDecay": 0.1}, "clip": {"value": 1}}),
    (0.1, {"optimizer": {"name": "adagrad"}}),
    (0.1, {"optimizer": {"name": "adagrad", "weightDecay": 0.1}}),
    (0.005, {"optimizer": {"name": "lion"}}),
    (0.005, {"optimizer": {"name": "lion", "beta1": 0.95, "beta2": 0.98, "weightDecay": 0.3}, "ema": 0.95}),
]

cases = [{"settings": settings, "rate": rate, **run(settings, rate)} for rate, settings in CASES]
made = {"by": f"PyTorch {torch.__version__.split('+')[0]}, float64", "shapes": SHAPES, "cases": cases}
target = Path(__file__).parent.parent / "test/golden/optimizers.json"
lines = ",\n".join("    " + json.dumps(case) for case in cases)
head = {key: made[key] for key in ("by", "shapes")}
target.write_text(json.dumps(head)[:-1] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n")
