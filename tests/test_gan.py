"""The best discriminator, and the identity V(D*, G) = −log 4 + 2 JS, in fifty digits."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import otkit

counts = (
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6)
    .map(lambda pairs: tuple(list(side) for side in zip(*pairs, strict=True)))
    .filter(lambda pair: any(pair[0]) and any(pair[1]))
)


def jensen_shannon(p, q):
    """½ KL(P‖M) + ½ KL(Q‖M) of counts, in 50 digits."""
    with mpmath.workdps(50):
        p, q = ([mpmath.mpf(k) / sum(side) for k in side] for side in (p, q))
        terms = [(a, (a + b) / 2) for a, b in zip(p, q, strict=True)] + [
            (b, (a + b) / 2) for a, b in zip(p, q, strict=True)
        ]
        return mpmath.fsum(a * mpmath.log(a / m) for a, m in terms if a) / 2


@given(counts)
def test_the_best_discriminator_is_the_share_of_the_data(pair):
    p, q = pair
    best = otkit.optimal_discriminator(p, q)
    for value, i, j in zip(best, p, q, strict=True):
        a, b = Fraction(i, sum(p)), Fraction(j, sum(q))
        assert value == pytest.approx(float(a / (a + b)) if a + b else 0.5, rel=1e-15)


@given(counts)
def test_the_value_of_the_game_is_the_jensen_shannon_divergence(pair):
    p, q = pair
    identity = float(2 * jensen_shannon(p, q) - mpmath.log(4))
    assert otkit.discriminator_value(p, q) == pytest.approx(identity, abs=1e-15)
    assert otkit.discriminator_value(p, q) == pytest.approx(2 * otkit.js(p, q) - math.log(4), abs=1e-15)
    assert otkit.discriminator_value(p, q) == pytest.approx(otkit.f_divergence("gan", p, q).value, abs=1e-15)


@given(counts, st.data())
def test_no_discriminator_earns_more(pair, data):
    p, q = pair
    outputs = data.draw(st.lists(st.floats(0.0, 1.0), min_size=len(p), max_size=len(p)))
    earned = otkit.discriminator_value(p, q, outputs)
    assert not math.isnan(earned)
    assert earned <= otkit.discriminator_value(p, q) + 1e-14


def test_the_game_is_lost_only_where_the_generator_is_perfect():
    assert otkit.discriminator_value([1, 2, 3], [10, 20, 30]) == pytest.approx(-math.log(4), rel=1e-15)
    assert otkit.discriminator_value([1, 0], [0, 1]) == 0.0
    assert otkit.discriminator_value([1, 0], [0, 1], [0, 1]) == -math.inf


def test_a_share_too_small_for_its_complement_counts():
    """D* rounds to 1 on the first atom, and 1 − D* would be 0; V is finite all the same."""
    p, q = [1.0, 0.0], [1e-20, 1.0]
    assert otkit.optimal_discriminator(p, q)[0] == 1.0
    assert otkit.discriminator_value(p, q) == pytest.approx(-46.05e-20, abs=1e-18)
    assert np.isfinite(otkit.discriminator_value([1e308, 1e308], [1e308, 0.0]))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([0.5, -0.5], [1, 1]), r"p must be non-negative, but p\[1\] = -0\.5"),
        (([1, 1], [1, np.nan]), r"q must be finite, but q\[1\] = nan"),
        (([1, 1], [0, 0]), "q must have a positive entry"),
        (([1, 1], [1, 1, 1]), "q must have 2 entries"),
        (([1, 1], [1, 1], [0.5]), "discriminator must have 2 entries"),
        (([1, 1], [1, 1], [0.5, 1.5]), r"discriminator must lie between 0 and 1, but discriminator\[1\] = 1\.5"),
        (([1, 1], [1, 1], [np.nan, 0.5]), r"but discriminator\[0\] = nan"),
    ],
)
def test_bad_input_is_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        otkit.discriminator_value(*arguments)
