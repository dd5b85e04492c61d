"""Weighted sums over all pairs of points: what energy distances and kernel means are made of.

Sums are of ρ(x_i, y_j) ≥ 0 for one of the functions below, ρ(x, x) = 0: a distance, or what a kernel lacks of its value
on the diagonal, ρ = k(x, x) − k(x, y). Two measures of equal mass have the same MMD² with −ρ in place of k, and where
the kernel is nearly flat nothing is lost in differences of numbers near 1.

Every row is summed in an order that depends on nothing but the number of columns: the columns of a tile by halving, the
tiles with their errors. All is made of + − × ÷ √, the exponential included, so the bits are the same on any number of
threads and on every machine.

Errors, in units of u = 2⁻⁵³, relative to each term: for points in d dimensions a difference has 1, its square 3, the
sum of squares d + 2, a sum of absolute differences d; a root has no more; the scale of a kernel (rounded) adds 4;
s/(1 + s) and 1 − e^{-s} grow no faster than s and add 2 and 5; the weight of the column adds 1, the halving 8, the
sum of the tiles 2. `ROUNDINGS` + d covers them all.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from otkit._jit import njit, read_only
from otkit._sums import two_sum
from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import ROWS, TILE, PointPairs, panel, panel_height
from otkit.costs.sweeps import row_step, worthwhile_threads
from otkit.costs.threads import share

ROUNDINGS = 24

Semimetric: TypeAlias = Literal["distance", "exponential", "rational"]
_DISTANCE, _EXPONENTIAL, _RATIONAL = range(3)
_KINDS: dict[Semimetric, int] = {"distance": _DISTANCE, "exponential": _EXPONENTIAL, "rational": _RATIONAL}

# 1 − e^{-s} and s/(1 + s) are 1 in float64 beyond these.
_LARGEST = {_DISTANCE: np.inf, _EXPONENTIAL: 64.0, _RATIONAL: 2.0**1000}

# e^{-s} = 2^{-k} e^r with s = k log 2 − r. Adding _ROUNDER rounds to an integer and leaves it in the last bits; the
# first part of log 2 has so few bits that its products with k are exact (Cody & Waite). Taylor's series of
# (e^r − 1 − r)/r² ends where the rest is below 2⁻⁵⁶ of e^r − 1, for |r| ≤ 0.35.
_LOG2_E = 1.4426950408889634
_LOG2_HIGH = 0.6931471803691238
_LOG2_LOW = 1.9082149292705877e-10
_ROUNDER = 1.5 * 2.0**52
_ONE = 1023 << 52  # the bits of 1.0
_C2, _C3, _C4, _C5, _C6, _C7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_C8, _C9, _C10, _C11, _C12, _C13 = (1 / n for n in (40320, 362880, 3628800, 39916800, 479001600, 6227020800))


def row_sums(pairs: PointPairs, semimetric: Semimetric, weights: FloatArray, above: bool = False) -> FloatArray:
    """Return Σ_j ρ(s_ij) weights_j for each row i, s_ij being the cost of the pair.

    Parameters
    ----------
    pairs : PointPairs
        The costs s_ij.
    semimetric : {"distance", "exponential", "rational"}
        ρ(s) = s, 1 − e^{-s} or s/(1 + s).
    weights : array
        One non-negative number for each column.
    above : bool
        Whether to sum over j > i alone, where rows and columns are the same points.
    """
    n, kind, height = pairs.x.shape[0], _KINDS[semimetric], panel_height(pairs)
    sums = np.empty(n)
    share(
        lambda start, stop: _row_sums(
            pairs, height, kind, _LARGEST[kind], read_only(weights), above, sums, start, stop
        ),
        n,
        row_step(pairs, n),
        worthwhile_threads(pairs, n * weights.size),
    )
    return sums


@njit
def _row_sums(
    pairs: PointPairs,
    height: int,
    kind: int,
    largest: float,
    weights: FloatArray,
    above: bool,
    sums: FloatArray,
    start: int,
    stop: int,
) -> None:
    buffer, power = np.empty((height, TILE)), np.empty(TILE)
    bits, errors = power.view(np.int64), np.empty(ROWS)
    for top in range(start, stop, ROWS):
        bottom = min(top + ROWS, stop)
        for i in range(top, bottom):
            sums[i] = errors[i - top] = 0.0
        for t in range(top // TILE * TILE if above else 0, weights.size, TILE):
            masses = weights[t : t + TILE]
            for i in range(top, bottom):
                r = (i - top) % height
                if r == 0:
                    panel(pairs, i, min(height, stop - i), t, masses.size, buffer, 0, 0)
                terms = buffer[r]
                for c in range(masses.size, TILE):
                    terms[c] = 0.0
                if kind == _EXPONENTIAL:
                    _exponential(terms, largest, power, bits)
                elif kind == _RATIONAL:
                    for c in range(TILE):
                        s = min(terms[c], largest)
                        terms[c] = s / (1.0 + s)
                for c in range(masses.size):
                    terms[c] *= masses[c]
                if above:
                    for c in range(min(i + 1 - t, TILE)):
                        terms[c] = 0.0
                sums[i], error = two_sum(sums[i], _halved(terms))
                errors[i - top] += error
        for i in range(top, bottom):
            sums[i] += errors[i - top]


@njit
def _exponential(s: FloatArray, largest: float, power: FloatArray, bits: IntArray) -> None:
    """Replace each s by 1 − e^{-s} = (1 − 2^{-k}) − 2^{-k} (e^r − 1); `bits` are those of `power`."""
    for c in range(TILE):
        s[c] = min(s[c], largest)
        power[c] = s[c] * _LOG2_E + _ROUNDER
    for c in range(TILE):
        bits[c] = _ONE - (bits[c] << 52)
    for c in range(TILE):
        k = (s[c] * _LOG2_E + _ROUNDER) - _ROUNDER
        r = (k * _LOG2_HIGH - s[c]) + k * _LOG2_LOW
        tail = _C8 + r * (_C9 + r * (_C10 + r * (_C11 + r * (_C12 + r * _C13))))
        tail = _C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * (_C6 + r * (_C7 + r * tail)))))
        s[c] = (1.0 - power[c]) - power[c] * (r + r * r * tail)


@njit
def _halved(terms: FloatArray) -> float:
    """Return the sum of TILE terms, by halves: elementwise steps vectorise where a running sum does not."""
    half = TILE
    while half > 1:
        half //= 2
        lower, upper = terms[:half], terms[half : 2 * half]
        for c in range(half):
            lower[c] += upper[c]
    return terms[0]
