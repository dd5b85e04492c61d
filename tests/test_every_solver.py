"""Every solver on every problem of the zoo, judged by the certificate and by a solver that is not ours."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import scipy.stats
from oracles import exact_value
from zoo import ZOO

import otkit

EXACT_SOLVERS = ["lp", "simplex", "assignment", "line"]
# The solvers for special problems, and the trait of a case that says they must take it.
SPECIALISTS = {"assignment": "assignment", "line": "line"}


def claims(method: str, name: str) -> bool:
    return method not in SPECIALISTS or getattr(ZOO[name], SPECIALISTS[method])


CLAIMED = [(method, name) for method in ["auto", *EXACT_SOLVERS] for name in ZOO if claims(method, name)]
REFUSED = [(method, name) for method in EXACT_SOLVERS for name in ZOO if not claims(method, name)]


@cache
def optimum(name: str) -> Fraction:
    """Return the exact optimal value: planted, of closed form, or found in rational arithmetic."""
    case = ZOO[name]
    return exact_value(case.make()) if case.optimum is None else case.optimum


def shipped(result: otkit.TransportResult) -> float:
    """Return Σ Γ|c|, the unit in which a value may be off by rounding."""
    entries = result.candidate
    return float(np.abs(result.problem.cost.at(entries.rows, entries.cols)) @ entries.mass)


def prices(result: otkit.TransportResult) -> float:
    """Return Σ a|f| + Σ b|g| at the potentials, whose rounding a float certificate can't see below."""
    f, g = result.potentials
    return float(np.abs(f) @ result.problem.supply + np.abs(g) @ result.problem.demand)


@pytest.mark.parametrize(("method", "name"), CLAIMED, ids=lambda value: value)
def test_exact_solver_finds_the_optimum(method, name):
    result = otkit.transport(ZOO[name].make(), method=method)
    problem, plan, (f, g) = result.problem, result.candidate, result.potentials
    proof = result.certificate
    assert proof.optimal, proof.verdict

    off = abs(Fraction(result.value) - optimum(name))
    assert off <= 1e-14 * Fraction(shipped(result)) * sum(problem.shape)
    room = Fraction(1e-14 * (shipped(result) + prices(result)) * sum(problem.shape))
    assert Fraction(proof.lower) - room <= optimum(name) <= Fraction(proof.upper) + room
    assert proof.gap <= 1e-9 * (shipped(result) + 1e-5 * prices(result))

    # Primal feasibility, dual feasibility and complementarity each on their own, without the certificate's code.
    assert (plan.mass >= 0).all()
    assert plan.mass.size <= sum(problem.shape) - 1
    assert len({*zip(plan.rows.tolist(), plan.cols.tolist(), strict=True)}) == plan.mass.size
    matrix = result.plan.toarray()
    total = problem.total
    assert np.abs(matrix.sum(axis=1) - problem.supply).max() <= 1e-14 * total * sum(problem.shape)
    assert np.abs(matrix.sum(axis=0) - problem.demand).max() <= 1e-14 * total * sum(problem.shape)
    if problem.integral:
        assert np.array_equal(matrix, np.rint(matrix))
        assert np.array_equal(matrix.sum(axis=1), problem.a)
        assert np.array_equal(matrix.sum(axis=0), problem.b)
    cost = problem.cost.dense()
    reach = np.abs(f[problem.a > 0]).max() + np.abs(g[problem.b > 0]).max() + shipped(result) / total
    assert (cost - f[:, None] - g >= -1e-13 * np.maximum(reach, np.abs(cost))).all()
    tight = matrix > 0
    assert np.abs((cost - f[:, None] - g)[tight]).max() <= 1e-12 * reach


@pytest.mark.parametrize(("method", "name"), REFUSED, ids=lambda value: value)
def test_specialist_refuses_what_it_cannot_solve(method, name):
    problem = ZOO[name].make()
    with pytest.raises(ValueError, match=method):
        otkit.transport(problem, method=method)


# Thousands of sweeps over all pairs: problems of moderate size are enough.
SINKHORN = [name for name, case in ZOO.items() if np.prod(case.make().shape) <= 20_000]


@pytest.mark.parametrize("name", SINKHORN)
def test_sinkhorn_encloses_the_optimum(name):
    result = otkit.transport(ZOO[name].make(), method="sinkhorn", on_failure="return")
    proof = result.certificate
    room = Fraction(1e-14 * (shipped(result) + prices(result)) * sum(result.problem.shape))
    assert Fraction(proof.lower) - room <= optimum(name) <= Fraction(proof.upper) + room
    assert result.candidate.mass.min() >= 0
    assert proof.marginal_error <= 1e-12
    # An interval is no answer if it is as wide as the problem itself; ε is measured by the largest cost, though.
    largest = max(map(abs, result.problem.cost.extremes()))
    assert proof.gap <= 0.2 * shipped(result) + 1e-6 * largest * result.problem.total, proof.verdict


@pytest.mark.parametrize("name", [name for name, case in ZOO.items() if case.peer])
def test_exact_oracle_agrees_with_pot(name):
    """The judge is judged: another library's network simplex, on problems scaled as it likes them."""
    ot = pytest.importorskip("ot")
    problem = ZOO[name].make()
    value, log = ot.emd2(problem.supply.copy(), problem.demand.copy(), problem.cost.dense(), log=True)
    assert log["warning"] is None
    scale = max(map(abs, problem.cost.extremes())) * problem.total
    assert value == pytest.approx(float(optimum(name)), rel=1e-9, abs=1e-12 * scale)


LINES = [name for name, case in ZOO.items() if case.line and case.peer and case.make().cost.line().p == 1]


@pytest.mark.parametrize("name", LINES)
def test_exact_oracle_agrees_with_scipy_on_the_line(name):
    problem = ZOO[name].make()
    x, y, scale, _ = problem.cost.line()
    assert scale * scipy.stats.wasserstein_distance(x, y, problem.a, problem.b) == pytest.approx(float(optimum(name)))


def test_traits_of_the_zoo_are_those_of_the_problems():
    for name, case in ZOO.items():
        problem = case.make()
        a, b = (weights[weights > 0] for weights in (problem.a, problem.b))
        assert (problem.cost.line() is not None) == case.line, name
        assert (a.size == b.size and np.ptp(a) == np.ptp(b) == 0) == case.assignment, name


SMALL = [name for name, case in ZOO.items() if case.optimum is not None and max(case.make().shape) < 50]


@pytest.mark.parametrize("name", SMALL)
def test_planted_optimum_is_the_exact_one(name):
    """The plants and closed forms themselves, checked in rational arithmetic."""
    assert exact_value(ZOO[name].make()) == ZOO[name].optimum


@pytest.mark.parametrize("method", ["simplex", "assignment"])
def test_costs_whose_sums_leave_float64_are_solved(method):
    """Prices of a random matrix are of the size of its costs: only a sum of many of them overflows."""
    costs = np.random.default_rng(0).random((270, 270))
    found = otkit.transport(costs * 2.0**1023, method=method)
    assert found.certificate.proof == "exact"
    assert found.value == 2.0**1023 * otkit.transport(costs, method=method).value
