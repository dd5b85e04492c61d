"""The proof of a small problem as one compiled call: what `judge` and `exact_certificate` find of a tree, to the bit.

The steps are those of `optimality` and `audit`, by the same kernels, on a problem whose costs are in a matrix.
Where one of them does not succeed (the tree is not optimal, or a number leaves the range in which its bounds hold) the
caller is told no more than that, and takes them one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.basic_solution import cost_of_flows, flows_of, prices_of
from otkit.checker.certificate import Optimum
from otkit.checker.error_bounds import Masses, enclose_masses
from otkit.checker.integer_masses import balanced, surplus
from otkit.checker.optimality import LARGEST, decide_all, doubt_of, is_only_plan
from otkit.checker.spanning_tree import hung_from
from otkit.checker.upper_bound import (
    ERROR,
    MAGNITUDE,
    MARGINAL_DOUBT,
    SLACK,
    Due,
    DueSums,
    Marginals,
    PricedPlan,
    empty_sums,
    marginal_error,
    products_are_exact,
    quotient,
    weigh_jobs,
)
from otkit.costs.listing import Batch
from otkit.costs.pairs import MatrixPairs
from otkit.costs.sweeps import fill_small
from otkit.numerics.fixed_point import BITS, enclosed, exact_total
from otkit.numerics.jit import int64, jitable, njit
from otkit.numerics.sums import two_sum
from otkit.problem import TransportProblem


class Proof(NamedTuple):
    """Where the proof of a tree is written, and the plan and potentials that it proves.

    Attributes
    ----------
    rows, cols, mass : ndarray, shape (n + m − 1,)
        The arcs of the tree and their masses, row by row; fewer, where rows or columns hold no mass.
    plan_rows, plan_cols, plan_mass : ndarray, shape (n + m − 1,)
        Those that carry mass come first.
    f, g : ndarray, shapes (n,) and (m,)
    residuals : ndarray, shape (3,)
        Marginal error, slackness error and scale, as a certificate has them.
    """

    rows: IntArray
    cols: IntArray
    mass: FloatArray
    plan_rows: IntArray
    plan_cols: IntArray
    plan_mass: FloatArray
    f: FloatArray
    g: FloatArray
    residuals: FloatArray


def costs_at_once(problem: TransportProblem) -> FloatArray:
    """Return the costs of a small problem as a matrix that nobody may write to."""
    pairs = problem.cost.pairs
    if isinstance(pairs, MatrixPairs):
        matrix = pairs.matrix
        if matrix.dtype == np.float64 and matrix.flags.c_contiguous:
            return matrix
    costs = np.empty(problem.shape)
    fill_small(pairs, costs)
    costs.flags.writeable = False
    return costs


def empty_proof(n: int, m: int) -> Proof:
    """Return room for the proof of a tree."""
    arcs, empty = n + m - 1, np.empty
    rows, cols, plan_rows, plan_cols = empty(arcs, int), empty(arcs, int), empty(arcs, int), empty(arcs, int)
    return Proof(rows, cols, empty(arcs), plan_rows, plan_cols, empty(arcs), empty(n), empty(m), empty(3))


class Held(NamedTuple):
    """The rows and the columns that hold mass, their costs and their masses."""

    rows: IntArray
    cols: IntArray
    cost: FloatArray
    a: FloatArray
    b: FloatArray


@jitable
def held_part(cost: FloatArray, a: FloatArray, b: FloatArray) -> Held:
    """Return what holds mass; the costs as they are where everything does."""
    rows, cols = _with_mass(a), _with_mass(b)
    whole = rows.size + cols.size == a.size + b.size
    return Held(rows, cols, cost if whole else cut(cost, rows, cols), taken(a, rows), taken(b, cols))


@njit
def _with_mass(masses: FloatArray) -> IntArray:
    """Return where there is mass."""
    places, count = np.empty(masses.size, np.int64), 0
    for k in range(masses.size):
        places[count] = k
        count += masses[k] != 0.0
    return places[:count].copy()


@njit
def taken(values: FloatArray, places: IntArray) -> FloatArray:
    """Return the values at some places."""
    out = np.empty(places.size)
    for k in range(places.size):
        out[k] = values[places[k]]
    return out


@njit
def cut(cost: FloatArray, rows: IntArray, cols: IntArray) -> FloatArray:
    """Return the costs of some rows and columns."""
    part = np.empty((rows.size, cols.size))
    for i in range(rows.size):
        for j in range(cols.size):
            part[i, j] = cost[rows[i], cols[j]]
    return part


# What `prove_tree` returns begins with these: a number for the caller, how many arcs the tree has and how many of them
# carry mass, whether the plan is the only one, the exponent of the unit of the value, how many limbs its denominator
# has. Those follow, and then the limbs of its numerator.
NOTE, ARCS, USED, UNIQUE, EXPONENT, DENOMINATOR, LIMBS = range(7)


@njit
def prove_tree(
    cost: FloatArray,
    a: FloatArray,
    b: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    totals: tuple[float, float],
    probability: bool,
    held: Held,
    rows: IntArray,
    cols: IntArray,
    out: Proof,
) -> IntArray:
    """Prove that the tree with the arcs (rows, cols) is optimal; return nothing where it is not, or might not be.

    The problem is that of costs and masses a and b, or a/Σa and b/Σb; the tree is one of the rows and columns that are
    `held_part` of it, by their places there. `totals` are the rounded sums of the masses; supply and demand are the
    marginals as `TransportProblem` has them, by which the plan is measured.
    """
    nothing, (n, m) = np.empty(0, np.int64), held.cost.shape
    if not _are_arcs(rows, cols, n, m):
        return nothing
    tree, acyclic = hung_from(n, m, rows, cols, np.arange(n + m))
    if not acyclic:
        return nothing
    how, exponent, denominator = balanced(exact_total(a), exact_total(b), probability)
    flows, least, mass = flows_of(tree, surplus(how, held.a, held.b), exponent, denominator)
    costs = np.empty(rows.size)
    for k in range(rows.size):
        costs[k] = held.cost[rows[k], cols[k]]
    if least < 0 or not np.isfinite(costs).all():
        return nothing
    prices = prices_of(tree, costs)
    if not prices.reach < LARGEST:
        return nothing
    batch = Batch(np.empty(n * m, np.int64), np.empty(n * m, np.int64), np.empty(n * m))
    kept, _, overpriced = decide_all(MatrixPairs(held.cost), int64(1), prices, doubt_of(prices), tree.parent, batch)
    if overpriced > 0:
        return nothing
    unique = is_only_plan(tree, flows, least, batch.rows[:kept], batch.cols[:kept], batch.costs[:kept])

    _write_in_order(rows, cols, mass, held, out)
    _write_prices(cost, held, prices.f, prices.g, out)
    masses = Masses(*enclose_masses(a, b, totals[0], totals[1], probability))
    used = _write_plan(rows.size, out)
    plan = PricedPlan(MatrixPairs(cost), out.plan_rows[:used], out.plan_cols[:used], out.plan_mass[:used], out.f, out.g)
    due = DueSums(Due(supply, a, masses.factor_a), Due(demand, b, masses.factor_b), masses.apart)
    sums = empty_sums(1, 1)
    weigh_jobs(plan, due, False, False, sums, 0, 2)
    total, magnitude = 1.0 if probability else totals[0], sums.portions[0, MAGNITUDE]
    scale = magnitude / total
    if not (products_are_exact(magnitude) and np.isfinite(scale)):
        return nothing
    scale = scale if scale != 0.0 else 1.0
    marginals = Marginals(sums.marginals[ERROR], sums.marginals[MARGINAL_DOUBT], 0.0, 0.0)
    out.residuals[0] = marginal_error(marginals, masses, total)
    out.residuals[1], out.residuals[2] = quotient(sums.portions[0, SLACK], scale), scale

    numerator = cost_of_flows(flows, costs, prices.low)
    head = np.array([0, rows.size, used, int(unique), exponent + prices.low, denominator.size])
    return np.concatenate((head, denominator, numerator))


@njit
def _are_arcs(rows: IntArray, cols: IntArray, n: int, m: int) -> bool:
    """Whether these are n + m − 1 pairs of a row and a column."""
    outside = 0
    for k in range(rows.size):
        outside += not (0 <= rows[k] < n and 0 <= cols[k] < m)
    return rows.size == cols.size == n + m - 1 and outside == 0


@njit
def _write_in_order(rows: IntArray, cols: IntArray, mass: FloatArray, held: Held, out: Proof) -> None:
    """Write arcs row by row, and from left to right in each: sorted by counting, by columns and then by rows."""
    order = np.arange(rows.size)
    for keys, size in ((cols, held.cols.size), (rows, held.rows.size)):
        place = np.zeros(size + 1, np.int64)
        for k in keys:
            place[k + 1] += 1
        for k in range(size):
            place[k + 1] += place[k]
        before, order = order, np.empty_like(order)
        for k in before:
            order[place[keys[k]]] = k
            place[keys[k]] += 1
    for t in range(order.size):
        k = order[t]
        out.rows[t], out.cols[t], out.mass[t] = held.rows[rows[k]], held.cols[cols[k]], mass[k]


@njit
def _write_prices(cost: FloatArray, held: Held, f: FloatArray, g: FloatArray, out: Proof) -> None:
    """Write prices of what holds mass; the other rows, and then the other columns, get the highest that are feasible.

    Those are minima of fl(c − g), or of fl(c − f), one float lower where that overprices a pair in real numbers.
    """
    n, m = cost.shape
    for i in range(n):
        out.f[i] = np.inf
    for j in range(m):
        out.g[j] = np.inf
    for k in range(f.size):
        out.f[held.rows[k]] = f[k]
    for k in range(g.size):
        out.g[held.cols[k]] = g[k]
    for i in range(n if held.rows.size < n else 0):
        if out.f[i] == np.inf:
            price, above = np.inf, False
            for j in held.cols:
                price = min(price, cost[i, j] - out.g[j])
            for j in held.cols:
                above |= _is_overpriced(cost[i, j], price, out.g[j])
            out.f[i] = np.nextafter(price, -np.inf) if above else price
    for j in range(m if held.cols.size < m else 0):
        if out.g[j] == np.inf:
            price, above = np.inf, False
            for i in range(n):
                price = min(price, cost[i, j] - out.f[i])
            for i in range(n):
                above |= _is_overpriced(cost[i, j], out.f[i], price)
            out.g[j] = np.nextafter(price, -np.inf) if above else price


@njit
def _is_overpriced(cost: float, f: float, g: float) -> bool:
    """Whether f + g > c in real numbers (`costs.sweeps.slack_minima` says why)."""
    once = cost - f
    slack = once - g
    return slack < 0.0 or (slack == 0.0 and two_sum(cost, -f)[1] < 0.0)


@njit
def _write_plan(arcs: int, out: Proof) -> int:
    """Write those of the arcs that carry mass; return how many."""
    used = 0
    for k in range(arcs):
        if out.mass[k] != 0.0:
            out.plan_rows[used], out.plan_cols[used], out.plan_mass[used] = out.rows[k], out.cols[k], out.mass[k]
            used += 1
    return used


def optimum_of(proved: list[int]) -> Optimum:
    """Return the optimum from what `prove_tree` has returned."""
    split = LIMBS + proved[DENOMINATOR]
    value = enclosed(_as_int(proved[split:]), _as_int(proved[LIMBS:split]), proved[EXPONENT])
    return Optimum(value, bool(proved[UNIQUE]))


def _as_int(limbs: list[int]) -> int:
    number = 0
    for limb in reversed(limbs):
        number = (number << BITS) + limb
    return number
