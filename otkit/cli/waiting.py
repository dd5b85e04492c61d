"""A sign of life on stderr while something takes longer than a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otkit.monitor import Progress

SECONDS_OF_SILENCE = 1.0


@contextmanager
def waiting(text: str) -> Iterator[Callable[[Progress], None] | None]:
    """Show a spinner with the time and the latest report, once a second has passed, if a person is looking at stderr.

    Yields what to hand to a solver as `progress`. The spinner has a thread of its own: a solver that reports nothing
    for a while is seen to be at work all the same.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Display
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    display = Display(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = display.add_task(text)
    timer = threading.Timer(SECONDS_OF_SILENCE, display.start)

    def report(progress: Progress) -> None:
        bounds = ""
        if progress.lower is not None and progress.upper is not None:
            bounds = f"  {progress.lower:.9g} ≤ OPT ≤ {progress.upper:.9g}"
        display.update(task, description=f"{text}: {progress.text}{bounds}")

    timer.start()
    try:
        yield report
    finally:
        timer.cancel()
        timer.join()
        display.stop()
