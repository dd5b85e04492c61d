"""The table of f-divergences: every column follows from f."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from otkit.divergences.generators import GENERATORS, FDivergence, alpha_divergence, as_divergence

ALPHAS = [-2.0, -1.0, -0.5, -0.25, 0.25, 0.5, 0.75, 1.25, 2.0, 3.0]
TABLE = [*GENERATORS.values(), *map(alpha_divergence, ALPHAS)]
OWN = {  # generators written as a user would, with the ends that they have
    "u log u": (lambda u: u * math.log(u), 0.0, np.inf, False, False),
    "log u": (lambda u: -np.log(u), np.inf, 0.0, False, False),
    "triangular": (lambda u: (u - 1) ** 2 / (u + 1), 1.0, 1.0, True, True),
    "|u - 1|": (lambda u: abs(u - 1), 1.0, 1.0, True, True),
    "hockey stick": (lambda u: max(u - 1.5, 0.0), 0.0, 1.0, True, False),
    "1/u": (lambda u: 1 / u - 1, np.inf, 0.0, True, False),
    "u^3": (lambda u: u**3 - 1, -1.0, np.inf, False, False),
}

divergences = st.sampled_from(TABLE)
ratios = st.floats(-6.0, 6.0).map(math.exp)
outputs = st.floats(-4.0, 4.0)


def supremum(divergence, t):
    """sup_u u t − f(u), by a grid and a search around its best point."""
    logarithms = np.linspace(-60.0, 60.0, 4001)
    gain = t * np.exp(logarithms) - divergence.f(np.exp(logarithms))
    best = logarithms[np.argmax(gain)]
    found = minimize_scalar(
        lambda s: float(divergence.f(math.exp(s)) - t * math.exp(s)),
        bounds=(best - 0.03, best + 0.03),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return max(gain.max(), -found.fun, -divergence.at_zero)


@given(divergences, ratios, outputs)
@example(GENERATORS["chi2"], 1.0, -3.0)  # below the kink of Pearson's conjugate
@example(GENERATORS["tv"], 1.0, 4.0)
def test_every_column_of_the_table_follows_from_f(divergence, u, v):
    """The columns against f itself: conjugate, derivative, critic, activation, both ends, symmetry and maximum."""
    f, slope, t = divergence.f, float(divergence.derivative(u)), float(divergence.activation(v))
    domain = divergence.conjugate_domain

    assert f(1.0) == pytest.approx(-math.log(4) if divergence.name == "gan" else 0.0, abs=1e-15)
    assert f(u) >= f(1.0) + float(divergence.derivative(1.0)) * (u - 1.0) - 1e-12 * (1 + abs(f(u)))  # convex at 1

    # The activation: into the domain, increasing; there the conjugate is the supremum.
    assert domain.contains(t)
    assert divergence.activation(v + 0.1) >= t
    conjugate = float(divergence.conjugate(t))
    assert conjugate == pytest.approx(supremum(divergence, t), rel=1e-9, abs=1e-9)

    # The derivative, the critic, and where the conjugate is attained.
    if not (divergence.name == "tv" and abs(u - 1) < 1e-4):
        h = 1e-5 * u
        assert slope == pytest.approx(float(f(u + h) - f(u - h)) / (2 * h), rel=1e-6, abs=1e-6)
    assert divergence.critic(u) == slope
    assert float(divergence.conjugate(slope)) == pytest.approx(u * slope - float(f(u)), rel=1e-8, abs=1e-10)

    # The ends: f(0) and f′(∞) are limits, and f* knows both.
    tiny, huge = float(f(1e-100)), float(f(1e100)) / 1e100
    assert (divergence.at_zero == np.inf) == (tiny > float(f(1e-50)) + 100.0)
    assert (divergence.slope_at_infinity == np.inf) == (huge > float(f(1e50)) / 1e50 + 100.0)
    assert divergence.at_zero in (np.inf, pytest.approx(tiny, abs=1e-12))
    assert divergence.slope_at_infinity in (np.inf, pytest.approx(huge, abs=1e-12))
    assert f(0.0) == divergence.at_zero
    assert divergence.derivative(np.inf) == domain.upper == divergence.slope_at_infinity
    assert divergence.conjugate(-np.inf) == -divergence.at_zero
    if domain.upper < np.inf:
        assert divergence.conjugate(np.nextafter(domain.upper, np.inf)) == np.inf
        # At the end itself, the limit of u f′(∞) − f(u), which goes on growing where the domain is open.
        gaps = [domain.upper * x - float(f(x)) for x in (1.0, 1e3, 1e6)]
        assert domain.closed == (gaps[2] - gaps[1] < 0.5 * (gaps[1] - gaps[0]) + 1e-6)
        assert np.isfinite(divergence.conjugate(domain.upper)) == domain.closed

    # Symmetry: u f(1/u) − f(u) is linear in u − 1. The maximum: all mass apart.
    both = [float(x * f(1 / x) - f(x)) / (x - 1) for x in (u * u + 1.5, 4.0)]
    if divergence.symmetric:
        assert both[0] == pytest.approx(both[1], rel=1e-6, abs=1e-9)
    elif abs(u * u + 1.5 - 4.0) > 0.1:
        assert both[0] != pytest.approx(both[1], rel=1e-6, abs=1e-9)
    assert divergence.maximum == divergence.at_zero + divergence.slope_at_infinity
    p = np.array([1.0, u]) / (1.0 + u)
    assert float(p @ f(p[::-1] / p)) <= divergence.maximum + 1e-12


def test_maxima_are_those_of_the_notes():
    finite = {"js": math.log(2), "gan": 0.0, "tv": 1.0, "hellinger": 2.0}
    for name, divergence in GENERATORS.items():
        assert divergence.maximum == finite.get(name, np.inf)


@pytest.mark.parametrize("divergence", TABLE, ids=str)
def test_ends_are_never_nan(divergence):
    ends = np.array([0.0, 5e-324, 1e-308, 1.0, 1e308, np.inf])
    for function in (divergence.f, divergence.derivative, divergence.critic):
        assert not np.isnan(function(ends)).any()
    everything = np.array([-np.inf, -1e308, -1e3, -1.0, -0.0, 0.0, 1.0, 1e3, 1e308, np.inf])
    assert not np.isnan(divergence.conjugate(everything)).any()
    t = divergence.activation(everything)
    assert not np.isnan(t).any()
    assert divergence.conjugate_domain.contains(t[:-1]).all()
    assert not np.isnan(divergence.conjugate(t)).any()
    assert np.isfinite(divergence.conjugate(divergence.activation([-100.0, 100.0]))).all()


def test_jeffreys_conjugate_where_the_other_form_overflows():
    """f*(t) = w + 1/w + t − 2 with w = W(e^{1−t}): e^{1−t} itself is infinite at t = −1000."""
    t = -1000.0
    u = 1.0 / 994.0943
    for _ in range(50):  # Newton's method for f′(u) = log u + 1 − 1/u = t
        u -= (math.log(u) + 1 - 1 / u - t) / (1 / u + 1 / u**2)
    assert GENERATORS["jeffreys"].conjugate(t) == pytest.approx(u * t - (u - 1) * math.log(u), rel=1e-14)


@pytest.mark.parametrize(("alpha", "name", "factor"), [(2, "chi2", 0.5), (-1, "neyman", 0.5), (0.5, "hellinger", 2.0)])
def test_special_alphas(alpha, name, factor):
    u = np.linspace(0.01, 5.0, 50)
    np.testing.assert_allclose(alpha_divergence(alpha).f(u), factor * GENERATORS[name].f(u), rtol=1e-12, atol=1e-14)
    assert alpha_divergence(1) is GENERATORS["kl"]
    assert alpha_divergence(0) is GENERATORS["reverse_kl"]


def test_alpha_is_continuous_at_its_limits():
    """f_α differs from KL's by the linear part u − 1, which no divergence sees."""
    u = np.linspace(0.1, 5.0, 50)
    np.testing.assert_allclose(alpha_divergence(1 + 1e-7).f(u), GENERATORS["kl"].f(u) - (u - 1), atol=1e-5)
    np.testing.assert_allclose(alpha_divergence(1e-7).f(u), GENERATORS["reverse_kl"].f(u) + (u - 1), atol=1e-5)


@pytest.mark.parametrize("divergence", TABLE, ids=str)
def test_pickles(divergence):
    copy = pickle.loads(pickle.dumps(divergence))
    assert copy.name == divergence.name
    assert copy.f(2.0) == divergence.f(2.0)
    if divergence.name in GENERATORS:
        assert copy is divergence


# A generator of one's own.


@pytest.mark.parametrize("name", OWN)
def test_ends_of_ones_own_generator(name):
    f, at_zero, slope, closed, symmetric = OWN[name]
    own = FDivergence.from_generator(f, name=name)
    assert own.at_zero == pytest.approx(at_zero, abs=1e-12)
    assert own.slope_at_infinity == pytest.approx(slope, abs=1e-12)
    assert (own.conjugate_closed, own.symmetric) == (closed, symmetric)


@given(divergences.filter(lambda divergence: divergence.name != "gan"), ratios, outputs)
def test_what_is_found_from_f_alone_is_the_table(divergence, u, v):
    own = FDivergence.from_generator(divergence.f, name=divergence.name)
    assert own.at_zero == pytest.approx(divergence.at_zero, abs=1e-12)
    assert own.slope_at_infinity == pytest.approx(divergence.slope_at_infinity, rel=1e-12)
    assert own.conjugate_closed == divergence.conjugate_closed
    assert own.symmetric == divergence.symmetric
    t = divergence.activation(v)
    assert float(own.conjugate(t)) == pytest.approx(float(divergence.conjugate(t)), rel=1e-10, abs=1e-10)
    if not (divergence.name == "tv" and abs(u - 1) < 0.01):
        assert own.derivative(u) == pytest.approx(divergence.derivative(u), rel=1e-9, abs=1e-9)
    assert float(own.derivative(0.0)) == pytest.approx(float(divergence.derivative(0.0)), rel=1e-5)


BAD = {
    "concave": (lambda u: -((u - 1) ** 2), ValueError, r"f must be convex, but f\(.*lies above the chord from"),
    "wavy": (lambda u: np.sin(u) - np.sin(1), ValueError, r"f must be convex"),
    "kink the wrong way": (lambda u: min(u - 1, 0.0), ValueError, r"f must be convex"),
    "not zero at one": (lambda u: u * u, ValueError, r"f must vanish at 1, but f\(1\) = 1"),
    "NaN": (lambda u: np.sqrt(u - 0.5) - np.sqrt(0.5), ValueError, r"f must be finite on u > 0, but f\(.*\) = nan"),
    "no function": (3.0, TypeError, r"f must be a function of u > 0, but 3\.0 was given"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_generator_is_refused(name):
    f, error, message = BAD[name]
    with pytest.raises(error, match=message):
        FDivergence.from_generator(f)


def test_bad_arguments_are_refused():
    with pytest.raises(
        ValueError, match=r"divergence must be one of kl, .*'helinger' was given. Did you mean 'hellinger'"
    ):
        as_divergence("helinger")
    with pytest.raises(TypeError, match=r"divergence must be a name or an FDivergence.*from_generator\(f\)"):
        as_divergence(np.log)
    with pytest.raises(ValueError, match="alpha must be a finite number, but alpha = inf"):
        alpha_divergence(np.inf)
    with pytest.raises(TypeError, match="alpha must be a finite number, but 'half'"):
        alpha_divergence("half")
    with pytest.raises(ValueError, match=r"u must be non-negative, but u\[1\] = -1"):
        GENERATORS["kl"].f([1.0, -1.0])
    with pytest.raises(ValueError, match=r"u must be non-negative, but u\[0\] = nan"):
        GENERATORS["kl"].derivative([np.nan])
    with pytest.raises(ValueError, match=r"t must not be NaN, but t\[0\] = nan"):
        GENERATORS["kl"].conjugate([np.nan])
