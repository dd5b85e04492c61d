"""From a tree between places to one between the points at them.

A spanning tree of a merged problem (`otkit.problem.merged.MergedProblem`) is spread over the rows and columns that were
merged, so that each place sends along each arc what it sends in the merged tree:

Places are left one after the other, the leaves first, for the next place on the way to the root. The points of both are
paired off in order, as by the north-west corner rule: of two points, that with less mass left gives it all to the
other and is done with. When a place is left, all its points are. So each point but the last is done with once, along an
arc to a point that still is there: these arcs are a spanning tree. Its arcs lie over those of the merged tree, so that
it has the same potentials, equal ones at equal points; and its flows are not negative if those of the merged tree are
not, since then a place never has less left than it is to send on.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import IntArray
from otkit.checker.integer_masses import exact_surplus
from otkit.checker.spanning_tree import Tree, root_forest
from otkit.numerics.fixed_point import carry
from otkit.numerics.jit import njit
from otkit.problem.merged import MergedProblem


def spread(problem: MergedProblem, rows: IntArray, cols: IntArray) -> tuple[IntArray, IntArray]:
    """Return the arcs of the spanning tree of the given problem that a spanning tree of the merged one becomes.

    Where flows of that tree are negative, so are some of this one.

    Examples
    --------
    Of two points at 0 and one at 1, all of mass 1, to three points at 2 of the same mass:

    >>> import numpy as np
    >>> import otkit
    >>> from otkit.problem.merged import merged_problem
    >>> given = otkit.TransportProblem(otkit.Euclidean().between([0.0, 0.0, 1.0], [2.0, 2.0, 2.0]))
    >>> merged = merged_problem(given, np.array([0, 0, 1]), np.array([0, 0, 0]))
    >>> merged.a, merged.b
    (array([2., 1.]), array([3.]))
    >>> rows, cols = spread(merged, np.array([0, 1]), np.array([0, 0]))
    >>> rows.tolist(), cols.tolist()
    ([2, 0, 0, 0, 1], [0, 0, 1, 2, 2])
    """
    n, m = problem.shape
    tree = root_forest(n, m, rows, cols, np.arange(n + m))
    places = np.concatenate([problem.row_place, n + problem.col_place])
    points = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[points], np.arange(n + m + 1))
    masses, _ = exact_surplus(problem.given)
    ends = np.empty((2, places.size - 1), np.int64)
    _spread(tree, points, starts, masses, problem.row_place.size, ends)
    return ends[0], ends[1]


@njit
def _spread(tree: Tree, points: IntArray, starts: IntArray, left: IntArray, n: int, ends: IntArray) -> None:
    """Write rows and columns of the arcs; `left` is what each point has too much, columns what they want with a minus.

    The points at place p are ``points[starts[p]:starts[p + 1]]``; those below `n` are rows.
    """
    limbs = left.shape[1]
    for v in range(left.shape[0]):
        carry(left[v])
    current = starts[:-1].copy()
    rest = np.empty(limbs, np.int64)
    count = 0
    i = j = points[0]
    for t in range(tree.order.size - 1, 0, -1):
        place = tree.order[t]
        above = tree.parent[place]
        while True:
            i, j = points[current[place]], points[current[above]]
            row, col = min(i, j), max(i, j)
            ends[0, count], ends[1, count] = row, col - n
            count += 1
            for part in range(limbs):
                rest[part] = left[i, part] + left[j, part]
            sign = carry(rest)
            # Where the flows are not negative, the last point above never has too little.
            if (sign <= 0 if i < n else sign >= 0) or current[above] + 1 == starts[above + 1]:
                left[j, :] = rest
                if current[place] + 1 == starts[place + 1]:
                    break
                current[place] += 1
            else:
                left[i, :] = rest
                current[above] += 1
    for k in range(current[tree.order[0]] + 1, starts[tree.order[0] + 1]):  # none, unless some flow is negative
        row, col = min(i, points[k]), max(i, points[k])
        ends[0, count], ends[1, count] = row, col - n
        count += 1
