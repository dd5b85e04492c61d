"""Small transport problems, thousands a second: one compiled call for a batch, none of Python for a pair.

Costs, network simplex and proof of each pair follow one another while the costs are in the cache. What a pair gives
does not depend on the pairs around it, so neither batches nor threads change a bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.batch import enclose
from otkit.costs.pairs import MatrixPairs, PointPairs, panel
from otkit.numerics.jit import int64, njit, overload
from otkit.solvers.simplex.dense import NO_LIMIT, solve_dense


class Packed(NamedTuple):
    """Measures laid end to end: the k-th has the atoms ``starts[k]:starts[k + 1]``, each with mass.

    Attributes
    ----------
    pairs : PointPairs or MatrixPairs
        Costs between all atoms, or between all bins.
    bins : ndarray
        For a matrix of costs between bins, the bin of each atom.
    starts : ndarray
    weights, shares : ndarray
        Masses as given, and divided by the total of their measure.
    totals : ndarray
        Those totals.
    """

    pairs: PointPairs | MatrixPairs
    bins: IntArray
    starts: IntArray
    weights: FloatArray
    shares: FloatArray
    totals: FloatArray


class Kept(NamedTuple):
    """Trees of pairs, laid end to end: that of the k-th begins at ``starts[k]``, its arcs from the root outward.

    Without room, `rows` and `cols` being empty, none is kept.
    """

    starts: IntArray
    rows: Any
    cols: Any


@njit
def solve_pairs(
    packed: Packed,
    first: IntArray,
    second: IntArray,
    start: int,
    stop: int,
    out: FloatArray,
    proved: BoolArray,
    kept: Kept,
) -> None:
    """Solve the pairs of measures start … stop of a list; write cost and bounds, and whether these are proved tight.

    Keep the trees, if there is room for them.
    """
    pairs, bins, starts, weights, shares, totals = packed
    cost = np.empty((0, 0))
    for k in range(start, stop):
        i, j = first[k], second[k]
        n, m = starts[i + 1] - starts[i], starts[j + 1] - starts[j]
        if cost.shape[0] != n or cost.shape[1] != m:
            cost = np.empty((n, m))
        fill_costs(pairs, bins, starts[i], starts[j], cost)
        rows, cols = slice(starts[i], starts[i + 1]), slice(starts[j], starts[j + 1])
        supply, demand = shares[rows], shares[cols]
        answer = solve_dense(cost, supply, demand, NO_LIMIT)
        found = enclose(
            cost, answer.rows, answer.cols, answer.mass, answer.f, answer.g,
            weights[rows], weights[cols], (totals[i], totals[j]), supply, demand,
        )  # fmt: skip
        out[k, 0], out[k, 1], out[k, 2] = found.value, found.lower, found.upper
        proved[k] = found.optimal
        if kept.rows.size > 0:
            for t in range(n + m - 1):
                arc = answer.order[t] - 1
                kept.rows[kept.starts[k] + t] = answer.tree_rows[arc]
                kept.cols[kept.starts[k] + t] = answer.tree_cols[arc]


@njit
def judge_pairs(
    packed: Packed,
    first: IntArray,
    second: IntArray,
    start: int,
    stop: int,
    out: FloatArray,
    proved: BoolArray,
    kept: Kept,
) -> None:
    """Write what `solve_pairs` does, the same bits, from the trees that it has kept: without a pivot.

    Whatever the arcs are, costs and bounds are true: nothing but the costs and the masses is believed.
    """
    pairs, bins, starts, weights, shares, totals = packed
    cost = np.empty((0, 0))
    for k in range(start, stop):
        i, j = first[k], second[k]
        n, m = starts[i + 1] - starts[i], starts[j + 1] - starts[j]
        if cost.shape[0] != n or cost.shape[1] != m:
            cost = np.empty((n, m))
        fill_costs(pairs, bins, starts[i], starts[j], cost)
        rows, cols = slice(starts[i], starts[i + 1]), slice(starts[j], starts[j + 1])
        supply, demand = shares[rows], shares[cols]
        arcs = slice(kept.starts[k], kept.starts[k] + n + m - 1)
        plan = np.empty((2, n + m - 1), np.int64)
        mass, f, g = np.empty(n + m - 1), np.empty(n), np.empty(m)
        shipped = _weigh_tree(cost, supply, demand, kept.rows[arcs], kept.cols[arcs], plan, mass, f, g)
        if shipped < 0:
            out[k], proved[k] = np.nan, False
            continue
        found = enclose(
            cost, plan[0, :shipped], plan[1, :shipped], mass[:shipped], f, g,
            weights[rows], weights[cols], (totals[i], totals[j]), supply, demand,
        )  # fmt: skip
        out[k, 0], out[k, 1], out[k, 2] = found.value, found.lower, found.upper
        proved[k] = found.optimal


@njit
def _weigh_tree(
    cost: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    rows: IntArray,
    cols: IntArray,
    plan: IntArray,
    mass: FloatArray,
    f: FloatArray,
    g: FloatArray,
) -> int:
    """Write plan and potentials of a tree whose arcs come from the root outward, with the bits of `solve_dense`.

    Returns how many entries carry mass; −1 where the arcs are no such tree.
    """
    n, m = cost.shape
    parent, arc = np.full(n + m, -1, np.int64), np.empty(n + m, np.int64)
    order = np.empty(n + m - 1, np.int64)
    parent[0], f[0] = 0, 0.0  # the root
    for k in range(n + m - 1):
        i, j = int64(rows[k]), int64(cols[k])
        if i < 0 or i >= n or j < 0 or j >= m or (parent[i] < 0) == (parent[n + j] < 0):
            return -1
        if parent[i] < 0:
            order[k], parent[i], arc[i], f[i] = i, n + j, k, -g[j] + cost[i, j]
        else:
            order[k], parent[n + j], arc[n + j], g[j] = n + j, i, k, -(f[i] - cost[i, j])
    surplus = np.empty(n + m)
    surplus[:n], surplus[n:] = supply, -demand
    for k in range(n + m - 2, -1, -1):
        v = order[k]
        surplus[parent[v]] += surplus[v]
        if v >= n:
            surplus[v] = -surplus[v]
    shipped = 0
    for v in range(1, n + m):
        if surplus[v] > 0.0:
            plan[0, shipped], plan[1, shipped], mass[shipped] = rows[arc[v]], cols[arc[v]], surplus[v]
            shipped += 1
    return shipped


def fill_costs(pairs: Any, bins: IntArray, row: int, col: int, out: FloatArray) -> None:
    """Write the costs between the atoms from `row` and those from `col`."""
    (_point_costs if isinstance(pairs, PointPairs) else _bin_costs)(pairs, bins, row, col, out)


def _point_costs(pairs, bins, row, col, out):  # type: ignore[no-untyped-def]
    panel(pairs, row, out.shape[0], col, out.shape[1], out, 0, 0)


def _bin_costs(pairs, bins, row, col, out):  # type: ignore[no-untyped-def]
    n, m = out.shape
    for i in range(n):
        line, target = pairs.matrix[bins[row + i]], out[i]
        for j in range(m):
            target[j] = line[bins[col + j]]


@overload(fill_costs)
def _compile_fill(pairs, bins, row, col, out):  # type: ignore[no-untyped-def]
    return _point_costs if issubclass(pairs.instance_class, PointPairs) else _bin_costs
