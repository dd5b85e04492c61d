"""All distances among many measures."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Literal, NoReturn

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost
from otkit.divergences.generators import FDivergence
from otkit.inputs.checks import as_count
from otkit.inputs.frames import Missing
from otkit.many.blocks import Block, cut, solve_blocks
from otkit.many.cache import Cache
from otkit.many.distances import PairwiseResult
from otkit.many.pair_kinds import EXACT, Found, Names, PairError, PairKind, rooted
from otkit.many.reading import as_comparison
from otkit.numerics.compiling import clock
from otkit.numerics.pickling import Whole
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.solve import NotConvergedError
from otkit.solvers.monitor import Monitor, Progress
from otkit.solvers.waiting import waiting


class CacheError(Whole, OSError):
    """The distances are there, but not all of them could be kept on disk.

    Attributes
    ----------
    result : PairwiseResult
        All distances.
    """

    __module__ = "otkit"  # where users find it, so that tracebacks say so

    def __init__(self, message: str, result: PairwiseResult) -> None:
        super().__init__(message)
        self.result = result


def pairwise(
    measures: Any,
    others: Any = None,
    *,
    p: float = 1,
    metric: str | Cost | Callable[[FloatArray, FloatArray], float] = "euclidean",
    ground_cost: ArrayLike | None = None,
    distance: str | FDivergence | Callable[[Any, Any], Any] = "wasserstein",
    missing: Missing = "raise",
    n_jobs: int | None = None,
    threads: int | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    proof: Literal["auto", "exact"] = "auto",
    verify: bool = True,
    progress: bool | Callable[[Progress], None] = False,
) -> PairwiseResult:
    """Return all distances among measures, or from measures to others, each with proved bounds.

    Small problems are solved by the thousand in one compiled batch, costs, network simplex and proof; samples on the
    line are sorted once; large problems are solved one by one. Every number is the same whatever the number of
    threads, processes or machines.

    Parameters
    ----------
    measures : sequence of array-like or DiscreteMeasure; or array-like of shape (n, bins)
        Point clouds (k, d) of any sizes, 1-D arrays being samples on the line, with weights in a `DiscreteMeasure`. An
        array of shape (n, k, d) holds n clouds of k points. With `ground_cost`, or for an f-divergence, histograms: one
        a row. Each measure is divided by its total.
    others : the same, optional
        Measures to compare with; the measures themselves if left out. Then symmetric work is done once.
    p : float, default 1
        The Wasserstein power: distances are W_p, as in `otkit.wasserstein`.
    metric : str, cost object or callable, default "euclidean"
        The distance between points, as in `otkit.wasserstein`.
    ground_cost : array-like of shape (bins, bins of the others), optional
        The distance between bins, shared by all histograms; `p` is its power, as it is a metric's.
    distance : str, FDivergence or callable, default "wasserstein"
        Other numbers than W_p: an f-divergence between histograms ("kl", "js", "tv", … or an `FDivergence`), a metric
        between clouds ("energy", "cramer", "total_variation", or "mmd", with one bandwidth for all pairs), or a
        function of two measures (as `DiscreteMeasure`), which is called for every pair and both ways round.
    missing : {"raise", "drop"}, default "raise"
        What to do about points of which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.
    n_jobs : int, optional
        Processes, by joblib (``pip install ".[parallel]"``); −1 for one for each core. By default this process
        works with all its threads, unless ``joblib.parallel_config`` says where work should go: within
        ``with joblib.parallel_config(backend="dask"):`` the same call is sent to a Dask cluster.
    threads : int, optional
        Threads of this process.
    cache_dir : path, optional
        A directory that keeps finished blocks: an interrupted run that is started again goes on where it was. Numbers
        that are found there are proved again, by the trees beside them, which takes a fraction of the time; on the
        line, and of all that is no transport, no proof is faster than finding them, and they are found again.
    proof : {"auto", "exact"}, default "auto"
        "exact": every distance is the optimum in exact arithmetic, rounded once, as by `otkit.wasserstein`; pairs are
        then solved one by one, which takes some ten times as long for small ones. "auto": float certificates in
        batches, and for whatever is solved by itself its best proof. `result.proof` says which pair has which.
    verify : bool, default True
        Without, numbers in `cache_dir` are taken as they are stored there, and their `proof` is "stored".
    progress : bool or callable, default False
        True shows a progress bar in the terminal or notebook; a callable gets a `Progress` now and then.

    Returns
    -------
    PairwiseResult
        `distances`, `lower`, `upper`, `proof`; an array for SciPy and scikit-learn as it is.

    Raises
    ------
    ValueError, TypeError
        A bad measure, by its name, before any work is done: not finite, of another dimension, without mass.
    NotConvergedError
        A pair was not proved optimal; it is named.
    CacheError
        The cache could not be written to the end; its `result` has all distances.

    See Also
    --------
    nearest : the nearest of many, without all distances.
    plot_dendrogram : the distances as a tree.
    wasserstein : one pair, with its plan.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> clouds = [np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([[0.0, 1.0], [0.0, -1.0]])]
    >>> otkit.pairwise(clouds).distances.round(3).tolist()
    [[0.0, 5.0, 1.0], [5.0, 0.0, 5.037], [1.0, 5.037, 0.0]]
    >>> histograms = [[1, 0, 0], [0, 1, 1]]
    >>> cost = [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    >>> otkit.pairwise(histograms, ground_cost=cost)[0, 1].item()
    1.5
    >>> otkit.pairwise(histograms, distance="tv")[0, 1].item()
    1.0
    """
    began = clock()
    comparison, names = as_comparison(
        measures, others, p=p, metric=metric, ground_cost=ground_cost, distance=distance, missing=missing, proof=proof
    )
    if n_jobs is not None and n_jobs != -1:
        n_jobs = as_count(n_jobs, "n_jobs")
    cache = None
    if cache_dir is not None:
        comparison.contents()  # says if they can't be told
        cache = Cache(cache_dir)
    shown = waiting("all pairs") if progress is True else nullcontext(progress or None)
    sharing = nullcontext() if threads is None else sharing_threads(threads)
    with sharing, shown as report:
        try:
            tables = _tables(comparison, names.left, n_jobs, cache, Monitor(report), verify=verify)
        except PairError as error:
            raise_named(error, names)
    value, lower, upper, codes = tables
    p = comparison.p
    distances = rooted(value, p)
    result = PairwiseResult(
        distances,
        np.minimum(rooted(lower, p, -np.inf), distances),
        np.maximum(rooted(upper, p, np.inf), distances),
        codes,
        clock() - began,
        comparison,
        names,
    )
    if cache is not None and cache.fault is not None:
        raise CacheError(
            f"cache_dir could not keep all blocks ({cache.fault}). All distances were found all the same: they are in "
            "the `result` of this error.",
            result,
        ) from cache.fault
    return result


def raise_named(error: PairError, names: Names) -> NoReturn:
    """Raise what went wrong, with the names of the pair in front; in a note where it is not known how to make such."""
    i, j = error.pair
    pair = f"The pair ({names(i)}, {names(j)})"
    message = f"{pair}: {error.error}"
    if isinstance(error.error, NotConvergedError):
        raise NotConvergedError(message, error.error.result) from error.error
    for kind in (ValueError, TypeError, MemoryError):
        if isinstance(error.error, kind):
            raise kind(message) from error.error
    error.error.add_note(pair)  # of a signal handler, for one, whose type somebody waits for
    raise error.error


def _tables(
    comparison: PairKind, left: int, n_jobs: int | None, cache: Cache | None, monitor: Monitor, *, verify: bool
) -> Found:
    """Fill the tables of values and bounds, block by block."""
    right = len(comparison) - left
    own = right == 0
    tables = Found.empty((left, right or left), EXACT)  # from a measure to itself
    blocks = list(cut(comparison, left))
    total, done = sum(map(len, blocks)), 0
    monitor.tick(f"0 of {total:,} pairs")
    for block, found in solve_blocks(comparison, blocks, n_jobs, cache, verify=verify):
        for table, values in zip(tables, found, strict=True):
            _put(table, block, values, 0 if own else left, mirrored=own and comparison.symmetric)
        done += len(block)
        monitor.tick(f"{done:,} of {total:,} pairs")
    return tables


def _put(table: FloatArray, block: Block, values: FloatArray, offset: int, *, mirrored: bool) -> None:
    """Write the numbers of a block to its place, and to the mirrored one."""
    first, second = block.pairs()
    which = block.measures
    rows, cols = which[first], which[second] - offset
    table[rows, cols] = values
    if mirrored:
        table[cols, rows] = values
