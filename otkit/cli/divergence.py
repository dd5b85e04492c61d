"""`otkit divergence`: an f-divergence between two histograms, or estimated from two sets of samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otkit.cli import options
from otkit.cli.failures import BadInputError, checking_input
from otkit.cli.printing import console, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions
from otkit.solvers.waiting import waiting

if TYPE_CHECKING:
    from otkit.divergences.result import DivergenceResult
    from otkit.io.tables import Table

NAMES = "kl, reverse_kl, jeffreys, js, gan, tv, hellinger (squared), chi2 (Pearson) or neyman"
WHAT = "Masses or counts: a column, a row, or labels and counts; with --samples points, one a line."


@options.reads_files
def divergence(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{NAMES}.", show_default=False)],
    p: Annotated[Path, typer.Argument(metavar="P", help=WHAT, show_default=False)],
    q: Annotated[Path, typer.Argument(metavar="Q", help="The same for Q.", show_default=False)],
    *,
    base: Annotated[
        float | None,
        typer.Option("--base", help="Base of the logarithm, e by default; 2 gives bits.", show_default=False),
    ] = None,
    samples: Annotated[
        bool | None,
        typer.Option("--samples/--masses", help="P and Q hold points drawn from two laws, or masses of bins."),
    ] = None,
    estimator: Annotated[
        str,
        typer.Option("--estimator", help="With --samples: auto, corrected, knn, classifier, histogram or gaussian."),
    ] = "auto",
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="With --samples: the same number gives the same answer.")
    ] = 0,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """f-divergence D_f(P‖Q) of two histograms, or of the laws behind two sets of samples, with its error."""
    if estimator != "auto" and not samples:
        raise BadInputError(
            "--estimator is for --samples: the divergence of two histograms is computed, not estimated."
        )
    if base is not None and samples:
        raise BadInputError("--base is for histograms: an estimate from samples is in nats.")
    if files.standardize and not samples:
        raise BadInputError(options.NO_POINTS)
    tables: Sequence[Table]
    if samples:
        tables = options.two_tables(p, q, files)
        result, sizes = _from_samples(name, tables, estimator, seed)
    else:
        tables = options.tables_of_masses((p, q), files, may_be_samples=samples is None)
        result, sizes = _from_histograms(name, tables, base)
    low, high = result.interval()
    if json:
        print_json(
            {
                "divergence": name,
                "value": result.value,
                "kind": result.kind,
                "error": result.error,
                "interval": [low, high],
                "detail": result.detail,
                **sizes,
                "files": read_fields(tables),
            }
        )
        return
    console().print(labelled([*_rows(name, result, low, high, sizes), *read_rows(tables)]))


def _rows(name: str, result: DivergenceResult, low: Any, high: Any, sizes: dict[str, int]) -> list[tuple[str, str]]:
    value = float(result)
    rows = [(name, f"{value:.12g}" if math.isfinite(value) else "∞")]
    if result.kind == "exact":
        if math.isfinite(value):
            rows.append(("error", f"at most {result.error:.1g}, from rounding"))
        rows.append(("sizes", f"{sizes['bins']} bins"))
    else:
        rows.append(("error", f"{result.error:.2g}, standard error"))
        rows.append(("interval", f"{low:.6g} to {high:.6g}, 95 %"))
        rows.append(("sizes", f"{sizes['n']} points of P, {sizes['m']} of Q, in dimension {sizes['dimension']}"))
    return [*rows, ("detail", result.detail)] if result.detail else rows


@checking_input()
def _from_histograms(name: str, tables: Sequence[Table], base: float | None) -> tuple[DivergenceResult, dict[str, int]]:
    from otkit.divergences.by_name import f_divergence
    from otkit.inputs.bins import aligned

    counts = [table.masses for table in tables]
    result = f_divergence(name, *counts, base=base)
    return result, {"bins": aligned((counts[0], "p"), (counts[1], "q")).values[0].size}


@checking_input()
def _from_samples(
    name: str, tables: Sequence[Table], estimator: str, seed: int
) -> tuple[DivergenceResult, dict[str, int]]:
    from otkit.divergences.from_samples import estimate_divergence

    x, y = tables
    with waiting("estimating"):
        result = estimate_divergence(name, x.points(), y.points(), estimator=estimator, rng=seed)
    return result, {"n": len(x), "m": len(y), "dimension": len(x.arrays)}
