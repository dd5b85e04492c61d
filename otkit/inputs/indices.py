"""Index arrays from outside, looked at before compiled code follows them: kernels look at none."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import ArrayLike, IntArray
from otkit.inputs.checks import as_float_array, within


def as_indices(value: ArrayLike, name: str, size: int, *, outside: type[Exception] = ValueError) -> IntArray:
    """Return `value` as a contiguous array of integers from 0 to size − 1, of any integer type or whole floats.

    Raises
    ------
    ValueError
        It is not one-dimensional, or holds other numbers than whole ones.
    Exception
        `outside`, where one is negative or too large.
    """
    array = value if isinstance(value, np.ndarray) and value.dtype.kind in "iu" else _whole(value, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, but its shape is {array.shape}.")
    index: IntArray = np.ascontiguousarray(array, dtype=np.int64)  # what does not fit is negative then
    if not within(index, size):
        bad = array[(index < 0) | (index >= size)][0]
        raise outside(f"{name} must be integers from 0 to {size - 1}, but {bad} was given.")
    return index


def _whole(value: ArrayLike, name: str) -> Any:
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array
    numbers = as_float_array(value, name)
    whole = np.abs(numbers) < 2.0**53
    whole &= numbers == np.floor(numbers)
    if not whole.all():
        raise ValueError(f"{name} must be integers, but {numbers[~whole][0]:g} was given.")
    return numbers.astype(np.int64)


def require_sound_sparse(matrix: Any, name: str) -> None:
    """Raise ValueError where the indices of a matrix of `scipy.sparse` leave it.

    SciPy looks at them when it makes a matrix from given arrays, though not at all of them, and never again; its own
    compiled functions follow whatever is there.
    """
    rows, cols = matrix.shape if len(matrix.shape) == 2 else (1, *matrix.shape)
    if matrix.format == "coo":
        count = matrix.data.shape
        ends = zip(matrix.coords, matrix.shape, strict=True)
        sound = all(
            index.shape == count
            and index.dtype.kind in "iu"
            and within(np.ascontiguousarray(index, dtype=np.int64), size)
            for index, size in ends
        )
    elif matrix.format in ("csr", "csc"):
        major, minor = (rows, cols) if matrix.format == "csr" else (cols, rows)
        starts, index = matrix.indptr, matrix.indices
        sound = (
            starts.dtype.kind == index.dtype.kind == "i"
            and starts.shape == (major + 1,)
            and starts[0] == 0
            and bool((np.diff(starts) >= 0).all())
            and starts[-1] <= index.size == matrix.data.size
            and within(np.ascontiguousarray(index[: starts[-1]], dtype=np.int64), minor)
        )
    else:  # made of Python's lists and dictionaries, and looked at again once it is converted
        return
    if not sound:
        raise ValueError(
            f"{name} must be a sound sparse matrix, but its indices do not fit its shape {matrix.shape}: they were "
            f"changed after it was made."
        )
