"""What a divergence returns: number, kind and error, as a person reads them."""

from __future__ import annotations

import numpy as np
import pytest

from otkit import DivergenceResult


def test_it_prints_what_it_is():
    assert str(DivergenceResult(0.25, "exact", 1e-16)) == "0.25 ± 1e-16 (exact, with a bound on the rounding error)"
    assert str(DivergenceResult(0.25, "quadrature", 1e-9)) == "0.25 ± 1e-09 (by quadrature, with its error estimate)"
    estimate = DivergenceResult(-0.01, "estimate", 0.02, "knn, k = 5")
    assert str(estimate) == "-0.01 ± 0.02 (estimate with its standard error; knn, k = 5)"
    assert str(DivergenceResult(0.5, "lower_bound", 0.1)) == "≥ 0.5 ± 0.1 (lower bound with its standard error)"
    assert str(DivergenceResult(np.inf, "exact", 0.0)).startswith("inf ± 0 (exact")
    assert str(DivergenceResult(np.array([1.0, 2.0]), "exact", np.zeros(2))).startswith("[1. 2.] ± [0. 0.]")
    assert repr(estimate) == f"DivergenceResult({estimate})"
    assert float(estimate) == -0.01


def test_intervals():
    """1.96 standard errors for an estimate, 1.64 on one side for a bound, and the bound on rounding at any level."""
    assert DivergenceResult(1.0, "estimate", 0.1).interval() == pytest.approx((0.8040036, 1.1959964))
    assert DivergenceResult(1.0, "estimate", 0.1).interval(0.6826894921) == pytest.approx((0.9, 1.1))
    assert DivergenceResult(1.0, "lower_bound", 0.1).interval() == pytest.approx((0.8355146, np.inf))
    assert DivergenceResult(1.0, "exact", 0.1).interval(0.5) == DivergenceResult(1.0, "quadrature", 0.1).interval(0.99)
    assert DivergenceResult(np.inf, "exact", 0.0).interval() == (np.inf, np.inf)
    low, high = DivergenceResult(np.array([1.0, 2.0]), "exact", np.array([0.5, 0.25])).interval()
    assert low.tolist() == [0.5, 1.75]
    assert high.tolist() == [1.5, 2.25]


@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_a_level_lies_between_0_and_1(level):
    with pytest.raises(ValueError, match=f"level must lie between 0 and 1, but level = {level}"):
        DivergenceResult(1.0, "estimate", 0.1).interval(level)
