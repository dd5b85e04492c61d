"""What a tree proves of partial transport: the optimal cost is linear in the mass as long as no flow turns negative.

Minimise Σ c_ij Γ_ij over Γ ≥ 0 with row sums of at most a, column sums of at most b, and ΣΓ = s. A dummy row supplies
Σb − s and a dummy column takes Σa − s at cost 0. A spanning tree without an arc from dummy to dummy has potentials that
do not depend on s; where f_i + g_j ≤ c_ij for every pair, u = f + g_dummy ≤ 0, v = g + f_dummy ≤ 0 and
λ = −(f_dummy + g_dummy) satisfy u_i + v_j + λ ≤ c_ij, so that for every mass t

    optimum(t) ≥ Σ a u + Σ b v + λ t,

with equality for all s at which the flows of the tree, which are linear in s, are not negative. The whole curve is
proved by trees whose ranges of s follow each other from 0 on; and that no mass can be shipped beyond their end, by rows
and columns of just that mass, one of which is an end of every arc (Kőnig).

Everything here is computed in integers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.basic_solution import flows_of, prices_of
from otkit.checker.optimality import LARGEST, pairs_in_doubt
from otkit.checker.spanning_tree import root_tree
from otkit.costs import PairCosts, SparseCosts
from otkit.numerics.fixed_point import add, as_int, as_limbs, bit_range, carry, limbs
from otkit.numerics.jit import int64, njit


class Masses(NamedTuple):
    """Masses a and b as integers, in units of 2**low.

    Attributes
    ----------
    surplus : ndarray
        In limbs, what each node has too much where nothing is shipped: rows, the dummy row, then, with a minus, columns
        and the dummy column.
    low : int
    a, b : list of int
    """

    surplus: IntArray
    low: int
    a: list[int]
    b: list[int]

    @property
    def unit(self) -> Fraction:
        """What one unit is worth."""
        return Fraction(2) ** self.low


class Piece(NamedTuple):
    """The optimal cost is linear for masses from `start` to `stop`, and one more costs `slope`."""

    start: Fraction
    stop: Fraction
    slope: Fraction


def integer_masses(a: FloatArray, b: FloatArray) -> Masses:
    """Return the masses of rows and columns, and of their dummies where nothing is shipped."""
    low, high = bit_range(np.concatenate([a, b]))
    surplus = np.zeros((a.size + b.size + 2, limbs(low, high, 2 * (a.size + b.size) + 2)), np.int64)
    _write_surplus(a, b, low, surplus)
    units = [as_int(row) for row in surplus]
    return Masses(surplus, low, units[: a.size], [-each for each in units[a.size + 1 : -1]])


@njit
def _write_surplus(a: FloatArray, b: FloatArray, low: int, surplus: IntArray) -> None:
    """Write what each node has too much into rows of zeros, and carry."""
    n, last = a.size, surplus.shape[0] - 1
    for i in range(n):
        add(surplus[i], low, a[i], int64(1))
        add(surplus[last], low, a[i], -int64(1))
    for j in range(b.size):
        add(surplus[n + 1 + j], low, b[j], -int64(1))
        add(surplus[n], low, b[j], int64(1))
    for v in range(last + 1):
        carry(surplus[v])


def prove_piece(cost: PairCosts, masses: Masses, rows: IntArray, cols: IntArray) -> Piece | None:
    """Return what a tree proves; None if nothing: a pair is overpriced, or there is no mass that its flows can ship.

    Parameters
    ----------
    cost : PairCosts
        With the dummy row and the dummy column behind all others.
    masses : Masses
    rows, cols : ndarray
        The arcs.

    Raises
    ------
    ValueError
        The arcs are no spanning tree.
    """
    n, m = (size - 1 for size in cost.shape)
    if ((rows == n) & (cols == m)).any():
        return None
    costs = cost.at(rows, cols)
    tree = root_tree(n + 1, m + 1, rows, cols, n)
    prices = prices_of(tree, costs)
    found = pairs_in_doubt(cost, tree, prices, patient=False) if prices.reach < LARGEST else None
    if found is None or found[-1] > 0:
        return None
    flows, _, _ = flows_of(tree, masses.surplus.copy(), 0, as_limbs(1))
    negative = flows[:, -1] < 0
    least, most, node, giving = 0, None, n + 1 + m, True  # along the path between the dummies, by each unit shipped …
    while node != n:
        arc, node = tree.arc[node], tree.parent[node]
        flow, negative[arc] = as_int(flows[arc]), False
        if giving:  # … this arc has one less
            most = flow if most is None else min(most, flow)
        else:  # … or one more
            least = max(least, -flow)
        giving = not giving
    if most is None or most < least or negative.any():
        return None
    slope = -(as_int(prices.limbs[n]) + as_int(prices.limbs[-1])) * Fraction(2) ** prices.low
    return Piece(least * masses.unit, most * masses.unit, slope)


def prove_end(cost: PairCosts, masses: Masses, rows: IntArray, cols: IntArray) -> Fraction | None:
    """Return the mass of rows and columns, the most that can be shipped; None if an arc has neither as its end.

    The arguments are those of `prove_piece`, dummies being none of the rows and columns.
    """
    n, m = (size - 1 for size in cost.shape)
    other_rows, other_cols = np.ones(n, bool), np.ones(m, bool)
    other_rows[rows] = other_cols[cols] = False
    if isinstance(cost, SparseCosts):
        i, j = cost.arc_rows, cost.pairs.cols
        real = (i < n) & (j < m)
        missed = (other_rows[i[real]] & other_cols[j[real]]).any()
    else:
        missed = other_rows.any() and other_cols.any()
    held = sum(masses.a[i] for i in rows.tolist()) + sum(masses.b[j] for j in cols.tolist())
    return None if missed else held * masses.unit
