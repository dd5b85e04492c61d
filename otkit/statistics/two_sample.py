"""Do two samples come from one law? A permutation test by any distance between them.

Under the hypothesis that they do, every way of dealing the pooled points out into two samples of these sizes is as
likely as the one observed. So the rank of the observed distance among those of random deals is uniform, ties counted
against rejection, and the level of the test is exact, whatever the law and the dimension.

References: B. Phipson & G. Smyth, *Permutation P-values should never be zero*, Stat. Appl. Genet. Mol. Biol. 9 (2010);
J. Besag & P. Clifford, *Sequential Monte Carlo p-values*, Biometrika 78 (1991), for stopping early.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from otkit._text import figures, shown, wasserstein_name
from otkit._typing import ArrayLike, BoolArray, FloatArray
from otkit.costs import Cost, Euclidean, SqEuclidean, as_cost
from otkit.costs.kernel_sums import Semimetric, SubsetSums, row_sums
from otkit.costs.pairs import PointPairs
from otkit.divergences.ipm import median_bandwidth
from otkit.inputs.checks import as_count, as_power, require_choice
from otkit.inputs.frames import NOTHING, Missing, Reading, as_clouds
from otkit.inputs.randomness import Rng, seeded
from otkit.io.results import Result
from otkit.many.dealt import deal, distribution_integrals, quantile_integrals
from otkit.many.subsets import Pool
from otkit.numerics.jit import read_only
from otkit.numerics.kernel import at_once
from otkit.numerics.sums import accurate_sum
from otkit.numerics.threads import Stopped, pause, share
from otkit.solvers.monitor import Monitor, Progress
from otkit.solvers.waiting import waiting
from otkit.statistics.effort import Effort

Statistic: TypeAlias = Literal["wasserstein", "energy", "mmd"]
Function: TypeAlias = Callable[[FloatArray, FloatArray], Any]  # of two samples
Metric: TypeAlias = Callable[[FloatArray, FloatArray], float]  # of two points
STATISTICS = ("wasserstein", "energy", "mmd")

# Deals evaluated together: as many as take about so many seconds, so that the deadline is kept and each value of a
# kernel is evaluated once for many of them; no more than fit in memory.
_PORTION_SECONDS, _TOGETHER, _MOST_MEMBERS = 0.25, 250, 50_000_000

# Two deals whose distances are equal but for rounding count as a tie.
_TIE = 1e-9

# Points that a thread passes on the line between two looks at the clock.
_PORTION = 2_000_000

# Powers and ranges of points whose powers do not leave float64.
_MILD, _LEAST = 8.0, 2.0**-100

Ended: TypeAlias = Literal["all drawn", "decided", "time limit"]
_EARLY: dict[Ended, str] = {
    "all drawn": "",
    "decided": ", stopped early",
    "time limit": ", stopped by the limit of time",
}


@dataclass(frozen=True, eq=False, repr=False)
class TwoSampleTest(Result):
    """The outcome of a permutation test.

    Attributes
    ----------
    statistic : float
        The distance between the samples as they are.
    pvalue : float
        The share of deals at least as far apart as the samples, these included; never 0.
    null_distribution : ndarray
        The distances of random deals, in the order drawn: what chance alone makes of two such samples.
    name : str
        What was measured, such as "W_1".
    ended : {"all drawn", "decided", "time limit"}
        Why no more deals were drawn: see `stop_at_level` and `max_seconds`.
    sizes : tuple of two int
        Of the samples.
    seed : int or None
        What `rng=` takes to deal the same way again; None where a generator was given.
    reading : Reading
        How the samples were read, in words.
    """

    _fields_of_dict = (
        "name",
        "statistic",
        "pvalue",
        "effect",
        "null_distribution",
        "stopped",
        "ended",
        "seed",
        "sizes",
    )

    statistic: float
    pvalue: float
    null_distribution: FloatArray
    name: str
    ended: Ended
    sizes: tuple[int, int]
    seed: int | None
    reading: Reading = NOTHING

    @property
    def stopped(self) -> bool:
        """Whether the test ended early."""
        return self.ended != "all drawn"

    @property
    def effect(self) -> float:
        """By how much the samples are further apart than two of one law are on average, in units of the statistic."""
        return self.statistic - float(self.null_distribution.mean())

    def report(self) -> str:
        """Return the outcome in a sentence for a report.

        Examples
        --------
        >>> import numpy as np, otkit
        >>> print(otkit.two_sample_test(np.arange(8.0), np.arange(6.0) + 3.0, rng=0).report())
        W₁ = 2.00 (n = 8 and 6), p = 0.15, 665 permutations, stopped early
        """
        n, m = self.sizes
        name = wasserstein_name(float(self.name[2:])) if self.name.startswith("W_") else self.name
        return f"{name} = {figures(self.statistic)[0]} (n = {n:,} and {m:,}), {self.significance()}"

    def significance(self) -> str:
        """Return the p-value and what it rests on, for a sentence."""
        early = _EARLY[self.ended]
        return f"p = {self.pvalue:.2g}, {self.null_distribution.size:,} permutations{early}"

    def __str__(self) -> str:
        null = self.null_distribution
        by_chance = f"{null.mean():.4g} ± {null.std():.2g} by chance"
        early = _EARLY[self.ended]
        seed = "" if self.seed is None else f", seed {self.seed}"
        return (
            f"p = {self.pvalue:.4g} ({self.name} = {self.statistic:.4g}, {by_chance}; "
            f"{self.reading.added_to(f'{null.size} permutations{early}{seed}')})"
        )

    def __repr__(self) -> str:
        return f"TwoSampleTest({self})"


def two_sample_test(
    x: ArrayLike,
    y: ArrayLike,
    *,
    statistic: Statistic | Function = "wasserstein",
    permutations: int = 999,
    stop_at_level: float | None = 0.1,
    p: float = 1.0,
    metric: str | Cost | Metric = "euclidean",
    rng: Rng = None,
    missing: Missing = "raise",
    max_seconds: float | None = None,
    progress: bool | Callable[[Progress], None] = False,
) -> TwoSampleTest:
    """Test whether two samples come from the same law, by permutations.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d)
        Independent points, one a row; 1-D arrays are points on the line. Without weights: only equal points are
        exchangeable.
    statistic : {"wasserstein", "energy", "mmd"} or callable
        The distance between the samples: W_p, exact; the energy distance; MMD² with the Gaussian kernel and the median
        bandwidth of the pooled sample; or a function of two arrays of points, larger where they differ more.
    permutations : int
        How many random deals to draw. The p-value is at least 1 / (permutations + 1).
    stop_at_level : float or None, default 0.1
        Stop as soon as so many deals lie beyond the samples that p must end above this level: then p is their number
        over that of the deals drawn, a valid p-value, too (Besag & Clifford 1991), to within some ten per cent of what
        all deals would give. Whatever is decided at this level or a smaller one is what all deals would decide, and
        where nothing is there to be found most of the work is saved. None draws all.
    p, metric : float and str or cost
        For "wasserstein", as in `otkit.wasserstein`.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same answer each time; None draws anew, and the result says
        the `seed` that gives its numbers again.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.
    max_seconds : float, optional
        Draw no more deals after this long, and judge by those that there are: their p-value is as valid. By default
        there is no limit, but a test that would take more than some ten minutes is refused before it starts.
    progress : bool or callable, default False
        True shows how many deals are drawn, and how long the rest will take, in the terminal or notebook; a callable
        gets a `Progress` now and then.

    Returns
    -------
    TwoSampleTest
        With the p-value, the effect, and the distances of all deals drawn.

    Raises
    ------
    ValueError, TypeError
        Points that are not finite, unequal dimensions, an unknown statistic, fewer than one permutation, a level
        outside (0, 1), a function that does not return a number; a test that would take too long (see `max_seconds`).
    TimeoutError
        Not one deal was drawn within `max_seconds`.

    Notes
    -----
    All deals share what depends on the pooled points alone: on the line these are sorted once, and a deal is one pass
    over them; distances and kernels are evaluated once for many deals; for W_p otherwise all costs are evaluated once
    up to some thousand points, and each deal is an exact transport problem of its own.

    See Also
    --------
    wasserstein_interval : how far apart, give or take.
    drift : tables, column by column.
    plot_test : the test as a picture.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(0.0, 1.0, 100), rng.normal(0.7, 1.0, 80)
    >>> print(otkit.two_sample_test(x, y, permutations=199, rng=0))
    p = 0.005 (W_1 = ..., ... by chance; 199 permutations, seed 0)
    >>> otkit.two_sample_test(x, y[:40] - 0.7, statistic="energy", stop_at_level=0.05, rng=0).pvalue > 0.05
    True
    """
    moves = as_cost(metric).translation_invariant if statistic == "wasserstein" else not callable(statistic)
    clouds = as_clouds({"x": x, "y": y}, missing=missing, invariant=moves)
    x, y = clouds.points
    permutations = as_count(permutations, "permutations")
    most = _most_exceedances(stop_at_level, permutations)
    generator, seed = seeded(rng)
    with waiting("permuting") if progress is True else nullcontext(progress or None) as report:
        monitor = Monitor(report, max_seconds)

        def admitted(effort: Effort) -> Effort:
            effort.require_patience(permutations, monitor.remaining)
            return effort

        try:
            with monitor.interrupting_sweeps():
                measure = _measure(statistic, x, y, p, metric, monitor, admitted)
                began = monitor.seconds
                observed = float(measure.of(measure.members)[0])
                if measure.effort.seconds is None:  # a function of the user's
                    admitted(measure.effort.measured(monitor.seconds - began))
                null, ended, exceeding = _draw(measure, observed, permutations, most, generator, monitor)
        except Stopped as early:
            if early.reason != "time_limit":
                raise
            raise TimeoutError(
                f"no permutation was drawn within max_seconds = {max_seconds:g}. Raise it, or give fewer points."
            ) from None
    pvalue = exceeding / null.size if ended == "decided" else (exceeding + 1) / (null.size + 1)
    # A power of the statistic was compared.
    sizes = len(x), len(y)
    return TwoSampleTest(
        observed**measure.root, pvalue, null**measure.root, measure.name, ended, sizes, seed, clouds.reading
    )


def _draw(
    measure: _Measure,
    observed: float,
    permutations: int,
    most: float,
    generator: np.random.Generator,
    monitor: Monitor,
) -> tuple[FloatArray, Ended, int]:
    """Return the distances of random deals, why there are no more, and how many lie beyond the observed one."""
    size = measure.members.size
    null, exceeding, done = np.empty(permutations), 0, 0
    together = max(1, min(_TOGETHER, _MOST_MEMBERS // size))
    portion = measure.effort.within(_PORTION_SECONDS, together) if measure.alone else together
    while done < permutations:
        began = monitor.seconds
        stop = min(done + portion, permutations)
        try:
            monitor.check()
            pause()
            null[done:stop] = measure.of(deal(measure.members[0], stop - done, generator))
        except Stopped as early:
            if early.reason != "time_limit" or done == 0:
                raise
            return null[:done], "time limit", exceeding
        beyond = null[done:stop] >= observed - max(measure.rounding, _TIE * abs(observed))
        reached = np.flatnonzero(exceeding + np.cumsum(beyond) >= most)
        if reached.size:
            drawn = done + int(reached[0]) + 1
            return null[:drawn], "decided" if drawn < permutations else "all drawn", int(most)
        exceeding += int(beyond.sum())
        rate = (monitor.seconds - began) / (stop - done)
        if measure.alone:
            portion = max(1, min(together, int(_PORTION_SECONDS / max(rate, 1e-9))))
        done = stop
        monitor.tick(f"{done} of {permutations} permutations", remaining=rate * (permutations - done))
    return null, "all drawn", exceeding


def _most_exceedances(level: float | None, permutations: int) -> float:
    """Return how many deals beyond the samples settle that p is above the level."""
    if level is None:
        return math.inf
    if not 0.0 < level < 1.0:
        raise ValueError(f"stop_at_level must lie between 0 and 1, but stop_at_level = {shown(level)} was given.")
    return math.floor(level * permutations * (1.0 + 1e-12)) + 1  # 0.3 · 200 is 60


class _Measure(NamedTuple):
    """A distance between the two samples of a deal: a power of what `of` returns for each row of members.

    Attributes
    ----------
    name : str
    of : callable
    members : ndarray
        Which of the pooled points, in the order that `of` takes them in, are in the first sample: one row.
    effort : Effort
        What a deal takes.
    rounding, root : float
    alone : bool
        Whether a deal takes as long by itself as it does beside others.
    """

    name: str
    of: Callable[[BoolArray], FloatArray]
    members: BoolArray
    effort: Effort
    rounding: float = 0.0
    root: float = 1.0
    alone: bool = True


def _measure(
    statistic: Statistic | Function,
    x: FloatArray,
    y: FloatArray,
    p: float,
    metric: str | Cost | Metric,
    monitor: Monitor,
    admitted: Callable[[Effort], Effort],
) -> _Measure:
    """Return what is to be measured, if it is `admitted`: before any work is done."""
    n, m, pooled = len(x), len(y), np.concatenate([x, y])
    members = (np.arange(n + m) < n)[None]
    if callable(statistic):
        name = getattr(statistic, "__name__", "statistic")
        return _Measure(name, partial(_by_function, statistic, pooled), members, Effort.unknown(name, n, m))
    require_choice(statistic, "statistic", STATISTICS)
    if statistic == "mmd":
        effort = admitted(Effort.of_kernel_sums("MMD²", n, m))
        pairs = SqEuclidean().between(pooled).pairs._replace(scale=0.5 / median_bandwidth(x, y) ** 2)
        return _mean_difference(pairs, "exponential", members, n, effort, 1.0)
    if statistic == "energy":
        name = "energy distance"
        if pooled.shape[1] == 1:
            integral, effort = partial(distribution_integrals, 2), admitted(Effort.on_line(name, n, m))
            return _on_line(pooled[:, 0], members, n, integral, effort, 2.0, 0.5)
        effort = admitted(Effort.of_kernel_sums(name, n, m))
        return _mean_difference(Euclidean().between(pooled).pairs, "distance", members, n, effort, 0.5)
    cost, p = as_cost(metric), as_power(p)
    name = f"W_{p:g}"
    line = cost.between(pooled, p=p).line()
    if line is not None and (line.p == 1.0 or (line.p <= _MILD and _LEAST < np.ptp(line.x) < 1.0 / _LEAST)):
        integral = partial(distribution_integrals, 1) if line.p == 1.0 else partial(quantile_integrals, line.p)
        return _on_line(line.x, members, n, integral, admitted(Effort.on_line(name, n, m)), line.scale, 1.0 / p)
    effort = admitted((Effort.of_transports if line is None else Effort.on_line)(name, n, m))
    return _Measure(name, _transports(pooled, cost, p, n, monitor), members, effort, root=1.0 / p)


def _by_function(
    statistic: Callable[[FloatArray, FloatArray], Any], pooled: FloatArray, members: BoolArray
) -> FloatArray:
    values = np.empty(len(members))
    for k, first in enumerate(members):
        pause()
        found = statistic(pooled[first], pooled[~first])
        try:
            values[k] = float(found)
        except (TypeError, ValueError):
            raise TypeError(f"statistic must return a number, but it returned {type(found).__name__}.") from None
        if math.isnan(values[k]):
            raise ValueError("statistic must return a number, but it returned NaN.")
    return values


def _transports(
    pooled: FloatArray, metric: Cost, p: float, n: int, monitor: Monitor
) -> Callable[[BoolArray], FloatArray]:
    """Return what measures W_p^p."""
    pool = Pool(pooled, metric, p)

    def of(members: BoolArray) -> FloatArray:
        order = np.argsort(~members, axis=1, kind="stable")  # those of the first sample, then the others
        return pool.between(order[:, :n], order[:, n:], monitor)

    return of


def _mean_difference(
    pairs: PointPairs, semimetric: Semimetric, members: BoolArray, n: int, effort: Effort, root: float
) -> _Measure:
    """Return what measures 2 E ρ(X, Y) − E ρ(X, X') − E ρ(Y, Y')."""
    m = members.size - n
    sums = SubsetSums(pairs, semimetric)
    rows = row_sums(pairs, semimetric, np.ones(n + m))
    total = accurate_sum(rows)

    def of(members: BoolArray) -> FloatArray:
        within_x = sums.of(members)
        of_x = np.array([accurate_sum(rows[first]) for first in members])
        between = of_x - within_x
        within_y = total - of_x - between
        return np.maximum(0.0, 2.0 * between / (n * m) - within_x / n**2 - within_y / m**2)

    rounding = 1e-13 * total / min(n, m) ** 2 + 0.5 * sums.unit * (1.0 + n / m) ** 2
    return _Measure(effort.name, of, members, effort, rounding, root, alone=False)


def _on_line(
    points: FloatArray,
    members: BoolArray,
    n: int,
    integrals: Callable[..., None],
    effort: Effort,
    scale: float,
    root: float,
) -> _Measure:
    """Return what measures scale times an integral over the line: the pooled points are sorted once."""
    order = np.argsort(points, kind="stable")
    points, m = points[order], points.size - n

    def of(members: BoolArray) -> FloatArray:
        values = np.empty(len(members))
        step, worthwhile = max(1, _PORTION // points.size), 1 + members.size // _PORTION
        with at_once(members.size, "deals on the line"):
            share(
                partial(integrals, read_only(points), read_only(members), n, m, values), len(members), step, worthwhile
            )
        return values * scale

    return _Measure(effort.name, of, members[:, order], effort, 0.0, root)
