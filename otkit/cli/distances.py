"""`otkit emd` and `otkit transport`: solve, print, and write what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from otkit.cli import options
from otkit.cli.failures import checking_input
from otkit.cli.printing import print_json, print_result, read_fields, read_rows, result_fields
from otkit.io.options import FileOptions

if TYPE_CHECKING:
    from otkit.io.tables import Table
    from otkit.optimal_transport.results import TransportResult
    from otkit.problem import TransportProblem

# Points of more dimensions than a picture has are drawn as cost matrix and plan.
DRAWABLE_DIMENSION = 2


class OutputFiles(NamedTuple):
    """Where a result is written to."""

    plan: Path | None
    plot: Path | None
    save: Path | None
    proof: Path | None

    def checked(self) -> OutputFiles:
        """Return the same, or raise an error if one of them can't be written."""
        options.check_places(
            (self.plan, None), (self.plot, options.PICTURES), (self.save, (".npz",)), (self.proof, (".json",))
        )
        return self


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
    places = OutputFiles(plan, plot, save, proof).checked()
    tables = options.two_tables(x, y, files, weights, weights_x, weights_y)
    problem = options.problem_from(*tables, files, p=p, metric=metric)
    _finish(_solve(problem, method, max_seconds), tables, places, json=json)


@options.reads_files(refused={"standardize": options.NO_POINTS})
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
    from otkit.cli.shipments import read_shipment
    from otkit.problem import InfeasibleError

    places = OutputFiles(plan, plot, save, proof).checked()
    with checking_input():
        shipment = read_shipment(cost, a, b, files)
        try:
            problem = shipment.problem()
        except InfeasibleError as error:
            if proof is not None:
                error.save(proof)
            raise
    _finish(_solve(problem, method, max_seconds), shipment.tables, places, shipment.notes, json=json)


def _solve(problem: TransportProblem, method: str, max_seconds: float | None) -> TransportResult:
    from typing import cast

    from otkit.optimal_transport.settings import Settings
    from otkit.optimal_transport.solve import require_proof, solve_problem
    from otkit.solvers.registry import Method

    with checking_input():
        settings = Settings(cast(Method, method), max_seconds=max_seconds, progress=True, on_failure="return")
        result = solve_problem(problem, settings)
    return require_proof(result)  # after Ctrl-C, too, the line on stderr holds the interval


def _finish(
    result: TransportResult, tables: Sequence[Table], places: OutputFiles, notes: Sequence[str] = (), *, json: bool
) -> None:
    """Write the files asked for and print the result; the result goes first, so that nothing can lose it."""
    notes = [*result.problem.cost.reading.notes, *notes]
    if json:
        print_json(result_fields(result) | {"files": read_fields(tables), "data": notes})
    else:
        print_result(result, read_rows(tables, notes))
    if places.plan is not None:
        from otkit.io.writing import write_table

        entries = result.candidate
        write_table(places.plan, {"row": entries.rows, "column": entries.cols, "mass": entries.mass})
    if places.plot is not None:
        _draw(result, places.plot, tables)
    if places.save is not None:
        result.save(places.save)
    if places.proof is not None:
        with checking_input():  # where a method proves no more than floats can
            result.certificate.save(places.proof)
    for path in places:
        if path is not None:
            typer.echo(f"otkit: wrote {path}", err=True)


def _draw(result: TransportResult, path: Path, tables: Sequence[Table]) -> None:
    """Draw points by the names of their files, a matrix by its labels; the file says what it shows."""
    from matplotlib.figure import Figure

    from otkit.io.atomic import replacing
    from otkit.plots import alt_text, plot_cost_and_plan, plot_plan

    points = result.problem.cost.points
    draw = plot_cost_and_plan if points is None or points[0].shape[1] > DRAWABLE_DIMENSION else plot_plan
    files = [Path(table.path).stem for table in tables[:2]]
    named = points is not None and len(set(files)) == len(files) > 1
    figure = Figure(figsize=(6.0, 5.4), layout="constrained")
    axes = draw(result, names=(files[0], files[1]) if named else None, ax=figure.subplots())
    entry = "Subject" if path.suffix.lower() == ".pdf" else "Description"
    with replacing(path) as place:
        figure.savefig(place, dpi=150, metadata={entry: alt_text(axes)})
