"""Candidate arcs: for each row and column the few arcs of least reduced cost."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import TILE, pair, panel, shape, transposed
from otkit.costs.single import single_precision
from otkit.costs.sweeps import Pairs, worthwhile_threads
from otkit.numerics.jit import int64, njit
from otkit.numerics.threads import share

# Rows that are evaluated together: their costs stay in the first-level cache.
PANEL = 16


@njit
def insert(values: FloatArray, indices: Any, value: float, index: int) -> None:
    """Put `value` into the ascending list `values`, whose last and largest entry drops out."""
    k = values.size - 1
    while k > 0 and values[k - 1] > value:
        values[k] = values[k - 1]
        indices[k] = indices[k - 1]
        k -= 1
    values[k] = value
    indices[k] = index


def nearest(pairs: Pairs, prices: FloatArray, keep: int, *, of_rows: bool) -> tuple[FloatArray, Any]:
    """Return the `keep` smallest c_ij − prices of each row (or column) in ascending order, and where they are.

    `prices` belong to the columns (rows). Where there are fewer pairs the lists end with (inf, −1). In many dimensions
    single precision has to do: the arcs found are but candidates.
    """
    single = single_precision(pairs)
    if single is not None:
        pairs, prices = single.pairs, prices.astype(np.float32)
    if not of_rows:
        pairs = transposed(pairs)
    n, m = shape(pairs)
    values, indices = np.empty((n, keep)), np.empty((n, keep), np.int32)
    share(
        lambda start, stop: _nearest(pairs, prices, start, stop, values, indices),
        n,
        PANEL,
        worthwhile_threads(pairs, n * m),
    )
    return values, indices


@njit
def _nearest(pairs: Any, g: FloatArray, first: int, stop: int, values: FloatArray, indices: Any) -> None:
    """Find, for the rows first … stop, the columns with the smallest c_ij − g_j."""
    m = g.size
    keep = values.shape[1]
    buffer = np.empty((PANEL, TILE), g.dtype)
    for i in range(first, stop):
        for k in range(keep):
            values[i, k] = np.inf
            indices[i, k] = -1
    for low in range(first, stop, PANEL):
        rows = min(PANEL, stop - low)
        for j0 in range(0, m, TILE):
            width = min(TILE, m - j0)
            panel(pairs, low, rows, j0, width, buffer, 0, 0)
            prices = g[j0 : j0 + width]
            for r in range(rows):
                i, line = low + r, buffer[r, :width]
                worst = g.dtype.type(values[i, keep - 1])
                hits = 0
                for j in range(width):
                    line[j] -= prices[j]
                    hits += line[j] < worst
                if hits > 0:
                    for j in range(width):
                        if line[j] < values[i, keep - 1]:
                            insert(values[i], indices[i], float(line[j]), j0 + j)


class Lists(NamedTuple):
    """For each node an ascending list of reduced costs, and the partners to which these arcs lead; (inf, −1): none."""

    values: FloatArray
    partners: Any


def _empty_lists(size: int, keep: int) -> Lists:
    """Return lists of nothing."""
    return Lists(np.full((size, keep), np.inf), np.full((size, keep), -1, np.int32))


@njit
def reduced_costs(pairs: Any, f: FloatArray, g: FloatArray, rows: Any, cols: Any) -> FloatArray:
    """Return the reduced costs of index pairs."""
    out = np.empty(rows.size)
    for k in range(rows.size):
        out[k] = pair(pairs, rows[k], cols[k]) - f[rows[k]] - g[cols[k]]
    return out


def merge_arcs(
    pairs: Any, f: FloatArray, g: FloatArray, columns_of_rows: Any, rows_of_columns: Any
) -> tuple[Any, Any, FloatArray, float]:
    """Return the union of two lists of arcs, by rows and by columns (−1: none), without repetition, ordered by source.

    The costs are reduced by f and g; the last value is the largest |c| + |f| + |g| of an arc, by which rounding is
    measured.
    """
    most = columns_of_rows.size + rows_of_columns.size
    source, sink, cost = np.empty(most, np.uint32), np.empty(most, np.uint32), np.empty(most)
    arcs, largest = _merge(pairs, f, g, columns_of_rows, rows_of_columns, source, sink, cost)
    return source[:arcs], sink[:arcs], cost[:arcs], largest


@njit
def _merge(
    pairs: Any,
    f: FloatArray,
    g: FloatArray,
    columns_of_rows: Any,
    rows_of_columns: Any,
    source: Any,
    sink: Any,
    cost: FloatArray,
) -> tuple[int, float]:
    """Write the union of two lists; return its size and the scale of its rounding."""
    n, m = f.size, g.size
    start = np.zeros(n + 1, np.int64)
    for i in range(n):
        for j in columns_of_rows[i]:
            start[i + 1] += j >= 0
    for j in range(m):
        for i in rows_of_columns[j]:
            if i >= 0:
                start[i + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    total = start[n]
    fill = start[:n].copy()
    to = np.empty(total, np.int32)
    # Columns are visited in ascending order, so each row's list from them is sorted.
    for j in range(m):
        for i in rows_of_columns[j]:
            if i >= 0:
                to[fill[i]] = j
                fill[i] += 1
    seen = np.full(m, -1, np.int32)
    arcs = 0
    largest = 0.0
    for i in range(n):
        for j in columns_of_rows[i]:
            if j >= 0:
                to[fill[i]] = j
                fill[i] += 1
        for k in range(start[i], start[i + 1]):
            j = to[k]
            if seen[j] != i:
                seen[j] = i
                source[arcs] = i
                sink[arcs] = n + j
                c = pair(pairs, i, int64(j))
                cost[arcs] = c - f[i] - g[j]
                largest = max(largest, abs(c) + abs(f[i]) + abs(g[j]))
                arcs += 1
    return arcs, largest


def best_arcs(
    source: Any, sink: Any, cost: FloatArray, arcs: int, pot: FloatArray, n: int, keep: int
) -> tuple[Any, Any]:
    """Return the `keep` arcs of least reduced cost of each row and of each column, as lists of partners (−1: none)."""
    lists = _empty_lists(pot.size, keep)
    _insert_all(source, sink, cost, arcs, pot, n, lists)
    return lists.partners[:n], lists.partners[n:]


@njit
def _insert_all(source: Any, sink: Any, cost: FloatArray, arcs: int, pot: FloatArray, n: int, lists: Lists) -> None:
    """Insert all arcs into the lists of their ends."""
    values, partners = lists
    keep = values.shape[1]
    for e in range(arcs):
        i, j = source[e], sink[e]
        reduced = cost[e] - pot[i] + pot[j]
        if reduced < values[i, keep - 1]:
            insert(values[i], partners[i], reduced, int64(j - n))
        if reduced < values[j, keep - 1]:
            insert(values[j], partners[j], reduced, int64(i))


def refine_arcs(
    pairs: Any,
    cross: Any,
    coarse_g: FloatArray,
    coarse_source: Any,
    coarse_sink: Any,
    row_starts: IntArray,
    col_starts: IntArray,
    keep: int,
) -> tuple[FloatArray, FloatArray, Any, Any]:
    """Take arcs between clusters apart: potentials and candidate arcs of the points from pairs below these arcs alone.

    Cluster I holds the rows row_starts[I] … row_starts[I + 1], and so for columns; the arcs are ordered by source.
    """
    n, m = int(row_starts[-1]), int(col_starts[-1])
    f, g = np.full(n, np.inf), np.full(m, np.inf)
    of_rows, of_columns = _empty_lists(n, keep), _empty_lists(m, keep)
    _refine(pairs, cross, coarse_g, coarse_source, coarse_sink, row_starts, col_starts, f, g, of_rows, of_columns)
    return f, g, of_rows.partners, of_columns.partners


@njit
def _refine(
    pairs: Any,
    cross: Any,
    coarse_g: FloatArray,
    coarse_source: Any,
    coarse_sink: Any,
    row_starts: IntArray,
    col_starts: IntArray,
    f: FloatArray,
    g: FloatArray,
    of_rows: Lists,
    of_columns: Lists,
) -> None:
    """Lower f and g, which are infinite, and insert what lists without entries should hold."""
    row_values, columns_of_rows = of_rows
    col_values, rows_of_columns = of_columns
    keep = row_values.shape[1]
    clusters = row_starts.size - 1
    first = np.zeros(clusters + 1, np.int64)
    below = 0
    for e in range(coarse_source.size):
        cluster, other = coarse_source[e], coarse_sink[e] - clusters
        first[cluster + 1] += 1
        below += (row_starts[cluster + 1] - row_starts[cluster]) * (col_starts[other + 1] - col_starts[other])
    for cluster in range(clusters):
        first[cluster + 1] += first[cluster]
    costs = np.empty(below)  # of all pairs below the arcs, in the order in which they are visited
    k = 0
    for cluster in range(clusters):
        for i in range(row_starts[cluster], row_starts[cluster + 1]):
            for e in range(first[cluster], first[cluster + 1]):
                other = int64(coarse_sink[e]) - clusters
                f[i] = min(f[i], pair(cross, i, other) - coarse_g[other])
            for e in range(first[cluster], first[cluster + 1]):
                other = int64(coarse_sink[e]) - clusters
                for j in range(col_starts[other], col_starts[other + 1]):
                    costs[k] = pair(pairs, i, j)
                    g[j] = min(g[j], costs[k] - f[i])
                    k += 1
    k = 0
    for cluster in range(clusters):
        for i in range(row_starts[cluster], row_starts[cluster + 1]):
            row_begin = k
            for e in range(first[cluster], first[cluster + 1]):
                other = int64(coarse_sink[e]) - clusters
                for j in range(col_starts[other], col_starts[other + 1]):
                    if costs[k] - g[j] < row_values[i, keep - 1]:
                        insert(row_values[i], columns_of_rows[i], costs[k] - g[j], j)
                    k += 1
            f[i] = row_values[i, 0]
            k = row_begin
            for e in range(first[cluster], first[cluster + 1]):
                other = int64(coarse_sink[e]) - clusters
                for j in range(col_starts[other], col_starts[other + 1]):
                    if costs[k] - f[i] < col_values[j, keep - 1]:
                        insert(col_values[j], rows_of_columns[j], costs[k] - f[i], i)
                    k += 1
