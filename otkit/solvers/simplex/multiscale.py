"""Large problems: from coarse to fine, each level a network simplex with column generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import shape
from otkit.costs.sweeps import Pairs, fill
from otkit.inputs.checks import as_potentials
from otkit.inputs.indices import as_indices
from otkit.numerics.floats import EPS
from otkit.numerics.threads import Stopped
from otkit.solvers.candidate import Status
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex.candidates import merge_arcs, nearest, refine_arcs
from otkit.solvers.simplex.dense import LARGEST_EFFORT, solve_dense
from otkit.solvers.simplex.levels import Level
from otkit.solvers.simplex.master import Master, PricedArcs, arcs_between
from otkit.solvers.simplex.pricing import Pricer

# Candidate arcs of each row and each column.
KEEP = 8

# Coarse levels are solved to this fraction of their costs, in at most so many rounds: they only have to lead.
COARSE_TOLERANCE = 1e-4
COARSE_ROUNDS = 1

# A pair counts as violated from here on, in units of eps · (|c| + |f| + |g|); above the roundings in the master problem
# and in pricing together, so that each violated arc gives a pivot.
PRICE_ROUNDINGS = 8.0


class Start(NamedTuple):
    """Potentials of a level, and candidate arcs as lists of the partners of each row and of each column (−1: none)."""

    f: FloatArray
    g: FloatArray
    columns_of_rows: Any
    rows_of_columns: Any


@dataclass(frozen=True, eq=False, repr=False)
class SimplexState:
    """Where a network simplex was stopped: what ``SimplexOptions(resume=…)`` goes on from.

    Attributes
    ----------
    shape : tuple of int
        How many rows and columns of the problem carry mass.
    level : int
        What was being solved: 0 is the problem itself, 1 the next coarser one, and so on.
    f, g : ndarray
        Potentials of that level, in the solver's own order of points.
    rows, cols : ndarray
        The arcs collected so far, first those of the tree.
    """

    shape: tuple[int, int]
    level: int
    f: FloatArray
    g: FloatArray
    rows: IntArray
    cols: IntArray

    def require_sound(self) -> None:
        """Raise ValueError unless all arcs lie within the level and prices are finite: whoever has it may change it."""
        n, m = self.f.size, self.g.size
        rows, cols = as_indices(self.rows, "resume.rows", n), as_indices(self.cols, "resume.cols", m)
        if rows.size != cols.size or rows.size < n + m - 1:
            raise ValueError(
                f"resume must have rows and columns of {n + m - 1} arcs or more, but has {rows.size} and {cols.size}."
            )
        as_potentials((self.f, self.g), (n, m))

    def __repr__(self) -> str:
        n, m = self.shape
        return f"SimplexState({n} × {m}, stopped at {self.f.size} × {self.g.size} with {self.rows.size} arcs)"


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
    state: SimplexState | None


def solve_levels(levels: list[Level], master: Master, unit: float, max_rounds: int, monitor: Monitor) -> Outcome:
    """Solve the last of the levels, potentials and candidate arcs being handed on from the first, that of `master`.

    If told to stop, hand on what there is. What 2**TOTAL_BITS integer masses hold is `unit` in those of the problem.
    """
    pivots = 0
    status: Status = "optimal"
    state = None
    for depth, level in enumerate(levels):
        coarser = len(levels) - 1 - depth
        if depth > 0:
            master = started(level, _extend(level, master))
        if state is None:
            status = _generate_columns(master, monitor, coarser > 0, unit, max_rounds)
            if status in ("time_limit", "interrupted") or (coarser == 0 and status != "optimal"):
                shape = (levels[-1].supply.size, levels[-1].demand.size)
                state = SimplexState(shape, coarser, *master.potentials(), *master.arcs())
        pivots += master.pivots
    potentials = master.potentials() if state is None else master.dual  # those of a tree on its way may be far off
    return Outcome(*master.basis(), *potentials, status, pivots, master.rounds, state)


def from_scratch(coarsest: Level) -> Master:
    """Return the coarsest level with a first tree, near the optimum of the dense solver."""
    values, _ = nearest(coarsest.pairs, _coarsest_potentials(coarsest), 1, of_rows=True)
    return started(coarsest, start_from_rows(coarsest.pairs, values[:, 0]))


def started(level: Level, start: Start) -> Master:
    """Return a level with a first tree, made of the best candidate arcs."""
    # The constant that f and g can exchange is chosen to keep both small, and so their rounding.
    shift = 0.5 * float((start.g / start.g.size).sum() - (start.f / start.f.size).sum())  # no sum overflows
    f, g = start.f + shift, start.g - shift
    arcs = PricedArcs(*merge_arcs(level.pairs, f, g, start.columns_of_rows, start.rows_of_columns))
    if 1 < min(f.size, g.size) <= KEEP and arcs.cost.size == f.size * g.size:
        arcs, ordered = _most_regret_first(arcs, f.size, g.size), arcs.cost.size
    else:
        ordered = 0
    return Master(level.pairs, level.supply, level.demand, f, g, arcs, tree_arcs=ordered)


def _most_regret_first(arcs: PricedArcs, n: int, m: int) -> PricedArcs:
    """Order all pairs, of many nodes with few, by what it costs a node to go to the second best of the few instead.

    Each node is as good as tied with one of the few, but these do not hold all: whoever ships last goes the wrong way,
    and each pivot that sets one of them right turns a good part of the tree (Reinfeld & Vogel 1958 order in this way).
    """
    table = arcs.cost.reshape(n, m)
    axis = 0 if n <= m else 1
    second = np.partition(table, 1, axis=axis).take([1], axis=axis)
    order = np.argsort((table - second).ravel(), kind="stable")
    return PricedArcs(arcs.source[order], arcs.sink[order], arcs.cost[order], arcs.scale)


def resumed(level: Level, state: SimplexState) -> Master:
    """Return a level with the arcs and the tree that it was left with."""
    arcs = arcs_between(level.pairs, state.f, state.g, state.rows, state.cols)
    in_tree = state.f.size + state.g.size - 1
    return Master(level.pairs, level.supply, level.demand, state.f, state.g, arcs, tree_arcs=in_tree)


def _coarsest_potentials(level: Level) -> FloatArray:
    cost = np.empty((level.supply.size, level.demand.size))
    fill(level.pairs, 0, 0, cost)
    return solve_dense(cost, level.supply.astype(np.float64), level.demand.astype(np.float64), LARGEST_EFFORT).g


def start_from_rows(pairs: Pairs, f: FloatArray) -> Start:
    """Complete potentials of the rows: two c-transforms make g and f good at every pair, and find the best arcs."""
    values, rows_of_columns = nearest(pairs, f, KEEP, of_rows=False)
    g = values[:, 0].copy()
    values, columns_of_rows = nearest(pairs, g, KEEP, of_rows=True)
    return Start(values[:, 0].copy(), g, columns_of_rows, rows_of_columns)


def _extend(level: Level, coarser: Master) -> Start:
    """Start a level from the next coarser one.

    Where it is made of clusters, the arcs between clusters that matter there are the only ones to look below here.
    """
    coarse_f, coarse_g = coarser.potentials()
    if level.row_starts is None or level.col_starts is None:
        prices = np.full(shape(level.cross)[1], -np.inf)
        prices[level.cross_cols] = coarse_g
        return start_from_rows(level.pairs, nearest(level.cross, prices, 1, of_rows=True)[0][:, 0])
    by_rows, by_columns = coarser.best_arcs(KEEP)
    source, sink, _, _ = merge_arcs(coarser.pairs, coarse_f, coarse_g, by_rows, by_columns)
    return Start(
        *refine_arcs(level.pairs, level.cross, coarse_g, source, sink, level.row_starts, level.col_starts, KEEP)
    )


def _generate_columns(master: Master, monitor: Monitor, coarse: bool, unit: float, max_rounds: int) -> Status:
    """Alternate between pivots over the arcs so far and pricing over all pairs, until no pair is violated."""
    tolerance = COARSE_TOLERANCE if coarse else 0.0
    max_rounds = COARSE_ROUNDS if coarse else max_rounds
    n, m = shape(master.pairs)
    pricer: Pricer | None = None

    def report(violated: str = "") -> None:
        lower = None if coarse or master.lower is None else unit * master.lower
        cost = None if coarse else master.cost()
        upper = None if cost is None else unit * cost
        monitor.tick(f"{n} × {m}: round {master.rounds}, {master.pivots} pivots{violated}", lower, upper)
        monitor.check()

    try:
        with monitor.interrupting_sweeps():
            while True:
                before = master.pivots
                master.optimize(tolerance * master.scale, report)
                if master.rounds > 0 and master.pivots == before:
                    return "optimal"  # arcs that give no pivot are violated by rounding alone
                if master.rounds == max_rounds:
                    return "iteration_limit"
                f, g = master.potentials()
                if pricer is None:
                    pricer = Pricer(master.pairs, f, g)
                rows, cols = pricer.violated(f, g, max(tolerance, PRICE_ROUNDINGS * EPS) * master.scale)
                master.rounds += 1
                master.raise_lower(f + pricer.least, g)
                report(f", {rows.size} violated pairs")
                if rows.size == 0:
                    return "optimal"
                master.add(rows, cols)
    except Stopped as stop:
        return stop.reason
