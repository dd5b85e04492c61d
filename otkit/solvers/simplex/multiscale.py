"""Large problems: from coarse to fine, each level a network simplex with column generation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.candidate import Status
from otkit.costs.pairs import shape
from otkit.costs.sweeps import Pairs, fill
from otkit.monitor import Monitor
from otkit.solvers.simplex.candidates import merge_arcs, nearest, refine_arcs
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


class Start(NamedTuple):
    """Potentials of a level, and candidate arcs as lists of the partners of each row and of each column (−1: none)."""

    f: FloatArray
    g: FloatArray
    columns_of_rows: Any
    rows_of_columns: Any


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
    """Solve the last of the levels, potentials and candidate arcs being handed on from the first."""
    coarsest = levels[0]
    g = _coarsest_potentials(coarsest)
    start = start_from_rows(coarsest.pairs, nearest(coarsest.pairs, g, 1, of_rows=True)[0][:, 0])
    pivots = 0
    stopped: Status | None = None
    for depth, level in enumerate(levels):
        final = depth == len(levels) - 1
        outcome, master = solve_level(
            level, start, max_rounds if final else COARSE_ROUNDS, monitor, coarse=not final, stopped=stopped
        )
        pivots += outcome.pivots
        if outcome.status in ("time_limit", "interrupted"):
            stopped = outcome.status
        if not final:
            start = _extend(levels[depth + 1], outcome.f, outcome.g, master)
    return outcome._replace(pivots=pivots)


def _coarsest_potentials(level: Level) -> FloatArray:
    cost = np.empty((level.supply.size, level.demand.size))
    fill(level.pairs, 0, 0, cost)
    return solve_dense(cost, level.supply.astype(np.float64), level.demand.astype(np.float64)).g


def start_from_rows(pairs: Pairs, f: FloatArray) -> Start:
    """Complete potentials of the rows: two c-transforms make g and f good at every pair, and find the best arcs."""
    values, rows_of_columns = nearest(pairs, f, KEEP, of_rows=False)
    g = values[:, 0].copy()
    values, columns_of_rows = nearest(pairs, g, KEEP, of_rows=True)
    return Start(values[:, 0].copy(), g, columns_of_rows, rows_of_columns)


def _extend(level: Level, coarse_f: FloatArray, coarse_g: FloatArray, master: Master) -> Start:
    """Start a level from the next coarser one.

    Where it is made of clusters, the arcs between clusters that matter there are the only ones to look below here.
    """
    if level.row_starts is None or level.col_starts is None:
        prices = np.full(shape(level.cross)[1], -np.inf)
        prices[level.cross_cols] = coarse_g
        return start_from_rows(level.pairs, nearest(level.cross, prices, 1, of_rows=True)[0][:, 0])
    by_rows, by_columns = master.best_arcs(KEEP)
    source, sink, _, arcs, _ = merge_arcs(master.pairs, coarse_f, coarse_g, by_rows, by_columns, 0)
    return Start(
        *refine_arcs(level.pairs, level.cross, coarse_g, source, sink, arcs, level.row_starts, level.col_starts, KEEP)
    )


def solve_level(
    level: Level, start: Start, max_rounds: int, monitor: Monitor, *, coarse: bool, stopped: Status | None = None
) -> tuple[Outcome, Master]:
    """Solve one level by column generation, unless an earlier one was cut short, for the reason `stopped`."""
    # The constant that f and g can exchange is chosen to keep both small, and so their rounding.
    shift = 0.5 * float(start.g.mean() - start.f.mean())
    f, g = start.f + shift, start.g - shift
    master = Master(level.pairs, level.supply, level.demand, f, g, start.columns_of_rows, start.rows_of_columns)
    status = stopped
    if status is None:
        try:
            status = _generate_columns(master, COARSE_TOLERANCE if coarse else 0.0, max_rounds, monitor)
        except KeyboardInterrupt:
            status = "interrupted"
    f, g = master.potentials()
    return Outcome(*master.basis(), f, g, status, master.pivots, master.rounds), master


def _generate_columns(master: Master, tolerance: float, max_rounds: int, monitor: Monitor) -> Status:
    """Alternate between pivots over the arcs so far and pricing over all pairs, to a `tolerance` relative to costs."""
    pricer: Pricer | None = None
    while True:
        before = master.pivots
        if not master.optimize(tolerance * master.scale, monitor):
            return "time_limit"
        if master.rounds > 0 and master.pivots == before:
            return "optimal"  # arcs that give no pivot are violated by rounding alone
        if master.rounds == max_rounds:
            return "iteration_limit"
        f, g = master.potentials()
        if pricer is None:
            pricer = Pricer(master.pairs, f, g)
        rows, cols = pricer.violated(f, g, max(tolerance, PRICE_ROUNDINGS * EPS) * master.scale)
        master.rounds += 1
        monitor.tick(f"{f.size} × {g.size}: round {master.rounds}, {master.pivots} pivots, {rows.size} violated pairs")
        if rows.size == 0:
            return "optimal"
        master.add(rows, cols)
