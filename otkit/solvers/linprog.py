"""The transport LP of the textbooks, solved by HiGHS and refined to the last bit.

    minimise cᵀγ   subject to   A γ = b,  γ ≥ 0,      γ = vec(Γ) row by row,  b = [a; b]

HiGHS (Huangfu & Hall 2018, through `scipy.optimize.linprog`) works to absolute tolerances of about 1e-7, and takes
seconds for the 90,000 columns of 300 × 300 pairs. So it is given less, and not the last word:

1. *Column generation.* The LP is restricted to a list of arcs, first those that are cheap after a c-transform; HiGHS
   solves it in costs shifted by the potentials so far (c − f − g, in unit scale); its dual prices every pair; the most
   violated pairs join the list, dear ones leave it; until HiGHS' own tolerance is reached.
2. *Refinement.* Its support, completed by arcs of small reduced cost, is a spanning tree. From there pivots of the
   primal simplex, on integer masses and with prices taken from the tree alone, finish what the tolerances left
   undone, until no pair is cheaper than its prices by more than the rounding of those prices.

The LP's dual variables in SciPy are ``res.eqlin.marginals`` = ∂(optimal value)/∂b: with A as above their first n
entries are f and the others g, with that sign. They are determined up to (f + t, g − t).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from otkit._checks import as_cost_array, as_weights, require_memory
from otkit._jit import njit
from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.basis import (
    Tree,
    common_ancestor,
    forest_mask,
    root_forest,
    root_tree,
    spanning_tree,
    tree_flows,
    tree_potentials,
)
from otkit.candidate import Candidate, SolverStats, Status, WarmStart
from otkit.costs import PairCosts, SparseCosts
from otkit.cuts import require_no_cut
from otkit.monitor import Monitor
from otkit.problem import TransportProblem

_ALL_PAIRS = 4096  # up to this many pairs the LP is solved as it stands
_NEAREST = 10  # arcs of each row and of each column that the first restricted LP has
_JOINING = 3  # arcs of each row and of each column that may join in a round
_KEPT = 3  # arcs per node that stay from round to round
_BLOCK = 1 << 21  # pairs priced at a time
_HIGHS_TOLERANCE = 1e-7
_PIVOTS = 2000  # between two looks at the clock

# (c − f) − g with f and g each rounded once is off by less than this, times |c| + |f| + |g|.
_ROUNDING = 2.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class LinprogOptions:
    """Options of ``method="lp"``.

    Attributes
    ----------
    max_iterations : int
        Limit on simplex iterations, those of HiGHS and of the refinement together.
    """

    max_iterations: int = 10_000_000


class Arcs(NamedTuple):
    """Pairs (i, j) in no particular order, each once."""

    rows: IntArray
    cols: IntArray


class RestrictedSolution(NamedTuple):
    """HiGHS' answer to an LP over a list of arcs."""

    mass: FloatArray
    f: FloatArray
    g: FloatArray


class Masses(NamedTuple):
    """Masses of all nodes, sources before sinks, as pairs (units, grains) of integers compared lexicographically.

    A grain is infinitely lighter than a unit. Each source holds one and the heaviest sink takes them all: then no basis
    has an arc without flow, each pivot lowers the cost, and the simplex cannot cycle. (This is Charnes' perturbation;
    Cunningham's strongly feasible trees, 1976, are its combinatorial form.)
    """

    units: IntArray
    grains: IntArray


# --- the LP ---------------------------------------------------------------------------------------------------------


def transport_lp(C: ArrayLike, a: ArrayLike, b: ArrayLike) -> tuple[Any, FloatArray, FloatArray]:
    """Return the transport problem as a linear program in standard form.

    Minimise ``c @ x`` subject to ``A @ x = b``, ``x ≥ 0``, with x = vec(Γ) in row-major order.

    Parameters
    ----------
    C : array-like, shape (n, m)
        Cost matrix.
    a, b : array-like, shapes (n,) and (m,)
        Masses. They are not made to balance: with unequal totals the program is infeasible.

    Returns
    -------
    A : scipy.sparse.csr_array, shape (n + m, n·m)
        ``I_n ⊗ 1_mᵀ`` (row sums) above ``1_nᵀ ⊗ I_m`` (column sums); of rank n + m − 1.
    b : ndarray, shape (n + m,)
        The masses, one after the other.
    c : ndarray, shape (n·m,)
        vec(C).

    References
    ----------
    Peyré & Cuturi, *Computational Optimal Transport*, sec. 3.1.

    Examples
    --------
    >>> import otkit
    >>> A, b, c = otkit.transport_lp([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> A.toarray().astype(int)
    array([[1, 1, 0, 0],
           [0, 0, 1, 1],
           [1, 0, 1, 0],
           [0, 1, 0, 1]])
    >>> b
    array([2., 1., 1., 2.])
    >>> c
    array([1., 2., 3., 1.])
    """
    cost = as_cost_array(C, "C")
    n, m = cost.shape
    masses = np.concatenate([as_weights(a, "a", n), as_weights(b, "b", m)])
    require_memory(64 * n * m, f"The linear program of {n} × {m} pairs", "method='simplex' needs no matrix.")
    return _constraints(n, m, *_all_pairs(n, m)).tocsr(), masses, cost.reshape(-1).copy()


def _all_pairs(n: int, m: int) -> Arcs:
    return Arcs(np.repeat(np.arange(n), m), np.tile(np.arange(m), n))


def _constraints(n: int, m: int, rows: IntArray, cols: IntArray) -> Any:
    """Return the columns of A that belong to some arcs: each has a one in its row and a one in its column."""
    from scipy.sparse import csc_array

    k = rows.size
    ends = np.column_stack([rows, n + cols]).reshape(-1)
    return csc_array((np.ones(2 * k), ends, np.arange(0, 2 * k + 1, 2)), shape=(n + m, k))


def solve_restricted(
    arcs: Arcs,
    costs: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    max_iterations: int,
    max_seconds: float | None,
) -> tuple[RestrictedSolution | None, int]:
    """Solve the LP over a list of arcs that holds a feasible plan; return the answer, if HiGHS has one, and iterations.

    `costs` and masses should be of unit scale, since HiGHS' tolerances are absolute.
    """
    from scipy.optimize import linprog

    n, m = supply.size, demand.size
    limits: dict[str, Any] = {"maxiter": max_iterations} | ({} if max_seconds is None else {"time_limit": max_seconds})
    answer = linprog(
        costs,
        A_eq=_constraints(n, m, *arcs),
        b_eq=np.concatenate([supply, demand]),
        method="highs-ds",
        options=limits,
    )
    if answer.status != 0:
        return None, answer.nit
    prices = answer.eqlin.marginals
    return RestrictedSolution(answer.x, prices[:n], prices[n:]), answer.nit


# --- the solver -----------------------------------------------------------------------------------------------------


def solve(
    problem: TransportProblem,
    options: LinprogOptions,
    monitor: Monitor,
    warm: WarmStart | None = None,
) -> Candidate:
    """Solve a transport problem by HiGHS and refine its answer to rounding level.

    The potentials of a similar problem tell which arcs to begin with. HiGHS hears a deadline, but Ctrl-C only between
    two of its runs; nor can its basis be handed back to it, so a solve that was stopped can start again from its
    potentials, but not be resumed.
    """
    if isinstance(problem.cost, SparseCosts):
        return _solve_on_graph(problem, problem.cost, options, monitor)
    masses = _integer_masses(problem)
    arcs, iterations, rounds = _generate_columns(problem, masses, options, monitor, warm)
    basis, f, pivots, status = _refine(problem, masses, arcs, options.max_iterations - iterations, monitor)

    n, m = problem.shape
    heaviest = int(np.argmax(np.concatenate([problem.supply, problem.demand])))
    flows = tree_flows(root_tree(n, m, *basis, heaviest), problem.supply, problem.demand)
    used = np.flatnonzero(flows > 0.0)  # where the integers say zero, the floats may say −1e-17
    used = used[np.lexsort((basis.cols[used], basis.rows[used]))]
    return Candidate(
        rows=basis.rows[used],
        cols=basis.cols[used],
        mass=flows[used],
        f=f,
        g=problem.cost.column_minima(f)[0],
        basis=(basis.rows, basis.cols),
        stats=SolverStats(status, iterations + pivots, rounds, f"HiGHS, then {pivots} pivots"),
    )


def _solve_on_graph(
    problem: TransportProblem, cost: SparseCosts, options: LinprogOptions, monitor: Monitor
) -> Candidate:
    """Solve the LP over the listed arcs, and compute plan and potentials anew from the forest that it leaves.

    Raises
    ------
    InfeasibleError
        Some rows hold more than the columns that they reach can take.
    """
    n, m = problem.shape
    arcs, costs = Arcs(cost.arc_rows, cost.pairs.cols), cost.pairs.costs
    scale, unit = int(np.frexp(np.abs(costs).max(initial=0.0))[1]), int(np.frexp(problem.total)[1])
    supply, demand = np.ldexp(problem.supply, -unit), np.ldexp(problem.demand, -unit)
    solution, iterations = None, 0
    if costs.size:
        solution, iterations = solve_restricted(
            arcs, np.ldexp(costs, -scale), supply, demand, options.max_iterations, monitor.remaining
        )
    status: Status = "optimal"
    if solution is None:
        status = monitor.stopped or "iteration_limit"
        require_no_cut(problem, cost, _greatest_cut(arcs, supply, demand))
        solution = RestrictedSolution(np.zeros(costs.size), np.zeros(n), np.zeros(m))
    slack = np.abs(np.ldexp(costs, -scale) - solution.f[arcs.rows] - solution.g[arcs.cols])
    arcs = _sorted(arcs, np.where(solution.mass > 0.0, -np.inf, slack))
    basis = _chosen(arcs, forest_mask(n, m, *arcs))
    heaviest_first = np.argsort(-np.concatenate([problem.supply, problem.demand]), kind="stable")
    forest = root_forest(n, m, *basis, heaviest_first)
    flows = tree_flows(forest, problem.supply, problem.demand)
    used = np.flatnonzero(flows > 0.0)
    f, g = tree_potentials(forest, cost.at(*basis))
    stats = SolverStats(status, iterations, 1, f"HiGHS over {cost.kind}")
    return Candidate(basis.rows[used], basis.cols[used], flows[used], f, g, (basis.rows, basis.cols), None, stats)


def _greatest_cut(arcs: Arcs, supply: FloatArray, demand: FloatArray) -> IntArray:
    """Return the rows that hold most beyond what the columns they reach can take: max u·a − v·b, u_i ≤ v_j on arcs.

    The matrix is totally unimodular, so that HiGHS' vertex is a set.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    signs = np.repeat([1.0, -1.0], [supply.size, demand.size])
    differences = csc_array(_constraints(supply.size, demand.size, *arcs).T * signs)
    answer = linprog(
        np.concatenate([-supply, demand]), differences, np.zeros(arcs.rows.size), bounds=(0, 1), method="highs-ds"
    )
    return np.flatnonzero(answer.x[: supply.size] > 0.5) if answer.status == 0 else np.empty(0, np.int64)


def _integer_masses(problem: TransportProblem) -> Masses:
    """Return the masses in integers of equal sums: as they are if they are such, else in units of 2⁻⁶⁰ of the total."""
    n, m = problem.shape
    supply, demand = problem.supply, problem.demand
    if not problem.integral:
        exponent = 60 - np.frexp(problem.total)[1]
        supply, demand = np.rint(np.ldexp(supply, exponent)), np.rint(np.ldexp(demand, exponent))
    units = np.concatenate([supply, demand]).astype(np.int64)
    grains = np.zeros(n + m, dtype=np.int64)
    heaviest = n + np.argmax(demand)
    units[heaviest] += units[:n].sum() - units[n:].sum()
    grains[:n] = 1
    grains[heaviest] = n
    return Masses(units, grains)


def _generate_columns(
    problem: TransportProblem,
    masses: Masses,
    options: LinprogOptions,
    monitor: Monitor,
    warm: WarmStart | None,
) -> tuple[Arcs, int, int]:
    """Solve restricted LPs until HiGHS' tolerance is met; return the last arcs, the most wanted first."""
    cost = problem.cost
    n, m = problem.shape
    f = cost.row_minima(np.zeros(m) if warm is None else warm.g)[0]
    g = cost.column_minima(f)[0]
    if n * m <= _ALL_PAIRS:
        arcs = _all_pairs(n, m)
    else:
        arcs = _cheapest_pairs(cost, f, g, _NEAREST)
        arcs = _union(m, arcs, _first_basis(n, m, arcs, masses))
    unit = np.frexp(problem.total)[1]
    supply, demand = np.ldexp(problem.supply, -unit), np.ldexp(problem.demand, -unit)
    iterations = rounds = 0
    best = np.inf
    while True:
        slack = _slack(cost, arcs, f, g)
        scale = int(np.frexp(np.abs(slack).max())[1])
        solution, made = solve_restricted(
            arcs, np.ldexp(slack, -scale), supply, demand, options.max_iterations - iterations, monitor.remaining
        )
        iterations += made
        rounds += 1
        if solution is None:  # out of time or iterations, or out of its depth: the refinement takes what there is
            return _sorted(arcs, slack), iterations, rounds
        f, g = f + np.ldexp(solution.f, scale), g + np.ldexp(solution.g, scale)
        value = float(solution.mass @ cost.at(*arcs))
        arcs = _sorted(arcs, np.where(solution.mass > 0.0, -np.inf, _slack(cost, arcs, f, g)))
        where, upper = f"{n} × {m}: round {rounds}, {iterations} iterations", float(np.ldexp(value, unit))
        monitor.tick(where, upper=upper)
        if arcs.rows.size == n * m:
            return arcs, iterations, rounds
        joining = _cheapest_pairs(cost, f, g, _JOINING)
        slack = _slack(cost, joining, f, g)
        least = slack[: n * min(_JOINING, m)].reshape(n, -1).min(axis=1)
        lower = float(supply @ (f + least) + demand @ g)
        joining = _chosen(joining, slack < -np.ldexp(_HIGHS_TOLERANCE, scale))
        monitor.tick(f"{where}, {joining.rows.size} violated pairs", float(np.ldexp(lower, unit)), upper)
        if monitor.stopped is not None:
            return arcs, iterations, rounds
        kept = _KEPT * (n + m) if value < best else arcs.rows.size  # no arc leaves where nothing was gained: no cycling
        best = min(best, value)
        everything = _union(m, arcs, joining)
        if everything.rows.size == arcs.rows.size:
            return arcs, iterations, rounds
        arcs = _union(m, _chosen(arcs, slice(kept)), joining)


def _refine(
    problem: TransportProblem, masses: Masses, arcs: Arcs, budget: int, monitor: Monitor
) -> tuple[Arcs, FloatArray, int, Status]:
    """Make a feasible basis of arcs, the most wanted first, and pivot until no pair is violated beyond rounding.

    Return basis, potentials f, the number of pivots, and how it ended.
    """
    cost = problem.cost
    n, m = problem.shape
    pool = _first_basis(n, m, arcs, masses)
    basic = np.arange(n + m - 1)
    pool = _union(m, pool, arcs)
    pivots = 0
    while True:
        costs = cost.at(*pool)
        made, finished, f, g = _pivot(n, m, *pool, costs, basic, *masses, max(0, min(_PIVOTS, budget - pivots)))
        pivots += made
        monitor.tick(f"{n} × {m}: refining, {pivots} pivots")
        status: Status = "optimal"
        if finished:
            joining = _cheapest_pairs(cost, f, g, _JOINING)
            joining = _chosen(joining, _is_violated(cost, joining, f, g))
            if joining.rows.size == 0:
                break
            pool = Arcs(np.concatenate([pool.rows, joining.rows]), np.concatenate([pool.cols, joining.cols]))
        if pivots >= budget:
            status = "iteration_limit"
            break
        if monitor.stopped is not None:
            status = monitor.stopped
            break
    return _chosen(pool, basic), f, pivots, status


# --- lists of arcs --------------------------------------------------------------------------------------------------


def _slack(cost: PairCosts, arcs: Arcs, f: FloatArray, g: FloatArray) -> FloatArray:
    return (cost.at(*arcs) - f[arcs.rows]) - g[arcs.cols]


def _is_violated(cost: PairCosts, arcs: Arcs, f: FloatArray, g: FloatArray) -> BoolArray:
    """Say which arcs cost less than their prices by more than rounding; the same test as in `_entering_arc`."""
    c, u, v = cost.at(*arcs), f[arcs.rows], g[arcs.cols]
    return ((c - u) - v) + _ROUNDING * (np.abs(c) + (np.abs(u) + np.abs(v))) < 0.0


def _chosen(arcs: Arcs, which: IntArray | BoolArray | slice) -> Arcs:
    return Arcs(arcs.rows[which], arcs.cols[which])


def _sorted(arcs: Arcs, key: FloatArray) -> Arcs:
    return _chosen(arcs, np.argsort(key, kind="stable"))


def _union(m: int, first: Arcs, second: Arcs) -> Arcs:
    """Return the arcs of `first`, in their order, and then those that only `second` has."""
    keys = np.unique(second.rows * m + second.cols)
    keys = keys[~np.isin(keys, first.rows * m + first.cols, assume_unique=True)]
    return Arcs(np.concatenate([first.rows, keys // m]), np.concatenate([first.cols, keys % m]))


def _cheapest_pairs(cost: PairCosts, f: FloatArray, g: FloatArray, k: int) -> Arcs:
    """Return the k pairs of smallest c − f − g of each row and of each column, some of them twice."""
    rows, cols = _cheapest_in_rows(cost, g, k)
    transposed_cols, transposed_rows = _cheapest_in_rows(cost.transpose(), f, k)
    return Arcs(np.concatenate([rows, transposed_rows]), np.concatenate([cols, transposed_cols]))


def _cheapest_in_rows(cost: PairCosts, g: FloatArray, k: int) -> tuple[IntArray, IntArray]:
    """Return the k pairs of smallest c − g of each row."""
    n, m = cost.shape
    k = min(k, m)
    nearest = np.empty((n, k), dtype=np.int64)
    step = max(1, _BLOCK // m)
    for i in range(0, n, step):
        slack = cost.block(i, min(n, i + step), 0, m)
        slack -= g
        nearest[i : i + step] = np.argpartition(slack, k - 1, axis=1)[:, :k]
    return np.repeat(np.arange(n), k), nearest.reshape(-1)


# --- the simplex that finishes --------------------------------------------------------------------------------------


def _first_basis(n: int, m: int, arcs: Arcs, masses: Masses) -> Arcs:
    """Return a feasible spanning tree near the first of some arcs, given the most wanted first.

    If the first arcs are those of a feasible basis the result is that basis, since leaf elimination ships its flows.
    """
    tree = root_tree(n, m, *spanning_tree(n, m, *arcs), 0)
    leaves_first = tree.arc[tree.order[:0:-1]]
    rows = np.concatenate([tree.rows[leaves_first], arcs.rows])
    cols = np.concatenate([tree.cols[leaves_first], arcs.cols])
    return Arcs(*spanning_tree(n, m, *_ship_greedily(n, m, rows, cols, *masses)))


@njit
def _less(units: int, grains: int, other_units: int, other_grains: int) -> bool:
    return units < other_units or (units == other_units and grains < other_grains)


@njit
def _ship_greedily(
    n: int, m: int, rows: IntArray, cols: IntArray, units: IntArray, grains: IntArray
) -> tuple[IntArray, IntArray]:
    """Ship all that can be shipped, arc after arc, and the rest by the north-west corner rule; return the arcs used.

    Each arc exhausts a node for good, so those used are a forest; and as no partial sums agree, a spanning tree, unless
    there are sinks without demand.
    """
    units, grains = units.copy(), grains.copy()
    used_rows = np.empty(n + m, dtype=np.int64)
    used_cols = np.empty(n + m, dtype=np.int64)
    used = 0
    i = j = k = 0
    while i < n and j < m:
        if k < rows.size:
            u, v = rows[k], n + cols[k]
            k += 1
        else:
            u, v = i, n + j
        if _less(0, 0, units[u], grains[u]) and _less(0, 0, units[v], grains[v]):
            from_source = _less(units[u], grains[u], units[v], grains[v])
            least = u if from_source else v
            shipped, shipped_grains = units[least], grains[least]
            for w in (u, v):
                units[w] -= shipped
                grains[w] -= shipped_grains
            used_rows[used], used_cols[used] = u, v - n
            used += 1
        while i < n and units[i] == 0 and grains[i] == 0:
            i += 1
        while j < m and units[n + j] == 0 and grains[n + j] == 0:
            j += 1
    return used_rows[:used], used_cols[:used]


@njit
def _pivot(
    n: int, m: int, rows: IntArray, cols: IntArray, costs: FloatArray, basic: IntArray, units: IntArray,
    grains: IntArray, limit: int,
) -> tuple[int, bool, FloatArray, FloatArray]:  # fmt: skip
    """Run the primal simplex over a pool of arcs, from the feasible tree rows[basic], cols[basic]; `basic` is updated.

    Everything is computed afresh from the tree at each pivot: that costs no more than to choose the entering arc, and
    nothing can drift. Return the number of pivots, whether no arc is left to enter, and the potentials.
    """
    pivots = 0
    while True:
        tree = root_tree(n, m, rows[basic], cols[basic], 0)
        f, g = tree_potentials(tree, costs[basic])
        entering = _entering_arc(rows, cols, costs, f, g)
        if entering < 0 or pivots == limit:
            return pivots, entering < 0, f, g
        flow_units, flow_grains = _exact_flows(tree, units, grains)
        basic[_leaving_arc(tree, flow_units, flow_grains, rows[entering], n + cols[entering])] = entering
        pivots += 1


@njit
def _entering_arc(rows: IntArray, cols: IntArray, costs: FloatArray, f: FloatArray, g: FloatArray) -> int:
    """Return the arc that is furthest below its prices by more than rounding explains; −1 if there is none."""
    entering = -1
    lowest = 0.0
    for k in range(rows.size):
        c, u, v = costs[k], f[rows[k]], g[cols[k]]
        slack = ((c - u) - v) + _ROUNDING * (abs(c) + (abs(u) + abs(v)))
        if slack < lowest:
            lowest = slack
            entering = k
    return entering


@njit
def _exact_flows(tree: Tree, units: IntArray, grains: IntArray) -> tuple[IntArray, IntArray]:
    """Return the flow on each arc of a tree by leaf elimination, in integers (see `otkit.basis.tree_flows`)."""
    units, grains = units.copy(), grains.copy()
    flow_units, flow_grains = np.empty_like(tree.rows), np.empty_like(tree.rows)
    for v in tree.order[:0:-1]:
        u, k = tree.parent[v], tree.arc[v]
        flow_units[k], flow_grains[k] = units[v], grains[v]
        units[u] -= units[v]
        grains[u] -= grains[v]
    return flow_units, flow_grains


@njit
def _leaving_arc(tree: Tree, units: IntArray, grains: IntArray, u: int, v: int) -> int:
    """Return the arc whose flow ends first when source u sends more to sink v, and less around the tree."""
    n = tree.n
    top = common_ancestor(tree.parent, u, v, np.zeros(tree.order.size, dtype=np.bool_))
    leaving = -1
    for end in (u, v):
        w = end
        while w != top:
            k = tree.arc[w]
            loses = (w < n) == (end == u)
            if loses and (leaving < 0 or _less(units[k], grains[k], units[leaving], grains[leaving])):
                leaving = k
            w = tree.parent[w]
    return leaving
