"""Discrete divergences summed, compiled, to nearly full accuracy however close the two measures are.

With totals P = Σp and Q = Σq, and a = p Q and b = q P bin by bin, the divergence is Σ b f(a/b) / (P Q). Nothing is
divided by its total first, since rounding p/P would already drown a difference of 1e-16. The difference d = a − b is
taken in double-double arithmetic, and each term is written as that of f(u) − f′(1)(u − 1), which has the same sum as
Σ d = 0 but is never negative, and of second order in

    z = d / (a + b) = (u − 1)/(u + 1),    u = a/b,

so that a sum over bins cannot cancel. Logarithms are log u = 2 atanh z by the series for u near 1, and otherwise the
same of the mantissas: + − × ÷ √ alone, hence vectorised by the compiler, and the same bits on every machine. (The
α-divergences call the mathematical library.)
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.double_double import add
from otkit.numerics.jit import njit, njit_pass
from otkit.numerics.sums import two_product, two_sum

# Reverse KL and Neyman's χ² are KL and Pearson's with p and q exchanged, and so is α > ½ as 1 − α.
KINDS = ("kl", "jeffreys", "js", "tv", "hellinger", "chi2", "alpha")
_KL, _JEFFREYS, _JS, _TV, _HELLINGER, _CHI2 = range(6)

# Bounds on the relative error of a term, in units of 2**-53, by counting roundings. A formula for all of (0, ∞) takes
# some 20; where another one takes over, beyond u = √2, it cancels as far as 1/12 (KL) or 1/180 (JS) there.
# α-divergences call exp(t) with |t| ≤ 1500, whose relative error is that of t.
ROUNDINGS = dict(zip(KINDS, (96, 32, 320, 16, 32, 24, 8000), strict=True))

BLOCK = 8192  # bins that are summed in one go, by one thread; the bits of a sum depend on it
_CHUNK = 256  # bins at a time, whose terms stay in the nearest cache

_MANTISSA, _EXPONENT_OF_ONE, _EXPONENT_OF_2_52 = 0x000FFFFFFFFFFFFF, 0x3FF0000000000000, 0x4330000000000000
_TINY = 2.0**-1000  # below any sum a + b but zero
_SQRT_2 = 1.4142135623730951
# log 2 in two parts, the first with so many trailing zeros that its product by an exponent is exact (fdlibm).
_LOG_2_HIGH, _LOG_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@njit_pass
def total(rows: FloatArray, found: FloatArray, start: int, stop: int) -> None:
    """Write, for rows start … stop − 1, the sum in double-double, the least value and the least positive one."""
    lanes = min(_CHUNK, rows.shape[1])
    high, low, least, positive = np.empty(lanes), np.empty(lanes), np.empty(lanes), np.empty(lanes)
    for row in range(start, stop):
        values = rows[row]
        result = (0.0, 0.0)
        least[:] = np.inf
        positive[:] = np.inf
        for begin in range(0, values.size, BLOCK):
            high[:] = 0.0
            low[:] = 0.0
            end = min(values.size, begin + BLOCK)
            for first in range(begin, end, _CHUNK):
                chunk = values[first : min(end, first + _CHUNK)]
                _accumulate(chunk, high, low)
                _lower(chunk, least, positive)
            result = add(result, _across(high, low))
        found[row, 0], found[row, 1] = result
        found[row, 2], found[row, 3] = least.min(), positive.min()


@njit
def _lower(values: FloatArray, least: FloatArray, positive: FloatArray) -> None:
    """Lower the least values, and the least positive ones, to `values`, entry by entry."""
    for k in range(values.size):
        value = values[k]
        least[k] = value if value < least[k] else least[k]
        value = value if value > 0.0 else np.inf
        positive[k] = value if value < positive[k] else positive[k]


@njit
def _accumulate(values: FloatArray, high: FloatArray, low: FloatArray) -> None:
    """Add `values` to as many sums, entry by entry, each with the sum of its rounding errors."""
    for k in range(values.size):
        high[k], error = two_sum(high[k], values[k])
        low[k] += error


@njit
def _across(high: FloatArray, low: FloatArray) -> tuple[float, float]:
    """Return the sum of these sums, in double-double."""
    total_high = 0.0
    total_low = 0.0
    for k in range(high.size):
        total_high, error = two_sum(total_high, high[k])
        total_low += error + low[k]
    return two_sum(total_high, total_low)


@njit_pass
def sum_blocks(
    kind: int,
    alpha: float,
    p: FloatArray,
    q: FloatArray,
    totals_p: FloatArray,
    totals_q: FloatArray,
    pairs: IntArray,
    sums: FloatArray,
    start: int,
    stop: int,
) -> None:
    """Write the sums over blocks start … stop − 1, counted through all pairs of rows, as high and low parts.

    Totals have high and low part in each row, `pairs` the two rows of each pair; `sums` is (pairs, blocks, 2).
    """
    blocks = sums.shape[1]
    lanes = min(_CHUNK, p.shape[1])
    terms, high, low = np.empty(lanes), np.empty(lanes), np.empty(lanes)
    for item in range(start, stop):
        pair, block = item // blocks, item % blocks
        i, j = pairs[pair, 0], pairs[pair, 1]
        high[:] = 0.0
        low[:] = 0.0
        last = min(p.shape[1], (block + 1) * BLOCK)
        for first in range(block * BLOCK, last, _CHUNK):
            end = min(last, first + _CHUNK)
            _fill(kind, alpha, p[i, first:end], q[j, first:end], totals_p[i], totals_q[j], terms)
            _accumulate(terms[: end - first], high, low)
        sums[pair, block, 0], sums[pair, block, 1] = _across(high, low)


@njit_pass
def add_blocks(sums: FloatArray, out: FloatArray) -> None:
    """Write the sum of each pair; terms are never negative, so that what is not finite is ∞."""
    for pair in range(sums.shape[0]):
        result = (0.0, 0.0)
        for block in range(sums.shape[1]):
            result = add(result, (sums[pair, block, 0], sums[pair, block, 1]))
        out[pair] = result[0] if result[0] < np.inf else np.inf


@njit
def _fill(
    kind: int,
    alpha: float,
    p: FloatArray,
    q: FloatArray,
    total_p: FloatArray,
    total_q: FloatArray,
    terms: FloatArray,
) -> None:
    """Write the terms of a few bins."""
    p_high, p_low, q_high, q_low = total_p[0], total_p[1], total_q[0], total_q[1]
    unit = (1.0 / p_high) / q_high
    for k in range(p.size):
        terms[k] = _difference(p[k], q[k], p_high, p_low, q_high, q_low)
    if kind == _KL:
        _kl(p, q, p_high, q_high, unit, terms)
    elif kind == _JEFFREYS:
        _jeffreys(p, q, p_high, q_high, unit, terms)
    elif kind == _JS:
        _js(p, q, p_high, q_high, unit, terms)
    elif kind == _TV:
        for k in range(p.size):
            terms[k] = unit * (0.5 * abs(terms[k]))
    elif kind == _HELLINGER:  # (√a − √b)² = (d/(√a + √b))²
        for k in range(p.size):
            roots = math.sqrt(p[k] * q_high) + math.sqrt(q[k] * p_high)
            root = terms[k] / roots
            terms[k] = unit * (root * root) if roots > 0.0 else 0.0
    elif kind == _CHI2:
        for k in range(p.size):
            d, b = terms[k], q[k] * p_high
            terms[k] = (unit * d) * (d / b) if d != 0.0 else 0.0
    else:
        for k in range(p.size):
            terms[k] = _alpha(p[k] * q_high, q[k] * p_high, terms[k], alpha, unit)


# The three below are plain loops that choose between two results already computed, so that the compiler makes vectors
# of them. Where a is zero, its "exponent" is −1023, so that a log(a/b) is zero and no case of its own; nor is
# a = b = 0, where the exponents agree.


@njit
def _kl(p: FloatArray, q: FloatArray, p_high: float, q_high: float, unit: float, terms: FloatArray) -> None:
    """Replace each d by a log(a/b) − d."""
    for k in range(p.size):
        a, b, d = p[k] * q_high, q[k] * p_high, terms[k]
        t, exponent = _quotient(a, b)
        far = a * _logarithm(t, exponent) - d
        far = far if b > 0.0 else np.inf
        z = d / (a + b + _TINY)
        near = (a + b) * (z * z) * (1.0 + z * (1.0 + z) * _beyond(z * z))
        terms[k] = unit * (near if exponent == 0.0 else far)


@njit
def _jeffreys(p: FloatArray, q: FloatArray, p_high: float, q_high: float, unit: float, terms: FloatArray) -> None:
    """Replace each d by d log(a/b)."""
    for k in range(p.size):
        a, b, d = p[k] * q_high, q[k] * p_high, terms[k]
        t, exponent = _quotient(a, b)
        far = d * _logarithm(t, exponent)
        far = far if (a > 0.0) & (b > 0.0) else np.inf
        z = d / (a + b + _TINY)
        near = 2.0 * (a + b) * (z * z) * (1.0 + (z * z) * _beyond(z * z))
        terms[k] = unit * (near if exponent == 0.0 else far)


@njit
def _js(p: FloatArray, q: FloatArray, p_high: float, q_high: float, unit: float, terms: FloatArray) -> None:
    """Replace each d by ½ a log(2a/(a + b)) + ½ b log(2b/(a + b))."""
    for k in range(p.size):
        a, b, d = p[k] * q_high, q[k] * p_high, terms[k]
        _, exponent = _quotient(a, b)
        t_a, exponent_a = _quotient(2.0 * a, a + b)
        t_b, exponent_b = _quotient(2.0 * b, a + b)
        far = a * _logarithm(t_a, exponent_a) + b * _logarithm(t_b, exponent_b)
        z = d / (a + b + _TINY)
        near = (a + b) * (z * z) * _even(z * z)
        terms[k] = unit * (0.5 * (near if exponent == 0.0 else far))


@njit
def _difference(p: float, q: float, p_high: float, p_low: float, q_high: float, q_low: float) -> float:
    """Return p Q − q P; the error is one rounding of it and a few 2**-106 of the products."""
    a, a_low = two_product(p, q_high)
    b, b_low = two_product(q, p_high)
    d, d_low = two_sum(a, -b)
    return d + (d_low + ((a_low + p * q_low) - (b_low + q * p_low)))


@njit
def _quotient(a: float, b: float) -> tuple[float, float]:
    """Return (t, e) with log(a/b) = 2 atanh t + e log 2, |t| ≤ 3 − 2√2, of positive normal a and b."""
    bits_a, bits_b = np.float64(a).view(np.int64), np.float64(b).view(np.int64)
    x = np.int64((bits_a & _MANTISSA) | _EXPONENT_OF_ONE).view(np.float64)
    y = np.int64((bits_b & _MANTISSA) | _EXPONENT_OF_ONE).view(np.float64)
    # An integer below 2**52 put into the mantissa of 2**52 is a float without conversion, and so vectorises everywhere.
    exponent_a = np.int64((bits_a >> 52) | _EXPONENT_OF_2_52).view(np.float64)
    exponent_b = np.int64((bits_b >> 52) | _EXPONENT_OF_2_52).view(np.float64)
    exponent = exponent_a - exponent_b
    above, below = x > _SQRT_2 * y, y > _SQRT_2 * x
    y = 2.0 * y if above else y
    x = 2.0 * x if below else x
    exponent = exponent + 1.0 if above else exponent
    exponent = exponent - 1.0 if below else exponent
    return (x - y) / (x + y), exponent


@njit
def _logarithm(t: float, exponent: float) -> float:
    """Return 2 atanh t + e log 2."""
    return exponent * _LOG_2_HIGH + (2.0 * (t + t * (t * t) * _beyond(t * t)) + exponent * _LOG_2_LOW)


@njit
def _alpha(a: float, b: float, d: float, alpha: float, unit: float) -> float:
    """Return (a^α b^(1−α) − α a − (1 − α) b)/(α(α − 1)) · unit for α ≤ ½, α ≠ 0."""
    if b == 0.0:
        return unit * a / (1.0 - alpha)
    if a == 0.0:
        return unit * b / alpha if alpha > 0.0 else np.inf
    delta = d / b
    if abs(delta) * (1.0 + abs(alpha)) < 0.3:  # the binomial series, from its second term on
        term = 0.5 * delta * delta
        value = 0.0
        k = 2.0
        while abs(term) > 1e-17 * value:
            value += term
            term *= (alpha - k) * delta / (k + 1.0)
            k += 1.0
        return unit * b * value
    t, exponent = _quotient(a, b)
    power = alpha * (2.0 * math.atanh(d / (a + b)) if exponent == 0.0 else _logarithm(t, exponent))
    if abs(power) < 600.0:
        scaled = unit * b * math.expm1(power)
    else:  # halves, since the exponential itself may leave float64
        half = np.exp(0.5 * power)
        scaled = unit * b * half * half - unit * b
    return (scaled / alpha - unit * d) / (alpha - 1.0)


@njit
def _beyond(w: float) -> float:
    """Return (atanh t − t)/t³ = Σ w^k/(2k + 3) at w = t² ≤ (3 − 2√2)²; what is left out is below 2**-60 of it."""
    value = 1.0 / 25.0
    value = value * w + 1.0 / 23.0
    value = value * w + 1.0 / 21.0
    value = value * w + 1.0 / 19.0
    value = value * w + 1.0 / 17.0
    value = value * w + 1.0 / 15.0
    value = value * w + 1.0 / 13.0
    value = value * w + 1.0 / 11.0
    value = value * w + 1.0 / 9.0
    value = value * w + 1.0 / 7.0
    value = value * w + 1.0 / 5.0
    return value * w + 1.0 / 3.0


@njit
def _even(w: float) -> float:
    """Return (z atanh z + ½ log(1 − z²))/z² = Σ w^k/((2k + 1)(2k + 2)) at w = z² ≤ (3 − 2√2)², as far."""
    value = 1.0 / 552.0
    value = value * w + 1.0 / 462.0
    value = value * w + 1.0 / 380.0
    value = value * w + 1.0 / 306.0
    value = value * w + 1.0 / 240.0
    value = value * w + 1.0 / 182.0
    value = value * w + 1.0 / 132.0
    value = value * w + 1.0 / 90.0
    value = value * w + 1.0 / 56.0
    value = value * w + 1.0 / 30.0
    value = value * w + 1.0 / 12.0
    return value * w + 1.0 / 2.0
