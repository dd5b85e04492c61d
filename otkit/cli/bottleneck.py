"""`otkit bottleneck`: how far some mass has to go, with its proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import checking_input
from otkit.cli.printing import console, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions

ProblemFile = Annotated[
    Path | None, typer.Option("--save", help="Keep the problem, for `otkit certify`: NPZ.", show_default=False)
]


@options.reads_files
def bottleneck(
    x: options.XFile,
    y: options.YFile,
    *,
    metric: options.Metric = "euclidean",
    weights: options.Weights = None,
    weights_x: options.WeightsX = None,
    weights_y: options.WeightsY = None,
    plan: options.PlanFile = None,
    save: ProblemFile = None,
    proof: options.ProofFile = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Bottleneck distance W_∞ between two sets of points: the least t such that all mass can be shipped within t."""
    from otkit.optimal_transport.bottleneck import solve_bottleneck
    from otkit.solvers.waiting import waiting

    options.check_places((plan, None), (save, (".npz",)), (proof, (".json",)))
    tables = options.two_tables(x, y, files, weights, weights_x, weights_y)
    problem = options.problem_from(*tables, files, p=1.0, metric=metric)
    with checking_input(), waiting("solving"):
        result = solve_bottleneck(problem)
    notes = problem.cost.reading.notes
    if json:
        print_json(result.to_dict() | {"files": read_fields(tables), "data": list(notes)})
    else:
        head, *lines = str(result).splitlines()
        rows = [("W_∞", head.removeprefix("bottleneck = "))]
        rows += [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]
        console().print(labelled([*rows, *read_rows(tables, notes)]))
    if plan is not None:
        from otkit.io.writing import write_table

        entries = result.plan
        write_table(plan, {"row": entries.row, "column": entries.col, "mass": entries.data})
    if save is not None:
        problem.save(save)
    if proof is not None:
        result.certificate.save(proof)
    for path in (plan, save, proof):
        if path is not None:
            typer.echo(f"otkit: wrote {path}", err=True)
