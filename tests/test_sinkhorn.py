"""Sinkhorn: the interval holds the optimum, the plan is feasible, and the iteration is the textbook's."""

from __future__ import annotations

import math

import numba
import numpy as np
import ot
import pytest
import scipy.special
from hypothesis import given, settings
from oracles import exact_value
from strategies import matrix_problems

import otkit
from otkit.numerics.threads import threads
from otkit.solvers import sinkhorn
from otkit.solvers.monitor import Monitor
from otkit.solvers.sinkhorn import SinkhornOptions

needs_compiler = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="thousands of iterations take minutes")


def solved(problem, **options):
    return sinkhorn.solve(problem, SinkhornOptions(**options), Monitor())


def check(problem, answer):
    """Return the bounds that plan and prices prove, having checked by NumPy that they are feasible."""
    n, m = problem.shape
    costs = problem.cost.dense()
    assert (answer.mass > 0).all()
    assert (np.diff(answer.rows * m + answer.cols) > 0).all()
    for index, due in ((answer.rows, problem.supply), (answer.cols, problem.demand)):
        sums = np.bincount(index, answer.mass, minlength=due.size)
        np.testing.assert_allclose(sums, due, rtol=1e-13, atol=4e-16 * (n + m) * problem.total)
    unit = np.abs(answer.f).max() + np.abs(answer.g).max() + np.abs(costs).max()
    assert (costs - answer.f[:, None] - answer.g).min() >= -4e-16 * unit
    upper = answer.mass @ costs[answer.rows, answer.cols]
    return problem.supply @ answer.f + problem.demand @ answer.g, upper, unit * problem.total


@given(matrix_problems())
@settings(max_examples=50)
def test_interval_holds_the_optimum(problem):
    lower, upper, unit = check(problem, solved(problem, max_iterations=3 if numba.config.DISABLE_JIT else 300))
    value = float(exact_value(problem))
    assert lower - 1e-14 * unit <= value <= upper + 1e-14 * unit


@pytest.fixture
def cloud(rng):
    x, y, a, b = rng.normal(size=(40, 2)), rng.normal(size=(50, 2)) + 1.0, rng.random(40), rng.random(50)
    return otkit.TransportProblem(otkit.cost_matrix(x, y), a, b, probability=True)


@needs_compiler
@pytest.mark.parametrize("epsilon", [1.0, 0.1, 0.01])
def test_iterates_are_those_of_the_textbook(cloud, epsilon):
    """The twin: one half step after the other with SciPy's logsumexp, at the last ε from the start."""
    answer = solved(cloud, epsilon=epsilon, tolerance=1e-9, max_iterations=100_000)
    costs, a, b = cloud.cost.dense(), cloud.supply, cloud.demand
    f, g = np.zeros(a.size), np.zeros(b.size)
    for _ in range(100_000):
        f = -epsilon * scipy.special.logsumexp((g - costs) / epsilon, b=b, axis=1)
        before = g
        g = -epsilon * scipy.special.logsumexp((f[:, None] - costs) / epsilon, b=a[:, None], axis=0)
        if np.abs(g - before).max() < 1e-12:
            break
    plan = a[:, None] * b * np.exp((f[:, None] + g - costs) / epsilon)
    ours = np.zeros_like(plan)
    ours[answer.rows, answer.cols] = answer.mass
    np.testing.assert_allclose(ours, plan, atol=1e-8)


@needs_compiler
def test_agrees_with_pot(cloud):
    epsilon = 0.2
    answer = solved(cloud, epsilon=epsilon, tolerance=1e-10)
    plan = ot.sinkhorn(cloud.supply, cloud.demand, cloud.cost.dense(), epsilon, stopThr=1e-12, numItermax=10_000)
    ours = np.zeros_like(plan)
    ours[answer.rows, answer.cols] = answer.mass
    np.testing.assert_allclose(ours, plan, atol=1e-9)


@needs_compiler
def test_the_interval_narrows_with_epsilon(cloud):
    optimum = ot.emd2(cloud.supply, cloud.demand, cloud.cost.dense())
    widths = []
    for epsilon in (1.0, 0.1, 0.01, 0.001):
        lower, upper, _ = check(cloud, solved(cloud, epsilon=epsilon, tolerance=1e-7, max_iterations=50_000))
        assert lower <= optimum * (1 + 1e-12)
        assert upper >= optimum * (1 - 1e-12)
        widths.append(upper - lower)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 2e-3 * optimum


@needs_compiler
@pytest.mark.parametrize("scale", [1e-300, 1e-14, 1e14, 1e300, -1.0])
def test_any_scale(cloud, scale):
    costs = cloud.cost.dense()
    here = otkit.TransportProblem(costs * scale, cloud.a, cloud.b, probability=True)
    answer = solved(here)
    assert answer.stats.status == "optimal"
    lower, upper, _ = check(here, answer)
    optimum = ot.emd2(cloud.supply, cloud.demand, costs * math.copysign(1.0, scale)) * abs(scale)
    assert lower <= optimum * (1 + math.copysign(1e-12, optimum))
    assert upper >= optimum * (1 - math.copysign(1e-12, optimum))
    assert upper - lower < 0.03 * abs(optimum)


def test_any_matrix_is_rounded_to_the_marginals(rng):
    plan, supply, demand = rng.random((6, 9)), rng.random(6), rng.random(9)
    plan[2], plan[:, 5] = 0.0, 0.0
    demand *= supply.sum() / demand.sum()
    before = plan.copy()
    sinkhorn._round(plan, supply, demand)
    np.testing.assert_allclose(plan.sum(axis=1), supply, rtol=1e-14)
    np.testing.assert_allclose(plan.sum(axis=0), demand, rtol=1e-14)
    assert (plan >= 0.0).all()
    # Lemma 7 of the paper: what moves is at most twice the marginal error.
    error = np.abs(before.sum(axis=1) - supply).sum() + np.abs(before.sum(axis=0) - demand).sum()
    assert np.abs(plan - before).sum() <= 2.0 * error


@needs_compiler
def test_an_offset_of_the_costs_changes_nothing():
    costs = np.array([[1.0, 5.0, 2.0], [4.0, 0.0, 7.0]])
    near, far = (otkit.TransportProblem(costs + shift, [3, 3], [2, 2, 2]) for shift in (0.0, 2.0**50))
    np.testing.assert_allclose(solved(near).mass, solved(far).mass, rtol=1e-12)


def test_one_point_and_equal_costs():
    for costs in ([[3.0]], [[1.0, 2.0, 3.0]], [[5.0], [6.0]], [[7.0, 7.0], [7.0, 7.0]]):
        problem = otkit.TransportProblem(costs)
        lower, upper, _ = check(problem, solved(problem))
        assert lower == pytest.approx(upper, rel=1e-15)


def test_zero_weights_ship_nothing(rng):
    problem = otkit.TransportProblem(rng.random((4, 3)), [0.0, 1.0, 2.0, 0.0], [0.0, 2.0, 1.0])
    answer = solved(problem)
    check(problem, answer)
    assert set(answer.rows) == {1, 2}
    assert set(answer.cols) == {1, 2}


def test_limits_are_reported_and_the_bounds_still_hold(cloud):
    optimum = ot.emd2(cloud.supply, cloud.demand, cloud.cost.dense())
    few = solved(cloud, max_iterations=2)
    assert (few.stats.status, few.stats.iterations) == ("iteration_limit", 2)
    late = sinkhorn.solve(cloud, SinkhornOptions(), Monitor(max_seconds=0.0))
    assert late.stats.status == "time_limit"
    for answer in (few, late):
        lower, upper, _ = check(cloud, answer)
        assert lower <= optimum <= upper


@needs_compiler
def test_same_bits_for_any_number_of_threads(cloud, monkeypatch):
    monkeypatch.setattr(sinkhorn, "WORTH_A_THREAD", 100)
    answers = []
    for count in (1, 2):
        with threads(count):
            answers.append(solved(cloud))
    for part in ("rows", "cols", "mass", "f", "g"):
        assert len({getattr(answer, part).tobytes() for answer in answers}) == 1


@needs_compiler
def test_absorbing_changes_no_iterate(cloud, monkeypatch):
    """Factors that are absorbed at every step give the same plan, up to rounding."""
    plans = []
    for limit in (math.exp(100.0), 1.0 + 1e-9):
        monkeypatch.setattr(sinkhorn, "ABSORBED", limit)
        answer = solved(cloud, epsilon=0.01, max_iterations=60)
        plan = np.zeros(cloud.shape)
        plan[answer.rows, answer.cols] = answer.mass
        plans.append((plan, answer.f, answer.g))
    for part, other in zip(*plans, strict=True):
        np.testing.assert_allclose(part, other, atol=1e-12)


def test_a_step_is_two_half_steps(rng):
    """The twin of the kernel, for widths on both sides of its lanes."""
    for n, m in ((3, 5), (17, 64), (40, 131)):
        kernel, a, b = rng.random((n, m)), rng.random(n), rng.random(m)
        u, old = rng.random(n), rng.random(n)
        u[:] = old
        height = 4
        sums, errors = np.empty((-(-n // height), m)), np.empty(-(-n // height))
        sinkhorn._scale_rows(kernel, a, b, height, u, sums, errors, 0, len(errors))
        np.testing.assert_allclose(u, 1.0 / (kernel @ b), rtol=1e-14)
        np.testing.assert_allclose(sums.sum(axis=0), kernel.T @ (a * u), rtol=1e-14)
        np.testing.assert_allclose(errors.sum(), a @ abs(old * (kernel @ b) - 1.0), rtol=1e-13)


def test_exponential_is_accurate_to_two_roundings():
    exponents = np.concatenate([np.linspace(-600.0, 600.0, 1001), np.linspace(-1.0, 1.0, 1001), [-1e300, 1e300]])
    out, scratch = np.empty(exponents.size), np.empty(exponents.size)
    sinkhorn._exponentials(np.zeros(exponents.size), 0.0, exponents, 1.0, out, scratch)
    expected = np.exp(np.clip(exponents, -600.0, 600.0))
    np.testing.assert_allclose(out, expected, rtol=5e-16)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"epsilon": 0.0}, "epsilon"),
        ({"epsilon": math.inf}, "epsilon"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"max_iterations": 0}, "max_iterations"),
    ],
)
def test_bad_options(options, name):
    with pytest.raises(ValueError, match=name):
        SinkhornOptions(**options)


def test_epsilon_below_the_rounding_of_the_costs_is_refused(cloud):
    with pytest.raises(ValueError, match="epsilon must be at least"):
        solved(cloud, epsilon=1e-16)
