"""A report as a page of HTML that needs nothing beside it: no script, no network, its pictures inline."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from otkit.inputs.labels import label_text
from otkit.statistics.drift import svg
from otkit.statistics.drift.entries import ColumnDrift, LabelDrift, NumericDrift
from otkit.statistics.drift.words import HEADINGS, cells, in_unit, number, pvalue, share

if TYPE_CHECKING:
    from otkit.statistics.drift.report import DriftReport

# Entries with a picture; a page with more of them would be slow, and nobody would look at them.
MOST_PICTURES = 60

_STYLE = """
.otkit-drift { --reference: #0072b2; --current: #d55e00; --line: #8886; --quiet: #666;
  color: inherit; font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; }
@media (prefers-color-scheme: dark) {
  .otkit-drift { --reference: #56b4e9; --current: #ff9a4d; --quiet: #aaa; } }
.otkit-drift h1 { font-size: 1.35rem; margin: 0 0 .2rem; }
.otkit-drift h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
.otkit-drift h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
.otkit-drift p { margin: .2rem 0; } .otkit-drift .quiet { color: var(--quiet); }
.otkit-drift .wide { overflow-x: auto; }
.otkit-drift table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.otkit-drift th { font-weight: 600; white-space: nowrap; }
.otkit-drift th, .otkit-drift td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line);
  background: none; white-space: nowrap; }
.otkit-drift .words { text-align: left; white-space: normal; min-width: 4.5rem; overflow-wrap: anywhere; }
.otkit-drift td.kind, .otkit-drift th.kind { text-align: left; }
.otkit-drift .moved { font-weight: 600; }
.otkit-drift .meter { position: relative; display: inline-block; width: 4.5rem; height: .6rem; margin-left: .5rem;
  background: var(--line); }
.otkit-drift .meter i { position: absolute; left: 0; top: 0; bottom: 0; background: var(--current); }
.otkit-drift .meter b { position: absolute; top: -.15rem; bottom: -.15rem; width: 2px; background: currentColor; }
.otkit-drift .cards { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 21.5rem), 1fr)); }
.otkit-drift .card { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .7rem; min-width: 0; }
.otkit-drift svg { display: block; max-width: 100%; height: auto; margin-top: .4rem; overflow: hidden; }
.otkit-drift svg text { fill: currentColor; font: 11px system-ui, sans-serif; }
.otkit-drift svg .axis { stroke: currentColor; fill: none; opacity: .6; }
.otkit-drift svg .grid { stroke: var(--line); }
.otkit-drift svg .zero { stroke: currentColor; stroke-dasharray: 3 3; opacity: .6; }
.otkit-drift svg polyline { fill: none; stroke-width: 1.8; }
.otkit-drift svg polyline.reference { stroke: var(--reference); }
.otkit-drift svg polyline.current { stroke: var(--current); stroke-dasharray: 6 2; }
.otkit-drift svg polygon.between { fill: var(--current); opacity: .25; }
.otkit-drift svg rect.reference { fill: var(--reference); } .otkit-drift svg rect.current { fill: var(--current); }
@media (max-width: 60rem) { .otkit-drift .more { display: none; } .otkit-drift .meter { width: 2.5rem; } }
.otkit-drift .key i { display: inline-block; width: 1.4rem; border-top: 3px solid;
  vertical-align: middle; margin: 0 .3rem; }
"""

_PAGE_STYLE = """
:root { color-scheme: light dark; } body { margin: 0; padding: 1.2rem; background: #fff; color: #1a1a1a; }
.otkit-drift { margin: 0 auto; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e6e6; } }
@media (max-width: 40rem) { body { padding: .7rem; } }
@media print { .otkit-drift .card { break-inside: avoid; } }
"""


def page(report: DriftReport) -> str:
    """Return a whole page."""
    title = escape(f"Drift: {report.names[0]} → {report.names[1]}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_PAGE_STYLE}</style></head>\n<body>{fragment(report)}</body></html>\n"
    )


def fragment(report: DriftReport) -> str:
    """Return what a notebook shows, and a page holds."""
    by = "" if report.by is None else f", by {label_text(report.by)}"
    parts = [
        f"<h1>{escape(report.names[0])} → {escape(report.names[1])}</h1>",
        f"<p>{report.rows[0]:,} → {report.rows[1]:,} rows{escape(by)}. <b>{escape(report.summary())}.</b></p>",
        _table(report),
        _others(report),
        _cards(report),
        "<h2>How to read this</h2>",
        _legend(report),
    ]
    return f'<section class="otkit-drift"><style>{_STYLE}</style>{"".join(parts)}</section>'


def _table(report: DriftReport) -> str:
    if not report.columns:
        return ""
    rows = [cells(entry) for entry in report.columns]
    names = [name for name in HEADINGS if name != "p" and any(row.get(name) for row in rows)]
    finite = [entry.w1_std for entry in report.columns if math.isfinite(entry.w1_std)]
    most = max(finite, default=0.0) or 1.0
    head = "".join(f"<th{_words(name)}>{escape(name)}</th>" for name in names)
    body = []
    for entry, row in zip(report.columns, rows, strict=True):
        moved = ' class="moved"' if entry.bh <= report.level else ""
        inner = "".join(
            f"<td{_words(name)}>{escape(row.get(name, ''))}{_meter(entry, most) if name == 'W₁/sd' else ''}</td>"
            for name in names
        )
        body.append(f"<tr{moved}>{inner}</tr>")
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def _words(name: str) -> str:
    """Return the class of a column: words stand to the left, and what is less wanted is hidden on a narrow page."""
    kinds = [
        *(["words"] if name in ("column", "what moved") else []),
        *(["kind"] if name == "kind" else []),
        *([] if name in ("column", "W₁/sd", "p (BH)", "what moved") else ["more"]),
    ]
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _meter(entry: ColumnDrift, most: float) -> str:
    """Return the effect as a bar, with a mark at what chance alone makes."""
    length, mark = (100.0 * min(1.0, value / most) for value in (entry.w1_std, entry.by_chance))
    return f'<span class="meter"><i style="width:{length:.1f}%"></i><b style="left:{mark:.1f}%"></b></span>'


def _others(report: DriftReport) -> str:
    """Return joint tests and what was not compared."""
    parts = []
    if report.joint:
        lines = "".join(
            f"<li>{escape(test.name)}: p = {pvalue(test.pvalue)} ({escape(test.test)}: "
            f"{number(test.energy_distance)}, {number(test.by_chance)} by chance)</li>"
            for test in report.joint
        )
        parts.append(f"<h2>Columns together</h2><ul>{lines}</ul>")
    if report.not_compared:
        lines = "".join(
            f"<li><b>{escape(entry.name)}</b>: {escape(entry.reason)}</li>" for entry in report.not_compared
        )
        parts.append(f"<h2>Not compared</h2><ul>{lines}</ul>")
    return "".join(parts)


def _cards(report: DriftReport) -> str:
    shown = report.columns[:MOST_PICTURES]
    if not shown:
        return ""
    key = (
        '<p class="key quiet"><i style="color:var(--reference)"></i>reference'
        '<i style="color:var(--current);border-top-style:dashed"></i>current</p>'
    )
    left = len(report.columns) - len(shown)
    more = f'<p class="quiet">Pictures of the {len(shown)} largest effects; {left} more are in the table.</p>'
    cards = "".join(map(_card, shown))
    return f'<h2>Column by column</h2>{key}{more if left else ""}<div class="cards">{cards}</div>'


def _card(entry: ColumnDrift) -> str:
    lines = [f"{entry.where}", f"p = {pvalue(entry.pvalue)} ({entry.test}), corrected {pvalue(entry.bh)}"]
    if isinstance(entry, NumericDrift):
        first = f"W₁ = {in_unit(entry, entry.w1)}, {number(entry.w1_std)} standard deviations, {_proof(entry)}"
        medians = [entry.quantiles[side, 4] for side in (0, 1)]
        change = in_unit(entry, float(medians[1] - medians[0]))
        lines = [first, f"{entry.where}; the median by {change}", lines[1]]
        pictures = svg.distributions(entry) + svg.quantile_change(entry)
    else:
        assert isinstance(entry, LabelDrift)
        first = f"TV = {number(entry.tv)}, JS = {number(entry.js)}; {entry.n_labels:,} labels"
        new = [
            f"{what} ({share(size)}): {', '.join(map(label_text, labels))}{' …' * (count > len(labels))}"
            for what, labels, count, size in (
                ("only in current", entry.unseen, entry.n_unseen, entry.unseen_share),
                ("only in reference", entry.gone, entry.n_gone, entry.gone_share),
            )
            if count
        ]
        lines = [first, *new, lines[1]]
        pictures = svg.bars(entry)
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    kind = f'<span class="quiet">{escape(entry.kind)}</span>'
    return f'<article class="card"><h3>{escape(entry.name)} {kind}</h3>{said}{pictures}</article>'


def _proof(entry: NumericDrift) -> str:
    if entry.proof == "exact":
        return "proved exactly"
    width = entry.w1_upper - entry.w1_lower
    return f"within {number(width, 1)}" if width else "without error"


def _legend(report: DriftReport) -> str:
    notes = "".join(f"<p>Read: {escape(note)}.</p>" for note in report.notes)
    return (
        "<p>W₁ is the area between the two distribution functions: by how much a value has moved, on average, in the "
        "unit of the column. W₁/sd divides it by the standard deviation of the reference; for labels the distance is 0 "
        "or 1, and W₁ is the total variation TV. The mark in its bar is what two samples of one law and of these sizes "
        "show on average. The first picture has both distribution functions between their 1 % and 99 % quantiles; the "
        "second shows by how much each quantile has moved.</p>"
        "<p>JS is the Jensen–Shannon divergence in nats, PSI the population stability index: ∞ where a label or a bin "
        "stands on one side only. p (BH) is corrected over all rows of the table (Benjamini and Hochberg); rows in "
        f"bold are below {report.level:g}. A narrow window hides some columns.</p>{notes}"
    )
