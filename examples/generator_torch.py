"""A generator of eight Gaussians, trained in PyTorch by the exact minibatch Wasserstein distance, without a critic.

    python examples/generator_torch.py [FOLDER] [STEPS]

Each step compares 128 generated points with 128 data by `otkit.torch.wasserstein_loss` (p = 2), whose gradient is
exact. It prints W_1 between fresh samples and held-out data, beside that of two sets of data, and draws both into
FOLDER/generator.png.
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

BATCH = 128


def main(folder: Path, steps: int) -> tuple[float, float]:
    """Train; return W_1 from generated points to held-out data, and from other data to these."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the networks are small
    rng = np.random.default_rng(0)
    generator = torch.nn.Sequential(
        torch.nn.Linear(2, 128), torch.nn.ReLU(), torch.nn.Linear(128, 128), torch.nn.ReLU(), torch.nn.Linear(128, 2)
    )
    optimizer = torch.optim.Adam(generator.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        data = torch.tensor(otkit.datasets.eight_gaussians(BATCH, rng=rng), dtype=torch.float32)
        loss = otkit.torch.wasserstein_loss(generator(torch.randn(BATCH, 2)), data, p=2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: W_2 of the minibatch {loss.item():.3f}")
    held_out, data = (otkit.datasets.eight_gaussians(1000, rng=rng) for _ in range(2))
    with torch.no_grad():
        made = generator(torch.randn(1000, 2)).numpy()
    distances = otkit.wasserstein(made, held_out).distance, otkit.wasserstein(data, held_out).distance
    print(f"W_1 to 1000 held-out points: {distances[0]:.3f} from generated ones, {distances[1]:.3f} from other data")
    _, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.scatter(*held_out.T, 4, label="data")
    axes.scatter(*made.T, 4, label="generated")
    axes.set(aspect="equal", title=f"$W_1$ = {distances[0]:.3f} (data: {distances[1]:.3f})")
    axes.legend()
    plt.savefig(folder / "generator.png", dpi=120)
    plt.close()
    return distances


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0] if given else "demo-output"), int(given[1]) if len(given) > 1 else 800)
