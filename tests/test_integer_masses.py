"""Masses as integers, against fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_masses
from strategies import sizes, weights

import otkit
from otkit.checker.integer_masses import balance, surplus
from otkit.numerics.fixed_point import as_int, carry


def integers_and_worth(problem):
    how, unit = balance(problem)
    rows = surplus(how, problem.a, problem.b)
    for row in rows:
        carry(row)
    return [as_int(row) for row in rows], Fraction(2) ** int(unit.exponent) / unit.denominator


def check(problem):
    """The integers sum to zero, and each is worth exactly its mass."""
    units, worth = integers_and_worth(problem)
    n = problem.shape[0]
    rows, columns = exact_masses(problem)
    assert sum(units) == 0
    assert [unit * worth for unit in units[:n]] == rows
    assert [-unit * worth for unit in units[n:]] == columns


def problem_of(a, b, probability=True):
    return otkit.TransportProblem(np.ones((len(a), len(b))), a, b, probability=probability)


anything = st.floats(0.0, 1e300)


@given(sizes.flatmap(weights), sizes.flatmap(weights))
def test_shares_of_any_weights(a, b):
    check(problem_of(a, b))


@given(st.lists(anything, min_size=1, max_size=4), st.lists(anything, min_size=1, max_size=4))
def test_shares_of_any_floats(a, b):
    check(problem_of([*a, 1.0], [*b, 5e-324]))


@given(sizes, sizes, st.integers(0, 2**32 - 1), st.sampled_from([1.0, 0.1, 1e-300, 2.0**60]))
def test_masses_as_they_are(n, m, seed, unit):
    """Floats that are no dyadic numbers of few digits, and so have totals that differ by rounding."""
    plan = np.random.default_rng(seed).integers(0, 5, (n, m))
    plan[0, 0] += 1
    check(problem_of(plan.sum(axis=1) * unit, plan.sum(axis=0) * unit, probability=False))


def test_thirds_and_tenths_balance():
    a, b = np.full(3, 1 / 3), np.full(10, 1 / 10)
    assert sum(map(Fraction, a.tolist())) != sum(map(Fraction, b.tolist()))
    for probability in (True, False):
        check(problem_of(a, b, probability))


@pytest.mark.parametrize("probability", [True, False])
def test_equal_totals_need_no_products(probability):
    """Then masses count as they are, so that the integers stay small."""
    problem = problem_of([3.0, 0.5], [1.25, 2.25], probability)
    units, _ = integers_and_worth(problem)
    assert units == [12, 2, -5, -9]
    assert balance(problem)[0].size == 1


def test_more_terms_than_bits():
    """10⁵ masses whose sum needs more digits than any of them."""
    a = np.full(100_000, 1.0 + 2.0**-52)
    units, worth = integers_and_worth(problem_of(a, [1.0, 2.0]))
    assert sum(units) == 0
    assert units[0] * worth == Fraction(1, 100_000)
    assert -units[-1] * worth == Fraction(2, 3)
