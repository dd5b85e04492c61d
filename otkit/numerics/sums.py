"""Sums and dot products as accurate as if they were computed in twice the working precision.

The values that leave otkit are sums of many terms, often with cancellation (a dual value is the difference of two large
sums). Ogita, Rump & Oishi, *Accurate Sum and Dot Product*, SIAM J. Sci. Comput. 26 (2005): the error of Sum2 and Dot2
is one rounding of the result plus n² u² Σ|terms|. The order is fixed, so the bits do not depend on threads.
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray
from otkit.numerics.jit import njit, njit_pass

_SPLITTER = 134217729.0  # 2**27 + 1: Veltkamp's constant for 53-bit significands


@njit
def two_sum(a: float, b: float) -> tuple[float, float]:
    """Return the rounded sum of a and b and its exact error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@njit
def two_product(a: float, b: float) -> tuple[float, float]:
    """Return the rounded product of a and b and its exact error (Dekker), barring over- and underflow."""
    p = a * b
    t = _SPLITTER * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = _SPLITTER * b
    b_high = t - (t - b)
    b_low = b - b_high
    return p, a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low)


@njit_pass
def sum2(values: FloatArray) -> float:
    """Return Σ values, correctly rounded in all but contrived cases."""
    total = 0.0
    error = 0.0
    for k in range(values.size):
        total, e = two_sum(total, values[k])
        error += e
    return total + error


@njit_pass
def _dot2(a: FloatArray, b: FloatArray) -> float:
    total = 0.0
    error = 0.0
    for k in range(a.size):
        p, e = two_product(a[k], b[k])
        total, s = two_sum(total, p)
        error += e + s
    return total + error


@njit_pass
def _largest(values: FloatArray) -> float:
    largest = 0.0
    for value in values:
        largest = max(largest, abs(value))
    return largest


def accurate_sum(values: FloatArray) -> float:
    """Return Σ values, correctly rounded in all but contrived cases."""
    return float(sum2(values))


def accurate_dot(a: FloatArray, b: FloatArray) -> float:
    """Return Σ a·b, as if computed in twice the working precision; ±inf where the sum leaves float64.

    Both factors are brought near 1 by a power of two first (exact), since the error of a product below 1e-290 or above
    1e290 is no longer a float.
    """
    scale_a, shift_a = _near_one(a)
    scale_b, shift_b = _near_one(b)
    try:
        return math.ldexp(float(_dot2(scale_a, scale_b)), shift_a + shift_b)
    except OverflowError:
        return math.copysign(math.inf, float(_dot2(scale_a, scale_b)))


def _near_one(values: FloatArray) -> tuple[FloatArray, int]:
    """Return values·2^-k and k, with k = 0 unless the largest magnitude is far from 1."""
    largest = float(_largest(values))
    if 2.0**-300 < largest < 2.0**300 or largest == 0.0:
        return values, 0
    shift = math.frexp(largest)[1]
    return np.ldexp(values, -shift), shift
