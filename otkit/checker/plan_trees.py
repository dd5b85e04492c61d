"""The tree of a plan that somebody hands over: where it is optimal, so is the plan, and its exact value is known.

A basic solution ships along a forest. Where that spans the rows and columns with mass, it is a tree, and all that is
needed: its potentials are determined, and `otkit.checker.optimality` judges them in exact arithmetic. Where masses are
degenerate, arcs without mass are missing; the pairs that the given potentials price most nearly at their cost complete
the tree. On the line, a monotone path through the sorted points takes the place of the tree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.line import LineProof, prove_on_line
from otkit.checker.optimality import Verdict, judge
from otkit.checker.plans import Entries
from otkit.checker.spanning_tree import forest_mask
from otkit.numerics.floats import EPS, TINY
from otkit.problem import TransportProblem

# Reduced costs of given potentials up to so many roundings of the largest are candidates for the tree.
NEAR = 16.0


class PlanTree(NamedTuple):
    """An optimal tree: of the rows and columns with mass, in whose numbers its verdict is."""

    verdict: Verdict
    rows: IntArray
    cols: IntArray

    @property
    def arcs(self) -> tuple[IntArray, IntArray]:
        """The arcs in the numbers of the whole problem."""
        tree = self.verdict.vertex.tree
        return self.rows.take(tree.rows), self.cols.take(tree.cols)


def optimal_tree(
    problem: TransportProblem, plan: Entries, potentials: tuple[FloatArray, FloatArray] | None
) -> PlanTree | None:
    """Return the tree of a plan if it is proved optimal in exact arithmetic; None if it is not, or is no tree.

    That is known before any pair is looked at where the plan is no basic solution, and as soon as one pair is
    overpriced where it is not optimal.
    """
    rows, cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    used = np.flatnonzero(plan.mass > 0.0)
    if used.size >= rows.size + cols.size or problem.cost.is_searched:
        return None
    part = problem
    arc_rows, arc_cols = plan.rows[used], plan.cols[used]
    if rows.size + cols.size < sum(problem.shape):
        part = problem.restrict(rows, cols)
        arc_rows, arc_cols = _places(arc_rows, rows), _places(arc_cols, cols)
    missing = sum(part.shape) - part.cost.pieces - used.size
    if missing < 0 or min(arc_rows.min(initial=0), arc_cols.min(initial=0)) < 0:
        return None
    if not forest_mask(*part.shape, arc_rows, arc_cols).all():
        return None
    if missing > 0:
        if potentials is None:
            return None
        near = _tight_pairs(part, potentials[0][rows], potentials[1][cols])
        arc_rows, arc_cols = (np.concatenate(ends) for ends in zip((arc_rows, arc_cols), near, strict=True))
        kept = forest_mask(*part.shape, arc_rows, arc_cols)
        arc_rows, arc_cols = arc_rows[kept], arc_cols[kept]
    try:
        verdict = judge(part, arc_rows, arc_cols, patient=False)
    except ValueError:  # no spanning tree
        return None
    return PlanTree(verdict, rows, cols) if verdict is not None and verdict.optimal else None


def _tight_pairs(problem: TransportProblem, f: FloatArray, g: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the pairs that potentials price at their cost, to rounding, the nearest first; of each batch a forest."""
    limit = NEAR * EPS * float(np.abs(f).max() + np.abs(g).max()) + TINY

    def visit(_: int, rows: IntArray, cols: IntArray, costs: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        slack = np.abs((costs - f[rows]) - g[cols])
        order = np.argsort(slack, kind="stable")
        order = order[forest_mask(*problem.shape, rows[order], cols[order])]
        return rows[order], cols[order], slack[order]

    found = problem.cost.pairs_below(f, g, limit, visit)
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows, cols, slack = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(slack, kind="stable")
    return rows[order], cols[order]


def _places(index: IntArray, which: IntArray) -> IntArray:
    """Return where each number of an index stands among some in ascending order; −1 if it does not."""
    place = np.minimum(np.searchsorted(which, index), which.size - 1)
    return np.where(which[place] == index, place, -1)


def path_along_the_line(
    problem: TransportProblem, plan: Entries, f: FloatArray, g: FloatArray
) -> tuple[TransportProblem, LineProof, IntArray, IntArray] | None:
    """Return the proof of a plan and potentials that are those of a path through sorted points; None if they are not.

    With it come the problem in that order, and the cells of the path in the numbers of the given one. A tie, where a
    row and a column end together, is taken as the solver takes it: down, then to the right.
    """
    if problem.cost.line() is None or not (plan.mass > 0.0).all():
        return None
    row_order, col_order = problem.cost.line_order
    if f[row_order[0]] != 0.0:  # as that of a path is
        return None
    i, j = (_inverse(order).take(which) for order, which in ((row_order, plan.rows), (col_order, plan.cols)))
    along = np.lexsort((j, i))
    path = _staircase(i[along], j[along], *problem.shape)
    ordered = problem.restrict(row_order, col_order)
    proof = None if path is None else prove_on_line(ordered, *path)
    if path is None or proof is None:
        return None
    used, rows, cols = np.flatnonzero(proof.mass), row_order[path[0]], col_order[path[1]]
    pairs = (proof.mass, plan.mass), (rows, plan.rows), (cols, plan.cols)
    if not all(np.array_equal(own[used], given[along]) for own, given in pairs):
        return None
    if not (np.array_equal(proof.f, f[row_order]) and np.array_equal(proof.g, g[col_order])):
        return None
    return ordered, proof, rows, cols


def _inverse(order: IntArray) -> IntArray:
    """Return the place of each number in a permutation."""
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return place


def _staircase(rows: IntArray, cols: IntArray, n: int, m: int) -> tuple[IntArray, IntArray] | None:
    """Return the cells of a monotone path from the first cell to the last through some cells; None if there is none."""
    down = np.diff(rows, prepend=0, append=n - 1)
    right = np.diff(cols, prepend=0, append=m - 1)
    if min(down.min(), right.min()) < 0:
        return None
    to_right = np.repeat(np.tile([False, True], down.size), np.column_stack([down, right]).ravel())
    along = np.concatenate([[0], np.cumsum(to_right)])
    return np.arange(n + m - 1) - along, along
