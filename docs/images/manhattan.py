"""Draw the README's picture: python docs/images/manhattan.py."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

import otkit


def main() -> None:
    """Draw plan and potentials side by side."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    town = otkit.datasets.manhattan()
    result = otkit.wasserstein(town.bakeries, town.cafes, town.supply, town.demand)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.2), layout="constrained")
    otkit.plot_plan(result, names=("bakeries", "cafés"), ax=left)
    otkit.plot_potentials(result, names=("bakeries", "cafés"), ax=right)
    for axes in (left, right):
        axes.set(xlim=right.get_xlim(), ylim=(530, 110))  # pixels are counted from the top of the map
        axes.set_aspect("equal", adjustable="box")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=80, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
