"""The PyTorch loss, forward and backward in float32, beside ot.emd2 with POT's PyTorch backend: processor time.

python benchmarks/losses.py [SIZE…]      64, 256, 512 and 1024 points by default

Memory is the growth of the peak of a fresh process. The error of the gradient is held against central differences of
`otkit.wasserstein` with exact proofs, in float64.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import ot
import torch
from _harness import best_of, machine, peak_memory, table

import otkit

SETUP = """
import numpy as np, ot, torch, otkit, otkit.torch
torch.manual_seed(0)
x, y = torch.randn({n}, 2, requires_grad=True), torch.randn({n}, 2)
ours = lambda x, y: otkit.torch.wasserstein_loss(x, y, p=2).backward()
def theirs(x, y):
    u = torch.full((len(x),), 1.0 / len(x))
    ot.emd2(u, u, ot.dist(x, y)).sqrt().backward()
"""


def main(sizes: list[int]) -> None:
    """Print one line a size."""
    rows = []
    torch.set_num_threads(1)
    for n in sizes:
        scope: dict[str, object] = {}
        exec(SETUP.format(n=n), scope)
        x, y, ours, theirs = (scope[name] for name in ("x", "y", "ours", "theirs"))
        runs = {"otkit": lambda ours=ours, x=x, y=y: ours(x, y), "POT": lambda theirs=theirs, x=x, y=y: theirs(x, y)}
        times = best_of(runs, 3, 4.0, time.process_time)
        memory = [peak_memory(SETUP.format(n=n) + f"{who}(x[:9], y[:9])", f"{who}(x, y)") for who in ("ours", "theirs")]
        rows.append(
            [n, *(f"{1e3 * each:.1f}" for each in times.values()), f"×{times['POT'] / times['otkit']:.1f}"]
            + [f"{each:.1f}" for each in memory]
        )
    print(table(["n", "otkit ms", "POT ms", "", "otkit MiB", "POT MiB"], rows))
    print(f"\nGradient against differences (n = 64, float64): {gradient_error():.1e} of its length")
    print(f"\n{machine()}; POT {ot.__version__}, PyTorch {torch.__version__}")


def gradient_error() -> float:
    """Return how far slopes along random directions are off, over the length of the gradient."""
    rng, step = np.random.default_rng(0), 1e-6
    x, y = rng.normal(size=(2, 64, 2))
    points = torch.tensor(x, requires_grad=True)
    otkit.torch.wasserstein_loss(points, torch.tensor(y), p=2).backward()
    gradient, worst = points.grad.numpy(), 0.0
    for _ in range(5):
        way = rng.normal(size=x.shape)
        ends = [otkit.wasserstein(x + sign * step * way, y, p=2, proof="exact").distance for sign in (1.0, -1.0)]
        worst = max(worst, abs((ends[0] - ends[1]) / (2.0 * step) - float((gradient * way).sum())))
    return worst / float(np.linalg.norm(gradient))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [64, 256, 512, 1024])
