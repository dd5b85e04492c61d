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
  and is dropped unread if that is another, there stands a digest of all the files that a kernel may rest on, too:
  those that its file imports, and those that these import.

Numba may replace libm by Intel's SVML where that library happens to be installed; its vector and scalar forms round
differently, which would make a cost depend on the shape of the loop that evaluates it. So it is switched off.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
import numpy as np
from numba import int64
from numba.extending import overload, register_jitable

# ``from otkit.numerics.sums import two_sum``: (otkit.numerics.sums, two_sum).
_IMPORT = re.compile(r"^ *from (otkit[.\w]*) import (\([^)]*\)|.*)", re.MULTILINE)

F = TypeVar("F", bound=Callable[..., Any])
Array = TypeVar("Array", bound=np.ndarray)


def njit(function: F) -> F:
    """Compile a serial kernel."""
    kernel = numba.njit(function, cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
    if not numba.config.DISABLE_JIT:
        file = kernel._cache._cache_file
        file._version = f"{numba.__version__} {_digest_of_kernels(function.__module__)}"
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
def _digest_of_kernels(module: str) -> str:
    """Return a digest of every file that a kernel of this module may rest on: what it imports, directly or not."""
    digest = hashlib.blake2b(digest_size=16)
    reached, ahead = set[str](), [module]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _read(name)[1]
    for name in sorted(reached):
        digest.update(_read(name)[0])
    return digest.hexdigest()


@cache
def _read(module: str) -> tuple[bytes, list[str]]:
    """Return what a kernel may take from a module, its text if it has kernels, and the modules that it imports."""
    package = Path(__file__).parents[1]
    place = package.parent.joinpath(*module.split("."))
    file = next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
    if file is None:  # not a module, but a name in one
        return b"", []
    content = file.read_bytes()
    imported = []
    for whence, names in _IMPORT.findall(content.decode()):
        imported += [whence, *(f"{whence}.{name}" for name in re.findall(r"\w+", names))]
    compiled = any(word in content for word in (b"njit", b"jitable", b"overload"))
    return content if compiled else b"", imported


# A kernel that is handed a literal, or a variable that still is one, is compiled for that number and then once more for
# any: ``int64(0)`` is no literal.
__all__ = ["int64", "jitable", "njit", "overload", "read_only"]
