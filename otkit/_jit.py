"""The one place that configures Numba.

Every compiled function of otkit is made by `njit` or `parallel` below, so that the same promises hold for each of them:

* ``fastmath`` is off: the proofs rest on IEEE 754 arithmetic, so no operation may be reordered, contracted or approximated;
* ``error_model="numpy"``: a division by zero gives inf or nan, as in NumPy, and the vectoriser is not held up by a test;
* ``nogil``: other Python threads (a progress bar, Ctrl-C) run on while a kernel works;
* ``cache``: compiled once per machine, loaded from disk afterwards.

Numba may replace libm by Intel's SVML where that library happens to be installed; its vector and scalar forms round
differently, which would make a cost depend on the shape of the loop that evaluates it. So it is switched off.
"""

from __future__ import annotations

import os
from collections.abc import Callable
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


__all__ = ["njit", "overload", "parallel", "prange"]
