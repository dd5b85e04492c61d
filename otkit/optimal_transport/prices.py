"""Prices of what is left over: one for all points, one for each, or an array for either side."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray

Given: TypeAlias = float | ArrayLike | tuple[float | ArrayLike, float | ArrayLike]


class LeftoverPrices(NamedTuple):
    """What a unit costs that is left over.

    Attributes
    ----------
    a : ndarray, shape (n,)
        A unit that stays in each row.
    b : ndarray, shape (m,)
        A unit that each column goes without.
    """

    a: FloatArray
    b: FloatArray


def as_prices_of(price: Given, n: int, m: int) -> tuple[LeftoverPrices, float | LeftoverPrices]:
    """Return the prices of n rows and m columns, and what a result calls them: one number where one was given.

    Examples
    --------
    >>> as_prices_of((2, [0, 1]), 1, 2)[0]
    LeftoverPrices(a=array([2.]), b=array([0., 1.]))
    """
    if _is_pair(price):
        of_a, of_b = price  # type: ignore[misc]
        prices = LeftoverPrices(_of_side(of_a, n, "price[0]", "rows"), _of_side(of_b, m, "price[1]", "columns"))
        return prices, prices
    if np.ndim(price) == 0:
        value = float(_numbers(price, "price"))
        return LeftoverPrices(np.full(n, value), np.full(m, value)), value
    if n != m:
        raise ValueError(
            f"price must be a number or a pair (prices of {n} rows, prices of {m} columns), but one array was given: "
            "it can stand for both sides only where they have as many points."
        )
    side = _of_side(price, n, "price", "rows and of columns")
    prices = LeftoverPrices(side, side)
    return prices, prices


def _is_pair(price: Any) -> bool:
    """Whether either side has prices of its own: a tuple, or a list or an array of two arrays."""
    if isinstance(price, tuple):
        return len(price) == 2
    if isinstance(price, list):
        return len(price) == 2 and any(np.ndim(side) > 0 for side in price)
    return np.ndim(price) == 2 and len(price) == 2


def _of_side(price: Any, size: int, name: str, what: str) -> FloatArray:
    values = _numbers(price, name)
    if values.ndim == 0:
        return np.full(size, float(values))
    if values.shape != (size,):
        raise ValueError(f"{name} must hold a number for each of the {size} {what}, but its shape is {values.shape}.")
    return values


def _numbers(price: Any, name: str) -> FloatArray:
    if hasattr(price, "iloc"):
        raise TypeError(f"{name} must be in the order of the points, but a Series was given: hand over its to_numpy().")
    try:
        values = np.array("no number" if price is None else price, dtype=np.float64)  # NumPy would take None for nan
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number or an array of numbers, but {shown(price)} was given.") from None
    wrong = ~((values >= 0.0) & (values < np.inf))
    if wrong.any():
        where = f"{name}[{int(np.argmax(wrong))}]" if values.ndim == 1 else name
        raise ValueError(f"{name} must be finite and non-negative, but {where} = {float(values[wrong][0])!r}.")
    return values
