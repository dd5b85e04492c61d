"""Gradients of costs in their points, for the subgradients of a transport cost."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.evaluated import PairCosts
from otkit.costs.pairs import MAX_ABS, PointPairs

_NO_NORM = (
    "cost must be a power of a norm of x - y to have gradients in the points (euclidean, sqeuclidean, cityblock, "
    "chebyshev or minkowski), but it is {}."
)


def gradients(cost: PairCosts, rows: IntArray, cols: IntArray) -> FloatArray:
    """Return ∇_x c(x_i, y_j) for the index pairs ``(rows[k], cols[k])``, shape (k, d); ∇_y is its negative.

    Where a norm has a kink the choice is 0 if the points coincide (the subgradient of least norm), 0 in each coordinate
    in which they agree, and for the Chebyshev distance the first of the coordinates that attain it.

    Raises
    ------
    ValueError
        If the cost is no power of a norm of x − y.
    """
    pairs = cost.pairs
    if not isinstance(pairs, PointPairs):
        raise ValueError(_NO_NORM.format("a given matrix" if cost.metric is None else cost.metric.name))
    return gradients_of_differences(cost, pairs.x[rows] - pairs.y.T[cols])


def gradients_of_differences(cost: PairCosts, difference: FloatArray) -> FloatArray:
    """Return ∇_x c of a cost between points of which x − y are given, shape (k, d), whatever points it is bound to."""
    pairs = cost.pairs
    if cost.metric is None or cost.metric.norm is None or not isinstance(pairs, PointPairs):
        raise ValueError(_NO_NORM.format("a given matrix" if cost.metric is None else cost.metric.name))
    size = np.abs(difference)
    if pairs.kind == MAX_ABS:
        base = size.max(axis=1)
        base_gradient = np.zeros_like(difference)
        everyone = np.arange(len(difference))
        longest = size.argmax(axis=1)
        base_gradient[everyone, longest] = np.sign(difference[everyone, longest])
    else:  # base = Σ |x_k − y_k|^order
        base = np.sum(size**pairs.order, axis=1)
        base_gradient = pairs.order * size ** (pairs.order - 1.0) * np.sign(difference)
    apart = base > 0.0
    outer = np.zeros_like(base)
    outer[apart] = pairs.scale * pairs.exponent * base[apart] ** (pairs.exponent - 1.0)
    return outer[:, None] * base_gradient
