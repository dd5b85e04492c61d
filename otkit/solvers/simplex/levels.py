"""Levels: clusters of points as contiguous ranges of a kd-order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import MatrixPairs, PointPairs
from otkit.costs.sweeps import Pairs
from otkit.numerics.jit import read_only
from otkit.solvers.simplex.masses import integer_masses

# The coarsest level has at least so many nodes a side, few enough for the dense solver.
COARSEST = 200

# The finest level has at least so many times the points of the next; below, levels have half as many each.
SMALLEST_STEP = 1.4

# Up to this dimension the arcs between clusters lead to nearly all arcs between points that matter; beyond, a point's
# best partners lie in too many clusters, and a sweep over all pairs that finds them saves more pivots than it costs.
REFINED_DIMENSION = 3

# Samples of a given matrix are copied up to this many rows and columns, or as many pairs if one side is shorter.
LARGEST_COPY = 2048


def ranges(n: int, depth: int) -> IntArray:
    """Return the 2**depth + 1 bounds of the clusters of a kd-order at `depth`."""
    bounds = np.array([0, n])
    for _ in range(depth):
        finer = np.empty(2 * bounds.size - 1, np.int64)
        finer[::2] = bounds
        finer[1::2] = (bounds[:-1] + bounds[1:]) // 2
        bounds = finer
    return bounds


class Level(NamedTuple):
    """A problem of some size between coarse and fine.

    Attributes
    ----------
    pairs : Pairs
        Its costs.
    supply, demand : (n,) and (m,) int64
    cross : Pairs
        Costs between its rows and the columns of the next coarser level, which are the columns `cross_cols` of `cross`.
    row_starts, col_starts : arrays or None
        Bounds of the clusters that make up the next coarser level, where arcs between them are worth following.
    """

    pairs: Pairs
    supply: IntArray
    demand: IntArray
    cross: Pairs
    cross_cols: IntArray
    row_starts: IntArray | None = None
    col_starts: IntArray | None = None


def point_levels(pairs: PointPairs, supply: IntArray, demand: IntArray) -> list[Level]:
    """Return the levels of clouds in kd-order, coarsest first: clusters become points at their centres of mass.

    Where the coordinates that `pairs` holds are not those of a vector space, centres are off; that costs time alone.
    """
    x_sides, y_sides = _clusters(pairs.x, supply), _clusters(np.ascontiguousarray(pairs.y.T), demand)
    levels: list[Level] = []
    coarser = pairs
    for depth in range(max(len(x_sides), len(y_sides)) - 1, -1, -1):
        x, a, row_starts = _side(x_sides, depth)
        y, b, col_starts = _side(y_sides, depth)
        here = pairs if depth == 0 else pairs._replace(x=read_only(x), y=read_only(np.ascontiguousarray(y.T)))
        cross = pairs._replace(x=here.x, y=coarser.y)
        starts = (row_starts, col_starts) if x.shape[1] <= REFINED_DIMENSION else (None, None)
        levels.append(Level(here, a, b, cross, np.arange(coarser.y.shape[1]), *starts))
        coarser = here
    return levels


class _Side(NamedTuple):
    """Points and masses of one side at one level, and the bounds of their clusters at the next coarser one."""

    points: FloatArray
    mass: IntArray
    starts: IntArray


def _side(sides: list[_Side], depth: int) -> _Side:
    """Return a side at some depth; where it is no longer coarsened, each point is a cluster of its own."""
    if depth < len(sides) - 1:
        return sides[depth]
    return sides[-1]._replace(starts=np.arange(sides[-1].mass.size + 1))


def _clusters(points: FloatArray, mass: IntArray) -> list[_Side]:
    """Return one side at each level, finest first."""
    n, d = points.shape
    depth = _coarser(int(np.log2(n / SMALLEST_STEP)) + 1, d) if n > COARSEST else 0
    sides: list[_Side] = []
    here = _Side(points, mass, ranges(n, depth))
    while 2**depth >= COARSEST:
        sides.append(here)
        bounds = ranges(n, depth)
        total = np.add.reduceat(mass, bounds[:-1])
        weighted = np.add.reduceat(points * mass[:, None].astype(np.float64), bounds[:-1])
        next_depth = _coarser(depth, d)
        here = _Side(weighted / total[:, None], total, np.arange(0, 2**depth + 1, 2 ** (depth - next_depth)))
        depth = next_depth
    sides.append(here)
    return sides


def _coarser(depth: int, dimension: int) -> int:
    """Return the depth of the next coarser level.

    Where a level costs sweeps over all pairs, every other one is left out, though more pivots are left to the finer.
    """
    return depth - 2 if dimension > REFINED_DIMENSION and 2 ** (depth - 2) >= COARSEST else depth - 1


def matrix_levels(pairs: MatrixPairs, supply: IntArray, demand: IntArray) -> list[Level]:
    """Return levels of nested random rows and columns of a matrix, coarsest first; only small ones are copied."""
    n, m = pairs.matrix.shape
    x_sides, y_sides = _samples(n, 1, m), _samples(m, 2, n)
    levels: list[Level] = []
    cols_before = np.arange(0)
    for depth in range(max(len(x_sides), len(y_sides)) - 1, -1, -1):
        rows, cols = x_sides[min(depth, len(x_sides) - 1)], y_sides[min(depth, len(y_sides) - 1)]
        if depth == 0:
            here, a, b = pairs, supply, demand
        else:
            here = MatrixPairs(read_only(np.ascontiguousarray(pairs.matrix[np.ix_(rows, cols)])))
            share = float(supply[rows].sum()) / float(demand[cols].sum())
            a, b, _, _ = integer_masses(supply[rows].astype(np.float64), demand[cols].astype(np.float64) * share)
        levels.append(Level(here, a, b, here, np.searchsorted(cols, cols_before)))
        cols_before = cols
    return levels


def _samples(n: int, seed: int, others: int) -> list[IntArray]:
    """Return nested sorted samples of range(n), finest first, where the other side has so many points."""
    order = np.random.default_rng(seed).permutation(n)
    samples = [np.arange(n)]
    size = min(int(n / SMALLEST_STEP), LARGEST_COPY**2 // min(others, LARGEST_COPY))
    while size >= COARSEST:
        samples.append(np.sort(order[:size]))
        size //= 2
    return samples


def restricted(pairs: Pairs, rows: IntArray, cols: IntArray) -> Pairs:
    """Return the costs between some rows and some columns."""
    if isinstance(pairs, MatrixPairs):
        return MatrixPairs(read_only(np.ascontiguousarray(pairs.matrix[np.ix_(rows, cols)])))
    return pairs._replace(x=read_only(pairs.x[rows]), y=read_only(np.ascontiguousarray(pairs.y[:, cols])))
