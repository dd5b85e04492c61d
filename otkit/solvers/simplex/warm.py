"""Warm starts: the first tree of a problem is that of a similar one, such as the last frame of a moving cloud."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import IntArray
from otkit.checker.spanning_tree import root_tree, spanning_tree
from otkit.costs.pairs import MatrixPairs
from otkit.solvers.candidate import WarmStart
from otkit.solvers.simplex.amounts import Amounts
from otkit.solvers.simplex.candidates import best_arcs, merge_arcs
from otkit.solvers.simplex.levels import REFINED_DIMENSION, Level
from otkit.solvers.simplex.master import Master, arcs_between
from otkit.solvers.simplex.multiscale import start_from_rows, started

# Candidate arcs of a point lead to the partners, in the tree, of so many points before and after it in kd-order, and to
# at most so many partners of each.
NEIGHBOURS = 1
PARTNERS = 2

# Candidate arcs of each row and each column: fewer than from scratch, since most arcs of the tree will stay.
KEEP = 4


def warm_started(level: Level, warm: WarmStart, amounts: Amounts | None = None) -> Master:
    """Return a level with a first tree: that of a similar problem, as far as the masses, or their exact amounts, allow.

    In few dimensions, what was optimal there tells which arcs matter here with no sweep over pairs: after a small move
    a point is served by those that served its neighbours. Elsewhere, and from potentials alone, c-transforms tell.
    """
    n, m = level.supply.size, level.demand.size
    if warm.rows.size == 0:
        return started(level, start_from_rows(level.pairs, warm.f))
    if isinstance(level.pairs, MatrixPairs) or level.pairs.x.shape[1] > REFINED_DIMENSION:
        f, g, by_rows, by_columns = start_from_rows(level.pairs, warm.f)
    else:
        f, g = warm.f, warm.g
        near = _partners_of_neighbours(warm.rows, warm.cols, n), _partners_of_neighbours(warm.cols, warm.rows, m)
        source, sink, cost, _ = merge_arcs(level.pairs, f, g, *near)
        by_rows, by_columns = best_arcs(source, sink, cost, source.size, np.zeros(n + m), n, KEEP)
    source, sink, _, _ = merge_arcs(level.pairs, f, g, by_rows, by_columns)
    rows = np.concatenate([warm.rows, source.astype(np.int64)])
    cols = np.concatenate([warm.cols, sink.astype(np.int64) - n])
    tree = root_tree(n, m, *spanning_tree(n, m, rows, cols), 0)
    leaves_first = tree.arc[tree.order[:0:-1]]
    rows = np.concatenate([tree.rows[leaves_first], rows])  # that some arcs are there twice does no harm
    cols = np.concatenate([tree.cols[leaves_first], cols])
    arcs_of_both = arcs_between(level.pairs, f, g, rows, cols)
    in_tree = n + m - 1
    return Master(level.pairs, level.supply, level.demand, f, g, arcs_of_both, tree_arcs=in_tree, amounts=amounts)


def _partners_of_neighbours(ends: IntArray, others: IntArray, size: int) -> Any:
    """Return a list of partners for each of the `size` points at one end of the arcs (−1: none)."""
    order = np.argsort(ends, kind="stable")
    ends, others = ends[order], others[order]
    place = np.arange(ends.size) - np.searchsorted(ends, ends)
    kept = place < PARTNERS
    partners = np.full((size, PARTNERS), -1, np.int32)
    partners[ends[kept], place[kept]] = others[kept]
    neighbours = np.arange(size)[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    return partners[np.clip(neighbours, 0, size - 1)].reshape(size, -1)
