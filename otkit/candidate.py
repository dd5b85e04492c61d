"""What a solver hands over: an answer that nobody has checked yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from otkit._typing import FloatArray, IntArray

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
