"""Costs taken apart into what a file holds, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from otkit.costs.evaluated import PairCosts, PointCosts
from otkit.costs.matrices import MatrixCosts
from otkit.costs.metrics import Cosine, Haversine
from otkit.costs.norms import Chebyshev, Cityblock, Euclidean, Minkowski, SqEuclidean
from otkit.costs.sparse import SparseCosts, require_canonical
from otkit.inputs import checks
from otkit.inputs.frames import NOTHING, Reading, as_clouds
from otkit.io.archives import Field, header_entry, printable

# Metrics that a file names; any other cost is kept as its matrix.
_METRICS = {
    kind.__name__: kind for kind in (Euclidean, SqEuclidean, Cityblock, Chebyshev, Minkowski, Cosine, Haversine)
}

# What a file may hold of a cost: a matrix, points, both, or the arcs of a graph.
FIELDS = {
    "matrix": Field(("n", "m"), wanted=False),
    "x": Field(("n", "d"), wanted=False),
    "y": Field(("m", "d"), wanted=False),
    "arc_starts": Field(("n+1",), "index", "arcs+1", wanted=False),
    "arc_cols": Field(("arcs",), "index", "m", wanted=False),
    "arc_costs": Field(("arcs",), wanted=False),
}


def parts_of(cost: PairCosts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what JSON can say about a cost, and the arrays it is made from; a Python function becomes its matrix."""
    header: dict[str, Any] = {"metric": None, "p": cost.p, "unit": cost.unit}
    arrays: dict[str, Any] = {}
    if isinstance(cost, SparseCosts):
        arrays = {f"arc_{name}": part for name, part in cost.pairs._asdict().items()}
    elif isinstance(cost, PointCosts) and type(cost.metric).__name__ in _METRICS:
        metric: Any = cost.metric
        header["metric"] = {
            "type": type(metric).__name__,
            "parameters": {n: getattr(metric, n) for n in _parameters(metric)},
        }
    else:
        arrays = {"matrix": cost.dense()}
    if cost.points is not None:
        arrays |= {"x": cost.points[0], "y": cost.points[1]}
    if cost.reading != NOTHING:
        header["reading"] = asdict(cost.reading)
    return header, arrays


def from_parts(header: Mapping[str, Any], arrays: Mapping[str, Any], width: int) -> PairCosts:
    """Undo `parts_of`; `width` is the number of columns.

    Raises
    ------
    ValueError
        There is no such cost.
    """
    cost = _from_parts(header, arrays, width)
    if "reading" in header:
        read = header_entry(header, "reading", dict)
        columns, notes = (tuple(map(printable, header_entry(read, name, list))) for name in ("columns", "notes"))
        cost.reading = Reading(columns, notes, header_entry(read, "moved", bool))
    return cost


def _from_parts(header: Mapping[str, Any], arrays: Mapping[str, Any], width: int) -> PairCosts:
    metric, p = header_entry(header, "metric", dict, type(None)), header_entry(header, "p", float)
    unit = checks.as_positive(header_entry(header, "unit", float), "unit")
    held = tuple(name for name in FIELDS if name in arrays)
    if metric is not None and held == ("x", "y"):
        kind = _METRICS[checks.require_choice(header_entry(metric, "type", str), "metric in the file", _METRICS)]
        parameters = header_entry(metric, "parameters", dict)
        if parameters.keys() != set(_parameters(kind)):
            raise ValueError(f"parameters of {kind.__name__} are {parameters!r}, which it does not have")
        cost = kind(**{name: header_entry(parameters, name, float) for name in parameters})
        if unit == 1.0:
            return cost.between(arrays["x"], arrays["y"], p=p)
        clouds = as_clouds({"x": arrays["x"], "y": arrays["y"]}, invariant=False)
        x, y = clouds.points
        bound = cost.in_unit(x, y, checks.as_power(p), unit)
        if bound is None:
            raise ValueError(f"its unit {unit!r} is no power of two that suits its points")
        return bound
    if metric is None and held == ("arc_starts", "arc_cols", "arc_costs"):
        starts, cols, costs = (arrays[name] for name in held)
        require_canonical(starts, cols, costs, width)
        return SparseCosts(starts, cols, costs, width)
    if metric is None and held in (("matrix",), ("matrix", "x", "y")):
        points = (arrays["x"], arrays["y"]) if len(held) == 3 else None
        return MatrixCosts(arrays["matrix"], p=checks.as_power(p), points=points, unit=unit)
    raise ValueError(f"its cost is made of {', '.join(held) or 'nothing'}, which is none")


def _parameters(metric: Any) -> list[str]:
    """Return the names of the numbers that a metric, or a kind of metric, is made from."""
    return [entry.name for entry in fields(metric) if entry.type == "float"]
