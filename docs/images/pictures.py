"""Draw the pictures of the reference on data as people have them: python docs/images/pictures.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

import otkit

FOLDER = Path(__file__).parent
PICTURES: dict[str, Callable[[], object]] = {}


def picture(draw: Callable[[], object]) -> Callable[[], object]:
    """Add a picture, under its function's name."""
    PICTURES[draw.__name__] = draw
    return draw


def people(size: int, age: float, income: float, seed: int) -> pd.DataFrame:
    """Return people with age and income, whose logarithm is normal."""
    rng = np.random.default_rng(seed)
    ages = rng.normal(age, 12.0, size).clip(18.0, 90.0).round()
    return pd.DataFrame({"age": ages, "income": np.exp(rng.normal(income, 0.4, size)).round(-1)})


def bread() -> otkit.TransportResult:
    """Return the table of the notes, solved, with its names."""
    town = otkit.datasets.bakery()
    rows, columns = pd.Index(town.bakeries, name="bakeries"), pd.Index(town.cafes, name="cafés")
    return otkit.transport(pd.DataFrame(town.cost, rows, columns), town.supply, town.demand)


@picture
def plot_plan() -> object:
    """Draw ages and incomes of two years."""
    return otkit.plot_plan(
        otkit.wasserstein(people(120, 40, 10.3, 0), people(100, 46, 10.5, 1)), names=("2023", "2024")
    )


@picture
def plot_plan_of_a_matrix() -> object:
    """Draw the bread of the notes."""
    return otkit.plot_plan(bread())


@picture
def plot_cost_and_plan() -> object:
    """Draw the bread of the notes."""
    return otkit.plot_cost_and_plan(bread())


@picture
def plot_potentials() -> object:
    """Draw the prices of bread for Manhattan."""
    town = otkit.datasets.manhattan()
    result = otkit.wasserstein(town.bakeries, town.cafes, town.supply, town.demand)
    axes = otkit.plot_potentials(result, names=("bakeries", "cafés"))
    axes.invert_yaxis()  # pixels of a map
    return axes


def incomes() -> otkit.TransportResult:
    """Return incomes of two years, 200,000 each."""
    return otkit.wasserstein(people(200_000, 40, 10.3, 0)[["income"]], people(200_000, 46, 10.5, 1)[["income"]])


@picture
def plot_distributions() -> object:
    """Draw incomes of two years."""
    return otkit.plot_distributions(incomes(), names=("2023", "2024"))


@picture
def plot_quantile_shift() -> object:
    """Draw incomes of two years."""
    return otkit.plot_quantile_shift(incomes(), names=("2023", "2024"))


@picture
def plot_qq() -> object:
    """Draw incomes of two years."""
    return otkit.plot_qq(incomes(), names=("2023", "2024"))


@picture
def plot_test() -> object:
    """Draw ages of two years."""
    before, after = people(150, 40, 10.3, 0), people(120, 43, 10.5, 1)
    return otkit.plot_test(otkit.two_sample_test(before["age"], after["age"], rng=0))


@picture
def plot_interval() -> object:
    """Draw ages of three regions against those of a fourth."""
    north = people(150, 40, 10.3, 0)["age"]
    return otkit.plot_interval(
        {
            name: otkit.wasserstein_interval(north, people(120, age, 10.3, seed)["age"], rng=0)
            for name, age, seed in (("east", 40, 1), ("south", 44, 2), ("west", 50, 3))
        }
    )


@picture
def plot_drift() -> object:
    """Draw how two tables differ."""
    before, after = people(5000, 40, 10.3, 0), people(4000, 42, 10.4, 1)
    for table, share, seed in ((before, 0.3, 2), (after, 0.4, 3)):
        rng = np.random.default_rng(seed)
        table["plan"] = np.where(rng.uniform(size=len(table)) < share, "paid", "free")
        table["sessions"] = rng.poisson(6.0, len(table))
    return otkit.plot_drift(otkit.drift(before, after, rng=0))


@picture
def plot_dendrogram() -> object:
    """Draw ages and incomes of seven towns, each column over its spread."""
    towns = {name: people(80, 36 + 3 * (k % 4), 10.2 + 0.1 * k, k) for k, name in enumerate("ABCDEFG")}
    spread = pd.concat(towns.values()).std()
    return otkit.plot_dendrogram(otkit.pairwise({f"town {name}": table / spread for name, table in towns.items()}))


@picture
def plot_critic() -> object:
    """Draw the best critic there is."""
    rng = np.random.default_rng(3)
    result = otkit.wasserstein(rng.normal(size=(60, 2)), rng.normal(size=(40, 2)) + [3.0, 0.0])
    return otkit.plot_critic(otkit.kantorovich_potential(result), result, names=("real", "generated"))


@picture
def plot_samples() -> object:
    """Draw two models of a ring: one that lost most of its modes, and a good one."""
    ring = otkit.datasets.eight_gaussians(600, rng=0)
    made = {"collapsed": ring[ring[:, 0] > 1.2], "good": otkit.datasets.eight_gaussians(300, rng=1)}
    notes = {name: f"W₁ to the data: {otkit.wasserstein(points, ring).distance:.2f}" for name, points in made.items()}
    return otkit.plot_samples(ring, made, notes=notes)[0]


def main() -> None:
    """Draw all of them; what each shows stands in its file, where a test finds it."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    for name, draw in PICTURES.items():
        axes = draw()
        said = {"Software": None, "Description": otkit.alt_text(axes)}
        axes.figure.savefig(FOLDER / f"{name}.png", dpi=80, metadata=said)
        plt.close(axes.figure)
        print(f"![{said['Description']}](../images/{name}.png)")


if __name__ == "__main__":
    main()
