"""`otkit emd` and `otkit transport`: solve, print, and write what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import checking_input
from otkit.cli.printing import print_json, print_result, read_fields, result_fields
from otkit.io.options import FileOptions

if TYPE_CHECKING:
    from otkit.io.tables import Table
    from otkit.problem import TransportProblem
    from otkit.results import TransportResult

# Points of more dimensions than a picture has are drawn as cost matrix and plan.
DRAWABLE_DIMENSION = 2


@options.reads_files
def emd(
    x: options.XFile,
    y: options.YFile,
    *,
    p: options.Power = 1.0,
    metric: options.Metric = "euclidean",
    weights: options.Weights = None,
    weights_x: options.WeightsX = None,
    weights_y: options.WeightsY = None,
    method: options.Method = "auto",
    plan: options.PlanFile = None,
    plot: options.PlotFile = None,
    save: options.SaveFile = None,
    proof: options.ProofFile = None,
    max_seconds: options.MaxSeconds = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Wasserstein distance W_p between two sets of points, with its certificate."""
    options.check_places((plan, None), (plot, options.PICTURES), (save, (".npz",)), (proof, (".json",)))
    tables = options.two_tables(x, y, files, weights, weights_x, weights_y)
    problem = options.problem_from(*tables, p=p, metric=metric)
    _finish(_solve(problem, method, max_seconds), tables, json, plan, plot, save, proof)


@options.reads_files
def transport(
    cost: Annotated[Path, typer.Argument(metavar="COST", help="Cost matrix, one line for each source.")],
    a: Annotated[Path | None, typer.Argument(metavar="A", help="Masses of the rows: one column or one row.")] = None,
    b: Annotated[Path | None, typer.Argument(metavar="B", help="Masses of the columns, of the same total.")] = None,
    *,
    method: options.Method = "auto",
    plan: options.PlanFile = None,
    plot: options.PlotFile = None,
    save: options.SaveFile = None,
    proof: options.ProofFile = None,
    max_seconds: options.MaxSeconds = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Cheapest plan for any cost matrix, in the units of its masses; equal masses where none are given."""
    from otkit.io.tables import read_masses, read_matrix
    from otkit.problem import InfeasibleError, TransportProblem

    options.check_places((plan, None), (plot, options.PICTURES), (save, (".npz",)), (proof, (".json",)))
    with checking_input():
        matrix = read_matrix(cost, files)
        masses = [None if path is None else read_masses(path, files) for path in (a, b)]
        tables = [matrix, *(table for table in masses if table is not None)]
        try:
            problem = TransportProblem(matrix.values, *(None if side is None else side.arrays[0] for side in masses))
        except InfeasibleError as error:
            if proof is not None:
                error.save(proof)
            raise
    _finish(_solve(problem, method, max_seconds), tables, json, plan, plot, save, proof)


def _solve(problem: TransportProblem, method: str, max_seconds: float | None) -> TransportResult:
    from typing import cast

    from otkit.solve import Method, require_proof, solve_problem

    with checking_input():
        result = solve_problem(
            problem, method=cast(Method, method), max_seconds=max_seconds, progress=True, on_failure="return"
        )
    return require_proof(result)  # after Ctrl-C, too, the line on stderr holds the interval


def _finish(
    result: TransportResult,
    tables: Sequence[Table],
    json: bool,
    plan: Path | None,
    plot: Path | None,
    save: Path | None,
    proof: Path | None,
) -> None:
    """Write the files asked for and print the result; the result goes first, so that nothing can lose it."""
    if json:
        print_json(result_fields(result) | {"files": read_fields(tables)})
    else:
        print_result(result, tables)
    if plan is not None:
        from otkit.io.writing import write_table

        entries = result.candidate
        write_table(plan, {"row": entries.rows, "column": entries.cols, "mass": entries.mass})
    if plot is not None:
        _draw(result, plot)
    if save is not None:
        result.save(save)
    if proof is not None:
        with checking_input():  # where a method proves no more than floats can
            result.certificate.save(proof)
    for path in (plan, plot, save, proof):
        if path is not None:
            typer.echo(f"otkit: wrote {path}", err=True)


def _draw(result: TransportResult, path: Path) -> None:
    from matplotlib.figure import Figure

    from otkit.io.atomic import replacing
    from otkit.plots import plot_cost_and_plan, plot_plan

    points = result.problem.cost.points
    draw = plot_cost_and_plan if points is None or points[0].shape[1] > DRAWABLE_DIMENSION else plot_plan
    figure = Figure(figsize=(6.0, 5.4), layout="constrained")
    draw(result, ax=figure.subplots())
    with replacing(path) as place:
        figure.savefig(place, dpi=150)
