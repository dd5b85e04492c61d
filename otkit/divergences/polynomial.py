"""Sums of a polynomial kernel, k(x, y) = (1 + ⟨x, y⟩/σ²)^degree, over all pairs of points.

Products of blocks are matrix products of the linear algebra library, since features have thousands of coordinates: the
last bits, not the error bound, may depend on that library.
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray
from otkit.numerics.sums import accurate_dot

_UNIT = 2.0**-53
_BLOCK = 1 << 21  # entries of a block of the kernel matrix


def row_sums(x: FloatArray, y: FloatArray, weights: FloatArray, degree: int) -> FloatArray:
    """Return Σ_j (1 + ⟨x_i, y_j⟩)^degree weights_j for each row i."""
    sums = np.empty(len(x))
    step = max(1, _BLOCK // len(y))
    for first in range(0, len(x), step):
        products = x[first : first + step] @ y.T
        products += 1.0
        powers = products.copy()
        for _ in range(degree - 1):
            powers *= products
        sums[first : first + step] = powers @ weights
    return sums


def on_diagonal(x: FloatArray, degree: int) -> FloatArray:
    """Return (1 + ‖x_i‖²)^degree of each point."""
    powers: FloatArray = (1.0 + np.einsum("ij,ij->i", x, x)) ** degree
    return powers


def rounding(x: FloatArray, a: FloatArray, y: FloatArray, b: FloatArray, degree: int) -> float:
    """Bound the rounding error of Σ_ij a_i b_j k(x_i, y_j), for a, b ≥ 0.

    Product and sum of each entry are wrong by at most (d + 3) units relative to 1 + ‖x‖ ‖y‖, each factor of the power
    by one more, the two sums over points by one for each of them; how far masses are off is nothing beside that. The
    sum of (1 + ‖x‖ ‖y‖)^degree over all pairs is one of products of moments.
    """
    radii = [np.sqrt(np.einsum("ij,ij->i", points, points)) for points in (x, y)]
    size = 0.0
    for k in range(degree + 1):
        size += math.comb(degree, k) * accurate_dot(a, radii[0] ** k) * accurate_dot(b, radii[1] ** k)
    return 1.01 * (degree * (x.shape[1] + 5) + len(x) + len(y) + 8) * _UNIT * size
