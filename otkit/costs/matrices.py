"""Costs given as a matrix."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs.evaluated import Arithmetic, Indices, PairCosts, all_integers, taken
from otkit.costs.fingerprint import fingerprint
from otkit.costs.pairs import MatrixPairs
from otkit.costs.places import numbered_rows
from otkit.inputs import checks
from otkit.numerics.floats import SMALLEST
from otkit.numerics.jit import read_only

if TYPE_CHECKING:
    from otkit.costs.cost import Cost

# Matrices up to this size are copied: in less than a thousandth of the time that it takes to solve them.
LARGEST_COPY = 2**24


class MatrixCosts(PairCosts):
    """A given cost matrix: float64 or float32, any memory order, `numpy.memmap` as well.

    Up to 16 MiB are copied. A larger matrix is read where it lies, and must stay as it is: its fingerprint is taken
    here, and asked for again (`require_unchanged`) wherever something is said or written about costs.

    Parameters
    ----------
    matrix : array-like of shape (n, m)
        Finite costs, of either sign.
    metric, p, points, unit
        Where the matrix holds evaluated costs, such as those of an `otkit.CallableCost`: what it was evaluated from.

    Examples
    --------
    >>> from otkit.costs import MatrixCosts
    >>> costs = MatrixCosts([[3.0, 1.0], [2.0, 5.0]])
    >>> costs.row_minima([0.0, 0.0])[0]
    array([1., 2.])
    """

    pairs: MatrixPairs

    def __init__(
        self,
        matrix: ArrayLike,
        metric: Cost | None = None,
        p: float = 1.0,
        points: tuple[FloatArray, FloatArray] | None = None,
        unit: float = 1.0,
    ) -> None:
        self.metric = metric
        self.p = p
        self.points = points
        self.unit = unit
        given = _as_matrix(matrix)
        borrowed = given.nbytes > LARGEST_COPY
        self.pairs = MatrixPairs(read_only(given if borrowed else np.array(given, order="C")))
        self._fingerprint = fingerprint(given) if borrowed else None

    def __repr__(self) -> str:
        n, m = self.shape
        return f"MatrixCosts({n} × {m}, {self.pairs.matrix.dtype})"

    @property
    def arithmetic(self) -> Arithmetic:
        """The costs are given."""
        return "given"

    @property
    def floor(self) -> float:
        """The smallest cost."""
        return float(self.pairs.matrix.min())

    def require_unchanged(self) -> None:
        """Raise ValueError if a matrix that was not copied has changed since."""
        if self._fingerprint is not None and fingerprint(self.pairs.matrix) != self._fingerprint:
            raise ValueError(
                f"C must stay as it is while something rests on it, but entries have changed since it was handed over: "
                f"a matrix of more than {LARGEST_COPY // 2**20} MiB is not copied. Hand over C.copy(), or solve again."
            )

    def __getstate__(self) -> dict[str, Any]:
        self.require_unchanged()
        return super().__getstate__()

    @cached_property
    def are_integers(self) -> bool:
        """Whether all costs are integers."""
        return all_integers(self.pairs.matrix)

    @property
    def least_accurate(self) -> float:
        """The cost below which a power has lost digits to underflow."""
        return SMALLEST if self.metric is not None and (self.p != 1.0 or self.unit != 1.0) else 0.0

    def places(self) -> tuple[tuple[IntArray, int], tuple[IntArray, int]]:
        """Return numbers of the distinct rows and of the distinct columns of the matrix."""
        return numbered_rows(self.pairs.matrix), numbered_rows(self.pairs.matrix.T)

    def restrict(self, rows: Indices, cols: Indices) -> MatrixCosts:
        """Return the submatrix of the given rows and columns."""
        points = None if self.points is None else (self.points[0][rows], self.points[1][cols])
        return self._derived(_block(self.pairs.matrix, rows, cols), points)

    def transpose(self) -> MatrixCosts:
        """Return the transposed matrix, a view."""
        points = None if self.points is None else (self.points[1], self.points[0])
        return self._derived(self.pairs.matrix.T, points)

    def _derived(self, matrix: FloatArray, points: tuple[FloatArray, FloatArray] | None) -> MatrixCosts:
        """Wrap a part of a matrix that was checked already."""
        part = object.__new__(MatrixCosts)
        part.metric, part.p, part.points, part.unit = self.metric, self.p, points, self.unit
        part.pairs = MatrixPairs(read_only(matrix))
        part._fingerprint = None if self._fingerprint is None else fingerprint(matrix)
        return part


def bind(cost: PairCosts | ArrayLike) -> PairCosts:
    """Return a cost that is bound already as it is; take anything else as a cost matrix, dense or sparse.

    Examples
    --------
    >>> from otkit.costs import bind
    >>> bind([[3, 1], [2, 5]]).extremes()
    (1.0, 5.0)
    """
    if isinstance(cost, PairCosts):
        return cost
    if hasattr(cost, "tocsr"):  # a matrix of scipy.sparse, told without importing that
        from otkit.costs.sparse import SparseCosts

        return SparseCosts.from_matrix(cost)
    return MatrixCosts(cost)


def _as_matrix(value: ArrayLike) -> FloatArray:
    """Return `value` as a finite matrix; float32 and float64 arrays are neither copied nor converted."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        matrix: FloatArray = np.asarray(value)
        checks.as_cost_array(matrix[:1], "C")
        checks.require_finite(matrix, "C")
        return matrix
    return checks.as_cost_array(value, "C")


def _block(matrix: FloatArray, rows: Indices, cols: Indices) -> FloatArray:
    """Return some rows and columns of a matrix in its own memory order, which indexing by lists would turn over."""
    if not matrix.flags.c_contiguous and matrix.flags.f_contiguous:
        return _block(matrix.T, cols, rows).T
    for axis, which in enumerate((rows, cols)):
        matrix = taken(matrix, _run(which), axis)
    return np.ascontiguousarray(matrix)


def _run(which: Indices) -> Indices:
    """Return consecutive indices as a slice, all others as they are."""
    if isinstance(which, slice) or len(which) == 0:
        return which
    first = int(which[0])
    consecutive = which[-1] - first == len(which) - 1 and bool((np.diff(which) == 1).all())
    return slice(first, first + len(which)) if consecutive and first >= 0 else which
