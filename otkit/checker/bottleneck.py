"""The trusted check of a bottleneck: a plan on pairs that cost at most t, and a cut that leaves no plan below t.

Nothing but costs, as they are evaluated, and integers are used. The cut is held against all pairs: they are listed by a
sweep, in which blocks of pairs are passed over only where a safe bound puts them above the limit.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from otkit._text import told_apart
from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.standalone import ProofError
from otkit.io.results import plain
from otkit.problem import TransportProblem, proofs


@dataclass(frozen=True)
class BottleneckCertificate:
    """What is proved about a bottleneck: its value, by a plan and a cut.

    Attributes
    ----------
    value : float
        The least t such that a plan lives on pairs with c_ij ≤ t, for the float64 costs as evaluated. It is one of
        these costs: nothing is rounded.
    cut : ndarray
        Rows that hold more than the columns that they reach by pairs cheaper than `value`.
    reached : ndarray
        These columns.
    held, taken : Fraction
        The share of all mass that the rows of the cut hold, and that the columns take.
    distance_interval : tuple of two floats or None
        Two floats that hold W_∞ of the points themselves between them, in real numbers, as in `otkit.Certificate`.
    problem : TransportProblem
    plan : tuple of two ndarrays and a list of int
        Rows, columns and masses of the plan, as integers in some unit.
    """

    value: float
    cut: IntArray
    reached: IntArray
    held: Fraction
    taken: Fraction
    distance_interval: tuple[float, float] | None
    problem: TransportProblem = field(repr=False)
    plan: tuple[IntArray, IntArray, list[int]] = field(repr=False)

    @property
    def statement(self) -> str:
        """In words, what is proved."""
        (held, taken), (rows, cols) = _shares(self.held, self.taken), (self.cut.size, self.reached.size)
        reach = (
            f"reach {cols} {'column that takes' if cols == 1 else 'columns that take'} {taken}"
            if cols
            else "reach none"
        )
        return (
            f"optimal, proved in exact arithmetic for the float64 costs as evaluated: a plan lives on pairs with "
            f"c ≤ {self.value!r}, and none on cheaper ones: by these, {rows} "
            f"{'row that holds' if rows == 1 else 'rows that hold'} {held} of the mass {reach}"
        )

    def __str__(self) -> str:
        return self.statement

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers and words as a dictionary; shares are text, as fractions."""
        names = ("value", "cut", "reached", "distance_interval", "statement")
        return {name: plain(getattr(self, name)) for name in names} | {"held": str(self.held), "taken": str(self.taken)}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the proof, plan and cut, to a small file: anyone checks it by `otkit.check_proof`.

        Examples
        --------
        >>> import otkit, pathlib, tempfile
        >>> result = otkit.bottleneck([0.0, 1.0], [3.0, 5.0])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "proof.json")
        >>> result.certificate.save(path)
        >>> otkit.check_proof(result.problem, path).statement
        'the least t such that a plan lives on pairs with c ≤ t is 4.0 (float64 costs of points (absolute))'
        """
        rows, cols, units = self.plan
        entries = [list(entry) for entry in zip(rows.tolist(), cols.tolist(), units, strict=True)]
        proofs.write_bottleneck(path, self.problem, self.value, entries, self.cut.tolist())


def certify_bottleneck(
    problem: TransportProblem, value: float, plan: tuple[IntArray, IntArray, list[int]], cut: IntArray
) -> BottleneckCertificate:
    """Check a plan of integers, in some unit, and a cut; return what they prove.

    Raises
    ------
    ProofError
        They do not prove that the value is the bottleneck.
    """
    problem.cost.require_unchanged()
    a, b = (_integers(masses) for masses in (problem.a, problem.b))
    total_a, total_b = sum(a), sum(b)
    rows, cols, units = plan
    _require(problem.balanced and len(units) > 0 and min(units) >= 0, "the plan is none")
    _require(bool((problem.cost.at(rows, cols) <= value).all()), f"the plan uses a pair that costs more than {value!r}")
    for ends, masses, total in ((rows, a, total_a), (cols, b, total_b)):
        sums = [0] * len(masses)
        for end, amount in zip(ends.tolist(), units, strict=True):
            sums[end] += amount
        shipped = sum(sums)
        same = shipped > 0 and all(s * total == w * shipped for s, w in zip(sums, masses, strict=True))
        _require(same, "the plan has other sums than the masses")
    chosen = np.unique(cut)
    reached = np.flatnonzero(_reached(problem, chosen, value))
    held, taken = sum(a[i] for i in chosen.tolist()), sum(b[j] for j in reached.tolist())
    shares = Fraction(held, total_a), Fraction(taken, total_b)
    _require(shares[0] > shares[1], "the rows of the cut hold no more than the columns that they reach")
    accuracy = problem.cost.accuracy
    interval = None if accuracy is None else accuracy.distance_interval(value, value)
    return BottleneckCertificate(value, chosen, reached, *shares, interval, problem, plan)


def _reached(problem: TransportProblem, rows: IntArray, value: float) -> BoolArray:
    """Say of each column whether it has a pair with one of the rows that is cheaper than the value."""
    m = problem.shape[1]
    reached = np.zeros(m, np.bool_)

    def visit(_part: int, _rows: IntArray, cols: IntArray, _costs: FloatArray) -> None:
        reached[cols] = True

    part = problem.cost.restrict(rows, slice(None))
    part.pairs_below(np.zeros(rows.size), np.zeros(m), math.nextafter(value, -math.inf), visit)
    return reached


def _integers(masses: FloatArray) -> list[int]:
    """Return masses in units of a power of two, in which all are integers."""
    parts = [mass.as_integer_ratio() for mass in masses.tolist()]
    unit = max(denominator for _, denominator in parts)
    return [numerator * (unit // denominator) for numerator, denominator in parts]


def _shares(one: Fraction, other: Fraction) -> tuple[str, str]:
    """Return two shares in words that tell them apart: as fractions where these are short."""
    texts = str(one), str(other)
    if max(map(len, texts)) <= 11:
        return texts
    more, less = told_apart(float(one), float(other))
    return more, less


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProofError(f"The proof does not hold: {otherwise}.")
