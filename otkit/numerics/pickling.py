"""What comes whole out of a pickle: objects that never change, their arrays read-only, and exceptions."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from otkit.numerics.jit import read_only

Array = TypeVar("Array", bound=np.ndarray)


class Frozen:
    """An object whose arrays are read-only.

    NumPy's arrays come out of a pickle writable, and kernels would be compiled once more for these. What can be
    computed again is not pickled.
    """

    def __getstate__(self) -> dict[str, Any]:
        held = vars(self).items()
        return {name: value for name, value in held if not isinstance(getattr(type(self), name, None), cached_property)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({name: _frozen(value) for name, value in state.items()})


def owned(array: Array) -> Array:
    """Return a read-only copy: the caller's array may change, what results rest on may not."""
    copied = array.copy()
    copied.setflags(write=False)
    return copied


def _frozen(value: Any) -> Any:
    """Return an array, or a tuple of arrays, as one that is read-only."""
    if isinstance(value, np.ndarray):
        return read_only(value)
    if isinstance(value, tuple):
        parts = (_frozen(part) for part in value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


class Whole(BaseException):
    """An exception that is restored as it was, not made again from its message.

    Python makes an unpickled exception anew from `args`. Where its class wants more than these it fails, and a
    `multiprocessing.Pool` waits for ever for the answer that it could not unpickle.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Return an exception without having called its constructor."""
    error = kind.__new__(kind)
    error.args = args
    return error
