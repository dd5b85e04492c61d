"""Compiling ahead: small calls of every usual kind, so that none waits for the compiler later."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE

import numpy as np

from otkit.costs import Euclidean
from otkit.divergences.by_name import f_divergence
from otkit.divergences.ipm import energy_distance, mmd
from otkit.inputs.checks import as_count
from otkit.many.all_pairs import pairwise
from otkit.many.batch import wasserstein_batch
from otkit.numerics.kernel import always_compiled
from otkit.numerics.kernel_cache import cache_folder
from otkit.optimal_transport.solve import transport, wasserstein
from otkit.problem import TransportProblem
from otkit.solvers.monitor import Progress
from otkit.solvers.sinkhorn import SinkhornOptions
from otkit.solvers.waiting import waiting
from otkit.statistics.drift import drift

# Points of the small and of the large clouds, which are solved in different ways, and of those that are searched in
# single precision or whose certificate is pruned.
SMALL, LARGE, LARGER = 70, 300, 1000

# What most people call first.
QUICK = ("small clouds", "method='lp'", "points on the line", "divergences of histograms")


def warmup(
    *, progress: bool | Callable[[Progress], None] = False, quick: bool = False, n_jobs: int | None = None
) -> dict[str, float]:
    """Compile what the usual calls need, and keep it for later processes.

    Numba compiles a kernel when it is first called, which takes seconds, and otkit keeps it for every process that
    follows, in the user's folder for caches or in ``OTKIT_CACHE_DIR``. Where everything is there already, this takes a
    moment, in which this process loads it.

    Parameters
    ----------
    progress : bool or callable, default False
        True shows what is through, in the terminal or notebook; a callable gets a `Progress` for each kind of call, and
        its seconds in the text.
    quick : bool, default False
        Leave out all but distances of points and of histograms, and divergences.
    n_jobs : int, optional
        How many processes compile; None takes one for each core. They end with this call.

    Returns
    -------
    dict
        The seconds of each kind of call, that of several processes side by side.

    Raises
    ------
    ValueError
        `n_jobs` is no positive integer.

    Examples
    --------
    >>> import otkit
    >>> seconds = otkit.warmup(quick=True)
    >>> "small clouds" in seconds
    True
    """
    calls = _usual_calls()
    seconds: dict[str, float] = {}
    names = names_of_calls(quick)
    jobs = (os.cpu_count() or 1) if n_jobs is None else as_count(n_jobs, "n_jobs")
    python = Path(sys.executable or "").name.startswith("python")  # else a program that has Python in it
    start = time.perf_counter()
    with waiting("compiling") if progress is True else nullcontext(progress or None) as tell:

        def through(name: str, took: float) -> None:
            seconds[name] = took
            if tell is not None:
                tell(Progress(f"{took:7.2f} s  {name}", time.perf_counter() - start))

        if jobs > 1 and python and cache_folder() is not None:
            ahead = iter(names)
            with ThreadPoolExecutor(jobs) as threads:
                for done in [threads.submit(_in_another_process, ahead, through) for _ in range(jobs)]:
                    done.result()
        for name in names:  # what others have compiled is loaded; what they could not, is compiled here
            began = time.perf_counter()
            with always_compiled():
                calls[name]()
            if name not in seconds:
                through(name, time.perf_counter() - began)
    return seconds


def names_of_calls(quick: bool = False) -> list[str]:
    """Return the kinds of calls that `warmup` makes."""
    return list(QUICK) if quick else list(_usual_calls())


def _in_another_process(ahead: Iterator[str], through: Callable[[str, float], None]) -> None:
    """Let a new process make one call after the other, until there is none ahead or it ends."""
    program = f"import sys; sys.path[:] = {sys.path!r}; from otkit.startup import _make_calls; _make_calls()"
    command = [sys.executable, "-c", program]
    # A process that ends too early leaves a broken pipe; whoever asked makes its calls himself.
    with (
        suppress(BrokenPipeError),
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ahead:
            print(name, file=process.stdin, flush=True)
            took = process.stdout.readline()
            if not took:
                return
            through(name, float(took))


def _make_calls() -> None:
    """Make the calls that are named on standard input, and say how long each has taken."""
    calls = _usual_calls()
    for line in sys.stdin:
        began = time.perf_counter()
        with always_compiled():
            calls[line.strip()]()
        print(time.perf_counter() - began, flush=True)


def _usual_calls() -> dict[str, Callable[[], object]]:
    """Return one call of each kind, in an order in which each adds to what those before it have compiled.

    The first begins with the solver, the second has none of its own and begins with the proof, so that two processes do
    not wait for each other.
    """
    from scipy.sparse import csr_array

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, LARGE, 2))
    far = rng.normal(size=(2, LARGER, 10))
    matrix = rng.random((LARGE, LARGE))
    weights = rng.random(LARGE), rng.random(LARGE)
    weighted = TransportProblem(Euclidean().between(x, y), *weights, probability=True)

    def again() -> object:
        return transport(weighted, method="simplex", warm_start=transport(weighted, method="simplex"))

    few = x[:SMALL], y[:SMALL]
    graph = csr_array(np.where(matrix < 0.2, matrix, 0.0) + np.eye(LARGE))

    def long_tails() -> object:
        tails = np.exp(-700.0 * rng.random((2, LARGE)))
        near = np.abs(x[:, None, 0] - y[:, 0])
        costs = [matrix[:SMALL, :SMALL], matrix, near, Euclidean().between(x, y)]
        problems = [TransportProblem(cost, *tails[:, : cost.shape[0]], probability=True) for cost in costs]
        return [transport(problem, method="simplex") for problem in problems]

    def metrics() -> object:
        return energy_distance(x, y), energy_distance(x[:, 0], y[:, 0]), mmd(x, y), mmd(x, y, kernel="laplace")

    def many_samples() -> object:
        return pairwise([x[:9, 0], y[:9, 0], y[:7, 0]])

    def tables() -> object:
        return drift({"x": x[:, 0], "y": x[:, 1]}, {"x": y[:, 0], "y": y[:, 1]}, rng=0)

    calls: dict[str, Callable[[], object]] = {
        "small clouds": partial(wasserstein, *few, method="simplex"),
        "method='lp'": partial(wasserstein, *few, method="lp"),
        "points on the line": partial(wasserstein, x[:, 0], y[:, 0]),
        "whole numbers on the line": partial(wasserstein, [0, 1], [2, 4]),
        "large clouds": partial(transport, weighted, method="simplex"),
        "larger clouds": partial(wasserstein, *rng.normal(size=(2, LARGER, 2)), method="simplex"),
        "warm starts": again,
        "clouds of many dimensions": partial(wasserstein, *far, method="simplex"),
        "sparse costs": partial(transport, graph),
        "histograms with long tails": long_tails,
        "integral probability metrics": metrics,
        "many clouds": partial(pairwise, [x[:9], y[:7]], p=2),
        "small clouds, cityblock": partial(wasserstein, *few, metric="cityblock", method="simplex"),
        "many clouds, cityblock": partial(pairwise, [x[:9], y[:7]], metric="cityblock"),
        "batches of pairs": partial(wasserstein_batch, x[None, :9], y[None, :7]),
        "many histograms": partial(pairwise, matrix[:3, :9], ground_cost=matrix[:9, :9]),
        "many samples on the line": many_samples,
        "method='assignment'": partial(wasserstein, *few, method="assignment"),
        "method='sinkhorn'": partial(wasserstein, *few, method="sinkhorn", options=SinkhornOptions(epsilon=1.0)),
        "drift between tables": tables,
        "divergences of histograms": partial(f_divergence, "kl", [1, 2], [2, 1]),
    }
    for kind in (np.float64, np.float32):
        for laid_out, words in ((np.ascontiguousarray, ""), (np.asfortranarray, ", columns first")):
            for size, name in ((SMALL, "small matrix"), (LARGE, "large matrix")):
                costs = laid_out(matrix[:size, :size].astype(kind))
                calls[f"{name}, {kind.__name__}{words}"] = partial(transport, costs, method="simplex")
    return calls
