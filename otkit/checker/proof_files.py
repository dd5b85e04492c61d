"""Proofs from files: a problem in the plain form that `otkit.checker.standalone` takes, and what a file holds.

Costs that rest on the mathematical library of the machine that evaluated them are carried by the proof, which is about
these (`otkit.problem.proofs`). That they are the costs of the points is seen by evaluating them again: what two
libraries may differ by is a few units in the last place (`otkit.costs.libraries`), and how far they do lie apart is
stated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from otkit.checker import bottleneck_proof
from otkit.checker import standalone as proof
from otkit.costs import PairCosts
from otkit.costs.libraries import largest_difference
from otkit.costs.plain import plain_costs, rest_on_library
from otkit.io.archives import each_once
from otkit.problem import TransportProblem

# Bytes that a proof takes at most: its head, a few arcs or numbers for each point, a carried cost for each pair.
HEAD, ARC, NUMBER = 1 << 14, 256, 40

_FORMS: dict[str, Callable[..., proof.Costs]] = {
    "line": proof.line,
    "listed": proof.listed,
    "points": proof.points,
    "matrix": proof.matrix,
}

# Its home is a file that stands alone, but users find it here.
ProofError = proof.ProofError
ProofError.__module__ = "otkit"


def check_proof(problem: TransportProblem, path: str | os.PathLike[str]) -> proof.Proved:
    """Check a proof from a file, in exact arithmetic and without a solver, by the standard library alone.

    Parameters
    ----------
    problem : TransportProblem
        The problem that it is about, to the bit.
    path : path-like
        A file by `Certificate.save`, `InfeasibleError.save` or `BottleneckCertificate.save`.

    Returns
    -------
    Proved
        `statement` says in words what is proved; `optimum` is OPT as a `fractions.Fraction`, None where the proof is
        that no plan exists. It takes 1 to 3 µs for each pair of a row and a column (none on the line).

    Raises
    ------
    ProofError
        The proof does not hold for this problem.
    FileNotFoundError
        There is no such file.
    ValueError
        The file holds something else.

    See Also
    --------
    certify : what a plan and potentials prove.

    Examples
    --------
    >>> import otkit, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "proof.json")
    >>> try:
    ...     otkit.transport([[1.0, 2.0]], [3.0], [1.0, 1.0])
    ... except otkit.InfeasibleError as error:
    ...     error.save(path)
    ...     otkit.check_proof(error.problem, path).statement
    'no plan has row and column sums a, b (costs as given)'
    """
    content = read_proof(path, problem)
    carried, note = None, ""
    if rest_on_library(problem.cost) and "costs" in content:
        carried, note = _carried(content["costs"], problem.cost)
    check = bottleneck_proof.check if content.get("kind") == bottleneck_proof.KIND else proof.check
    proved = check(plain(problem, content.get("kind", ""), carried), content)
    if problem.cost.unit != 1.0:
        note += f", distances in units of {problem.cost.unit!r}"
    return proved._replace(statement=proved.statement + note)


def read_proof(path: str | os.PathLike[str], problem: TransportProblem) -> dict[str, Any]:
    """Return what a file holds that is to be a proof about a problem, unchecked; a key given twice is refused."""
    (n, m), where = problem.cost.shape, f"path must be a proof written by otkit, but {os.fspath(path)!r} is none"
    numbers = ARC * (n + m) + (NUMBER * n * m if rest_on_library(problem.cost) else 0)
    with open(path, encoding="utf-8") as file:
        size = os.fstat(file.fileno()).st_size
        if size > HEAD + numbers:
            raise ValueError(
                f"{where}: of {n} × {m} pairs one takes at most {HEAD + numbers} bytes, but it has {size}."
            )
        try:
            content = json.load(file, object_pairs_hook=each_once, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            content, reason = None, str(error)
        else:
            reason = f"its format is not {proof.FORMAT!r}"
    if not isinstance(content, dict) or content.get("format") != proof.FORMAT:
        raise ValueError(f"{where}: {reason}.")
    return content


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def plain(problem: TransportProblem, kind: str, carried: list[list[float]] | None = None) -> proof.Problem:
    """Return a problem in plain Python, with real-valued costs if its proof is of kind "line"."""
    problem.cost.require_unchanged()
    costs = plain_costs(problem.cost, real=kind == "line", carried=carried)
    return proof.Problem(
        problem.a.tolist(),
        problem.b.tolist(),
        _FORMS[costs.form](*costs.parts),
        bool(problem.probability),
        float(problem.tolerance),
    )


def _carried(costs: Any, cost: PairCosts) -> tuple[list[list[float]], str]:
    """Return the costs that a file carries, and how they compare with the same costs evaluated here."""
    try:
        rows = [[float.fromhex(c) for c in row] for row in costs]
        table = np.array(rows)
    except (TypeError, ValueError, OverflowError) as error:
        raise proof.ProofError(f"The proof does not hold: the costs it carries can't be read, {error}.") from error
    here = cost.dense()
    with np.errstate(invalid="ignore"):  # an infinite cost lies nowhere near
        near = table.shape == here.shape and bool((np.abs(table - here) <= largest_difference(cost.pairs, here)).all())
    if not near:
        raise proof.ProofError("The proof does not hold: the costs it carries are not those of these points.")
    differ = table != here
    apart = np.abs(table - here)[differ] / np.maximum(np.abs(here[differ]), np.finfo(np.float64).tiny)
    others = f", the others to {apart.max():.1e} of their size" if apart.size else ""
    return rows, (
        f", which rest on the mathematical library of the machine that evaluated them and are read from the proof: "
        f"evaluated here, {here.size - apart.size} of {here.size} are the same to the bit{others}"
    )
