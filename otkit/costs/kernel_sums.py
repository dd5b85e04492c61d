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

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.costs.pairs import ROWS, TILE, PointPairs, panel, panel_height
from otkit.costs.sweeps import row_step, share_pairs
from otkit.numerics.jit import njit, read_only
from otkit.numerics.sums import accurate_sum, two_sum

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


def subset_sums(pairs: PointPairs, semimetric: Semimetric, members: BoolArray) -> FloatArray:
    """Return ΣΣ ρ(s_ij) over all pairs of points of each subset; each cost is evaluated once for all subsets.

    Parameters
    ----------
    pairs : PointPairs
        The costs s_ij between n points and the same points.
    semimetric : {"distance", "exponential", "rational"}
        ρ, as in `row_sums`.
    members : array, shape (k, n)
        Which points are in each of k subsets.
    """
    n, kind = pairs.x.shape[0], _KINDS[semimetric]
    blocks = -(-n // ROWS)
    sums = np.empty((blocks, len(members)))
    share_pairs(
        lambda start, stop: _subset_sums(pairs, kind, _LARGEST[kind], read_only(members), sums, start, stop),
        blocks,
        1,
        f"{semimetric}, subsets",
        pairs,
        n * n * (1 + len(members) // 8),  # eight additions take as long as an evaluation
    )
    return np.array([accurate_sum(column) for column in np.ascontiguousarray(sums.T)])


@njit
def _subset_sums(
    pairs: PointPairs, kind: int, largest: float, members: BoolArray, sums: FloatArray, start: int, stop: int
) -> None:
    buffer, power, added = np.empty((ROWS, TILE)), np.empty(TILE), np.empty(TILE)
    bits, n = power.view(np.int64), members.shape[1]
    for block in range(start, stop):
        top = block * ROWS
        rows = min(ROWS, n - top)
        for b in range(len(members)):
            sums[block, b] = 0.0
        for t in range(0, n, TILE):
            cols = min(TILE, n - t)
            panel(pairs, top, rows, t, cols, buffer, 0, 0)
            for r in range(rows):
                for c in range(cols, TILE):
                    buffer[r, c] = 0.0
                _apply(kind, largest, buffer[r], power, bits)
            for b in range(len(members)):
                for c in range(TILE):
                    added[c] = 0.0
                for r in range(rows):
                    if members[b, top + r]:
                        terms = buffer[r]
                        for c in range(TILE):
                            added[c] += terms[c]
                for c in range(cols):
                    added[c] = added[c] if members[b, t + c] else 0.0
                sums[block, b] += _halved(added)


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
