"""Powers of norms of the difference of two points: Euclidean, cityblock, Chebyshev and Minkowski distances."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from otkit._text import shown
from otkit._typing import FloatArray
from otkit.costs import accuracy, boxes, units
from otkit.costs.accuracy import Accuracy
from otkit.costs.cost import Cost, Norm
from otkit.costs.evaluated import PairCosts, PointCosts
from otkit.costs.pairs import MAX_ABS, SUM_ABS, SUM_CUBES, SUM_POWERS, SUM_SQUARES, PointPairs, point_pairs
from otkit.numerics.floats import SMALLEST

# Differences of coordinates that are held at a time.
_BLOCK = 1 << 20


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
