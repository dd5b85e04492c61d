"""Unequal masses, exactly: ship a part of them, or pay for what is left over.

Both problems become balanced ones by a dummy row, from which columns take what no row brings them, and a dummy column,
to which rows send what no column takes (Rubner, Tomasi & Guibas 2000 put it so for the first). The solvers, and what
they prove, stay the same.

A dummy's mass is a difference or a sum of totals, and such a number need not be a float. So a dummy is as many rows (or
columns) as it takes floats to write that number down without rounding: one where masses are integers, two or three as a
rule. What is proved is therefore about the masses as they are given, to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.checker.certificate import Certificate
from otkit.costs import PairCosts, bind
from otkit.inputs.checks import as_seconds, as_weights, require_choice, require_memory
from otkit.inputs.labels import Labels
from otkit.inputs.matching import along_costs
from otkit.io.results import Result
from otkit.numerics.fixed_point import as_int, exact_total
from otkit.numerics.floats import EPS
from otkit.numerics.jit import read_only
from otkit.numerics.sums import accurate_sum
from otkit.optimal_transport.dummies import of_nothing, with_dummies, worth_their_way
from otkit.optimal_transport.prices import Given, LeftoverPrices, as_prices_of
from otkit.optimal_transport.results import Potentials, TransportResult, arcs_frame
from otkit.optimal_transport.settings import Proof, Report, Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import InfeasibleError
from otkit.solvers.registry import SOLVERS

if TYPE_CHECKING:
    from scipy.sparse import coo_array

# Those that take costs for some pairs alone: any problem.
AnyProblemMethod = Literal["auto", "simplex", "lp"]


@dataclass(frozen=True, eq=False, repr=False)
class UnbalancedResult(Result):
    """What is shipped between unequal masses, what is left, and the proof that nothing is cheaper.

    Attributes
    ----------
    balanced : TransportResult
        The balanced problem that was solved, its dummy rows and columns behind those of C.
    shape : tuple of two ints
        Numbers of rows and columns of C.
    mass : float
        Mass that is shipped.
    price : float, pair of arrays or None
        What each unit left over costs: one number, or the prices `a` of the rows and `b` of the columns; None where the
        mass to ship was given instead.
    row_labels, col_labels : Labels or None
        What the rows and the columns of C are called, where they came with labels.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.partial_transport([[1, 5], [2, 9]], [3, 2], [4, 3], mass=4)
    >>> print(result)  # doctest: +ELLIPSIS
    4 of 5 and 7 shipped at a cost of 5
      proof    optimal, proved in exact arithmetic for the float64 costs as evaluated
      left     1 of a, 3 of b
      ...
    >>> result.leftover_a, result.leftover_b
    (array([0., 1.]), array([0., 3.]))
    """

    _fields_of_dict = (
        "value",
        "mass",
        "price",
        "shipping_cost",
        "mean_cost",
        "unit_price",
        "leftover_a",
        "leftover_b",
        "row_labels",
        "col_labels",
        "certificate",
    )

    balanced: TransportResult
    shape: tuple[int, int]
    mass: float
    price: float | LeftoverPrices | None
    row_labels: Labels | None = None
    col_labels: Labels | None = None

    def plan_frame(self) -> Any:
        """Return what is shipped as a pandas DataFrame, with what is left in one more row and one more column.

        Examples
        --------
        >>> import otkit, pandas as pd
        >>> C = pd.DataFrame([[1, 5], [2, 9]], index=["rye", "oats"], columns=["north", "south"])
        >>> otkit.partial_transport(C, {"rye": 3, "oats": 2}, {"north": 4, "south": 3}, mass=4).plan_frame()
              north  south  left
        rye     3.0    0.0   0.0
        oats    1.0    0.0   1.0
        left    0.0    3.0   0.0
        """
        import pandas as pd

        n, m = self.shape
        require_memory(8 * (n + 1) * (m + 1), f"The plan as a table of {n} × {m} pairs", "`plan` is sparse.")
        table = np.zeros((n + 1, m + 1))
        table[:n, :m], table[:n, m], table[n, :m] = self.plan.toarray(), self.leftover_a, self.leftover_b
        axes = [_with_rest(size, labels) for size, labels in ((n, self.row_labels), (m, self.col_labels))]
        return pd.DataFrame(table, index=axes[0], columns=axes[1])

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each pair that mass is shipped between, as `TransportResult` does.

        Examples
        --------
        >>> import otkit
        >>> otkit.partial_transport([[1, 5], [2, 9]], [3, 2], [4, 3], mass=4).to_frame()
           row  column  mass  cost
        0    0       0   3.0   1.0
        1    1       0   1.0   2.0
        """
        rows, cols = self.plan.coords
        cost = self.balanced.problem.cost.at(rows, cols)
        return arcs_frame(rows, cols, self.plan.data, cost, (self.row_labels, self.col_labels))

    @property
    def value(self) -> float:
        """The optimum: the cost of what is shipped and, where it has a price, of what is left."""
        return self.balanced.value

    @property
    def certificate(self) -> Certificate:
        """What is proved: `lower ≤ OPT ≤ upper`, OPT being the optimum of the unequal masses, too."""
        return self.balanced.certificate

    @cached_property
    def plan(self) -> coo_array:
        """What is shipped from each row of C to each column, shape (n, m), sparse."""
        from scipy.sparse import coo_array

        entries, (n, m) = self.balanced.candidate, self.shape
        real = (entries.rows < n) & (entries.cols < m)
        return coo_array((entries.mass[real], (entries.rows[real], entries.cols[real])), shape=self.shape)

    @property
    def shipping_cost(self) -> float:
        """⟨C, Γ⟩, the cost of what is shipped."""
        if self.price is None:
            return self.value
        return math.fsum(self.balanced.problem.cost.at(*self.plan.coords) * self.plan.data)

    @property
    def mean_cost(self) -> float:
        """Cost of a shipped unit on average; of all mass that can be shipped, Rubner's earth mover's distance."""
        return self.shipping_cost / self.mass if self.mass > 0.0 else 0.0

    @cached_property
    def leftover_a(self) -> FloatArray:
        """What stays in each row, shape (n,)."""
        entries, (n, m) = self.balanced.candidate, self.shape
        left = (entries.rows < n) & (entries.cols >= m)
        return np.asarray(np.bincount(entries.rows[left], entries.mass[left], minlength=n), np.float64)

    @cached_property
    def leftover_b(self) -> FloatArray:
        """What each column goes without, shape (m,)."""
        entries, (n, m) = self.balanced.candidate, self.shape
        left = (entries.rows >= n) & (entries.cols < m)
        return np.asarray(np.bincount(entries.cols[left], entries.mass[left], minlength=m), np.float64)

    @cached_property
    def potentials(self) -> Potentials:
        """Dual prices (u, v) of the masses of a and b.

        For a given mass s: u ≤ 0, v ≤ 0 and u_i + v_j + λ ≤ c_ij, λ being `unit_price`, and the optimum is
        Σ a u + Σ b v + λ s. For prices: no u or v exceeds that of its point, u_i + v_j ≤ c_ij, and the optimum is
        Σ a u + Σ b v.
        """
        (f, g), (n, m) = self.balanced.potentials, self.shape
        return Potentials(f[:n] + g[m], g[:m] + f[n])

    @property
    def unit_price(self) -> float:
        """What shipping one more unit costs: the slope λ at s of the optimal cost, a convex function of the mass.

        The optimum for a mass t is at least that for s, plus λ (t − s). It is zero for a price, which decides the mass.
        """
        (f, g), (n, m) = self.balanced.potentials, self.shape
        return -float(f[n] + g[m]) if self.price is None else 0.0

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        a, b = self.balanced.problem.a[: self.shape[0]], self.balanced.problem.b[: self.shape[1]]
        left = " of a, ".join(f"{accurate_sum(side):.12g}" for side in (self.leftover_a, self.leftover_b))
        most = f"{accurate_sum(a):.12g} and {accurate_sum(b):.12g}"
        head = f"{self.mass:.12g} of {most} shipped at a cost of {self.shipping_cost:.12g}"
        if self.price is not None:
            rate = f"{self.price:.12g} a unit" if isinstance(self.price, float) else "the price of each point"
            head = f"optimal cost {self.value:.12g}: {head}, the rest left at {rate}"
        solved = str(self.balanced).splitlines()
        return "\n".join([head, solved[1], f"  left     {left} of b", *solved[2:]])

    def __repr__(self) -> str:
        n, m = self.shape
        return f"UnbalancedResult(value={self.value!r}, mass={self.mass!r}, shape=({n}, {m}))"


def partial_transport(
    C: ArrayLike | PairCosts,
    a: ArrayLike,
    b: ArrayLike,
    *,
    mass: float | None = None,
    method: AnyProblemMethod = "auto",
    options: Any = None,
    max_seconds: float | None = None,
    proof: Proof = "auto",
    progress: Report = False,
    threads: int | None = None,
) -> UnbalancedResult:
    """Return the cheapest way to ship a given mass from a to b, which may hold more.

    Minimise Σ C_ij Γ_ij over plans Γ ≥ 0 with row sums of at most a, column sums of at most b, and ΣΓ = mass.

    Parameters
    ----------
    C : array-like or scipy.sparse matrix of shape (n, m), or cost bound to points
        Cost of a unit, any finite numbers; of a sparse matrix, the listed pairs alone are allowed. A cost bound to
        points is evaluated into a matrix: dummies are no points.
    a, b : array-like, shapes (n,) and (m,), dict or pandas Series
        Non-negative masses as they are, whatever their totals; a side may have none at all. Labels as in `transport`.
    mass : float, optional
        What to ship, at most the smaller of the two totals; that one by default. Then `mean_cost` is the earth mover's
        distance of Rubner, Tomasi & Guibas.
    method : {"auto", "simplex", "lp"}, default "auto"
    options, max_seconds, proof, progress, threads
        As in `wasserstein`.

    Returns
    -------
    UnbalancedResult
        `value`, `plan`, `leftover_a`, `leftover_b`, `potentials`, `unit_price`, and the same `certificate` as ever. It
        is about the masses as given: no difference of totals is rounded (see the module).

    Raises
    ------
    ValueError, TypeError
        A mass that is negative or more than there is; input that is not finite, negative masses, shapes
        that do not fit.
    InfeasibleError
        The arcs of a sparse C cannot ship that much.
    NotConvergedError, MemoryError
        As in `wasserstein`.

    See Also
    --------
    unbalanced_transport : what is left has a price instead.
    transport : equal totals.

    Notes
    -----
    A dummy row supplies Σb − mass and a dummy column takes Σa − mass, both at cost 0; from dummy to dummy a unit costs
    M. If M > max(0, −min C), no optimal plan ships anything there, so that real pairs ship the mass. For let a plan do
    so. It ships the real columns Σb less what the dummy row has left for them, more than `mass` ≥ 0, from real rows, so
    some pair (i, j) ships something, too. Of both, take away the same small amount t; send t from i to the dummy column
    and from the dummy row to j. All marginals stay, and the cost falls by t (M + C_ij) > 0. So M = 2 max |C| will do:
    no huge number enters the prices. (Where C is sparse, there is simply no such arc.)

    References
    ----------
    Y. Rubner, C. Tomasi, L. J. Guibas, The earth mover's distance as a metric for image retrieval, International
    Journal of Computer Vision 40 (2000), 99-121. A. Figalli, The optimal partial transport problem, Archive for
    Rational Mechanics and Analysis 195 (2010), 533-560.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.partial_transport([[1, 5], [2, 9]], [3, 2], [4, 3])
    >>> result.mass, result.value, result.mean_cost
    (5.0, 11.0, 2.2)
    >>> otkit.partial_transport([[1, 5], [2, 9]], [3, 2], [4, 3], mass=4).plan.toarray()
    array([[3., 0.],
           [1., 0.]])
    """
    max_seconds = as_seconds(max_seconds)
    cost, a, b, *labels = checked_sides(C, a, b, method)
    total_a, total_b = _total(a), _total(b)
    shipped = shipped_mass(mass, total_a, total_b, sum(cost.shape))
    free, _ = as_prices_of(0.0, *cost.shape)
    if total_a or total_b:
        extremes = cost.extremes() if cost.complete else (0.0, 0.0)
        corner = 2.0 * max(map(abs, extremes)) or 1.0
        rest = total_b - shipped, total_a - shipped
        problem = with_dummies(cost, a, b, *rest, free, corner if cost.complete else None)
    else:
        problem = of_nothing(cost, a, b, free)
    try:
        solved = solve_problem(
            problem,
            Settings(
                method=method,
                options=options,
                max_seconds=max_seconds,
                proof=proof,
                progress=progress,
                threads=threads,
            ),
        )
    except InfeasibleError as error:
        raise InfeasibleError(
            f"mass must be at most what the arcs of C can ship, but {float(shipped):.12g} is more than that.",
            error.farkas,
            error.problem,
            "cut",
        ) from None
    solved = _without_choice_of_dummies(solved, cost.shape)
    return UnbalancedResult(solved, cost.shape, float(shipped), None, *labels)


def unbalanced_transport(
    C: ArrayLike | PairCosts,
    a: ArrayLike,
    b: ArrayLike,
    *,
    price: Given,
    method: AnyProblemMethod = "auto",
    options: Any = None,
    max_seconds: float | None = None,
    proof: Proof = "auto",
    progress: Report = False,
    threads: int | None = None,
) -> UnbalancedResult:
    """Return the cheapest way from a to b where mass may also be destroyed and created, at a price a unit.

    Minimise Σ C_ij Γ_ij + Σ_i α_i (a_i − Σ_j Γ_ij) + Σ_j β_j (b_j − Σ_i Γ_ij) over plans Γ ≥ 0 with row sums of at
    most a and column sums of at most b. With one price for all, the penalty is the total variation between the masses
    and what the plan ships of them. A pair that costs more than to leave both its points is not worth its way.

    Parameters
    ----------
    C : array-like or scipy.sparse matrix of shape (n, m), or cost bound to points
        As in `partial_transport`; see the notes for costs bound to points.
    a, b : array-like, shapes (n,) and (m,), dict or pandas Series
        Non-negative masses as they are, whatever their totals; a side may have none at all: then everything is created
        or destroyed. Labels as in `transport`.
    price : float, array-like of shape (n,), or pair
        What it costs to leave a unit of a, and as much for a unit that b goes without; not negative. A pair (α, β), a
        tuple of numbers or arrays of shapes (n,) and (m,), has a price for each row and for each column; one array
        stands for both sides where n = m.
    method, options, max_seconds, proof, progress, threads
        As in `partial_transport`.

    Returns
    -------
    UnbalancedResult
        `value`, `mass`, `plan`, `leftover_a`, `leftover_b`, `potentials`, and the same `certificate` as ever. It is
        about the masses as given.

    Raises
    ------
    ValueError, TypeError
        A price that is negative or not finite; the rest as in `partial_transport`.
    NotConvergedError, MemoryError
        As in `wasserstein`.

    See Also
    --------
    partial_transport : the mass to ship is given instead.
    transport : equal totals.

    Notes
    -----
    A dummy row supplies Σb and a dummy column takes Σa at the prices, and what is left of both they exchange for
    nothing. Any Γ within a and b extends to a plan with these marginals in just one way, at the cost above. The prices
    u and v are at most α and β, so they prove, too, that no pair dearer than α_i + β_j matters: of a cost bound to
    points, those alone are listed that are not, if they are few, and no n × m matrix is made.

    References
    ----------
    B. Piccoli, F. Rossi, Generalized Wasserstein distance and its application to transport equations with source,
    Archive for Rational Mechanics and Analysis 211 (2014), 335-358. L. Chapel, M. Z. Alaya, G. Gasso, Partial optimal
    transport with applications on positive-unlabeled learning, NeurIPS 2020.

    Examples
    --------
    >>> import otkit
    >>> C = otkit.cost_matrix([0.0, 10.0], [1.0, 2.0])
    >>> result = otkit.unbalanced_transport(C, [2, 1], [1, 1], price=3)
    >>> result.value, result.mass, result.leftover_a.tolist()
    (6.0, 2.0, [0.0, 1.0])

    Where the first point is cheap to leave and the second dear:

    >>> result = otkit.unbalanced_transport(C, [2, 1], [1, 1], price=([0.5, 9], 3))
    >>> result.value, result.leftover_a.tolist(), result.leftover_b.tolist()
    (9.5, [1.0, 0.0], [0.0, 0.0])
    """
    max_seconds = as_seconds(max_seconds)
    cost, a, b, *labels = checked_sides(C, a, b, method)
    prices, price = as_prices_of(price, *cost.shape)
    total_a, total_b = _total(a), _total(b)
    if total_a or total_b:
        problem = with_dummies(worth_their_way(cost, prices), a, b, total_b, total_a, prices, 0.0)
    else:
        problem = of_nothing(cost, a, b, prices)
    solved = solve_problem(
        problem,
        Settings(
            method=method,
            options=options,
            max_seconds=max_seconds,
            proof=proof,
            progress=progress,
            threads=threads,
        ),
    )
    entries, (n, m) = solved.candidate, cost.shape
    shipped = math.fsum(entries.mass[(entries.rows < n) & (entries.cols < m)])
    return UnbalancedResult(_without_choice_of_dummies(solved, cost.shape), cost.shape, shipped, price, *labels)


def checked_sides(
    C: ArrayLike | PairCosts, a: ArrayLike, b: ArrayLike, method: str
) -> tuple[PairCosts, FloatArray, FloatArray, Labels | None, Labels | None]:
    """Return costs, masses in their order, and the labels of rows and columns; a side may have no mass at all."""
    require_choice(method, "method", ("auto", *(each.name for each in SOLVERS.values() if each.sparse)))
    cost = bind(C)
    n, m = cost.shape
    a, b, rows, columns, _ = along_costs(C, a, b)
    for name, masses in (("a", a), ("b", b)):
        if masses is None:
            raise TypeError(f"{name} must be array-like, but None was given: unequal masses have no default.")
    return cost, as_weights(a, "a", n, may_vanish=True), as_weights(b, "b", m, may_vanish=True), rows, columns


def _with_rest(size: int, labels: Labels | None) -> Any:
    """Return the labels of an axis, with one more for what is left."""
    if labels is None:
        return [*range(size), "left"]
    levels = len(labels.names)
    left = "left" if levels == 1 else ("left",) + ("",) * (levels - 1)
    return Labels([*labels.items, left], labels.names).index


def shipped_mass(mass: float | None, total_a: Fraction, total_b: Fraction, size: int) -> Fraction:
    """Return the mass to ship; as much as there is where it is more by the rounding of a sum alone."""
    most = min(total_a, total_b)
    if mass is None:
        return most
    try:
        value = float(mass)
    except (TypeError, ValueError):
        raise TypeError(f"mass must be a number, but {shown(mass)} was given.") from None
    if not 0.0 <= value <= float(most) * (1.0 + max(16, size) * EPS):
        raise ValueError(
            f"mass must lie between 0 and the smaller total, but mass = {shown(value)} was given, and Σa = "
            f"{float(total_a)!r}, Σb = {float(total_b)!r}."
        )
    return min(Fraction(value), most)


def _total(masses: FloatArray) -> Fraction:
    """Return Σ masses."""
    low, limbs = exact_total(read_only(masses))
    return as_int(limbs) * Fraction(2) ** low


def _without_choice_of_dummies(solved: TransportResult, shape: tuple[int, int]) -> TransportResult:
    """Forget that the plan is not unique where a dummy is several rows, among which any leftover may be divided."""
    if solved.problem.shape == (shape[0] + 1, shape[1] + 1) or solved.certificate.unique is not False:
        return solved
    return replace(solved, certificate=replace(solved.certificate, unique=None))
