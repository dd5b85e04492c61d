"""Draw the picture of the guide to persistence diagrams: python docs/images/persistence.py."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

import otkit


def main() -> None:
    """Draw two diagrams as of loops in a circle and in a noisy one."""
    mpl.use("Agg")
    rng = np.random.default_rng(3)
    short = rng.uniform(0.1, 1.0, (11, 1)) + [0.0, 1.0] * rng.exponential(0.12, (11, 1))
    X = np.concatenate([short, [[0.2, 1.7], [0.4, 1.1], [0.0, np.inf]]])
    Y = np.concatenate([short[:8] + rng.normal(0.0, 0.05, (8, 2)), [[0.3, 1.5], [0.35, 1.2], [0.9, 0.95], [0.5, 0.56]]])
    Y = np.concatenate([np.sort(Y, axis=1), [[0.0, np.inf]]])
    result = otkit.persistence_distance(X, Y, p=2)
    axes = otkit.plot_persistence(result, names=("circle", "noisy circle"))
    axes.figure.savefig(Path(__file__).with_suffix(".png"), dpi=80, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
