"""What a kernel sees of a cost: a named tuple of arrays, and `tile` and `pair`, which evaluate it.

Every kernel of otkit that needs costs is written once against these two functions and specialised by Numba for the type
of the named tuple. Both are plain Python functions as well, so that kernels run with ``NUMBA_DISABLE_JIT=1``.

One cost is always computed by the same sequence of IEEE 754 operations, a sum over coordinates from the first to the
last, whichever function asks for it and whatever else is computed beside it: a tile, a pair, a dense matrix and any
number of threads give the same bits. Nothing here is contracted to fused multiply-adds, so plain Python gives them too.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from otkit._jit import njit, overload
from otkit._typing import FloatArray

# The base functions of a pair of points, before the exponent and the scale.
SUM_SQUARES, SUM_ABS, MAX_ABS, SUM_POWERS, HALF_ANGLE = range(5)

# Exponents that are made of products and square roots; any other calls the C library's pow.
IEEE_EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0)

# Columns a tile should have: long enough for SIMD, short enough to stay in the first-level cache.
TILE = 256


class PointPairs(NamedTuple):
    """Costs between points: ``scale * base(x_i, y_j) ** exponent``.

    `x` is (n, d) and `y` is (d, m), both C-contiguous and read-only: neighbouring columns are neighbours in memory.
    """

    kind: int
    order: float
    scale: float
    exponent: float
    x: FloatArray
    y: FloatArray


class MatrixPairs(NamedTuple):
    """Costs given as a matrix (n, m): float64 or float32, any memory order, read-only."""

    matrix: Any


def shape(pairs: PointPairs | MatrixPairs) -> tuple[int, int]:
    """Return (n, m)."""
    if isinstance(pairs, MatrixPairs):
        return pairs.matrix.shape  # type: ignore[no-any-return]
    return pairs.x.shape[0], pairs.y.shape[1]


def tile(pairs: PointPairs | MatrixPairs, i: int, j0: int, out: FloatArray) -> None:
    """Write the costs of row `i` and columns ``j0 … j0 + out.size`` into `out` (float64, contiguous)."""
    if isinstance(pairs, MatrixPairs):
        out[:] = pairs.matrix[i, j0 : j0 + out.size]
    else:
        _point_tile(pairs.kind, pairs.order, pairs.scale, pairs.exponent, pairs.x, pairs.y, i, j0, out)


def pair(pairs: PointPairs | MatrixPairs, i: int, j: int) -> float:
    """Return the cost of row `i` and column `j`, with the same bits as `tile`."""
    if isinstance(pairs, MatrixPairs):
        return float(pairs.matrix[i, j])
    return _point_pair(pairs.kind, pairs.order, pairs.scale, pairs.exponent, pairs.x, pairs.y, i, j)


@overload(tile)
def _compile_tile(pairs, i, j0, out):  # type: ignore[no-untyped-def]
    if pairs.instance_class is MatrixPairs:

        def given(pairs, i, j0, out):  # type: ignore[no-untyped-def]
            row = pairs.matrix[i, j0 : j0 + out.size]
            for j in range(out.size):
                out[j] = row[j]

        return given

    def computed(pairs, i, j0, out):  # type: ignore[no-untyped-def]
        _point_tile(pairs.kind, pairs.order, pairs.scale, pairs.exponent, pairs.x, pairs.y, i, j0, out)

    return computed


@overload(pair)
def _compile_pair(pairs, i, j):  # type: ignore[no-untyped-def]
    if pairs.instance_class is MatrixPairs:
        return lambda pairs, i, j: np.float64(pairs.matrix[i, j])

    def computed(pairs, i, j):  # type: ignore[no-untyped-def]
        return _point_pair(pairs.kind, pairs.order, pairs.scale, pairs.exponent, pairs.x, pairs.y, i, j)

    return computed


@njit
def _point_pair(
    kind: int, order: float, scale: float, exponent: float, x: FloatArray, y: FloatArray, i: int, j: int
) -> float:
    base = 0.0
    if kind == HALF_ANGLE:
        base = half_angle(x[i, 0], x[i, 1], x[i, 2], y[0, j], y[1, j], y[2, j])
    else:
        for k in range(y.shape[0]):
            t = x[i, k] - y[k, j]
            if kind == SUM_SQUARES:
                base += t * t
            elif kind == SUM_ABS:
                base += abs(t)
            elif kind == MAX_ABS:
                base = max(base, abs(t))
            else:
                base += power(abs(t), order)
    return scale * power(base, exponent)


@njit
def _point_tile(
    kind: int,
    order: float,
    scale: float,
    exponent: float,
    x: FloatArray,
    y: FloatArray,
    i: int,
    j0: int,
    out: FloatArray,
) -> None:
    if kind == SUM_SQUARES:
        _sum_squares(x, y, i, j0, out)
    elif kind == HALF_ANGLE:
        for j in range(out.size):
            out[j] = half_angle(x[i, 0], x[i, 1], x[i, 2], y[0, j0 + j], y[1, j0 + j], y[2, j0 + j])
    else:
        _sum_differences(kind, order, x, y, i, j0, out)
    _raise_to(exponent, out)
    if scale != 1.0:
        for j in range(out.size):
            out[j] *= scale


@njit
def _sum_squares(x: FloatArray, y: FloatArray, i: int, j0: int, out: FloatArray) -> None:
    # Unsigned 32-bit indices and slices of known length spare the wraparound handling that keeps LLVM from vectorising.
    row, start, n, d = np.uint32(i), np.uint32(j0), np.uint32(out.size), np.uint32(y.shape[0])
    k = np.uint32(0)
    if d == 2:
        y0, y1 = y[0, start : start + n], y[1, start : start + n]
        a0, a1 = x[row, 0], x[row, 1]
        for j in range(n):
            t, u = a0 - y0[j], a1 - y1[j]
            out[j] = t * t + u * u
        return
    out[:] = 0.0
    while k + 8 <= d:
        y0, y1, y2, y3 = (
            y[k, start : start + n],
            y[k + 1, start : start + n],
            y[k + 2, start : start + n],
            y[k + 3, start : start + n],
        )
        y4, y5, y6, y7 = (
            y[k + 4, start : start + n],
            y[k + 5, start : start + n],
            y[k + 6, start : start + n],
            y[k + 7, start : start + n],
        )
        a0, a1, a2, a3 = x[row, k], x[row, k + 1], x[row, k + 2], x[row, k + 3]
        a4, a5, a6, a7 = x[row, k + 4], x[row, k + 5], x[row, k + 6], x[row, k + 7]
        for j in range(n):
            s = out[j]
            t = a0 - y0[j]
            s += t * t
            t = a1 - y1[j]
            s += t * t
            t = a2 - y2[j]
            s += t * t
            t = a3 - y3[j]
            s += t * t
            t = a4 - y4[j]
            s += t * t
            t = a5 - y5[j]
            s += t * t
            t = a6 - y6[j]
            s += t * t
            t = a7 - y7[j]
            s += t * t
            out[j] = s
        k += np.uint32(8)
    while k < d:
        y0 = y[k, start : start + n]
        a0 = x[row, k]
        for j in range(n):
            t = a0 - y0[j]
            out[j] += t * t
        k += np.uint32(1)


@njit
def _sum_differences(
    kind: int, order: float, x: FloatArray, y: FloatArray, i: int, j0: int, out: FloatArray
) -> None:
    row, start, n = np.uint32(i), np.uint32(j0), np.uint32(out.size)
    out[:] = 0.0
    for k in range(np.uint32(y.shape[0])):
        a = x[row, k]
        column = y[k, start : start + n]
        if kind == SUM_ABS:
            for j in range(n):
                out[j] += abs(a - column[j])
        elif kind == MAX_ABS:
            for j in range(n):
                out[j] = max(out[j], abs(a - column[j]))
        else:
            for j in range(n):
                out[j] += power(abs(a - column[j]), order)


@njit
def _raise_to(exponent: float, out: FloatArray) -> None:
    """Apply `power` to each entry, the choice of the exponent outside the loop."""
    if exponent == 0.5:
        for j in range(out.size):
            out[j] = math.sqrt(out[j])
    elif exponent == 1.5:
        for j in range(out.size):
            out[j] = out[j] * math.sqrt(out[j])
    elif exponent == 2.0:
        for j in range(out.size):
            out[j] = out[j] * out[j]
    elif exponent == 3.0:
        for j in range(out.size):
            out[j] = out[j] * out[j] * out[j]
    elif exponent != 1.0:
        for j in range(out.size):
            out[j] = out[j] ** exponent


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
    powers = pairs.kind == SUM_POWERS and pairs.order not in IEEE_EXPONENTS
    exact = pairs.kind != HALF_ANGLE and not powers and pairs.exponent in IEEE_EXPONENTS
    return "ieee" if exact else "libm"
