"""Hard inputs come out exact, to the last bit, and every interval holds the optimum."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hard_inputs import FAMILIES, LARGE, TransportProblem
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import exact_line_value, exact_value
from strategies import extreme_problems, problems

import otkit

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


def assert_enclosed(best: Fraction, certificate: otkit.Certificate) -> None:
    assert Fraction(certificate.lower) <= best <= Fraction(certificate.upper)


def assert_exact(best: Fraction, result: otkit.TransportResult) -> None:
    assert result.certificate.proof == "exact", result.certificate.verdict
    assert result.value == float(best)
    assert_enclosed(best, result.certificate)


@pytest.mark.parametrize(("method", "name"), CLAIMED, ids=lambda value: value)
def test_exact_to_the_last_bit(method, name):
    for seed in SEEDS:
        if claims(method, made(name, seed)):
            result = otkit.transport(made(name, seed), method=method)
            assert_exact(optimum(name, seed, result.method), result)


@given(st.one_of(problems, extreme_problems()), st.sampled_from(["simplex", "lp"]))
@settings(max_examples=300)
def test_any_numbers_come_out_exact(problem, method):
    assert_exact(exact_value(problem), otkit.transport(problem, method=method))


@pytest.mark.parametrize("name", FAMILIES)
def test_bounds_without_a_solver_enclose_the_optimum(name):
    for seed in SEEDS:
        problem = made(name, seed)
        best = optimum(name, seed, "any")
        rng = np.random.default_rng(seed)
        lost = rng.choice([1.0, 1.0, 1.0, 0.9], problem.shape)
        plan = lost * np.outer(problem.supply / problem.total, problem.demand)
        prices = problem.cost.dense()[rng.integers(problem.shape[0])]
        for certificate in (
            otkit.certify(problem),
            otkit.certify(problem, plan=plan),
            otkit.certify(problem, potentials=(None, prices)),
            otkit.certify(problem, plan=plan, potentials=(np.zeros(problem.shape[0]), prices)),
        ):
            assert_enclosed(best, certificate)


@pytest.mark.parametrize("name", FAMILIES)
def test_sinkhorn_encloses_the_optimum(name):
    options = otkit.SinkhornOptions(max_iterations=100)
    problem = made(name, 1)
    result = otkit.transport(problem, method="sinkhorn", options=options, on_failure="return")
    assert_enclosed(optimum(name, 1, "sinkhorn"), result.certificate)


@pytest.mark.parametrize("name", LARGE)
def test_large_hard_inputs(name):
    problem, best = LARGE[name]()
    result = otkit.transport(problem)
    assert_exact(best, result)
    assert result.certificate.lower == result.certificate.upper == best


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_functions_of_their_seed(name):
    one, again, other = FAMILIES[name](5), FAMILIES[name](5), FAMILIES[name](6)
    parts = [(problem.cost.dense(), problem.a, problem.b) for problem in (one, again, other)]
    assert all(map(np.array_equal, parts[0], parts[1]))
    assert not all(map(np.array_equal, parts[0], parts[2]))
