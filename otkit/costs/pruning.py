"""The sweep for row and column minima of c − f − g, pruned: blocks of pairs that can hold none are passed over.

The minima are exactly those of the whole sweep, whatever f and g: a block is passed over only if a safe lower bound of
all its pairs (`boxes.lower_bound`) is no lower than what each of its rows and columns has found elsewhere. Near an
optimum most blocks are far above that: at 100,000 points in the plane a few pairs in a hundred are looked at.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import boxes
from otkit.costs.boxes import Blocks
from otkit.costs.pairs import PointPairs, pair, panel
from otkit.numerics.jit import njit
from otkit.numerics.sums import two_sum
from otkit.numerics.threads import pause, share

BLOCK = 32  # points of a block: smaller ones exclude more pairs, but their bounds take longer than the pairs

GROUP = 8  # blocks of columns that are first tried as one, and looked at together where they are neighbours

# Column minima are kept apart in so many parts of the rows, which threads share.
PARTS = 16

# Pairs that are worth a thread even if most are passed over, and pairs between two moments at which Ctrl-C is heard.
WORTH_A_THREAD = 20_000_000
PORTION = 100_000_000


def slack_minima(
    pairs: PointPairs, f: FloatArray, g: FloatArray, near_rows: IntArray, near_cols: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the minima of (c_ij − f_i) − g_j over each row and over each column, with true signs as in `sweeps`.

    Points are in an order that keeps neighbours together. The search starts from what is found at the pairs
    (near_rows, near_cols); where they attain the minima, or nearly, little else is looked at.
    """
    n, m = f.size, g.size
    row_blocks = boxes.blocks(pairs.x, f, np.arange(0, n, BLOCK))
    col_groups, col_blocks = (boxes.blocks(pairs.y.T, g, np.arange(0, m, size)) for size in (GROUP * BLOCK, BLOCK))
    rows, first = np.full(n, np.inf), np.full(m, np.inf)
    _start(pairs, f, g, near_rows, near_cols, rows, first)
    threads = 1 + n * m // WORTH_A_THREAD
    columns = np.tile(first, (1 if threads == 1 else PARTS, 1))
    highest = np.maximum.reduceat(columns, np.arange(0, m, BLOCK), axis=1)
    count = row_blocks.height.size
    step, portion = -(-count // PARTS), max(1, PORTION // (BLOCK * m))

    def sweep(start: int, stop: int) -> None:
        part = start // step
        for low in range(start, stop, portion):
            pause()
            high = min(stop, low + portion)
            _sweep(pairs, f, g, row_blocks, col_groups, col_blocks, rows, columns[part], highest[part], low, high)

    share(sweep, count, step, threads)
    return rows, columns.min(axis=0)


@njit
def _start(
    pairs: PointPairs,
    f: FloatArray,
    g: FloatArray,
    near_rows: IntArray,
    near_cols: IntArray,
    rows: FloatArray,
    columns: FloatArray,
) -> None:
    """Lower the minima to what they are at some pairs."""
    for k in range(near_rows.size):
        i, j = near_rows[k], near_cols[k]
        once, lost = two_sum(pair(pairs, i, j), -f[i])
        slack = once - g[j]
        if slack == 0.0 and lost < 0.0:
            slack = lost
        rows[i] = min(rows[i], slack)
        columns[j] = min(columns[j], slack)


@njit
def _sweep(
    pairs: PointPairs,
    f: FloatArray,
    g: FloatArray,
    row_blocks: Blocks,
    col_groups: Blocks,
    col_blocks: Blocks,
    rows: FloatArray,
    columns: FloatArray,
    highest: FloatArray,
    start: int,
    stop: int,
) -> None:
    """Lower the minima of the row blocks start … stop, and those of all columns, to what these rows hold.

    `highest` is the largest of the column minima of each block.
    """
    n, m = f.size, g.size
    margins, offset, tangent = boxes.margin(pairs), np.empty(pairs.y.shape[0]), np.empty(pairs.y.shape[0])
    buffer = np.empty((BLOCK, GROUP * BLOCK))
    for a in range(start, stop):
        top, bottom = a * BLOCK, min(n, a * BLOCK + BLOCK)
        highest_row = _largest(rows, top, bottom)
        for group in range(col_groups.height.size):
            begin, end = group * GROUP, min(highest.size, group * GROUP + GROUP)
            bound = boxes.lower_bound(pairs, row_blocks, a, col_groups, group, margins, offset, tangent)
            if bound >= highest_row and bound >= _largest(highest, begin, end):
                continue
            first = -1  # of a run of blocks to look at
            for b in range(begin, end + 1):
                look = False
                if b < end:
                    bound = boxes.lower_bound(pairs, row_blocks, a, col_blocks, b, margins, offset, tangent)
                    look = bound < highest_row or bound < highest[b]
                if look and first < 0:
                    first = b
                if first >= 0 and not look:
                    left, right = first * BLOCK, min(m, b * BLOCK)
                    _look(pairs, f, g[left:right], top, bottom, left, buffer, rows, columns[left:right])
                    highest_row = _largest(rows, top, bottom)
                    for k in range(first, b):
                        highest[k] = _largest(columns, k * BLOCK, min(m, k * BLOCK + BLOCK))
                    first = -1


@njit
def _look(
    pairs: PointPairs,
    f: FloatArray,
    prices: FloatArray,
    top: int,
    bottom: int,
    left: int,
    buffer: FloatArray,
    rows: FloatArray,
    columns: FloatArray,
) -> None:
    """Lower the minima of rows top … bottom and of some columns from `left` to what their pairs hold."""
    panel(pairs, top, bottom - top, left, prices.size, buffer, 0, 0)
    for i in range(top, bottom):
        slack, price, lowest = buffer[i - top, : prices.size], f[i], rows[i]
        lower = tight = 0
        for c in range(np.uint32(prices.size)):
            reduced = (slack[c] - price) - prices[c]
            slack[c] = reduced
            tight += reduced == 0.0
            lower += reduced < lowest
            columns[c] = reduced if reduced < columns[c] else columns[c]
        if tight > 0:
            for c in range(prices.size):
                if slack[c] == 0.0:
                    _, lost = two_sum(pair(pairs, i, left + c), -price)
                    if lost < 0.0:
                        slack[c], columns[c] = lost, min(columns[c], lost)
                        lower += lost < lowest
        if lower > 0:
            for c in range(prices.size):
                lowest = min(lowest, slack[c])
            rows[i] = lowest


@njit
def _largest(values: FloatArray, start: int, stop: int) -> float:
    largest = values[start]
    for k in range(start + 1, stop):
        largest = max(largest, values[k])
    return largest
