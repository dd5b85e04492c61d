"""Sweeps over all pairs: fill a matrix, minima of c − f − g, extremes, the steepest slope.

Each sweep is a serial kernel over a range of rows or columns and a parallel driver that shares blocks among threads.
Every block writes its own outputs and minima are combined in a fixed order, so the bits do not depend on the threads.
Nothing here holds more than a tile of costs per thread, beside what the caller asked for.
"""

from __future__ import annotations

import numpy as np

from otkit._jit import njit, parallel, prange
from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import TILE, MatrixPairs, PointPairs, pair, shape, tile

Pairs = PointPairs | MatrixPairs

ROWS = 16  # rows a thread takes at a time: each tile of y is read from the cache for all of them
PARTS = 16  # row ranges whose column minima are kept apart until they are combined

# Pairs × (coordinates + the work of the exponent and of the minimum) below which a parallel launch costs more than it saves.
_SERIAL_WORK = 1_000_000


def fill(pairs: Pairs, i0: int, j0: int, out: FloatArray) -> None:
    """Write the costs of rows ``i0 …`` and columns ``j0 …`` into the matrix `out`."""
    if _is_small(pairs, out.shape[0], out.shape[1]):
        _fill_rows(pairs, i0, j0, out, 0, out.shape[0])
    else:
        _fill_parallel(pairs, i0, j0, out)


def gather(pairs: Pairs, rows: IntArray, cols: IntArray) -> FloatArray:
    """Return the costs of the index pairs ``(rows[k], cols[k])``."""
    out = np.empty(rows.size)
    _gather(pairs, rows, cols, out)
    return out


def row_minima(pairs: Pairs, g: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return min_j c_ij − g_j and the first j that attains it, for each row."""
    n, m = shape(pairs)
    minima, argmin = np.empty(n), np.empty(n, dtype=np.int64)
    if _is_small(pairs, n, m):
        _row_minima_rows(pairs, g, minima, argmin, 0, n)
    else:
        _row_minima_parallel(pairs, g, minima, argmin)
    return minima, argmin


def column_minima(pairs: Pairs, f: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return min_i c_ij − f_i and the first i that attains it, for each column."""
    n, m = shape(pairs)
    minima, argmin = np.empty(m), np.empty(m, dtype=np.int64)
    if _is_small(pairs, n, m):
        _column_minima_columns(pairs, f, minima, argmin, 0, m)
    else:
        _column_minima_parallel(pairs, f, minima, argmin)
    return minima, argmin


def slack_minima(pairs: Pairs, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the minima of (c_ij − f_i) − g_j over each row and over each column, in one sweep."""
    n, m = shape(pairs)
    rows = np.empty(n)
    if _is_small(pairs, n, m):
        columns = np.full(m, np.inf)
        _slack_rows(pairs, f, g, rows, columns, 0, n)
        return rows, columns
    parts = np.full((PARTS, m), np.inf)
    _slack_parallel(pairs, f, g, rows, parts)
    return rows, parts.min(axis=0)


def extremes(pairs: Pairs) -> tuple[float, float]:
    """Return the smallest and the largest cost."""
    n, m = shape(pairs)
    low, high = np.empty(n), np.empty(n)
    if _is_small(pairs, n, m):
        _extremes_rows(pairs, m, low, high, 0, n)
    else:
        _extremes_parallel(pairs, m, low, high)
    return float(low.min()), float(high.max())


def steepest_slope(pairs: Pairs, u: FloatArray, v: FloatArray) -> float:
    """Return the maximum of |u_i − v_j| / c_ij; 0/0 counts as 0, and a difference at cost 0 as infinity."""
    n, m = shape(pairs)
    slopes = np.empty(n)
    if _is_small(pairs, n, m):
        _slope_rows(pairs, u, v, slopes, 0, n)
    else:
        _slope_parallel(pairs, u, v, slopes)
    return float(slopes.max())


def _is_small(pairs: Pairs, rows: int, cols: int) -> bool:
    d = 1 if isinstance(pairs, MatrixPairs) else pairs.x.shape[1]
    return rows * cols * (d + 4) < _SERIAL_WORK


@njit
def _fill_rows(pairs: Pairs, i0: int, j0: int, out: FloatArray, start: int, stop: int) -> None:
    m = out.shape[1]
    for t0 in range(0, m, TILE):
        t1 = min(t0 + TILE, m)
        for i in range(start, stop):
            tile(pairs, i0 + i, j0 + t0, out[i, t0:t1])


@parallel
def _fill_parallel(pairs: Pairs, i0: int, j0: int, out: FloatArray) -> None:
    n = out.shape[0]
    for block in prange((n + ROWS - 1) // ROWS):
        _fill_rows(pairs, i0, j0, out, block * ROWS, min(n, block * ROWS + ROWS))


@njit
def _gather(pairs: Pairs, rows: IntArray, cols: IntArray, out: FloatArray) -> None:
    for k in range(out.size):
        out[k] = pair(pairs, rows[k], cols[k])


@njit
def _fold_minimum(values: FloatArray, work: FloatArray) -> float:
    """Return the minimum of TILE values by halving: elementwise steps vectorise where a running minimum does not."""
    half = TILE // 2
    for j in range(half):
        work[j] = min(values[j], values[j + half])
    while half > 8:
        half //= 2
        lower, upper = work[:half], work[half : 2 * half]
        for j in range(half):
            lower[j] = min(lower[j], upper[j])
    best = work[0]
    for j in range(1, half):
        best = min(best, work[j])
    return best


@njit
def _row_minima_rows(pairs: Pairs, g: FloatArray, minima: FloatArray, argmin: IntArray, start: int, stop: int) -> None:
    slack, work = np.full(TILE, np.inf), np.empty(TILE // 2)
    minima[start:stop] = np.inf
    argmin[start:stop] = 0
    for t0 in range(0, g.size, TILE):
        prices = g[t0 : t0 + TILE]
        out = slack[: prices.size]
        slack[prices.size :] = np.inf
        for i in range(start, stop):
            tile(pairs, i, t0, out)
            for j in range(prices.size):
                out[j] -= prices[j]
            low = _fold_minimum(slack, work)
            if low < minima[i]:
                minima[i] = low
                j = 0
                while slack[j] != low:
                    j += 1
                argmin[i] = t0 + j


@parallel
def _row_minima_parallel(pairs: Pairs, g: FloatArray, minima: FloatArray, argmin: IntArray) -> None:
    n = minima.size
    for block in prange((n + ROWS - 1) // ROWS):
        _row_minima_rows(pairs, g, minima, argmin, block * ROWS, min(n, block * ROWS + ROWS))


@njit
def _column_minima_columns(
    pairs: Pairs, f: FloatArray, minima: FloatArray, argmin: IntArray, start: int, stop: int
) -> None:
    cost = np.empty(TILE)
    for t0 in range(start, stop, TILE):
        t1 = min(t0 + TILE, stop)
        out = cost[: t1 - t0]
        best, arg = minima[t0:t1], argmin[t0:t1]
        best[:] = np.inf
        arg[:] = 0
        for i in range(f.size):
            price = f[i]
            tile(pairs, i, t0, out)
            for j in range(out.size):
                slack = out[j] - price
                better = slack < best[j]
                best[j] = slack if better else best[j]
                arg[j] = i if better else arg[j]


@parallel
def _column_minima_parallel(pairs: Pairs, f: FloatArray, minima: FloatArray, argmin: IntArray) -> None:
    m = minima.size
    for block in prange((m + TILE - 1) // TILE):
        _column_minima_columns(pairs, f, minima, argmin, block * TILE, min(m, block * TILE + TILE))


@njit
def _slack_rows(
    pairs: Pairs, f: FloatArray, g: FloatArray, rows: FloatArray, columns: FloatArray, start: int, stop: int
) -> None:
    slack, work = np.full(TILE, np.inf), np.empty(TILE // 2)
    rows[start:stop] = np.inf
    for t0 in range(0, g.size, TILE):
        prices = g[t0 : t0 + TILE]
        best = columns[t0 : t0 + TILE]
        out = slack[: prices.size]
        slack[prices.size :] = np.inf
        for i in range(start, stop):
            price = f[i]
            tile(pairs, i, t0, out)
            for j in range(prices.size):
                s = (out[j] - price) - prices[j]
                out[j] = s
                best[j] = min(best[j], s)
            rows[i] = min(rows[i], _fold_minimum(slack, work))


@parallel
def _slack_parallel(pairs: Pairs, f: FloatArray, g: FloatArray, rows: FloatArray, parts: FloatArray) -> None:
    n = rows.size
    step = (n + PARTS - 1) // PARTS
    for part in prange(PARTS):
        for start in range(part * step, min(n, part * step + step), ROWS):
            _slack_rows(pairs, f, g, rows, parts[part], start, min(n, start + ROWS, part * step + step))


@njit
def _extremes_rows(pairs: Pairs, m: int, low: FloatArray, high: FloatArray, start: int, stop: int) -> None:
    cost, work = np.empty(TILE), np.empty(TILE // 2)
    low[start:stop] = np.inf
    high[start:stop] = -np.inf
    for t0 in range(0, m, TILE):
        t1 = min(t0 + TILE, m)
        out = cost[: t1 - t0]
        for i in range(start, stop):
            tile(pairs, i, t0, out)
            cost[out.size :] = out[0]
            low[i] = min(low[i], _fold_minimum(cost, work))
            for j in range(TILE):
                cost[j] = -cost[j]
            high[i] = max(high[i], -_fold_minimum(cost, work))


@parallel
def _extremes_parallel(pairs: Pairs, m: int, low: FloatArray, high: FloatArray) -> None:
    n = low.size
    for block in prange((n + ROWS - 1) // ROWS):
        _extremes_rows(pairs, m, low, high, block * ROWS, min(n, block * ROWS + ROWS))


@njit
def _slope_rows(pairs: Pairs, u: FloatArray, v: FloatArray, slopes: FloatArray, start: int, stop: int) -> None:
    cost, work = np.zeros(TILE), np.empty(TILE // 2)
    slopes[start:stop] = 0.0
    for t0 in range(0, v.size, TILE):
        values = v[t0 : t0 + TILE]
        out = cost[: values.size]
        cost[values.size :] = 0.0
        for i in range(start, stop):
            tile(pairs, i, t0, out)
            height = u[i]
            for j in range(out.size):
                rise = abs(height - values[j])
                if out[j] > 0.0:
                    out[j] = -(rise / out[j])
                else:
                    out[j] = -np.inf if rise > 0.0 else 0.0
            slopes[i] = max(slopes[i], -_fold_minimum(cost, work))


@parallel
def _slope_parallel(pairs: Pairs, u: FloatArray, v: FloatArray, slopes: FloatArray) -> None:
    n = slopes.size
    for block in prange((n + ROWS - 1) // ROWS):
        _slope_rows(pairs, u, v, slopes, block * ROWS, min(n, block * ROWS + ROWS))
