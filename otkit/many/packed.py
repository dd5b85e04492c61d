"""Many pairs of measures as people hold them, laid end to end: arrays of equal clouds, or lists of any."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs import Cost
from otkit.inputs.checks import as_float_array, as_weights, entry, require_finite, require_same_dimension
from otkit.inputs.frames import as_clouds
from otkit.many.histograms import require_total
from otkit.many.small import add_up
from otkit.measures import DiscreteMeasure, taken_apart


class Side(NamedTuple):
    """The measures of one side of all pairs, end to end: the k-th has the atoms ``starts[k]:starts[k + 1]``.

    Attributes
    ----------
    points : ndarray, shape (N, d)
        Without columns where there are no points, but rows or columns of given costs.
    weights : ndarray, shape (N,)
    starts : ndarray, shape (pairs + 1,)
    equal : bool
        Whether they came as one array, and what is told of them is one.
    """

    points: FloatArray
    weights: FloatArray
    starts: IntArray
    equal: bool

    @property
    def size(self) -> int:
        """How many measures these are."""
        return self.starts.size - 1

    def atoms(self, k: int) -> slice:
        """Return where the atoms of a measure are."""
        return slice(self.starts[k], self.starts[k + 1])

    def parted(self, values: Any) -> Any:
        """Return what is told of all atoms measure by measure: an array, or a list where they came as a list."""
        if self.equal:
            return values.reshape(self.size, -1, *values.shape[1:])
        return [values[self.atoms(k)] for k in range(self.size)]


def read_sides(x: Any, y: Any, a: Any, b: Any, metric: Cost) -> tuple[Side, Side]:
    """Return both sides of all pairs.

    Raises
    ------
    TypeError, ValueError
        Of what is wrong, with the number of the pair.
    """
    given = [_array_or_list(x, "x"), _array_or_list(y, "y")]
    sizes = [len(each) for each in given]
    if sizes[0] != sizes[1]:
        raise ValueError(f"x and y must hold as many clouds, one for each pair, but x has {sizes[0]} and y {sizes[1]}.")
    if sizes[0] == 0:
        raise ValueError("x and y must hold at least one pair, but they are empty.")
    if not all(_is_plain(each) for each in given):
        return _with_names(given[0], given[1], a, b, metric)
    sides = [_plain_side(each, name) for each, name in zip(given, "xy", strict=True)]
    require_same_dimension(sides[0].points, sides[1].points)
    return tuple(  # type: ignore[return-value]  # of both
        side._replace(weights=read_weights(weights, name, side.starts, equal=side.equal))
        for side, weights, name in zip(sides, (a, b), "ab", strict=True)
    )


def flattened(x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray) -> list[FloatArray]:
    """Return points and weights with leading dimensions, all the same, as those of one batch; refuse bad entries."""
    parts = []
    for array, name, own in ((x, "x", 2), (y, "y", 2), (a, "a", 1), (b, "b", 1)):
        require_finite(array, name)
        if own == 1 and array.size and array.min() < 0.0:
            raise ValueError(f"{name} must be non-negative, but {entry(array, int(np.argmin(array)), name)}.")
        parts.append(array.reshape(-1, *array.shape[array.ndim - own :]))
    return parts


def read_weights(value: Any, name: str, starts: IntArray, *, equal: bool) -> FloatArray:
    """Return the weights of all atoms: those of each measure, or one array that all of them share."""
    size, count = int(starts[-1]), starts.size - 1
    if value is None:
        return np.ones(size)
    if isinstance(value, list | tuple) and not (equal and _is_rectangle(value)):
        return _listed_weights(value, name, starts)
    array = as_float_array(value, name)
    if not equal:
        return _listed_weights(list(array), name, starts)
    atoms = size // count
    if array.shape not in ((count, atoms), (atoms,)):
        raise ValueError(
            f"{name} must have shape ({count}, {atoms}), weights for each pair, or ({atoms},) for all of them, but its "
            f"shape is {array.shape}."
        )
    weights = np.ascontiguousarray(np.broadcast_to(array, (count, atoms))).reshape(-1)
    require_finite(array, name)
    if array.min() < 0.0:
        raise ValueError(f"{name} must be non-negative, but {entry(array, int(np.argmin(array)), name)}.")
    totals = add_up(weights, starts)
    wrong = np.flatnonzero(~((totals > 0.0) & np.isfinite(totals)))
    if wrong.size:
        return _listed_weights(list(np.broadcast_to(array, (count, atoms))), name, starts)  # says it
    return weights


def _listed_weights(value: Any, name: str, starts: IntArray) -> FloatArray:
    count = starts.size - 1
    if len(value) != count:
        raise ValueError(f"{name} must hold weights for each of the {count} pairs, but it has {len(value)} entries.")
    parts = []
    for k, each in enumerate(value):
        parts.append(as_weights(each, f"{name}[{k}]", int(starts[k + 1] - starts[k])))
        require_total(parts[-1], f"{name}[{k}]")
    return np.concatenate(parts)


def _array_or_list(value: Any, name: str) -> Any:
    if isinstance(value, DiscreteMeasure | str | dict) or not hasattr(value, "__len__"):
        raise TypeError(
            f"{name} must be an array of clouds of points, shape (pairs, n, d), or a list of clouds, but "
            f"{type(value).__name__} was given."
        )
    if isinstance(value, list | tuple):
        return value
    array = as_float_array(value, name)
    if array.ndim == 2:  # samples on the line
        array = array[:, :, None]
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise ValueError(
            f"{name} must be an array of shape (pairs, n, d), or (pairs, n) for samples on the line, with n and d at "
            f"least 1, or a list of clouds, but its shape is {array.shape}."
        )
    require_finite(array, name)
    return array


def _is_rectangle(value: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list holds numbers alone, to be shared by all pairs."""
    return all(isinstance(each, int | float | np.number) for each in value)


def _is_plain(clouds: Any) -> bool:
    """Whether clouds are arrays of floats, which need no matching of names and no common origin."""
    return isinstance(clouds, np.ndarray) or all(
        type(each) is np.ndarray and each.dtype.kind == "f" and each.ndim in (1, 2) and each.size for each in clouds
    )


def _plain_side(clouds: Any, name: str) -> Side:
    if isinstance(clouds, np.ndarray):
        count, n, d = clouds.shape
        points = np.ascontiguousarray(clouds, np.float64).reshape(count * n, d)
        return Side(points, np.empty(0), np.arange(count + 1) * n, True)
    parts = [each[:, None] if each.ndim == 1 else each for each in clouds]
    for k, each in enumerate(parts):
        if each.shape[1] != parts[0].shape[1]:
            raise ValueError(
                f"{name} must hold clouds of one dimension, but {name}[0] has {parts[0].shape[1]} coordinates and "
                f"{name}[{k}] has {each.shape[1]}."
            )
    points = np.concatenate(parts, dtype=np.float64)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in parts])])
    if not np.isfinite(points).all():
        for k, each in enumerate(clouds):
            require_finite(each, f"{name}[{k}]")
    return Side(points, np.empty(0), starts, False)


def _with_names(x: Any, y: Any, a: Any, b: Any, metric: Cost) -> tuple[Side, Side]:
    """Read clouds that may have names, weights or times, as `otkit.inputs.frames` does, all in one space."""
    given: dict[str, ArrayLike] = {}
    brought: dict[str, ArrayLike | None] = {}
    for name, clouds, weights_name, weights in (("x", x, "a", a), ("y", y, "b", b)):
        if weights is not None and len(weights) != len(clouds):
            raise ValueError(
                f"{weights_name} must hold weights for each of the {len(clouds)} pairs, but it has {len(weights)} "
                "entries."
            )
        for k, cloud in enumerate(clouds):
            own: Any = None if weights is None else weights[k]
            names = f"{name}[{k}]", f"{weights_name}[{k}]"
            given[names[0]], brought[names[1]] = taken_apart(cloud, own, *names)
    clouds = as_clouds(given, brought, invariant=metric.translation_invariant)
    sides = []
    for start, name in ((0, "a"), (len(x), "b")):
        points = clouds.points[start : start + len(x)]
        masses = clouds.weights[start : start + len(x)]
        starts = np.concatenate([[0], np.cumsum([len(each) for each in points])])
        weights = _listed_weights(list(masses), name, starts)
        equal = isinstance(x if start == 0 else y, np.ndarray)
        sides.append(Side(np.concatenate(points), weights, starts, equal))
    return sides[0], sides[1]
