"""Assignment: n sources and n targets of equal mass, solved by SciPy's Jonker–Volgenant algorithm.

`scipy.optimize.linear_sum_assignment` returns the permutation σ alone. Its potentials are shortest path lengths: with
f_i = c_{iσ(i)} − g_{σ(i)}, the constraints f_i + g_j ≤ c_ij read

    g_j ≤ g_{σ(i)} + (c_ij − c_{iσ(i)}),

so that g is feasible if it holds the distances from one column along arcs σ(i) → j of length c_ij − c_{iσ(i)}. These
have no negative cycle exactly if σ is optimal (Ahuja, Magnanti, Orlin, *Network Flows*, section 12.4).
The shortest path tree together with the n matched pairs is the spanning tree that proves σ optimal.

Three measures make this fast and sure:

* Paths run along few arcs: a sweep over all pairs adds the most violated one of each row and of each column, labels are
  corrected along the arcs collected so far, and so on until no pair is violated: some ten sweeps in place of hundreds.
* Labels are carried in double-double, where a cycle of length zero is told from a negative one.
* A negative cycle found on the way means that σ was optimal up to rounding only; rotating σ along it improves it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics import double_double as dd
from otkit.numerics.jit import njit
from otkit.numerics.sums import two_sum
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats, Status
from otkit.solvers.monitor import Monitor

# A label is corrected if that lowers it by more than this share of the numbers it is computed from. Rounding in
# double-double stays below, so that a cycle of length zero cannot be followed round and round.
RESOLUTION = 2.0**-90

# Rounding of c − f − g in float64, in units of max |f| + max |g| + max |c|. Within it, double-double decides.
UNDECIDED = 2.0**-50

# Label corrections, in multiples of n², after which the potentials are handed over as they are. Costs that span more
# than the 106 bits of a label might need that; nothing else came near.
MAX_CORRECTIONS = 10

CONVERGED, LIMIT = -1, -2


class _Labels(NamedTuple):
    """Column potentials g = high + low, and for each column the row from which its shortest path arrives (root: −1)."""

    high: FloatArray
    low: FloatArray
    parent: IntArray


class _Arcs(NamedTuple):
    """The arcs that paths may use: those of row i lead to columns ``cols[starts[i]:starts[i + 1]]``."""

    starts: IntArray
    cols: IntArray


def solve(problem: TransportProblem, options: None, monitor: Monitor) -> Candidate:
    """Solve a problem with n = m and equal masses by `scipy.optimize.linear_sum_assignment`.

    That function can't be stopped: a deadline or Ctrl-C is heard when it has returned. It has no options.

    Raises
    ------
    MemoryError
        If the dense cost matrix does not fit.
    """
    from scipy.optimize import linear_sum_assignment

    n, supply = problem.shape[0], problem.supply
    costs = problem.cost.dense()
    monitor.tick("assignment")
    partner = np.asarray(linear_sum_assignment(costs)[1], dtype=np.int64)
    labels, rounds, status = _recover_labels(costs, partner, monitor)
    rows, f, g = np.arange(n), np.empty(n), labels.high
    basis = None
    if status == "optimal":
        _row_potentials(costs, partner, labels, f, np.empty(n))
        reached = np.flatnonzero(labels.parent >= 0)
        basis = (np.concatenate([rows, labels.parent[reached]]), np.concatenate([partner, reached]))
    else:
        f = problem.cost.row_minima(g)[0]
    stats = SolverStats(status, iterations=n, rounds=rounds, detail="scipy.optimize.linear_sum_assignment")
    return Candidate(rows, partner, supply.copy(), f, g, basis=basis, stats=stats)


def _recover_labels(costs: FloatArray, partner: IntArray, monitor: Monitor) -> tuple[_Labels, int, Status]:
    """Find the shortest path tree from column ``partner[0]``; `partner` is improved where it is not quite optimal."""
    n = partner.size
    limit = MAX_CORRECTIONS * n * n + n
    labels = _Labels(np.empty(n), np.empty(n), np.empty(n, dtype=np.int64))
    f_high, f_low = np.empty(n), np.empty(n)
    rows, cols = np.zeros(n, dtype=np.int64), np.arange(n)  # from the root straight to every column
    worst_col, worst_row = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    largest = max(abs(float(costs.min())), abs(float(costs.max())))
    _start_labels(costs, partner, labels)
    rounds = 0
    while (reason := monitor.stopped) is None:
        rounds += 1
        outcome = _correct_labels(costs, partner, _grouped(rows, cols, n), labels, limit)
        while outcome >= 0:
            _rotate(partner, labels.parent, outcome)
            _start_labels(costs, partner, labels)
            outcome = _correct_labels(costs, partner, _grouped(rows, cols, n), labels, limit)
        if outcome == LIMIT:
            return labels, rounds, "iteration_limit"
        _row_potentials(costs, partner, labels, f_high, f_low)
        doubt = sum(UNDECIDED * size for size in (np.abs(f_high).max(), np.abs(labels.high).max(), largest))
        violated = _worst_pairs(costs, f_high, f_low, labels, doubt, worst_col, worst_row)
        monitor.tick(f"potentials: {violated} rows violated")
        if violated == 0:
            return labels, rounds, "optimal"
        in_row, in_col = np.flatnonzero(worst_col >= 0), np.flatnonzero(worst_row >= 0)
        rows = np.concatenate([rows, in_row, worst_row[in_col]])
        cols = np.concatenate([cols, worst_col[in_row], in_col])
    return labels, rounds, reason


def _grouped(rows: IntArray, cols: IntArray, n: int) -> _Arcs:
    """Group arcs by row."""
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
    return _Arcs(starts, cols[np.argsort(rows, kind="stable")])


@njit
def _start_labels(costs: FloatArray, partner: IntArray, labels: _Labels) -> None:
    """Label every column with the length of the arc that leads to it from the root, the partner of row 0."""
    root = partner[0]
    for j in range(partner.size):
        labels.high[j], labels.low[j] = two_sum(costs[0, j], -costs[0, root])
        labels.parent[j] = 0
    labels.parent[root] = -1


@njit
def _correct_labels(costs: FloatArray, partner: IntArray, arcs: _Arcs, labels: _Labels, limit: int) -> int:
    """Lower labels along the arcs until none can be lowered (Bellman, Ford, Moore: first in, first out).

    Returns CONVERGED, LIMIT, or a column on a cycle of negative length.
    """
    n = partner.size
    owner = np.empty(n, dtype=np.int64)
    for i in range(n):
        owner[partner[i]] = i
    queue = np.arange(n)
    queued = np.ones(n, dtype=np.bool_)
    first, waiting, done = 0, n, 0
    while waiting > 0:
        column = queue[first]
        first = (first + 1) % n
        waiting -= 1
        queued[column] = False
        i = owner[column]
        here = (labels.high[column], labels.low[column])
        matched = costs[i, column]
        for k in range(arcs.starts[i], arcs.starts[i + 1]):
            j = arcs.cols[k]
            label = dd.add(here, two_sum(costs[i, j], -matched))
            change = dd.subtract(label, (labels.high[j], labels.low[j]))
            reach = max(abs(here[0]), abs(labels.high[j]), abs(costs[i, j]), abs(matched))
            if change[0] < -RESOLUTION * reach:
                labels.high[j], labels.low[j] = label
                labels.parent[j] = i
                if not queued[j]:
                    queue[(first + waiting) % n] = j
                    waiting += 1
                    queued[j] = True
        done += 1
        if done % n == 0:
            column = _column_on_cycle(partner, labels.parent)
            if column >= 0:
                return column
            if done > limit:
                return LIMIT
    return CONVERGED


@njit
def _column_on_cycle(partner: IntArray, parent: IntArray) -> int:
    """Return a column on a cycle of parents; CONVERGED if they form a tree."""
    n = partner.size
    visit = np.where(parent < 0, n, -1)  # the walk that came by first; the root ends every walk
    for start in range(n):
        column = start
        while visit[column] < 0:
            visit[column] = start
            column = partner[parent[column]]
        if visit[column] == start:
            return column
    return CONVERGED


@njit
def _rotate(partner: IntArray, parent: IntArray, column: int) -> None:
    """Match each row on the cycle of parents through `column` with the column that it leads to."""
    j = column
    while True:
        i = parent[j]
        before = partner[i]
        partner[i] = j
        j = before
        if j == column:
            return


@njit
def _row_potentials(costs: FloatArray, partner: IntArray, labels: _Labels, high: FloatArray, low: FloatArray) -> None:
    """Write f_i = c_{iσ(i)} − g_{σ(i)}."""
    for i in range(partner.size):
        j = partner[i]
        high[i], low[i] = dd.subtract((costs[i, j], 0.0), (labels.high[j], labels.low[j]))


@njit
def _worst_pairs(
    costs: FloatArray,
    f_high: FloatArray,
    f_low: FloatArray,
    labels: _Labels,
    doubt: float,
    worst_col: IntArray,
    worst_row: IntArray,
) -> int:
    """Find the most violated pair of each row and of each column (−1: none); return how many rows have one."""
    n = f_high.size
    col_slack = np.zeros(n)
    worst_row[:] = -1
    violated = 0
    for i in range(n):
        row_slack = 0.0
        worst_col[i] = -1
        for j in range(n):
            slack = (costs[i, j] - f_high[i]) - labels.high[j]
            if slack < doubt:
                if slack > -doubt:
                    exact = dd.subtract((costs[i, j], 0.0), (f_high[i], f_low[i]))
                    slack = dd.subtract(exact, (labels.high[j], labels.low[j]))[0]
                    reach = max(abs(costs[i, j]), abs(f_high[i]), abs(labels.high[j]))
                    if slack >= -4.0 * RESOLUTION * reach:
                        continue
                if slack < row_slack:
                    row_slack = slack
                    worst_col[i] = j
                if slack < col_slack[j]:
                    col_slack[j] = slack
                    worst_row[j] = i
        violated += worst_col[i] >= 0
    return violated
