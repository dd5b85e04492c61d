"""A Wasserstein distance between samples, give or take; and what it says about the laws they are from.

*Fluctuation.* Over fresh samples W_p(P_n, Q_m) varies about its mean with a standard deviation of order n^{-1/2} in any
dimension (E. del Barrio & J.-M. Loubes, Ann. Probab. 47, 2019). Half-samples drawn without replacement vary, given the
data, just as much about their own mean: the delete-half jackknife (J. Shao & C. F. J. Wu, Ann. Statist. 17, 1989).

*Bias.* The mean itself lies above W_p(P, Q): between samples of one law it is about n^{-1/d} in dimension d > 2, and
where the laws differ the noise of the matching adds to their distance much as independent errors do, in squares,

    E W_p(P_n, Q_m)² ≈ W_p(P, Q)² + c n^{-β}.

β is measured, where it is known to be the same: between halves, and between quarters, of one sample, whose distance is
bias alone. It adapts to the dimension in which the data really lie. Then one step of Richardson's extrapolation from
half-samples to whole ones removes c. The error of the result is again that of half-samples, extrapolated from their
quarters: what the correction adds to the noise is in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from otkit._text import figures, shown, wasserstein_name
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_count, as_power
from otkit.inputs.frames import NOTHING, Missing, Reading, as_clouds
from otkit.inputs.randomness import Rng, seeded
from otkit.io.results import Result
from otkit.many.subsets import Pool
from otkit.numerics.threads import Stopped
from otkit.solvers.monitor import Monitor, Progress
from otkit.solvers.waiting import waiting
from otkit.statistics.effort import Effort
from otkit.statistics.two_sample import TwoSampleTest

# Half-samples of one sample beside one another, for its self-distance.
_HALVINGS = 16

# Distances between two reports.
_TOGETHER = 8

# The least that extrapolation takes β for: below it the correction is larger than what is corrected.
_LEAST_DECAY = 0.05


@dataclass(frozen=True)
class WassersteinInterval(Result):
    """A distance with its interval.

    Attributes
    ----------
    distance : float
        W_p between the two samples, exact.
    estimate : float
        What the interval is about: `distance` itself, or the bias-reduced estimate for the laws.
    lower, upper : float
        The ends of the interval.
    level : float
    population : bool
        Whether it is for the distance between the laws; otherwise for the mean distance between samples of these sizes.
    self_distance : tuple of two floats
        The mean W_p between disjoint halves of x, and of y: how far apart samples are that differ by chance alone.
    decay : float
        β, the rate at which the squares of such distances fall with n; 2/d in dimension d > 2, at most 1.
    p : float
    sizes : tuple of two int
        Of the samples.
    seed : int or None
        What `rng=` takes to draw the same numbers again; None where a generator was given.
    reading : Reading
        How the samples were read, in words.
    """

    _fields_of_dict = (
        "distance",
        "estimate",
        "lower",
        "upper",
        "level",
        "population",
        "self_distance",
        "decay",
        "p",
        "detail",
        "seed",
        "sizes",
    )

    distance: float
    estimate: float
    lower: float
    upper: float
    level: float
    population: bool
    self_distance: tuple[float, float]
    decay: float
    p: float
    sizes: tuple[int, int]
    seed: int | None
    reading: Reading = NOTHING

    @property
    def detail(self) -> str:
        """In words, what the interval is about, and how far it can be trusted."""
        if not self.population:
            return "for the mean distance between samples of these sizes, which lies above that between their laws"
        if self.estimate < 0.5 * max(self.self_distance):
            return "for the distance between the laws; the estimate is within what chance makes of one law"
        if self.decay < 0.5:
            return "for the distance between the laws, extrapolated; in so many dimensions samples are mostly chance"
        return "for the distance between the laws"

    def __float__(self) -> float:
        """Return what the interval is about."""
        return self.estimate

    def report(self, test: TwoSampleTest | None = None) -> str:
        """Return the distance and its interval in a sentence for a report.

        Parameters
        ----------
        test : TwoSampleTest, optional
            Of the same samples, for its p-value.

        Raises
        ------
        ValueError
            The test is of samples of other sizes.

        Examples
        --------
        >>> import numpy as np, otkit
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(0.0, 1.0, 200), rng.normal(0.5, 1.0, 150)
        >>> test = otkit.two_sample_test(x, y, rng=0)
        >>> print(otkit.wasserstein_interval(x, y, rng=0).report(test))
        W₁ = 0.39 (95 % interval 0.08–0.54, n = 200 and 150), p = 0.002, 999 permutations
        """
        if test is not None and test.sizes != self.sizes:
            sizes = f"it has {_and(test.sizes)} points, and these are {_and(self.sizes)}"
            raise ValueError(f"test must be of the same samples, but {sizes}.")
        value, lower, upper = figures(self.estimate, self.lower, self.upper, width=self.upper - self.lower)
        name = wasserstein_name(self.p) + (" of the laws" if self.population else "")
        interval = f"{100.0 * self.level:g} % interval {lower}–{upper}"
        sentence = f"{name} = {value} ({interval}, n = {_and(self.sizes)})"
        if test is None:
            return sentence
        same = test.name == f"W_{self.p:g}"
        return f"{sentence}, {'' if same else f'{test.name}: '}{test.significance()}"

    def __str__(self) -> str:
        seed = "" if self.seed is None else f"; seed {self.seed}"
        return (
            f"{self.estimate:.4g}, {self.level:.0%} interval {self.lower:.4g} to {self.upper:.4g} "
            f"({self.reading.added_to(self.detail)}; "
            f"W_{self.p:g} = {self.distance:.4g}, between halves of x {self.self_distance[0]:.4g}, of y "
            f"{self.self_distance[1]:.4g}{seed})"
        )


def _and(sizes: tuple[int, int]) -> str:
    return f"{sizes[0]:,} and {sizes[1]:,}"


Metric: TypeAlias = str | Cost


def wasserstein_interval(
    x: ArrayLike,
    y: ArrayLike,
    *,
    level: float = 0.95,
    population: bool = False,
    p: float = 1.0,
    metric: Metric = "euclidean",
    subsamples: int = 64,
    rng: Rng = None,
    missing: Missing = "raise",
    max_seconds: float | None = None,
    progress: bool | Callable[[Progress], None] = False,
) -> WassersteinInterval:
    """Return W_p between two samples with an interval, by subsampling.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d)
        Independent points from P and from Q, eight at least on either side; 1-D arrays are points on the line.
    level : float
        The share of intervals that are to hold what they are for.
    population : bool
        False: what W_p(x, y) is on average over samples of these sizes; the interval lies around the distance found.
        True: W_p(P, Q) between the laws. Its estimate is lower: samples of one law are some distance apart, too.
    p, metric : float and str or Cost
        As in `otkit.wasserstein`.
    subsamples : int
        How many half-samples to draw. The work is that of as many problems of half the size, or with `population` some
        twice that.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same answer each time; None draws anew, and the result says
        the `seed` that gives its numbers again.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.
    max_seconds : float, optional
        Give up after this long. By default there is no limit, but what would take more than some ten minutes is refused
        before it starts.
    progress : bool or callable, default False
        True shows how many distances are known, and how long the rest will take, in the terminal or notebook; a
        callable gets a `Progress` now and then.

    Returns
    -------
    WassersteinInterval

    Raises
    ------
    ValueError, TypeError
        Fewer than eight points on a side, points that are not finite, unequal dimensions, a level outside (0, 1), fewer
        than two subsamples; more work than anybody waits for (see `max_seconds`).
    TimeoutError
        There is no interval within `max_seconds`.

    See Also
    --------
    two_sample_test : whether the distance is more than chance.
    wasserstein : of the points themselves, proved.
    plot_interval : the interval as a picture.

    Notes
    -----
    Half-samples drawn without replacement tell the fluctuation (the delete-half jackknife, Shao & Wu 1989); between
    the laws, W² is extrapolated from half-samples to whole ones and on, at the rate at which self-distances fall. In
    simulations (`benchmarks/intervals.py`) intervals at 95 % held what they are for 87 to 100 % of the time, in
    dimensions 1 to 10. Limits: the distribution is taken as normal on the scale of squares, which is worst where the
    laws are just far enough apart to be told from one another; the form of the bias is an approximation; tails without
    second moments are beyond it; and in many dimensions nearly all of a sample distance is bias, which the width shows.

    Examples
    --------
    Two normal laws in three dimensions, 1 apart:

    >>> import numpy as np
    >>> import otkit
    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.normal(size=(200, 3)), rng.normal(size=(200, 3)) + [1.0, 0.0, 0.0]
    >>> found = otkit.wasserstein_interval(x, y, population=True, rng=0)
    >>> round(found.distance, 1), found.lower < 1.0 < found.upper
    (1.0, True)
    """
    cost = as_cost(metric)
    clouds = as_clouds({"x": x, "y": y}, missing=missing, invariant=cost.translation_invariant)
    x, y = clouds.points
    for name, points in (("x", x), ("y", y)):
        if len(points) < 8:
            raise ValueError(
                f"{name} must hold at least 8 points to be halved and halved again, but it has {len(points)}."
            )
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, but level = {shown(level)} was given.")
    if as_count(subsamples, "subsamples") < 2:
        raise ValueError(f"subsamples must be at least 2, but subsamples = {subsamples} was given.")
    from scipy.special import ndtri

    p = as_power(p)
    generator, seed = seeded(rng)
    n, m = len(x), len(y)
    on_line = cost.between(x[:1], y[:1], p=p).line() is not None
    effort = (Effort.on_line if on_line else Effort.of_transports)(f"W_{p:g} between halves", n // 2, m // 2)
    effort.require_patience((2 if population else 1) * subsamples, max_seconds, "subsamples")
    with waiting("subsampling") if progress is True else nullcontext(progress or None) as report:
        monitor = Monitor(report, max_seconds)
        total = 1 + subsamples * (5 if population else 1) + 6 * min(_HALVINGS, subsamples)
        try:
            with monitor.interrupting_sweeps():
                pool = _Squares(np.concatenate([x, y]), cost, p, monitor, total)
                whole = float(pool.between(np.arange(n)[None], n + np.arange(m)[None])[0])
                rows, cols = _orders(generator, n, subsamples), n + _orders(generator, m, subsamples)
                halves = pool.between(rows[:, : n // 2], cols[:, : m // 2])
                by_halves, by_quarters = (
                    [float(_self_squares(pool, order[:_HALVINGS], parts).mean()) for order in (rows, cols)]
                    for parts in (2, 4)
                )
                quarters = _quarters(pool, rows, cols, n, m) if population else halves
        except Stopped as early:
            if early.reason != "time_limit":
                raise
            raise TimeoutError(
                f"there was no interval within max_seconds = {max_seconds:g}. Raise it, or give fewer points."
            ) from None
    decay = _decay(sum(by_halves), sum(by_quarters))
    center, draws = whole, halves
    if population:
        gain = 1.0 / (2.0**decay - 1.0)
        center = whole - gain * (float(halves.mean()) - whole)
        draws = halves - gain * (quarters - halves)
    reach = float(ndtri(0.5 + 0.5 * level)) * float(draws.std(ddof=1))
    estimate, lower, upper = (math.sqrt(max(0.0, square)) for square in (center, center - reach, center + reach))
    return WassersteinInterval(
        distance=math.sqrt(whole),
        estimate=estimate,
        lower=lower,
        upper=upper,
        level=level,
        population=population,
        self_distance=(math.sqrt(by_halves[0]), math.sqrt(by_halves[1])),
        decay=decay,
        p=p,
        seed=seed,
        sizes=(n, m),
        reading=clouds.reading,
    )


class _Squares:
    """Squares of W_p between subsets of a pool, of which there are `total` to be computed."""

    def __init__(self, points: FloatArray, metric: Cost, p: float, monitor: Monitor, total: int) -> None:
        self._pool, self._exponent = Pool(points, metric, p), 2.0 / p
        self._monitor, self._total, self._done = monitor, total, 0

    def between(self, rows: IntArray, cols: IntArray) -> FloatArray:
        powers = np.empty(len(rows))
        for start in range(0, len(rows), _TOGETHER):
            part = slice(start, start + _TOGETHER)
            powers[part] = self._pool.between(rows[part], cols[part], self._monitor)
            self._done += len(rows[part])
            self._monitor.tick(f"{self._done} of {self._total} distances")
        return powers**self._exponent


def _orders(generator: np.random.Generator, size: int, count: int) -> IntArray:
    """Return random orders of a sample, one a row: their first halves are half-samples."""
    return generator.permuted(np.tile(np.arange(size), (count, 1)), axis=1)


def _self_squares(pool: _Squares, orders: IntArray, parts: int) -> FloatArray:
    """Return squared distances between neighbouring parts of one sample, cut into halves or quarters."""
    size = orders.shape[1] // parts
    cut = [orders[:, k * size : (k + 1) * size] for k in range(parts)]
    return np.concatenate([pool.between(cut[k], cut[k + 1]) for k in range(0, parts, 2)])


def _quarters(pool: _Squares, rows: IntArray, cols: IntArray, n: int, m: int) -> FloatArray:
    """Return the mean squared distance between quarters of each pair of half-samples."""
    i, j = n // 4, m // 4
    sides = [rows[:, :i], rows[:, i : 2 * i]], [cols[:, :j], cols[:, j : 2 * j]]
    return np.mean([pool.between(one, other) for one in sides[0] for other in sides[1]], axis=0)


def _decay(by_halves: float, by_quarters: float) -> float:
    """Return β: squares of self-distances grow by 2^β from halves to quarters."""
    if by_halves == 0.0:
        return 1.0
    return min(1.0, max(_LEAST_DECAY, math.log2(by_quarters / by_halves)))
