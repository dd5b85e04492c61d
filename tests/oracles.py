"""Answers found without otkit: an exact solver in rational arithmetic that checks itself, and naive formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from operator import mul

import numpy as np


@dataclass(frozen=True)
class ExactAnswer:
    """An optimal plan and optimal potentials of a transport problem, with no rounding anywhere."""

    value: Fraction
    plan: list[list[Fraction]]
    f: list[Fraction]
    g: list[Fraction]


def exact_optimum(cost, supply: Sequence, demand: Sequence) -> ExactAnswer:
    """Solve a transport problem exactly by successive shortest paths (Ahuja, Magnanti & Orlin, section 9.7).

    Demand counts relative to its own total: it is scaled to the total of the supply. The answer is proved before it is
    returned (feasible plan, feasible potentials, equal values), so that nobody has to trust the search.
    """
    costs, cost_unit = _as_integers([Fraction(c) for row in np.asarray(cost).tolist() for c in row])
    n, m = len(supply), len(demand)
    rows = [costs[i * m : (i + 1) * m] for i in range(n)]
    a = [Fraction(x) for x in np.asarray(supply).tolist()]
    b = [Fraction(x) for x in np.asarray(demand).tolist()]
    ratio = sum(a) / sum(b)
    masses, mass_unit = _as_integers(a + [x * ratio for x in b])
    plan, f, g = _shortest_paths(rows, masses[:n], masses[n:])
    _prove(rows, masses[:n], masses[n:], plan, f, g)
    value = sum(c * x for row, flow in zip(rows, plan, strict=True) for c, x in zip(row, flow, strict=True))
    return ExactAnswer(
        value * cost_unit * mass_unit,
        [[x * mass_unit for x in row] for row in plan],
        [x * cost_unit for x in f],
        [x * cost_unit for x in g],
    )


def exact_value(problem) -> Fraction:
    """Return the optimal value of an `otkit.TransportProblem` for its float64 costs and its masses as given."""
    value = exact_optimum(problem.cost.dense(), problem.a, problem.b).value
    return value / sum(map(Fraction, problem.a.tolist())) if problem.probability else value


def exact_line_value(problem) -> Fraction:
    """Return the optimal value of points on the line for the real numbers |x − y|^p, p a whole number, unrounded."""
    x, y, scale, p = problem.cost.line()
    real = [[Fraction(scale) * abs(Fraction(u) - Fraction(v)) ** int(p) for v in y.tolist()] for u in x.tolist()]
    value = exact_optimum(np.array(real, dtype=object), problem.a, problem.b).value
    return value / sum(map(Fraction, problem.a.tolist())) if problem.probability else value


def _as_integers(values: list[Fraction]) -> tuple[list[int], Fraction]:
    denominator = lcm(*(x.denominator for x in values))
    return [int(x * denominator) for x in values], Fraction(1, denominator)


def _shortest_paths(costs: list[list[int]], supply: list[int], demand: list[int]):
    n, m = len(supply), len(demand)
    supply, demand = list(supply), list(demand)
    flow = [[0] * m for _ in range(n)]
    # Distances from the sources: c + row − col ≥ 0 on every arc, with equality where there is flow.
    row, col = [0] * n, [min(costs[i][j] for i in range(n)) for j in range(m)]
    while any(supply):
        distance_row: list = [0 if supply[i] else None for i in range(n)]
        distance_col: list = [None] * m
        parent_row, parent_col = [-1] * n, [-1] * m
        done_row, done_col = [False] * n, [False] * m
        while True:
            near = [(d, 0, i) for i, d in enumerate(distance_row) if d is not None and not done_row[i]]
            near += [(d, 1, j) for j, d in enumerate(distance_col) if d is not None and not done_col[j]]
            d, side, k = min(near)
            if side == 0:
                done_row[k] = True
                for j in range(m):
                    length = d + costs[k][j] + row[k] - col[j]
                    if distance_col[j] is None or length < distance_col[j]:
                        distance_col[j], parent_col[j] = length, k
            else:
                done_col[k] = True
                if demand[k]:
                    break
                for i in range(n):
                    if flow[i][k] and (distance_row[i] is None or d < distance_row[i]):
                        distance_row[i], parent_row[i] = d, k
        target, reach = k, d  # the nearest column that still wants something
        row = [x + (reach if t is None else min(t, reach)) for x, t in zip(row, distance_row, strict=True)]
        col = [x + (reach if t is None else min(t, reach)) for x, t in zip(col, distance_col, strict=True)]
        path, j = [], target
        while True:
            i = parent_col[j]
            path.append((i, j, 1))
            if parent_row[i] < 0:
                break
            j = parent_row[i]
            path.append((i, j, -1))
        amount = min([supply[i], demand[target]] + [flow[i][j] for i, j, sign in path if sign < 0])
        for i, j, sign in path:
            flow[i][j] += sign * amount
        supply[i] -= amount
        demand[target] -= amount
    return flow, [-x for x in row], col


def _prove(costs, supply, demand, plan, f, g) -> None:
    n, m = len(supply), len(demand)
    assert all(x >= 0 for row in plan for x in row)
    assert [sum(row) for row in plan] == supply
    assert [sum(plan[i][j] for i in range(n)) for j in range(m)] == demand
    assert all(f[i] + g[j] <= costs[i][j] for i in range(n) for j in range(m))
    primal = sum(costs[i][j] * plan[i][j] for i in range(n) for j in range(m))
    assert primal == sum(map(mul, supply, f)) + sum(map(mul, demand, g))


def tree_in_fractions(cost, a: Sequence[Fraction], b: Sequence[Fraction], arcs: Sequence[tuple[int, int]]):
    """Return the flow of each arc of a spanning tree, and potentials of rows and columns with f_0 = 0, as fractions.

    `cost` is a function of row and column.
    """
    n = len(a)
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(n + len(b))]
    for k, (i, j) in enumerate(arcs):
        neighbours[i].append((n + j, k))
        neighbours[n + j].append((i, k))
    price, above, order = {0: Fraction(0)}, {}, [0]
    for v in order:
        for u, k in neighbours[v]:
            if u not in price:
                price[u], above[u] = Fraction(cost(*arcs[k])) - price[v], (v, k)
                order.append(u)
    assert len(order) == len(neighbours)
    left, flow = [*a, *b], [Fraction(0)] * len(arcs)
    for v in reversed(order[1:]):
        u, k = above[v]
        flow[k] = left[v]
        left[u] -= left[v]
    assert left[0] == 0
    return flow, [price[i] for i in range(n)], [price[n + j] for j in range(len(b))]


def exact_masses(problem) -> tuple[list[Fraction], list[Fraction]]:
    """Return the row and column sums that a plan of an `otkit.TransportProblem` must have, T · a/Σa and T · b/Σb."""
    a, b = ([Fraction(x) for x in masses.tolist()] for masses in (problem.a, problem.b))
    total = 1 if problem.probability else sum(a)
    return [x / sum(a) * total for x in a], [x / sum(b) * total for x in b]
