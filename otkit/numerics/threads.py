"""Sharing the blocks of a sweep among threads.

Kernels are compiled serial and release the GIL, so Python threads run them at full speed. Numba's own parallel loops
would add several seconds of compilation to each kernel and spin between loops, which stalls whatever else the cores do.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import Event
from typing import Literal

import numba

from otkit._text import shown
from otkit.numerics.pickling import Whole

Reason = Literal["time_limit", "interrupted"]

_asked_for: ContextVar[int | None] = ContextVar("threads", default=None)
_between: ContextVar[Callable[[], None] | None] = ContextVar("between", default=None)


class Stopped(Whole, Exception):  # noqa: N818 (no error: an early end that was asked for)
    """Raised where work ends early.

    Attributes
    ----------
    reason : {"time_limit", "interrupted"}
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Share the work of a block among `count` threads; None means `NUMBA_NUM_THREADS`, by default one for each core."""
    if count is not None and (not isinstance(count, int) or count < 1):
        raise ValueError(f"threads must be a positive integer, but threads = {shown(count)} was given.")
    token = _asked_for.set(count)
    try:
        yield
    finally:
        _asked_for.reset(token)


def thread_count() -> int:
    """Return how many threads may share a piece of work."""
    return _asked_for.get() or numba.config.NUMBA_NUM_THREADS


@contextmanager
def calling(check: Callable[[], None] | None) -> Iterator[None]:
    """Call `check` between the portions of every sweep; what it raises ends the sweep. None lets sweeps end."""
    token = _between.set(check)
    try:
        yield
    finally:
        _between.reset(token)


def pause() -> None:
    """Mark a place between two portions of a sweep: here the thread that asked for it can be stopped."""
    check = _between.get()
    if check is not None:
        check()


def share(work: Callable[[int, int], None], size: int, step: int, threads_worthwhile: int) -> None:
    """Call ``work(start, stop)`` on consecutive blocks of ``range(size)``, `step` long, from several threads.

    Each block must write its own outputs only: then the result does not depend on the number of threads, which is
    `thread_count()`, or `threads_worthwhile` if that is smaller. A block should take no more than some 0.1 s: Ctrl-C
    is heard between two of them.
    """
    if threads_worthwhile <= 1:
        work(0, size)
        return
    blocks = -(-size // step)
    workers = min(thread_count(), threads_worthwhile, blocks)
    counter, stopped = itertools.count(), Event()  # next(counter) is atomic

    def worker() -> None:
        while not stopped.is_set() and (block := next(counter)) < blocks:
            pause()
            work(block * step, min(size, block * step + step))

    helpers = [_pool().submit(worker) for _ in range(workers - 1)]
    try:
        worker()  # the calling thread takes its part, and Ctrl-C between two blocks
    finally:
        stopped.set()
        wait(helpers)
    for helper in helpers:
        helper.result()


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads that help, kept for later calls: starting one takes longer than many a sweep."""
    most = max(os.cpu_count() or 1, numba.config.NUMBA_NUM_THREADS)  # started when first needed
    return ThreadPoolExecutor(most, thread_name_prefix="otkit")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of its parent's threads
