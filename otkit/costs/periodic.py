"""Distances on circles and tori: hours of the day, angles, phases, cells with periodic walls.

The wrap is computed so that a distance on the circle is the true one, rounded once. Remainders by the period are exact
(`fmod`), and lie in (−P, P). Their difference is h + l without any error (Knuth's two-sum), |h| < 2P. Where |h| exceeds
P/2, the way round is shorter: |P − |h|| or 2P − |h|, exact by Sterbenz' lemma, since the two differ by a factor of at
most 2; then l is added, the one rounding. So all points may be turned by the same angle without any bit changing, as
long as the turned coordinates are floats.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import FloatArray
from otkit.costs.cost import Cost
from otkit.costs.matrices import MatrixCosts
from otkit.inputs import checks


def wrapped(x: FloatArray, y: FloatArray, period: float) -> FloatArray:
    """Return the distances |x − y| on a circle, each rounded once; x and y as in NumPy's broadcasting.

    Examples
    --------
    >>> wrapped(np.array([23.5, 12.0]), np.array([0.25, 36.5]), 24.0)
    array([0.75, 0.5 ])
    """
    s, t = np.fmod(x, period), -np.fmod(y, period)
    high = s + t
    part = high - s
    low = (s - (high - part)) + (t - part)
    low = np.where(high < 0.0, -low, low)
    high = np.abs(high)
    turns = np.where(high > 1.5 * period, 2.0, np.where(high > 0.5 * period, 1.0, 0.0))
    with np.errstate(invalid="ignore"):
        around = np.where(turns > 0.0, turns * period, 0.0)  # a period may be infinite: then no way goes round
    distance: FloatArray = np.abs((high - around) + low)
    return distance


class _Periodic(Cost):
    """A norm of wrapped differences, evaluated into a matrix."""

    is_metric = True
    translation_invariant = True
    compiled = False

    @abstractmethod
    def _periods(self, dimension: int) -> Sequence[float]:
        """Return the period of each coordinate."""

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        n, m = len(x), len(y)
        checks.require_memory(40 * n * m, f"Periodic costs of {n} × {m} pairs", "Euclidean costs need no matrix.")
        squares, distance = np.zeros((n, m)), np.zeros((n, m))
        for k, period in enumerate(self._periods(x.shape[1])):
            distance = wrapped(x[:, k : k + 1], y[:, k], period)
            squares += distance * distance
        if x.shape[1] > 1:
            distance = np.sqrt(squares)
        costs = distance if p == 1.0 else squares if p == 2.0 else distance**p
        return MatrixCosts(costs, metric=self, p=p, points=(x, y))


@dataclass(frozen=True)
class Circle(_Periodic):
    """The distance along a circle of some length: the shorter way round.

    Parameters
    ----------
    period : float
        The length of the circle: 24 for hours, 360 for degrees, ``2 * math.pi`` for radians. Coordinates may be any
        numbers; those that differ by a multiple of the period are one point.

    See Also
    --------
    Torus, Haversine

    Examples
    --------
    >>> import otkit
    >>> otkit.wasserstein([23.0, 22.0], [1.0, 0.0], metric=otkit.Circle(24)).distance
    2.0
    """

    period: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "period", _as_period(self.period, "period"))

    @property
    def name(self) -> str:  # type: ignore[override]
        """What users call it."""
        return f"circle({self.period:g})"

    def _periods(self, dimension: int) -> Sequence[float]:
        if dimension != 1:
            raise ValueError(
                f"x must hold one coordinate a point for a circle, but it has {dimension}: see otkit.Torus."
            )
        return [self.period]


@dataclass(frozen=True)
class Torus(_Periodic):
    """The Euclidean distance where each coordinate goes round a circle of its own: a flat torus.

    Parameters
    ----------
    periods : sequence of float
        The period of each coordinate; infinity for one that does not go round.

    See Also
    --------
    Circle

    Examples
    --------
    >>> import math, otkit
    >>> otkit.cost_matrix([[0.5, 0.0]], [[9.5, 2.0]], metric=otkit.Torus([10, math.inf]))
    array([[2.23606798]])
    """

    periods: tuple[float, ...]

    def __post_init__(self) -> None:
        try:
            given: list[Any] = list(self.periods)
        except TypeError:
            raise TypeError(f"periods must be a sequence of numbers, but {shown(self.periods)} was given.") from None
        periods = tuple(_as_period(period, f"periods[{k}]", straight=True) for k, period in enumerate(given))
        object.__setattr__(self, "periods", periods)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What users call it."""
        return f"torus({', '.join(f'{period:g}' for period in self.periods)})"

    def _periods(self, dimension: int) -> Sequence[float]:
        if dimension != len(self.periods):
            raise ValueError(
                f"periods must be one for each of the {dimension} coordinates of x, but {len(self.periods)} were given."
            )
        return self.periods


def _as_period(value: Any, name: str, *, straight: bool = False) -> float:
    try:
        period = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a positive number, but {shown(value)} was given.") from None
    if not (0.0 < period < 1e307 or (straight and period == math.inf)):
        raise ValueError(f"{name} must be positive and finite, but {name} = {shown(value)} was given.")
    return period
