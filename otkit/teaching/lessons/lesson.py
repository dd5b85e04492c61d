"""What every lesson returns: a table of numbers with what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._text import text_table
from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.discrete import discrete_divergence
from otkit.divergences.generators import as_divergence


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
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    moral: str

    def column(self, name: str) -> FloatArray:
        """Return one column as floats."""
        if name not in self.columns:
            raise ValueError(f"name must be one of {', '.join(self.columns)}, but {name!r} was given.")
        k = self.columns.index(name)
        return np.array([float(row[k]) for row in self.rows])

    def __str__(self) -> str:
        return f"{self.title}\n\n{text_table(self.columns, self.rows)}\n\n{self.moral}"


def divergence(name: str, p: ArrayLike, q: ArrayLike) -> float:
    """Return an f-divergence of two discrete measures, the number alone."""
    return float(discrete_divergence(as_divergence(name), p, q))
