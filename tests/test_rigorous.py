"""lower ≤ OPT ≤ upper, compared as fractions with the exact optimum of the exact problem: no tolerance anywhere."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import exact_optimum, exact_value
from strategies import problems, tame, wild

import otkit
from otkit import certify
from otkit.checker.error_bounds import dual_value, enclosed_sum, exact_masses, rounded_up, scaled_outward, search_error

COSTS = [
    "integers",
    "uniform",
    "nearly equal clouds",
    "offset",
    "all equal",
    "mixed scales",
    "negative",
    "line",
    "tiny",
]
MASSES = ["integers", "uniform", "equal", "last bits", "every size", "shares", "subnormal"]


def hostile_costs(kind, n, m, rng):
    if kind == "integers":
        return rng.integers(-4, 9, (n, m)).astype(float)
    if kind == "uniform":
        return rng.random((n, m)) * 10.0 ** rng.integers(-300, 290)
    if kind == "nearly equal clouds":
        x = rng.normal(size=(n, 2))
        y = x[rng.integers(n, size=m)] + 1e-9 * rng.normal(size=(m, 2))
        return rng.choice([otkit.Euclidean(), otkit.SqEuclidean()]).between(x, y)
    if kind == "offset":
        shift = rng.choice([1e7, 1e8, 1e16])
        return otkit.Euclidean().between(
            rng.normal(size=(n, 2)) + shift, rng.normal(size=(m, 2)) * rng.choice([1, 1e-9])
        )
    if kind == "all equal":
        return np.full((n, m), rng.choice([0.1, -1 / 3, 1e-300, 7.0, 1e16 + 2]))
    if kind == "mixed scales":
        return rng.choice([1e-3, 1.0, 1e8, 1e32, -1e-5, 0.0], (n, m)) * rng.random((n, m))
    if kind == "negative":
        return -rng.random((n, m))
    if kind == "line":
        return otkit.Euclidean().between(rng.random(n), rng.random(m), p=rng.choice([1.0, 1.5, 2.0, 3.0]))
    return rng.integers(0, 9, (n, m)) * 5e-324


def hostile_masses(kind, n, m, rng):
    """Return a and b, and whether they balance, so that they need not be compared as shares."""
    if kind == "integers":
        plan = rng.integers(0, 5, (n, m))
        plan[0, 0] += 1
        return plan.sum(axis=1).astype(float), plan.sum(axis=0).astype(float), True
    if kind == "equal":
        return np.full(n, 1.0 / n), np.full(m, 1.0 / m), True
    if kind == "last bits":
        plan = rng.random((n, m))
        return plan.sum(axis=1), plan.sum(axis=0), True
    if kind == "every size":
        sizes = [0.0, 5e-324, 1e-310, 1e-300, 1e-160, 1e-17, 1e-9, 0.1, 1.0]
        a, b = rng.choice(sizes, n), rng.choice(sizes, m)
        a[rng.integers(n)], b[rng.integers(m)] = rng.choice(sizes[1:]), rng.choice(sizes[1:])
        return a, b, False
    if kind == "shares":
        return rng.integers(1, 9, n) / 10.0, rng.integers(1, 9, m) / 10.0, False
    if kind == "subnormal":
        plan = rng.integers(0, 3, (n, m)) * 5e-324
        plan[0, 0] += 5e-324
        return plan.sum(axis=1), plan.sum(axis=0), bool(rng.integers(2))
    return rng.random(n) + 1e-3, rng.random(m) + 1e-3, False


def hostile_problem(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 6, 2)
    a, b, balanced = hostile_masses(MASSES[rng.integers(len(MASSES))], n, m, rng)
    cost = hostile_costs(COSTS[rng.integers(len(COSTS))], n, m, rng)
    return otkit.TransportProblem(cost, a, b, probability=not balanced or bool(rng.integers(2))), rng


def some_plan(problem, exact, rng):
    """Return a plan as somebody might hand it over: optimal, rounded, noisy, dense as Sinkhorn's, garbage, none."""
    unit = problem.total / float(sum(map(sum, exact.plan)))
    plan = np.array([[float(x) for x in row] for row in exact.plan]) * (unit if math.isfinite(unit) else 0.0)
    kind = rng.integers(7)
    if kind == 1:
        plan *= 1.0 + 2.0**-52 * rng.integers(-2, 3, plan.shape)
    elif kind == 2:
        plan *= 1.0 + rng.choice([1e-13, 1e-9, 1e-3]) * rng.normal(size=plan.shape)
    elif kind == 3:
        plan = np.outer(problem.supply, problem.demand / problem.total)
    elif kind == 4:
        plan = rng.choice([0.0, 1.0, 1e-300, 1e300, -1.0], plan.shape) * problem.total
    elif kind == 5:
        plan = plan.astype(np.float32).astype(float)
    elif kind == 6:
        return None
    return plan


def some_potentials(problem, exact, rng):
    """Return potentials: optimal, rounded, moved, too high, far out, one alone, none."""
    f, g = (np.array([float(x) for x in side]) for side in (exact.f, exact.g))
    kind = rng.integers(10)
    if kind == 1:
        f, g = (side * (1.0 + 2.0**-52 * rng.integers(-2, 3, side.size)) for side in (f, g))
    elif kind == 2:
        f, g = (side * (1.0 + 1e-7 * rng.normal(size=side.size)) for side in (f, g))
    elif kind == 3:
        far = rng.choice([1.0, 1e8, 1e16, 1e300])
        f, g = f + far, g - far
    elif kind == 4:
        f = f * 1.5 + 1.0
    elif kind == 5:
        f, g = (rng.choice([0.0, 1.0, -1e16, 1e-300, 1e200, 5e-324], side.size) for side in (f, g))
    elif kind == 6:
        return (f, None) if rng.integers(2) else (None, g)
    elif kind == 7:
        return None
    elif kind == 8:
        f, g = (np.array([round(x, 5) for x in side.tolist()]) for side in (f, g))
    elif kind == 9:  # one side as it should be, the other far from it
        f = f + rng.normal(size=f.size) * rng.choice([10.0, 1e3, 1e5]) * max(np.abs(f).max(), 1e-300)
    return f, g


def exact_answer(problem):
    """Return the optimum of the exact problem, and an optimal answer."""
    exact = exact_optimum(problem.cost.dense(), problem.a, problem.b)
    total = sum(map(Fraction, problem.a.tolist()))
    return exact.value / total if problem.probability else exact.value, exact


def require_interval(problem, optimum, plan, potentials):
    proof = certify(problem, plan=plan, potentials=potentials)
    assert Fraction(proof.lower) <= optimum <= Fraction(proof.upper), (proof.lower, float(optimum), proof.upper)
    return proof


@pytest.mark.parametrize("part", range(8))
def test_interval_holds_the_exact_optimum(part):
    for seed in range(part * 250, part * 250 + 250):
        problem, rng = hostile_problem(seed)
        optimum, exact = exact_answer(problem)
        for _ in range(4):
            require_interval(problem, optimum, some_plan(problem, exact, rng), some_potentials(problem, exact, rng))


@given(problems, st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_interval_holds_the_exact_optimum_for_anything(problem, data):
    n, m = problem.shape
    kind = data.draw(st.sampled_from([tame, wild]))
    plan = data.draw(st.one_of(st.none(), arrays(np.float64, (n, m), elements=kind, fill=st.just(0.0))))
    vectors = [st.one_of(st.none(), arrays(np.float64, size, elements=kind)) for size in (n, m)]
    potentials = data.draw(st.one_of(st.none(), st.tuples(*vectors)))
    require_interval(problem, exact_value(problem), plan, potentials)


@pytest.mark.parametrize("part", range(4))
def test_bounds_of_an_optimal_answer_are_sharp(part):
    """What rounding may take is a few roundings of Σ a|f| + Σ b|g|, and of the largest cost times the mass."""
    for seed in range(part * 100, part * 100 + 100):
        problem, _ = hostile_problem(seed)
        optimum, exact = exact_answer(problem)
        share = sum(map(Fraction, problem.a.tolist())) if problem.probability else 1
        plan = np.array([[float(x / share) for x in row] for row in exact.plan])
        f, g = (np.array([float(x) for x in side]) for side in (exact.f, exact.g))
        proof = require_interval(problem, optimum, plan, (f, g))
        priced = np.abs(f) @ problem.supply + np.abs(g) @ problem.demand
        largest = max(map(abs, problem.cost.extremes()))
        # Beside an optimum far below the largest cost, or near the least float, even such a gap is not small.
        assert proof.optimal or proof.scale < 1e-9 * largest or proof.upper < 1e-300, proof.verdict
        assert proof.gap <= 2.0**-50 * (priced + 16.0 * largest * problem.total) + 5e-324 * 300 * sum(problem.shape)


def test_shares_that_were_rounded_down_are_stretched():
    """A third is no float: three of them cost less than they should, though no marginal is off."""
    cost = np.full((3, 3), 9.0) - np.diag([8.0, 8.0, 7.0])
    problem = otkit.TransportProblem(cost, np.ones(3), np.ones(3), probability=True)
    proof = require_interval(problem, Fraction(4, 3), np.eye(3) * (1 / 3), (np.zeros(3), [1.0, 1.0, 2.0]))
    assert 4 * Fraction(1 / 3) < Fraction(4, 3)
    assert proof.gap <= 2.0**-50


@pytest.mark.parametrize("seed", range(40))
def test_integers_are_not_rounded(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 6, 2)
    a, b, _ = hostile_masses("integers", n, m, rng)
    x, y = rng.integers(-9, 9, (n, 2)), rng.integers(-9, 9, (m, 2))
    for cost in (rng.integers(-9, 9, (n, m)).astype(float), otkit.SqEuclidean().between(x, y)):
        problem = otkit.TransportProblem(cost, a, b)
        optimum, exact = exact_answer(problem)
        answer = [[float(x) for x in part] for part in (*exact.plan, exact.f, exact.g)]
        proof = certify(problem, plan=answer[:-2], potentials=answer[-2:])
        assert proof.lower == proof.upper == optimum
        # Nor are they where potentials are no integers, but their value is.
        shifted = [np.array(answer[-2]) + 1 / 3, np.array(answer[-1]) - 1 / 3]
        assert certify(problem, plan=answer[:-2], potentials=shifted).gap == 0.0


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
def test_search_on_a_long_line_misses_no_more_than_is_said(p, rng):
    """Many equal and nearly equal points, and potentials that nearly tie: where comparisons go wrong."""
    x, y = (np.round(rng.normal(size=size), 2) * (1.0 + 2.0**-52 * rng.integers(0, 3, size)) for size in (2300, 1900))
    cost = otkit.Euclidean().between(x, y, p=p)
    assert cost.is_searched
    matrix = cost.dense()
    g = matrix.min(axis=0)
    for prices in (g, matrix[7] * (1.0 + 2.0**-52 * rng.integers(-2, 3, 1900)), rng.normal(size=1900)):
        found, least = cost.row_minima(prices)[0], (matrix - prices).min(axis=1)
        assert (found >= least).all()
        assert (found - least <= search_error(cost, np.zeros(2300), prices)).all()


# The pieces

numbers = st.one_of(tame, st.floats(-1e300, 1e300), st.sampled_from([1e16, 1.0, -1e16, 5e-324, 2.0**-53]))


@given(arrays(np.float64, st.integers(1, 30), elements=numbers))
def test_enclosed_sum_holds_the_sum(values):
    high, low, doubt = enclosed_sum(values)
    exact = sum(map(Fraction, values.tolist()))
    assert abs(exact - Fraction(high) - Fraction(low)) <= Fraction(doubt)
    assert rounded_up(values.tolist()) >= exact
    assert math.nextafter(rounded_up(values.tolist()), -math.inf) < exact


def test_enclosed_sum_of_integers_is_exact():
    assert enclosed_sum(np.arange(1000.0)) == (499500.0, 0.0, 0.0)


moderate = st.one_of(tame, st.floats(-1e100, 1e100), st.sampled_from([1e-100, 1e16, 2.0**-53]))


@given(
    moderate,
    moderate,
    st.lists(st.floats(1e-9, 9.0), min_size=1, max_size=9),
    st.lists(st.floats(1e-9, 9.0), min_size=1),
)
def test_dual_value_is_a_lower_bound(rows, cols, a, b):
    total_a, total_b = sum(map(Fraction, a)), sum(map(Fraction, b))
    enclosed_a, enclosed_b = enclosed_sum(np.array(a)), enclosed_sum(np.array(b))
    for probability in (False, True):
        exact = Fraction(rows) / total_a + Fraction(cols) / total_b
        exact *= 1 if probability else total_a
        bound = dual_value((rows, 0.0, 0.0), (cols, 0.0, 0.0), enclosed_a, enclosed_b, probability)
        assert Fraction(bound) <= exact
        assert float(exact) - bound <= 1e-15 * abs(float(exact)) + 1e-29 * (abs(rows) + abs(cols)) * 1e10


@pytest.mark.parametrize("seed", range(300))
def test_masses_are_as_far_from_the_exact_ones_as_is_said(seed):
    problem, _ = hostile_problem(seed)
    masses = exact_masses(problem)
    a, b = (list(map(Fraction, side.tolist())) for side in (problem.a, problem.b))
    exact = Fraction(1) if problem.probability else sum(a)
    if not (masses.factor_a > 0 and masses.factor_b > 0):  # then they are known up to four roundings
        for given_, used in ((a, problem.supply), (b, problem.demand)):
            for x, y in zip(given_, used.tolist(), strict=True):
                assert abs(x * exact / sum(given_) - Fraction(y)) <= 4 * (Fraction(y) / 2**53 + Fraction(5e-324))
        return
    stretch_a, stretch_b = (
        exact / (Fraction(factor) * sum(side)) for factor, side in ((masses.factor_a, a), (masses.factor_b, b))
    )
    assert abs(stretch_a - 1 - Fraction(masses.stretch)) <= Fraction(masses.stretch_doubt)
    assert abs(stretch_a - stretch_b) * exact <= Fraction(masses.apart)
    for factor, given_, used in ((masses.factor_a, a, problem.supply), (masses.factor_b, b, problem.demand)):
        assert all(
            abs(Fraction(factor) * x - Fraction(y)) <= Fraction(y) / 2**53 + Fraction(5e-324)
            for x, y in zip(given_, used.tolist(), strict=True)
        )


def test_scaling_rounds_outward():
    assert scaled_outward(0.75, -1074, math.inf) == 5e-324
    assert scaled_outward(0.75, -1074, -math.inf) == 0.0
    assert scaled_outward(-0.75, -1076, -math.inf) == -5e-324
    assert scaled_outward(0.75, 2000, math.inf) == math.inf
    assert scaled_outward(0.75, 3, -math.inf) == 6.0
