"""A cost matrix and the masses of its sides, from files: matched by label where both have labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit.inputs.labelled import Labelled
from otkit.inputs.labels import Labels
from otkit.inputs.matching import masses_of
from otkit.io.dialects import is_count
from otkit.io.options import FileOptions
from otkit.io.tables import Table, read_masses, read_matrix

if TYPE_CHECKING:
    from otkit.problem import TransportProblem


@dataclass(frozen=True)
class Shipment:
    """What the files of a transport problem hold.

    Attributes
    ----------
    cost : ndarray, shape (n, m)
    masses : tuple of two ndarrays or None
        Of rows and columns, in the order of the matrix.
    tables : tuple of Table
        The files.
    notes : tuple of str
        How they were brought together.
    names : tuple of two tuples of str
        Of rows and columns; empty where the matrix has none, or mere numbers.
    """

    cost: np.ndarray
    masses: tuple[np.ndarray | None, np.ndarray | None]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    names: tuple[tuple[str, ...], tuple[str, ...]]

    def problem(self) -> TransportProblem:
        """Return the problem; InfeasibleError where the masses do not balance."""
        from otkit.problem import TransportProblem

        rows, columns = (Labels(names) if names else None for names in self.names)
        return TransportProblem(self.cost, *self.masses).with_labels(rows, columns, "; ".join(self.notes))


def read_shipment(cost: Path, a: Path | None, b: Path | None, files: FileOptions) -> Shipment:
    """Read a cost matrix and the masses of its rows and columns.

    Raises
    ------
    ValueError
        What can't be read, or labels of masses that are not those of the matrix.
    """
    matrix = read_matrix(cost, files)
    sides = [None if path is None else read_masses(path, files) for path in (a, b)]
    notes: list[str] = []
    rows, columns = (
        () if is_count(names) or len(set(names)) < len(names) else names
        for names in (matrix.labels or (), matrix.columns)
    )
    names = (rows, columns)
    masses = [_in_order(side, names[k], matrix, ("rows", "columns")[k], notes) for k, side in enumerate(sides)]
    tables = (matrix, *(side for side in sides if side is not None))
    return Shipment(matrix.values, (masses[0], masses[1]), tables, tuple(notes), names)


def _in_order(side: Table | None, names: Sequence[str], matrix: Table, what: str, notes: list[str]) -> Any:
    """Return masses in the order of the matrix; labels that merely number rows or columns are none."""
    if side is None:
        return None
    labels = () if side.labels is None or is_count(side.labels) else side.labels
    if not labels or not names:
        if labels:
            notes.append(f"labels of {side.path} not used: the {what} of {matrix.path} have none of their own")
        return side.arrays[0]
    owner = f"the {what} of {matrix.path}"
    held = Labelled(side.arrays[0], Labels(labels))
    found = masses_of(Labels(names), held, side.path, owner, remedy="Each label must be there once, in both files.")
    notes.append(f"{side.path} matched to {owner} by label")
    return found.masses
