"""Integral probability metrics of weighted samples: MMD, the energy and Cramér distances, total variation.

All four are functions of the signed measure P − Q, of which `otkit.divergences.signed` keeps what does not cancel. Its
parts P⁺ and P⁻ enter as 2 ΣΣ ρ(P⁺, P⁻) − ΣΣ ρ(P⁺, P⁺) − ΣΣ ρ(P⁻, P⁻) for a semimetric ρ ≥ 0 that vanishes on the
diagonal: the distance for the energy distance, k(x, x) − k(x, y) for the MMD² of a kernel (Sejdinovic, Sriperumbudur,
Gretton & Fukumizu, *Equivalence of distance-based and RKHS-based statistics in hypothesis testing*, Ann. Statist. 41,
2013). On the line, ∫ (F − G)² is a sum of non-negative terms over the sorted points, with no cancellation at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.costs.kernel_sums import ROUNDINGS, Semimetric, row_sums
from otkit.costs.pairs import SUM_ABS, SUM_SQUARES, PointPairs, point_pairs
from otkit.costs.sweeps import fill
from otkit.divergences import polynomial
from otkit.divergences.result import DivergenceResult
from otkit.divergences.signed import Samples, as_samples, difference, groups, largest_coordinate, total_mass
from otkit.inputs import checks
from otkit.inputs.frames import Missing
from otkit.measures import DiscreteMeasure
from otkit.numerics import double_double as dd
from otkit.numerics.jit import njit, read_only
from otkit.numerics.sums import accurate_dot, accurate_sum, two_sum
from otkit.numerics.threads import share

Kernel: TypeAlias = Literal["gaussian", "laplace", "rational_quadratic", "polynomial"]

_U = 2.0**-53
_UNDERFLOW = 2.0**-500  # more than the root of the squares of small differences that underflow

_MEDIAN_POINTS = 1000  # points whose distances the median heuristic looks at
_SORT_IN_PARALLEL = 20_000  # points above which a second thread is worth while
_LEAST_PAIRS = 2.0**-900  # weight of pairs of different points below which underflow would tell in their mean
_FAR = 400  # exponent of coordinates whose squares might leave float64
_LARGEST_DEGREE = 16
_LARGEST_RATIO = 2.0**500  # of coordinates to bandwidth: squares of more would overflow


class _Form(NamedTuple):
    """How ρ comes from the coordinates: ρ(scale · Σ|x_k − y_k|^order raised to an exponent)."""

    kind: int
    order: float
    exponent: float
    semimetric: Semimetric

    def pairs(self, x: FloatArray, y: FloatArray, scale: float = 1.0) -> PointPairs:
        columns = np.ascontiguousarray(y.T)
        return point_pairs(self.kind, self.order, scale, self.exponent, read_only(x), read_only(columns))


_EUCLIDEAN = _Form(SUM_SQUARES, 2.0, 0.5, "distance")
_CITYBLOCK = _Form(SUM_ABS, 1.0, 1.0, "distance")
_KERNELS: dict[str, _Form] = {
    "gaussian": _Form(SUM_SQUARES, 2.0, 1.0, "exponential"),
    "laplace": _Form(SUM_ABS, 1.0, 1.0, "exponential"),
    "rational_quadratic": _Form(SUM_SQUARES, 2.0, 1.0, "rational"),
}


def mmd(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    kernel: Kernel = "gaussian",
    bandwidth: float | None = None,
    degree: int = 3,
    unbiased: bool = False,
    missing: Missing = "raise",
) -> DivergenceResult:
    """Return MMD², the squared maximum mean discrepancy between two weighted samples.

    MMD² = E k(X, X') + E k(Y, Y') − 2 E k(X, Y): the square, as is the custom, since the square alone has an unbiased
    estimate. Its root is the distance.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line. Columns of data frames are matched by name; times are
        points in seconds.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights; each side is divided by its total. Equal weights by default.
    kernel : {"gaussian", "laplace", "rational_quadratic", "polynomial"}, default "gaussian"
        With bandwidth σ, exp(−‖x−y‖² / 2σ²), exp(−‖x−y‖₁ / σ), 1 / (1 + ‖x−y‖² / 2σ²) or (1 + ⟨x, y⟩ / σ²)^degree;
        ‖·‖ is Euclidean, ‖·‖₁ the sum of absolute differences. The first three are characteristic: MMD² = 0 only
        between equal measures. The polynomial kernel compares moments up to its degree; with `unbiased` it is the
        kernel inception distance (KID) of features, and it depends on the origin.
    bandwidth : float, optional
        σ > 0; by default `median_bandwidth`, the median distance of the pooled sample, and √d for the polynomial
        kernel.
    degree : int, default 3
        Of the polynomial kernel, 1 to 16.
    unbiased : bool, default False
        False: the value between the two discrete measures as they are (the V-statistic), never negative, kind "exact",
        with a bound on the rounding error. True: the U-statistic, the estimate of MMD² between the distributions the
        samples come from, which leaves out pairs of a point with itself; it is negative about half the time
        where these are equal, and returned as it is. Its kind is "estimate", its error the jackknife's standard error.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.

    Returns
    -------
    DivergenceResult
        The value of MMD², its error, and in `detail` the bandwidth.

    Raises
    ------
    ValueError
        Points or weights that are not finite, dimensions that differ, an unknown kernel, a bandwidth that is not
        positive or so small that distances overflow; with `unbiased`, fewer than two points on a side.

    See Also
    --------
    energy_distance : without a bandwidth to choose.
    two_sample_test : its p-value, by `statistic="mmd"`.

    Notes
    -----
    O((n + m)² d) time, O((n + m) d) memory. A. Gretton, K. Borgwardt, M. Rasch, B. Schölkopf, A. Smola, *A kernel
    two-sample test*, J. Mach. Learn. Res. 13 (2012).

    Examples
    --------
    >>> import otkit
    >>> print(otkit.mmd([0.0, 1.0], [0.0, 2.0], bandwidth=1.0))
    0.196735 ± 7.2e-16 (exact, with a bound on the rounding error; MMD², gaussian kernel, bandwidth 1)
    >>> otkit.mmd([0.0, 1.0, 2.0], [0.5, 1.0, 1.5], bandwidth=1.0, unbiased=True).value < 0.0
    True
    >>> otkit.mmd([[1.0, 0.0]], [[0.0, 1.0]], kernel="polynomial", degree=1).value       # ‖E X − E Y‖² / d
    1.0
    """
    checks.require_choice(kernel, "kernel", (*_KERNELS, "polynomial"))
    samples = as_samples(x, y, a, b, missing, invariant=kernel != "polynomial")
    if kernel == "polynomial":
        return _polynomial(samples, bandwidth, degree, unbiased)
    sigma = _median_bandwidth(samples, kernel) if bandwidth is None else _as_bandwidth(bandwidth, samples)
    how = f"MMD², {kernel} kernel, bandwidth {sigma:.6g}{' (median distance)' if bandwidth is None else ''}"
    how = samples.reading.added_to(how)
    shift = math.frexp(sigma)[1]
    unit = math.ldexp(sigma, -shift)
    scale = 1.0 / unit if kernel == "laplace" else 1.0 / (2.0 * unit * unit)
    if unbiased:
        return DivergenceResult(*_unbiased_of(samples, _KERNELS[kernel], scale, shift), how)
    value, error = _biased(samples, _KERNELS[kernel], scale, shift, 1.0)
    return DivergenceResult(value, "exact", error, how)


def median_bandwidth(
    x: ArrayLike | DiscreteMeasure, y: ArrayLike | DiscreteMeasure, *, kernel: Kernel = "gaussian"
) -> float:
    """Return the bandwidth that `otkit.mmd` takes by default: the median distance between points of the pooled sample.

    It is the distance that the kernel sees, ‖·‖₁ for "laplace" and Euclidean for the others, between different points,
    each counted once. Of more than 1000 different points it takes 1000, evenly spaced in their lexicographic order: no
    chance enters, nor the order of the sample. One where all points are equal.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line. Columns of data frames are matched by name; times are
        points in seconds.
    kernel : {"gaussian", "laplace", "rational_quadratic"}, default "gaussian"
        The kernel that it is for.

    Examples
    --------
    >>> from otkit.divergences.ipm import median_bandwidth
    >>> median_bandwidth([0.0, 1.0], [0.0, 5.0])
    4.0
    """
    checks.require_choice(kernel, "kernel", _KERNELS)
    return _median_bandwidth(as_samples(x, y, None, None), kernel)


def energy_distance(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    missing: Missing = "raise",
) -> DivergenceResult:
    """Return the energy distance between two weighted samples, in any dimension.

    E = √(2 E‖X−Y‖ − E‖X−X'‖ − E‖Y−Y'‖), the root as in `scipy.stats.energy_distance`: a metric between measures.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line. Columns of data frames are matched by name; times are
        points in seconds.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights; each side is divided by its total. Equal weights by default.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.

    Returns
    -------
    DivergenceResult
        The value of E between the two discrete measures, of kind "exact", and a bound on its rounding error.

    Raises
    ------
    ValueError
        Points or weights that are not finite, or dimensions that differ.

    See Also
    --------
    mmd : with a kernel.
    two_sample_test : its p-value, by `statistic="energy"`.

    Notes
    -----
    On the line O((n + m) log(n + m)), from E² = 2 ∫ (F − G)²; otherwise O((n + m)² d) time and O((n + m) d) memory.
    G. Székely & M. Rizzo, *Energy statistics: statistics based on distances*, J. Stat. Plan. Inference 143 (2013).

    Examples
    --------
    >>> import otkit
    >>> otkit.energy_distance([0.0], [2.0]).value
    2.0
    >>> round(otkit.energy_distance([[0.0, 0.0]], [[3.0, 4.0], [0.0, 0.0]]).value ** 2, 12)
    2.5
    """
    samples = as_samples(x, y, a, b, missing)
    half, error, shift = _half_energy(samples)
    value = math.sqrt(2.0 * half)
    off = 2.0 * error / value if half > error else math.sqrt(2.0 * (half + error))
    return _scaled_result(value, off + 2.0 * _U * value, shift // 2, samples.reading.added_to("energy distance"))


def cramer_distance(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    missing: Missing = "raise",
) -> DivergenceResult:
    """Return the Cramér distance between two weighted samples: ∫ (F − G)² on the line.

    In more dimensions it is E² / 2 with E the energy distance, which is the same number on the line (Bellemare et al.,
    *The Cramer distance as a solution to biased Wasserstein gradients*, 2017, who generalise it so; some texts call the
    root of ∫ (F − G)² by this name).

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line. Columns of data frames are matched by name; times are
        points in seconds.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights; each side is divided by its total. Equal weights by default.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.

    Returns
    -------
    DivergenceResult
        The value between the two discrete measures, of kind "exact", and a bound on its rounding error.

    Raises
    ------
    ValueError
        Points or weights that are not finite, dimensions that differ, or a distance beyond float64.

    Examples
    --------
    >>> import otkit
    >>> otkit.cramer_distance([0.0, 1.0], [0.0, 3.0]).value
    0.5
    """
    samples = as_samples(x, y, a, b, missing)
    return _scaled_result(*_half_energy(samples), samples.reading.added_to("Cramér distance"))


def total_variation(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    missing: Missing = "raise",
) -> DivergenceResult:
    """Return the total variation ½ Σ |P − Q| = sup_A |P(A) − Q(A)| between two weighted samples, as discrete measures.

    Points are the same if all their coordinates are: samples of continuous distributions have nothing in common, and
    their total variation is 1 whatever these are. For histograms over the same bins there is ``otkit.tv(p, q)``.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line. A point may occur several times.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights; each side is divided by its total. Equal weights by default.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.

    Returns
    -------
    DivergenceResult
        The value between the two discrete measures, of kind "exact", and a bound on its rounding error.

    Raises
    ------
    ValueError
        Points or weights that are not finite, or dimensions that differ.

    See Also
    --------
    tv : of histograms.
    estimate_divergence : of the laws behind samples.

    Examples
    --------
    >>> import otkit
    >>> otkit.total_variation([1, 1, 2, 3], [1, 2, 2, 4]).value
    0.5
    """
    samples = as_samples(x, y, a, b, missing)
    parts = difference(samples)
    value = 0.5 * (accurate_sum(parts.a) + accurate_sum(parts.b))
    return DivergenceResult(
        min(1.0, value), "exact", 4.0 * _U * value + samples.doubt, samples.reading.added_to("total variation")
    )


def _as_bandwidth(value: float, samples: Samples) -> float:
    try:
        sigma = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"bandwidth must be a positive number, but {shown(value)} was given.") from None
    if not 0.0 < sigma < math.inf:
        raise ValueError(f"bandwidth must be positive and finite, but bandwidth = {shown(value)} was given.")
    largest = largest_coordinate(samples)
    if largest > sigma and largest / sigma > _LARGEST_RATIO:
        raise ValueError(
            f"bandwidth must be at least 2**-500 of the largest coordinate, {largest:.3g}, lest distances overflow, "
            f"but bandwidth = {shown(value)} was given."
        )
    return sigma


def _median_bandwidth(samples: Samples, kernel: Kernel) -> float:
    points = np.concatenate([samples.x, samples.y])
    order, starts = groups(points)
    different = points[order[starts]]
    if len(different) == 1:
        return 1.0
    taken = min(len(different), _MEDIAN_POINTS)
    shift = math.frexp(largest_coordinate(samples))[1]
    few = np.ldexp(different[np.arange(taken) * len(different) // taken], -shift)
    distances = np.empty((taken, taken))
    fill((_CITYBLOCK if kernel == "laplace" else _EUCLIDEAN).pairs(few, few), 0, 0, distances)
    median = float(np.median(distances[np.triu_indices(taken, 1)]))
    if median * _LARGEST_RATIO < 1.0:
        raise ValueError(
            f"bandwidth must be given here: the median distance, {math.ldexp(median, shift):.3g}, vanishes beside the "
            f"largest coordinate, {largest_coordinate(samples):.3g}."
        )
    return math.ldexp(median, shift)


def _biased(samples: Samples, form: _Form, scale: float, shift: int, reach: float) -> tuple[float, float]:
    """Return −ΣΣ ρ over the signed measure P − Q, which is not negative, and a bound on its rounding error.

    ρ takes coordinates in units of 2^shift and is at most `reach`; masses that are off by `doubt` altogether move the
    sum by (2 Σ|P − Q| + doubt) doubt · reach at most.
    """
    x, y, a, b = difference(samples)
    error = 2.0 * (accurate_sum(a) + accurate_sum(b) + samples.doubt) * samples.doubt * reach
    if not (a.size and b.size):
        return 0.0, error
    x, y = np.ldexp(x, -shift), np.ldexp(y, -shift)
    within_x = 2.0 * accurate_dot(a, row_sums(form.pairs(x, x, scale), form.semimetric, a, above=True))
    within_y = 2.0 * accurate_dot(b, row_sums(form.pairs(y, y, scale), form.semimetric, b, above=True))
    between = 2.0 * accurate_dot(a, row_sums(form.pairs(x, y, scale), form.semimetric, b))
    value = math.fsum([between, -within_x, -within_y])
    return max(0.0, value), error + _rounding(x, between + within_x + within_y) + _UNDERFLOW


def _rounding(points: FloatArray, magnitude: float) -> float:
    """Bound the rounding error of double sums: terms, their two masses (1.5 u each), the outer sum and the last one."""
    return (points.shape[1] + ROUNDINGS + 8) * _U * magnitude


def _unbiased_of(samples: Samples, form: _Form, scale: float, shift: int) -> tuple[float, Literal["estimate"], float]:
    """Return the U-statistic with a kernel of differences, and its standard error."""
    x, y = np.ldexp(samples.x, -shift), np.ldexp(samples.y, -shift)

    def sums(one: FloatArray, other: FloatArray, weights: FloatArray) -> FloatArray:
        return row_sums(form.pairs(one, other, scale), form.semimetric, weights)

    value, error, magnitude = _unbiased(samples._replace(x=x, y=y), sums)
    return value, "estimate", error + _rounding(x, magnitude) + _UNDERFLOW


def _polynomial(samples: Samples, bandwidth: float | None, degree: int, unbiased: bool) -> DivergenceResult:
    """Return MMD² with the polynomial kernel."""
    if not 1 <= checks.as_count(degree, "degree") <= _LARGEST_DEGREE:
        raise ValueError(f"degree must lie between 1 and {_LARGEST_DEGREE}, but degree = {degree} was given.")
    sigma = math.sqrt(samples.x.shape[1]) if bandwidth is None else _as_bandwidth(bandwidth, samples)
    how = samples.reading.added_to(f"MMD², polynomial kernel of degree {degree}, bandwidth {sigma:.6g}")
    if largest_coordinate(samples) / sigma > _LARGEST_RATIO ** (1.0 / degree):
        raise ValueError(
            f"bandwidth must be larger, lest the kernel of degree {degree} leave float64: the largest coordinate is "
            f"{largest_coordinate(samples):.3g}, and bandwidth = {sigma:.6g}."
        )
    if not unbiased:
        parts = difference(samples)
        points = np.concatenate([parts.x, parts.y]) / sigma
        masses = np.concatenate([parts.a, -parts.b])
        sizes = np.abs(masses)
        value = accurate_dot(masses, polynomial.row_sums(points, points, masses, degree)) if masses.size else 0.0
        error = polynomial.rounding(points, sizes, points, sizes, degree) if masses.size else 0.0
        return DivergenceResult(max(0.0, value), "exact", error, how)
    scaled = samples._replace(x=samples.x / sigma, y=samples.y / sigma)

    def sums(one: FloatArray, other: FloatArray, weights: FloatArray) -> FloatArray:
        found = polynomial.row_sums(one, other, weights, degree)
        if one is other:
            found -= polynomial.on_diagonal(one, degree) * weights
        return -found

    value, error, _ = _unbiased(scaled, sums)
    (a, _), (b, _) = _shares(samples.a), _shares(samples.b)
    points, masses = np.concatenate([scaled.x, scaled.y]), np.concatenate([a, b])
    return DivergenceResult(
        value, "estimate", error + 4.0 * polynomial.rounding(points, masses, points, masses, degree), how
    )


def _unbiased(
    samples: Samples, sums: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
) -> tuple[float, float, float]:
    """Return the U-statistic, its standard error by the jackknife, and the size of what was added up.

    `sums` returns Σ_j ρ(x_i, y_j) w_j for each point i, where the two samples are one without the pairs of a point with
    itself. ρ is −k, up to a constant.

    Leaving out one point changes the sums by its own row alone. The values without point i have mean θ and weigh
    (1 − a_i), which for equal weights is the textbook's (n − 1) / n.
    """
    x, y = samples.x, samples.y
    (a, others_x), (b, others_y) = _shares(samples.a), _shares(samples.b)
    for name, shares, others in (("x", a, others_x), ("y", b, others_y)):
        if accurate_dot(shares, others) < _LEAST_PAIRS:
            raise ValueError(
                f"{name} must have at least 2 points of positive weight for unbiased=True, but all but one have none, "
                "or next to none."
            )
    rows_xx, rows_xy, rows_yx, rows_yy = sums(x, x, a), sums(x, y, b), sums(y, x, a), sums(y, y, b)
    between = accurate_dot(a, rows_xy)
    within_x, without_x = _leave_one_out(a, others_x, rows_xx)
    within_y, without_y = _leave_one_out(b, others_y, rows_yy)
    value = math.fsum([2.0 * between, -within_x, -within_y])
    changes_x = 2.0 * ((between - a * rows_xy) / others_x - between) - (without_x - within_x)
    changes_y = 2.0 * ((between - b * rows_yx) / others_y - between) - (without_y - within_y)
    if np.isinf(changes_x).any() or np.isinf(changes_y).any():
        return value, math.inf, 0.0
    variance = accurate_dot(others_x, changes_x**2) + accurate_dot(others_y, changes_y**2)
    return value, math.sqrt(variance), 2.0 * between + within_x + within_y


def _shares(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of each point in the total, and that of all others, accurate also where one has nearly all."""
    total, first = accurate_sum(weights), int(weights.argmax())
    shares = weights / total
    others = 1.0 - shares
    rest = weights.copy()
    rest[first] = 0.0
    others[first] = accurate_sum(rest) / total
    return shares, others


def _leave_one_out(a: FloatArray, others: FloatArray, rows: FloatArray) -> tuple[float, FloatArray]:
    """Return the mean of ρ over pairs of different points of one sample, and that without each point in turn.

    Where next to no pairs remain without a point, what that mean would be is unknown: infinite.
    """
    total, pairs = accurate_dot(a, rows), accurate_dot(a, others)
    remaining = pairs - 2.0 * a * others
    known = remaining > 1e-6 * pairs
    without = np.full(a.size, np.inf)
    without[known] = (total - 2.0 * a[known] * rows[known]) / remaining[known]
    return total / pairs, without


def _half_energy(samples: Samples) -> tuple[float, float, int]:
    """Return E² / 2 and a bound on its rounding error, in units of 2^shift, and shift, which is even."""
    d, largest = samples.x.shape[1], largest_coordinate(samples)
    shift = math.frexp(largest)[1] // 2 * 2
    if abs(shift) < _FAR:
        shift = 0
    if d > 1:
        reach = 2.0 * math.sqrt(d) * math.ldexp(largest, -shift)
        square, error = _biased(samples, _EUCLIDEAN, 1.0, shift, reach)
        return 0.5 * square, 0.5 * error, shift
    if shift == 0:
        return *_line(samples), shift
    value, error = _line(samples._replace(x=np.ldexp(samples.x, -shift), y=np.ldexp(samples.y, -shift)))
    return value, error + _UNDERFLOW, shift  # small coordinates may have become one


def _line(samples: Samples) -> tuple[float, float]:
    """Return ∫ (F − G)² and a bound on its rounding error: 16 roundings of terms that are not negative, at most."""
    clouds, sides = (samples.x[:, 0], samples.y[:, 0]), [(samples.a, samples.a), (samples.b, samples.b)]

    def sort(start: int, stop: int) -> None:
        for k in range(start, stop):
            if samples.counted:
                sides[k] = np.sort(clouds[k]), sides[k][1]
            else:
                order = np.argsort(clouds[k], kind="stable")
                sides[k] = clouds[k][order], sides[k][1][order]

    share(sort, 2, 1, 1 + (samples.a.size + samples.b.size) // _SORT_IN_PARALLEL)
    (x, a), (y, b) = sides
    square, distance, product = _between(read_only(x), read_only(a), read_only(y), read_only(b))
    value, reach = square / product / product, float(max(x[-1], y[-1]) - min(x[0], y[0]))
    doubt = 5.0 * samples.doubt * (distance / product + samples.doubt * reach)
    return value, 16.0 * _U * value + doubt + (_UNDERFLOW if distance > 0.0 else 0.0)


def _scaled_result(value: float, error: float, shift: int, what: str) -> DivergenceResult:
    """Return a result whose value and error are in units of 2^shift."""
    try:
        result = math.ldexp(value, shift)
    except OverflowError:
        raise ValueError(
            f"x and y lie so far apart that their {what.partition(';')[0]} leaves float64. Rescale both."
        ) from None
    lost = 0.0 if math.ldexp(result, -shift) == value else math.ulp(0.0)
    return DivergenceResult(result, "exact", math.ldexp(error, shift) + lost, what)


@njit
def _between(x: FloatArray, a: FloatArray, y: FloatArray, b: FloatArray) -> tuple[float, float, float]:
    """Return (AB)² ∫ (F − G)², AB ∫ |F − G| and AB for sorted points; (F − G) AB is carried in double-double."""
    total_a, total_b = total_mass(a), total_mass(b)
    product = total_a[0] * total_b[0]
    level = (0.0, 0.0)
    square = errors = distance = 0.0
    i = j = 0
    last = min(x[0], y[0])
    while i < x.size or j < y.size:
        if j == y.size or (i < x.size and x[i] <= y[j]):
            here, step = x[i], dd.multiply(total_b, (a[i], 0.0))
            i += 1
        else:
            here, step = y[j], dd.multiply(total_a, (-b[j], 0.0))
            j += 1
        term = abs(level[0]) * (here - last)
        distance += term
        square, error = two_sum(square, abs(level[0]) * term)
        errors += error
        level, last = dd.add(level, step), here
    return square + errors, distance, product
