"""Numbers of a report as people read them, and its table in as many characters as there are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from otkit.statistics.drift.entries import ColumnDrift, LabelDrift, NumericDrift

# The table's columns, and which are left out first where there is no room for all.
HEADINGS = ("column", "kind", "W₁/sd", "by chance", "W₁", "TV", "JS", "PSI", "p (BH)", "p", "missing", "what moved")
_KEPT = ("column", "W₁/sd", "p (BH)", "W₁", "TV", "what moved", "missing", "by chance", "kind", "PSI", "JS", "p")
_WORDS = ("column", "kind", "what moved")
_CUT, _SHORT = ("column", "what moved"), 24  # what is shortened, and to how many characters, where room is scarce

UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def number(value: float, digits: int = 3) -> str:
    """Return a number in a few digits, of which those before the point are all there up to a million.

    >>> number(0.12345), number(float("inf")), number(-12345.6), number(12345678.0), number(0.0)
    ('0.123', '∞', '−12,346', '1.23e+07', '0')
    """
    sign = "−" if value < 0.0 else ""
    if math.isinf(value):
        return f"{sign}∞"
    size = abs(value)
    return f"{sign}{size:,.0f}" if 10.0**digits <= size < 1e6 else f"{sign}{size:.{digits}g}"


def duration(seconds: float) -> str:
    """Return a length of time in a unit that suits it.

    >>> duration(93600.0), duration(-0.0021)
    ('1.08 d', '−2.1 ms')
    """
    for size, unit in UNITS:
        if abs(seconds) >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def in_unit(entry: NumericDrift, value: float) -> str:
    """Return a distance in the unit of a column."""
    return number(value) if entry.kind == "numeric" else duration(value)


def share(value: float) -> str:
    """Return a share in per cent.

    >>> share(0.0), share(0.1234), share(0.00004)
    ('0 %', '12.3 %', '0.004 %')
    """
    return f"{number(100.0 * value)} %"


def pvalue(value: float) -> str:
    """Return a p-value, in two digits, and where it is very small in one."""
    if value < 1e-300:
        return "<1e-300"
    return number(value, 2) if value >= 1e-4 else f"{value:.0e}"


def cells(entry: ColumnDrift) -> dict[str, str]:
    """Return what the table says of one entry, by heading."""
    missing = entry.reference.missing_share, entry.current.missing_share
    found = {
        "column": entry.name,
        "kind": entry.kind,
        "W₁/sd": number(entry.w1_std),
        "by chance": number(entry.by_chance, 2),
        "p (BH)": pvalue(entry.bh),
        "p": pvalue(entry.pvalue),
        "missing": f"{share(missing[0])} → {share(missing[1])}" if any(missing) else "",
        "what moved": entry.where,
    }
    if isinstance(entry, NumericDrift):
        return found | {"W₁": in_unit(entry, entry.w1), "PSI": number(entry.psi)}
    assert isinstance(entry, LabelDrift)
    return found | {"TV": number(entry.tv), "JS": number(entry.js), "PSI": number(entry.psi)}


def in_a_sentence(entry: ColumnDrift) -> str:
    """Return effect and corrected p-value of one entry, for a sentence."""
    if isinstance(entry, NumericDrift):
        effect = f"W₁ = {in_unit(entry, entry.w1)}, {number(entry.w1_std, 2)} of the standard deviation"
    else:
        assert isinstance(entry, LabelDrift)
        effect = f"TV = {number(entry.tv)}"
    return f"{effect}, p = {pvalue(entry.bh)}".replace("p = <", "p < ")


def table(entries: Sequence[ColumnDrift], width: int | None) -> str:
    """Return the entries, a line each, under their headings; what is left out of them is what matters least.

    Parameters
    ----------
    entries : sequence
    width : int or None
        Characters of a line; None for as many as it takes.
    """
    rows = [cells(entry) for entry in entries]
    columns = [name for name in HEADINGS if any(row.get(name) for row in rows)]
    widths = {name: max(len(name), *(len(row.get(name, "")) for row in rows)) for name in columns}
    if width is not None:
        columns, widths = _fitting(columns, widths, width)
    lines = [_line({name: name for name in columns}, columns, widths)]
    lines += [_line(row, columns, widths) for row in rows]
    return "\n".join(lines)


def _fitting(columns: list[str], widths: dict[str, int], width: int) -> tuple[list[str], dict[str, int]]:
    """Return the columns of a table that fit into a line, words shortened where that makes room."""
    least = {name: min(size, _SHORT) if name in _CUT else size for name, size in widths.items()}
    kept: list[str] = []
    room = width + 2  # the first column has no blanks before it
    for name in (name for name in _KEPT if name in columns):
        if least[name] + 2 <= room:
            kept.append(name)
            room -= least[name] + 2
    fitted = {name: least[name] for name in kept}
    for name in _CUT:
        if name in fitted:
            more = min(widths[name] - fitted[name], room)
            fitted[name], room = fitted[name] + more, room - more
    return [name for name in HEADINGS if name in kept], fitted


def _line(row: dict[str, str], columns: Sequence[str], widths: dict[str, int]) -> str:
    parts = []
    for name in columns:
        text = row.get(name, "")
        if len(text) > widths[name]:
            text = text[: widths[name] - 1] + "…"
        parts.append(text.ljust(widths[name]) if name in _WORDS else text.rjust(widths[name]))
    return "  ".join(parts).rstrip()
