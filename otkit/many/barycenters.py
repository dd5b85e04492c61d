"""Averages of measures: the barycenter.

The barycenter of μ_1 … μ_K with weights λ minimises Σ_k λ_k W_p^p(ν, μ_k) over measures ν (Agueh & Carlier, SIAM J.
Math. Anal. 43, 2011). It is found exactly in two cases.

*On the line*, W_p^p(ν, μ_k) = ∫ |q − q_k|^p du for the quantile functions q and q_k, so the integrand can be minimised
at each level u by itself: by the mean of the q_k(u) for p = 2, by a median for p = 1. Both rise with u, hence are a
quantile function, and no measure does better.

*On a fixed support* it is a linear program in ν and the plans Γ_k (Anderes, Borgwardt & Miller, Math. Methods Oper.
Res. 84, 2016). Its dual has prices f_k, g_k with f_k,i + g_k,s ≤ λ_k c_k,is and Σ_k g_k ≥ 0 on the support; then,
whatever ν and the plans are,

    Σ_k λ_k ⟨C_k, Γ_k⟩ ≥ Σ_k (Σ a_k f_k + Σ ν g_k) ≥ Σ_k Σ a_k f_k.

So any g that adds up to nothing negative, with the largest f that it leaves room for (a c-transform), proves a bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Literal

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs import Cityblock, Cost, Euclidean, PairCosts, SqEuclidean, as_cost, bind
from otkit.inputs.checks import as_cost_array, as_count, as_power, as_weights, require_memory
from otkit.inputs.frames import NOTHING, Frame, Missing, Reading, as_clouds
from otkit.inputs.labelled import axes_of
from otkit.inputs.labels import Labels
from otkit.inputs.matching import masses_of
from otkit.inputs.randomness import Rng, seeded
from otkit.io.results import Result, points_frame
from otkit.many import free_support
from otkit.many.containers import list_of_measures
from otkit.many.histograms import Bins, as_histograms
from otkit.many.pair_kinds import Names
from otkit.measures import DiscreteMeasure, taken_apart
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.pickling import owned
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import TransportProblem

_U = 0.5 * EPS
_TOLERANCE = 1e-10  # what HiGHS is asked for; what it reached is for the bounds to say


@dataclass(frozen=True, eq=False, repr=False)
class BarycenterResult(Result):
    """A barycenter, and how far it may be from the best one.

    Attributes
    ----------
    points : ndarray, shape (m, d), or None
        Where its mass sits; None where the support was given by a ground cost alone.
    masses : ndarray, shape (m,)
        How much is there, one altogether.
    weights : ndarray, shape (K,)
        The weights λ of the measures, one altogether.
    lower, upper : float
        Bounds of the least Σ_k λ_k W_p^p(ν, μ_k) over all ν (on the support, where it was given); `upper` holds for
        this one.
    results : tuple of TransportResult
        The transport from each measure to the barycenter, with its own certificate.
    method : {"line", "lp", "pair", "turns"}
        How it was found: by quantile functions, the linear program, on the way between two measures, or by turns.
    history : tuple of float
        Of "turns": the value of each round of the best start, which falls.
    seed : int or None
        Of "turns": what `rng=` takes to draw the same starts again.
    reading : Reading
        How the measures were read, in words.
    labels : Labels or None
        What the bins of the barycenter are called, where the columns of the ground cost have labels.
    """

    _fields_of_dict = ("value", "lower", "upper", "points", "masses", "weights", "method", "labels")

    points: FloatArray | None
    masses: FloatArray
    weights: FloatArray
    lower: float
    upper: float
    results: tuple[TransportResult, ...]
    method: Literal["line", "lp", "pair", "turns"]
    reading: Reading = NOTHING
    labels: Labels | None = None
    history: tuple[float, ...] = ()
    seed: int | None = None

    def to_series(self) -> Any:
        """Return the masses as a pandas Series, by the labels of the ground cost's columns, or numbered.

        Examples
        --------
        >>> import otkit, pandas as pd
        >>> C = pd.DataFrame([[0, 1, 4], [1, 0, 1], [4, 1, 0]], index=list("abc"), columns=list("abc"))
        >>> otkit.barycenter([{"a": 1}, {"c": 1}], ground_cost=C).to_series().to_dict()
        {'a': 0.0, 'b': 1.0, 'c': 0.0}
        """
        import pandas as pd

        return pd.Series(self.masses, index=None if self.labels is None else self.labels.index, name="mass")

    def to_frame(self) -> Any:
        """Return the points, in the named columns of the measures, and their masses as a pandas DataFrame.

        Where the support was given by a ground cost alone: the masses by its labels.

        Examples
        --------
        >>> import otkit
        >>> otkit.barycenter([{"age": [10.0, 20.0]}, {"age": [30.0, 60.0]}]).to_frame()
            age  mass
        0  20.0   0.5
        1  40.0   0.5
        """
        if self.points is None:
            return self.to_series().to_frame()
        return points_frame(self.reading.columns, self.points, self.masses)

    @property
    def value(self) -> float:
        """Σ_k λ_k W_p^p(ν, μ_k) of this barycenter."""
        return math.fsum(weight * result.value for weight, result in zip(self.weights, self.results, strict=True))

    @property
    def gap(self) -> float:
        """Width of the proved interval, upper − lower."""
        return self.upper - self.lower

    @property
    def measure(self) -> DiscreteMeasure:
        """The barycenter as a measure, points without mass left out."""
        if self.points is None:
            raise ValueError("measure needs points, but the support was given by a ground cost. Use `masses`.")
        used = np.flatnonzero(self.masses)
        return DiscreteMeasure(Frame(self.reading.columns, block=self.points[used]), self.masses[used])

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        how = {
            "line": "average of quantile functions",
            "lp": "linear program",
            "pair": "on the way between two measures",
            "turns": f"points and plans by turns, {len(self.history)} rounds; a local minimum",
        }[self.method]
        return (
            f"barycenter of {self.weights.size} measures: {np.count_nonzero(self.masses)} points with mass\n"
            f"  value    {self.value:.12g}\n"
            f"  proof    {self.lower:.12g} ≤ OPT ≤ {self.upper:.12g}, gap {self.gap:.1e}\n"
            f"  method   {self.method} ({how})" + "".join(f"\n  data     {note}" for note in self.reading.notes)
        )

    def __repr__(self) -> str:
        return f"BarycenterResult(value={self.value!r}, measures={self.weights.size}, points={self.masses.size})"


def barycenter(
    measures: Sequence[ArrayLike | DiscreteMeasure],
    weights: ArrayLike | None = None,
    *,
    p: float = 2,
    metric: str | Cost = "euclidean",
    support: ArrayLike | int | None = None,
    ground_cost: ArrayLike | PairCosts | None = None,
    starts: int = 3,
    rng: Rng = None,
    missing: Missing = "raise",
) -> BarycenterResult:
    """Return the Wasserstein barycenter: the measure ν with the least Σ_k λ_k W_p^p(ν, μ_k), with a proof.

    Exact on the line (p = 1 or 2, any support) and on a given support (any p and any cost, by a linear program that
    grows with the number of all pairs: thousands of points, not millions). On k points that may lie anywhere
    (``support=k``, squared Euclidean costs) it is exact for two measures if k points are enough, and on the line the
    best with k points of equal mass; else a local minimum, whose distance from the best measure of all is bounded.

    Parameters
    ----------
    measures : sequence of array-like of shapes (n_k, d) or (n_k,), or DiscreteMeasure
        Points, equally weighted, or measures, which bring their weights; in a dictionary, with names. With
        `ground_cost`: histograms, weights over the rows of that matrix, by label where both have labels.
    weights : array-like, shape (K,), dict or pandas Series, optional
        The weights λ, non-negative; they are divided by their sum. Equal by default. By name where measures have names.
    p : float, default 2
        The Wasserstein power. On the line without `support` 1 (a measure of medians) or 2 (of means).
    metric : str or cost object, default "euclidean"
        As in `wasserstein`.
    support : array-like, shape (m, d), or int, optional
        The points where the barycenter may have mass. It may be left out on the line. A number k: at most k points,
        wherever they are best. They have equal masses, but for an exact barycenter that needs no more points.
    ground_cost : array-like, shape (n, m), optional
        The cost from each bin of the histograms to each bin of the barycenter, taken as it is.
    starts : int, default 3
        With ``support=k``: from how many random draws of points to begin.
    rng : None, int or numpy.random.Generator, optional
        Where these draws come from: a number gives the same answer each time; None draws anew, and the result says the
        `seed` that gives it again.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.

    Returns
    -------
    BarycenterResult
        `measure` (or `masses` alone), `lower` and `upper`, and the transport to each measure in `results`. On the line
        the barycenter is exact but for the rounding of each point and mass.

    Raises
    ------
    ValueError, TypeError
        Measures of different dimension or, in more than one, without a support; the index of a bad one is named.
    MemoryError
        The linear program does not fit.

    See Also
    --------
    displacement_interpolation : between two measures.
    pairwise : all distances among measures.

    Examples
    --------
    Half-way between two measures on the line lie the means of their quantiles:

    >>> import otkit
    >>> middle = otkit.barycenter([[0.0, 1.0], [10.0, 14.0, 15.0]])
    >>> middle.measure.points.ravel().tolist()
    [5.0, 7.0, 7.5, 8.0]
    >>> middle.masses.round(6).tolist()
    [0.333333, 0.166667, 0.166667, 0.333333]

    On a grid of four bins:

    >>> C = otkit.cost_matrix([0, 1, 2, 3], metric="sqeuclidean")
    >>> result = otkit.barycenter([[1, 0, 0, 0], [0, 0, 1, 0]], ground_cost=C)
    >>> result.masses.tolist(), result.lower <= result.value <= result.upper
    ([0.0, 1.0, 0.0, 0.0], True)
    """
    items, names = list_of_measures(measures, "measures")
    shares = as_weights(masses_of(names, weights, "weights", "measures").masses, "weights", len(items))
    shares = shares / math.fsum(shares)
    if ground_cost is not None:
        if support is not None:
            raise TypeError("support must be left out where a ground_cost is given: its columns are the support.")
        cost = (
            bind(as_cost_array(ground_cost, "ground_cost")) if not isinstance(ground_cost, PairCosts) else ground_cost
        )
        rows, columns = axes_of(ground_cost)
        bins = Bins(cost.shape[0], rows, "the rows of ground_cost")
        histograms = as_histograms(measures, None, (bins, bins)).rows
        found = _on_support([_heavy(cost, masses) for masses in histograms], shares, None)
        return replace(found, labels=None if columns is None or columns.are_numbers_of_rows else columns)
    power = as_power(p)
    ground = as_cost(metric)
    if isinstance(support, (int, np.integer)) and not isinstance(support, bool):
        _require_squares(ground, power)
        clouds, _, reading = _clouds(items, names, None, missing, ground)
        size, starts = as_count(int(support), "support"), as_count(starts, "starts")
        return replace(_anywhere(clouds, shares, size, starts, rng), reading=reading)
    clouds, places, reading = _clouds(items, names, support, missing, ground)
    places = None if places is None else owned(places)
    if places is not None:
        if ground.depends_on_data:
            ground = ground.fitted(np.concatenate([*(cloud.points for cloud in clouds), places]))
        sides = [(ground.between(cloud.points, places, p=power), cloud.weights) for cloud in clouds]
        return replace(_on_support([_heavy(*side) for side in sides], shares, places), reading=reading)
    if clouds[0].points.shape[1] > 1:
        raise ValueError(
            f"support must be given in dimension {clouds[0].points.shape[1]}: without one the barycenter is found "
            "exactly on the line alone. Give the points where it may have mass, such as a grid or all points there "
            "are, or a number of points, support=k, to have them placed."
        )
    line = ground.between(clouds[0].points[:1], clouds[0].points[:1], p=power).line()
    if line is None or line.p not in (1.0, 2.0):
        raise ValueError(
            f"p must be 1 or 2, and the cost |x − y|^p, where support is left out, but metric={metric!r} with "
            f"p = {power:g} was given. Give a support."
        )
    return replace(_on_line(clouds, shares, line.p), reading=reading)


# --- what is given --------------------------------------------------------------------------------------------------


def _clouds(
    measures: Sequence[ArrayLike | DiscreteMeasure],
    names: Labels | None,
    support: ArrayLike | None,
    missing: Missing,
    metric: Cost,
) -> tuple[list[DiscreteMeasure], FloatArray | None, Reading]:
    """Return the measures and the support in one space, and how they were read."""
    given: dict[str, ArrayLike] = {}
    weights: dict[str, ArrayLike | None] = {}
    for k, each in enumerate(measures):
        name = Names(len(measures), names)(k)
        given[name], weights[f"{name}.weights"] = taken_apart(each, None, name, "weights")
    if support is not None:
        given["support"], weights["weights of the support"] = support, None
    clouds = as_clouds(given, weights, missing=missing, invariant=metric.translation_invariant)
    points = clouds.points if support is None else clouds.points[:-1]
    checked = [DiscreteMeasure(*each) for each in zip(points, clouds.weights, strict=False)]
    return checked, None if support is None else clouds.points[-1], clouds.reading


def _heavy(cost: PairCosts, masses: FloatArray) -> tuple[PairCosts, FloatArray]:
    """Return costs and masses of the points that have any."""
    rows = np.flatnonzero(masses)
    return cost.restrict(rows, np.arange(cost.shape[1])), masses[rows]


# --- on the line ----------------------------------------------------------------------------------------------------


def _on_line(clouds: list[DiscreteMeasure], shares: FloatArray, p: float) -> BarycenterResult:
    orders = [np.argsort(cloud.points[:, 0], kind="stable") for cloud in clouds]
    sides = [(cloud.points[order, 0], cloud.weights[order]) for cloud, order in zip(clouds, orders, strict=True)]
    sides = [(points[masses > 0.0], masses[masses > 0.0]) for points, masses in sides]
    steps, places, total = _merged_levels([masses for _, masses in sides])
    every = np.arange(len(steps))
    quantiles = np.array([x[np.searchsorted(place, every)] for (x, _), place in zip(sides, places, strict=True)])
    z = _weighted_mean(quantiles, shares) if p == 2.0 else _weighted_median(quantiles, shares)
    heights = [high - low for low, high in zip([0, *steps], steps, strict=False)]
    widths = np.array([height / total for height in heights])
    lower = _least_on_line(quantiles, shares, z, widths, p)

    last = np.append(np.flatnonzero(z[1:] != z[:-1]), z.size - 1)  # atoms that fall on one point are one
    ends = [steps[k] for k in last]
    masses = np.array([(high - low) / total for low, high in zip([0, *ends], ends, strict=False)])
    points = z[last][:, None]
    distance = Cityblock()
    problems = [
        TransportProblem(distance.between(x[:, None], points, p=p), a, masses, probability=True) for x, a in sides
    ]
    return _judged(points, masses, shares, lower, problems, "line")


def _merged_levels(sides: list[FloatArray]) -> tuple[list[int], list[IntArray], int]:
    """Return all levels of cumulative distribution functions, ascending, where those of each are, and what one is.

    Levels are sums of weights over their total: rational numbers, here integers over a common denominator, so that
    1/7 and 3/21 are one level, and none is rounded.
    """
    sums = [list(accumulate(_as_integers(side))) for side in sides]
    total = math.lcm(*(each[-1] for each in sums))
    raised = [[value * (total // each[-1]) for value in each] for each in sums]
    merged = sorted(set().union(*raised))
    number = {level: k for k, level in enumerate(merged)}
    return merged, [np.array([number[level] for level in each]) for each in raised], total


def _as_integers(values: FloatArray) -> list[int]:
    """Return floats in units of a power of two that makes all of them integers, without a common factor of two."""
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    denominator = max(below for _, below in ratios)
    integers = [above * (denominator // below) for above, below in ratios]
    common = math.gcd(*integers)
    return [value // common for value in integers]


def _weighted_mean(quantiles: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the mean of each column; rounding is monotone, so that means rise as quantiles do."""
    mean = np.zeros(quantiles.shape[1])
    for row, share in zip(quantiles, shares, strict=True):
        mean += share * row
    return mean


def _weighted_median(quantiles: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the least median of each column."""
    order = np.argsort(quantiles, axis=0, kind="stable")
    below = np.cumsum(shares[order], axis=0)
    first = (below >= 0.5 * below[-1]).argmax(axis=0)
    at = order[first, np.arange(first.size)]
    return quantiles[at, np.arange(first.size)]


def _least_on_line(quantiles: FloatArray, shares: FloatArray, z: FloatArray, widths: FloatArray, p: float) -> float:
    """Return a lower bound of ∫ min_z Σ_k λ_k |z − q_k|^p.

    Beside the roundings of terms and sums, z is rounded: the mean by no more than K + 2 roundings of the largest
    quantile, which enters squared; and a median may be one of weights that are off as much.
    """
    roundings = 4.0 * (len(shares) + 8) * _U
    terms = shares @ (np.abs(quantiles - z) if p == 1.0 else (quantiles - z) ** 2)
    if p == 1.0:
        missed = roundings * (quantiles.max(axis=0) - quantiles.min(axis=0))
    else:
        missed = (roundings * np.abs(quantiles).max(axis=0)) ** 2
    bound = math.fsum(widths * np.maximum(terms * (1.0 - roundings) - missed, 0.0)) * (1.0 - 4.0 * _U)
    return max(0.0, bound - LEAST * z.size)


# --- on a given support ---------------------------------------------------------------------------------------------


def _on_support(
    sides: list[tuple[PairCosts, FloatArray]], shares: FloatArray, points: FloatArray | None
) -> BarycenterResult:
    """Solve the linear program by HiGHS, prove a lower bound by its prices, an upper one by transport to its answer."""
    pairs = sum(cost.shape[0] * cost.shape[1] for cost, _ in sides)
    require_memory(200 * pairs, f"A linear program over {pairs} pairs", "Take fewer points or a smaller support.")
    costs = [cost.dense() for cost, _ in sides]
    masses = [weights / math.fsum(weights) for _, weights in sides]
    found, prices = _solve(costs, masses, shares)
    lower = _proved(costs, masses, shares, prices)
    problems = [TransportProblem(cost, weights, found, probability=True) for cost, weights in sides]
    return _judged(points, found, shares, lower, problems, "lp")


def _solve(costs: list[FloatArray], masses: list[FloatArray], shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the masses of the barycenter, and the prices g_k of its points, (K, m)."""
    from scipy.optimize import linprog
    from scipy.sparse import block_array, eye_array, kron

    m = costs[0].shape[1]
    scale = max(float(np.abs(cost).max()) for cost in costs) or 1.0
    blocks: list[list[object]] = []
    for k, cost in enumerate(costs):
        n = len(cost)
        plan = [None] * k + [kron(eye_array(n), np.ones((1, m)))] + [None] * (len(costs) - k)
        column = [None] * k + [kron(np.ones((1, n)), eye_array(m))] + [None] * (len(costs) - k - 1) + [-eye_array(m)]
        blocks += [plan, column]
    objective = [share * cost.ravel() / scale for share, cost in zip(shares, costs, strict=True)]
    sums = [part for mass in masses for part in (mass, np.zeros(m))]
    answer = linprog(
        np.concatenate([*objective, np.zeros(m)]),
        A_eq=block_array(blocks, format="csc"),
        b_eq=np.concatenate(sums),
        method="highs",
        options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE},
    )
    if answer.status != 0:
        raise RuntimeError(f"HiGHS could not solve the linear program of the barycenter: {answer.message}")
    starts = np.cumsum([0, *(mass.size + m for mass in masses)])
    prices = np.array([answer.eqlin.marginals[stop - m : stop] for stop in starts[1:]]) * scale
    found = np.maximum(answer.x[-m:], 0.0)
    return found / math.fsum(found), prices


def _proved(costs: list[FloatArray], masses: list[FloatArray], shares: FloatArray, prices: FloatArray) -> float:
    """Return the lower bound that prices of the support prove, once they add up to nothing negative."""
    count = len(costs)
    g = prices - prices.sum(axis=0) / count
    g[0] += 2.0 * count * _U * np.abs(g).sum(axis=0) - np.minimum(g.sum(axis=0), 0.0)
    terms, magnitude = [], []
    for k, (cost, mass) in enumerate(zip(costs, masses, strict=True)):
        priced = shares[k] * cost
        f = (priced - g[k]).min(axis=1)
        doubt = 8.0 * _U * (np.abs(priced).max(axis=1) + np.abs(g[k]).max())
        terms.append(mass * (f - doubt))
        magnitude.append(mass * np.abs(f))
    return math.fsum(map(math.fsum, terms)) - 16.0 * _U * math.fsum(map(math.fsum, magnitude))


# --- on points anywhere ---------------------------------------------------------------------------------------------


def _require_squares(metric: Cost, p: float) -> None:
    """Raise ValueError unless the cost is the squared Euclidean distance."""
    if (metric, p) not in ((Euclidean(), 2.0), (SqEuclidean(), 1.0)):
        raise ValueError(
            "p and metric must give the squared Euclidean cost where support is a number of points, p=2 and "
            f"metric='euclidean', but metric={metric!r} with p = {p:g} was given. Give the points themselves."
        )


def _anywhere(clouds: list[DiscreteMeasure], shares: FloatArray, size: int, starts: int, rng: Rng) -> BarycenterResult:
    """Return the best measure of at most `size` points that is known."""
    held = [DiscreteMeasure(cloud.points[cloud.weights > 0.0], cloud.weights[cloud.weights > 0.0]) for cloud in clouds]
    used = np.flatnonzero(shares)
    taken, weights = [held[k] for k in used], shares[used]
    method: Literal["line", "pair", "turns"] = "pair"
    found, seed = None, None
    if held[0].points.shape[1] == 1:
        whole = _on_line(held, shares, 2.0)
        if whole.masses.size <= size:
            return whole
        found, method = free_support.on_line(whole.measure, whole.lower, size), "line"
    elif len(taken) == 2:
        found = free_support.of_two(taken, weights, size)
    if found is None:
        generator, seed = seeded(rng)
        found, method = free_support.by_turns(taken, weights, size, starts, generator), "turns"
    squares = SqEuclidean()
    problems = [
        TransportProblem(squares.between(side.points, found.points), side.weights, found.masses, probability=True)
        for side in held
    ]
    result = _judged(owned(found.points), found.masses, shares, found.lower, problems, method)
    return replace(result, history=found.history, seed=seed)


# --- both -----------------------------------------------------------------------------------------------------------


def _judged(
    points: FloatArray | None,
    masses: FloatArray,
    shares: FloatArray,
    lower: float,
    problems: list[TransportProblem],
    method: Literal["line", "lp", "pair", "turns"],
) -> BarycenterResult:
    """Return a barycenter with what transport to each of the measures costs, at most."""
    results = tuple(solve_problem(problem) for problem in problems)
    ends = [share * result.certificate.upper for share, result in zip(shares, results, strict=True)]
    upper = math.fsum(ends) + 8.0 * _U * math.fsum(map(abs, ends)) + LEAST * len(ends)
    return BarycenterResult(points, masses, shares, min(lower, upper), upper, results, method)
