"""The checker of batches: its intervals hold the optimum, whatever it is handed, on hard inputs too."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hard_inputs import FAMILIES
from oracles import exact_value

import otkit
from otkit import TransportProblem
from otkit.checker.audit import certify_in_float64
from otkit.checker.batch import enclose
from otkit.solvers.simplex.dense import NO_LIMIT, solve_dense


def with_mass(problem: TransportProblem) -> TransportProblem:
    """Return the problem between the shares of the points that carry mass."""
    rows, cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    cost = problem.cost.dense()[np.ix_(rows, cols)]
    return TransportProblem(cost, problem.a[rows], problem.b[cols], probability=True)


def enclosed(problem: TransportProblem, rows, cols, mass, f, g):
    return enclose(
        problem.cost.dense(),
        rows, cols, mass, f, g,
        problem.a, problem.b, problem.totals, problem.supply, problem.demand, problem.probability,
    )  # fmt: skip


def solved(problem: TransportProblem):
    answer = solve_dense(problem.cost.dense(), problem.supply, problem.demand, NO_LIMIT)
    return answer.rows, answer.cols, answer.mass, answer.f, answer.g


def holds(found, optimum: Fraction) -> bool:
    return Fraction(found.lower) <= optimum <= Fraction(found.upper)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("seed", range(3))
def test_hard_inputs(name, seed):
    problem = with_mass(FAMILIES[name](seed))
    optimum = exact_value(problem)
    found = enclosed(problem, *solved(problem))
    # Beyond the range of these bounds nothing is claimed.
    assert not found.optimal or holds(found, optimum)
    result = otkit.pairwise([problem.a], [problem.b], ground_cost=problem.cost.dense())
    assert Fraction(result.lower[0, 0]) <= optimum <= Fraction(result.upper[0, 0])
    assert result.largest_gap <= 1e-6 * max(abs(result[0, 0]), 1e-6 * abs(problem.cost.dense()).max())


@pytest.mark.parametrize("seed", range(20))
def test_anything_handed_over_is_enclosed(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 9, 2)
    problem = TransportProblem(rng.normal(size=(n, m)), rng.random(n), rng.random(m), probability=True)
    optimum = exact_value(problem)
    rows, cols, mass, f, g = solved(problem)
    assert holds(enclosed(problem, rows, cols, mass, f, g), optimum)
    assert enclosed(problem, rows, cols, mass, f, g).optimal
    for size in (1e-15, 1e-9, 1e-3, 1.0):
        moved = mass * (1.0 + size * rng.normal(size=mass.size).clip(-0.9))
        for plan in (mass, moved):
            for prices in ((f, g), (f + size * rng.normal(size=n), g), (f, g + size * rng.normal(size=m))):
                found = enclosed(problem, rows, cols, plan, *prices)
                assert holds(found, optimum)
                if size > 1e-6 and (plan is moved or prices[0] is not f or prices[1] is not g):
                    # By chance alone prices move to others that are optimal, as where both sides have one point.
                    assert found.upper > found.lower
    # Mass that goes astray is brought back at a price; a missing plan proves nothing.
    assert holds(enclosed(problem, rows, cols[::-1].copy(), mass, f, g), optimum)
    assert not enclosed(problem, rows, cols, np.zeros_like(mass), f, g).optimal


@pytest.mark.parametrize("seed", range(10))
def test_says_what_the_certificate_says(seed):
    rng = np.random.default_rng(seed)
    problem = TransportProblem(rng.random((12, 9)), rng.random(12), rng.random(9), probability=True)
    rows, cols, mass, f, g = solved(problem)
    found = enclosed(problem, rows, cols, mass, f, g)
    certificate = certify_in_float64(problem, otkit.Candidate(rows, cols, mass, f, g), (f, g))
    assert found.value == certificate.value
    assert found.upper == pytest.approx(certificate.upper, rel=1e-15)
    assert found.lower == pytest.approx(certificate.lower, rel=1e-14)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["mass", "f", "g"])
def test_what_is_not_finite_proves_nothing(wrong, where):
    rng = np.random.default_rng(0)
    problem = TransportProblem(rng.random((5, 6)), rng.random(5), rng.random(6), probability=True)
    rows, cols, mass, f, g = solved(problem)
    {"mass": mass, "f": f, "g": g}[where][1] = wrong
    assert not enclosed(problem, rows, cols, mass, f, g).optimal
