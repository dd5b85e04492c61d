"""What all comparisons by optimal transport share: how one pair is solved by itself."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from otkit._typing import IntArray
from otkit.many.pair_kinds import EXACT, FLOAT, OF_OPTIMUM, Found, PairError, PairKind, Trees
from otkit.numerics.threads import pause
from otkit.optimal_transport.prove import judged_as_it_is
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate

BY_ITSELF, EXACTLY = Settings(), Settings(proof="exact")

# What the p-th power of a unit is off by, relatively, and above what it has all digits.
ROUNDING = 2.0**-40
LEAST_POWER = 2.0**-960

LEFT = (
    "W_p to the power p = {p:g} leaves float64, which many pairs are compared by, though W_p = {distance:g} does not. "
    "Take a smaller p, rescale all points by one factor, or ask otkit.wasserstein for each pair."
)


def power_between(result: TransportResult) -> tuple[float, float, float]:
    """Return W_p^p with its bounds.

    Raises
    ------
    OverflowError
        It leaves float64, at either end.
    """
    cost, certificate = result.problem.cost, result.certificate
    ends = certificate.value, certificate.lower, certificate.upper
    if cost.unit == 1.0:
        return ends
    powers = [cost.in_given_unit(end) for end in ends]
    if not all(LEAST_POWER < power < np.inf for power in powers):
        raise OverflowError(LEFT.format(p=cost.p, distance=result.distance))
    return powers[0], powers[1] * (1.0 - ROUNDING), powers[2] * (1.0 + ROUNDING)


class Transports(PairKind):
    """Measures compared by W_p^p."""

    @abstractmethod
    def problem(self, i: int, j: int) -> TransportProblem:
        """Return the transport problem between two measures, atoms without mass left out."""

    def answer(self, i: int, j: int) -> TransportResult:
        """Solve the problem between two measures by itself."""
        try:
            return solve_problem(self.problem(i, j), EXACTLY if self.exact else BY_ITSELF)
        except (ValueError, TypeError, RuntimeError, MemoryError) as error:
            raise PairError((i, j), error) from error

    def solve_one_by_one(
        self, first: IntArray, second: IntArray, which: IntArray, found: Found, trees: Trees | None = None
    ) -> None:
        """Write the numbers of some of the pairs, each solved and proved by itself; keep the trees of exact proofs."""
        for k in which:
            pause()
            i, j = int(first[k]), int(second[k])
            result = self.answer(i, j)
            try:
                found.value[k], found.lower[k], found.upper[k] = power_between(result)
            except OverflowError as error:
                raise PairError((i, j), ValueError(str(error))) from None
            certificate, evidence = result.certificate, result.certificate.evidence
            found.proof[k] = EXACT if certificate.proof == "exact" else FLOAT
            if trees is not None and evidence is not None and evidence.problem.cost.unit == 1.0:
                arcs = slice(trees.starts[k], trees.starts[k + 1])
                trees.rows[arcs], trees.cols[arcs], trees.kind[k] = evidence.rows, evidence.cols, OF_OPTIMUM

    def judge_one_by_one(
        self, first: IntArray, second: IntArray, which: IntArray, found: Found, trees: Trees
    ) -> list[int]:
        """Write the numbers of pairs whose trees are optimal, by exact arithmetic; return which pairs these are."""
        proved, nothing = [], np.empty(0)
        for k in which:
            pause()
            problem = self.problem(int(first[k]), int(second[k]))
            arcs = slice(trees.starts[k], trees.starts[k + 1])
            tree = trees.rows[arcs].astype(np.int64), trees.cols[arcs].astype(np.int64)
            if not all(((end >= 0) & (end < size)).all() for end, size in zip(tree, problem.shape, strict=True)):
                continue
            answer = Candidate(tree[0][:0], tree[0][:0], nothing, nothing, nothing, tree)
            judged = judged_as_it_is(problem, answer)
            if judged is not None:
                found.value[k], found.lower[k], found.upper[k] = judged[1].value
                found.proof[k] = EXACT
                proved.append(int(k))
        return proved
