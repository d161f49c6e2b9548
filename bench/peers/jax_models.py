"""
The workloads in JAX: for each, the first parameters by player and, by the same names, the losses that the players lower in
turn. Images are [batch, height, width, channels], the layout in which XLA convolves on a CPU.
"""

import jax
import jax.numpy as jnp
import optax
from jax import lax


def uniform(key, shape, fan_in):
    """U(±1/√inputs), PyTorch's own start."""
    return jax.random.uniform(key, shape, minval=-(fan_in**-0.5), maxval=fan_in**-0.5)


def linear(key, inputs, outputs):
    w, b = jax.random.split(key)
    return {"w": uniform(w, (inputs, outputs), inputs), "b": uniform(b, (outputs,), inputs)}


def conv(key, inputs, outputs, kernel):
    w, b = jax.random.split(key)
    fan_in = inputs * kernel * kernel
    return {"w": uniform(w, (kernel, kernel, inputs, outputs), fan_in), "b": uniform(b, (outputs,), fan_in)}


def normalization(width):
    return {"scale": jnp.ones(width), "shift": jnp.zeros(width)}


def apply(layer, x):
    return x @ layer["w"] + layer["b"]


NHWC = ("NHWC", "HWIO", "NHWC")


def convolve(layer, x, stride, padding, mask=None):
    w = layer["w"] if mask is None else layer["w"] * mask[:, :, None, None]
    return lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2, dimension_numbers=NHWC) + layer["b"]


def transpose_convolve(layer, x, stride, padding):
    """PyTorch's transposed convolution: `padding` is what the convolution it transposes has."""
    around = layer["w"].shape[0] - 1 - padding
    return lax.conv_transpose(x, layer["w"], (stride, stride), [(around, around)] * 2, dimension_numbers=NHWC) + layer["b"]


def normalize(layer, x):
    """By the statistics of the batch; no running ones are kept."""
    over = tuple(range(x.ndim - 1))
    mean, variance = x.mean(over), x.var(over)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * layer["scale"] + layer["shift"]


def bernoulli_nats(logits, x):
    """−log p(x) in nats: summed over the event, averaged over the batch."""
    return optax.sigmoid_binary_cross_entropy(logits, x).sum() / x.shape[0]


def negative_elbo(encode, decode):
    def loss(params, x, key):
        p = params["vae"]
        h = encode(p, x)
        mu, log_var = apply(p["mean"], h), apply(p["log_var"], h)
        z = mu + jnp.exp(0.5 * log_var) * jax.random.normal(key, mu.shape)
        kl = 0.5 * (mu * mu + jnp.exp(log_var) - 1 - log_var).sum() / x.shape[0]
        return bernoulli_nats(decode(p, z), x) + kl

    return loss


def dense_vae(event, sizes, key):
    (pixels,), hidden, latent, k = event, sizes["hidden"], sizes["latent"], jax.random.split(key, 5)
    params = {
        "encode": linear(k[0], pixels, hidden),
        "mean": linear(k[1], hidden, latent),
        "log_var": linear(k[2], hidden, latent),
        "decode": linear(k[3], latent, hidden),
        "logits": linear(k[4], hidden, pixels),
    }
    encode = lambda p, x: jax.nn.relu(apply(p["encode"], x))  # noqa: E731
    decode = lambda p, z: apply(p["logits"], jax.nn.relu(apply(p["decode"], z)))  # noqa: E731
    return {"vae": params}, {"vae": negative_elbo(encode, decode)}


def conv_vae(event, sizes, key):
    (few, many), kernel, latent = sizes["channels"], sizes["kernel"], sizes["latent"]
    how, side, k = (sizes["stride"], sizes["padding"]), event[1] // 4, jax.random.split(key, 7)
    width = many * side * side
    params = {
        "encode": [conv(k[0], event[0], few, kernel), conv(k[1], few, many, kernel)],
        "mean": linear(k[2], width, latent),
        "log_var": linear(k[3], width, latent),
        "spread": linear(k[4], latent, width),
        "decode": [conv(k[5], many, few, kernel), conv(k[6], few, event[0], kernel)],
    }

    def encode(p, x):
        for layer in p["encode"]:
            x = jax.nn.relu(convolve(layer, x, *how))
        return x.reshape(x.shape[0], width)

    def decode(p, z):
        h = jax.nn.relu(apply(p["spread"], z)).reshape(z.shape[0], side, side, many)
        h = jax.nn.relu(transpose_convolve(p["decode"][0], h, *how))
        return transpose_convolve(p["decode"][1], h, *how)

    return {"vae": params}, {"vae": negative_elbo(encode, decode)}


def adversaries(generate, criticise, latent):
    def fakes(params, x, key):
        return generate(params["generator"], jax.random.normal(key, (x.shape[0], latent)))

    def critic_loss(params, x, key):
        """−log D(x) − log(1 − D(G(z)))."""
        fake = lax.stop_gradient(fakes(params, x, key))
        on_data, on_fakes = criticise(params["critic"], x), criticise(params["critic"], fake)
        return jax.nn.softplus(-on_data).mean() + jax.nn.softplus(on_fakes).mean()

    def generator_loss(params, x, key):
        return jax.nn.softplus(-criticise(params["critic"], fakes(params, x, key))).mean()

    return {"critic": critic_loss, "generator": generator_loss}


def dcgan(event, sizes, key):
    (few, many), kernel, latent = sizes["channels"], sizes["kernel"], sizes["latent"]
    how, side, k = (sizes["stride"], sizes["padding"]), event[1] // 4, jax.random.split(key, 6)
    width = many * side * side
    generator = {
        "spread": linear(k[0], latent, width),
        "norms": [normalization(width), normalization(few)],
        "convs": [conv(k[1], many, few, kernel), conv(k[2], few, event[0], kernel)],
    }
    critic = {
        "convs": [conv(k[3], event[0], few, kernel), conv(k[4], few, many, kernel)],
        "norm": normalization(many),
        "head": linear(k[5], width, 1),
    }
    leaky = lambda h: jax.nn.leaky_relu(h, sizes["slope"])  # noqa: E731

    def generate(p, z):
        h = jax.nn.relu(normalize(p["norms"][0], apply(p["spread"], z))).reshape(z.shape[0], side, side, many)
        h = jax.nn.relu(normalize(p["norms"][1], transpose_convolve(p["convs"][0], h, *how)))
        return jnp.tanh(transpose_convolve(p["convs"][1], h, *how))

    def criticise(p, x):
        h = leaky(convolve(p["convs"][0], x, *how))
        h = leaky(normalize(p["norm"], convolve(p["convs"][1], h, *how)))
        return apply(p["head"], h.reshape(x.shape[0], width))

    return {"critic": critic, "generator": generator}, adversaries(generate, criticise, latent)


def layers(key, widths):
    keys = jax.random.split(key, len(widths) - 1)
    return [linear(k, i, o) for k, i, o in zip(keys, widths, widths[1:])]


def mlp(p, x):
    for layer in p[:-1]:
        x = jax.nn.relu(apply(layer, x))
    return apply(p[-1], x)


def gan_2d(event, sizes, key):
    for_generator, for_critic = jax.random.split(key)
    generator = layers(for_generator, [sizes["latent"], *sizes["hidden"], event[0]])
    critic = layers(for_critic, [event[0], *sizes["hidden"], 1])
    return {"critic": critic, "generator": generator}, adversaries(mlp, mlp, sizes["latent"])


def mask(kernel, sees_itself):
    row, column = jnp.indices((kernel, kernel)) - kernel // 2
    return ((row < 0) | ((row == 0) & (column < sees_itself))).astype(jnp.float32)


def pixelcnn_parameters(sizes, key):
    channels, k = sizes["channels"], jax.random.split(key, sizes["layers"] + 3)
    first, *rest = [(1, sizes["firstKernel"]), *[(channels, sizes["kernel"])] * sizes["layers"], (channels, 1)]
    convs = [conv(k[i], inputs, channels, kernel) for i, (inputs, kernel) in enumerate([first, *rest])]
    return [*convs, conv(k[-1], channels, 1, 1)]


def pixelcnn_logits(p, x):
    for i, layer in enumerate(p[:-1]):
        kernel = layer["w"].shape[0]
        x = jax.nn.relu(convolve(layer, x, 1, kernel // 2, mask(kernel, i > 0) if kernel > 1 else None))
    return convolve(p[-1], x, 1, 0)


def pixelcnn(event, sizes, key):
    loss = lambda params, x, key: bernoulli_nats(pixelcnn_logits(params["net"], x), x)  # noqa: E731
    return {"net": pixelcnn_parameters(sizes, key)}, {"net": loss}


def realnvp(event, sizes, key):
    dims, keys = event[0], jax.random.split(key, sizes["couplings"])
    widths = [dims // 2, *sizes["hidden"], dims]
    params = [{"net": layers(k, widths), "scale": jnp.ones(dims // 2)} for k in keys]

    def loss(params, x, key):
        """−log p(x); halves move in turn, and log s is a learned scale times a tanh, as in eidos."""
        kept, moved = jnp.split(x, 2, 1)
        log_det = 0
        for coupling in params["flow"]:
            raw, shift = jnp.split(mlp(coupling["net"], kept), 2, 1)
            log_scale = coupling["scale"] * jnp.tanh(raw)
            kept, moved = moved * jnp.exp(log_scale) + shift, kept
            log_det = log_det + log_scale.sum(1)
        z = jnp.concatenate([kept, moved], 1)
        return (0.5 * (z * z + jnp.log(2 * jnp.pi)).sum(1) - log_det).mean()

    return {"flow": params}, {"flow": loss}


def made(event, sizes, key):
    widths = [event[0], *sizes["hidden"], event[0]]
    pixels = jnp.arange(1, event[0] + 1)
    first, second = (1 + jnp.arange(width) % (event[0] - 1) for width in sizes["hidden"])
    sees = [first[None] >= pixels[:, None], second[None] >= first[:, None], pixels[None] > second[:, None]]

    def loss(params, x, key):
        masked = [{"w": p["w"] * m, "b": p["b"]} for p, m in zip(params["net"], sees)]
        return bernoulli_nats(mlp(masked, x), x)

    return {"net": layers(key, widths)}, {"net": loss}


def lstm(event, sizes, key):
    units, k = sizes["units"], jax.random.split(key, 4)
    params = {
        "input": uniform(k[0], (event[1], 4 * units), units),
        "state": uniform(k[1], (units, 4 * units), units),
        "bias": uniform(k[2], (4 * units,), units),
        "head": linear(k[3], units, sizes["classes"]),
    }

    def loss(params, x, key):
        p = params["net"]

        def cell(carry, inputs):
            h, c = carry
            i, f, g, o = jnp.split(inputs + h @ p["state"], 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((x.shape[0], units))
        inputs = jnp.swapaxes(x, 0, 1) @ p["input"] + p["bias"]  # [steps, batch, 4 units]
        (h, _), _ = lax.scan(cell, (zeros, zeros), inputs)
        labels = jnp.arange(x.shape[0]) % sizes["classes"]
        return optax.softmax_cross_entropy_with_integer_labels(apply(p["head"], h), labels).mean()

    return {"net": params}, {"net": loss}


STEPS = {
    "dense-vae": dense_vae,
    "conv-vae": conv_vae,
    "dcgan": dcgan,
    "pixelcnn": pixelcnn,
    "realnvp": realnvp,
    "made": made,
    "lstm": lstm,
    "gan-2d": gan_2d,
}
