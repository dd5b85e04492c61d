"""Labels of rows, columns and bins, and when two are one.

Two labels are one label if Python calls them equal, as 1 and 1.0 are, and so are 1 and True; all missing ones (None,
NaN, NaT, pandas.NA) are one label, also inside of a tuple, as pandas groups them.

pandas is never imported unless somebody asks for an index.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from otkit._typing import IntArray

NAMED = 5  # labels that a message lists
_LONGEST = 40  # characters of a label that are printed


class _Missing:
    """The one missing label."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


class Labels:
    """The labels of one axis, in order.

    Parameters
    ----------
    source : pandas Index or sequence
        An index is kept as it is, so that what comes back has its type, too.
    names : sequence of str or None, optional
        What the labels, or the parts of which they are tuples, are called; an index knows.
    """

    def __init__(self, source: Any, names: Sequence[Any] | None = None) -> None:
        self._index: Any = source if is_index(source) else None
        self._items: Any = None if self._index is not None else tuple(source)
        self.names: tuple[Any, ...] = tuple(self._index.names if self._index is not None else names or (None,))

    def __len__(self) -> int:
        return len(self._items if self._index is None else self._index)

    def __getitem__(self, k: int) -> Any:
        return self.items[k]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"Labels({listed(self, range(len(self)))})"

    @cached_property
    def items(self) -> tuple[Any, ...]:
        """The labels as Python objects."""
        return tuple(self._index.tolist()) if self._items is None else self._items

    @cached_property
    def keys(self) -> list[Hashable]:
        """What decides whether two labels are one."""
        return [key_of(label) for label in self.items]

    @cached_property
    def are_numbers_of_rows(self) -> bool:
        """Whether they are the index 0, 1, … that pandas gives to what has no labels."""
        index = self._index
        return type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1

    @property
    def index(self) -> Any:
        """The labels as a pandas Index."""
        if self._index is None:
            import pandas as pd

            of_tuples = len(self.names) > 1
            self._index = (
                pd.MultiIndex.from_tuples(self.items, names=self.names)
                if of_tuples
                else pd.Index(self.items, name=self.names[0], tupleize_cols=False)
            )
        return self._index

    @property
    def name(self) -> str | None:
        """What the labels are called; the names of several levels together."""
        known = [str(name) for name in self.names if name is not None]
        return ", ".join(known) or None

    def __getstate__(self) -> dict[str, Any]:
        return {"_index": self._index, "_items": self._items, "names": self.names}

    def same_as(self, other: Labels) -> bool:
        """Whether these are the same labels in the same order."""
        if self is other:
            return True
        if self._index is not None and other._index is not None and self._index.equals(other._index):
            return True
        return len(self) == len(other) and self.keys == other.keys

    def text(self, k: int) -> str:
        """Return a label as it is printed."""
        return label_text(self.items[k])

    def texts(self) -> list[str]:
        """Return all labels as they are printed."""
        return [label_text(label) for label in self.items]

    def quoted(self, k: int) -> str:
        """Return a label as a message names it: text in quotes."""
        return quoted_label(self.items[k])

    def take(self, which: IntArray) -> Labels:
        """Return some of the labels."""
        if self._index is not None:
            return Labels(self._index.take(which))
        return Labels([self.items[k] for k in which.tolist()], self.names)

    def places(self, of: Labels) -> IntArray:
        """Return where each label of another axis stands here, −1 where it is missing."""
        if self._plain and of._plain and self._index.dtype == of._index.dtype:
            return np.asarray(self._index.get_indexer(of._index), np.int64)
        place = {key: k for k, key in enumerate(self.keys)}
        return np.fromiter((place.get(key, -1) for key in of.keys), np.int64, len(of))

    @property
    def _plain(self) -> bool:
        """Whether pandas compares them in compiled code and as we do: numbers and dates, each once."""
        return (
            self._index is not None
            and isinstance(self._index.dtype, np.dtype)
            and self._index.dtype.kind in "iufM"
            and self._index.is_unique
        )

    def require_unique(self, name: str, remedy: str) -> None:
        """Raise ValueError at the first label that stands here twice."""
        if self._plain:
            return
        seen: set[Hashable] = set()
        for label, key in zip(self.items, self.keys, strict=True):
            if key in seen:
                raise ValueError(
                    f"{name} must have each label once, but {quoted_label(label)} occurs more than once. {remedy}"
                )
            seen.add(key)


# --- single labels --------------------------------------------------------------------------------------------------


def is_missing(label: Any) -> bool:
    """Whether a label is None, NaN, NaT or pandas.NA.

    >>> [is_missing(label) for label in (None, float("nan"), "nan", 0)]
    [True, True, False, False]
    """
    if label is None or label is getattr(sys.modules.get("pandas"), "NA", MISSING):
        return True
    return not isinstance(label, str | tuple) and bool(label != label)  # noqa: PLR0124 (so NaN and NaT tell themselves)


def key_of(label: Any) -> Any:
    """Return what is equal for labels that are one."""
    if isinstance(label, str):
        return label
    if isinstance(label, tuple):
        return tuple(key_of(part) for part in label)
    if is_missing(label):
        return MISSING
    if isinstance(label, np.datetime64):  # its hash is not that of the equal datetime
        return label.astype("datetime64[us]").item() if label == label.astype("datetime64[us]") else label
    return label


def is_index(value: Any) -> bool:
    """Whether this is an Index of pandas, without loading that."""
    return hasattr(value, "get_indexer") and hasattr(value, "names")


def label_text(label: Any) -> str:
    """Return a label as it is printed: no control characters, dates without an empty time, and not without end.

    >>> label_text(("a", None)), label_text("two" + chr(10) + "lines")
    ('a, missing', 'two�lines')
    """
    if isinstance(label, tuple):
        return ", ".join(map(label_text, label))
    if is_missing(label):
        return "missing"
    text = str(label)
    if isinstance(label, datetime.datetime):
        text = text.removesuffix(" 00:00:00")
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def quoted_label(label: Any) -> str:
    """Return a label as a message names it: text in quotes."""
    return repr(label_text(label)) if isinstance(label, str) else label_text(label)


def listed(labels: Labels, which: Sequence[int]) -> str:
    """Name some labels, the first few of many."""
    few = ", ".join(labels.quoted(k) for k in which[:NAMED])
    return few if len(which) <= NAMED else f"{few} and {len(which) - NAMED} more"


# --- files ----------------------------------------------------------------------------------------------------------


def written(label: Any) -> Any:
    """Return a label as JSON says it: text, numbers and truth as they are, null for a missing one, all else as text."""
    if is_missing(label):
        return None
    if isinstance(label, tuple):
        return [written(part) for part in label]
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, str | int) or (isinstance(label, float) and np.isfinite(label)):
        return label
    return label.isoformat() if hasattr(label, "isoformat") else str(label)


def to_header(labels: Labels | None) -> dict[str, Any] | None:
    """Return labels as the header of a file holds them: dates and intervals as such, of other types their text."""
    if labels is None:
        return None
    names = [None if name is None else str(name) for name in labels.names]
    return {"names": names, "items": [_encoded(label) for label in labels.items]}


def from_header(header: Any, size: int) -> Labels | None:
    """Undo `to_header`.

    Raises
    ------
    ValueError
        The header is another, or holds labels for another number of rows.
    """
    if header is None:
        return None
    try:
        names, items = header["names"], header["items"]
        proper = isinstance(names, list) and isinstance(items, list) and len(items) == size and len(names) >= 1
        proper = proper and all(name is None or isinstance(name, str) for name in names)
        decoded = [_decoded(item) for item in items] if proper else []
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"the labels of {size} rows or columns can't be read: {error}") from error
    if not proper or (len(names) > 1 and not all(isinstance(k, tuple) and len(k) == len(names) for k in decoded)):
        raise ValueError(f"labels must be one for each of {size} rows or columns.")
    return Labels(decoded, names)


def _encoded(label: Any) -> Any:
    if isinstance(label, tuple):
        return {"tuple": [_encoded(part) for part in label]}
    if hasattr(label, "closed") and hasattr(label, "overlaps"):
        return {"interval": [_encoded(label.left), _encoded(label.right)], "closed": label.closed}
    if isinstance(label, datetime.datetime) and not is_missing(label):
        return {"time": label.isoformat()}
    return written(label)


def _decoded(item: Any) -> Any:
    if not isinstance(item, dict):
        if isinstance(item, list):
            raise TypeError("a list is no label")
        return item
    if "tuple" in item:
        return tuple(_decoded(part) for part in item["tuple"])
    pandas = _pandas()
    if "time" in item:
        text = str(item["time"])
        return datetime.datetime.fromisoformat(text) if pandas is None else pandas.Timestamp(text)
    left, right = (_decoded(part) for part in item["interval"])
    if pandas is None:
        return f"{left} … {right}"
    return pandas.Interval(left, right, closed=item["closed"])


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        return None
    return pandas
