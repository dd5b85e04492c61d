"""What a solver hands over: an answer that nobody has checked yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.inputs.indices import as_indices

Status = Literal["optimal", "iteration_limit", "time_limit", "interrupted"]


@dataclass(frozen=True)
class SolverStats:
    """How a solver came to its answer.

    Attributes
    ----------
    status : {"optimal", "iteration_limit", "time_limit", "interrupted"}
        Why it stopped, in its own opinion; what is true of the answer is for the certificate to say.
    iterations, rounds : int
        Pivots or inner iterations; outer rounds (column generation, ε-scaling).
    detail : str
        A few words for people, such as the engine used.
    """

    status: Status = "optimal"
    iterations: int = 0
    rounds: int = 0
    detail: str = ""


class WarmStart(NamedTuple):
    """What is known from a similar problem of the same size.

    Attributes
    ----------
    f, g : ndarray, shapes (n,) and (m,)
        Its potentials.
    rows, cols : ndarray
        The arcs of its tree; none if only potentials are known.
    """

    f: FloatArray
    g: FloatArray
    rows: IntArray
    cols: IntArray

    def restrict(self, rows: IntArray, cols: IntArray) -> WarmStart:
        """Return what of it concerns the given rows and columns, renumbered in that order."""
        new_row, new_col = np.full(self.f.size, -1), np.full(self.g.size, -1)
        new_row[rows], new_col[cols] = np.arange(rows.size), np.arange(cols.size)
        arc_rows, arc_cols = new_row[self.rows], new_col[self.cols]
        kept = (arc_rows >= 0) & (arc_cols >= 0)
        return WarmStart(self.f[rows], self.g[cols], arc_rows[kept], arc_cols[kept])

    def merge(self, row_place: IntArray, col_place: IntArray) -> WarmStart:
        """Return the same for a problem in which rows and columns of equal numbers are one, each arc once."""
        first_rows, first_cols = (np.unique(places, return_index=True)[1] for places in (row_place, col_place))
        width = first_cols.size
        arcs = np.unique(row_place[self.rows] * width + col_place[self.cols])
        return WarmStart(self.f[first_rows], self.g[first_cols], arcs // width, arcs % width)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A plan and potentials, as found.

    Attributes
    ----------
    rows, cols, mass : ndarray, shape (k,)
        Entries Γ[rows, cols] = mass of the plan, each pair once, in any order.
    f, g : ndarray, shapes (n,) and (m,)
        Potentials, meant to satisfy f_i + g_j ≤ c_ij.
    basis : tuple of two ndarrays, or None
        Arcs (rows, cols) of the spanning tree on which plan and potentials rest, where the solver has one.
    state : object
        What the solver needs to go on from here (warm start, resuming); None if it can't.
    stats : SolverStats
    """

    rows: IntArray
    cols: IntArray
    mass: FloatArray
    f: FloatArray
    g: FloatArray
    basis: tuple[IntArray, IntArray] | None = None
    state: Any = None
    stats: SolverStats = field(default_factory=SolverStats)

    def require_fit(self, shape: tuple[int, int]) -> None:
        """Raise ValueError unless all arrays fit a problem of some shape: whoever has a result may change it."""
        pairs = {"plan": (self.rows, self.cols)} | ({} if self.basis is None else {"tree": self.basis})
        for what, (rows, cols) in pairs.items():
            for name, index, size in (("rows", rows, shape[0]), ("columns", cols, shape[1])):
                as_indices(index, f"{what} {name}", size)
            if rows.size != cols.size:
                raise ValueError(f"{what} must have as many rows as columns, but has {rows.size} and {cols.size}.")
        for name, array, size in (
            ("mass", self.mass, self.rows.size),
            *zip("fg", (self.f, self.g), shape, strict=True),
        ):
            if array.shape != (size,) or array.dtype != np.float64:
                raise ValueError(f"{name} must be {size} floats, but it is {array.dtype} of shape {array.shape}.")
