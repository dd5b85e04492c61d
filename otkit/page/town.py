"""What the browser sends: bakeries, cafés, their costs and a plan of the reader's own, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.costs import Euclidean, PairCosts, bind
from otkit.inputs.checks import (
    as_cost_array,
    as_float_array,
    as_points,
    as_weights,
    entry,
    require_choice,
    require_finite,
)

MODES = ("kantorovich", "monge")
COSTS = ("table", "distance")
STARTS = ("best", "corner", "nothing", "printed")  # plans to begin one's own with
LARGEST_NUMBER = 1e9  # keeps sums of products far from where float64 ends
LARGEST_SIDE = 12  # more would be neither read on a page nor drawn in time


@dataclass(frozen=True, eq=False)
class Town:
    """Bakeries and cafés.

    Attributes
    ----------
    mode : {"kantorovich", "monge"}
        Whether loaves may be split among cafés, or each bakery serves one café with one unit.
    bakeries, cafes : ndarray, shapes (n, 2) and (m, 2)
        Where they stand on the map.
    loaves : tuple of two ndarrays, shapes (n,) and (m,)
        Baked and ordered.
    cost : PairCosts
        The editable table, or distances on the map.
    own : None, str or ndarray of shape (n, m)
        The reader's plan, or the name of one to begin with.
    """

    mode: str
    bakeries: FloatArray
    cafes: FloatArray
    loaves: tuple[FloatArray, FloatArray]
    cost: PairCosts
    own: str | FloatArray | None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of bakeries and cafés."""
        return len(self.bakeries), len(self.cafes)

    @property
    def supply(self) -> FloatArray:
        """What each bakery has to ship: its loaves, or one unit."""
        return self.loaves[0] if self.mode == "kantorovich" else np.ones(self.shape[0])

    @property
    def demand(self) -> FloatArray:
        """What each café has to get."""
        return self.loaves[1] if self.mode == "kantorovich" else np.ones(self.shape[1])


def read_town(content: Any) -> Town:
    """Return the town that a JSON object describes; what the page keeps there for itself is left alone.

    Raises
    ------
    ValueError, TypeError
        Something is missing, or not what it should be.
    """
    if not isinstance(content, dict):
        raise TypeError(f"town must be a JSON object, but {type(content).__name__} was given.")
    mode = require_choice(_entry(content, "mode"), "mode", MODES)
    costs = require_choice(_entry(content, "costs"), "costs", COSTS)
    bakeries, supply = _places(content, "bakeries", "supply")
    cafes, demand = _places(content, "cafes", "demand")
    shape = len(bakeries), len(cafes)
    if costs == "distance":
        cost = Euclidean().between(bakeries, cafes)
    else:
        cost = bind(_table(as_cost_array(_entry(content, "table"), "table"), "table", shape))
    return Town(mode, bakeries, cafes, (supply, demand), cost, _own(content.get("own"), shape))


def _entry(content: Mapping[str, Any], name: str) -> Any:
    if name not in content:
        raise ValueError(f"town must have {name!r}, but it has {', '.join(map(repr, content)) or 'nothing'}.")
    return content[name]


def _places(content: Mapping[str, Any], side: str, masses: str) -> tuple[FloatArray, FloatArray]:
    """Return positions and loaves of one side."""
    places = _entry(content, side)
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise TypeError(f"{side} must be a list of objects with x, y and loaves.")
    if not 1 <= len(places) <= LARGEST_SIDE:
        raise ValueError(f"{side} must be 1 to {LARGEST_SIDE} places, but {len(places)} were given.")
    for k, place in enumerate(places):
        for name in ("x", "y", "loaves"):
            if name not in place:
                raise ValueError(f"{side}[{k}] must have {name!r}, but it has none.")
    where = as_points([[place["x"], place["y"]] for place in places], side)
    loaves = as_weights([place["loaves"] for place in places], masses, len(places))
    return _modest(where, side), _modest(loaves, masses)


def _own(plan: Any, shape: tuple[int, int]) -> str | FloatArray | None:
    """Return a plan of the reader's own, or how it is to begin."""
    if plan is None:
        return None
    if isinstance(plan, str):
        return require_choice(plan, "own", STARTS)
    table = _table(as_float_array(plan, "own"), "own", shape)
    require_finite(table, "own")
    if table.min() < 0.0:
        raise ValueError(f"own must be non-negative, but {entry(table, int(np.argmin(table)), 'own')}.")
    return table


def _table(values: FloatArray, name: str, shape: tuple[int, int]) -> FloatArray:
    if values.shape != shape:
        raise ValueError(
            f"{name} must have shape {shape}, a row for each bakery and a column for each café, "
            f"but its shape is {values.shape}."
        )
    return _modest(values, name)


def _modest(values: FloatArray, name: str) -> FloatArray:
    k = int(np.argmax(np.abs(values)))
    if np.abs(values.flat[k]) > LARGEST_NUMBER:
        raise ValueError(f"{name} must be at most {LARGEST_NUMBER:g} in size, but {entry(values, k, name)}.")
    return values
