"""Critics: tight at T*, never above the divergence for measures, and on samples never above it in expectation."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import otkit
from otkit.divergences.generators import GENERATORS, alpha_divergence

# V with g_f(V) = T* = f′(r): the outputs of a perfect critic, by hand.
BEST = {
    "kl": lambda r: 1.0 + np.log(r),
    "reverse_kl": np.log,
    "jeffreys": lambda r: 1.0 + np.log(r) - 1.0 / r,
    "js": np.log,
    "gan": np.log,
    "tv": lambda r: np.where(r > 1.0, np.inf, np.where(r < 1.0, -np.inf, 0.0)),
    "hellinger": lambda r: 0.5 * np.log(r),
    "chi2": lambda r: 2.0 * (r - 1.0),
    "neyman": lambda r: 2.0 * np.log(r),
}
# q f(p/q) term by term as the literature has it, in mpmath, with p and q exact.
log = mpmath.log
TERMS = {
    "kl": lambda p, q: p * log(p / q) if p else 0,
    "reverse_kl": lambda p, q: q * log(q / p) if q else 0,
    "jeffreys": lambda p, q: (p - q) * log(p / q),
    "js": lambda p, q: (p * log(2 * p / (p + q)) if p else 0) / 2 + (q * log(2 * q / (p + q)) if q else 0) / 2,
    "gan": lambda p, q: (p * log(p / (p + q)) if p else 0) + (q * log(q / (p + q)) if q else 0),
    "tv": lambda p, q: abs(p - q) / 2,
    "hellinger": lambda p, q: (mpmath.sqrt(p) - mpmath.sqrt(q)) ** 2,
    "chi2": lambda p, q: (p - q) ** 2 / q,
    "neyman": lambda p, q: (p - q) ** 2 / p,
}
BOUNDED = {"js", "gan", "tv", "hellinger"}
INFINITE = {  # where p > 0 = q, and where p = 0 < q
    "kl": (True, False),
    "reverse_kl": (False, True),
    "jeffreys": (True, True),
    "chi2": (True, False),
    "neyman": (False, True),
}


def truth(name, p, q):
    """Return D_f of counts in 50 digits, ∞ by the rules for missing support."""
    total, value = (sum(p), sum(q)), mpmath.mpf(0)
    with mpmath.workdps(50):
        for i, j in zip(p, q, strict=True):
            if i == j == 0:
                continue
            if name in INFINITE and ((INFINITE[name][0] and j == 0) or (INFINITE[name][1] and i == 0)):
                return math.inf
            if name == "jeffreys" and not (i and j):
                return math.inf
            if name in INFINITE and (i == 0 or j == 0):
                # the finite end: KL and reverse KL give nothing, Pearson f(0) = 1 and Neyman f′(∞) = 1 times the mass
                mass = mpmath.mpf(i + j) / (total[0] if i else total[1])
                value += mass if name in ("chi2", "neyman") else 0
                continue
            value += TERMS[name](mpmath.mpf(i) / total[0], mpmath.mpf(j) / total[1])
    return float(value)


def measures(p, q):
    atoms = np.arange(len(p))
    return otkit.DiscreteMeasure(atoms, p), otkit.DiscreteMeasure(atoms, q)


def at_atoms(values):
    """A critic that has one value for each atom 0, 1, 2, …"""
    table = np.asarray(values, dtype=float)
    return lambda points: table[points[:, 0].astype(int)]


counts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6).map(
    lambda pairs: tuple(np.array(side) for side in zip(*pairs, strict=True))
)
pairs_of_counts = counts.filter(lambda pair: pair[0].any() and pair[1].any())
outputs = st.one_of(st.floats(-5, 5), st.floats(allow_nan=False), st.sampled_from([np.inf, -np.inf, 0.0, 800.0]))


@pytest.mark.parametrize("name", GENERATORS)
@given(pair=pairs_of_counts)
def test_the_best_critic_is_tight(name, pair):
    p, q = pair
    with np.errstate(all="ignore"):
        best = BEST[name](np.where(p + q > 0, (p / p.sum()) / (q / q.sum()), 1.0))
    found = otkit.variational_bound(name, at_atoms(best), *measures(p, q))
    assert found.kind == "lower_bound"
    expected = truth(name, [int(k) for k in p], [int(k) for k in q])
    assert found.value == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert found.error == 0.0


def test_a_bound_between_measures_is_printed_without_a_standard_error():
    shown = str(otkit.variational_bound("kl", at_atoms([0.0, 1.0]), *measures([1, 3], [1, 1])))
    assert shown.startswith("≥ ")
    assert "±" not in shown
    assert "standard error" not in shown


@pytest.mark.parametrize("name", GENERATORS)
@given(pair=pairs_of_counts, data=st.data())
def test_no_critic_exceeds_the_divergence(name, pair, data):
    p, q = pair
    values = data.draw(st.lists(outputs, min_size=len(p), max_size=len(p)))
    found = otkit.variational_bound(name, at_atoms(values), *measures(p, q))
    assert not math.isnan(found.value)
    assert found.value <= truth(name, [int(k) for k in p], [int(k) for k in q])


@pytest.mark.parametrize("alpha", [-1.0, 0.5, 2.0, 3.0])
def test_alpha_divergences_have_their_bounds(alpha):
    divergence = alpha_divergence(alpha)
    p, q = np.array([3, 1, 2]), np.array([1, 4, 1])
    r = (p / 6) / (q / 6)
    value = float(q / 6 @ ((r**alpha - 1 - alpha * (r - 1)) / (alpha * (alpha - 1))))
    t = (r ** (alpha - 1) - 1) / (alpha - 1)  # f′
    upper = divergence.slope_at_infinity
    v = t if math.isinf(upper) else -np.log(upper - t)
    assert otkit.variational_bound(divergence, at_atoms(v), *measures(p, q)).value == pytest.approx(value, rel=1e-13)


@given(pair=pairs_of_counts, shift=st.floats(-50, 50))
def test_donsker_varadhan_is_tight_at_any_offset(pair, shift):
    p, q = pair
    with np.errstate(all="ignore"):
        v = np.where(p + q > 0, np.log((p / p.sum()) / (q / q.sum())), 0.0) + shift
    found = otkit.variational_bound("kl", at_atoms(v), *measures(p, q), form="donsker_varadhan")
    expected = truth("kl", [int(k) for k in p], [int(k) for k in q])
    assert found.value == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(pair=pairs_of_counts, data=st.data())
def test_donsker_varadhan_lies_between_the_other_form_and_kl(pair, data):
    p, q = pair
    values = data.draw(st.lists(outputs, min_size=len(p), max_size=len(p)))
    plain = otkit.variational_bound("kl", at_atoms(values), *measures(p, q))
    found = otkit.variational_bound("kl", at_atoms(values), *measures(p, q), form="donsker_varadhan")
    assert not math.isnan(found.value)
    assert plain.value <= found.value or plain.value - found.value <= 1e-13 * (1.0 + abs(found.value))
    assert found.value <= truth("kl", [int(k) for k in p], [int(k) for k in q])


# --- samples, by enumeration of all of them ---------------------------------------------------------------------------

STAR, THETA = Fraction(7, 10), Fraction(3, 10)  # P = Ber(0.7), Q = Ber(0.3)
KL = 0.4 * math.log(7 / 3)


def all_samples(n, m):
    """Every sample of n draws from P and m from Q, with its probability."""
    for draws in itertools.product((0, 1), repeat=n + m):
        x, y = draws[:n], draws[n:]
        chance = STAR ** sum(x) * (1 - STAR) ** (n - sum(x)) * THETA ** sum(y) * (1 - THETA) ** (m - sum(y))
        yield np.array(x, float), np.array(y, float), float(chance)


@pytest.mark.parametrize("name", ["kl", "js", "hellinger", "tv", "chi2"])
def test_the_bound_on_samples_is_unbiased_and_so_is_its_squared_error(name):
    critic = at_atoms([-0.4, 0.6])
    exact = otkit.variational_bound(name, critic, *measures([3, 7], [7, 3])).value
    mean = square = variance = 0.0
    for x, y, chance in all_samples(3, 4):
        found = otkit.variational_bound(name, critic, x, y, fitted_on="other data")
        mean += chance * found.value
        square += chance * found.value**2
        variance += chance * found.error**2
    assert mean == pytest.approx(exact, abs=1e-13)
    assert variance == pytest.approx(square - mean**2, abs=1e-13)


@pytest.mark.parametrize("m", [2, 3, 6])
def test_donsker_varadhan_stays_below_kl_in_expectation_where_the_plain_formula_does_not(m):
    critic = at_atoms([math.log(3 / 7), math.log(7 / 3)])  # the best there is
    left_out = plain = 0.0
    for x, y, chance in all_samples(2, m):
        found = otkit.variational_bound("kl", critic, x, y, fitted_on="other data", form="donsker_varadhan")
        left_out += chance * found.value
        plain += chance * (critic(x[:, None]).mean() - math.log(np.exp(critic(y[:, None])).mean()))
    assert left_out < KL
    assert plain > KL + 0.01


def test_donsker_varadhan_of_large_samples_is_the_plain_formula():
    rng = np.random.default_rng(0)
    x, y = rng.normal(1.0, 1.0, 5000), rng.normal(0.0, 1.0, 4000)
    found = otkit.variational_bound("kl", np.ravel, x, y, form="donsker_varadhan")
    assert found.value == pytest.approx(x.mean() - math.log(np.exp(y).mean()), abs=2e-3)
    # delta method: Var(T)/n + Var(e^T)/(m E[e^T]²) = 1/n + (e − 1)/m
    assert found.error == pytest.approx(math.sqrt(1 / 5000 + (math.e - 1) / 4000), rel=0.1)


def test_donsker_varadhan_leaves_out_each_point_as_its_formula_says():
    t = np.array([0.3, -1.0, 700.0, 2.0, -np.inf])
    y, x = np.arange(5.0), np.array([1.0, 3.0])
    found = otkit.variational_bound("kl", at_atoms(t), x, y, form="donsker_varadhan").value
    others = [mpmath.fsum(mpmath.exp(t[k]) for k in range(5) if k != j) / 4 for j in range(5)]
    terms = [mpmath.log(s) + mpmath.exp(v) / s - 1 for v, s in zip(t, others, strict=True)]
    assert found == pytest.approx(float(mpmath.mpf(0.5) - mpmath.fsum(terms) / 5), rel=1e-11)


def test_large_outputs_do_not_overflow_into_a_bound():
    found = otkit.variational_bound("chi2", at_atoms([1e308, 0.0]), [0.0, 0.0, 0.0], [1.0, 1.0])
    assert found.value == 1e308
    found = otkit.variational_bound("chi2", at_atoms([1e308, -1e308]), [0.0, 1.0, 0.0], [1.0, 0.0])
    assert (found.value, found.error) == (-np.inf, np.inf)


@pytest.mark.parametrize("form", ["conjugate", "donsker_varadhan"])
@pytest.mark.parametrize("t", [np.full(3, -np.inf), np.array([-np.inf, -np.inf, 1.0]), np.array([np.inf, 0, 0])])
def test_a_critic_that_proves_nothing_gives_minus_infinity_not_nan(form, t):
    found = otkit.variational_bound("kl", at_atoms([*t, -np.inf]), [3.0, 3.0], [0.0, 1.0, 2.0], form=form)
    assert found.value == -np.inf
    assert found.error == np.inf


# --- labels -----------------------------------------------------------------------------------------------------------

X, Y = np.random.default_rng(1).normal(size=(2, 20, 3))


def label(x=X, y=Y, **extra):
    found = otkit.variational_bound("js", lambda points: points[:, 0], x, y, **extra)
    return found.kind, found.detail


def test_only_other_data_make_a_lower_bound():
    assert label() == (
        "estimate",
        "no lower bound, since it isn't known what the critic was fitted to: say fitted_on=",
    )
    assert label(fitted_on="other data")[0] == "lower_bound"
    assert label(fitted_on=(X + 1.0, Y + 1.0))[0] == "lower_bound"
    assert label(fitted_on=(X, Y)) == (
        "estimate",
        "20 of 20 points of x and 20 of 20 points of y are among those that the critic was fitted to",
    )
    assert label(fitted_on=(X + 1.0, Y[7:8])) == (
        "estimate",
        "1 of 20 points of y is among those that the critic was fitted to",
    )
    assert label(fitted_on=(Y, X))[0] == "lower_bound"  # what was P's is Q's: still no point of either is known


def test_points_are_recognised_in_any_guise():
    zeros, known = np.zeros((2, 3)), -np.zeros((1, 3))
    assert label(x=zeros, fitted_on=(known, Y + 1.0))[1].startswith("2 of 20" if len(zeros) == 20 else "2 of 2")
    assert label(x=X.astype(np.float32), fitted_on=(X.astype(np.float32).tolist(), Y + 1.0))[0] == "estimate"
    assert label(x=np.asfortranarray(X), fitted_on=(X[::-1], Y + 1.0))[0] == "estimate"


def test_an_overfitted_critic_shows_why_the_label_matters():
    """A critic that knows its points by heart proves any KL on them, and nothing on others."""
    known = {row.tobytes() for row in X}

    def critic(points):
        return np.array([30.0 if row.tobytes() in known else 0.0 for row in points])

    on_its_own = otkit.variational_bound("kl", critic, X, Y, fitted_on=(X, Y))
    assert on_its_own.kind == "estimate"
    assert on_its_own.value > 29.0
    elsewhere = otkit.variational_bound("kl", critic, X + 1.0, Y + 1.0, fitted_on=(X, Y))
    assert elsewhere.kind == "lower_bound"
    assert elsewhere.value <= 0.0


@pytest.mark.parametrize(
    ("arguments", "extra", "error", "match"),
    [
        (("klj", np.ravel, [1.0, 2.0], [1.0, 2.0]), {}, ValueError, "divergence must be one of .* Did you mean 'kl'"),
        (
            ("js", np.ravel, [1.0, 2.0], [1.0, 2.0]),
            {"form": "donsker_varadhan"},
            ValueError,
            '"donsker_varadhan" is for "kl" alone, but divergence = \'js\'',
        ),
        (("kl", np.ravel, [1.0, 2.0], [1.0, 2.0]), {"form": "dv"}, ValueError, "form must be one of conjugate"),
        (("kl", np.ravel, [1.0], [1.0, 2.0]), {}, ValueError, "x must hold at least two points"),
        (("kl", np.ravel, [1.0, 2.0], [[1.0, 2.0]] * 2), {}, ValueError, "x has 1 coordinates and y has 2"),
        (
            ("kl", lambda x: x, X, Y),
            {},
            ValueError,
            r"for x of shape \(20, 3\) it returned an array of shape \(20, 3\)",
        ),
        (("kl", lambda x: x[:1], [1.0, 2.0], [1.0, 2.0]), {}, ValueError, "one number for each point"),
        (
            ("kl", lambda x: x[:, 0] * np.nan, [1.0, 2.0], [1.0, 2.0]),
            {},
            ValueError,
            r"NaN, but critic\(x\)\[0\] = nan",
        ),
        (("kl", lambda x: x[:, 0] * np.inf, [1.0, 2.0], [1.0, 2.0]), {}, ValueError, "must be finite at the points"),
        (("kl", np.ravel, [1.0, 2.0], [1.0, 2.0]), {"fitted_on": "others"}, ValueError, "fitted_on must be one of"),
        (("kl", np.ravel, [1.0, 2.0], [1.0, 2.0]), {"fitted_on": 3}, TypeError, "pair .* but int was given"),
        (
            ("kl", np.ravel, [1.0, 2.0], [1.0, 2.0]),
            {"fitted_on": ([[1.0, 2.0]], [1.0])},
            ValueError,
            r"fitted_on\[0\] has 2",
        ),
        (
            ("kl", np.ravel, otkit.DiscreteMeasure([1.0]), [1.0, 2.0]),
            {},
            TypeError,
            "two samples or two DiscreteMeasures",
        ),
    ],
)
def test_bad_input_is_refused(arguments, extra, error, match):
    with pytest.raises(error, match=match):
        otkit.variational_bound(*arguments, **extra)
