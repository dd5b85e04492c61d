"""What a certificate is: what is proved about a transport problem, in numbers and in words.

It is made by `otkit.checker.audit`, which judges a plan and potentials, and where a tree or a path is proved optimal.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple

from otkit._text import told_apart
from otkit._typing import IntArray
from otkit.checker.line import LineProof
from otkit.checker.rational import path_potentials, path_value, tree_potentials, tree_value
from otkit.checker.upper_bound import quotient
from otkit.costs import MatrixCosts
from otkit.costs.accuracy import LARGEST_POWER, Accuracy
from otkit.numerics.floats import TINY
from otkit.problem import TransportProblem, proofs

TOO_LARGE = (
    "C must leave room for sums of cost × mass, but a bound of the optimum leaves float64. "
    "Rescale the costs or the masses."
)

# What a proof is about: costs as they are rounded, or on the line before they are.
EVALUATED_COSTS = "the float64 costs as evaluated"
REAL_COSTS = "the real-valued |x − y|^p (Monge property)"

Proof = Literal["exact", "float", "bounds", "stored"]


class Evidence(NamedTuple):
    """What an exact proof rests on.

    Attributes
    ----------
    problem : TransportProblem
    rows, cols : ndarray
        Arcs of a spanning tree of the points that carry mass (a forest where the arcs of sparse costs leave several
        pieces), numbered in the whole problem.
    kind : {"tree", "line"}
        Whether the prices of all pairs prove its flows optimal, or, on the line, that no two arcs cross.
    """

    problem: TransportProblem
    rows: IntArray
    cols: IntArray
    kind: Literal["tree", "line"]


@dataclass(frozen=True)
class Certificate:
    """What is proved about a problem: lower ≤ OPT ≤ upper, and how good the answer is piece by piece.

    Attributes
    ----------
    lower, upper : float
        Bounds of the optimal cost, in units of cost × mass, rounded outward: the optimum for the float64 costs as
        evaluated, and the masses as given, lies between them, not nearly but in fact. (Where costs are sparse, `upper`
        is the cost of the plan, rounded up, for the marginals that the plan has: those of the problem, to rounding.)
    value : float
        ⟨C, Γ⟩ of the plan as it was handed over; nan if there was none.
    marginal_error : float
        Σ |row sum − a| + Σ |column sum − b|, as a fraction of the total mass. This and the next three are measured on
        the float64 arrays of plan and potentials, and rounded up: the real numbers are no larger, and zero where it
        says zero.
    negativity : float
        Mass of the negative entries of the plan, as a fraction of the total mass.
    dual_violation : float
        max (f_i + g_j − c_ij, 0) over all pairs, in units of `scale`; zero for the potentials of an exact result, which
        are those of the tree, rounded down.
    slackness_error : float
        max |c_ij − f_i − g_j| over pairs that carry mass, in units of `scale`.
    scale : float
        The mean |cost| of a shipped unit: the problem's own unit, so that rescaled costs or masses judge alike; 1 where
        nothing is shipped at any cost.
    tolerance : float
        The gap up to which a float certificate calls the answer optimal, in units of cost × mass.
    proof : {"exact", "float", "bounds", "stored"}
        "exact": optimal, proved in exact arithmetic; "float": optimal to the tolerance; "bounds": the interval alone;
        "stored": nothing, these are numbers from a file that was read by ``otkit.load(path, verify=False)``.
    fault : str
        In words, the worst thing that is wrong with the answer; empty if nothing is.
    unique : bool or None
        Whether no other plan is optimal; None if that is not known.
    costs : str
        In words, which costs the proof is about.
    rescaling : str
        In words, by how much masses were rescaled so that they balance; empty if they are as given.
    evidence : Evidence or None
        What an exact proof rests on.
    audited : Accuracy or None
        The `accuracy` of costs of which there is no exact proof.
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
    fault: str
    unique: bool | None = None
    costs: str = EVALUATED_COSTS
    rescaling: str = ""
    evidence: Evidence | None = field(default=None, repr=False, compare=False)
    audited: Accuracy | None = field(default=None, repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the proof to a small file, which anyone checks by `otkit.check_proof` or `otkit certify`, later.

        It holds the tree, the value and a hash of the problem. Checking it takes no solver:
        `otkit/checker/standalone.py` does it with Python's standard library alone. Where costs rest on the machine's
        mathematical library (haversine, general powers), it holds these too, and what is proved is about them.

        Raises
        ------
        ValueError
            The proof is not exact.

        Examples
        --------
        >>> import otkit, pathlib, tempfile
        >>> result = otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "proof.json")
        >>> result.certificate.save(path)
        >>> otkit.check_proof(result.problem, path).statement
        'OPT = 4.0, exact up to this one rounding, for costs as given'
        """
        if self.evidence is None:
            raise ValueError(
                f"certificate must hold an exact proof to be saved, but its proof is {self.proof!r}. "
                "Solve with proof='exact' by an exact method; TransportResult.save keeps any result."
            )
        problem, rows, cols, kind = self.evidence
        proofs.write_optimality(path, problem, rows, cols, self.value, kind)

    def resting_on(self, evidence: Evidence) -> Certificate:
        """Return the same certificate with its evidence."""
        certificate = object.__new__(type(self))
        certificate.__dict__.update(self.__dict__, evidence=evidence)
        return certificate

    @cached_property
    def accuracy(self) -> Accuracy | None:
        """Of a distance between points, how near the costs are to the true ones; None where that is not known."""
        return self.audited if self.evidence is None else accuracy_of(self.evidence.problem, self.evidence.kind)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers and words as a dictionary, without the evidence."""
        hidden, interval = ("evidence", "audited"), self.distance_interval
        named = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in hidden}
        return named | {"distance_interval": None if interval is None else list(interval)}

    @cached_property
    def exact_value(self) -> Fraction | None:
        """The optimum with no rounding, for the costs that the proof is about and the masses as given.

        None where there is no exact proof, and on the line where adding up the fractions would take minutes. It is
        computed from the tree when it is first asked for.

        Examples
        --------
        >>> import otkit
        >>> otkit.wasserstein([0.0, 1.0, 1.0], [2.0, 4.0]).certificate.exact_value
        Fraction(7, 3)
        """
        if self.evidence is None:
            return None
        problem, rows, cols, kind = self.evidence
        return tree_value(problem, rows, cols) if kind == "tree" else path_value(problem, rows, cols)

    def exact_potentials(self) -> tuple[list[Fraction | None], list[Fraction | None]]:
        """Return the potentials of the proof with no rounding: f_i + g_j ≤ c_ij, with equality on all arcs of the tree.

        Those of a result are these, rounded down. Points without mass are in no tree, and have None.

        Raises
        ------
        ValueError
            There is no exact proof.

        Examples
        --------
        >>> import otkit
        >>> otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).certificate.exact_potentials()[0]
        [Fraction(1, 1), Fraction(0, 1)]
        """
        if self.evidence is None:
            raise ValueError(
                f"certificate must hold an exact proof to have exact potentials, but its proof is {self.proof!r}. "
                "Solve with proof='exact' by an exact method."
            )
        problem, rows, cols, kind = self.evidence
        return tree_potentials(problem, rows, cols) if kind == "tree" else path_potentials(problem, rows, cols)

    @property
    def distance_interval(self) -> tuple[float, float] | None:
        """Two floats that hold W_p of the points themselves between them, in real numbers; None where nobody knows.

        It is a statement about the points as float64 numbers and about their true distances, of which the costs are
        roundings: for costs made of + − × ÷ √, whose roundings are counted (`otkit/costs/accuracy.py`). Where costs
        rest on the mathematical library (haversine, general powers), of which nothing is assumed, where they are
        given, or where powers may have underflowed, it is None.

        Examples
        --------
        >>> import otkit
        >>> otkit.wasserstein([[0.0, 0.0]], [[1.0, 1.0]]).certificate.distance_interval
        (1.4142135623730945, 1.4142135623730958)
        """
        return None if self.accuracy is None else self.accuracy.distance_interval(self.lower, self.upper)

    @property
    def gap(self) -> float:
        """Width of the proved interval, upper − lower."""
        return self.upper - self.lower if self.upper != self.lower else 0.0

    @property
    def optimal(self) -> bool:
        """Whether the answer is proved optimal, exactly or to the float tolerance."""
        return self.proof in ("exact", "float")

    @property
    def statement(self) -> str:
        """In words, what is proved."""
        masses = f", {self.rescaling}" if self.rescaling else ""
        if self.proof == "stored":
            return f"as stored, not checked: {self.lower!r} ≤ OPT ≤ {self.upper!r}"
        if not self.optimal:
            lower, upper = told_apart(self.lower, self.upper, least=12)
            return f"{lower} ≤ OPT ≤ {upper}{masses}"
        if self.proof == "exact":
            more = f"; {self.distance_statement}" if self.distance_statement else ""
            return f"optimal, proved in exact arithmetic for {self.costs}{masses}: OPT = {self.value!r}{more}"
        relative = self.gap / max(abs(self.lower), abs(self.upper), TINY)
        costs = self.costs.removeprefix("the float64 ")
        optimum = f"OPT = {self.upper:.15g}, relative gap {relative:.1e}"
        return f"optimal in float64 for the {costs}{masses}: {optimum}"

    @property
    def distance_statement(self) -> str:
        """In words, where the distance between the points themselves lies; empty if that is not known."""
        interval = self.distance_interval
        if self.accuracy is None or interval is None:
            return ""
        low, high = interval
        where = f"is {low!r}" if low == high else f"lies in [{low!r}, {high!r}]"
        return f"W_{self.accuracy.p:g} of these points {where}"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The verdict as labelled lines, for print."""
        points = self.distance_statement if self.optimal else ""
        proof = ("proof", self.verdict.removesuffix(f"; {points}"))
        return [proof, ("points", points)] if points else [proof]

    @property
    def verdict(self) -> str:
        """One line: what is proved, or what is wrong."""
        return f"{self.fault}; {self.statement}" if self.fault else self.statement

    def __str__(self) -> str:
        return self.verdict


class Optimum(NamedTuple):
    """An optimum that is proved in exact arithmetic, before the arrays that hold plan and potentials are measured.

    Attributes
    ----------
    value : tuple of three floats
        The optimum rounded once, and the floats that hold it between them.
    unique : bool or None
        Whether no other plan is optimal; None if that is not known.
    """

    value: tuple[float, float, float]
    unique: bool | None


def proved_certificate(evidence: Evidence, optimum: Optimum, residuals: tuple[float, float, float]) -> Certificate:
    """Return the certificate of a proved optimum, its residuals measured: marginal error, slackness error and scale.

    Raises
    ------
    ValueError
        The optimum leaves float64.
    """
    return _exact(evidence.problem, optimum, residuals, costs_in_words(evidence.problem), evidence)


def line_certificate(problem: TransportProblem, proof: LineProof) -> Certificate:
    """Return the certificate of what `otkit.checker.line` has proved, its residuals for real-valued costs."""
    scale = proof.value[0] / problem.total or 1.0
    residuals = quotient(proof.marginal_error, problem.total), quotient(proof.slackness_error, scale), scale
    optimum, costs = Optimum(proof.value, proof.unique), REAL_COSTS + in_unit(problem)
    return _exact(problem, optimum, residuals, costs, audited=accuracy_of(problem, "line"))


def accuracy_of(problem: TransportProblem, kind: str) -> Accuracy | None:
    """Return how near costs are to the true ones, those of a proof on the line being these."""
    cost = problem.cost
    if not problem.probability:
        return None
    if kind == "line":
        return Accuracy(cost.p, cost.unit) if cost.p <= LARGEST_POWER else None
    return cost.accuracy


def costs_in_words(problem: TransportProblem) -> str:
    """Return what a proof is about that rests on costs as they are rounded."""
    return EVALUATED_COSTS + in_unit(problem)


def in_unit(problem: TransportProblem) -> str:
    """Say in which unit distances are measured, if not in that of the points."""
    cost = problem.cost
    if cost.unit == 1.0:
        return ""
    at_most = "" if cost.line() is not None or not isinstance(cost, MatrixCosts) else ", or 2^990 where they are larger"
    return f", p-th powers of distances in units of {cost.unit!r}{at_most}"


def _exact(
    problem: TransportProblem,
    optimum: Optimum,
    residuals: tuple[float, float, float],
    costs: str,
    evidence: Evidence | None = None,
    audited: Accuracy | None = None,
) -> Certificate:
    """Return a certificate of an optimum whose plan has no negative entry and whose potentials overprice no pair.

    The residuals are the marginal error, the slackness error and the scale.
    """
    nearest, lower, upper = optimum.value
    marginal_error, slackness, scale = residuals
    if not math.isfinite(nearest):
        raise ValueError(TOO_LARGE)
    return Certificate(
        lower=lower,
        upper=upper,
        value=nearest,
        marginal_error=marginal_error,
        negativity=0.0,
        dual_violation=0.0,
        slackness_error=slackness,
        scale=scale,
        tolerance=0.0,
        proof="exact",
        fault="",
        unique=optimum.unique,
        costs=costs,
        rescaling=problem.rescaling,
        evidence=evidence,
        audited=audited,
    )
