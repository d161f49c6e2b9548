"""The dense VAE's training step in JAX on the CPU: one jitted function, its state donated. Protocol: protocol.py."""

import os

import protocol

args = protocol.options().parse_args()
# XLA has no thread option: it starts one thread for each core it may use, so the cores are taken away first, as taskset does.
if args.threads != len(protocol.usable_cores()):
    os.sched_setaffinity(0, protocol.usable_cores()[: args.threads])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402

from protocol import BATCH, HIDDEN, INK, LATENT, LEARNING_RATE, PIXELS  # noqa: E402


def linear(key, inputs, outputs):
    """Uniform in ±1/√inputs, PyTorch's own start."""
    weight_key, bias_key = jax.random.split(key)
    bound = inputs**-0.5
    return {
        "w": jax.random.uniform(weight_key, (inputs, outputs), minval=-bound, maxval=bound),
        "b": jax.random.uniform(bias_key, (outputs,), minval=-bound, maxval=bound),
    }


def initial(key):
    keys = jax.random.split(key, 5)
    return {
        "encode": linear(keys[0], PIXELS, HIDDEN),
        "mean": linear(keys[1], HIDDEN, LATENT),
        "log_var": linear(keys[2], HIDDEN, LATENT),
        "decode": linear(keys[3], LATENT, HIDDEN),
        "logits": linear(keys[4], HIDDEN, PIXELS),
    }


def apply(layer, x):
    return x @ layer["w"] + layer["b"]


def negative_elbo(params, x, key):
    """Nats: summed over the event, averaged over the batch."""
    h = jax.nn.relu(apply(params["encode"], x))
    mu, log_var = apply(params["mean"], h), apply(params["log_var"], h)
    z = mu + jnp.exp(0.5 * log_var) * jax.random.normal(key, mu.shape)
    logits = apply(params["logits"], jax.nn.relu(apply(params["decode"], z)))
    bce = optax.sigmoid_binary_cross_entropy(logits, x).sum()
    kl = 0.5 * (mu * mu + jnp.exp(log_var) - 1 - log_var).sum()
    return (bce + kl) / BATCH


adam = optax.adam(LEARNING_RATE)


def train(params, moments, key, x):
    key, noise_key = jax.random.split(key)
    loss, grads = jax.value_and_grad(negative_elbo)(params, x, noise_key)
    updates, moments = adam.update(grads, moments, params)
    return optax.apply_updates(params, updates), moments, key, loss


train = jax.jit(train, donate_argnums=(0, 1, 2))
init_key, data_key, train_key = jax.random.split(jax.random.key(0), 3)
x = jax.random.bernoulli(data_key, INK, (BATCH, PIXELS)).astype(jnp.float32)
params = initial(init_key)
state = (params, adam.init(params), train_key)


def step():
    global state
    *state, loss = train(*state, x)
    return loss


protocol.time_dense_vae(
    step,
    lambda loss: float(jax.block_until_ready(loss)),
    args,
    peer="jax",
    mode="jit",
    version=jax.__version__,
    settings="state donated",
)
