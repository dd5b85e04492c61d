"""The towns that the page begins with."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import ArrayLike
from otkit.datasets import bakery, manhattan


def examples() -> dict[str, dict[str, Any]]:
    """Return each example as the browser holds it: a town, and how to draw it.

    `frame` is the part of the map that is shown (left, top, width, height), `unit` what costs are measured in.
    """
    return {"notes": _notes(), "manhattan": _manhattan(), "free": _free()}


def _notes() -> dict[str, Any]:
    """Return the table of the notes; places stand in two columns, since it has no coordinates."""
    bread = bakery()
    heights = 40.0 + 80.0 * np.arange(6)
    return _town(
        "notes",
        "minutes",
        [0.0, 0.0, 600.0, 480.0],
        "table",
        (np.column_stack([np.full(6, 90.0), heights]), bread.supply),
        (np.column_stack([np.full(6, 510.0), heights]), bread.demand),
        bread.cost.tolist(),
    )


def _manhattan() -> dict[str, Any]:
    town = manhattan()
    sides = (town.bakeries, town.supply), (town.cafes, town.demand)
    return _town("manhattan", "pixels", [160.0, 140.0, 600.0, 370.0], "distance", *sides, None)


def _free() -> dict[str, Any]:
    bakeries = [[120.0, 110.0], [200.0, 330.0], [420.0, 380.0]]
    cafes = [[330.0, 130.0], [500.0, 210.0], [300.0, 260.0]]
    frame = [60.0, 60.0, 500.0, 370.0]
    return _town("free", "pixels", frame, "distance", (bakeries, [20, 30, 10]), (cafes, [25, 15, 20]), None)


def _town(
    name: str,
    unit: str,
    frame: list[float],
    costs: str,
    bakeries: tuple[ArrayLike, ArrayLike],
    cafes: tuple[ArrayLike, ArrayLike],
    table: list[list[float]] | None,
) -> dict[str, Any]:
    return {
        "example": name,
        "unit": unit,
        "frame": frame,
        "mode": "kantorovich",
        "costs": costs,
        "bakeries": _places(*bakeries),
        "cafes": _places(*cafes),
        "table": table,
        "own": None,
    }


def _places(where: ArrayLike, loaves: ArrayLike) -> list[dict[str, float]]:
    return [
        {"x": float(x), "y": float(y), "loaves": float(mass)}
        for (x, y), mass in zip(np.asarray(where), np.asarray(loaves), strict=True)
    ]
