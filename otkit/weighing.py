"""Sums over the entries of a plan and over potentials, in twice the working precision.

What the certificate rests on: the cost of a plan, how far its marginals are off, and the value of potentials. Small
problems take one compiled call each.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from otkit._jit import njit
from otkit._sums import accurate_dot, two_product, two_sum
from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import pair
from otkit.costs.threads import share
from otkit.plans import Entries, mended
from otkit.problem import TransportProblem

EPS = float(np.finfo(np.float64).eps)

# Between these, the rounding errors of products are floats themselves; sums beyond are redone in scaled form.
SMALLEST_SUM, LARGEST_SUM = 1e-250, 1e290

PORTION = 100_000  # entries of a plan that one thread weighs at a time


class Weighed(NamedTuple):
    """Sums over the entries of a plan."""

    value: float  # Σ Γ c
    magnitude: float  # Σ Γ |c|
    negative: float  # Σ of −Γ over negative entries
    slack: float  # max |c − f − g| over entries that carry mass
    absent: float  # Σ |Γ| over pairs that are no arcs; then value and slack are infinite

    @property
    def exact(self) -> bool:
        """Whether the value is as good as if computed in twice the working precision."""
        return products_are_exact(self.magnitude) and (self.absent > 0.0 or math.isfinite(self.value))


def weigh_plan(
    problem: TransportProblem, plan: Entries, f: FloatArray, g: FloatArray, *, negative: bool, mends: bool
) -> tuple[Weighed, Weighed, float]:
    """Sum over the entries of a plan, and of the mended plan where it needs mending; the last value: marginal error."""
    pairs, supply, demand = problem.cost.pairs, problem.supply, problem.demand
    portions = _portions(plan.mass.size)
    sums = np.empty((1 + portions, 6))
    mended_sums = np.zeros((_portions(plan.mass.size + supply.size + demand.size), 6))
    share(
        lambda start, stop: _weigh(pairs, *plan, f, g, supply, demand, negative, mends, sums, mended_sums, start, stop),
        1 + portions,
        1,
        portions,
    )
    (marginal_error, needs_mending, *_), *parts = sums.tolist()
    weighed = mended_plan = _summed(parts)
    if not weighed.exact:
        weighed = mended_plan = _in_scaled_form(problem, plan, weighed)
    if needs_mending:
        mended_plan = _summed(mended_sums.tolist())
        if not mended_plan.exact:
            mended_plan = _in_scaled_form(problem, Entries(*mended(*plan, supply, demand)), mended_plan)
    return weighed, mended_plan, marginal_error


def _summed(parts: list[list[float]]) -> Weighed:
    """Add up what `_weigh_portion` found in the portions of a plan."""
    value, error, magnitude, negative, slack, absent = zip(*parts, strict=True)
    if sum(absent) > 0.0:
        return Weighed(math.inf, sum(magnitude), sum(negative), math.inf, sum(absent))
    total = math.fsum(value + error) if all(map(math.isfinite, value + error)) else math.nan
    return Weighed(total, sum(magnitude), sum(negative), max(slack), 0.0)


def _in_scaled_form(problem: TransportProblem, plan: Entries, weighed: Weighed) -> Weighed:
    """Sum again where products leave the range in which their rounding errors are floats."""
    each = problem.cost.at(plan.rows, plan.cols)
    listed = each < np.inf
    each, mass = each[listed], plan.mass[listed]
    value = math.inf if weighed.absent else accurate_dot(each, mass)
    return weighed._replace(value=value, magnitude=accurate_dot(np.abs(each), np.abs(mass)))


@njit
def _portions(entries: int) -> int:
    """Return how many portions so many entries make."""
    return max(1, (entries + PORTION - 1) // PORTION)


@njit
def _weigh(
    pairs: Any,
    rows: IntArray,
    cols: IntArray,
    mass: FloatArray,
    f: FloatArray,
    g: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    negative: bool,
    mends: bool,
    sums: FloatArray,
    mended_sums: FloatArray,
    start: int,
    stop: int,
) -> None:
    """Do the jobs start … stop of weighing a plan, all in one call where it is small.

    Job 0 writes Σ |row sum − supply| + Σ |column sum − demand|, and whether the plan needs mending, because an entry is
    negative or a marginal is off by more than the rounding of its own sum; if so, and if it `mends`, it weighs the
    mended plan as well. Each of the others sums the costs of a portion of the entries.
    """
    for job in range(start, stop):
        if job > 0:
            _weigh_portion(pairs, rows, cols, mass, f, g, job - 1, sums[job])
            continue
        row_error, rows_beyond = _weigh_marginal(rows, mass, supply)
        col_error, cols_beyond = _weigh_marginal(cols, mass, demand)
        needs_mending = mends and (negative or rows_beyond or cols_beyond)
        sums[0, 0], sums[0, 1] = row_error + col_error, needs_mending
        if needs_mending:
            new_rows, new_cols, new_mass = mended(rows, cols, mass, supply, demand)
            for portion in range(_portions(new_mass.size)):
                _weigh_portion(pairs, new_rows, new_cols, new_mass, f, g, portion, mended_sums[portion])


@njit
def _weigh_portion(
    pairs: Any,
    rows: IntArray,
    cols: IntArray,
    mass: FloatArray,
    f: FloatArray,
    g: FloatArray,
    portion: int,
    sums: FloatArray,
) -> None:
    """Write what `Weighed` tells of a portion of the entries, Σ Γ c in two parts."""
    value = error = magnitude = negative = slack = absent = 0.0
    first = portion * PORTION
    for k in range(first, min(mass.size, first + PORTION)):
        i, j, shipped = rows[k], cols[k], mass[k]
        cost = pair(pairs, i, j)
        if cost == np.inf:
            absent += abs(shipped)
            continue
        product, product_error = two_product(cost, shipped)
        value, sum_error = two_sum(value, product)
        error += product_error + sum_error
        magnitude += abs(product)
        if shipped > 0.0:
            slack = max(slack, abs(cost - f[i] - g[j]))
        else:
            negative -= shipped
    sums[0], sums[1], sums[2], sums[3], sums[4], sums[5] = value, error, magnitude, negative, slack, absent


def products_are_exact(magnitude: float) -> bool:
    """Whether a sum of products is far enough from the ends of float64 for `two_product` (or zero in every term)."""
    return magnitude == 0.0 or SMALLEST_SUM < magnitude < LARGEST_SUM


@njit
def _weigh_marginal(index: IntArray, mass: FloatArray, due: FloatArray) -> tuple[float, bool]:
    """Return Σ |sum − due|, and whether some sum is off by more than the rounding of its own terms."""
    sums = np.zeros(due.size)
    terms = np.full(due.size, 8.0)
    for k in range(mass.size):
        sums[index[k]] += mass[k]
        terms[index[k]] += 1.0
    error = 0.0
    beyond_rounding = False
    for k in range(due.size):
        off = abs(sums[k] - due[k])
        error += off
        beyond_rounding = beyond_rounding or off > EPS * terms[k] * due[k]
    return error, beyond_rounding


@njit
def weigh_potentials(
    f: FloatArray,
    g: FloatArray,
    raised_f: FloatArray,
    raised_g: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
) -> tuple[float, float, float, float, float, float]:
    """Sum Σ a f + Σ b g for the pairs (raised f, g) and (f, raised g), in twice the working precision.

    Beside each value stands Σ a |f| + Σ b |g| of its pair; then the reach, and a bound, in units of EPS, of the
    rounding error of either sum where potentials were raised by adding (c − f) − g.
    """
    by_rows = by_rows_error = by_rows_magnitude = 0.0
    by_cols = by_cols_error = by_cols_magnitude = 0.0
    reach_f = reach_g = largest_f = largest_g = 0.0
    total = cancelled_f = cancelled_g = 0.0
    for i in range(f.size):
        product, product_error = two_product(raised_f[i], supply[i])
        by_rows, sum_error = two_sum(by_rows, product)
        by_rows_error += product_error + sum_error
        by_rows_magnitude += abs(product)
        cancelled_f += 2.0 * abs(product)
        product, product_error = two_product(f[i], supply[i])
        by_cols, sum_error = two_sum(by_cols, product)
        by_cols_error += product_error + sum_error
        by_cols_magnitude += abs(product)
        cancelled_f += abs(product)
        total += supply[i]
        largest_f = max(largest_f, abs(f[i]))
        if supply[i] > 0.0:
            reach_f = max(reach_f, abs(f[i]))
    for j in range(g.size):
        product, product_error = two_product(g[j], demand[j])
        by_rows, sum_error = two_sum(by_rows, product)
        by_rows_error += product_error + sum_error
        by_rows_magnitude += abs(product)
        cancelled_g += abs(product)
        product, product_error = two_product(raised_g[j], demand[j])
        by_cols, sum_error = two_sum(by_cols, product)
        by_cols_error += product_error + sum_error
        by_cols_magnitude += abs(product)
        cancelled_g += 2.0 * abs(product)
        largest_g = max(largest_g, abs(g[j]))
        if demand[j] > 0.0:
            reach_g = max(reach_g, abs(g[j]))
    return (
        by_rows + by_rows_error,
        by_rows_magnitude,
        by_cols + by_cols_error,
        by_cols_magnitude,
        reach_f + reach_g,
        max(cancelled_f + total * largest_g, cancelled_g + total * largest_f),
    )
