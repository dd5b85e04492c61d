"""Equal points, found: which rows of a table are the same, in one pass.

Data that are rounded, counted or drawn from few values hold the same point many times. Costs at equal points are equal,
to the bit: they are functions of the coordinates, and whether a zero has a sign makes no difference to any of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import njit, read_only

# Columns of a matrix that are looked at first, since they tell most rows apart, and then together.
_FIRST = 8
_TOGETHER = 64

# Of a matrix with this share of different rows, the rest of the columns is not worth a look.
_NEARLY_ALL = 0.9

# A multiplier and an odd constant that mix bits well (S. Vigna's SplitMix64).
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def numbered_points(points: FloatArray) -> tuple[IntArray, int]:
    """Return the number of each row of a table, and how many there are: equal rows have equal numbers.

    They are given in the order in which they first come.

    Examples
    --------
    >>> numbered_points(np.array([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0]]))
    (array([0, 1, 0]), 2)
    """
    table = read_only(np.ascontiguousarray(points, dtype=np.float64))
    numbers = np.empty(len(table), np.int64)
    size = 1 << max(4, (2 * len(table) - 1).bit_length())
    return numbers, number_rows(table, np.full(size, -1), np.empty(len(table), np.int64), numbers)


def numbered_rows(matrix: Any) -> tuple[IntArray, int]:
    """Return the same for a matrix, by some columns at a time; where nearly all rows differ, all count as different."""
    n, m = matrix.shape
    column = np.sort(matrix[:, 0])  # which is enough along a line
    if 1 + np.count_nonzero(column[1:] != column[:-1]) > _NEARLY_ALL * n:
        return np.arange(n), n
    numbers, count = np.zeros(n, np.int64), 1
    first = np.unique(np.linspace(0, m - 1, _FIRST).astype(np.int64))
    for columns in (first, *(slice(start, start + _TOGETHER) for start in range(0, m, _TOGETHER))):
        numbers, count = numbered_points(np.column_stack([numbers, matrix[:, columns]]))
        if count > _NEARLY_ALL * n:
            return np.arange(n), n
    return numbers, count


@njit
def number_rows(table: FloatArray, slots: IntArray, first: IntArray, numbers: IntArray) -> int:
    """Write the number of each row, and the first row of each number; return how many there are.

    `slots` is a hash table, a power of two in size and at least twice as many as rows, all −1.
    """
    n, d = table.shape
    last = slots.size - 1
    count = 0
    for i in range(n):
        mixed = np.uint64(0)
        for k in range(d):
            bits = np.float64(table[i, k] + 0.0).view(np.uint64)  # −0 + 0 is 0
            mixed = (mixed ^ bits) * _MIX + _STEP
            mixed ^= mixed >> np.uint64(29)
        mixed *= _MIX
        place = np.int64(mixed >> np.uint64(32)) & last
        while True:
            known = slots[place]
            if known < 0:
                slots[place] = count
                first[count] = i
                numbers[i] = count
                count += 1
                break
            j = first[known]
            same = True
            for k in range(d):
                if table[i, k] != table[j, k]:
                    same = False
                    break
            if same:
                numbers[i] = known
                break
            place = (place + 1) & last
    return count
