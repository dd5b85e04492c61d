"""What must hold for every problem: Hypothesis looks for one where it doesn't."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import exact_value
from strategies import clouds, dimensions, garbage, point_problems, powers, problems, tame, weights, wild

import otkit
from otkit import certify
from otkit.checker.audit import RELATIVE_GAP

METRICS = st.sampled_from(["euclidean", "cityblock", "chebyshev", otkit.Minkowski(3)])

# Beside this share of the largest cost, and of the potentials, float64 has nothing to say.
ROUNDING = 1e-13


@st.composite
def measures(draw, count, dimension=dimensions):
    """Several weighted clouds in one space."""
    dimension = draw(dimension)
    found = []
    for _ in range(count):
        points = draw(clouds(dimension=st.just(dimension)))
        found.append(otkit.DiscreteMeasure(points, draw(weights(len(points), extreme=False))))
    return found


def extent(*measures) -> float:
    return max(float(np.abs(measure.points).max()) for measure in measures) + 1.0


def allowance(problem, proof=None) -> Fraction:
    """Return what float64 may be off by: a share of the largest cost, and of the potentials of a certificate."""
    largest = max(map(abs, problem.cost.extremes()))
    prices = max(0.0, proof.tolerance - RELATIVE_GAP * proof.scale * problem.total) if proof is not None else 0.0
    return Fraction(ROUNDING * largest) * Fraction(problem.total) + Fraction(prices)


# The certificate


@given(problems, st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_interval_holds_the_optimum_for_any_plan_and_any_potentials(problem, data):
    """The promise of the trusted checker, whatever a solver hands over: garbage, infinities, NaN, nothing."""
    n, m = problem.shape
    kind = data.draw(st.sampled_from([tame, wild, garbage]))
    plan = data.draw(st.one_of(st.none(), arrays(np.float64, (n, m), elements=kind, fill=st.just(0.0))))
    vectors = [st.one_of(st.none(), arrays(np.float64, size, elements=kind)) for size in (n, m)]
    proof = certify(problem, plan=plan, potentials=data.draw(st.one_of(st.none(), st.tuples(*vectors))))
    optimum, room = exact_value(problem), allowance(problem, proof)
    assert Fraction(proof.lower) - room <= optimum <= Fraction(proof.upper) + room
    if proof.optimal:
        assert abs(Fraction(proof.value) - optimum) <= Fraction(proof.tolerance) + room


@given(problems, st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_interval_holds_the_optimum_near_the_answer(problem, data):
    """The same where it is hardest to tell: plans and potentials one step away from the optimal ones."""
    answer = otkit.transport(problem, method="lp")
    unit, total = answer.certificate.scale, problem.total
    steps = st.sampled_from([0.0, 0.0, 0.0, 1e-16, -1e-15, 1e-12, -1e-9, 1e-6, -1e-3, 0.1])
    n, m = problem.shape
    plan = answer.plan.toarray() + total * data.draw(arrays(np.float64, (n, m), elements=steps))
    f = answer.potentials.f + unit * data.draw(arrays(np.float64, n, elements=steps))
    g = answer.potentials.g + unit * data.draw(arrays(np.float64, m, elements=steps))
    proof = certify(problem, plan=plan, potentials=(f, g))
    optimum, room = exact_value(problem), allowance(problem, proof)
    assert Fraction(proof.lower) - room <= optimum <= Fraction(proof.upper) + room
    if proof.optimal:
        assert abs(Fraction(proof.upper) - optimum) <= Fraction(proof.tolerance) + room


@given(problems)
@settings(max_examples=200)
def test_lp_and_auto_find_the_exact_optimum(problem):
    optimum, room = exact_value(problem), allowance(problem)
    for method in ("lp", "auto"):
        result = otkit.transport(problem, method=method)
        assert result.certificate.optimal
        assert abs(Fraction(result.value) - optimum) <= room


@given(problems, st.data())
def test_weak_duality(problem, data):
    """Every feasible plan costs at least what any feasible pair of potentials is worth."""
    n, m = problem.shape
    unit = max(map(abs, problem.cost.extremes())) or 1.0
    f = data.draw(arrays(np.float64, n, elements=tame)) * unit
    g = problem.cost.column_minima(f)[0] - unit * data.draw(arrays(np.float64, m, elements=st.floats(0.0, 2.0)))
    order = data.draw(st.permutations(range(n))), data.draw(st.permutations(range(m)))
    plan = np.zeros((n, m))
    supply, demand = problem.supply.copy(), problem.demand.copy()
    for i in order[0]:  # greedy, in any order: a feasible plan
        for j in order[1]:
            plan[i, j] = min(supply[i], demand[j])
            supply[i] -= plan[i, j]
            demand[j] -= plan[i, j]
    primal = float((plan * problem.cost.dense()).sum())
    dual = float(f @ problem.supply + g @ problem.demand)
    assert dual <= primal + 1e-12 * unit * problem.total * (1 + np.abs(f).max() / unit)
    proof = certify(problem, plan=plan, potentials=(f, g))
    assert proof.lower <= proof.upper
    assert proof.lower >= dual - 1e-12 * unit * problem.total * (1 + np.abs(f).max() / unit)
    assert proof.upper == pytest.approx(primal, rel=1e-12, abs=1e-12 * unit * problem.total)


# The distance


@given(measures(2), powers, METRICS)
def test_symmetry(pair, p, metric):
    mu, nu = pair
    there = otkit.wasserstein(mu, nu, p=p, metric=metric)
    back = otkit.wasserstein(nu, mu, p=p, metric=metric)
    assert there.value == pytest.approx(back.value, rel=1e-12, abs=1e-12 * extent(mu, nu) ** p)


@given(measures(1), powers, METRICS)
def test_distance_to_itself_is_zero(single, p, metric):
    assert otkit.wasserstein(single[0], single[0], p=p, metric=metric).distance == 0.0


@given(measures(2))
def test_distance_is_positive_between_different_measures(pair):
    mu, nu = pair
    same = {}
    for measure, sign in ((mu, 1), (nu, -1)):
        share = measure.weights / measure.weights.sum()
        for point, weight in zip(map(tuple, measure.points + 0.0), share, strict=True):
            same[point] = same.get(point, 0.0) + sign * weight
    different = max(map(abs, same.values())) > 1e-9
    assert (otkit.wasserstein(mu, nu).distance > 1e-16) == different


@given(measures(3), powers, METRICS)
def test_triangle_inequality(three, p, metric):
    mu, nu, rho = three
    direct, first, second = (
        otkit.wasserstein(*pair, p=p, metric=metric).distance for pair in ((mu, rho), (mu, nu), (nu, rho))
    )
    assert direct <= first + second + 1e-9 * extent(mu, nu, rho)


@given(measures(2), METRICS)
def test_distance_grows_with_p(pair, metric):
    distances = [otkit.wasserstein(*pair, p=p, metric=metric).distance for p in (1.0, 1.5, 2.0, 3.0)]
    assert all(low <= high + 1e-9 * extent(*pair) for low, high in pairwise(distances))


@given(measures(2), powers, METRICS, st.randoms(use_true_random=False))
def test_order_of_the_points_does_not_matter(pair, p, metric, random):
    mu, nu = pair
    order = random.sample(range(len(mu.points)), len(mu.points))
    shuffled = otkit.DiscreteMeasure(mu.points[order], mu.weights[order])
    plain, other = (otkit.wasserstein(measure, nu, p=p, metric=metric).value for measure in (mu, shuffled))
    assert plain == pytest.approx(other, rel=1e-12, abs=1e-13 * extent(mu, nu) ** p)


@given(measures(2), powers, st.sampled_from([-(2.0**20), 3.0, 1e7]))
def test_translation_does_not_matter(pair, p, shift):
    mu, nu = pair
    mu, nu = (otkit.DiscreteMeasure(measure.points.round(), measure.weights) for measure in (mu, nu))
    moved = [otkit.DiscreteMeasure(measure.points + shift, measure.weights) for measure in (mu, nu)]
    assert otkit.wasserstein(*moved, p=p).value == otkit.wasserstein(mu, nu, p=p).value


@given(measures(2), powers, st.integers(-60, 60), st.integers(-60, 60))
def test_scaling_scales(pair, p, space, mass):
    """Clouds × 2^j scale the distance; weights × 2^k do not."""
    mu, nu = pair
    larger = [otkit.DiscreteMeasure(m.points * 2.0**space, m.weights * 2.0**mass) for m in (mu, nu)]
    plain = otkit.wasserstein(mu, nu, p=p).distance
    assert otkit.wasserstein(*larger, p=p).distance == pytest.approx(plain * 2.0**space, rel=1e-9, abs=0)


@given(measures(2, dimension=st.just(1)), powers)
def test_line_agrees_with_the_lp(pair, p):
    line, lp = (otkit.wasserstein(*pair, p=p, method=method) for method in ("line", "lp"))
    assert line.certificate.optimal
    assert line.value == pytest.approx(lp.value, rel=1e-12, abs=1e-14 * extent(*pair) ** p)


@given(measures(2), st.data())
def test_points_without_mass_do_not_matter(pair, data):
    mu, nu = pair
    d = mu.points.shape[1]
    idle = data.draw(clouds(dimension=st.just(d)))
    with_idle = otkit.wasserstein(np.r_[idle, mu.points], nu.points, np.r_[np.zeros(len(idle)), mu.weights], nu.weights)
    without = otkit.wasserstein(mu, nu)
    assert with_idle.value == pytest.approx(without.value, rel=1e-12, abs=1e-14 * extent(mu, nu))
    assert with_idle.plan.toarray()[: len(idle)].sum() == 0.0
    f, g = with_idle.potentials
    cost = with_idle.problem.cost.dense()
    assert (cost - f[:, None] - g >= -1e-12 * (extent(mu, nu) + np.abs(idle).max())).all()


@given(measures(2), powers, METRICS)
@settings(max_examples=50)
def test_sinkhorn_encloses_the_optimum(pair, p, metric):
    result = otkit.wasserstein(*pair, p=p, metric=metric, method="sinkhorn", on_failure="return")
    optimum, room = exact_value(result.problem), allowance(result.problem)
    assert Fraction(result.certificate.lower) - room <= optimum <= Fraction(result.certificate.upper) + room


@given(point_problems(), st.sampled_from(["lp", "auto", "sinkhorn"]))
@settings(max_examples=30)
def test_inputs_are_never_modified(problem, method):
    x, y = (np.array(points) for points in problem.cost.points)
    a, b = np.array(problem.a), np.array(problem.b)
    cost = problem.cost.dense()
    before = [array.copy() for array in (x, y, a, b, cost)]
    otkit.wasserstein(x, y, a, b, method=method, on_failure="return")  # a few Sinkhorn iterations may not do
    otkit.transport(cost, problem.supply.copy(), problem.demand.copy(), method=method, on_failure="return")
    for array, kept in zip((x, y, a, b, cost), before, strict=True):
        assert array.flags.writeable
        assert np.array_equal(array, kept)
