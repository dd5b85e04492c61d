"""How far the costs of two machines may lie apart where they rest on mathematical libraries.

Additions, products and square roots are the same everywhere (IEEE 754); powers, sines and arcsines come from a library.
Those in use are within 4 units in the last place of the exact function of their argument, most within one (B. Gladman,
V. Innocente, J. Mather & P. Zimmermann, *Accuracy of Mathematical Functions in Single, Double, Double Extended, and
Quadruple Precision*). What follows from that for a cost, term by term, is far below what anybody measures: so costs
that lie farther from our own are others.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.costs.pairs import HALF_ANGLE, SUM_POWERS, PointPairs
from otkit.numerics.floats import LEAST

ROUNDING = 2.0**-53
LIBRARY = 8.0 * ROUNDING  # 4 units in the last place, each two roundings at most


def largest_difference(pairs: PointPairs, costs: FloatArray) -> FloatArray:
    """Bound the difference of each cost, as evaluated here, to that of another machine."""
    exponent, scale, d = pairs.exponent, pairs.scale, pairs.y.shape[0]
    share, below = np.zeros_like(costs), 0.0  # of the base: relative to it, and what underflow may take
    if pairs.kind == SUM_POWERS:
        share += 2.0 * (LIBRARY + d * ROUNDING)  # of each term, and of the sum
        below = 8.0 * d * LEAST
    elif pairs.kind == HALF_ANGLE:
        share += _angles_apart((costs / scale) ** (1.0 / exponent))
    relative = exponent * share + 2.0 * LIBRARY + 4.0 * ROUNDING  # the power, and the product with the scale
    if pairs.kind == HALF_ANGLE:
        relative += 2.0 * LIBRARY  # its scale is a power of the radius
    if exponent < 1.0:
        lost = scale * below**exponent  # (s + t)^e − s^e ≤ t^e
    else:
        lost = scale * exponent * below * (costs.max() / scale) ** ((exponent - 1.0) / exponent)
    return 1.01 * (costs * relative) + lost + 16.0 * LEAST  # 1.01: products of two such shares


def _angles_apart(theta: FloatArray) -> FloatArray:
    """Bound the relative difference of half angles θ = asin √(sin²u + cos φ cos φ' sin²v).

    Under the root each term is off by four library functions and a few roundings, so that the root is off by half of
    that; where the points are nearly opposite, the arcsine becomes steep, and it is the most there.
    """
    sine, off = np.sin(theta), 8.0 * LIBRARY  # of two machines, and of the sine that is taken here
    low, high = np.arcsin((1.0 - off) * sine), np.arcsin(np.minimum((1.0 + off) * sine, 1.0))
    apart = np.maximum(np.maximum(theta - low, high - theta), 0.0)
    return np.divide(apart, theta, out=np.zeros_like(theta), where=theta > 0.0) + 2.0 * LIBRARY
