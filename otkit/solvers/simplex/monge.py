"""Monge matrices, such as |x − y|^p between bins of two histograms: a staircase of arcs is optimal, without a pivot.

If c_ij + c_kl ≤ c_il + c_kj for all rows i < k and columns j < l, then the north-west corner rule finds an optimal plan
whatever the masses, and the potentials of any staircase from the first pair to the last are feasible (Hoffman 1963).
Rows and columns may come in another order, which the differences of two columns, or two rows, give away: along a Monge
matrix they never fall (Burkard, Klinz & Rudolf 1996, *Perspectives of Monge properties in optimization*).

Rounding may have spoilt the property by a few ulp; the exact proof of the staircase takes care of that.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.floats import EPS
from otkit.numerics.jit import jitable, njit
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex.amounts import Amounts, compare, decrease

# Rounding of four costs, each off by an ulp or two, and of their sums.
ROUNDINGS = 16.0

# Where the ends of the order are sought, differences of costs that are closer than this share of them count as equal.
RESOLUTION = 1e-9

# Below so many pairs another order is not worth a search: pivots take no longer.
LEAST_SHUFFLED = 128 * 128

# Pairs looked at in one call, at most.
PORTION = 20_000_000


def monge_order(matrix: FloatArray, monitor: Monitor) -> tuple[IntArray, IntArray] | None:
    """Return orders of rows and columns in which a matrix is Monge, up to rounding; None if there seem to be none.

    Raises
    ------
    Stopped
        Time is up.
    """
    n, m = matrix.shape
    rows, cols = np.arange(n), np.arange(m)
    if _is_ordered(matrix, rows, cols, monitor):
        return rows, cols
    if n * m < LEAST_SHUFFLED:
        return None
    first, last = _ends(matrix)
    rows = np.argsort(matrix[:, first] - matrix[:, last], kind="stable")
    cols = np.argsort(matrix[rows[0]] - matrix[rows[-1]], kind="stable")
    return (rows, cols) if _is_ordered(matrix, rows, cols, monitor) else None


def _ends(matrix: FloatArray) -> tuple[int, int]:
    """Return the columns that would be the first and the last of a Monge matrix of distances, or of powers of them."""
    first = int(np.argmax(matrix[np.argmax(matrix[:, 0])]))  # what is farthest from anything is at an end
    near, far = matrix[np.argmin(matrix[:, first])], matrix[np.argmax(matrix[:, first])]
    spread = np.abs((far[first] - far) - (near[first] - near))  # grows towards the other end, or stays as it is
    ties = np.flatnonzero(spread >= spread.max() - RESOLUTION * float(np.abs(far).max() + np.abs(near).max()))
    return first, int(ties[np.argmax(near[ties])])


def _is_ordered(matrix: FloatArray, rows: IntArray, cols: IntArray, monitor: Monitor) -> bool:
    """Say whether a matrix is Monge in some order."""
    step = max(1, PORTION // cols.size)
    for first in range(0, rows.size - 1, step):
        monitor.check()
        if not is_monge(matrix, rows[first : first + step + 1], cols):
            return False
    return True


@njit
def is_monge(matrix: FloatArray, rows: IntArray, cols: IntArray) -> bool:
    """Say whether c_ij + c_kl ≤ c_il + c_kj for all neighbours, up to rounding."""
    for i in range(rows.size - 1):
        upper, lower = matrix[rows[i]], matrix[rows[i + 1]]
        before = upper[cols[0]] - lower[cols[0]]
        for j in range(1, cols.size):
            high, low = upper[cols[j]], lower[cols[j]]
            here = high - low
            if here < before and before - here > ROUNDINGS * EPS * (abs(high) + abs(low)):
                return False
            before = here
    return True


@jitable
def staircase(amounts: Amounts, row_order: IntArray, col_order: IntArray) -> tuple[IntArray, IntArray]:
    """Return the staircase along which the north-west corner rule ships exact masses; `amounts` is used up."""
    n, m = row_order.size, col_order.size
    steps = np.empty((2, n + m - 1), np.int64)
    _walk(amounts, n, row_order, col_order, steps)
    return steps[0], steps[1]


@njit
def _walk(amounts: Amounts, n: int, row_order: IntArray, col_order: IntArray, steps: IntArray) -> None:
    """Write the pairs of the staircase."""
    i = j = 0
    for k in range(steps.shape[1]):
        row, col = row_order[i], col_order[j]
        steps[0, k], steps[1, k] = row, col
        if j == col_order.size - 1 or (i < row_order.size - 1 and compare(amounts, row, n + col) <= 0):
            decrease(amounts, n + col, row)
            i += 1
        else:
            decrease(amounts, row, n + col)
            j += 1
