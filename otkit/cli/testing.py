"""`otkit test`: whether two sets of samples come from one law."""

from __future__ import annotations

from typing import Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import checking_input
from otkit.cli.printing import console, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions


@options.reads_files
@checking_input()
def same_law(
    x: options.XFile,
    y: options.YFile,
    *,
    statistic: Annotated[str, typer.Option("--statistic", help="wasserstein, energy or mmd.")] = "wasserstein",
    permutations: Annotated[int, typer.Option("--permutations", help="Random deals of the pooled points.")] = 999,
    stop_at_level: Annotated[
        float, typer.Option("--stop-at-level", help="Stop once p must end above this; 0 draws all permutations.")
    ] = 0.1,
    p: options.Power = 1.0,
    metric: options.Metric = "euclidean",
    max_seconds: options.MaxSeconds = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same number gives the same answer.")] = 0,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Permutation test: whether the points of X and Y come from one law, and how far apart they are."""
    from typing import cast

    from otkit.statistics.two_sample import Statistic, two_sample_test

    tables = options.two_tables(x, y, files)
    cost = options.cost_from(metric, files)
    found = two_sample_test(
        *(table.points() for table in tables),
        statistic=cast(Statistic, statistic),
        permutations=permutations,
        stop_at_level=stop_at_level or None,
        p=p,
        metric=cost,
        rng=seed,
        max_seconds=max_seconds,
        progress=True,
    )
    null = found.null_distribution
    drawn, mean, spread = null.size, float(null.mean()), float(null.std())
    if json:
        print_json(
            {
                "report": found.report(),
                "name": found.name,
                "statistic": found.statistic,
                "pvalue": found.pvalue,
                "effect": found.effect,
                "null_mean": mean,
                "null_std": spread,
                "permutations": drawn,
                "stopped": found.stopped,
                "ended": found.ended,
                "n": len(tables[0]),
                "m": len(tables[1]),
                "files": read_fields(tables),
                "data": list(found.reading.notes),
            }
        )
        return
    rows = [
        ("p-value", f"{found.pvalue:.4g}"),
        (found.name, f"{found.statistic:.6g}"),
        ("by chance", f"{mean:.6g} ± {spread:.2g}"),
        ("effect", f"{found.effect:.6g}, what the samples are further apart than by chance"),
        ("permutations", f"{drawn} of {permutations}, {found.ended}" if found.stopped else f"{drawn}"),
        ("sizes", f"{len(tables[0])} and {len(tables[1])} points in dimension {len(tables[0].arrays)}"),
        ("report", found.report()),
    ]
    console().print(labelled([*rows, *read_rows(tables, found.reading.notes)]))
