"""W_1 from all sides: critics and dual prices from below, plans from above, in ways that share no code.

critic's bound ≤ its c-transform ≤ W_1 = exact dual = exact primal ≤ a feasible plan
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from otkit._typing import ArrayLike
from otkit.costs import Cost
from otkit.inputs.frames import Missing
from otkit.inputs.randomness import Rng
from otkit.io.results import Result
from otkit.neural.certified import as_metric, between
from otkit.neural.constraints import CriticOptions
from otkit.neural.critic import CriticResult, fit_critic
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.solvers.monitor import Progress

Role = Literal["lower", "exact", "upper", "no bound"]


@dataclass(frozen=True)
class SandwichRow:
    """One number for W_1.

    Attributes
    ----------
    name : str
    role : {"lower", "exact", "upper", "no bound"}
        On which side of W_1 it lies, proved.
    value : float
    error : float
        Relative to the exact W_1: (value − W_1)/W_1; 0 where both are 0.
    seconds : float
    note : str
    """

    name: str
    role: Role
    value: float
    error: float
    seconds: float
    note: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class CrossCheck(Result):
    """Numbers for W_1 of two sample sets, and whether they are in the order in which they must be.

    Attributes
    ----------
    rows : tuple of SandwichRow
    exact : TransportResult
        The exact solution.
    critics : tuple of CriticResult
    """

    rows: tuple[SandwichRow, ...]
    exact: TransportResult
    critics: tuple[CriticResult, ...]

    @property
    def holds(self) -> bool:
        """Whether every lower bound lies below the exact value, and that below every upper bound."""
        lower, upper = self.exact.certificate.lower, self.exact.certificate.upper
        return all(
            (row.role != "lower" or row.value <= upper) and (row.role != "upper" or row.value >= lower)
            for row in self.rows
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as a dictionary of plain values, for JSON."""
        return {
            "holds": self.holds,
            "exact": self.exact.value,
            "proof": self.exact.certificate.statement,
            "rows": [asdict(row) for row in self.rows],
            "critics": [critic.to_dict() for critic in self.critics],
        }

    def __str__(self) -> str:
        sign = {"lower": "W_1 ≥", "exact": "W_1 =", "upper": "W_1 ≤", "no bound": "W_1 ~"}
        width = max(len(row.name) for row in self.rows)
        lines = [
            f"{row.name:<{width}}  {sign[row.role]} {row.value:<16.12g} {100.0 * row.error:+9.3f} %  "
            f"{row.seconds:8.3g} s  {row.note}"
            for row in self.rows
        ]
        verdict = "in order" if self.holds else "NOT IN ORDER: one of these numbers is wrong"
        return "\n".join([*lines, f"{verdict}; {self.exact.certificate.statement}"])

    def __repr__(self) -> str:
        return f"CrossCheck(exact={self.exact.value!r}, holds={self.holds}, rows={len(self.rows)})"


def crosscheck(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    constraints: Sequence[str | CriticOptions] = ("one-sided",),
    metric: str | Cost = "euclidean",
    missing: Missing = "raise",
    rng: Rng = None,
    progress: bool | Callable[[Progress], None] = False,
) -> CrossCheck:
    """Hold W_1 of two sample sets between what critics prove, the exact dual and primal, and a feasible plan.

    Parameters
    ----------
    x, y, a, b, metric, missing, rng, progress
        As in `fit_critic`.
    constraints : sequence of str or CriticOptions
        A critic is trained with each.

    Returns
    -------
    CrossCheck
        Prints as a table; `to_dict` for JSON. A critic's raw value stands there as what it is, no bound.

    Examples
    --------
    >>> import dataclasses, otkit
    >>> from otkit.neural import PRESETS, crosscheck
    >>> x, y = otkit.datasets.gaussians(40, rng=0), otkit.datasets.gaussians(40, mean=[2, 0], rng=1)
    >>> check = crosscheck(x, y, constraints=[dataclasses.replace(PRESETS["groupsort"], steps=300)], rng=0)
    >>> check.holds, [row.role for row in check.rows]
    (True, ['no bound', 'lower', 'lower', 'exact', 'exact', 'upper'])
    """
    problem = between(x, y, a, b, as_metric(metric), missing)
    critics = tuple(
        fit_critic(x, y, a, b, constraint=constraint, metric=metric, missing=missing, rng=rng, progress=progress)
        for constraint in constraints
    )
    exact = solve_problem(problem)
    feasible = solve_problem(problem, Settings(method="sinkhorn"))
    certificate = exact.certificate

    def row(name: str, role: Role, value: float, seconds: float, note: str = "") -> SandwichRow:
        apart = value - exact.value
        return SandwichRow(name, role, value, apart / exact.value if apart else 0.0, seconds, note)

    rows = []
    for constraint, critic in zip(constraints, critics, strict=True):
        name = constraint if isinstance(constraint, str) else type(constraint.constraint).__name__
        rows += [
            row(f"{name}: raw", "no bound", critic.raw, critic.seconds, f"slope {critic.lipschitz:.4g}"),
            row(f"{name}: certified", "lower", critic.lower_bound, critic.seconds, "raw / slope"),
            row(f"{name}: c-transform", "lower", critic.c_transform_bound, critic.seconds, "of φ / slope"),
        ]
    rows += [
        row("exact dual", "exact", certificate.lower, exact.seconds, exact.method),
        row("exact primal", "exact", certificate.upper, exact.seconds, exact.method),
        row("feasible plan", "upper", feasible.certificate.upper, feasible.seconds, "Sinkhorn"),
    ]
    return CrossCheck(tuple(rows), exact, critics)
