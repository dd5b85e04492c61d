"""Small tables as text, for results that print themselves."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any


def number(value: Any) -> str:
    """Return a number in at most six digits, ∞ where it is infinite; words stay words, and None is a dash."""
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = float(value)
    if math.isinf(shown):
        return "∞" if shown > 0 else "−∞"
    return f"{shown + 0.0:.6g}".replace("-", "−", 1) if shown < 0 else f"{abs(shown):.6g}"


def text_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows under their headings; columns of numbers are set to the right, columns of words to the left.

    >>> print(text_table(("n", "W_1"), [(1, 0.5), (2, math.inf)]))
    n  W_1
    1  0.5
    2    ∞
    """
    content = [tuple(row) for row in rows]
    cells = [[number(value) for value in row] for row in content]
    lines = [tuple(columns), *cells]
    widths = [max(len(line[k]) for line in lines) for k in range(len(columns))]
    words = [bool(content) and all(isinstance(row[k], str) for row in content) for k in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(line, widths, words, strict=True)
        ).rstrip()
        for line in lines
    )


def printable(text: str) -> str:
    r"""Return text from a file or a folder as it may go to a terminal: what could steer one is written out.

    Line breaks and tabs become blanks; other control characters, escape sequences' beginnings, marks that turn the
    direction of writing and lone surrogates become what Python writes for them. Letters of every script stay.

    >>> printable("loss\n(EUR)"), printable("\x1b[31mred")
    ('loss (EUR)', '\\x1b[31mred')
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or unicodedata.category(char) == "Zs"
        else " "
        if char in "\t\n\r\v\f\x85\u2028\u2029"
        else char.encode("unicode_escape").decode("ascii")
        for char in text.replace("\r\n", "\n")
    )


def quoted(text: str, most: int = 60) -> str:
    """Return text in quotation marks, what could steer a terminal written out, and not longer than a line."""
    return repr(text if len(text) <= most else f"{text[: most - 3]}...")
