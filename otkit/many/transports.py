"""What all comparisons by optimal transport share: the road through the front door, one pair at a time."""

from __future__ import annotations

from abc import abstractmethod

from otkit._typing import IntArray
from otkit.costs.threads import pause
from otkit.many.comparison import Comparison, Found, PairError
from otkit.problem import TransportProblem
from otkit.results import TransportResult
from otkit.solve import solve_problem


class Transports(Comparison):
    """Measures compared by W_p^p."""

    @abstractmethod
    def problem(self, i: int, j: int) -> TransportProblem:
        """Return the transport problem between two measures, atoms without mass left out."""

    def answer(self, i: int, j: int) -> TransportResult:
        """Solve the problem between two measures by the front door."""
        try:
            return solve_problem(self.problem(i, j))
        except (ValueError, TypeError, RuntimeError, MemoryError) as error:
            raise PairError((i, j), error) from error

    def solve_one_by_one(self, first: IntArray, second: IntArray, which: IntArray, found: Found) -> None:
        """Write the numbers of some of the pairs, each solved and proved by itself."""
        for k in which:
            pause()
            certificate = self.answer(int(first[k]), int(second[k])).certificate
            found.value[k], found.lower[k], found.upper[k] = certificate.value, certificate.lower, certificate.upper
