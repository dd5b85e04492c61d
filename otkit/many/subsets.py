"""Transport between subsets of one pool of points, many at a time: what resampling asks for, again and again."""

from __future__ import annotations

from itertools import chain, repeat

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import Cost, MatrixCosts
from otkit.many.clouds import CloudPairs
from otkit.many.line import OnLine
from otkit.many.pair_kinds import PairError
from otkit.many.ragged import RaggedMasses
from otkit.many.transports import power_between
from otkit.numerics.threads import Stopped, pause
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import NotConvergedError, solve_problem
from otkit.problem import TransportProblem
from otkit.solvers.monitor import Monitor

# Pairs of points whose costs are kept: 128 MiB.
_KEPT = 4096**2

# Pairs of points of a problem that goes into a batch. It takes some 0.2 s then, in which nothing is heard; of several
# problems at once each has a thread of its own.
_SMALL = 1024**2


class Pool:
    """Points, and W_p^p between subsets of them, each point of a subset with the same mass.

    On the line no cost is needed; up to some thousand points all costs are evaluated once; of more points, those of
    the problem at hand.
    """

    def __init__(self, points: FloatArray, metric: Cost, p: float) -> None:
        self._points, self._metric, self._p = points, metric, p
        self._costs = metric.between(points, p=p)
        self._on_line = self._costs.line() is not None
        if not self._on_line and len(points) ** 2 <= _KEPT:
            self._costs = MatrixCosts(self._costs.dense(), metric, p, (points, points))

    def between(self, rows: IntArray, cols: IntArray, monitor: Monitor | None = None) -> FloatArray:
        """Return W_p^p between the subsets ``rows[k]`` and ``cols[k]``, shapes (k, n) and (k, m), for each k.

        Raises
        ------
        Stopped
            The monitor's deadline has passed, within a problem that is solved by itself.
        """
        count = len(rows)
        atoms = np.concatenate([rows, cols], axis=1).reshape(-1)
        sizes = np.fromiter(chain.from_iterable(repeat((rows.shape[1], cols.shape[1]), count)), np.int64, 2 * count)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        masses = RaggedMasses(starts, np.ones(atoms.size), np.arange(atoms.size))
        first = np.arange(0, 2 * count, 2)
        try:
            if self._on_line:
                return OnLine(self._metric, self._points[atoms, 0], masses, self._p).solve(first, first + 1).value
            if isinstance(self._costs, MatrixCosts):
                pairs = CloudPairs(self._costs, masses, atoms, symmetric=True, p=self._p)
                pairs.small = _SMALL
                return pairs.solve(first, first + 1).value
        except PairError as error:
            raise error.error from None  # subsets have no names
        return np.array([self._alone(*pair, monitor) for pair in zip(rows, cols, strict=True)])

    def _alone(self, rows: IntArray, cols: IntArray, monitor: Monitor | None) -> float:
        pause()
        problem = TransportProblem(self._costs.restrict(rows, cols), probability=True)
        try:
            result = solve_problem(problem, Settings(max_seconds=None if monitor is None else monitor.remaining))
        except NotConvergedError as error:
            if error.result.stats.status == "time_limit":
                raise Stopped("time_limit") from None
            raise
        try:
            return power_between(result)[0]
        except OverflowError as error:
            raise ValueError(str(error)) from None
