"""Compiled functions that can be run before they are compiled.

A kernel is plain Python that Numba compiles, for seconds; run by Python it gives the same bits, a hundred times slower.
So small work is not kept waiting: within ``with at_once(steps, what)`` kernels that are neither in memory nor on the
disk are run as they are written. Once a process has spent `PATIENCE` seconds on that, kernels are compiled when they
are called, as they are for larger work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import typeof_impl

from otkit.numerics.kernel_cache import KernelCache

# Steps, roughly pairs of points times their coordinates, that Python takes in a few tenths of a second.
SMALL = 1 << 17

# Seconds of a thread's work, in all, after which compiling pays.
PATIENCE = 1.5

# How kernels run that are called from Python: compiled, but for short passes, which need not be; always compiled;
# compiled if they are ready; and by Python, as those are that a kernel calls which is run by Python.
COMPILED, ALWAYS, IF_READY, BY_PYTHON = range(4)

_how: ContextVar[int] = ContextVar("how", default=COMPILED)
_ready: set[Hashable] = set()  # what was answered by compiled kernels alone
_spent = 0.0  # seconds, by Python
_by_python = 0  # calls of kernels


class Kernel:
    """A function that Numba compiles for the types that it is called with.

    Attributes
    ----------
    py_func : function
        As it is written.
    compiled, for_kernels : numba.core.dispatcher.Dispatcher
        See below.
    passes : bool
        Whether it does no more than pass over the numbers that it is given.
    """

    def __init__(self, function: Callable[..., Any], make: Callable[..., Any], *, passes: bool) -> None:
        self.py_func, self._make, self.passes = function, make, passes
        self.__name__, self.__module__, self.__doc__ = function.__name__, function.__module__, function.__doc__
        self._is_ready = False

    @cached_property
    def compiled(self) -> Any:
        """What compiles it, and calls what is compiled."""
        return self._make(for_kernels=False)

    @cached_property
    def for_kernels(self) -> Any:
        """What compiles it where another kernel calls it."""
        return self._make(for_kernels=True)

    def __call__(self, *args: Any) -> Any:
        """Call it: compiled, or by Python where that answers at once."""
        how = _how.get()
        if how == ALWAYS or (how == COMPILED and (self._is_ready or not self.passes)):
            return self.compiled(*args)
        if how == BY_PYTHON:
            return self.py_func(*args)
        if _spent > PATIENCE or not (how == IF_READY or _are_short(args)) or self._knows(args):
            self._is_ready = True
            return self.compiled(*args)
        return self._by_python(args)

    def _knows(self, args: tuple[Any, ...]) -> bool:
        """Whether it is compiled for arguments of these types, in memory or on the disk."""
        signature = tuple(map(numba.typeof, args))
        if signature in self.compiled.overloads:
            return True
        cache = self.compiled._cache
        return isinstance(cache, KernelCache) and cache.holds(signature, self.compiled.targetctx.codegen())

    def _by_python(self, args: tuple[Any, ...]) -> Any:
        """Run it as it is written; numbers are NumPy's there, which warn where they overflow."""
        global _spent, _by_python  # noqa: PLW0603 (what this process has seen)
        start, token = time.thread_time(), _how.set(BY_PYTHON)
        try:
            with np.errstate(all="ignore"):
                return _plain(self.py_func(*args))
        finally:
            _how.reset(token)
            _spent += time.thread_time() - start
            _by_python += 1


@typeof_impl.register(Kernel)
def _typeof(kernel: Kernel, context: Any) -> types.Dispatcher:
    """Let kernels call kernels."""
    return types.Dispatcher(kernel.for_kernels)


class at_once:  # noqa: N801 (used as a function)
    """Let kernels that would have to be compiled first be run by Python, if there is little to do.

    Parameters
    ----------
    steps : float
        How much there is to do.
    *what : str or pairs
        Names the work, and the pairs whose kind decides which kernels it needs. Work that compiled kernels alone have
        done once is left to them from then on, without asking each of them.
    """

    __slots__ = ("_before", "_key", "_steps", "_token", "_what")

    def __init__(self, steps: float, *what: Any) -> None:
        self._steps, self._what = steps, what

    def __enter__(self) -> None:
        self._token = None
        if self._steps > SMALL or _spent > PATIENCE or _how.get() != COMPILED:
            return
        self._key = tuple(_kind_of(item) if isinstance(item, tuple) else item for item in self._what)
        if self._key not in _ready:
            self._token, self._before = _how.set(IF_READY), _by_python

    def __exit__(self, kind: Any, *_: Any) -> None:
        if self._token is not None:
            _how.reset(self._token)
            if kind is None and _by_python == self._before:
                _ready.add(self._key)


@contextmanager
def always_compiled() -> Iterator[None]:
    """Compile all kernels that are called: for who compiles ahead."""
    token = _how.set(ALWAYS)
    try:
        yield
    finally:
        _how.reset(token)


def _kind_of(pairs: tuple[Any, ...]) -> tuple[Hashable, ...]:
    """Return what decides which kernels some pairs need: their type, and the kind of the metric or of the matrix."""
    first = pairs[0]
    if isinstance(first, np.ndarray):
        return type(pairs), first.dtype.char, first.flags.c_contiguous, first.flags.f_contiguous
    return type(pairs), first


def _are_short(args: tuple[Any, ...]) -> bool:
    """Whether Python passes over some arrays in little time."""
    return sum(arg.size for arg in args if isinstance(arg, np.ndarray)) <= SMALL


def _plain(value: Any) -> Any:
    """Return numbers as compiled kernels return them: as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) is tuple:
        return tuple(map(_plain, value))
    return value
