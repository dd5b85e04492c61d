"""The value of potentials, in twice the working precision, rounded down: what a lower bound rests on.

Small problems take one compiled call. How errors are bounded is told in `error_bounds`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.checker.error_bounds import (
    OUTWARD,
    SMALLEST_PRODUCT,
    Enclosure,
    Masses,
    dual_value,
    enclosed,
    enclosed_sum,
    exponent,
    scaled_outward,
)
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.jit import njit
from otkit.numerics.sums import two_product, two_sum
from otkit.problem import TransportProblem


class Priced(NamedTuple):
    """Lower bounds from potentials, raised on either side, and sums of their magnitudes, in units of cost × mass."""

    by_rows: float  # no more than Σ a f + Σ b g for raised f, as far as raising it can be trusted
    by_rows_magnitude: float  # Σ a |f| + Σ b |g|
    by_cols: float
    by_cols_magnitude: float
    reach: float  # max |f| + max |g| over points that carry mass
    cancelled: float  # a bound, in units of EPS, of what either sum loses where potentials were raised by (c − f) − g
    in_range: bool  # whether no product left the range in which its rounding error is a float


def weigh_potentials(
    problem: TransportProblem,
    masses: Masses,
    f: FloatArray,
    g: FloatArray,
    raised: tuple[FloatArray, FloatArray],
    *,
    added: bool,
    missed: float,
) -> Priced:
    """Bound Σ a f + Σ b g for the pairs (raised f, g) and (f, raised g) from below.

    Potentials were raised to minima of c − f or c − g; if `added`, by adding a minimum of (c − f) − g to a potential.
    Minima may have been `missed` by so much.
    """
    probability = problem.probability
    priced = Priced(
        *weigh_raised(f, g, *raised, problem.a, problem.b, masses.total_a, masses.total_b, probability, added, missed)
    )
    if priced.in_range or not (np.isfinite(raised[0]).all() and np.isfinite(raised[1]).all()):
        return priced
    # Potentials near 1, and masses: both sides by the same power of two, unless each is divided by its own total.
    shift = exponent(f, g, *raised)
    mass_shift = (exponent(problem.a), exponent(problem.b)) if probability else (exponent(problem.a, problem.b),) * 2
    f, g, raised_f, raised_g = (np.ldexp(array, -shift) for array in (f, g, *raised))
    a, b = (np.ldexp(array, -k) for array, k in zip((problem.a, problem.b), mass_shift, strict=True))
    missed = math.ldexp(missed, -shift) + LEAST
    scaled = Priced(
        *weigh_raised(f, g, raised_f, raised_g, a, b, enclosed_sum(a), enclosed_sum(b), probability, added, missed)
    )
    shift += 0 if probability else mass_shift[0]
    by_rows, by_cols = (scaled_outward(value, shift, -math.inf) for value in (scaled.by_rows, scaled.by_cols))
    magnitudes = (
        scaled_outward(value, shift, math.inf) for value in (scaled.by_rows_magnitude, scaled.by_cols_magnitude)
    )
    by_rows_magnitude, by_cols_magnitude = magnitudes
    return priced._replace(
        by_rows=by_rows, by_rows_magnitude=by_rows_magnitude, by_cols=by_cols, by_cols_magnitude=by_cols_magnitude
    )


@njit
def weigh_raised(
    f: FloatArray,
    g: FloatArray,
    raised_f: FloatArray,
    raised_g: FloatArray,
    a: FloatArray,
    b: FloatArray,
    total_a: Enclosure,
    total_b: Enclosure,
    probability: bool,
    added: bool,
    missed: float,
) -> tuple[float, float, float, float, float, float, bool]:
    """Write the fields of `Priced`.

    Let x = fl(c − f), s = fl(x − g) and s* the least s of a row. By their roundings, c − f − g ≥ s − u|s| − u|x|, and
    |x| ≤ (1 + u)|s| + |g|; since s − 2.1u|s| grows with s,

        (f + s* − 2.1u |s*|) + (g − u |g|) ≤ c        for every column,

    and f + s* rounds to the raised f with an error of at most u|raised f|; so it is for columns, u|g| with them. Minima
    of c − g that were found as such are rounded once, monotonely: they are off by no more than u of themselves.
    """
    f_sum, raised_f_sum, f_size, raised_f_size, f_moved, f_largest, f_reach, f_underflows = _weigh_side(f, raised_f, a)
    g_sum, raised_g_sum, g_size, raised_g_size, g_moved, g_largest, g_reach, g_underflows = _weigh_side(g, raised_g, b)
    u = 0.51 * EPS  # a little more, for the roundings of the sums that it is multiplied by
    f_raising, g_raising = u * raised_f_size, u * raised_g_size
    g_share = 0.0
    if added:
        f_raising, g_raising, g_share = f_raising + 2.2 * u * f_moved, g_raising + 2.2 * u * g_moved, u * g_size
    f_raising, g_raising = f_raising + missed * total_a[0], g_raising + missed * total_b[0]
    f_room = g_room = 0.0
    moderate = _is_moderate(total_a[0], total_b[0], max(f_largest, g_largest))
    if f_underflows + g_underflows > 0 or not moderate:
        # A product and its bounds may be off by a few η, and so may what it lost when its factors were scaled.
        f_room, g_room = 32.0 * LEAST * f.size, 32.0 * LEAST * g.size
    by_rows = dual_value(
        _widened(raised_f_sum, f_raising + f_room), _widened(g_sum, g_share + g_room), total_a, total_b, probability
    )
    by_cols = dual_value(
        _widened(f_sum, f_room), _widened(raised_g_sum, g_raising + g_share + g_room), total_a, total_b, probability
    )
    total = 1.0 if probability else total_a[0]
    unit_a, unit_b = total / total_a[0], total / total_b[0]
    return (
        by_rows,
        unit_a * raised_f_size + unit_b * g_size,
        by_cols,
        unit_a * f_size + unit_b * raised_g_size,
        f_reach + g_reach,
        max(
            unit_a * (2.0 * raised_f_size + f_size) + total * g_largest,
            unit_b * (2.0 * raised_g_size + g_size) + total * f_largest,
        ),
        moderate and f_underflows + g_underflows == 0 and np.isfinite(by_rows) and np.isfinite(by_cols),
    )


@njit
def _widened(number: Enclosure, by: float) -> Enclosure:
    """Return an enclosure that is wider; the bound itself is rounded, too."""
    return number[0], number[1], OUTWARD * (number[2] + by)


@njit
def _is_moderate(total_a: float, total_b: float, largest: float) -> bool:
    """Whether totals and the largest potential leave room for products, quotients and their rounding errors."""
    return min(total_a, total_b) > 2.0**-300 and max(total_a, total_b) < 2.0**300 and largest < 2.0**600


@njit
def _weigh_side(
    values: FloatArray, raised: FloatArray, mass: FloatArray
) -> tuple[Enclosure, Enclosure, float, float, float, float, float, int]:
    """Enclose Σ mass · values and Σ mass · raised.

    Then come Σ mass |values|, Σ mass |raised| and Σ mass |raised − values|, the largest |value|, the largest that
    carries mass, and how many products may have underflowed.
    """
    total = errors = lost = size = 0.0
    raised_total = raised_errors = raised_lost = raised_size = moved = 0.0
    largest = reach = 0.0
    underflows = 0
    for k in range(values.size):
        product, low = two_product(values[k], mass[k])
        total, error = two_sum(total, product)
        errors += low + error
        lost += abs(low) + abs(error)
        size += abs(product)
        raised_product, low = two_product(raised[k], mass[k])
        raised_total, error = two_sum(raised_total, raised_product)
        raised_errors += low + error
        raised_lost += abs(low) + abs(error)
        raised_size += abs(raised_product)
        moved += abs(raised[k] - values[k]) * mass[k]
        largest = max(largest, abs(values[k]))
        if mass[k] > 0.0:
            reach = max(reach, abs(values[k]))
            underflows += abs(product) < SMALLEST_PRODUCT and values[k] != 0.0
            underflows += abs(raised_product) < SMALLEST_PRODUCT and raised[k] != 0.0
    count = 2 * values.size
    return (
        enclosed(total, errors, lost, count),
        enclosed(raised_total, raised_errors, raised_lost, count),
        size,
        raised_size,
        moved,
        largest,
        reach,
        underflows,
    )
