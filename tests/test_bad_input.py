# ruff: noqa: E501 (one case a line reads best)
"""Bad input: each complaint names the parameter, the constraint and the value received."""

from __future__ import annotations

import numpy as np
import pytest

import otkit
from otkit import DiscreteMeasure, InfeasibleError, TransportProblem, cost_matrix, transport, wasserstein

NAN, INF = float("nan"), float("inf")
X, Y = [[0.0, 1.0], [2.0, 3.0]], [[1.0, 1.0], [5.0, 3.0]]
C = [[1.0, 2.0], [3.0, 4.0]]

BAD = {
    # NaN and infinities
    "NaN in points": (lambda: wasserstein([[0, 1], [NAN, 3]], Y), ValueError, r"x must be finite, but x\[1, 0\] = nan"),
    "inf in points": (lambda: wasserstein(X, [[0, INF], [1, 3]]), ValueError, r"y must be finite, but y\[0, 1\] = inf"),
    "-inf on the line": (lambda: wasserstein([0, -INF], [1]), ValueError, r"x must be finite, but x\[1, 0\] = -inf"),
    "both infinities": (lambda: wasserstein([INF, -INF], [1]), ValueError, r"x must be finite, but x\[0, 0\] = inf"),
    "NaN in costs": (lambda: transport([[1, 2], [3, NAN]]), ValueError, r"C must be finite, but C\[1, 1\] = nan"),
    "inf in costs": (lambda: transport([[1, INF], [3, 4]]), ValueError, r"C must be finite, but C\[0, 1\] = inf"),
    "NaN in float32 costs": (lambda: transport(np.float32([[NAN]])), ValueError, r"C must be finite, but C\[0, 0\] = nan"),
    "NaN weight": (lambda: wasserstein(X, Y, [1, NAN]), ValueError, r"a must be finite, but a\[1\] = nan"),
    "inf weight": (lambda: transport(C, [1, 1], [INF, 1]), ValueError, r"b must be finite, but b\[0\] = inf"),
    "missing value": (lambda: wasserstein(X, Y, [1, None]), ValueError, r"a must hold no missing values, but a\[1\] is missing"),
    "NaN from a callable": (lambda: wasserstein(X, Y, metric=lambda u, v: NAN), ValueError, r"must return a finite number.*nan"),
    "text from a callable": (lambda: wasserstein(X, Y, metric=lambda u, v: "far"), TypeError, r"must return a number.*'far'"),
    # Weights
    "negative weight": (lambda: wasserstein(X, Y, [1, -0.5]), ValueError, r"a must be non-negative, but a\[1\] = -0\.5"),
    "negative mass": (lambda: transport(C, [1, 1], [3, -1]), ValueError, r"b must be non-negative, but b\[1\] = -1"),
    "all-zero weights": (lambda: wasserstein(X, Y, [0, 0]), ValueError, "a must have a positive entry, but all 2 entries are zero"),
    "too many weights": (lambda: wasserstein(X, Y, None, [1, 1, 1]), ValueError, "b must have 2 entries.*but it has 3"),
    "a matrix of weights": (lambda: wasserstein(X, Y, np.ones((2, 2))), ValueError, r"a must be one-dimensional, but its shape is \(2, 2\)"),
    "overflowing total": (lambda: wasserstein(X, Y, [1e308, 1e308]), ValueError, "a must have a finite total.*Rescale"),
    "unequal masses": (lambda: transport(C, [1, 2], [1, 1]), InfeasibleError, r"a and b must have equal totals, but Σa = 3\.0 and Σb = 2\.0"),
    "measure with bad weights": (lambda: DiscreteMeasure(X, [1, -2]), ValueError, r"weights must be non-negative, but weights\[1\] = -2"),
    # Shapes
    "no points": (lambda: wasserstein([], Y), ValueError, r"x must hold at least one point with one coordinate, but its shape is \(0, 1\)"),
    "no coordinates": (lambda: wasserstein(X, np.empty((3, 0))), ValueError, r"y must hold at least one point.*shape is \(3, 0\)"),
    "no costs": (lambda: transport(np.empty((0, 3))), ValueError, r"C must not be empty, but its shape is \(0, 3\)"),
    "a number for points": (lambda: wasserstein(3.0, Y), ValueError, r"x must be an array of shape \(n, d\).*its shape is \(\)"),
    "a stack of points": (lambda: wasserstein(np.ones((2, 2, 2)), Y), ValueError, r"x must be an array of shape \(n, d\).*\(2, 2, 2\)"),
    "a vector of costs": (lambda: transport([1.0, 2.0]), ValueError, r"C must be a matrix of shape \(n, m\), but its shape is \(2,\)"),
    "different dimensions": (lambda: wasserstein(X, [[1.0], [2.0]]), ValueError, "same dimension, but x has 2 coordinates and y has 1"),
    "ragged rows": (lambda: wasserstein([[1, 2], [3]], Y), ValueError, "x must be a rectangular array of numbers, but its rows differ in length"),
    "ragged costs": (lambda: transport([[1, 2], [3]]), ValueError, "C must be a rectangular array of numbers"),
    # Types
    "text for points": (lambda: wasserstein([["a", "b"]], Y), TypeError, "x must be numeric, but it holds 'a'"),
    "digits as text": (lambda: wasserstein([["1", "2"]], Y), TypeError, "x must be numeric, but it holds '1'"),
    "a word among numbers": (lambda: wasserstein(np.array([[1, "b"]], dtype=object), Y), TypeError, "x must be numeric, but it holds 'b'"),
    "complex costs": (lambda: transport([[1j]]), TypeError, "C must be real, but its type is complex128"),
    "nothing for points": (lambda: wasserstein(None, Y), TypeError, "x must be array-like, but None was given"),
    "dates": (lambda: wasserstein(np.array(["2020-01-01"], "M8[D]"), [1.0]), TypeError, "x holds times and y holds numbers"),
    # Choices
    "unknown metric": (lambda: wasserstein(X, Y, metric="euclidian"), ValueError, "metric must be one of .*'euclidian' was given. Did you mean 'euclidean'"),
    "a metric of SciPy": (lambda: wasserstein(X, Y, metric="dice"), ValueError, "metric must be one of .*'dice' was given.* scipy.spatial.distance"),
    "a metric without its order": (lambda: wasserstein(X, Y, metric="minkowski"), ValueError, r"metric must say its order: write otkit.Minkowski\(3\)"),
    "metric of a wrong type": (lambda: wasserstein(X, Y, metric=2), TypeError, "metric must be a name, a cost object or a function.*but 2 was given"),
    "a class for a metric": (lambda: wasserstein(X, Y, metric=otkit.Minkowski), TypeError, r"class was given: write Minkowski\("),
    "unknown method": (lambda: wasserstein(X, Y, method="simplx"), ValueError, "method must be one of auto, .*'simplx' was given. Did you mean 'simplex'"),
    "unknown on_failure": (lambda: wasserstein(X, Y, on_failure="warn"), ValueError, "on_failure must be one of raise, return, but 'warn'"),
    "p below one": (lambda: wasserstein(X, Y, p=0.5), ValueError, r"p must be a finite number of at least 1, but p = 0\.5"),
    "p infinite": (lambda: wasserstein(X, Y, p=INF), ValueError, "p must be a finite number of at least 1, but p = inf"),
    "p is NaN": (lambda: wasserstein(X, Y, p=NAN), ValueError, "p must be a finite number of at least 1, but p = nan"),
    "p is text": (lambda: wasserstein(X, Y, p="two"), TypeError, "p must be a number of at least 1, but 'two' was given"),
    "order below one": (lambda: otkit.Minkowski(0.5), ValueError, r"order must be at least 1, but 0\.5 was given"),
    "radius zero": (lambda: otkit.Haversine(radius=0), ValueError, "radius must be positive and finite, but radius = 0"),
    # What a method or a metric can't do
    "line in the plane": (lambda: wasserstein(X, Y, method="line"), ValueError, "'line' .* needs points on the line"),
    "assignment of two to three": (lambda: wasserstein(X, [*Y, [1, 1]], method="assignment"), ValueError, "assignment"),
    "assignment with weights": (lambda: wasserstein(X, Y, [1, 2], method="assignment"), ValueError, "assignment"),
    "zero vector and cosine": (lambda: wasserstein([[0, 0], [1, 1]], Y, metric="cosine"), ValueError, r"x must hold no zero vector.*x\[0\]"),
    "latitude of 91": (lambda: wasserstein(X, [[91, 0]], metric="haversine"), ValueError, r"y must have latitudes within ±90.*y\[0, 0\] = 91"),
    "haversine in space": (lambda: wasserstein(np.ones((2, 3)), np.ones((2, 3)), metric="haversine"), ValueError, "latitude and longitude.*3 columns"),
    "squares that overflow": (lambda: otkit.cost_matrix([[0, 0]], [[1e200, 0]]), ValueError, "overflow in float64.*Rescale"),
    "squares that vanish": (lambda: otkit.cost_matrix([[0, 0]], [[1e-200, 0]]), ValueError, "vanish in float64.*Rescale"),
    "a dense matrix too large": (lambda: cost_matrix(np.zeros((10**7, 1)), np.ones((10**7, 1))), MemoryError, r"needs 745058\.1 GiB.*GiB of memory are available.*method='simplex'"),
    # Whole problems
    "masses beside a problem": (lambda: transport(TransportProblem(C), [1, 1]), TypeError, "a and b must be left out"),
    # Critics
    "critic: NaN in points": (lambda: otkit.neural.fit_critic([[0, 1], [NAN, 3]], Y), ValueError, r"x must be finite, but x\[1, 0\] = nan"),
    "critic: dimensions": (lambda: otkit.neural.fit_critic(X, [[1.0], [2.0]]), ValueError, "same dimension, but x has 2 coordinates and y has 1"),
    "critic: unknown constraint": (lambda: otkit.neural.fit_critic(X, Y, constraint="one-side"), ValueError, "constraint must be one of clip, .*'one-side' was given. Did you mean 'one-sided'"),
    "critic: constraint of a wrong type": (lambda: otkit.neural.fit_critic(X, Y, constraint=3), TypeError, "constraint must be a name or CriticOptions, but 3 was given"),
    "critic: no metric": (lambda: otkit.neural.fit_critic(X, Y, metric="sqeuclidean"), ValueError, "metric must be a metric, .*sqeuclidean is not known to satisfy the triangle inequality"),
    "critic: no norm": (lambda: otkit.neural.fit_critic(X, Y, metric="haversine"), ValueError, "metric must be a norm of x − y .*it is haversine"),
    "critic: one point": (lambda: otkit.neural.fit_critic(X, [[0, 0]]), ValueError, "y must hold at least two points with mass for training.*it has 1"),
    "critic: one point with mass": (lambda: otkit.neural.fit_critic(X, Y, [1, 0]), ValueError, "x must hold at least two points with mass for training.*it has 1"),
    "critic: too few to hold out": (lambda: otkit.neural.fit_critic(X, Y, held_out=0.5), ValueError, r"x must hold at least two points.*has 2, of which held_out = 0\.5 leaves 1 and takes 1"),
    "critic: all held out": (lambda: otkit.neural.fit_critic(X, Y, held_out=1), ValueError, "held_out must be at least 0 and below 1, but held_out = 1"),
    "critic: negative weight": (lambda: otkit.neural.fit_critic(X, Y, [1, -1]), ValueError, r"a must be non-negative, but a\[1\] = -1"),
    "critic: odd sorting units": (lambda: otkit.neural.CriticOptions(otkit.neural.GroupSort(), (3,), "maxmin"), ValueError, r"widths must be even for maxmin units.*widths = \(3,\)"),
    "critic: unknown activation": (lambda: otkit.neural.CriticOptions(otkit.neural.Clip(), activation="rely"), ValueError, "activation must be one of relu, .*Did you mean 'relu'"),
    "critic: no steps": (lambda: otkit.neural.CriticOptions(otkit.neural.Clip(), steps=0), ValueError, "steps must be an integer of at least 1, but steps = 0"),
    "bounds: NaN from a critic": (lambda: otkit.neural.critic_bounds(lambda z: z[:, 0] * NAN, X, Y), ValueError, r"critic must be finite, but critic\(points\)\[0\] = nan"),
    "bounds: shape of a critic": (lambda: otkit.neural.critic_bounds(lambda z: z, X, Y), ValueError, r"critic must return one number for each point.*shape \(4, 2\)"),
    "variational: unknown name": (lambda: otkit.neural.fit_variational("kll", X, Y), ValueError, "kll"),
    "variational: unknown fit": (lambda: otkit.neural.fit_variational("kl", X, Y, fit="gan"), ValueError, "fit must be one of variational, classification, but 'gan'"),
    "variational: too few points": (lambda: otkit.neural.fit_variational("kl", X, Y), ValueError, r"x must hold at least two points to train on.*of its 2 points held_out = 0\.5 makes parts of"),
    "variational: NaN": (lambda: otkit.neural.fit_variational("kl", X, [[NAN, 0]]), ValueError, r"y must be finite, but y\[0, 0\] = nan"),
    "variational: all held out": (lambda: otkit.neural.fit_variational("kl", X, Y, held_out=1), ValueError, "held_out must lie between 0 and 1, but held_out = 1"),
    "weights beside a measure": (lambda: wasserstein(DiscreteMeasure(X), Y, [1, 1]), TypeError, "a must be left out where x is a DiscreteMeasure"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_name(name):
    call, error, message = BAD[name]
    if name.startswith(("critic:", "variational:")):
        pytest.importorskip("jax")
    with pytest.raises(error, match=message) as caught:
        call()
    text = str(caught.value)
    assert "np.float64" not in text
    assert text.endswith((".", "?"))


def test_nothing_is_left_half_done():
    """A refused call leaves its inputs as they were."""
    x, a = np.array(X), np.array([1.0, -1.0])
    with pytest.raises(ValueError, match="non-negative"):
        wasserstein(x, Y, a)
    assert x.tolist() == X
    assert a.tolist() == [1.0, -1.0]
    assert x.flags.writeable
    assert a.flags.writeable


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        otkit.load(tmp_path / "nowhere.npz")
