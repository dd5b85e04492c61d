"""Distances between persistence diagrams: points are matched, or leave for the diagonal, each at its own price."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.checker.bottleneck import BottleneckCertificate
from otkit.checker.certificate import Certificate
from otkit.costs import Minkowski, PointCosts, SparseCosts
from otkit.costs.accuracy import Accuracy, root
from otkit.inputs.checks import as_float_array, as_seconds
from otkit.inputs.frames import as_clouds
from otkit.io.results import Result
from otkit.numerics.fixed_point import bit_range
from otkit.optimal_transport.bottleneck import BottleneckResult, solve_bottleneck
from otkit.optimal_transport.dummies import with_dummies
from otkit.optimal_transport.prices import LeftoverPrices
from otkit.optimal_transport.unbalanced import unbalanced_transport

# Sums of powers leave float64 beyond 2**±1000; points are brought nearer to 1 by a power of two before.
_ROOM = 900


@dataclass(frozen=True, eq=False, repr=False)
class PersistenceResult(Result):
    """The distance between two persistence diagrams, with the matching and its proof.

    Attributes
    ----------
    distance : float
        W_p, or the bottleneck distance for p = ∞; ∞ where infinite bars of some kind differ in number.
    p, q : float
        The order of the distance, and that of the norm in the plane.
    matching : ndarray, shape (k, 2)
        Pairs (i, j) of points of X and Y; −1 stands for the diagonal. Empty where the distance is infinite.
    interval : tuple of two floats or None
        Floats that hold the distance between them, in real numbers and for the diagrams as float64 numbers; None for
        powers and norms that rest on the mathematical library.
    certificate : Certificate, BottleneckCertificate or None
        What is proved of the finite bars; None where one side has none of positive length, so that there is no choice.
    diagrams : tuple of two ndarrays
        X and Y.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.persistence_distance([[0, 4], [1, 2]], [[0, 5]])
    >>> result.distance
    1.5
    >>> result.matching
    array([[ 0,  0],
           [ 1, -1]])
    """

    _fields_of_dict = ("distance", "p", "q", "matching", "interval", "certificate")

    distance: float
    p: float
    q: float
    matching: IntArray
    interval: tuple[float, float] | None
    certificate: Certificate | BottleneckCertificate | None
    diagrams: tuple[FloatArray, FloatArray] = field(repr=False)

    def __float__(self) -> float:
        return self.distance

    def __str__(self) -> str:
        name = "bottleneck distance" if self.p == math.inf else f"W_{self.p:g}"
        head = f"{name} = {self.distance:.12g}"
        if self.distance == math.inf:
            return f"{head}\n  bars     infinite ones of some kind differ in number"
        i, j = self.matching.T
        both = int(((i >= 0) & (j >= 0)).sum())
        lines = [head]
        if self.certificate is not None:
            lines.append(f"  proof    {self.certificate.statement}")
        if self.interval is not None:
            lines.append(f"  points   the distance lies in [{self.interval[0]!r}, {self.interval[1]!r}]")
        lines.append(f"  bars     {both} matched; {i.size - both} go to the diagonal")
        return "\n".join(lines)

    def __repr__(self) -> str:
        n, m = map(len, self.diagrams)
        return f"PersistenceResult(distance={self.distance!r}, p={self.p:g}, {n} and {m} points)"


class _Found(NamedTuple):
    """A matching of finite bars, and floats that hold its sum of p-th powers, or its largest distance, between them."""

    value: float
    lower: float
    upper: float
    matching: list[tuple[int, int]]
    certificate: Certificate | BottleneckCertificate | None


def persistence_distance(
    X: ArrayLike, Y: ArrayLike, *, p: float = 1.0, q: float = math.inf, max_seconds: float | None = None
) -> PersistenceResult:
    """Return the Wasserstein or bottleneck distance between two persistence diagrams, exactly, with the matching.

    W_p = (min Σ ‖x − y‖_q^p)^(1/p) over matchings of X and Y in which any point may go to the diagonal instead, at the
    p-th power of its distance |d − b| 2^(1/q) / 2 from there. For p = ∞ it is the largest distance in place of the sum.

    Parameters
    ----------
    X, Y : array-like, shapes (n, 2) and (m, 2)
        Birth b and death d of each bar; may be empty. Deaths of +∞ and births of −∞ are infinite bars. Points on the
        diagonal count for nothing; points below it, of extended persistence, are points as any.
    p : float, default 1
        At least 1; ``numpy.inf`` is the bottleneck distance.
    q : float, default infinity
        The norm in the plane, at least 1: GUDHI's `internal_p`, whose defaults these are (persim has q = 2).
    max_seconds : float, optional
        As in `wasserstein`, of finite p.

    Returns
    -------
    PersistenceResult
        `distance`, `matching`, `interval`, and a `certificate` for the finite bars.

    Raises
    ------
    ValueError, TypeError
        Diagrams that are no pairs of numbers, or hold NaN; p or q below 1.
    NotConvergedError, MemoryError
        As in `unbalanced_transport`.

    Notes
    -----
    Infinite bars of each kind, [b, ∞), (−∞, d] and (−∞, ∞), are matched among themselves in order, which is best for
    every p. If their numbers differ, the distance is infinite.

    Finite bars are the problem of `unbalanced_transport` with their distances from the diagonal as prices, and the
    certificate is its. A pair that costs more than both prices is left out, and so is one above the bottleneck of the
    cheaper pairs: nothing that is optimal uses it.

    References
    ----------
    M. Kerber, D. Morozov, A. Nigmetov, Geometry helps to compare persistence diagrams, ACM Journal of Experimental
    Algorithmics 22 (2017). D. Cohen-Steiner, H. Edelsbrunner, J. Harer, Y. Mileyko, Lipschitz functions have L_p-stable
    persistence, Foundations of Computational Mathematics 10 (2010), 127-139.

    See Also
    --------
    unbalanced_transport, bottleneck, plot_persistence

    Examples
    --------
    >>> import math, otkit
    >>> X, Y = [[0, 4], [1, 2], [0, math.inf]], [[0, 5], [1, math.inf]]
    >>> otkit.persistence_distance(X, Y).distance
    2.5
    >>> otkit.persistence_distance(X, Y, p=math.inf).distance
    1.0
    >>> otkit.persistence_distance(X, [[0, 5]]).distance
    inf
    """
    p, q, max_seconds = _order(p, "p"), _order(q, "q"), as_seconds(max_seconds)
    diagrams = _diagram(X, "X"), _diagram(Y, "Y")
    x, y = (_bars(diagram) for diagram in diagrams)
    kinds = list(zip(x.infinite, y.infinite, strict=True))
    if any(one.numbers.size != other.numbers.size for one, other in kinds):
        nothing = np.empty((0, 2), np.int64)
        return PersistenceResult(math.inf, p, q, nothing, (math.inf, math.inf), None, diagrams)
    gaps = np.concatenate([np.abs(one.ends - other.ends) for one, other in kinds])
    shift = _shift(x.points, y.points, gaps, p, q)
    found = _finite(np.ldexp(x.points, shift), np.ldexp(y.points, shift), p, q, max_seconds)
    matching = [(x.numbers[i] if i >= 0 else -1, y.numbers[j] if j >= 0 else -1) for i, j in found.matching]
    matching += [pair for one, other in kinds for pair in zip(one.numbers, other.numbers, strict=True)]
    matching += [(i, -1) for i in x.on_diagonal] + [(-1, j) for j in y.on_diagonal]
    matching.sort(key=lambda pair: (pair[0] < 0, *pair))
    lost = _lost_to_underflow(np.concatenate([x.points, y.points]), gaps, p, q)
    distance, interval = _together(found, np.ldexp(gaps, shift), p, q, lost)
    if shift:
        distance, interval = math.ldexp(distance, -shift), None
    return PersistenceResult(
        distance, p, q, np.array(matching, np.int64).reshape(-1, 2), interval, found.certificate, diagrams
    )


class _Kind(NamedTuple):
    """Infinite bars of one kind: their numbers, in the order of their finite ends; zeros where both are infinite."""

    numbers: IntArray
    ends: FloatArray


class _Bars(NamedTuple):
    """A diagram taken apart: finite points off the diagonal and their numbers, points on it, infinite bars by kind."""

    points: FloatArray
    numbers: IntArray
    on_diagonal: IntArray
    infinite: list[_Kind]


def _bars(diagram: FloatArray) -> _Bars:
    birth, death = diagram.T
    on_diagonal, finite = birth == death, np.isfinite(diagram).all(axis=1)
    kinds = []
    for end in (np.inf, -np.inf):
        kinds.append(_kind(np.isfinite(birth) & (death == end), birth))
        kinds.append(_kind(np.isfinite(death) & (birth == end), death))
        kinds.append(_kind((birth == end) & (death == -end), np.zeros_like(birth)))
    proper = finite & ~on_diagonal
    return _Bars(diagram[proper], np.flatnonzero(proper), np.flatnonzero(on_diagonal), kinds)


def _kind(which: BoolArray, ends: FloatArray) -> _Kind:
    numbers = np.flatnonzero(which)
    numbers = numbers[np.argsort(ends[numbers], kind="stable")]
    return _Kind(numbers, ends[numbers])


def _finite(x: FloatArray, y: FloatArray, p: float, q: float, max_seconds: float | None) -> _Found:
    """Match finite bars of positive length, or send them to the diagonal."""
    n, m = len(x), len(y)
    prices = LeftoverPrices(_to_diagonal(x, p, q), _to_diagonal(y, p, q))
    if n == 0 or m == 0:
        paid = np.concatenate(prices)
        value = low = high = float(paid.max(initial=0.0)) if p == math.inf else math.fsum(paid)
        if p < math.inf and paid.size > 1:
            low, high = math.nextafter(low, 0.0), math.nextafter(high, math.inf)
        return _Found(value, low, high, _with_diagonal(n, m, *(np.empty(0, np.int64),) * 2), None)
    cost = Minkowski(q).bound(as_clouds({"x": x, "y": y}), 1.0 if p == math.inf else p)
    assert isinstance(cost, PointCosts)
    if p == math.inf:
        solved = _bottleneck(cost, prices)
        plan = solved.plan
        both = (plan.row < n) & (plan.col < m)
        return _Found(*(solved.value,) * 3, _with_diagonal(n, m, plan.row[both], plan.col[both]), solved.certificate)
    shipped = unbalanced_transport(cost, np.ones(n), np.ones(m), price=prices, max_seconds=max_seconds)
    proved = shipped.certificate
    return _Found(
        proved.value, proved.lower, proved.upper, _with_diagonal(n, m, *shipped.plan.coords), shipped.certificate
    )


def _bottleneck(cost: PointCosts, prices: LeftoverPrices) -> BottleneckResult:
    """Return the bottleneck of points and the diagonal, without pairs that are of no use.

    No t is enough below `least`, what some point pays for the diagonal or its nearest partner. Two points that may both
    go to the diagonal for that need no partner, nor does a pair that costs more than both of them pay for the diagonal.
    """
    from scipy.sparse import coo_array

    n, m = cost.shape
    least = max(float(np.minimum(*each).max()) for each in zip(prices, _nearest(cost), strict=True))
    rows, cols = prices.a > least, prices.b > least
    found = [
        _useful(cost, prices, np.flatnonzero(which), np.flatnonzero(partners))
        for which, partners in ((rows, np.ones(m, np.bool_)), (~rows, cols))
    ]
    i, j, costs = (np.concatenate(each) for each in zip(*found, strict=True))
    arcs = SparseCosts.from_matrix(coo_array((costs, (i, j)), shape=(n, m)))
    return solve_bottleneck(with_dummies(arcs, np.ones(n), np.ones(m), Fraction(m), Fraction(n), prices, 0.0))


def _nearest(cost: PointCosts) -> tuple[FloatArray, FloatArray]:
    """Return the cost of the nearest partner of each row and of each column; a tree says near which they are."""
    from scipy.spatial import cKDTree

    (x, y), (n, m) = cost.points, cost.shape
    assert cost.metric.norm is not None
    order = cost.metric.norm.order
    near = (
        np.concatenate([np.arange(n), cKDTree(x).query(y, p=order)[1]]),
        np.concatenate([cKDTree(y).query(x, p=order)[1], np.arange(m)]),
    )
    return cost.slack_minima(np.zeros(n), np.zeros(m), near)


def _useful(
    cost: PointCosts, prices: LeftoverPrices, rows: IntArray, cols: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the pairs of some rows and columns that cost no more than one of them pays for the diagonal."""
    of_rows, of_cols = prices.a[rows], prices.b[cols]

    def kept(_part: int, i: IntArray, j: IntArray, costs: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        cheap = costs <= np.maximum(of_rows[i], of_cols[j])
        return rows[i[cheap]], cols[j[cheap]], costs[cheap]

    found = []
    if rows.size and cols.size:
        found = cost.restrict(rows, cols).pairs_below(of_rows, of_cols, 0.0, kept)
    nothing = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    i, j, costs = (np.concatenate(each) for each in zip(*(found or [nothing]), strict=True))
    return i, j, costs


def _with_diagonal(n: int, m: int, rows: IntArray, cols: IntArray) -> list[tuple[int, int]]:
    """Return pairs that are matched, and all other points with the diagonal."""
    single_rows, single_cols = (np.setdiff1d(np.arange(size), used) for size, used in ((n, rows), (m, cols)))
    pairs = list(zip(rows.tolist(), cols.tolist(), strict=True))
    return pairs + [(i, -1) for i in single_rows.tolist()] + [(-1, j) for j in single_cols.tolist()]


def _to_diagonal(points: FloatArray, p: float, q: float) -> FloatArray:
    """Return the p-th power of the distance from the diagonal, of each point."""
    factor = {1.0: 1.0, 2.0: math.sqrt(0.5), math.inf: 0.5}.get(q, 2.0 ** (1.0 / q - 1.0))
    distance: FloatArray = np.abs(points[:, 1] - points[:, 0]) * factor
    return distance if p == math.inf else distance**p


def _shift(x: FloatArray, y: FloatArray, gaps: FloatArray, p: float, q: float) -> int:
    """Return the power of two that brings all differences near to 1 where powers of them leave float64; 0 elsewhere."""
    both = np.concatenate([x, y])
    widest = max(float(np.ptp(both)) if both.size else 0.0, float(gaps.max(initial=0.0)))
    degree = max(power for power in (1.0, p, q) if power < math.inf)
    _, exponent = math.frexp(widest)
    return -exponent if abs(exponent) * degree > _ROOM else 0


def _lost_to_underflow(points: FloatArray, gaps: FloatArray, p: float, q: float) -> float:
    """Return what powers of differences of coordinates may lose where they fall below the normal numbers, added up.

    They do not where all are multiples of 2**low and the degree of the power times low is no less than -1022; one bit
    more is for the halves of prices.
    """
    low = min(bit_range(np.ravel(each))[0] for each in (points, gaps))
    degree = max(power for power in (1.0, p, 2.0 * (q == 2.0)) if power < math.inf)
    return 0.0 if degree * (low - 1) >= -1022 else 8.0 * math.ulp(0.0) * (len(points) + gaps.size)


def _together(
    found: _Found, gaps: FloatArray, p: float, q: float, lost: float
) -> tuple[float, tuple[float, float] | None]:
    """Return the distance of all bars, and floats that hold it between them.

    Distances between points, and from the diagonal, have 1, 2 or 3 roundings (see `otkit.costs.accuracy`), their p-th
    powers p times that and p − 1 more.
    """
    roundings = {math.inf: 1, 1.0: 2, 2.0: 3}.get(q)
    if p == math.inf:
        distance = max(found.value, float(gaps.max(initial=0.0)))
        interval = (
            None if roundings is None else Accuracy(1.0, 1.0, roundings, lost).distance_interval(distance, distance)
        )
        return distance, interval
    infinite = gaps**p
    distance = root(math.fsum([found.value, *infinite]), p)
    if roundings is None or p not in (1.0, 2.0, 3.0):
        return distance, None
    low, high = math.fsum([found.lower, *infinite]), math.fsum([found.upper, *infinite])
    if infinite.any():
        low, high = math.nextafter(low, 0.0), math.nextafter(high, math.inf)
    accuracy = Accuracy(p, 1.0, int(p) * roundings + int(p) - 1, lost)
    return distance, accuracy.distance_interval(low, high)


def _order(value: float, name: str) -> float:
    try:
        order = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number of at least 1, or infinity, but {shown(value)} was given.") from None
    if not order >= 1.0:
        raise ValueError(f"{name} must be at least 1, or infinity, but {name} = {shown(value)} was given.")
    return order


def _diagram(value: ArrayLike, name: str) -> FloatArray:
    """Return a diagram as an array (n, 2) without NaN."""
    diagram = as_float_array(value, name)
    if diagram.size == 0:
        return np.empty((0, 2))
    if diagram.ndim != 2 or diagram.shape[1] != 2:
        raise ValueError(
            f"{name} must have shape (n, 2), births and deaths, but its shape is {diagram.shape}. Of bars in several "
            f"dimensions, hand over those of one."
        )
    if np.isnan(diagram).any():
        i, k = np.argwhere(np.isnan(diagram))[0]
        raise ValueError(f"{name} must not hold NaN, but {name}[{i}, {k}] is. A bar that never ends has death inf.")
    return diagram.copy()
