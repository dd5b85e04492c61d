"""Transport plans as tables of entries: read from any usual form, built by the corner rule, mended if they are off."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._checks import as_float_array, within
from otkit._jit import njit
from otkit._typing import ArrayLike, FloatArray, IntArray


class Entries(NamedTuple):
    """A sparse plan: Γ[rows[k], cols[k]] = mass[k]."""

    rows: IntArray
    cols: IntArray
    mass: FloatArray


def plan_entries(plan: Any, shape: tuple[int, int]) -> Entries:
    """Return a plan in any usual form as its entries.

    Taken are a dense matrix, any scipy.sparse matrix, a tuple (rows, cols, mass), an array with these three columns,
    and any object with these three attributes.

    Raises
    ------
    ValueError, TypeError
        The shape is not the problem's, an index lies outside it, or the entries are no numbers.
    """
    if all(hasattr(plan, part) for part in Entries._fields):
        return _checked(plan.rows, plan.cols, plan.mass, shape)
    import scipy.sparse

    if scipy.sparse.issparse(plan):
        if plan.shape != shape:
            raise ValueError(f"plan must have the problem's shape {shape}, but its shape is {plan.shape}.")
        table = scipy.sparse.coo_array(plan)
        return _checked(table.row, table.col, table.data, shape)
    if isinstance(plan, tuple) and len(plan) == 3:
        return _checked(*plan, shape)
    dense = as_float_array(plan, "plan")
    if dense.shape == shape:
        rows, cols = np.nonzero(dense)
        return Entries(rows, cols, dense[rows, cols])
    if dense.ndim == 2 and dense.shape[1] == 3:
        return _checked(dense[:, 0], dense[:, 1], dense[:, 2], shape)
    raise ValueError(
        f"plan must be a matrix of the problem's shape {shape} or a table of rows, columns and masses, "
        f"but its shape is {dense.shape}."
    )


def _checked(rows: ArrayLike, cols: ArrayLike, mass: ArrayLike, shape: tuple[int, int]) -> Entries:
    """Return a table of entries whose indices are integers within the shape."""
    masses = np.ascontiguousarray(as_float_array(mass, "plan masses").reshape(-1))
    return Entries(
        _indices(rows, "plan rows", shape[0], masses.size),
        _indices(cols, "plan columns", shape[1], masses.size),
        masses,
    )


def _indices(values: ArrayLike, name: str, size: int, count: int) -> IntArray:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        index: IntArray = np.ascontiguousarray(values, dtype=np.int64)
    else:
        numbers = as_float_array(values, name).reshape(-1)
        if not (numbers == np.floor(numbers)).all():
            raise ValueError(f"{name} must be integers, but {numbers[numbers != np.floor(numbers)][0]:g} was given.")
        index = numbers.astype(np.int64)
    if index.shape != (count,):
        raise ValueError(f"{name} must have one entry a mass, but there are {index.size} for {count} masses.")
    if not within(index, size):
        bad = index[(index < 0) | (index >= size)][0]
        raise ValueError(f"{name} must be integers from 0 to {size - 1}, but {bad} was given.")
    return index


@njit
def north_west(supply: FloatArray, demand: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the plan of the north-west corner rule: feasible, with fewer than n + m entries, whatever it costs."""
    n, m = supply.size, demand.size
    rows = np.empty(n + m, np.int64)
    cols = np.empty(n + m, np.int64)
    mass = np.empty(n + m)
    i = j = k = 0
    left_i, left_j = supply[0], demand[0]
    while i < n and j < m:
        shipped = min(left_i, left_j)
        if shipped > 0.0:
            rows[k], cols[k], mass[k] = i, j, shipped
            k += 1
        left_i -= shipped
        left_j -= shipped
        if left_i <= 0.0:
            i += 1
            if i < n:
                left_i = supply[i]
        if left_j <= 0.0:
            j += 1
            if j < m:
                left_j = demand[j]
    return rows[:k].copy(), cols[:k].copy(), mass[:k].copy()


@njit
def mended(
    rows: IntArray, cols: IntArray, mass: FloatArray, supply: FloatArray, demand: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return a feasible plan near the plan Γ[rows[k], cols[k]] = mass[k].

    Negative entries are dropped, rows and then columns that ship too much are scaled down, and what is left is shipped
    by the north-west corner rule (after Altschuler, Weed & Rigollet, *Near-linear time approximation algorithms for
    optimal transport via Sinkhorn iteration*, 2017, whose rank-one correction is dense).
    """
    kept = np.empty(mass.size)
    for k in range(mass.size):
        kept[k] = max(mass[k], 0.0)
    _scale_down(rows, kept, supply)
    _scale_down(cols, kept, demand)
    more_rows, more_cols, more = north_west(_what_is_left(rows, kept, supply), _what_is_left(cols, kept, demand))
    size = mass.size + more.size
    all_rows, all_cols, all_mass = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    for k in range(mass.size):
        all_rows[k], all_cols[k], all_mass[k] = rows[k], cols[k], kept[k]
    for k in range(more.size):
        t = mass.size + k
        all_rows[t], all_cols[t], all_mass[t] = more_rows[k], more_cols[k], more[k]
    return all_rows, all_cols, all_mass


@njit
def _scale_down(index: IntArray, mass: FloatArray, due: FloatArray) -> None:
    """Scale masses down in place where they sum to more than is due."""
    factor = _sums(index, mass, due.size)
    for k in range(due.size):
        factor[k] = due[k] / factor[k] if factor[k] > due[k] else 1.0
    for k in range(mass.size):
        mass[k] *= factor[index[k]]


@njit
def _what_is_left(index: IntArray, mass: FloatArray, due: FloatArray) -> FloatArray:
    left = _sums(index, mass, due.size)
    for k in range(due.size):
        left[k] = max(due[k] - left[k], 0.0)
    return left


@njit
def _sums(index: IntArray, mass: FloatArray, size: int) -> FloatArray:
    sums = np.zeros(size)
    for k in range(mass.size):
        sums[index[k]] += mass[k]
    return sums
