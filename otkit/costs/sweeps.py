"""Sweeps over all pairs: fill a matrix, minima of c − f − g, extremes, the steepest slope.

Kernels are serial and work on a range of rows; `threads.share` hands ranges out. Each range writes its own outputs and
minima are combined in a fixed order, so the bits do not depend on the number of threads. Nothing here holds more than a
panel of costs per thread, and a few numbers per column, beside what the caller asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import ROWS, TILE, MatrixPairs, PointPairs, pair, panel, panel_height, shape
from otkit.numerics.jit import njit
from otkit.numerics.kernel import at_once
from otkit.numerics.sums import two_sum
from otkit.numerics.threads import pause, share, thread_count

Pairs = PointPairs | MatrixPairs

_PARTS = 16  # ranges of rows whose column minima are kept apart until they are combined
_WORTH_A_THREAD = 1_000_000  # operations that take longer than starting a thread, about 0.1 ms
_PORTION = 50_000_000  # operations of one call of a kernel at most: 0.02 s, with slow functions ten times that

FEW_ROWS = 8  # panels of so few rows leave the first-level cache to the rows themselves
WIDE = 1024  # columns that such a panel takes at a time

_NO_MINIMA, _NO_ARGMIN = np.empty(0), np.empty(0, dtype=np.int64)


def fill(pairs: Pairs, i0: int, j0: int, out: FloatArray) -> None:
    """Write the costs of rows ``i0 …`` and columns ``j0 …`` into the matrix `out`."""
    n, m = out.shape
    height = panel_height(pairs)
    share_pairs(
        lambda start, stop: _fill(pairs, height, i0, j0, out, start, stop), n, row_step(pairs, n), "fill", pairs, n * m
    )


def fill_small(pairs: Pairs, out: FloatArray) -> None:
    """Write all costs of a small problem, in one call of a kernel; the caller says `at_once`."""
    _fill(pairs, panel_height(pairs), 0, 0, out, 0, out.shape[0])


def gather(pairs: Pairs, rows: IntArray, cols: IntArray) -> FloatArray:
    """Return the costs of the index pairs ``(rows[k], cols[k])``."""
    out = np.empty(rows.size)
    share_pairs(
        lambda start, stop: _gather(pairs, rows[start:stop], cols[start:stop], out[start:stop]),
        rows.size,
        100_000,
        "gather",
        pairs,
        rows.size,
    )
    return out


def row_minima(pairs: Pairs, g: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return min_j c_ij − g_j and the first j that attains it, for each row."""
    return _row_minima(pairs, 1.0, np.zeros(shape(pairs)[0]), g)


def column_minima(pairs: Pairs, f: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return min_i c_ij − f_i and the first i that attains it, for each column."""
    n, m = shape(pairs)
    g, height, step, threads = np.zeros(m), panel_height(pairs), -(-n // _PARTS), worthwhile_threads(pairs, n * m)
    parts = 1 if threads == 1 else _PARTS
    minima, argmins = np.full((parts, m), np.inf), np.zeros((parts, m), dtype=np.int64)
    portion = _portion(pairs)

    def sweep(start: int, stop: int) -> None:
        part = start // step
        for low in range(start, stop, portion):
            pause()
            high = min(stop, low + portion)
            _sweep(pairs, height, 1.0, f, g, _NO_MINIMA, _NO_ARGMIN, minima[part], argmins[part], low, high)

    share_pairs(sweep, n, step, "column minima", pairs, n * m)
    best = minima.argmin(axis=0)[None]
    return np.take_along_axis(minima, best, axis=0)[0], np.take_along_axis(argmins, best, axis=0)[0]


def slack_minima(pairs: Pairs, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the minima of (c_ij − f_i) − g_j over each row and over each column, in one sweep, their signs true.

    Of s = fl(fl(c − f) − g) the sign is that of c − f − g, since rounding is monotone, unless s is zero: then fl(c − f)
    is g, and what that rounding took is the difference. Where that is negative, it takes the place of the zero.
    """
    n, m = f.size, g.size
    height, step, threads = panel_height(pairs), -(-n // _PARTS), worthwhile_threads(pairs, n * m)
    rows, columns = np.empty(n), np.empty((1 if threads == 1 else _PARTS, m))
    columns.fill(np.inf)
    portion = _portion(pairs)

    def sweep(start: int, stop: int) -> None:
        minima = columns[start // step]
        for low in range(start, stop, portion):
            pause()
            high = min(stop, low + portion)
            _sweep(pairs, height, 1.0, f, g, rows, _NO_ARGMIN, minima, _NO_ARGMIN, low, high)

    share_pairs(sweep, n, step, "slack minima", pairs, n * m)
    return rows, columns[0] if threads == 1 else columns.min(axis=0)


def extremes(pairs: Pairs) -> tuple[float, float]:
    """Return the smallest and the largest cost."""
    n, m = shape(pairs)
    f, g = np.zeros(n), np.zeros(m)
    return float(_row_minima(pairs, 1.0, f, g)[0].min()), float(-_row_minima(pairs, -1.0, f, g)[0].min())


def steepest_slope(pairs: Pairs, u: FloatArray, v: FloatArray, falling: bool = False) -> float:
    """Return the maximum of |u_i − v_j| / c_ij; 0/0 counts as 0, and a difference at cost 0 as infinity.

    If `falling`, the maximum of (u_i − v_j) / c_ij, and at least 0.
    """
    n, m = shape(pairs)
    slopes, height = np.empty(n), panel_height(pairs)
    share_pairs(
        lambda start, stop: _slopes(pairs, height, u, v, falling, slopes, start, stop),
        n,
        row_step(pairs, n),
        "slopes",
        pairs,
        n * m,
    )
    return float(slopes.max())


def _row_minima(pairs: Pairs, sign: float, f: FloatArray, g: FloatArray) -> tuple[FloatArray, IntArray]:
    n, m = shape(pairs)
    height = panel_height(pairs)
    minima, argmin = np.empty(n), np.zeros(n, dtype=np.int64)
    share_pairs(
        lambda start, stop: _sweep(pairs, height, sign, f, g, minima, argmin, _NO_MINIMA, _NO_ARGMIN, start, stop),
        n,
        row_step(pairs, n),
        "row minima",
        pairs,
        n * m,
    )
    return minima, argmin


def share_pairs(
    work: Callable[[int, int], None], size: int, step: int, what: str, pairs: Pairs, evaluations: int
) -> None:
    """Share work among as many threads as its number of evaluations of a pair pays for; a little is done at once.

    See `share` for the first three parameters and `at_once` for `what`.
    """
    with at_once(evaluations * _operations(pairs) // 4, what, pairs):
        share(work, size, step, worthwhile_threads(pairs, evaluations))


def row_step(pairs: Pairs, n: int) -> int:
    """Return how many of n rows to hand to a thread at a time: whole panels, about eight times for each thread."""
    return min(_portion(pairs), ROWS * max(1, n // (8 * thread_count() * ROWS)))


def _portion(pairs: Pairs) -> int:
    """Return how many rows to hand to a kernel at a time: between two calls, Ctrl-C is heard."""
    _, m = shape(pairs)
    return ROWS * max(1, _PORTION // (ROWS * m * _operations(pairs)))


def _operations(pairs: Pairs) -> int:
    """Return how many operations a pair takes, roughly."""
    return 4 + pairs.x.shape[1] if isinstance(pairs, PointPairs) else 5


def worthwhile_threads(pairs: Pairs, evaluations: int) -> int:
    """Return how many threads the work on so many pairs pays for."""
    return 1 + evaluations * _operations(pairs) // (2 * _WORTH_A_THREAD)


@njit
def _fill(pairs: Pairs, height: int, i0: int, j0: int, out: FloatArray, start: int, stop: int) -> None:
    m = out.shape[1]
    if height <= FEW_ROWS:  # rows one by one, straight to their place
        for top in range(start, stop, height):
            for t in range(0, m, WIDE):
                panel(pairs, i0 + top, min(height, stop - top), j0 + t, min(WIDE, m - t), out, top, t)
        return
    # Panels are made in a buffer: in `out` itself, rows that lie a power of two apart would meet in few cache sets.
    buffer = np.empty((height, TILE))
    for top in range(start, stop, height):
        rows = min(height, stop - top)
        for t in range(0, m, TILE):
            cols = min(TILE, m - t)
            panel(pairs, i0 + top, rows, j0 + t, cols, buffer, 0, 0)
            for r in range(rows):
                costs, target = buffer[r, :cols], out[top + r, t : t + cols]
                for c in range(cols):
                    target[c] = costs[c]


@njit
def _gather(pairs: Pairs, rows: IntArray, cols: IntArray, out: FloatArray) -> None:
    for k in range(out.size):
        out[k] = pair(pairs, rows[k], cols[k])


@njit
def _sweep(
    pairs: Pairs,
    height: int,
    sign: float,
    f: FloatArray,
    g: FloatArray,
    rows: FloatArray,
    row_argmin: IntArray,
    columns: FloatArray,
    column_argmin: IntArray,
    start: int,
    stop: int,
) -> None:
    """Find the minima of (sign · c − f) − g over rows and columns, and where they are; an empty array asks for none.

    `rows` is overwritten between `start` and `stop`, `columns` is lowered where these rows are below it.
    """
    buffer, slack, work = np.empty((height, TILE)), np.empty(TILE), np.empty(TILE // 2)
    if rows.size:
        for i in range(start, stop):
            rows[i] = np.inf
    for top in range(start, stop, ROWS):
        for t in range(0, g.size, TILE):
            prices = g[t : t + TILE]
            for c in range(prices.size, TILE):
                slack[c] = np.inf
            for i in range(top, min(top + ROWS, stop)):
                r = (i - top) % height
                if r == 0:
                    panel(pairs, i, min(height, stop - i), t, prices.size, buffer, 0, 0)
                costs, price = buffer[r, : prices.size], f[i]
                for c in range(prices.size):
                    slack[c] = (sign * costs[c] - price) - prices[c]
                low = np.inf
                if rows.size:
                    low = _minimum(slack, work)
                    if low <= 0.0:
                        low = min(low, signed_zeros(costs, price, slack))
                if column_argmin.size:
                    _lower(columns[t : t + prices.size], column_argmin[t : t + prices.size], slack, i)
                elif columns.size:
                    best = columns[t : t + prices.size]
                    for c in range(best.size):
                        best[c] = min(best[c], slack[c])
                if rows.size and low < rows[i]:
                    rows[i] = low
                    if row_argmin.size:
                        row_argmin[i] = t + _find(slack, low)


def signed_slacks(costs: FloatArray, f: FloatArray, g: FloatArray) -> FloatArray:
    """Return (c − f) − g, entry by entry, with true signs as in `slack_minima`."""
    once = costs - f
    slack: FloatArray = once - g
    tight = np.flatnonzero(slack == 0.0)
    c, price, rounded = costs[tight], -f[tight], once[tight]
    part = rounded - c
    slack[tight] = np.minimum((c - (rounded - part)) + (price - part), 0.0)  # the error of c − f (`numerics.sums`)
    return slack


@njit
def signed_zeros(costs: FloatArray, price: float, slack: FloatArray) -> float:
    """Replace slacks of zero whose true value is negative by that, c − f − fl(c − f); return the least, or 0."""
    low = 0.0
    for c in range(costs.size):
        if slack[c] == 0.0:
            _, lost = two_sum(costs[c], -price)
            if lost < 0.0:
                slack[c] = lost
                low = min(low, lost)
    return low


@njit
def _lower(best: FloatArray, argmin: IntArray, slack: FloatArray, i: int) -> None:
    for c in range(best.size):
        better = slack[c] < best[c]
        best[c] = slack[c] if better else best[c]
        argmin[c] = i if better else argmin[c]


@njit
def _minimum(values: FloatArray, work: FloatArray) -> float:
    """Return the minimum of TILE values by halving: elementwise steps vectorise where a running minimum does not."""
    half = TILE // 2
    lower, upper = values[:half], values[half:]
    for c in range(half):
        work[c] = min(lower[c], upper[c])
    while half > 8:
        half //= 2
        lower, upper = work[:half], work[half : 2 * half]
        for c in range(half):
            lower[c] = min(lower[c], upper[c])
    best = work[0]
    for c in range(1, half):
        best = min(best, work[c])
    return best


@njit
def _find(values: FloatArray, value: float) -> int:
    c = 0
    while values[c] != value:
        c += 1
    return c


@njit
def _slopes(
    pairs: Pairs,
    height: int,
    u: FloatArray,
    v: FloatArray,
    falling: bool,
    slopes: FloatArray,
    start: int,
    stop: int,
) -> None:
    buffer = np.empty((height, TILE))
    for i in range(start, stop):
        slopes[i] = 0.0
    for top in range(start, stop, ROWS):
        for t in range(0, v.size, TILE):
            values = v[t : t + TILE]
            for i in range(top, min(top + ROWS, stop)):
                r = (i - top) % height
                if r == 0:
                    panel(pairs, i, min(height, stop - i), t, values.size, buffer, 0, 0)
                costs, level = buffer[r, : values.size], u[i]
                for c in range(values.size):
                    rise = level - values[c]
                    rise = rise if falling else abs(rise)
                    if costs[c] == 0.0:
                        slopes[i] = np.inf if rise > 0.0 else slopes[i]
                    elif rise > slopes[i] * costs[c]:
                        slopes[i] = max(slopes[i], rise / costs[c])  # a rounded product may let a lesser slope pass
