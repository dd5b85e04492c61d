"""What `make demo` shows: bread for Manhattan, and the distance between two clouds, each with its certificate.

    python examples/demo.py FOLDER

writes the pictures, and the two clouds as CSV files for the command line, into FOLDER.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt


def main(folder: Path) -> None:
    """Solve both problems, print the proofs, write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    bread_for_manhattan(folder)
    two_clouds(folder)


def bread_for_manhattan(folder: Path) -> None:
    """Ship 441 loaves from eight bakeries to five cafés, at the least sum of loaves × distance."""
    town = otkit.datasets.manhattan()
    cost = otkit.Euclidean().between(town.bakeries, town.cafes)
    result = otkit.transport(cost, town.supply, town.demand)
    print("Bread for Manhattan: 8 bakeries, 5 cafés, 441 loaves (cost: loaves × pixels of the map)\n")
    print(result)
    print("\nLoaves from each bakery (row) to each café (column):\n")
    print(result.plan.toarray().astype(int))
    names = ("bakeries", "cafés")
    for draw in (otkit.plot_plan, otkit.plot_potentials):
        axes = draw(result, names=names)
        axes.invert_yaxis()  # pixels are counted from the top of the map
        save(axes, folder / f"manhattan-{draw.__name__.removeprefix('plot_')}.png")
    save(otkit.plot_cost_and_plan(result, names=names), folder / "manhattan-cost-and-plan.png")


def two_clouds(folder: Path) -> None:
    """Compare two sets of 200 points in the plane."""
    x = otkit.datasets.gaussians(200, rng=1)
    y = otkit.datasets.eight_gaussians(200, sigma=0.2, rng=2) + [3.0, 0.0]
    np.savetxt(folder / "x.csv", x, delimiter=",", fmt="%.17g")
    np.savetxt(folder / "y.csv", y, delimiter=",", fmt="%.17g")
    result = otkit.wasserstein(x, y)
    print("\n\nA Gaussian and a ring of eight, 200 points each\n")
    print(result)
    save(otkit.plot_plan(result), folder / "clouds-plan.png")
    save(otkit.plot_potentials(result), folder / "clouds-potentials.png")
    print(f"\nPictures: {', '.join(sorted(str(path) for path in folder.glob('*.png')))}\n")


def save(axes: plt.Axes, path: Path) -> None:
    """Write the figure of `axes` and forget it."""
    axes.figure.savefig(path, dpi=120)
    plt.close(axes.figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-output"))
