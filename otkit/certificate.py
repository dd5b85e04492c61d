"""The trusted checker: what is proved about a transport problem by a plan and potentials, whoever found them.

It knows no solver. From the problem alone it recomputes

* an upper bound: the cost of the plan, after what is missing or too much in its marginals has been mended;
* a lower bound: Σ a f + Σ b g over potentials made feasible by a c-transform over *all* pairs (weak duality);

so that lower ≤ OPT ≤ upper whatever the quality of the answer. Nothing here needs n·m memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from otkit._checks import as_float_array
from otkit._jit import njit
from otkit._sums import accurate_dot
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.problem import TransportProblem

EPS = float(np.finfo(np.float64).eps)

# A float certificate calls an answer optimal if the gap is below RELATIVE_GAP of the cost that the plan ships, plus the
# rounding of the potentials themselves: with potentials of size |f| no float64 answer proves more than about eps·Σa|f|.
RELATIVE_GAP = 1e-10
POTENTIAL_ROUNDINGS = 4.0

Proof = Literal["exact", "float", "bounds"]


@dataclass(frozen=True)
class Certificate:
    """What is proved about a problem: lower ≤ OPT ≤ upper, and how good the answer is piece by piece.

    Attributes
    ----------
    lower, upper : float
        Bounds of the optimal cost, in units of cost × mass.
    value : float
        ⟨C, Γ⟩ of the plan as it was handed over; nan if there was none.
    marginal_error : float
        Σ |row sum − a| + Σ |column sum − b|, as a fraction of the total mass.
    negativity : float
        Mass of the negative entries of the plan, as a fraction of the total mass.
    dual_violation : float
        max (f_i + g_j − c_ij, 0) over all pairs, in units of `scale`.
    slackness_error : float
        max |c_ij − f_i − g_j| over pairs that carry mass, in units of `scale`.
    scale : float
        The mean |cost| of a shipped unit: the problem's own unit, so that rescaled costs or masses judge alike.
    tolerance : float
        The gap up to which a float certificate calls the answer optimal, in units of cost × mass.
    proof : {"exact", "float", "bounds"}
        "exact": optimal, proved in exact arithmetic; "float": optimal to the tolerance; "bounds": the interval alone.
    statement : str
        In words, what is proved.
    fault : str
        In words, the worst thing that is wrong with the answer; empty if nothing is.
    """

    lower: float
    upper: float
    value: float
    marginal_error: float
    negativity: float
    dual_violation: float
    slackness_error: float
    scale: float
    tolerance: float
    proof: Proof
    statement: str
    fault: str

    @property
    def gap(self) -> float:
        """Width of the proved interval, upper − lower."""
        return self.upper - self.lower if self.upper != self.lower else 0.0

    @property
    def optimal(self) -> bool:
        """Whether the answer is proved optimal, exactly or to the float tolerance."""
        return self.proof != "bounds"

    @property
    def verdict(self) -> str:
        """One line: what is proved, or what is wrong."""
        return self.statement if self.optimal else f"{self.fault}; {self.statement}"

    def __str__(self) -> str:
        return self.verdict


class HasEntries(Protocol):
    """A sparse plan: a solver's `Candidate` and anything else with these three columns."""

    rows: IntArray
    cols: IntArray
    mass: FloatArray


@dataclass(frozen=True)
class _Primal:
    """A plan, judged."""

    value: float
    upper: float  # cost of the plan once its marginals are mended
    magnitude: float  # Σ Γ |c| of that plan
    marginal_error: float
    negativity: float
    fault: str


@dataclass(frozen=True)
class _Dual:
    """Potentials, judged."""

    lower: float
    magnitude: float  # Σ a |f| + Σ b |g| of the feasible potentials
    violation: float
    worst_row: int


def certify(problem: TransportProblem, *, plan: Any = None, potentials: Any = None) -> Certificate:
    """Say what a plan and potentials prove about a problem: audit anyone's answer.

    Parameters
    ----------
    problem : TransportProblem
    plan : array-like of shape (n, m), scipy.sparse matrix, or (rows, cols, mass) table, optional
        An object with these three attributes will do as a table. Without a plan the upper bound is that of the
        north-west corner rule.
    potentials : pair of array-like, shapes (n,) and (m,), optional
        Dual prices (f, g), meant to satisfy f_i + g_j ≤ c_ij. Either may be None and is then found by a c-transform.
        Without potentials the lower bound ships every unit the cheapest way from its row, or to its column.

    Returns
    -------
    Certificate
        `lower ≤ OPT ≤ upper` always holds, to rounding: a plan with wrong marginals is mended before its cost counts as
        an upper bound, and potentials that overprice a pair are lowered before their value counts as a lower bound.

    Raises
    ------
    ValueError, TypeError
        A plan or potentials whose shapes do not fit the problem, or that are no numbers.

    Examples
    --------
    An optimal plan with optimal prices, then the same plan with nothing to prove it by:

    >>> import otkit
    >>> problem = otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> plan = [[1, 1], [0, 1]]
    >>> proof = otkit.certify(problem, plan=plan, potentials=([1, 0], [0, 1]))
    >>> proof.lower, proof.upper, proof.proof
    (4.0, 4.0, 'float')
    >>> otkit.certify(problem, plan=plan).verdict
    'feasible plan, but nothing proves it optimal; 3 ≤ OPT ≤ 4'
    """
    n, m = problem.shape
    rows, cols, mass = plan_entries(plan, (n, m)) if plan is not None else north_west(problem.supply, problem.demand)
    primal = _judge_plan(problem, rows, cols, mass)
    f, g, dual_fault = _finite_potentials(potentials, problem)
    dual = _judge_potentials(problem, f, g)

    # Two roundings of one optimum may cross; the interval holds both.
    lower, upper = min(dual.lower, primal.upper), max(dual.lower, primal.upper)
    scale = _unit_cost(primal, dual, problem.total)
    carrying = mass > 0.0
    slack = np.abs(problem.cost.at(rows[carrying], cols[carrying]) - f[rows[carrying]] - g[cols[carrying]])
    slackness = float(slack.max(initial=0.0))
    tolerance = RELATIVE_GAP * primal.magnitude + POTENTIAL_ROUNDINGS * EPS * (primal.magnitude + dual.magnitude)
    pair_tolerance = RELATIVE_GAP * scale + 4.0 * POTENTIAL_ROUNDINGS * EPS * (
        _reach(f, problem.supply) + _reach(g, problem.demand)
    )
    fault = (
        primal.fault
        or dual_fault
        or _overpriced(problem, dual, f, g, pair_tolerance)
        or ("" if plan is not None else "no plan was given")
        or ("feasible plan, but nothing proves it optimal" if potentials is None and upper - lower > tolerance else "")
        or _too_wide(lower, upper, tolerance)
        or (
            "potentials prove the value, but are slack on a pair that carries mass"
            if slackness > pair_tolerance
            else ""
        )
    )
    return Certificate(
        lower=lower,
        upper=upper,
        value=primal.value if plan is not None else float("nan"),
        marginal_error=primal.marginal_error,
        negativity=primal.negativity,
        dual_violation=dual.violation / scale,
        slackness_error=slackness / scale,
        scale=scale,
        tolerance=tolerance,
        proof="bounds" if fault else "float",
        statement=_statement(lower, upper, bool(fault)),
        fault=fault,
    )


def plan_entries(plan: Any, shape: tuple[int, int]) -> tuple[IntArray, IntArray, FloatArray]:
    """Return a plan in any usual form as its entries (rows, cols, mass)."""
    if all(hasattr(plan, part) for part in ("rows", "cols", "mass")):
        return _checked_table(plan.rows, plan.cols, plan.mass, shape)
    import scipy.sparse

    if scipy.sparse.issparse(plan):
        if plan.shape != shape:
            raise ValueError(f"plan must have the problem's shape {shape}, but its shape is {plan.shape}.")
        table = scipy.sparse.coo_array(plan)
        table.sum_duplicates()
        return table.row.astype(np.int64), table.col.astype(np.int64), table.data.astype(np.float64)
    if isinstance(plan, tuple) and len(plan) == 3:
        return _checked_table(*plan, shape)
    dense = as_float_array(plan, "plan")
    if dense.shape == shape:
        rows, cols = np.nonzero(dense)
        return rows.astype(np.int64), cols.astype(np.int64), dense[rows, cols]
    if dense.ndim == 2 and dense.shape[1] == 3:
        return _checked_table(dense[:, 0], dense[:, 1], dense[:, 2], shape)
    raise ValueError(
        f"plan must be a matrix of the problem's shape {shape} or a table of rows, columns and masses, "
        f"but its shape is {dense.shape}."
    )


def _checked_table(
    rows: ArrayLike, cols: ArrayLike, mass: ArrayLike, shape: tuple[int, int]
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return an index-and-mass table with its indices checked."""
    masses = as_float_array(mass, "plan masses").reshape(-1)
    indices = []
    for name, values, size in (("rows", rows, shape[0]), ("columns", cols, shape[1])):
        index = as_float_array(values, f"plan {name}").reshape(-1)
        if index.size != masses.size:
            raise ValueError(
                f"plan {name} must have one entry a mass, but there are {index.size} for {masses.size} masses."
            )
        bad = (index != np.floor(index)) | ~((index >= 0) & (index < size))
        if bad.any():
            raise ValueError(f"plan {name} must be integers from 0 to {size - 1}, but {index[bad][0]:g} was given.")
        indices.append(index.astype(np.int64))
    return indices[0], indices[1], masses


@njit
def _north_west(supply: FloatArray, demand: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    n, m = supply.size, demand.size
    rows = np.empty(n + m, np.int64)
    cols = np.empty(n + m, np.int64)
    mass = np.empty(n + m)
    i = j = k = 0
    left_i, left_j = supply[0], demand[0]
    while i < n and j < m:
        shipped = min(left_i, left_j)
        if shipped > 0.0:
            rows[k], cols[k], mass[k] = i, j, shipped
            k += 1
        left_i -= shipped
        left_j -= shipped
        if left_i <= 0.0:
            i += 1
            if i < n:
                left_i = supply[i]
        if left_j <= 0.0:
            j += 1
            if j < m:
                left_j = demand[j]
    return rows[:k], cols[:k], mass[:k]


def north_west(supply: FloatArray, demand: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the plan of the north-west corner rule: feasible, with fewer than n + m entries, and any cost."""
    rows, cols, mass = _north_west(supply, demand)
    return rows, cols, mass


def _judge_plan(problem: TransportProblem, rows: IntArray, cols: IntArray, mass: FloatArray) -> _Primal:
    """Find the cost of a plan, what is wrong with its marginals, and the cost of the plan once they are mended."""
    fault = ""
    if not np.isfinite(mass).all():
        k = int(np.argmin(np.isfinite(mass)))
        fault = f"plan[{rows[k]}, {cols[k]}] = {mass[k]} is not finite"
        rows, cols, mass = north_west(problem.supply, problem.demand)
    total = problem.total
    negative = mass < 0.0
    negativity = float(-mass[negative].sum()) / total if negative.any() else 0.0
    if negativity and not fault:
        k = int(np.argmin(mass))
        fault = f"plan[{rows[k]}, {cols[k]}] = {mass[k]:g} is negative"
    sides = (("row", rows, problem.supply), ("column", cols, problem.demand))
    errors = [np.bincount(index, mass, minlength=due.size) - due for _, index, due in sides]
    marginal_error = float(sum(np.abs(error).sum() for error in errors)) / total
    # A solver's own rounding, one unit for each sum along the tree, is no fault.
    if marginal_error > 1e-12 + EPS * sum(problem.shape) and not fault:
        (side, _, due), error = max(zip(sides, errors, strict=True), key=lambda pair: float(np.abs(pair[1]).max()))
        k = int(np.argmax(np.abs(error)))
        fault = (
            f"plan ships {due[k] + error[k]:g} where {side} {k} has {due[k]:g} "
            f"(marginal error {marginal_error:.2g} of the total mass)"
        )
    costs = problem.cost.at(rows, cols)
    value = accurate_dot(costs, mass)
    if negativity or any(
        _beyond_rounding(error, index, due) for (_, index, due), error in zip(sides, errors, strict=True)
    ):
        rows, cols, mass = _mended(problem, rows, cols, np.maximum(mass, 0.0))
        costs = problem.cost.at(rows, cols)
    upper = accurate_dot(costs, mass)
    return _Primal(value, upper, accurate_dot(np.abs(costs), mass), marginal_error, negativity, fault)


def _beyond_rounding(error: FloatArray, index: IntArray, due: FloatArray) -> bool:
    """Whether a marginal is off by more than the rounding of its own sum."""
    terms = np.bincount(index, minlength=due.size) + 8
    return bool((np.abs(error) > EPS * terms * due).any())


def _mended(
    problem: TransportProblem, rows: IntArray, cols: IntArray, mass: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return a feasible plan near a non-negative one.

    Rows and then columns that ship too much are scaled down, and what is left is shipped by the north-west corner rule
    (after Altschuler, Weed & Rigollet, *Near-linear time approximation algorithms for optimal transport*, 2017, whose
    rank-one correction is dense).
    """
    mass = mass.copy()
    for index, due in ((rows, problem.supply), (cols, problem.demand)):
        sums = np.bincount(index, mass, minlength=due.size)
        over = sums > due
        factor = np.ones(due.size)
        factor[over] = due[over] / sums[over]
        mass *= factor[index]
    left = [
        np.maximum(due - np.bincount(index, mass, minlength=due.size), 0.0)
        for index, due in ((rows, problem.supply), (cols, problem.demand))
    ]
    extra_rows, extra_cols, extra_mass = north_west(*left)
    return np.concatenate([rows, extra_rows]), np.concatenate([cols, extra_cols]), np.concatenate([mass, extra_mass])


def _finite_potentials(potentials: Any, problem: TransportProblem) -> tuple[FloatArray, FloatArray, str]:
    """Return (f, g), a missing one found by a c-transform; zeros and a fault where they are not finite."""
    n, m = problem.shape
    if potentials is None:
        return np.zeros(n), np.zeros(m), ""
    try:
        given_f, given_g = potentials
    except (TypeError, ValueError):
        raise ValueError(f"potentials must be a pair (f, g) of {n} and {m} numbers.") from None
    checked: list[FloatArray | None] = []
    for name, values, size in (("f", given_f, n), ("g", given_g, m)):
        array = None if values is None else as_float_array(values, name).reshape(-1)
        if array is not None and array.size != size:
            raise ValueError(f"{name} must have {size} entries, but it has {array.size}.")
        if array is not None and not np.isfinite(array).all():
            k = int(np.argmin(np.isfinite(array)))
            return np.zeros(n), np.zeros(m), f"potential {name}[{k}] = {array[k]} is not finite"
        checked.append(array)
    f, g = checked
    if f is None and g is None:
        return np.zeros(n), np.zeros(m), ""
    if f is None:
        f = problem.cost.row_minima(g)[0]
    if g is None:
        g = problem.cost.column_minima(f)[0]
    # (f + t, g − t) is the same pair; a large common part would only hide digits.
    low, high = float(f.min()), float(f.max())
    middle = low / 2.0 + high / 2.0
    return (f - middle, g + middle, "") if abs(middle) > high - low else (f, g, "")


def _judge_potentials(problem: TransportProblem, f: FloatArray, g: FloatArray) -> _Dual:
    """Find the worst overpriced pair, and the dual value of the better of two feasible pairs near (f, g)."""
    row_slack, col_slack = problem.cost.slack_minima(f, g)
    violation = max(0.0, -float(row_slack.min()))
    # Adding the row minima of c − f − g to f gives the c-transform of g, and vice versa: both pairs are feasible.
    pairs = [(f + row_slack, g), (f, g + col_slack)]
    values = [_dual_value(problem, *pair) for pair in pairs]
    best = 0 if values[0] >= values[1] else 1
    magnitude = accurate_dot(np.abs(pairs[best][0]), problem.supply) + accurate_dot(
        np.abs(pairs[best][1]), problem.demand
    )
    return _Dual(values[best], magnitude, violation, int(np.argmin(row_slack)))


def _dual_value(problem: TransportProblem, f: FloatArray, g: FloatArray) -> float:
    """Return Σ a f + Σ b g in one accurate sum, since the two halves may cancel."""
    return accurate_dot(np.concatenate([f, g]), np.concatenate([problem.supply, problem.demand]))


def _unit_cost(primal: _Primal, dual: _Dual, total: float) -> float:
    """Return the mean |cost| of a shipped unit; where all are zero, the mean |potential|; 1 where that is zero too."""
    return (primal.magnitude or dual.magnitude) / total or 1.0


def _reach(potential: FloatArray, weights: FloatArray) -> float:
    """Return the largest magnitude of a potential over points that carry mass."""
    return float(np.abs(potential[weights > 0.0]).max(initial=0.0))


def _overpriced(problem: TransportProblem, dual: _Dual, f: FloatArray, g: FloatArray, tolerance: float) -> str:
    """Say which pair is overpriced the most, if any is by more than the tolerance."""
    if dual.violation <= tolerance:
        return ""
    i = dual.worst_row
    costs = problem.cost.block(i, i + 1, 0, g.size)[0]
    j = int(np.argmin(costs - g))
    return f"potentials overprice a pair: f[{i}] + g[{j}] = {f[i] + g[j]:g}, but it costs {costs[j]:g}"


def _too_wide(lower: float, upper: float, tolerance: float) -> str:
    """Say by how much a feasible plan may miss the optimum, if that is more than the tolerance."""
    if upper - lower <= tolerance:
        return ""
    share = (upper - lower) / max(abs(lower), abs(upper))
    return f"plan may cost up to {upper - lower:.3g} ({share:.2%}) more than the optimum"


def _statement(lower: float, upper: float, wide: bool) -> str:
    """Say in words what is proved."""
    if wide:
        return f"{lower:.12g} ≤ OPT ≤ {upper:.12g}"
    relative = (upper - lower) / max(abs(lower), abs(upper), np.finfo(np.float64).tiny)
    return f"optimal in float64 for the costs as evaluated: OPT = {upper:.15g}, relative gap {relative:.1e}"
