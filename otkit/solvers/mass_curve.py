"""All optimal trees of partial transport, from no mass to all of it: the parametric dual simplex.

Beside the rows and columns there are a dummy column, to which rows send what they keep, and a dummy row, from which
columns take what nobody brings. Where nothing is shipped, the cheapest pair joins the two stars that these arcs are,
and the tree is optimal. To ship one unit more, take a unit from either dummy: in the tree it goes along the path
between them, on which every other arc gives some of its mass to its neighbours. The first of these to have none left
leaves, and of the pairs that lead from the side of the dummy column to that of the dummy row, the one of least reduced
cost enters; all trees on the way are optimal (Ahuja, Magnanti & Orlin, *Network Flows*, section 11.9).

Flows are integers, and reduced costs are compared in exact arithmetic where floats cannot tell them. Ties between
masses could make the simplex go in circles: each mass gets a random number of units far below its last digit on top
(Megiddo & Chandrasekaran 1989). A flow that is not negative with these is not negative without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from otkit._typing import IntArray
from otkit.checker.basic_solution import prices_of
from otkit.checker.spanning_tree import root_tree
from otkit.costs import PairCosts
from otkit.solvers.simplex.entering import least_reduced, nodes_below

# What is added to masses is less than 2**_NOISE, and one unit of them becomes 2**_UNIT: room for 2**30 of them.
_NOISE = 32
_UNIT = 64


class Cut(NamedTuple):
    """Rows and columns of which one or the other is an end of every arc: no more than their mass can be shipped."""

    rows: IntArray
    cols: IntArray


def trees(cost: PairCosts, a: list[int], b: list[int]) -> Iterator[tuple[IntArray, IntArray] | Cut]:
    """Return the trees (rows, cols) that are optimal one after the other as more mass is shipped, and a `Cut` at last.

    Each is optimal for a range of masses. The costs have a dummy row and a dummy column behind all others.
    """
    n, m = len(a), len(b)
    rng = np.random.default_rng(0)
    noise = rng.integers(1, 1 << _NOISE, n + m).tolist()
    flow = [(units << _UNIT) + more for units, more in zip([*a, *b], noise, strict=True)] + [0]
    first = _cheapest(cost, n, m)
    if first is None:
        yield Cut(np.empty(0, np.int64), np.empty(0, np.int64))
        return
    rows = np.concatenate([np.arange(n), np.full(m, n), [first[0]]])
    cols = np.concatenate([np.full(n, m), np.arange(m), [first[1]]])
    costs = cost.at(rows, cols)
    shipped = units = 0
    while True:
        tree = root_tree(n + 1, m + 1, rows, cols, n)
        path = _path_to_root(tree.parent, tree.arc, n + 1 + m)
        leaving = min(path[::2], key=flow.__getitem__)
        moved = flow[leaving]
        for place, arc in enumerate(path):
            flow[arc] += moved if place % 2 else -moved
        shipped += moved
        before, units = units, (shipped + (1 << _UNIT >> 1)) >> _UNIT
        if units > before:
            yield rows.copy(), cols.copy()
        ends = rows[leaving], n + 1 + cols[leaving]
        below = nodes_below(tree, ends[0] if tree.parent[ends[0]] == ends[1] else ends[1])
        from_rows, to_cols = np.flatnonzero(below[:n]), np.flatnonzero(~below[n + 1 : -1])
        entering = least_reduced(cost, prices_of(tree, costs), from_rows, to_cols)
        if entering is None:
            yield Cut(np.flatnonzero(~below[:n]), np.flatnonzero(below[n + 1 : -1]))
            return
        rows[leaving], cols[leaving] = entering
        costs[leaving] = cost.at(*([k] for k in entering))[0]


def _cheapest(cost: PairCosts, n: int, m: int) -> tuple[int, int] | None:
    """Return the cheapest pair that is none of a dummy."""
    minima, partners = cost.restrict(np.arange(n), np.arange(m)).row_minima(np.zeros(m))
    i = int(np.argmin(minima))
    return (i, int(partners[i])) if minima[i] < np.inf else None


def _path_to_root(parent: IntArray, arc: IntArray, node: int) -> list[int]:
    """Return the arcs from a node up to the root."""
    path = []
    while parent[node] >= 0:
        path.append(int(arc[node]))
        node = int(parent[node])
    return path
