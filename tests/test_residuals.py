"""A certificate describes the arrays that it travels with: its residuals against fractions, without any tolerance."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import extreme_problems, problems, tame
from zoo import ZOO, cloud, shares

import otkit
from otkit import certify
from otkit.checker.certificate import REAL_COSTS

# The methods that take each kind of case.
ROADS = [(name, method) for name in ZOO for method in ("auto", "simplex")]
ROADS += [(name, "line") for name in ZOO if ZOO[name].line]

# How much more than the truth a residual may say: a few roundings of the numbers that it is made of.
ROUNDING = Fraction(1, 2**50)
SHARE = 1 + Fraction(1, 2**18)
LEAST = Fraction(5e-324)

# A weight of 5e-324 beside 1, or a unit that hides the costs, leaves 64 roundings of nothing.
FIELDS = ("marginal_error", "negativity", "dual_violation", "slackness_error", "scale")


def fractions(array):
    return [Fraction(x) for x in np.asarray(array).tolist()]


@cache
def exact_masses(problem):
    """The rows and columns that a plan must have: a T/A and b T/B."""
    a, b = fractions(problem.a), fractions(problem.b)
    total = Fraction(1) if problem.probability else sum(a)
    return [x * total / sum(a) for x in a], [x * total / sum(b) for x in b], total


def pair_cost(problem, real, i, j):
    if not real:
        return Fraction(float(problem.cost.at([i], [j])[0]))
    x, y, scale, p = problem.cost.line()
    return Fraction(scale) * abs(Fraction(float(x[i])) - Fraction(float(y[j]))) ** int(p)


def worst_violation(problem, f, g, real):
    """max (f_i + g_j − c_ij, 0) over all pairs that have a cost, in fractions; floats tell which pairs need no look.

    fl(fl(c − f) − g) is off by less than 2^-51 of |c| + |f| + |g|: what is beyond the least, or zero, by more than that
    is not the largest violation.
    """
    worst = Fraction(0)
    exact_f, exact_g = fractions(f), fractions(g)
    if real:
        n, m = problem.shape
        return max(
            [worst, *(exact_f[i] + exact_g[j] - pair_cost(problem, True, i, j) for i in range(n) for j in range(m))]
        )
    costs = problem.cost.dense()
    with np.errstate(invalid="ignore"):
        slack = (costs - f[:, None]) - g
        room = 2.0**-49 * (np.abs(costs) + np.abs(f)[:, None] + np.abs(g)) + 5e-324
        near = slack - room <= min(0.0, np.nanmin(slack + room))
    for i, j in zip(*np.nonzero(near & np.isfinite(costs)), strict=True):
        worst = max(worst, exact_f[i] + exact_g[j] - Fraction(float(costs[i, j])))
    return worst


def truth(problem, plan, potentials, real):
    """Marginal error, mass of negative entries, violation and slackness of float64 arrays, in the problem's units."""
    rows, cols, total = exact_masses(problem)
    plan = scipy.sparse.coo_array(plan)
    f, g = (np.asarray(side) for side in potentials)
    row_sums, col_sums = [Fraction(0)] * problem.shape[0], [Fraction(0)] * problem.shape[1]
    negative = slack = size = Fraction(0)
    for i, j, mass in zip(plan.row.tolist(), plan.col.tolist(), fractions(plan.data), strict=True):
        row_sums[i] += mass
        col_sums[j] += mass
        negative += max(-mass, 0)
        if mass > 0:
            cost, price, other = pair_cost(problem, real, i, j), Fraction(float(f[i])), Fraction(float(g[j]))
            slack = max(slack, abs(cost - price - other))
            size = max(size, abs(cost), abs(price), abs(other))
    off = sum(abs(x - y) for x, y in zip(row_sums + col_sums, rows + cols, strict=True))
    return off / total, negative / total, worst_violation(problem, f, g, real), slack, size, total


def check(problem, plan, potentials, proof):
    """Each residual is no less than the truth, and not much more; what is said to be zero is."""
    real = proof.costs.startswith(REAL_COSTS)
    off, negative, violation, slack, size, total = truth(problem, plan, potentials, real)
    scale = Fraction(proof.scale)
    tiny = 64 * LEAST * (1 + sum(problem.shape)) / min(total, 1)
    f, g = (np.abs(side).max(initial=0.0) for side in potentials)
    reach = Fraction(float(f)) + Fraction(float(g))
    for stated, true, room in (
        (proof.marginal_error, off, 8 * ROUNDING + tiny),
        (proof.negativity, negative, tiny),
        (proof.dual_violation, violation / scale, reach * ROUNDING / scale + tiny),
        (proof.slackness_error, slack / scale, size * ROUNDING / scale + tiny),
    ):
        assert Fraction(stated) >= true, (stated, float(true))
        assert Fraction(stated) <= 4 * true * SHARE + room, (stated, float(true))
    assert (proof.dual_violation == 0.0) == (violation == 0)
    assert (proof.negativity == 0.0) == (negative == 0)


@pytest.mark.parametrize(("name", "method"), ROADS)
def test_residuals_of_the_zoo(name, method):
    problem = ZOO[name].make()
    result = otkit.transport(problem, method=method)
    check(result.problem, result.plan, result.potentials, result.certificate)
    assert result.certificate.dual_violation == 0.0 or result.certificate.proof != "exact"
    audit = certify(result.problem, plan=result.plan, potentials=result.potentials)
    for field in FIELDS:
        assert getattr(audit, field) == getattr(result.certificate, field), field


HOSTILE = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=30)


@HOSTILE
@given(st.one_of(problems, extreme_problems()))
def test_residuals_of_any_problem(problem):
    try:
        result = otkit.transport(problem, on_failure="return")
    except ValueError:  # costs whose sums leave float64
        return
    check(result.problem, result.plan, result.potentials, result.certificate)
    assert result.certificate.dual_violation == 0.0 or result.certificate.proof != "exact"
    audit = certify(result.problem, plan=result.plan, potentials=result.potentials)
    for field in FIELDS:
        assert getattr(audit, field) == getattr(result.certificate, field), field


@HOSTILE
@given(problems, st.data())
def test_residuals_of_anything_that_is_audited(problem, data):
    n, m = problem.shape
    plan = np.array(data.draw(st.lists(tame, min_size=n * m, max_size=n * m))).reshape(n, m) * problem.total
    f, g = (np.array(data.draw(st.lists(tame, min_size=k, max_size=k))) * problem.cost.extremes()[1] for k in (n, m))
    proof = certify(problem, plan=plan, potentials=(f, g))
    check(problem, plan, (f, g), proof)


def tight_and_feasible(problem, proof):
    """The exact potentials price the arcs of the tree at their cost and no pair above it, and add up to the optimum."""
    real = proof.costs.startswith(REAL_COSTS)
    f, g = proof.exact_potentials()
    rows, cols, _ = exact_masses(problem)
    arcs = set(zip(proof.evidence.rows.tolist(), proof.evidence.cols.tolist(), strict=True))
    for i, price in enumerate(f):
        assert (price is None) == (rows[i] == 0)
        for j, other in enumerate(g):
            if price is not None and other is not None:
                slack = pair_cost(problem, real, i, j) - price - other
                assert slack == 0 if (i, j) in arcs else slack >= 0
    value = sum(a * (x or 0) for a, x in zip(rows, f, strict=True))
    assert value + sum(b * (x or 0) for b, x in zip(cols, g, strict=True)) == proof.exact_value
    assert proof.lower <= proof.exact_value <= proof.upper
    assert float(proof.exact_value) == proof.value


SMALL = [road for road in ROADS if not any(size in road[0] for size in ("crowd", "large", "medium", "60", "tall"))]


@pytest.mark.parametrize(("name", "method"), SMALL[::2])
def test_the_optimum_and_its_potentials_as_fractions(name, method):
    problem = ZOO[name].make()
    result = otkit.transport(problem, method=method)
    if result.certificate.proof != "exact":
        assert result.certificate.exact_value is None
        with pytest.raises(ValueError, match="must hold an exact proof to have exact potentials"):
            result.certificate.exact_potentials()
        return
    tight_and_feasible(result.problem, result.certificate)
    if ZOO[name].optimum is not None:
        assert result.certificate.exact_value == ZOO[name].optimum
    for floats, exact in zip(result.potentials, result.certificate.exact_potentials(), strict=True):
        assert all(y is None or Fraction(x) <= y for x, y in zip(floats.tolist(), exact, strict=True))


def test_no_audit_is_led():
    """Prices far out set no tolerance: the identity is not optimal, whatever stands in a corner that nobody uses."""
    cost = np.zeros((4, 4))
    cost[1, 0], cost[0, 3] = -1000.0, 1e23
    problem = otkit.TransportProblem(cost)
    assert otkit.transport(problem).certificate.exact_value == -1000
    for signs in ([1, -1, 1, -1], [-1, -1, -1, 1], [1, 1, 1, 1], [-1, 1, 1, -1]):
        far = 1e20 * np.array(signs)
        for potentials in ((far, -far), (far, far), (-far, far), (np.zeros(4), far)):
            proof = certify(problem, plan=np.eye(4), potentials=potentials)
            assert not proof.optimal
            assert proof.lower <= -1000.0
            assert proof.upper >= -1000.0
            assert "optimal" not in proof.verdict.replace("optimum", "")


def test_an_interval_that_leaves_the_value_open_is_not_called_optimal():
    """Costs of ±1e8 cancel in the plan, which costs 0; another one is cheaper by some units in the last place."""
    cost = np.array([[1e8, 1e8], [-1e8 - 2.0**-23, -1e8]])
    problem = otkit.TransportProblem(cost)
    plan, potentials = np.eye(2), ([1e8, -1e8], [0.0, 0.0])
    best = otkit.transport(problem)
    assert best.certificate.exact_value == Fraction(-(2**-23))
    proof = certify(problem, plan=plan, potentials=potentials)
    assert not proof.optimal
    assert proof.dual_violation > 0.0
    assert proof.lower <= best.value < proof.upper
    # The optimal plan, with any potentials that are right up to their own rounding, is decided by its tree.
    assert certify(problem, plan=best.plan, potentials=best.potentials).proof == "exact"
    # A plan that is no basic solution leaves float64 nothing but an interval as wide as the optimum.
    mixed = certify(problem, plan=np.full((2, 2), 0.5), potentials=best.potentials)
    assert not mixed.optimal
    assert "plan may cost up to" in mixed.fault


def test_one_unit_in_the_last_place_is_noticed():
    """Raised by one ulp, the potentials of an optimal tree overprice a pair that was tight, or are said not to."""
    noticed = 0
    for seed in range(20):
        problem = otkit.TransportProblem(
            otkit.Euclidean().between(cloud(seed, 9), cloud(seed + 50, 7)), shares(seed, 9), shares(seed, 7),
            probability=True,
        )  # fmt: skip
        result = otkit.transport(problem)
        f, g = result.potentials
        for i in range(9):
            raised = f.copy()
            raised[i] = np.nextafter(np.nextafter(f[i], np.inf), np.inf)
            audit = certify(problem, plan=result.plan, potentials=(raised, g))
            check(problem, result.plan, (raised, g), audit)
            noticed += audit.dual_violation > 0.0
    assert noticed > 100


def test_residuals_that_are_no_floats_are_rounded_up():
    rng = np.random.default_rng(3)
    for _ in range(20):
        problem = otkit.TransportProblem(rng.normal(size=(5, 4)), rng.random(5), rng.random(4), probability=True)
        plan, f, g = rng.normal(size=(5, 4)), rng.normal(size=5) * 10.0, rng.normal(size=4) / 3.0
        check(problem, plan, (f, g), certify(problem, plan=plan, potentials=(f, g)))


def test_idle_rows_and_columns_overprice_nothing():
    rng = np.random.default_rng(0)
    for seed in range(30):
        x, y = cloud(seed, 30), cloud(seed + 90, 25)
        a, b = rng.integers(0, 2, 30) * rng.random(30), rng.integers(0, 2, 25) * rng.random(25)
        result = otkit.wasserstein(x, y, a, b)
        check(result.problem, result.plan, result.potentials, result.certificate)


def test_potentials_of_a_graph_overprice_no_arc():
    rng = np.random.default_rng(1)
    for _ in range(20):
        plan = rng.integers(1, 9, (12, 10)) * (rng.random((12, 10)) < 0.4)
        graph = scipy.sparse.coo_array(np.where(plan, rng.random((12, 10)), 0.0))
        result = otkit.transport(graph, plan.sum(axis=1), plan.sum(axis=0))
        check(result.problem, result.plan, result.potentials, result.certificate)


def test_merged_places_overprice_nothing():
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 6, (200, 2)) / 7, rng.integers(0, 6, (180, 2)) / 7
    result = otkit.wasserstein(x, y, shares(1, 200), shares(2, 180))
    check(result.problem, result.plan, result.potentials, result.certificate)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_a_long_line(p):
    """Neighbours alone are compared: along the line, potentials that overprice no pair of neighbours overprice none."""
    rng = np.random.default_rng(p)
    x, y = np.sort(rng.normal(size=3000)), np.sort(rng.normal(size=2000))
    result = otkit.wasserstein(x, y, rng.random(3000), rng.random(2000), p=p, method="line")
    f, g = fractions(result.potentials.f), fractions(result.potentials.g)
    path = sorted(zip(*(side.tolist() for side in result.candidate.basis), strict=True))
    points = fractions(x), fractions(y)
    for (i, j), (row_after, col_after) in pairwise(path):
        for row, col in ((i, j), (row_after, col_after), (i, col_after), (row_after, j)):
            assert f[row] + g[col] <= abs(points[0][row] - points[1][col]) ** p
    assert result.certificate.dual_violation == 0.0
