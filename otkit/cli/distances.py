"""`otkit emd` and `otkit transport`: solve, print, and write what was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import checking_input
from otkit.cli.printing import print_json, print_result, result_fields

if TYPE_CHECKING:
    from otkit.problem import TransportProblem
    from otkit.results import TransportResult

# Points of more dimensions than a picture has are drawn as cost matrix and plan.
DRAWABLE_DIMENSION = 2


def emd(
    x: options.XFile,
    y: options.YFile,
    *,
    p: options.Power = 1.0,
    metric: options.Metric = "euclidean",
    weights_x: options.WeightsX = None,
    weights_y: options.WeightsY = None,
    method: options.Method = "auto",
    plan: options.PlanFile = None,
    plot: options.PlotFile = None,
    save: options.SaveFile = None,
    proof: options.ProofFile = None,
    max_seconds: options.MaxSeconds = None,
    json: options.Json = False,
) -> None:
    """Wasserstein distance W_p between two sets of points, with its certificate."""
    options.check_places((plan, None), (plot, options.PICTURES), (save, (".npz",)), (proof, (".json",)))
    problem = options.problem_from(x, y, p=p, metric=metric, weights_x=weights_x, weights_y=weights_y)
    _finish(_solve(problem, method, max_seconds), json, plan, plot, save, proof)


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
    json: options.Json = False,
) -> None:
    """Cheapest plan for any cost matrix, in the units of its masses; equal masses where none are given."""
    from otkit.io.tables import read_matrix, read_vector
    from otkit.problem import InfeasibleError, TransportProblem

    options.check_places((plan, None), (plot, options.PICTURES), (save, (".npz",)), (proof, (".json",)))
    with checking_input():
        masses = [None if path is None else read_vector(path) for path in (a, b)]
        try:
            problem = TransportProblem(read_matrix(cost), *masses)
        except InfeasibleError as error:
            if proof is not None:
                error.save(proof)
            raise
    _finish(_solve(problem, method, max_seconds), json, plan, plot, save, proof)


def _solve(problem: TransportProblem, method: str, max_seconds: float | None) -> TransportResult:
    from typing import cast

    from otkit.solve import Method, require_proof, solve_problem

    with checking_input():
        result = solve_problem(
            problem, method=cast(Method, method), max_seconds=max_seconds, progress=True, on_failure="return"
        )
    return require_proof(result)  # after Ctrl-C, too, the line on stderr holds the interval


def _finish(
    result: TransportResult, json: bool, plan: Path | None, plot: Path | None, save: Path | None, proof: Path | None
) -> None:
    """Write the files asked for and print the result; the result goes first, so that nothing can lose it."""
    if json:
        print_json(result_fields(result))
    else:
        print_result(result)
    if plan is not None:
        from otkit.io.tables import write_table

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
