"""Column generation: one restricted LP after the other, each with the arcs that the prices of the last one want."""

from __future__ import annotations

import numpy as np

from otkit._typing import IntArray
from otkit.problem import TransportProblem
from otkit.solvers.candidate import WarmStart
from otkit.solvers.linprog.arcs import Arcs, all_pairs, cheapest_pairs
from otkit.solvers.linprog.program import solve_restricted
from otkit.solvers.linprog.refinement import first_basis
from otkit.solvers.monitor import Monitor

_ALL_PAIRS = 4096  # up to this many pairs the LP is solved as it stands
_NEAREST = 10  # arcs of each row and of each column that the first restricted LP has
_JOINING = 3  # arcs of each row and of each column that may join in a round
_KEPT = 3  # arcs per node that stay from round to round
_HIGHS_TOLERANCE = 1e-7


def generate_columns(
    problem: TransportProblem, masses: IntArray, budget: int, monitor: Monitor, warm: WarmStart | None
) -> tuple[Arcs, int, int]:
    """Solve restricted LPs until HiGHS' tolerance is met; return the last arcs, the most wanted first.

    HiGHS is given costs shifted by the potentials so far, and those and masses in unit scale: its tolerances are
    absolute. Return iterations and rounds, too.
    """
    cost = problem.cost
    n, m = problem.shape
    f = cost.row_minima(np.zeros(m) if warm is None else warm.g)[0]
    g = cost.column_minima(f)[0]
    if n * m <= _ALL_PAIRS:
        arcs = all_pairs(n, m)
    else:
        arcs = cheapest_pairs(cost, f, g, _NEAREST)
        arcs = arcs.followed_by(first_basis(arcs, masses, n))
    unit = int(np.frexp(problem.total)[1])
    supply, demand = np.ldexp(problem.supply, -unit), np.ldexp(problem.demand, -unit)
    iterations = rounds = 0
    best = np.inf
    while True:
        slack = arcs.slack(cost, f, g)
        scale = int(np.frexp(np.abs(slack).max())[1])
        solution, made = solve_restricted(
            arcs, np.ldexp(slack, -scale), supply, demand, budget - iterations, monitor.remaining
        )
        iterations += made
        rounds += 1
        if solution is None:  # out of time or iterations, or out of its depth: the refinement takes what there is
            return arcs.sorted_by(slack), iterations, rounds
        f, g = f + np.ldexp(solution.f, scale), g + np.ldexp(solution.g, scale)
        value = float(solution.mass @ cost.at(*arcs))
        arcs = arcs.sorted_by(np.where(solution.mass > 0.0, -np.inf, arcs.slack(cost, f, g)))
        where, upper = f"{n} × {m}: round {rounds}, {iterations} iterations", _in_units(value, unit)
        monitor.tick(where, upper=upper)
        if arcs.rows.size == n * m:
            return arcs, iterations, rounds
        joining = cheapest_pairs(cost, f, g, _JOINING)
        slack = joining.slack(cost, f, g)
        least = slack[: n * min(_JOINING, m)].reshape(n, -1).min(axis=1)
        lower = _in_units(float(supply @ (f + least) + demand @ g), unit)
        joining = joining.take(slack < -np.ldexp(_HIGHS_TOLERANCE, scale))
        monitor.tick(f"{where}, {joining.rows.size} violated pairs", lower, upper)
        if monitor.stopped is not None:
            return arcs, iterations, rounds
        kept = _KEPT * (n + m) if value < best else arcs.rows.size  # no arc leaves where nothing was gained: no cycling
        best = min(best, value)
        if arcs.followed_by(joining).rows.size == arcs.rows.size:
            return arcs, iterations, rounds
        arcs = arcs.take(slice(kept)).followed_by(joining)


def _in_units(value: float, unit: int) -> float:
    """Return value · 2**unit, or infinity."""
    with np.errstate(over="ignore"):
        return float(np.ldexp(value, unit))
