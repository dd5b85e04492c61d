"""Costs in plain numbers, as a proof is about them: given, listed, or a formula of points that IEEE 754 settles."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from otkit.costs.evaluated import PairCosts, PointCosts
from otkit.costs.matrices import MatrixCosts
from otkit.costs.pairs import MAX_ABS, SUM_ABS, SUM_CUBES, SUM_SQUARES
from otkit.costs.sparse import SparseCosts

# What the terms of a sum over the coordinates are called.
_TERMS = {SUM_SQUARES: "squares", SUM_ABS: "absolute", SUM_CUBES: "cubes", MAX_ABS: "largest"}


class PlainCosts(NamedTuple):
    """Costs in plain Python.

    Attributes
    ----------
    form : {"line", "listed", "points", "matrix"}
        Which of four forms they have.
    parts : tuple
        "line": x, y and p, of the real numbers |x_i − y_j|^p; "listed": triples (i, j, c_ij) by row and column;
        "points": x, y, the terms that are summed over coordinates, the power of the sum, and the scale of the power,
        each step rounded to float64; "matrix": its rows.
    """

    form: Literal["line", "listed", "points", "matrix"]
    parts: tuple[Any, ...]

    @property
    def name(self) -> str:
        """What these costs are, in words."""
        if self.form == "points":
            return f"float64 costs of points ({self.parts[2]})"
        return {"line": "real |x − y|^p", "listed": "listed costs", "matrix": "costs as given"}[self.form]

    @property
    def numbers(self) -> list[float]:
        """All numbers that make them, in one list."""
        if self.form == "line":
            x, y, power = self.parts
            return [power, *x, *y]
        if self.form == "points":
            x, y, _, power, scale = self.parts
            return [len(x[0]), power, scale, *(number for point in (*x, *y) for number in point)]
        return [number for row in self.parts[0] for number in row]


def rest_on_library(cost: PairCosts) -> bool:
    """Whether the last bits of costs may differ between machines, so that a proof has to carry them."""
    return cost.arithmetic == "libm"


def plain_costs(cost: PairCosts, *, real: bool, carried: list[list[float]] | None = None) -> PlainCosts:
    """Return costs in plain numbers, as real numbers on the line if wanted; those that a file carries, if it does."""
    line = cost.line() if real else None
    if line is not None and line.scale == 1.0 and line.p == int(line.p):
        return PlainCosts("line", (line.x.tolist(), line.y.tolist(), int(line.p)))
    if isinstance(cost, SparseCosts):
        triples = zip(cost.arc_rows.tolist(), cost.pairs.cols.tolist(), cost.pairs.costs.tolist(), strict=True)
        return PlainCosts("listed", (sorted(triples),))
    if isinstance(cost, PointCosts) and not rest_on_library(cost):
        kind, _, scale, exponent, x, y = cost.pairs
        return PlainCosts("points", (x.tolist(), y.T.tolist(), _TERMS[kind], exponent, scale))
    if carried is None:
        carried = cost.pairs.matrix.tolist() if isinstance(cost, MatrixCosts) else cost.dense().tolist()
    return PlainCosts("matrix", (carried,))
