"""The last pivots, in exact arithmetic: from a tree that is optimal up to rounding to one that is optimal.

*Flows first.* Solvers round masses to integers of some 60 bits, or to floats. Where masses reach further, or balance in
their last bits alone, some exact flow of their tree is negative. Then the network simplex is run once more from that
tree, with flows in as many digits as the masses need (`otkit.solvers.simplex.amounts`): what the tree can't ship finds
another way, and the new tree has no negative flow. On a graph, dual pivots do that: the arc of a negative flow leaves,
and the pair of least reduced cost that leads the other way enters. Of several, the first leaves and the first enters,
so that no tree comes back (Bland 1977, applied to the dual).

*Then prices.* Reduced costs that floating point could not decide are smaller than the rounding of prices, and multiples
of a common power of two. So they are small integers in that unit, and so are all potentials made of them, relative to
those of the tree: floats hold them exactly, and the network simplex that runs on them makes no rounding. Its flows are
exact, too. Where they are zero it takes them for a little more, less than any sum of them could bring up to a unit: a
tree without zero flows is strongly feasible whatever its root, so that the rule for the leaving arc keeps the simplex
from cycling (Cunningham 1976). Flows that are no less than zero stay so.
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import IntArray
from otkit.checker.basic_solution import Vertex, evaluate
from otkit.checker.optimality import Verdict, judge
from otkit.costs import SparseCosts
from otkit.numerics.fixed_point import bit_range
from otkit.numerics.floats import EPS
from otkit.problem import TransportProblem
from otkit.solvers.candidate import WarmStart
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex import solve_exactly
from otkit.solvers.simplex.amounts import perturbed
from otkit.solvers.simplex.entering import least_reduced, nodes_below
from otkit.solvers.simplex.pivots import pivots_to_optimum
from otkit.solvers.simplex.start import hang

# How often all pairs may be looked through, and how many dual pivots made in between, before giving up. Image grids of
# 256 × 256 pixels take two rounds.
ROUNDS = 100
DUAL_PIVOTS = 200


def repair(problem: TransportProblem, verdict: Verdict, monitor: Monitor) -> Verdict:
    """Pivot until a tree is optimal, or patience ends; return what is true of the last.

    Raises
    ------
    Stopped
        Time is up.
    """
    for _ in range(ROUNDS):
        if verdict.optimal:
            break
        monitor.check()
        tree = verdict.vertex.tree
        if verdict.vertex.least >= 0:
            rows, cols = _primal_pivots(problem, verdict, monitor)
        elif isinstance(problem.cost, SparseCosts):
            rows, cols = _dual_pivots(problem, verdict.vertex, monitor)
        else:
            prices = verdict.vertex.prices
            rows, cols = solve_exactly(problem, WarmStart(prices.f, prices.g, tree.rows, tree.cols), monitor)
        judged = judge(problem, rows, cols)
        if judged is None or (np.array_equal(rows, tree.rows) and np.array_equal(cols, tree.cols)):
            break
        verdict = judged
    return verdict


def _primal_pivots(problem: TransportProblem, verdict: Verdict, monitor: Monitor) -> tuple[IntArray, IntArray]:
    """Return the optimal tree over the arcs of a feasible tree and the pairs in doubt."""
    n, m = problem.shape
    tree, nodes = verdict.vertex.tree, n + m
    near = verdict.reduced <= nodes * -float(verdict.reduced.min())  # no pivot is likely to reach any other
    rows, cols = np.concatenate([tree.rows, verdict.rows[near]]), np.concatenate([tree.cols, verdict.cols[near]])
    reduced = np.concatenate([np.zeros(nodes - 1), verdict.reduced[near]])
    low, high = bit_range(reduced)
    tolerance = math.ldexp(0.5, low)
    if high - low + nodes.bit_length() > 53:  # too far apart for exact sums: the most overpriced first, up to rounding
        tolerance = nodes * EPS * float(np.abs(reduced).max())
    source, sink = rows.astype(np.uint32), (n + cols).astype(np.uint32)
    amounts = perturbed(verdict.vertex.flows)
    slots = np.arange(nodes - 1)
    net = hang(n, m, source, sink, reduced, slots.astype(np.int32), slots)
    portions = pivots_to_optimum(net, source, sink, reduced, rows.size, nodes - 1, tolerance, amounts)
    for _ in portions:
        monitor.tick("proving: pivots in exact arithmetic")
        monitor.check()
    arcs = np.sort(net.arc[1:])
    return rows[arcs], cols[arcs]


def _dual_pivots(problem: TransportProblem, vertex: Vertex, monitor: Monitor) -> tuple[IntArray, IntArray]:
    """Return a tree without negative flows, or what patience has come to, from one without overpriced pairs."""
    n, m = problem.shape
    for _ in range(DUAL_PIVOTS):
        monitor.check()
        tree = vertex.tree
        negative = np.flatnonzero(vertex.flows[:, -1] < 0)
        if negative.size == 0:
            break
        leaving = negative[np.argmin(tree.rows[negative] * m + tree.cols[negative])]
        i, j = tree.rows[leaving], n + tree.cols[leaving]
        below = nodes_below(tree, i if tree.parent[i] == j else j)
        # The side of row i has too little, so that something must come to its columns from the rows of the other side.
        beside_row = below == below[i]
        from_rows, to_cols = np.flatnonzero(~beside_row[:n]), np.flatnonzero(beside_row[n:])
        entering = least_reduced(problem.cost, vertex.prices, from_rows, to_cols)
        if entering is None:  # on a graph, where rounding of the masses has left them no way
            break
        rows, cols = tree.rows.copy(), tree.cols.copy()
        rows[leaving], cols[leaving] = entering
        vertex = evaluate(problem, rows, cols)
    return vertex.tree.rows, vertex.tree.cols
