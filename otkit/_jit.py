"""The one place that configures Numba.

Every compiled function of otkit is made by `njit` or `parallel` below, so that the same promises hold for each of them:

* ``fastmath`` is off: the proofs rest on IEEE 754 arithmetic, so no operation may be reordered or approximated;
* ``error_model="numpy"``: a division by zero gives inf or nan, as in NumPy, with no test in the vectoriser's way;
* ``nogil``: other Python threads (a progress bar, Ctrl-C) run on while a kernel works;
* ``cache``: compiled once per machine, loaded from disk afterwards.

Numba may replace libm by Intel's SVML where that library happens to be installed; its vector and scalar forms round
differently, which would make a cost depend on the shape of the loop that evaluates it. So it is switched off.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
from numba import prange
from numba.extending import overload

F = TypeVar("F", bound=Callable[..., Any])


def njit(function: F) -> F:
    """Compile a serial kernel."""
    return cast(F, numba.njit(function, cache=True, error_model="numpy", nogil=True))


def parallel(function: F) -> F:
    """Compile a kernel whose `prange` loops are shared among threads.

    Each iteration must write its own outputs only: then the bits do not depend on the number of threads.
    """
    return cast(F, numba.njit(function, cache=True, error_model="numpy", nogil=True, parallel=True))


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Run the parallel kernels of a block on `count` threads; None leaves the number as it is."""
    if count is None:
        yield
        return
    largest = numba.config.NUMBA_NUM_THREADS
    if not 1 <= count <= largest:
        raise ValueError(f"threads must be from 1 to {largest} (NUMBA_NUM_THREADS), but threads = {count!r} was given.")
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)


__all__ = ["njit", "overload", "parallel", "prange", "threads"]
