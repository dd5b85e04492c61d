"""What a file holds before anything is chosen from it: columns with their names, and how the file was understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from otkit._text import printable, quoted
from otkit.io.cells import Column, hint, is_date, is_number


@dataclass(frozen=True, eq=False)
class Sheet:
    """The columns of a file.

    Attributes
    ----------
    where : str
        The file's name, as it may be shown.
    names : tuple of str
        One for each column, "" for one without; () where the file names none.
    columns : tuple of Column
    index : tuple of int
        Positions of the columns that number or name the rows.
    form : str
        How the file was understood: "separated by commas".
    said : tuple of str
        What else there is to say about that.
    lines : sequence of int
        The line in the file of each row; empty where it has no lines.
    """

    where: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    index: tuple[int, ...] = ()
    form: str = ""
    said: tuple[str, ...] = ()
    lines: Sequence[int] = ()
    sep: str = ","
    decimal: str = "."
    texts: tuple[Sequence[str], ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.columns[0])

    def place(self, row: int, position: int) -> str:
        """Return where an entry stands: ``x.csv: line 3, column 2 (mass)``."""
        name = f" ({self.names[position]})" if self.names and self.names[position] else ""
        line = f"line {self.lines[row]}" if len(self.lines) else f"row {row + 1}"
        return f"{self.where}: {line}, column {position + 1}{name}"

    def text(self, row: int, position: int) -> str:
        """Return what stands in an entry, in quotation marks and not longer than a line."""
        cell = self.texts[position][row] if self.texts else str(self.columns[position].values[row])
        return quoted(cell)

    def labels(self, position: int) -> list[str]:
        """Return the entries of a column as they stand, each fit to be shown."""
        if self.texts:
            return [printable(cell) for cell in self.texts[position]]
        return [printable(str(value)) for value in self.columns[position].values.tolist()]

    def odd_cell(self, position: int) -> tuple[int, str]:
        """Return the row of the first entry of a column of words that is unlike most of them, and what these are.

        That is "a number", "a date", "true or false"; nothing where they are words, and then the first is returned.
        """
        cells = self.texts[position]
        present = np.flatnonzero(~self.columns[position].missing).tolist()
        numbers = [is_number(cells[k], self.decimal) for k in present]
        dates = [is_date(cells[k]) for k in present]
        flags = [cells[k].lower() in ("true", "false") for k in present]
        for kind, alike in (("a number", numbers), ("a date", dates), ("true or false", flags)):
            if 2 * sum(alike) >= len(alike):
                return present[alike.index(False)], kind
        return present[numbers.index(False)], ""

    def taken_as_words(self, positions: Sequence[int]) -> list[str]:
        """Say which columns hold words although they seem to be meant as numbers or dates, and why."""
        said = []
        for k in positions if self.texts else ():
            if self.columns[k].kind != "text":
                continue
            row, kind = self.odd_cell(k)
            remedy = hint(self.texts[k][row], self.decimal)
            if remedy or kind:
                where = self.place(row, k).removeprefix(f"{self.where}: ")
                said.append(f"{where} holds {self.text(row, k)}, so that the column is taken as words.{remedy}")
        return said

    def shown(self, position: int) -> str:
        """Return a column's name, or its number where it has none."""
        return (self.names and self.names[position]) or f"column {position + 1}"


def numeric(values: np.ndarray) -> Column:
    """Return an array of numbers or times as a column; what is NaN or NaT is missing."""
    if values.dtype.kind in "mM":
        return Column("date", values, np.isnat(values))
    if values.dtype.kind in "iu":
        wide = values.size and max(-int(values.min()), int(values.max())) > 2**53
        exact = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64) if wide else values.astype(float)
        return Column("number", exact, np.zeros(values.shape, dtype=np.bool_))
    floats = values.astype(np.float64)
    return Column("flag" if values.dtype.kind == "b" else "number", floats, np.isnan(floats))
