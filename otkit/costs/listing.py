"""Lists of the pairs whose slack c − f − g lies at or below a limit: a few of all that there are.

All pairs are looked at, or shown to lie above the limit by a safe bound of their block (`boxes.lower_bound`). The lists
are handed over in batches, so that memory stays bounded however many pairs there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import boxes
from otkit.costs.boxes import Blocks
from otkit.costs.pairs import ROWS, TILE, PointPairs, panel, panel_height, shape
from otkit.costs.pruning import BLOCK, GROUP
from otkit.costs.pruning import PORTION as PRUNED_PORTION
from otkit.costs.pruning import WORTH_A_THREAD as WORTH_A_THREAD_PRUNED
from otkit.costs.sweeps import Pairs, worthwhile_threads
from otkit.numerics.jit import int64, njit
from otkit.numerics.threads import pause, share

T = TypeVar("T")

# What a batch holds: room for a panel of pairs, and not so much that it leaves the caches.
_BATCH = 1 << 15

_PANELS = 1024  # panels between two moments at which Ctrl-C is heard
_SHARES = 64  # parts that threads take one after the other

Visitor: TypeAlias = Callable[[int, IntArray, IntArray, FloatArray], T]


class Batch(NamedTuple):
    """Room for a list of pairs."""

    rows: IntArray
    cols: IntArray
    costs: FloatArray

    def first(self, count: int) -> Batch:
        """Return a copy of the first pairs."""
        return Batch(self.rows[:count].copy(), self.cols[:count].copy(), self.costs[:count].copy())


Kernel: TypeAlias = Callable[[int, int, Batch], tuple[int, int]]


def pairs_below(pairs: Pairs, f: FloatArray, g: FloatArray, limit: float, visit: Visitor[T]) -> list[T]:
    """Call ``visit(part, rows, cols, costs)`` on batches of all pairs with (c_ij − f_i) − g_j ≤ limit.

    Returns what `visit` returns, in a list. The batches of a part come one after the other, those of different parts
    from several threads; parts, batches and their order do not depend on the number of threads. `visit` may write into
    the arrays, which hold the next batch once it is through.
    """
    n, m = shape(pairs)
    height, panels = panel_height(pairs), -(-n // ROWS) * -(-m // TILE)

    def kernel(start: int, stop: int, batch: Batch) -> tuple[int, int]:
        return list_panels(pairs, height, f, g, limit, start, stop, batch)

    return _in_batches(kernel, panels, _PANELS, worthwhile_threads(pairs, n * m), visit)


def pairs_below_pruned(pairs: PointPairs, f: FloatArray, g: FloatArray, limit: float, visit: Visitor[T]) -> list[T]:
    """Do the same for points in an order that keeps neighbours together."""
    n, m = f.size, g.size
    row_blocks = boxes.blocks(pairs.x, f, np.arange(0, n, BLOCK))
    col_groups, col_blocks = (boxes.blocks(pairs.y.T, g, np.arange(0, m, size)) for size in (GROUP * BLOCK, BLOCK))
    groups = col_groups.height.size

    def kernel(start: int, stop: int, batch: Batch) -> tuple[int, int]:
        return _list_pruned(pairs, f, g, limit, row_blocks, col_groups, col_blocks, start, stop, batch)

    portion = max(1, PRUNED_PORTION // (BLOCK * GROUP * BLOCK))
    return _in_batches(kernel, row_blocks.height.size * groups, portion, 1 + n * m // WORTH_A_THREAD_PRUNED, visit)


def _in_batches(kernel: Kernel, size: int, portion: int, threads: int, visit: Visitor[T]) -> list[T]:
    """Run a kernel over ``range(size)``, from where it stopped because its lists were full."""
    found: dict[int, list[T]] = {}

    def work(first: int, stop: int) -> None:
        batch = Batch(np.empty(_BATCH, np.int64), np.empty(_BATCH, np.int64), np.empty(_BATCH))
        results, at = [], first
        while at < stop:
            pause()
            count, at = kernel(at, min(stop, at + portion), batch)
            if count > 0:
                results.append(visit(first, batch.rows[:count], batch.cols[:count], batch.costs[:count]))
        found[first] = results

    share(work, size, -(-size // _SHARES), threads)
    return [result for first in sorted(found) for result in found[first]]


@njit
def list_panels(
    pairs: Pairs,
    height: int,
    f: FloatArray,
    g: FloatArray,
    limit: float,
    start: int,
    stop: int,
    batch: Batch,
) -> tuple[int, int]:
    """List the pairs of the panels start … stop, until there is no room for another; return how many, and where next.

    Panels are numbered from left to right, then downwards.
    """
    n, across = f.size, (g.size + TILE - 1) // TILE
    buffer = np.empty((height, TILE))
    count = int64(0)
    for at in range(start, stop):
        top, left = at // across * ROWS, at % across * TILE
        prices = g[left : left + TILE]
        if count + min(n - top, ROWS) * prices.size > batch.rows.size:
            return count, at
        for i in range(top, min(n, top + ROWS)):
            r = (i - top) % height
            if r == 0:
                panel(pairs, i, min(height, n - i), left, prices.size, buffer, 0, 0)
            count = _list_row(buffer[r, : prices.size], f[i], prices, limit, i, left, batch, count)
    return count, stop


@njit
def _list_pruned(
    pairs: PointPairs,
    f: FloatArray,
    g: FloatArray,
    limit: float,
    row_blocks: Blocks,
    col_groups: Blocks,
    col_blocks: Blocks,
    start: int,
    stop: int,
    batch: Batch,
) -> tuple[int, int]:
    """Do the same for blocks of rows by groups of blocks of columns, passing over what the bounds exclude."""
    n, across, count = f.size, col_groups.height.size, int64(0)
    margins, offset, tangent = boxes.margin(pairs), np.empty(pairs.y.shape[0]), np.empty(pairs.y.shape[0])
    buffer = np.empty((BLOCK, BLOCK))
    for at in range(start, stop):
        if count + BLOCK * GROUP * BLOCK > batch.rows.size:
            return count, at
        a, group = at // across, at % across
        if boxes.lower_bound(pairs, row_blocks, a, col_groups, group, margins, offset, tangent) > limit:
            continue
        top, bottom = a * BLOCK, min(n, a * BLOCK + BLOCK)
        for b in range(group * GROUP, min(col_blocks.height.size, group * GROUP + GROUP)):
            if boxes.lower_bound(pairs, row_blocks, a, col_blocks, b, margins, offset, tangent) > limit:
                continue
            left = b * BLOCK
            prices = g[left : left + BLOCK]
            panel(pairs, top, bottom - top, left, prices.size, buffer, 0, 0)
            for i in range(top, bottom):
                costs = buffer[i - top, : prices.size]
                count = _list_row(costs, f[i], prices, limit, i, left, batch, count)
    return count, stop


@njit
def _list_row(
    costs: FloatArray,
    price: float,
    prices: FloatArray,
    limit: float,
    i: int,
    left: int,
    batch: Batch,
    count: int,
) -> int:
    """List pairs of row i and the columns from `left`; most often there is none, which is found out first."""
    hits = 0
    for c in range(np.uint32(prices.size)):
        hits += (costs[c] - price) - prices[c] <= limit
    if hits > 0:
        for c in range(prices.size):
            if (costs[c] - price) - prices[c] <= limit:
                batch.rows[count], batch.cols[count], batch.costs[count] = i, left + c, costs[c]
                count += 1
    return count
