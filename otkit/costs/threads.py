"""Sharing the blocks of a sweep among threads.

Kernels are compiled serial and release the GIL, so Python threads run them at full speed. Numba's own parallel loops
would add several seconds of compilation to each kernel and spin between loops, which stalls whatever else the cores do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numba


def share(work: Callable[[int, int], None], size: int, step: int, threads_worthwhile: int) -> None:
    """Call ``work(start, stop)`` on consecutive blocks of ``range(size)``, `step` long, from several threads.

    Each block must write its own outputs only: then the result does not depend on the number of threads, which is
    Numba's (``NUMBA_NUM_THREADS``, `numba.set_num_threads`) or `threads_worthwhile` if that is smaller.
    """
    blocks = -(-size // step)
    threads = min(numba.get_num_threads(), threads_worthwhile, blocks)
    if threads <= 1:
        work(0, size)
        return
    counter, stopped = itertools.count(), Event()  # next(counter) is atomic

    def worker() -> None:
        while not stopped.is_set() and (block := next(counter)) < blocks:
            work(block * step, min(size, block * step + step))

    with ThreadPoolExecutor(threads - 1) as pool:
        helpers = [pool.submit(worker) for _ in range(threads - 1)]
        try:
            worker()  # the calling thread takes its part, and Ctrl-C between two blocks
        finally:
            stopped.set()
        for helper in helpers:
            helper.result()
