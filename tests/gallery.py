"""Every kind of picture that the library draws, in small.

After an intended change of a picture, look at all of them and keep them:  python tests/gallery.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

KEPT = Path(__file__).parent / "pictures"
TOWN = ("bakeries", "cafés")
PICTURES: dict[str, Callable[[], object]] = {}


def picture(draw: Callable[[], object]) -> Callable[[], object]:
    """Add a picture to the gallery, under its function's name."""
    PICTURES[draw.__name__] = draw
    return draw


def save(name: str, folder: Path) -> Path:
    """Draw one picture into a folder."""
    with plt.style.context("default"):
        PICTURES[name]()
        figure: Figure = plt.gcf()
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=50, metadata={"Software": None})
        plt.close(figure)
    return path


def manhattan():
    town = otkit.datasets.manhattan()
    return otkit.wasserstein(town.bakeries, town.cafes, town.supply, town.demand)


def bakery():
    bread = otkit.datasets.bakery()
    return otkit.transport(bread.cost, bread.supply, bread.demand)


def clouds():
    rng = np.random.default_rng(3)
    return otkit.wasserstein(rng.normal(size=(60, 2)), rng.normal(size=(40, 2)) + [3.0, 0.0], rng.uniform(0.1, 1.0, 60))


def line():
    rng = np.random.default_rng(4)
    return otkit.wasserstein(rng.normal(size=30), rng.normal(size=20) + 2.0, rng.uniform(0.1, 1.0, 30), p=2)


@picture
def plan_on_a_map():
    paper = np.full((560, 800, 3), 0.95)
    paper[:, 20:120] = 0.80, 0.88, 0.95  # a river
    otkit.plot_plan(manhattan(), names=TOWN, background=paper)


@picture
def plan_of_clouds():
    otkit.plot_plan(clouds())


@picture
def plan_on_the_line():
    otkit.plot_plan(line(), names=("before", "after"))


@picture
def plan_in_columns():
    bread = otkit.datasets.bakery()
    cost = pd.DataFrame(bread.cost, bread.bakeries, bread.cafes)
    otkit.plot_plan(otkit.transport(cost, bread.supply, bread.demand), names=TOWN)


@picture
def plan_of_unlike_scales():
    rng = np.random.default_rng(8)
    ages, incomes = (rng.normal(mean, spread, (2, 80)) for mean, spread in ((40.0, 10.0), (4e4, 1e4)))
    before, after = (pd.DataFrame({"age": ages[k] + 3 * k, "income": incomes[k] + 4000 * k}) for k in range(2))
    otkit.plot_plan(otkit.wasserstein(before, after), names=("before", "after"))


def squares():
    a, b = np.zeros((2, 12, 20))
    a[1:4, 2:6] = 1.0
    b[6:10, 12:18] = np.arange(6)
    return otkit.wasserstein_grid(a, b)


@picture
def plan_of_a_grid():
    otkit.plot_plan(squares())


@picture
def potentials_of_a_grid():
    otkit.plot_potentials(squares())


def ages():
    rng = np.random.default_rng(9)
    before, after = rng.normal(40.0, 9.0, 300), rng.normal(45.0, 12.0, 250)
    return otkit.wasserstein(pd.DataFrame({"age": before}), pd.DataFrame({"age": after}))


@picture
def distributions():
    otkit.plot_distributions(ages(), names=("before", "after"))


@picture
def quantile_shift():
    otkit.plot_quantile_shift(ages(), names=("before", "after"))


@picture
def quantiles_against_quantiles():
    otkit.plot_qq(ages(), names=("before", "after"))


@picture
def two_sample_test():
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=60), rng.normal(0.5, 1.0, 50)
    otkit.plot_test(otkit.two_sample_test(x, y, permutations=400, stop_at_level=None, rng=0))


@picture
def persistence():
    rng = np.random.default_rng(12)
    births = rng.uniform(0.0, 1.0, 12)
    bars = np.column_stack([births, births + rng.exponential(0.3, 12)])
    moved = bars[:9] + rng.uniform(0.0, 0.1, (9, 2)) * [0.0, 1.0]
    otkit.plot_persistence(otkit.persistence_distance([*bars, [0.0, np.inf]], [*moved, [0.1, np.inf]]))


@picture
def partial_curve():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(14, 2)), np.concatenate([rng.normal(size=(9, 2)) + 1.0, rng.normal(size=(3, 2)) + 12.0])
    C = otkit.cost_matrix(x, y)
    otkit.plot_partial_curve(otkit.partial_transport_curve(C, rng.uniform(0.5, 1.0, 14), rng.uniform(0.5, 1.5, 12)))


@picture
def intervals():
    rng = np.random.default_rng(11)
    x = rng.normal(size=80)
    found = {f"region {k}": otkit.wasserstein_interval(x, rng.normal(k, 1.0, 60), rng=0, level=0.9) for k in range(3)}
    otkit.plot_interval(found)


@picture
def table_of_cost_and_plan():
    otkit.plot_cost_and_plan(bakery(), names=TOWN)


@picture
def table_with_labels():
    shops = pd.Index(["Brooklyn bakery", "Queens", None], name="bakery")
    cafes = pd.MultiIndex.from_product([["north", "south"], [1, 2]])
    cost = pd.DataFrame([[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]], shops, cafes)
    otkit.plot_cost_and_plan(otkit.transport(cost, pd.Series([3, 4, 5], shops), pd.Series([3, 3, 3, 3], cafes)))


@picture
def image_of_cost_and_plan():
    otkit.plot_cost_and_plan(line())


@picture
def potentials_on_a_map():
    otkit.plot_potentials(manhattan(), names=TOWN)


@picture
def potentials_on_the_line():
    otkit.plot_potentials(line())


@picture
def potentials_of_a_table():
    otkit.plot_potentials(bakery(), names=TOWN)


@picture
def critic():
    result = clouds()
    otkit.plot_critic(lambda z: 0.6 * -z[:, 0] + 0.4 * np.sin(2.0 * z[:, 1]), result, names=("real", "generated"))


@picture
def training():
    rounds = np.arange(0, 1001, 50)
    says = {"estimate": 0.05 + 1.5 * np.exp(-rounds / 150.0)}
    history = SimpleNamespace(rounds=rounds, wasserstein=0.1 + 2.0 * np.exp(-rounds / 200.0), losses=says)
    otkit.plot_training(history, reference=0.12, name="two samples of the data")


@picture
def weights():
    layer = np.clip(0.01 * np.random.default_rng(0).normal(size=(64, 64)), -0.01, 0.01)
    otkit.plot_weights(SimpleNamespace(weights=(layer,)), clip=0.01)


@picture
def samples():
    ring = otkit.datasets.eight_gaussians(400, rng=0)
    made = {"one mode": ring[ring[:, 0] > 1.8], "all modes": otkit.datasets.eight_gaussians(200, rng=1)}
    otkit.plot_samples(ring, made, notes={"one mode": "1 of 8 modes", "all modes": "8 of 8 modes"})


@picture
def dendrogram():
    rng = np.random.default_rng(1)
    groups = [rng.normal(size=(20, 2)) + [4.0 * (k % 3), 0.2 * k] for k in range(9)]
    otkit.plot_dendrogram(otkit.pairwise(groups), names=[f"cloud {k}" for k in range(9)])


@picture
def drift():
    rng = np.random.default_rng(5)
    before = {"age": rng.normal(40, 9, 400), "plan": rng.choice(["free", "paid"], 400), "size": rng.normal(size=400)}
    after = {"age": rng.normal(46, 9, 300), "plan": rng.choice(["free", "new"], 300), "size": rng.normal(size=300)}
    otkit.plot_drift(otkit.drift(before, after, joint=(), rng=0))


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for drawn in PICTURES:
        print(save(drawn, KEPT))
