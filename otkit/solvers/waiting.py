"""A sign of life on stderr, or in a notebook, while something takes longer than a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from otkit.inputs.optional import needed

if TYPE_CHECKING:
    from otkit.solvers.monitor import Progress

SECONDS_OF_SILENCE = 1.0


def duration(seconds: float) -> str:
    """Return a time in the unit that people would use, to two digits."""
    for unit, size in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            return f"{seconds / size:.2g} {unit}" if seconds < 99.5 * size else f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 99.5 else f"{seconds:.0f} s"


@contextmanager
def waiting(text: str) -> Iterator[Callable[[Progress], None] | None]:
    """Show a spinner with the time and the latest report, once a second has passed, if a person is looking.

    Yields what to hand to a solver as `progress`; None where stderr is a pipe or a file, in which nothing is left. The
    spinner has a thread of its own: a solver that reports nothing for a while is seen to be at work all the same. When
    all is done it is wiped away.
    """
    if not (sys.stderr.isatty() or _in_notebook()):
        yield None
        return
    with needed("progress=True needs Rich (a function of your own does not)", "rich"):
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
        interval = f"  {progress.interval}" if progress.interval else ""
        left = "" if progress.remaining is None else f"  about {duration(progress.remaining)} left"
        display.update(task, description=f"{text}: {progress.text}{interval}{left}")

    timer.start()
    try:
        yield report
    finally:
        timer.cancel()
        timer.join()
        display.stop()


def _in_notebook() -> bool:
    """Whether the code runs in a Jupyter kernel, whose stderr is no terminal but is looked at."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"
