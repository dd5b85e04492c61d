"""What goes on beside the compiler: its time is kept apart, a line says that it works, and a fork waits for it.

Numba tells of its work by events, which is its documented way to be watched.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from functools import cache
from typing import Any, TextIO

import llvmlite.binding as llvm
import numba
import numba.core.event as events
from numba.core.compiler_lock import global_compiler_lock

from otkit.numerics.kernel_cache import KernelCache, release_locks


def clock() -> float:
    """Return seconds for taking differences: the time of this thread without what it spent on the compiler.

    The compiler's time is what making kernels takes, loading them from the disk, and waiting for a thread that does.
    """
    return time.perf_counter() - _lock_watch.seconds()


class _LockWatch(events.Listener):
    """Counts, thread by thread, the seconds within the compiler's lock or on the way into it."""

    def __init__(self) -> None:
        self._here = threading.local()

    def seconds(self) -> float:
        """Seconds of this thread so far."""
        return getattr(self._here, "seconds", 0.0)

    def on_start(self, event: events.Event) -> None:
        """Enter, perhaps for the second time."""
        self._here.depth = getattr(self._here, "depth", 0) + 1
        if self._here.depth == 1:
            self._here.began = time.perf_counter()

    def on_end(self, event: events.Event) -> None:
        """Leave."""
        if getattr(self._here, "depth", 0) > 0:  # else it was entered before anybody watched
            self._here.depth -= 1
            if self._here.depth == 0:
                release_locks()  # after an error, or Ctrl-C
                self._here.seconds = self.seconds() + time.perf_counter() - self._here.began


class _CompilerWatch(events.Listener):
    """Follows the compilation of otkit's kernels, with those that each is made of. Numba lets in one thread at a time.

    Numba may replace libm by Intel's SVML where that library happens to be installed; its vector and scalar forms round
    differently, which would make a cost depend on the shape of the loop that evaluates it. So it is switched off while
    otkit's kernels are compiled, and on again for those of others. A variable of the environment (which Numba has for
    that) would have to be set before Numba is imported, and would bind whatever else the process and its children do.
    """

    def __init__(self) -> None:
        self._inside: list[Any] = []
        self._line = _Line()

    def on_start(self, event: events.Event) -> None:
        """Begin with a kernel, or with one that it calls."""
        kernel = event.data["dispatcher"]
        if not self._inside and not _is_ours(kernel):
            return
        if not self._inside:
            _vectorise_by("none")
            self._line.begin()
        self._inside.append(kernel)
        self._line.write()

    def on_end(self, event: events.Event) -> None:
        """End it, well or not."""
        if not self._inside:
            return
        self._inside.pop()
        if not self._inside:
            self._line.clear()
            _vectorise_by("SVML")


def _is_ours(kernel: Any) -> bool:
    return isinstance(getattr(kernel, "_cache", None), KernelCache)


def _vectorise_by(library: str) -> None:
    if numba.config.USING_SVML:
        llvm.set_option("otkit", f"-vector-library={library}")


class _Line:
    """A line on the terminal or in the notebook that says what everybody waits for, and is gone afterwards.

    Nothing is said of the first second: a spinner that may come later would find the line taken.
    """

    silence = 1.0

    def __init__(self) -> None:
        self._count, self._seconds, self._began, self._width = 0, 0.0, 0.0, 0

    def begin(self) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def write(self) -> None:
        """Show the line, or what has changed."""
        self._count += 1
        passed = self._seconds + time.perf_counter() - self._began
        if passed >= self.silence:
            self._show(f"otkit: compiling for this machine, once: kernel {self._count}, {passed:.0f} s")

    def clear(self) -> None:
        """Wipe the line off."""
        self._seconds += time.perf_counter() - self._began
        if self._width:
            self._show("")

    def _show(self, text: str) -> None:
        stream = _interactive()
        if stream is not None:
            stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
            stream.flush()
            self._width = len(text)


def _interactive() -> TextIO | None:
    """Return the error stream if somebody reads it as it is written: a terminal or a notebook.

    A progress bar of Rich puts a stream of its own there, and is sign enough that something goes on.
    """
    stream = sys.stderr
    notebook = type(stream).__module__.startswith("ipykernel")
    return stream if notebook or (type(stream) is io.TextIOWrapper and stream.isatty()) else None


_lock_watch = _LockWatch()


@cache
def watch() -> None:
    """Begin to do all this, once and for all."""
    events.register("numba:compiler_lock", _lock_watch)
    events.register("numba:compile", _CompilerWatch())
    # A process that is forked while another thread compiles would inherit the compiler's lock, and nobody to free it:
    # its first call would wait for ever. So a fork waits until the kernel at hand is compiled.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=global_compiler_lock.acquire,
            after_in_parent=global_compiler_lock.release,
            after_in_child=global_compiler_lock.release,
        )
