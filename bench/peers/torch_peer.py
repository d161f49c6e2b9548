"""A workload in PyTorch on the CPU, eager or through torch.compile. Protocol: protocol.py; models: torch_models.py."""

import os

import protocol

parser = protocol.options()
parser.add_argument("--mode", choices=["eager", "compile"], default="eager")
parser.add_argument("--adam", choices=["fused", "foreach"], default="fused")
parser.add_argument("--layout", choices=["contiguous", "channels-last"], default="contiguous")
parser.add_argument("--pixels", type=int, default=20, help="pixels drawn in a call when sampling")
args = parser.parse_args()
for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # read when the libraries load, so before torch
    os.environ[pool] = str(args.threads)

import torch  # noqa: E402

import torch_models  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)
workload = protocol.workloads()[args.workload]
event, sizes = workload["event"], workload["sizes"]
who = dict(peer="pytorch", mode=args.mode, version=torch.__version__)
compiled = torch.compile if args.mode == "compile" else lambda f: f
is_image = len(event) == 3
layout = torch.channels_last if is_image and args.layout == "channels-last" else torch.contiguous_format


def train():
    players = torch_models.STEPS[args.workload](event, sizes)
    adams, losses = [], []
    for player in players:
        player.moves.to(memory_format=layout)
        adam_options = {"betas": (workload["beta1"], 0.999), args.adam: True}
        adams.append(torch.optim.Adam(player.moves.parameters(), workload["learningRate"], **adam_options))
        losses.append(compiled(player.loss))
    x = torch.tensor(protocol.batch_of(workload, args.batch)).view(args.batch, *event).contiguous(memory_format=layout)

    def step():
        values = []
        for player, adam, loss_of in zip(players, adams, losses):
            if player.still is not None:  # no gradients for weights that stay
                player.still.requires_grad_(False)
                player.moves.requires_grad_(True)
            adam.zero_grad(set_to_none=True)
            loss = loss_of(x)
            loss.backward()
            adam.step()
            values.append(loss)
        return values[0]

    settings = f"adam {args.adam}" + (f", {args.layout}" if is_image else "")
    protocol.time_peer(step, lambda loss: loss.item(), args, **who, settings=settings)


def sample():
    """Pixel after pixel, the whole image through the network each time."""
    logits_of = compiled(torch_models.pixelcnn_logits(sizes).eval().to(memory_format=layout))
    _, height, width = event
    x = torch.zeros(args.batch, *event).contiguous(memory_format=layout)
    drawn = 0

    @torch.inference_mode()
    def draw():
        nonlocal drawn
        for _ in range(args.pixels):
            row, column = divmod(drawn % (height * width), width)
            p = torch.sigmoid(logits_of(x)[:, :, row, column])
            x[:, :, row, column] = (torch.rand_like(p) < p).float()
            drawn += 1
        return x[:, :, 0, : args.pixels].mean()  # share of ones among the first pixels

    settings = f"whole image a pixel; {args.pixels} of {height * width} pixels timed, {args.layout}"
    share = args.pixels / (height * width)
    protocol.time_peer(draw, lambda mean: mean.item(), args, share=share, **who, settings=settings)


if workload["kind"] == "sampling":
    sample()
else:
    train()
