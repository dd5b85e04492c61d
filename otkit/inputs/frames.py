"""Clouds of points as people hold them, brought together: the one gate that every function of samples goes through.

Columns that have names are matched by name, rows with missing values are refused or left out with their weights, big
integers and times are counted from a common origin (see `otkit.inputs.coordinates`), and what was done is said: a
`Reading` travels with the result.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from otkit._typing import ArrayLike, BoolArray, FloatArray
from otkit.inputs.checks import missing_entries, require_choice, require_finite, require_same_dimension, span
from otkit.inputs.columns import Columns, columns_of
from otkit.inputs.coordinates import in_floats
from otkit.inputs.values import LARGEST_SAFE, MixedError, Values, is_safe, values_of

Missing: TypeAlias = Literal["raise", "drop"]


@dataclass(frozen=True)
class Reading:
    """How data were read: what a result says of its input.

    Attributes
    ----------
    columns : tuple of str
        Names of the coordinates, in their order; none where they have no names.
    notes : tuple of str
        What was done, a phrase each.
    moved : bool
        Whether coordinates are counted from an origin that was chosen for these data.
    """

    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    moved: bool = False

    def added_to(self, detail: str) -> str:
        """Return a line about a result, with what was done to its data after it."""
        return "; ".join(part for part in (detail, *self.notes) if part)


NOTHING = Reading()


@dataclass(frozen=True, eq=False)
class Frame:
    """One point a row, in named columns or none.

    Attributes
    ----------
    names : tuple
        Of the columns; empty if they have none.
    default : bool
        Whether these names are mere numbers that a library gave.
    block : ndarray of float64, shape (n, d), or None
        All of it, where float64 holds it.
    columns : tuple of Values
        Otherwise: each column as it is.
    index : object
        Labels of the rows, of pandas; None elsewhere.
    """

    names: tuple[Hashable, ...] = ()
    default: bool = False
    block: FloatArray | None = None
    columns: tuple[Values, ...] = ()
    index: Any = None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of points and coordinates."""
        if self.block is not None:
            return self.block.shape[0], self.block.shape[1]
        return self.columns[0].array.size if self.columns else 0, len(self.columns)

    def column(self, k: int) -> Values:
        """Return one coordinate."""
        return Values(self.block[:, k]) if self.block is not None else self.columns[k]

    def absent(self) -> BoolArray:
        """Return which rows have a missing value."""
        if self.block is not None:
            return np.asarray(np.isnan(self.block).any(axis=1))
        return np.asarray(np.array([column.absent() for column in self.columns]).any(axis=0))

    def rows(self, which: BoolArray) -> Frame:
        """Return some of the rows."""
        if self.block is not None:
            return Frame(self.names, self.default, self.block[which])
        return Frame(self.names, self.default, None, tuple(column.taken(which) for column in self.columns))

    def ordered(self, names: Sequence[Hashable]) -> Frame:
        """Return the columns in another order."""
        places = [self.names.index(name) for name in names]
        block = None if self.block is None else self.block[:, places]
        columns = tuple(self.columns[k] for k in places) if self.columns else ()
        return Frame(tuple(names), self.default, block, columns, self.index)

    def owned(self) -> Frame:
        """Return the same in memory of its own that nobody writes to, without the labels of its rows."""
        block = None if self.block is None else self.block.copy()
        columns = tuple(column._replace(array=column.array.copy()) for column in self.columns)
        for array in (block, *(column.array for column in columns)):
            if array is not None:
                array.flags.writeable = False
        return Frame(self.names, self.default, block, columns)

    def called(self, name: str, k: int) -> str:
        """Return what a column is called in a message."""
        if self.names and not self.default:
            return f"{name}[{self.names[k]!r}]"
        return name if self.shape[1] == 1 else f"{name}[:, {k}]"


class Clouds(NamedTuple):
    """Clouds that lie in one space.

    Attributes
    ----------
    points : list of ndarrays, shapes (n, d)
        Finite and C-contiguous.
    weights : list
        As they were given, less those of rows that were left out.
    reading : Reading
    held : list of Frame
        The same points as they were held, in the order of their columns here; nothing where that is no news.
    """

    points: list[FloatArray]
    weights: list[ArrayLike | None]
    reading: Reading
    held: Sequence[Frame] = ()

    @property
    def frames(self) -> Sequence[Frame]:
        """The same points as they were held, for those who bring them together with others."""
        return self.held or [Frame(block=cloud) for cloud in self.points]


def as_clouds(
    given: Mapping[str, ArrayLike],
    weights: Mapping[str, ArrayLike | None] | None = None,
    *,
    missing: Missing | None = None,
    invariant: bool = True,
) -> Clouds:
    """Return clouds of points in one space, with what was done to bring them there.

    Parameters
    ----------
    given : mapping
        Points by the name of their argument.
    weights : mapping, optional
        Their weights, in the same order.
    missing : {"raise", "drop"} or None
        What to do about rows in which a coordinate, or the weight, is missing; None if the user had no choice.
    invariant : bool
        Whether a shift of all points together changes nothing, so that an origin may be subtracted.

    Raises
    ------
    TypeError
        Entries that are no numbers or times; times in one place and numbers in another.
    ValueError
        Columns with different names, different dimensions, missing or infinite entries, integers that would be rounded.

    Examples
    --------
    >>> import numpy as np
    >>> x = {"age": [30, 40], "income": [1000, 2000]}
    >>> clouds = as_clouds({"x": x, "y": {"income": [1500], "age": [35]}})
    >>> clouds.points[1].tolist(), clouds.reading.notes
    ([[35.0, 1500.0]], ('columns matched by name: age, income',))
    """
    if missing not in (None, "raise", "drop"):
        require_choice(missing, "missing", ("raise", "drop"))
    masses = dict(weights or {})
    points = _simple(given)
    if points is not None:
        return Clouds(points, list(masses.values()), NOTHING)
    names, labels = list(given), list(masses)
    frames = [as_frame(value, name) for name, value in given.items()]
    notes: list[str] = []
    for k, (label, masses_k) in enumerate(masses.items()):
        masses[label] = _in_order(frames[k], masses_k, names[k], label, notes)
    frames = _matched(frames, names, notes)
    for k, name in enumerate(names):
        label = labels[k] if labels else ""
        frames[k], masses_k = _known(frames[k], name, masses.get(label), label, missing, notes)
        if masses:
            masses[label] = masses_k
    points, moved = _converted(frames, names, invariant, notes)
    for cloud, name, frame in zip(points, names, frames, strict=True):
        _require_finite(cloud, name, missing, frame)
    first = next((frame for frame in frames if frame.names and not frame.default), None)
    columns = () if first is None else tuple(map(str, first.names))
    return Clouds(points, list(masses.values()), Reading(columns, tuple(notes), moved), frames)


def matched_frames(given: Mapping[str, ArrayLike]) -> tuple[list[Frame], list[str]]:
    """Return points as they are held, columns matched by name, missing entries left in; and what was done."""
    notes: list[str] = []
    return _matched([as_frame(value, name) for name, value in given.items()], list(given), notes), notes


def _simple(given: Mapping[str, ArrayLike]) -> list[FloatArray] | None:
    """Return finite points of one space that come as plain arrays or lists of numbers; None where more is to be seen.

    This is no other rule, but a short way: small calls are to stay small.
    """
    points: list[FloatArray] = []
    for name, value in given.items():
        array = value
        if type(value) in _SEQUENCES:
            if not value or not _NUMBERS.issuperset(map(type, value)):
                return None
            try:
                array = np.asarray(value)
            except (ValueError, TypeError):
                return None
        if type(array) is not np.ndarray or array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
            return None
        cloud = _plain(array if array.dtype == np.float64 else array.astype(np.float64), name)
        finite, least, largest = span(cloud)
        if not finite or ((array.dtype.kind != "f" or array is not value) and max(-least, largest) >= LARGEST_SAFE):
            return None
        if points and cloud.shape[1] != points[0].shape[1]:
            return None
        points.append(cloud)
    return points


_SEQUENCES = (list, tuple)
_NUMBERS = frozenset([int, float, list, tuple])


def points_in_order(columns: Sequence[str], value: ArrayLike, name: str) -> FloatArray:
    """Return points for a function that knows its columns by name: in that order, if these points have names, too.

    Raises
    ------
    TypeError, ValueError
        As `as_clouds`; or columns of other names.
    """
    frame = as_frame(value, name)
    _require_known(frame, name, None)
    given = tuple(map(str, frame.names))
    if columns and given and not frame.default and given != tuple(columns):
        if sorted(given) != sorted(columns):
            raise ValueError(
                f"{name} must have the columns {_listed(columns)}, but it has {_listed(given)}. Select or rename "
                "columns, or pass an array to take them by position."
            )
        frame = frame.ordered([frame.names[given.index(column)] for column in columns])
    (points,), _ = _converted([frame], [name], False, [])
    _require_finite(points, name, None, frame)
    return points


def as_frame(value: ArrayLike | Frame, name: str) -> Frame:
    """Return points, one a row, with the names of their columns."""
    if isinstance(value, Frame):
        return value
    if type(value) is np.ndarray and value.dtype == np.float64:
        return Frame(block=_plain(value, name))
    table = _of_mapping(value, name) if isinstance(value, Mapping) else columns_of(value, name)
    if table is None:
        return _of_array(value, name)
    columns = tuple(
        _values_of_column(column, f"{name}[{label!r}]")
        for label, column in zip(table.names, table.columns, strict=True)
    )
    _require_columns(columns, table, name)
    index = getattr(value, "index", None) if hasattr(value, "iloc") else None
    if all(_is_plain(column) for column in columns):
        block = np.column_stack([np.asarray(column.array, np.float64) for column in columns])
        return Frame(table.names, table.default, block, (), index)
    return Frame(table.names, table.default, None, columns, index)


def _values_of_column(column: Any, name: str) -> Values:
    """Return the values of one column of a table; words in it are to be left out, or turned into numbers."""
    try:
        values = values_of(column, name)
    except TypeError as error:
        remedy = "" if "leave it out" in str(error) else " Turn the column into numbers, or leave it out."
        raise type(error)(f"{error}{remedy}") from None
    if values.array.ndim != 1:
        raise ValueError(
            f"{name} must hold one number in each row, but its shape is {values.array.shape}. Give each its own column."
        )
    return values


def _of_array(value: ArrayLike, name: str) -> Frame:
    index = getattr(value, "index", None) if hasattr(value, "iloc") else None
    try:
        whole = values_of(value, name)
    except MixedError:
        array = np.asarray(value, dtype=object)
        if array.ndim != 2:
            raise
        return Frame(
            columns=tuple(values_of(array[:, k], f"{name}[:, {k}]") for k in range(array.shape[1])), index=index
        )
    array = whole.array[:, None] if whole.array.ndim == 1 else whole.array
    _require_shape(array, name)
    if _is_plain(whole):
        return Frame(block=np.ascontiguousarray(array, dtype=np.float64), index=index)
    missing = None if whole.missing is None else whole.missing.reshape(array.shape)
    columns = [
        whole._replace(array=array[:, k], missing=None if missing is None else missing[:, k])
        for k in range(array.shape[1])
    ]
    return Frame(columns=tuple(columns), index=index)


def _plain(array: FloatArray, name: str) -> FloatArray:
    """Return a float64 array as points, of whatever values."""
    if array.ndim == 1:
        array = array[:, None]
    _require_shape(array, name)
    return np.ascontiguousarray(array)


def _is_plain(values: Values) -> bool:
    return values.quantity == "numbers" and values.missing is None and is_safe(values.array)


def _of_mapping(value: Mapping[Any, Any], name: str) -> Columns:
    if not value or not all(np.ndim(column) == 1 for column in value.values()):
        raise TypeError(
            f"{name} must be points, or a dictionary that has a column of numbers for each name, but it is a "
            f"{type(value).__name__} of other things."
        )
    return Columns(tuple(value), list(value.values()), False)


def _require_shape(array: np.ndarray, name: str) -> None:
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be an array of shape (n, d), or (n,) for points on the line, but its shape is {array.shape}."
        )
    if array.shape[0] == 0 or array.shape[1] == 0:
        raise ValueError(f"{name} must hold at least one point with one coordinate, but its shape is {array.shape}.")


def _require_columns(columns: Sequence[Values], table: Columns, name: str) -> None:
    """Raise unless there are columns, of one length and with a name each."""
    _require_shape(np.empty((columns[0].array.size if columns else 0, len(columns)), np.bool_), name)
    for column, label in zip(columns, table.names, strict=True):
        if column.array.ndim != 1 or column.array.size != columns[0].array.size:
            raise ValueError(
                f"{name} must have columns of one length, but {name}[{table.names[0]!r}] has shape "
                f"{columns[0].array.shape} and {name}[{label!r}] has shape {column.array.shape}."
            )
    twice = next((label for label in table.names if table.names.count(label) > 1), None)
    if twice is not None:
        raise ValueError(f"{name} must have each column name once, but {twice!r} occurs more than once.")


def _require_one_space(points: Sequence[FloatArray], names: Sequence[str]) -> None:
    for cloud, name in zip(points[1:], names[1:], strict=True):
        if cloud.shape[1] != points[0].shape[1]:
            require_same_dimension(points[0], cloud, (names[0], name))


def _require_finite(cloud: FloatArray, name: str, missing: Missing | None, frame: Frame) -> None:
    if not span(cloud)[0]:
        if frame.names and not frame.default:  # said of the column
            k = int(np.argmin(np.isfinite(cloud).all(axis=0)))
            cloud, name = cloud[:, k], frame.called(name, k)
        try:
            require_finite(cloud, name)
        except ValueError as error:
            if missing is None or not np.isnan(cloud).any():
                raise
            raise ValueError(f"{error} To leave out rows with missing values, say missing='drop'.") from None


# --- names ----------------------------------------------------------------------------------------------------------


def _matched(frames: list[Frame], names: Sequence[str], notes: list[str]) -> list[Frame]:
    """Return the frames with their columns in the order of the first that has names."""
    first = next((k for k, frame in enumerate(frames) if frame.names and not frame.default), None)
    if first is None:
        first = next((k for k, frame in enumerate(frames) if frame.names), 0)
    order = next((frame.names for frame in frames if frame.names and set(frame.names) == set(frames[first].names)), ())
    together, apart = False, []
    for k, frame in enumerate(frames):
        if frame.names and set(frame.names) == set(order):
            together = together or (k != first and not frame.default) or frame.names != order
            frames[k] = frame if frame.names == order else frame.ordered(order)
        elif frame.names and not frame.default and not frames[first].default:
            raise ValueError(_different(frames[first], frame, names[first], names[k]))
        else:
            apart.append(names[k])
    _require_one_space([np.empty((0, frame.shape[1])) for frame in frames], names)
    listed = _listed(order)
    if together:
        notes.append(f"columns matched by name: {listed}")
    if apart and order and not frames[first].default:
        without = f"{', '.join(apart[:3])}{' and others' if len(apart) > 3 else ''}"
        notes.append(f"columns {listed} by position, since {without} {'has' if len(apart) == 1 else 'have'} no names")
    return frames


def _listed(names: Sequence[Hashable]) -> str:
    return ", ".join(map(str, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _different(one: Frame, other: Frame, name: str, other_name: str) -> str:
    lacks = []
    for here, there, label, other_label in ((one, other, name, other_name), (other, one, other_name, name)):
        only = [column for column in here.names if column not in there.names]
        if only:
            lacks.append(f"{label} has {', '.join(repr(column) for column in only[:8])}, which {other_label} lacks")
    return (
        f"{name} and {other_name} must have the same columns, but {', and '.join(lacks)}. Select or rename "
        "columns, or pass arrays to take them by position."
    )


def _in_order(frame: Frame, weights: ArrayLike | None, name: str, label: str, notes: list[str]) -> ArrayLike | None:
    """Return weights in the order of the rows, where both have labels of pandas."""
    if weights is None or not hasattr(weights, "iloc"):
        return weights
    index = weights.index
    if frame.index is None or _is_range(index) or _is_range(frame.index) or index.equals(frame.index):
        return weights
    if len(index) == len(frame.index) and index.is_unique and frame.index.is_unique:
        places = index.get_indexer(frame.index)
        if (places >= 0).all():
            notes.append(f"{label} matched to the rows of {name} by label")
            return weights.iloc[places]
    raise ValueError(
        f"{label} must have the row labels of {name}, or be in its order without labels, but their indexes differ. "
        f"Take {label}.loc[{name}.index], or {label}.to_numpy() if they are in one order."
    )


def _is_range(index: Any) -> bool:
    return getattr(index, "start", None) == 0 and getattr(index, "step", None) == 1


# --- missing values -------------------------------------------------------------------------------------------------


def _known(
    frame: Frame, name: str, weights: ArrayLike | None, label: str, missing: Missing | None, notes: list[str]
) -> tuple[Frame, ArrayLike | None]:
    """Return points and weights without the rows in which something is missing, or refuse these."""
    if missing != "drop":
        _require_known(frame, name, missing)
        return frame, weights
    absent = frame.absent()
    if weights is not None:
        masses = values_of(weights, label)
        unknown = masses.absent().reshape(-1)
        if unknown.size == absent.size:
            absent = absent | unknown
            if absent.any():
                weights = masses.array.reshape(-1)[~absent]
    if not absent.any():
        return frame, weights
    if absent.all():
        raise ValueError(
            f"{name} must hold a row without missing values, but none of its {absent.size:,} rows is whole."
        )
    notes.append(f"{int(absent.sum()):,} of {absent.size:,} rows of {name} left out: values are missing")
    return frame.rows(~absent), weights


def _require_known(frame: Frame, name: str, missing: Missing | None) -> None:
    """Raise at the first missing value."""
    remedy = "" if missing is None else " To leave out such rows, say missing='drop'."
    gaps = [column.absent() for column in frame.columns]
    if not any(gap.any() for gap in gaps):
        return
    if not frame.names or frame.default:  # told by row and column
        whole, masked = np.column_stack(gaps), any(column.masked for column in frame.columns)
        whole = whole[:, 0] if whole.shape[1] == 1 else whole
        raise ValueError(missing_entries(Values(np.zeros(whole.shape, np.int64), whole, masked=masked), name, remedy))
    k = next(k for k, gap in enumerate(gaps) if gap.any())
    raise ValueError(missing_entries(frame.columns[k], frame.called(name, k), remedy))


# --- numbers --------------------------------------------------------------------------------------------------------


def _converted(
    frames: Sequence[Frame], names: Sequence[str], invariant: bool, notes: list[str]
) -> tuple[list[FloatArray], bool]:
    """Return the points in float64, and whether an origin was subtracted from some of their coordinates."""
    if all(frame.block is not None for frame in frames):
        return [frame.block for frame in frames if frame.block is not None], False
    n_columns = frames[0].shape[1]
    points, moved = [np.empty(frame.shape) for frame in frames], False
    named = next((frame for frame in frames if frame.names and not frame.default), None)
    for k in range(n_columns):
        label = str(named.names[k]) if named is not None else f"coordinate {k}" if n_columns > 1 else ""
        called = [frame.called(name, k) for frame, name in zip(frames, names, strict=True)]
        taken, note, shifted = in_floats([frame.column(k) for frame in frames], called, label, invariant=invariant)
        for cloud, values in zip(points, taken, strict=True):
            cloud[:, k] = values
        moved = moved or shifted
        if note:
            notes.append(note)
    return points, moved
