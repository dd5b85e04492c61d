"""Problems with equal points merged into one."""

from __future__ import annotations

import numpy as np

from otkit._typing import IntArray
from otkit.problem import TransportProblem
from otkit.problem.masses import sums_by_place


class MergedProblem(TransportProblem):
    """A problem in which rows of equal costs are one row, with their mass together, and columns likewise.

    Its masses `a` and `b` are sums, rounded. What is proved about it in exact arithmetic
    (`otkit.checker.basic_solution`) holds for the sums themselves, which are integers in the unit of the masses of
    `given`.

    Attributes
    ----------
    given : TransportProblem
        The problem with all its rows and columns, each with mass.
    row_place, col_place : ndarray, shapes (n,) and (m,)
        Of each row and column of that problem, the row or column here.
    """

    given: TransportProblem
    row_place: IntArray
    col_place: IntArray


def merged_problem(given: TransportProblem, row_place: IntArray, col_place: IntArray) -> MergedProblem:
    """Return a problem with rows and columns of equal numbers, which must have equal costs, merged.

    Numbers come in the order in which they first appear, as those of `PairCosts.places`.
    """
    first_rows, first_cols = (np.unique(places, return_index=True)[1] for places in (row_place, col_place))
    problem = object.__new__(MergedProblem)
    problem.__dict__.update(given=given, row_place=row_place, col_place=col_place)
    a, b = sums_by_place(given.a, row_place, first_rows.size), sums_by_place(given.b, col_place, first_cols.size)
    problem._keep(given.cost.restrict(first_rows, first_cols), a, b, given.probability, given.tolerance)
    return problem
