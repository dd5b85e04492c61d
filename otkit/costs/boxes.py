"""Lower bounds of reduced costs over whole blocks of pairs, from boxes around their points.

A cost that is a convex function h of x − y lies above its tangents, so over a block of pairs with centres x̄ and ȳ

    c(x, y) ≥ h(x̄ − ȳ) + ∇h(x̄ − ȳ) · ((x − x̄) − (y − ȳ)).

The potentials are bounded from above by linear functions of the points, f ≤ f̄ + a·(x − x̄) and g ≤ ḡ + b·(y − ȳ), and
near an optimum a ≈ ∇h ≈ −b: then little is left to lose over the widths of the boxes, r and s,

    c − f − g ≥ h − f̄ − ḡ − |∇h − a|·r − |∇h + b|·s.

All Minkowski metrics to powers p ≥ 1 are convex in x − y, and so is the cosine distance on normalised points; the
great-circle distance is not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._jit import njit
from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import HALF_ANGLE, MAX_ABS, SUM_ABS, SUM_CUBES, SUM_SQUARES, MatrixPairs, PointPairs

# Dimensions beyond which boxes of a few dozen points hardly exclude any pair.
LARGEST_DIMENSION = 4

# Roundings of a bound, in units of eps times the sum of its terms.
ROUNDINGS = 64.0


class Blocks(NamedTuple):
    """Consecutive points in blocks, with a linear upper bound of their potentials.

    Attributes
    ----------
    centre, radius : (k, d)
        Boxes |x − centre| ≤ radius.
    slope : (k, d)
    height : (k,)
        potential ≤ height + slope · (x − centre) at each point of the block.
    """

    centre: FloatArray
    radius: FloatArray
    slope: FloatArray
    height: FloatArray


def can_bound(pairs: PointPairs | MatrixPairs) -> bool:
    """Tell whether boxes bound this cost, and are worth their time."""
    if not isinstance(pairs, PointPairs) or pairs.kind == HALF_ANGLE or pairs.y.shape[0] > LARGEST_DIMENSION:
        return False
    degree = {SUM_SQUARES: 2.0, SUM_ABS: 1.0, MAX_ABS: 1.0, SUM_CUBES: 3.0}.get(
        pairs.kind, pairs.order
    ) * pairs.exponent
    return degree >= 1.0 and pairs.scale > 0.0


@njit
def blocks(points: FloatArray, potentials: FloatArray, starts: IntArray) -> Blocks:
    """Return boxes and linear bounds of the blocks of points (n, d) that begin at `starts`."""
    n, d = points.shape
    count = starts.size
    centre, radius, slope, height = np.empty((count, d)), np.empty((count, d)), np.empty((count, d)), np.empty(count)
    for block in range(count):
        low, high = starts[block], starts[block + 1] if block + 1 < count else n
        for k in range(d):
            least = most = points[low, k]
            for i in range(low, high):
                least, most = min(least, points[i, k]), max(most, points[i, k])
            centre[block, k] = 0.5 * least + 0.5 * most
            radius[block, k] = max(most - centre[block, k], centre[block, k] - least)
        # Least squares for the slope, with a ridge that keeps it defined where the points lie on a line. Whatever it
        # is, the height makes the bound hold.
        mean = 0.0
        for i in range(low, high):
            mean += potentials[i] / (high - low)
        moments, right = np.zeros((d, d)), np.zeros(d)
        for i in range(low, high):
            for k in range(d):
                offset = points[i, k] - centre[block, k]
                right[k] += offset * (potentials[i] - mean)
                for m in range(d):
                    moments[k, m] += offset * (points[i, m] - centre[block, m])
        _solve_ridge(moments, right)
        for k in range(d):
            slope[block, k] = right[k]
        height[block] = -np.inf
        for i in range(low, high):
            rest = potentials[i]
            for k in range(d):
                rest -= right[k] * (points[i, k] - centre[block, k])
            height[block] = max(height[block], rest)
    return Blocks(centre, radius, slope, height)


@njit
def _solve_ridge(matrix: FloatArray, right: FloatArray) -> None:
    """Solve a small positive semidefinite system in place by elimination, its diagonal enlarged a little."""
    d = right.size
    ridge = 0.0
    for k in range(d):
        ridge += 1e-9 * matrix[k, k]
    if ridge == 0.0:
        right[:] = 0.0
        return
    for k in range(d):
        matrix[k, k] += ridge
    for k in range(d):
        for m in range(k + 1, d):
            factor = matrix[m, k] / matrix[k, k]
            for t in range(k, d):
                matrix[m, t] -= factor * matrix[k, t]
            right[m] -= factor * right[k]
    for k in range(d - 1, -1, -1):
        for m in range(k + 1, d):
            right[k] -= matrix[k, m] * right[m]
        right[k] /= matrix[k, k]


@njit
def lower_bounds(
    kind: int,
    order: float,
    scale: float,
    exponent: float,
    rows: Blocks,
    cols: Blocks,
    first: int,
    stop: int,
    out: FloatArray,
) -> None:
    """Write, for the row blocks first … stop, lower bounds of c − f − g over all blocks of pairs into `out`."""
    d = rows.centre.shape[1]
    tangent, offset = np.empty(d), np.empty(d)
    margin = ROUNDINGS * np.finfo(np.float64).eps
    for a in range(first, stop):
        for b in range(cols.height.size):
            for k in range(d):
                offset[k] = rows.centre[a, k] - cols.centre[b, k]
            cost = scale * _tangent(kind, order, exponent, offset, tangent)
            bound = cost - rows.height[a] - cols.height[b]
            terms = abs(cost) + abs(rows.height[a]) + abs(cols.height[b])
            for k in range(d):
                slope = scale * tangent[k]
                r, s = rows.radius[a, k], cols.radius[b, k]
                bound -= abs(slope - rows.slope[a, k]) * r + abs(slope + cols.slope[b, k]) * s
                terms += (abs(slope) + abs(rows.slope[a, k])) * r + (abs(slope) + abs(cols.slope[b, k])) * s
            bound -= margin * terms
            out[a, b] = bound if bound > -np.inf else -np.inf  # nan, from overflow, bounds nothing


@njit
def _tangent(kind: int, order: float, exponent: float, offset: FloatArray, tangent: FloatArray) -> float:
    """Return base(offset) ** exponent and write a subgradient of it; 0 is one at the origin, the minimum."""
    d = offset.size
    base = 0.0
    steepest = 0
    for k in range(d):
        size = abs(offset[k])
        if kind == SUM_SQUARES:
            base += size * size
        elif kind == SUM_ABS:
            base += size
        elif kind == MAX_ABS:
            if size > base:
                base, steepest = size, k
        elif kind == SUM_CUBES:
            base += size * size * size
        else:
            base += size**order
    tangent[:] = 0.0
    if base == 0.0:
        return 0.0
    cost = base if exponent == 1.0 else np.sqrt(base) if exponent == 0.5 else base**exponent
    factor = exponent * cost / base
    for k in range(d):
        if kind == SUM_SQUARES:
            tangent[k] = factor * 2.0 * offset[k]
        elif kind == SUM_ABS:
            tangent[k] = factor * np.sign(offset[k])
        elif kind == MAX_ABS:
            if k == steepest:
                tangent[k] = factor * np.sign(offset[k])
        elif kind == SUM_CUBES:
            tangent[k] = factor * 3.0 * offset[k] * abs(offset[k])
        else:
            tangent[k] = factor * order * abs(offset[k]) ** (order - 1.0) * np.sign(offset[k])
    return cost
