"""`otkit pairwise`: all distances among files of points."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otkit.cli import options
from otkit.cli.failures import BadInputError, checking_input
from otkit.cli.printing import console, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions

if TYPE_CHECKING:
    from otkit.io.tables import Table
    from otkit.many.distances import PairwiseResult


@options.reads_files
def pairwise(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="DIR|FILES", help="Files of points, or a folder of them.", show_default=False),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the distances, a column for each file: CSV, NPZ, …", show_default=False),
    ] = None,
    distance: Annotated[
        str,
        typer.Option(
            "--distance", help="wasserstein, energy, cramer, mmd or total_variation; kl, js, tv, … of histograms."
        ),
    ] = "wasserstein",
    p: options.Power = 1.0,
    metric: options.Metric = "euclidean",
    weights: options.Weights = None,
    masses: Annotated[
        bool, typer.Option("--masses", help="Of histograms: the numbers are masses, even if they look like samples.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Processes; −1 for one for each core.", show_default=False)
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Keep finished blocks in this folder.", show_default=False)
    ] = None,
    proof: Annotated[
        str, typer.Option("--proof", help="auto, or exact: each distance in exact arithmetic, which takes longer.")
    ] = "auto",
    verify: Annotated[
        bool,
        typer.Option("--verify/--no-verify", help="Prove again what the cache holds, or take it as it is stored."),
    ] = True,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the distances as a tree: PNG, PDF or SVG.", show_default=False)
    ] = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """All distances among files of points, each between proved bounds."""
    from otkit.many.all_pairs import pairwise

    with checking_input():
        options.check_places((out, None), (plot, options.PICTURES))
        places = _files(paths)
        tables, measures = _measures(places, distance, weights, files, may_be_samples=not masses)
        how: dict[str, Any] = {
            "distance": distance,
            "n_jobs": jobs,
            "cache_dir": cache,
            "proof": proof,
            "verify": verify,
        }
        if distance == "wasserstein":
            how |= {"p": p, "metric": options.cost_from(metric, files)}
        elif (p, metric) != (1.0, "euclidean"):
            raise BadInputError(f"--p and --metric belong to wasserstein, but the distance asked for is {distance}.")
        try:
            result = pairwise(measures, progress=True, **how)
        except (ValueError, TypeError) as error:
            raise BadInputError(re.sub(r"measures\[(\d+)\]", lambda k: str(places[int(k[1])]), str(error))) from error
    _finish(result, tables, [place.name for place in places], out, plot, json)


def _files(paths: list[Path]) -> list[Path]:
    """Return the files that are named, and those of the folders that are named, sorted by name."""
    from otkit.io.atomic import PARQUET_SUFFIXES, TEXT_SUFFIXES

    known = {*TEXT_SUFFIXES, ".npy", ".npz", *PARQUET_SUFFIXES} - {""}
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.suffix.lower() in known and each.is_file())
            if not found:
                raise ValueError(f"{path} must hold files of points ({', '.join(sorted(known))}), but it holds none.")
            files += found
        else:
            files.append(path)
    if len(files) < 2:
        raise ValueError(f"FILES must be two or more, or a folder of as many, but {len(files)} was given.")
    return files


def _measures(
    places: list[Path], distance: str, weights: str | None, files: FileOptions, *, may_be_samples: bool
) -> tuple[list[Table], list[Any]]:
    """Return the tables of files, and the measures that they hold."""
    from otkit.divergences.generators import GENERATORS
    from otkit.measures import DiscreteMeasure

    if distance in GENERATORS:
        if files.standardize:
            raise BadInputError(options.NO_POINTS)
        if weights is not None:
            raise BadInputError(f"--weights is for points, but {distance} is between histograms.")
        tables = options.tables_of_masses(places, files, may_be_samples=may_be_samples)
        return tables, [table.masses for table in tables]
    tables = options.tables_of_points(places, files, [weights] * len(places))
    return tables, [
        table.points() if table.weights is None else DiscreteMeasure(table.points(), table.weights) for table in tables
    ]


def _finish(
    result: PairwiseResult, tables: list[Table], names: list[str], out: Path | None, plot: Path | None, json: bool
) -> None:
    distances = result.distances
    i, j = result.worst_pair
    if json:
        print_json(
            {
                "files": names,
                "distances": distances.tolist(),
                "lower": result.lower.tolist(),
                "upper": result.upper.tolist(),
                "largest_gap": result.largest_gap,
                "worst_pair": [names[i], names[j]],
                "proof": result.proof_in_words,
                "proofs": result.proof.tolist(),
                "seconds": result.seconds,
                "tables": read_fields(tables),
                "data": list(result.comparison.reading.notes),
            }
        )
    else:
        pairs, least = len(names) * (len(names) - 1) // 2, _least(distances)
        console().print(
            labelled(
                [
                    (
                        "distances",
                        f"{pairs} among {len(names)} files, from {least:.6g} to {distances.max():.6g}",
                    ),
                    ("proof", result.proof_in_words),
                    ("largest gap", f"{result.largest_gap:.1e}, between {names[i]} and {names[j]}"),
                    ("time", f"{result.seconds:.3g} s"),
                    *read_rows(tables, result.comparison.reading.notes),
                ]
            )
        )
    if out is not None:
        from otkit.io.writing import write_table

        write_table(out, dict(zip(_different(names), distances.T, strict=True)))
    if plot is not None:
        _draw(result, names, plot)
    for path in (out, plot):
        if path is not None:
            typer.echo(f"otkit: wrote {path}", err=True)


def _least(distances: Any) -> float:
    """Return the least distance between two different files."""
    import numpy as np

    return float(distances[~np.eye(len(distances), dtype=bool)].min())


def _different(names: list[str]) -> list[str]:
    """Return names as columns, which must differ: files of one name in several folders are numbered."""
    seen: dict[str, int] = {}
    columns = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        columns.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return columns


def _draw(result: PairwiseResult, names: list[str], path: Path) -> None:
    from matplotlib.figure import Figure

    from otkit.io.atomic import replacing
    from otkit.plots.dendrogram import MOST_NAMES, plot_dendrogram

    height = max(3.0, min(12.0, 0.3 * min(len(names), MOST_NAMES)))
    figure = Figure(figsize=(7.0, height), layout="constrained")
    with checking_input():
        plot_dendrogram(result, names=names, ax=figure.subplots())
    with replacing(path) as place:
        figure.savefig(place, dpi=150)
