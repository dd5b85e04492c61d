"""Optimal transport on the line: sort both sides and fill the north-west staircase.

For a cost ``scale * |x - y|**p`` with p ≥ 1 the cost matrix of sorted points has the Monge property,
``c[i, j] + c[i+1, j+1] <= c[i, j+1] + c[i+1, j]``, from which two things follow (A. J. Hoffman, *On simple linear
programming problems*, 1963; R. E. Burkard, B. Klinz, R. Rudolf, Discrete Appl. Math. 70, 1996):

* the staircase that serves demand in sorted order from supply in sorted order is an optimal plan;
* *every* monotone path of n + m − 1 cells from the north-west to the south-east corner is a dual feasible spanning
  tree: the potentials that are tight along the path violate no other pair.

So where a row and a column end together, the path may pass through either of the two empty cells at that corner.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.integer_masses import Balance, Portion, Unit, balance, portion_of, worth_of_rest
from otkit.numerics import double_double as dd
from otkit.numerics.fixed_point import add_multiple, as_int, scaled, sign_of
from otkit.numerics.jit import int64, njit
from otkit.numerics.sums import two_sum
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats
from otkit.solvers.monitor import Monitor

# Cumulative masses are compared in double-double. A cell adds less than this share of the total to their error; where
# they differ by no more than such errors add up to, exact integers tell which is larger, or that 1/7 is 3/21.
ROUNDING = 2.0**-101

# Powers that are taken in double-double, by multiplication; see `_potentials` for the others.
WHOLE_POWERS = (1.0, 2.0, 3.0, 4.0)


def solve(problem: TransportProblem, options: None, monitor: Monitor) -> Candidate:
    """Solve a problem whose cost is ``scale * |x - y|**p``, p ≥ 1, in O((n + m) log(n + m)).

    The basis is the staircase itself: n + m − 1 cells, those without mass included. There are no options.
    """
    line = problem.cost.line()
    assert line is not None  # so says the registry of solvers
    x, y, scale, p = line
    n, m = problem.shape
    monitor.tick("sorting")
    order_x, order_y = problem.cost.line_order
    x, y = x.take(order_x), y.take(order_y)
    (a, unit_a), (b, unit_b) = _sorted_weights(problem.a, order_x), _sorted_weights(problem.b, order_y)

    monitor.tick("filling the staircase")
    how, _ = balance(problem)
    ratio, portion = _exchange(how, unit_a, unit_b)
    total_a = problem.totals[0] / unit_a
    unit = 1.0 / total_a if problem.probability else unit_a
    path = _empty_cells(n + m - 1)
    doubt = ROUNDING * (n + m + 16) * total_a
    empty = _staircase(problem.a, problem.b, a, b, how, portion, ratio, doubt, unit, order_x, order_y, path)

    monitor.tick("potentials")
    f, g = _potentials(x, y, scale, p, path)
    rows, cols, mass = path
    if empty:
        used = mass > 0.0
        rows, cols, mass = rows[used], cols[used], mass[used]
    return Candidate(rows, cols, mass, f, g, basis=(path.rows, path.cols), stats=SolverStats(iterations=n + m - 1))


class _Cells(NamedTuple):
    """Cells of the staircase with their mass."""

    rows: IntArray
    cols: IntArray
    mass: FloatArray


def _empty_cells(size: int) -> _Cells:
    """Return a table for a kernel to fill in (compiled code allocates large arrays more slowly than NumPy)."""
    return _Cells(np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64), np.empty(size))


def _sorted_weights(weights: FloatArray, order: IntArray) -> tuple[FloatArray, float]:
    """Return weights in order, in units of a power of two near the largest, and that unit."""
    unit = 2.0 ** min(1000, max(-1000, math.frexp(float(weights.max()))[1]))
    return weights.take(order) * (1.0 / unit), unit


def _exchange(how: Balance, unit_a: float, unit_b: float) -> tuple[dd.DoubleDouble, Portion]:
    """Return what a unit of b, and what an integer mass is worth in units of a."""
    integer = Fraction(2) ** how.low_a / as_int(how.factor_a) / Fraction(unit_a)
    ratio = integer * as_int(how.factor_b) / Fraction(2) ** how.low_b * Fraction(unit_b)
    high = float(ratio)
    return (high, float(ratio - Fraction(high))), portion_of(integer.numerator, Unit(0, integer.denominator))


@njit
def _staircase(
    weights_a: FloatArray,
    weights_b: FloatArray,
    a: FloatArray,
    b: FloatArray,
    how: Balance,
    portion: Portion,
    ratio: dd.DoubleDouble,
    doubt: float,
    unit: float,
    order_x: IntArray,
    order_y: IntArray,
    path: _Cells,
) -> int:
    """Fill the staircase of supply `a` and demand `ratio · b`; return how many of its cells are empty.

    What is left of the row and of the column is carried in double-double, so that masses are differences of weights
    without drift, and integers stay integers. A row or column that is served by one cell gets its weight to the bit.
    """
    rows, cols, mass = path
    n = a.size
    low_a, low_b, factor_a, factor_b = how.low_a, how.low_b, how.factor_a, how.factor_b
    left = np.zeros(how.size + 4, dtype=np.int64)  # rows less columns, exactly, as far as they are counted
    counted_rows = counted_cols = int64(0)
    i = j = empty = 0
    supply = (a[0], 0.0)
    demand = dd.multiply(ratio, (b[0], 0.0))
    new_row = True  # nothing is taken yet of the row
    for k in range(rows.size):
        rest = dd.subtract(supply, demand)
        last = k + 1 == rows.size  # where the totals balance
        sign = 0 if last else 1 if rest[0] > 0.0 else -1
        if abs(rest[0]) <= doubt and not last:
            for row in range(counted_rows, i + 1):
                add_multiple(left, factor_a, low_a, weights_a[order_x[row]], int64(1))
            for col in range(counted_cols, j + 1):
                add_multiple(left, factor_b, low_b, weights_b[order_y[col]], -int64(1))
            counted_rows, counted_cols = i + 1, j + 1
            sign = sign_of(left)
            rest = (0.0, 0.0)
            if sign != 0:
                high, low, exponent = worth_of_rest(left, portion)
                rest = (sign * scaled(high, exponent), sign * scaled(low, exponent))
        rows[k] = order_x[i]
        cols[k] = order_y[j]
        mass[k] = (supply[0] if sign < 0 or (sign == 0 and new_row) else demand[0]) * unit
        empty += mass[k] == 0.0
        if last:
            break
        new_row = sign < 0 or (sign == 0 and i + 1 < n)
        if new_row:
            i += 1
            supply, demand = (a[i], 0.0), (-rest[0], -rest[1])
        else:
            j += 1
            supply, demand = rest, dd.multiply(ratio, (b[j], 0.0))
    return empty


@njit
def exact_staircase(a: FloatArray, b: FloatArray, how: Balance, rows: IntArray, cols: IntArray) -> None:
    """Write the cells that `solve` goes through, by exact integers at every step: for few points that is as fast."""
    n, m = a.size, b.size
    left = np.zeros(how.size + 4, dtype=np.int64)  # rows less columns, up to this cell
    add_multiple(left, how.factor_a, how.low_a, a[0], int64(1))
    add_multiple(left, how.factor_b, how.low_b, b[0], -int64(1))
    i = j = 0
    for k in range(rows.size):
        rows[k], cols[k] = i, j
        sign = sign_of(left)
        if i + 1 < n and (sign <= 0 or j + 1 == m):
            i += 1
            add_multiple(left, how.factor_a, how.low_a, a[i], int64(1))
        elif j + 1 < m:
            j += 1
            add_multiple(left, how.factor_b, how.low_b, b[j], -int64(1))


def _potentials(x: FloatArray, y: FloatArray, scale: float, p: float, path: _Cells) -> tuple[FloatArray, FloatArray]:
    """Return potentials that are tight along the path, f = 0 at its first row; x and y are sorted.

    They are sums of as many as n + m costs with alternating signs. For p = 1, 2, 3, 4 costs and sums are carried in
    double-double. For other p each step adds the *difference* of two costs, accurate to its own size by log1p and
    expm1, so that the error is a few roundings of the variation of the potentials, not of each cost on the way.
    """
    span = max(x[-1], y[-1]) - min(x[0], y[0])
    # Lengths in units of a power of two, whose own power is a float, too: no over- or underflow.
    reach = int(min(1000.0, 1000.0 / p))
    exponent = min(reach, max(-reach, math.frexp(span)[1]))
    f, g = np.empty(x.size), np.empty(y.size)
    kernel = _potentials_whole_power if p in WHOLE_POWERS else _potentials_any_power
    kernel(x, y, 2.0**-exponent, p, scale * 2.0 ** (exponent * p), path, f, g)
    return f, g


@njit
def _whole_power(x: float, y: float, unit: float, p: float) -> dd.DoubleDouble:
    """Return ``(|x - y| unit)**p`` in double-double for a whole number p."""
    high, low = two_sum(x, -y)
    if high < 0.0:
        high, low = -high, -low
    base = (high * unit, low * unit)
    result = base
    for _ in range(1, int(p)):
        result = dd.multiply(result, base)
    return result


@njit
def _potentials_whole_power(
    x: FloatArray,
    y: FloatArray,
    unit: float,
    p: float,
    factor: float,
    path: _Cells,
    f: FloatArray,
    g: FloatArray,
) -> None:
    rows, cols = path.rows, path.cols
    i = j = 0
    u = (0.0, 0.0)
    v = _whole_power(x[0], y[0], unit, p)
    f[rows[0]] = 0.0
    g[cols[0]] = v[0] * factor
    for k in range(1, rows.size):
        if rows[k] != rows[k - 1]:
            i += 1
            u = dd.subtract(_whole_power(x[i], y[j], unit, p), v)
            f[rows[k]] = u[0] * factor
        else:
            j += 1
            v = dd.subtract(_whole_power(x[i], y[j], unit, p), u)
            g[cols[k]] = v[0] * factor


@njit
def _step(start: float, stop: float, fixed: float, p: float) -> float:
    """Return ``|stop - fixed|**p - |start - fixed|**p`` for start ≤ stop, accurate to its own size."""
    old = abs(start - fixed)
    if start >= fixed:
        change = stop - start
    elif stop <= fixed:
        change = start - stop
    else:
        change = (stop - fixed) - old
    if old == 0.0:
        return change**p
    if change <= -old:
        return -(old**p)
    return old**p * math.expm1(p * math.log1p(change / old))


@njit
def _potentials_any_power(
    x: FloatArray,
    y: FloatArray,
    unit: float,
    p: float,
    factor: float,
    path: _Cells,
    f: FloatArray,
    g: FloatArray,
) -> None:
    rows, cols = path.rows, path.cols
    i = j = 0
    u = (0.0, 0.0)
    v = ((abs(x[0] - y[0]) * unit) ** p, 0.0)
    f[rows[0]] = 0.0
    g[cols[0]] = v[0] * factor
    for k in range(1, rows.size):
        if rows[k] != rows[k - 1]:
            step = _step(x[i] * unit, x[i + 1] * unit, y[j] * unit, p)
            i += 1
            u = dd.add(u, (step, 0.0))
            f[rows[k]] = u[0] * factor
        else:
            step = _step(y[j] * unit, y[j + 1] * unit, x[i] * unit, p)
            j += 1
            v = dd.add(v, (step, 0.0))
            g[cols[k]] = v[0] * factor
