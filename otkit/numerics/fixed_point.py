"""Exact fixed-point numbers: sums and products of floats that lose nothing.

A float is an integer times a power of two, so sums of floats are integers over a common power of two. Here such a
number is a row of limbs, ``Σ_k row[k] · 2**(30 k)`` in units of ``2**low``. Limbs are 64-bit integers that hold 30 bits
each: rows are added limb by limb, billions of times if need be, before anything must be carried, and the product of two
limbs fits as well. (Kulisch, *Computer Arithmetic and Validity*, 2013, sums products of floats in the same way.)

After `carry` all limbs but the last are in [0, 2**30); the last one bears the sign.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import int64, jitable, njit, njit_pass
from otkit.numerics.sums import two_sum

BITS = 30
MASK = (1 << BITS) - 1

# Above this, the leading limbs that `head` has read hold more bits than a limb.
_FULL = 1 << BITS
_UPPER = 2.0 ** (2 * BITS)


@njit_pass
def limbs(low: int, high: int, terms: int) -> int:
    """Return how many limbs hold sums of so many multiples of 2**low, all smaller than 2**high."""
    return max(1, high - low + math.frexp(float(terms))[1] + 1) // BITS + 1


@njit
def digits(value: float) -> tuple[int, int]:
    """Return (digits, exponent) with value = digits · 2**exponent; the value is not negative."""
    bits = int(np.float64(value).view(np.int64))
    exponent, fraction = bits >> 52, bits & ((1 << 52) - 1)
    return (fraction | (1 << 52), exponent - 1075) if exponent > 0 else (fraction, -1074)


@njit_pass
def bit_range(values: FloatArray) -> tuple[int, int]:
    """Return (low, high): all values are multiples of 2**low and smaller than 2**high; (0, 0) if all are zero."""
    low, high = int64(1 << 20), -int64(1 << 20)
    for k in range(values.size):
        whole, exponent = digits(abs(values[k]))
        if whole != 0 and exponent < low:  # only then can its last bit lie below all those before
            low = min(low, exponent + _bits(whole & -whole) - 1)
        if whole != 0 and exponent + 53 > high:
            high = max(high, exponent + _bits(whole))
    return (int(low), int(high)) if high >= low else (0, 0)


@njit
def _bits(number: int) -> int:
    """Return how many bits an integer has, which is not negative and below 2**53."""
    return int(math.frexp(float(number))[1])


@njit
def add(row: IntArray, low: int, value: float, sign: int) -> float:
    """Add sign · value to a row, the value rounded down to a multiple of 2**low; return what that took from it.

    The rest is exact but for negative values far below 2**low, whose rest is nearly 2**low.
    """
    if value == 0.0:
        return 0.0
    whole, exponent = digits(abs(value))
    whole = whole if value > 0.0 else -whole
    position, rest = exponent - low, 0.0
    if position < -62:
        rest = value if whole > 0 else value + math.ldexp(1.0, int(low))
        whole, position = int64(0) if whole > 0 else int64(-1), int64(0)
    elif position < 0:
        floor = whole >> -position
        rest = math.ldexp(float(whole - (floor << -position)), int(exponent))
        whole, position = floor, int64(0)
    if whole < 0:
        whole, sign = -whole, -sign
    k, shift = position // BITS, position % BITS
    lower, upper = (whole & MASK) << shift, (whole >> BITS) << shift
    row[k] += sign * (lower & MASK)
    middle, upper = (lower >> BITS) + (upper & MASK), upper >> BITS
    if middle > 0:
        row[k + 1] += sign * middle
    if upper > 0:
        row[k + 2] += sign * upper
    return rest


@njit
def add_product(row: IntArray, factor: IntArray, other: IntArray, sign: int) -> None:
    """Add sign · factor · other to a row; both factors are carried and not negative."""
    for i in range(factor.size):
        if factor[i] != 0:
            for j in range(other.size):
                product = factor[i] * other[j]
                if product != 0:
                    row[i + j] += sign * (product & MASK)
                    if product > MASK:
                        row[i + j + 1] += sign * (product >> BITS)


@njit
def add_multiple(row: IntArray, factor: IntArray, low: int, value: float, sign: int) -> None:
    """Add sign · value · factor to a carried row, which stays carried.

    The value is no less than zero and a multiple of 2**low, the factor is carried. The row needs two limbs more than
    any number it holds, three if the factor may be negative.
    """
    if value == 0.0:
        return
    whole, exponent = digits(value)
    k, shift = (exponent - low) // BITS, (exponent - low) % BITS
    if exponent < low:
        k, whole, shift = int64(0), whole >> (low - exponent), int64(0)
    lower, upper = (whole & MASK) << shift, (whole >> BITS) << shift
    first, second, third = sign * (lower & MASK), sign * ((lower >> BITS) + (upper & MASK)), sign * (upper >> BITS)
    # Limb by limb of the product, carrying on: three products of 30 by 30, 31 and 22 bits fit into a limb of 63.
    over = previous = last = int64(0)
    for limb in factor:
        total = row[k] + (limb * first + previous * second + last * third) + over
        row[k] = total & MASK
        over, last, previous = total >> BITS, previous, limb
        k += 1
    total = row[k] + (previous * second + last * third) + over
    row[k] = total & MASK
    over = (total >> BITS) + previous * third
    k += 1
    while over != 0 and k < row.size - 1:
        total = row[k] + over
        row[k] = total & MASK
        over = total >> BITS
        k += 1
    row[row.size - 1] += over


@njit
def carry(row: IntArray) -> int:
    """Bring all limbs but the last into [0, 2**30); return the sign of the number."""
    some = False
    for k in range(row.size - 1):
        over = row[k] >> BITS
        row[k] -= over << BITS
        row[k + 1] += over
        some |= row[k] != 0
    top = row[row.size - 1]
    return -1 if top < 0 else 1 if top > 0 or some else 0


@njit
def sign_of(row: IntArray) -> int:
    """Return the sign of a carried row."""
    k = row.size - 1
    if row[k] < 0:
        return -1
    while k > 0 and row[k] == 0:
        k -= 1
    return 1 if row[k] > 0 else 0


@njit
def bit_length(row: IntArray) -> int:
    """Return how many bits a carried row has that is not negative."""
    k = row.size - 1
    while k > 0 and row[k] == 0:
        k -= 1
    return BITS * k + int(math.frexp(float(row[k]))[1])


@njit
def leading(row: IntArray) -> tuple[float, float, int]:
    """Return (high, low, exponent): a carried row is (high + low) · 2**exponent up to 2**-88 of itself.

    The row has five limbs or more, of which the last holds no digits, but the sign alone. high is the nearest float,
    unless a rest far below its last bit would decide a tie.
    """
    sign = row[row.size - 1]
    k = row.size - 2
    while k > 3 and row[k] == sign & MASK:
        k -= 1
    upper, lower = (row[k] + sign * _FULL) * _FULL + row[k - 1], row[k - 2] * _FULL + row[k - 3]
    high, low = float(upper), float(lower)
    rest = float(upper - int64(high)) * _UPPER + float(lower - int64(low))
    high, low = two_sum(high * _UPPER, low)
    high, low = two_sum(high, low + rest)
    return high, low, BITS * (k - 3)


@njit
def scaled(value: float, exponent: int) -> float:
    """Return value · 2**exponent, rounded once; ±inf where it leaves float64."""
    if exponent > 1023:
        value, exponent = value * 2.0**1023, min(exponent - 1023, int64(1023))
    if -1022 <= exponent <= 1023:
        return value * np.int64((exponent + 1023) << 52).view(np.float64)
    return math.ldexp(value, int(exponent))


@njit
def head(row: IntArray) -> tuple[float, float, int, bool]:
    """Return (high, low, exponent, exact): a carried row is nearly (high + low) · 2**exponent, `exact` if quite.

    high is the nearest float, unless a rest far below its last bit would decide a tie; low is what is missing, the
    relative error of the sum being less than 2**-80.
    """
    k = row.size - 1
    leading = row[k]
    while k > 0 and -_FULL < leading < _FULL:
        k -= 1
        leading = leading * _FULL + row[k]
    high = float(leading)
    rest = float(leading - int64(high))
    exponent = BITS * k
    for below in range(1, 3):
        if k >= below:
            rest += math.ldexp(float(row[k - below]), -BITS * below)
    total = high + rest
    rest -= total - high
    lowest = int64(0)  # the number is a float if no more than 53 bits lie between its first and its last
    while lowest < row.size - 1 and row[lowest] == 0:
        lowest += 1
    last = BITS * lowest + math.frexp(float(row[lowest] & -row[lowest]))[1] - 1
    return total, rest, exponent, exponent + math.frexp(total)[1] - last <= 53


@njit
def nearest(row: IntArray, low: int) -> tuple[float, bool]:
    """Return the float nearest to a carried row (see `head`), and whether it is the number itself."""
    high, _, exponent, exact = head(row)
    return scaled(high, exponent + low), exact


@njit
def rounded_down(row: IntArray, low: int) -> tuple[float, bool]:
    """Return a float that is no more than a carried row, in units of 2**low, and whether it is the number itself.

    It is the largest such float unless the number exceeds that by less than 2**-78 of itself; then it may be the one
    below. For what `head` says is missing is off by less than 2**-80 of the number.
    """
    high, rest, exponent, exact = head(row)
    if not exact and rest < abs(high) * 2.0**-78:
        high = np.nextafter(high, -np.inf)
    return scaled(high, exponent + low), exact


@jitable
def exact_total(values: FloatArray) -> tuple[int, IntArray]:
    """Return the unit of numbers that are not negative, as a power of two, and their sum in limbs."""
    low, high = bit_range(values)
    total = np.zeros(limbs(low, high, values.size), dtype=np.int64)
    _add_all(values, low, total)
    return low, total


@njit_pass
def _add_all(values: FloatArray, low: int, total: IntArray) -> None:
    """Add numbers to a row of zeros, and carry."""
    for k in range(values.size):
        add(total, low, values[k], int64(1))
    carry(total)


def as_limbs(number: int) -> IntArray:
    """Return an integer that is not negative in limbs."""
    return np.array([number >> k & MASK for k in range(0, max(1, number.bit_length()), BITS)], dtype=np.int64)


def as_int(row: Any) -> int:
    """Return a row as a Python integer."""
    number = 0
    for limb in reversed(row.tolist()):
        number = (number << BITS) + limb
    return number


def quotient(numerator: int, denominator: int, exponent: int) -> float:
    """Return numerator / denominator · 2**exponent, rounded once; ±inf where it leaves float64."""
    if exponent >= 0:
        numerator <<= exponent
    else:
        denominator <<= -exponent
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf


def enclosed(numerator: int, denominator: int, exponent: int) -> tuple[float, float, float]:
    """Return (nearest, below, above): numerator / denominator · 2**exponent, and the floats that hold it between them.

    All three are the same where that is a float.
    """
    if exponent >= 0:
        numerator <<= exponent
    else:
        denominator <<= -exponent
    nearest = quotient(numerator, denominator, 0)
    if math.isinf(nearest):
        return nearest, nearest, nearest
    over, under = nearest.as_integer_ratio()
    excess = over * denominator - numerator * under
    below = nearest if excess <= 0 else math.nextafter(nearest, -math.inf)
    return nearest, below, nearest if excess >= 0 else math.nextafter(nearest, math.inf)
