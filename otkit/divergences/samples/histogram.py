"""Shared adaptive bins in one and two dimensions, with the jackknife's correction of the bias.

Bins hold about equally many of all points, and neighbours are joined until each sample has a few in each, so that no
cell is empty on one side by chance alone. Leaving out one point changes one count, so the delete-one jackknife is
exact and cheap: its bias correction is Miller's and Madow's, (cells − 1)/2n for an entropy, to first order, and holds
for any f; its variance gives the standard error. What bins lose stays lost: merging points never raises a divergence.

References: G. A. Miller, *Note on the bias of information estimates* (1955); Q. Wang, S. R. Kulkarni & S. Verdú,
*Divergence estimation of continuous distributions based on data-dependent partitions*, IEEE Trans. Inf. Theory 51
(2005).
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.samples.points import Options, require_more_points

# Points of each sample in every bin, at least.
_LEAST = 5


def estimate(
    divergence: FDivergence, x: FloatArray, y: FloatArray, options: Options, rng: np.random.Generator
) -> DivergenceResult:
    """Estimate a divergence from counts in shared bins, 2 n^{1/3} of them, or 2 n^{1/4} per axis; `rng` is not used."""
    d = x.shape[1]
    if d > 2:
        raise ValueError(
            f"estimator 'histogram' works in one and two dimensions, but x has {d} coordinates. Use estimator='auto'."
        )
    require_more_points(x, y, 2 * _LEAST, "bins that hold some of each sample")
    bins = options.bins or round(2.0 * min(len(x), len(y)) ** (1.0 / (d + 2)))
    cell_x, cell_y = _cells(x[:, 0], y[:, 0], bins)
    if d == 2:
        for strip in range(int(cell_x.max()), -1, -1):
            in_x, in_y = cell_x == strip, cell_y == strip
            sub_x, sub_y = _cells(x[in_x, 1], y[in_y, 1], bins)
            cell_x[in_x], cell_y[in_y] = strip * bins + sub_x, strip * bins + sub_y
        names = np.unique(np.concatenate([cell_x, cell_y]))
        cell_x, cell_y = np.searchsorted(names, cell_x), np.searchsorted(names, cell_y)
    cells = int(max(cell_x.max(), cell_y.max())) + 1
    p, q = (np.bincount(cell, minlength=cells).astype(np.float64) for cell in (cell_x, cell_y))
    plain = _divergence(divergence, p[None, :], q[None, :])[0]
    value, variance = plain, 0.0
    for counts, without in (
        (p, _divergence(divergence, p - np.eye(cells), q[None, :])),
        (q, _divergence(divergence, p[None, :], q - np.eye(cells))),
    ):
        size = counts.sum()
        mean = float(counts @ without) / size
        if divergence.name != "tv":  # where f has a kink, the bias is not of order 1/n, and has no correction
            value += (size - 1) * (plain - mean)
        variance += (size - 1) / size * float(counts @ np.square(without - mean))
    return DivergenceResult(float(value), "estimate", math.sqrt(variance), f"histogram, {cells} cells")


def _divergence(divergence: FDivergence, p: FloatArray, q: FloatArray) -> FloatArray:
    """Return Σ q f(p/q) of counts, all positive, along the last axis."""
    p, q = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    return np.sum(q * divergence.f(p / q), axis=-1)


def _cells(x: FloatArray, y: FloatArray, bins: int) -> tuple[IntArray, IntArray]:
    """Cut a line into at most `bins` bins with a few of x and of y in each; return the bin of each point."""
    edges = np.unique(np.quantile(np.concatenate([x, y]), np.arange(1, bins) / bins))
    in_x, in_y = np.searchsorted(edges, x, side="right"), np.searchsorted(edges, y, side="right")
    count_x, count_y = (np.bincount(place, minlength=len(edges) + 1) for place in (in_x, in_y))
    name = np.zeros(len(edges) + 1, dtype=np.int64)
    current, of_x, of_y = 0, 0, 0
    for place in range(len(name)):
        if of_x >= _LEAST and of_y >= _LEAST:
            current, of_x, of_y = current + 1, 0, 0
        name[place] = current
        of_x, of_y = of_x + count_x[place], of_y + count_y[place]
    if current > 0 and (of_x < _LEAST or of_y < _LEAST):  # the last is too small: it joins the one before
        name[name == current] = current - 1
    return name[in_x], name[in_y]
