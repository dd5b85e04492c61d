"""Compiling ahead: small calls of every usual kind, so that none waits for the compiler later."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

import numpy as np

from otkit.costs import Euclidean
from otkit.divergences.by_name import f_divergence
from otkit.divergences.ipm import energy_distance, mmd
from otkit.many.all_pairs import pairwise
from otkit.optimal_transport.solve import transport, wasserstein
from otkit.problem import TransportProblem
from otkit.solvers.monitor import Progress
from otkit.solvers.sinkhorn import SinkhornOptions
from otkit.solvers.waiting import waiting

# Points of the small and of the large clouds, which are solved in different ways, and of those that are searched in
# single precision or whose certificate is pruned.
SMALL, LARGE, LARGER = 70, 300, 1000


def warmup(*, progress: bool | Callable[[Progress], None] = False) -> dict[str, float]:
    """Compile what the usual calls need, and keep it for later processes.

    Numba compiles a kernel when it is first called, which takes seconds, and otkit keeps it for every process that
    follows, in the user's folder for caches or in ``OTKIT_CACHE_DIR``. Where everything is there already, this takes a
    moment.

    Parameters
    ----------
    progress : bool or callable, default False
        True shows what is through, in the terminal or notebook; a callable gets a `Progress` for each kind of call, and
        its seconds in the text.

    Returns
    -------
    dict
        The seconds of each kind of call.

    Examples
    --------
    >>> import otkit
    >>> seconds = otkit.warmup()
    >>> list(seconds)[:2]
    ['small clouds', 'points on the line']
    """
    start, seconds = time.perf_counter(), {}
    with waiting("compiling") if progress is True else nullcontext(progress or None) as tell:
        for name, call in _usual_calls().items():
            began = time.perf_counter()
            call()
            seconds[name] = time.perf_counter() - began
            if tell is not None:
                tell(Progress(f"{seconds[name]:7.2f} s  {name}", time.perf_counter() - start))
    return seconds


def _usual_calls() -> dict[str, Callable[[], object]]:
    """Return one call of each kind, in an order in which each adds to what those before it have compiled."""
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
        return energy_distance(x, y), energy_distance(x[:, 0], y[:, 0]), mmd(x, y)

    def many_samples() -> object:
        return pairwise([x[:9, 0], y[:9, 0], y[:7, 0]])

    calls: dict[str, Callable[[], object]] = {
        "small clouds": partial(wasserstein, *few, method="simplex"),
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
        "many histograms": partial(pairwise, matrix[:3, :9], ground_cost=matrix[:9, :9]),
        "many samples on the line": many_samples,
        "method='lp'": partial(wasserstein, *few, method="lp"),
        "method='assignment'": partial(wasserstein, *few, method="assignment"),
        "method='sinkhorn'": partial(wasserstein, *few, method="sinkhorn", options=SinkhornOptions(epsilon=1.0)),
        "divergences of histograms": partial(f_divergence, "kl", [1, 2], [2, 1]),
    }
    for kind in (np.float64, np.float32):
        for laid_out, words in ((np.ascontiguousarray, ""), (np.asfortranarray, ", columns first")):
            for size, name in ((SMALL, "small matrix"), (LARGE, "large matrix")):
                costs = laid_out(matrix[:size, :size].astype(kind))
                calls[f"{name}, {kind.__name__}{words}"] = partial(transport, costs, method="simplex")
    return calls
