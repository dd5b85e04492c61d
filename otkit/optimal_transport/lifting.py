"""From a part of a problem, some rows and columns that hold all the mass, back to the whole."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.sparse import as_prices
from otkit.numerics.threads import Stopped
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate


def lifted(problem: TransportProblem, rows: IntArray, cols: IntArray, part: Candidate) -> Candidate:
    """Bring an answer on some rows and columns back to the whole; the others get potentials by c-transform."""
    n, m = problem.shape
    f: FloatArray = np.empty(n)
    f[rows] = part.f
    if rows.size < n:
        idle_rows = _others(rows, n)
        try:
            f[idle_rows] = as_prices(problem.cost.restrict(idle_rows, cols).row_minima(part.g)[0])
        except Stopped:  # no time for a sweep: feasible all the same
            f[idle_rows] = problem.cost.floor - part.g.max()
    g: FloatArray = np.empty(m)
    g[cols] = part.g
    if cols.size < m:
        idle_cols = _others(cols, m)
        try:
            g[idle_cols] = as_prices(problem.cost.restrict(slice(None), idle_cols).column_minima(f)[0])
        except Stopped:
            g[idle_cols] = problem.cost.floor - f.max()
    plan = rows.take(part.rows), cols.take(part.cols)
    basis = part.basis
    if basis is not None:
        same = basis[0] is part.rows and basis[1] is part.cols
        basis = plan if same else (rows.take(basis[0]), cols.take(basis[1]))
    return Candidate(*plan, part.mass, f, g, basis, part.state, part.stats)


def _others(some: IntArray, size: int) -> IntArray:
    """Return the numbers below `size` that are not among some."""
    other = np.ones(size, np.bool_)
    other[some] = False
    return np.flatnonzero(other)


def between_masses(problem: TransportProblem, rows: IntArray, cols: IntArray) -> tuple[IntArray, IntArray]:
    """Return those of the arcs that join points with mass."""
    if problem.a.all() and problem.b.all():
        return rows, cols
    kept = (problem.a[rows] > 0.0) & (problem.b[cols] > 0.0)
    return rows[kept], cols[kept]
