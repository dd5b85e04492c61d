"""Hard inputs come out exact to the last bit, or are refused; never a wrong number with a proof."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hard_inputs import FAMILIES, LARGE, TransportProblem
from oracles import exact_line_value, exact_value

import otkit
from otkit.solve import solve_problem

# Whether exact proofs are the default. Where they are not, values and bounds are judged up to rounding.
EXACT = False

SEEDS = range(4)
METHODS = ["auto", "simplex", "lp", "assignment", "line"]


@cache
def made(name: str, seed: int) -> TransportProblem:
    return FAMILIES[name](seed)


@cache
def optimum(name: str, seed: int, method: str) -> Fraction:
    """Return the exact optimum of what is proved: of the float64 costs or, on the line, of the real ones."""
    return (exact_line_value if method == "line" else exact_value)(made(name, seed))


def claims(method: str, problem: TransportProblem) -> bool:
    """Return whether a method must take a problem."""
    if method == "line":
        return problem.cost.line() is not None
    if method == "assignment":
        a, b = (weights[weights > 0] for weights in (problem.a, problem.b))
        return a.size == b.size and np.ptp(a) == np.ptp(b) == 0
    return True


CLAIMED = [
    (method, name) for method in METHODS for name in FAMILIES if any(claims(method, made(name, seed)) for seed in SEEDS)
]


def room(problem: TransportProblem, certificate: otkit.Certificate) -> Fraction:
    """Return by how much bounds may be off the optimum: not at all."""
    if EXACT:
        return Fraction(0)
    a, b, largest = problem.supply.sum(), problem.demand.sum(), max(map(abs, problem.cost.extremes()))
    return Fraction(certificate.tolerance + 1e-13 * max(a, b) * largest)


def assert_enclosed(best: Fraction, problem: TransportProblem, certificate: otkit.Certificate) -> None:
    off = room(problem, certificate)
    assert Fraction(certificate.lower) - off <= best <= Fraction(certificate.upper) + off


@pytest.mark.parametrize(("method", "name"), CLAIMED, ids=lambda value: value)
def test_exact_or_refused(method, name):
    for seed in SEEDS:
        problem = made(name, seed)
        if not claims(method, problem):
            continue
        result = solve_problem(problem, method=method, on_failure="return")
        certificate = result.certificate
        best = optimum(name, seed, result.method)
        assert_enclosed(best, problem, certificate)
        if EXACT:
            assert certificate.proof in ("exact", "bounds"), seed
            assert certificate.proof == "exact" or method != "auto", seed
            if certificate.optimal:
                assert result.value == float(best), seed
                assert certificate.lower <= result.value <= certificate.upper
        elif certificate.optimal:
            assert abs(Fraction(result.value) - best) <= room(problem, certificate)


@pytest.mark.parametrize("name", FAMILIES)
def test_bounds_without_a_solver_enclose_the_optimum(name):
    for seed in SEEDS:
        problem = made(name, seed)
        best = optimum(name, seed, "any")
        rng = np.random.default_rng(seed)
        plan = np.outer(problem.supply / problem.total, problem.demand) * rng.choice(
            [1.0, 1.0, 1.0, 0.9], problem.shape
        )
        prices = problem.cost.dense()[rng.integers(problem.shape[0])]
        for certificate in (
            otkit.certify(problem),
            otkit.certify(problem, plan=plan),
            otkit.certify(problem, potentials=(None, prices)),
            otkit.certify(problem, plan=plan, potentials=(np.zeros(problem.shape[0]), prices)),
        ):
            assert_enclosed(best, problem, certificate)


@pytest.mark.parametrize("name", FAMILIES)
def test_sinkhorn_encloses_the_optimum(name):
    options = otkit.SinkhornOptions(max_iterations=100)
    problem = made(name, 1)
    result = solve_problem(problem, method="sinkhorn", options=options, on_failure="return")
    assert_enclosed(optimum(name, 1, "sinkhorn"), problem, result.certificate)


@pytest.mark.parametrize("name", LARGE)
def test_large_hard_inputs(name):
    problem, best = LARGE[name]()
    result = solve_problem(problem)
    assert Fraction(result.value) == best
    assert result.certificate.optimal
    if EXACT:
        assert result.certificate.proof == "exact"
        assert result.certificate.lower == result.certificate.upper == result.value


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_functions_of_their_seed(name):
    one, again, other = FAMILIES[name](5), FAMILIES[name](5), FAMILIES[name](6)
    parts = [(problem.cost.dense(), problem.a, problem.b) for problem in (one, again, other)]
    assert all(map(np.array_equal, parts[0], parts[1]))
    assert not all(map(np.array_equal, parts[0], parts[2]))
