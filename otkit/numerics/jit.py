"""The one place that configures Numba.

Every compiled function of otkit is made by `njit` below, so that the same promises hold for each of them:

* ``fastmath`` is off: the proofs rest on IEEE 754 arithmetic, so no operation may be reordered or approximated;
* ``error_model="numpy"``: a division by zero gives inf or nan, as in NumPy, with no test in the vectoriser's way;
* ``nogil``: other Python threads (a progress bar, Ctrl-C) run on while a kernel works;
* ``no_cfunc_wrapper``: nothing calls kernels through C function pointers, so that the wrapper need not be compiled;
  ``no_cpython_wrapper``: nor that for Python of a kernel that another one calls, a sixth of all compiling. The few
  that both call are compiled twice;
* *what Python gets back* is a number, a tuple of numbers, one new array, or nothing. While Numba wraps anything else,
  a signal handler may run whose exception Numba does not look for: a NamedTuple then ends in a segmentation fault, a
  tuple with arrays, or an array that was an argument, in a SystemError. So kernels write all other results into arrays
  that they are given. A function that allocates such arrays, calls kernels and makes a tuple of them is a `jitable`;
* *compiled once per machine*, loaded from disk afterwards: see `otkit.numerics.kernel_cache`. A kernel is known by a
  digest of all the files that it may rest on, those that its file imports and those that these import. Numba's own
  cache looks at the kernel's file alone, though kernels of other files are compiled into it; after an upgrade, old
  arithmetic would be left at work.
* Intel's SVML is off, and other people's kernels keep it: see `otkit.numerics.compiling`.
"""

from __future__ import annotations

import dis
import hashlib
import marshal
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from types import CodeType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import int64
from numba.extending import overload, register_jitable

from otkit.numerics import compiling
from otkit.numerics.kernel import Kernel
from otkit.numerics.kernel_cache import KernelCache

# ``from otkit.numerics.sums import two_sum``: (otkit.numerics.sums, two_sum).
_MAKER = re.compile(rb"\b(?:njit|jitable|overload)")  # and whatever follows: in .pyc that may be a letter
_IMPORT = re.compile(r"^ *from (otkit[.\w]*) import (\([^)]*\)|.*)", re.MULTILINE)

compiling.watch()

F = TypeVar("F", bound=Callable[..., Any])
Array = TypeVar("Array", bound=np.ndarray)


def njit(function: F) -> F:
    """Compile a serial kernel."""
    return _kernel(function)


def njit_pass(function: F) -> F:
    """Compile a serial kernel that passes over its arguments once: run by Python where they are short."""
    return _kernel(function, passes=True)


def _kernel(function: F, *, passes: bool = False) -> F:
    if numba.config.DISABLE_JIT:
        return function
    # Read now, while the file is what the function was made of.
    sources = _digest_of_kernels(function.__module__) if function.__module__.startswith("otkit.") else None
    return cast(F, Kernel(function, partial(_compiled, function, sources), passes=passes))


def _compiled(function: F, sources: str | None, *, for_kernels: bool) -> Any:
    """Return what compiles a function: for Python, or for other kernels, which need no wrapper that unpacks objects."""
    compiled = numba.njit(
        function, error_model="numpy", nogil=True, no_cfunc_wrapper=True, no_cpython_wrapper=for_kernels
    )
    if sources is not None:
        compiled._cache = KernelCache(function, sources, for_kernels=for_kernels)
    return compiled


def jitable(function: F) -> F:
    """Let kernels call a Python function too: there it is compiled with them, Python runs it as it is."""
    return cast(F, register_jitable(error_model="numpy", no_cfunc_wrapper=True)(function))


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
    *folders, name = module.split(".")[1:] or [""]
    folder = _package().joinpath(*folders)
    places = [f"{name}.py", f"{name}/__init__.py", f"{name}.pyc", f"{name}/__init__.pyc"]  # .pyc: without sources
    file = next((file for file in map(folder.joinpath, places) if file.is_file()), None)
    if file is None:  # not a module, but a name in one
        return b"", []
    content, imported = file.read_bytes(), []
    if file.name.endswith(".pyc"):
        content = content[16:]  # what is before is the date of the source
        found = _imports(marshal.loads(content))
    else:
        found = iter(_IMPORT.findall(content.decode()))
    for whence, names in found:
        imported += [whence, *(f"{whence}.{name}" for name in re.findall(r"\w+", names))]
    return content if _MAKER.search(content) else b"", imported


@cache
def _package() -> Traversable:
    return resources.files("otkit")


def _imports(code: CodeType) -> Iterator[tuple[str, str]]:
    """Yield what `_IMPORT` finds in a text, from the code that was made of it."""
    whence = ""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            whence = instruction.argval
        elif instruction.opname == "IMPORT_FROM" and whence.startswith("otkit"):
            yield whence, instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _imports(constant)


# A kernel that is handed a literal, or a variable that still is one, is compiled for that number and then once more for
# any: ``int64(0)`` is no literal.
__all__ = ["int64", "jitable", "njit", "njit_pass", "overload", "read_only"]
