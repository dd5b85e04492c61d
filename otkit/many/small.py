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
from otkit.numerics.jit import int64, jitable, njit, njit_pass, overload
from otkit.numerics.sums import two_sum
from otkit.solvers.matching import match
from otkit.solvers.simplex.dense import NO_LIMIT, solve_dense

# Rows of the largest problem that is matched rather than shipped: beyond, the simplex is as fast or faster.
LARGEST_MATCHED = 96


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
        Masses as given, and as plans ship them: divided by the total of their measure, if they are probabilities.
    totals : ndarray
        Those totals.
    probability : bool
        Whether they are; else masses are shipped as they are, those of columns rescaled to the total of the rows.
    """

    pairs: PointPairs | MatrixPairs
    bins: IntArray
    starts: IntArray
    weights: FloatArray
    shares: FloatArray
    totals: FloatArray
    probability: bool


class Kept(NamedTuple):
    """Trees of pairs, laid end to end: that of the k-th begins at ``starts[k]``, its arcs from the root outward.

    Without room, `rows` and `cols` being empty, none is kept.
    """

    starts: IntArray
    rows: Any
    cols: Any


class Answers(NamedTuple):
    """Plans and potentials of pairs, laid end to end: the plan of the k-th begins at ``starts[k]``.

    `rows` and `cols` are atoms, numbered within their measures; entries without mass are none. `prices` has the
    potential of each atom: a measure must be in one pair only.
    """

    starts: IntArray
    rows: Any
    cols: Any
    mass: FloatArray
    prices: FloatArray


@njit_pass
def add_up(weights: FloatArray, starts: IntArray) -> FloatArray:
    """Return the total of each measure, as `otkit.numerics.sums.accurate_sum` gives it."""
    totals = np.empty(starts.size - 1)
    for k in range(totals.size):
        total = errors = 0.0
        for t in range(starts[k], starts[k + 1]):
            total, error = two_sum(total, weights[t])
            errors += error
        totals[k] = total + errors
    return totals


@njit_pass
def rescale(weights: FloatArray, starts: IntArray, totals: FloatArray, targets: FloatArray) -> FloatArray:
    """Return all masses, brought to other totals as `otkit.problem.masses.rescaled` does."""
    out = np.empty(weights.size)
    for k in range(totals.size):
        factor = targets[k] / totals[k]
        for t in range(starts[k], starts[k + 1]):
            if totals[k] == targets[k]:
                out[t] = weights[t]
            else:
                out[t] = weights[t] * factor if factor < np.inf else weights[t] / totals[k] * targets[k]
    return out


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
    for k in range(start, stop):
        i, j = first[k], second[k]
        cost = _costs(packed, i, j)
        supply, demand = packed.shares[_atoms(packed, i)], packed.shares[_atoms(packed, j)]
        answer = solve_dense(cost, supply, demand, NO_LIMIT)
        proved[k] = _prove(
            packed, i, j, cost, answer.rows, answer.cols, answer.mass, answer.f, answer.g, out[k]
        )  # fmt: skip
        if kept.rows.size > 0:
            for t in range(answer.order.size):
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
    for k in range(start, stop):
        i, j = first[k], second[k]
        cost = _costs(packed, i, j)
        n, m = cost.shape
        supply, demand = packed.shares[_atoms(packed, i)], packed.shares[_atoms(packed, j)]
        arcs = slice(kept.starts[k], kept.starts[k] + n + m - 1)
        plan = np.empty((2, n + m - 1), np.int64)
        mass, f, g = np.empty(n + m - 1), np.empty(n), np.empty(m)
        shipped = _weigh_tree(cost, supply, demand, kept.rows[arcs], kept.cols[arcs], plan, mass, f, g)
        out[k], proved[k] = np.nan, False
        if shipped >= 0:
            proved[k] = _prove(packed, i, j, cost, plan[0, :shipped], plan[1, :shipped], mass[:shipped], f, g, out[k])


@njit
def answer_pairs(
    packed: Packed,
    first: IntArray,
    second: IntArray,
    start: int,
    stop: int,
    out: FloatArray,
    proved: BoolArray,
    answers: Answers,
) -> None:
    """Write what `solve_pairs` does, and the plans and potentials of the answers.

    As many rows as columns, all of one mass, are an assignment problem: up to `LARGEST_MATCHED` of them, its own solver
    is faster.
    """
    for k in range(start, stop):
        i, j = first[k], second[k]
        cost = _costs(packed, i, j)
        n, m = cost.shape
        supply, demand = packed.shares[_atoms(packed, i)], packed.shares[_atoms(packed, j)]
        f, g = answers.prices[_atoms(packed, i)], answers.prices[_atoms(packed, j)]
        entries = slice(answers.starts[k], answers.starts[k] + n + m - 1)
        rows, cols, mass = answers.rows[entries], answers.cols[entries], answers.mass[entries]
        proved[k] = False
        if n == m and n <= LARGEST_MATCHED and _all_equal(supply) and _all_equal(demand):
            partner = np.empty(n, np.int64)
            match(cost, partner, f, g)
            for t in range(n):
                rows[t], cols[t], mass[t] = t, partner[t], supply[t]
            mass[n:] = 0.0
            proved[k] = _prove(packed, i, j, cost, np.arange(n), partner, mass[:n], f, g, out[k])
        if not proved[k]:
            answer = solve_dense(cost, supply, demand, NO_LIMIT)
            shipped = answer.mass.size
            rows[:shipped], cols[:shipped] = answer.rows, answer.cols
            mass[:shipped], mass[shipped:] = answer.mass, 0.0
            f[:], g[:] = answer.f, answer.g
            proved[k] = _prove(
                packed, i, j, cost, answer.rows, answer.cols, answer.mass, answer.f, answer.g, out[k]
            )  # fmt: skip


@njit
def _all_equal(values: FloatArray) -> bool:
    for value in values:  # noqa: SIM110 (a generator is slow to compile)
        if value != values[0]:
            return False
    return True


@jitable
def _atoms(packed: Packed, k: int) -> slice:
    """Return where the atoms of a measure are."""
    return slice(packed.starts[k], packed.starts[k + 1])


@njit
def _costs(packed: Packed, i: int, j: int) -> FloatArray:
    """Return the costs between the atoms of two measures."""
    starts = packed.starts
    cost = np.empty((starts[i + 1] - starts[i], starts[j + 1] - starts[j]))
    fill_costs(packed.pairs, packed.bins, starts[i], starts[j], cost)
    return cost


@njit
def _prove(
    packed: Packed,
    i: int,
    j: int,
    cost: FloatArray,
    rows: IntArray,
    cols: IntArray,
    mass: FloatArray,
    f: FloatArray,
    g: FloatArray,
    out: FloatArray,
) -> bool:
    """Write cost and bounds of a pair, from a plan and potentials; return whether they are proved tight."""
    of_i, of_j = _atoms(packed, i), _atoms(packed, j)
    found = enclose(
        cost, rows, cols, mass, f, g, packed.weights[of_i], packed.weights[of_j],
        (packed.totals[i], packed.totals[j]), packed.shares[of_i], packed.shares[of_j], packed.probability,
    )  # fmt: skip
    out[0], out[1], out[2] = found.value, found.lower, found.upper
    return found.optimal


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
