"""The command `otkit`: answers on stdout, messages on stderr, and an exit code that says how it went.

0: done; 1: `otkit drift` found a threshold passed; 2: bad input, one line says which; 3: not proved, one line says what
is proved instead, or why a proof does not hold; 130: stopped by Ctrl-C.
"""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper
from typing import Annotated

from otkit import __version__
from otkit.inputs.optional import needed

with needed("The command otkit needs Typer and Rich", "typer rich"):
    import rich  # noqa: F401 (what prints needs it: better said before the work)
    import typer

from otkit.cli import (
    bakery,
    bottleneck,
    critic,
    distances,
    divergence,
    drift,
    judging,
    many,
    proofs,
    testing,
    train,
    warmup,
)
from otkit.cli.failures import OneLineFailures

app = typer.Typer(
    cls=OneLineFailures,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("emd")(distances.emd)
app.command("transport")(distances.transport)
app.command("bottleneck")(bottleneck.bottleneck)
app.command("verify")(judging.verify)
app.command("compare")(judging.compare)
app.command("divergence")(divergence.divergence)
app.command("pairwise")(many.pairwise)
app.command("test")(testing.same_law)
app.command("drift")(drift.drift)
app.command("critic")(critic.critic)
app.command("train")(train.train)
app.command("certify")(proofs.certify)
app.command("bakery")(bakery.bakery)
app.command("warmup")(warmup.warmup)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"otkit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def otkit(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Exact optimal transport and divergences; every number with its certificate or its error.

    X and Y are files of points, one a line: CSV, TSV, NPY, NPZ or Parquet, with or without a header.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command."""
    gc.set_threshold(100_000)  # passes over what libraries define as they load would cost a tenth of a short run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ≤ shows a question mark, not a traceback
    app(prog_name="otkit")
