"""Two sorted columns of numbers, compared in one pass: W_1 with a bound on its error, and what its law rests on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.checker.error_bounds import OUTWARD, summed_up
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.jit import int64, njit, read_only
from otkit.numerics.sums import two_sum
from otkit.statistics.drift.bridge import CELLS, EDGES


class Pass(NamedTuple):
    """What one pass over two sorted samples tells.

    Attributes
    ----------
    w1, lower, upper : float
        ∫ |F − G| dx, and the floats that hold it between them.
    ks : float
        The largest |F − G|.
    weights : ndarray, shape (CELLS,)
        Σ √(H(1 − H)) · gap over the cells of the levels H of the pooled sample; see `bridge`.
    """

    w1: float
    lower: float
    upper: float
    ks: float
    weights: FloatArray


def compare_sorted(x: FloatArray, y: FloatArray) -> Pass:
    """Compare two samples on the line, each in ascending order.

    Examples
    --------
    >>> import numpy as np
    >>> found = compare_sorted(np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 8.0]))
    >>> found.w1, found.lower <= 5.0 <= found.upper, found.ks
    (5.0, True, 1.0)
    """
    weights = np.zeros(CELLS)
    high, low, doubt, ks = _integrate(
        read_only(np.ascontiguousarray(x)), read_only(np.ascontiguousarray(y)), read_only(EDGES), weights
    )
    value = high + low
    return Pass(value, max(0.0, -summed_up(-high, -low, doubt)), summed_up(high, low, doubt), ks, weights)


@njit
def _integrate(
    x: FloatArray, y: FloatArray, edges: FloatArray, weights: FloatArray
) -> tuple[float, float, float, float]:
    """Return ∫ |F − G| as high + low ± doubt, and max |F − G|; add up the weights of the cells.

    n m (F − G) is an integer, so that a term has five roundings: of that integer and of n m, where they are beyond
    2⁵³, of the quotient, of the gap and of the product. Sums are compensated.
    """
    n, m = int64(x.size), int64(y.size)
    total = errors = lost = 0.0
    product = float(n * m)
    largest = i = j = cell = int64(0)
    here = min(x[0], y[0])
    while i < n or j < m:
        of_x = j == m or (i < n and x[i] <= y[j])
        value = x[i] if of_x else y[j]
        gap = value - here
        if gap > 0.0:
            ahead = abs(i * m - j * n)
            largest = max(largest, ahead)
            total, error = two_sum(total, ahead / product * gap)
            errors += error
            lost += abs(error)
            level = (i + j) / (n + m)
            while level > edges[cell + 1]:
                cell += 1
            weights[cell] += np.sqrt(level * (1.0 - level)) * gap
            here = value
        if of_x:
            i += 1
        else:
            j += 1
    count = float(n + m)
    doubt = 0.5 * EPS * 6.0 * total + EPS * count * lost + LEAST * count
    return total, errors, OUTWARD * OUTWARD * doubt, largest / product
