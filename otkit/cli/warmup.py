"""`otkit warmup`: compile ahead."""

from __future__ import annotations

import typer


def warmup() -> None:
    """Compile ahead what the usual calls need, so that the first of them does not wait for it."""
    from otkit.startup import warmup as compile_ahead

    seconds = compile_ahead(lambda name, seconds: typer.echo(f"{seconds:7.2f} s  {name}"))
    typer.echo(f"{sum(seconds.values()):7.2f} s  in all")
