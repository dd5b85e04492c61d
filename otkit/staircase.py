"""Optimality on the line, proved in exact arithmetic.

Let the points be sorted and the cost be scale · |x − y|^p with p ≥ 1, in real numbers. It has the Monge property,
c[i, j] + c[i+1, j+1] ≤ c[i, j+1] + c[i+1, j], so that the potentials that are tight along *any* monotone path of n + m − 1
cells from the first pair to the last overprice no pair (A. J. Hoffman, *On simple linear programming problems*, 1963).
A plan on such a path is therefore optimal as soon as it has the right sums and no negative entry, and both can be seen
from the path in O(n + m): with S_i and T_j, the masses of the rows up to i and of the columns up to j,

* a cell (i, j) is left for the next row only if S_i ≤ T_j, and for the next column only if S_i ≥ T_j: no entry is
  negative; a row or column that is served by one cell puts all its mass there, any other entry is some |S_i − T_j|;
* the cost of the plan is Σ a f + Σ b g, where f and g are sums and differences of costs along the path.

For a whole number p all these are integers in units of powers of two.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._fixed_point import (
    BITS,
    MASK,
    add,
    add_multiple,
    add_product,
    as_int,
    bit_range,
    carry,
    leading,
    limbs,
    quotient,
    scaled,
    sign_of,
)
from otkit._jit import int64, njit, read_only
from otkit._typing import FloatArray, IntArray
from otkit.balance import Balance, Portion, balance, portions, rounded_mass, rounded_rest
from otkit.problem import TransportProblem

# Products of limbs up to which a proof is worth its time, some seconds. Ordinary points stay below for any n that fits
# into memory; coordinates from 1e-300 to 1e300 have a hundred limbs, and their powers more.
_MOST_PRODUCTS = 10**11


class LineProof(NamedTuple):
    """The optimum on the line.

    Attributes
    ----------
    mass : ndarray
        The plan on the cells of the path, each entry rounded once.
    f, g : ndarray
        The potentials, each rounded once; f is 0 at the first point.
    numerator, denominator, exponent : int
        The optimal cost is numerator / denominator · 2**exponent.
    unique : bool or None
        Whether no other plan is optimal; None if that is not known.
    """

    mass: FloatArray
    f: FloatArray
    g: FloatArray
    numerator: int
    denominator: int
    exponent: int
    unique: bool | None

    @property
    def value(self) -> float:
        """The optimal cost, rounded once."""
        return quotient(self.numerator, self.denominator, self.exponent)

    @property
    def exact_value(self) -> Fraction:
        """The optimal cost."""
        return Fraction(self.numerator, self.denominator) * Fraction(2) ** self.exponent


def prove_on_line(problem: TransportProblem, rows: IntArray, cols: IntArray) -> LineProof | None:
    """Return the plan that a path through a problem on the line carries, if that is proved to be optimal.

    Parameters
    ----------
    problem : TransportProblem
        Points on the line in ascending order, at a cost scale · |x − y|^p.
    rows, cols : ndarray, shape (n + m − 1,)
        The cells of the path, in order.

    Returns
    -------
    LineProof or None
        None if p is not a whole number (then costs are no fractions), if the points are not in order, if the path is not
        monotone or its plan has a negative entry, and if exact numbers would take too long or leave float64.
    """
    line = problem.cost.line()
    if line is None or line.p != int(line.p) or not line.scale > 0.0:
        return None
    x, y = read_only(np.ascontiguousarray(line.x)), read_only(np.ascontiguousarray(line.y))
    scale, p = line.scale, int(line.p)
    n, m = problem.shape
    dearest = problem.cost.at([0, n - 1], [m - 1, 0]).max()
    if rows.size != n + m - 1 or cols.size != rows.size or not dearest < 2.0**1022:
        return None
    (low_x, high_x), (low_y, high_y) = bit_range(x), bit_range(y)
    low, high = min(low_x, low_y), max(high_x, high_y)
    length = limbs(low, high + 1, 1)
    price = max(5, limbs(0, p * (high + 1 - low), 2) + 1)  # no potential exceeds the dearest pair: none is overpriced
    if (n + m) * (length * price * p + price) > _MOST_PRODUCTS:
        return None

    how, unit = balance(problem)
    f, g, mass = np.empty(n), np.empty(m), np.empty(rows.size)
    totals = np.zeros((2, price + how.size + 4), dtype=np.int64)
    with ThreadPoolExecutor(1) as thread:
        prices = thread.submit(
            _prices, x, y, low, p, length, price, rows, cols, problem.a, problem.b, how, scale, f, g, totals
        )
        sound, exchange = _flows(x, y, problem.a, problem.b, how, portions(how, unit), rows, cols, mass)
        sound &= prices.result()
    if not sound:
        return None
    whole = as_int(totals[0]) * as_int(how.factor_a) + as_int(totals[1]) * as_int(how.factor_b)
    scale_numerator, scale_denominator = scale.as_integer_ratio()
    unique = False if exchange else True if p > 1 else None
    return LineProof(
        mass, f, g, whole * scale_numerator, unit.denominator * scale_denominator, unit.exponent + p * low, unique
    )


@njit
def _flows(
    x: FloatArray,
    y: FloatArray,
    a: FloatArray,
    b: FloatArray,
    how: Balance,
    portion: tuple[Portion, Portion, Portion],
    rows: IntArray,
    cols: IntArray,
    mass: FloatArray,
) -> tuple[bool, bool]:
    """Write the plan along a path; return whether it has no negative entry, and whether equal points share it anyhow.

    Where several rows at one point ship to several columns, mass can be exchanged at no cost, and only there if p > 1:
    then the plan between the points themselves is the only one (the cost is strictly Monge).
    """
    n, m = x.size, y.size
    if rows[0] != 0 or cols[0] != 0 or rows[-1] != n - 1 or cols[-1] != m - 1:
        return False, False
    left = np.zeros(how.size + 4, dtype=np.int64)  # S_i − T_j
    add_multiple(left, how.factor_a, how.low_a, a[0], int64(1))
    add_multiple(left, how.factor_b, how.low_b, b[0], -int64(1))
    new_row = new_col = True
    rest_sign = int64(0)
    rest = 0.0
    sign = sign_of(left)
    last_i = last_j = int64(-1)
    exchange = rows_of_x = cols_of_x = rows_of_y = cols_of_y = False
    for k in range(rows.size):
        i, j = rows[k], cols[k]
        if sign <= 0 and new_row:
            mass[k] = rounded_mass(a[i], portion[0])
            filled = a[i] > 0.0
        elif sign >= 0 and new_col:
            mass[k] = rounded_mass(b[j], portion[1])
            filled = b[j] > 0.0
        else:
            mass[k] = rest
            filled = rest_sign != 0
        if filled:
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
            return False, False
        rest, rest_sign = rounded_rest(left, portion[2]), sign
        if new_row:
            add_multiple(left, how.factor_a, how.low_a, a[i + 1], int64(1))
        else:
            add_multiple(left, how.factor_b, how.low_b, b[j + 1], -int64(1))
        sign = sign_of(left)
    return sign == 0, exchange


@njit
def _prices(
    x: FloatArray,
    y: FloatArray,
    low: int,
    p: int,
    length: int,
    price: int,
    rows: IntArray,
    cols: IntArray,
    a: FloatArray,
    b: FloatArray,
    how: Balance,
    scale: float,
    f: FloatArray,
    g: FloatArray,
    totals: IntArray,
) -> bool:
    """Write the potentials along a path, and Σ a f and Σ b g in limbs; return whether the path is one."""
    at_x, at_y = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64)
    distance = np.zeros(length, dtype=np.int64)
    cost, scratch = np.zeros(price, dtype=np.int64), np.zeros(price, dtype=np.int64)
    u, v = np.zeros(price, dtype=np.int64), np.zeros(price, dtype=np.int64)
    for k in range(rows.size):
        i, j = rows[k], cols[k]
        ahead = 0 <= i < x.size and 0 <= j < y.size
        if not ahead or (k > 0 and i - rows[k - 1] + j - cols[k - 1] != 1):
            return False
        if k == 0 or i != rows[k - 1]:
            _place(at_x, low, x[i])
        if k == 0 or j != cols[k - 1]:
            _place(at_y, low, y[j])
        if x[i] > y[j]:
            _subtract(at_x, at_y, distance)
        else:
            _subtract(at_y, at_x, distance)
        _raise(distance, p, scratch, cost)
        if k == 0:
            f[i] = 0.0
        if k > 0 and i != rows[k - 1]:
            _subtract(cost, v, u)
            f[i] = _rounded(u, p * low) * scale
            add_multiple(totals[0], u, how.low_a, a[i], int64(1))
        else:
            _subtract(cost, u, v)
            g[j] = _rounded(v, p * low) * scale
            add_multiple(totals[1], v, how.low_b, b[j], int64(1))
    return True


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
    for part in range(base.size):
        power[part] = base[part]
    for part in range(base.size, power.size):
        power[part] = 0
    for _ in range(1, p):
        for part in range(power.size):
            scratch[part], power[part] = power[part], int64(0)
        add_product(power, base, scratch, int64(1))
        carry(power)


@njit
def _rounded(row: IntArray, low: int) -> float:
    high, _, exponent = leading(row)
    return scaled(high, exponent + low)
