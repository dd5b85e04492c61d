"""Which solver fits a problem, and what it will need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otkit.costs import SparseCosts
from otkit.io.results import Result
from otkit.problem import TransportProblem

GENERAL = "simplex"  # the solver that takes any problem


@dataclass(frozen=True)
class Selection:
    """The solver that `method="auto"` takes, and why.

    Attributes
    ----------
    method : str
    reason : str
    """

    method: str
    reason: str


@dataclass(frozen=True)
class ResourceEstimate(Result):
    """What a solve will need, roughly.

    Attributes
    ----------
    method : str
        The solver meant.
    memory : int
        Peak memory in bytes beside the inputs.
    seconds : float
        Order of magnitude of the time on two laptop cores.
    reason : str
        Why `method="auto"` takes this solver.
    """

    _fields_of_dict = ("method", "memory", "seconds", "reason")

    method: str
    memory: int
    seconds: float
    reason: str

    def __str__(self) -> str:
        unit, size = ("GiB", 2**30) if self.memory >= 2**30 else ("MiB", 2**20)
        return f"{self.method}: about {self.memory / size:.2g} {unit} and {self.seconds:.1g} s ({self.reason})"


_LINE = Selection("line", "points on a line with a cost |x − y|^p: sorting solves it")
_SIMPLEX = Selection(GENERAL, "the network simplex takes any costs, and memory that grows with n + m")


def select_solver(problem: TransportProblem) -> Selection:
    """Return the solver that `method="auto"` takes for a problem; sizes and structure decide, never a measured time.

    Examples
    --------
    >>> import otkit
    >>> from otkit.datasets import bakery
    >>> shop = bakery()
    >>> otkit.select_solver(otkit.TransportProblem(shop.cost, shop.supply, shop.demand)).method
    'simplex'
    """
    if not problem.cost.complete:
        return Selection(GENERAL, f"sparse costs, {problem.cost.kind}: the network simplex looks at no other pair")
    return _SIMPLEX if problem.cost.line() is None else _LINE


def estimate_resources(problem: TransportProblem) -> ResourceEstimate:
    """Say which method, how much memory and roughly how much time a solve will take, before it starts.

    The time is a power law fitted on one machine: good for telling seconds from hours, not for more.

    Examples
    --------
    >>> import otkit
    >>> points = [[0.0, 1.0], [2.0, 3.0], [4.0, 0.0]]
    >>> problem = otkit.TransportProblem(otkit.Euclidean().between(points, points))
    >>> otkit.estimate_resources(problem).method
    'simplex'
    """
    selection = select_solver(problem)
    n, m = problem.shape
    nodes = n + m
    if isinstance(problem.cost, SparseCosts):
        arcs = problem.cost.arcs
        return ResourceEstimate(
            "simplex", 80 * arcs + 300 * nodes, 5e-3 + 1e-6 * arcs + 1.5e-9 * nodes**2, selection.reason
        )
    if selection.method == "line":
        return ResourceEstimate("line", 120 * nodes, 1e-3 + 6e-8 * nodes * np.log2(nodes), selection.reason)
    return ResourceEstimate("simplex", 2000 * nodes, simplex_seconds(n, m), selection.reason)


def simplex_seconds(n: int, m: int) -> float:
    """Return roughly how long the network simplex takes between n and m points, on two laptop cores.

    Up to some thousand points all pairs are looked at again and again; of more, a few for each point.
    """
    pairs = float(n) * m
    return 4e-4 + max(min(8e-8 * pairs, 0.05), 4e-9 * pairs + 2e-8 * float(n + m) ** 1.6)
