"""Costs in a unit of length of their own, where the p-th powers of distances leave float64.

W_p is a distance, and a float wherever the points are; W_p^p may be none: 0.3^700 is 1e-366, and (1e200)² overflows. So
costs are (d / unit)^p: the optimum V in these units gives W_p = unit · V^(1/p), and only the power is lost, not the
distance. There are two ways to come to such costs:

* *Points scaled by a power of two*, which is exact, so that costs from corner to corner of their box are near 2**600.
* *A matrix* of min((d / unit)^p, `LARGEST`), for distances so unlike that no unit suits all their powers. Its optimum
  is that of (d / unit)^p wherever the optimal plan uses no cost of that size: no cost has been raised.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs import checks

if TYPE_CHECKING:
    from otkit.costs.cost import Cost
    from otkit.costs.matrices import MatrixCosts

# The largest cost of such a matrix, and what the dearest pair of a plan costs there: sums of prices stay in float64,
# and what underflows is below 2**-1900 of it.
LARGEST = 2.0**990
TOP_BITS = 890

# What costs across the box of scaled points, and the powers on the way to them, are near; and the largest power p for
# which a power of two comes near enough.
BOX_BITS = 600


def box_exponent(x: FloatArray, y: FloatArray) -> int:
    """Return k: no coordinate of two points of the clouds differs by more than 2**k."""
    low, high = np.minimum(x.min(axis=0), y.min(axis=0)), np.maximum(x.max(axis=0), y.max(axis=0))
    return math.frexp(float((0.25 * high - 0.25 * low).max()))[1] + 2  # a quarter can't overflow


def unit_of(dearest: float, p: float) -> float:
    """Return the unit in which a distance has the cost 2**TOP_BITS, as far as it is a float."""
    if not math.isfinite(dearest):
        raise ValueError("x and y must have distances below 1.8e308, but one is larger. Rescale both clouds.")
    return max(dearest * 2.0 ** (-TOP_BITS / p), 2.0**-1022)


def matrix_in_unit(metric: Cost, x: FloatArray, y: FloatArray, p: float, unit: float | None = None) -> MatrixCosts:
    """Return the matrix of min((d / unit)^p, LARGEST); without a unit, in that which suits the largest distance.

    Raises
    ------
    MemoryError
        The matrix does not fit.
    """
    from otkit.costs.matrices import MatrixCosts

    n, m = len(x), len(y)
    checks.require_memory(
        8 * n * m,
        f"{metric.name} distances to the power p = {p:g} leave float64, and the matrix of {n} × {m} rescaled ones",
        "Take a smaller p, or fewer points.",
    )
    matrix = metric.distance_matrix(x, y)
    if matrix.min() < 0.0:
        raise ValueError(f"The cost must not be negative for p = {p:g}, but it is {matrix.min():g} for one pair.")
    if unit is None:
        unit = unit_of(float(matrix.max()), p)
    with np.errstate(over="ignore", under="ignore"):
        matrix /= unit
        np.power(matrix, p, out=matrix)
        np.minimum(matrix, LARGEST, out=matrix)
    return MatrixCosts(matrix, metric=metric, p=p, points=(x, y), unit=unit)


def scaled_points(x: FloatArray, y: FloatArray, shift: int) -> tuple[FloatArray, FloatArray] | None:
    """Return both clouds times 2**-shift; None where that is not exact."""
    scaled = np.ldexp(x, -shift), np.ldexp(y, -shift)
    exact = all(np.array_equal(np.ldexp(new, shift), old) for new, old in zip(scaled, (x, y), strict=True))
    return scaled if exact else None


def is_lost(costs: FloatArray, distances: FloatArray, mass: FloatArray, least: float, lower: float) -> bool:
    """Whether underflow has taken from the cost of a plan more than rounding takes.

    `least` is the cost below which digits are lost, and `lower` a lower bound of the optimum: a pair whose cost is
    smaller, though its points are apart, costs up to `least` in truth.
    """
    lost = (costs < least) & (distances > 0.0) & (mass > 0.0)
    return bool(lost.any()) and least * float(mass[lost].sum()) > 2.0**-60 * lower
