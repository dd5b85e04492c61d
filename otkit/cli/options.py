"""What several commands ask for in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from otkit.cli.failures import checking_input

if TYPE_CHECKING:
    from otkit.costs import Cost
    from otkit.problem import TransportProblem

METRICS = "euclidean, sqeuclidean, cityblock, chebyshev, minkowski:ORDER, cosine or haversine (degrees, km)"
PICTURES = (".png", ".pdf", ".svg")
COLUMN = "Column that holds the weights, by name or by number from 1; equal weights by default."

XFile = Annotated[Path, typer.Argument(metavar="X", help="Points, one a line.", show_default=False)]
YFile = Annotated[Path, typer.Argument(metavar="Y", help="Points of the same dimension.", show_default=False)]
Power = Annotated[float, typer.Option("--p", help="Wasserstein power: the cost of a pair is distance^p.")]
Metric = Annotated[str, typer.Option("--metric", help=f"Distance: {METRICS}.")]
WeightsX = Annotated[str | None, typer.Option("--weights-x", metavar="COL", help=COLUMN, show_default=False)]
WeightsY = Annotated[str | None, typer.Option("--weights-y", metavar="COL", help="The same for Y.", show_default=False)]
Method = Annotated[str, typer.Option("--method", help="auto, lp, simplex, assignment, line or sinkhorn.")]
MaxSeconds = Annotated[
    float | None, typer.Option("--max-seconds", min=0.0, help="Stop after this long.", show_default=False)
]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="Write the plan: row, column (from 0) and mass of each arc.", show_default=False),
]
PlotFile = Annotated[Path | None, typer.Option("--plot", help="Draw the plan: PNG, PDF or SVG.", show_default=False)]
SaveFile = Annotated[
    Path | None, typer.Option("--save", help="Keep the whole result for otkit.load: NPZ.", show_default=False)
]
ProofFile = Annotated[
    Path | None, typer.Option("--proof", help="Write the proof, for `otkit certify`: JSON.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def cost_from(metric: str) -> Cost:
    """Return the cost that `--metric` names."""
    from otkit.costs import Minkowski, as_cost

    name, _, order = metric.partition(":")
    if name != "minkowski":
        return as_cost(metric)
    try:
        number = float(order)
    except ValueError:
        raise ValueError(f"metric minkowski needs its order, as in minkowski:3, but {metric!r} was given.") from None
    return Minkowski(number)


def points_and_weights(path: Path, column: str | None) -> tuple:
    """Read points with their weights, None where no column is named."""
    from otkit.io.tables import read_points, read_weighted_points

    return (read_points(path)[0], None) if column is None else read_weighted_points(path, column)


@checking_input()
def problem_from(
    x: Path, y: Path, *, p: float, metric: str, weights_x: str | None, weights_y: str | None
) -> TransportProblem:
    """Return the problem between two files of points, as probability measures."""
    from otkit.problem import TransportProblem

    cost = cost_from(metric)
    points_x, a = points_and_weights(x, weights_x)
    points_y, b = points_and_weights(y, weights_y)
    return TransportProblem(cost.between(points_x, points_y, p=p), a, b, probability=True)


@checking_input()
def check_places(*places: tuple[Path | None, Sequence[str] | None]) -> None:
    """Refuse a place that can't be written before the work, not after it; None stands for the suffixes of tables."""
    from otkit.io.atomic import require_place

    for path, suffixes in places:
        if path is not None:
            require_place(path, suffixes)
