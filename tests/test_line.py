"""The line solver: closed forms, independent solvers, a slow twin in rational arithmetic, and the feasible tree."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numba
import numpy as np
import ot
import pytest
import scipy.sparse
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_value
from strategies import powers, tame, weights

import otkit
from otkit.costs import Cityblock
from otkit.numerics import double_double as dd
from otkit.solvers import line
from otkit.solvers.monitor import Monitor


def solved(x, y, a=None, b=None, p=1.0, *, probability=True):
    problem = otkit.TransportProblem(Cityblock().between(x, y, p=p), a, b, probability=probability)
    return problem, line.solve(problem, None, Monitor())


def check(problem, answer):
    """Judge plan, prices and basis by NumPy, apart from the certificate."""
    n, m = problem.shape
    costs = problem.cost.dense()
    assert (answer.mass > 0).all()
    keys = answer.rows * m + answer.cols
    assert np.unique(keys).size == keys.size
    for index, due in ((answer.rows, problem.supply), (answer.cols, problem.demand)):
        sums = np.bincount(index, answer.mass, minlength=due.size)
        np.testing.assert_allclose(sums, due, rtol=1e-13, atol=1e-15 * problem.total)
    slack = costs - answer.f[:, None] - answer.g
    unit = np.abs(answer.f).max() + np.abs(answer.g).max() + costs.max()
    assert slack.min() >= -4e-15 * unit
    rows, cols = answer.basis
    assert np.abs(slack[rows, cols]).max() <= 4e-15 * unit
    assert rows.size == n + m - 1
    graph = scipy.sparse.coo_array((np.ones(rows.size), (rows, n + cols)), shape=(n + m, n + m))
    assert scipy.sparse.csgraph.connected_components(graph, directed=False)[0] == 1
    assert set(zip(answer.rows, answer.cols, strict=True)) <= set(zip(rows, cols, strict=True))
    return float(answer.mass @ costs[answer.rows, answer.cols])


@st.composite
def line_problems(draw, extreme=True):
    sizes = st.integers(1, 12)
    n, m = draw(sizes), draw(sizes)
    points = [draw(st.lists(tame, min_size=k, max_size=k)) for k in (n, m)]
    masses = [draw(st.one_of(st.none(), weights(k, extreme))) for k in (n, m)]
    return (*points, *masses, draw(powers))


@given(line_problems())
def test_optimal_whatever_the_ties(case):
    problem, answer = solved(*case)
    value = check(problem, answer)
    assert value == pytest.approx(float(exact_value(problem)), rel=1e-13, abs=1e-15)


@given(line_problems(extreme=False))
def test_agrees_with_scipy(case):
    x, y, a, b, _ = case
    problem, answer = solved(*case[:4])
    expected = scipy.stats.wasserstein_distance(x, y, a, b)
    assert check(problem, answer) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("p", [1.0, 1.3, 2.0, 2.5, 3.0, 4.0, 7.0])
def test_agrees_with_pot(rng, p):
    x, y, a, b = rng.normal(size=80), rng.normal(size=120), rng.random(80), rng.random(120)
    a, b = a / a.sum(), b / b.sum()
    problem, answer = solved(x, y, a, b, p)
    expected = ot.emd2_1d(x, y, a, b, metric="minkowski", p=p)
    assert check(problem, answer) == pytest.approx(expected, rel=1e-10)
    # The general solver stops at a tolerance of its own, which for p = 7 costs it nine digits.
    assert expected == pytest.approx(ot.emd2(a, b, np.abs(x[:, None] - y) ** p), rel=1e-6)


@given(line_problems())
def test_masses_are_those_of_the_rational_staircase(case):
    """The twin: cumulative weights a/Σa and b/Σb as fractions, so that it knows exactly which cells are empty."""
    x, y = case[:2]
    problem, answer = solved(*case)
    order_x, order_y = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    if len(set(x)) < len(x) or len(set(y)) < len(y):
        return  # equal points may be served in any order
    sides = [[Fraction(w) for w in side[order]] for side, order in ((problem.a, order_x), (problem.b, order_y))]
    ends = [list(itertools.accumulate(w / sum(side) for w in side)) for side in sides]
    twin = {}
    for i, j in itertools.product(range(len(ends[0])), range(len(ends[1]))):
        begin = max(ends[0][i - 1] if i else 0, ends[1][j - 1] if j else 0)
        mass = min(ends[0][i], ends[1][j]) - begin
        if mass > Fraction(1, 2**85):
            twin[int(order_x[i]), int(order_y[j])] = float(mass * Fraction(problem.total))
    found = {
        (int(i), int(j)): mass
        for i, j, mass in zip(answer.rows, answer.cols, answer.mass, strict=True)
        if mass > 2.0**-80
    }
    assert found == pytest.approx(twin, rel=1e-14)


def test_translation_has_the_length_of_its_vector():
    x = np.linspace(0.0, 1.0, 1000)
    for p in (1.0, 1.5, 2.0, 3.0):
        problem, answer = solved(x, x + 2.0, p=p)
        assert answer.rows.size == 1000
        assert check(problem, answer) == pytest.approx(2.0**p, rel=1e-14)


def test_integer_masses_give_an_integer_plan(rng):
    a, b = rng.integers(0, 2**40, size=200).astype(float), rng.integers(0, 2**40, size=300).astype(float)
    b[-1] += a.sum() - b.sum() if a.sum() > b.sum() else 0.0
    a[-1] += b.sum() - a.sum() if b.sum() > a.sum() else 0.0
    problem, answer = solved(rng.normal(size=200), rng.normal(size=300), a, b, probability=False)
    assert problem.integral
    assert (answer.mass == np.floor(answer.mass)).all()
    for index, due in ((answer.rows, a), (answer.cols, b)):
        assert (np.bincount(index, answer.mass, minlength=due.size) == due).all()


@pytest.mark.parametrize(("n", "m", "entries"), [(7, 21, 21), (49, 49, 49), (6, 4, 8), (1000, 3000, 3000), (1, 9, 9)])
def test_equal_shares_leave_no_crumbs(rng, n, m, entries):
    """1/7 is not three times 1/21 in float64; the staircase must see that it is."""
    for a, b in ((None, None), (np.full(n, 0.1), np.full(m, 0.3))):
        problem, answer = solved(rng.normal(size=n), rng.normal(size=m), a, b)
        assert answer.rows.size == entries
        if n * m < 10_000:
            check(problem, answer)


def test_zero_weights_ship_nothing():
    problem, answer = solved([5.0, 0.0, 9.0], [1.0, 7.0, 8.0], [0, 1, 0], [0.0, 2.0, 0.0])
    assert (answer.rows.tolist(), answer.cols.tolist(), answer.mass.tolist()) == ([1], [1], [1.0])
    check(problem, answer)


@pytest.mark.parametrize("scale", [1e-300, 1e-14, 1e14, 1e300])
def test_any_scale(rng, scale):
    problem, answer = solved(rng.normal(size=30) * scale, rng.normal(size=20) * scale, rng.random(30), rng.random(20))
    check(problem, answer)


def test_offsets_cost_no_digits(rng):
    x, y = rng.integers(-50, 50, 60) * 2.0, rng.integers(-50, 50, 70) * 2.0
    for p in (1.0, 2.0, 1.5):
        near, far = solved(x, y, p=p), solved(x + 1e16, y + 1e16, p=p)
        assert check(*near) == check(*far)
        np.testing.assert_array_equal(near[1].f, far[1].f)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
def test_long_sums_lose_nothing(rng, p):
    """A chain of 400 000 cells: potentials are tight on the plan and overprice no sampled pair, to a few roundings."""
    n = 2_000 if numba.config.DISABLE_JIT else 200_000
    problem, answer = solved(rng.normal(size=n), rng.normal(size=n), rng.random(n), rng.random(n), p)
    rows, cols = answer.basis
    unit = np.abs(answer.f).max() + np.abs(answer.g).max()
    assert np.abs(problem.cost.at(rows, cols) - answer.f[rows] - answer.g[cols]).max() < 2e-15 * unit
    near = np.clip(np.arange(n)[:, None] + rng.integers(-40, 41, size=(n, 5)), 0, n - 1)
    order_x, order_y = np.argsort(problem.cost.line().x), np.argsort(problem.cost.line().y)
    rows, cols = np.repeat(order_x, 5), order_y[near.ravel()]
    assert (problem.cost.at(rows, cols) - answer.f[rows] - answer.g[cols]).min() > -2e-15 * unit


def test_one_row_serves_many_columns(rng):
    problem, answer = solved([0.3], rng.normal(size=500), None, rng.random(500))
    assert (np.sort(answer.cols) == np.arange(500)).all()
    check(problem, answer)


def test_same_bits_twice(rng):
    x, y, a, b = rng.normal(size=3000), rng.normal(size=2000), rng.random(3000), rng.random(2000)
    first, second = solved(x, y, a, b, 1.5)[1], solved(x, y, a, b, 1.5)[1]
    for part in ("rows", "cols", "mass", "f", "g"):
        assert getattr(first, part).tobytes() == getattr(second, part).tobytes()


def test_refuses_what_is_not_on_the_line():
    problem = otkit.TransportProblem([[1.0, 2.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="it needs points on the line"):
        otkit.transport(problem, method="line")


numbers = st.floats(-1e8, 1e8, allow_subnormal=False).filter(lambda v: v == 0.0 or abs(v) > 1e-8)


@given(numbers, numbers, numbers, numbers)
def test_double_double_carries_106_bits(a, b, c, d):
    def exact(number):
        return Fraction(number[0]) + Fraction(number[1])

    u, v = dd.add((a, 0.0), (b * 2.0**-60, 0.0)), dd.add((c, 0.0), (d * 2.0**-60, 0.0))
    bound = Fraction(16, 2**106)
    for result, expected in (
        (dd.add(u, v), exact(u) + exact(v)),
        (dd.subtract(u, v), exact(u) - exact(v)),
        (dd.multiply(u, v), exact(u) * exact(v)),
    ):
        assert abs(exact(result) - expected) <= bound * abs(expected)
    if abs(v[0]) > 1e-8:
        assert abs(exact(dd.divide(u, v)) * exact(v) - exact(u)) <= bound * abs(exact(u))
