"""Small transport problems, thousands a second: one compiled call for a batch, none of Python for a pair.

Costs, network simplex and proof of each pair follow one another while the costs are in the cache. What a pair gives
does not depend on the pairs around it, so neither batches nor threads change a bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.batch import enclose
from otkit.costs.pairs import MatrixPairs, PointPairs, panel
from otkit.numerics.jit import njit, overload
from otkit.solvers.simplex.dense import NO_LIMIT, solve_dense


class Packed(NamedTuple):
    """Measures laid end to end: the k-th has the atoms ``starts[k]:starts[k + 1]``, each with mass.

    Attributes
    ----------
    pairs : PointPairs or MatrixPairs
        Costs between all atoms, or between all bins.
    bins : ndarray
        For a matrix of costs between bins, the bin of each atom.
    starts : ndarray
    weights, shares : ndarray
        Masses as given, and divided by the total of their measure.
    totals : ndarray
        Those totals.
    """

    pairs: PointPairs | MatrixPairs
    bins: IntArray
    starts: IntArray
    weights: FloatArray
    shares: FloatArray
    totals: FloatArray


@njit
def solve_pairs(
    packed: Packed, first: IntArray, second: IntArray, start: int, stop: int, out: FloatArray, proved: BoolArray
) -> None:
    """Solve the pairs of measures start … stop of a list; write cost and bounds, and whether these are proved tight."""
    pairs, bins, starts, weights, shares, totals = packed
    cost = np.empty((0, 0))
    for k in range(start, stop):
        i, j = first[k], second[k]
        n, m = starts[i + 1] - starts[i], starts[j + 1] - starts[j]
        if cost.shape[0] != n or cost.shape[1] != m:
            cost = np.empty((n, m))
        fill_costs(pairs, bins, starts[i], starts[j], cost)
        rows, cols = slice(starts[i], starts[i + 1]), slice(starts[j], starts[j + 1])
        supply, demand = shares[rows], shares[cols]
        answer = solve_dense(cost, supply, demand, NO_LIMIT)
        found = enclose(
            cost, answer.rows, answer.cols, answer.mass, answer.f, answer.g,
            weights[rows], weights[cols], (totals[i], totals[j]), supply, demand,
        )  # fmt: skip
        out[k, 0], out[k, 1], out[k, 2] = found.value, found.lower, found.upper
        proved[k] = found.optimal


def fill_costs(pairs: Any, bins: IntArray, row: int, col: int, out: FloatArray) -> None:
    """Write the costs between the atoms from `row` and those from `col`."""
    (_point_costs if isinstance(pairs, PointPairs) else _bin_costs)(pairs, bins, row, col, out)


def _point_costs(pairs, bins, row, col, out):  # type: ignore[no-untyped-def]
    panel(pairs, row, out.shape[0], col, out.shape[1], out, 0, 0)


def _bin_costs(pairs, bins, row, col, out):  # type: ignore[no-untyped-def]
    n, m = out.shape
    for i in range(n):
        line, target = pairs.matrix[bins[row + i]], out[i]
        for j in range(m):
            target[j] = line[bins[col + j]]


@overload(fill_costs)
def _compile_fill(pairs, bins, row, col, out):  # type: ignore[no-untyped-def]
    return _point_costs if issubclass(pairs.instance_class, PointPairs) else _bin_costs
