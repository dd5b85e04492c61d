"""Draw the picture of the guide to unequal masses: python docs/images/partial_curve.py."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

import otkit


def main() -> None:
    """Draw the curve of two clouds, some points of the second of which lie far away from the first."""
    mpl.use("Agg")
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(20, 2)), np.concatenate([rng.normal(size=(16, 2)) + 1.0, rng.normal(size=(4, 2)) + 12.0])
    axes = otkit.plot_partial_curve(otkit.partial_transport_curve(otkit.cost_matrix(x, y), np.ones(20), np.ones(20)))
    axes.figure.savefig(Path(__file__).with_suffix(".png"), dpi=80, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
