"""Costs taken apart into what a file holds, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from otkit import _checks
from otkit.costs.bound import MatrixCosts, PairCosts, PointCosts
from otkit.costs.metrics import Chebyshev, Cityblock, Cosine, Euclidean, Haversine, Minkowski, SqEuclidean
from otkit.costs.sparse import SparseCosts
from otkit.io.frames import NOTHING, Reading

# Metrics that a file names; any other cost is kept as its matrix.
_METRICS = {
    kind.__name__: kind for kind in (Euclidean, SqEuclidean, Cityblock, Chebyshev, Minkowski, Cosine, Haversine)
}


def parts_of(cost: PairCosts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what JSON can say about a cost, and the arrays it is made from; a Python function becomes its matrix."""
    header: dict[str, Any] = {"metric": None, "p": cost.p}
    arrays: dict[str, Any] = {}
    if isinstance(cost, SparseCosts):
        arrays = {f"arc_{name}": part for name, part in cost.pairs._asdict().items()}
    elif isinstance(cost, PointCosts) and type(cost.metric).__name__ in _METRICS:
        metric: Any = cost.metric
        header["metric"] = {"type": type(metric).__name__, "parameters": asdict(metric)}
    else:
        arrays = {"matrix": cost.dense()}
    if cost.points is not None:
        arrays |= {"x": cost.points[0], "y": cost.points[1]}
    if cost.reading != NOTHING:
        header["reading"] = asdict(cost.reading)
    return header, arrays


def from_parts(header: Mapping[str, Any], arrays: Mapping[str, Any], width: int) -> PairCosts:
    """Undo `parts_of`; `width` is the number of columns."""
    cost = _from_parts(header, arrays, width)
    if "reading" in header:
        read = header["reading"]
        columns, notes = (tuple(map(str, read[name])) for name in ("columns", "notes"))
        cost.reading = Reading(columns, notes, bool(read["moved"]))
    return cost


def _from_parts(header: Mapping[str, Any], arrays: Mapping[str, Any], width: int) -> PairCosts:
    metric, p = header["metric"], header["p"]
    points = (arrays["x"], arrays["y"]) if "x" in arrays else None
    if "arc_starts" in arrays:
        return SparseCosts(arrays["arc_starts"], arrays["arc_cols"], arrays["arc_costs"], width)
    if metric is None or points is None:
        return MatrixCosts(arrays["matrix"], p=p, points=points)
    kind = _METRICS[_checks.require_choice(metric["type"], "metric in the file", _METRICS)]
    return kind(**metric["parameters"]).between(*points, p=p)
