"""The zoo: named transport problems, each with what is known about it from elsewhere.

A case with `optimum` is planted or has a closed form; the others are small enough for the exact solver in `oracles`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

import otkit
from otkit import datasets
from otkit.costs import as_cost


@dataclass(frozen=True)
class Case:
    """A problem of the zoo.

    Attributes
    ----------
    make : callable
        Builds the problem.
    optimum : exact optimal value, or None where the exact solver is to find it
    line : bool
        On a line, so that method="line" must take it.
    assignment : bool
        As many rows as columns with mass, all of it in equal shares, so that method="assignment" must take it.
    peer : bool
        Within reach of solvers with fixed tolerances (POT refuses a negative constant cost as well).
    """

    make: Callable[[], otkit.TransportProblem]
    optimum: Fraction | None = None
    line: bool = False
    assignment: bool = False
    peer: bool = True


ZOO: dict[str, Case] = {}


def add(
    name: str, make: Callable[[], otkit.TransportProblem], optimum: float | Fraction | None = None, **traits
) -> None:
    ZOO[name] = Case(make, None if optimum is None else Fraction(optimum), **traits)


def points(x, y, a=None, b=None, *, metric="euclidean", p=1.0) -> otkit.TransportProblem:
    """Return the problem that `otkit.wasserstein` solves."""
    return otkit.TransportProblem(as_cost(metric).between(x, y, p=p), a, b, probability=True)


def random_tree(rng: np.random.Generator, n: int, m: int) -> list[tuple[int, int]]:
    """Return the n + m − 1 arcs of a random spanning tree of the complete bipartite graph."""
    arcs, rows, cols = [(0, 0)], [0], [0]
    for k in rng.permutation(n + m - 2):
        if k < n - 1:
            arcs.append((int(k) + 1, cols[rng.integers(len(cols))]))
            rows.append(int(k) + 1)
        else:
            arcs.append((rows[rng.integers(len(rows))], int(k) - n + 2))
            cols.append(int(k) - n + 2)
    return arcs


def planted(seed: int, n: int, m: int, *, idle: float = 0.0, ties: float = 0.1, prices: int = 50):
    """Return integer costs, masses and their optimum: first the tree, its flows and prices, then the costs.

    The cost is f_i + g_j on the tree and at least that elsewhere, so plan and prices are optimal by complementary
    slackness. A share `idle` of the tree carries nothing (degeneracy), a share `ties` of the other pairs is tight too.
    """
    rng = np.random.default_rng(seed)
    f, g = rng.integers(-prices, prices + 1, n), rng.integers(-prices, prices + 1, m)
    slack = rng.integers(1, 2 * prices, (n, m)) * (rng.random((n, m)) >= ties)
    plan = np.zeros((n, m), dtype=np.int64)
    for i, j in random_tree(rng, n, m):
        slack[i, j] = 0
        plan[i, j] = rng.integers(1, 100) * (rng.random() >= idle)
    cost = f[:, None] + g + slack
    return cost, plan.sum(axis=1), plan.sum(axis=0), int((cost * plan).sum())


def planted_assignment(seed: int, n: int, *, ties: float = 0.1):
    """Return integer costs whose cheapest assignment is planted, and its cost."""
    rng = np.random.default_rng(seed)
    f, g = rng.integers(-50, 50, n), rng.integers(-50, 50, n)
    slack = rng.integers(1, 100, (n, n)) * (rng.random((n, n)) >= ties)
    slack[np.arange(n), rng.permutation(n)] = 0
    return f[:, None] + g + slack, int(f.sum() + g.sum())


def add_planted(
    name: str, seed: int, n: int, m: int, *, unit: float = 1.0, mass: float = 1.0, peer=True, **how
) -> None:
    """Add a planted problem, its costs and masses multiplied by powers of two (so that they stay exact)."""
    cost, a, b, optimum = planted(seed, n, m, **how)
    add(
        name,
        lambda: otkit.TransportProblem(cost * unit, a * mass, b * mass),
        Fraction(optimum) * Fraction(unit) * Fraction(mass),
        peer=peer,
    )


def cloud(seed: int, n: int, d: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def shares(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).random(n) + 0.01


# Planted optima
add_planted("planted", 1, 5, 7)
add_planted("planted wide", 2, 3, 60)
add_planted("planted tall", 3, 200, 3)
add_planted("planted degenerate", 4, 30, 25, idle=0.6)
add_planted("planted with many ties", 5, 25, 25, ties=0.7)
add_planted("planted with large costs", 6, 20, 30, prices=10**6)
add_planted("planted, medium", 7, 90, 120)
add_planted("planted, costs × 2^-46", 8, 12, 10, unit=2.0**-46, peer=False)
add_planted("planted, costs × 2^46", 9, 12, 10, unit=2.0**46, peer=False)
add_planted("planted, costs × 2^-996", 10, 12, 10, unit=2.0**-996, peer=False)
add_planted("planted, costs × 2^664", 11, 12, 10, unit=2.0**664, peer=False)
add_planted("planted, masses × 2^-40", 12, 12, 10, mass=2.0**-40, peer=False)
add_planted("planted, masses × 2^60", 13, 12, 10, mass=2.0**60, peer=False)
for _n in (1, 2, 60):
    _cost, _optimum = planted_assignment(14, _n)
    add(
        f"planted assignment of {_n}",
        lambda C=_cost: otkit.TransportProblem(C),
        _optimum,
        assignment=True,
        peer=_n > 1,
    )

# The worked examples of the notes
_bakery = datasets.bakery()
add("bakery, Monge", lambda: otkit.TransportProblem(_bakery.cost), 64, assignment=True)
add("bakery, Kantorovich", lambda: otkit.TransportProblem(_bakery.cost, _bakery.supply, _bakery.demand), 1070)


def manhattan() -> otkit.TransportProblem:
    town = datasets.manhattan()
    return otkit.TransportProblem(otkit.Euclidean().between(town.bakeries, town.cafes), town.supply, town.demand)


add("Manhattan", manhattan)
_steps = np.arange(16) / 16
for _theta in (0.0, 0.75, -3.0):
    add(
        f"parallel lines, θ = {_theta:g}",
        lambda t=_theta: points(np.c_[0 * _steps, _steps], np.c_[0 * _steps + t, _steps]),
        abs(_theta),
        assignment=True,
    )

# Clouds in general position
add("gaussian, uniform", lambda: points(cloud(1, 25), cloud(2, 25)), assignment=True)
add("gaussian, weighted", lambda: points(cloud(3, 25), cloud(4, 25), shares(5, 25), shares(6, 25)))
add("gaussian, n ≠ m", lambda: points(cloud(7, 14), cloud(8, 33)))
add("gaussian, n = 24, m = 16", lambda: points(cloud(7, 24), cloud(8, 16)))  # many partial sums agree: degenerate
add("gaussian, dimension 10", lambda: points(cloud(9, 20, 10), cloud(10, 24, 10), shares(11, 20), None))
add("gaussian, n = m = 60", lambda: points(cloud(7, 60), cloud(8, 60)), assignment=True)
add("one point each", lambda: points([[0, 0]], [[3, 4]]), 5, assignment=True)
add("one source", lambda: points([[0.0, 0.0]], cloud(12, 9), None, shares(13, 9)))
add("one target", lambda: points(cloud(12, 9), [[0.0, 0.0]]))
add("n ≫ m", lambda: points(cloud(14, 150), cloud(15, 2), shares(16, 150), [1, 3]))
add(
    "duplicates",
    lambda: points(cloud(17, 4)[[0, 1, 1, 2, 2, 2, 3, 0]], cloud(18, 3)[[0, 0, 1, 2, 2, 1, 1, 0]]),
    assignment=True,
)
add(
    "duplicates, weighted",
    lambda: points(cloud(17, 4)[[0, 1, 1, 2, 2, 3]], cloud(17, 4)[[0, 0, 1, 3]], range(1, 7), None),
)
add("identical clouds", lambda: points(cloud(19, 20), cloud(19, 20)), 0, assignment=True)
add(
    "identical measures, shuffled",
    lambda: points(cloud(19, 12), cloud(19, 12)[::-1], shares(1, 12), shares(1, 12)[::-1]),
    0,
)
_grid = np.array(list(product(range(4), repeat=2)))
add("grid under cityblock", lambda: points(_grid, np.add(_grid, [1, 2]), metric="cityblock"), 3, assignment=True)
add("grid, weighted ties", lambda: points(_grid, _grid[::3], np.arange(16) % 3 + 1, None, metric="cityblock"))
add("grid, squared", lambda: points(_grid, np.add(_grid[::-1], [2, 0]), p=2), 4, assignment=True)
add(
    "nearly equal clouds",
    lambda: points(cloud(20, 15), cloud(20, 15) + 1e-9 * cloud(21, 15)),
    assignment=True,
    peer=False,
)
add(
    "nearly equal clouds, weighted",
    lambda: points(cloud(20, 15), cloud(20, 15) + 1e-9, shares(2, 15), shares(2, 15)),
    peer=False,
)
add("far apart clouds", lambda: points(cloud(22, 15), cloud(23, 12) + 1e6, shares(24, 15), shares(25, 12)), peer=False)
add(
    "two far islands",
    lambda: points(np.r_[cloud(1, 8), cloud(2, 8) + 1e8], np.r_[cloud(3, 8) + 1e8, cloud(4, 8)]),
    assignment=True,
)

# Large enough for coarse levels and column generation; a translation is optimal, whatever the cloud and its weights
_crowd = np.random.default_rng(70).integers(0, 40, (280, 2))
_crowd3 = np.random.default_rng(71).integers(0, 9, (270, 3))
_weights = np.random.default_rng(72).integers(1, 50, 280)
add_planted("planted, large", 73, 260, 290, ties=0.01)
add_planted("planted, large and degenerate", 74, 280, 270, idle=0.5, ties=0.3)
add("crowd moved, uniform", lambda: points(_crowd, np.add(_crowd, [3, 4])[::-1]), 5, assignment=True)
add("crowd moved, weighted", lambda: points(_crowd, np.add(_crowd, [3, 4]), _weights, _weights), 5)
add("crowd moved, squared", lambda: points(_crowd, np.add(_crowd, [3, 4]), _weights, _weights, p=2), 25)
add("crowd moved, cityblock", lambda: points(_crowd, np.add(_crowd, [3, 4]), _weights, _weights, metric="cityblock"), 7)
add("crowd moved in space", lambda: points(_crowd3, np.add(_crowd3, [2, 3, 6])[::-1]), 7, assignment=True)

# Costs of every size
_cost30 = np.random.default_rng(26).normal(size=(12, 9))
for _scale in (1e-300, 1e-14, 1e14, 1e200):
    add(
        f"costs × {_scale:g}",
        lambda s=_scale: otkit.TransportProblem(_cost30 * s, shares(27, 12), np.full(9, shares(27, 12).sum() / 9)),
        peer=False,
    )
for _scale in (1e-140, 1e-14, 1e14, 1e140):
    add(
        f"distances × {_scale:g}",
        lambda s=_scale: points(cloud(28, 11) * s, cloud(29, 13) * s, shares(30, 11)),
        peer=False,
    )
add("all costs equal", lambda: otkit.TransportProblem(np.full((4, 6), 2.5), [1, 2, 3, 6], [2] * 6), 30)
add("all costs zero", lambda: otkit.TransportProblem(np.zeros((3, 3)), [1, 2, 3], [2, 2, 2]), 0)
add(
    "all costs equal, uniform", lambda: otkit.TransportProblem(np.full((5, 5), -1.5)), -7.5, assignment=True, peer=False
)
add(
    "all costs negative",
    lambda: otkit.TransportProblem(-np.exp(_cost30), shares(31, 12), np.full(9, shares(31, 12).sum() / 9)),
)
add("both signs", lambda: otkit.TransportProblem(_cost30, np.full(12, 3), np.full(9, 4)))
add("costs as float32", lambda: otkit.TransportProblem(_cost30.astype(np.float32), np.full(12, 3), np.full(9, 4)))
add(
    "costs in Fortran order",
    lambda: otkit.TransportProblem(np.asfortranarray(_cost30[:9]), None, None),
    assignment=True,
)
add(
    "costs 1e-3 beside 1e12",
    lambda: otkit.TransportProblem(10 ** (7.5 * np.tanh(_cost30) + 4.5), np.full(12, 3), np.full(9, 4)),
    peer=False,
)
add("clouds moved by 1e7", lambda: points(cloud(32, 14) + 1e7, cloud(33, 14) + 1e7), assignment=True)
add("clouds at 1e16", lambda: points(_grid * 4 + 1e16, _grid[::-1] * 2 + 1e16, p=1), assignment=True)
add(
    "clouds at 1e16, weighted",
    lambda: points(_grid * 4 + 1e16, _grid[::2] * 6 + 1e16, shares(34, 16), shares(35, 8), p=2),
)

# Weights of every size
add("zero weights", lambda: points(cloud(36, 12), cloud(37, 10), [0, 1, 2] * 4, [3, 0] * 5))
add(
    "zero weights, masses",
    lambda: otkit.TransportProblem(_cost30, [0, 0, 4] * 3 + [1, 2, 3], [6, 3, 0] * 2 + [0, 0, 0]),
)
add(
    "all mass on one point",
    lambda: points(cloud(36, 6), cloud(37, 5), [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 7]),
    assignment=True,
)
add(
    "weights from 1e-300 to 1",
    lambda: points(cloud(38, 16), cloud(39, 11), 10.0 ** -np.arange(0, 320, 20), 10.0 ** -np.arange(0, 330, 30)),
    peer=False,
)
add("weights from 5e-324 to 1", lambda: points(cloud(40, 3), cloud(41, 2), [1, 5e-324, 1e-160], [0.5, 0.5]), peer=False)
add(
    "all weights 1e-300",
    lambda: points(cloud(42, 9), cloud(43, 9), np.full(9, 1e-300), np.full(9, 1e300)),
    assignment=True,
)
add(
    "masses that balance to rounding",
    lambda: otkit.TransportProblem(_cost30, shares(44, 12) / shares(44, 12).sum(), np.full(9, 1 / 9)),
)
add(
    "masses as float32",
    lambda: otkit.TransportProblem(
        _cost30, (shares(44, 12) / shares(44, 12).sum()).astype(np.float32), np.full(9, 1 / 9)
    ),
)

# Every metric, and input of every type
for _p in (1, 1.5, 2, 3):
    add(
        f"Euclidean, p = {_p:g}",
        lambda p=_p: points(cloud(45, 13, 3), cloud(46, 17, 3), shares(47, 13), shares(48, 17), p=p),
    )
for _metric in ("sqeuclidean", "cityblock", "chebyshev", "cosine", otkit.Minkowski(3), otkit.Minkowski(1.5)):
    add(
        f"{as_cost(_metric).name}",
        lambda c=_metric: points(cloud(49, 13, 3), cloud(50, 17, 3), shares(51, 13), None, metric=c),
    )
_globe = np.random.default_rng(52).uniform([-90, -180], [90, 180], (30, 2))
add("haversine", lambda: points(_globe[:14], _globe[14:], shares(53, 14), None, metric="haversine"))
add(
    "haversine, metres",
    lambda: points(_globe[:15], _globe[15:], metric=otkit.Haversine(radius=6371008.8), p=2),
    assignment=True,
    peer=False,
)
add("callable cost", lambda: points(cloud(54, 6), cloud(55, 8), metric=lambda u, v: float(np.abs(u * v).sum())))
add("float32 points", lambda: points(cloud(56, 11).astype(np.float32), cloud(57, 12).astype(np.float32)))
add("integer points", lambda: points(_grid, _grid[::-3], metric="euclidean"))

# On the line
for _p in (1, 2, 3):
    add(
        f"line, weighted, p = {_p}",
        lambda p=_p: points(cloud(58, 20, 1), cloud(59, 27, 1), shares(60, 20), shares(61, 27), p=p),
        line=True,
    )
add("line, power 1.5", lambda: points(cloud(58, 9, 1), cloud(59, 7, 1), p=1.5), line=True)
add("line, uniform", lambda: points(cloud(62, 18, 1)[:, 0], cloud(63, 18, 1)[:, 0]), line=True, assignment=True)
add("line, a shift by 5", lambda: points([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]), 5, line=True, assignment=True)
add(
    "line, ties and zero weights",
    lambda: points([0, 0, 1, 1, 2, 5], [1, 1, 4, 0], [1, 0, 2, 3, 0, 2], [1, 4, 0, 3]),
    line=True,
)
add("line, shared points", lambda: points(range(8), range(2, 10), p=2), 4, line=True, assignment=True)
add("line, squared distance", lambda: points(cloud(62, 9, 1), cloud(63, 14, 1), metric="sqeuclidean"), line=True)
add("line, at 1e16", lambda: points(np.arange(9) * 4 + 1e16, np.arange(12) * 2 + 1e16, p=2), line=True)
add(
    "line, weights from 1e-300 to 1",
    lambda: points(cloud(64, 16, 1), cloud(65, 9, 1), 10.0 ** -np.arange(0, 320, 20), shares(66, 9)),
    line=True,
    peer=False,
)
add(
    "line, distances × 1e-280",
    lambda: points(cloud(64, 8, 1) * 1e-280, cloud(65, 9, 1) * 1e-280),
    line=True,
    peer=False,
)
