"""Dual pivots: the two sides of a tree without an arc, and the pair of least reduced cost that enters between them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.basic_solution import Prices
from otkit.checker.spanning_tree import Tree
from otkit.costs import MatrixCosts, PairCosts
from otkit.numerics.fixed_point import as_int
from otkit.numerics.floats import EPS, TINY
from otkit.numerics.jit import njit
from otkit.numerics.sums import two_sum


def least_reduced(cost: PairCosts, prices: Prices, rows: IntArray, cols: IntArray) -> tuple[int, int] | None:
    """Return the first pair of least reduced cost c_ij − f_i − g_j between some rows and some columns, if there is one.

    Floats find those that come near to the least; which of them it is, is decided in exact arithmetic.
    """
    reach = float(np.abs(prices.f[rows]).max(initial=0.0) + np.abs(prices.g[cols]).max(initial=0.0))
    i, j, costs = _nearly_least(cost, prices, rows, cols, 4.0 * EPS * reach + TINY)
    if i.size < 2:
        return (int(i[0]), int(j[0])) if i.size else None
    order = np.lexsort((j, i))
    i, j, costs = i[order], j[order], costs[order]
    k = _first_least(costs, prices.f[i], prices.g[j]) if prices.exact else -1
    if k >= 0:
        return int(i[k]), int(j[k])
    f, g = ({v: as_int(prices.limbs[v]) for v in set(nodes.tolist())} for nodes in (i, prices.f.size + j))
    unit = Fraction(2) ** prices.low
    exact = [
        Fraction(price) - (f[row] + g[col]) * unit
        for row, col, price in zip(i.tolist(), (prices.f.size + j).tolist(), costs.tolist(), strict=True)
    ]
    k = exact.index(min(exact))
    return int(i[k]), int(j[k])


def _nearly_least(
    cost: PairCosts, prices: Prices, rows: IntArray, cols: IntArray, slack: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the pairs whose reduced cost exceeds the least by less than rounding, and their costs."""
    f, g = prices.f, prices.g
    if isinstance(cost, MatrixCosts):
        matrix = cost.pairs.matrix
        minima = _minima(matrix, f, g, rows, cols)
        least = float(minima.min(initial=np.inf))
        limit = least + 4.0 * EPS * abs(least) + slack
        i, j = _below(matrix, f, g, rows[minima <= limit], cols, limit)
        return i, j, matrix[i, j].astype(np.float64)
    part, f, g = cost.restrict(rows, cols), f[rows], g[cols]
    least = float((part.row_minima(g)[0] - f).min(initial=np.inf))
    if least == np.inf:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    limit = least + 4.0 * EPS * abs(least) + slack
    near = part.pairs_below(f, g, limit, lambda _, i, j, costs: (rows[i], cols[j], costs.copy()))
    i, j, costs = (np.concatenate(each) for each in zip(*near, strict=True))
    return i, j, costs


@njit
def _first_least(costs: FloatArray, f: FloatArray, g: FloatArray) -> int:
    """Return where the first of the least c − f − g is; −1 where floats do not hold all of them."""
    least, first = np.inf, -1
    for k in range(costs.size):
        once, lost = two_sum(costs[k], -f[k])
        reduced, lost_too = two_sum(once, -g[k])
        if lost != 0.0 or lost_too != 0.0:
            return -1
        if reduced < least:
            least, first = reduced, k
    return first


@njit
def _minima(matrix: FloatArray, f: FloatArray, g: FloatArray, rows: IntArray, cols: IntArray) -> FloatArray:
    """Return the least (c_ij − f_i) − g_j of each row; infinity without columns."""
    minima = np.full(rows.size, np.inf)
    for k in range(rows.size):
        least, price = np.inf, f[rows[k]]
        for j in cols:
            least = min(least, (matrix[rows[k], j] - price) - g[j])
        minima[k] = least
    return minima


@njit
def _below(matrix: FloatArray, f: FloatArray, g: FloatArray, rows: IntArray, cols: IntArray, limit: float) -> IntArray:
    """Return the pairs with (c_ij − f_i) − g_j ≤ limit, rows above columns."""
    count = 0
    for i in rows:
        for j in cols:
            count += (matrix[i, j] - f[i]) - g[j] <= limit
    found, count = np.empty((2, count), np.int64), 0
    for i in rows:
        for j in cols:
            if (matrix[i, j] - f[i]) - g[j] <= limit:
                found[0, count], found[1, count] = i, j
                count += 1
    return found


@njit
def nodes_below(tree: Tree, top: int) -> BoolArray:
    """Say which nodes are `top` or below it."""
    below = np.zeros(tree.order.size, np.bool_)
    for v in tree.order:
        below[v] = v == top or (tree.parent[v] >= 0 and below[tree.parent[v]])
    return below
