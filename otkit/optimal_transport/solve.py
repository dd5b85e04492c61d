"""Exact transport: choose a solver, solve, certify, and return the answer or say what failed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.checker.certificate import Certificate
from otkit.costs import Cost, PairCosts, as_cost
from otkit.inputs.checks import as_potentials
from otkit.inputs.frames import Missing, as_clouds
from otkit.inputs.labelled import labels_of_rows
from otkit.measures import DiscreteMeasure, taken_apart
from otkit.numerics.compiling import clock
from otkit.numerics.kernel import at_once
from otkit.numerics.pickling import Whole
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.answers import Task, answer
from otkit.optimal_transport.canonical import require_canonical
from otkit.optimal_transport.rescaling import in_better_unit
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import OnFailure, Proof, Report, Settings
from otkit.optimal_transport.small import answer_at_once, answer_on_line
from otkit.problem import TransportProblem
from otkit.solvers.candidate import WarmStart
from otkit.solvers.choice import GENERAL, select_solver
from otkit.solvers.monitor import Monitor
from otkit.solvers.registry import SOLVERS, Method
from otkit.solvers.waiting import waiting

BY_ITSELF = Settings()

# How solvers answer small problems, where nothing else is asked for.
AT_ONCE = {GENERAL: answer_at_once, "line": answer_on_line}

_REMEDY = {
    "iteration_limit": "Raise the limit in `options`",
    "time_limit": "Raise `max_seconds`",
    "interrupted": "Let it run on",
    "optimal": "Try another `method`",
}


class NotConvergedError(Whole, RuntimeError):
    """A solver stopped early, or its answer failed the check.

    Attributes
    ----------
    certificate : Certificate
        What is proved all the same: `lower ≤ OPT ≤ upper`.
    state : object
        What the solver can go on from; None if it can't.
    result : TransportResult
        The unfinished answer.
    """

    __module__ = "otkit"  # where users find it, so that tracebacks say so

    def __init__(self, message: str, result: TransportResult) -> None:
        super().__init__(message)
        self.result = result

    @property
    def certificate(self) -> Certificate:
        """What is proved about the problem so far."""
        return self.result.certificate

    @property
    def state(self) -> Any:
        """What the solver can go on from."""
        return self.result.candidate.state


def wasserstein(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    p: float = 1,
    metric: str | Cost | Callable[[FloatArray, FloatArray], float] = "euclidean",
    missing: Missing = "raise",
    method: Method = "auto",
    options: Any = None,
    max_seconds: float | None = None,
    on_failure: OnFailure = "raise",
    proof: Proof = "auto",
    progress: Report = False,
    warm_start: TransportResult | tuple[ArrayLike, ArrayLike] | None = None,
    canonical: bool = False,
    threads: int | None = None,
) -> TransportResult:
    """Return the Wasserstein distance W_p between two sample sets, with plan, potentials and certificate.

    W_p(a, b) = (min_Γ Σ Γ_ij d(x_i, y_j)^p)^(1/p) over plans Γ ≥ 0 with row sums a/Σa and column sums b/Σb.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line. Columns of data frames are matched by name; times are
        points in seconds.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights; each side is divided by its total. Equal weights by default.
    p : float, default 1
        The Wasserstein power, at least 1: the cost is d^p.
    metric : str, cost object or callable, default "euclidean"
        "euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "haversine" (degrees in, km out), an object such
        as ``otkit.Minkowski(3)``, or a function of two points.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.
    method : {"auto", "line", "assignment", "simplex", "lp", "sinkhorn"}, default "auto"
        The solver; ``otkit.select_solver(problem)`` says what "auto" takes. All but "sinkhorn" are exact.
    options : object, optional
        The options of that solver, such as ``otkit.SinkhornOptions(epsilon=0.01)``.
    max_seconds : float, optional
        Stop after this long, wherever solver or proof are then; a finite number ≥ 0.
    on_failure : {"raise", "return"}, default "raise"
        What to do with an answer of an exact method that is not proved optimal. With "return", Ctrl-C is a reason to
        stop as well: the interval known by then is returned (a second Ctrl-C raises KeyboardInterrupt as ever).
    proof : {"auto", "exact", "float"}, default "auto"
        How optimality is to be proved. "exact": in exact arithmetic, for the costs and weights to their last bit; an
        answer without that proof is a failure. "float": up to the rounding of sums in float64, which saves a few per
        cent of the time. "auto" is "exact" for every exact method, at every size, except that it is content with
        "float" where the exact proof does not succeed, and on the line with a power p that is no whole number.
    progress : bool or callable, default False
        True shows what is going on, and the interval so far, in the terminal or notebook; a callable gets a `Progress`
        now and then.
    warm_start : TransportResult or pair of array-like, shapes (n,) and (m,), optional
        The result of a similar problem to start from, such as the last frame's of a moving cloud, or its potentials.
        Give the result as a whole where you have it: the simplex starts from its tree, too, while ``result.potentials``
        alone save time only for a matrix and in more than three dimensions. Methods "simplex" and "lp" can use it.
    canonical : bool, default False
        Of all optimal plans, return the lexicographically smallest: the least Γ_11, among those the least Γ_12, and so
        on along the rows. For teaching: up to 4096 pairs, with an exact proof, by any method but "line" and "sinkhorn".
    threads : int, optional
        Threads to use for this call; the bits of the result do not depend on it.

    Returns
    -------
    TransportResult
        `distance` = W_p, `value` = W_p^p, `plan`, `potentials`, `certificate`.

    Raises
    ------
    ValueError, TypeError
        Input that is not finite, negative or all-zero weights, shapes that do not fit, unknown names, p < 1, a limit of
        time that is negative, infinite or no number.
    NotConvergedError
        The solver stopped early, or its answer is not proved optimal.
    MemoryError
        The method needs a dense matrix that does not fit.

    See Also
    --------
    transport : any cost matrix, masses as they are.
    wasserstein_interval : with an interval, for samples.
    two_sample_test : whether the difference is more than chance.
    pairwise : all distances among many samples.

    References
    ----------
    Peyré & Cuturi, *Computational Optimal Transport* (2019), chapter 2.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([[0, 0], [1, 0]], [[0, 1], [1, 1]])
    >>> result.distance
    1.0
    >>> result.certificate.lower, result.certificate.upper
    (1.0, 1.0)

    Where two points may swap their targets at no cost, one plan of the two is singled out:

    >>> result = otkit.wasserstein([0, 1], [2, 3], canonical=True)
    >>> result.plan.toarray()
    array([[0. , 0.5],
           [0.5, 0. ]])
    >>> result.certificate.unique
    False
    """
    cost = as_cost(metric)
    (x, a), (y, b) = taken_apart(x, a, "x", "a"), taken_apart(y, b, "y", "b")
    clouds = as_clouds({"x": x, "y": y}, {"a": a, "b": b}, missing=missing, invariant=cost.translation_invariant)
    problem = TransportProblem(cost.in_own_unit(clouds, p), *clouds.weights, probability=True)
    if clouds.held:
        rows, columns = (labels_of_rows(frame.index) for frame in clouds.held)
        problem = problem.with_labels(rows, columns)
    return solve_problem(
        problem,
        Settings(
            method=method,
            options=options,
            max_seconds=max_seconds,
            on_failure=on_failure,
            proof=proof,
            progress=progress,
            warm_start=warm_start,
            canonical=canonical,
            threads=threads,
        ),
    )


def transport(
    C: ArrayLike | PairCosts | TransportProblem,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    method: Method = "auto",
    options: Any = None,
    max_seconds: float | None = None,
    on_failure: OnFailure = "raise",
    proof: Proof = "auto",
    progress: Report = False,
    warm_start: TransportResult | tuple[ArrayLike, ArrayLike] | None = None,
    canonical: bool = False,
    threads: int | None = None,
) -> TransportResult:
    """Return the cheapest way to ship masses a to masses b at the costs C, with dual prices and certificate.

    Minimise Σ C_ij Γ_ij over plans Γ ≥ 0 with row sums a and column sums b.

    Parameters
    ----------
    C : array-like or scipy.sparse matrix of shape (n, m), cost bound to points, or TransportProblem
        Cost of a unit of mass from each row to each column; any finite numbers. ``otkit.Euclidean().between(x, y)``
        gives a cost that is evaluated where it is needed. A whole problem brings its own masses. Of a sparse matrix,
        the listed pairs alone are allowed: an explicit zero is an arc of cost zero, no entry is no arc.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative masses as they are (loaves); their totals must be equal up to rounding. Integers give an integer
        plan. A side left out takes equal shares; both left out: one for each row and column (n = m), or shares of one.
    method, options, max_seconds, on_failure, proof, progress, warm_start, canonical, threads
        As in `wasserstein`.

    Returns
    -------
    TransportResult
        `value` = ⟨C, Γ⟩ in units of cost × mass, `plan`, `potentials` (dual prices), `certificate`.

    Raises
    ------
    InfeasibleError
        The totals differ, or some rows hold more than the columns that their arcs lead to can take; its `farkas` vector
        proves that no plan exists.
    ValueError, TypeError, NotConvergedError, MemoryError
        As in `wasserstein`.

    See Also
    --------
    wasserstein : between points, as probability measures.
    partial_transport : a part of the mass.
    unbalanced_transport : unequal masses, what is left at a price.
    certify : what a plan of your own proves.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.transport([[10, 31], [7, 19]], [3, 2], [4, 1])
    >>> result.value
    56.0
    >>> result.plan.toarray()
    array([[3., 0.],
           [1., 1.]])
    """
    if isinstance(C, TransportProblem) and not (a is None and b is None):
        raise TypeError("a and b must be left out where C is a TransportProblem: it brings its own masses.")
    return solve_problem(
        C if isinstance(C, TransportProblem) else TransportProblem(C, a, b),
        Settings(
            method=method,
            options=options,
            max_seconds=max_seconds,
            on_failure=on_failure,
            proof=proof,
            progress=progress,
            warm_start=warm_start,
            canonical=canonical,
            threads=threads,
        ),
    )


def solve_problem(problem: TransportProblem, settings: Settings = BY_ITSELF) -> TransportResult:
    """Solve a `TransportProblem`: what `wasserstein` and `transport` do once they have one.

    Examples
    --------
    >>> import otkit
    >>> problem = otkit.TransportProblem(otkit.Cityblock().between([[0, 0]], [[1, 2], [3, 0]]))
    >>> from otkit.optimal_transport.solve import solve_problem
    >>> solve_problem(problem).value
    3.0
    """
    problem.require_balance()  # one from a file, or from an InfeasibleError, may have no plan
    problem.cost.require_unchanged()
    start = clock()
    method, proof, progress, canonical = settings.method, settings.proof, settings.progress, settings.canonical
    by_itself = GENERAL if canonical else select_solver(problem).method
    solver = SOLVERS[by_itself if method == "auto" else method]
    if canonical:
        require_canonical(problem, solver, proof)
    if proof == "exact" and not solver.exact:
        raise ValueError(f"proof must be 'auto' or 'float' for method={method!r}, whose answers are not exact.")
    warm = None if settings.warm_start is None else _warm_start(settings.warm_start, problem.shape)
    if warm is not None and method != "auto" and not solver.warm_start:
        raise ValueError(f"warm_start must be left out for method={method!r}, which can't use it.")
    if settings.is_plain and solver.name in AT_ONCE:
        answered = AT_ONCE[solver.name](problem)
        if answered is not None and in_better_unit(problem, *answered) is None:
            return TransportResult(problem, *answered, solver.name, clock() - start)
    shown = waiting("solving") if progress is True else nullcontext(progress or None)
    sharing = nullcontext() if settings.threads is None else sharing_threads(settings.threads)
    with sharing, shown as report, at_once(problem.cost.steps, solver.name, proof, problem.cost.pairs):
        task = Task(settings.options, Monitor(report, settings.max_seconds), warm, proof, canonical)
        with task.monitor.holding_interrupts() if settings.on_failure == "return" else nullcontext():
            while True:
                candidate, certificate = answer(problem, solver, task)
                better = in_better_unit(problem, candidate, certificate)
                if better is None:
                    break
                problem, task = better, task._replace(warm=None)
                if not solver.suits(problem):
                    solver, task = SOLVERS[GENERAL], task._replace(options=None)
    result = TransportResult(problem, candidate, certificate, solver.name, clock() - start)
    if settings.on_failure == "return":
        return result
    return require_proof(result, exactly=canonical or proof == "exact")


def require_proof(result: TransportResult, *, exactly: bool = False) -> TransportResult:
    """Return a result that is what its method promises; raise NotConvergedError otherwise."""
    certificate, method = result.certificate, result.method
    proved = certificate.proof == "exact" if exactly else certificate.optimal or not SOLVERS[method].exact
    if not (proved and result.stats.status == "optimal"):
        raise NotConvergedError(_failure(result, exactly), result)
    return result


def _warm_start(known: TransportResult | tuple[ArrayLike, ArrayLike], shape: tuple[int, int]) -> WarmStart:
    """Return what an earlier result, or potentials alone, tell about a problem of some shape."""
    if not isinstance(known, TransportResult):
        nothing = np.empty(0, dtype=np.int64)
        return WarmStart(*as_potentials(known, shape, "warm_start"), nothing, nothing)
    answer = known.candidate
    answer.require_fit(shape)
    rows, cols = (answer.rows, answer.cols) if answer.basis is None else answer.basis
    return WarmStart(*as_potentials((answer.f, answer.g), shape, "warm_start"), rows, cols)


def _failure(result: TransportResult, exactly: bool) -> str:
    """Say what failed, what is proved all the same, and what to do."""
    status, certificate = result.stats.status, result.certificate
    what = (
        f"answer is not proved optimal{' in exact arithmetic' if exactly else ''}"
        if status == "optimal"
        else f"solver stopped early ({status.replace('_', ' ')})"
    )
    fault = f" ({certificate.fault})" if certificate.fault else ""
    return (
        f"{certificate.lower:.12g} ≤ OPT ≤ {certificate.upper:.12g}: method={result.method!r}: {what}{fault}. "
        f"{_REMEDY[status]}, or take the interval as it is with on_failure='return'."
    )
