"""What all results can do: be written as JSON, and be shown in a notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from html import escape
from typing import Any, ClassVar

import numpy as np

from otkit.inputs.labels import Labels, written

# Borders and greys are the page's own ink, thinned, so that a card is read on light and dark pages alike.
_CARD = (
    '<div style="display:inline-block;max-width:60em;padding:.6em 1em;border:1px solid;border-color:'
    'color-mix(in srgb,currentColor 30%,transparent);border-radius:.4em;font-family:system-ui,sans-serif">'
)
_LABEL, _TEXT = '<dt style="opacity:.7;font-weight:400">', '<dd style="margin:0">'
_LINE = re.compile(r"  (\S+(?: \S+)?) {2,}(.+)")


class Result:
    """Base of results, which print as text: the first line says the number, the others, if any, are labelled."""

    _fields_of_dict: ClassVar[tuple[str, ...]] = ()

    seed: int | None = None  # what `rng=` takes to draw the same numbers again, where any were drawn

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain dictionaries, lists, numbers and text; infinity stays a float."""
        return {name: plain(getattr(self, name)) for name in self._fields_of_dict}

    def to_frame(self) -> Any:
        """Return the numbers and words of the result as a pandas DataFrame of one row, to be stacked with others.

        Raises
        ------
        ModuleNotFoundError
            pandas is not installed.
        """
        single = {name: value for name, value in self.to_dict().items() if not isinstance(value, dict | list)}
        return data_frame([single])

    def _repr_html_(self) -> str:
        return card(_words(type(self).__name__), str(self))


def data_frame(rows: Any, **axes: Any) -> Any:
    """Return a pandas DataFrame; where pandas is not installed, an error that says what to install."""
    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise ModuleNotFoundError('Data frames need pandas: pip install ".[tables]".') from None
    return pd.DataFrame(rows, **axes)


def points_frame(columns: Sequence[str], points: np.ndarray, masses: np.ndarray) -> Any:
    """Return points with their masses as a pandas DataFrame; coordinates without names are x0, x1, ...."""
    names = columns or [f"x{k}" for k in range(points.shape[1])]
    return data_frame(dict(zip(names, points.T, strict=True)) | {"mass": masses})


def plain(value: Any) -> Any:
    """Return a value as dictionaries, lists, numbers and text.

    Examples
    --------
    >>> plain({"masses": np.array([1.0, 2.0]), "shape": (2, np.int64(3))})
    {'masses': [1.0, 2.0], 'shape': [2, 3]}
    """
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Labels):
        return [written(label) for label in value]
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def card(title: str, text: str) -> str:
    """Return HTML for what a result prints: its first line large, labelled lines as a list, tables as they are.

    Examples
    --------
    >>> print(card("Two numbers", "p < 1 (of 3)"))  # doctest: +ELLIPSIS
    <div style=...><div style="opacity:.7">Two numbers</div><div style=...>p &lt; 1</div><div>of 3</div></div>
    """
    head, *lines = text.split("\n")
    found = [_LINE.fullmatch(line) for line in lines]
    if not all(found):
        body = f'<pre style="margin:.4em 0 0;background:none;color:inherit">{escape(text)}</pre>'
        return f'{_CARD}<div style="opacity:.7">{escape(title)}</div>{body}</div>'
    number, bracket, rest = head.partition(" (")
    rest = rest.removesuffix(")") if bracket and not rest.startswith("cost ") else rest
    note = f"<div>{escape(rest)}</div>" if rest else ""
    rows = "".join(f"{_LABEL}{escape(row[1])}</dt>{_TEXT}{escape(row[2])}</dd>" for row in found if row)
    grid = "display:grid;grid-template-columns:max-content auto;gap:.1em 1em;margin:.4em 0 0"
    return (
        f'{_CARD}<div style="opacity:.7">{escape(title)}</div>'
        f'<div style="font-size:1.4em;font-weight:600">{escape(number.rstrip())}</div>{note}'
        + (f'<dl style="{grid}">{rows}</dl>' if rows else "")
        + "</div>"
    )


def _words(name: str) -> str:
    """Return the name of a class in words: "Two sample test"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
