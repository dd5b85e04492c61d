"""Points in an order that keeps neighbours together, so that blocks of consecutive points fill small boxes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import PointPairs
from otkit.numerics.jit import njit, njit_pass, read_only


class Ordered(NamedTuple):
    """Clouds in kd-order: `pairs` are the costs between the rows and columns of the original in the order named."""

    rows: IntArray
    cols: IntArray
    pairs: PointPairs


def in_kd_order(pairs: PointPairs) -> Ordered:
    """Return costs between the same points in an order that keeps neighbours together."""
    rows, cols = kd_order(pairs.x), kd_order(pairs.y.T)
    x, y = pairs.x.take(rows, axis=0), pairs.y.take(cols, axis=1)
    return Ordered(rows, cols, pairs._replace(x=read_only(x), y=read_only(y)))


def inverse(order: IntArray) -> IntArray:
    """Return where each index stands in an order."""
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return rank


def kd_order(points: FloatArray) -> IntArray:
    """Order points (n, d) by splitting at the median of the widest axis, down to single points.

    The range [lo, hi) is split at (lo + hi) // 2 on every level, so that clusters are consecutive points.
    """
    order: IntArray = _kd_order(read_only(np.ascontiguousarray(points)))
    return order


@njit
def _kd_order(points: FloatArray) -> IntArray:
    n, d = points.shape
    order = np.arange(n)
    keys = np.empty(n)
    stack = np.empty((128, 2), np.int64)
    stack[0, 0], stack[0, 1] = 0, n
    height = 1
    while height > 0:
        height -= 1
        lo, hi = stack[height]
        if hi - lo < 2:
            continue
        axis = 0
        widest = -1.0
        for k in range(d):
            low = high = points[order[lo], k]
            for s in range(lo + 1, hi):
                value = points[order[s], k]
                low = min(low, value)
                high = max(high, value)
            if high - low > widest:
                widest, axis = high - low, k
        for s in range(lo, hi):
            keys[s] = points[order[s], axis]
        middle = (lo + hi) // 2
        _select(keys, order, lo, hi - 1, middle)
        stack[height, 0], stack[height, 1] = lo, middle
        stack[height + 1, 0], stack[height + 1, 1] = middle, hi
        height += 2
    return order


@njit
def _select(keys: FloatArray, order: IntArray, lo: int, hi: int, rank: int) -> None:
    """Permute keys[lo … hi], and `order` with it, so that entry `rank` is where sorting would put it (Hoare 1961)."""
    while lo < hi:
        middle = (lo + hi) // 2
        a, b, c = keys[lo], keys[middle], keys[hi]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = lo, hi
        while i <= j:
            while keys[i] < pivot:
                i += 1
            while keys[j] > pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if rank <= j:
            hi = j
        elif rank >= i:
            lo = i
        else:
            return


@njit_pass
def sorting_order(values: FloatArray) -> IntArray:
    """Return the permutation that sorts a few numbers and keeps equal ones in their order, by merging runs."""
    size, width = values.size, 1
    order, other = np.arange(size), np.empty(size, np.int64)
    while width < size:
        for start in range(0, size, 2 * width):
            left, right = start, min(start + width, size)
            middle, stop = right, min(start + 2 * width, size)
            for k in range(start, stop):
                if left < middle and (right == stop or values[order[left]] <= values[order[right]]):
                    other[k] = order[left]
                    left += 1
                else:
                    other[k] = order[right]
                    right += 1
        order, other = other, order
        width *= 2
    return order
