"""Metrics and other ground costs: what distance between two points means.

All that depends on the choice of a metric is settled here, in how a cost prepares its points for the kernels: no solver
and no other kernel branches on it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.costs import accuracy, boxes, units
from otkit.costs import pairs as pairs_module
from otkit.costs.accuracy import Accuracy
from otkit.costs.evaluated import MatrixCosts, PairCosts, PointCosts
from otkit.costs.pairs import HALF_ANGLE, MAX_ABS, SUM_ABS, SUM_CUBES, SUM_POWERS, SUM_SQUARES, PointPairs, point_pairs
from otkit.inputs import checks
from otkit.inputs.frames import Clouds, as_clouds
from otkit.numerics.floats import SMALLEST
from otkit.numerics.pickling import owned

# Differences of coordinates that are held at a time.
_BLOCK = 1 << 20


class Norm(NamedTuple):
    """The power of a norm that a cost is: ‖x − y‖^degree, where ‖v‖ = (Σ_k |v_k|^order)^(1/order)."""

    order: float
    degree: float


class Cost(ABC):
    """A cost between two points, independent of any data.

    Subclasses are frozen dataclasses: `otkit.Euclidean`, `otkit.SqEuclidean`, `otkit.Cityblock`, `otkit.Chebyshev`,
    `otkit.Minkowski`, `otkit.Cosine`, `otkit.Haversine`, and `otkit.CallableCost` for any Python function.

    Attributes
    ----------
    name : str
        What users call it.
    is_metric : bool
        Whether it satisfies the axioms of a metric, which Kantorovich-Rubinstein duality needs.
    translation_invariant : bool
        Whether it depends on the difference of two points alone: then times, which have no origin of their own, and
        integers beyond 2**53 are subtracted before they are rounded.
    norm : Norm or None
        The power of a norm of x − y that it is; None if it is none. Shortest ways are straight, and costs have
        gradients in the points, exactly where it is one.
    base : Cost
        The distance of which it is a power: itself, but for the square of one.
    compiled : bool
        Whether kernels evaluate it. Otherwise it is a Python function, called once for each pair.
    geographic : bool
        Whether points are latitudes and longitudes.
    arithmetic : {"ieee", "libm"}
        Whether its bits are the same on every machine, or rest on the machine's mathematical library.
    depends_on_data : bool
        Whether it takes numbers of its own, such as variances, from the points that it is bound to.
    """

    name: str
    is_metric: bool
    translation_invariant = False
    compiled = True
    geographic = False
    arithmetic: Literal["ieee", "libm"] = "ieee"
    depends_on_data = False

    def fitted(self, points: FloatArray) -> Cost:
        """Return the cost with whatever it takes from data taken from these points; itself where that is nothing."""
        return self

    @property
    def norm(self) -> Norm | None:
        """The power of a norm of x − y that it is; None if it is none."""
        return None

    @property
    def base(self) -> Cost:
        """The distance of which it is a power: itself, but for the square of one."""
        return self

    def between(self, x: ArrayLike, y: ArrayLike | None = None, *, p: float = 1.0) -> PairCosts:
        """Bind the p-th power of this cost to two clouds.

        Parameters
        ----------
        x : array-like of shape (n, d) or (n,)
            Points; a 1-D array holds points on the line.
        y : array-like of shape (m, d) or (m,), optional
            Points; `x` again if omitted.
        p : float
            The Wasserstein power, at least 1.

        Returns
        -------
        PairCosts
            Costs that are evaluated when asked for.

        Raises
        ------
        ValueError
            If points are not finite, live in different dimensions or do not suit the cost, or if costs would overflow
            or vanish in float64.

        Examples
        --------
        >>> from otkit.costs import Cityblock
        >>> Cityblock().between([[0, 0], [1, 2]], p=2).dense()
        array([[0., 9.],
               [9., 0.]])
        """
        given = {"x": x} if y is None else {"x": x, "y": y}
        return self.bound(as_clouds(given, invariant=self.translation_invariant), p)

    def bound(self, clouds: Clouds, p: float = 1.0) -> PairCosts:
        """Bind the p-th power of this cost to two clouds that are checked, or to one and itself."""
        points = [owned(each) for each in clouds.points]
        costs = self._bind(points[0], points[-1], checks.as_power(p))
        costs.reading = clouds.reading
        return costs

    def in_own_unit(self, clouds: Clouds, p: float = 1.0) -> PairCosts:
        """Bind the p-th power of this cost to clouds that are checked, in another unit where it leaves float64.

        Its costs are (d / unit)^p, and `unit` is 1 wherever `between` takes the clouds. For those who ask for the p-th
        root, which `PairCosts.root` gives in units of the points.

        Raises
        ------
        ValueError
            As `between`, but of powers that overflow or vanish only where the distances do.
        MemoryError
            Powers so far apart that a matrix is needed, which does not fit.

        Examples
        --------
        >>> from otkit.costs import Euclidean
        >>> from otkit.inputs.frames import as_clouds
        >>> cost = Euclidean().in_own_unit(as_clouds({"x": [[0.0, 0.0]], "y": [[3e-209, 4e-209]]}), p=2)
        >>> float(cost.root(cost.dense()[0, 0]))
        5e-209
        """
        x, y, p = clouds.points[0], clouds.points[-1], checks.as_power(p)
        try:
            return self.bound(clouds, p)
        except ValueError:
            if not self._bind_alone(x, y, p):
                raise
        costs = self.in_larger_costs(x, y, p) or units.matrix_in_unit(self, x, y, p)
        costs.reading = clouds.reading
        return costs

    def _bind_alone(self, x: FloatArray, y: FloatArray, p: float) -> bool:
        """Whether the clouds suit the cost itself, and its power alone leaves float64."""
        return p != 1.0 and self._bind(x, y, 1.0) is not None

    def in_larger_costs(self, x: FloatArray, y: FloatArray, p: float) -> PairCosts | None:
        """Bind clouds times a power of two that makes their costs large; None where there is none."""
        return None

    def in_unit(self, x: FloatArray, y: FloatArray, p: float, unit: float) -> PairCosts | None:
        """Bind clouds in a unit of length, a power of two; None where that is none for this cost and these clouds."""
        return None

    def accuracy(self, pairs: PointPairs, p: float, unit: float) -> Accuracy | None:
        """Return how near costs are to the p-th powers of the true distances; None where nothing is known.

        That is where they rest on the mathematical library, of which nothing is assumed.
        """
        return None

    def distances(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the cost itself between x[k] and y[k], for each k."""
        every = np.arange(len(x))
        return self._bind(x, y, 1.0).at(every, every)

    def distance_matrix(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the cost itself between all points of two clouds."""
        return self._bind(x, y, 1.0).dense()

    @abstractmethod
    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PairCosts:
        """Bind checked clouds."""


class _Norm(Cost):
    """A power of a norm of the difference of two points."""

    translation_invariant = True

    @property
    def norm(self) -> Norm:
        """The power of a norm of x − y that it is."""
        kind, order, degree = self._formula()
        return Norm(math.inf if kind == MAX_ABS else order, degree)

    @abstractmethod
    def _formula(self) -> tuple[int, float, float]:
        """Return the kind of base, the power of the norm that it is, and the power of the norm that the cost is."""

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PointCosts:
        costs = PointCosts(self, p, x, y, self._pairs(x, y, p))
        _require_representable(costs.pairs, self.name, p)
        return costs

    def _pairs(self, x: FloatArray, y: FloatArray, p: float) -> PointPairs:
        kind, order, degree = self._formula()
        if x.shape[1] == 1:
            # On the line every norm is |x − y|: with no square to take a root of, nothing overflows on the way, and the
            # Monge property is seen. The bits are the same, since the root of a rounded square is the number again.
            kind, order = SUM_ABS, 1.0
        return point_pairs(kind, order, 1.0, degree * p / order, x, y.T)

    def accuracy(self, pairs: PointPairs, p: float, unit: float) -> Accuracy | None:
        """Return how near costs are to the p-th powers of the true distances: roundings alone."""
        return accuracy.of_norms(pairs, self._formula()[2], p, unit)

    def _bind_alone(self, x: FloatArray, y: FloatArray, p: float) -> bool:
        """Whether the distance across the box of the clouds is a float, though powers or squares on the way are not."""
        low, high = np.minimum(x.min(axis=0), y.min(axis=0)), np.maximum(x.max(axis=0), y.max(axis=0))
        return 0.0 < float(self.distances(low[None], high[None])[0]) < math.inf

    def in_larger_costs(self, x: FloatArray, y: FloatArray, p: float) -> PairCosts | None:
        """Bind clouds times a power of two that makes their costs large; None where there is none."""
        _, order, degree = self._formula()
        room = units.BOX_BITS / max(degree * p, order) - math.log2(x.shape[1])
        if room < 1.0:
            return None
        return self.in_unit(x, y, p, math.ldexp(1.0, round((units.box_exponent(x, y) - math.floor(room)) * degree)))

    def in_unit(self, x: FloatArray, y: FloatArray, p: float, unit: float) -> PairCosts | None:
        """Bind clouds times the power of two that makes `unit` the unit of the distance; None where it is not exact."""
        shift = (math.frexp(unit)[1] - 1) / self._formula()[2]
        points = units.scaled_points(x, y, int(shift))
        if points is None or math.frexp(unit)[0] != 0.5 or shift != int(shift):
            return None
        pairs = self._pairs(*points, p)
        return PointCosts(self, p, x, y, pairs, unit) if math.isfinite(boxes.across(pairs)[2]) else None

    def distances(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the cost itself between x[k] and y[k], for each k: powers are taken of ratios of coordinates alone."""
        kind, order, degree = self._formula()
        with np.errstate(over="ignore"):
            sides = np.abs(x - y)
            norms = sides.max(axis=-1)
            if x.shape[-1] > 1 and kind != MAX_ABS:
                unit = np.where((norms > 0.0) & np.isfinite(norms), norms, 1.0)
                ratios = sides / unit[..., None]
                sums = (ratios * ratios if order == 2.0 else ratios**order).sum(axis=-1)
                norms = unit * (np.sqrt(sums) if order == 2.0 else sums ** (1.0 / order))
            result: FloatArray = norms * norms if degree == 2.0 else norms
        return result

    def distance_matrix(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the cost itself between all points of two clouds."""
        out = np.empty((len(x), len(y)))
        rows = max(1, _BLOCK // y.size)
        for start in range(0, len(x), rows):
            out[start : start + rows] = self.distances(x[start : start + rows, None], y[None])
        return out


@dataclass(frozen=True)
class Euclidean(_Norm):
    """The Euclidean distance; its power p = 2 is the sum of squares itself, with no root taken.

    Examples
    --------
    >>> from otkit.costs import Euclidean
    >>> Euclidean().between([[0.0, 0.0]], [[3.0, 4.0]]).dense()
    array([[5.]])
    """

    name = "euclidean"
    is_metric = True

    def _formula(self) -> tuple[int, float, float]:
        return SUM_SQUARES, 2.0, 1.0


@dataclass(frozen=True)
class SqEuclidean(_Norm):
    """The squared Euclidean distance: not a metric, the triangle inequality fails.

    Examples
    --------
    >>> from otkit.costs import SqEuclidean
    >>> SqEuclidean().between([[0.0, 0.0]], [[3.0, 4.0]]).dense()
    array([[25.]])
    """

    name = "sqeuclidean"
    is_metric = False

    @property
    def base(self) -> Euclidean:
        """The Euclidean distance, whose square it is."""
        return Euclidean()

    def _formula(self) -> tuple[int, float, float]:
        return SUM_SQUARES, 2.0, 2.0


@dataclass(frozen=True)
class Cityblock(_Norm):
    """The sum of absolute differences.

    Examples
    --------
    >>> from otkit.costs import Cityblock
    >>> Cityblock().between([[0.0, 0.0]], [[3.0, 4.0]]).dense()
    array([[7.]])
    """

    name = "cityblock"
    is_metric = True

    def _formula(self) -> tuple[int, float, float]:
        return SUM_ABS, 1.0, 1.0


@dataclass(frozen=True)
class Chebyshev(_Norm):
    """The largest absolute difference.

    Examples
    --------
    >>> from otkit.costs import Chebyshev
    >>> Chebyshev().between([[0.0, 0.0]], [[3.0, 4.0]]).dense()
    array([[4.]])
    """

    name = "chebyshev"
    is_metric = True

    def _formula(self) -> tuple[int, float, float]:
        return MAX_ABS, 1.0, 1.0


@dataclass(frozen=True)
class Minkowski(_Norm):
    """The Minkowski distance ``(Σ |x_k − y_k|^order)^(1/order)``.

    Parameters
    ----------
    order : float
        At least 1; 1, 2 and infinity are the cityblock, Euclidean and Chebyshev distances and give their bits.

    Examples
    --------
    >>> from otkit.costs import Minkowski
    >>> float(Minkowski(3).between([[0.0, 0.0]], [[1.0, 1.0]]).dense()[0, 0]) ** 3
    2.0
    """

    order: float

    is_metric = True

    def __post_init__(self) -> None:
        try:
            order = float(self.order)
        except (TypeError, ValueError):
            raise TypeError(f"order must be a number of at least 1, but {shown(self.order)} was given.") from None
        if not order >= 1.0:
            raise ValueError(
                f"order must be at least 1, but {shown(self.order)} was given: below 1 the triangle inequality fails."
            )
        object.__setattr__(self, "order", order)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What users call it."""
        return f"minkowski({self.order:g})"

    @property
    def arithmetic(self) -> Literal["ieee", "libm"]:  # type: ignore[override]
        """Roots other than the square root come from the machine's mathematical library."""
        return "ieee" if self.order in (1.0, 2.0, math.inf) else "libm"

    def _formula(self) -> tuple[int, float, float]:
        if self.order == 1.0:
            return Cityblock()._formula()
        if self.order == 2.0:
            return Euclidean()._formula()
        if self.order == math.inf:
            return Chebyshev()._formula()
        return SUM_CUBES if self.order == 3.0 else SUM_POWERS, self.order, 1.0


@dataclass(frozen=True)
class Cosine(Cost):
    """One minus the cosine of the angle between two vectors: not a metric, the triangle inequality fails.

    It is evaluated as ½ Σ (u − v)² of the normalised vectors, so that small angles do not cancel.

    Examples
    --------
    >>> from otkit.costs import Cosine
    >>> Cosine().between([[2.0, 0.0]], [[0.0, 3.0], [1.0, 0.0]]).dense()
    array([[1., 0.]])
    """

    name = "cosine"
    is_metric = False

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PointCosts:
        pairs = point_pairs(SUM_SQUARES, 2.0, 0.5**p, p, _directions(x, "x"), _directions(y, "y").T)
        return PointCosts(self, p, x, y, pairs)

    def accuracy(self, pairs: PointPairs, p: float, unit: float) -> Accuracy | None:
        """Return how near costs are to the p-th powers of the true ones, p = 1, 2 or 3.

        A direction is a quotient of x / largest, 1 rounding, by the root of a sum of squares of such, (d + 2) / 2 + 1
        roundings; underflow takes less than one more. So two directions, and the chord between them, are off by
        ε = 2 γ_k in all, k = (d + 2) / 2 + 4. A cost ½ r² ≤ 2 of chords r ≤ 2 is off by ½ (4 ε + ε²) < 2.1 ε, and by
        d + 2 roundings; its p-th power by less than p 2.1^(p−1) times that, and by p − 1 roundings.
        """
        if p not in (1.0, 2.0, 3.0):
            return None
        d = len(pairs.y)
        chords = 2.0 * 2.0**-53 * ((d + 3) // 2 + 4)
        off = 2.1 * chords + 2.0 * 2.0**-53 * (d + 2)
        return Accuracy(p, unit, int(p) - 1, 1.01 * p * 2.1 ** (p - 1.0) * off)


@dataclass(frozen=True)
class Haversine(Cost):
    """The great-circle distance between points given as (latitude, longitude) in degrees.

    Parameters
    ----------
    radius : float
        Radius of the sphere, and thereby the unit of the distance: by default the Earth's mean radius in kilometres.

    References
    ----------
    R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984), 159.

    Examples
    --------
    >>> from otkit.costs import Haversine
    >>> paris, london = [[48.8567, 2.3508]], [[51.5074, -0.1278]]
    >>> Haversine().between(paris, london).dense().round(1)
    array([[343.5]])
    """

    radius: float = 6371.0088

    name = "haversine"
    is_metric = True
    geographic = True
    arithmetic = "libm"

    def __post_init__(self) -> None:
        try:
            radius = float(self.radius)
        except (TypeError, ValueError):
            raise TypeError(f"radius must be a positive number, but {shown(self.radius)} was given.") from None
        if not 0.0 < radius < math.inf:
            raise ValueError(f"radius must be positive and finite, but radius = {shown(self.radius)} was given.")
        object.__setattr__(self, "radius", radius)

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PointCosts:
        try:
            scale = (2.0 * self.radius) ** p
        except OverflowError:
            scale = math.inf
        pairs = point_pairs(HALF_ANGLE, 1.0, scale, p, _on_sphere(x, "x"), _on_sphere(y, "y").T)
        if not SMALLEST < scale < math.inf:
            raise ValueError(
                f"radius {self.radius:g} with p = {p:g} leaves the range of float64. Choose another unit of length."
            )
        return PointCosts(self, p, x, y, pairs)


@dataclass(frozen=True)
class CallableCost(Cost):
    """Any Python function of two points, as in `scipy.spatial.distance.cdist`.

    It is called once for each pair when it is bound to data, so it costs time and memory that built-in costs do not.

    Parameters
    ----------
    function : callable
        Takes two 1-D arrays, returns a finite number.
    is_metric : bool
        Whether the function is known to be a metric.

    Examples
    --------
    >>> from otkit.costs import CallableCost
    >>> CallableCost(lambda u, v: abs(u[0] - v[0])).between([0.0, 1.0], [3.0]).dense()
    array([[3.],
           [2.]])
    """

    function: Callable[[FloatArray, FloatArray], float]
    is_metric: bool = False

    compiled = False
    arithmetic = "libm"

    @property
    def name(self) -> str:  # type: ignore[override]
        """What users call it."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        n, m = x.shape[0], y.shape[0]
        checks.require_memory(
            8 * n * m, f"The costs of {n} × {m} pairs by a Python function", "Built-in metrics need no matrix."
        )
        matrix = np.empty((n, m))
        for i, u in enumerate(x):
            for j, v in enumerate(y):
                matrix[i, j] = self._evaluate(u, v, i, j, p)
        return MatrixCosts(matrix, metric=self, p=p, points=(x, y))

    def distances(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return what the function says of x[k] and y[k], for each k."""
        return np.array([self._evaluate(u, v, k, k, 1.0) for k, (u, v) in enumerate(zip(x, y, strict=True))])

    def _evaluate(self, u: FloatArray, v: FloatArray, i: int, j: int, p: float) -> float:
        value = self.function(u, v)
        try:
            cost = pairs_module.power(float(value), p)
        except (TypeError, ValueError):
            raise TypeError(
                f"The cost function must return a number, but for x[{i}], y[{j}] it returned {value!r}."
            ) from None
        if not math.isfinite(cost) or (p != 1.0 and float(value) < 0.0):
            constraint = "a finite number" if p == 1.0 else f"a non-negative number with a finite {p:g}th power"
            raise ValueError(
                f"The cost function must return {constraint}, but for x[{i}], y[{j}] it returned {value!r}."
            )
        return cost


_NAMED: dict[str, Cost] = {
    cost.name: cost for cost in (Euclidean(), SqEuclidean(), Cityblock(), Chebyshev(), Cosine(), Haversine())
}

# What other libraries call them.
_ALIASES = {
    **dict.fromkeys(("l1", "manhattan", "taxicab", "city_block"), "cityblock"),
    "l2": "euclidean",
    **dict.fromkeys(("sq_euclidean", "squared_euclidean", "squaredeuclidean", "l2_squared", "sql2"), "sqeuclidean"),
    **dict.fromkeys(("linf", "l_inf", "infinity", "maximum", "supremum", "chessboard"), "chebyshev"),
    **dict.fromkeys(("great_circle", "geodesic"), "haversine"),
}


def enter(*costs: Cost) -> None:
    """Give costs the names by which `as_cost` finds them."""
    _NAMED.update((cost.name, cost) for cost in costs)


def _named(name: str) -> Cost:
    """Return the cost that a name stands for, by whichever library it is called so."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    if plain.startswith("minkowski") or plain == "lp":
        raise ValueError(f"metric must say its order: write otkit.Minkowski(3) for the order 3, not {name!r}.")
    plain = _ALIASES.get(plain, plain)
    if plain in _NAMED:
        return _NAMED[plain]
    try:
        checks.require_choice(name, "metric", _NAMED)
    except ValueError as error:
        raise ValueError(f"{error} Any function of two points will do, as those of scipy.spatial.distance.") from None
    return _NAMED[name]


def as_cost(metric: str | Cost | Callable[..., Any]) -> Cost:
    """Return the cost that a name, a cost object or a function stands for.

    Examples
    --------
    >>> from otkit.costs import as_cost
    >>> as_cost("cityblock")
    Cityblock()
    """
    if isinstance(metric, Cost):
        return metric
    if isinstance(metric, str):
        return _named(metric)
    if isinstance(metric, type):
        raise TypeError(f"metric must be a cost object, but a class was given: write {metric.__name__}(…).")
    if callable(metric):
        return CallableCost(metric)
    raise TypeError(f"metric must be a name, a cost object or a function of two points, but {shown(metric)} was given.")


def cost_matrix(
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    metric: str | Cost | Callable[..., Any] = "euclidean",
    p: float = 1.0,
    w: ArrayLike | None = None,
) -> FloatArray:
    """Return the matrix of costs between two clouds.

    Coordinates are subtracted directly, so that nearby points keep their digits wherever the clouds lie, and the bits
    are the same whatever the number of threads.

    Parameters
    ----------
    x : array-like of shape (n, d) or (n,)
        Points; a 1-D array holds points on the line.
    y : array-like of shape (m, d) or (m,), optional
        Points; `x` again if omitted.
    metric : str, Cost or callable
        One of "euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "haversine" (latitude and longitude in
        degrees, distance in kilometres), "correlation", "seuclidean", "mahalanobis", "canberra", "braycurtis",
        "hamming" and "jaccard", a cost object such as ``Minkowski(3)``, or a function of two points. Common aliases are
        taken: "l1" and "manhattan", "l2", "linf", "squared_euclidean".
    p : float
        The cost is the p-th power of the metric, p ≥ 1.
    w : array-like of shape (d,), optional
        Weights of the coordinates: the cost is ``otkit.Weighted(metric, w)``.

    Returns
    -------
    ndarray of shape (n, m)
        Costs in float64.

    Raises
    ------
    ValueError
        If points are not finite, live in different dimensions or do not suit the metric, or if costs would overflow or
        vanish in float64.
    MemoryError
        If the matrix does not fit in memory.

    See Also
    --------
    wasserstein : solves without the matrix.
    transport : takes the matrix.

    Examples
    --------
    >>> from otkit.costs import cost_matrix
    >>> cost_matrix([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 4.0]])
    array([[0., 4.],
           [5., 3.]])
    """
    cost = as_cost(metric)
    if w is not None:
        from otkit.costs.dissimilarities import Weighted  # which rests on the metrics here

        cost = Weighted(cost, w)
    return cost.between(x, y, p=p).dense()


def _require_representable(pairs: PointPairs, name: str, p: float) -> None:
    """Raise unless the cost across the box that holds both clouds is representable, and its squares as well."""
    widest, base, cost = boxes.across(pairs)
    if widest == 0.0:
        return
    if not (math.isfinite(base) and math.isfinite(cost)):
        problem = "overflow"
    elif (base < SMALLEST and pairs.kind not in (SUM_ABS, MAX_ABS)) or (cost < SMALLEST and pairs.exponent > 1.0):
        problem = "vanish"
    else:
        return
    raise ValueError(
        f"{name} costs with p = {p:g} {problem} in float64: the coordinates of x and y span up to {widest:.3g}. "
        f"Rescale both clouds by a common factor."
    )


def _directions(points: FloatArray, name: str) -> FloatArray:
    """Return the points divided by their Euclidean norms."""
    largest = np.abs(points).max(axis=1, keepdims=True)
    if not largest.all():
        row = int(np.argmin(largest))
        raise ValueError(
            f"{name} must hold no zero vector for the cosine cost, but {name}[{row}] is zero: it has no direction."
        )
    scaled = points / largest  # no overflow or underflow in the squares
    squares = np.zeros((points.shape[0], 1))
    for k in range(points.shape[1]):  # from first to last: np.sum adds in an order of its own
        squares += scaled[:, k : k + 1] * scaled[:, k : k + 1]
    return scaled / np.sqrt(squares)


def _on_sphere(points: FloatArray, name: str) -> FloatArray:
    """Return latitude, longitude and the cosine of the latitude of each point."""
    if points.shape[1] != 2:
        raise ValueError(
            f"{name} must hold latitude and longitude in degrees for haversine, but it has {points.shape[1]} columns."
        )
    latitude = points[:, 0]
    outside = np.abs(latitude) > 90.0
    if outside.any():
        where = checks.entry(points, 2 * int(np.argmax(outside)), name)
        raise ValueError(f"{name} must have latitudes within ±90 degrees in its first column, but {where}.")
    return np.column_stack([points, np.cos(np.radians(latitude))])
