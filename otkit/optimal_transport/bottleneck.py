"""The bottleneck distance W_∞: how far some mass has to go, however cleverly all of it is shipped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.checker.bottleneck import BottleneckCertificate, certify_bottleneck
from otkit.checker.integer_masses import exact_surplus
from otkit.costs import Cost, PairCosts, SparseCosts, as_cost
from otkit.inputs.frames import Missing, as_clouds
from otkit.inputs.labelled import labels_of_rows
from otkit.io.results import Result
from otkit.measures import DiscreteMeasure, taken_apart
from otkit.numerics.fixed_point import quotient
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.lifting import part_with_mass
from otkit.problem import InfeasibleError, TransportProblem
from otkit.solvers import bottleneck as solver
from otkit.solvers.infeasible import cut_error

if TYPE_CHECKING:
    from scipy.sparse import coo_array


@dataclass(frozen=True, eq=False, repr=False)
class BottleneckResult(Result):
    """The bottleneck of a transport problem, with a plan that attains it and the cut that proves it.

    Attributes
    ----------
    problem : TransportProblem
    certificate : BottleneckCertificate

    Examples
    --------
    >>> import otkit
    >>> result = otkit.bottleneck([0.0, 1.0], [3.0, 5.0])
    >>> result.distance
    4.0
    >>> result.plan.toarray()
    array([[0.5, 0. ],
           [0. , 0.5]])
    """

    _fields_of_dict = ("value", "plan_entries", "certificate")

    problem: TransportProblem
    certificate: BottleneckCertificate

    @property
    def value(self) -> float:
        """The least t such that a plan lives on pairs with c_ij ≤ t."""
        return self.certificate.value

    @property
    def distance(self) -> float:
        """The same: W_∞, where costs are distances."""
        return self.certificate.value

    @property
    def cut(self) -> IntArray:
        """Rows that hold more than the columns that they reach by pairs cheaper than `value`."""
        return self.certificate.cut

    @cached_property
    def plan(self) -> coo_array:
        """A plan on pairs that cost at most `value`, shape (n, m), sparse: exact integers, rounded once to floats."""
        from scipy.sparse import coo_array

        rows, cols, units = self.certificate.plan
        unit = exact_surplus(self.problem)[1]
        mass = np.array([quotient(amount, unit.denominator, unit.exponent) for amount in units])
        return coo_array((mass, (rows, cols)), shape=self.problem.shape)

    @property
    def plan_entries(self) -> dict[str, FloatArray]:
        """The entries of the plan as three lists."""
        plan = self.plan
        return {"rows": plan.row, "cols": plan.col, "mass": plan.data}

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        interval = self.certificate.distance_interval
        lines = [f"bottleneck = {self.value:.12g}", f"  proof    {self.certificate.statement}"]
        if interval is not None:
            lines.append(f"  points   W_∞ of these points lies in [{interval[0]!r}, {interval[1]!r}]")
        return "\n".join(lines)

    def __repr__(self) -> str:
        n, m = self.problem.shape
        return f"BottleneckResult(value={self.value!r}, {n} × {m})"


def bottleneck(
    x: ArrayLike | PairCosts | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure | None = None,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    metric: str | Cost | Callable[[FloatArray, FloatArray], float] = "euclidean",
    missing: Missing = "raise",
    threads: int | None = None,
) -> BottleneckResult:
    """Return the bottleneck distance W_∞ between two weighted sample sets, or of a cost matrix, with its proof.

    W_∞(a, b) is the least t such that a plan Γ ≥ 0 with row sums a/Σa and column sums b/Σb lives on pairs with
    d(x_i, y_j) ≤ t: the limit of W_p as p grows.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        Points, as in `wasserstein`. With `y` left out, `x` is a matrix of costs (n, m), dense or of `scipy.sparse`,
        whose masses are those of `transport`: as they are, and equal in total.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights, as in `wasserstein`, or in `transport` beside a matrix.
    metric : str, cost object or callable, default "euclidean"
        As in `wasserstein`; without meaning beside a matrix.
    missing, threads
        As in `wasserstein`.

    Returns
    -------
    BottleneckResult
        `value`, `plan`, `cut`, and a `certificate`: the plan, and rows that hold more than the columns take that they
        reach by cheaper pairs, so that no plan exists below. Both are checked in exact arithmetic.

    Raises
    ------
    ValueError, TypeError
        As in `wasserstein`.
    InfeasibleError
        As in `transport`.

    Notes
    -----
    The value is one of the costs. No n × m matrix is made: pairs are listed up to a limit, and beyond it where a cut
    asks for them. W_∞ is not continuous in the masses, and here they are what they are: a mass of 1e-17 that has to go
    far counts as much as any other. Hand over counts rather than shares that were rounded, as 0.1 + 0.2 beside 0.3 are.

    References
    ----------
    R. E. Burkard, M. Dell'Amico, S. Martello, *Assignment Problems* (2009), section 6.2. A. Efrat, A. Itai, M. J. Katz,
    Geometry helps in bottleneck matching and related problems, Algorithmica 31 (2001), 1-28.

    See Also
    --------
    wasserstein, persistence_distance

    Examples
    --------
    >>> import otkit
    >>> result = otkit.bottleneck([[0, 0], [1, 0]], [[0, 1], [4, 4]], [1, 1], [3, 1])
    >>> result.distance
    5.0
    >>> otkit.bottleneck([[10, 31], [7, 19]], a=[3, 2], b=[4, 1]).value
    19.0
    """
    if y is None:
        problem = TransportProblem(x, a, b)
    else:
        cost = as_cost(metric)
        (x, a), (y, b) = taken_apart(x, a, "x", "a"), taken_apart(y, b, "y", "b")
        clouds = as_clouds({"x": x, "y": y}, {"a": a, "b": b}, missing=missing, invariant=cost.translation_invariant)
        problem = TransportProblem(cost.bound(clouds), *clouds.weights, probability=True)
        if clouds.held:
            rows, columns = (labels_of_rows(frame.index) for frame in clouds.held)
            problem = problem.with_labels(rows, columns)
    with nullcontext() if threads is None else sharing_threads(threads):
        return solve_bottleneck(problem)


def solve_bottleneck(problem: TransportProblem) -> BottleneckResult:
    """Solve a `TransportProblem` for its bottleneck, on the rows and columns that carry mass.

    Examples
    --------
    >>> import otkit
    >>> from otkit.optimal_transport.bottleneck import solve_bottleneck
    >>> solve_bottleneck(otkit.TransportProblem([[1, 5], [2, 9]]))
    BottleneckResult(value=5.0, 2 × 2)
    """
    problem.require_balance()
    part = part_with_mass(problem, problem.a, problem.b)
    rows, cols = (np.arange(n) for n in problem.shape) if part.is_whole else (part.rows, part.cols)
    try:
        found = solver.solve(part.problem)
    except InfeasibleError as error:
        assert isinstance(problem.cost, SparseCosts)
        y = error.farkas[: rows.size]
        raise cut_error(problem, problem.cost, rows[y == y.max()]) from None
    plan = rows[found.rows], cols[found.cols], found.units
    return BottleneckResult(problem, certify_bottleneck(problem, found.value, plan, rows[found.cut]))
