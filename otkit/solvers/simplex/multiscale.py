"""Large problems: from coarse to fine, each level a network simplex with column generation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.candidate import Status
from otkit.costs.sweeps import Pairs
from otkit.monitor import Monitor
from otkit.solvers.simplex.candidates import nearest
from otkit.solvers.simplex.dense import solve_dense
from otkit.solvers.simplex.levels import Level
from otkit.solvers.simplex.master import EPS, Master
from otkit.solvers.simplex.pricing import Pricer

# Candidate arcs of each row and each column.
KEEP = 8

# Coarse levels are solved to this fraction of their costs, in at most so many rounds: they only have to lead.
COARSE_TOLERANCE = 1e-7
COARSE_ROUNDS = 20

# A pair counts as violated from here on, in units of eps · (|c| + |f| + |g|); above the roundings in the master problem
# and in pricing together, so that each violated arc gives a pivot.
PRICE_ROUNDINGS = 8.0

PIVOTS_WITHOUT_LIMIT = 2**62


class Outcome(NamedTuple):
    """The tree where the simplex stopped: its arcs with their flows, the potentials, and how it went."""

    rows: IntArray
    cols: IntArray
    flow: IntArray
    f: FloatArray
    g: FloatArray
    status: Status
    pivots: int
    rounds: int


def solve_levels(levels: list[Level], max_rounds: int, monitor: Monitor) -> Outcome:
    """Solve the last of the levels, potentials being handed on from the first."""
    coarsest = levels[0]
    g = _coarsest_potentials(coarsest)
    pivots = 0
    for depth, level in enumerate(levels[1:], start=1):
        prices = np.full(_columns(level.cross), -np.inf)
        prices[level.cross_cols] = g
        f = nearest(level.cross, prices, 1, of_rows=True)[0][:, 0]
        final = depth == len(levels) - 1
        outcome = solve_from(level, f, max_rounds if final else COARSE_ROUNDS, monitor, coarse=not final)
        g = outcome.g
        pivots += outcome.pivots
    return outcome._replace(pivots=pivots)


def _columns(pairs: Pairs) -> int:
    return pairs.matrix.shape[1] if hasattr(pairs, "matrix") else pairs.y.shape[1]


def _coarsest_potentials(level: Level) -> FloatArray:
    n, m = level.supply.size, level.demand.size
    tree, _, _ = solve_dense(level.pairs, level.supply, level.demand, np.empty((n, m)), PIVOTS_WITHOUT_LIMIT)
    return -tree.pot[n:]


def solve_from(level: Level, f: FloatArray, max_rounds: int, monitor: Monitor, *, coarse: bool) -> Outcome:
    """Solve one level from potentials f of its rows.

    Two c-transforms make g and then f good at every pair; on the way the few best arcs of each row and column are kept.
    """
    values, rows_of_columns = nearest(level.pairs, f, KEEP, of_rows=False)
    g = values[:, 0].copy()
    values, columns_of_rows = nearest(level.pairs, g, KEEP, of_rows=True)
    f = values[:, 0].copy()
    # The constant that f and g can exchange is chosen to keep both small, and so their rounding.
    shift = 0.5 * (float(np.median(g)) - float(np.median(f)))
    f += shift
    g -= shift
    master = Master(level.pairs, level.supply, level.demand, f, g, columns_of_rows, rows_of_columns)
    pricer = Pricer(level.pairs)
    tolerance = (COARSE_TOLERANCE if coarse else PRICE_ROUNDINGS * EPS) * master.scale
    status: Status = "optimal"
    rounds = 0
    while True:
        before = master.pivots
        try:
            finished = master.optimize(COARSE_TOLERANCE * master.scale if coarse else 0.0, monitor)
        except KeyboardInterrupt:
            if coarse:
                raise
            finished, status = False, "interrupted"
        f, g = master.potentials()
        if not finished:
            status = "interrupted" if status == "interrupted" else "time_limit"
            break
        if rounds > 0 and master.pivots == before:
            break
        if rounds == max_rounds:
            status = "iteration_limit"
            break
        rows, cols = pricer.violated(f, g, tolerance)
        rounds += 1
        monitor.tick(f"{f.size} × {g.size}: round {rounds}, {master.pivots} pivots, {rows.size} violated pairs")
        if rows.size == 0:
            break
        master.add(rows, cols)
    return Outcome(*master.basis(), f, g, status, master.pivots, rounds)
