"""The line between a long solve and whoever waits for it: progress out, a deadline in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """One report of a running solver.

    Attributes
    ----------
    text : str
        What is going on, in a few words.
    seconds : float
        Time since the start.
    lower, upper : float or None
        The interval that holds the optimum as far as the solver knows.
    """

    text: str
    seconds: float
    lower: float | None = None
    upper: float | None = None


class Monitor:
    """Pass progress on and keep the deadline; a solver calls `tick` and asks `expired` between pieces of work."""

    def __init__(self, report: Callable[[Progress], None] | None = None, max_seconds: float | None = None) -> None:
        self._report = report
        self._start = time.perf_counter()
        self._deadline = None if max_seconds is None else self._start + max_seconds

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.perf_counter() - self._start

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, at least 0; None if there is none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.perf_counter())

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self._deadline is not None and time.perf_counter() >= self._deadline

    def tick(self, text: str, lower: float | None = None, upper: float | None = None) -> None:
        """Report where the work stands."""
        if self._report is not None:
            self._report(Progress(text, self.seconds, lower, upper))
