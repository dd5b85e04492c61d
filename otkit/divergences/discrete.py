"""f-divergences between discrete measures, with a bound on their rounding error."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.divergences.generators import GENERATORS, FDivergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.terms import BLOCK, KINDS, ROUNDINGS, add_blocks, sum_blocks, total
from otkit.inputs.bins import aligned, along_last_axis
from otkit.inputs.checks import entry
from otkit.numerics.jit import read_only
from otkit.numerics.sums import accurate_sum
from otkit.numerics.threads import share

_UNIT = 2.0**-53
# Sizes for which products of entry and total neither overflow nor lose their last bits; others are scaled first.
_LEAST, _MOST = 2.0**-400, 2.0**400
_OF_LOGARITHMS = ("kl", "reverse_kl", "jeffreys", "js", "gan")
_BLOCKS_PER_THREAD = 4  # some 50 µs of work for one thread


class Rows(NamedTuple):
    """Histograms brought together, the rows of two matrices.

    Attributes
    ----------
    p, q : ndarray, shapes (k, bins) and (l, bins)
        Masses, possibly scaled by powers of two, row by row.
    totals_p, totals_q : ndarray, shapes (k, 2) and (l, 2)
        Their sums in double-double.
    pairs : ndarray, shape (pairs, 2)
        Which rows of p and q meet.
    shape : tuple of int
        Of the result.
    said, normalised : str
        What is to be said about labels, and about totals that are not one.
    """

    p: FloatArray
    q: FloatArray
    totals_p: FloatArray
    totals_q: FloatArray
    pairs: IntArray
    shape: tuple[int, ...]
    said: str
    normalised: str

    @property
    def detail(self) -> str:
        """All that is to be said."""
        return "; ".join(part for part in (self.said, self.normalised) if part)


def rows_that_meet(p: ArrayLike, q: ArrayLike, axis: int = -1, names: tuple[str, str] = ("p", "q")) -> Rows:
    """Return two histograms, or arrays of histograms along an axis, as rows that meet; messages call them `names`.

    Raises
    ------
    ValueError
        Masses that are negative or not finite, a measure without mass, shapes that do not fit, an axis that is not
        there.
    """
    sides = [(p, names[0]), (q, names[1])]
    if axis != -1:
        sides = along_last_axis(sides, axis)
    (array_p, array_q), _, said = aligned(*sides)
    rows_p, rows_q, pairs, shape = _rows(array_p, array_q, names)
    totals_p, rows_p = _totals(rows_p, array_p, names[0])
    totals_q, rows_q = _totals(rows_q, array_q, names[1])
    normalised = _normalisation(array_p, array_q, totals_p, totals_q)
    return Rows(rows_p, rows_q, totals_p, totals_q, pairs, shape, said, normalised)


def discrete_divergence(
    divergence: FDivergence, p: ArrayLike, q: ArrayLike, base: float | None = None, axis: int = -1
) -> DivergenceResult:
    """Return D_f(P‖Q) of the discrete measures p/Σp and q/Σq, along an axis.

    Parameters
    ----------
    divergence : FDivergence
    p, q : array_like, dict or pandas Series
        Probabilities or counts: non-negative, of the same length on the axis; other axes are broadcast.
    base : float, optional
        Base of the logarithm; by default e. Only for a divergence made of logarithms.
    axis : int, default -1

    Returns
    -------
    DivergenceResult
        `kind="exact"`, `error` bounds the rounding error; ∞ where a finite divergence is beyond the floats.
    """
    rows = rows_that_meet(p, q, axis)
    unit = unit_of_base(base, divergence)
    value, error = value_of_rows(divergence, rows)
    said = rows.said
    if np.isinf(value).any():
        beyond = np.isinf(value) & ~_infinite(divergence, rows.p, rows.q, rows.pairs)
        error = np.where(beyond, np.inf, error)
        said = "; ".join(part for part in (said, "finite, but beyond float64" if beyond.any() else "") if part)
    if base is not None:
        value, error = in_unit(value, error, unit)
    detail = rows._replace(said=said).detail
    if not rows.shape:
        return DivergenceResult(float(value[0]), "exact", float(error[0]), detail)
    return DivergenceResult(value.reshape(rows.shape), "exact", error.reshape(rows.shape), detail)


def value_of_rows(divergence: FDivergence, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return D_f of each pair of rows in nats, and a bound on its rounding error."""
    kernel = _kernel(divergence)
    if kernel is None:
        value, error = _by_generator(divergence, rows.p, rows.q, rows.totals_p, rows.totals_q, rows.pairs)
    else:
        name, alpha, exchanged = kernel
        sides = (rows.p, rows.totals_p), (rows.q, rows.totals_q)
        if exchanged:
            sides = sides[::-1]
        pairs = np.ascontiguousarray(rows.pairs[:, ::-1] if exchanged else rows.pairs)
        value = _sums(name, alpha, *sides, pairs)
        error = _rounding_bound(name, value, rows.p.shape[1])
        if divergence.name == "gan":
            value, error = 2.0 * value - math.log(4.0), 2.0 * error + 3.0 * _UNIT
    return np.minimum(value, divergence.maximum), error  # which rounding may exceed


def _infinite(divergence: FDivergence, p: FloatArray, q: FloatArray, pairs: IntArray) -> BoolArray:
    """Say of which pairs of rows a bin makes D_f infinite; else it is finite, if larger than every float."""
    return np.array(
        [
            (divergence.slope_at_infinity == np.inf and bool(((p[i] > 0.0) & (q[j] == 0.0)).any()))
            or (divergence.at_zero == np.inf and bool(((p[i] == 0.0) & (q[j] > 0.0)).any()))
            for i, j in pairs
        ]
    )


def unit_of_base(base: float | None, divergence: FDivergence) -> float:
    """Return the length in nats of the unit that a base stands for."""
    if base is None:
        return 1.0
    if GENERATORS.get(divergence.name) is not divergence or divergence.name not in _OF_LOGARITHMS:
        raise ValueError(
            f"base must be left out for {divergence.name}: only {', '.join(_OF_LOGARITHMS)} have a logarithm to scale."
        )
    return length_of_unit(base)


def in_unit(value: Any, error: Any, unit: float) -> tuple[Any, Any]:
    """Return a number of nats and its error in another unit; both unit and quotient are rounded."""
    value = value / unit
    return value, error / unit + 3.0 * _UNIT * np.where(np.isfinite(value), np.abs(value), 0.0)


def length_of_unit(base: float | None) -> float:
    """Return the length in nats of the unit that a base stands for, 1 without one."""
    if base is None:
        return 1.0
    try:
        number = float(base)
    except (TypeError, ValueError):
        raise TypeError(f"base must be a number above 1, but {shown(base)} was given.") from None
    if not 1.0 < number < math.inf:
        raise ValueError(f"base must be a finite number above 1, but base = {shown(base)} was given.")
    return math.log(number)


def _rows(
    p: FloatArray, q: FloatArray, names: tuple[str, str]
) -> tuple[FloatArray, FloatArray, IntArray, tuple[int, ...]]:
    """Return both as matrices, and which rows meet: broadcasting copies row numbers, not rows."""
    for array, name in zip((p, q), names, strict=True):
        if array.ndim == 0 or array.shape[-1] == 0:
            raise ValueError(f"{name} must have at least one entry on its last axis, but its shape is {array.shape}.")
        require_bins(array, name)
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(f"p and q must have the same length, but p has {p.shape[-1]} entries and q has {q.shape[-1]}.")
    numbers = [np.arange(math.prod(array.shape[:-1])).reshape(array.shape[:-1]) for array in (p, q)]
    try:
        met = np.broadcast_arrays(*numbers)
    except ValueError:
        raise ValueError(
            f"p and q must agree on all axes but the last, or have length 1 there, but their shapes are {p.shape} and "
            f"{q.shape}. For all pairs, write p[:, None] and q[None]."
        ) from None
    pairs = np.empty((met[0].size, 2), dtype=np.int64)
    pairs[:, 0], pairs[:, 1] = (rows.reshape(-1) for rows in met)
    p, q = (np.ascontiguousarray(array).reshape(-1, array.shape[-1]) for array in (p, q))
    return p, q, pairs, met[0].shape


def require_bins(histograms: FloatArray, name: str) -> None:
    """Raise ValueError at many histograms of one bin each: a column, which is one histogram written downwards."""
    if histograms.ndim > 1 and histograms.shape[-1] == 1:
        raise ValueError(
            f"{name} must have the bins along the last axis, but the shape is {histograms.shape}: histograms of one "
            f"bin each, which are all equal. If axis {histograms.ndim - 2} holds the bins, give {name}[..., 0]."
        )


def _totals(rows: FloatArray, given: FloatArray, name: str) -> tuple[FloatArray, FloatArray]:
    """Return the total of each row in double-double, shape (rows, 2), and the rows, scaled where need be."""
    rows, found = read_only(rows), np.empty((len(rows), 4))
    threads_worthwhile = rows.size // (_BLOCKS_PER_THREAD * BLOCK) + 1
    share(partial(total, rows, found), len(rows), max(1, BLOCK // rows.shape[1]), threads_worthwhile)
    smallest, _, least, positive = found.min(axis=0, initial=np.inf)
    largest = found[:, 0].max(initial=0.0)
    if not (largest < np.inf and least >= 0.0):  # or the total overflows, which scaling helps
        _require_masses(given, name)
    if smallest == 0.0:
        row = "" if given.ndim == 1 else f" of row {_row(given, int(np.argmin(found[:, 0])))}"
        raise ValueError(f"{name} must have a positive entry, but all {given.shape[-1]} entries{row} are zero.")
    if positive >= _LEAST and largest <= _MOST:
        return np.ascontiguousarray(found[:, :2]), rows
    return _scaled(rows, name)


def _require_masses(given: FloatArray, name: str) -> None:
    """Raise ValueError at the first entry that is not finite, or not non-negative."""
    wrong = ~(np.isfinite(given) & (given >= 0.0))
    if wrong.any():
        first = int(np.argmax(wrong))
        word = "non-negative" if np.isfinite(given.flat[first]) else "finite"
        raise ValueError(f"{name} must be {word}, but {entry(given, first, name)}.")


def _row(given: FloatArray, number: int) -> str:
    return ", ".join(str(int(k)) for k in np.unravel_index(number, given.shape[:-1]))


def _scaled(rows: FloatArray, name: str) -> tuple[FloatArray, FloatArray]:
    """Return totals and rows times powers of two, largest entries near 2**460: exact, and no longer subnormal."""
    scaled = np.ldexp(rows, 460 - np.frexp(rows.max(axis=1))[1][:, None])
    if ((scaled < 2.0**-1000) & (rows > 0.0)).any():
        raise ValueError(
            f"{name} must have positive entries within 1e430 of one another, but its least and largest are "
            f"{rows[rows > 0.0].min()!s} and {rows.max()!s}."
        )
    found = np.empty((len(rows), 4))
    total(read_only(scaled), found, 0, len(rows))
    return np.ascontiguousarray(found[:, :2]), scaled


def _normalisation(p: FloatArray, q: FloatArray, totals_p: FloatArray, totals_q: FloatArray) -> str:
    """Say what the sides were divided by, unless both were probabilities up to rounding."""
    if all(abs(total - 1.0) <= 1e-9 for totals in (totals_p, totals_q) for total in totals[:, 0].tolist()):
        return ""
    if p.ndim == q.ndim == 1:
        with np.errstate(over="ignore"):
            return f"p and q divided by their totals, {p.sum():.6g} and {q.sum():.6g}"
    return "each measure divided by its total"


def _kernel(divergence: FDivergence) -> tuple[str, float, bool] | None:
    """Return which compiled terms are those of this divergence, with α, and whether of (q, p); None if it has none."""
    alpha = divergence.alpha
    if alpha is not None:  # D_α(P‖Q) = D_{1−α}(Q‖P), and α ≤ ½ is the side without cancellation
        return ("alpha", 1.0 - alpha, True) if alpha > 0.5 else ("alpha", alpha, False)
    if GENERATORS.get(divergence.name) is not divergence:
        return None
    exchanged = {"reverse_kl": "kl", "neyman": "chi2"}
    name = "js" if divergence.name == "gan" else divergence.name
    terms = exchanged.get(name, name)
    return (terms, 0.0, name in exchanged) if terms in KINDS else None


Side = tuple[FloatArray, FloatArray]  # rows and their totals


def _sums(name: str, alpha: float, p: Side, q: Side, pairs: IntArray) -> FloatArray:
    """Return the sum of terms of each pair of rows; its bits do not depend on the number of threads."""
    size = p[0].shape[1]
    blocks = -(-size // BLOCK)
    sums, value = np.empty((len(pairs), blocks, 2)), np.empty(len(pairs))
    kind = KINDS.index(name)
    (rows_p, totals_p), (rows_q, totals_q) = ((read_only(rows), read_only(totals)) for rows, totals in (p, q))

    def work(start: int, stop: int) -> None:
        sum_blocks(kind, alpha, rows_p, rows_q, totals_p, totals_q, pairs, sums, start, stop)

    share(work, len(sums) * blocks, max(1, BLOCK // size), len(pairs) * size // (_BLOCKS_PER_THREAD * BLOCK) + 1)
    add_blocks(sums, value)
    return value


def _rounding_bound(name: str, value: FloatArray, bins: int) -> FloatArray:
    """Return a bound on the error of the sum of a kernel's terms.

    Each term has a relative error of `ROUNDINGS` units. Besides, d carries an error of η (a + b), mostly that of the
    totals. It moves a term by at most some 8 η |z| (a + b) near z = 0, where the term is at least z² (a + b)/8, and by
    a like share of itself elsewhere: by Cauchy and Schwarz, less than 64 η √D and 64 η D in sum. TV is of first order.
    """
    eta = (min(bins, BLOCK) * _UNIT) ** 2 + (bins / BLOCK + 16.0) * 2.0**-104
    with np.errstate(invalid="ignore"):
        moved = 64.0 * eta * (np.sqrt(value) + value + (1.0 if name == "tv" else eta))
        error = ROUNDINGS[name] * _UNIT * value + moved
    return np.where(np.isfinite(value), error, 0.0)


def _by_generator(
    divergence: FDivergence,
    p: FloatArray,
    q: FloatArray,
    totals_p: FloatArray,
    totals_q: FloatArray,
    pairs: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Sum q f(p/q) as f gives it, pair by pair.

    The linear part f′(1)(u − 1), which sums to zero, is taken off, so that totals need not agree to the last bit. The
    error bound takes f to be right to within a few units in the last place of |f(u)| + |u f′(u)|.
    """
    value, error = np.empty(len(pairs)), np.empty(len(pairs))
    slope = float(divergence.derivative(1.0))
    for k, (i, j) in enumerate(pairs):
        a, b = p[i] / totals_p[i, 0], q[j] / totals_q[j, 0]
        both = (a > 0.0) & (b > 0.0)
        with np.errstate(over="ignore"):
            u = np.clip(a[both] / b[both], 1e-300, 1e300)
        f = divergence.f(u)
        only_p, only_q = accurate_sum(a[b == 0.0]), accurate_sum(b[a == 0.0])
        alone = _times(only_p, divergence.slope_at_infinity - slope) + _times(only_q, divergence.at_zero + slope)
        value[k] = accurate_sum(b[both] * (f - slope * (u - 1.0))) + alone if alone < np.inf else np.inf
        slopes = np.abs(divergence.derivative(u))
        error[k] = 8.0 * _UNIT * (float(b[both] @ (np.abs(f) + (slopes + abs(slope)) * (u + 1.0))) + abs(alone))
    return value, np.where(np.isfinite(value), error, 0.0)


def _times(mass: float, rate: float) -> float:
    return mass * rate if mass else 0.0
