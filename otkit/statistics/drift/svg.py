"""Small pictures of one column as SVG, whose colours are those of the page around them: light or dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.labels import label_text
from otkit.statistics.drift.entries import LabelDrift, NumericDrift
from otkit.statistics.drift.words import UNITS, in_unit, number, share

WIDTH, HEIGHT = 320, 150  # of a picture, in pixels, as it is shown
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 22  # around the plotted part
MOST_BARS = 6
_LONGEST = 16  # characters of a label beside its bars


def distributions(entry: NumericDrift) -> str:
    """Return the distribution functions of both sides; the area between them is W_1."""
    low, high = _range(entry.quantiles[:, [0, -1]])
    across, up = _scale(low, high, _LEFT, WIDTH - _RIGHT), _scale(0.0, 1.0, HEIGHT - _BOTTOM, _TOP)
    levels = (np.arange(entry.bands.shape[1]) + 0.5) / entry.bands.shape[1]
    curves = [
        [(across(min(max(value, low), high)), up(level)) for value, level in zip(side, levels, strict=True)]
        for side in entry.bands.tolist()
    ]
    shapes = [
        _polygon([*curves[0], *reversed(curves[1])], "between"),
        _polyline(curves[0], "reference"),
        _polyline(curves[1], "current"),
    ]
    ticks = [(across(value), text) for value, text in _ticks(low, high, entry)]
    said = f"Distribution functions of {entry.name}: W1 = {in_unit(entry, entry.w1)}, {entry.where}."
    return _picture(said, shapes, ticks, [(up(level), f"{100 * level:.0f} %") for level in (0.0, 0.5, 1.0)])


def quantile_change(entry: NumericDrift) -> str:
    """Return by how much the quantile function has moved at each level."""
    change = entry.shift
    body = change[1:-1]  # the outermost percents of heavy tails would leave nothing of the others
    low, high = _range(np.array([min(0.0, body.min()), max(0.0, body.max())]))
    across, up = _scale(0.0, 1.0, _LEFT, WIDTH - _RIGHT), _scale(low, high, HEIGHT - _BOTTOM, _TOP)
    levels = ((np.arange(change.size) + 0.5) / change.size).tolist()
    line = [
        (across(level), up(min(max(value, low), high))) for level, value in zip(levels, change.tolist(), strict=True)
    ]
    zero = up(0.0)
    shapes = [
        _polygon([(line[0][0], zero), *line, (line[-1][0], zero)], "between"),
        f'<line class="zero" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}"/>',
        _polyline(line, "current"),
    ]
    size, unit = _unit(entry, max(-low, high))
    ticks = [(up(value * size), f"{number(value)}{unit}") for value in _nice(low / size, high / size, 3)]
    levels_shown = [(across(level), f"{100 * level:.0f} %") for level in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return _picture(f"Change of the quantiles of {entry.name}, by level: {entry.where}.", shapes, levels_shown, ticks)


def bars(entry: LabelDrift) -> str:
    """Return the shares of the labels that changed most, on both sides."""
    count = min(MOST_BARS, len(entry.labels))
    most = max(float(entry.shares[:, :count].max()), 1e-12)
    left, pitch = 116, 22
    across = _scale(0.0, most, left, WIDTH - 52)
    shapes = []
    for k, label in enumerate(entry.labels[:count]):
        text, top = label_text(label), _TOP + k * pitch
        shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        shapes.append(f'<text x="{left - 6}" y="{top + 12}" text-anchor="end">{escape(shown)}</text>')
        for j, side in enumerate(("reference", "current")):
            end = across(float(entry.shares[j, k]))
            shapes.append(
                f'<rect class="{side}" x="{left}" y="{top + 8 * j}" width="{max(end - left, 0.5):.1f}" height="7"/>'
            )
        change = f"{share(float(entry.shares[1, k]))}"
        end = across(float(entry.shares[:, k].max()))
        shapes.append(f'<text x="{end + 4:.1f}" y="{top + 12}">{change}</text>')
    height = 2 * _TOP + count * pitch
    said = f"Shares of the labels of {entry.name} that changed most: {entry.where}."
    return _svg(said, shapes, height)


def _range(values: FloatArray) -> tuple[float, float]:
    """Return ends a little beyond all values, apart even where these are one."""
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _scale(low: float, high: float, start: float, stop: float) -> Callable[[float], float]:
    return lambda value: start + (value / (high - low) - low / (high - low)) * (stop - start)


def _nice(low: float, high: float, count: int) -> list[float]:
    """Return round numbers between two ends: `count` of them, or up to twice as many.

    >>> _nice(0.3, 9.7, 4)
    [2.0, 4.0, 6.0, 8.0]
    """
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = max(factor * power for factor in (1.0, 2.0, 5.0) if factor == 1.0 or factor * power <= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [k * step for k in range(first, last + 1)]


def _ticks(low: float, high: float, entry: NumericDrift) -> list[tuple[float, str]]:
    """Return places along an axis of values, with what is written there."""
    if entry.origin is None:
        size, unit = _unit(entry, max(abs(low), abs(high)))
        return [(value * size, f"{number(value, 4)}{unit}") for value in _nice(low / size, high / size, 3)]
    origin, days = entry.origin, (high - low) / 86400.0
    digits = 10 if days > 3.0 else 16 if high - low > 180.0 else 19
    places = [low + part * (high - low) for part in (0.15, 0.5, 0.85)]
    stamps = [np.datetime64(round((origin + place) * 1e6), "us") for place in places]
    return [
        (place, str(stamp)[:digits].replace("T", " ") if digits == 10 else str(stamp)[5:digits].replace("T", " "))
        for place, stamp in zip(places, stamps, strict=True)
    ]


def _unit(entry: NumericDrift, size: float) -> tuple[float, str]:
    """Return the length and the name of the unit that numbers up to `size` are written in."""
    if entry.kind == "numeric":
        return 1.0, ""
    return next(((length, f" {unit}") for length, unit in UNITS if size >= length), (1.0, " s"))


def _polyline(points: Sequence[tuple[float, float]], kind: str) -> str:
    return f'<polyline class="{kind}" points="{_points(points)}"/>'


def _polygon(points: Sequence[tuple[float, float]], kind: str) -> str:
    return f'<polygon class="{kind}" points="{_points(points)}"/>'


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _picture(
    said: str, shapes: Sequence[str], below: Sequence[tuple[float, str]], beside: Sequence[tuple[float, str]]
) -> str:
    """Return shapes with an axis below and one beside them."""
    axis = [f'<path class="axis" d="M{_LEFT} {_TOP}V{HEIGHT - _BOTTOM}H{WIDTH - _RIGHT}"/>']
    for x, text in below:
        anchor = "end" if x > WIDTH - 30 else "middle"
        place = min(x, WIDTH - 1)
        axis.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - _BOTTOM}" y2="{HEIGHT - 18}"/>')
        axis.append(f'<text x="{place:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{escape(text)}</text>')
    for y, text in beside:
        axis.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        axis.append(f'<text x="{_LEFT - 4}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>')
    return _svg(said, [*axis, *shapes], HEIGHT)


def _svg(said: str, shapes: Sequence[str], height: float) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" '
        f'aria-label="{escape(said)}"><title>{escape(said)}</title>{"".join(shapes)}</svg>'
    )
