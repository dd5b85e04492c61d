"""The transport LP of the textbooks, and HiGHS' answer to it over a list of arcs.

The LP's dual variables in SciPy are ``res.eqlin.marginals`` = ∂(optimal value)/∂b: with A as below their first n
entries are f and the others g, with that sign. They are determined up to (f + t, g − t).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs.checks import as_cost_array, as_weights, require_memory
from otkit.inputs.matching import along_costs
from otkit.solvers.linprog.arcs import Arcs, all_pairs


class RestrictedSolution(NamedTuple):
    """HiGHS' answer to an LP over a list of arcs."""

    mass: FloatArray
    f: FloatArray
    g: FloatArray


def transport_lp(C: ArrayLike, a: ArrayLike, b: ArrayLike) -> tuple[Any, FloatArray, FloatArray]:
    """Return the transport problem as a linear program in standard form.

    Minimise ``c @ x`` subject to ``A @ x = b``, ``x ≥ 0``, with x = vec(Γ) in row-major order.

    Parameters
    ----------
    C : array-like, shape (n, m)
        Cost matrix.
    a, b : array-like, shapes (n,) and (m,)
        Masses. They are not made to balance: with unequal totals the program is infeasible.

    Returns
    -------
    A : scipy.sparse.csr_array, shape (n + m, n·m)
        ``I_n ⊗ 1_mᵀ`` (row sums) above ``1_nᵀ ⊗ I_m`` (column sums); of rank n + m − 1.
    b : ndarray, shape (n + m,)
        The masses, one after the other.
    c : ndarray, shape (n·m,)
        vec(C).

    References
    ----------
    Peyré & Cuturi, *Computational Optimal Transport*, sec. 3.1.

    Examples
    --------
    >>> import otkit
    >>> A, b, c = otkit.transport_lp([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> A.toarray().astype(int)
    array([[1, 1, 0, 0],
           [0, 0, 1, 1],
           [1, 0, 1, 0],
           [0, 1, 0, 1]])
    >>> b
    array([2., 1., 1., 2.])
    >>> c
    array([1., 2., 3., 1.])
    """
    cost = as_cost_array(C, "C")
    n, m = cost.shape
    a, b, *_ = along_costs(C, a, b)
    masses = np.concatenate([as_weights(a, "a", n), as_weights(b, "b", m)])
    require_memory(64 * n * m, f"The linear program of {n} × {m} pairs", "method='simplex' needs no matrix.")
    return constraints(n, m, *all_pairs(n, m)).tocsr(), masses, cost.reshape(-1).copy()


def constraints(n: int, m: int, rows: IntArray, cols: IntArray) -> Any:
    """Return the columns of A that belong to some arcs: each has a one in its row and a one in its column."""
    from scipy.sparse import csc_array

    k = rows.size
    ends = np.column_stack([rows, n + cols]).reshape(-1)
    return csc_array((np.ones(2 * k), ends, np.arange(0, 2 * k + 1, 2)), shape=(n + m, k))


def solve_restricted(
    arcs: Arcs,
    costs: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    max_iterations: int,
    max_seconds: float | None,
) -> tuple[RestrictedSolution | None, int]:
    """Solve the LP over a list of arcs that holds a feasible plan; return the answer, if HiGHS has one, and iterations.

    `costs` and masses should be of unit scale, since HiGHS' tolerances are absolute.
    """
    from scipy.optimize import linprog

    n, m = supply.size, demand.size
    limits: dict[str, Any] = {"maxiter": max_iterations} | ({} if max_seconds is None else {"time_limit": max_seconds})
    answer = linprog(
        costs,
        A_eq=constraints(n, m, *arcs),
        b_eq=np.concatenate([supply, demand]),
        method="highs-ds",
        options=limits,
    )
    if answer.status != 0:
        return None, answer.nit
    prices = answer.eqlin.marginals
    return RestrictedSolution(answer.x, prices[:n], prices[n:]), answer.nit
