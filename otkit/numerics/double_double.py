"""Double-double arithmetic: an unevaluated sum of two floats carries about 106 bits.

Long alternating sums of costs (potentials along a chain of a million arcs) and comparisons of cumulative masses lose
one bit in every few steps when they are carried in float64. Here they lose nothing that a float64 result could show.

A number is a pair ``(high, low)`` with ``high == fl(high + low)``. The algorithms are those of
M. Joldes, J.-M. Muller, V. Popescu, *Tight and rigorous error bounds for basic building blocks of double-word
arithmetic*, ACM TOMS 44 (2017), whose relative error bounds are quoted at each function.
"""

from __future__ import annotations

from typing import TypeAlias

from otkit.numerics.jit import njit
from otkit.numerics.sums import two_product, two_sum

DoubleDouble: TypeAlias = tuple[float, float]


@njit
def add(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """Return ``a + b``; relative error at most 3 · 2**-106 (AccurateDWPlusDW)."""
    high, low = two_sum(a[0], b[0])
    t_high, t_low = two_sum(a[1], b[1])
    low += t_high
    total = high + low
    low = (low - (total - high)) + t_low
    result = total + low
    return result, low - (result - total)


@njit
def subtract(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """Return ``a - b``; relative error at most 3 · 2**-106."""
    return add(a, (-b[0], -b[1]))


@njit
def multiply(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """Return ``a * b``; relative error at most 7 · 2**-106 (DWTimesDW1)."""
    high, low = two_product(a[0], b[0])
    low += a[0] * b[1] + a[1] * b[0]
    result = high + low
    return result, low - (result - high)


@njit
def divide(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """Return ``a / b``; relative error at most 15 · 2**-106 (DWDivDW2)."""
    quotient = a[0] / b[0]
    product = multiply(b, (quotient, 0.0))
    correction = ((a[0] - product[0]) + (a[1] - product[1])) / b[0]
    result = quotient + correction
    return result, correction - (result - quotient)
