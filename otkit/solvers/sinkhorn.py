"""Entropic transport: Sinkhorn's iteration in the log domain, rounded to a feasible plan and feasible prices.

For weights that sum to one, the minimiser of ⟨C, Γ⟩ + ε KL(Γ ‖ a⊗b) is Γ_ij = a_i b_j exp((f_i + g_j − c_ij)/ε), and
each half step sets one side's potentials so that its marginals are right:

    f_i ← f_i − ε log Σ_j b_j exp((f_i + g_j − c_ij)/ε)

(G. Peyré, M. Cuturi, *Computational Optimal Transport*, section 4.4). Steps are taken on a kernel matrix that has the
potentials of a while ago in it, K_ij = exp((f_i + g_j − c_ij)/ε), and on factors (u, v) of what has changed since: a
full step reads K once and takes no exponential. Where a factor grows large it is absorbed into the potentials, and K is
computed anew (B. Schmitzer, *Stabilized sparse scaling algorithms for entropy regularized transport problems*, SIAM J.
Sci. Comput. 41, 2019). Each ε starts from c-transforms, which make all exponents ≤ 0, and zero in each row and column.

What is handed over bounds the *unregularised* optimum on both sides: the plan is rounded to exact marginals
(J. Altschuler, J. Weed, P. Rigollet, *Near-linear time approximation algorithms for optimal transport via Sinkhorn
iteration*, NeurIPS 2017, algorithm 2), and the potentials are c-transformed, so that they overprice no pair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from otkit._text import shown
from otkit._typing import FloatArray
from otkit.costs import bind
from otkit.inputs.checks import require_memory
from otkit.numerics.jit import njit
from otkit.numerics.threads import share
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats, Status
from otkit.solvers.monitor import Monitor

DEFAULT_EPSILON = 0.02  # of the mean cost of a shipped unit, above the smallest cost
COOLEST_DEFAULT = 1e-7  # of the spread of the costs, where the optimum is zero or next to it
SMALLEST_EPSILON = 1e-12  # of the spread of the costs; below, rounding of the costs shows in exp(−c/ε)
COOLING = 4.0  # from one ε to the next, starting at the spread of the costs
COARSE_TOLERANCE = 0.05  # marginal error at which an ε that is not the last is left
TICK = 16  # iterations between two reports

TILE = 256  # columns whose exponentials are computed at a time, in the L1 cache
LANES = 64  # sums that are carried on side by side, and added up at the end
ROWS = 16  # rows that a thread takes at a time, at least
BLOCKS = 16  # of rows, whose column sums are added up in one order, whichever thread has taken them
WORTH_A_THREAD = 500_000  # entries of K below which another thread costs more than it saves

# Exponents of K end here: an entry of exp(−600) is nothing beside its neighbours until factors have grown beyond
# exp(100), and then they are absorbed.
LARGEST_EXPONENT, ABSORBED = 600.0, math.exp(100.0)


@dataclass(frozen=True)
class SinkhornOptions:
    """Options of Sinkhorn's iteration.

    Attributes
    ----------
    epsilon : float or None
        Strength of the entropy, in units of the cost. The interval that is proved narrows with ε, and the number of
        iterations grows as 1/ε. None: ε falls until it is a fiftieth of the mean cost that the plan ships, counted
        above the smallest cost of all.
    tolerance : float
        Marginal error Σ |row sum − a|, as a fraction of the total mass, at which the iteration stops; or ε as a
        fraction of the largest difference of costs, if that is smaller.
    max_iterations : int
        Iterations over all values of ε.
    """

    epsilon: float | None = None
    tolerance: float = 1e-5
    max_iterations: int = 10_000

    def __post_init__(self) -> None:
        if self.epsilon is not None and not 0.0 < self.epsilon < math.inf:
            raise ValueError(f"epsilon must be positive and finite, but epsilon = {shown(self.epsilon)} was given.")
        if not 0.0 < self.tolerance < math.inf:
            raise ValueError(
                f"tolerance must be positive and finite, but tolerance = {shown(self.tolerance)} was given."
            )
        if self.max_iterations < 1:
            raise ValueError(f"max_iterations must be at least 1, but {shown(self.max_iterations)} was given.")


def solve(problem: TransportProblem, options: SinkhornOptions, monitor: Monitor) -> Candidate:
    """Approximate the optimum from both sides by Sinkhorn's iteration with ε-scaling.

    Raises
    ------
    MemoryError
        If the cost matrix and the plan, which has n·m entries, do not fit.
    """
    n, m = problem.shape
    require_memory(40 * n * m, f"Sinkhorn's plan of {n} × {m} pairs", "method='simplex' keeps n + m entries.")
    costs, low, exponent = _scaled(problem.cost.dense())
    iteration = _Iteration(costs, problem.supply / problem.total, problem.demand / problem.total, options, monitor)
    last = None if options.epsilon is None else _in_units_of(exponent, options.epsilon)
    epsilon = _first_epsilon(last)
    rounds = 1
    coarse = max(COARSE_TOLERANCE, options.tolerance)
    iteration.run(epsilon, coarse)
    while iteration.status == "optimal" and not iteration.is_cold(epsilon, last):
        epsilon /= COOLING
        rounds += 1
        iteration.run(epsilon, coarse)
    # Mass that is rounded may move as far as the largest difference of costs: that is not to outweigh the entropy.
    iteration.run(epsilon, min(options.tolerance, epsilon))

    monitor.tick("rounding")
    f = problem.cost.row_minima(np.ldexp(iteration.g, exponent) + low)[0]
    g = problem.cost.column_minima(f)[0]
    plan = iteration.plan(epsilon)  # in the memory of the costs
    plan *= problem.total
    _round(plan, problem.supply, problem.demand)
    rows, cols = np.nonzero(plan)
    with np.errstate(over="ignore"):
        detail = f"ε = {np.ldexp(epsilon, exponent):g}, marginal error {iteration.error:.1e} before rounding"
    stats = SolverStats(iteration.status, iterations=iteration.count, rounds=rounds, detail=detail)
    return Candidate(rows, cols, plan[rows, cols], f, g, stats=stats)


def _scaled(costs: FloatArray) -> tuple[FloatArray, float, int]:
    """Return, in place, costs in [0, 1] with low and exponent such that ``costs = low + scaled * 2**exponent``."""
    first = math.frexp(max(abs(float(costs.min())), abs(float(costs.max()))))[1] + 1
    np.ldexp(costs, -first, out=costs)
    low = float(costs.min())
    costs -= low
    second = math.frexp(float(costs.max()))[1]
    np.ldexp(costs, -second, out=costs)
    return costs, math.ldexp(low, first), first + second


def _in_units_of(exponent: int, epsilon: float) -> float:
    """Return the ε asked for in units of the scaled costs."""
    mantissa, power = math.frexp(epsilon)
    scaled = math.ldexp(mantissa, min(10, power - exponent))  # from 2**9 on, the plan is a⊗b to all intents
    if scaled < SMALLEST_EPSILON:
        raise ValueError(
            f"epsilon must be at least {SMALLEST_EPSILON:g} of the largest difference of costs, "
            f"but epsilon = {shown(epsilon)} was given."
        )
    return scaled


def _first_epsilon(last: float | None) -> float:
    """Return the ε to begin with, about the largest difference of costs; `last` times a power of COOLING."""
    if last is None:
        return 1.0 / COOLING
    while last < 1.0 / COOLING:
        last *= COOLING
    return last


class _Iteration:
    """Sinkhorn's iteration on costs in [0, 1] and weights that sum to one, for one ε after the other."""

    def __init__(
        self, costs: FloatArray, a: FloatArray, b: FloatArray, options: SinkhornOptions, monitor: Monitor
    ) -> None:
        self.costs, self.a, self.b = costs, a, b
        self.f, self.g = np.zeros(a.size), np.zeros(b.size)
        self.error = math.inf
        self.count = 0
        self.status: Status = "optimal"
        self._max_iterations = options.max_iterations
        self._monitor = monitor
        self._threads = 1 + costs.size // WORTH_A_THREAD
        self._kernel = np.empty_like(costs)

    def run(self, epsilon: float, tolerance: float) -> None:
        """Iterate until the marginal error is below `tolerance`, or the limits of iterations or time are reached."""
        bound = bind(self.costs)
        self.f = bound.row_minima(self.g)[0]
        self.g = bound.column_minima(self.f)[0]
        self._fill_kernel(epsilon)
        u, v = np.ones(self.a.size), np.ones(self.b.size)
        self._step(u, v)  # the first one makes the column sums right
        while True:
            largest = max(u.max(), 1.0 / u.min(), v.max(), 1.0 / v.min())
            if largest > ABSORBED:
                self._absorb(u, v, epsilon)
                self._fill_kernel(epsilon)
            self.error = self._step(u, v)
            reason = self._monitor.stopped
            if self.error <= tolerance or reason is not None or self.count >= self._max_iterations:
                self.status = "optimal" if self.error <= tolerance else reason or "iteration_limit"
                self._absorb(u, v, epsilon)
                return
            self.count += 1
            if self.count % TICK == 0:
                self._monitor.tick(f"iteration {self.count}: marginal error {self.error:.1e}")

    def _step(self, u: FloatArray, v: FloatArray) -> float:
        """Set first the row sums right, then the column sums; return what the row sums were off by before."""
        height = max(ROWS, -(-u.size // BLOCKS))
        blocks = -(-u.size // height)
        sums, errors = np.empty((blocks, v.size)), np.empty(blocks)
        arguments = (self._kernel, self.a, self.b * v, height, u, sums, errors)
        share(partial(_scale_rows, *arguments), blocks, max(1, blocks // 4), self._threads)
        np.divide(1.0, sums.sum(axis=0), out=v)
        return float(errors.sum())

    def _absorb(self, u: FloatArray, v: FloatArray, epsilon: float) -> None:
        """Take the factors into the potentials."""
        self.f += epsilon * np.log(u)
        self.g += epsilon * np.log(v)
        u[:], v[:] = 1.0, 1.0

    def _fill_kernel(self, epsilon: float) -> None:
        arguments = (self.costs, self.f, self.g, 1.0 / epsilon, self._kernel)
        share(partial(_exponentiate, *arguments), self.a.size, ROWS, self._threads)

    def is_cold(self, epsilon: float, last: float | None) -> bool:
        """Whether ε is the last one; if none is given, whether it is small against the mean cost of a shipped unit."""
        if last is not None:
            return epsilon <= last
        if epsilon <= COOLEST_DEFAULT:
            return True
        shipped = 0.0
        for i in range(0, self.a.size, ROWS):
            costs = self.costs[i : i + ROWS]
            share_of_b = np.exp(np.minimum((self.f[i : i + ROWS, None] + self.g - costs) / epsilon, 700.0)) * self.b
            shipped += float((self.a[i : i + ROWS, None] * share_of_b * costs).sum())
        return epsilon <= DEFAULT_EPSILON * shipped

    def plan(self, epsilon: float) -> FloatArray:
        """Return a_i b_j exp((f_i + g_j − c_ij)/ε), in the memory of the costs."""
        plan = self.costs
        with np.errstate(divide="ignore"):  # a weight of zero makes a row of zeros
            row, col = self.f / epsilon + np.log(self.a), self.g / epsilon + np.log(self.b)
        plan *= -1.0 / epsilon
        plan += row[:, None]
        plan += col
        return np.exp(plan, out=plan)


def _round(plan: FloatArray, supply: FloatArray, demand: FloatArray) -> None:
    """Give `plan` its marginals: scale down rows and columns that ship too much, spread what is left as a product."""
    plan *= _reduction(plan.sum(axis=1), supply)[:, None]
    plan *= _reduction(plan.sum(axis=0), demand)
    left_row = np.maximum(supply - plan.sum(axis=1), 0.0)
    left_col = np.maximum(demand - plan.sum(axis=0), 0.0)
    if left_col.any():
        plan += left_row[:, None] * (left_col / left_col.sum())


def _reduction(sums: FloatArray, due: FloatArray) -> FloatArray:
    """Return min(1, due / sums)."""
    factors = np.ones(sums.size)
    return np.divide(due, sums, out=factors, where=sums > due)


@njit
def _scale_rows(
    kernel: FloatArray,
    a: FloatArray,
    weights: FloatArray,
    height: int,
    u: FloatArray,
    sums: FloatArray,
    errors: FloatArray,
    start: int,
    stop: int,
) -> None:
    """Set u_i = 1 / Σ_j K_ij weights_j; write Σ_i a_i u_i K_ij and Σ_i a_i |u_i Σ_j K_ij weights_j − 1| of each block.

    The second sums are of the new u, the third of the old: one pass over K is a full step.
    """
    m = weights.size
    lanes = np.empty(LANES)
    whole = m - m % LANES
    for block in range(start, stop):
        columns, error = sums[block], 0.0
        columns[:] = 0.0
        for i in range(block * height, min(u.size, (block + 1) * height)):
            row = kernel[i]
            lanes[:] = 0.0
            for j in range(0, whole, LANES):
                for k in range(LANES):
                    lanes[k] += weights[j + k] * row[j + k]
            for k in range(m - whole):
                lanes[k] += weights[whole + k] * row[whole + k]
            half = LANES
            while half > 1:  # elementwise steps vectorise where a running sum does not
                half //= 2
                for k in range(half):
                    lanes[k] += lanes[half + k]
            error += a[i] * abs(u[i] * lanes[0] - 1.0)
            u[i] = 1.0 / lanes[0]
            factor = a[i] * u[i]
            for j in range(m):
                columns[j] += factor * row[j]
        errors[block] = error


@njit
def _exponentiate(
    costs: FloatArray, f: FloatArray, g: FloatArray, inverse: float, kernel: FloatArray, start: int, stop: int
) -> None:
    """Write exp((f_i + g_j − c_ij)·inverse) for the rows from `start` to `stop`."""
    power = np.empty(TILE)
    for i in range(start, stop):
        for j in range(0, g.size, TILE):
            tile = slice(j, min(g.size, j + TILE))
            _exponentials(costs[i, tile], f[i], g[tile], inverse, kernel[i, tile], power)


LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # log 2; the first times an integer < 2**20 is exact
ROUNDER = 6755399441055744.0  # 1.5 · 2**52: adding it rounds to an integer, which is then in the lowest bits


@njit
def _exponentials(
    costs: FloatArray, f: float, g: FloatArray, inverse: float, exponential: FloatArray, power: FloatArray
) -> None:
    """Write exp((f + g − c)·inverse) to within two roundings, the exponent taken as ±LARGEST_EXPONENT beyond.

    The libraries' exponential is either scalar or differs from machine to machine. This one, e^x = 2^k e^r with
    |r| ≤ ½ log 2 and Taylor's polynomial of degree 13, is vectorised by the compiler and has the same bits everywhere.
    """
    size = costs.size
    for t in range(size):
        x = min(max(((g[t] - costs[t]) + f) * inverse, -LARGEST_EXPONENT), LARGEST_EXPONENT)
        shifted = x * LOG2_E + ROUNDER
        k = shifted - ROUNDER
        r = (x - k * LN2_HIGH) - k * LN2_LOW
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        exponential[t] = (p * r * r + r) + 1.0
        power[t] = shifted
    bits = power.view(np.int64)
    for t in range(size):
        bits[t] = (bits[t] + 1023) << 52  # the exponent field of 2^k; the bits of ROUNDER fall off the left end
    for t in range(size):
        exponential[t] *= power[t]
