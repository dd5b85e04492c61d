"""From limbs back to floats, and what limbs leave out: against fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st

from otkit._fixed_point import (
    add,
    add_product,
    as_int,
    as_limbs,
    bit_range,
    carry,
    enclosed,
    head,
    limbs,
    nearest,
    quotient,
)

floats = st.floats(allow_nan=False, allow_infinity=False)
wholes = st.one_of(st.integers(0, 2**90), st.integers(0, 2**2000), st.integers(0, 300).map(lambda k: 2**k))


def carried_sum(values, spare=0):
    """Return values as one carried row, and its unit."""
    low, high = bit_range(np.array(values))
    row = np.zeros(limbs(low, high, len(values)) + spare, dtype=np.int64)
    for value in values:
        assert add(row, low, value, np.int64(1)) == 0.0
    carry(row)
    return row, low


@given(st.lists(floats, min_size=1, max_size=8), st.sampled_from([-1, 1]))
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


@given(st.lists(floats, min_size=1, max_size=8))
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
def test_what_does_not_fit_is_handed_back(value, low, sign):
    """The row takes the value rounded down, the rest is what is missing: never negative."""
    row = np.zeros(12, dtype=np.int64)
    rest = add(row, low, value, np.int64(sign))
    carry(row)
    unit = Fraction(2) ** low
    floor = math.floor(Fraction(value) / unit)
    assert as_int(row) == sign * floor
    missing = Fraction(value) - floor * unit
    assert (rest > 0) == (missing > 0)
    assert 0 <= rest <= unit
    if value > 0 or missing == 0 or abs(value) >= unit / 2**9:
        assert rest == missing
    else:
        assert abs(Fraction(rest) - missing) <= unit / 2**53


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
