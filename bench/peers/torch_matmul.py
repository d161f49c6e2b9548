"""The rate of PyTorch's matrix product (MKL on Intel) on products of given shapes, and on a large one: the machine's peak."""

import os
import statistics

import protocol

parser = protocol.options()
parser.add_argument("--shapes", default="", help="rows x inner x columns, as in 128x784x400,128x400x40")
args = parser.parse_args()
for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[pool] = str(args.threads)

import torch  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)


def rate(rows, inner, columns):
    flop = 2 * rows * inner * columns
    a, b, out = torch.rand(rows, inner), torch.rand(inner, columns), torch.empty(rows, columns)
    args.inner = max(1, round(2e8 / flop))  # so that a round of the small products lasts long enough to time
    ms = statistics.median(protocol.measure(lambda: torch.mm(a, b, out=out), lambda _: None, args))
    return {"shape": [rows, inner, columns], "medianMs": ms, "gflops": flop / ms / 1e6}


products = [rate(*map(int, shape.split("x"))) for shape in args.shapes.split(",") if shape]
total_ms = sum(product["medianMs"] for product in products)
total_flop = sum(product["gflops"] * product["medianMs"] for product in products) * 1e6
protocol.report(
    peer="pytorch",
    mode="matmul",
    threads=args.threads,
    version=torch.__version__,
    peakGflops=rate(1024, 1024, 1024)["gflops"],
    gflops=total_flop / total_ms / 1e6 if products else None,
    products=products,
)
