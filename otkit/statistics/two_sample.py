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
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from otkit._text import figures, shown, wasserstein_name
from otkit._typing import ArrayLike, BoolArray, FloatArray
from otkit.costs import Cost, Euclidean, SqEuclidean, as_cost
from otkit.costs.kernel_sums import Semimetric, row_sums, subset_sums
from otkit.costs.pairs import PointPairs
from otkit.divergences.ipm import median_bandwidth
from otkit.inputs.checks import as_count, as_power, require_choice
from otkit.inputs.frames import NOTHING, Missing, Reading, as_clouds
from otkit.inputs.randomness import Rng, seeded
from otkit.io.results import Result
from otkit.many.integrals import distribution_integrals
from otkit.many.subsets import Pool
from otkit.numerics.jit import read_only
from otkit.numerics.sums import accurate_sum
from otkit.numerics.threads import pause, share

Statistic: TypeAlias = Literal["wasserstein", "energy", "mmd"]
Function: TypeAlias = Callable[[FloatArray, FloatArray], Any]  # of two samples
Metric: TypeAlias = Callable[[FloatArray, FloatArray], float]  # of two points
STATISTICS = ("wasserstein", "energy", "mmd")

# Deals evaluated together, so that each cost is evaluated once for all of them; fewer where there are many points.
_TOGETHER, _MOST_MEMBERS = 250, 50_000_000

# Two deals whose distances are equal but for rounding count as a tie.
_TIE = 1e-9

# Points that a thread passes on the line between two looks at the clock.
_PORTION = 2_000_000


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
    stopped : bool
        Whether the test ended early, the decision being clear.
    sizes : tuple of two int
        Of the samples.
    seed : int or None
        What `rng=` takes to deal the same way again; None where a generator was given.
    reading : Reading
        How the samples were read, in words.
    """

    _fields_of_dict = ("name", "statistic", "pvalue", "effect", "null_distribution", "stopped", "seed", "sizes")

    statistic: float
    pvalue: float
    null_distribution: FloatArray
    name: str
    stopped: bool
    sizes: tuple[int, int]
    seed: int | None
    reading: Reading = NOTHING

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
        W₁ = 2.00 (n = 8 and 6), p = 0.19, 999 permutations
        """
        n, m = self.sizes
        name = wasserstein_name(float(self.name[2:])) if self.name.startswith("W_") else self.name
        return f"{name} = {figures(self.statistic)[0]} (n = {n:,} and {m:,}), {self.significance()}"

    def significance(self) -> str:
        """Return the p-value and what it rests on, for a sentence."""
        early = ", stopped early" if self.stopped else ""
        return f"p = {self.pvalue:.2g}, {self.null_distribution.size:,} permutations{early}"

    def __str__(self) -> str:
        null = self.null_distribution
        by_chance = f"{null.mean():.4g} ± {null.std():.2g} by chance"
        early = ", stopped early" if self.stopped else ""
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
    stop_at_level: float | None = None,
    p: float = 1.0,
    metric: str | Cost | Metric = "euclidean",
    rng: Rng = None,
    missing: Missing = "raise",
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
    stop_at_level : float, optional
        Stop as soon as so many deals lie beyond the samples that p must end above this level: then p is their number
        over that of the deals drawn, a valid p-value, too. Saves most of the work where nothing is there to be found.
    p, metric : float and str or cost
        For "wasserstein", as in `otkit.wasserstein`.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same answer each time; None draws anew, and the result says
        the `seed` that gives its numbers again.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.

    Returns
    -------
    TwoSampleTest
        With the p-value, the effect, and the distances of all deals drawn.

    Raises
    ------
    ValueError, TypeError
        Points that are not finite, unequal dimensions, an unknown statistic, fewer than one permutation, a level
        outside (0, 1), a function that does not return a number.

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
    measure = _measure(statistic, x, y, p, metric)
    observed = float(measure.of(_members(len(x), len(y), 1))[0])
    generator, seed = seeded(rng)

    def outcome(pvalue: float, null: FloatArray, *, stopped: bool) -> TwoSampleTest:
        """Return the outcome in units of the statistic, of which a power was compared."""
        statistic, distribution = observed**measure.root, null**measure.root
        return TwoSampleTest(
            statistic, pvalue, distribution, measure.name, stopped, (len(x), len(y)), seed, clouds.reading
        )

    null, exceeding = np.empty(permutations), 0
    together = max(1, min(_TOGETHER, _MOST_MEMBERS // (len(x) + len(y))))
    for start in range(0, permutations, together):
        pause()
        stop = min(start + together, permutations)
        null[start:stop] = measure.of(generator.permuted(_members(len(x), len(y), stop - start), axis=1))
        beyond = null[start:stop] >= observed - max(measure.rounding, _TIE * abs(observed))
        reached = np.flatnonzero(exceeding + np.cumsum(beyond) >= most)
        if reached.size:
            drawn = start + int(reached[0]) + 1
            return outcome(most / drawn, null[:drawn], stopped=drawn < permutations)
        exceeding += int(beyond.sum())
    return outcome((exceeding + 1) / (permutations + 1), null, stopped=False)


def _most_exceedances(level: float | None, permutations: int) -> float:
    """Return how many deals beyond the samples settle that p is above the level."""
    if level is None:
        return math.inf
    if not 0.0 < level < 1.0:
        raise ValueError(f"stop_at_level must lie between 0 and 1, but stop_at_level = {shown(level)} was given.")
    return math.floor(level * permutations * (1.0 + 1e-12)) + 1  # 0.3 · 200 is 60


def _members(n: int, m: int, deals: int) -> BoolArray:
    """Return which of the pooled points are in the first sample, as they are observed, once for each deal."""
    return np.repeat(np.arange(n + m)[None] < n, deals, axis=0)


class _Measure(NamedTuple):
    """A distance between the two samples of a deal: a power of what `of` returns for each row of members."""

    name: str
    of: Callable[[BoolArray], FloatArray]
    rounding: float = 0.0
    root: float = 1.0


def _measure(
    statistic: Statistic | Function, x: FloatArray, y: FloatArray, p: float, metric: str | Cost | Metric
) -> _Measure:
    n, m, pooled = len(x), len(y), np.concatenate([x, y])
    if callable(statistic):
        return _Measure(getattr(statistic, "__name__", "statistic"), partial(_by_function, statistic, pooled))
    require_choice(statistic, "statistic", STATISTICS)
    if statistic == "mmd":
        pairs = SqEuclidean().between(pooled).pairs._replace(scale=0.5 / median_bandwidth(x, y) ** 2)
        return _Measure("MMD²", *_mean_difference(pairs, "exponential", n, m))
    if statistic == "energy":
        if pooled.shape[1] == 1:
            return _Measure("energy distance", _on_line(pooled[:, 0], n, m, 2), root=0.5)
        of, rounding = _mean_difference(Euclidean().between(pooled).pairs, "distance", n, m)
        return _Measure("energy distance", of, rounding, 0.5)
    cost, p = as_cost(metric), as_power(p)
    line = cost.between(pooled, p=p).line()
    if line is not None and line[3] == 1.0:
        points, _, scale, _ = line
        return _Measure(f"W_{p:g}", _on_line(points, n, m, 1, scale), root=1.0 / p)
    return _Measure(f"W_{p:g}", _transports(pooled, cost, p, n), root=1.0 / p)


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


def _transports(pooled: FloatArray, metric: Cost, p: float, n: int) -> Callable[[BoolArray], FloatArray]:
    """Return what measures W_p^p."""
    pool = Pool(pooled, metric, p)

    def of(members: BoolArray) -> FloatArray:
        order = np.argsort(~members, axis=1, kind="stable")  # those of the first sample, then the others
        return pool.between(order[:, :n], order[:, n:])

    return of


def _mean_difference(
    pairs: PointPairs, semimetric: Semimetric, n: int, m: int
) -> tuple[Callable[[BoolArray], FloatArray], float]:
    """Return what measures 2 E ρ(X, Y) − E ρ(X, X') − E ρ(Y, Y'), and a bound on its rounding error."""
    rows = row_sums(pairs, semimetric, np.ones(n + m))
    total = accurate_sum(rows)

    def of(members: BoolArray) -> FloatArray:
        within_x = subset_sums(pairs, semimetric, members)
        of_x = np.array([accurate_sum(rows[first]) for first in members])
        between = of_x - within_x
        within_y = total - of_x - between
        return np.maximum(0.0, 2.0 * between / (n * m) - within_x / n**2 - within_y / m**2)

    return of, 1e-13 * total / min(n, m) ** 2


def _on_line(points: FloatArray, n: int, m: int, power: int, scale: float = 1.0) -> Callable[[BoolArray], FloatArray]:
    """Return what measures scale · ∫ |F − G|^power (twice that for the square): the pooled points are sorted once."""
    order = np.argsort(points, kind="stable")
    gaps = np.diff(points[order])

    def of(members: BoolArray) -> FloatArray:
        values = np.empty(len(members))
        dealt = members[:, order]
        share(
            partial(distribution_integrals, read_only(gaps), read_only(dealt), n, m, power, values),
            len(members),
            max(1, _PORTION // gaps.size) if gaps.size else len(members),
            1 + dealt.size // _PORTION,
        )
        return values * (scale * power)

    return of
