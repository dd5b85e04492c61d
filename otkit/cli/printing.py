"""Results as people read them, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from otkit._text import in_full, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from otkit.checker.certificate import Certificate
    from otkit.io.tables import Table as FileTable
    from otkit.optimal_transport.results import TransportResult


def console() -> Console:
    """Return stdout as Rich sees it; words in brackets are words, not markup."""
    from rich.console import Console

    return Console(markup=False, highlight=False)


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object on stdout. JSON knows no infinity: it is written as the string "inf", NaN as null."""
    text = json.dumps(_plain(content), allow_nan=False, ensure_ascii=False)
    print(text if text.isprintable() else json.dumps(_plain(content), allow_nan=False))


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def certificate_fields(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as a dictionary, what it derives included."""
    derived = {"gap": certificate.gap, "optimal": certificate.optimal, "verdict": certificate.verdict}
    derived["checked"] = _checked(certificate) or None
    return certificate.to_dict() | derived


def result_fields(result: TransportResult) -> dict[str, Any]:
    """Return what a result says, as a dictionary."""
    cost, value = result.problem.cost, result.value
    lost = cost.unit != 1.0 and (value == 0.0 < result.distance or result.distance < value == math.inf)
    return {
        "value": None if lost else value,  # the distance is a float, its power is none
        "distance": result.distance,
        "certificate": certificate_fields(result.certificate),
        "method": result.method,
        "metric": None if cost.metric is None else cost.metric.name,
        "p": cost.p,
        "n": result.problem.shape[0],
        "m": result.problem.shape[1],
        "total": result.problem.total,
        "arcs": int(result.candidate.mass.size),
        "normalization": result.problem.normalization,
        "data": list(cost.reading.notes),
        "seconds": result.seconds,
    }


def print_result(result: TransportResult, more: Iterable[tuple[str, str]] = ()) -> None:
    """Print a result with its certificate, piece by piece, and more lines."""
    certificate, problem = result.certificate, result.problem
    metric, p = problem.cost.metric, problem.cost.p
    rows = []
    if metric is not None and problem.probability:
        rows.append((f"W_{p:g}", in_full(result.distance)))
    if not rows or (p != 1.0 and problem.cost.unit == 1.0):  # else the power may leave float64
        rows.append((f"W_{p:g}^{p:g}" if rows else "cost", in_full(result.value)))
    rows += certificate_rows(certificate, result.proof_lines())
    rows.append(("problem", str(problem)[len("TransportProblem(") : -1]))
    equal = (problem.a == problem.a[0]).all() and (problem.b == problem.b[0]).all()
    rows.append(("weights", "equal" if equal else problem.normalization or "as given"))
    rows.append(("method", f"{result.method}, {result.candidate.mass.size} arcs used, {duration(result.seconds)}"))
    console().print(labelled([*rows, *more]))


def _checked(certificate: Certificate) -> str:
    """Check an exact proof of a small problem once more, and say so."""
    from otkit.checker.second_check import checked_twice

    return checked_twice(certificate)


def proof_rows(certificate: Certificate, lines: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """Return what is proved as labelled lines; an exact proof of a small problem is checked once more."""
    checked = _checked(certificate)
    return [*(lines or certificate.lines), *([("checked", checked)] if checked else [])]


def certificate_rows(certificate: Certificate, lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a certificate as labelled lines beneath the number; `lines` are what is proved."""
    lower, upper = (in_full(end) for end in (certificate.lower, certificate.upper))
    exact = certificate.proof == "exact" and certificate.optimal  # the interval would be the number twice more
    return [
        *proof_rows(certificate, lines),
        *([] if exact else [("interval", f"{lower} ≤ OPT ≤ {upper}, gap {certificate.gap:.2g}")]),
        ("plan", f"marginal error {certificate.marginal_error:.2g}, negative mass {certificate.negativity:.2g}"),
        (
            "prices",
            f"dual violation {certificate.dual_violation:.2g}, slackness error {certificate.slackness_error:.2g}",
        ),
    ]


def labelled(rows: Iterable[tuple[str, str]]) -> Table:
    """Return lines with their labels before them; the first is what was asked for."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(overflow="fold")
    for number, (label, text) in enumerate(rows):
        grid.add_row(label, Text(printable(text), style="" if number else "bold"))
    return grid


def read_rows(tables: Iterable[FileTable], notes: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return what was read from files, and how they were brought together, as labelled lines.

    Of many files, the first few of each kind are named; what holds of all is said once.
    """
    tables = list(tables)
    common = [part for part in tables[0].said if all(part in table.said for table in tables)] if tables[1:] else []
    kinds: dict[tuple[str, ...], list[str]] = {}
    for table in tables:
        kinds.setdefault(tuple(part for part in table.said if part not in common), []).append(table.path)
    if len(kinds) == 1:  # all are alike
        kinds, common = {tables[0].said: [table.path for table in tables]}, []
    rows = []
    for said, paths in kinds.items():
        files = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        rows.append(("read", f"{files}: {'; '.join(said)}"))
    most = 5
    more = [("read", f"… and {len(rows) - most} more kinds of files")] if len(rows) > most else []
    every = [("", f"{'both' if len(tables) == 2 else 'all'}: {'; '.join(common)}")] if common else []
    return [*rows[:most], *more, *every, *(("data", note) for note in notes)]


def read_fields(tables: Iterable[FileTable]) -> list[dict[str, Any]]:
    """Return what was read from files, as dictionaries."""
    return [
        {
            "path": table.path,
            "rows": len(table),
            "columns": list(table.columns) or None,
            "types": list(table.types),
            "left_out": list(table.left_out),
            "dropped": table.dropped,
            "said": list(table.said),
        }
        for table in tables
    ]


def duration(seconds: float) -> str:
    """Return a time in words."""
    return f"{seconds:.3g} s" if seconds >= 1.0 else f"{1e3 * seconds:.3g} ms"
