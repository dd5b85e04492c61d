"""What potentials are good for: c-transforms, the Kantorovich potential, Lipschitz constants, subgradients, Farkas.

Names follow Santambrogio, *Optimal Transport for Applied Mathematicians*, ch. 1 and 3, and Peyré & Cuturi,
*Computational Optimal Transport*, sec. 5 and 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost, PairCosts, SparseCosts, as_cost, bind
from otkit.costs.gradients import gradients
from otkit.inputs import checks
from otkit.inputs.frames import Frame, as_clouds
from otkit.inputs.labelled import axes_of
from otkit.inputs.matching import masses_of
from otkit.numerics.sums import accurate_dot
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate


class Solved(Protocol):
    """A problem with its answer: what `TransportResult` has, which imports this module."""

    @property
    def problem(self) -> TransportProblem:
        """The problem."""

    @property
    def candidate(self) -> Candidate:
        """Plan and potentials."""


def c_transform(C: PairCosts | ArrayLike, f: ArrayLike) -> FloatArray:
    """Return f^c_j = min_i c_ij − f_i, the largest g with f_i + g_j ≤ c_ij.

    Any f, however poor, becomes a feasible pair (f, f^c) and so a lower bound Σ a f + Σ b f^c of the transport cost.

    Parameters
    ----------
    C : PairCosts or array-like of shape (n, m)
        For the transform of g over the columns, pass ``problem.cost.transpose()`` (or the transposed matrix).
    f : array-like, shape (n,)

    Returns
    -------
    ndarray, shape (m,)

    Raises
    ------
    ValueError
        f is not finite or does not have n entries.

    References
    ----------
    Peyré & Cuturi, *Computational Optimal Transport*, sec. 5.1.

    Examples
    --------
    >>> import otkit
    >>> otkit.c_transform([[1, 2], [3, 1]], [1, 0])
    array([0., 1.])
    """
    bound = bind(C)
    values = checks.as_float_array(masses_of(axes_of(C)[0], f, "f", "the rows of C").masses, "f")
    if values.shape != (bound.shape[0],):
        raise ValueError(f"f must have shape ({bound.shape[0]},), one entry a row, but its shape is {values.shape}.")
    checks.require_finite(values, "f")
    return bound.column_minima(values)[0]


@dataclass(frozen=True, eq=False)
class KantorovichPotential:
    """The function φ(z) = min_j d(z, y_j) − g_j: 1-Lipschitz on the whole space, whatever g (McShane's form).

    Attributes
    ----------
    metric : Cost
        The metric d.
    points : ndarray, shape (m, d)
        The points y_j.
    prices : ndarray, shape (m,)
        The numbers g_j.
    columns : tuple of str
        Names of the coordinates, which those of a data frame are matched with; empty where they have none.
    """

    metric: Cost
    points: FloatArray
    prices: FloatArray
    columns: tuple[str, ...] = ()

    def __call__(self, z: ArrayLike) -> Any:
        """Return φ at the rows of a (k, d) array, or at one point of shape (d,), as a float.

        On the line a 1-D array is k points, and a number is one.
        """
        if self.columns and np.ndim(z) == 2:
            known = Frame(self.columns, block=self.points)
            z = as_clouds({"points": known, "z": z}, invariant=False).points[1]
        where = checks.as_float_array(z, "z")
        dimension = self.points.shape[1]
        single = where.ndim == (0 if dimension == 1 else 1)
        if single:
            where = where.reshape(1, -1)
        values = self.metric.between(checks.as_points(where, "z"), self.points).row_minima(self.prices)[0]
        return float(values[0]) if single else values


def kantorovich_potential(result: Solved) -> KantorovichPotential:
    """Return an optimal φ of Kantorovich-Rubinstein duality, W_1 = sup over 1-Lipschitz φ of E_P φ − E_Q φ.

    Parameters
    ----------
    result : TransportResult
        A solved problem whose cost is a metric: ``otkit.wasserstein(x, y)`` with p = 1.

    Returns
    -------
    KantorovichPotential
        Callable anywhere in space. ``Σ a_i φ(x_i) − Σ b_j φ(y_j)`` is the distance.

    Raises
    ------
    ValueError
        The cost is no metric. Then the dual has two functions, `result.potentials`, and no single φ.

    See Also
    --------
    c_transform : potentials of a matrix.
    lipschitz_constant : how steep a function of points is.

    References
    ----------
    Santambrogio, *Optimal Transport for Applied Mathematicians*, sec. 3.1.1.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> x, y = np.array([0.0, 1.0]), np.array([3.0, 5.0])
    >>> phi = otkit.kantorovich_potential(otkit.wasserstein(x, y))
    >>> float(phi(x).mean() - phi(y).mean())
    3.5
    """
    reading = result.problem.cost.reading
    phi = potential_of_points(result)
    if reading.moved:
        raise ValueError(
            f"result must be between points as they are for a function of them, but here {'; '.join(reading.notes)}. "
            "Subtract an origin of your own first."
        )
    return phi


def potential_of_points(result: Solved) -> KantorovichPotential:
    """Return the same for points as the problem holds them, from whatever origin they are counted."""
    cost = result.problem.cost
    metric, points = cost.metric, cost.points
    reason = _why_no_metric(cost)
    if reason or metric is None or points is None:
        raise ValueError(
            f"cost must be a metric for a Kantorovich potential, but {reason}. "
            "The dual then has two functions: result.potentials."
        )
    return KantorovichPotential(metric, points[1], result.candidate.g, cost.reading.columns)


def _why_no_metric(cost: PairCosts) -> str:
    """Say why Kantorovich-Rubinstein duality does not hold for a cost; empty if it does."""
    if cost.metric is None or cost.points is None:
        return "a given matrix is a table of costs between two sets, with no points at which to evaluate φ"
    if not cost.metric.is_metric:
        return f"{cost.metric.name} is not known to satisfy the triangle inequality"
    if cost.p != 1.0:
        return f"{cost.metric.name} to the power p = {cost.p:g} does not satisfy the triangle inequality"
    return ""


def lipschitz_constant(
    values: ArrayLike, points: ArrayLike, *, metric: str | Cost | Callable[..., float] = "euclidean"
) -> float:
    """Return max |u_i − u_j| / d(x_i, x_j) over all pairs: the Lipschitz constant of a function known at some points.

    Parameters
    ----------
    values : array-like, shape (n,)
    points : array-like, shape (n, d) or (n,)
    metric : str, Cost or callable
        As in `otkit.cost_matrix`.

    Returns
    -------
    float
        Infinity if two values differ at the same point; 0 for a single point. No n × n memory is used.

    Raises
    ------
    ValueError
        Values or points that are not finite, or whose numbers differ.

    Examples
    --------
    >>> import otkit
    >>> otkit.lipschitz_constant([0.0, 3.0, 4.0], [0.0, 1.0, 3.0])
    3.0
    """
    cost = as_cost(metric)
    clouds = as_clouds({"points": points}, invariant=cost.translation_invariant)
    where = clouds.points[0]
    heights = checks.as_float_array(values, "values")
    if heights.shape != (where.shape[0],):
        raise ValueError(
            f"values must have shape ({where.shape[0]},), one entry a point, but their shape is {heights.shape}."
        )
    checks.require_finite(heights, "values")
    return cost.bound(clouds).steepest_slope(heights, heights)


class Subgradient(NamedTuple):
    """Derivatives of a transport cost or distance.

    Attributes
    ----------
    x, y : ndarray, shapes (n, d) and (m, d)
        In the points.
    a, b : ndarray, shapes (n,) and (m,)
        In the weights.
    """

    x: FloatArray
    y: FloatArray
    a: FloatArray
    b: FloatArray


def subgradient(result: Solved, *, of: Literal["distance", "value"] = "distance") -> Subgradient:
    """Return derivatives of the distance W_p, or of the cost W_p^p, in points and weights, from plan and potentials.

    In the points this is the envelope theorem, ∂V/∂x_i = Σ_j Γ_ij ∇_x c(x_i, y_j); in the weights it is the potentials,
    the dual variables of the weights. Where the optimal plan and potentials are unique and no matched points
    coincide, these are the derivatives. Elsewhere they are the choice that the answer at hand makes:

    * in the weights, where V is convex, a subgradient;
    * in the points, where V is the least of many smooth functions, the gradient of one that attains it. At a kink
      of the metric the part of a matched pair is 0 (see ``otkit/costs/gradients.py``);
    * at W_p = 0, where the distance is least, 0 in the points, and for p > 1 in the weights too.

    Between probability measures the weights count relative to their total, as in `otkit.wasserstein`, so that
    Σ a ∂V/∂a = 0. Masses taken as they are (`otkit.transport`) can only move together, Σ da = Σ db, and for such moves
    any constant between ∂V/∂a and −∂V/∂b cancels.

    Parameters
    ----------
    result : TransportResult
    of : {"distance", "value"}
        W_p, or W_p^p.

    Returns
    -------
    Subgradient
        Fields x, y, a, b.

    Raises
    ------
    ValueError
        The cost is no power of a norm of x − y.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([[0.0, 0.0]], [[3.0, 4.0]])
    >>> otkit.subgradient(result).x
    array([[-0.6, -0.8]])
    """
    checks.require_choice(of, "of", ("distance", "value"))
    problem, plan = result.problem, result.candidate
    n, m = problem.shape
    parts = plan.mass[:, None] * gradients(problem.cost, plan.rows, plan.cols)
    x, y = np.zeros((n, parts.shape[1])), np.zeros((m, parts.shape[1]))
    np.add.at(x, plan.rows, parts)
    np.subtract.at(y, plan.cols, parts)
    a, b = plan.f, plan.g
    if problem.probability:
        (total_a, total_b), supply, demand = problem.totals, problem.supply, problem.demand
        a = (a - accurate_dot(a, supply)) / total_a
        b = (b - accurate_dot(b, demand)) / total_b
    factor = 1.0
    p, unit = problem.cost.p, problem.cost.unit
    if of == "distance" and p != 1.0:
        value = accurate_dot(problem.cost.at(plan.rows, plan.cols), plan.mass)
        factor = value ** (1.0 / p - 1.0) / p if value > 0.0 else 0.0
    if unit == 1.0:
        return Subgradient(factor * x, factor * y, factor * a, factor * b)
    # The cost is that of points divided by a length, and what is asked for that in powers of a unit of distance.
    metric = problem.cost.metric
    length = math.sqrt(unit) if metric is not None and metric.norm is not None and metric.norm.degree == 2.0 else unit
    worth = unit if of == "distance" else problem.cost.in_given_unit(1.0)
    return Subgradient(
        *(worth / length * factor * part for part in (x, y)), *(worth * factor * part for part in (a, b))
    )


def proves_infeasible(farkas: ArrayLike, a: ArrayLike, b: ArrayLike, C: Any = None) -> bool:
    """Check a proof that no plan ships a to b: a vector y with Aᵀy ≤ 0 and [a; b]ᵀy > 0 (Farkas' lemma).

    Exactly one of the two exists, a plan or such a vector. With y = [u; v], Aᵀy ≤ 0 says u_i + v_j ≤ 0 for all pairs.

    Parameters
    ----------
    farkas : array-like, shape (n + m,)
        As carried by `otkit.InfeasibleError`.
    a, b : array-like, shapes (n,) and (m,)
    C : scipy.sparse matrix of shape (n, m), optional
        Where costs are sparse, u_i + v_j ≤ 0 is asked of the listed pairs alone.

    Returns
    -------
    bool

    Examples
    --------
    >>> import otkit
    >>> try:
    ...     otkit.transport([[1.0, 2.0]], [3.0], [1.0, 1.0])
    ... except otkit.InfeasibleError as error:
    ...     proves_infeasible(error.farkas, [3.0], [1.0, 1.0])
    True
    """
    supply, demand = checks.as_float_array(a, "a"), checks.as_float_array(b, "b")
    y = checks.as_float_array(farkas, "farkas")
    if y.shape != (supply.size + demand.size,):
        raise ValueError(f"farkas must have shape ({supply.size + demand.size},), but its shape is {y.shape}.")
    u, v = y[: supply.size], y[supply.size :]
    cost = None if C is None else bind(C)
    sums = u[cost.arc_rows] + v[cost.pairs.cols] if isinstance(cost, SparseCosts) else u.max() + v.max()
    return bool((sums <= 0.0).all()) and accurate_dot(y, np.concatenate([supply, demand])) > 0.0
