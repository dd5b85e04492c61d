"""`otkit verify` and `otkit compare`: the duality chain in numbers, and every solver side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from otkit.cli import options
from otkit.cli.failures import checking_input
from otkit.cli.printing import certificate_fields, console, duration, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions
from otkit.solvers.waiting import waiting

if TYPE_CHECKING:
    from otkit.io.tables import Table as FileTable
    from otkit.optimal_transport.comparison import Comparison, Contender


@options.reads_files
def verify(
    x: options.XFile,
    y: options.YFile,
    *,
    p: options.Power = 1.0,
    metric: options.Metric = "euclidean",
    weights: options.Weights = None,
    weights_x: options.WeightsX = None,
    weights_y: options.WeightsY = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Duality in numbers: primal LP, dual LP, c-transform and Kantorovich-Rubinstein, each with its residual."""
    tables = options.two_tables(x, y, files, weights, weights_x, weights_y)
    problem = options.problem_from(*tables, files, p=p, metric=metric)
    from otkit.optimal_transport.verify import verify_duality

    with checking_input(), waiting("verifying"):
        report = verify_duality(problem)
    if json:
        notes = list(problem.cost.reading.notes)
        print_json(asdict(report) | {"files": read_fields(tables), "data": notes})
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("quantity", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("residual", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for row in report.rows:
        value = "" if row.value is None else f"{row.value:.12g}"
        residual = "" if row.residual is None else f"{row.residual:.0e}"
        table.add_row(row.name, value, residual, row.note)
    console().print(table)
    checked = [("checked", report.checked)] if report.checked else []
    what = ("problem", report.problem[len("TransportProblem(") : -1])
    console().print(labelled([what, *checked, *read_rows(tables, problem.cost.reading.notes)]))


@options.reads_files
def compare(
    x: options.XFile,
    y: options.YFile,
    *,
    p: options.Power = 1.0,
    metric: options.Metric = "euclidean",
    weights: options.Weights = None,
    weights_x: options.WeightsX = None,
    weights_y: options.WeightsY = None,
    max_seconds: options.MaxSeconds = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Every solver at hand on one problem, otkit's, SciPy's and POT's, each answer judged by the same certificate."""
    from otkit.optimal_transport.comparison import compare as run

    tables = options.two_tables(x, y, files, weights, weights_x, weights_y)
    problem = options.problem_from(*tables, files, p=p, metric=metric)
    comparison = run(problem, max_seconds=max_seconds, progress=True)
    if json:
        contenders = [_contender_fields(comparison, row) for row in comparison.contenders]
        bounds = {"lower": comparison.lower, "upper": comparison.upper}
        notes = list(problem.cost.reading.notes)
        print_json(bounds | {"contenders": contenders, "files": read_fields(tables), "data": notes})
    else:
        _print_comparison(comparison, tables)


def _contender_fields(comparison: Comparison, row: Contender) -> dict[str, Any]:
    return {
        "name": row.name,
        "value": row.value,
        "error": comparison.error(row),
        "certificate": None if row.certificate is None else certificate_fields(row.certificate),
        "seconds": row.seconds,
        "note": row.note,
    }


def _print_comparison(comparison: Comparison, tables: Sequence[FileTable]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("solver", overflow="fold")
    for name in ("cost", "error", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("proves it", no_wrap=True)
    remarks = []
    for row in comparison.contenders:
        if row.value == row.value:
            proof = "value only"
            if row.certificate is not None:
                proof = f"{'yes' if row.certificate.optimal else 'no'}, gap {row.certificate.gap:.0e}"
            figures = f"{row.value:.10g}", f"{comparison.error(row):.0e}", duration(row.seconds), proof
            table.add_row(row.name, *figures)
        else:
            table.add_row(row.name)
        if row.note or (row.certificate is not None and not row.certificate.optimal):
            remarks.append(("remark", f"{row.name}: {comparison.judgement(row)}"))
    out = console()
    out.print(table)
    out.print(
        labelled(
            [
                ("proved", f"{comparison.lower:.15g} ≤ OPT ≤ {comparison.upper:.15g}, by all answers together"),
                *remarks,
                ("error", "how far a cost lies outside of this interval, relative to it"),
                ("gap", "width of the interval that an answer proves by its own plan and prices"),
                (
                    "time",
                    f"each has {comparison.max_seconds:g} s at most (--max-seconds); otkit's includes cost and "
                    "certificate; peers are handed the cost matrix",
                ),
                ("problem", str(comparison.problem)[len("TransportProblem(") : -1]),
                *read_rows(tables, comparison.problem.cost.reading.notes),
            ]
        )
    )
