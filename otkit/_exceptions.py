"""Exceptions that carry results: they come whole out of a pickle, and so out of other processes."""

from __future__ import annotations

from typing import Any


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
