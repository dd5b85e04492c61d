"""The line between a long solve and whoever waits for it: progress out; a deadline and Ctrl-C in."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType

from otkit.inputs.checks import as_seconds
from otkit.numerics.threads import Reason, Stopped, calling

# After a stop, what is known is still to be checked: that may take so many seconds.
GRACE = 0.3


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
        The interval that holds the optimum as far as the solver knows; the certificate will look for itself.
    remaining : float or None
        Seconds still to come at the rate so far, where that is known.
    """

    text: str
    seconds: float
    lower: float | None = None
    upper: float | None = None
    remaining: float | None = None

    @property
    def interval(self) -> str:
        """The interval in words; empty while it is unknown."""
        if self.lower is None or self.upper is None:
            return ""
        return f"{self.lower:.9g} ≤ OPT ≤ {self.upper:.9g}"


class Monitor:
    """Pass progress on; keep the deadline, and Ctrl-C if told to.

    A solver calls `tick` where there is news, and `check` (or asks `stopped`) between pieces of work. Within
    ``with monitor.interrupting_sweeps()`` the sweeps over pairs check by themselves.

    Parameters
    ----------
    report : callable, optional
        Gets a `Progress` now and then.
    max_seconds : float, optional
        The deadline, in seconds from now.

    Raises
    ------
    TypeError, ValueError
        `max_seconds` is no finite number ≥ 0.
    """

    def __init__(self, report: Callable[[Progress], None] | None = None, max_seconds: float | None = None) -> None:
        limit = as_seconds(max_seconds)
        self._report = report
        self._start = time.perf_counter()
        self._deadline = None if limit is None else self._start + limit
        self._interrupted = False
        self._lower: float | None = None
        self._upper: float | None = None

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.perf_counter() - self._start

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, at least 0; None if there is none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.perf_counter())

    @property
    def stopped(self) -> Reason | None:
        """Why to come to an end now; None to go on."""
        if self._interrupted:
            return "interrupted"
        return "time_limit" if self._deadline is not None and time.perf_counter() >= self._deadline else None

    def check(self) -> None:
        """Raise `Stopped` if it is time to come to an end."""
        reason = self.stopped
        if reason is not None:
            raise Stopped(reason)

    def interrupting_sweeps(self) -> AbstractContextManager[None]:
        """Check between the portions of every sweep, too."""
        return calling(self.check)

    def within_grace(self) -> AbstractContextManager[None]:
        """Let sweeps go on for `GRACE` seconds, once it is time to come to an end, before they raise `Stopped`."""
        noticed: float | None = None

        def check() -> None:
            nonlocal noticed
            reason, now = self.stopped, time.perf_counter()
            if reason is not None:
                noticed = now if noticed is None else noticed
                if now >= noticed + GRACE:
                    raise Stopped(reason)

        return calling(check)

    def tick(
        self, text: str, lower: float | None = None, upper: float | None = None, remaining: float | None = None
    ) -> None:
        """Report where the work stands; bounds of the optimum are remembered."""
        if lower is not None:
            self._lower = lower if self._lower is None else max(self._lower, lower)
        if upper is not None:
            self._upper = upper if self._upper is None else min(self._upper, upper)
        if self._report is not None:
            self._report(Progress(text, self.seconds, self._lower, self._upper, remaining))

    @contextmanager
    def holding_interrupts(self) -> Iterator[None]:
        """Take the first Ctrl-C as the wish to come to an end; a second one raises KeyboardInterrupt as ever.

        Where Ctrl-C does not raise KeyboardInterrupt (in other threads; in programs that handle it in their own way)
        nothing is changed.
        """
        usual = signal.default_int_handler
        main = threading.current_thread() is threading.main_thread()
        if not main or signal.getsignal(signal.SIGINT) is not usual:
            yield
            return

        def hold(number: int, frame: FrameType | None) -> None:
            self._interrupted = True
            signal.signal(signal.SIGINT, usual)

        signal.signal(signal.SIGINT, hold)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)
