"""W_p between many pairs of samples on the line, one for each column of two arrays: the numbers, with bounds.

Each side of a column is sorted, and one pass over both gives ∫ |F⁻¹(t) − G⁻¹(t)|^p dt = W_p^p, or max |F⁻¹ − G⁻¹| = W_∞
(Peyré & Cuturi, *Computational Optimal Transport*, remark 2.30). What rounding has taken is bounded:

* *Weights* go through `quantile_integral`, whose bounds `otkit.many.integrals` derives.
* *Without weights* levels are the integers i m and j n. Samples of one size have the mean of |x_i − y_i|^p. Otherwise
  terms (level' − level) |x − y|^p have three roundings beside those of the power and the difference, their sum is
  compensated, and the division by nm is one more.
* *Powers* that would leave float64 are taken in a unit in which W_∞ lies between 1 and 2, a power of two.
* *The root*: 1/p is rounded, which multiplies W^p to that power by exp(|log W^p| u / p) at most; the power is off by a
  unit in the last place.
* *W_∞* is one difference, rounded once. With weights, levels closer than their rounding may change places: the lower
  bound leaves out steps so short, the upper one takes both orders.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs.pairs import IEEE_EXPONENTS
from otkit.inputs.checks import as_float_array, as_power, require_choice
from otkit.inputs.coordinates import in_floats
from otkit.inputs.frames import Missing, matched_frames
from otkit.io.results import Result
from otkit.many.integrals import WIDTH, equal_shares, mean_power, quantile_integral, write_levels
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.jit import int64, njit, read_only
from otkit.numerics.kernel import at_once
from otkit.numerics.threads import share
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.solve import wasserstein

# Powers and ranges whose powers stay in float64 in whatever unit.
_MILD, _NARROW, _WIDE = 8.0, 2.0**-100, 2.0**100

# Binary exponents beyond which the sums and quotients of weights, in double-double, could leave float64.
_FAR = 400

# Values that a thread sorts and passes for its start to pay.
_WORTH_A_THREAD = 20_000


@dataclass(frozen=True, eq=False, repr=False)
class LineDistances(Result):
    """Distances between samples on the line, one for each column.

    Attributes
    ----------
    distance : float or ndarray
        W_p of each column, in the shape of the arrays without their axis; a number where there is one column.
    lower, upper : float or ndarray
        Floats that hold W_p between them, whatever was rounded.
    p : float
    names : tuple
        Of the columns, where data frames have any.
    notes : tuple of str
        What was done to the data, in words.
    """

    _fields_of_dict = ("distance", "lower", "upper", "p", "names", "notes")

    distance: Any
    lower: Any
    upper: Any
    p: float
    names: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    _sides: Any = field(default=None)
    _solved: dict[int, TransportResult] = field(default_factory=dict)

    def solution(self, *, column: int | tuple[int, ...] = ()) -> TransportResult:
        """Return plan, potentials and proof of one column, which are computed when they are first asked for.

        Parameters
        ----------
        column : int or tuple of int
            Where it is in `distance`; nothing where there is one.

        Raises
        ------
        IndexError
            There is no such column.
        ValueError
            For p = ∞, which is no sum of costs.
        """
        if math.isinf(self.p):
            raise ValueError("p must be finite for a plan: W_∞ is no sum of costs.")
        shape, index = np.shape(self.distance), column if isinstance(column, tuple) else (column,)
        if len(index) != len(shape):
            raise IndexError(f"column must have {len(shape)} numbers, as many as distance has axes, but it is {index}.")
        flat = int(np.arange(max(1, math.prod(shape))).reshape(shape)[index])
        if flat not in self._solved:
            x, y, a, b = self._sides
            rows = [
                _present(x[flat], None if a is None else a[flat]),
                _present(y[flat], None if b is None else b[flat]),
            ]
            (x, a), (y, b) = rows
            self._solved[flat] = wasserstein(x, y, a, b, p=self.p)
        return self._solved[flat]

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with distance, lower and upper, a row for each column."""
        import pandas as pd

        columns = {name: np.ravel(getattr(self, name)) for name in ("distance", "lower", "upper")}
        return pd.DataFrame(columns, index=list(self.names) or None)

    def __float__(self) -> float:
        """Return the distance, where there is one column."""
        return float(self.distance)

    def __str__(self) -> str:
        name = "W_∞" if math.isinf(self.p) else f"W_{self.p:g}"
        done = "".join(f"; {note}" for note in self.notes)
        if np.ndim(self.distance) == 0:
            return f"{name} = {self.distance:.6g} (between {self.lower!r} and {self.upper!r}{done})"
        reach = f"{np.min(self.distance):.4g} to {np.max(self.distance):.4g}"
        return f"{name} of {np.size(self.distance):,} columns, {reach} (bounds in lower and upper{done})"

    def __repr__(self) -> str:
        return f"LineDistances({self})"


def wasserstein_1d(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    axis: int = 0,
    p: float = 1,
    missing: Missing = "raise",
    threads: int | None = None,
) -> LineDistances:
    """Return W_p between samples on the line, column by column, with bounds of its rounding; p = ∞ included.

    W_p = (∫ |F⁻¹(t) − G⁻¹(t)|^p dt)^(1/p) with the quantile functions of either side, and max |F⁻¹ − G⁻¹| for p = ∞.

    Parameters
    ----------
    x, y : array-like, shapes (n, …) and (m, …)
        Samples along `axis`; all other axes are columns, which both sides must have alike, or one side a single one.
        Columns of data frames are matched by name; times are points in seconds.
    a, b : array-like, optional
        Non-negative weights, of the shape of their side or (n,) and (m,); equal weights by default.
    axis : int, default 0
        Along which the samples run.
    p : float, default 1
        The Wasserstein power, at least 1; ``math.inf`` for the largest difference of quantiles.
    missing : {"raise", "drop"}, default "raise"
        What to do about values that are missing, or whose weights are: refuse them, or leave them out of their column.
    threads : int, optional
        Threads to use for this call; the bits of the result do not depend on it.

    Returns
    -------
    LineDistances
        `distance` with `lower` and `upper`; ``solution(column=k)`` has plan, potentials and proof of a column.

    Raises
    ------
    ValueError, TypeError
        Infinite or missing values, columns without any, negative or all-zero weights, shapes that do not fit, p < 1.

    See Also
    --------
    wasserstein : one pair of samples in any dimension, with plan, potentials and certificate at once.
    pairwise : all pairs of many samples.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> x, y = np.arange(6.0).reshape(3, 2), np.zeros((4, 2))
    >>> otkit.wasserstein_1d(x, y).distance
    array([2., 3.])
    >>> print(otkit.wasserstein_1d([0.0, 1.0, 3.0], [5.0, 6.0, 8.0], p=2))
    W_2 = 5 (between 4.999999999999... and 5.000000000000...)
    >>> otkit.wasserstein_1d([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]).solution().plan.shape
    (3, 3)
    """
    require_choice(missing, "missing", ("raise", "drop"))
    degree = math.inf if isinstance(p, float) and math.isinf(p) and p > 0.0 else as_power(p)
    samples = _read(x, y, axis, missing)
    shape = samples.shape
    weights = [_weights(value, name, side, axis) for value, name, side in ((a, "a", samples.x), (b, "b", samples.y))]
    if missing == "raise":
        for weight, name in zip(weights, "ab", strict=True):
            if weight is not None and math.isnan(weight.max()):
                raise ValueError(f"{name} holds missing weights. Give missing='drop' to leave their values out.")
    rows = [side.reshape(-1, side.shape[-1]) for side in (samples.x, samples.y)]
    masses = [None if weight is None else _for_each(weight, side) for weight, side in zip(weights, rows, strict=True)]
    with sharing_threads(threads):
        distance, lower, upper = _distances(_sorted(rows, masses), degree)
    found: list[Any] = [each.reshape(shape) if shape else float(each[0]) for each in (distance, lower, upper)]
    return LineDistances(found[0], found[1], found[2], degree, samples.names, samples.notes, (*rows, *masses))


class _Samples(NamedTuple):
    """Both sides with their samples along the last axis, NaN where a value is to be left out; the shape of columns."""

    x: FloatArray
    y: FloatArray
    shape: tuple[int, ...]
    names: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()


def _read(x: ArrayLike, y: ArrayLike, axis: int, missing: Missing) -> _Samples:
    if all(type(side) is np.ndarray and side.dtype == np.float64 for side in (x, y)):
        samples = _of_arrays(np.asarray(x), np.asarray(y), axis)
    elif any(np.ndim(side) > 2 for side in (x, y) if isinstance(side, np.ndarray)) or axis not in (0, -2):
        samples = _of_arrays(as_float_array(x, "x"), as_float_array(y, "y"), axis)
    else:
        samples = _of_tables(x, y)
    for side, name in ((samples.x, "x"), (samples.y, "y")):
        if np.isfinite(side).all():
            continue
        if np.isinf(side).any():
            raise ValueError(f"{name} must be finite, but it holds {int(np.isinf(side).sum()):,} infinite values.")
        absent = np.isnan(side)
        if missing == "raise" and absent.any():
            raise ValueError(
                f"{name} must be finite, but {int(absent.sum()):,} of its values are missing or nan. Give "
                "missing='drop' to leave them out of their columns."
            )
        if absent.all(axis=-1).any():
            raise ValueError(f"{name} must hold at least one value in each column.")
    return samples


def _of_arrays(x: FloatArray, y: FloatArray, axis: int) -> _Samples:
    for side, name in ((x, "x"), (y, "y")):
        if not -side.ndim <= axis < side.ndim or side.size == 0:
            raise ValueError(f"{name} must have values along axis {axis}, but its shape is {side.shape}.")
    x, y = (side if side.ndim == 1 else np.moveaxis(side, axis, -1) for side in (x, y))
    if x.shape[:-1] == y.shape[:-1]:
        return _Samples(x, y, x.shape[:-1])
    try:
        shape = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
        ndim = max(x.ndim, y.ndim)
        x, y = (side.reshape((1,) * (ndim - side.ndim) + side.shape) for side in (x, y))
        x, y = (np.broadcast_to(side, (*shape, side.shape[-1])) for side in (x, y))
    except ValueError:
        raise ValueError(
            f"x and y must have the same columns, but beside axis {axis} their shapes are {x.shape[:-1]} and "
            f"{y.shape[:-1]}."
        ) from None
    return _Samples(x, y, shape)


def _of_tables(x: ArrayLike, y: ArrayLike) -> _Samples:
    """Read lists, columns and data frames, whose columns are matched by name; NaN stands for what is missing."""
    (left, right), notes = matched_frames({"x": x, "y": y})
    single = all(np.ndim(side) == 1 for side in (x, y))
    names = () if not left.names or left.default or single else left.names
    sides: tuple[list[FloatArray], list[FloatArray]] = ([], [])
    for k in range(left.shape[1]):
        columns = left.column(k), right.column(k)
        absent = [column.absent() for column in columns]
        present = [column.taken(~gaps) for column, gaps in zip(columns, absent, strict=True)]
        label = str(names[k]) if names else ""
        values, note, _ = in_floats(present, (left.called("x", k), right.called("y", k)), label, invariant=True)
        notes += [note] if note else []
        for side, gaps, found in zip(sides, absent, values, strict=True):
            whole = np.full(gaps.size, np.nan)
            whole[~gaps] = found
            side.append(whole)
    xs, ys = (np.array(side) for side in sides)
    if single:
        return _Samples(xs[0], ys[0], (), (), tuple(notes))
    return _Samples(xs, ys, (len(xs),), tuple(names), tuple(notes))


def _weights(value: ArrayLike | None, name: str, side: FloatArray, axis: int) -> FloatArray | None:
    """Return weights with the samples along the last axis, NaN where they are missing."""
    if value is None:
        return None
    weights = as_float_array(value, name)
    if weights.ndim > 1:
        weights = np.moveaxis(weights, axis, -1)
    if weights.shape not in (side.shape[-1:], side.shape):
        raise ValueError(
            f"{name} must have a weight for each value, shape {side.shape[-1:]} along the axis, but it has "
            f"{weights.shape}."
        )
    least, most = np.fmin.reduce(weights, axis=-1), np.fmax.reduce(weights, axis=-1)  # of those that are not missing
    if (least < 0.0).any() or (most == math.inf).any():
        raise ValueError(
            f"{name} must be finite and not negative, but it goes from {np.fmin.reduce(least, axis=None)} to "
            f"{np.fmax.reduce(most, axis=None)}."
        )
    if not (most > 0.0).all():
        raise ValueError(f"{name} must have a positive sum in each column.")
    return weights


def _for_each(weights: FloatArray, rows: FloatArray) -> FloatArray:
    """Return weights as rows: their own, or the same for each."""
    own = weights.reshape(-1, weights.shape[-1])
    return own if own.shape == rows.shape else np.broadcast_to(own, rows.shape)


def _present(values: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray | None]:
    """Return the values of a column that are there, with their weights."""
    there = ~np.isnan(values)
    if weights is not None:
        there &= ~np.isnan(weights)
    return values[there], None if weights is None else weights[there]


class _Sorted(NamedTuple):
    """Columns in ascending order: how many values each has, the values, and their levels where there are weights."""

    sizes: IntArray
    values: FloatArray
    levels: FloatArray


def _sorted(rows: list[FloatArray], masses: list[FloatArray | None]) -> tuple[_Sorted, _Sorted]:
    """Sort both sides of each column, as many at a time as there are threads; NaN comes last, and is left out."""
    weighted = any(mass is not None for mass in masses)
    sides = []
    for side, mass in zip(rows, masses, strict=True):
        values = np.array(side, order="C")  # sorted in place
        if mass is not None:
            values[np.isnan(mass) | (mass == 0.0)] = np.nan
        sides.append(_Sorted(np.empty(len(side), np.int64), values, np.empty(side.shape if weighted else (0, 0))))
    count = len(rows[0])

    def work(start: int, stop: int) -> None:
        for task in range(start, stop):
            k, which = divmod(task, 2)
            sizes, values, levels = sides[which]
            row, mass = values[k], masses[which]
            if not weighted:
                row.sort()
                sizes[k] = _size(row)
                continue
            order = np.argsort(row)  # any order of equal values will do: between them nothing is added
            row[:] = row[order]
            sizes[k] = _size(row)
            weights = np.ones(sizes[k]) if mass is None else mass[k][order[: sizes[k]]]
            largest = math.frexp(float(weights.max()))[1] if weights.size else 0
            if weights.size:
                if abs(largest) > _FAR:
                    weights = np.ldexp(weights, -largest)
                write_levels(weights, levels[k, : sizes[k]])

    longest = sum(side.shape[1] for side in rows)
    step = max(1, _WORTH_A_THREAD // longest)
    with at_once(count * longest, "columns on the line"):
        share(work, 2 * count, step, 1 + count * longest // _WORTH_A_THREAD)
    for found, name in zip(sides, "xy", strict=True):
        if not found.sizes.all():
            raise ValueError(f"{name} must hold at least one value with weight in each column.")
    return sides[0], sides[1]


def _size(row: FloatArray) -> int:
    """Return how many values come before the first NaN of a sorted row."""
    return row.size if not math.isnan(row[-1]) else int(np.searchsorted(row, np.nan))


def _distances(sides: tuple[_Sorted, _Sorted], p: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return W_p of each column, and bounds."""
    x, y = sides
    if math.isinf(p):
        largest = _passed(_largest, x, y)
        with np.errstate(under="ignore"):
            off = EPS * largest[1] + LEAST
        return (
            largest[0],
            np.maximum(largest[1] - EPS * largest[1], 0.0),
            np.where(largest[2] > 0.0, largest[2] + off, 0.0),
        )
    unit = np.zeros(len(x.sizes), np.int64)
    if p > 1.0:
        last = (np.arange(len(unit)), x.sizes - 1), (np.arange(len(unit)), y.sizes - 1)
        width = np.maximum(x.values[last[0]], y.values[last[1]]) - np.minimum(x.values[:, 0], y.values[:, 0])
        if p > _MILD or not ((width == 0.0) | ((width > _NARROW) & (width < _WIDE))).all():
            unit = np.frexp(_passed(_largest, x, y)[2])[1].astype(np.int64) - 1  # W_∞ lies between 1 and 2 of it
            x, y = (side._replace(values=np.ldexp(side.values, -unit[:, None])) for side in (x, y))
    roundings = 2.0 * p + 2.0 if p in IEEE_EXPONENTS else 2.0 * p + 18.0
    value, low, high = _passed(partial(_integrate, p, roundings), x, y)
    if p == 1.0:
        return value, low, high
    low, high = _root(low, p), _root(high, p)
    return tuple(np.ldexp(each, unit) for each in (_root(value, p)[1], low[0], high[2]))  # type: ignore[return-value]


def _root(value: FloatArray, p: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the p-th root, and bounds of it."""
    root = np.sqrt(value) if p == 2.0 else value ** (1.0 / p)
    with np.errstate(divide="ignore"):
        size = np.where(value > 0.0, np.abs(np.log(value)), 0.0)
    off = root * (EPS * (4.0 + size / p))
    return root - off, root, root + off


def _passed(kernel: Callable[..., None], x: _Sorted, y: _Sorted) -> FloatArray:
    """Run a kernel over all columns; return what it writes, three numbers for each."""
    out = np.empty((3, len(x.sizes)))
    arguments = tuple(read_only(each) for side in (x, y) for each in side)
    longest = x.values.shape[1] + y.values.shape[1]
    work = len(x.sizes) * longest
    with at_once(work, "columns on the line"):
        share(partial(kernel, *arguments, out), len(x.sizes), max(1, _WORTH_A_THREAD // longest), 1 + work // 100_000)
    return out


@njit
def _integrate(
    p: float,
    roundings: float,
    x_sizes: IntArray,
    x_values: FloatArray,
    x_levels: FloatArray,
    y_sizes: IntArray,
    y_values: FloatArray,
    y_levels: FloatArray,
    out: FloatArray,
    start: int,
    stop: int,
) -> None:
    """Write W_p^p and its bounds for the columns from `start` to `stop`."""
    terms = np.empty(WIDTH)
    for k in range(start, stop):
        n, m = x_sizes[k], y_sizes[k]
        x, y = x_values[k, :n], y_values[k, :m]
        if x_levels.size > 0:
            high, low, doubt = quantile_integral(x, y, x_levels[k, :n], y_levels[k, :m], p, roundings)
            value = high + low
        elif n == m:
            value = mean_power(x, y, p, terms)
            doubt = 0.5 * EPS * (roundings + 16.0) * value + (8.0 * LEAST if p != 1.0 else 0.0)
        else:
            value, doubt = equal_shares(x, y, p, roundings)
        if doubt > 0.0:
            doubt = doubt + 2.0 * EPS * value + LEAST
        out[0, k], out[1, k], out[2, k] = value, max(0.0, value - doubt), value + doubt


@njit
def _largest(
    x_sizes: IntArray,
    x_values: FloatArray,
    x_levels: FloatArray,
    y_sizes: IntArray,
    y_values: FloatArray,
    y_levels: FloatArray,
    out: FloatArray,
    start: int,
    stop: int,
) -> None:
    """Write max |F⁻¹ − G⁻¹|; what it is at least, and at most, if levels that are next to equal change places."""
    for k in range(start, stop):
        n, m = x_sizes[k], y_sizes[k]
        weighted = x_levels.size > 0
        close = 4.0 * EPS if weighted else 0.0
        i, j, before = int64(0), int64(0), 0.0
        found = least = most = 0.0
        while i < n and j < m:
            if weighted:
                left, right = x_levels[k, i], y_levels[k, j]
            else:
                left, right = float((i + 1) * m), float((j + 1) * n)
            reached = min(left, right)
            apart = abs(x_values[k, i] - y_values[k, j])
            if reached > before:
                found = max(found, apart)
            if reached - before > close:
                least = max(least, apart)
            most = max(most, apart)
            near = abs(left - right) <= close
            if weighted and near and i + 1 < n:  # as if the other one ended first
                most = max(most, abs(x_values[k, i + 1] - y_values[k, j]))
            if weighted and near and j + 1 < m:
                most = max(most, abs(x_values[k, i] - y_values[k, j + 1]))
            before = reached
            j += right <= reached
            i += left <= reached
        out[0, k], out[1, k], out[2, k] = found, least, most
