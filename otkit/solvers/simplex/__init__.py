"""The network simplex: otkit's own exact solver, from a handful of points to hundreds of thousands.

Small problems are solved over all n·m arcs in one compiled call. Large ones go from coarse to fine (Schmitzer 2016;
Gerber & Maggioni 2017): the potentials of a coarse problem, extended by a c-transform, tell which few arcs of the finer
one matter; a network simplex over those (Ahuja, Magnanti & Orlin, *Network Flows*, chapter 11) is followed by pricing
over all pairs, violated ones are added, and so on until none is left. No large n × m matrix is ever made. Sparse costs
are solved over all their arcs at once. Masses that reach over many orders of magnitude join layer by layer, the heavy
ones first (`layers`).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.spanning_tree import root_tree, tree_flows
from otkit.costs import PointCosts
from otkit.costs.pairs import MatrixPairs
from otkit.costs.sweeps import fill
from otkit.inputs.checks import span
from otkit.numerics.jit import read_only
from otkit.numerics.threads import Stopped
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats, WarmStart
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex.amounts import Amounts, exact_masses, selected
from otkit.solvers.simplex.dense import LARGEST_EFFORT, improve_dense, solve_dense, weigh_tree
from otkit.solvers.simplex.layers import PIVOTS, Layers, heavy_nodes, join_layers, layers_of, planted
from otkit.solvers.simplex.levels import Level, matrix_levels, point_levels
from otkit.solvers.simplex.masses import LEAST_UNIT, TOTAL_BITS, integer_masses
from otkit.solvers.simplex.monge import monge_order, staircase
from otkit.solvers.simplex.multiscale import (
    Outcome,
    SimplexState,
    from_scratch,
    resumed,
    solve_levels,
)
from otkit.solvers.simplex.network import solve_network
from otkit.solvers.simplex.small import LEAST_STAIRCASE
from otkit.solvers.simplex.warm import warm_started

# Up to this many pairs the dense solver is faster.
DENSE_PAIRS = 256 * 256

# Up to this many pairs, costs between points are written into a matrix where masses join layer by layer.
LARGEST_FILLED = 1 << 22

# A tree numbers its arcs by i · m + j, in 32 bits.
LARGEST_LAYERED = (1 << 31) - 1


@dataclass(frozen=True)
class SimplexOptions:
    """Options of ``method="simplex"``.

    Attributes
    ----------
    max_rounds : int, default 1000
        Limit on rounds of pricing; an answer that needs more is handed over unfinished.
    resume : SimplexState, or None
        Where an earlier solve of the same problem was stopped, by that limit, by `max_seconds` or by Ctrl-C:
        ``error.state`` of the `NotConvergedError`, or ``result.candidate.state``. No pivot made by then is made again.
    """

    max_rounds: int = 1000
    resume: SimplexState | None = None

    def __post_init__(self) -> None:
        if self.resume is not None and not isinstance(self.resume, SimplexState):
            raise TypeError(
                "resume must be the state of a solve by method='simplex' that was stopped, "
                f"but {type(self.resume).__name__} was given."
            )


def solve(
    problem: TransportProblem,
    options: SimplexOptions,
    monitor: Monitor,
    warm: WarmStart | None = None,
) -> Candidate:
    """Solve a transport problem by the network simplex; a large one from what is known of a similar one, if given."""
    n, m = problem.shape
    if not problem.cost.complete:
        if options.resume is not None:
            raise ValueError("resume must be left out for sparse costs: start from warm_start=error.result instead.")
        return solve_network(problem, warm, options.max_rounds, monitor)
    if options.resume is None:
        answer = _staircase(problem, monitor) if warm is None else None
        if answer is None and warm is None:
            answer = _layer_by_layer(problem, options, monitor)
        if answer is None and n * m <= DENSE_PAIRS:
            answer = _dense(problem)
        if answer is not None:
            return answer
    supply, demand, exponent, exact = integer_masses(problem.supply, problem.demand)
    unit = float(np.ldexp(1.0, TOTAL_BITS - exponent))
    outcome = _solve_sparse(problem, (supply, demand), unit, options, warm, monitor)
    rows, cols, f, g = outcome.rows, outcome.cols, outcome.f, outcome.g
    if exact:
        mass = np.ldexp(outcome.flow.astype(np.float64), -exponent)
    else:
        tree = root_tree(n, m, rows, cols, int(np.argmax(problem.supply)))
        mass = np.maximum(tree_flows(tree, problem.supply, problem.demand), 0.0)
    shipped = np.flatnonzero(mass > 0.0)
    stats = SolverStats(outcome.status, outcome.pivots, outcome.rounds, "multiscale")
    return Candidate(rows[shipped], cols[shipped], mass[shipped], f, g, (rows, cols), outcome.state, stats)


def _dense(problem: TransportProblem) -> Candidate | None:
    """Solve a small problem; None if that takes longer than a call may."""
    costs, supply, demand = _costs(problem), problem.supply, problem.demand
    rows, cols, mass, f, g, tree_rows, tree_cols, _, pivots = solve_dense(costs, supply, demand, LARGEST_EFFORT)
    if pivots < 0:
        return None
    stats = SolverStats("optimal", pivots, 0, "dense")
    return Candidate(rows, cols, mass, f, g, (tree_rows, tree_cols), None, stats)


def _layer_by_layer(problem: TransportProblem, options: SimplexOptions, monitor: Monitor) -> Candidate | None:
    """Solve a problem with masses that 64-bit integers have no room for; None of any other, or where time is up."""
    supply, demand, (n, m) = problem.supply, problem.demand, problem.shape
    if min(span(supply)[1], span(demand)[1]) >= LEAST_UNIT * problem.total or n * m > LARGEST_LAYERED:
        return None
    pairs = problem.cost.pairs
    if not isinstance(pairs, MatrixPairs) and n * m > LARGEST_FILLED:
        return None
    costs = pairs.matrix if isinstance(pairs, MatrixPairs) else read_only(_costs(problem))
    layers = layers_of(supply, demand)
    heavy = _heavy_tree(problem, costs, layers, options, monitor)
    if heavy is None:
        return None
    masses, grown = exact_masses(problem), planted(layers, *heavy[:3])
    while not join_layers(costs, masses, layers, grown, LARGEST_EFFORT):
        monitor.tick(f"{n} × {m}: {heavy[3] + int(grown.state[PIVOTS])} pivots")
        if monitor.stopped:
            return None
    rows, cols = layers.rows[grown.arcs[0]], grown.arcs[1]
    pivots = heavy[3] + int(grown.state[PIVOTS])
    return _tree_candidate(problem, costs, rows, cols, SolverStats("optimal", pivots, 0, "layers"))


def _heavy_tree(
    problem: TransportProblem, costs: FloatArray, layers: Layers, options: SimplexOptions, monitor: Monitor
) -> tuple[IntArray, IntArray, FloatArray, int] | None:
    """Return the optimal tree of the heavy rows and columns, prices of the columns, and how many pivots it took."""
    rows, cols = heavy_nodes(layers)
    if rows.size * cols.size <= DENSE_PAIRS:
        part = costs[np.ix_(rows, cols)]
        answer = solve_dense(part, problem.supply[rows], problem.demand[cols], LARGEST_EFFORT)
        return (answer.tree_rows, answer.tree_cols, answer.g, answer.pivots) if answer.pivots >= 0 else None
    heavy = problem.restrict(rows, cols)
    supply, demand, exponent, _ = integer_masses(heavy.supply, heavy.demand)
    unit = float(np.ldexp(1.0, TOTAL_BITS - exponent))
    outcome = _solve_sparse(heavy, (supply, demand), unit, options, None, monitor)
    return (outcome.rows, outcome.cols, outcome.g, outcome.pivots) if outcome.status == "optimal" else None


def _costs(problem: TransportProblem) -> FloatArray:
    cost = np.empty(problem.shape)
    fill(problem.cost.pairs, 0, 0, cost)
    return cost


def _staircase(problem: TransportProblem, monitor: Monitor) -> Candidate | None:
    """Return the optimal staircase of a Monge matrix; None of any other costs, or where time is up."""
    pairs, (n, m) = problem.cost.pairs, problem.shape
    if not isinstance(pairs, MatrixPairs) or n * m < LEAST_STAIRCASE:
        return None
    try:
        order = monge_order(pairs.matrix, monitor)
    except Stopped:
        return None
    if order is None:
        return None
    rows, cols = staircase(exact_masses(problem), *order)
    return _tree_candidate(problem, pairs.matrix, rows, cols, SolverStats(detail="staircase"))


def _tree_candidate(
    problem: TransportProblem, costs: FloatArray, rows: IntArray, cols: IntArray, stats: SolverStats
) -> Candidate:
    """Return the answer that a tree is."""
    n, m = problem.shape
    mass, f, g = np.empty(rows.size), np.empty(n), np.empty(m)
    weigh_tree(costs, problem.supply, problem.demand, rows, cols, mass, f, g)
    used = mass > 0.0
    return Candidate(rows[used], cols[used], mass[used], f, g, (rows, cols), None, stats)


def _solve_sparse(
    problem: TransportProblem,
    masses: tuple[IntArray, IntArray],
    unit: float,
    options: SimplexOptions,
    warm: WarmStart | None,
    monitor: Monitor,
    amounts: Amounts | None = None,
) -> Outcome:
    """Put points into kd-order, solve, and bring the outcome back to the order of the problem.

    The masses are integers; exact `amounts` beside them are for a solve from the tree of a warm start.
    """
    pairs, (supply, demand) = problem.cost.pairs, masses
    if isinstance(problem.cost, PointCosts):
        row_order, col_order, pairs = problem.cost.kd_ordered
        supply, demand = supply[row_order], demand[col_order]
    else:
        row_order, col_order = np.arange(supply.size), np.arange(demand.size)
    if warm is not None and options.resume is None:
        levels = [Level(pairs, supply, demand, pairs, col_order)]
        if amounts is not None:
            amounts = selected(amounts, np.concatenate([row_order, supply.size + col_order]))
        master = warm_started(levels[0], warm.restrict(row_order, col_order), amounts)
    else:
        if isinstance(pairs, MatrixPairs):
            levels = matrix_levels(pairs, supply, demand)
        else:
            levels = point_levels(pairs, supply, demand)
        if options.resume is not None:
            levels = _levels_left(levels, options.resume)
            master = resumed(levels[0], options.resume)
        else:
            master = from_scratch(levels[0])
    outcome = solve_levels(levels, master, unit, options.max_rounds, monitor)
    rows, cols = row_order[outcome.rows], col_order[outcome.cols]
    f, g = np.empty(supply.size), np.empty(demand.size)
    f[row_order], g[col_order] = outcome.f, outcome.g
    return outcome._replace(rows=rows, cols=cols, f=f, g=g)


def solve_exactly(problem: TransportProblem, warm: WarmStart, monitor: Monitor) -> tuple[IntArray, IntArray]:
    """Return a tree, optimal up to the rounding of prices, none of whose exact flows is negative.

    The warm start is a tree of the same problem, optimal for masses that were rounded.

    Raises
    ------
    Stopped
        Time is up.
    """
    n, m = problem.shape
    if n * m <= DENSE_PAIRS:
        arcs = np.stack([warm.rows, warm.cols])
        if improve_dense(_costs(problem), warm.g, exact_masses(problem), arcs) >= 0:
            return arcs[0], arcs[1]
    supply, demand, exponent, _ = integer_masses(problem.supply, problem.demand)
    unit = float(np.ldexp(1.0, TOTAL_BITS - exponent))
    options = SimplexOptions()
    outcome = _solve_sparse(problem, (supply, demand), unit, options, warm, monitor, exact_masses(problem))
    if outcome.status in ("time_limit", "interrupted"):
        raise Stopped(outcome.status)
    return outcome.rows, outcome.cols


def _levels_left(levels: list[Level], state: SimplexState) -> list[Level]:
    """Return the levels that an earlier solve had not done with.

    Raises
    ------
    ValueError
        That was another problem.
    """
    left = levels[max(0, len(levels) - 1 - max(0, operator.index(state.level))) :]
    shapes = [(level.supply.size, level.demand.size) for level in (left[0], left[-1])]
    if shapes != [(state.f.size, state.g.size), state.shape]:
        n, m = shapes[-1]
        raise ValueError(
            "resume must be the state of an earlier solve of the same problem, whose points with mass are "
            f"{n} × {m}, but it is {state!r}. Use warm_start= to start from a similar problem."
        )
    state.require_sound()
    return left


__all__ = ["SimplexOptions", "SimplexState", "solve"]
