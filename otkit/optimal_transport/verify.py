"""The duality theorems, checked by numbers on a problem: one optimum found in independent ways."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.checker.second_check import checked_twice
from otkit.inputs.checks import require_memory
from otkit.io.results import Result
from otkit.numerics.sums import accurate_dot
from otkit.optimal_transport.duality import c_transform, lipschitz_constant, potential_of_points
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import TransportProblem
from otkit.solvers.linprog import transport_lp

# Pairs up to which both LPs are solved in full: some ten seconds. The dual LP has one constraint a pair.
LARGEST = 100_000


@dataclass(frozen=True)
class DualityRow:
    """One quantity of the chain.

    Attributes
    ----------
    name : str
    value : float or None
        None where the theorem does not apply; the note says why.
    residual : float or None
        By how much it misses what the theorem says, relative to the cost Σ Γ|c| that is shipped (values) or to the mean
        of that for a unit of mass (prices).
    note : str
    """

    name: str
    value: float | None
    residual: float | None
    note: str


@dataclass(frozen=True)
class DualityReport(Result):
    """Values and residuals of the duality theorems; prints as a table of 80 columns.

    Attributes
    ----------
    problem : str
        What was solved, in words.
    rows : tuple of DualityRow
    checked : str
        In words, what has checked the exact proof of the refined optimum once more; empty beyond 10,000 pairs.
    """

    _fields_of_dict = ("problem", "rows", "checked", "largest_residual")

    problem: str
    rows: tuple[DualityRow, ...]
    checked: str = ""

    @property
    def largest_residual(self) -> float:
        """The worst residual of all rows."""
        return max(row.residual for row in self.rows if row.residual is not None)

    def to_frame(self) -> Any:
        """Return the rows as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])

    def __str__(self) -> str:
        lines = [f"Duality on {self.problem}", f"{'':28}{'value':>19}{'residual':>10}  note"]
        for row in self.rows:
            value = "-" if row.value is None else f"{row.value:.12g}"
            residual = "-" if row.residual is None else f"{row.residual:.1e}"
            lines.append(f"{row.name:28}{value:>19}{residual:>10}  {row.note}")
        lines += [f"checked {self.checked}"] if self.checked else []
        return "\n".join(lines)


def verify_duality(problem: TransportProblem) -> DualityReport:
    """Check the duality theorems on a problem by solving it in every way of the notes.

    The primal LP by HiGHS as it comes and refined, the dual LP as a linear program of its own, the c-transform of
    the dual's f, and, where the cost is a metric, the Kantorovich-Rubinstein form with a measured Lipschitz constant.
    All values should agree, to HiGHS' tolerance (1e-7) where they are its own and to rounding where they are refined.

    Parameters
    ----------
    problem : TransportProblem
        At most 100,000 pairs: the dual LP has a constraint for each.

    Returns
    -------
    DualityReport

    Raises
    ------
    ValueError
        The problem is too large, or its costs are sparse.

    See Also
    --------
    certify : the proof alone.
    compare : other solvers on the same problem.

    Examples
    --------
    >>> import otkit
    >>> report = otkit.verify_duality(otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2]))
    >>> [row.value for row in report.rows[:4]]
    [4.0, 4.0, 4.0, 4.0]
    >>> report.largest_residual < 1e-7
    True
    """
    n, m = problem.shape
    if not problem.cost.complete:
        raise ValueError(
            f"problem must have a cost for every pair to be verified, but its costs are sparse ({problem.cost.kind} of "
            f"{n} × {m} pairs). The certificate of a result proves its value on any graph."
        )
    if n * m > LARGEST:
        raise ValueError(
            f"problem must have at most {LARGEST:,} pairs to be verified, but it has {n} × {m} = {n * m:,}: the dual "
            "LP has a constraint for each. Verify a sample; at any size the certificate of a result proves its value."
        )
    require_memory(500 * n * m, f"The dual LP of {n} × {m} pairs", "Verify a sample of the points.")
    result = solve_problem(problem, Settings(method="lp", on_failure="return"))
    certificate, checked = result.certificate, checked_twice(result.certificate)
    proved = f"{certificate.proof}, checked twice" if checked else f"certified gap, {certificate.proof}"
    units = _Units(result)

    f, g, dual_row = _dual_lp(problem, units)
    transformed = c_transform(problem.cost, f)
    bound = _dual_value(problem, f, transformed)
    matrix = result.plan.tocsr()
    slack = np.abs(problem.cost.dense() - f[:, None] - g)[matrix.nonzero()].max()
    rows = (
        _raw_primal_lp(problem, units),
        DualityRow("primal LP, refined", units.optimum, units.relative(certificate.gap), proved),
        dual_row,
        DualityRow("c-transform of its f", bound, units.off(bound), "feasible as it is"),
        *_kantorovich_rubinstein(result, units),
        DualityRow(
            "strong duality gap", units.optimum - bound, units.relative(abs(units.optimum - bound)), "primal minus dual"
        ),
        DualityRow("complementary slackness", float(slack), float(slack) / units.price, "max |c-f-g| on plan"),
    )
    return DualityReport(str(problem), rows, checked)


class _Units:
    """The optimum, and what residuals are relative to."""

    def __init__(self, result: TransportResult) -> None:
        self.optimum = result.value
        self.price = result.certificate.scale
        self.shipped = result.certificate.scale * result.problem.total

    def relative(self, difference: float) -> float:
        return float(difference) / self.shipped

    def off(self, value: float) -> float:
        return self.relative(abs(value - self.optimum))


def _unit_scale(values: FloatArray) -> int:
    """Return k such that values·2^-k are of unit size: HiGHS' tolerances are absolute."""
    return int(np.frexp(np.abs(values).max())[1])


def _dual_value(problem: TransportProblem, f: FloatArray, g: FloatArray) -> float:
    return accurate_dot(np.concatenate([problem.supply, problem.demand]), np.concatenate([f, g]))


def _scaled_lp(problem: TransportProblem) -> tuple[Any, FloatArray, FloatArray, int, int]:
    """Return A, b and c in unit scale, and the exponents of the scales of b and c."""
    A, b, c = transport_lp(problem.cost.dense(), problem.supply, problem.demand)
    mass, cost = _unit_scale(b), _unit_scale(c)
    return A, np.ldexp(b, -mass), np.ldexp(c, -cost), mass, cost


def _raw_primal_lp(problem: TransportProblem, units: _Units) -> DualityRow:
    """Minimise ⟨C, Γ⟩ over the full LP, and leave the answer as HiGHS gives it."""
    from scipy.optimize import linprog

    A, b, c, mass, cost = _scaled_lp(problem)
    answer = linprog(c, A_eq=A, b_eq=b)
    if answer.status != 0:
        return DualityRow("primal LP, HiGHS", None, None, "HiGHS gave up")
    value = float(np.ldexp(answer.fun, mass + cost))
    missing = np.abs(A @ answer.x - b).sum() / b.sum()
    return DualityRow("primal LP, HiGHS", value, units.off(value), f"marginals to {missing:.0e}")


def _dual_lp(problem: TransportProblem, units: _Units) -> tuple[FloatArray, FloatArray, DualityRow]:
    """Maximise bᵀF subject to AᵀF ≤ c as a linear program of its own; f_0 = 0, since a constant is free."""
    from scipy.optimize import linprog

    n, m = problem.shape
    A, b, c, _, cost = _scaled_lp(problem)
    bounds = np.tile([-np.inf, np.inf], (n + m, 1))
    bounds[0] = 0.0
    answer = linprog(-b, A_ub=A.T, b_ub=c, bounds=bounds)
    if answer.status != 0:
        zeros = np.zeros(n), np.zeros(m)
        return *zeros, DualityRow("dual LP, HiGHS", None, None, "HiGHS gave up")
    F = np.ldexp(answer.x, cost)
    f, g = F[:n], F[n:]
    value = _dual_value(problem, f, g)
    violation = max(0.0, -float(problem.cost.slack_minima(f, g)[0].min())) / units.price
    return f, g, DualityRow("dual LP, HiGHS", value, units.off(value), f"AᵀF ≤ c to {violation:.0e}")


def _kantorovich_rubinstein(result: TransportResult, units: _Units) -> tuple[DualityRow, ...]:
    """Evaluate E_P φ − E_Q φ and the Lipschitz constant of φ over all points of both sides."""
    name = "Kantorovich-Rubinstein"
    problem = result.problem
    if problem.cost.points is None or not problem.cost.is_metric:
        return (DualityRow(name, None, None, "cost is no metric"),)
    phi = potential_of_points(result)
    x, y = problem.cost.points
    at_x, at_y = phi(x), phi(y)
    value = _dual_value(problem, at_x, -at_y)
    slope = lipschitz_constant(np.concatenate([at_x, at_y]), np.concatenate([x, y]), metric=phi.metric)
    return (
        DualityRow(name, value, units.off(value), "E_P φ − E_Q φ"),
        DualityRow("Lipschitz constant of φ", slope, max(0.0, slope - 1.0), "at most 1"),
    )
