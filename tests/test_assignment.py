"""The assignment solver: brute force, planted optima, other solvers, and the tree that proves a permutation."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import ot
import pytest
import scipy.optimize
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import SCALES, generic, tied

import otkit
from otkit.solvers import assignment
from otkit.solvers.monitor import Monitor


def solved(cost, mass=1.0):
    n = np.shape(cost)[0]
    problem = otkit.TransportProblem(cost, np.full(n, mass), np.full(n, mass))
    return problem, assignment.solve(problem, None, Monitor())


def check(problem, answer):
    """Judge plan, prices and basis by NumPy, apart from the certificate; return the cost of the permutation."""
    n = problem.shape[0]
    costs = problem.cost.dense()
    assert answer.stats.status == "optimal"
    assert (answer.rows == np.arange(n)).all()
    assert (np.sort(answer.cols) == np.arange(n)).all()
    assert (answer.mass == problem.supply).all()
    slack = costs - answer.f[:, None] - answer.g
    unit = np.abs(answer.f).max() + np.abs(answer.g).max() + np.abs(costs).max()
    assert slack.min() >= -4e-16 * unit
    rows, cols = answer.basis
    assert np.abs(slack[rows, cols]).max() <= 4e-16 * unit
    assert len(set(zip(rows, cols, strict=True))) == 2 * n - 1
    graph = scipy.sparse.coo_array((np.ones(2 * n - 1), (rows, n + cols)), shape=(2 * n, 2 * n))
    assert scipy.sparse.csgraph.connected_components(graph, directed=False)[0] == 1
    return costs[answer.rows, answer.cols].sum()


@st.composite
def square_costs(draw, largest=6):
    n = draw(st.integers(1, largest))
    return draw(arrays(np.float64, (n, n), elements=draw(st.sampled_from([tied, generic])))) * draw(SCALES)


@given(square_costs())
def test_no_permutation_is_cheaper(costs):
    """In exact arithmetic, among all n! permutations."""
    n = costs.shape[0]
    _, answer = solved(costs)
    exact = [[Fraction(cost) for cost in row] for row in costs]
    best = min(sum(exact[i][j] for i, j in enumerate(order)) for order in itertools.permutations(range(n)))
    assert sum(exact[i][j] for i, j in zip(answer.rows, answer.cols, strict=True)) == best


@given(square_costs(largest=12))
def test_prices_prove_the_permutation(costs):
    problem, answer = solved(costs)
    check(problem, answer)


FAMILIES = {
    "plane": lambda rng, n: _distances(rng.normal(size=(n, 2)), rng.normal(size=(n, 2))),
    "far apart": lambda rng, n: _distances(rng.normal(size=(n, 2)), 10.0 + rng.normal(size=(n, 2))),
    "line": lambda rng, n: _distances(rng.normal(size=(n, 1)), rng.normal(size=(n, 1))),
    "line squared": lambda rng, n: _distances(rng.normal(size=(n, 1)), rng.normal(size=(n, 1))) ** 2,
    "random": lambda rng, n: rng.random((n, n)),
    "two scales": lambda rng, n: rng.random((n, n)) * np.where(rng.random((n, n)) < 0.5, 1e32, 1e-3),
    "turned grid": lambda rng, n: _distances(*(rng.integers(-5, 5, (2, n, 2)) @ [[0.6, 0.8], [-0.8, 0.6]])),
    "all equal": lambda rng, n: np.full((n, n), -0.1),
}


def _distances(x, y):
    return np.sqrt(((x[:, None] - y) ** 2).sum(axis=2))


@pytest.mark.parametrize("family", FAMILIES)
def test_families(rng, family):
    costs = FAMILIES[family](rng, 60)
    problem, answer = solved(costs)
    value = check(problem, answer)
    rows, cols = scipy.optimize.linear_sum_assignment(costs)
    assert value == pytest.approx(costs[rows, cols].sum(), rel=1e-14)
    peer = ot.emd2(np.ones(60), np.ones(60), costs)
    assert value <= peer + 1e-12 * abs(peer)
    if family != "two scales":  # there its tolerance is larger than the smaller costs
        assert value == pytest.approx(peer, rel=1e-12)


def test_planted_optimum(rng):
    n = 300
    f, g = rng.integers(-50, 50, n).astype(float), rng.integers(-50, 50, n).astype(float)
    partner = rng.permutation(n)
    costs = f[:, None] + g + rng.integers(0, 3, (n, n))
    costs[np.arange(n), partner] = f + g[partner]
    problem, answer = solved(costs)
    assert check(problem, answer) == f.sum() + g.sum()
    assert (costs - answer.f[:, None] - answer.g >= 0.0).all()


def test_a_permutation_that_is_only_nearly_optimal_is_improved(rng, monkeypatch):
    """Hand over a permutation with a negative cycle: it must be found and cancelled."""
    costs = rng.random((40, 40))
    rows, best = scipy.optimize.linear_sum_assignment(costs)
    worse = best.copy()
    worse[[3, 7, 20]] = best[[7, 20, 3]]
    monkeypatch.setattr(scipy.optimize, "linear_sum_assignment", lambda _: (rows, worse))
    problem, answer = solved(costs)
    check(problem, answer)
    assert (answer.cols == best).all()


def test_equal_masses_other_than_one(rng):
    problem, answer = solved(rng.random((5, 5)), 0.3)
    check(problem, answer)
    assert answer.mass.tolist() == [0.3] * 5


def test_deadline_leaves_feasible_prices(rng):
    costs = rng.random((30, 30))
    problem = otkit.TransportProblem(costs)
    answer = assignment.solve(problem, None, Monitor(max_seconds=0.0))
    assert answer.stats.status == "time_limit"
    assert (costs - answer.f[:, None] - answer.g).min() >= -1e-15


@pytest.mark.parametrize(
    ("shape", "a", "b"), [((2, 3), None, None), ((2, 2), [1.0, 3.0], [2.0, 2.0]), ((2, 2), [2.0, 2.0], [1.0, 3.0])]
)
def test_refuses_other_problems(shape, a, b):
    problem = otkit.TransportProblem(np.ones(shape), a, b)
    with pytest.raises(ValueError, match="needs n = m and equal masses"):
        otkit.transport(problem, method="assignment")
