"""Masses over many orders of magnitude: the heavy ones are solved first, then lighter ones join, layer by layer.

A light node changes little: what it ships goes round on arcs that carry far more. So if it is hung where that is
cheapest, at the prices of the optimal tree so far, that tree stays optimal, and nearly always no pivot is needed. Pairs
are looked at where a node joins, and again only where a price has risen: about once, all in all.

Amounts of a layer are exact down to far below its lightest mass, and no further, so that they have few limbs; the
heaviest source makes up for what has not joined yet. So in exact arithmetic some flow of the last tree may be negative:
that is for the exact proof to find, and to mend.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.spanning_tree import root_tree
from otkit.numerics.floats import EPS
from otkit.numerics.jit import int64, jitable, njit
from otkit.solvers.simplex.amounts import Amounts, copy, decrease, increase
from otkit.solvers.simplex.start import Arcs, cheapest, ship_all
from otkit.solvers.simplex.tree import ThreadedTree, empty_tree, nodes_of, pivot, set_potentials

# Masses below this share of the heaviest source, divided by the number of nodes, join later.
HEAVY = 2.0**-20

# Layers, and the fewest nodes of one.
LAYERS = 6
FEWEST = 32

# Limbs of amounts below the first one of the lightest mass of a layer.
SPARE_LIMBS = 1

# Reduced costs count as negative from here on, in units of eps · the largest price.
ROUNDINGS = 8.0

# A tolerance below the rounding of a hard case could let pivots go in circles: after so many for each node it doubles.
PATIENCE = 200


class Layers(NamedTuple):
    """The rows and the columns by descending mass, and how many are in each layer and those before it."""

    rows: IntArray
    cols: IntArray
    row_stops: IntArray
    col_stops: IntArray


class Grown(NamedTuple):
    """The tree so far: arcs as (place of the row in `Layers.rows`, column), leaves first, and prices of these.

    Prices of what has not joined are −inf. `state` holds the layer at work, whether its nodes have joined, the number
    of arcs, and the number of pivots.
    """

    arcs: IntArray
    f: FloatArray
    g: FloatArray
    state: IntArray


LAYER, JOINED, ARCS, PIVOTS = range(4)


@jitable
def layers_of(supply: FloatArray, demand: FloatArray) -> Layers:
    """Sort rows and columns into layers; the first is that of the heavy ones."""
    n, least = supply.size, HEAVY * supply.max() / (supply.size + demand.size)
    masses = np.concatenate((supply, demand))
    order = np.argsort(-masses, kind="mergesort")  # a stable one
    is_row = order < n
    heavy = int(np.count_nonzero(masses >= least))
    light = order.size - heavy
    count = max(1, min(LAYERS, light // FEWEST))
    row_stops, col_stops = np.empty(count + 1, np.int64), np.empty(count + 1, np.int64)
    for k in range(count + 1):
        stop = heavy + light * k // count
        row_stops[k] = np.count_nonzero(is_row[:stop])
        col_stops[k] = stop - row_stops[k]
    return Layers(order[is_row], order[~is_row] - n, row_stops, col_stops)


@jitable
def heavy_nodes(layers: Layers) -> tuple[IntArray, IntArray]:
    """Return the rows and the columns of the first layer."""
    return layers.rows[: layers.row_stops[0]], layers.cols[: layers.col_stops[0]]


@jitable
def planted(layers: Layers, rows: IntArray, cols: IntArray, g: FloatArray) -> Grown:
    """Return the tree of the heavy nodes, with arcs between places in `layers`, and prices of its columns."""
    heavy_rows, heavy_cols = heavy_nodes(layers)
    tree = root_tree(heavy_rows.size, heavy_cols.size, rows, cols, 0)
    arcs = np.empty((2, layers.rows.size + layers.cols.size - 1), np.int64)
    for k in range(rows.size):  # leaves first
        arc = tree.arc[tree.order[rows.size - k]]
        arcs[0, k], arcs[1, k] = rows[arc], heavy_cols[cols[arc]]
    all_g = np.full(layers.cols.size, -np.inf)
    for k in range(g.size):
        all_g[heavy_cols[k]] = g[k]
    state = np.array([0, 1, rows.size, 0])  # the nodes of layer 0 have joined
    return Grown(arcs, np.full(layers.rows.size, -np.inf), all_g, state)


@njit
def join_layers(cost: FloatArray, masses: Amounts, layers: Layers, grown: Grown, effort: int) -> bool:
    """Let the layers join the tree one after the other; False where that takes more effort: another call goes on."""
    n, m = cost.shape
    state = grown.state
    tree = empty_tree(n + m)
    known = np.empty(n + m)
    while state[LAYER] < layers.row_stops.size:
        layer, joined = state[LAYER], state[JOINED]
        rows, cols = layers.rows[: layers.row_stops[layer]], layers.cols[: layers.col_stops[layer]]
        new_row = rows.size if joined else layers.row_stops[layer - 1]
        new_col = cols.size if joined else layers.col_stops[layer - 1]
        arcs = _arcs(cost, rows, cols, new_row, new_col, grown)
        given = state[ARCS] + rows.size - new_row + cols.size - new_col
        for i in range(n):
            known[i] = -np.inf if joined else grown.f[i]
        for j in range(m):
            known[n + j] = -grown.g[j]
        amounts = _amounts(masses, rows, cols, n)
        tree.pot[n:] = np.inf
        ship_all(tree, amounts, np.minimum(amounts.length[: n + m], 1), cost, rows, cols, grown.g, arcs, given)
        settled, spent = _settle(tree, amounts, cost, rows, cols, known, effort, state)
        effort -= spent
        _keep(tree, n, m, grown)
        state[LAYER], state[JOINED] = layer + (1 if settled else 0), 0 if settled else 1
        if effort < 0:
            break
    return state[LAYER] == layers.row_stops.size


@njit
def _keep(tree: ThreadedTree, n: int, m: int, grown: Grown) -> None:
    """Write down the tree."""
    nodes = nodes_of(tree)
    for k in range(nodes.size):
        arc = tree.arc[nodes[nodes.size - 1 - k]]
        grown.arcs[0, k], grown.arcs[1, k] = arc // m, arc % m
    grown.state[ARCS] = nodes.size
    grown.f[0] = tree.pot[0]
    for v in nodes:
        if v < n:
            grown.f[v] = tree.pot[v]
        else:
            grown.g[v - n] = -tree.pot[v]


@njit
def _arcs(cost: FloatArray, rows: IntArray, cols: IntArray, new_row: int, new_col: int, grown: Grown) -> Arcs:
    """Return the arcs by which new nodes join, then those of the tree; write prices at which no pair is overpriced.

    A new column joins at its cheapest old row, then a new row at its cheapest column.
    """
    n = grown.f.size
    size = 2 * (n + grown.g.size)
    source, sink, price = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    least, nearest = np.full(cols.size - new_col, np.inf), np.zeros(cols.size - new_col, np.int64)
    new = np.sort(cols[new_col:])  # ascending, for the sake of memory
    for i in range(new_row if new.size > 0 else 0):
        line, f = cost[rows[i]], grown.f[i]
        for k in range(new.size):
            if line[new[k]] - f < least[k]:
                least[k], nearest[k] = line[new[k]] - f, i
    count = rows.size - new_row
    for k in range(new.size):
        i, j = nearest[k], new[k]
        grown.g[j] = least[k]
        source[count], sink[count], price[count] = i, n + j, cost[rows[i], j]
        count += 1
    for i in range(new_row, rows.size):
        line, k = cost[rows[i]], i - new_row
        j = cheapest(line, grown.g)
        if j < 0:  # differences beyond float64
            j = cols[0]
        grown.f[i] = line[j] - grown.g[j]
        source[k], sink[k], price[k] = i, n + j, line[j]
    for k in range(grown.state[ARCS]):
        i, j = grown.arcs[0, k], grown.arcs[1, k]
        source[count], sink[count], price[count] = i, n + j, cost[rows[i], j]
        count += 1
    return Arcs(source, sink, price)


@njit
def _amounts(masses: Amounts, rows: IntArray, cols: IntArray, n: int) -> Amounts:
    """Return a table of masses without their lowest digits, and as many slots that are 0.

    The first row makes up for those digits, and for what has not joined: it holds more than these.
    """
    nodes = masses.length.size // 2
    shortest = int64(masses.limbs.shape[1])
    for i in rows:
        shortest = min(shortest, masses.length[i])
    for j in cols:
        shortest = min(shortest, masses.length[n + j])
    low = max(int64(0), shortest - 1 - SPARE_LIMBS)
    amounts = Amounts(np.zeros((2 * nodes, masses.limbs.shape[1] - low), np.int64), np.zeros(2 * nodes, np.int64))
    for k in range(rows.size):
        copy(masses, rows[k], low, amounts, k)
    for j in cols:
        copy(masses, n + j, low, amounts, n + j)
        increase(amounts, int64(0), n + j)
    own = int64(nodes)
    copy(masses, rows[0], low, amounts, own)
    decrease(amounts, int64(0), own)
    decrease(amounts, own, own)
    for k in range(1, rows.size):
        decrease(amounts, int64(0), k)
    return amounts


@njit
def _settle(
    tree: ThreadedTree,
    amounts: Amounts,
    cost: FloatArray,
    rows: IntArray,
    cols: IntArray,
    known: FloatArray,
    effort: int,
    state: IntArray,
) -> tuple[bool, int]:
    """Pivot, all pairs being in order at the `known` prices; return whether the optimum is reached, and the effort.

    A pass over the pairs is made to its end, so that there is some progress with little effort, too.
    """
    n = cost.shape[0]
    spent, patience, slack = int64(0), PATIENCE * (rows.size + cols.size), ROUNDINGS * EPS
    risen_rows, risen_cols = np.empty(rows.size, np.bool_), np.empty(cols.size, np.int64)
    while True:
        while state[PIVOTS] > patience:
            slack, patience = 2.0 * slack, 2 * patience
        set_potentials(tree)
        count, some, largest = int64(0), False, 0.0
        for i in range(rows.size):
            risen_rows[i] = tree.pot[i] > known[i]
            some |= risen_rows[i]
            largest = max(largest, abs(tree.pot[i]))
        for j in cols:
            if tree.pot[n + j] < known[n + j]:
                risen_cols[count] = j
                count += 1
            largest = max(largest, abs(tree.pot[n + j]))
        if not (some or count > 0):
            return True, spent
        done, work = _pass(tree, amounts, cost, rows, risen_rows, risen_cols[:count], slack * largest)
        state[PIVOTS] += done
        spent += work
        if done == 0 or spent > effort:
            return done == 0, spent


@njit
def _pass(
    tree: ThreadedTree,
    amounts: Amounts,
    cost: FloatArray,
    rows: IntArray,
    risen_rows: BoolArray,
    risen_cols: IntArray,
    tolerance: float,
) -> tuple[int, int]:
    """Look once at all pairs whose reduced cost may have fallen, and pivot; return the numbers of pivots and of steps.

    The entering arc is the worst of a block of rows.
    """
    n, m = cost.shape
    sink_pot = tree.pot[n:]
    block = 2 * int(float(rows.size * m) ** 0.5)
    done, steps, looked = int64(0), int64(0), int64(0)
    best, p, q = -tolerance, int64(-1), int64(-1)
    for i in range(rows.size):
        line, pot = cost[rows[i]], tree.pot[i]
        if risen_rows[i]:
            hits = 0
            for j in range(m):
                hits += line[j] + sink_pot[j] - pot < best
            if hits > 0:
                for j in range(m):
                    if line[j] + sink_pot[j] - pot < best:
                        best, p, q = line[j] + sink_pot[j] - pot, i, j
            looked += m
        else:
            for j in risen_cols:
                if line[j] + sink_pot[j] - pot < best:
                    best, p, q = line[j] + sink_pot[j] - pot, i, j
            looked += risen_cols.size
        if p >= 0 and (looked >= block or i == rows.size - 1):
            steps += looked + pivot(tree, amounts, p, n + q, p * m + q, cost[rows[p], q], best)
            done += 1
            best, p, q, looked = -tolerance, int64(-1), int64(-1), int64(0)
    return done, steps + looked
