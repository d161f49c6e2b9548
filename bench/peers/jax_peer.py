"""A workload in JAX on the CPU: whole steps in one jitted function, its state donated. Protocol: protocol.py; models: jax_models.py."""

import os

import protocol

parser = protocol.options()
parser.add_argument("--mode", choices=["jit", "scan"], default="jit", help="scan: 100 steps in one call")
parser.add_argument("--pixels", type=int, default=20, help="pixels drawn in a call when sampling")
args = parser.parse_args()
# XLA has no thread option: it starts one thread for each core it may use, so the cores are taken away first, as taskset does.
if args.threads != len(protocol.usable_cores()):
    os.sched_setaffinity(0, protocol.usable_cores()[: args.threads])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402
from jax import lax  # noqa: E402

import jax_models  # noqa: E402

workload = protocol.workloads()[args.workload]
event, sizes = workload["event"], workload["sizes"]
shape = (event[1], event[2], event[0]) if len(event) == 3 else tuple(event)  # one channel: the same order in memory
who = dict(peer="jax", mode=args.mode, version=jax.__version__)
SCANNED = 100


def train():
    adam = optax.adam(workload["learningRate"], b1=workload["beta1"])
    params, losses = jax_models.STEPS[args.workload](event, sizes, jax.random.key(0))
    moments = {player: adam.init(params[player]) for player in losses}
    x = jnp.array(protocol.batch_of(workload, args.batch), jnp.float32).reshape(args.batch, *shape)

    def turn(state, x):
        """Every player moves once and sees what those before it have moved."""
        params, moments, key = state
        values = []
        for player, loss in losses.items():
            key, noise = jax.random.split(key)
            of_mine = lambda mine: loss({**params, player: mine}, x, noise)  # noqa: B023, E731
            value, grads = jax.value_and_grad(of_mine)(params[player])
            updates, moved = adam.update(grads, moments[player], params[player])
            params = {**params, player: optax.apply_updates(params[player], updates)}
            moments = {**moments, player: moved}
            values.append(value)
        return (params, moments, key), values[0]

    def turns(state, x):
        state, values = lax.scan(lambda state, _: turn(state, x), state, None, length=SCANNED)
        return state, values[0]

    advance = jax.jit(turns if args.mode == "scan" else turn, donate_argnums=0)
    state = (params, moments, jax.random.key(1))

    def step():
        nonlocal state
        state, loss = advance(state, x)
        return loss

    share = SCANNED if args.mode == "scan" else 1
    settings = "state donated" + (f", {SCANNED} steps in one scan" if args.mode == "scan" else "")
    protocol.time_peer(step, float, args, share=share, **who, settings=settings)


def sample():
    """Pixel after pixel in one loop, the whole image through the network each time."""
    p = jax_models.pixelcnn_parameters(sizes, jax.random.key(0))
    height, width, _ = shape

    @jax.jit
    def draw(p, key):
        def one(i, carry):
            x, key = carry
            key, noise = jax.random.split(key)
            row, column = i // width, i % width
            ones = jax.nn.sigmoid(jax_models.pixelcnn_logits(p, x)[:, row, column])
            return x.at[:, row, column].set((jax.random.uniform(noise, ones.shape) < ones).astype(jnp.float32)), key

        x, _ = lax.fori_loop(0, args.pixels, one, (jnp.zeros((args.batch, *shape)), key))
        return x[:, 0, : args.pixels].mean()  # share of ones among the first pixels

    settings = f"fori_loop, whole image a pixel; {args.pixels} of {height * width} pixels timed"
    share = args.pixels / (height * width)
    protocol.time_peer(lambda: draw(p, jax.random.key(1)), float, args, share=share, **who, settings=settings)


if workload["kind"] == "sampling":
    sample()
else:
    train()
