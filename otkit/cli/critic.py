"""`otkit critic`: W_1 held between what critics prove, the exact dual and primal, and a feasible plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import NotProvedError, checking_input
from otkit.cli.printing import console, duration, labelled, print_json, proof_rows, read_fields, read_rows
from otkit.io.options import FileOptions
from otkit.solvers.waiting import waiting

if TYPE_CHECKING:
    from otkit.io.tables import Table as FileTable
    from otkit.neural.sandwich import CrossCheck

CONSTRAINTS = "clip, gradient-penalty, one-sided, spectral or groupsort; wgan, wgan-gp, … as the papers have them"
SIGNS = {"lower": "≥", "exact": "=", "upper": "≤", "no bound": "~"}


@options.reads_files
def critic(
    x: options.XFile,
    y: options.YFile,
    *,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            "--constraint", help=f"{CONSTRAINTS}. May be given again. [default: one-sided]", show_default=False
        ),
    ] = None,
    metric: options.Metric = "euclidean",
    weights: options.Weights = None,
    weights_x: options.WeightsX = None,
    weights_y: options.WeightsY = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same number gives the same critic.")] = 0,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Train a neural critic, and hold W_1 between its certified bound, the exact value and a feasible plan."""
    with checking_input():
        cost = options.cost_from(metric, files)
        tables = options.two_tables(x, y, files, weights, weights_x, weights_y)
        from otkit.neural import crosscheck

        with waiting("training a critic") as progress:
            check = crosscheck(
                *(table.points() for table in tables),
                *(table.weights for table in tables),
                constraints=constraint or ["one-sided"],
                metric=cost,
                rng=seed,
                progress=progress or False,
            )
    if json:
        notes = list(check.exact.problem.cost.reading.notes)
        print_json(check.to_dict() | {"files": read_fields(tables), "data": notes})
    else:
        _print(check, tables)
    if not check.holds:
        raise NotProvedError("the bounds are not in order: one of these numbers is wrong.")


def _print(check: CrossCheck, tables: Sequence[FileTable]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("W_1", no_wrap=True)
    for name in ("", "value", "error", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for row in check.rows:
        table.add_row(
            row.name,
            SIGNS[row.role],
            f"{row.value:.10g}",
            f"{100.0 * row.error:+.3f} %",
            duration(row.seconds),
            row.note,
        )
    out = console()
    out.print(table)
    rows = [
        *proof_rows(check.exact.certificate),
        ("order", "every lower bound ≤ exact ≤ every upper bound" if check.holds else "VIOLATED"),
        ("raw", "what a critic says; divided by its steepest slope between the samples it is a bound"),
        ("c-transform", "a better bound, which takes little from the critic: φ = 0 does well there"),
    ]
    out.print(labelled([*rows, *read_rows(tables, check.exact.problem.cost.reading.notes)]))
