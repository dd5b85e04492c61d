"""Limbs against Python's own integers and fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from otkit.numerics.fixed_point import (
    BITS,
    MASK,
    add,
    add_multiple,
    add_product,
    as_int,
    as_limbs,
    bit_range,
    carry,
    digits,
    enclosed,
    head,
    leading,
    limbs,
    nearest,
    quotient,
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
wholes = st.one_of(st.integers(0, 2**90), st.integers(0, 2**2000), st.integers(0, 300).map(lambda k: 2**k))
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
    row, factor_row = np.zeros(32, dtype=np.int64), row_of(factor, 8)
    expected = Fraction(0)
    for value in values:
        add_multiple(row, factor_row, LOW, abs(value), np.int64(sign))
        expected += sign * factor * abs(Fraction(value))
        assert as_int(row) * Fraction(2) ** LOW == expected
        assert all(0 <= limb <= MASK for limb in row[:-1].tolist())
        assert sign_of(row) == (expected > 0) - (expected < 0)


@given(st.integers(0, 2**300), st.floats(0.0, 1.0, allow_subnormal=False).filter(lambda v: v == 0.0 or v > 1e-50))
def test_the_smallest_row_will_do(factor, value):
    """Two limbs more than the number: the product with what is already there."""
    factor_row = as_limbs(factor)
    row = np.zeros(factor_row.size + -LOW // BITS + 3, dtype=np.int64)
    for sign in (1, -1, -1):
        add_multiple(row, factor_row, LOW, value, np.int64(sign))
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
        expected = math.copysign(math.inf, value)
    assert scaled(value, np.int64(exponent)) == expected


def carried_sum(values, spare=0):
    """Return values as one carried row, and its unit."""
    low, high = bit_range(np.array(values))
    row = np.zeros(limbs(low, high, len(values)) + spare, dtype=np.int64)
    for value in values:
        assert add(row, low, value, np.int64(1)) == 0.0
    carry(row)
    return row, low


@given(st.lists(numbers, min_size=1, max_size=8), st.sampled_from([-1, 1]))
@example([5e-324, 1.7976931348623157e308], 1)
@example([1.0, 2.0**-53, 5e-324], -1)  # a tie, but for a rest far below
@example([1.0, 2.0**-53], 1)
def test_sums_fit_and_round_to_the_nearest_float(values, sign):
    """As many limbs as `limbs` says hold any sum; its sign and its nearest float are right."""
    row, low = carried_sum([sign * value for value in values])
    exact = sign * sum(map(Fraction, values))
    assert as_int(row) * Fraction(2) ** int(low) == exact
    assert carry(row) == int(exact > 0) - int(exact < 0)
    found, is_float = nearest(row, low)
    if math.isinf(found):
        assert abs(exact) >= Fraction(2) ** 1024 - Fraction(2) ** 970
        return
    assert abs(Fraction(found) - exact) <= max(abs(exact) / 2**53 * Fraction(1001, 1000), Fraction(5e-324) / 2)
    assert is_float == (Fraction(found) == exact)


@given(st.lists(numbers, min_size=1, max_size=8))
def test_head_has_eighty_bits(values):
    row, _ = carried_sum(values)
    exact = Fraction(as_int(row))
    high, rest, exponent, _ = head(row)
    assert abs((Fraction(high) + Fraction(rest)) * Fraction(2) ** int(exponent) - exact) <= abs(exact) / 2**80


@given(st.floats(-1e30, 1e30), st.integers(-60, 60), st.sampled_from([-1, 1]))
@example(-1e-300, 0, 1)
@example(-5e-324, -1000, 1)
@example(5e-324, -1000, -1)
@example(-0.75, 0, -1)
@example(-35184372088833.0, 54, -1)
def test_what_does_not_fit_is_handed_back(value, low, sign):
    """The row takes the value rounded down, the rest is what is missing: never negative."""
    row = np.zeros(12, dtype=np.int64)
    rest = add(row, low, value, np.int64(sign))
    carry(row)
    unit = Fraction(2) ** low
    floor = math.floor(Fraction(value) / unit)
    assert as_int(row) == sign * floor
    missing = Fraction(value) - floor * unit
    assert rest == float(missing)  # rounded once, where a negative value far below the unit leaves nearly all of it
    assert (rest > 0) == (missing > 0)


@given(wholes, wholes, st.sampled_from([-1, 1]))
def test_products(factor, other, sign):
    row = np.zeros(as_limbs(factor).size + as_limbs(other).size + 1, dtype=np.int64)
    for _ in range(3):
        add_product(row, as_limbs(factor), as_limbs(other), np.int64(sign))
    assert carry(row) == (sign if factor * other else 0)
    assert as_int(row) == 3 * sign * factor * other
    assert as_int(as_limbs(factor)) == factor


def test_a_billion_additions_before_a_carry():
    """Limbs of 30 bits in integers of 64: what `carry` must bring up may be far more than one."""
    row = np.array([2**60, 2**60 + 5, -(2**59), -3], dtype=np.int64)
    expected = as_int(row)
    assert carry(row) == -1
    assert as_int(row) == expected
    assert ((row[:-1] >= 0) & (row[:-1] < 2**30)).all()


@given(st.integers(-(2**300), 2**300), st.integers(1, 2**200), st.integers(-1300, 900))
@example(10**400, 1, 0)
@example(-(10**400), 3, 5)
@example(1, 3, -1080)
@example(0, 7, 3)
def test_a_quotient_lies_between_the_floats_that_enclose_it(numerator, denominator, exponent):
    exact = Fraction(numerator, denominator) * Fraction(2) ** exponent
    middle, below, above = enclosed(numerator, denominator, exponent)
    assert middle == quotient(numerator, denominator, exponent)
    if abs(exact) >= Fraction(2) ** 1024 - Fraction(2) ** 970:
        assert middle == below == above == math.copysign(math.inf, exact > 0 or -1)
        return
    assert middle == float(exact)
    assume(math.isfinite(below) and math.isfinite(above))
    assert below <= exact <= above
    assert middle in (below, above)
    assert (below == above) == (exact == Fraction(middle))
    assert above in (below, math.nextafter(below, math.inf))
