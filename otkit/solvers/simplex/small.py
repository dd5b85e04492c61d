"""Small problems whose masses reach far or whose costs are a Monge matrix: their tree, from within one compiled call.

`solve` takes the same steps for the same bits; `otkit.optimal_transport.small` puts them and the proof together.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.integer_masses import balanced, surplus
from otkit.checker.small import Held, cut, taken
from otkit.numerics.fixed_point import exact_total
from otkit.numerics.jit import int64, jitable, njit
from otkit.solvers.simplex.amounts import Amounts, packed
from otkit.solvers.simplex.dense import LARGEST_EFFORT, solve_dense
from otkit.solvers.simplex.layers import PIVOTS, heavy_nodes, join_layers, layers_of, planted
from otkit.solvers.simplex.masses import LEAST_UNIT
from otkit.solvers.simplex.monge import is_monge, staircase

# From so many pairs on, it pays to look whether they are a Monge matrix.
LEAST_STAIRCASE = 32 * 32

# The number of pivots of a staircase, and where there is no tree.
STAIRCASE, NONE = -1, -2


@njit
def reaches_far(supply: FloatArray, demand: FloatArray, total: float) -> bool:
    """Whether 64-bit integers have no room for the masses."""
    return not min(supply.min(), demand.min()) >= LEAST_UNIT * total


@njit
def is_staircase(cost: FloatArray) -> bool:
    """Whether it is worth asking, and true, that a matrix is Monge as it stands."""
    n, m = cost.shape
    return n * m >= LEAST_STAIRCASE and is_monge(cost, np.arange(n), np.arange(m))


@jitable
def unusual_tree(
    held: Held, supply: FloatArray, demand: FloatArray, probability: bool, monge: bool
) -> tuple[IntArray, IntArray, int]:
    """Return the arcs of the tree of a Monge matrix, or of masses that reach far, and how many pivots it took."""
    n, m = held.cost.shape
    how, _, _ = balanced(exact_total(held.a), exact_total(held.b), probability)
    masses = packed(surplus(how, held.a, held.b), n)
    if monge:
        rows, cols = staircase(masses, np.arange(n), np.arange(m))
        return rows, cols, STAIRCASE
    return _layer_by_layer(held.cost, supply, demand, masses)


@jitable
def _layer_by_layer(
    cost: FloatArray, supply: FloatArray, demand: FloatArray, masses: Amounts
) -> tuple[IntArray, IntArray, int]:
    layers = layers_of(supply, demand)
    rows, cols = heavy_nodes(layers)
    heavy = solve_dense(cut(cost, rows, cols), taken(supply, rows), taken(demand, cols), LARGEST_EFFORT)
    grown = planted(layers, heavy.tree_rows, heavy.tree_cols, heavy.g)
    done = heavy.pivots >= 0 and join_layers(cost, masses, layers, grown, LARGEST_EFFORT)
    return layers.rows[grown.arcs[0]], grown.arcs[1], heavy.pivots + grown.state[PIVOTS] if done else int64(NONE)
