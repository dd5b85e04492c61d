"""Costs bound to data: what problems, solvers and the certificate hold.

`PointCosts` evaluates a metric between two clouds whenever it is asked, `otkit.costs.matrices.MatrixCosts` reads a
given matrix; both answer the same questions with the same bits, so that nothing above branches on where a cost comes
from. A third kind, `otkit.costs.sparse.SparseCosts`, has costs for some pairs alone.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs import listing, pruning, sweeps
from otkit.costs import pairs as pairs_module
from otkit.costs.accuracy import Accuracy, root
from otkit.costs.boxes import can_bound
from otkit.costs.monge import monge_argmin
from otkit.costs.order import Ordered, in_kd_order, inverse, sorting_order
from otkit.costs.pairs import HALF_ANGLE, MAX_ABS, SUM_ABS, SUM_CUBES, SUM_SQUARES, PointPairs, point_pairs
from otkit.costs.places import numbered_points
from otkit.inputs import checks
from otkit.inputs.frames import NOTHING, Reading
from otkit.inputs.indices import as_indices
from otkit.numerics.floats import SMALLEST
from otkit.numerics.jit import read_only
from otkit.numerics.pickling import Frozen
from otkit.numerics.threads import share

if TYPE_CHECKING:
    from otkit.costs.cost import Cost

T = TypeVar("T")
Arithmetic: TypeAlias = Literal["ieee", "libm", "given"]
Indices: TypeAlias = IntArray | Sequence[int] | slice

# Pairs above which the minima of a cost on the line are searched by the Monge property rather than swept.
_MONGE_PAIRS = 4_000_000

# Pairs above which a pruned sweep is faster, and so many entries for each row and column that they tell no more.
_PRUNED_PAIRS = 1_000_000
_MANY_NEAR = 4


# Points on the line up to which a compiled call sorts faster than NumPy is asked to.
_SORTED_AT_ONCE = 500

# Points on the line from which on both sides are sorted at once.
_SORTED_TOGETHER = 20_000


class Line(NamedTuple):
    """A cost on the line: ``scale * |x_i - y_j| ** p`` with p ≥ 1.

    Attributes
    ----------
    x, y : ndarray, shapes (n,) and (m,)
    scale, p : float
    """

    x: FloatArray
    y: FloatArray
    scale: float
    p: float


class PairCosts(Frozen, ABC):
    """The costs of n × m pairs, evaluated when asked for.

    Attributes
    ----------
    pairs : PointPairs, MatrixPairs or SparsePairs
        What compiled kernels read.
    complete : bool
        Whether every pair has a cost. Where one has none it is no arc of the graph, and its cost reads as infinity.
    pieces : int
        Number of connected components of that graph.
    kind : str
        In words, where the costs come from if not from a metric.
    metric : Cost or None
        The metric whose p-th power the cost is; None for a given matrix.
    p : float
        The Wasserstein power.
    points : tuple of arrays or None
        The clouds x (n, d) and y (m, d); None for a given matrix.
    unit : float
        Costs are p-th powers of distances in this unit: 1, except where others leave float64 (``otkit.costs.units``).
    reading : Reading
        How these were read: the names of their columns, and what was done to bring them together.
    """

    pairs: Any
    reading: Reading = NOTHING
    unit: float = 1.0
    metric: Cost | None
    p: float
    points: tuple[FloatArray, FloatArray] | None
    complete = True
    pieces = 1
    kind = "given matrix"

    @property
    @abstractmethod
    def arithmetic(self) -> Arithmetic:
        """What the bits rest on: "ieee" (+ − × ÷ √), "libm" (the machine's mathematical library) or "given"."""

    @abstractmethod
    def restrict(self, rows: Indices, cols: Indices) -> PairCosts:
        """Return the costs between subsets of the rows and of the columns."""

    def require_unchanged(self) -> None:
        """Raise ValueError if costs that are read where the caller holds them have changed since they were bound."""
        return

    @abstractmethod
    def transpose(self) -> PairCosts:
        """Return the costs with rows and columns exchanged."""

    def line(self) -> Line | None:
        """Return the 1-D coordinates where the cost is ``scale * |x - y| ** p``, p ≥ 1; None elsewhere."""
        return None

    @property
    def least_accurate(self) -> float:
        """The cost below which evaluation has lost digits to underflow; 0 where it never does."""
        return 0.0

    @property
    def accuracy(self) -> Accuracy | None:
        """How near costs are to powers of the true distances of the points; None where that is not known."""
        return None

    def root(self, value: float) -> float:
        """Return the distance of which a value is the p-th power, in units of the points."""
        return self.unit * root(value, self.p)

    def in_given_unit(self, value: float) -> float:
        """Return a value in p-th powers of the unit of the points: 0 or infinity where that leaves float64."""
        if self.unit == 1.0 or value == 0.0:
            return value
        fraction, exponent = math.frexp(value)
        unit, shift = math.frexp(self.unit)
        power = exponent + self.p * (shift + math.log2(unit))  # value = fraction · 2^power
        whole = round(power) if unit == 0.5 and self.p == int(self.p) else math.floor(power)
        if abs(whole) > 10_000:
            return math.copysign(0.0 if whole < 0 else math.inf, value)
        try:
            return math.ldexp(fraction * 2.0 ** (power - whole), whole)
        except OverflowError:
            return math.copysign(math.inf, value)

    def places(self) -> tuple[tuple[IntArray, int], tuple[IntArray, int]] | None:
        """Return numbers of the rows and of the columns, and how many there are: equal numbers have equal costs.

        They are given in the order in which they first come. Costs of different numbers may be equal, too. None where
        that is unknown.
        """
        return None

    @cached_property
    def shape(self) -> tuple[int, int]:
        """The number of rows n and of columns m."""
        return pairs_module.shape(self.pairs)

    @cached_property
    def are_integers(self) -> bool:
        """Whether all costs are integers; False also where telling it would take an evaluation of every pair."""
        return False

    @property
    def is_metric(self) -> bool:
        """Whether the cost itself is a metric: a metric to the power 1."""
        return self.metric is not None and self.metric.is_metric and self.p == 1.0

    def dense(self) -> FloatArray:
        """Return all costs as a new (n, m) matrix, if it fits in memory."""
        n, m = self.shape
        self.require_unchanged()
        checks.require_memory(
            8 * n * m, f"The dense cost matrix of {n} × {m} pairs", "method='simplex' evaluates costs as it needs them."
        )
        return self.block(0, n, 0, m)

    def block(self, i0: int, i1: int, j0: int, j1: int) -> FloatArray:
        """Return the costs of rows ``i0:i1`` and columns ``j0:j1`` as a new matrix."""
        n, m = self.shape
        if not (0 <= i0 <= i1 <= n and 0 <= j0 <= j1 <= m):
            raise IndexError(f"The block [{i0}:{i1}, {j0}:{j1}] does not lie within {n} × {m} pairs.")
        out = np.empty((i1 - i0, j1 - j0))
        sweeps.fill(self.pairs, i0, j0, out)
        return out

    def at(self, rows: ArrayLike, cols: ArrayLike) -> FloatArray:
        """Return the costs of the index pairs ``(rows[k], cols[k])``."""
        n, m = self.shape
        rows, cols = (
            as_indices(index, name, size, outside=IndexError)
            for index, name, size in ((rows, "rows", n), (cols, "cols", m))
        )
        if rows.size != cols.size:
            raise ValueError(
                f"rows and cols must have equal lengths, but they have {rows.size} and {cols.size} entries."
            )
        return sweeps.gather(self.pairs, rows, cols)

    def row_minima(self, g: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return min_j c_ij − g_j for each row, and a j that attains it."""
        g = _as_prices(g, "g", self.shape[1])
        if self._on_long_line():
            cols = self._line_argmin(g, transposed=False)
            return self._line_costs(cols, transposed=False) - g[cols], cols
        return sweeps.row_minima(self.pairs, g)

    def column_minima(self, f: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return min_i c_ij − f_i for each column, and an i that attains it."""
        f = _as_prices(f, "f", self.shape[0])
        if self._on_long_line():
            rows = self._line_argmin(f, transposed=True)
            return self._line_costs(rows, transposed=True) - f[rows], rows
        return sweeps.column_minima(self.pairs, f)

    def slack_minima(
        self, f: FloatArray, g: FloatArray, near: tuple[IntArray, IntArray] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the minima of (c_ij − f_i) − g_j over each row and over each column, from one sweep.

        Their signs are those of the real numbers: f_i + g_j ≤ c_ij holds for all pairs exactly where no minimum is
        negative. Rows and columns of pairs `near` the minima, such as those that carry mass, spare most of a large
        sweep where boxes around points bound the cost; the result does not depend on them.
        """
        n, m = self.shape
        f, g = _as_prices(f, "f", n), _as_prices(g, "g", m)
        if self._on_long_line():
            cols, rows = self._line_argmin(g, transposed=False), self._line_argmin(f, transposed=True)
            return (
                sweeps.signed_slacks(self._line_costs(cols, transposed=False), f, g[cols]),
                sweeps.signed_slacks(self._line_costs(rows, transposed=True), f[rows], g),
            )
        return sweeps.slack_minima(self.pairs, f, g)

    def pairs_below(self, f: FloatArray, g: FloatArray, limit: float, visit: listing.Visitor[T]) -> list[T]:
        """Call ``visit(part, rows, cols, costs)`` on batches of all pairs with (c_ij − f_i) − g_j ≤ limit.

        Returns what `visit` returns, in a list; it must not keep the arrays. The batches of a part come one after
        the other, those of different parts from several threads; parts, batches and their order do not depend on the
        number of threads.
        """
        n, m = self.shape
        return listing.pairs_below(self.pairs, _as_prices(f, "f", n), _as_prices(g, "g", m), limit, visit)

    @property
    def steps(self) -> int:
        """How much there is to do in evaluating all pairs: their number, times the coordinates of a point."""
        n, m = self.shape
        return n * m * (self.pairs.x.shape[1] if isinstance(self.pairs, PointPairs) else 1)

    @property
    def floor(self) -> float:
        """A number that no cost lies below: the smallest cost, or zero where all costs are known not to be negative."""
        return self.extremes()[0]

    def extremes(self) -> tuple[float, float]:
        """Return the smallest and the largest of all costs."""
        if self._on_long_line():
            return self._line_extremes()
        return sweeps.extremes(self.pairs)

    def steepest_slope(self, u: FloatArray, v: FloatArray, *, falling: bool = False) -> float:
        """Return max |u_i − v_j| / c_ij over all pairs; 0/0 counts as 0, a difference at cost 0 as infinity.

        If `falling`, the largest of (u_i − v_j) / c_ij and 0: what f = u and g = −v must be divided by to have
        f_i + g_j ≤ c_ij.
        """
        n, m = self.shape
        return sweeps.steepest_slope(self.pairs, _as_prices(u, "u", n), _as_prices(v, "v", m), falling)

    @property
    def is_searched(self) -> bool:
        """Whether minima are searched by the Monge property, which rounding may mislead a little, and not swept."""
        return self._on_long_line()

    def _on_long_line(self) -> bool:
        n, m = self.shape
        return n * m > _MONGE_PAIRS and self.line() is not None

    @cached_property
    def line_order(self) -> tuple[IntArray, IntArray]:
        """Permutations that sort the points of `line`, made once for all who ask; equal points keep their order."""
        line = self.line()
        assert line is not None
        sides, orders = (line.x, line.y), [np.empty(0, np.int64)] * 2
        if line.x.size + line.y.size <= _SORTED_AT_ONCE:
            return sorting_order(line.x), sorting_order(line.y)

        def sort(start: int, stop: int) -> None:
            for side in range(start, stop):
                orders[side] = _sorting_order(sides[side])

        share(sort, 2, 1, 1 + (line.x.size + line.y.size) // _SORTED_TOGETHER)  # NumPy sorts without the GIL
        return orders[0], orders[1]

    @cached_property
    def _line_is_sorted(self) -> tuple[bool, bool]:
        """Whether either order is the identity: at 10⁶ points, copying in that order costs as much as the search."""
        x_order, y_order = self.line_order
        return bool((np.diff(x_order) == 1).all()), bool((np.diff(y_order) == 1).all())

    def _line_argmin(self, prices: FloatArray, *, transposed: bool) -> IntArray:
        """Return, for each row, the column minimising c − prices (transposed: for each column, the row)."""
        line = self.line()
        assert line is not None
        (u, v), (u_order, v_order), (u_sorted, v_sorted) = (line.x, line.y), self.line_order, self._line_is_sorted
        if transposed:
            (u, v), (u_order, v_order), (u_sorted, v_sorted) = (v, u), (v_order, u_order), (v_sorted, u_sorted)
        if not v_sorted:
            v, prices = v.take(v_order), prices.take(v_order)
        found = monge_argmin(u if u_sorted else u.take(u_order), v, prices, line.scale, line.p)
        if not v_sorted:
            found = v_order.take(found)
        if u_sorted:
            return found
        argmin = np.empty(u.size, dtype=np.int64)
        argmin[u_order] = found
        return argmin

    def _line_costs(self, partners: IntArray, *, transposed: bool) -> FloatArray:
        everyone = np.arange(partners.size)
        return (
            sweeps.gather(self.pairs, partners, everyone)
            if transposed
            else sweeps.gather(self.pairs, everyone, partners)
        )

    def _line_extremes(self) -> tuple[float, float]:
        """Return the costs of the nearest and the farthest points; rounding is monotone: no others are more extreme."""
        line = self.line()
        assert line is not None
        x_order, y_order = self.line_order
        after = np.searchsorted(line.y[y_order], line.x[x_order])
        near = [
            sweeps.gather(self.pairs, x_order, y_order[np.clip(after + step, 0, y_order.size - 1)]).min()
            for step in (-1, 0)
        ]
        far = sweeps.gather(self.pairs, x_order[[0, -1]], y_order[[-1, 0]])
        return float(min(near)), float(far.max())


class PointCosts(PairCosts):
    """The p-th power of a metric between two clouds; made by `Cost.between`."""

    pairs: PointPairs
    metric: Cost
    points: tuple[FloatArray, FloatArray]

    def __init__(
        self, metric: Cost, p: float, x: FloatArray, y: FloatArray, pairs: PointPairs, unit: float = 1.0
    ) -> None:
        self.metric = metric
        self.p = p
        self.unit = unit
        self.points = read_only(x), read_only(y)
        as_they_are = pairs.x is x and x.flags.c_contiguous  # then a pickle holds them once
        pair_x = self.points[0] if as_they_are else read_only(np.ascontiguousarray(pairs.x))
        kind, order, scale, exponent, _, pair_y = pairs
        self.pairs = point_pairs(kind, order, scale, exponent, pair_x, read_only(np.ascontiguousarray(pair_y)))

    def __repr__(self) -> str:
        n, m = self.shape
        return f"PointCosts({self.metric!r}, p={self.p:g}, {n} × {m} pairs in dimension {self.points[0].shape[1]})"

    @property
    def arithmetic(self) -> Arithmetic:
        """What the bits rest on: "ieee" or "libm"."""
        return pairs_module.arithmetic(self.pairs)

    def restrict(self, rows: Indices, cols: Indices) -> PointCosts:
        """Return the costs between subsets of the points."""
        (x, y), pairs = self.points, self.pairs
        x_part, y_part = taken(x, rows, 0), taken(y, cols, 0)
        # Where a metric looks at the points as they are, so does the part: what is taken once need not be taken again.
        pair_x = x_part if _same_memory(pairs.x, x) else taken(pairs.x, rows, 0)
        pair_y = y_part.T if _same_memory(pairs.y, y) and y.shape[1] == 1 else taken(pairs.y, cols, 1)
        return PointCosts(self.metric, self.p, x_part, y_part, pairs._replace(x=pair_x, y=pair_y), self.unit)

    def transpose(self) -> PointCosts:
        """Return the costs with the clouds exchanged."""
        (x, y), pairs = self.points, self.pairs
        return PointCosts(self.metric, self.p, y, x, pairs._replace(x=pairs.y.T, y=pairs.x.T), self.unit)

    @property
    def least_accurate(self) -> float:
        """The cost below which evaluation has lost digits to underflow, in the power or in the sum on the way to it."""
        kind, _, scale, exponent, _, _ = self.pairs
        if kind in (SUM_ABS, MAX_ABS):
            return 0.0 if exponent == 1.0 else SMALLEST * max(1.0, scale)
        base = 2.0**-485 if kind == HALF_ANGLE else SMALLEST  # whose square, or which itself, is a sum of powers
        return max(scale * base**exponent, SMALLEST * max(1.0, scale) if exponent > 1.0 else 0.0)

    @cached_property
    def accuracy(self) -> Accuracy | None:
        """How near costs are to powers of the true distances of the points; None where that is not known."""
        return self.metric.accuracy(self.pairs, self.p, self.unit)

    def places(self) -> tuple[tuple[IntArray, int], tuple[IntArray, int]]:
        """Return numbers of the distinct points of either cloud."""
        return numbered_points(self.pairs.x), numbered_points(self.pairs.y.T)

    @property
    def floor(self) -> float:
        """Zero: no power of a distance lies below."""
        return 0.0

    @cached_property
    def kd_ordered(self) -> Ordered:
        """The same costs with the points in an order that keeps neighbours together, made once for all who ask."""
        return in_kd_order(self.pairs)

    def slack_minima(
        self, f: FloatArray, g: FloatArray, near: tuple[IntArray, IntArray] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the minima of (c_ij − f_i) − g_j over each row and over each column."""
        n, m = self.shape
        if n * m < _PRUNED_PAIRS or near is None or near[0].size > _MANY_NEAR * (n + m):
            return super().slack_minima(f, g)
        if self._on_long_line() or not can_bound(self.pairs):
            return super().slack_minima(f, g)
        row_order, col_order, pairs = self.kd_ordered
        row_rank, col_rank = inverse(row_order), inverse(col_order)
        f, g = _as_prices(f, "f", n).take(row_order), _as_prices(g, "g", m).take(col_order)
        rows, columns = pruning.slack_minima(pairs, f, g, row_rank.take(near[0]), col_rank.take(near[1]))
        return rows.take(row_rank), columns.take(col_rank)

    def pairs_below(self, f: FloatArray, g: FloatArray, limit: float, visit: listing.Visitor[T]) -> list[T]:
        """Call ``visit(part, rows, cols, costs)`` on batches of all pairs with (c_ij − f_i) − g_j ≤ limit."""
        n, m = self.shape
        if n * m < _PRUNED_PAIRS or not can_bound(self.pairs):
            return super().pairs_below(f, g, limit, visit)
        row_order, col_order, pairs = self.kd_ordered
        f, g = _as_prices(f, "f", n).take(row_order), _as_prices(g, "g", m).take(col_order)
        return listing.pairs_below_pruned(
            pairs, f, g, limit, lambda part, i, j, costs: visit(part, row_order.take(i), col_order.take(j), costs)
        )

    @cached_property
    def are_integers(self) -> bool:
        """Whether all costs are integers because all coordinates are: differences, sums and products keep them so."""
        x, y, pairs = self.pairs.x, self.pairs.y, self.pairs
        of_integers = pairs.kind in (SUM_SQUARES, SUM_ABS, MAX_ABS, SUM_CUBES) and pairs.exponent in (1.0, 2.0, 3.0)
        return of_integers and pairs.scale == 1.0 and all_integers(x) and all_integers(y)

    def line(self) -> Line | None:
        """Return the 1-D coordinates where the cost is ``scale * |x - y| ** p``, p ≥ 1; None elsewhere."""
        pairs = self.pairs
        if pairs.kind == pairs_module.SUM_ABS and pairs.y.shape[0] == 1 and pairs.exponent >= 1.0:
            return Line(pairs.x[:, 0], pairs.y[0], pairs.scale, pairs.exponent)
        return None


def all_integers(values: FloatArray) -> bool:
    """Whether all numbers of an array are integers; piece by piece, since most are not at the first sight."""
    values = values.T if values.flags.f_contiguous else values
    rows = max(1, 16_384 * len(values) // values.size)
    pieces = (values[start : start + rows] for start in range(0, len(values), rows))
    return all(bool((np.rint(piece) == piece).all()) for piece in pieces)


def taken(array: FloatArray, which: Indices, axis: int) -> FloatArray:
    """Return the entries `which` along an axis; `take` is twice as fast as indexing where they are given one by one."""
    if isinstance(which, slice):
        return array[which] if axis == 0 else array[:, which]
    return array.take(np.asarray(which), axis=axis)


def _same_memory(one: FloatArray, other: FloatArray) -> bool:
    if one is other:
        return True
    return one.size == other.size and one.ctypes.data == other.ctypes.data


def _sorting_order(values: FloatArray) -> IntArray:
    """Return the permutation that sorts `values` and keeps equal ones in their order.

    NumPy's default sort is the fastest by far, but where it leaves equal values depends on the processor.
    """
    if (values[:-1] <= values[1:]).all():
        return np.arange(values.size)
    order = np.argsort(values)
    ordered = values[order]
    return np.argsort(values, kind="stable") if (ordered[:-1] == ordered[1:]).any() else order


def _as_prices(value: ArrayLike, name: str, size: int) -> FloatArray:
    prices: FloatArray = np.ascontiguousarray(value, dtype=np.float64)
    if prices.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},), but its shape is {prices.shape}.")
    if not prices.flags.writeable:  # kernels are compiled for writable vectors: one specialisation
        prices = prices.copy()
    return prices
