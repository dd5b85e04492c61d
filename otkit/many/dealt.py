"""Random deals of pooled points into two samples, and the distances of the deals on the line.

Of the distances, with points in ascending order and F, G the distribution functions of the two samples of a deal:
∫ |F − G| dx = W_1, and ∫ (F − G)² dx, twice which is the square of the energy distance (G. J. Székely & M. L. Rizzo,
J. Stat. Plan. Inference 143 (2013), 1249-1272), where nm (F − G) is an integer at each point; and ∫ |F⁻¹ − G⁻¹|^p dt =
W_p^p, whose levels are multiples of 1/(nm). So each deal is one pass, and levels are exact.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import BoolArray, FloatArray
from otkit.costs.pairs import power as power_of
from otkit.numerics.jit import int64, njit
from otkit.numerics.kernel import at_once
from otkit.numerics.sums import two_sum


def deal(members: BoolArray, count: int, generator: np.random.Generator) -> BoolArray:
    """Return `count` random rows of as many True as `members` holds: each choice of places is equally likely.

    What a row holds depends on nothing but the rows drawn before from the same generator.
    """
    dealt, chosen = np.empty((count, members.size), np.bool_), int(members.sum())
    with at_once(dealt.size, "deals"):
        for row in dealt:
            _choose(generator.random(members.size), chosen, row)
    return dealt


@njit
def _choose(numbers: FloatArray, chosen: int, row: BoolArray) -> None:
    """Choose places from the first to the last: each with the share of what is still to be chosen of what is left.

    C. T. Fan, M. E. Muller & I. Rezucha, J. Am. Stat. Assoc. 57 (1962), 387-402 (Knuth's algorithm S).
    """
    left, size = int64(chosen), numbers.size
    for k in range(size):
        taken = numbers[k] * (size - k) < left
        row[k] = taken
        left -= taken


@njit
def distribution_integrals(
    power: int, points: FloatArray, dealt: BoolArray, n: int, m: int, values: FloatArray, start: int, stop: int
) -> None:
    """Write ∫ |F − G| or ∫ (F − G)² for each deal."""
    for k in range(start, stop):
        level, total, errors = int64(0), 0.0, 0.0
        for i in range(points.size - 1):
            level += m if dealt[k, i] else -n
            height = abs(level) / (n * m)
            total, error = two_sum(total, (height * height if power == 2 else height) * (points[i + 1] - points[i]))
            errors += error
        values[k] = total + errors


@njit
def quantile_integrals(
    p: float, points: FloatArray, dealt: BoolArray, n: int, m: int, values: FloatArray, start: int, stop: int
) -> None:
    """Write ∫ |F⁻¹ − G⁻¹|^p for each deal."""
    x, y = np.empty(n), np.empty(m)
    for k in range(start, stop):
        i, j = int64(0), int64(0)
        for place in range(points.size):
            if dealt[k, place]:
                x[i] = points[place]
                i += 1
            else:
                y[j] = points[place]
                j += 1
        i, j, level, total, errors = int64(0), int64(0), int64(0), 0.0, 0.0
        while i < n:
            reached = min((i + 1) * m, (j + 1) * n)
            total, error = two_sum(total, (reached - level) * power_of(abs(x[i] - y[j]), p))
            errors += error
            level = reached
            step = (i + 1) * m == level
            j += (j + 1) * n == level
            i += step
        values[k] = (total + errors) / (float(n) * m)
