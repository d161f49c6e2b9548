"""The workloads in PyTorch: for each, the players of a step, who lower a loss in turn. Every start is PyTorch's default."""

from dataclasses import dataclass
from typing import Callable

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Player:
    loss: Callable[[torch.Tensor], torch.Tensor]
    moves: nn.Module
    still: nn.Module | None = None  # what the loss runs through and this player leaves alone


def bernoulli_nats(logits, x):
    """−log p(x) in nats: summed over the event, averaged over the batch."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.shape[0]


class VAE(nn.Module):
    def __init__(self, encoder, width, decoder, latent):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.mean, self.log_var = nn.Linear(width, latent), nn.Linear(width, latent)

    def forward(self, x):
        """The negative ELBO."""
        h = self.encoder(x)
        mu, log_var = self.mean(h), self.log_var(h)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        kl = 0.5 * (mu * mu + log_var.exp() - 1 - log_var).sum() / x.shape[0]
        return bernoulli_nats(self.decoder(z), x) + kl


def dense_vae(event, sizes):
    pixels, hidden, latent = event[0], sizes["hidden"], sizes["latent"]
    encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU())
    decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, pixels))
    vae = VAE(encoder, hidden, decoder, latent)
    return [Player(vae, vae)]


def conv_vae(event, sizes):
    few, many = sizes["channels"]
    kernel, side = (sizes["kernel"], sizes["stride"], sizes["padding"]), event[1] // 4
    width, latent = many * side * side, sizes["latent"]
    encoder = nn.Sequential(
        nn.Conv2d(event[0], few, *kernel), nn.ReLU(), nn.Conv2d(few, many, *kernel), nn.ReLU(), nn.Flatten()
    )
    decoder = nn.Sequential(
        nn.Linear(latent, width),
        nn.ReLU(),
        nn.Unflatten(1, (many, side, side)),
        nn.ConvTranspose2d(many, few, *kernel),
        nn.ReLU(),
        nn.ConvTranspose2d(few, event[0], *kernel),
    )
    vae = VAE(encoder, width, decoder, latent)
    return [Player(vae, vae)]


def adversaries(generator, critic, latent):
    def critic_loss(x):
        """−log D(x) − log(1 − D(G(z)))."""
        with torch.no_grad():
            fake = generator(torch.randn(x.shape[0], latent))
        return F.softplus(-critic(x)).mean() + F.softplus(critic(fake)).mean()

    def generator_loss(x):
        return F.softplus(-critic(generator(torch.randn(x.shape[0], latent)))).mean()

    return [Player(critic_loss, critic, generator), Player(generator_loss, generator, critic)]


def dcgan(event, sizes):
    few, many = sizes["channels"]
    kernel, side = (sizes["kernel"], sizes["stride"], sizes["padding"]), event[1] // 4
    width, leak = many * side * side, sizes["slope"]
    generator = nn.Sequential(
        nn.Linear(sizes["latent"], width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Unflatten(1, (many, side, side)),
        nn.ConvTranspose2d(many, few, *kernel),
        nn.BatchNorm2d(few),
        nn.ReLU(),
        nn.ConvTranspose2d(few, event[0], *kernel),
        nn.Tanh(),
    )
    critic = nn.Sequential(
        nn.Conv2d(event[0], few, *kernel),
        nn.LeakyReLU(leak),
        nn.Conv2d(few, many, *kernel),
        nn.BatchNorm2d(many),
        nn.LeakyReLU(leak),
        nn.Flatten(),
        nn.Linear(width, 1),
    )
    return adversaries(generator, critic, sizes["latent"])


def mlp(widths):
    layers = [layer for i, o in zip(widths, widths[1:]) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def gan_2d(event, sizes):
    generator = mlp([sizes["latent"], *sizes["hidden"], event[0]])
    return adversaries(generator, mlp([event[0], *sizes["hidden"], 1]), sizes["latent"])


class MaskedConv(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel, *, sees_itself):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        mask, middle = torch.ones(kernel, kernel), kernel // 2
        mask[middle, middle + sees_itself :] = 0
        mask[middle + 1 :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


def pixelcnn_logits(sizes):
    channels = sizes["channels"]
    layers = [MaskedConv(1, channels, sizes["firstKernel"], sees_itself=False), nn.ReLU()]
    for _ in range(sizes["layers"]):
        layers += [MaskedConv(channels, channels, sizes["kernel"], sees_itself=True), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, 1, 1))


def pixelcnn(event, sizes):
    logits = pixelcnn_logits(sizes)
    return [Player(lambda x: bernoulli_nats(logits(x), x), logits)]


class RealNVP(nn.Module):
    def __init__(self, dims, sizes):
        super().__init__()
        widths = [dims // 2, *sizes["hidden"], dims]
        self.nets = nn.ModuleList(mlp(widths) for _ in range(sizes["couplings"]))
        self.scales = nn.ParameterList(torch.ones(dims // 2) for _ in range(sizes["couplings"]))

    def forward(self, x):
        """−log p(x); halves move in turn, and log s is a learned scale times a tanh, as in eidos."""
        kept, moved = x.chunk(2, 1)
        log_det = 0
        for net, scale in zip(self.nets, self.scales):
            raw, shift = net(kept).chunk(2, 1)
            log_scale = scale * torch.tanh(raw)
            kept, moved = moved * torch.exp(log_scale) + shift, kept
            log_det = log_det + log_scale.sum(1)
        z = torch.cat([kept, moved], 1)
        return (0.5 * (z * z + torch.log(torch.tensor(2 * torch.pi))).sum(1) - log_det).mean()


def realnvp(event, sizes):
    flow = RealNVP(event[0], sizes)
    return [Player(flow, flow)]


class MaskedLinear(nn.Linear):
    def __init__(self, below, above, reaches):
        super().__init__(len(below), len(above))
        self.register_buffer("mask", reaches(above[:, None], below[None, :]).float())

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


def made(event, sizes):
    pixels = torch.arange(1, event[0] + 1)
    first, second = (1 + torch.arange(width) % (event[0] - 1) for width in sizes["hidden"])
    logits = nn.Sequential(
        MaskedLinear(pixels, first, torch.ge),
        nn.ReLU(),
        MaskedLinear(first, second, torch.ge),
        nn.ReLU(),
        MaskedLinear(second, pixels, torch.gt),
    )
    return [Player(lambda x: bernoulli_nats(logits(x), x), logits)]


class Classifier(nn.Module):
    def __init__(self, inputs, units, classes):
        super().__init__()
        self.lstm, self.head = nn.LSTM(inputs, units, batch_first=True), nn.Linear(units, classes)

    def forward(self, x):
        return self.head(self.lstm(x)[1][0][0])  # the last hidden state: [batch, units]


def lstm(event, sizes):
    model = Classifier(event[1], sizes["units"], sizes["classes"])
    labels = lambda x: torch.arange(x.shape[0]) % sizes["classes"]  # noqa: E731
    return [Player(lambda x: F.cross_entropy(model(x), labels(x)), model)]


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
