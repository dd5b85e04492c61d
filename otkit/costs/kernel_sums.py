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

import math
from typing import Literal, TypeAlias

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.costs.pairs import ROWS, TILE, PointPairs, panel, panel_height
from otkit.costs.sweeps import row_step, share_pairs
from otkit.numerics.jit import njit, read_only
from otkit.numerics.sums import two_sum
from otkit.numerics.threads import pause

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

# Rows whose values are there at a time; up to so many points they stay: half of their square, 64 MiB.
_BAND, _KEPT = 256, 4096


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
    share_pairs(
        lambda start, stop: _row_sums(
            pairs, height, kind, _LARGEST[kind], read_only(weights), above, sums, start, stop
        ),
        n,
        row_step(pairs, n),
        semimetric,
        pairs,
        n * weights.size,
    )
    return sums


class SubsetSums:
    """ΣΣ ρ(s_ij) over all pairs of points of subsets, for many subsets of the same points.

    With z the indicator of a subset the sum is zᵀ R z: a product of R with the matrix of many z. R is rounded to
    multiples of a `unit` so coarse that all sums of it are whole numbers below 2⁵³ units, and their totals below 2⁶³:
    then there is no rounding left, whatever the order in which a library adds them up, and on any number of threads.

    Parameters
    ----------
    pairs : PointPairs
        The costs s_ij between n points and the same points.
    semimetric : {"distance", "exponential", "rational"}
        ρ, as in `row_sums`.

    Attributes
    ----------
    unit : float
        Each ρ(s_ij) is off by half of it at most: of the largest one, 2⁻⁴² at n = 1000, 2⁻³⁴ at 10,000.
    """

    def __init__(self, pairs: PointPairs, semimetric: Semimetric) -> None:
        self._pairs, self._semimetric, self._size = pairs, semimetric, pairs.x.shape[0]
        keep, largest = self._size <= _KEPT, 0.0
        self._kept: dict[int, FloatArray] = {}
        for top in range(0, self._size, _BAND):
            values = self._values(top)
            largest = max(largest, float(values.max()))
            if keep:
                self._kept[top] = values
        bits = (self._size - 1).bit_length()
        self._exponent = math.frexp(largest)[1] - min(62 - 2 * bits, 52 - bits)
        self.unit = math.ldexp(1.0, self._exponent)
        for values in self._kept.values():
            self._round(values)

    def of(self, members: BoolArray) -> FloatArray:
        """Return the sums over each of k subsets, `members` of shape (k, n) saying which points are in them."""
        indicators = np.ascontiguousarray(members.T, dtype=np.float64)
        chosen = np.ascontiguousarray(members.T, dtype=np.int64)
        sums = np.zeros(len(members), np.int64)
        for top in range(0, self._size, _BAND):
            pause()
            values = self._kept.get(top)
            if values is None:
                values = self._values(top)
                self._round(values)
            rows = (values @ indicators[top:]).astype(np.int64)
            sums += (rows * chosen[top : top + _BAND]).sum(axis=0)
        return np.ldexp(sums.astype(np.float64), self._exponent)

    def _round(self, values: FloatArray) -> None:
        """Round values in place to whole units; beyond the diagonal block a pair (i, j) stands for (j, i), too."""
        np.ldexp(values, -self._exponent, out=values)
        np.rint(values, out=values)
        values[:, _BAND:] *= 2.0

    def _values(self, top: int) -> FloatArray:
        """Return ρ of a band of rows, for the columns from the first of these rows on."""
        rows = min(_BAND, self._size - top)
        values = np.empty((rows, self._size - top))
        kind = _KINDS[self._semimetric]
        share_pairs(
            lambda start, stop: _write_values(self._pairs, kind, _LARGEST[kind], top, values, start, stop),
            rows,
            ROWS,
            f"{self._semimetric}, values",
            self._pairs,
            values.size,
        )
        return values


@njit
def _write_values(
    pairs: PointPairs, kind: int, largest: float, top: int, values: FloatArray, start: int, stop: int
) -> None:
    buffer, power = np.zeros((ROWS, TILE)), np.empty(TILE)
    bits, width = power.view(np.int64), values.shape[1]
    for first in range(start, stop, ROWS):
        rows = min(ROWS, stop - first)
        for t in range(0, width, TILE):
            cols = min(TILE, width - t)
            panel(pairs, top + first, rows, top + t, cols, buffer, 0, 0)
            for r in range(rows):
                _apply(kind, largest, buffer[r], power, bits)
                values[first + r, t : t + cols] = buffer[r, :cols]


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
                _apply(kind, largest, terms, power, bits)
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
def _apply(kind: int, largest: float, terms: FloatArray, power: FloatArray, bits: IntArray) -> None:
    """Replace TILE costs s by ρ(s)."""
    if kind == _EXPONENTIAL:
        _exponential(terms, largest, power, bits)
    elif kind == _RATIONAL:
        for c in range(TILE):
            s = min(terms[c], largest)
            terms[c] = s / (1.0 + s)


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
