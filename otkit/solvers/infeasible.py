"""Cuts: why no plan exists along the arcs of a sparse cost, in words and as a Farkas vector.

By the max-flow min-cut theorem (Hall's marriage theorem, where all masses are one) a plan exists exactly if no set of
rows holds more than all the columns that it reaches can take.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from otkit._text import told_apart
from otkit._typing import FloatArray, IntArray
from otkit.costs import SparseCosts
from otkit.numerics.floats import EPS
from otkit.numerics.sums import accurate_sum
from otkit.problem import InfeasibleError, TransportProblem

NAMED = 8  # rows or columns that a message lists


def require_no_cut(problem: TransportProblem, cost: SparseCosts, rows: IntArray) -> None:
    """Raise InfeasibleError if some of these rows hold more than the columns they reach by more than rounding explains.

    Rows that share no column, not even through others, are judged apart: a small piece is not lost in a heavy one.
    """
    n, m = problem.shape
    part = cost.restrict(rows, np.arange(m))
    pieces = part.components()
    of_row, of_col = pieces[: rows.size], pieces[rows.size :]
    count = int(pieces.max()) + 1
    held = np.bincount(of_row, problem.supply[rows], minlength=count)
    taken = np.bincount(of_col, problem.demand, minlength=count)
    taken[held == 0.0] = 0.0  # columns out of reach are pieces of their own
    # Totals may differ by n + m roundings (see TransportProblem). Half of it: what one side cannot ship, the other
    # misses too. Whole numbers are meant as they are.
    rounding = 0.0 if problem.integral else 0.5 * max(16, n + m) * EPS
    excess = held - taken - rounding * held
    worst = int(np.argmax(excess))
    if excess[worst] > 0.0:
        raise cut_error(problem, cost, rows[of_row == worst])


def cut_error(problem: TransportProblem, cost: SparseCosts, rows: IntArray) -> InfeasibleError:
    """Return the error that names rows which hold more than all columns they reach can take.

    The columns that they do not reach then need more than the other rows hold; the shorter of both stories is told.
    """
    u, v = np.zeros(problem.shape[0]), np.zeros(problem.shape[1])
    u[rows] = 1.0
    v[cost.pairs.cols[u[cost.arc_rows] > 0.0]] = -1.0
    held, reached = np.flatnonzero(u * problem.supply), np.flatnonzero(v * problem.demand)
    others, unreached = np.flatnonzero((1.0 - u) * problem.supply), np.flatnonzero((1.0 + v) * problem.demand)
    if held.size + reached.size <= others.size + unreached.size:
        more, less = _totals(problem.supply[held], problem.demand[reached])
        takers = (
            f"only {_named('columns', reached, problem.column)} that take {less}"
            if reached.size
            else "no column that takes any"
        )
        story = f"{_named('rows', held, problem.row)} hold {more} but reach {takers}"
    else:
        u, v = u - 1.0, v + 1.0
        more, less = _totals(problem.demand[unreached], problem.supply[others])
        givers = (
            f"only from {_named('rows', others, problem.row)} that hold {less}"
            if others.size
            else "from no row that holds any"
        )
        story = f"{_named('columns', unreached, problem.column)} need {more} but are reached {givers}"
    return InfeasibleError(
        f"C must have arcs along which all of a can go to b, but {story}: no plan exists (Farkas vector in .farkas). "
        "Add arcs, or move mass.",
        np.concatenate([u, v]),
        problem,
        "cut",
    )


def _totals(more: FloatArray, less: FloatArray) -> tuple[str, str]:
    first, second = told_apart(accurate_sum(more), accurate_sum(less))
    return first, second


def _named(side: str, which: IntArray, called: Callable[[int], str]) -> str:
    """Name rows or columns, the first few of many."""
    few = ", ".join(map(called, which[:NAMED].tolist()))
    return f"{side} {{{few}}}" if which.size <= NAMED else f"{which.size} {side} {{{few}, …}}"
