"""Sums over the entries of a plan, in twice the working precision, with bounds of their errors.

What the upper bound of a certificate rests on: the cost of a plan, how far its marginals are off, and what it costs to
put them right. Small problems take one compiled call. How errors are bounded is told in `error_bounds`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.error_bounds import (
    OUTWARD,
    SMALLEST_PRODUCT,
    Enclosure,
    Masses,
    enclosed,
    exponent,
    rounded_up,
    scaled_outward,
)
from otkit.checker.plans import Entries, mended
from otkit.costs.pairs import pair
from otkit.numerics.floats import EPS, LARGEST, LEAST
from otkit.numerics.jit import jitable, njit
from otkit.numerics.sums import accurate_dot, two_product, two_sum
from otkit.numerics.threads import share
from otkit.problem import TransportProblem

# Between these, the rounding errors of products are floats themselves; sums beyond are redone in scaled form.
SMALLEST_SUM, LARGEST_SUM = 1e-250, 1e290

# Marginals that are off by no more than so many roundings of the whole mass are left as they are: mending rounds, too.
MARGINAL_ROUNDINGS = 4.0

PORTION = 100_000  # entries of a plan that one thread weighs at a time

# What a row of `Sums` holds of a portion of a plan, for `Weighed`: Σ Γ c is VALUE + ERRORS, off by DOUBT at most.
VALUE, ERRORS, DOUBT, MAGNITUDE, NEGATIVE, SLACK, ABSENT, LEAST_COST = range(8)

# What it holds of the marginals, for `Marginals`; NEEDS_MENDING says whether the mended plan was weighed, too.
ERROR, MARGINAL_DOUBT, OFF, DETOUR, NEEDS_MENDING = range(5)


class Weighed(NamedTuple):
    """Sums over the entries of a plan."""

    value: float  # Σ Γ c
    ceiling: float  # no less than that sum of real numbers
    magnitude: float  # Σ Γ |c|
    negative: float  # no less than Σ of −Γ over negative entries; that itself where the sum is a float
    slack: float  # no less than max |c − f − g| over entries that carry mass; that itself where it is a float
    absent: float  # Σ |Γ| over pairs that are no arcs; then value and slack are infinite
    least: float  # the least c of entries that carry mass, or 0 if that is less

    @property
    def exact(self) -> bool:
        """Whether the value is as good as if computed in twice the working precision."""
        return products_are_exact(self.magnitude) and (self.absent > 0.0 or math.isfinite(self.value))


class Marginals(NamedTuple):
    """How far the marginals of a plan are off, and what it costs at most to put them right."""

    error: float  # Σ |row sum − supply| + Σ |column sum − demand|, as it is
    doubt: float  # by how much that may be off, and supply and demand from the exact masses but for a factor
    off: float  # the same for the mended, stretched plan and the exact masses, with what rounding may add
    detour: float  # what it costs at most to ship a unit through the hub; nan where no entry is large enough


class PricedPlan(NamedTuple):
    """A plan, with the costs and the potentials that its entries are weighed by."""

    pairs: Any
    rows: IntArray
    cols: IntArray
    mass: FloatArray
    f: FloatArray
    g: FloatArray


class Due(NamedTuple):
    """The sums that rows, or columns, are to have: masses as given, times a factor, rounded."""

    sums: FloatArray
    given: FloatArray
    factor: float


class DueSums(NamedTuple):
    """The sums that rows and columns are to have, and how far apart their exact totals are at most."""

    rows: Due
    cols: Due
    apart: float


class Sums(NamedTuple):
    """Where sums are written: those of the marginals, of each portion of the plan, of each of the mended plan."""

    marginals: FloatArray
    portions: FloatArray
    mended: FloatArray


@jitable
def marginal_error(marginals: Marginals, masses: Masses, total: float) -> float:
    """Return how far the marginals of a plan are off the exact masses, as a fraction of the total, rounded up.

    The exact masses are those of the problem times 1 + stretch, and those of the columns a little apart.
    """
    stretched = 2.0 * (abs(masses.stretch) + masses.stretch_doubt) * total + masses.apart
    return quotient(OUTWARD * (marginals.error + marginals.doubt + stretched), total)


@jitable
def quotient(value: float, unit: float) -> float:
    """Return a number that is not negative in some unit, rounded up."""
    if not value > 0.0:
        return value
    ratio = value / unit
    return float(np.nextafter(ratio, np.inf)) if ratio < LARGEST else np.inf


def weigh_plan(
    problem: TransportProblem,
    plan: Entries,
    f: FloatArray,
    g: FloatArray,
    masses: Masses,
    *,
    negative: bool,
    mends: bool,
) -> tuple[Weighed, Weighed, Marginals]:
    """Sum over the entries of a plan, and of the mended plan where it needs mending, and judge the marginals."""
    supply, demand = problem.supply, problem.demand
    portions = _portions(plan.mass.size)
    sums = empty_sums(portions, _portions(plan.mass.size + supply.size + demand.size))
    priced = PricedPlan(problem.cost.pairs, *plan, f, g)
    due = DueSums(Due(supply, problem.a, masses.factor_a), Due(demand, problem.b, masses.factor_b), masses.apart)
    share(partial(weigh_jobs, priced, due, negative, mends, sums), 1 + portions, 1, portions)
    marginal_error, doubt, off, detour, needs_mending = sums.marginals.tolist()
    weighed = mended_plan = _summed(sums.portions.tolist())
    if not weighed.exact:
        weighed = mended_plan = _in_scaled_form(problem, plan, weighed)
    if needs_mending:
        mended_plan = _summed(sums.mended.tolist())
        if not mended_plan.exact:
            mended_plan = _in_scaled_form(problem, Entries(*mended(*plan, supply, demand)), mended_plan)
    return weighed, mended_plan, Marginals(marginal_error, doubt, off, detour)


def _summed(parts: list[list[float]]) -> Weighed:
    """Add up what `_weigh_portion` found in the portions of a plan."""
    values = [part[VALUE] for part in parts] + [part[ERRORS] for part in parts]
    _, _, doubt, magnitude, negative, slack, absent, least = parts[0]
    for part in parts[1:]:
        doubt, magnitude = doubt + part[DOUBT], magnitude + part[MAGNITUDE]
        negative, slack = rounded_up([negative, part[NEGATIVE]]), max(slack, part[SLACK])
        absent, least = absent + part[ABSENT], min(least, part[LEAST_COST])
    if absent > 0.0:
        return Weighed(math.inf, math.inf, magnitude, negative, math.inf, absent, least)
    ceiling = rounded_up([*values, OUTWARD * doubt])
    total = math.fsum(values) if math.isfinite(ceiling) else math.nan
    return Weighed(total, ceiling, magnitude, negative, slack, 0.0, least)


def _in_scaled_form(problem: TransportProblem, plan: Entries, weighed: Weighed) -> Weighed:
    """Sum again where products leave the range in which their rounding errors are floats."""
    each = problem.cost.at(plan.rows, plan.cols)
    listed = each < np.inf
    each, mass = each[listed], plan.mass[listed]
    magnitude = accurate_dot(np.abs(each), np.abs(mass))
    if weighed.absent:
        return weighed._replace(magnitude=magnitude)
    cost_shift, mass_shift = exponent(each), exponent(mass)
    high, low, doubt = _enclosed_dot(np.ldexp(each, -cost_shift), np.ldexp(mass, -mass_shift))
    doubt += 8.0 * LEAST * each.size  # factors may have lost digits, too
    return weighed._replace(
        value=accurate_dot(each, mass),
        ceiling=scaled_outward(rounded_up([high, low, doubt]), cost_shift + mass_shift, math.inf),
        magnitude=magnitude,
    )


@njit
def _enclosed_dot(x: FloatArray, y: FloatArray) -> Enclosure:
    total = errors = lost = 0.0
    for k in range(x.size):
        product, low = two_product(x[k], y[k])
        total, error = two_sum(total, product)
        errors += low + error
        lost += abs(low) + abs(error)
    high, low, doubt = enclosed(total, errors, lost, 2 * x.size)
    return high, low, doubt + 8.0 * LEAST * x.size


@njit
def _portions(entries: int) -> int:
    """Return how many portions so many entries make."""
    return max(1, (entries + PORTION - 1) // PORTION)


@jitable
def empty_sums(portions: int, mended_portions: int) -> Sums:
    """Return where sums are written for a plan of so many portions, and one of so many once it is mended."""
    return Sums(np.empty(5), np.empty((portions, 8)), np.zeros((mended_portions, 8)))


@njit
def weigh_jobs(plan: PricedPlan, due: DueSums, negative: bool, mends: bool, sums: Sums, start: int, stop: int) -> None:
    """Do the jobs start … stop of weighing a plan, all in one call where it is small.

    Job 0 judges the marginals; each of the others sums the costs of a portion of the entries.
    """
    for job in range(start, stop):
        if job > 0:
            _weigh_portion(plan, job - 1, sums.portions[job - 1])
        else:
            _judge_marginals(plan, due, negative, mends, sums)


@njit
def _judge_marginals(plan: PricedPlan, due: DueSums, negative: bool, mends: bool, sums: Sums) -> None:
    """Write how far the marginals of a plan are off.

    First the error and its doubt, and whether the plan needs mending, because an entry is negative or marginals are off
    by more than a few roundings of the mass; if so, and if it `mends`, the mended plan is weighed as well. Then by how
    much the marginals of the plan, mended where it is, may be off, and the price of a detour.
    """
    row_error, row_doubt, total = _weigh_marginal(plan.rows, plan.mass, due.rows)
    col_error, col_doubt, _ = _weigh_marginal(plan.cols, plan.mass, due.cols)
    error = row_error + col_error
    needs_mending = mends and (negative or not error <= MARGINAL_ROUNDINGS * EPS * total)
    out = sums.marginals
    out[ERROR], out[MARGINAL_DOUBT], out[NEEDS_MENDING] = error, row_doubt + col_doubt, needs_mending
    hub_row, hub_col, hub_mass = _largest_entry(plan.rows, plan.cols, plan.mass)
    if needs_mending:
        rows, cols, mass = mended(plan.rows, plan.cols, plan.mass, due.rows.sums, due.cols.sums)
        whole = PricedPlan(plan.pairs, rows, cols, mass, plan.f, plan.g)
        for portion in range(_portions(mass.size)):
            _weigh_portion(whole, portion, sums.mended[portion])
        row_error, row_doubt, _ = _weigh_marginal(rows, mass, due.rows)
        col_error, col_doubt, _ = _weigh_marginal(cols, mass, due.cols)
        hub_row, hub_col, hub_mass = _largest_entry(rows, cols, mass)
    off, detour = OUTWARD * (row_error + row_doubt + col_error + col_doubt + due.apart), 0.0
    if mends and off > 0.0:
        sizes = due.rows.sums.size, due.cols.sums.size
        detour = _detour(plan.pairs, hub_row, hub_col, sizes[0], sizes[1]) if hub_mass > 4.0 * off else np.nan
    out[OFF], out[DETOUR] = off, detour


@njit
def _largest_entry(rows: IntArray, cols: IntArray, mass: FloatArray) -> tuple[int, int, float]:
    """Return the row, the column and the mass of the largest entry."""
    if mass.size == 0:
        return 0, 0, 0.0
    largest = 0
    for k in range(mass.size):
        largest = k if mass[k] > mass[largest] else largest
    return rows[largest], cols[largest], mass[largest]


@njit
def _weigh_portion(plan: PricedPlan, portion: int, sums: FloatArray) -> None:
    """Write the sums of `Weighed` over a portion of the entries: Σ Γ c in two parts, how far they are off, the rest."""
    value = errors = lost = magnitude = negative = negative_lost = slack = absent = least = 0.0
    underflows = 0
    first = portion * PORTION
    last = min(plan.mass.size, first + PORTION)
    for k in range(first, last):
        i, j, shipped = plan.rows[k], plan.cols[k], plan.mass[k]
        cost = pair(plan.pairs, i, j)
        if cost == np.inf:
            absent += abs(shipped)
            continue
        product, low = two_product(cost, shipped)
        value, error = two_sum(value, product)
        errors += low + error
        lost += abs(low) + abs(error)
        size = abs(product)
        magnitude += size
        underflows += size < SMALLEST_PRODUCT and cost != 0.0 and shipped != 0.0
        if shipped > 0.0:
            slack = max(slack, _slack(cost, plan.f[i], plan.g[j]))
            least = min(least, cost)
        else:
            negative, error = two_sum(negative, -shipped)
            negative_lost += abs(error)
    doubt = 2 * (last - first) * EPS * lost + 8.0 * LEAST * underflows
    if negative_lost > 0.0:
        negative = np.nextafter(negative + OUTWARD * negative_lost, np.inf)
    sums[VALUE], sums[ERRORS], sums[DOUBT], sums[MAGNITUDE] = value, errors, doubt, magnitude
    sums[NEGATIVE], sums[SLACK], sums[ABSENT], sums[LEAST_COST] = negative, slack, absent, least


@njit
def _slack(cost: float, f: float, g: float) -> float:
    """Return |c − f − g|, or a float above it where that is none."""
    once, lost = two_sum(cost, -f)
    twice, lost_too = two_sum(once, -g)
    rest, low = two_sum(lost, lost_too)
    slack, lower = two_sum(twice, rest)
    beyond = abs(low) + abs(lower)
    return abs(slack) if beyond == 0.0 else np.nextafter(abs(slack) + OUTWARD * beyond, np.inf)


@jitable
def products_are_exact(magnitude: float) -> bool:
    """Whether a sum of products is far enough from the ends of float64 for `two_product` (or zero in every term)."""
    return magnitude == 0.0 or SMALLEST_SUM < magnitude < LARGEST_SUM


@njit
def _weigh_marginal(index: IntArray, mass: FloatArray, side: Due) -> tuple[float, float, float]:
    """Return Σ |sum − due|, what rounding may add to it, and Σ due.

    What is due is `given` times `factor`: the error of that product counts, as those of the sums do.
    """
    due, given, factor = side.sums, side.given, side.factor
    sums = np.zeros(due.size)
    doubt = 0.0
    for k in range(mass.size):
        i = index[k]
        sums[i], error = two_sum(sums[i], mass[k])
        doubt += abs(error)
    off = total = 0.0
    for k in range(due.size):
        off += abs(sums[k] - due[k])
        total += due[k]
        if not factor > 0.0:
            doubt += 8.0 * (EPS * due[k] + LEAST)
        elif factor != 1.0:
            product, error = two_product(given[k], factor)
            doubt += abs(error)
            if product < SMALLEST_PRODUCT and given[k] > 0.0:
                doubt += 8.0 * LEAST
    return off, doubt + EPS * off, total


@njit
def _detour(pairs: Any, hub_row: int, hub_col: int, n: int, m: int) -> float:
    """Return what it costs at most to ship a unit from any row, or to any column, by way of the hub.

    The hub is the pair (k, l) that carries most. What rows have left over is shipped to column l, what columns lack
    from row k, and as much less from k to l. Half of that saving counts for either side: row i ships at c_il − c_kl/2 a
    unit, column j is served at c_kj − c_kl/2.
    """
    dearest = -np.inf
    for k in range(n + m):
        i, j = (k, hub_col) if k < n else (hub_row, k - n)
        dearest = max(dearest, pair(pairs, i, j))
    saved = pair(pairs, hub_row, hub_col)
    half = 0.5 * saved
    return OUTWARD * max(dearest - half, 0.0) + (0.0 if 2.0 * half == saved else LEAST)
