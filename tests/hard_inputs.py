"""Hard inputs: families of transport problems on which solvers with tolerances go astray.

A family makes a problem from a seed, the same on every machine up to the mathematical library, and small enough for the
exact solver in `oracles`. The few that are large (`LARGE`) have their optimum planted or in closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from zoo import planted, points, random_tree

from otkit import TransportProblem

Family = Callable[[int], TransportProblem]

FAMILIES: dict[str, Family] = {}


def family(make: Family) -> Family:
    """Enter a family under the name of its function."""
    FAMILIES[make.__name__.replace("_", " ")] = make
    return make


def pick(seed: int, *kinds):
    """Return one of several kinds, by turns."""
    return kinds[seed % len(kinds)]


# Costs of every size


@family
def rescaled_costs(seed: int) -> TransportProblem:
    """Costs from 1e-300 to 1e300, all of one size; absolute tolerances take 1e-13 for zero (reported to POT)."""
    rng = np.random.default_rng(seed)
    unit = pick(seed, 1e-13, 1e-300, 1e300, 1e-10, 1e-16, 1e-100, 1e-7, 1e12, 1e100, 1e-30)
    return TransportProblem(rng.random((14, 16)) * unit, rng.random(14), rng.random(16), probability=True)


@family
def rescaled_distances(seed: int) -> TransportProblem:
    """The same between points, in the units of an atom or of a galaxy."""
    rng = np.random.default_rng(seed)
    unit = pick(seed, 1e-10, 1e16, 1e-13, 1e-7, 1e20, 1e-30, 1e-140, 1e140)
    return points(unit * rng.normal(size=(15, 2)), unit * rng.normal(size=(15, 2)), rng.random(15), None)


@family
def mixed_scales(seed: int) -> TransportProblem:
    """Costs from 1e-3 to 1e32 in one matrix: of every size, or 1e32 for what must not be used (POT issue 229)."""
    rng = np.random.default_rng(seed)
    n = 12
    if seed % 2:
        cost = 10.0 ** rng.uniform(-3, 32, (n, n))
    else:
        cost = 10.0 ** rng.uniform(-3, 4, (n, n))
        cost[(rng.random((n, n)) < 0.6) & ~np.eye(n, dtype=bool)] = 1e32
    mass = rng.integers(1, 9, n)
    return TransportProblem(cost[:, rng.permutation(n)] if seed % 4 == 3 else cost, mass, mass)


@family
def negative_costs(seed: int) -> TransportProblem:
    """No cost above zero: gains rather than costs (reported to POT)."""
    rng = np.random.default_rng(seed)
    cost = -(10.0 ** pick(seed, 0.0, -9.0, 6.0)) * (1.0 + rng.random((16, 13)))
    return TransportProblem(cost, rng.random(16), rng.random(13), probability=True)


@family
def equal_costs(seed: int) -> TransportProblem:
    """One cost for all pairs: every plan is optimal, and the value is that cost."""
    rng = np.random.default_rng(seed)
    cost = pick(seed, 0.1, -0.1, 1e-13, 1e16, 0.0, -1e-300)
    return TransportProblem(np.full((15, 11), cost), rng.random(15), rng.random(11), probability=True)


@family
def both_signs(seed: int) -> TransportProblem:
    """Gains and losses that cancel: the optimum is a rounding error beside any of its terms."""
    rng = np.random.default_rng(seed)
    n = 14
    f, g = rng.normal(size=n), rng.normal(size=n)
    slack = 10.0 ** rng.uniform(-17, 0, (n, n))
    slack[np.arange(n), rng.permutation(n)] = 0.0
    return TransportProblem((f - f.mean())[:, None] + (g - g.mean()) + slack)


# Points where differences have few digits


@family
def coordinates_at_1e16(seed: int) -> TransportProblem:
    """Points whose neighbours are one unit in the last place away."""
    rng = np.random.default_rng(seed)
    x, y = (1e16 + 2.0 * rng.integers(-9, 10, (16, 2)) for _ in range(2))
    weights = None if seed % 2 else rng.integers(1, 5, 16)
    return points(x, y, weights, None, p=pick(seed, 1, 2))


@family
def distant_clouds(seed: int) -> TransportProblem:
    """Two clouds 1e8 apart, or halves of both that far apart: costs that agree in eight digits decide."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(16, 2)), rng.normal(size=(14, 2))
    y[pick(seed, 0, 7) :] += 1e8
    x[pick(seed, 16, 8) :] += 1e8
    return points(x, y, rng.random(16), rng.random(14), p=pick(seed // 2, 1, 2))


@family
def nearly_equal_clouds(seed: int) -> TransportProblem:
    """Points that move by a billionth of their distances: the optimum is tiny beside the largest cost."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(15, 2))
    y = x + pick(seed, 1e-9, 1e-12, 1e-6) * rng.normal(size=(15, 2))
    a = None if seed % 2 else rng.random(15)
    return points(x, rng.permutation(y) if a is None else y, a, a, p=pick(seed // 2, 1, 2))


# Weights of every size


@family
def weights_of_every_size(seed: int) -> TransportProblem:
    """Weights from the least float, 5e-324, to 1."""
    rng = np.random.default_rng(seed)
    a, b = (10.0 ** rng.uniform(-pick(seed, 323, 40, 18), 0, n) for n in (14, 13))
    a[:2] = b[-2:] = [1.0, 5e-324]
    return points(rng.normal(size=(14, 2)), rng.normal(size=(13, 2)), a, b)


@family
def shares_that_vanish(seed: int) -> TransportProblem:
    """Masses whose shares of the total are too small for a float, at costs that make them count."""
    rng = np.random.default_rng(seed)
    light = np.arange(9) < 4
    a, b = rng.random(9) * np.where(light, 1e-170, 1e160), rng.random(11)
    cost = rng.random((9, 11)) * np.where(light, 1e295, pick(seed // 2, 1e-35, 1e-40))[:, None]
    return (
        TransportProblem(cost, a, b, probability=True) if seed % 2 else TransportProblem(cost.T, b, a, probability=True)
    )


@family
def sums_that_differ_in_the_last_bits(seed: int) -> TransportProblem:
    """Masses that balance on paper but not in floats: 0.1 ten times against 1, a permutation, 1/n against 1/m."""
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        a, b = np.full(10, 0.1), np.ones(1)
        a, b = (np.repeat(a, 2), np.repeat(b / 3, 3)) if seed % 2 else (a, b)
        a /= a.sum() / b.sum()
    elif seed % 3 == 1:
        a = rng.random(15)
        b = rng.permutation(a)
    else:
        n, m = rng.integers(5, 24, 2)
        a, b = np.full(n, 1 / n), np.full(m, 1 / m)
    cost = points(rng.normal(size=(a.size, 2)), rng.normal(size=(b.size, 2))).cost
    return TransportProblem(cost, a, b)


@family
def zero_weights(seed: int) -> TransportProblem:
    """Half of the points, or all but one, carry nothing (on POT's lazy path that was reported to go wrong)."""
    rng = np.random.default_rng(seed)
    a, b = rng.random(18) * (rng.random(18) < 0.5), rng.random(16) * (rng.random(16) < pick(seed, 0.5, 0.9, 0.0))
    a[0] += not a.any()
    b[3] += not b.any()
    return points(rng.normal(size=(18, 2)), rng.normal(size=(16, 2)), a, b)


# Ties and degenerate trees


@family
def equal_weights(seed: int) -> TransportProblem:
    """As many arcs without mass as with: every basis is degenerate, at n = m and at partial sums that agree."""
    rng = np.random.default_rng(seed)
    n, m = pick(seed, (24, 24), (24, 16), (10, 30))
    return points(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), p=pick(seed // 3, 1, 2))


@family
def integer_ties(seed: int) -> TransportProblem:
    """Few different costs and few different masses: many optimal plans, many optimal trees for each."""
    rng = np.random.default_rng(seed)
    n, m = 18, 15
    plan = rng.integers(0, 3, (n, m)) * (rng.random((n, m)) < 0.15)
    plan[:, 0] += 1
    plan[0] += 1
    return TransportProblem(rng.integers(0, pick(seed, 2, 3, 10), (n, m)), plan.sum(axis=1), plan.sum(axis=0))


@family
def planted_degenerate_trees(seed: int) -> TransportProblem:
    """A planted tree, two thirds of whose arcs carry nothing, among other tight pairs."""
    cost, a, b, _ = planted(seed, 20, 18, idle=0.65, ties=0.3)
    return TransportProblem(cost * pick(seed, 1.0, 0.1, 1e-13), a, b)


# Its optimum is 36; from the diagonal, which costs 38, pivots with negative reduced costs lead back to the first tree
# after twelve steps. B. J. Gassner, Cycling in the transportation problem, Naval Res. Logist. Quart. 11 (1964) 43–58.
GASSNER = np.array([[3, 5, 5, 11], [9, 7, 9, 15], [7, 7, 11, 13], [13, 13, 13, 17]])


@family
def cycling_examples(seed: int) -> TransportProblem:
    """Gassner's assignment problem, on which the simplex method can cycle: alone and thrice, renumbered."""
    rng = np.random.default_rng(seed)
    copies = pick(seed, 1, 3)
    cost = np.tile(GASSNER, (copies, copies)) + rng.integers(0, 9) * (1 - np.kron(np.eye(copies), np.ones((4, 4))))
    order = rng.permutation(4 * copies)
    return TransportProblem(cost[order][:, rng.permutation(4 * copies)] * pick(seed // 2, 1.0, 0.1, 1e-12))


# Costs built against tolerances


@family
def single_ulps(seed: int) -> TransportProblem:
    """Costs f_i + g_j, each moved by at most one unit in the last place: these units alone decide."""
    rng = np.random.default_rng(seed)
    cost = rng.normal(size=(14, 1)) + rng.normal(size=13)
    turn = rng.integers(-1, 2, cost.shape)
    if seed % 2:  # tight on a tree, never below elsewhere
        turn = np.abs(turn)
        turn[tuple(np.transpose(random_tree(rng, 14, 13)))] = 0
    cost = np.where(turn == 0, cost, np.nextafter(cost, np.where(turn > 0, np.inf, -np.inf)))
    return TransportProblem(cost, rng.random(14), rng.random(13), probability=True)


@family
def slacks_of_every_size(seed: int) -> TransportProblem:
    """A planted tree, and reduced costs from 1e-17 to 1 elsewhere: no tolerance tells the tree from its neighbours."""
    rng = np.random.default_rng(seed)
    n, m = 15, 14
    slack = 10.0 ** rng.uniform(-17, 0, (n, m))
    slack[tuple(np.transpose(random_tree(rng, n, m)))] = 0.0
    far = pick(seed, 1.0, 1e6, 1e-6)
    cost = far * rng.normal(size=(n, 1)) + far * rng.normal(size=m) + slack
    return TransportProblem(cost, rng.random(n), rng.random(m), probability=True)


# Unusual shapes


@family
def many_rows_few_columns(seed: int) -> TransportProblem:
    """n ≫ m, with equal shares that add up only on paper (POT issue 190) or weights of two sizes."""
    rng = np.random.default_rng(seed)
    n, m = pick(seed, (96, 5), (150, 2), (70, 3))
    a = None if seed % 2 else rng.random(n) ** 9
    return points(rng.random((n, 2)), rng.random((m, 2)), a, None)


@family
def thin_chains(seed: int) -> TransportProblem:
    """One path is the tree: flows are sums of all masses before, and prices, which grow, sums of all costs before."""
    rng = np.random.default_rng(seed)
    n = 20
    step = rng.normal(size=2 * n) * pick(seed, 1.0, 1.5, 3.0) ** np.arange(2 * n)
    price = np.cumsum(step)
    f, g = -price[0::2], price[1::2]
    cost = f[:, None] + g + np.abs(f)[:, None] * rng.random((n, n))
    on, after = np.arange(n), np.arange(n - 1)
    cost[on, on], cost[after + 1, after] = f + g, f[1:] + g[:-1]
    plan = np.zeros((n, n), dtype=np.int64)
    plan[on, on], plan[after + 1, after] = rng.integers(1, 9, n), rng.integers(1, 9, n - 1)
    return TransportProblem(cost, plan.sum(axis=1), plan.sum(axis=0))


@family
def hard_lines(seed: int) -> TransportProblem:
    """Points on the line: far out, close together, or doubled, with weights of every size."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(20, 1)), rng.normal(size=(17, 1))
    x, y = pick(seed, (x * 1e-13, y * 1e-13), (1e16 + 2.0 * np.rint(9 * x), 1e16 + 2.0 * np.rint(9 * y)), (x, y + 1e8))
    a = pick(seed // 3, 10.0 ** rng.uniform(-323, 0, 20), np.full(20, 0.1), rng.integers(0, 2, 20))
    return points(x, y, a, None, p=pick(seed, 1, 2, 3))


# Large, with an optimum that needs no solver


def crowd_moved(metric: str, p: int, move: list[int], optimum: int):
    """Thousands of equal weights on a lattice, many on the same spot: moving all of them alike is optimal."""
    crowd = np.random.default_rng(1).integers(0, 60, (2000, 2))
    return points(crowd, (crowd + move)[::-1], metric=metric, p=p), Fraction(optimum)


def long_chain(n: int, unit: float):
    """Points on a line in the plane under squared distance, whose tree is a path of 2n − 1 arcs: the staircase.

    Each row keeps half of its mass for the column of its own rank and sends the rest to the next one.
    """
    rng = np.random.default_rng(2)
    x, y = (np.sort(rng.integers(0, 2**20, n)) for _ in range(2))
    a = rng.integers(1, 100, n)
    onward = np.append(a[:-1] // 2, 0)
    optimum = (a - onward) @ (x - y) ** 2 + onward[:-1] @ (x[:-1] - y[1:]) ** 2  # below 2**63
    cost = points(np.c_[x, 0 * x] * unit, np.c_[y, 0 * y] * unit, p=2).cost
    problem = TransportProblem(cost, a, a - onward + np.append(0, onward[:-1]))
    return problem, Fraction(int(optimum)) * Fraction(unit) ** 2


def planted_at(unit: float):
    """Costs at the ends of float64, many enough for coarse levels and column generation."""
    cost, a, b, optimum = planted(3, 300, 280, ties=0.01)
    return TransportProblem(cost * unit, a, b), optimum * Fraction(unit)


LARGE: dict[str, Callable[[], tuple[TransportProblem, Fraction]]] = {
    "2000 equal weights, many ties": lambda: crowd_moved("cityblock", 1, [3, 4], 7),
    "2000 equal weights, squared": lambda: crowd_moved("euclidean", 2, [3, 4], 25),
    "a chain of 9999 arcs": lambda: long_chain(5000, 1.0),
    "a chain of 1999 arcs, costs × 2^-80": lambda: long_chain(1000, 2.0**-40),
    "300 × 280, costs × 2^980": lambda: planted_at(2.0**980),
    "300 × 280, costs × 2^-1000": lambda: planted_at(2.0**-1000),
}
