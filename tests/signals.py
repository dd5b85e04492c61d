"""Calls that are interrupted again and again: run by test_signals.py in a process of its own, since it might crash.

    python signals.py NAME COUNT SEED [ONLY]

After each signal the same call must give what it gave before.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import doors
import numpy as np
import scipy.sparse

import otkit

# A loop that no signal comes to within so many seconds has lost it.
PATIENCE = 60.0


class Terminated(BaseException):
    """What a handler of SIGTERM raises to end a program."""


# Ctrl-C has Python's own handler, which solvers replace by theirs while they run: a solve then ends with an error.
RAISES: dict[str, tuple[type[BaseException], ...]] = {
    "SIGINT": (KeyboardInterrupt, otkit.NotConvergedError),
    "SIGALRM": (TimeoutError,),
    "SIGTERM": (Terminated,),
}


def send_soon(name: str, seconds: float) -> None:
    """Send a signal to this process, SIGALRM by the timer of the system."""
    if name == "SIGALRM":
        signal.setitimer(signal.ITIMER_REAL, seconds)
    else:
        threading.Timer(seconds, os.kill, (os.getpid(), getattr(signal, name))).start()


def saved_and_loaded(result: otkit.TransportResult, path: Path) -> float:
    result.save(path)
    return otkit.load(path).value


def sized_calls(sizes: tuple[int, ...], folder: Path) -> dict[str, Callable[[], object]]:
    """Return calls of every solver and of what is done with results."""
    calls: dict[str, Callable[[], object]] = {}
    for n in sizes:
        rng = np.random.default_rng(n)
        x, y, h, k = rng.random((n, 2)), rng.random((n, 2)), rng.random(n), rng.random(n)
        cost, clouds = rng.random((n, n)), [rng.random((n, 2)) for _ in range(4)]
        sparse = scipy.sparse.coo_array(np.where(rng.random((n, n)) < 0.5, cost, 0.0) + np.eye(n))
        solved, path = otkit.transport(cost, h, k * h.sum() / k.sum()), folder / f"result-{n}.npz"
        calls |= {
            f"wasserstein, {n}": lambda x=x, y=y: otkit.wasserstein(x, y).value,
            f"wasserstein, {n}, on the line": lambda x=x, y=y: otkit.wasserstein(x[:, 0], y[:, 0]).value,
            f"transport, {n}": lambda cost=cost: otkit.transport(cost).value,
            f"transport, {n}, masses": lambda cost=cost, h=h: otkit.transport(cost, h, h).value,
            f"transport, {n}, arcs": lambda sparse=sparse: otkit.transport(sparse).value,
            f"transport, {n}, lp": lambda cost=cost: otkit.transport(cost, method="lp").value,
            f"transport, {n}, assignment": lambda cost=cost: otkit.transport(cost, method="assignment").value,
            f"kl, {n}": lambda h=h, k=k: otkit.kl(h, k),
            f"pairwise, {n}": lambda clouds=clouds: otkit.pairwise(clouds).distances,
            f"sensitivity, {n}": lambda solved=solved: solved.sensitivity().cost_low,
            f"certify, {n}": lambda solved=solved: (
                otkit.certify(solved.problem, plan=solved.plan, potentials=solved.potentials).upper
            ),
            f"files, {n}": lambda solved=solved, path=path: saved_and_loaded(solved, path),
            f"pickle, {n}": lambda solved=solved: pickle.loads(pickle.dumps(solved)).value,
        }
    return calls


def causes(error: BaseException) -> list[BaseException]:
    """Return what an exception came of, the nearest first."""
    found: list[BaseException] = []
    here = error.__cause__ or error.__context__
    while here is not None and here not in found:
        found.append(here)
        here = here.__cause__ or here.__context__
    return found


def main(name: str, count: int, seed: int, only: str = "") -> None:
    """Interrupt `count` calls; complain of all but the handler's own exception, and of wrong numbers afterwards."""
    warnings.simplefilter("ignore")
    errors, rng = RAISES[name], random.Random(seed)
    folder = Path(tempfile.mkdtemp())
    calls: dict[str, Callable[[], object]] = {door.name: door for door in doors.DOORS}
    calls |= sized_calls((20, 150, 300), folder)
    calls = {call: function for call, function in calls.items() if only in call}
    expected, seconds = {}, {}
    for call, function in calls.items():
        function()  # what is compiled or imported at the first call
        start = time.perf_counter()
        expected[call] = function()
        seconds[call] = time.perf_counter() - start

    # Python can pass on no exception from callbacks of its garbage collector, which JAX has; it says so here.
    ignored: list[object] = []
    sys.unraisablehook = ignored.append

    def handle(*_: object) -> None:
        raise errors[0]

    if name != "SIGINT":
        signal.signal(getattr(signal, name), handle)
    for _ in range(count):
        call = rng.choice(list(calls))
        # The standard library's zipfile takes an OSError in a seek, which TimeoutError is, for a damaged file.
        by_zipfile = name == "SIGALRM" and call.startswith("files")
        print(call, file=sys.stderr, flush=True)  # the last words before a crash
        try:
            send_soon(name, max(1e-5, 1.2 * seconds[call] * rng.random()))
            end = time.perf_counter() + PATIENCE
            while time.perf_counter() < end:
                calls[call]()
            if not ignored and not by_zipfile:
                print(f"{call}: the signal is lost")
            ignored.clear()
        except errors:
            pass
        except Exception as raised:  # whatever it is, the handler's own must be among its causes
            on_top = any(isinstance(cause, errors) for cause in causes(raised))  # NumPy may put an error of its own
            if not on_top and not (by_zipfile and isinstance(raised, ValueError)):
                print(f"{call}: {raised!r}")
        if not np.array_equal(calls[call](), expected[call]):
            print(f"{call}: another number after the signal")
    print("done")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
