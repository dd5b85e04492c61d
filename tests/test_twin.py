"""The network simplex against its teaching twin, which rounds nothing, and against HiGHS."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from strategies import generic, tied

import otkit
from otkit.solvers import simplex
from otkit.teaching import network_simplex

sizes = st.integers(1, 8)
scales = st.sampled_from([1e-9, 1e-3, 1.0, 1e3, 1e9])
masses = st.sampled_from(
    [st.just(1.0), st.integers(0, 3).map(float), st.floats(0.0, 1.0), st.sampled_from([0.0, 1e-12, 1.0])]
)


@st.composite
def problems(draw):
    """Matrices of any scale, tied or not, with repeated rows; masses with zeros, equal, or of two scales."""
    n, m = draw(sizes), draw(sizes)
    C = draw(arrays(np.float64, (n, m), elements=draw(st.sampled_from([tied, generic])))) * draw(scales)
    C = C[draw(arrays(np.int64, n, elements=st.integers(0, n - 1)))] if draw(st.booleans()) else C
    a, b = (draw(arrays(np.float64, k, elements=draw(masses))) for k in (n, m))
    a[draw(st.integers(0, n - 1))] += not a.any()
    b[draw(st.integers(0, m - 1))] += not b.any()
    return otkit.TransportProblem(C, a, b, probability=True)


def twin_value(problem) -> Fraction:
    """Return the optimal value for the very floats of the problem, its masses in shares of their totals."""
    a, b = (np.array([Fraction(x) for x in side.tolist()], dtype=object) for side in (problem.a, problem.b))
    C = np.array([[Fraction(x) for x in row] for row in problem.cost.dense().tolist()], dtype=object)
    *_, last = network_simplex(C, a / a.sum(), b / b.sum())
    return last.cost


def highs_value(problem) -> float:
    """Return HiGHS's value; costs are divided by the largest, as its tolerances are absolute."""
    n, m = problem.shape
    C = problem.cost.dense()
    unit = np.abs(C).max() or 1.0
    equations = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    return unit * linprog(C.ravel() / unit, A_eq=equations[1:], b_eq=np.r_[problem.supply, problem.demand][1:]).fun


@given(problems(), st.booleans())
@settings(max_examples=150)
def test_simplex_equals_its_twin_and_highs(problem, dense):
    with pytest.MonkeyPatch.context() as patch:
        if not dense:
            patch.setattr(simplex, "DENSE_PAIRS", 0)
        result = otkit.transport(problem, method="simplex")
    largest = float(np.abs(problem.cost.dense()).max())
    assert result.certificate.optimal
    assert abs(Fraction(result.value) - twin_value(problem)) <= Fraction(1e-14 * largest)
    assert result.value == pytest.approx(highs_value(problem), rel=1e-7, abs=1e-6 * largest)  # its own tolerance
