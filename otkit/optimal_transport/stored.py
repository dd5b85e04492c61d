"""Results in files, which are believed nothing: what they hold is judged anew when they are read."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.audit import certify
from otkit.checker.certificate import Certificate, Evidence, Proof
from otkit.inputs.checks import require_choice
from otkit.io.archives import header_entry, printable, read_archive
from otkit.optimal_transport.lifting import Part, between_masses, part_in_order, part_of
from otkit.optimal_transport.prove import certificate_of, judged_as_it_is, prove_in_order
from otkit.optimal_transport.results import TransportResult
from otkit.problem import TransportProblem, problem_from_parts
from otkit.problem.files import ANSWER_FIELDS, FILE_FORMATS, PROBLEM_FIELDS
from otkit.solvers.candidate import Candidate, SolverStats, Status
from otkit.solvers.registry import SOLVERS

# What a file says of its answer in numbers.
NUMBERS = (
    "lower", "upper", "value", "marginal_error", "negativity", "dual_violation", "slackness_error", "scale", "tolerance"
)  # fmt: skip


def load(path: str | os.PathLike[str], *, verify: bool = True) -> TransportResult:
    """Read a result written by `TransportResult.save`, and prove it again.

    Nothing is proved because a file says so. The tree that it holds is judged in exact arithmetic for the problem that
    it holds; plan, prices and certificate are what follows. That takes as long as the proof took, and no solver. Where
    there is no tree, or where it proves nothing here (costs from the machine's mathematical library may differ in their
    last bits elsewhere), plan and prices are certified as they are.

    Parameters
    ----------
    path : path-like
    verify : bool, default True
        Whether to prove it again. Without, all is returned as it stands in the file, in the time that reading takes;
        the certificate says "as stored, not checked", and its `proof` is "stored", which is never optimal.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file holds something else, is damaged, or was written by an incompatible version; or it says that it holds
        an optimal answer, and does not.

    See Also
    --------
    TransportResult.save : writes the file.

    Examples
    --------
    >>> import otkit, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "r.npz"
    ...     otkit.wasserstein([0.0, 1.0], [5.0, 3.0]).save(path)
    ...     otkit.load(path).distance
    3.5
    """
    result = partial(_result, verify=verify)
    return read_archive(path, FILE_FORMATS[1:], PROBLEM_FIELDS | ANSWER_FIELDS, result, "TransportResult.save")


def _result(header: dict[str, Any], arrays: dict[str, Any], *, verify: bool) -> TransportResult:
    """Undo `TransportResult.save`."""
    problem = problem_from_parts(header, arrays)
    problem.require_balance()
    trees = "basis_rows" in arrays, "basis_cols" in arrays
    basis = (arrays["basis_rows"], arrays["basis_cols"]) if all(trees) else None
    if any(trees) and basis is None:
        raise ValueError("basis_rows and basis_cols must be there both, or neither")
    rows, cols, mass, f, g = (arrays[name] for name in ("rows", "cols", "mass", "f", "g"))
    answer = Candidate(rows, cols, mass, f, g, basis, stats=_stats(header))
    kind, method = header_entry(header, "evidence", str, type(None)), printable(header_entry(header, "method", str))
    seconds = header_entry(header, "seconds", float)
    if not 0.0 <= seconds < np.inf:
        raise ValueError(f"seconds in the header is {seconds}, which is no time")
    certificate = header_entry(header, "certificate", dict)
    claimed = header_entry(certificate, "proof", str)
    if claimed not in get_args(Proof):
        raise ValueError(f"proof in the header is {claimed!r}, which is none")
    if not verify:
        return TransportResult(problem, answer, _as_stored(certificate), method, seconds)
    found = _proved(problem, answer, kind) or (answer, _certified(problem, answer, method))
    if claimed in ("exact", "float") and not found[1].optimal:
        raise ValueError(f"its answer is said to be optimal, but {found[1].verdict}")
    return TransportResult(problem, *found, method, seconds)


def _as_stored(told: dict[str, Any]) -> Certificate:
    """Return what a file says of its answer, as what somebody said."""
    numbers = {name: header_entry(told, name, float) for name in NUMBERS}
    return Certificate(**numbers, proof="stored", fault="")


def _proved(problem: TransportProblem, answer: Candidate, kind: str | None) -> tuple[Candidate, Certificate] | None:
    """Return the answer that a tree proves exactly; None where it proves none."""
    if kind not in (None, "tree", "line"):
        raise ValueError(f"evidence in the header is {kind!r}, which is none")
    if kind is None or answer.basis is None:
        return None
    rows, cols = _reached(answer.basis[0], problem.a), _reached(answer.basis[1], problem.b)
    if rows is None or cols is None:
        return None
    whole = rows.size + cols.size == sum(problem.shape)
    part = Part(problem, problem, rows, cols) if whole else part_of(problem, rows, cols)
    if kind == "tree":
        judged = judged_as_it_is(part.problem, _on(answer, rows, cols))
        if judged is None:
            return None
        found, optimum = judged
        candidate = part.lifted(found)
        return candidate, certificate_of(problem, candidate, optimum)
    if part.problem.cost.line() is None:
        return None
    row_order, col_order = part.problem.cost.line_order
    part = part_of(problem, rows[row_order], cols[col_order])
    proved = _along_the_line(part.problem, _on(answer, part.rows, part.cols))
    if proved is None:
        return None
    found, certificate = proved
    candidate = part.lifted(found)
    assert candidate.basis is not None
    return candidate, certificate.resting_on(Evidence(problem, *between_masses(problem, *candidate.basis), "line"))


def _along_the_line(problem: TransportProblem, answer: Candidate) -> tuple[Candidate, Certificate] | None:
    """Return what a path through points in ascending order proves, if anything."""
    assert answer.basis is not None
    along = np.lexsort(answer.basis[::-1])
    found, certificate = prove_in_order(
        problem, replace(answer, basis=(answer.basis[0][along], answer.basis[1][along]))
    )
    return None if certificate is None else (found, certificate)


def _on(answer: Candidate, rows: IntArray, cols: IntArray) -> Candidate:
    """Return an answer whose tree is numbered as in a list of rows and of columns that it reaches."""
    assert answer.basis is not None
    return replace(answer, basis=(_places(answer.basis[0], rows), _places(answer.basis[1], cols)))


def _certified(problem: TransportProblem, answer: Candidate, method: str) -> Certificate:
    """Return what plan and prices prove as they are; on the line in sorted order, as they were when they were found."""
    solver = SOLVERS.get(method)  # a file may name any
    if solver is not None and solver.proof == "line" and solver.suits(problem):
        part = part_in_order(problem)
        plan = _places(answer.rows, part.rows), _places(answer.cols, part.cols), answer.mass
        potentials = answer.f[part.rows], answer.g[part.cols]
        certificate = certify(part.problem, plan=plan, potentials=potentials)
        if certificate.optimal:
            return certificate
    return certify(problem, plan=answer, potentials=(answer.f, answer.g))


def _reached(index: IntArray, masses: FloatArray) -> IntArray | None:
    """Return the points that an index holds, in order; None unless all that carry mass are among them."""
    mask = np.zeros(masses.size, np.bool_)
    mask[index] = True
    return np.flatnonzero(mask) if mask[masses > 0.0].all() else None


def _places(index: IntArray, which: IntArray) -> IntArray:
    """Return where each number of an index stands in `which`."""
    place = np.zeros(int(which.max(initial=0)) + 1, np.int64)
    place[which] = np.arange(which.size)
    return place[index]


def _stats(header: dict[str, Any]) -> SolverStats:
    """Return what is told of the solver, which is for people to read."""
    stats = header_entry(header, "stats", dict)
    iterations, rounds = (header_entry(stats, name, int) for name in ("iterations", "rounds"))
    status: Any = require_choice(header_entry(stats, "status", str), "status in the header", get_args(Status))
    if min(iterations, rounds) < 0:
        raise ValueError(f"stats in the header are {stats!r}, which are none")
    return SolverStats(status, iterations, rounds, printable(header_entry(stats, "detail", str)))
