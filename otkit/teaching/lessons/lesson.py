"""What every lesson returns: a table of numbers with what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._text import text_table
from otkit._typing import ArrayLike, FloatArray
from otkit.checker.second_check import LARGEST, WORDS, checked_twice
from otkit.divergences.discrete import discrete_divergence
from otkit.divergences.generators import as_divergence
from otkit.optimal_transport.solve import wasserstein


@dataclass(frozen=True)
class Lesson:
    """A table to print, to plot and to check.

    Attributes
    ----------
    title : str
    columns : tuple of str
        What stands in each column.
    rows : tuple of tuple
        The numbers: floats, or Fractions where they are computed exactly.
    moral : str
        What the table shows, in a sentence or two.
    proof : str
        Where W_1 is among the numbers, how each is proved.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    moral: str
    proof: str = ""

    def column(self, name: str) -> FloatArray:
        """Return one column as floats."""
        if name not in self.columns:
            raise ValueError(f"name must be one of {', '.join(self.columns)}, but {name!r} was given.")
        k = self.columns.index(name)
        return np.array([float(row[k]) for row in self.rows])

    def __str__(self) -> str:
        end = f"\n{self.proof}" if self.proof else ""
        return f"{self.title}\n\n{text_table(self.columns, self.rows)}\n\n{self.moral}{end}"


PROVED = f"W_1 is proved exactly, and up to {LARGEST:,} pairs are checked {WORDS}."


def distance(x: ArrayLike, y: ArrayLike, a: ArrayLike | None = None, b: ArrayLike | None = None) -> float:
    """Return W_1, proved in exact arithmetic, and where the problem is small, checked once more."""
    result = wasserstein(x, y, a, b, proof="exact")
    checked_twice(result.certificate)
    return result.distance


def divergence(name: str, p: ArrayLike, q: ArrayLike) -> float:
    """Return an f-divergence of two discrete measures, the number alone."""
    return float(discrete_divergence(as_divergence(name), p, q))
