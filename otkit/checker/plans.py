"""Transport plans as tables of entries: read from any usual form, built by the corner rule, mended if they are off."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs.checks import as_float_array
from otkit.inputs.indices import as_indices, require_sound_sparse
from otkit.numerics.jit import jitable, njit


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
        require_sound_sparse(plan, "plan")
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
    entries = Entries(as_indices(rows, "plan rows", shape[0]), as_indices(cols, "plan columns", shape[1]), masses)
    for index, name in ((entries.rows, "plan rows"), (entries.cols, "plan columns")):
        if index.size != masses.size:
            raise ValueError(f"{name} must have one entry a mass, but there are {index.size} for {masses.size} masses.")
    return entries


@jitable
def north_west(supply: FloatArray, demand: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the plan of the north-west corner rule: feasible, with fewer than n + m entries, whatever it costs."""
    size = supply.size + demand.size
    rows, cols, mass = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    used = _fill_corners(supply, demand, rows, cols, mass)
    return rows[:used], cols[:used], mass[:used]


@njit
def _fill_corners(supply: FloatArray, demand: FloatArray, rows: IntArray, cols: IntArray, mass: FloatArray) -> int:
    """Write the plan of the north-west corner rule; return how many entries it has."""
    n, m = supply.size, demand.size
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
    return k


@jitable
def mended(
    rows: IntArray, cols: IntArray, mass: FloatArray, supply: FloatArray, demand: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return a feasible plan near the plan Γ[rows[k], cols[k]] = mass[k].

    Negative entries are dropped, rows and then columns that ship too much are scaled down, and what is left is shipped
    by the north-west corner rule (after Altschuler, Weed & Rigollet, *Near-linear time approximation algorithms for
    optimal transport via Sinkhorn iteration*, 2017, whose rank-one correction is dense).
    """
    size, given = mass.size + supply.size + demand.size, mass.size
    all_rows, all_cols, all_mass = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    _write(rows, all_rows)
    _write(cols, all_cols)
    _write(mass, all_mass)
    used = given + _mend(given, all_rows, all_cols, all_mass, supply, demand)
    return all_rows[:used], all_cols[:used], all_mass[:used]


@njit
def _write(values: np.ndarray, place: np.ndarray) -> None:
    """Write values to the beginning of an array. A slice would do, had its error not to be compiled, two seconds."""
    for k in range(values.size):
        place[k] = values[k]


@njit
def _mend(given: int, rows: IntArray, cols: IntArray, mass: FloatArray, supply: FloatArray, demand: FloatArray) -> int:
    """Mend the plan that the `given` first entries are, and write what is shipped more behind them; return how much."""
    own_rows, own_cols, kept = rows[:given], cols[:given], mass[:given]
    for k in range(given):
        kept[k] = max(kept[k], 0.0)
    _scale_down(own_rows, kept, supply)
    _scale_down(own_cols, kept, demand)
    left, wanted = _what_is_left(own_rows, kept, supply), _what_is_left(own_cols, kept, demand)
    return _fill_corners(left, wanted, rows[given:], cols[given:], mass[given:])


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
