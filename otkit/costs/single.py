"""Costs in single precision: twice as fast, and how far off they may be.

Good for finding the pairs that are worth a look in double precision, and never for anything that is proved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.costs.pairs import (
    IEEE_EXPONENTS,
    MAX_ABS,
    SUM_ABS,
    SUM_CUBES,
    SUM_SQUARES,
    MatrixPairs,
    PointPairs,
)
from otkit.costs.sweeps import gather
from otkit.numerics.jit import read_only

# Below this dimension, or for fewer pairs, costs take so little time that the conversion does not pay.
SMALLEST_DIMENSION = 5
FEWEST_PAIRS = 1 << 18

# Half a unit in the last place of 1.
ROUNDING = 2.0**-24

# Costs beyond these leave the range of float32 on the way.
_SMALLEST, _LARGEST = 1e-12, 1e12

# The power of the distance that each base function is.
_DEGREE = {SUM_SQUARES: 2.0, SUM_ABS: 1.0, MAX_ABS: 1.0, SUM_CUBES: 3.0}

# Single precision is of use where its error is below this part of what tells pairs apart.
_WORTHWHILE = 1e-3
_SAMPLE = 32


class SinglePairs(NamedTuple):
    """Costs between float32 points, at most `error` away from those in double precision, and at most `largest`."""

    pairs: PointPairs
    error: float
    largest: float


def single_precision(pairs: PointPairs | MatrixPairs) -> SinglePairs | None:
    """Return the costs in single precision, or None where they would be of no use.

    With coordinates up to R from a common centre, all rounded to float32 with unit u, a difference of two is off by at
    most Δ = 5uR, and so is a distance D in the norm of degree q by Δ d^(1/q); summing d powers and taking a root or a
    power adds a relative error below (d + 8)u each. A cost is the distance to some power k ≥ 1, whose slope is at most
    k D^(k−1).
    """
    if isinstance(pairs, MatrixPairs) or pairs.kind not in _DEGREE:
        return None
    n, d, m = *pairs.x.shape, pairs.y.shape[1]
    if d < SMALLEST_DIMENSION or n * m < FEWEST_PAIRS:
        return None
    q, exponent = _DEGREE[pairs.kind], pairs.exponent
    k = q * exponent
    if k < 1.0 or exponent not in IEEE_EXPONENTS:
        return None
    centre = 0.5 * (pairs.x.mean(axis=0) + pairs.y.mean(axis=1))
    x, y = pairs.x - centre, pairs.y - centre[:, None]
    reach = max(float(np.abs(x).max()), float(np.abs(y).max()))
    order = np.inf if pairs.kind == MAX_ABS else q
    norms = float(np.linalg.norm(x, order, axis=1).max()), float(np.linalg.norm(y, order, axis=0).max())
    widest = (1.0 + d * 8.0 * ROUNDING) * sum(norms)
    if not _SMALLEST < widest**k < _LARGEST or reach <= _SMALLEST:
        return None
    off = 5.0 * ROUNDING * reach * d ** (1.0 / q if pairs.kind != MAX_ABS else 0.0)
    error = abs(pairs.scale) * (k * widest ** (k - 1.0) * off + (k + 1.0) * (d + 8.0) * ROUNDING * widest**k)
    if error > _WORTHWHILE * _spread(pairs):
        return None
    single = pairs._replace(x=read_only(x.astype(np.float32)), y=read_only(y.astype(np.float32)))
    return SinglePairs(single, error, abs(pairs.scale) * widest**k)


def _spread(pairs: PointPairs) -> float:
    """Return how much costs vary beyond what sums of a row's and a column's share explain, from a few of them."""
    rows = np.linspace(0, pairs.x.shape[0] - 1, _SAMPLE).astype(np.int64)
    cols = np.linspace(0, pairs.y.shape[1] - 1, _SAMPLE).astype(np.int64)
    costs: FloatArray = gather(pairs, np.repeat(rows, _SAMPLE), np.tile(cols, _SAMPLE)).reshape(_SAMPLE, _SAMPLE)
    return float(np.std(costs - costs.mean(axis=0) - costs.mean(axis=1)[:, None]))
