"""Balanced problems for unequal masses: what is left goes to dummy columns, what lacks comes from dummy rows.

Masses of dummies are exact: a total that is no float is divided among several of them.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from otkit._typing import FloatArray
from otkit.costs import MatrixCosts, PairCosts, PointCosts, SparseCosts
from otkit.inputs.checks import require_memory
from otkit.optimal_transport.prices import LeftoverPrices
from otkit.problem import TransportProblem

_ROWS_AT_ONCE = 1024
_FEW = 10  # one pair in so many
_NONE = np.empty(0, np.int64)


def floats(amount: Fraction) -> list[float]:
    """Return floats that add up to a dyadic number, the largest first; zero is one of them if it is zero."""
    units, exponent = amount.numerator, 1 - amount.denominator.bit_length()
    parts = []
    while units:
        cut = max(0, units.bit_length() - np.finfo(np.float64).nmant - 1)
        try:
            parts.append(math.ldexp(units >> cut, cut + exponent))
        except OverflowError:
            raise ValueError("a and b must have finite totals, but a sum leaves float64. Rescale the masses.") from None
        units &= (1 << cut) - 1
    return parts or [0.0]


def with_dummies(
    cost: PairCosts,
    a: FloatArray,
    b: FloatArray,
    dummy_supply: Fraction,
    dummy_demand: Fraction,
    border: LeftoverPrices,
    corner: float | None,
) -> TransportProblem:
    """Return the balanced problem: to and from dummies at the border's prices, between them `corner`; None: no arc."""
    supply, demand = floats(dummy_supply), floats(dummy_demand)
    sizes = len(supply), len(demand)
    whole = bordered(cost, *sizes, border, corner)
    return TransportProblem(whole, np.concatenate([a, supply]), np.concatenate([b, demand]))


def bordered(cost: PairCosts, rows: int, cols: int, border: LeftoverPrices, corner: float | None) -> PairCosts:
    """Return the costs with some dummy rows and columns at the border's prices; between them `corner`, None: no arc."""
    whole = (
        _sparse_bordered(cost, rows, cols, border, corner)
        if isinstance(cost, SparseCosts)
        else _bordered(cost, rows, cols, border, corner)
    )
    whole.reading = cost.reading
    return whole


def of_nothing(cost: PairCosts, a: FloatArray, b: FloatArray, border: LeftoverPrices) -> TransportProblem:
    """Return a balanced problem for two sides without mass: the dummies exchange a unit for nothing, and OPT is 0."""
    return with_dummies(cost, a, b, Fraction(1), Fraction(1), border, 0.0)


def worth_their_way(cost: PairCosts, prices: LeftoverPrices) -> PairCosts:
    """Return the pairs of points that cost no more than to leave both as arcs, where they are few; else the cost as is.

    They are counted first, for a list of all pairs would be larger than their matrix. A pair is passed over where
    (c − price of row) − price of column > 0 in float64, and so in real numbers, since rounding is monotone.
    """
    if not isinstance(cost, PointCosts):
        return cost
    n, m = cost.shape
    f, g = prices
    if _FEW * sum(cost.pairs_below(f, g, 0.0, lambda part, rows, cols, costs: rows.size)) > n * m:
        return cost
    listed = cost.pairs_below(f, g, 0.0, lambda part, *lists: tuple(each.copy() for each in lists))
    rows, cols, costs = (
        (np.concatenate(each) for each in zip(*listed, strict=True)) if listed else (_NONE, _NONE, g[:0])
    )
    from scipy.sparse import coo_array

    found = SparseCosts.from_matrix(coo_array((costs, (rows, cols)), shape=(n, m)))
    found.reading = cost.reading
    return found


def _bordered(cost: PairCosts, rows: int, cols: int, border: LeftoverPrices, corner: float | None) -> PairCosts:
    n, m = cost.shape
    require_memory(
        8 * (n + rows) * (m + cols),
        f"The dense cost matrix of {n + rows} × {m + cols} pairs, dummies included,",
        "A scipy.sparse matrix of the pairs worth their way needs less.",
    )
    matrix = np.empty((n + rows, m + cols))
    for start in range(0, n, _ROWS_AT_ONCE):
        stop = min(n, start + _ROWS_AT_ONCE)
        matrix[start:stop, :m] = cost.block(start, stop, 0, m)
    matrix[n:, :m], matrix[:n, m:] = border.b, border.a[:, None]
    matrix[n:, m:] = corner
    return MatrixCosts(matrix)


def _sparse_bordered(
    cost: SparseCosts, rows: int, cols: int, border: LeftoverPrices, corner: float | None
) -> PairCosts:
    from scipy.sparse import coo_array

    n, m = cost.shape
    blocks = [
        (np.arange(n, n + rows), np.arange(m), np.tile(border.b, rows)),
        (np.arange(n), np.arange(m, m + cols), np.repeat(border.a, cols)),
    ]
    if corner is not None:
        blocks.append((np.arange(n, n + rows), np.arange(m, m + cols), np.full(rows * cols, corner)))
    i = [cost.arc_rows, *(np.repeat(tops, lefts.size) for tops, lefts, _ in blocks)]
    j = [cost.pairs.cols, *(np.tile(lefts, tops.size) for tops, lefts, _ in blocks)]
    costs = [cost.pairs.costs, *(each for *_, each in blocks)]
    arcs = np.concatenate(i), np.concatenate(j)
    return SparseCosts.from_matrix(coo_array((np.concatenate(costs), arcs), shape=(n + rows, m + cols)))
