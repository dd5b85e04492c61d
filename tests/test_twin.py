"""The network simplex against its teaching twin, which rounds nothing, and against HiGHS."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from strategies import clouds, generic, tied

import otkit
from otkit.solvers import simplex
from otkit.teaching import network_simplex

sizes = st.integers(1, 8)
scales = st.sampled_from([1e-9, 1e-3, 1.0, 1e3, 1e9])


@st.composite
def masses(draw, size):
    """Equal masses, integers with zeros, shares, or two scales; never all zero."""
    equal, integer, share = st.just(1.0), st.integers(0, 3).map(float), st.floats(0.0, 1.0)
    kind = draw(st.sampled_from([equal, integer, share, st.sampled_from([0.0, 1e-12, 1.0])]))
    found = draw(arrays(np.float64, size, elements=kind))
    found[draw(st.integers(0, size - 1))] += not found.any()
    return found


@st.composite
def matrix_problems(draw):
    """Matrices of any scale, with ties and repeated rows."""
    n, m = draw(sizes), draw(sizes)
    C = draw(arrays(np.float64, (n, m), elements=draw(st.sampled_from([tied, generic])))) * draw(scales)
    C = C[draw(arrays(np.int64, n, elements=st.integers(0, n - 1)))] if draw(st.booleans()) else C
    return otkit.TransportProblem(C, draw(masses(n)), draw(masses(m)), probability=True)


@st.composite
def point_problems(draw):
    """Clouds of any scale with ties and duplicates, whose costs are evaluated as they are needed."""
    dimension, scale = st.just(draw(st.integers(1, 3))), draw(scales)
    x, y = (scale * draw(clouds(sizes, dimension)) for _ in range(2))
    metric = draw(st.sampled_from([otkit.Euclidean(), otkit.Cityblock(), otkit.Chebyshev()]))
    a, b = draw(masses(len(x))), draw(masses(len(y)))
    return otkit.TransportProblem(metric.between(x, y), a, b, probability=True)


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


@given(st.one_of(matrix_problems(), point_problems()), st.booleans())
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


@pytest.mark.parametrize("dense", [True, False], ids=["dense", "sparse"])
@pytest.mark.parametrize("shape", [(25, 25), (36, 16), (1, 20)])
def test_integer_grids_to_the_last_bit(shape, dense, monkeypatch):
    """Whole costs and loaves, ties and degenerate trees everywhere: three methods, one integer."""
    monkeypatch.setattr(simplex, "DENSE_PAIRS", 10**9 if dense else 0)
    n, m = shape
    rng = np.random.default_rng(n)
    x, y = rng.integers(0, 6, (n, 2)), rng.integers(0, 6, (m, 2))
    C = np.abs(x[:, None] - y).sum(axis=2)
    a, b = (np.full(k, n * m // k) for k in shape)
    *_, last = network_simplex(C, a, b)
    result = otkit.transport(C, a, b, method="simplex")
    assert result.value == last.cost == round(n * m * highs_value(otkit.TransportProblem(C, probability=True)))
