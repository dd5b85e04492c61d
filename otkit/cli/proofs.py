"""`otkit certify`: a proof from a file, checked in exact arithmetic without a solver."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import NotProvedError, checking_input
from otkit.cli.printing import console, duration, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions
from otkit.solvers.waiting import waiting

if TYPE_CHECKING:
    from otkit.io.tables import Table
    from otkit.problem import TransportProblem

MASSES = "Masses of the {}, where PROBLEM is a cost matrix: one column or one row."


@options.reads_files(refused={"standardize": options.NO_POINTS})
def certify(
    problem: Annotated[
        Path,
        typer.Argument(
            metavar="PROBLEM",
            help="What it is about: a file by --save, TransportResult.save or TransportProblem.save, or a cost matrix.",
        ),
    ],
    proof: Annotated[
        Path,
        typer.Argument(metavar="PROOF", help="A file by --proof, Certificate.save or InfeasibleError.save."),
    ],
    *,
    a: Annotated[Path | None, typer.Option("--a", help=MASSES.format("rows"), show_default=False)] = None,
    b: Annotated[Path | None, typer.Option("--b", help=MASSES.format("columns"), show_default=False)] = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Check a proof that somebody made, in exact arithmetic and without a solver; exit code 3 if it does not hold."""
    from otkit.checker.proof_files import check_proof, read_proof
    from otkit.checker.standalone import ProofError

    with checking_input():
        shipment, tables, notes = _read_problem(problem, a, b, files)
        kind = read_proof(proof, shipment).get("kind")
    start = time.perf_counter()
    try:
        with waiting("checking the proof"):
            proved = check_proof(shipment, proof)
    except ProofError as error:
        raise NotProvedError(str(error)) from error
    seconds, optimum = time.perf_counter() - start, proved.optimum
    if json:
        print_json(
            {
                "statement": proved.statement,
                "kind": kind,
                "value": None if optimum is None else float(optimum),
                "exact": None if optimum is None else f"{optimum.numerator:#x}/{optimum.denominator:#x}",
                "n": shipment.shape[0],
                "m": shipment.shape[1],
                "seconds": seconds,
                **({"files": read_fields(tables), "data": list(notes)} if tables else {}),
            }
        )
        return
    console().print(
        labelled(
            [
                ("proved", proved.statement),
                ("problem", str(shipment)[len("TransportProblem(") : -1]),
                ("checked", f"in exact arithmetic, without a solver, in {duration(seconds)}"),
                *read_rows(tables, notes),
            ]
        )
    )


def _read_problem(
    path: Path, a: Path | None, b: Path | None, files: FileOptions
) -> tuple[TransportProblem, Sequence[Table], Sequence[str]]:
    """Return the problem of a file, also one whose masses do not balance: that may be what is proved."""
    from otkit.cli.shipments import read_shipment
    from otkit.io.archives import is_archive
    from otkit.problem import InfeasibleError, TransportProblem

    if is_archive(path):
        if a is not None or b is not None:
            raise ValueError(f"--a and --b must be left out where PROBLEM holds its own masses, as {path} does.")
        return TransportProblem.load(path), (), ()
    found = read_shipment(path, a, b, files)
    try:
        problem = found.problem()
    except InfeasibleError as error:
        problem = error.problem
    return problem, found.tables, found.notes
