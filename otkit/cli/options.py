"""What several commands ask for in the same words, the reading of their files among it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from otkit.cli.failures import BadInputError, checking_input
from otkit.io.options import FileOptions
from otkit.solvers.registry import SOLVERS

if TYPE_CHECKING:
    from otkit.costs import Cost
    from otkit.io.tables import Table
    from otkit.problem import TransportProblem

METRICS = "euclidean, sqeuclidean, cityblock, chebyshev, minkowski:ORDER, cosine or haversine (degrees, km)"
PICTURES = (".png", ".pdf", ".svg")
COLUMN = "Column that holds the weights, by name or by number from 1; equal weights by default."
FEWEST_SAMPLES = 10  # numbers in a column from which on they may be taken for samples
FILES = "How files are read"  # a panel of its own in --help

XFile = Annotated[
    Path, typer.Argument(metavar="X", help="Points, one a line; - is standard input.", show_default=False)
]
YFile = Annotated[Path, typer.Argument(metavar="Y", help="Points of the same dimension.", show_default=False)]
Power = Annotated[float, typer.Option("--p", help="Wasserstein power: the cost of a pair is distance^p.")]
Metric = Annotated[str, typer.Option("--metric", help=f"Distance: {METRICS}.")]
Weights = Annotated[
    str | None,
    typer.Option("--weights", metavar="COL", help=COLUMN, show_default=False, rich_help_panel=FILES),
]
WeightsX = Annotated[
    str | None,
    typer.Option("--weights-x", metavar="COL", help="The same for X alone.", show_default=False, rich_help_panel=FILES),
]
WeightsY = Annotated[
    str | None,
    typer.Option("--weights-y", metavar="COL", help="The same for Y alone.", show_default=False, rich_help_panel=FILES),
]
Method = Annotated[str, typer.Option("--method", help=f"Solver: auto, {', '.join(SOLVERS)}.")]
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


def _of_files(flag: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, show_default=False, rich_help_panel=FILES)


# What a file leaves open is settled here: the fields of FileOptions, in their order.
_SWITCHES = ("drop_missing", "standardize")
_READING: dict[str, Any] = {
    "sep": Annotated[str | None, _of_files("--sep", "What separates cells: one mark, tab or blank.", "MARK")],
    "decimal": Annotated[str | None, _of_files("--decimal", "What marks decimals, . or ,", "MARK")],
    "comment": Annotated[str | None, _of_files("--comment", "What begins a comment; nothing does by default.", "MARK")],
    "header": Annotated[bool | None, _of_files("--header/--no-header", "Whether the first row holds names.")],
    "columns": Annotated[
        str | None, _of_files("--columns", "Columns to use, by name or by number from 1: A,B,…", "COLS")
    ],
    "labels": Annotated[str | None, _of_files("--labels", "Column that names the rows.", "COL")],
    "drop_missing": Annotated[bool, _of_files("--drop-missing", "Leave out rows in which a value is missing.")],
    "standardize": Annotated[bool, _of_files("--standardize", "Divide each column by its standard deviation.")],
}


NO_POINTS = "--standardize has no place here: it divides coordinates of points, and these are none."


def reads_files(
    command: Callable[..., None] | None = None, *, refused: Mapping[str, str] | None = None
) -> Callable[..., Any]:
    """Give a command the options of how files are read, which reach it as its argument `files`.

    Parameters
    ----------
    command : callable
    refused : mapping, optional
        Options that have no meaning for the command, with the message of the error that they are: --help lists them
        not.
    """
    if command is None:
        return functools.partial(reads_files, refused=refused)
    refused = refused or {}
    own = inspect.signature(command, eval_str=True)
    shared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name in _SWITCHES else None,
            annotation=_hidden(annotation) if name in refused else annotation,
        )
        for name, annotation in _READING.items()
    ]
    parameters = [parameter for parameter in own.parameters.values() if parameter.name != "files"]
    last = parameters.pop()  # --json closes the list

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        named = options.pop("columns")
        chosen = () if named is None else tuple(name.strip() for name in named.split(","))
        said = {name: options.pop(name) for name in _READING if name != "columns"}
        paths = [*arguments, *options.values()]
        flat = [path for entry in paths for path in (entry if isinstance(entry, list) else [entry])]
        if sum(isinstance(path, Path) and str(path) == "-" for path in flat) > 1:
            raise BadInputError("standard input can be read once, but - is there more than once.")
        for name, reason in refused.items():
            if said[name]:
                raise BadInputError(reason)
        with checking_input():
            files = FileOptions(**said, columns=chosen).checked()
        command(*arguments, **options, files=files)

    signature = own.replace(parameters=[*parameters, *shared, last], return_annotation=None)
    run.__signature__ = signature  # type: ignore[attr-defined]  # Typer reads it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in signature.parameters.values()}
    return run


def _hidden(annotation: Any) -> Any:
    """Return an option that --help does not list."""
    kind, option = get_args(annotation)
    option = copy(option)
    option.hidden = True
    return Annotated[kind, option]


def cost_from(metric: str, files: FileOptions) -> Cost:
    """Return the cost that `--metric` names; refuse to divide coordinates of which it takes more than differences."""
    from otkit.costs import Minkowski, as_cost

    name, _, order = metric.partition(":")
    if name != "minkowski":
        cost = as_cost(metric)
        if files.standardize and not cost.translation_invariant:
            raise ValueError(f"--standardize is for distances of differences, but {metric} is none.")
        return cost
    try:
        number = float(order)
    except ValueError:
        raise ValueError(f"metric minkowski needs its order, as in minkowski:3, but {metric!r} was given.") from None
    return Minkowski(number)


@checking_input()
def tables_of_points(paths: Sequence[Path], files: FileOptions, weights: Sequence[str | None]) -> list[Table]:
    """Read files of points, with the columns of their weights where these are named."""
    from otkit.io.spread import standardized, with_remark_on_spread
    from otkit.io.tables import read_table

    tables = [read_table(path, files, weights=column) for path, column in zip(paths, weights, strict=True)]
    return standardized(tables) if files.standardize else with_remark_on_spread(tables)


@checking_input()
def two_tables(
    x: Path,
    y: Path,
    files: FileOptions,
    weights: str | None = None,
    weights_x: str | None = None,
    weights_y: str | None = None,
) -> tuple[Table, Table]:
    """Read two files of points, with the columns of their weights where these are named."""
    if weights is not None and (weights_x is not None or weights_y is not None):
        raise BadInputError("--weights names a column of both files: leave it out beside --weights-x and --weights-y.")
    both = (weights if weights_x is None else weights_x, weights if weights_y is None else weights_y)
    first, second = tables_of_points((x, y), files, both)
    return first, second


@checking_input()
def tables_of_masses(paths: Sequence[Path], files: FileOptions, *, may_be_samples: bool) -> list[Table]:
    """Read files of masses; refuse a column that seems to hold samples, unless the user says that it does not.

    Where some files have labels and others have none, labels that merely number the rows are left out.
    """
    import dataclasses

    from otkit.io.tables import read_masses

    tables = [read_masses(path, files) for path in paths]
    for table in tables:
        if may_be_samples and table.labels is None and _seem_to_be_samples(table):
            raise BadInputError(
                f"{table.path} must hold masses of bins, but its column of {len(table)} different numbers, few of them "
                "whole, seems to hold samples. Estimate a divergence from samples with otkit divergence --samples; "
                "give --masses if these are masses."
            )
    numbered = all(table.labels is None or table.numbered for table in tables)
    if numbered and any(table.labels is None for table in tables):
        tables = [dataclasses.replace(table, labels=None) for table in tables]
    return tables


def _seem_to_be_samples(table: Table) -> bool:
    """Say whether masses in a column are many, differ, are no counts, and do not add up to 1 or 100."""
    import numpy as np

    values, total = table.arrays[0], float(table.arrays[0].sum())
    if table.in_a_row or len(values) < FEWEST_SAMPLES:
        return False
    broken = float(np.mean(values != np.floor(values)))
    return (
        broken > 0.5
        and len(np.unique(values)) > 0.9 * len(values)
        and not any(abs(total - whole) <= 0.005 * whole for whole in (1.0, 100.0))
    )


@checking_input()
def problem_from(x: Table, y: Table, files: FileOptions, *, p: float, metric: str) -> TransportProblem:
    """Return the problem between two tables of points, as probability measures."""
    from otkit.inputs.frames import as_clouds
    from otkit.problem import TransportProblem

    cost = cost_from(metric, files)
    clouds = as_clouds({"x": x.points(), "y": y.points()}, invariant=cost.translation_invariant)
    return TransportProblem(cost.in_own_unit(clouds, p), x.weights, y.weights, probability=True)


@checking_input()
def check_places(*places: tuple[Path | None, Sequence[str] | None]) -> None:
    """Refuse a place that can't be written before the work, not after it; None stands for the suffixes of tables."""
    from otkit.io.atomic import require_place

    for path, suffixes in places:
        if path is not None:
            require_place(path, suffixes)
            if suffixes is PICTURES:
                from otkit.plots.style import require_matplotlib

                require_matplotlib()
