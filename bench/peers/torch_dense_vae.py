"""The dense VAE's training step in PyTorch on the CPU, eager or through torch.compile. Protocol: protocol.py."""

import os

import protocol

parser = protocol.options()
parser.add_argument("--mode", choices=["eager", "compile"], default="eager")
parser.add_argument("--adam", choices=["fused", "foreach"], default="fused")
args = parser.parse_args()
for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # read when the libraries load, so before torch
    os.environ[pool] = str(args.threads)

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from protocol import BATCH, HIDDEN, INK, LATENT, LEARNING_RATE, PIXELS  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Linear(PIXELS, HIDDEN)
        self.mean = nn.Linear(HIDDEN, LATENT)
        self.log_var = nn.Linear(HIDDEN, LATENT)
        self.decode = nn.Linear(LATENT, HIDDEN)
        self.logits = nn.Linear(HIDDEN, PIXELS)

    def forward(self, x):
        """The negative ELBO in nats: summed over the event, averaged over the batch."""
        h = F.relu(self.encode(x))
        mu, log_var = self.mean(h), self.log_var(h)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        logits = self.logits(F.relu(self.decode(z)))
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * (mu * mu + log_var.exp() - 1 - log_var).sum()
        return (bce + kl) / BATCH


model = VAE()
adam = torch.optim.Adam(model.parameters(), LEARNING_RATE, **{args.adam: True})
x = (torch.rand(BATCH, PIXELS) < INK).float()
loss_of = torch.compile(model) if args.mode == "compile" else model


def step():
    adam.zero_grad(set_to_none=True)
    loss = loss_of(x)
    loss.backward()
    adam.step()
    return loss


protocol.time_dense_vae(
    step,
    lambda loss: loss.item(),
    args,
    peer="pytorch",
    mode=args.mode,
    version=torch.__version__,
    settings=f"adam {args.adam}",
)
