"""One problem, every solver at hand: otkit's own, SciPy's and POT's, each answer judged by the same certificate.

Other libraries are peers here, never engines: they solve the very same problem with their own code, and what they
return is audited by `otkit.certify`, which trusts nobody. That also covers a peer that returns a number and no plan: it
must lie within the interval that the other answers prove.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.checker.audit import certify
from otkit.checker.certificate import Certificate
from otkit.costs import Line, SparseCosts
from otkit.inputs.checks import as_seconds
from otkit.io.results import Result
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import TransportProblem
from otkit.solvers.monitor import Progress
from otkit.solvers.registry import SOLVERS
from otkit.solvers.waiting import duration, waiting

# Sizes n·m up to which a peer takes seconds rather than minutes, or fits in memory; above, its row says so.
LARGEST_DENSE_LP = 100_000
LARGEST_MATRIX = 36_000_000

# A run shorter than this is repeated, since the first one also loads the library, and may compile some of it.
SECONDS_WORTH_REPEATING = 2.0

# What each contender may take, if nothing else is said.
PATIENCE = 60.0


@dataclass(frozen=True)
class Contender(Result):
    """The answer of one solver.

    Attributes
    ----------
    name : str
        Library and solver.
    value : float
        Optimal cost as the solver gives it; nan where it gave none.
    certificate : Certificate or None
        What its plan and potentials prove; None where it returned neither.
    seconds : float
        Time of the solve; otkit's solvers certify in it, peers are handed the cost matrix beforehand.
    note : str
        Why there is no answer, or what the solver warned of.
    """

    _fields_of_dict = ("name", "value", "certificate", "seconds", "note")

    name: str
    value: float = float("nan")
    certificate: Certificate | None = None
    seconds: float = float("nan")
    note: str = ""


@dataclass(frozen=True)
class Comparison(Result):
    """The answers of all solvers to one problem.

    Attributes
    ----------
    problem : TransportProblem
    contenders : tuple of Contender
    max_seconds : float
        What each contender was allowed to take.
    """

    _fields_of_dict = ("lower", "upper", "max_seconds", "contenders")

    problem: TransportProblem
    contenders: tuple[Contender, ...]
    max_seconds: float = PATIENCE

    @cached_property
    def lower(self) -> float:
        """The best lower bound that any of the answers proves."""
        return max((row.certificate.lower for row in self.contenders if row.certificate), default=float("-inf"))

    @cached_property
    def upper(self) -> float:
        """The best upper bound that any answer proves, not below `lower`: two roundings of one value may cross."""
        best = min((row.certificate.upper for row in self.contenders if row.certificate), default=float("inf"))
        return max(best, self.lower)

    def error(self, row: Contender) -> float:
        """Return how far a value lies outside of [lower, upper], relative to the optimum; negative if it lies below."""
        outside = max(row.value - self.upper, 0.0) + min(row.value - self.lower, 0.0)
        return float(outside / (max(abs(self.lower), abs(self.upper)) or 1.0)) if outside else outside

    def judgement(self, row: Contender) -> str:
        """Say in a few words what the answer of a contender is worth."""
        if row.certificate is None:
            return row.note if np.isnan(row.value) else "gives no plan and no prices"
        verdict = "proves itself optimal" if row.certificate.optimal else row.certificate.fault
        return f"{verdict} ({row.note})" if row.note else verdict

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each solver: value, error, seconds, and what the answer is worth."""
        import pandas as pd

        rows = self.contenders
        return pd.DataFrame(
            {
                "name": [row.name for row in rows],
                "value": [row.value for row in rows],
                "error": [self.error(row) for row in rows],
                "seconds": [row.seconds for row in rows],
                "judgement": [self.judgement(row) for row in rows],
            }
        )

    def __str__(self) -> str:
        lines = [f"proved by all together: {self.lower:.15g} ≤ OPT ≤ {self.upper:.15g}"]
        for row in self.contenders:
            known = not np.isnan(row.value)
            figures = f"{row.value:<22.15g} {self.error(row):+9.1e} {row.seconds:10.4f} s" if known else " " * 44
            lines.append(f"{row.name:<28} {figures}  {self.judgement(row)}")
        lines.append(f"each had {self.max_seconds:g} s at most")
        return "\n".join(lines)


class _Answer(NamedTuple):
    """What a solver returned, in the problem's units."""

    value: float
    plan: Any = None
    potentials: Any = None
    note: str = ""


def compare(
    problem: TransportProblem,
    *,
    max_seconds: float | None = None,
    progress: bool | Callable[[Progress], None] = False,
) -> Comparison:
    """Solve a problem with every solver that applies, otkit's and its peers', and judge every answer alike.

    Parameters
    ----------
    problem : TransportProblem
    max_seconds : float, optional
        Limit for each contender, 60 seconds if nothing is said. Otkit's solvers and HiGHS stop there, with what they
        have. The other peers know no deadline: they are left out where the size of the problem says that they would
        take longer, and their rows say so.
    progress : bool or callable, default False
        True shows which solver is at work, in the terminal or notebook; a callable gets a `Progress` as each starts.

    Returns
    -------
    Comparison
        Prints as a table. POT takes part where it is installed (``pip install ".[peers]"``).

    See Also
    --------
    verify_duality : the two sides of one answer.

    Examples
    --------
    >>> import otkit
    >>> comparison = otkit.compare(otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2]))
    >>> comparison.lower, comparison.upper
    (4.0, 4.0)
    >>> max(abs(comparison.error(row)) for row in comparison.contenders if row.value == row.value) < 1e-3
    True
    """
    max_seconds = as_seconds(PATIENCE if max_seconds is None else max_seconds)
    assert max_seconds is not None
    start = time.perf_counter()
    rows = []
    with waiting("comparing") if progress is True else nullcontext(progress or None) as tell:
        for name, run in (*_own(problem, max_seconds), *_peers(problem, max_seconds)):
            if tell is not None:
                tell(Progress(name, time.perf_counter() - start))
            rows.append(Contender(name, note=run) if isinstance(run, str) else run())
    return Comparison(problem, tuple(rows), max_seconds)


Run = Callable[[], Contender] | str  # a string says why a solver does not run


def _own(problem: TransportProblem, max_seconds: float) -> Iterator[tuple[str, Run]]:
    """Yield otkit's solvers that suit the problem."""
    if isinstance(problem.cost, SparseCosts):
        too_many = _too_many_arcs(problem.cost)
        suited = {each.name: too_many if each.largest < math.inf else "" for each in SOLVERS.values() if each.sparse}
    else:
        suited = {each.name: _too_large(problem, each.largest) for each in SOLVERS.values() if each.suits(problem)}
    for method, obstacle in suited.items():
        yield f"otkit {method}", obstacle or partial(_solved, problem, method, max_seconds)


def _peers(problem: TransportProblem, max_seconds: float) -> Iterator[tuple[str, Run]]:
    """Yield the solvers of SciPy and POT that suit the problem."""
    if isinstance(problem.cost, SparseCosts):
        run = partial(
            _audited,
            problem,
            "SciPy linprog (HiGHS)",
            partial(_scipy_linprog_on_arcs, problem, problem.cost, max_seconds),
        )
        yield "SciPy linprog (HiGHS)", _too_many_arcs(problem.cost) or run
        yield "POT emd", "left out: it needs a cost for every pair"
        return
    line = problem.cost.line()
    large = _too_large(problem, LARGEST_MATRIX)
    slow = large or _too_slow(problem, max_seconds, 3e-9)
    dense_lp = _too_large(problem, LARGEST_DENSE_LP)
    slow_lp = dense_lp or _too_slow(problem, max_seconds, 2e-6)
    absent = "" if find_spec("ot") else 'not installed: pip install ".[peers]"'
    costs = np.empty((0, 0)) if large else problem.cost.dense()
    suited: list[tuple[str, str, Callable[[], _Answer]]] = []
    if line is not None and line.p == 1.0:
        suited.append(("SciPy wasserstein_distance", "", partial(_scipy_line, problem, line)))
    if problem.cost.points is not None and _is_euclidean(problem):
        suited.append(("SciPy wasserstein_distance_nd", slow_lp, partial(_scipy_nd, problem, *problem.cost.points)))
    if SOLVERS["assignment"].suits(problem):
        suited.append(("SciPy linear_sum_assignment", slow, partial(_scipy_assignment, problem, costs)))
    suited.append(("SciPy linprog (HiGHS)", dense_lp, partial(_scipy_linprog, problem, costs, max_seconds)))
    if line is not None:
        suited.append(("POT wasserstein_1d", absent, partial(_pot_line, problem, line)))
    suited.append(("POT emd", absent or slow, partial(_pot_emd, problem, costs)))
    for name, obstacle, solver in suited:
        yield name, obstacle or partial(_audited, problem, name, solver)


def _solved(problem: TransportProblem, method: Any, max_seconds: float) -> Contender:
    """Run one of otkit's solvers, which brings its certificate along."""
    name = f"otkit {method}"
    try:
        settings = Settings(method=method, max_seconds=max_seconds, on_failure="return")
        for _ in range(2):
            result = solve_problem(problem, settings)
            if result.seconds > SECONDS_WORTH_REPEATING:
                break
    except (ValueError, MemoryError) as error:
        return Contender(name, note=f"failed: {_one_line(error)}")
    status = result.stats.status
    note = "" if status == "optimal" else f"stopped early: {status.replace('_', ' ')}"
    return Contender(name, result.value, result.certificate, result.seconds, note)


def _audited(problem: TransportProblem, name: str, solver: Callable[[], _Answer]) -> Contender:
    """Time a peer and judge what it returns."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            answer, seconds = _timed(solver)
            if seconds < SECONDS_WORTH_REPEATING:
                answer, seconds = _timed(solver)
    except Exception as error:  # whatever a peer raises is its own affair, and a row of the table
        return Contender(name, note=f"failed: {_one_line(error)}")
    notes = [answer.note, *{_one_line(warning.message) for warning in caught}]
    certificate = None if answer.plan is None else certify(problem, plan=answer.plan, potentials=answer.potentials)
    return Contender(name, answer.value, certificate, seconds, "; ".join(filter(None, notes)))


def _timed(run: Callable[[], _Answer]) -> tuple[_Answer, float]:
    start = time.perf_counter()
    answer = run()
    return answer, time.perf_counter() - start


def _one_line(error: Warning | BaseException | str) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _too_large(problem: TransportProblem, limit: float) -> str:
    """Say why a solver is left out, if the problem has more pairs than it can do in seconds."""
    n, m = problem.shape
    return f"left out: {n} × {m} pairs are more than {limit:,.0f}" if n * m > limit else ""


def _too_slow(problem: TransportProblem, max_seconds: float, seconds_of_pair: float) -> str:
    """Say why a peer that knows no deadline is left out, if it would take too long: by laws fitted on one machine."""
    n, m = problem.shape
    seconds = seconds_of_pair * (float(n) * m) ** (4.0 / 3.0)
    return f"left out: {n} × {m} pairs would take it about {duration(seconds)}" if seconds > max_seconds else ""


def _too_many_arcs(cost: SparseCosts) -> str:
    return f"left out: {cost.kind} are more than {LARGEST_DENSE_LP:,}" if cost.arcs > LARGEST_DENSE_LP else ""


def _is_euclidean(problem: TransportProblem) -> bool:
    cost = problem.cost
    return cost.metric is not None and cost.metric.norm == (2.0, 1.0) and cost.p == 1.0


# --- SciPy ------------------------------------------------------------------------------------------------------------


def _scipy_line(problem: TransportProblem, line: Line) -> _Answer:
    from scipy.stats import wasserstein_distance

    return _Answer(
        line.scale * problem.total * float(wasserstein_distance(line.x, line.y, problem.supply, problem.demand))
    )


def _scipy_nd(problem: TransportProblem, x: FloatArray, y: FloatArray) -> _Answer:
    from scipy.stats import wasserstein_distance_nd

    return _Answer(problem.total * float(wasserstein_distance_nd(x, y, problem.supply, problem.demand)))


def _scipy_assignment(problem: TransportProblem, costs: FloatArray) -> _Answer:
    from scipy.optimize import linear_sum_assignment

    rows, cols = linear_sum_assignment(costs)
    mass = problem.supply[rows]
    return _Answer(float(costs[rows, cols] @ mass), (rows, cols, mass), note="gives no prices")


def _scipy_linprog(problem: TransportProblem, costs: FloatArray, max_seconds: float) -> _Answer:
    from scipy.optimize import linprog

    from otkit.solvers.linprog import transport_lp

    n, m = problem.shape
    matrix, masses, prices = transport_lp(costs, problem.supply, problem.demand)
    limit = {"time_limit": max_seconds}
    answer = linprog(prices, A_eq=matrix, b_eq=masses, bounds=(0, None), method="highs", options=limit)
    if answer.x is None:
        raise RuntimeError(answer.message)
    duals = answer.eqlin.marginals
    note = "" if answer.status == 0 else _one_line(answer.message)
    return _Answer(float(answer.fun), answer.x.reshape(n, m), (duals[:n], duals[n:]), note)


def _scipy_linprog_on_arcs(problem: TransportProblem, cost: SparseCosts, max_seconds: float) -> _Answer:
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n, m = problem.shape
    ends, arcs = np.concatenate([cost.arc_rows, n + cost.pairs.cols]), np.tile(np.arange(cost.arcs), 2)
    matrix = coo_array((np.ones(2 * cost.arcs), (ends, arcs)), shape=(n + m, cost.arcs)).tocsc()
    masses = np.concatenate([problem.supply, problem.demand])
    limit = {"time_limit": max_seconds}
    answer = linprog(cost.pairs.costs, A_eq=matrix, b_eq=masses, bounds=(0, None), method="highs", options=limit)
    if answer.x is None:
        raise RuntimeError(answer.message)
    duals = answer.eqlin.marginals
    note = "" if answer.status == 0 else _one_line(answer.message)
    return _Answer(float(answer.fun), (cost.arc_rows, cost.pairs.cols, answer.x), (duals[:n], duals[n:]), note)


# --- POT --------------------------------------------------------------------------------------------------------------


def _pot_line(problem: TransportProblem, line: Line) -> _Answer:
    import ot

    shares = problem.supply / problem.total, problem.demand / problem.total
    return _Answer(line.scale * problem.total * float(ot.wasserstein_1d(line.x, line.y, *shares, p=line.p)))


def _pot_emd(problem: TransportProblem, costs: FloatArray) -> _Answer:
    import ot

    plan, log = ot.emd(problem.supply, problem.demand, costs, log=True)
    return _Answer(float(log["cost"]), plan, (log["u"], log["v"]))
