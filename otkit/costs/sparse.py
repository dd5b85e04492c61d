"""Costs of listed arcs alone: transport on a graph, where most pairs of a row and a column cannot trade at all.

A pair that is not listed is no arc. Its cost reads as infinity wherever costs of pairs are asked for, and minima are
taken over arcs: infinity where a row or column has none. Memory is that of the list; no n × m matrix is made.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.evaluated import Arithmetic, Indices, PairCosts, _as_prices, all_integers
from otkit.costs.listing import Visitor
from otkit.costs.pairs import SparsePairs
from otkit.costs.sweeps import signed_slacks
from otkit.inputs.checks import within
from otkit.inputs.indices import require_sound_sparse
from otkit.numerics.jit import read_only

if TYPE_CHECKING:
    from scipy.sparse import csr_array

T = TypeVar("T")


class SparseCosts(PairCosts):
    """The costs of a sparse matrix: an entry is an arc, also if it is an explicit zero; no entry, no arc.

    Made by `otkit.costs.bind` (and so by `otkit.transport` and `otkit.TransportProblem`) of a matrix of `scipy.sparse`.

    Examples
    --------
    >>> import numpy as np, scipy.sparse
    >>> from otkit.costs import bind
    >>> costs = bind(scipy.sparse.coo_array(([3.0, 0.0], ([0, 1], [1, 0])), shape=(2, 2)))
    >>> costs
    SparseCosts(2 × 2, 2 arcs)
    >>> costs.dense()
    array([[inf,  3.],
           [ 0., inf]])
    """

    pairs: SparsePairs
    metric = None
    p = 1.0
    points = None
    complete = False

    def __init__(self, starts: IntArray, cols: IntArray, costs: FloatArray, width: int) -> None:
        """Take a canonical CSR matrix apart: columns ascending in each row, no entry twice, all finite."""
        self.pairs = SparsePairs(
            read_only(np.ascontiguousarray(starts, dtype=np.int64)),
            read_only(np.ascontiguousarray(cols, dtype=np.int64)),
            read_only(np.ascontiguousarray(costs, dtype=np.float64)),
        )
        self._width = width

    @classmethod
    def from_matrix(cls, matrix: Any) -> SparseCosts:
        """Return the costs of a matrix of `scipy.sparse`; entries that are listed twice are summed, as SciPy does.

        Raises
        ------
        TypeError
            A format that stores blocks or diagonals, and with them zeros that nobody listed; costs that are no numbers.
        ValueError
            Costs that are not finite; a shape without rows or columns; indices that lie outside of it.
        """
        if matrix.format in ("bsr", "dia"):
            raise TypeError(
                f"C must list its arcs (csr, csc, coo, lil or dok), but a {matrix.format} matrix stores zeros between "
                "them, which would be arcs of cost zero. Convert it by C.tocoo(), and drop what is no arc."
            )
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise ValueError(f"C must be a matrix of shape (n, m), not empty, but its shape is {matrix.shape}.")
        if matrix.dtype.kind not in "biuf":
            raise TypeError(f"C must be real, but its type is {matrix.dtype}.")
        from scipy.sparse import csr_array

        require_sound_sparse(matrix, "C")
        table = csr_array(matrix, dtype=np.float64, copy=True)
        require_sound_sparse(table, "C")
        table.sum_duplicates()
        finite = np.isfinite(table.data)
        if not finite.all():
            k = int(np.argmin(finite))
            i = int(np.searchsorted(table.indptr, k, side="right")) - 1
            raise ValueError(
                f"C must be finite, but C[{i}, {table.indices[k]}] = {table.data[k]}. A pair that cannot trade is left "
                "out of a sparse matrix."
            )
        return cls(table.indptr, table.indices, table.data, matrix.shape[1])

    def __repr__(self) -> str:
        n, m = self.shape
        return f"SparseCosts({n} × {m}, {self.kind})"

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The number of arcs, in words."""
        return "1 arc" if self.arcs == 1 else f"{self.arcs} arcs"

    @property
    def arcs(self) -> int:
        """How many pairs have a cost."""
        return int(self.pairs.costs.size)

    @property
    def arithmetic(self) -> Arithmetic:
        """The costs are given."""
        return "given"

    @cached_property
    def shape(self) -> tuple[int, int]:
        """The number of rows n and of columns m."""
        return self.pairs.starts.size - 1, self._width

    @cached_property
    def are_integers(self) -> bool:
        """Whether the costs of all arcs are integers."""
        return self.arcs == 0 or all_integers(self.pairs.costs)

    @cached_property
    def arc_rows(self) -> IntArray:
        """The row of each arc; its column and its cost are in `pairs.cols` and `pairs.costs`."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.pairs.starts))

    @cached_property
    def matrix(self) -> csr_array:
        """The costs as a `scipy.sparse.csr_array`, which shares their memory."""
        from scipy.sparse import csr_array

        return csr_array((self.pairs.costs, self.pairs.cols, self.pairs.starts), shape=self.shape)

    @cached_property
    def _by_columns(self) -> tuple[IntArray, IntArray]:
        """Where each column starts in an order of the arcs by columns, and that order."""
        from scipy.sparse import csr_array

        numbered = csr_array((np.arange(self.arcs), self.pairs.cols, self.pairs.starts), shape=self.shape).tocsc()
        return numbered.indptr.astype(np.int64), numbered.data

    @cached_property
    def pieces(self) -> int:  # type: ignore[override]
        """The number of connected components of the graph."""
        return int(self.components().max()) + 1

    def components(self) -> IntArray:
        """Return the connected component of each row, and then of each column, numbered from 0."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        n, m = self.shape
        ends = self.arc_rows, n + self.pairs.cols
        graph = coo_array((np.ones(self.arcs, np.int8), ends), shape=(n + m, n + m))
        return connected_components(graph, directed=False)[1].astype(np.int64)

    def restrict(self, rows: Indices, cols: Indices) -> SparseCosts:
        """Return the arcs between subsets of the rows and of the columns."""
        part = self.matrix[rows][:, cols]
        part.sort_indices()
        return SparseCosts(part.indptr, part.indices, part.data, part.shape[1])

    def transpose(self) -> SparseCosts:
        """Return the costs with rows and columns exchanged."""
        starts, order = self._by_columns
        return SparseCosts(starts, self.arc_rows[order], self.pairs.costs[order], self.shape[0])

    def block(self, i0: int, i1: int, j0: int, j1: int) -> FloatArray:
        """Return the costs of rows ``i0:i1`` and columns ``j0:j1`` as a new matrix, infinite where there is no arc."""
        n, m = self.shape
        if not (0 <= i0 <= i1 <= n and 0 <= j0 <= j1 <= m):
            raise IndexError(f"The block [{i0}:{i1}, {j0}:{j1}] does not lie within {n} × {m} pairs.")
        part = self.restrict(slice(i0, i1), slice(j0, j1))
        out = np.full(part.shape, np.inf)
        out[part.arc_rows, part.pairs.cols] = part.pairs.costs
        return out

    def row_minima(self, g: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return min_j c_ij − g_j over the arcs of each row, and the first j that attains it; inf and 0 without."""
        g = _as_prices(g, "g", self.shape[1])
        starts, cols = self.pairs.starts, self.pairs.cols
        return _least(self.pairs.costs - g[cols], starts, cols)

    def column_minima(self, f: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return min_i c_ij − f_i over the arcs of each column, and the first i that attains it; inf and 0 without."""
        f = _as_prices(f, "f", self.shape[0])
        starts, order = self._by_columns
        rows = self.arc_rows[order]
        return _least(self.pairs.costs[order] - f[rows], starts, rows)

    def slacks(self, f: FloatArray, g: FloatArray) -> FloatArray:
        """Return (c_ij − f_i) − g_j for each arc."""
        n, m = self.shape
        f, g = _as_prices(f, "f", n), _as_prices(g, "g", m)
        return (self.pairs.costs - f[self.arc_rows]) - g[self.pairs.cols]

    def slack_minima(
        self, f: FloatArray, g: FloatArray, near: tuple[IntArray, IntArray] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the minima of (c_ij − f_i) − g_j over the arcs of each row and of each column; inf without arcs."""
        n, m = self.shape
        f, g = _as_prices(f, "f", n), _as_prices(g, "g", m)
        slack = signed_slacks(self.pairs.costs, f[self.arc_rows], g[self.pairs.cols])
        starts, order = self._by_columns
        return _minima(slack, self.pairs.starts), _minima(slack[order], starts)

    def pairs_below(self, f: FloatArray, g: FloatArray, limit: float, visit: Visitor[T]) -> list[T]:
        """Call ``visit(part, rows, cols, costs)`` on all arcs with (c_ij − f_i) − g_j ≤ limit."""
        below = np.flatnonzero(self.slacks(f, g) <= limit)
        return [visit(0, self.arc_rows[below], self.pairs.cols[below], self.pairs.costs[below])]

    def extremes(self) -> tuple[float, float]:
        """Return the smallest and the largest cost of an arc; (inf, −inf) without arcs."""
        costs = self.pairs.costs
        return float(costs.min(initial=np.inf)), float(costs.max(initial=-np.inf))

    def steepest_slope(self, u: FloatArray, v: FloatArray, *, falling: bool = False) -> float:
        """Return max |u_i − v_j| / c_ij over all arcs; 0/0 counts as 0, a difference at cost 0 as infinity.

        If `falling`, the largest of (u_i − v_j) / c_ij and 0.
        """
        n, m = self.shape
        u, v = _as_prices(u, "u", n), _as_prices(v, "v", m)
        rise = u[self.arc_rows] - v[self.pairs.cols]
        rise = np.maximum(rise, 0.0) if falling else np.abs(rise)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.where(rise == 0.0, 0.0, rise / self.pairs.costs).max(initial=0.0))


def require_canonical(starts: IntArray, cols: IntArray, costs: FloatArray, width: int) -> None:
    """Raise ValueError unless these are a matrix in CSR form, columns ascending in each row and no entry twice."""
    if starts.size < 2 or starts[0] != 0 or starts[-1] != cols.size or costs.size != cols.size:
        raise ValueError("arc_starts must begin with 0 and end with the number of arcs, but it does not")
    if (np.diff(starts) < 0).any():
        raise ValueError("arc_starts must not fall, but it does")
    if not within(cols, width):
        raise ValueError(f"arc_cols must hold integers from 0 to {width - 1}, but it does not")
    rising = np.diff(cols) > 0
    rising[starts[1:-1][(starts[1:-1] > 0) & (starts[1:-1] < cols.size)] - 1] = True  # from one row to the next
    if not rising.all():
        raise ValueError("arc_cols must rise within each row, but it does not")


def as_prices(minima: FloatArray, otherwise: float | FloatArray = 0.0) -> FloatArray:
    """Return minima over arcs with another number where there are no arcs: any price is feasible there."""
    return np.where(minima == np.inf, otherwise, minima)


def _minima(values: FloatArray, starts: IntArray) -> FloatArray:
    """Return the least of the values between each start and the next; inf where there are none."""
    minima = np.full(starts.size - 1, np.inf)
    some = np.flatnonzero(starts[1:] > starts[:-1])
    if some.size:
        minima[some] = np.minimum.reduceat(values, starts[some])
    return minima


def _least(values: FloatArray, starts: IntArray, partners: IntArray) -> tuple[FloatArray, IntArray]:
    """Return `_minima`, and the partner at the first value that attains each."""
    minima = _minima(values, starts)
    attained = values == np.repeat(minima, np.diff(starts))
    first = np.searchsorted(np.flatnonzero(attained), starts[:-1])
    argmin = np.zeros(minima.size, dtype=np.int64)
    some = starts[1:] > starts[:-1]
    argmin[some] = partners[np.flatnonzero(attained)[first[some]]]
    return minima, argmin
