"""What a cost between two points is: the base of all metrics, and what they say of themselves.

All that depends on the choice of a metric is settled in how a cost prepares its points for the kernels: no solver and
no other kernel branches on it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.costs import units
from otkit.costs.accuracy import Accuracy
from otkit.costs.evaluated import PairCosts
from otkit.costs.pairs import PointPairs
from otkit.inputs import checks
from otkit.inputs.frames import Clouds, as_clouds
from otkit.numerics.pickling import owned


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
