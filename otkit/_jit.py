"""The one place that configures Numba.

Every compiled function of otkit is made by `njit` below, so that the same promises hold for each of them:

* ``fastmath`` is off: the proofs rest on IEEE 754 arithmetic, so no operation may be reordered or approximated;
* ``error_model="numpy"``: a division by zero gives inf or nan, as in NumPy, with no test in the vectoriser's way;
* ``nogil``: other Python threads (a progress bar, Ctrl-C) run on while a kernel works;
* ``no_cfunc_wrapper``: nothing calls kernels through C function pointers, so that the wrapper need not be compiled;
* *what Python gets back* is a number, a tuple of numbers, one new array, or nothing. While Numba wraps anything else,
  a signal handler may run whose exception Numba does not look for: a NamedTuple then ends in a segmentation fault, a
  tuple with arrays, or an array that was an argument, in a SystemError. So kernels write all other results into arrays
  that they are given. A function that allocates such arrays, calls kernels and makes a tuple of them is a `jitable`;
* ``cache``: compiled once per machine, loaded from disk afterwards. Numba takes a cached kernel for current as long as
  the kernel's own file is, though kernels of other files are compiled into it; an upgrade could leave old arithmetic at
  work, or fail to load arguments of a type that is no more. So where each cache file begins with the version of Numba,
  and is dropped unread if that is another, there stands a digest of all the files that a kernel may rest on, too.

Numba may replace libm by Intel's SVML where that library happens to be installed; its vector and scalar forms round
differently, which would make a cost depend on the shape of the loop that evaluates it. So it is switched off.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
import numpy as np
from numba import int64
from numba.extending import overload, register_jitable

F = TypeVar("F", bound=Callable[..., Any])
Array = TypeVar("Array", bound=np.ndarray)

# The solver whose kernels those of another room call.
_SOLVER_OF = {"many": "simplex"}


def njit(function: F) -> F:
    """Compile a serial kernel."""
    kernel = numba.njit(function, cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
    if not numba.config.DISABLE_JIT:
        _, room, solver = (*function.__module__.split("."), "", "")[:3]
        file = kernel._cache._cache_file
        rests_on = solver if room == "solvers" else _SOLVER_OF.get(room, "")
        file._version = f"{numba.__version__} {_digest_of_kernels(rests_on)}"
    return cast(F, kernel)


def jitable(function: F) -> F:
    """Let kernels call a Python function too: there it is compiled with them, Python runs it as it is."""
    return cast(F, register_jitable(error_model="numpy")(function))


def read_only(array: Array) -> Array:
    """Return a read-only view: kernels are compiled once, for read-only arrays, whatever the caller holds."""
    view = array.view()
    view.setflags(write=False)
    return view


@cache
def _digest_of_kernels(solver: str) -> str:
    """Return a digest of every file that a kernel of this solver may rest on; solvers do not know each other."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        room, *inner = path.relative_to(package).with_suffix("").parts
        content = path.read_bytes()
        compiled = any(word in content for word in (b"njit", b"jitable", b"overload"))
        if compiled and (room != "solvers" or inner[0] == solver):
            digest.update(content)
    return digest.hexdigest()


# A kernel that is handed a literal, or a variable that still is one, is compiled for that number and then once more for
# any: ``int64(0)`` is no literal.
__all__ = ["int64", "jitable", "njit", "overload", "read_only"]
