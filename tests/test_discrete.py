# ruff: noqa: E501 (one case a line reads best)
"""Discrete f-divergences: against hundreds of digits, by their properties, and with every kind of input."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import weights

import otkit
from otkit import FDivergence, alpha_divergence, f_divergence
from otkit.divergences.generators import GENERATORS
from otkit.divergences.terms import BLOCK
from otkit.numerics.threads import threads

NAN, INF = float("nan"), float("inf")
TABLE = [*GENERATORS.values(), *map(alpha_divergence, [-1.5, 1e-7, 0.3, 0.5, 0.75, 1 - 1e-7, 3.0])]
SHORT = ["kl", "reverse_kl", "jeffreys", "js", "tv", "hellinger", "chi2", "neyman"]

divergences = st.sampled_from(TABLE)
mpmath.mp.prec = 400


def exact_generator(divergence):
    """f, evaluated to 400 bits."""
    log, half, alpha = mpmath.log, mpmath.mpf(0.5), divergence.alpha
    if alpha is not None:
        alpha = mpmath.mpf(alpha)
        return lambda u: (u**alpha - 1 - alpha * (u - 1)) / (alpha * (alpha - 1))
    return {
        "kl": lambda u: u * log(u),
        "reverse_kl": lambda u: -log(u),
        "jeffreys": lambda u: (u - 1) * log(u),
        "js": lambda u: half * (u * log(u) - (u + 1) * log((u + 1) / 2)),
        "gan": lambda u: u * log(u) - (u + 1) * log(u + 1),
        "tv": lambda u: half * abs(u - 1),
        "hellinger": lambda u: (mpmath.sqrt(u) - 1) ** 2,
        "chi2": lambda u: (u - 1) ** 2,
        "neyman": lambda u: (1 - u) ** 2 / u,
    }[divergence.name]


def exact(divergence, p, q):
    """Σ q f(p/q) of the exactly normalised measures."""
    f = exact_generator(divergence)
    p, q = ([mpmath.mpf(float(x)) for x in side] for side in (p, q))
    p, q = ([x / mpmath.fsum(side) for x in side] for side in (p, q))
    value = mpmath.mpf(0)
    for a, b in zip(p, q, strict=True):
        if a > 0 and b > 0:
            value += b * f(a / b)
        elif a > 0:
            value += a * divergence.slope_at_infinity
        elif b > 0:
            value += b * divergence.at_zero
    return value


def check(divergence, p, q, relative=None):
    """The value is within its error bound of the exact one, and the bound is small enough."""
    result = f_divergence(divergence, p, q)
    truth = exact(divergence, p, q)
    assert result.kind == "exact"
    if truth > mpmath.mpf(1.7e308):
        assert result.value == INF
        return
    assert abs(mpmath.mpf(result.value) - truth) <= result.error
    if relative is not None and divergence.name != "gan":  # 2 JS − log 4 is not small where JS is
        assert result.error <= relative * truth


@st.composite
def pairs(draw, extreme=True):
    """Two measures on the same few bins, with zeros, counts, and sizes of every kind."""
    size = draw(st.integers(1, 6))
    return draw(weights(size, extreme)), draw(weights(size, extreme))


# Accuracy.


@given(divergences, pairs())
@example(GENERATORS["js"], (np.array([1.0, 2**0.5, 1, 3]), np.array([2**0.5, 1, 1, 3])))
@example(GENERATORS["kl"], (np.array([5e-324, 1.0]), np.array([1.0, 5e-324])))
@example(GENERATORS["hellinger"], (np.array([1e-200, 1e200]), np.array([1e-290, 1e-300])))
@example(GENERATORS["reverse_kl"], (np.array([1e-310, 2e-310]), np.array([1e307, 1e307])))
@example(alpha_divergence(-1.5), (np.array([1e-180, 1.0]), np.array([1.0, 1.0])))  # exp(621), in halves
@example(GENERATORS["tv"], (np.array([1.1, 1.3, 1e-31]), np.array([1.1, 1.3, 3e-31])))  # the totals' last bits count
def test_the_error_bound_holds_against_400_bits(divergence, measures):
    check(divergence, *measures)


@given(divergences, st.integers(0, 2**32 - 1), st.sampled_from([1e-14, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.5]))
@example(GENERATORS["kl"], 0, 1e-9)
def test_nearly_equal_measures_lose_no_digits(divergence, seed, distance):
    rng = np.random.default_rng(seed)
    p = rng.random(12) + 0.1
    q = p * (1.0 + distance * rng.uniform(-1.0, 1.0, 12))
    relative = 1e-12
    check(divergence, p, q, relative)


@pytest.mark.parametrize("divergence", TABLE, ids=str)
def test_a_difference_of_1e_9_in_normalised_measures(divergence):
    """The demand itself: |p − q| ~ 1e-9, probabilities that do not quite sum to one in floats."""
    p = np.full(50, 0.02)
    check(divergence, p, p + 1e-9 * np.tile([1.0, -1.0, 0.5, -0.4, 0.0], 10), 1e-12)


@pytest.mark.parametrize("divergence", TABLE, ids=str)
def test_many_bins_in_several_blocks(divergence, rng):
    """Against a plain sum of f itself, which is good to some 13 digits where p and q are far apart."""
    p, q = rng.random((2, 2 * BLOCK + 77)) + 0.01
    p_, q_ = p / math.fsum(p), q / math.fsum(q)
    # The linear part sums to zero: taken off, terms do not cancel (α near 1 divides what is left of it by 1e-7).
    terms = q_ * divergence.f(p_ / q_) - divergence.derivative(1.0) * (p_ - q_)
    assert f_divergence(divergence, p, q).value == pytest.approx(math.fsum(terms), rel=1e-7)
    if divergence.alpha is None:
        assert f_divergence(divergence, p, q).value == pytest.approx(math.fsum(terms), rel=1e-12)


@pytest.mark.parametrize("divergence", TABLE, ids=str)
def test_same_bits_on_any_number_of_threads_and_in_a_batch(divergence, rng):
    p, q = rng.random((2, 3, 6 * BLOCK + 5))
    with threads(1):
        alone = f_divergence(divergence, p, q).value
    with threads(3):
        together = f_divergence(divergence, p, q).value
    rows = [f_divergence(divergence, *row).value for row in zip(p, q, strict=True)]
    assert alone.tobytes() == together.tobytes() == np.array(rows).tobytes()


# Support: infinity is a value.


@pytest.mark.parametrize(
    ("name", "p_misses", "q_misses", "disjoint"),
    [
        ("kl", math.log(2), INF, INF),
        ("reverse_kl", INF, math.log(2), INF),
        ("jeffreys", INF, INF, INF),
        ("js", 0.75 * math.log(4 / 3), 0.75 * math.log(4 / 3), math.log(2)),
        ("gan", 1.5 * math.log(4 / 3) - math.log(4), 1.5 * math.log(4 / 3) - math.log(4), 0.0),
        ("tv", 0.5, 0.5, 1.0),
        ("hellinger", 2 - math.sqrt(2), 2 - math.sqrt(2), 2.0),
        ("chi2", 1.0, INF, INF),
        ("neyman", INF, 1.0, INF),
    ],
)
def test_support_rules(name, p_misses, q_misses, disjoint):
    if name in ("js", "gan"):  # ½ KL((1, 0)‖(¾, ¼)) + ½ KL((½, ½)‖(¾, ¼)), exactly
        js = 0.5 * math.log(4 / 3) + 0.25 * math.log(2 / 3) + 0.25 * math.log(2)
        p_misses = q_misses = js if name == "js" else 2 * js - math.log(4)
    assert f_divergence(name, [1, 0], [1, 1]).value == pytest.approx(p_misses, rel=1e-15)
    assert f_divergence(name, [1, 1], [1, 0]).value == pytest.approx(q_misses, rel=1e-15)
    result = f_divergence(name, [1, 0, 0], [0, 3, 0])
    assert result.value == pytest.approx(disjoint, abs=1e-15)
    assert result.value <= GENERATORS[name].maximum
    assert result.error < 1e-12
    assert f_divergence(name, [5], [2]).value == pytest.approx(-math.log(4) if name == "gan" else 0.0)


@given(divergences, pairs())
def test_never_nan_and_never_above_the_maximum(divergence, measures):
    p, q = measures
    result = f_divergence(divergence, p, q)
    assert not np.isnan(result.value)
    assert 0.0 <= result.error < INF or result.value == INF  # infinite, or finite and beyond float64
    assert result.value <= divergence.maximum


@pytest.mark.parametrize("name", ["js", "gan", "tv", "hellinger"])
def test_rounding_does_not_exceed_the_maximum(name, rng):
    """Disjoint measures have the maximum itself, of which many sums would be one bit above."""
    p, q = np.zeros((2, 1000, 14))
    p[:, :7], q[:, 7:] = rng.random((2, 1000, 7))
    result = f_divergence(name, p, q)
    assert (result.value <= GENERATORS[name].maximum).all()
    assert (GENERATORS[name].maximum - result.value <= result.error).all()


# What makes it a divergence.

ordinary = divergences.filter(lambda divergence: divergence.name != "gan")


@given(ordinary, pairs())
def test_not_negative_and_zero_just_for_equal_measures(divergence, measures):
    p, q = measures
    result = f_divergence(divergence, p, q)
    assert result.value >= 0.0
    assert f_divergence(divergence, p, p).value == 0.0
    assert f_divergence(divergence, p, 2.0 * p).value == 0.0
    p_, q_ = ([Fraction(x) / sum(map(Fraction, side)) for x in side] for side in (p, q))
    furthest = max(abs(a - b) for a, b in zip(p_, q_, strict=True))
    if furthest == 0:
        assert result.value <= result.error
    elif furthest > Fraction(1, 10**40):
        assert result.value > 0.0


@given(ordinary, st.lists(st.integers(0, 9), min_size=2, max_size=8).filter(any), st.integers(1, 10**6))
def test_proportional_counts_are_equal_exactly(divergence, counts, factor):
    assert f_divergence(divergence, counts, [factor * count for count in counts]).value == 0.0


@given(ordinary, pairs(), st.data())
def test_merging_bins_never_raises_it(divergence, measures, data):
    """The data-processing inequality, for a deterministic map of the bins."""
    p, q = measures
    image = data.draw(arrays(np.int64, p.size, elements=st.integers(0, p.size - 1)))
    fine = f_divergence(divergence, p, q)
    coarse = f_divergence(divergence, np.bincount(image, p), np.bincount(image, q))
    assert (
        coarse.value <= fine.value + fine.error + coarse.error + 1e-12 * min(1.0, coarse.value) or coarse.value < 1e-25
    )


@given(ordinary, pairs(extreme=False), st.integers(0, 2**32 - 1))
def test_a_noisy_channel_never_raises_it(divergence, measures, seed):
    p, q = measures
    channel = np.random.default_rng(seed).random((p.size, 3))
    channel /= channel.sum(axis=1, keepdims=True)
    fine, coarse = f_divergence(divergence, p, q), f_divergence(divergence, p @ channel, q @ channel)
    assert coarse.value <= fine.value * (1 + 1e-9) + 1e-12


@given(ordinary, st.integers(2, 5), st.floats(0.01, 0.99), st.data())
def test_jointly_convex(divergence, size, share, data):
    p1, q1, p2, q2 = (side / side.sum() for side in (data.draw(weights(size, extreme=False)) for _ in range(4)))
    ends = [f_divergence(divergence, p1, q1).value, f_divergence(divergence, p2, q2).value]
    assume(max(ends) < 1e9)
    middle = f_divergence(divergence, share * p1 + (1 - share) * p2, share * q1 + (1 - share) * q2).value
    assert middle <= (share * ends[0] + (1 - share) * ends[1]) * (1 + 1e-9) + 1e-12


@given(divergences, pairs(), st.randoms())
def test_labels_do_not_matter(divergence, measures, random):
    """Relabelled, or with empty bins put in between: the same up to rounding."""
    p, q = measures
    order = list(range(p.size))
    random.shuffle(order)
    one, other = f_divergence(divergence, p, q), f_divergence(divergence, p[order], q[order])
    padded = f_divergence(divergence, np.append(p, [0.0, 0.0]), np.append(q, [0.0, 0.0]))
    for result in (other, padded):
        assert result.value == one.value or abs(result.value - one.value) <= one.error + result.error


@given(divergences, pairs())
def test_exchanged_sides(divergence, measures):
    p, q = measures
    opposite = {"kl": "reverse_kl", "reverse_kl": "kl", "chi2": "neyman", "neyman": "chi2"}
    if divergence.alpha is not None:
        other = alpha_divergence(1.0 - divergence.alpha)
        assume(other.alpha == 1.0 - divergence.alpha and 1.0 - other.alpha == divergence.alpha)
    else:
        other = GENERATORS[opposite.get(divergence.name, divergence.name)]
    assert f_divergence(divergence, p, q).value == pytest.approx(f_divergence(other, q, p).value, rel=1e-13)


# One's own.


@given(ordinary.filter(lambda divergence: divergence.alpha is None), pairs(extreme=False))
def test_ones_own_generator_gives_the_same(divergence, measures):
    p, q = measures
    own = FDivergence.from_generator(divergence.f, name="own")
    mine, table = f_divergence(own, p, q), f_divergence(divergence, p, q)
    assert mine.value == pytest.approx(table.value, rel=1e-9, abs=1e-12)


def test_ones_own_generator_of_numbers_in_a_batch():
    triangular = FDivergence.from_generator(lambda u: (u - 1) ** 2 / (u + 1))
    p, q = np.array([[1.0, 3.0], [0.0, 1.0]]), np.array([2.0, 2.0])
    expected = [((a / a.sum() - 0.5) ** 2 / (a / a.sum() + 0.5)).sum() for a in p]
    result = f_divergence(triangular, p, q)
    np.testing.assert_allclose(result.value, expected, rtol=1e-14)
    assert (result.error < 1e-13).all()
    hockey = FDivergence.from_generator(lambda u: max(u - 1.5, 0.0))
    assert f_divergence(hockey, [1, 0, 1], [0, 1, 1]).value == pytest.approx(0.5, rel=1e-12)


# What people hold.


def test_batches_run_along_the_last_axis():
    rng = np.random.default_rng(0)
    p, q = rng.random((4, 1, 6)), rng.random((3, 6))
    for name in SHORT:
        value = getattr(otkit, name)(p, q)
        assert value.shape == (4, 3)
        for i in range(4):
            for j in range(3):
                assert value[i, j] == getattr(otkit, name)(p[i, 0], q[j])
    table = otkit.js(q[:, None], q)
    assert (np.diag(table) == 0.0).all()
    np.testing.assert_allclose(table, table.T, rtol=1e-14)
    result = f_divergence("kl", p, q)
    assert result.value.shape == result.error.shape == (4, 3)
    assert result.detail == "each measure divided by its total"
    assert f_divergence("kl", np.empty((0, 3)), [1, 2, 3]).value.shape == (0,)


@pytest.mark.parametrize("name", SHORT)
def test_short_names_return_the_number(name):
    value = getattr(otkit, name)([1, 2, 3], [3, 1, 1])
    assert type(value) is float
    assert value == f_divergence(name, [1, 2, 3], [3, 1, 1]).value


def test_hellinger_distance_is_a_metric_and_not_its_square():
    rng = np.random.default_rng(0)
    p, q, r = rng.dirichlet([0.5] * 4, size=(3, 50))
    assert (otkit.hellinger_distance(p, r) <= otkit.hellinger_distance(p, q) + otkit.hellinger_distance(q, r)).all()
    assert otkit.hellinger_distance([1, 1], [1, 0]) == pytest.approx(math.sqrt(1 - math.sqrt(0.5)))
    assert type(otkit.hellinger_distance([1], [1])) is float


def test_counts_and_probabilities_are_the_same_and_it_is_said():
    counts, shares = f_divergence("kl", [1, 3], [2, 2]), f_divergence("kl", [0.25, 0.75], [0.5, 0.5])
    assert counts.value == shares.value
    assert counts.detail == "p and q divided by their totals, 4 and 4"
    assert shares.detail == ""


@pytest.mark.parametrize("hold", [dict, Counter, pd.Series])
def test_labels_are_brought_together(hold):
    p, q = hold({"b": 1, "a": 3}), hold({"c": 2, "a": 2, "d": 1})
    arrays_ = [1, 3, 0, 0], [0, 2, 2, 1]
    for name in SHORT:
        assert getattr(otkit, name)(p, q) == getattr(otkit, name)(*arrays_)
    assert f_divergence("tv", p, q).detail.startswith("4 labels, 1 of them only in p and 2 only in q; p and q divided")
    same = hold({"a": 3, "b": 1})
    assert otkit.kl(p, same) == 0.0
    assert otkit.kl(p, dict(same)) == 0.0
    assert f_divergence("kl", same, same).detail.startswith("2 labels; ")


def test_frames_are_batches():
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 2]})
    assert otkit.tv(frame, [1, 1]).tolist() == [0.25, 0.0]


def test_the_base_of_the_logarithm():
    p, q = [1, 2, 3], [3, 2, 2]
    for name in ("kl", "reverse_kl", "jeffreys", "js"):
        natural, bits = f_divergence(name, p, q), f_divergence(name, p, q, base=2)
        assert bits.value == pytest.approx(natural.value / math.log(2), rel=1e-15)
        assert bits.error >= natural.error / math.log(2)
    assert otkit.js([1, 0], [0, 1], base=2) == 1.0
    assert otkit.kl([1, 1], [1, 0], base=10) == INF


def test_inputs_stay_as_they_are():
    p, q = np.array([1.0, 2.0, 1e-310]), np.array([2.0, 2.0, 1.0])
    otkit.kl(p, q)
    assert p.tolist() == [1.0, 2.0, 1e-310]
    assert p.flags.writeable
    assert q.flags.writeable


BAD = {
    "unknown name": (lambda: f_divergence("jensen", [1], [1]), ValueError, "divergence must be one of kl, .*'jensen' was given"),
    "a name misspelt": (lambda: f_divergence("neymann", [1], [1]), ValueError, "Did you mean 'neyman'"),
    "a function": (lambda: f_divergence(np.log, [1], [1]), TypeError, r"write FDivergence\.from_generator\(f\)"),
    "negative": (lambda: otkit.kl([1, -0.5], [1, 1]), ValueError, r"p must be non-negative, but p\[1\] = -0\.5"),
    "negative in a batch": (lambda: otkit.tv([1, 1], [[1, 1], [2, -1]]), ValueError, r"q must be non-negative, but q\[1, 1\] = -1"),
    "NaN": (lambda: otkit.js([1, 1], [NAN, 1]), ValueError, r"q must be finite, but q\[0\] = nan"),
    "infinite": (lambda: otkit.js([1, INF], [1, 1]), ValueError, r"p must be finite, but p\[1\] = inf"),
    "minus infinity": (lambda: otkit.js([1, -INF], [1, 1]), ValueError, r"p must be finite, but p\[1\] = -inf"),
    "all zero": (lambda: otkit.kl([0, 0], [1, 1]), ValueError, "p must have a positive entry, but all 2 entries are zero"),
    "a row of zeros": (lambda: otkit.kl([1, 1], [[1, 1], [0, 0]]), ValueError, "q must have a positive entry, but all 2 entries of row 1 are zero"),
    "unequal lengths": (lambda: otkit.kl([1, 2], [1, 2, 3]), ValueError, "p and q must have the same length, but p has 2 entries and q has 3"),
    "no broadcast": (lambda: otkit.kl(np.ones((2, 4)), np.ones((3, 4))), ValueError, r"must agree on all axes but the last.*\(2, 4\) and \(3, 4\).*p\[:, None\]"),
    "empty": (lambda: otkit.kl([], []), ValueError, r"p must have at least one entry on its last axis, but its shape is \(0,\)"),
    "a number": (lambda: otkit.kl(1.0, [1.0]), ValueError, r"p must have at least one entry.*its shape is \(\)"),
    "text": (lambda: otkit.kl(["a"], [1]), TypeError, "p must be numeric, but it holds 'a'"),
    "nothing": (lambda: otkit.kl(None, [1]), TypeError, "p must be array-like, but None was given"),
    "labels on one side": (lambda: otkit.kl({"a": 1}, [1]), TypeError, "p and q must both have labels or both have none, but p is a dict and q is not"),
    "labels on the other": (lambda: otkit.kl([1], pd.Series([1])), TypeError, "but q is a Series and p is not"),
    "a label twice": (lambda: otkit.kl(pd.Series([1, 2], index=["a", "a"]), {"a": 1}), ValueError, r"p must have each label once, but 'a' occurs more than once.*groupby"),
    "negative by label": (lambda: otkit.kl({"a": 1, "b": -1}, {"a": 1}), ValueError, r"p must be non-negative, but p\['b'\] = -1"),
    "base one": (lambda: otkit.kl([1], [1], base=1), ValueError, "base must be a finite number above 1, but base = 1"),
    "base text": (lambda: otkit.kl([1], [1], base="two"), TypeError, "base must be a number above 1, but 'two'"),
    "base without logarithm": (lambda: f_divergence("tv", [1], [1], base=2), ValueError, "base must be left out for tv"),
    "beyond float64": (lambda: otkit.kl([1e300, 1e-200], [1, 1]), ValueError, "p must have positive entries within 1e430 of one another, .* 1e-200 and 1e[+]300"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_name(name):
    call, error, message = BAD[name]
    with pytest.raises(error, match=message) as caught:
        call()
    assert "np.float64" not in str(caught.value)
    assert str(caught.value).endswith((".", "?"))


def test_what_is_finite_but_beyond_floats_is_no_exact_infinity():
    far = otkit.f_divergence("chi2", [0.5, 0.5], [1e-310, 1.0])
    assert far.value == far.error == np.inf
    assert "beyond float64" in far.detail
    rows = otkit.f_divergence("neyman", [[0, 1], [1e-315, 1], [1, 1]], [1, 1])
    assert rows.value.tolist() == [np.inf, np.inf, 0.0]
    assert rows.error[:2].tolist() == [0.0, np.inf]
