"""Sums and dot products in twice the working precision, against rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from otkit.numerics.sums import accurate_dot, accurate_sum, two_product, two_sum

moderate = st.floats(-1e140, 1e140).filter(lambda x: x == 0 or abs(x) > 1e-140)
anything = st.floats(allow_nan=False, allow_infinity=False)
lengths = st.integers(0, 30)


def exact_dot(a, b) -> Fraction:
    return sum((Fraction(x) * Fraction(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)), Fraction(0))


def close(value: float, exact: Fraction, magnitude: Fraction, terms: int) -> bool:
    """The bound of Ogita, Rump & Oishi: one rounding of the result, n² u² of the terms, and a subnormal."""
    u = Fraction(1, 2**53)
    smallest = Fraction(math.ulp(0.0))
    return abs(Fraction(value) - exact) <= u * abs(exact) + (terms + 2) ** 2 * u * u * magnitude + smallest


@given(moderate, moderate)
def test_error_of_a_sum_is_exact(a, b):
    total, error = two_sum(a, b)
    assert total == a + b
    assert Fraction(total) + Fraction(error) == Fraction(a) + Fraction(b)


@given(moderate, moderate)
def test_error_of_a_product_is_exact(a, b):
    product, error = two_product(a, b)
    assert product == a * b
    assert Fraction(product) + Fraction(error) == Fraction(a) * Fraction(b)


@given(arrays(np.float64, lengths, elements=moderate))
def test_accurate_sum(values):
    exact = exact_dot(values, np.ones_like(values))
    assert close(accurate_sum(values), exact, exact_dot(np.abs(values), np.ones_like(values)), values.size)


@given(st.data())
def test_accurate_dot_at_every_scale(data):
    n = data.draw(lengths)
    a, b = (data.draw(arrays(np.float64, n, elements=anything)) for _ in range(2))
    exact = exact_dot(a, b)
    value = accurate_dot(a, b)
    if math.isinf(value):
        assert abs(exact) > (1 - Fraction(1, 2**53)) * Fraction(np.finfo(np.float64).max)
        assert (value > 0) == (exact > 0)
        return
    # Factors are scaled by their largest, so what lies 1e-300 below it in both may be lost; it is below any rounding.
    largest = Fraction(float(np.abs(a).max(initial=0.0))) * Fraction(float(np.abs(b).max(initial=0.0)))
    assert close(value, exact, exact_dot(np.abs(a), np.abs(b)) + largest, n)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_cancellation_is_seen_at_every_scale(scale):
    values = np.array([1.0, 2.0**-52, -1.0]) * scale
    assert accurate_dot(values, np.ones(3)) == 2.0**-52 * scale
    assert accurate_dot(np.ones(3) / scale, values) == pytest.approx(2.0**-52, rel=1e-9)
    assert np.dot(np.array([1e16, 1.0, -1e16]), np.ones(3)) == 0.0
    assert accurate_sum(np.array([1e16, 1.0, -1e16])) == 1.0


def test_inputs_stay_as_they_are(rng):
    a, b = rng.normal(size=8) * 1e-310, rng.normal(size=8) * 1e305
    before = a.copy(), b.copy()
    accurate_dot(a, b)
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])
