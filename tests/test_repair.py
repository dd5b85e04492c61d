"""From any tree to an optimal one in exact arithmetic, against the exact solver."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import exact_value
from strategies import extreme_problems, problems
from zoo import random_tree

import otkit
from otkit.checker.optimality import judge
from otkit.checker.plans import north_west
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex.repair import _dual_pivots, repair

seeds = st.integers(0, 2**32 - 1)


def restricted(problem):
    """The part of a problem that carries mass, as it comes to be proved."""
    return problem.restrict(np.flatnonzero(problem.supply), np.flatnonzero(problem.demand))


def any_tree(rng, problem):
    """A random tree: most have negative flows."""
    rows, cols = np.array(random_tree(rng, *problem.shape)).T
    return np.ascontiguousarray(rows), np.ascontiguousarray(cols)


def staircase_tree(rng, problem):
    """The north-west corner's tree, rows and columns in random order: feasible up to rounding."""
    n, m = problem.shape
    row_order, col_order = rng.permutation(n), rng.permutation(m)
    due, wanted = np.cumsum(problem.supply[row_order]), np.cumsum(problem.demand[col_order])
    i, j, arcs = 0, 0, []
    while True:
        arcs.append((row_order[i], col_order[j]))
        if (i, j) == (n - 1, m - 1):
            return tuple(np.array(arcs).T.copy())
        down = j == m - 1 or (i < n - 1 and due[i] <= wanted[j])
        i, j = (i + 1, j) if down else (i, j + 1)


def check(problem, rows, cols):
    verdict = repair(problem, judge(problem, rows, cols), Monitor())
    assert verdict.optimal
    assert verdict.vertex.least >= 0
    assert verdict.vertex.exact_value == exact_value(problem)
    return verdict


@given(st.one_of(problems, extreme_problems()), seeds, st.sampled_from([any_tree, staircase_tree]))
def test_any_tree_of_any_problem(problem, seed, tree):
    problem = restricted(problem)
    check(problem, *tree(np.random.default_rng(seed), problem))


WEIGHTS = [5e-324, 1e-300, 1e-160, 1e-17, 1e-9, 0.1, 1.0]


@pytest.mark.parametrize("tree", [any_tree, staircase_tree])
@pytest.mark.parametrize("digits", [0, 15])
def test_weights_from_the_smallest_float_to_one(tree, digits):
    """No integers of 64 bits hold them all: dual pivots have the last word."""
    rng = np.random.default_rng(digits)
    for _ in range(40):
        n, m = (int(size) for size in rng.integers(1, 8, 2))
        a, b = (rng.choice(WEIGHTS, size) * rng.integers(1, 5, size) for size in (n, m))
        problem = otkit.TransportProblem((rng.random((n, m)) * 5).round(digits), a, b, probability=True)
        check(problem, *tree(rng, problem))


@pytest.mark.parametrize("exponents", [(-3, 3), (-30, 30), (-200, 200)])
def test_costs_of_every_size(exponents):
    rng = np.random.default_rng(1)
    for _ in range(30):
        n, m = (int(size) for size in rng.integers(1, 7, 2))
        costs = rng.normal(size=(n, m)) * 10.0 ** rng.integers(*exponents, (n, m))
        problem = otkit.TransportProblem(costs, rng.random(n) + 0.01, rng.random(m) + 0.01, probability=True)
        check(problem, *any_tree(rng, problem))


def test_dual_pivots_never_overprice_a_pair():
    """Prices that are optimal for other masses stay feasible until no flow is negative."""
    rng = np.random.default_rng(6)
    moved = 0
    for _ in range(20):
        n, m = (int(size) for size in rng.integers(3, 8, 2))
        costs = np.add.outer(rng.random(n), rng.random(m)) + rng.choice([0.0, 0.0, 1.0], (n, m))
        other, problem = (
            otkit.TransportProblem(costs, rng.random(n), rng.random(m), probability=True) for _ in range(2)
        )
        tree = check(other, *staircase_tree(rng, other)).vertex.tree
        before = judge(problem, tree.rows, tree.cols)
        after = judge(problem, *_dual_pivots(problem, before.vertex, Monitor()))
        assert before.overpriced == after.overpriced == 0
        assert after.optimal
        moved += before.vertex.least < 0
    assert moved > 15


def test_near_ties():
    """Costs f_i + g_j, rounded: floats see nothing but ties, and yet one tree alone is optimal."""
    rng = np.random.default_rng(2)
    moved = 0
    for _ in range(30):
        n, m = (int(size) for size in rng.integers(2, 8, 2))
        costs = np.add.outer(rng.random(n), rng.random(m))
        problem = otkit.TransportProblem(costs, rng.random(n), rng.random(m), probability=True)
        start = staircase_tree(rng, problem)
        before = judge(problem, *start)
        moved += not before.optimal
        assert check(problem, *start).vertex.exact_value <= before.vertex.exact_value
    assert moved > 15


@given(seeds)
@settings(max_examples=50)
def test_on_a_graph(seed):
    """Pivots keep to the arcs. Where no tree is feasible within them, the verdict is not that one is."""
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(2, 8, 2))
    weights = rng.random(n) + 0.1, rng.random(m) + 0.1
    full = otkit.TransportProblem(np.ones((n, m)), *weights, probability=True)
    listed = rng.random((n, m)) < 0.3
    listed[staircase_tree(rng, full)] = True  # so that there is a plan
    start = any_tree(rng, full)
    listed[start] = True
    costs = np.where(listed, rng.integers(1, 4, (n, m)) + rng.choice([0.0, 2.0**-50], (n, m)), 0.0)
    graph = otkit.TransportProblem(scipy.sparse.csr_array(costs), *weights, probability=True)
    dear = otkit.TransportProblem(np.where(listed, costs, 1e6), *weights, probability=True)
    verdict = repair(graph, judge(graph, *start), Monitor())
    assert listed[verdict.vertex.tree.rows, verdict.vertex.tree.cols].all()
    assert verdict.optimal
    assert verdict.vertex.exact_value == exact_value(dear)


def test_where_a_graph_has_no_way_repair_ends():
    """Row 0 may only go to column 0, which wants a little less."""
    cost = scipy.sparse.csr_array([[1.0, 0.0], [2.0, 3.0]])
    problem = otkit.TransportProblem(cost, [1.0, 1.0], [1.0 - 2.0**-52, 1.0 + 2.0**-52])
    verdict = repair(problem, judge(problem, np.array([0, 1, 1]), np.array([0, 0, 1])), Monitor())
    assert not verdict.optimal
    assert verdict.vertex.least == -1


def test_an_optimal_tree_stays_as_it_is():
    problem = otkit.TransportProblem([[1.0, 2.0], [3.0, 1.0]], [2.0, 1.0], [1.0, 2.0])
    verdict = judge(problem, np.array([0, 0, 1]), np.array([0, 1, 1]))
    assert verdict.optimal
    assert repair(problem, verdict, Monitor()) is verdict


def test_degenerate_ties_do_not_cycle():
    """All costs 0 but those a hair below, all flows of the start 0 but a few."""
    rng = np.random.default_rng(3)
    n = 30
    costs = rng.choice([0.0, -1e-18, 1e-18, -5e-324], (n, n))
    problem = otkit.TransportProblem(costs)
    rows, cols = np.repeat(np.arange(n), 2)[1:], np.repeat(np.arange(n), 2)[:-1]
    verdict = check(problem, rows, cols)
    assert verdict.vertex.exact_value < Fraction(-1e-17)


def test_the_corner_rule_is_a_start():
    """Rows and columns of the plan of `north_west`, completed: what callers have at hand."""
    rng = np.random.default_rng(4)
    problem = otkit.TransportProblem(rng.random((6, 5)), rng.random(6), rng.random(5), probability=True)
    rows, cols, _ = north_west(problem.supply, problem.demand)
    assert rows.size == 10
    check(problem, rows, cols)
