"""Domain adaptation in PyTorch: a classifier for data without labels, taken by another instrument than the labelled.

    python examples/domain_adaptation.py [FOLDER] [STEPS]

The target is turned, scaled and shifted against the source, and has no labels. An affine map of the target is trained
so that minibatches, mapped, are near those of the source in W_2; the classifier of the source then reads them. It
prints its accuracy on the target before and after, and draws the clouds into FOLDER/domain-adaptation.png.
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

CENTRES = np.array([[0.0, 0.0], [4.0, 0.0], [1.0, 3.0]])
SHARES = [0.5, 0.3, 0.2]


def main(folder: Path, steps: int) -> tuple[float, float]:
    """Train classifier and map; return the accuracy on the target before and after."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the networks are small
    source, labels = sample(np.random.default_rng(0))
    target, truth = sample(np.random.default_rng(1))
    angle = torch.tensor(0.6)
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    target = 1.4 * target @ turn.T + torch.tensor([3.0, -2.0])

    classifier = torch.nn.Sequential(torch.nn.Linear(2, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3))
    fit(classifier.parameters(), lambda: torch.nn.functional.cross_entropy(classifier(source), labels), 300)
    mapped = torch.nn.Linear(2, 2)
    with torch.no_grad():
        mapped.weight.copy_(torch.eye(2))
        mapped.bias.zero_()

    def loss() -> torch.Tensor:
        some, others = (torch.randint(len(source), (200,)) for _ in range(2))
        return otkit.torch.wasserstein_loss(mapped(target[some]), source[others], p=2)

    fit(mapped.parameters(), loss, steps)
    clouds = {"before": target, "after": mapped(target).detach()}
    accuracy = {name: (classifier(cloud).argmax(1) == truth).double().mean().item() for name, cloud in clouds.items()}
    print(f"accuracy on the target: {accuracy['before']:.1%} before, {accuracy['after']:.1%} after")
    _, panels = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained", sharex=True, sharey=True)
    for axes, (name, cloud) in zip(panels, clouds.items(), strict=True):
        axes.scatter(*source.T, 6, "0.7", label="source")
        axes.scatter(*cloud.T, 6, [f"C{k}" for k in truth], label="target")
        axes.set(aspect="equal", title=f"{name}: {accuracy[name]:.1%} right")
    panels[0].legend()
    plt.savefig(folder / "domain-adaptation.png", dpi=120)
    plt.close()
    return accuracy["before"], accuracy["after"]


def sample(rng: np.random.Generator, count: int = 600) -> tuple[torch.Tensor, torch.Tensor]:
    """Return points of three classes, and which class each has."""
    labels = rng.choice(3, count, p=SHARES)
    return torch.tensor(CENTRES[labels] + 0.5 * rng.normal(size=(count, 2)), dtype=torch.float32), torch.tensor(labels)


def fit(parameters, loss, steps: int) -> None:
    """Minimise by Adam."""
    optimizer = torch.optim.Adam(parameters, 2e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        schedule.step()


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0] if given else "demo-output"), int(given[1]) if len(given) > 1 else 200)
