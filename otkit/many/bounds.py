"""Lower bounds of distances, for a small part of the price: what need not be solved to find who is near.

* *Axes.* With W_1 the distance for a norm ‖·‖ of coordinates that rises with each of them, and w_k that between the
  k-th coordinates alone, W_1 ≥ ‖(w_1, …, w_d)‖: for the optimal plan, E‖x − y‖ ≥ ‖(E|x_k − y_k|)_k‖ by convexity.
* *Centroids.* By the same argument, W_1 ≥ ‖E x − E y‖.
* *References.* Prices with f_i + g_j ≤ c_ij prove Σ a f + Σ b g ≤ W for every pair of measures at once: the costs of
  reaching a reference and their c-transforms. For a metric d that is |E d(x, z) − E d(y, z)|.

And W_p ≥ W_1 for p ≥ 1. Sums here are plain; `slack` is what their roundings may have added, generously.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from otkit._typing import FloatArray
from otkit.costs import Cost, Euclidean
from otkit.many.line import OnLine
from otkit.many.ragged import RaggedMasses
from otkit.numerics.floats import EPS

# References, at most, and rows of a table that are worked on at a time: they stay in the cache.
REFERENCES = 64
_ROWS = 64


# Numbers that were found lie within 1e-10 of the truth, so that a bound is lowered by more before they are compared.
CAUTION = 1.0 - 1e-9


def by_axes(points: FloatArray, masses: RaggedMasses, order: float, left: int) -> FloatArray:
    """Return bounds of the first `left` measures to all, for the norm (Σ |·|^order)^(1/order)."""
    count = masses.starts.size - 1
    lines = [OnLine(Euclidean(), column, masses, 1.0) for column in points.T]
    out = np.empty((left, count))
    columns = np.arange(count)
    for low in range(0, left, _ROWS):
        rows = np.arange(low, min(left, low + _ROWS))
        first, second = np.repeat(rows, count), np.tile(columns, rows.size)
        apart = [line.integrals(first, second).lower for line in lines]
        out[rows] = np.linalg.norm(apart, order, axis=0).reshape(rows.size, count) * (1.0 - 64.0 * EPS * len(lines))
    return out


def by_centroids(points: FloatArray, masses: RaggedMasses, order: float, left: int) -> FloatArray:
    """Return bounds of the first `left` measures to all, from the means of their points."""
    means = averages(points, masses)
    out = np.empty((left, len(means)))
    for low in range(0, left, _ROWS):
        out[low : low + _ROWS] = np.linalg.norm(means[low : min(left, low + _ROWS), None] - means, order, axis=2)
    widest = float(np.abs(points).max()) * points.shape[1]
    return np.maximum(out - slack(masses, widest), 0.0)


def by_references(points: FloatArray, masses: RaggedMasses, metric: Cost, left: int) -> FloatArray:
    """Return bounds of the first `left` measures to all, from mean distances to a few of the points."""
    chosen = np.unique(np.linspace(0, len(points) - 1, REFERENCES).astype(np.int64))
    distances = metric.between(points, points[chosen]).dense()
    means = averages(distances, masses)
    out = np.concatenate([_best(means, -means, left), _best(-means, means, left)]).reshape(2, left, -1).max(axis=0)
    return np.maximum(out - slack(masses, float(distances.max())), 0.0)


def by_prices(shares: tuple[FloatArray, FloatArray], cost: FloatArray) -> FloatArray:
    """Return bounds between histograms, from prices that some of the bins give."""
    n, m = cost.shape
    f = np.ascontiguousarray(cost[:, _some(m)].T)
    g = np.array([(cost - prices[:, None]).min(axis=0) for prices in f])
    other_g = cost[_some(n)]
    other_f = np.array([(cost - prices).min(axis=1) for prices in other_g])
    a, b = shares
    out = _best(a @ np.concatenate([f, other_f]).T, b @ np.concatenate([g, other_g]).T, len(a))
    largest = float(np.abs(cost).max())
    return out - 8.0 * EPS * (n + m + 64.0) * 4.0 * largest


def averages(values: FloatArray, masses: RaggedMasses) -> FloatArray:
    """Return the mean of the rows that belong to each measure."""
    means = [
        np.average(values[start:stop], axis=0, weights=masses.weights[start:stop])
        for start, stop in pairwise(masses.starts)
    ]
    return np.array(means)


def slack(masses: RaggedMasses, largest: float) -> float:
    """Return more than roundings can add to a difference of means of numbers up to `largest`."""
    return 8.0 * EPS * (float(np.diff(masses.starts).max()) + 64.0) * largest


def _some(count: int) -> FloatArray:
    return np.unique(np.linspace(0, count - 1, REFERENCES).astype(np.int64))


def _best(u: FloatArray, v: FloatArray, left: int) -> FloatArray:
    """Return max_r u_ir + v_jr for the first `left` rows of u and all of v."""
    out = np.empty((left, len(v)))
    columns = np.ascontiguousarray(v.T)
    for low in range(0, left, _ROWS):
        rows = out[low : min(left, low + _ROWS)]
        rows.fill(-np.inf)
        for r, column in enumerate(columns):
            np.maximum(rows, u[low : low + len(rows), r, None] + column, out=rows)
    return out
