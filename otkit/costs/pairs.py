"""What a kernel sees of a cost: a named tuple of arrays, and `panel` and `pair`, which evaluate it.

Every kernel of otkit that needs costs is written once against these two functions and specialised by Numba for the type
of the named tuple. Both are plain Python functions as well, so that kernels run with ``NUMBA_DISABLE_JIT=1``.

One cost is always computed by the same sequence of IEEE 754 operations, a sum over coordinates from the first to the
last, whichever function asks for it and whatever else is computed beside it: a panel, a pair, a dense matrix and any
number of threads give the same bits. Nothing here is contracted to fused multiply-adds, so plain Python gives them too.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import njit, overload, read_only

# The base functions of a pair of points, before the exponent and the scale.
SUM_SQUARES, SUM_ABS, MAX_ABS, SUM_CUBES, SUM_POWERS, HALF_ANGLE = range(6)

# Exponents that are made of products and square roots; any other calls the C library's pow.
IEEE_EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0)

TILE = 256  # columns of a tile: long enough for SIMD, short enough to stay in the first-level cache
ROWS = 32  # rows of a panel: each part of y that is in the first-level cache serves so many rows
_STEP = 8  # coordinates added to a tile at a time: eight tiles of y fit in the first-level cache beside the sums


Array = TypeVar("Array", bound=np.ndarray)


class PointPairs(NamedTuple):
    """Costs between points: ``scale * base(x_i, y_j) ** exponent``.

    Attributes
    ----------
    kind : int
        Which base; the constants above.
    order : float
        Of the Minkowski distance; elsewhere without meaning.
    scale, exponent : float
    x, y : ndarray, shapes (n, d) and (d, m)
        Both C-contiguous and read-only: neighbouring columns are neighbours in memory.
    """

    kind: int
    order: float
    scale: float
    exponent: float
    x: FloatArray
    y: FloatArray


class SquaresPairs(PointPairs):
    """The same for `SUM_SQUARES`: a type of its own, so that who needs Euclidean distances alone compiles no others."""

    __slots__ = ()


class MatrixPairs(NamedTuple):
    """Costs given as a matrix.

    Attributes
    ----------
    matrix : ndarray, shape (n, m)
        Of float64 or float32, in any memory order, read-only.
    """

    matrix: Any


class SparsePairs(NamedTuple):
    """Costs of listed arcs alone, any other pair being infinitely dear: rows in CSR form, int64 and float64, read-only.

    Of the functions below `pair` alone takes it: what visits every pair is not for sparse costs.

    Attributes
    ----------
    starts : ndarray, shape (n + 1,)
        Row `i` has arcs to ``cols[starts[i]:starts[i + 1]]``.
    cols, costs : ndarray, shape (arcs,)
        The column of each arc, ascending within a row, and its cost.
    """

    starts: IntArray
    cols: IntArray
    costs: FloatArray


def point_pairs(kind: int, order: float, scale: float, exponent: float, x: FloatArray, y: FloatArray) -> PointPairs:
    """Return costs between points, of the type that their kind has."""
    return (SquaresPairs if kind == SUM_SQUARES else PointPairs)(kind, order, scale, exponent, x, y)


def shape(pairs: PointPairs | MatrixPairs) -> tuple[int, int]:
    """Return (n, m)."""
    if isinstance(pairs, MatrixPairs):
        return pairs.matrix.shape
    return pairs.x.shape[0], pairs.y.shape[1]


def transposed(pairs: PointPairs | MatrixPairs) -> PointPairs | MatrixPairs:
    """Return the same costs with rows and columns exchanged."""
    if isinstance(pairs, MatrixPairs):
        return MatrixPairs(pairs.matrix.T)
    x, y = np.ascontiguousarray(pairs.y.T), np.ascontiguousarray(pairs.x.T)
    return pairs._replace(x=read_only(x), y=read_only(y))


def panel_height(pairs: PointPairs | MatrixPairs) -> int:
    """Return how many rows to evaluate together: fewer where all of a tile's y fits in the first-level cache anyway."""
    if isinstance(pairs, MatrixPairs):
        return 1
    return ROWS if pairs.y.shape[0] > 2 * _STEP else _STEP


def panel(
    pairs: PointPairs | MatrixPairs, i0: int, rows: int, j0: int, cols: int, out: FloatArray, r0: int, c0: int
) -> None:
    """Write the costs of `rows` rows from `i0` and `cols` columns from `j0` into `out` (C order) from ``[r0, c0]``.

    Where there are many coordinates, several rows at once are faster: the cache is used better.
    """
    if isinstance(pairs, MatrixPairs):
        _matrix_panel(pairs, i0, rows, j0, cols, out, r0, c0)
    elif isinstance(pairs, SquaresPairs):
        _squares_panel(pairs, i0, rows, j0, cols, out, r0, c0)
    else:
        _point_panel(pairs, i0, rows, j0, cols, out, r0, c0)


def pair(pairs: PointPairs | MatrixPairs | SparsePairs, i: int, j: int) -> float:
    """Return the cost of row `i` and column `j`, with the same bits as `panel`."""
    if isinstance(pairs, MatrixPairs):
        return _matrix_pair(pairs, i, j)
    if isinstance(pairs, SparsePairs):
        return _sparse_pair(pairs, i, j)
    if isinstance(pairs, SquaresPairs):
        return _squares_pair(pairs, i, j)
    return _point_pair(pairs, i, j)


def _squares_panel(pairs, i0, rows, j0, cols, out, r0, c0):  # type: ignore[no-untyped-def]
    """Evaluate coordinates _STEP at a time, what is over first."""
    row, j, n, d = np.uint32(i0), np.uint32(j0), np.uint32(cols), np.uint32(pairs.y.shape[0])
    start, stop = np.uint32(0), np.uint32((d - np.uint32(1)) % np.uint32(_STEP) + np.uint32(1))
    at_once = _rooted_at_once(pairs)
    while start < d:
        if stop - start == _STEP:
            _add_eight_squares(pairs, row, rows, start, j, n, out, r0, c0)
        elif d == 2 and at_once:
            _plane_distances(pairs, row, rows, j, n, out, r0, c0)
        else:
            _add_squares(pairs, row, rows, stop, j, n, out, r0, c0)
        start, stop = stop, np.uint32(stop + _STEP)
    if pairs.scale != 1.0 or not (pairs.exponent == 1.0 or at_once):
        for r in range(rows):
            _finish(0.0 if at_once else pairs.exponent, pairs.scale, out[r0 + r, c0 : c0 + n])


def _squares_pair(pairs, i, j):  # type: ignore[no-untyped-def]
    base = 0.0
    for k in range(pairs.y.shape[0]):
        t = pairs.x[i, k] - pairs.y[k, j]
        base += t * t
    return pairs.scale * power(base, pairs.exponent)


def _point_panel(pairs, i0, rows, j0, cols, out, r0, c0):  # type: ignore[no-untyped-def]
    row, j, n, d = np.uint32(i0), np.uint32(j0), np.uint32(cols), np.uint32(pairs.y.shape[0])
    start, stop = np.uint32(0), np.uint32((d - np.uint32(1)) % np.uint32(_STEP) + np.uint32(1))
    while start < d:
        _add_terms(pairs, row, rows, start, stop, j, n, out, r0, c0)
        start, stop = stop, np.uint32(stop + _STEP)
    if pairs.scale != 1.0 or pairs.exponent != 1.0:
        for r in range(rows):
            _finish(pairs.exponent, pairs.scale, out[r0 + r, c0 : c0 + n])


def _point_pair(pairs, i, j):  # type: ignore[no-untyped-def]
    x, y, kind = pairs.x, pairs.y, pairs.kind
    base = 0.0
    if kind == HALF_ANGLE:
        base = half_angle(x[i, 0], x[i, 1], x[i, 2], y[0, j], y[1, j], y[2, j])
    else:
        for k in range(y.shape[0]):
            t = abs(x[i, k] - y[k, j])
            if kind == SUM_ABS:
                base += t
            elif kind == MAX_ABS:
                base = max(base, t)
            elif kind == SUM_CUBES:
                base += t * t * t
            else:
                base += t**pairs.order
    return pairs.scale * power(base, pairs.exponent)


def _matrix_panel(pairs, i0, rows, j0, cols, out, r0, c0):  # type: ignore[no-untyped-def]
    for r in range(rows):
        source, target = pairs.matrix[i0 + r, j0 : j0 + cols], out[r0 + r, c0 : c0 + cols]
        for c in range(cols):
            target[c] = source[c]


def _matrix_pair(pairs, i, j):  # type: ignore[no-untyped-def]
    return np.float64(pairs.matrix[i, j])


def _sparse_pair(pairs, i, j):  # type: ignore[no-untyped-def]
    low, high = pairs.starts[i], pairs.starts[i + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if pairs.cols[middle] < j:
            low = middle + 1
        else:
            high = middle
    return pairs.costs[low] if low < end and pairs.cols[low] == j else np.inf


@overload(panel)
def _compile_panel(pairs, i0, rows, j0, cols, out, r0, c0):  # type: ignore[no-untyped-def]
    kinds = {SquaresPairs: _squares_panel, PointPairs: _point_panel, MatrixPairs: _matrix_panel}
    return kinds[pairs.instance_class]


@overload(pair)
def _compile_pair(pairs, i, j):  # type: ignore[no-untyped-def]
    kinds = {
        SquaresPairs: _squares_pair,
        PointPairs: _point_pair,
        MatrixPairs: _matrix_pair,
        SparsePairs: _sparse_pair,
    }
    return kinds[pairs.instance_class]


@njit
def _rooted_at_once(pairs: SquaresPairs) -> bool:
    """Whether the last squares and the root are taken in one loop: the divider leaves time for both."""
    d = pairs.y.shape[0]
    return pairs.exponent == 0.5 and (d >= _STEP or d == 2)


# Each row of `out` is sliced from the whole, so that Numba knows it to be contiguous. Unsigned 32-bit indices and
# slices of known length spare the wraparound handling that keeps LLVM from vectorising.


@njit
def _plane_distances(
    pairs: SquaresPairs, row: np.uint32, rows: int, j: np.uint32, n: np.uint32, out: FloatArray, r0: int, c0: int
) -> None:
    """Write Euclidean distances in the plane."""
    y0, y1 = pairs.y[0, j : j + n], pairs.y[1, j : j + n]
    for r in range(np.uint32(rows)):
        target, a0, a1 = out[r0 + r, c0 : c0 + n], pairs.x[row + r, 0], pairs.x[row + r, 1]
        for c in range(n):
            t0, t1 = a0 - y0[c], a1 - y1[c]
            target[c] = math.sqrt(t0 * t0 + t1 * t1)


@njit
def _add_eight_squares(
    pairs: SquaresPairs,
    row: np.uint32,
    rows: int,
    k: np.uint32,
    j: np.uint32,
    n: np.uint32,
    out: FloatArray,
    r0: int,
    c0: int,
) -> None:
    """Add to each sum the squares of coordinates ``k … k + 8``, in order; k = 0 begins the sums."""
    x, y = pairs.x, pairs.y
    y0, y1, y2, y3 = y[k, j : j + n], y[k + 1, j : j + n], y[k + 2, j : j + n], y[k + 3, j : j + n]
    y4, y5, y6, y7 = y[k + 4, j : j + n], y[k + 5, j : j + n], y[k + 6, j : j + n], y[k + 7, j : j + n]
    rooted = k + _STEP == y.shape[0] and _rooted_at_once(pairs)
    for r in range(np.uint32(rows)):
        target, i = out[r0 + r, c0 : c0 + n], np.uint32(row + r)
        if k == 0:
            for c in range(n):
                target[c] = 0.0
        a0, a1, a2, a3 = x[i, k], x[i, k + 1], x[i, k + 2], x[i, k + 3]
        a4, a5, a6, a7 = x[i, k + 4], x[i, k + 5], x[i, k + 6], x[i, k + 7]
        for c in range(n):
            t0, t1, t2, t3 = a0 - y0[c], a1 - y1[c], a2 - y2[c], a3 - y3[c]
            t4, t5, t6, t7 = a4 - y4[c], a5 - y5[c], a6 - y6[c], a7 - y7[c]
            s = (((target[c] + t0 * t0) + t1 * t1) + t2 * t2) + t3 * t3
            s = (((s + t4 * t4) + t5 * t5) + t6 * t6) + t7 * t7
            target[c] = math.sqrt(s) if rooted else s


@njit
def _add_squares(
    pairs: SquaresPairs,
    row: np.uint32,
    rows: int,
    d: np.uint32,
    j: np.uint32,
    n: np.uint32,
    out: FloatArray,
    r0: int,
    c0: int,
) -> None:
    """Begin the sums with the squares of the first `d` coordinates, two at a time after an odd one."""
    first = np.uint32(1) if d % np.uint32(2) else np.uint32(2)
    y0, y1 = pairs.y[0, j : j + n], pairs.y[first - np.uint32(1), j : j + n]
    for r in range(np.uint32(rows)):
        target, i = out[r0 + r, c0 : c0 + n], np.uint32(row + r)
        a0, a1 = pairs.x[i, 0], pairs.x[i, first - np.uint32(1)]
        if first == 1:
            for c in range(n):
                t0 = a0 - y0[c]
                target[c] = t0 * t0
        else:
            for c in range(n):
                t0, t1 = a0 - y0[c], a1 - y1[c]
                target[c] = t0 * t0 + t1 * t1
    for k in range(first, d, np.uint32(2)):
        y0, y1 = pairs.y[k, j : j + n], pairs.y[k + 1, j : j + n]
        for r in range(np.uint32(rows)):
            target, i = out[r0 + r, c0 : c0 + n], np.uint32(row + r)
            a0, a1 = pairs.x[i, k], pairs.x[i, k + 1]
            for c in range(n):
                t0, t1 = a0 - y0[c], a1 - y1[c]
                target[c] = (target[c] + t0 * t0) + t1 * t1


@njit
def _add_terms(
    pairs: PointPairs,
    row: np.uint32,
    rows: int,
    start: np.uint32,
    stop: np.uint32,
    j: np.uint32,
    n: np.uint32,
    out: FloatArray,
    r0: int,
    c0: int,
) -> None:
    """Add to each sum the terms of coordinates ``start … stop`` of a base that is no sum of squares."""
    kind = pairs.kind
    for r in range(np.uint32(rows)):
        target, i = out[r0 + r, c0 : c0 + n], np.uint32(row + r)
        if start == 0:
            for c in range(n):
                target[c] = 0.0
        for k in range(start, stop):
            a, column = pairs.x[i, k], pairs.y[k, j : j + n]
            if kind == SUM_ABS:
                for c in range(n):
                    target[c] += abs(a - column[c])
            elif kind == MAX_ABS:
                for c in range(n):
                    target[c] = max(target[c], abs(a - column[c]))
            elif kind == SUM_CUBES:
                for c in range(n):
                    t = abs(a - column[c])
                    target[c] += t * t * t
            elif kind == SUM_POWERS:
                for c in range(n):
                    target[c] += abs(a - column[c]) ** pairs.order
            elif k == 0:
                _half_angles(pairs, i, j, target)


@njit
def _half_angles(pairs: PointPairs, i: np.uint32, j: np.uint32, out: FloatArray) -> None:
    """Write half the angles between point `i` on the sphere and the points from `j`."""
    x, y = pairs.x, pairs.y
    for c in range(np.uint32(out.size)):
        out[c] = half_angle(x[i, 0], x[i, 1], x[i, 2], y[0, j + c], y[1, j + c], y[2, j + c])


@njit
def _finish(exponent: float, scale: float, out: FloatArray) -> None:
    """Raise to the exponent and multiply by the scale, the choice outside the loop so that each loop vectorises.

    An exponent of 0 says that this is done already.
    """
    if exponent == 0.5:
        for c in range(out.size):
            out[c] = math.sqrt(out[c])
    elif exponent == 1.5:
        for c in range(out.size):
            out[c] = out[c] * math.sqrt(out[c])
    elif exponent == 2.0:
        for c in range(out.size):
            out[c] = out[c] * out[c]
    elif exponent == 3.0:
        for c in range(out.size):
            out[c] = out[c] * out[c] * out[c]
    elif exponent != 0.0 and exponent != 1.0:  # noqa: PLR1714 (a tuple would be compiled)
        for c in range(out.size):
            out[c] = out[c] ** exponent
    if scale != 1.0:
        for c in range(out.size):
            out[c] *= scale


@njit
def power(base: float, exponent: float) -> float:
    """Return ``base ** exponent`` for base ≥ 0, by products and square roots for the `IEEE_EXPONENTS`."""
    if exponent == 1.0:
        return base
    if exponent == 2.0:
        return base * base
    if exponent == 0.5:
        return math.sqrt(base)
    if exponent == 1.5:
        return base * math.sqrt(base)
    if exponent == 3.0:
        return base * base * base
    return base**exponent


@njit
def half_angle(lat: float, lon: float, cos_lat: float, other_lat: float, other_lon: float, other_cos: float) -> float:
    """Return half the angle between two points of the sphere, in radians; latitudes and longitudes in degrees."""
    u = math.sin(math.radians((lat - other_lat) / 2))
    v = math.sin(math.radians((lon - other_lon) / 2))
    return math.asin(math.sqrt(min(1.0, u * u + cos_lat * other_cos * (v * v))))


def arithmetic(pairs: PointPairs) -> Literal["ieee", "libm"]:
    """Say what the bits of a cost rest on: IEEE 754 operations alone, or also the machine's mathematical library."""
    exact = pairs.kind not in (SUM_POWERS, HALF_ANGLE) and pairs.exponent in IEEE_EXPONENTS
    return "ieee" if exact else "libm"
