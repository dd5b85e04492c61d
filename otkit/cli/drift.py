"""`otkit drift`: how far the columns of a table have moved, for people, for CI and as a page."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from otkit._text import printable
from otkit.cli import options
from otkit.cli.failures import BadInputError, checking_input
from otkit.cli.printing import print_json
from otkit.io.options import FileOptions
from otkit.solvers.waiting import waiting

THRESHOLDS = "w1_std, tv, js, psi, ks, missing_change, unseen_share, not_compared; pvalue, holm, bh, joint_pvalue"


@options.reads_files(
    refused={
        "drop_missing": "--drop-missing has no place here: missing values are counted, and their change is reported.",
        "standardize": "--standardize has no place here: effects are in standard deviations.",
    }
)
@checking_input()
def drift(
    reference: Annotated[Path, typer.Argument(metavar="REF", help="The table to compare with.", show_default=False)],
    current: Annotated[Path, typer.Argument(metavar="CUR", help="The table that may differ.", show_default=False)],
    *,
    by: Annotated[
        str | None, typer.Option("--by", metavar="COL", help="Compare group by group.", show_default=False)
    ] = None,
    categorical: Annotated[
        str | None,
        typer.Option("--categorical", metavar="COLS", help="Columns of numbers that are codes.", show_default=False),
    ] = None,
    joint: Annotated[
        str | None,
        typer.Option(
            "--joint", metavar="COLS", help="Columns to test together; all numbers by default.", show_default=False
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="NAME=VALUE",
            help=f"Exit with 1 if passed, as in w1_std=0.2: {THRESHOLDS}. May be given several times.",
            show_default=False,
        ),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Rate of false discoveries to count by.")] = 0.05,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report with its pictures: HTML.", show_default=False)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the effects: PNG, PDF or SVG.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same number gives the same answer.")] = 0,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """How far each column of a table has moved, where, and whether by chance."""
    from otkit.statistics.drift.compare import drift_of_sources, source_of_file

    options.check_places((html, (".html", ".htm")), (plot, options.PICTURES))
    thresholds = _thresholds(fail_on or [])
    with waiting("drift") as tell:
        sources = [source_of_file(path, files, tell) for path in (reference, current)]
        report = drift_of_sources(
            sources[0],
            sources[1],
            columns=list(sources[0].names) if files.columns else None,
            by=by,
            categorical=_listed(categorical) or (),
            joint=_listed(joint),
            level=level,
            rng=seed,
            tell=tell,
        )
    passed = report.exceeded(thresholds)
    if json:
        print_json(report.to_dict() | {"exceeded": [each._asdict() for each in passed]})
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        typer.echo("\n".join(map(printable, report.text(width).split("\n"))))
    if html is not None:
        report.to_html(html)
    if plot is not None:
        _draw(report, plot)
    for path in (html, plot):
        if path is not None:
            typer.echo(f"otkit: wrote {path}", err=True)
    for each in passed:
        typer.echo(f"otkit: {printable(str(each))}", err=True)
    if passed:
        raise typer.Exit(1)


def _listed(names: str | None) -> list[str] | None:
    if names is None:
        return None
    return [name.strip() for name in names.split(",") if name.strip()]


def _thresholds(given: list[str]) -> dict[str, float]:
    from otkit.statistics.drift.report import ABOVE, BELOW

    thresholds: dict[str, float] = {}
    for each in given:
        name, _, value = each.partition("=")
        if name not in ABOVE + BELOW:
            raise BadInputError(f"--fail-on must name one of {', '.join(ABOVE + BELOW)}, but {each!r} was given.")
        try:
            thresholds[name] = float(value)
        except ValueError:
            raise BadInputError(f"--fail-on needs a number, as in {name}=0.2, but {each!r} was given.") from None
    return thresholds


def _draw(report: object, path: Path) -> None:
    from typing import cast

    from matplotlib.figure import Figure

    from otkit.io.atomic import replacing
    from otkit.plots.drift import height_of, plot_drift
    from otkit.statistics.drift import DriftReport

    report = cast(DriftReport, report)
    figure = Figure(figsize=(7.0, height_of(report)), layout="constrained")
    plot_drift(report, ax=figure.subplots())
    with replacing(path) as place:
        figure.savefig(place, dpi=150)
