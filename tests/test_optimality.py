"""Whether a tree is optimal, decided pair by pair: against fractions, on right trees and on wrong ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import tree_in_fractions
from strategies import extreme_problems, problems
from zoo import random_tree

import otkit
from otkit.checker import optimality
from otkit.checker.optimality import judge
from otkit.costs import bind
from otkit.numerics.threads import threads

seeds = st.integers(0, 2**32 - 1)
TINY = 5e-324


def sign(number):
    return int(number > 0) - int(number < 0)


def tree_arcs(rng, n, m):
    rows, cols = np.array(random_tree(rng, n, m)).T
    return np.ascontiguousarray(rows), np.ascontiguousarray(cols)


def exact_prices(problem, rows, cols):
    """Potentials of a tree in fractions, found without otkit."""
    arcs = list(zip(rows.tolist(), cols.tolist(), strict=True))
    costs = dict(zip(arcs, problem.cost.at(rows, cols).tolist(), strict=True))
    n, m = problem.shape
    nothing = [Fraction(0)] * n, [Fraction(0)] * m
    return tree_in_fractions(lambda i, j: costs[i, j], *nothing, arcs)[1:]


def reduced_costs(problem, rows, cols):
    """The reduced cost of each pair off a tree, in fractions."""
    f, g = exact_prices(problem, rows, cols)
    costs, tree = problem.cost.dense().tolist(), set(zip(rows.tolist(), cols.tolist(), strict=True))
    pairs = ((i, j) for i in range(len(f)) for j in range(len(g)))
    return {(i, j): Fraction(costs[i][j]) - f[i] - g[j] for i, j in pairs if (i, j) not in tree}


def check(problem, rows, cols, whole=True):
    """Every sign is the true one, and what is listed is right.

    To two roundings, but that a cost may be finer than the prices' last bit; or, where floats decide, to their doubt.
    """
    verdict = judge(problem, rows, cols)
    costs, prices = problem.cost.dense(), verdict.vertex.prices
    unit, doubt = Fraction(2) ** int(prices.low), Fraction(4.0 * 2.0**-53 * prices.reach + float(np.finfo(float).tiny))
    reduced = reduced_costs(problem, rows, cols)
    listed = dict(
        zip(zip(verdict.rows.tolist(), verdict.cols.tolist(), strict=True), verdict.reduced.tolist(), strict=True)
    )
    assert len(listed) == verdict.rows.size
    assert listed.keys() <= reduced.keys()
    for pair, price in listed.items():
        assert sign(price) == sign(reduced[pair])
        finer = (Fraction(float(costs[pair])) / unit).denominator > 1
        rounding = max(abs(reduced[pair]) / 2**51, Fraction(TINY), unit / 2**52 if finer else 0)
        assert abs(Fraction(price) - reduced[pair]) <= rounding + (2 * doubt if price < -doubt else 0)
    assert verdict.overpriced == sum(price < 0 for price in reduced.values())
    assert {pair for pair, price in reduced.items() if price < 0} <= listed.keys()
    assert verdict.complete or not whole
    if verdict.complete:
        assert {pair for pair, price in reduced.items() if price == 0} <= listed.keys()
    assert verdict.optimal == (verdict.vertex.least >= 0 and min(reduced.values(), default=0) >= 0)
    return verdict


def uniform(cost):
    return otkit.TransportProblem(cost, probability=True)


@pytest.fixture(params=[False, True], ids=["at once", "in a sweep"])
def any_road(request, monkeypatch):
    """Small problems are decided in one call; the sweep of large ones must agree."""
    if request.param:
        monkeypatch.setattr(optimality, "AT_ONCE", 0)


# --- right trees and wrong ones -------------------------------------------------------------------------------------


@given(st.one_of(problems, extreme_problems()), seeds)
def test_random_trees(problem, seed):
    check(problem, *tree_arcs(np.random.default_rng(seed), *problem.shape))


CLOUDS = {
    "generic": lambda rng, k: rng.normal(size=(k, 2)),
    "far from the origin": lambda rng, k: rng.normal(size=(k, 2)) + 1e8,
    "tiny": lambda rng, k: rng.normal(size=(k, 2)) * 1e-130,
    "of many scales": lambda rng, k: rng.normal(size=(k, 3)) * 10.0 ** rng.integers(-8, 8, (k, 1)),
    "grid": lambda rng, k: rng.integers(0, 4, (k, 2)) * 1.0,
}


@pytest.mark.parametrize("kind", CLOUDS)
@pytest.mark.parametrize(("metric", "p"), [("euclidean", 1), ("euclidean", 2), ("cityblock", 1)])
def test_optimal_trees_and_their_neighbours(kind, metric, p, any_road):
    """A tree that is optimal in floats, and all that a pivot of an arc or two may make of it."""
    rng = np.random.default_rng(1)
    for _ in range(4):
        n, m = (int(size) for size in rng.integers(2, 11, 2))
        x, y = CLOUDS[kind](rng, n), CLOUDS[kind](rng, m)
        result = otkit.wasserstein(x, y, metric=metric, p=p, method="simplex", proof="float")
        rows, cols = result.candidate.basis
        check(result.problem, rows, cols)
        for _ in range(3):
            rows, cols = neighbour(rng, n, m, rows, cols)
            check(result.problem, rows, cols)


def neighbour(rng, n, m, rows, cols):
    """Exchange one arc for another."""
    leaving = int(rng.integers(rows.size))
    side, grown = {int(rows[leaving])}, True  # the part of the tree that is left on this side
    while grown:
        grown = False
        for i, j in zip(np.delete(rows, leaving).tolist(), (n + np.delete(cols, leaving)).tolist(), strict=True):
            if (i in side) != (j in side):
                side |= {i, j}
                grown = True
    across = [(i, j) for i in range(n) for j in range(m) if (i in side) != (n + j in side)]
    rows, cols = rows.copy(), cols.copy()
    rows[leaving], cols[leaving] = across[rng.integers(len(across))]
    return rows, cols


# --- one ulp --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e200])
@given(seed=seeds)
@settings(max_examples=25)
def test_pairs_that_cost_their_prices_as_nearly_as_floats_can(scale, seed):
    """All pairs off the tree are rounded from f_i + g_j, up or down, and some are an ulp off that."""
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(2, 8, 2))
    rows, cols = tree_arcs(rng, n, m)
    costs = np.zeros((n, m))
    costs[rows, cols] = rng.normal(size=rows.size) * 10.0 ** rng.integers(-3, 3, rows.size) * scale
    f, g = exact_prices(uniform(costs), rows, cols)
    on_tree = np.zeros((n, m), dtype=bool)
    on_tree[rows, cols] = True
    for i, j in zip(*np.nonzero(~on_tree), strict=True):
        cost = float(f[i] + g[j])
        costs[i, j] = rng.choice([cost, cost, np.nextafter(cost, -np.inf), np.nextafter(cost, np.inf)])
    check(uniform(costs), rows, cols)


def test_planted_ulps_are_counted(any_road):
    """Prices are integers, so each pair below its prices was planted there."""
    rng = np.random.default_rng(5)
    f, g = rng.integers(-50, 50, 40) * 1.0, rng.integers(-50, 50, 30) * 1.0
    rows, cols = tree_arcs(rng, 40, 30)
    costs = np.add.outer(f, g)
    move = rng.choice([-np.inf, 0.0, np.inf], size=costs.shape, p=[0.05, 0.9, 0.05])
    move[rows, cols] = 0.0
    moved = np.where(move == 0.0, costs, np.nextafter(costs, move))
    verdict = judge(uniform(moved), rows, cols)
    assert verdict.overpriced == (move < 0).sum()
    assert not verdict.optimal
    assert ((verdict.reduced == 0).sum(), (verdict.reduced > 0).sum()) == ((move == 0).sum() - 69, (move > 0).sum())
    assert verdict.complete


@pytest.mark.parametrize("step", [TINY, 1e-300, 2.0**-60, 1e-17])
@pytest.mark.parametrize("fraction", [0.0, 0.5])
def test_costs_finer_than_those_of_the_tree(step, fraction, any_road):
    """Limbs end at the last bit of the prices; what a cost has below that still decides."""
    costs = np.add.outer([3.0, 1.0 + fraction, -2.0], [-3.0, 2.0, 1.0])
    rows, cols = np.array([0, 0, 0, 1, 2]), np.array([0, 1, 2, 1, 2])
    assert (costs[[2], [1]], costs[[1], [0]]) == (0.0, fraction - 2.0)
    for change in (-step, 0.0, step):
        costs[2, 1] = change
        verdict = check(uniform(costs), rows, cols)
        assert verdict.overpriced == (change < 0)
        listed = verdict.reduced[(verdict.rows == 2) & (verdict.cols == 1)]
        assert [sign(price) for price in listed] == [sign(change)]


# --- numbers far apart ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [30, 200, 300])
def test_costs_of_every_size(largest, any_road):
    """Costs may be far larger than those of the tree, and do not fit into its limbs."""
    rng = np.random.default_rng(largest)
    for _ in range(25):
        n, m = (int(size) for size in rng.integers(2, 9, 2))
        costs = rng.normal(size=(n, m)) * 10.0 ** rng.integers(-largest, largest, (n, m))
        check(uniform(costs), *tree_arcs(rng, n, m))


def test_a_huge_negative_cost_beside_large_ones(any_road):
    costs = np.array([[1e184, 1.0, 3e184], [2.0, -1e215, 1e184], [-1e215, 1e184, 1e-200]])
    rng = np.random.default_rng(0)
    for _ in range(40):
        check(uniform(costs[np.ix_(rng.permutation(3), rng.permutation(3))]), *tree_arcs(rng, 3, 3))


@pytest.mark.parametrize("size", [1e307, 1.7e308])
def test_no_verdict_where_prices_may_leave_float64(size):
    problem = uniform(np.array([[size, -size], [-size, size]]))
    assert judge(problem, np.array([0, 0, 1]), np.array([0, 1, 1])) is None


# --- how costs are kept ---------------------------------------------------------------------------------------------


def same(one, other):
    for name in ("rows", "cols", "reduced", "complete", "overpriced"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    "store",
    [np.asfortranarray, lambda C: np.repeat(C, 2, axis=0)[::2], lambda C: C.astype(np.float32)],
    ids=["columns first", "strided", "float32"],
)
def test_any_memory_order_and_type(store, any_road):
    rng = np.random.default_rng(2)
    costs = rng.integers(0, 3, (30, 20)) + rng.integers(0, 3, (30, 20)) * 2.0**-20
    rows, cols = tree_arcs(rng, 30, 20)
    verdict = check(uniform(store(costs)), rows, cols)
    same(verdict, judge(uniform(costs), rows, cols))


def test_a_matrix_in_float32_is_judged_as_it_is():
    costs = np.random.default_rng(3).random((9, 8)).astype(np.float32)
    check(uniform(costs), *tree_arcs(np.random.default_rng(4), 9, 8))


def test_only_arcs_of_a_graph_count():
    rng = np.random.default_rng(6)
    for _ in range(20):
        n, m = (int(size) for size in rng.integers(2, 10, 2))
        rows, cols = tree_arcs(rng, n, m)
        listed = rng.random((n, m)) < 0.3
        listed[rows, cols] = True
        costs = np.where(listed, rng.integers(1, 4, (n, m)) + rng.choice([0.0, 2.0**-50], (n, m)), 0.0)
        graph, matrix = (
            otkit.TransportProblem(C, np.ones(n), np.ones(m), probability=True)
            for C in (scipy.sparse.csr_array(costs), np.where(listed, costs, 1e6))
        )
        verdict, expected = judge(graph, rows, cols), check(matrix, rows, cols)
        order = np.lexsort((verdict.cols, verdict.rows)), np.lexsort((expected.cols, expected.rows))
        for name in ("rows", "cols", "reduced"):
            np.testing.assert_array_equal(getattr(verdict, name)[order[0]], getattr(expected, name)[order[1]])
        assert verdict.overpriced == expected.overpriced


# --- many pairs -----------------------------------------------------------------------------------------------------


def check_large(problem, rows, cols, verdict):
    """Fractions where float slacks, whose rounding is far below 1e-9 here, leave a doubt."""
    f, g = exact_prices(problem, rows, cols)
    slack = problem.cost.dense() - np.array([float(x) for x in f])[:, None] - np.array([float(x) for x in g])
    slack[rows, cols] = np.inf
    near = np.argwhere(np.abs(slack) < 1e-9).tolist()
    costs = problem.cost.dense()
    exact = {(i, j): Fraction(float(costs[i, j])) - f[i] - g[j] for i, j in near}
    assert verdict.overpriced == (slack <= -1e-9).sum() + sum(price < 0 for price in exact.values())
    for i, j, price in zip(verdict.rows.tolist(), verdict.cols.tolist(), verdict.reduced.tolist(), strict=True):
        assert sign(price) == sign(exact.get((i, j), slack[i, j]))
    if verdict.complete:
        assert sum(price == 0 for price in exact.values()) == (verdict.reduced == 0).sum()


@pytest.mark.parametrize("decimals", [2, 15])
def test_a_million_pairs_in_the_plane(decimals):
    """Large enough that blocks of pairs are passed over unseen; the verdict is the same for any number of threads."""
    rng = np.random.default_rng(decimals)
    x, y = rng.random((1010, 2)).round(decimals), rng.random((1000, 2)).round(decimals)
    result = otkit.wasserstein(x, y, metric="cityblock", method="simplex", proof="float")
    problem, (rows, cols) = result.problem, result.candidate.basis
    for _ in range(2):
        verdicts = []
        for count in (1, 2):
            with threads(count):
                verdicts.append(judge(problem, rows, cols))
        same(*verdicts)
        check_large(problem, rows, cols, verdicts[0])
        costs = problem.cost.dense()
        matrix = otkit.TransportProblem(costs, probability=True)
        assert judge(matrix, rows, cols).overpriced == verdicts[0].overpriced
        rows, cols = neighbour_in_place(rng, problem, rows, cols)  # now a wrong tree


def neighbour_in_place(rng, problem, rows, cols):
    """Hang a leaf of the tree elsewhere: overpriced pairs come in plenty."""
    degree = np.bincount(rows, minlength=problem.shape[0])
    leaf = int(rng.choice(np.flatnonzero(degree == 1)))
    k = int(np.flatnonzero(rows == leaf)[0])
    cols = cols.copy()
    cols[k] = (cols[k] + problem.shape[1] // 2) % problem.shape[1]
    return rows, cols


def test_of_very_many_ties_some_are_listed(monkeypatch):
    """Memory stays bounded, and the list owns up to it."""
    monkeypatch.setattr(optimality, "KEPT", 100)
    n, m = 600, 500
    costs = np.zeros((n, m))
    rows, cols = tree_arcs(np.random.default_rng(0), n, m)
    verdict = judge(uniform(costs), rows, cols)
    assert verdict.overpriced == 0
    assert not verdict.complete
    assert verdict.optimal == (verdict.vertex.least >= 0)
    assert 100 <= verdict.rows.size < n * m // 2
    assert (verdict.reduced == 0).all()
    with threads(2):
        same(verdict, judge(uniform(costs), rows, cols))


def test_no_overpriced_pair_is_left_out(monkeypatch):
    """Room or no room."""
    monkeypatch.setattr(optimality, "KEPT", 3)
    monkeypatch.setattr(optimality, "AT_ONCE", 0)
    rng = np.random.default_rng(0)
    f, g = rng.integers(0, 9, 300) * 1.0, rng.integers(0, 9, 250) * 1.0
    rows, cols = tree_arcs(rng, 300, 250)
    costs = np.add.outer(f, g)
    lowered = rng.random(costs.shape) < 0.02
    lowered[rows, cols] = False
    costs[lowered] = np.nextafter(costs[lowered], -np.inf)
    verdict = judge(uniform(costs), rows, cols)
    assert verdict.overpriced == lowered.sum()
    found = np.zeros_like(lowered)
    found[verdict.rows[verdict.reduced < 0], verdict.cols[verdict.reduced < 0]] = True
    np.testing.assert_array_equal(found, lowered)


def test_a_bound_cost_is_judged_as_its_own_matrix():
    """Points and matrix hold the same floats, so the verdicts are the same."""
    rng = np.random.default_rng(9)
    x, y = rng.integers(0, 5, (40, 2)) * 0.1, rng.integers(0, 5, (35, 2)) * 0.1
    cost = otkit.Euclidean().between(x, y)
    arcs = tree_arcs(rng, 40, 35)
    same(check(uniform(cost), *arcs), check(uniform(bind(cost.dense())), *arcs))
