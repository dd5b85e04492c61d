"""`otkit warmup`: compile ahead."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from otkit.solvers.monitor import Progress


def warmup(
    quick: Annotated[
        bool, typer.Option("--quick", help="Only what distances of points and histograms, and divergences, need.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="How many processes; one for each core.", show_default=False)
    ] = None,
) -> None:
    """Compile ahead what the usual calls need, so that the first of them does not wait for it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    from otkit.numerics.kernel_cache import cache_folder
    from otkit.startup import names_of_calls
    from otkit.startup import warmup as compile_ahead

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    began = time.perf_counter()
    with Display(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("compiling for this machine, once", total=len(names_of_calls(quick)))

        def report(told: Progress) -> None:
            bar.advance(task)
            typer.echo(told.text)

        compile_ahead(progress=report, quick=quick, n_jobs=jobs)
    typer.echo(f"kept in {cache_folder()}" if cache_folder() is not None else "kept nowhere: no folder can be written")
    typer.echo(f"{time.perf_counter() - began:7.2f} s  in all")
