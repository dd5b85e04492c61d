"""Transport between histograms on regular grids: images, volumes, and histograms on the line."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.checker.certificate import Evidence, Optimum
from otkit.costs import Cost, MatrixCosts, as_cost
from otkit.costs.units import matrix_in_unit
from otkit.inputs.checks import as_float_array, entry, require_finite
from otkit.inputs.frames import Reading, as_clouds
from otkit.inputs.labelled import axes_of
from otkit.optimal_transport.prove import certificate_of
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import OnFailure, Proof, Report, Settings
from otkit.optimal_transport.solve import NotConvergedError, solve_problem
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate
from otkit.solvers.registry import Method


def wasserstein_grid(
    A: ArrayLike,
    B: ArrayLike,
    *,
    p: float = 1,
    metric: str | Cost = "euclidean",
    spacing: float | ArrayLike = 1.0,
    method: Method = "auto",
    options: Any = None,
    max_seconds: float | None = None,
    on_failure: OnFailure = "raise",
    proof: Proof = "auto",
    progress: Report = False,
    threads: int | None = None,
) -> TransportResult:
    """Return the Wasserstein distance W_p between two histograms on regular grids, such as gray images.

    The mass of a cell sits at its centre, index × spacing, so both grids share the centre of their first cell. Only
    cells that carry mass take part: costs are evaluated between those alone, and memory grows with the number of cells.

    Parameters
    ----------
    A, B : array-like, any number of axes
        Non-negative masses, one a cell: integers of any width, booleans or floats. Each side is divided by its total,
        as in `wasserstein`, so a brighter picture of the same thing is at distance zero. Both have the same number of
        axes; their shapes may differ. Each axis is a direction in space: turn colours into gray, or compare channel
        by channel, since an array of shape (height, width, 3) is a volume three cells deep.
    p : float, default 1
        The Wasserstein power, at least 1: the cost is d^p.
    metric : str or cost object, default "euclidean"
        "euclidean", "sqeuclidean", "cityblock", "chebyshev" or ``otkit.Minkowski(order)``.
    spacing : float or array-like, default 1
        Distance between the centres of neighbouring cells, one number or one for each axis.
    method, options, max_seconds, on_failure, proof, progress, threads
        As in `wasserstein`. Histograms with one axis lie on a line, where sorting solves the problem.

    Returns
    -------
    TransportResult
        `plan` has shape (A.size, B.size), and `potentials.f`, `potentials.g` one entry a cell: cells are counted in C
        order, so ``f.reshape(A.shape)`` is an image and ``numpy.unravel_index(plan.row, A.shape)`` says where mass
        leaves. f_i + g_j ≤ c_ij holds for all cells; those without mass carry the floor, −max g and −max f, which
        takes no cost to find. `otkit.c_transform` gives the best prices there.

    Raises
    ------
    ValueError, TypeError
        Masses that are not finite, negative or all zero, different numbers of axes, another metric, a spacing that is
        not positive.
    NotConvergedError
        As in `wasserstein`.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> A, B = np.zeros((8, 8), dtype=np.uint8), np.zeros((8, 8), dtype=np.uint8)
    >>> A[1:3, 1:3] = 200
    >>> B[4:6, 5:7] = 100  # the same square, darker, three rows down and four columns to the right
    >>> result = otkit.wasserstein_grid(A, B)
    >>> round(result.distance, 12)
    5.0
    >>> result.plan.shape, result.plan.nnz
    ((64, 64), 4)
    """
    _require_one_order(A, B)
    A, B = _as_histogram(A, "A"), _as_histogram(B, "B")
    if A.ndim != B.ndim:
        raise ValueError(
            f"A and B must have the same number of axes, but their shapes are {A.shape} and {B.shape}. "
            "Turn colours into gray, as in A.mean(axis=-1), or compare channel by channel."
        )
    cost, steps = _displacement_cost(metric), _as_spacing(spacing, A.ndim)
    centres = {"A": _centres(A.shape, steps), "B": _centres(B.shape, steps)}
    bound = cost.in_own_unit(as_clouds(centres), p)
    if A.ndim == 2:
        bound.reading = Reading(columns=("row", "column"))  # by which pictures know an image
    problem = TransportProblem(bound, A.ravel(), B.ravel(), probability=True)
    rows, cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    try:
        found = solve_problem(
            problem.restrict(rows, cols),
            Settings(
                method=method,
                options=options,
                max_seconds=max_seconds,
                on_failure=on_failure,
                proof=proof,
                progress=progress,
                threads=threads,
            ),
        )
    except NotConvergedError as error:
        raise NotConvergedError(str(error), _on_all_cells(error.result, problem, rows, cols)) from None
    return _on_all_cells(found, problem, rows, cols)


def _as_histogram(value: ArrayLike, name: str) -> FloatArray:
    """Return `value` as finite, non-negative masses with a positive one among them."""
    array = as_float_array(value, name)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"{name} must be an array with at least one axis and one cell, but its shape is {array.shape}."
        )
    require_finite(array, name)
    if array.min() < 0.0:
        raise ValueError(f"{name} must be non-negative, but {entry(array, int(np.argmin(array)), name)}.")
    if not array.any():
        raise ValueError(f"{name} must have a cell with mass, but all {array.size} are zero.")
    return array


def _require_one_order(A: Any, B: Any) -> None:
    """Raise ValueError where labels of pandas say that the cells of two grids are not in one order."""
    for axis, one, other in zip(("rows", "columns"), axes_of(A), axes_of(B), strict=True):
        if one is None or other is None or one.are_numbers_of_rows or other.are_numbers_of_rows:
            continue
        if any(key != match for key, match in zip(one.keys, other.keys, strict=False)):
            raise ValueError(
                f"A and B must have the same labels along their {axis}, in one order, for their cells have places, but "
                f"these, which begin with {one.quoted(0)} and {other.quoted(0)}, differ. Reindex one, or pass arrays."
            )


def _as_spacing(value: ArrayLike, axes: int) -> FloatArray:
    """Return one positive step for each axis."""
    steps = as_float_array(value, "spacing")
    if steps.shape not in ((), (axes,)):
        raise ValueError(f"spacing must be a number, or one for each of {axes} axes, but its shape is {steps.shape}.")
    require_finite(steps, "spacing")
    if steps.min() <= 0.0:
        raise ValueError(f"spacing must be positive, but spacing = {shown(value)} was given.")
    return np.broadcast_to(steps, axes)


def _displacement_cost(metric: str | Cost) -> Cost:
    """Return the cost that `metric` stands for, if it depends on the displacement between two cells alone."""
    cost = as_cost(metric)
    if cost.translation_invariant:  # on a grid, where the origin lies is nobody's choice
        return cost
    raise ValueError(
        "metric must depend on the displacement between cells alone (euclidean, sqeuclidean, cityblock, chebyshev, "
        f"otkit.Minkowski), but {cost.name} was given. Pass coordinates and masses of the cells to otkit.wasserstein."
    )


def _centres(shape: tuple[int, ...], steps: FloatArray) -> FloatArray:
    """Return the centres of all cells in C order, shape (cells, axes)."""
    return np.indices(shape).reshape(len(shape), -1).T * steps


def _on_all_cells(found: TransportResult, problem: TransportProblem, rows: IntArray, cols: IntArray) -> TransportResult:
    """Return an answer for the cells with mass, rows `rows` and columns `cols`, as one for all cells.

    No plan ships from or to a cell without mass, so its certificate stays true. Such a cell gets a price to which no
    pair can object: with f_i = −max g, and then g_j = −max f over all cells, f_i + g_j ≤ 0, and no cost is negative.
    """
    cost, other = problem.cost, found.problem.cost
    if other.unit != cost.unit:  # powers underflowed
        assert cost.metric is not None
        assert cost.points is not None
        metric, points, p = cost.metric, cost.points, cost.p
        dense = matrix_in_unit if isinstance(other, MatrixCosts) else None
        cost = dense(metric, *points, p, other.unit) if dense else metric.in_unit(*points, p, other.unit) or cost
        problem = TransportProblem(cost, problem.a, problem.b, probability=True)
    part, (n, m) = found.candidate, problem.shape
    f = np.full(n, -part.g.max())
    f[rows] = part.f
    g = np.full(m, -f.max())
    g[cols] = part.g
    basis = None if part.basis is None else (rows[part.basis[0]], cols[part.basis[1]])
    answer = Candidate(rows[part.rows], cols[part.cols], part.mass, f, g, basis, part.state, part.stats)
    certificate, evidence = found.certificate, found.certificate.evidence
    if evidence is not None and evidence.kind == "tree":
        value = certificate.value, certificate.lower, certificate.upper
        certificate = certificate_of(problem, answer, Optimum(value, certificate.unique))
    elif evidence is not None:
        along = Evidence(problem, rows[evidence.rows], cols[evidence.cols], evidence.kind)
        certificate = certificate.resting_on(along)
    return TransportResult(problem, answer, certificate, found.method, found.seconds)
