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

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import (
    HALF_ANGLE,
    MAX_ABS,
    SUM_ABS,
    SUM_CUBES,
    SUM_POWERS,
    SUM_SQUARES,
    MatrixPairs,
    PointPairs,
    power,
)
from otkit.numerics.floats import EPS, SMALLEST, TINY
from otkit.numerics.jit import njit, njit_pass, read_only

# Dimensions beyond which boxes of a few dozen points hardly exclude any pair.
LARGEST_DIMENSION = 4

# Powers of coordinates beyond which a norm is as good as the largest of them, and factors of its slope may underflow.
LARGEST_ORDER = 64.0

# Roundings of a bound, in units of eps times the sum of its terms; see `lower_bound`.
ROUNDINGS = 2048.0


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
    if pairs.kind == SUM_POWERS and pairs.order > LARGEST_ORDER:
        return False
    return pairs.order * pairs.exponent >= 1.0 and pairs.scale > 0.0


@njit_pass
def across(pairs: PointPairs) -> tuple[float, float, float]:
    """Return the longest side of the box that holds both clouds, and the base and the cost from corner to corner."""
    (n, d), m = pairs.x.shape, pairs.y.shape[1]
    widest = base = 0.0
    for k in range(d):
        low = high = pairs.x[0, k]
        for i in range(n):
            value = pairs.x[i, k]
            low, high = value if value < low else low, value if value > high else high
        for j in range(m):
            value = pairs.y[k, j]
            low, high = value if value < low else low, value if value > high else high
        extent = high - low
        widest = max(widest, extent)
        if pairs.kind == SUM_SQUARES:
            base += extent * extent
        elif pairs.kind == SUM_ABS:
            base += extent
        elif pairs.kind == MAX_ABS:
            base = max(base, extent)
        elif pairs.kind == SUM_CUBES:
            base += extent * extent * extent
        else:
            base += extent**pairs.order
    return widest, base, power(base, pairs.exponent)


def blocks(points: FloatArray, potentials: FloatArray, starts: IntArray) -> Blocks:
    """Return boxes and linear bounds of the blocks of points (n, d) that begin at `starts`."""
    shape = starts.size, points.shape[1]
    out = Blocks(np.empty(shape), np.empty(shape), np.empty(shape), np.empty(starts.size))
    _write_blocks(read_only(np.ascontiguousarray(points)), potentials, starts, out)
    return out


@njit
def _write_blocks(points: FloatArray, potentials: FloatArray, starts: IntArray, out: Blocks) -> None:
    n, d = points.shape
    count = starts.size
    centre, radius, slope, height = out
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


@njit
def _solve_ridge(matrix: FloatArray, right: FloatArray) -> None:
    """Solve a small positive semidefinite system in place by elimination, its diagonal enlarged a little."""
    d = right.size
    ridge = 0.0
    for k in range(d):
        ridge += 1e-9 * matrix[k, k]
    if ridge == 0.0:
        for k in range(d):
            right[k] = 0.0
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
def lower_bounds(pairs: PointPairs, rows: Blocks, cols: Blocks, first: int, stop: int, out: FloatArray) -> None:
    """Write, for the row blocks first … stop, lower bounds of c − f − g over all blocks of pairs into `out`."""
    d = rows.centre.shape[1]
    room = margin(pairs), np.empty(d), np.empty(d)
    for a in range(first, stop):
        for b in range(cols.height.size):
            out[a, b] = lower_bound(pairs, rows, a, cols, b, room[0], room[1], room[2])


@njit
def margin(pairs: PointPairs) -> tuple[float, float]:
    """Return what rounding takes from a bound: a share of the sum of its terms, and what underflow may take at most."""
    degree = max(1.0, pairs.order * pairs.exponent)
    absolute = pairs.scale * SMALLEST**pairs.exponent + (1.0 + pairs.scale) * TINY
    return ROUNDINGS * degree * EPS, absolute


@njit
def lower_bound(
    pairs: PointPairs,
    rows: Blocks,
    a: int,
    cols: Blocks,
    b: int,
    margins: tuple[float, float],
    offset: FloatArray,
    tangent: FloatArray,
) -> float:
    """Return a lower bound of (c − f) − g, as float64 evaluates it, over row block `a` and column block `b`.

    `offset` and `tangent` are room for d numbers each. The bound is safe: rounding is accounted for as follows, with
    u = eps/2, D ≥ 1 the degree of the cost (its order times its exponent), d ≤ 4 coordinates, and T the sum of the
    sizes of all terms: cost, heights, and slopes times radii.

    * *Points within their boxes.* Centres are floats, taken as they are. A difference of two floats is off by a factor
      of 1 + u, and so is a radius: no more than u T.
    * *Potentials below their linear functions.* The height is the largest of f − slope · (x − centre), each computed
      with 2d + 1 roundings of terms that are at most |f| + Σ |slope| r. If such a difference exceeds the height at all,
      |f| ≤ |height| + 2 Σ |slope| r up to roundings: no more than 4 (2d + 1) u T.
    * *The cost above its tangent.* Any tangent will do, so the offset may be the rounded one, off from the true one by
      u |offset|, which the slope turns into D u c (Euler). A computed slope is off from a subgradient by its own
      roundings, fewer than 8 (D + d), times the distance to the point of contact, at most r + s plus the former. A
      component that underflows is off by less than u times the largest component: therefore T takes that in its place.
      An exponent that was rounded, as 1/3 is, may make the degree 1 − ε with ε ≤ 2u, and the cost is convex no more:
      for N^(1−ε) with N convex the tangent at o exceeds the function at z by no more than ε (1 + t ln t) of its value
      at o, t being the ratio of the tangent of N to N(o), which is at most 2^2098 among floats: ε · 1456 T.
    * *The cost in float64 near the true one.* At most d + 2 roundings of each term of the base, D times that after the
      exponent, and powers of the machine's library that are off by 8 u each: fewer than 16 D u c.
      Terms that underflow take less than `SMALLEST` from the base, so less than scale · SMALLEST^exponent from the
      cost if the exponent is below 1 (roots are subadditive), and else the whole cost is smaller than that where they
      take more than a factor of 1 + u; results that underflow lose `TINY`, or as much times the scale. A contact point
      whose base is below `SMALLEST` has an unreliable slope: zero is taken, the cost being nowhere negative.
    * *The difference.* Rounding is monotone: (c − f) − g is at least what it is for the bounds of f and g, and that has
      two roundings of at most 2T.
    * *This sum.* Fewer than 8 + 8d roundings of parts of T.

    In all, less than (1456 + 64 D) eps T; `ROUNDINGS` times D covers it. What overflows gives nan or infinite T.
    """
    for k in range(offset.size):
        offset[k] = rows.centre[a, k] - cols.centre[b, k]
    cost = pairs.scale * _tangent(pairs.kind, pairs.order, pairs.exponent, offset, tangent)
    bound = cost - rows.height[a] - cols.height[b]
    terms = cost + abs(rows.height[a]) + abs(cols.height[b])
    steepest = 0.0
    for k in range(offset.size):
        steepest = max(steepest, pairs.scale * abs(tangent[k]))
    for k in range(offset.size):
        slope = pairs.scale * tangent[k]
        r, s = rows.radius[a, k], cols.radius[b, k]
        bound -= abs(slope - rows.slope[a, k]) * r + abs(slope + cols.slope[b, k]) * s
        terms += (steepest + abs(rows.slope[a, k])) * r + (steepest + abs(cols.slope[b, k])) * s
    bound -= margins[0] * terms + margins[1]
    return bound if bound > -np.inf else -np.inf  # nan bounds nothing


@njit
def _tangent(kind: int, order: float, exponent: float, offset: FloatArray, tangent: FloatArray) -> float:
    """Return base(offset) ** exponent and write a subgradient of it; near the origin, its minimum, zeros."""
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
    if base < SMALLEST:
        for k in range(d):
            tangent[k] = 0.0
        return 0.0
    cost = base if exponent == 1.0 else np.sqrt(base) if exponent == 0.5 else base**exponent
    factor = exponent * cost / base
    for k in range(d):
        if kind == SUM_SQUARES:
            tangent[k] = factor * 2.0 * offset[k]
        elif kind == SUM_ABS:
            tangent[k] = factor * np.sign(offset[k])
        elif kind == MAX_ABS:
            tangent[k] = factor * np.sign(offset[k]) if k == steepest else 0.0
        elif kind == SUM_CUBES:
            tangent[k] = factor * 3.0 * offset[k] * abs(offset[k])
        else:
            tangent[k] = factor * order * abs(offset[k]) ** (order - 1.0) * np.sign(offset[k])
    return cost
