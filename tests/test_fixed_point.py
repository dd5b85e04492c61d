"""Limbs against Python's own integers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otkit._fixed_point import (
    BITS,
    MASK,
    add,
    add_multiple,
    as_int,
    as_limbs,
    bit_range,
    carry,
    digits,
    leading,
    scaled,
    sign_of,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.one_of(
    numbers.filter(lambda v: 1e-60 < abs(v) < 1e60), st.sampled_from([0.0, 1.0, 2.0**90, 3.0 * 2.0**-90])
)
integers = st.one_of(
    st.integers(-(2**200), 2**200),
    st.integers(-(2**31), 2**31),
    st.builds(lambda k, bits: (1 << bits) + k, st.integers(-2, 2), st.integers(0, 200)),
    st.builds(lambda k, bits: k - (1 << bits), st.integers(-2, 2), st.integers(0, 200)),
)
LOW = -300


def row_of(number, size=12):
    """Return an integer as a carried row."""
    row = np.zeros(size, dtype=np.int64)
    for k in range(size - 1):
        row[k] = number >> BITS * k & MASK
    row[-1] = number >> BITS * (size - 1)
    assert as_int(row) == number
    return row


@given(numbers)
def test_digits(value):
    whole, exponent = digits(abs(value))
    assert Fraction(int(whole)) * Fraction(2) ** int(exponent) == abs(Fraction(value))


@given(st.lists(numbers, min_size=1, max_size=5))
def test_bit_range_is_the_tightest(values):
    low, high = bit_range(np.array(values))
    exact = [abs(Fraction(value)) for value in values if value]
    if not exact:
        assert (low, high) == (0, 0)
        return
    units = [value / Fraction(2) ** int(low) for value in exact]
    assert all(unit.denominator == 1 for unit in units)
    assert any(unit.numerator % 2 for unit in units)
    assert Fraction(2) ** int(high - 1) <= max(exact) < Fraction(2) ** int(high)


@given(st.lists(moderate, min_size=1, max_size=5), st.sampled_from([1, -1]))
def test_add(values, sign):
    row = np.zeros(20, dtype=np.int64)
    for value in values:
        assert add(row, LOW, value, np.int64(sign)) == 0.0
    carry(row)
    assert as_int(row) * Fraction(2) ** LOW == sign * sum(map(Fraction, values))


@given(integers, st.lists(moderate, min_size=1, max_size=4), st.sampled_from([1, -1]))
def test_add_multiple(factor, values, sign):
    row, limbs = np.zeros(32, dtype=np.int64), row_of(factor, 8)
    expected = Fraction(0)
    for value in values:
        add_multiple(row, limbs, LOW, abs(value), np.int64(sign))
        expected += sign * factor * abs(Fraction(value))
        assert as_int(row) * Fraction(2) ** LOW == expected
        assert all(0 <= limb <= MASK for limb in row[:-1].tolist())
        assert sign_of(row) == (expected > 0) - (expected < 0)


@given(st.integers(0, 2**300), st.floats(0.0, 1.0, allow_subnormal=False).filter(lambda v: v == 0.0 or v > 1e-50))
def test_the_smallest_row_will_do(factor, value):
    """Two limbs more than the number: the product with what is already there."""
    limbs = as_limbs(factor)
    row = np.zeros(limbs.size + -LOW // BITS + 3, dtype=np.int64)
    for sign in (1, -1, -1):
        add_multiple(row, limbs, LOW, value, np.int64(sign))
    assert as_int(row) * Fraction(2) ** LOW == -factor * Fraction(value)


@given(integers)
def test_leading(number):
    high, low, exponent = leading(row_of(number))
    found = (Fraction(high) + Fraction(low)) * Fraction(2) ** int(exponent)
    assert abs(found - number) <= Fraction(abs(number), 2**88)
    assert high == pytest.approx(high + low, rel=0, abs=0)


@given(st.floats(-1e300, 1e300), st.integers(-2200, 1000))
def test_scaled_rounds_once(value, exponent):
    try:
        expected = math.ldexp(value, exponent)
    except OverflowError:
        return
    assert scaled(value, np.int64(exponent)) == expected
