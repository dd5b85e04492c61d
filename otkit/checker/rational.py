"""The optimum, and the potentials that prove it, as fractions: from the tree or path that an exact proof rests on."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from otkit._typing import IntArray
from otkit.checker.basic_solution import Vertex, evaluate
from otkit.checker.line import exact_cost
from otkit.numerics.fixed_point import as_int
from otkit.problem import TransportProblem

# One entry a row or column; None for those without mass, which are in no tree.
Potentials = list[Fraction | None]


def tree_value(problem: TransportProblem, rows: IntArray, cols: IntArray) -> Fraction:
    """Return the cost of the flows of a tree over the points with mass."""
    return _vertex(problem, rows, cols).exact_value


def tree_potentials(problem: TransportProblem, rows: IntArray, cols: IntArray) -> tuple[Potentials, Potentials]:
    """Return the potentials of a tree over the points with mass."""
    prices = _vertex(problem, rows, cols).prices
    unit = Fraction(2) ** int(prices.low)
    values = [as_int(limbs) * unit for limbs in prices.limbs]
    n = prices.f.size
    sides = (problem.a, values[:n]), (problem.b, values[n:])
    f, g = (_placed(masses.size, np.flatnonzero(masses).tolist(), own) for masses, own in sides)
    return f, g


def path_value(problem: TransportProblem, rows: IntArray, cols: IntArray) -> Fraction | None:
    """Return the real-valued cost of the flows of a path through sorted points; None if that would take too long."""
    row_order, col_order = _sorted_masses(problem)
    i, j = _place(row_order, rows), _place(col_order, cols)
    along = np.lexsort((j, i))
    return exact_cost(problem.restrict(row_order, col_order), i[along], j[along])


def path_potentials(problem: TransportProblem, rows: IntArray, cols: IntArray) -> tuple[Potentials, Potentials]:
    """Return the potentials that are tight along a path through sorted points, for real-valued costs."""
    line = problem.cost.line()
    assert line is not None
    row_order, col_order = _sorted_masses(problem)
    along = np.lexsort((_place(col_order, cols), _place(row_order, rows)))
    f: dict[int, Fraction] = {}
    g: dict[int, Fraction] = {}
    for i, j in zip(rows[along].tolist(), cols[along].tolist(), strict=True):
        distance = abs(Fraction(float(line.x[i])) - Fraction(float(line.y[j])))
        cost = Fraction(line.scale) * distance ** int(line.p)
        if j not in g:
            g[j] = cost - f.setdefault(i, Fraction(0))
        else:
            f[i] = cost - g[j]
    n, m = problem.shape
    return _placed(n, list(f), list(f.values())), _placed(m, list(g), list(g.values()))


def _vertex(problem: TransportProblem, rows: IntArray, cols: IntArray) -> Vertex:
    """Evaluate a tree on the rows and columns with mass."""
    row_numbers, col_numbers = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    part = problem.restrict(row_numbers, col_numbers)
    return evaluate(part, np.searchsorted(row_numbers, rows), np.searchsorted(col_numbers, cols))


def _sorted_masses(problem: TransportProblem) -> tuple[IntArray, IntArray]:
    """Return the rows and columns with mass in the order of their points."""
    rows, cols = problem.cost.line_order
    return rows[problem.a[rows] > 0.0], cols[problem.b[cols] > 0.0]


def _place(order: IntArray, index: IntArray) -> IntArray:
    """Return where each number of an index stands in an order."""
    place = np.zeros(int(order.max()) + 1, np.int64)
    place[order] = np.arange(order.size)
    return place[index]


def _placed(size: int, places: Sequence[int], values: Sequence[Fraction]) -> Potentials:
    """Return a list with values at some places, and None elsewhere."""
    placed: Potentials = [None] * size
    for place, value in zip(places, values, strict=True):
        placed[place] = value
    return placed
