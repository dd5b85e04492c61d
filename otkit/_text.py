"""Small tables as text, for results that print themselves."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

_LONGEST = 60  # characters of a value in a message
_SHORT = 8  # entries of a list in a message


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


def figures(*values: float, width: float | None = None) -> list[str]:
    """Return numbers for a sentence, in as many digits as their uncertainty lets count, or in three.

    Parameters
    ----------
    *values : float
    width : float, optional
        Of the interval that they are known to: its first digit is the last that is written.

    >>> figures(0.33123), figures(0.33123, 0.2899, 0.3711, width=0.0812), figures(123456.0), figures(2.34e-9)
    (['0.331'], ['0.33', '0.29', '0.37'], ['123,456'], ['2.34e-09'])
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0.0:
        return [number(value) for value in values]
    first = math.floor(math.log10(largest))
    last = first - 2 if not width or not math.isfinite(width) else min(math.floor(math.log10(width)), first - 1)
    if first < -4 or first > 8:
        return [f"{value:.{min(16, max(1, first - last))}e}" for value in values]
    return [f"{value:,.{max(0, -last)}f}" if math.isfinite(value) else number(value) for value in values]


def in_full(value: float) -> str:
    """Return a number with as many digits as tell it from its neighbours.

    >>> in_full(0.1 + 0.2), in_full(65.0)
    ('0.30000000000000004', '65')
    """
    return repr(float(value)).removesuffix(".0")


def wasserstein_name(p: float) -> str:
    """Return W_p as a sentence has it.

    >>> wasserstein_name(1.0), wasserstein_name(2), wasserstein_name(1.5)
    ('W₁', 'W₂', 'W_1.5')
    """
    order = f"{p:g}"
    return f"W{order.translate(str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉'))}" if order.isdigit() else f"W_{order}"


def shown(value: Any) -> str:
    """Return what a message says of a value that was given: what is short as it is, of larger things their kind.

    >>> shown("knn"), shown([1, 0]), shown([0] * 99)
    ("'knn'", '[1, 0]', 'a list of length 99')
    """
    if isinstance(value, list | tuple) and len(value) <= _SHORT and len(repr(value)) <= _LONGEST:
        return repr(value)
    if value is None or isinstance(value, str | bool | int | float | complex) or type(value).__module__ == "otkit":
        text = repr(value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    kind = type(value).__name__
    article = "an" if kind[0].lower() in "aeiou" else "a"
    shape = getattr(value, "shape", None)
    if shape == () and hasattr(value, "item"):  # a number of NumPy, or a tensor without axes
        return shown(value.item())
    if isinstance(shape, tuple):
        return f"{article} {kind} of shape {shape}"
    return f"{article} {kind} of length {len(value)}" if hasattr(value, "__len__") else f"{article} {kind}"


def told_apart(*values: float, least: int = 6) -> list[str]:
    """Return numbers with as many digits as tell those that differ apart, six at least unless more are wanted.

    >>> told_apart(0.28020000000000006, 0.2802), told_apart(0.5, 0.5), told_apart(1.0, 2.0)
    (['0.28020000000000006', '0.2802'], ['0.5', '0.5'], ['1', '2'])
    """
    different = len({float(value) for value in values})
    for digits in range(least, 16, 3):
        shown = [f"{value:.{digits}g}" for value in values]
        if len(set(shown)) == different:
            return shown
    return [f"{float(value)!r}".removesuffix(".0") for value in values]


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


def did_you_mean(given: Any, known: Iterable[Any]) -> str:
    """Return a question about the known name that is most like the one given, or nothing if none is.

    >>> did_you_mean("incom", ["age", "income"]), did_you_mean("INCOME", ["income"]), did_you_mean("zip", ["age"])
    (" Did you mean 'income'?", " Did you mean 'income'?", '')
    """
    names = {name.casefold(): name for name in known if isinstance(name, str)}
    if not isinstance(given, str) or not names:
        return ""
    from difflib import get_close_matches

    close = get_close_matches(given.casefold(), names, n=1)
    return f" Did you mean {quoted(names[close[0]])}?" if close else ""


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
