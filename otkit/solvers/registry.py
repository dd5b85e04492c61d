"""The solvers: one table that says of each what it is called, what it takes and what it promises.

To add a solver, write a module with ``solve(problem, options, monitor)`` that returns a `Candidate`, and enter it here.
A solver that can start from what is known of a similar problem takes that as a fourth argument, `warm`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # whoever asks for names alone, such as `otkit --help`, loads nothing
    from otkit.problem import TransportProblem
    from otkit.solvers.candidate import Candidate, WarmStart
    from otkit.solvers.monitor import Monitor

# What type checkers know: "auto" and the names of the table below.
Method = Literal["auto", "line", "assignment", "simplex", "lp", "sinkhorn"]


def _takes_any(problem: TransportProblem) -> bool:
    return True


def _on_line(problem: TransportProblem) -> bool:
    return problem.cost.line() is not None


def _is_assignment(problem: TransportProblem) -> bool:
    n, m = problem.shape
    supply, demand = problem.supply, problem.demand
    return n == m and bool((supply == supply[0]).all() and (demand == demand[0]).all())


@dataclass(frozen=True)
class Solver:
    """What is known of a solver without loading it: SciPy's optimisers would double the time of `import otkit`.

    Attributes
    ----------
    name : str
        The `method` that users ask for.
    module : str
        Where its `solve` lives.
    options : str
        The class of its options in that module; empty if there is nothing to choose.
    proof : {"tree", "line"} or None
        What proves its answers optimal; None if they are intervals.
    suits : callable
        Whether it takes a problem.
    needs : str
        What it needs, in words; empty if it takes any problem with a cost for every pair.
    sparse : bool
        Whether it takes costs for some pairs alone.
    warm_start : bool
        Whether it can start from the potentials of a similar problem.
    merges : bool
        Whether it can do with equal points merged into one: it ends with a tree, and takes any masses.
    no_canonical : str
        Why it has no canonical plan to offer; empty if it has.
    largest : float
        Pairs up to which it takes seconds rather than minutes, or fits in memory.
    """

    name: str
    module: str
    options: str = ""
    proof: Literal["tree", "line"] | None = "tree"
    suits: Callable[[TransportProblem], bool] = _takes_any
    needs: str = ""
    sparse: bool = False
    warm_start: bool = False
    merges: bool = False
    no_canonical: str = ""
    largest: float = math.inf

    @property
    def exact(self) -> bool:
        """Whether it promises the optimum: an answer of its that is not proved optimal is a failure."""
        return self.proof is not None

    @cached_property
    def _code(self) -> Any:
        return import_module(self.module)

    def run(
        self, problem: TransportProblem, options: Any, monitor: Monitor, warm: WarmStart | None = None
    ) -> Candidate:
        """Solve a problem.

        Raises
        ------
        ValueError
            The solver does not take this problem.
        TypeError
            The options are another solver's.
        """
        self.require(problem)
        options = self._checked(options)
        start = () if warm is None or not self.warm_start else (warm,)
        found: Candidate = self._code.solve(problem, options, monitor, *start)
        return found

    def require(self, problem: TransportProblem) -> None:
        """Raise ValueError unless the solver takes a problem."""
        if not (problem.cost.complete or self.sparse):
            raise ValueError(
                f"method must be one of {', '.join(repr(each.name) for each in SOLVERS.values() if each.sparse)} for "
                f"sparse costs, but {self.name!r} was given, which needs a cost for every pair."
            )
        if not self.suits(problem):
            n, m = problem.shape
            raise ValueError(
                f"method must not be {self.name!r} for this problem of {n} × {m} pairs: it needs {self.needs}. "
                "Use 'auto'."
            )

    def _checked(self, options: Any) -> Any:
        """Return options of the class that the solver takes, its defaults for None."""
        if not self.options:
            if options is not None:
                raise TypeError(
                    f"options must be left out for method={self.name!r}, which has none, but {type(options).__name__} "
                    "was given."
                )
            return None
        kind = getattr(self._code, self.options)
        if options is None:
            return kind()
        if not isinstance(options, kind):
            raise TypeError(
                f"options must be otkit.{self.options} for method={self.name!r}, but {type(options).__name__} was "
                "given."
            )
        return options


_TABLE = (
    Solver(
        "line",
        "otkit.solvers.line",
        proof="line",
        suits=_on_line,
        needs="points on the line and a cost |x - y|**p with p >= 1",
        no_canonical="it proves the optimum of real-valued |x − y|^p, whose ties are not those of the float64 costs",
    ),
    Solver(
        "assignment",
        "otkit.solvers.assignment",
        suits=_is_assignment,
        needs="n = m and equal masses",
        largest=36e6,
    ),
    Solver(
        "simplex",
        "otkit.solvers.simplex",
        "SimplexOptions",
        sparse=True,
        warm_start=True,
        merges=True,
    ),
    Solver(
        "lp",
        "otkit.solvers.linprog",
        "LinprogOptions",
        sparse=True,
        warm_start=True,
        merges=True,
        largest=250e3,
    ),
    Solver(
        "sinkhorn",
        "otkit.solvers.sinkhorn",
        "SinkhornOptions",
        proof=None,
        no_canonical="which pairs are tight takes an exact optimum, and its answer is an interval",
        largest=1e6,
    ),
)

SOLVERS = {solver.name: solver for solver in _TABLE}
