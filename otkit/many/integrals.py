"""Integrals over the line: what the distance of two sorted samples is, in one pass over both.

W_p^p = ∫ |F⁻¹(t) − G⁻¹(t)|^p dt over 0 < t < 1, for p ≥ 1 (Peyré & Cuturi, *Computational Optimal Transport*, remark
2.30). The integrand changes where t passes a level F_k = (w_1 + … + w_k)/Σw of either sample. Bounds of its errors,
with u = 2⁻⁵³:

* *Levels* are rounded: they are off by u at most. With F⁻¹(t) = x_1 + Σ_k (x_{k+1} − x_k)[t > F_k], moving the level
  F_k by u changes the integral by no more than u · max_y ||x_{k+1} − y|^p − |x_k − y|^p|, which is no more than
  u · p D^{p−1} (x_{k+1} − x_k), where D is the widest distance; all levels of both sides together by
  u · p D^{p−1} (R + S), R and S being their ranges.
* *Terms* (t' − t) |x − y|^p have two roundings beside those of the power, and p roundings of the difference in it.
* *Sums* are compensated: their errors are known but for a second rounding, which counts as it does in `error_bounds`.

Between samples of the same size without weights, whose levels are the same, the integral is the mean of |x_k − y_k|^p.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.checker.error_bounds import OUTWARD, Enclosure
from otkit.costs.pairs import power
from otkit.numerics import double_double as dd
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.jit import int64, njit
from otkit.numerics.sums import two_sum

# Terms whose sum is taken pairwise, in vectors.
WIDTH = 512


@njit
def write_levels(weights: FloatArray, levels: FloatArray) -> None:
    """Write the sums of the first weights, as shares of all of them, each rounded once."""
    rests = np.empty(weights.size)  # of the sums, below their last digit
    total = (0.0, 0.0)
    for k in range(weights.size):
        total = dd.add(total, (weights[k], 0.0))
        levels[k], rests[k] = total
    inverse = dd.divide((1.0, 0.0), total)
    for k in range(weights.size):
        levels[k] = min(1.0, dd.multiply((levels[k], rests[k]), inverse)[0])
    levels[-1] = 1.0


@njit
def mean_power(x: FloatArray, y: FloatArray, p: float, terms: FloatArray) -> float:
    """Return the mean of |x − y|^p, no more than 16 roundings beside those of its terms."""
    total = errors = 0.0
    for start in range(0, x.size, terms.size):
        u, v = x[start : start + terms.size], y[start : start + terms.size]
        half = 1
        while 2 * half < u.size:
            half *= 2
        for k in range(u.size, 2 * half):
            terms[k] = 0.0
        if p == 1.0:
            for k in range(u.size):
                terms[k] = abs(u[k] - v[k])
        elif p == 2.0:
            for k in range(u.size):
                terms[k] = (u[k] - v[k]) * (u[k] - v[k])
        else:
            for k in range(u.size):
                terms[k] = power(abs(u[k] - v[k]), p)
        while half > 0:  # elementwise steps vectorise where a running sum does not
            lower, upper = terms[:half], terms[half : 2 * half]
            for k in range(half):
                lower[k] += upper[k]
            half //= 2
        total, error = two_sum(total, terms[0])
        errors += error
    return (total + errors) / x.size


@njit
def equal_shares(x: FloatArray, y: FloatArray, p: float, roundings: float) -> tuple[float, float]:
    """Return ∫ |F⁻¹ − G⁻¹|^p between samples without weights, whose levels are integers, and a bound of its error."""
    n, m = x.size, y.size
    i, j, level = int64(0), int64(0), int64(0)
    total = errors = lost = 0.0
    while i < n:
        reached = min((i + 1) * m, (j + 1) * n)
        total, error = two_sum(total, (reached - level) * power(abs(x[i] - y[j]), p))
        errors += error
        lost += abs(error)
        level = reached
        step = (i + 1) * m == level
        j += (j + 1) * n == level
        i += step
    pairs, count = float(n) * float(m), float(n + m)
    doubt = 0.5 * EPS * (roundings + 5.0) * total + EPS * count * lost + (8.0 * LEAST * count if p != 1.0 else 0.0)
    return (total + errors) / pairs, doubt / pairs


@njit
def quantile_integral(
    x: FloatArray, y: FloatArray, x_levels: FloatArray, y_levels: FloatArray, p: float, roundings: float
) -> Enclosure:
    """Enclose ∫ |F⁻¹ − G⁻¹|^p from the sorted atoms of both sides and their levels, the last of which are 1.

    Levels before the last may have been rounded to 1, too: then one side ends before the other, and no mass is left.
    """
    total = errors = lost = level = 0.0
    i = j = 0
    while i < x.size and j < y.size:
        before, level = level, min(x_levels[i], y_levels[j])
        total, error = two_sum(total, (level - before) * power(abs(x[i] - y[j]), p))
        errors += error
        lost += abs(error)
        step = x_levels[i] <= level
        j += y_levels[j] <= level
        i += step
    width = max(x[-1], y[-1]) - min(x[0], y[0])
    ranges = (x[-1] - x[0]) + (y[-1] - y[0])
    moved = p * ranges * (1.0 if p == 1.0 else width ** (p - 1.0))
    count = x.size + y.size
    doubt = 0.5 * EPS * ((roundings + 2.0) * total + moved) + EPS * count * lost + 8.0 * LEAST * count
    return total, errors, OUTWARD * OUTWARD * doubt
