"""`otkit warmup`: compile ahead."""

from __future__ import annotations

import typer


def warmup() -> None:
    """Compile ahead what the usual calls need, so that the first of them does not wait for it."""
    from otkit.startup import warmup as compile_ahead

    seconds = compile_ahead(progress=lambda told: typer.echo(told.text))
    typer.echo(f"{sum(seconds.values()):7.2f} s  in all")
