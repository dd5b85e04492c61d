"""Columns of numbers, times and durations: how far, where, and whether by chance."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.binned import psi_of_sorted
from otkit.inputs.coordinates import in_floats
from otkit.inputs.values import Values
from otkit.optimal_transport.solve import wasserstein
from otkit.statistics.drift.bridge import limit_pvalue, tail_share
from otkit.statistics.drift.entries import LEVELS
from otkit.statistics.drift.line import Pass, compare_sorted
from otkit.statistics.two_sample import two_sample_test

# Up to so many values on both sides together, W_1 is proved in exact arithmetic, which takes some milliseconds.
LARGEST_EXACT = 10_000

# Up to so many values on both sides together, deals are drawn; and of larger samples where one side has so few values
# that the law of large samples is no guide.
LARGEST_DEALT, FEWEST = 1000, 200

# A value far out that chance puts on the smaller of two very unequal sides moves W_1 more often than the limit law has
# it: of 100 and 3000 Cauchy values, 3 % had p ≤ 0.001. So where a large share of what W_1 is on average by chance
# comes from tails in which the smaller side has a few values only, the larger side is thinned out; with 400 and 1200
# values no such excess was seen (600 seeds for each of six laws).
FEW_IN_TAIL, LARGEST_TAIL_SHARE, MOST_UNEQUAL = 5.0, 0.4, 3
DEALS, STOP = 9999, 0.01

BANDS, BINS = 100, 10


class Numbers(NamedTuple):
    """Both sides of a column as floats, NaN where a value is missing.

    Attributes
    ----------
    reference, current : ndarray
    origin : float or None
        Of times: the seconds since 1970 that they are counted from.
    note : str
        What was done to bring them into float64.
    """

    reference: FloatArray
    current: FloatArray
    origin: float | None
    note: str


def as_numbers(reference: Values, current: Values, column: str) -> Numbers:
    """Return both sides of a column, which must have values, in float64: times in seconds, large integers shifted.

    Raises
    ------
    ValueError
        Numbers whose differences float64 does not hold, or infinite ones.
    """
    sides = (reference, current)
    names = ("reference", "current")
    absent = [side.absent() for side in sides]
    present = [side.taken(~gaps) for side, gaps in zip(sides, absent, strict=True)]
    (x, y), note, _ = in_floats(present, names, column, invariant=True)
    for values, name in ((x, names[0]), (y, names[1])):
        infinite = int(np.isinf(values).sum())
        if infinite:
            raise ValueError(f"{infinite:,} infinite value{'s' * (infinite > 1)} in {name}")
    with np.errstate(over="ignore"):
        if math.isinf(max(x.max(), y.max()) - min(x.min(), y.min())):
            raise ValueError("its values are further apart than the largest float")
    origin = None
    if reference.quantity.startswith("times"):
        origin = float(min(int(side.array.min()) * side.tick for side in present))
    full = []
    for values, gaps in ((x, absent[0]), (y, absent[1])):
        spread = np.full(gaps.size, np.nan)
        spread[~gaps] = values
        full.append(spread)
    return Numbers(full[0], full[1], origin, note)


def compare_numbers(x: FloatArray, y: FloatArray, rng: np.random.Generator) -> dict[str, Any]:
    """Return the fields of a `NumericDrift` that depend on the values.

    Parameters
    ----------
    x, y : ndarray
        Values of the reference and of the current side: at least one, all finite.
    rng : Generator
    """
    x, y = np.sort(x), np.sort(y)
    found = compare_sorted(x, y)
    std = _spread(x)
    w1, lower, upper, proof = _proved(x, y, found)
    noise = math.sqrt(2.0 / math.pi * (1.0 / x.size + 1.0 / y.size)) * float(found.weights.sum())
    pvalue, test = _tested(x, y, found, rng)
    return {
        "w1": w1,
        "w1_lower": lower,
        "w1_upper": upper,
        "proof": proof,
        "std": std,
        "w1_std": _in_units(w1, std),
        "by_chance": _in_units(noise, std),
        "ks": found.ks,
        "psi": psi_of_sorted(x, y, BINS),
        "quantiles": np.array([_quantiles(x), _quantiles(y)]),
        "bands": np.array([_bands(x), _bands(y)]),
        "pvalue": pvalue,
        "test": test,
    }


def _in_units(distance: float, std: float) -> float:
    if distance == 0.0:
        return 0.0
    return distance / std if std > 0.0 else math.inf


def _proved(x: FloatArray, y: FloatArray, found: Pass) -> tuple[float, float, float, str]:
    """Return W_1, the floats that hold it between them, and what that rests on."""
    if x.size + y.size <= LARGEST_EXACT:
        result = wasserstein(x, y, on_failure="return")
        if result.certificate.proof == "exact":
            return result.distance, result.certificate.lower, result.certificate.upper, "exact"
    return found.w1, found.lower, found.upper, "bounded"


def _tested(x: FloatArray, y: FloatArray, found: Pass, rng: np.random.Generator) -> tuple[float, str]:
    """Return the p-value of W_1, and how it was found."""
    n, m = x.size, y.size
    if min(x[0], y[0]) == max(x[-1], y[-1]):
        return 1.0, "one value on both sides"
    few, drawn = min(n, m), ""
    if n + m > LARGEST_DEALT and few >= FEWEST:
        if max(n, m) > MOST_UNEQUAL * few and tail_share(found.weights, FEW_IN_TAIL / few) > LARGEST_TAIL_SHARE:
            x, y, drawn = _thinned(x, y, MOST_UNEQUAL * few, rng)
            found = compare_sorted(np.sort(x), np.sort(y))
        scale = math.sqrt(1.0 / x.size + 1.0 / y.size)
        return limit_pvalue(found.weights, found.w1 / scale), f"limit law of W₁{drawn}"
    if n + m > LARGEST_DEALT:  # the larger side has more values than the smaller one lets count
        x, y, drawn = _thinned(x, y, LARGEST_DEALT - few, rng)
    dealt = two_sample_test(x, y, permutations=DEALS, stop_at_level=STOP, rng=rng)
    return dealt.pvalue, f"W₁, {dealt.null_distribution.size} permutations{drawn}"


def _thinned(x: FloatArray, y: FloatArray, most: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, str]:
    """Return both sides with `most` random values of the larger one, and what is to be said about that."""
    if x.size > y.size:
        return rng.choice(x, most, replace=False), y, f", {most:,} random values of reference"
    return x, rng.choice(y, most, replace=False), f", {most:,} random values of current"


def _spread(values: FloatArray) -> float:
    """Return the standard deviation of sorted values, whose squares may leave float64."""
    width = float(values[-1] - values[0])
    return float(np.std((values - values[0]) / width)) * width if width > 0.0 else 0.0


def _quantiles(values: FloatArray) -> FloatArray:
    """Return the quantiles F⁻¹(t) of sorted values at `LEVELS`."""
    places = np.ceil(np.array(LEVELS) * values.size - 1e-9).astype(np.int64) - 1
    return values[np.maximum(places, 0)]


def _bands(values: FloatArray) -> FloatArray:
    """Return the means of F⁻¹ over each percent, of sorted values."""
    least, width = float(values[0]), float(values[-1] - values[0])
    if width == 0.0:
        return np.full(BANDS, least)
    area = np.concatenate([[0.0], np.cumsum((values - least) / width)])
    edges = np.arange(BANDS + 1) / BANDS * values.size
    means = np.diff(np.interp(edges, np.arange(values.size + 1), area)) * (BANDS / values.size)
    found: FloatArray = least + width * means
    return found
