"""Column generation: find the arcs of negative reduced cost among all pairs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import boxes
from otkit.costs.pairs import MatrixPairs, PointPairs, pair, panel, shape
from otkit.costs.single import ROUNDING, single_precision
from otkit.costs.sweeps import Pairs, worthwhile_threads
from otkit.numerics.jit import njit
from otkit.numerics.threads import pause, share
from otkit.solvers.simplex.candidates import insert

# The table of bounds is kept below this size; blocks grow with the problem beyond.
LARGEST_TABLE = 8_000_000

# Pairs looked at in one call of the kernel, at most: between two calls, Ctrl-C is heard.
PORTION = 10_000_000

# Violated arcs kept: the worst of each row, and the worst of each column within each of so many parts of the rows.
PER_ROW = 3
PARTS = 4


class Pricer:
    """Looks for violated pairs, again and again, and remembers where there can be none.

    For each block of pairs it keeps the least reduced cost found when the block was last looked at. Since then that can
    have fallen by no more than the potentials of its rows and columns have risen: most blocks are ruled out by this
    alone, whatever the cost, so that later rounds look at a few per cent of all pairs.

    Attributes
    ----------
    least : ndarray, shape (n,)
        Nothing in a row had a lower reduced cost than this when it was last looked at.
    """

    def __init__(self, pairs: Pairs, f: FloatArray, g: FloatArray) -> None:
        n, m = shape(pairs)
        self._pairs, self._single = pairs, single_precision(pairs)
        # Where a cost takes long, long rows make it shorter: the loops over coordinates are set up less often.
        low = isinstance(pairs, MatrixPairs) or pairs.x.shape[1] <= boxes.LARGEST_DIMENSION
        self._rows, self._cols = (32, 64) if low else (16, 256)
        while (n // self._rows + 1) * (m // self._cols + 1) > LARGEST_TABLE:
            self._rows, self._cols = 2 * self._rows, 2 * self._cols
        self._row_starts, self._col_starts = np.arange(0, n, self._rows), np.arange(0, m, self._cols)
        self._table = np.full((self._row_starts.size, self._col_starts.size), -np.inf)
        self._row_drift, self._col_drift = np.zeros(self._row_starts.size), np.zeros(self._col_starts.size)
        self._f, self._g = f, g
        self.least = np.zeros(n)
        if isinstance(pairs, PointPairs) and boxes.can_bound(pairs):
            self._bound_by_boxes(pairs)

    def _bound_by_boxes(self, pairs: PointPairs) -> None:
        """Fill the table with what the boxes around the points say: in the plane, most blocks are never looked at."""
        rows = boxes.blocks(pairs.x, self._f, self._row_starts)
        cols = boxes.blocks(pairs.y.T, self._g, self._col_starts)
        share(
            lambda start, stop: boxes.lower_bounds(pairs, rows, cols, start, stop, self._table),
            self._row_starts.size,
            64,
            1 + self._table.size // 50_000,
        )

    def violated(self, f: FloatArray, g: FloatArray, tolerance: float) -> tuple[IntArray, IntArray]:
        """Return rows and columns of the worst pairs with c_ij − f_i − g_j < −tolerance; none only if there is none."""
        n, m = f.size, g.size
        # A rise of all f against a fall of all g changes no reduced cost, but would count as drift.
        shift = float((f - self._f).mean())
        self._row_drift += np.maximum.reduceat(np.maximum(f - self._f - shift, 0.0), self._row_starts)
        self._col_drift += np.maximum.reduceat(np.maximum(g - self._g + shift, 0.0), self._col_starts)
        self._f, self._g = f, g
        columns = np.empty((n, PER_ROW), np.int32)
        worst_row = np.full((PARTS, m), -1, np.int32)
        least, least_of_column = np.empty((n, PER_ROW)), np.full((PARTS, m), -tolerance)

        quick = Quick(self._pairs, f, g, 0.0)
        if self._single is not None:
            rounded = self._single.largest + float(np.abs(f).max()) + float(np.abs(g).max())
            error = self._single.error + 4.0 * ROUNDING * rounded
            quick = Quick(self._single.pairs, f.astype(np.float32), g.astype(np.float32), error)

        at_once = PARTS * max(1, PORTION // (self._rows * m))  # block rows

        def look(start: int, stop: int) -> None:
            for part in range(start, stop):
                for first in range(part, self._row_starts.size, at_once):
                    pause()
                    _price(
                        quick, self._pairs, f, g, self._table, self._row_drift, self._col_drift, self._rows,
                        self._cols, first, min(first + at_once, self._row_starts.size), PARTS, tolerance,
                        least, columns, least_of_column[part], worst_row[part],
                    )  # fmt: skip

        share(look, PARTS, 1, worthwhile_threads(self._pairs, n * m // 8))
        self.least = least[:, 0]
        by_row, by_column = columns >= 0, worst_row >= 0
        rows = np.concatenate([np.nonzero(by_row)[0], worst_row[by_column]])
        cols = np.concatenate([columns[by_row], np.nonzero(by_column)[1]])
        keys = np.unique(rows.astype(np.int64) * m + cols)
        return keys // m, keys % m


class Quick(NamedTuple):
    """Costs and potentials whose reduced costs are off by at most `error`."""

    pairs: Pairs
    f: FloatArray
    g: FloatArray
    error: float


@njit
def _price(
    quick: Quick,
    pairs: Any,
    f: FloatArray,
    g: FloatArray,
    table: Any,
    row_drift: FloatArray,
    col_drift: FloatArray,
    rows: int,
    cols: int,
    first: int,
    stop: int,
    step: int,
    tolerance: float,
    values: FloatArray,
    indices: Any,
    col_value: FloatArray,
    col_index: Any,
) -> None:
    """Look through blocks of `rows` × `cols` pairs, those of every `step`-th block row from `first` to `stop`.

    `table` holds a lower bound of the reduced costs of each block, from when it was last looked at, plus the drift of
    its row and column then. Drift counts how far potentials have risen: so table − drift is a bound now, and a block
    that can hold no reduced cost below −tolerance is passed over. Pairs that the quick costs do not rule out are
    evaluated in double precision.
    """
    n, m = f.size, g.size
    keep = values.shape[1]
    least = np.empty(cols, quick.g.dtype)
    buffer = np.empty((rows, cols), quick.g.dtype)
    threshold = quick.g.dtype.type(quick.error - tolerance)
    for block in range(first, stop, step):
        low = block * rows
        height = min(rows, n - low)
        for i in range(low, low + height):
            for k in range(keep):
                values[i, k] = -tolerance
                indices[i, k] = -1
        for other in range(table.shape[1]):
            if table[block, other] - row_drift[block] - col_drift[other] >= -tolerance:
                continue
            j0 = other * cols
            width = min(cols, m - j0)
            panel(quick.pairs, low, height, j0, width, buffer, 0, 0)
            prices, minima = quick.g[j0 : j0 + width], least[:width]
            for j in range(width):
                minima[j] = np.inf
            for r in range(height):
                line, fi = buffer[r, :width], quick.f[low + r]
                for j in range(width):
                    line[j] = line[j] - fi - prices[j]
                    minima[j] = line[j] if line[j] < minima[j] else minima[j]  # min() minds nan, not vectorised
            lowest = np.inf
            for j in range(width):
                lowest = min(lowest, minima[j])
            table[block, other] = lowest - quick.error + row_drift[block] + col_drift[other]
            if lowest >= threshold:
                continue
            for r in range(height):
                i, line = low + r, buffer[r, :width]
                hits = 0
                for j in range(width):
                    hits += line[j] < threshold
                if hits == 0:
                    continue
                for j in range(j0, j0 + width):
                    if line[j - j0] < threshold:
                        reduced = pair(pairs, i, j) - f[i] - g[j]
                        if reduced < values[i, keep - 1]:
                            insert(values[i], indices[i], reduced, j)
                        if reduced < col_value[j]:
                            col_value[j] = reduced
                            col_index[j] = i
