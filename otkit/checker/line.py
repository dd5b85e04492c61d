"""Optimality on the line, proved in exact arithmetic.

Let the points be sorted and the cost be scale · |x − y|^p with p ≥ 1, in real numbers. It has the Monge property,
c[i, j] + c[i+1, j+1] ≤ c[i, j+1] + c[i+1, j], so that potentials that are tight along *any* monotone path of n + m − 1
cells from the first pair to the last overprice no pair (A. J. Hoffman, *On simple linear programming problems*, 1963).
A plan on such a path is therefore optimal as soon as it has the right sums and no negative entry, which can be seen in
O(n + m). With S_i and T_j, the masses of the rows up to i and of the columns up to j,

* a cell (i, j) may be left for the next row only if S_i ≤ T_j, and for the next column only if S_i ≥ T_j;
* its mass is then all of row i, if that is served by this cell alone, or all of column j; or else what the cell before
  has left over, |S − T|.

S − T is one exact integer, carried from cell to cell. The cost of the plan is a sum of terms that are not negative:
double-double encloses it so tightly that hardly ever the two ends of the enclosure round to different floats, and where
they do, the cost of a whole number p is summed up in exact arithmetic as well.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.error_bounds import OUTWARD, scaled_outward
from otkit.checker.integer_masses import Balance, Portion, Unit, balance, portions, worth_of_mass, worth_of_rest
from otkit.costs.evaluated import Line
from otkit.numerics import double_double as dd
from otkit.numerics.fixed_point import (
    BITS,
    MASK,
    add,
    add_multiple,
    add_product,
    as_int,
    bit_range,
    carry,
    enclosed,
    limbs,
    scaled,
    sign_of,
)
from otkit.numerics.floats import LEAST
from otkit.numerics.jit import int64, njit, read_only
from otkit.numerics.sums import two_sum
from otkit.problem import TransportProblem

# Below this, terms of a sum of products of numbers near 1 may have been lost to underflow.
_SMALL = 2.0**-800

# Of lengths, powers and masses below the first, underflow may have taken less than the second.
_THIN, _UNDERFLOW = 2.0**-400, 2.0**-900

# No less than the relative errors of a product of double-doubles, of a sum, and of a mass (`leading`).
_PRODUCT, _SUM, _MASS = 2.0**-103, 2.0**-104, 2.0**-87

# Products of limbs up to which an exact cost is worth its time, some minutes. Ordinary points stay far below for any n
# that fits into memory; coordinates from 1e-300 to 1e300 have a hundred limbs, and their powers more.
_MOST_PRODUCTS = 10**11


class LineProof(NamedTuple):
    """An optimal plan on the line, with its proof.

    Attributes
    ----------
    value : tuple of three floats
        The optimal cost for the real-valued scale · |x − y|^p, rounded once, and the floats that hold it between them.
    mass : ndarray
        The plan on the cells of the path, each entry rounded once.
    f, g : ndarray
        The potentials that are tight along the path, each rounded down: f_i + g_j ≤ scale · |x_i − y_j|^p holds for the
        floats and every pair, in real numbers. f is 0 at the first point.
    unique : bool or None
        Whether no other plan is optimal; None if that is not known.
    marginal_error, slackness_error : float
        No less than Σ |row sum − a| + Σ |column sum − b| of this plan, and the largest scale · |x − y|^p − f − g where
        it ships, in real numbers.
    """

    value: tuple[float, float, float]
    mass: FloatArray
    f: FloatArray
    g: FloatArray
    unique: bool | None
    marginal_error: float
    slackness_error: float


class Lengths(NamedTuple):
    """Points x and y in ascending order; their distances times `unit`, at most 1, to the whole power p."""

    x: FloatArray
    y: FloatArray
    unit: float
    p: int


class Scale(NamedTuple):
    """What such powers are multiplied by to be costs: fraction · 2**exponent."""

    fraction: float
    exponent: int


class Shares(NamedTuple):
    """Masses as given, how they become integers, what these are worth, and that 2**total exceeds their total."""

    a: FloatArray
    b: FloatArray
    how: Balance
    worth: tuple[Portion, Portion, Portion]
    total: int


class Path(NamedTuple):
    """The cells of a path in order, where the mass of each is written, and the potentials of rows and columns."""

    rows: IntArray
    cols: IntArray
    mass: FloatArray
    f: FloatArray
    g: FloatArray


def prove_on_line(problem: TransportProblem, rows: IntArray, cols: IntArray) -> LineProof | None:
    """Return the plan that a path through a problem on the line carries, if it is proved to be optimal.

    Parameters
    ----------
    problem : TransportProblem
        Points on the line in ascending order, at a cost scale · |x − y|^p.
    rows, cols : ndarray, shape (n + m − 1,)
        The cells of the path, in order.

    Returns
    -------
    LineProof or None
        None if p is not a whole number (then costs are no fractions), if the points are not in order, if the path is
        not monotone or its plan has a negative entry, and where the cost leaves float64 or would take too long.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> from otkit.checker.line import prove_on_line
    >>> problem = otkit.TransportProblem(otkit.Cityblock().between([0.0, 1.0], [2.0, 5.0]))
    >>> proof = prove_on_line(problem, np.array([0, 1, 1]), np.array([0, 0, 1]))
    >>> proof.value, proof.mass
    ((6.0, 6.0, 6.0), array([1., 0., 1.]))
    >>> prove_on_line(problem, np.array([0, 1, 0]), np.array([0, 0, 1])) is None
    True
    """
    line = exact_line(problem)
    n, m = problem.shape
    if line is None or rows.size != n + m - 1 or cols.size != rows.size:
        return None
    how, unit = balance(problem)
    path = Path(rows, cols, np.empty(rows.size), np.empty(n), np.empty(m))
    shares = Shares(problem.a, problem.b, how, portions(how, unit), math.frexp(problem.total)[1])
    walked = Walked(*walk_path(line, shares, path))
    return proof_of_walk(line, shares, unit, walked, path, integral=problem.integral)


class Walked(NamedTuple):
    """What a walk along a path has shown.

    Attributes
    ----------
    sound : bool
        Whether points and path are in order and no entry of the plan is negative.
    moves : bool
        Whether anything moves at all.
    exchange : bool
        Whether equal points share their mass: where several rows at one point ship to several columns, mass can be
        exchanged at no cost, and only there if p > 1, when the plan between the points themselves is the only one.
    cost, cost_low : float
        The cost, in units of 2**total masses and of lengths of 2**span.
    lost : float
        How far the marginals of the written plan are off, in units of 2**total.
    slack : float
        How slack a pair with mass may be, in units of its `Scale`.
    span : int
    """

    sound: bool
    moves: bool
    exchange: bool
    cost: float
    cost_low: float
    lost: float
    slack: float
    span: int


def proof_of_walk(
    line: Line, shares: Shares, unit: Unit, walked: Walked, path: Path, *, integral: bool
) -> LineProof | None:
    """Return the proof that a walk along a path is; None if it is none, or the cost leaves float64.

    `integral` says whether all masses are integers, none of which was rounded.
    """
    if not walked.sound:
        return None
    p, total = int(line.p), shares.total
    value = _enclosed(walked, path.rows.size, p, line.scale, total)
    if value is None and not walked.moves:
        value = (0.0, 0.0, 0.0)
    if value is None:
        exact = _cost_of_path(line, shares.a, shares.b, (shares.how, unit), path.rows, path.cols)
        value = None if exact is None else enclosed(exact.numerator, exact.denominator, 0)
    if value is None or math.isinf(value[0]):
        return None
    unique = False if walked.exchange else True if p > 1 or min(path.f.size, path.g.size) == 1 else None
    residuals = (
        scaled_outward(0.0 if integral else walked.lost, total, math.inf),
        scaled_outward(walked.slack, math.frexp(line.scale)[1] + walked.span * p, math.inf),
    )
    return LineProof(value, path.mass, path.f, path.g, unique, *residuals)


def exact_line(problem: TransportProblem) -> Line | None:
    """Return the line of a problem, if its costs are fractions."""
    line = problem.cost.line()
    if line is None or line.p != int(line.p) or not line.scale > 0.0:
        return None
    return line._replace(x=read_only(np.ascontiguousarray(line.x)), y=read_only(np.ascontiguousarray(line.y)))


def _enclosed(walked: Walked, cells: int, p: int, scale: float, total: int) -> tuple[float, float, float] | None:
    """Return what a walk has summed up over so many cells as `enclosed` does; None if that is in doubt.

    Masses err by less than 2**-88 of themselves (`leading`; what `portions` and the product add is below 2**-102).
    Distances are exact, each of p − 1 products and the one by the mass adds 7 · 2**-106, and each of the sums, whose
    terms are all positive, 3 · 2**-106. Underflow loses less than 2**-1000 for each of these: nothing beside _SMALL.
    """
    if not _SMALL < walked.cost < math.inf:
        return None
    error = (1 << 19) + 4 * cells + 8 * p + 16  # in units of 2**-106
    (high, high_unit), (low, low_unit) = walked.cost.as_integer_ratio(), walked.cost_low.as_integer_ratio()
    factor, factor_unit = scale.as_integer_ratio()
    middle, denominator = (high * low_unit + low * high_unit) * factor, high_unit * low_unit * factor_unit << 106
    exponent = total + walked.span * p
    least, greatest = middle * ((1 << 106) - error), middle * ((1 << 106) + error)
    if exponent >= 0:
        least, greatest = least << exponent, greatest << exponent
    else:
        denominator <<= -exponent
    value = enclosed(least, denominator, 0)
    if value != enclosed(greatest, denominator, 0) or math.isinf(value[0]):
        return None
    # A float within the interval may be below the cost, or above it, or the cost itself.
    nearest, unit = value[0].as_integer_ratio()
    return None if least * unit <= nearest * denominator <= greatest * unit else value


@njit
def walk_path(line: Line, shares: Shares, path: Path) -> tuple[bool, bool, bool, float, float, float, float, int]:
    """Write the plan and the potentials along a path; return the fields of `Walked`."""
    x, y, n, m = line.x, line.y, line.x.size, line.y.size
    # Lengths and masses in units of powers of two, so that in floats none exceeds 1.
    longest = 0.0
    for k in range(path.rows.size):
        i, j = min(max(path.rows[k], 0), n - 1), min(max(path.cols[k], 0), m - 1)
        longest = max(longest, abs(x[i] - y[j]))
    span, p = max(-1000, int(math.frexp(longest)[1])), int(line.p)
    fraction, exponent = math.frexp(line.scale)
    lengths = Lengths(x, y, math.ldexp(1.0, -span), p)
    sound, moves, exchange, cost, lost, slack = _walk(lengths, Scale(fraction, exponent + span * p), shares, path)
    return sound, moves, exchange, cost[0], cost[1], lost, slack, span


@njit
def _walk(
    lengths: Lengths, scale: Scale, shares: Shares, path: Path
) -> tuple[bool, bool, bool, dd.DoubleDouble, float, float]:
    """Do the same; return all but the span."""
    (x, y), (a, b), (rows, cols) = (lengths.x, lengths.y), (shares.a, shares.b), (path.rows, path.cols)
    how, total, mass = shares.how, shares.total, path.mass
    n, m = x.size, y.size
    cost, u, v = (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)
    u_off = v_off = u_below = v_below = 0.0  # bounds of the errors of u and v, and of what rounding down takes
    lost = slack = 0.0
    thin = False
    moves = exchange = rows_of_x = cols_of_x = rows_of_y = cols_of_y = False
    if rows[0] != 0 or cols[0] != 0:  # this many single steps that stay within n × m end in the last cell
        return False, moves, exchange, cost, 0.0, 0.0
    worth_of_a, worth_of_b, worth_between = shares.worth
    low_a, low_b, factor_a, factor_b = how.low_a, how.low_b, how.factor_a, how.factor_b
    left = np.zeros(how.size + 4, dtype=np.int64)  # S − T
    add_multiple(left, factor_a, low_a, a[0], int64(1))
    add_multiple(left, factor_b, low_b, b[0], -int64(1))
    sign, rest_sign, rest = sign_of(left), int64(0), (0.0, 0.0, int64(0))
    new_row = new_col = True
    last_i = last_j = int64(-1)
    for k in range(rows.size):
        i, j = rows[k], cols[k]
        if new_row and sign <= 0:
            filled, share = a[i] > 0.0, worth_of_mass(a[i], worth_of_a)
        elif new_col and sign >= 0:
            filled, share = b[j] > 0.0, worth_of_mass(b[j], worth_of_b)
        else:
            filled, share = rest_sign != 0, rest
        mass[k] = scaled(share[0], share[2])
        thin |= filled and mass[k] < _THIN

        price, price_off, high = _price(x[i], y[j], lengths.unit, lengths.p)
        share_of_total = (scaled(share[0], share[2] - total), scaled(share[1], share[2] - total))
        lost += abs(share_of_total[1]) + _MASS * share_of_total[0]
        cost = dd.add(cost, dd.multiply(price, share_of_total))
        if new_col:
            v_off, exact = price_off + u_off, price[1] == 0.0 and u[1] == 0.0
            v = dd.subtract(price, u)
            v_off += 0.0 if exact else _SUM * abs(v[0])
            path.g[j], v_below = _rounded_down(v, v_off, scale.fraction, scale.exponent)
        else:
            u_off, exact = price_off + v_off, price[1] == 0.0 and v[1] == 0.0
            u = dd.subtract(price, v)
            u_off += 0.0 if exact else _SUM * abs(u[0])
        if new_row:
            path.f[i], u_below = _rounded_down(u, u_off, scale.fraction, scale.exponent)
        if mass[k] > 0.0:
            slack = max(slack, u_below + v_below)

        if filled:
            moves |= high != 0.0
            if last_i >= 0:
                same_x, same_y = x[i] == x[last_i], y[j] == y[last_j]
                rows_of_x, cols_of_x = same_x and (rows_of_x or i != last_i), same_x and (cols_of_x or j != last_j)
                rows_of_y, cols_of_y = same_y and (rows_of_y or i != last_i), same_y and (cols_of_y or j != last_j)
                exchange |= (rows_of_x and cols_of_x) or (rows_of_y and cols_of_y)
            last_i, last_j = i, j

        if k + 1 == rows.size:
            break
        new_row = i + 1 < n and rows[k + 1] == i + 1 and cols[k + 1] == j
        new_col = j + 1 < m and cols[k + 1] == j + 1 and rows[k + 1] == i
        if not ((new_row and sign <= 0 and x[i] <= x[i + 1]) or (new_col and sign >= 0 and y[j] <= y[j + 1])):
            return False, moves, exchange, cost, 0.0, 0.0
        rest, rest_sign = worth_of_rest(left, worth_between), sign
        if new_row:
            add_multiple(left, factor_a, low_a, a[i + 1], int64(1))
        else:
            add_multiple(left, factor_b, low_b, b[j + 1], -int64(1))
        sign = sign_of(left)
    lost = 2.0 * OUTWARD * lost + (_UNDERFLOW if thin else 0.0)
    return sign == 0, moves, exchange, cost, lost, OUTWARD * slack


@njit
def _price(x: float, y: float, unit: float, p: int) -> tuple[dd.DoubleDouble, float, float]:
    """Return the p-th power of a distance, a bound of its error, and the difference of the points, rounded."""
    high, low = two_sum(x, -y)
    direction = unit if high >= 0.0 else -unit
    length = (high * direction, low * direction)
    price, exact = length, True
    for _ in range(1, p):
        exact &= price[1] == 0.0 and length[1] == 0.0
        price = dd.multiply(price, length)
    off = 0.0 if exact else p * _PRODUCT * price[0]
    if high != 0.0 and min(price[0], length[0]) < _THIN:
        off += _UNDERFLOW
    return price, off, high


@njit
def _rounded_down(value: dd.DoubleDouble, off: float, scale: float, exponent: int) -> tuple[float, float]:
    """Return a float that is no more than scale · 2**exponent times a number within `off` of a double-double.

    The other one is, in units of 2**exponent, a bound of what lies between the two.
    """
    if scale == 0.5:
        high, low, off = 0.5 * value[0], 0.5 * value[1], 0.5 * off
    else:
        high, low = dd.multiply(value, (scale, 0.0))
        off = OUTWARD * off + _PRODUCT * abs(high) + (_UNDERFLOW if abs(high) < _THIN else 0.0)
    least = low if off == 0.0 else np.nextafter(low - off, -np.inf)
    total, error = two_sum(high, least)
    if error < 0.0:
        total = np.nextafter(total, -np.inf)
    result, below = scaled(total, exponent), (high - total) + low + off
    if abs(result) < 2.0**-1020 and total != 0.0:
        if scaled(result, -exponent) > total:
            result = np.nextafter(result, -np.inf)
        below += scaled(2.0 * LEAST, -exponent)
    return result, below


class Limbs(NamedTuple):
    """Points as integers of `length` limbs in units of 2**low; powers p of their distances take `size` limbs."""

    x: FloatArray
    y: FloatArray
    low: int
    length: int
    size: int
    p: int


class Integers(NamedTuple):
    """Masses, which are integers in units of 2**low_a and 2**low_b."""

    a: FloatArray
    b: FloatArray
    low_a: int
    low_b: int


def exact_cost(problem: TransportProblem, rows: IntArray, cols: IntArray) -> Fraction | None:
    """Return the cost of the plan on a path that `prove_on_line` has accepted, for a whole number p.

    It is Σ a f + Σ b g, where the potentials f and g are tight along the path. None if that would take too long.
    """
    line = exact_line(problem)
    assert line is not None
    return _cost_of_path(line, problem.a, problem.b, balance(problem), rows, cols)


def _cost_of_path(
    line: Line, a: FloatArray, b: FloatArray, balanced: tuple[Balance, Unit], rows: IntArray, cols: IntArray
) -> Fraction | None:
    """Return the same of a line, and masses in the order of its points."""
    (x, y, scale, p), (how, unit) = line, balanced
    (low_x, high_x), (low_y, high_y) = bit_range(x), bit_range(y)
    low, high = min(low_x, low_y), max(high_x, high_y) + 1
    length = limbs(low, high, 1)
    size = limbs(0, int(p) * (high - low), 4)  # potentials overprice no pair, so that none exceeds the dearest
    if rows.size * size * (length * int(p) + 4) > _MOST_PRODUCTS:
        return None
    sum_f, sum_g = np.zeros((2, size + how.size + 6), dtype=np.int64)
    points, shares = Limbs(x, y, low, length, size, int(p)), Integers(a, b, how.low_a, how.low_b)
    _add_up_potentials(points, shares, rows, cols, sum_f, sum_g)
    integer = as_int(sum_f) * as_int(how.factor_a) + as_int(sum_g) * as_int(how.factor_b)
    return Fraction(integer, unit.denominator) * Fraction(2) ** (unit.exponent + int(p) * low) * Fraction(scale)


@njit
def _add_up_potentials(
    points: Limbs, shares: Integers, rows: IntArray, cols: IntArray, sum_f: IntArray, sum_g: IntArray
) -> None:
    """Add Σ a f and Σ b g to rows of limbs, in units of 2**low_a or 2**low_b times 2**(p low)."""
    x, y, low, length, size, p = points
    a, b, low_a, low_b = shares
    at_x, at_y = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64)
    distance = np.zeros(length, dtype=np.int64)
    price, scratch = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    u, v = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for k in range(rows.size):
        i, j = rows[k], cols[k]
        _place(at_x, low, x[i])
        _place(at_y, low, y[j])
        if x[i] > y[j]:
            _subtract(at_x, at_y, distance)
        else:
            _subtract(at_y, at_x, distance)
        _raise(distance, p, scratch, price)
        if k > 0 and i != rows[k - 1]:
            _subtract(price, v, u)
            add_multiple(sum_f, u, low_a, a[i], int64(1))
        else:
            _subtract(price, u, v)
            add_multiple(sum_g, v, low_b, b[j], int64(1))


@njit
def _place(row: IntArray, low: int, value: float) -> None:
    """Write a multiple of 2**low, not carried."""
    for part in range(row.size):
        row[part] = 0
    add(row, low, value, int64(1))


@njit
def _subtract(row: IntArray, other: IntArray, out: IntArray) -> None:
    """Write the difference of two rows, carried."""
    over = int64(0)
    for part in range(out.size - 1):
        total = row[part] - other[part] + over
        out[part] = total & MASK
        over = total >> BITS
    out[out.size - 1] = row[out.size - 1] - other[out.size - 1] + over


@njit
def _raise(base: IntArray, p: int, scratch: IntArray, power: IntArray) -> None:
    """Write the p-th power of a row that is carried and not negative."""
    for part in range(power.size):
        power[part] = base[part] if part < base.size else int64(0)
    for _ in range(1, p):
        for part in range(power.size):
            scratch[part], power[part] = power[part], int64(0)
        add_product(power, base, scratch, int64(1))
        carry(power)
