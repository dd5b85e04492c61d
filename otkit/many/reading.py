"""What users hand over, checked measure by measure before any work starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost, as_cost
from otkit.costs.pairs import power
from otkit.divergences.generators import GENERATORS, FDivergence
from otkit.inputs.checks import (
    as_cost_array,
    as_power,
    as_weights,
    entry,
    require_choice,
)
from otkit.inputs.frames import Frame, Missing, Reading, as_clouds
from otkit.inputs.labelled import axes_of
from otkit.many.clouds import CloudPairs
from otkit.many.containers import list_of_measures
from otkit.many.divergences import IPMS, ByFunction, Divergences
from otkit.many.histograms import Bins, as_histograms, require_total
from otkit.many.line import OnLine
from otkit.many.pair_kinds import Names, PairKind
from otkit.many.ragged import RaggedMasses
from otkit.measures import DiscreteMeasure, taken_apart
from otkit.numerics.pickling import owned


def as_comparison(
    measures: Any,
    others: Any,
    *,
    p: float,
    metric: str | Cost | Callable[..., Any],
    ground_cost: ArrayLike | None,
    distance: str | FDivergence | Callable[[Any, Any], Any],
    missing: Missing = "raise",
    proof: str = "auto",
) -> tuple[PairKind, Names]:
    """Return what is to be compared, the others behind the measures, and what all are called."""
    if isinstance(distance, str):
        require_choice(distance, "distance", ("wasserstein", *GENERATORS, *IPMS))
    elif not (isinstance(distance, FDivergence) or callable(distance)):
        raise TypeError(f"distance must be a name, an FDivergence or a function, but {shown(distance)} was given.")
    transports = distance == "wasserstein"
    require_choice(proof, "proof", ("auto", "exact"))
    if proof == "exact" and not transports:
        raise ValueError(
            f"proof must be 'auto' for distance={shown(distance)}: only optimal transport is proved exactly."
        )
    power_p = as_power(p)
    if not transports and (ground_cost is not None or p != 1 or metric != "euclidean"):
        raise ValueError(
            f"p, metric and ground_cost must be left out for distance={distance!r}: they belong to 'wasserstein'."
        )
    if missing == "drop" and (ground_cost is not None or isinstance(distance, FDivergence) or distance in GENERATORS):
        raise ValueError("missing must be 'raise' for histograms: a bin of which nothing is known can't be left out.")
    if isinstance(distance, FDivergence) or distance in GENERATORS:
        rows, names = as_histograms(measures, others)
        assert isinstance(distance, str | FDivergence)
        return Divergences(distance, np.array(rows)), names
    if ground_cost is not None:
        if metric != "euclidean":
            raise ValueError("metric must be left out where ground_cost is given: it says what two bins are apart.")
        bins, names = _over_bins(measures, others, ground_cost, power_p)
        bins.exact = proof == "exact"
        return bins, names
    cost = as_cost(metric)
    moves = cost.translation_invariant if transports else isinstance(distance, str)
    points, weights, names, reading = _clouds(measures, others, missing, moves)
    found: PairKind
    if transports:
        found = _between_clouds(points, weights, cost, power_p, names)
    else:
        frames = [Frame(reading.columns, block=cloud) for cloud in points]
        clouds = [DiscreteMeasure(*each) for each in zip(frames, weights, strict=True)]
        if isinstance(distance, str):
            found = ByFunction.of_metric(distance, clouds)
        else:
            assert callable(distance)
            name = getattr(distance, "__name__", type(distance).__name__)
            found = ByFunction(distance, clouds, np.array([len(each) for each in points]), name=name, own=False)
    found.reading, found.exact = reading, proof == "exact"
    return found, names


def _between_clouds(
    points: Sequence[FloatArray], weights: Sequence[FloatArray], metric: Cost, p: float, names: Names
) -> PairKind:
    """Return the comparison of clouds by optimal transport, on the line or elsewhere."""
    masses = RaggedMasses.of(weights)
    together = np.concatenate(points)[masses.atoms]
    if not metric.compiled:  # called for the pairs of a problem when that is solved
        return CloudPairs.of_clouds(None, masses, metric, together, p)
    try:
        cost = metric.between(together, p=p)
    except ValueError:
        for k, cloud in enumerate(points):
            try:
                metric.between(cloud[weights[k] > 0.0], p=p)
            except ValueError as error:
                raise ValueError(f"{names(k)} does not suit the metric: {error}") from None
        raise
    line = cost.line()
    if line is not None and line.scale == 1.0:
        return OnLine(metric, together[:, 0], masses, p)
    return CloudPairs.of_clouds(cost, masses, metric, together, p)


def _clouds(
    measures: Any, others: Any, missing: Missing, moves: bool
) -> tuple[list[FloatArray], list[FloatArray], Names, Reading]:
    """Return points and weights of all measures, what they are called, and how they were read."""
    items, labels = list_of_measures(measures, "measures")
    names = Names(len(items), labels)
    if others is not None:
        more, labels = list_of_measures(others, "others")
        items, names = items + more, names._replace(others=labels)
    given: dict[str, ArrayLike] = {}
    brought: dict[str, ArrayLike | None] = {}
    for k, item in enumerate(items):
        given[names(k)], brought[f"{names(k)}.weights"] = taken_apart(item, None, names(k), "weights")
    clouds = as_clouds(given, brought, missing=missing, invariant=moves)
    weights = [
        as_weights(masses, name, len(cloud))
        for name, cloud, masses in zip(brought, clouds.points, clouds.weights, strict=True)
    ]
    for k, masses in enumerate(weights):
        require_total(masses, names(k))
    return clouds.points, weights, names, clouds.reading


def _over_bins(measures: Any, others: Any, ground_cost: ArrayLike, p: float) -> tuple[CloudPairs, Names]:
    cost = owned(as_cost_array(ground_cost, "ground_cost"))
    n, m = cost.shape
    if others is None and n != m:
        raise ValueError(
            f"ground_cost must be square where all histograms have the same bins, but its shape is {cost.shape}."
        )
    of_rows, of_columns, cost = _bins(ground_cost, cost, square=others is None)
    rows, names = as_histograms(measures, others, (of_rows, of_columns))
    if p != 1.0:
        if cost.min() < 0.0:
            where = entry(cost, int(np.argmin(cost)), "ground_cost")
            raise ValueError(f"ground_cost must be non-negative for p = {p:g}, but {where}.")
        cost = np.array([[power(float(value), p) for value in row] for row in cost])
        if not np.isfinite(cost).all():
            raise ValueError(f"ground_cost to the power p = {p:g} must be finite, but it leaves float64. Rescale it.")
    symmetric = n == m and bool((cost == cost.T).all() and (np.diag(cost) == 0.0).all() and cost.min() >= 0.0)
    return CloudPairs.of_histograms(rows, cost, symmetric=symmetric, p=p), names


def _bins(ground_cost: ArrayLike, cost: FloatArray, *, square: bool) -> tuple[Bins, Bins, FloatArray]:
    """Return the bins of the rows and of the columns; if they are the same bins, columns in the order of the rows."""
    n, m = cost.shape
    rows, columns = axes_of(ground_cost)
    if square and rows is not None and columns is not None and not rows.same_as(columns):
        place = columns.places(rows)
        if len(rows) != len(columns) or (place < 0).any():
            raise ValueError(
                "ground_cost must have the same labels along both axes where all histograms have the same bins, but "
                "its index and its columns differ."
            )
        cost, columns = cost[:, place], rows
    sides = ("the rows of ground_cost", "the columns of ground_cost") if not square else ("ground_cost",) * 2
    return Bins(n, rows, sides[0]), Bins(m, columns, sides[1]), cost
