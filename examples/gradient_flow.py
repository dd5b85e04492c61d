"""A cloud of points flows into a shape, down the gradient of the exact W_2².

    python examples/gradient_flow.py [FOLDER] [POINTS]

Each point is pulled straight towards its partner in the optimal plan, so the steps are few. It prints W_2 on the way,
and draws the cloud at some times into FOLDER/gradient-flow.png.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt

SHOWN = (0, 2, 5, 20)


def main(folder: Path, points: int) -> list[float]:
    """Let the cloud flow; return W_2 at the times that are shown."""
    folder.mkdir(parents=True, exist_ok=True)
    target = torch.tensor(heart(points))
    cloud = torch.randn(points, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.5
    cloud.requires_grad_()
    optimizer = torch.optim.SGD([cloud], lr=0.1 * points)  # the gradient of W_2² in a point has its weight, 1/n
    _, panels = plt.subplots(1, len(SHOWN), figsize=(12, 3), layout="constrained", sharex=True, sharey=True)
    shown = iter(panels)
    distances = []
    for step in range(max(SHOWN) + 1):
        distance = otkit.torch.wasserstein_loss(cloud, target, p=2)
        if step in SHOWN:
            distances.append(distance.item())
            print(f"step {step}: W_2 = {distances[-1]:.4f}")
            axes = next(shown)
            axes.scatter(*cloud.detach().numpy().T, 3)
            axes.set(aspect="equal", title=f"step {step}: $W_2$ = {distances[-1]:.3f}")
        optimizer.zero_grad()
        distance.square().backward()
        optimizer.step()
    plt.savefig(folder / "gradient-flow.png", dpi=120)
    plt.close()
    return distances


def heart(count: int) -> np.ndarray:
    """Return points within a heart, drawn at random."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1.5, 1.5, (2, 20 * count))
    inside = (x**2 + y**2 - 1.0) ** 3 - x**2 * y**3 < 0.0
    return np.column_stack([x[inside], y[inside]])[:count]


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0] if given else "demo-output"), int(given[1]) if len(given) > 1 else 1000)
