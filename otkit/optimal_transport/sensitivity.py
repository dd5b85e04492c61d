"""How far costs and masses can change before an optimal tree is no longer optimal.

An optimal plan and its prices rest on a spanning tree (`otkit.checker.spanning_tree`). Two questions have exact answers
on it.

*Costs.* Let e = (i, j) be an arc of the tree and let its cost change by δ. Without e the tree falls into the part I of
i and the part J of j. To keep all arcs tight, take the prices of I as they are; in J, all g rise by δ and all f fall by
δ. Then the reduced cost c_kl − f_k − g_l of a pair from a source k in I to a sink l in J falls by δ, that of a pair
from J to I rises by δ, and all others stay. So the tree remains optimal, and with it the plan, exactly while

    −min {reduced cost of (k, l): k in J, l in I} ≤ δ ≤ min {reduced cost of (k, l): k in I, l in J}.

(Ahuja, Magnanti & Orlin, *Network Flows*, section 9.11.) With the tree rooted somewhere, either part is the subtree of
one end of e. For one source k and all subtrees, the least reduced costs of the sinks inside come from a pass from the
leaves to the root, those outside, which matter for the subtrees that k is in, from a walk down to k. That is O(n + m)
for each source, and memory for one row of costs and a few numbers for each node.

*Masses.* Let a source i get t more and a source r, the reference, t less. Then flows change by ±t along the path of the
tree between them, with alternating signs, and prices stay: the optimum changes by (f_i − f_r) t until the first flow is
used up. In the same way for sinks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from otkit._text import text_table
from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.checker.spanning_tree import Tree, root_forest
from otkit.costs.sweeps import worthwhile_threads
from otkit.io.results import Result
from otkit.numerics.jit import njit
from otkit.numerics.threads import share
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate

_PANEL = 1 << 21  # costs that are evaluated at a time
_PARTS = 8  # ranges of rows whose minima are kept apart until they are combined
_SHOWN = 10  # arcs that are printed


class Shifts(NamedTuple):
    """What moving mass on one side, its total kept, does to the optimum.

    Moving t units from point ``reference[k]`` to point k changes the optimum by ``price[k] * t`` as long as
    ``low[k] <= t <= high[k]``; a negative t moves them the other way. Beyond, the optimum is larger than that: it is a
    convex function of t.

    Attributes
    ----------
    reference : ndarray of int
        The heaviest point of the side (of its piece, where the arcs of sparse costs leave several).
    price, low, high : ndarray
    """

    reference: IntArray
    price: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """Ranges of costs and masses over which an optimal tree stays optimal; made by `TransportResult.sensitivity`.

    Attributes
    ----------
    rows, cols, mass : ndarray, shape (k,)
        The pairs that carry mass, as in the plan.
    cost, cost_low, cost_high : ndarray, shape (k,)
        The cost of each, and the range in which it can lie, all other costs being what they are, while the tree and so
        the plan stay optimal.
    supply, demand : Shifts
        What moving mass between sources, and between sinks, does to the optimum.
    problem : TransportProblem
    prices : tuple of two ndarray
        The potentials (f, g) of the tree.

    Notes
    -----
    Ranges belong to the tree. Where all of its arcs carry mass (it is not degenerate) it is the only one for its plan,
    and beyond a cost range the plan is not optimal any more. Where some carry none, the plan may stay optimal with
    another tree, so that it has at least the range given; and mass that would have to be taken from such an arc gives a
    side of length zero. A tie in the costs, too, gives one.

    The ends are rounded: those of costs by a few units in the last place of the prices, those of masses not at all.

    Examples
    --------
    >>> import otkit
    >>> print(otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).sensitivity())
    row  column  mass  cost  from  to
      0       0     1     1    −∞   4
      0       1     1     2    −1   ∞
      1       1     1     1    −∞   4
    """

    _fields_of_dict = ("rows", "cols", "mass", "cost", "cost_low", "cost_high", "supply", "demand")

    rows: IntArray
    cols: IntArray
    mass: FloatArray
    cost: FloatArray
    cost_low: FloatArray
    cost_high: FloatArray
    supply: Shifts
    demand: Shifts
    problem: TransportProblem = field(repr=False)
    prices: tuple[FloatArray, FloatArray] = field(repr=False)

    def reduced_cost(self, rows: ArrayLike, cols: ArrayLike) -> FloatArray:
        """Return c_ij − f_i − g_j of pairs (rows[k], cols[k]): how far the cost of an unused one must fall to matter.

        Examples
        --------
        >>> import otkit
        >>> otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).sensitivity().reduced_cost([1], [0])
        array([3.])
        """
        f, g = self.prices
        costs = self.problem.cost.at(rows, cols)
        return np.maximum((costs - f[np.asarray(rows)]) - g[np.asarray(cols)], 0.0)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each pair that carries mass, and the range of its cost."""
        import pandas as pd

        names = {"row": "rows", "column": "cols", **{name: name for name in ("mass", "cost", "cost_low", "cost_high")}}
        return pd.DataFrame({name: getattr(self, field) for name, field in names.items()})

    def __str__(self) -> str:
        columns = self.rows, self.cols, self.mass, self.cost, self.cost_low, self.cost_high
        table = text_table(
            ("row", "column", "mass", "cost", "from", "to"), zip(*(part[:_SHOWN] for part in columns), strict=True)
        )
        more = self.rows.size - _SHOWN
        return f"{table}\n… and {more} more" if more > 0 else table

    def __repr__(self) -> str:
        n, m = self.problem.shape
        return f"Sensitivity({self.rows.size} arcs, shape=({n}, {m}))"


def sensitivity(problem: TransportProblem, answer: Candidate) -> Sensitivity:
    """Return the ranges of an optimal answer that rests on a tree.

    Raises
    ------
    ValueError
        The answer has no tree, the plan ships over other pairs, or the arrays do not fit the problem.
    """
    if answer.basis is None or answer.basis[0].size == 0:
        raise ValueError("sensitivity needs the tree of an optimal vertex, but the answer has none: use 'simplex'.")
    answer.require_fit(problem.shape)
    problem.cost.require_unchanged()
    arcs = answer.basis
    _require_on_tree(answer, arcs, problem.shape)
    f, g = answer.f, answer.g
    low, high = _cost_margins(problem, arcs, f, g)
    cost = problem.cost.at(answer.rows, answer.cols)
    used = _positions(arcs, (answer.rows, answer.cols), problem.shape)
    rows, cols = _completed(problem, arcs, f, g)
    flow = np.zeros(rows.size)
    flow[used] = answer.mass
    return Sensitivity(
        answer.rows,
        answer.cols,
        answer.mass,
        cost,
        cost - low[used],
        cost + high[used],
        _shifts(problem, rows, cols, flow, f, side=0),
        _shifts(problem, rows, cols, flow, g, side=1),
        problem,
        (f, g),
    )


def _positions(arcs: tuple[IntArray, IntArray], wanted: tuple[IntArray, IntArray], shape: tuple[int, int]) -> IntArray:
    """Return where each wanted pair is among the arcs; the number of arcs where it is not."""
    keys, sought = (rows * shape[1] + cols for rows, cols in (arcs, wanted))
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys, sought, sorter=order), keys.size - 1)
    return np.where(keys[order[at]] == sought, order[at], keys.size)


def _require_on_tree(answer: Candidate, arcs: tuple[IntArray, IntArray], shape: tuple[int, int]) -> None:
    at = _positions(arcs, (answer.rows, answer.cols), shape)
    if (at == arcs[0].size).any():
        k = int(np.argmax(at))
        raise ValueError(
            f"sensitivity needs a plan along a tree, but it ships over ({answer.rows[k]}, {answer.cols[k]}), which is "
            "none of its arcs. Solve with proof='exact'."
        )


# --- costs ----------------------------------------------------------------------------------------------------------


def _cost_margins(
    problem: TransportProblem, arcs: tuple[IntArray, IntArray], f: FloatArray, g: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how far the cost of each arc of the tree can fall, and rise.

    Where the tree spans the points with mass alone, the others don't count: they ship nothing at any cost.
    """
    rows, cols = arcs
    if rows.size < sum(problem.shape) - problem.cost.pieces:
        if not (problem.a[rows].all() and problem.b[cols].all()):
            raise ValueError(
                "sensitivity needs a spanning tree, but the arcs join points without mass and are too few."
            )
        heavy_rows, heavy_cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
        problem, f, g = problem.restrict(heavy_rows, heavy_cols), f[heavy_rows], g[heavy_cols]
        rows, cols = np.searchsorted(heavy_rows, rows), np.searchsorted(heavy_cols, cols)
    n, m = problem.shape
    layout = _layout(root_forest(n, m, rows, cols, np.arange(n + m)))
    into, out_of = _crossing_minima(problem, layout, f, g)
    margins = np.full((2, rows.size), np.inf)
    _to_arcs(layout, into, out_of, margins)
    return margins[0], margins[1]


class _Layout(NamedTuple):
    """A rooted forest with its nodes numbered in the order of `Tree`, in which siblings are neighbours.

    Attributes
    ----------
    parent, arc : ndarray
        Of each node; −1 at a root.
    first, last : ndarray
        The children of node t are first[t] … last[t] − 1.
    place : ndarray
        The number of each source, and then of each sink.
    is_source : ndarray of bool
    """

    parent: IntArray
    arc: IntArray
    first: IntArray
    last: IntArray
    place: IntArray
    is_source: BoolArray


def _layout(tree: Tree) -> _Layout:
    size = tree.order.size
    place = np.empty(size, np.int64)
    place[tree.order] = np.arange(size)
    above = tree.parent[tree.order]
    parent = np.where(above >= 0, place[above], -1)
    children = np.bincount(parent[parent >= 0], minlength=size)
    first = np.full(size, size)
    nodes = np.flatnonzero(parent >= 0)
    np.minimum.at(first, parent[nodes], nodes)
    return _Layout(parent, tree.arc[tree.order], first, first + children, place, tree.order < tree.n)


def _crossing_minima(
    problem: TransportProblem, layout: _Layout, f: FloatArray, g: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the least reduced cost of pairs from outside into the subtree of each node, and of those out of it."""
    n, m = problem.shape
    cost, size = problem.cost, n + m
    into, out_of = np.full((_PARTS, size), np.inf), np.full((_PARTS, size), np.inf)
    height = max(1, _PANEL // m)
    for top in range(0, n, height):
        rows = min(height, n - top)
        costs, step = cost.block(top, top + rows, 0, m), -(-rows // _PARTS)

        def work(start: int, stop: int, costs: FloatArray = costs, step: int = step, top: int = top) -> None:
            part = start // step
            _visit_sources(costs, top, start, stop, f, g, layout, into[part], out_of[part])

        share(work, rows, step, worthwhile_threads(cost.pairs, rows * size) if cost.complete else 1)
    return into.min(axis=0), out_of.min(axis=0)


@njit
def _visit_sources(
    costs: FloatArray,
    top: int,
    start: int,
    stop: int,
    f: FloatArray,
    g: FloatArray,
    layout: _Layout,
    into: FloatArray,
    out_of: FloatArray,
) -> None:
    """Lower the minima by the pairs of the sources top + start … top + stop − 1."""
    n, m, size = f.size, g.size, layout.parent.size
    own, least, path, kept = np.empty(size), np.empty(size), np.empty(size, np.int64), np.empty(size)
    for r in range(start, stop):
        source = layout.place[top + r]
        for t in range(size):
            own[t] = np.inf
        for j in range(m):
            t = layout.place[n + j]
            on_tree = layout.parent[t] == source or layout.parent[source] == t
            own[t] = np.inf if on_tree else max((costs[r, j] - f[top + r]) - g[j], 0.0)
        for t in range(size):
            least[t] = own[t]
        for t in range(size - 1, 0, -1):
            u = layout.parent[t]
            if u >= 0:
                least[u] = min(least[u], least[t])

        depth, t = 0, source
        while t >= 0:  # the subtrees that the source is in
            path[depth], kept[depth] = t, into[t]
            depth, t = depth + 1, layout.parent[t]
        for t in range(size):
            into[t] = min(into[t], least[t])
        outside = np.inf
        for d in range(depth - 1, -1, -1):
            v = path[d]
            into[v] = kept[d]
            if d < depth - 1:
                u = path[d + 1]
                outside = min(outside, own[u])
                for t in range(layout.first[u], layout.last[u]):
                    if t != v:
                        outside = min(outside, least[t])
                out_of[v] = min(out_of[v], outside)


def _to_arcs(layout: _Layout, into: FloatArray, out_of: FloatArray, margins: FloatArray) -> None:
    """Write how far the cost of each arc can fall and rise: pairs that cross it from its source's side bound a rise."""
    nodes = np.flatnonzero(layout.parent >= 0)
    below, arcs = layout.is_source[nodes], layout.arc[nodes]
    margins[0, arcs] = np.where(below, into[nodes], out_of[nodes])
    margins[1, arcs] = np.where(below, out_of[nodes], into[nodes])


# --- masses ---------------------------------------------------------------------------------------------------------


def _completed(
    problem: TransportProblem, arcs: tuple[IntArray, IntArray], f: FloatArray, g: FloatArray
) -> tuple[IntArray, IntArray]:
    """Join points without mass, where a tree has none of them, by the arc of least reduced cost, which is zero."""
    rows, cols = arcs
    n, m = problem.shape
    if rows.size >= n + m - problem.cost.pieces:
        return arcs
    idle_rows, heavy_cols = np.flatnonzero(problem.a == 0.0), np.flatnonzero(problem.b)
    if idle_rows.size:
        least, at = problem.cost.restrict(idle_rows, heavy_cols).row_minima(g[heavy_cols])
        joined = least < np.inf
        rows, cols = np.append(rows, idle_rows[joined]), np.append(cols, heavy_cols[at[joined]])
    idle_cols = np.flatnonzero(problem.b == 0.0)
    if idle_cols.size:
        least, at = problem.cost.restrict(np.arange(n), idle_cols).column_minima(f)
        joined = least < np.inf
        rows, cols = np.append(rows, at[joined]), np.append(cols, idle_cols[joined])
    return rows, cols


def _shifts(
    problem: TransportProblem, rows: IntArray, cols: IntArray, flow: FloatArray, price: FloatArray, side: int
) -> Shifts:
    """Return what moving mass does on one side: 0 for sources, 1 for sinks."""
    n, m = problem.shape
    heaviest = [np.argsort(-masses, kind="stable") for masses in (problem.a, problem.b)]
    heaviest[1] += n
    tree = root_forest(n, m, rows, cols, np.concatenate([heaviest[side], heaviest[1 - side]]))
    root, gaining, losing = np.arange(n + m), np.full(n + m, np.inf), np.full(n + m, np.inf)
    _find_path_minima(tree, flow, side == 0, root, gaining, losing)
    mine = slice(0, n) if side == 0 else slice(n, n + m)
    reference = root[mine] - mine.start
    alone = reference == np.arange(reference.size)
    return Shifts(
        reference,
        price - price[reference],
        np.where(alone, 0.0, -gaining[mine]),
        np.where(alone, 0.0, losing[mine]),
    )


@njit
def _find_path_minima(
    tree: Tree, flow: FloatArray, sources: bool, root: IntArray, gaining: FloatArray, losing: FloatArray
) -> None:
    """Find the root of each node, and the least flow on the way there of arcs that gain and of those that lose.

    At first each node is its own root, and both flows are infinite.

    What a source gets more leaves it along arcs from source to sink, which gain, and goes on against arcs, which lose;
    what a sink gets more comes the other way round.
    """
    for v in tree.order:
        u = tree.parent[v]
        if u < 0:
            continue
        root[v], gaining[v], losing[v] = root[u], gaining[u], losing[u]
        if (v < tree.n) == sources:
            gaining[v] = min(gaining[v], flow[tree.arc[v]])
        else:
            losing[v] = min(losing[v], flow[tree.arc[v]])
