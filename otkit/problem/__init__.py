"""The transport problem: costs and masses, validated once and frozen."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs import PairCosts, bind, storage
from otkit.inputs.checks import as_weights
from otkit.inputs.labels import Labels, from_header, to_header
from otkit.inputs.matching import along_costs
from otkit.io.archives import header_entry
from otkit.numerics.fixed_point import exact_total
from otkit.numerics.floats import EPS, TINY
from otkit.numerics.pickling import Frozen
from otkit.numerics.sums import accurate_sum
from otkit.problem import files
from otkit.problem.infeasible import InfeasibleError
from otkit.problem.masses import LARGEST_EXACT_INTEGER, LARGEST_TOLERANCE, rescaled, totals_and_tolerance


@dataclass(frozen=True, eq=False, init=False, repr=False)
class TransportProblem(Frozen):
    """Minimise ⟨C, Γ⟩ over plans Γ ≥ 0 with row sums a and column sums b.

    Parameters
    ----------
    C : array-like of shape (n, m), or PairCosts
        The cost of each pair: a matrix as it is, or a cost bound to its points (``otkit.Euclidean().between(x, y)``),
        which is evaluated where it is needed and never stored. A matrix of `scipy.sparse` lists the arcs of a graph: an
        explicit zero is an arc of cost zero, no entry is no arc. The index and the columns of a data frame label the
        rows and the columns.
    a, b : array-like, shapes (n,) and (m,), dict or pandas Series, optional
        Non-negative masses. Those with labels go to the rows and columns of these labels, which must be the same. A
        Series beside an array belongs to its rows in order, and an array beside a data frame likewise. A side left out
        takes equal shares of the other's total; both left out: one for each row and column if n = m, else equal shares
        of a total of one.
    probability : bool, default False
        Compare a/Σa with b/Σb, two probability measures. Otherwise the masses are taken as they are and must balance;
        the totals may differ by rounding alone (`tolerance`), and then b is rescaled to the total of a.

    Attributes
    ----------
    cost : PairCosts
    a, b : ndarray
        The masses as given (float64, read-only).
    probability : bool
    totals : tuple of two floats
        Sums of a and b as given.
    tolerance : float
        How far, as a share of the larger, the totals may differ and still be meant to be equal: by n + m roundings of
        the type in which the masses came (float32 where all are such numbers), but by no more than one part in a
        million, and not at all where they are integers.
    whole : bool
        Whether all masses are whole numbers below 2**53.
    row_labels, col_labels : Labels or None
        What the rows and the columns are called, where they came with labels.
    matching : str
        In words, how masses were matched to rows and columns, where some have labels.

    Raises
    ------
    InfeasibleError
        The totals differ by more than rounding. Its `farkas` vector proves that no plan exists.
    ValueError, TypeError
        Entries that are not finite, negative masses, shapes that do not fit.

    Examples
    --------
    >>> import otkit
    >>> problem = otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> problem
    TransportProblem(2 × 2, given matrix, total mass 3)
    """

    cost: PairCosts
    a: FloatArray
    b: FloatArray
    probability: bool
    totals: tuple[float, float]
    tolerance: float
    whole: bool
    row_labels: Labels | None = None
    col_labels: Labels | None = None
    matching: str = ""

    def __init__(
        self,
        C: PairCosts | ArrayLike,
        a: ArrayLike | None = None,
        b: ArrayLike | None = None,
        *,
        probability: bool = False,
    ) -> None:
        bound = bind(C)
        n, m = bound.shape
        a, b, rows, columns, matching = along_costs(None if bound is C else C, a, b)
        self.__dict__.update(row_labels=rows, col_labels=columns, matching=matching)
        probability = probability or (a is None and b is None and n != m)
        masses = [_own_weights(a, "a", n), _own_weights(b, "b", m)]
        if a is None and b is not None and not probability:
            masses[0] *= accurate_sum(masses[1]) / n
        if b is None and a is not None and not probability:
            masses[1] *= accurate_sum(masses[0]) / m
        self._keep(bound, masses[0], masses[1], probability)
        self.require_balance()

    def _keep(
        self, cost: PairCosts, a: FloatArray, b: FloatArray, probability: bool, known: float | None = None
    ) -> None:
        """Set the fields, the tolerance to what is known or else to what masses tell; raise where a total is none."""
        total_a, total_b, tolerance = totals_and_tolerance(a, b)
        whole = tolerance == 0.0
        totals, tolerance = (total_a, total_b), tolerance if known is None else known
        a.setflags(write=False)
        b.setflags(write=False)
        self.__dict__.update(
            cost=cost, a=a, b=b, probability=probability, totals=totals, tolerance=tolerance, whole=whole
        )
        for name, total in zip("ab", totals, strict=True):
            if not math.isfinite(total):
                raise ValueError(f"{name} must have a finite total, but its sum leaves float64. Rescale the masses.")

    @cached_property
    def balanced(self) -> bool:
        """Whether a plan can take all of a to b: of probabilities always, else if the totals agree to the tolerance.

        It is decided in exact arithmetic, since a proof that there is no plan is: one of the two holds, never both.
        """
        if self.probability or self.integral:
            return True
        off, allowed = abs(self.totals[0] - self.totals[1]), self.tolerance * max(self.totals)
        if abs(off - allowed) > 4.0 * EPS * max(self.totals) + TINY:  # both totals and `allowed` are rounded
            return off <= allowed
        total_a, total_b = (sum(map(Fraction, masses.tolist()), Fraction()) for masses in (self.a, self.b))
        return abs(total_a - total_b) <= Fraction(self.tolerance) * max(total_a, total_b)

    def require_balance(self) -> None:
        """Raise InfeasibleError, with its proof, unless the problem is `balanced`."""
        if self.balanced:
            return
        n, m = self.shape
        total_a, total_b = self.totals
        surplus = total_a > total_b
        more, less = ("a", "b") if surplus else ("b", "a")
        sign = 1.0 if surplus else -1.0
        raise InfeasibleError(
            f"a and b must have equal totals, but Σa = {total_a!r} and Σb = {total_b!r}: no plan can ship "
            f"{abs(total_a - total_b):g} of {more} that {less} does not take (Farkas vector in .farkas). "
            "To compare shapes whatever their mass, divide each side by its total (otkit.wasserstein does); "
            "to leave the surplus where it is, use otkit.partial_transport, or put a price on it by "
            "otkit.unbalanced_transport.",
            np.concatenate([np.full(n, sign), np.full(m, -sign)]),
            self,
            "totals",
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns (n, m)."""
        return self.cost.shape

    @property
    def total(self) -> float:
        """Mass that a plan ships: one between probability measures, else Σa."""
        return 1.0 if self.probability else self.totals[0]

    @cached_property
    def supply(self) -> FloatArray:
        """Row sums that a plan must have: a, or a/Σa."""
        return rescaled(self.a, self.totals[0], self.total)

    @cached_property
    def demand(self) -> FloatArray:
        """Column sums that a plan must have: b rescaled to the total of `supply`."""
        return rescaled(self.b, self.totals[1], self.total)

    @cached_property
    def exact_totals(self) -> tuple[tuple[int, IntArray], tuple[int, IntArray]]:
        """Σa and Σb with no rounding, each as the unit of its masses, a power of two, and limbs."""
        return exact_total(self.a), exact_total(self.b)

    @cached_property
    def integral(self) -> bool:
        """Whether all masses are integers with the same total, below 2**53: then an integer plan is optimal."""
        total_a, total_b = self.totals
        return not self.probability and total_a == total_b < LARGEST_EXACT_INTEGER and self.whole

    @property
    def normalization(self) -> str:
        """What was done to the masses, in words; empty if nothing was."""
        total_a, total_b = self.totals
        if self.probability:
            changed = [
                f"{name} divided by {total:g}"
                for name, total in zip("ab", (total_a, total_b), strict=True)
                if total != 1.0
            ]
            return ", ".join(changed)
        return self.rescaling

    @property
    def rescaling(self) -> str:
        """In words, by how much b was rescaled to the total of a; empty if it was not, and between probabilities."""
        total_a, total_b = self.totals
        if self.probability or total_a == total_b:
            return ""
        return f"b rescaled by 1 {(total_a - total_b) / total_b:+.1e} to the total of a"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write costs and masses to one NPZ file; `TransportProblem.load` brings them back.

        A cost that was a Python function is kept as the matrix it gave.
        """
        files.write_problem(path, *self.parts())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TransportProblem:
        """Read a problem written by `save`, or the problem of a result written by `otkit.TransportResult.save`.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The file holds something else, is damaged, or was written by an incompatible version.

        Examples
        --------
        >>> import otkit, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "problem.npz")
        >>> otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2]).save(path)
        >>> otkit.TransportProblem.load(path)
        TransportProblem(2 × 2, given matrix, total mass 3)
        """
        return files.read_problem(path, problem_from_parts)

    def parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what makes the problem, in plain form: what JSON can say, and arrays."""
        header, arrays = storage.parts_of(self.cost)
        header |= {
            "probability": self.probability,
            "tolerance": self.tolerance,
            "row_labels": to_header(self.row_labels),
            "col_labels": to_header(self.col_labels),
            "matching": self.matching,
        }
        return header, {"a": self.a, "b": self.b} | arrays

    def with_labels(self, rows: Labels | None, columns: Labels | None, matching: str = "") -> TransportProblem:
        """Return the same problem with labels for the sides that have none."""
        if rows is None and columns is None and not matching:
            return self
        labelled = object.__new__(type(self))
        labelled.__dict__.update(
            self.__dict__,
            row_labels=self.row_labels if rows is None else rows,
            col_labels=self.col_labels if columns is None else columns,
            matching=self.matching or matching,
        )
        return labelled

    def row(self, i: int) -> str:
        """Return what messages call a row: its label in quotes, or its number."""
        return str(i) if self.row_labels is None else self.row_labels.quoted(i)

    def column(self, j: int) -> str:
        """Return what messages call a column."""
        return str(j) if self.col_labels is None else self.col_labels.quoted(j)

    def restrict(self, rows: IntArray, cols: IntArray) -> TransportProblem:
        """Return the problem on some rows and columns that hold all the mass."""
        part = self.cost.restrict(rows, cols)
        return problem_as_judged(part, self.a.take(rows), self.b.take(cols), self.probability, self.tolerance)

    def __repr__(self) -> str:
        n, m = self.shape
        metric = self.cost.kind if self.cost.metric is None else self.cost.metric.name
        power = "" if self.cost.p == 1.0 else f", p = {self.cost.p:g}"
        return f"TransportProblem({n} × {m}, {metric}{power}, total mass {self.total:g})"


def _own_weights(masses: ArrayLike | None, name: str, size: int) -> FloatArray:
    """Return masses as an array that nobody else writes to; ones for None."""
    weights = as_weights(masses, name, size)
    return weights if masses is None else weights.copy()


def problem_as_judged(
    cost: PairCosts, a: ArrayLike, b: ArrayLike, probability: bool, tolerance: float
) -> TransportProblem:
    """Return a problem whose tolerance is known: of masses that came as float32, or with more rows around them."""
    problem = object.__new__(TransportProblem)
    n, m = cost.shape
    problem._keep(cost, as_weights(a, "a", n).copy(), as_weights(b, "b", m).copy(), probability, tolerance)
    return problem


def problem_from_parts(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> TransportProblem:
    """Undo `TransportProblem.parts`."""
    probability, tolerance = header_entry(header, "probability", bool), header_entry(header, "tolerance", float)
    if not 0.0 <= tolerance <= LARGEST_TOLERANCE:
        raise ValueError(f"tolerance must be from 0 to {LARGEST_TOLERANCE}, but it is {tolerance}")
    cost = storage.from_parts(header, arrays, arrays["b"].size)
    problem = problem_as_judged(cost, arrays["a"], arrays["b"], probability, tolerance)
    n, m = problem.shape
    labels = from_header(header.get("row_labels"), n), from_header(header.get("col_labels"), m)
    return problem.with_labels(*labels, header_entry(header, "matching", str))


__all__ = ["InfeasibleError", "TransportProblem", "problem_as_judged", "problem_from_parts"]
