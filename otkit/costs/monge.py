"""Minima of c_ij − b_j for costs scale · |u_i − v_j|^p on the line, in O((n + m) log n) instead of O(n m).

For p ≥ 1 the cost of sorted points is a Monge array: c(i, j) + c(i′, j′) ≤ c(i, j′) + c(i′, j) for i < i′, j < j′, and
subtracting b_j keeps it so. Hence the best column of a row never moves left as the row moves right, and the best
columns of two rows enclose those of all rows between them: divide and conquer (R. E. Burkard, B. Klinz, R. Rudolf,
Perspectives of Monge properties in optimization, Discrete Appl. Math. 70 (1996), 95-161).

The evaluated costs are Monge up to rounding only. By the inequality above, a column chosen for a row that is off by ε
costs the rows beside it at most ε more: the minimum returned exceeds the true one by at most the rounding error of one
reduced cost for each of the log₂ n levels.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import power
from otkit.numerics.jit import njit
from otkit.numerics.threads import share

_SEGMENT = 4096  # rows that one thread finishes on its own
_WORTH_A_THREAD = 10_000  # rows whose search takes longer than starting a thread


def monge_argmin(u: FloatArray, v: FloatArray, b: FloatArray, scale: float, p: float) -> IntArray:
    """Return, for each i, a j that minimises ``scale * |u_i - v_j|**p - b_j``; `u` and `v` are sorted."""
    n = u.size
    argmin = np.empty(n, dtype=np.int64)
    stride = _SEGMENT
    while stride < n:
        stride *= 2
    argmin[0] = _best_column(u[0], v, b, scale, p, 0, v.size - 1)
    # Every _SEGMENT-th row first, by halving distances; then the rows between two of them are a problem of their own.
    _search(u, v, b, scale, p, argmin, 0, n, stride, _SEGMENT)
    share(
        lambda start, stop: _search(u, v, b, scale, p, argmin, start, stop, _SEGMENT // 2, 1),
        n,
        _SEGMENT,
        1 + n // _WORTH_A_THREAD,
    )
    return argmin


@njit
def _search(
    u: FloatArray,
    v: FloatArray,
    b: FloatArray,
    scale: float,
    p: float,
    argmin: IntArray,
    start: int,
    stop: int,
    stride: int,
    last_stride: int,
) -> None:
    """Search the rows at odd multiples of `stride` from `start`, between their neighbours, and so on by halves."""
    while stride >= last_stride:
        for i in range(start + stride, stop, 2 * stride):
            last = argmin[i + stride] if i + stride < u.size else v.size - 1
            argmin[i] = _best_column(u[i], v, b, scale, p, argmin[i - stride], last)
        stride //= 2


@njit
def _best_column(point: float, v: FloatArray, b: FloatArray, scale: float, p: float, first: int, last: int) -> int:
    best, column = np.inf, first
    for j in range(first, last + 1):
        reduced = scale * power(abs(point - v[j]), p) - b[j]
        if reduced < best:
            best, column = reduced, j
    return column
