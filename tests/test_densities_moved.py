"""Divergences between densities do not depend on where zero is: both distributions moved by up to 10^8 scales."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import otkit
from otkit.divergences.densities import density_divergence
from otkit.divergences.generators import GENERATORS, alpha_divergence

NAMES = [*GENERATORS, alpha_divergence(0.3)]
BOUNDED = ["js", "tv", "hellinger"]


def mixture(x, loc, scale):
    """A log-density that is only known as a function of x."""
    z = (x - loc) / scale
    return np.logaddexp(stats.norm.logpdf(z), stats.norm.logpdf(z, 3.0, 0.5)) - math.log(2.0 * scale)


def bilateral(x, loc, scale):
    z = np.abs(x - loc) / scale
    return -z - math.log(2.0 * scale)


def kernels(loc, scale):
    return stats.gaussian_kde(loc + scale * np.array([0.0, 1.0, 1.5, 4.0, 2.25]))


LAWS = {
    "norm": stats.norm,
    "t": partial(stats.t, 3),
    "laplace": stats.laplace,
    "logistic": stats.logistic,
    "cauchy": stats.cauchy,
    "gumbel": stats.gumbel_r,
    "gamma": partial(stats.gamma, 1.5),
    "expon": stats.expon,
    "uniform": stats.uniform,
    "beta": partial(stats.beta, 2.0, 3.5),
    "weibull": partial(stats.weibull_min, 1.75),
    "skewnorm": partial(stats.skewnorm, 2.0),
    "Normal": lambda loc, scale: stats.Normal(mu=loc, sigma=scale),
    "Logistic moved": lambda loc, scale: stats.Logistic() * scale + loc,
    "kernels": kernels,
    "mixture": lambda loc, scale: partial(mixture, loc=loc, scale=scale),
    "bilateral": lambda loc, scale: partial(bilateral, loc=loc, scale=scale),
}


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(LAWS)),
    st.sampled_from(sorted(LAWS)),
    st.sampled_from(NAMES),
    st.integers(10, 27),
    st.sampled_from([1.0, 2.0**-30, 4096.0]),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 2.0]),
)
def test_moving_both_changes_nothing_beyond_the_error(first, second, name, power, scale, left, apart):
    place = (-1.0 if left else 1.0) * scale * 2.0**power  # so that sums with it are exact
    try:
        near = outcome(name, *laws(first, second, 0.0, scale, apart))
        far = outcome(name, *laws(first, second, place, scale, apart))
        told = outcome(name, *laws(first, second, place, scale, apart), points=[place, place + apart * scale])
    except ValueError as refusal:  # where SciPy's logarithm of a density is −inf, the integral can't be seen
        if "the logarithm of a density too small for a float" not in str(refusal):
            raise
        assume(False)
    said = (first, second, str(name), place, near, far, told)
    for moved in (far, told):  # the advice that messages give does no harm
        assert (moved.value == near.value) or abs(moved.value - near.value) <= moved.error + near.error, said
        assert moved.error <= 1e-6 * (1.0 + abs(near.value)) + 20.0 * near.error or math.isinf(near.value), said


def laws(first, second, place, scale, apart):
    return LAWS[first](place, scale), LAWS[second](place + apart * scale, scale)


def outcome(name, p, q, **options):
    return density_divergence(name, p, q, closed=False, **options)


@pytest.mark.parametrize("name", [*BOUNDED, "kl"])
def test_scales_of_every_size_far_from_each_other(name):
    for scale in (1e-170, 1e-9, 1e9, 1e160):
        p, q = stats.norm(0, scale), stats.norm(0, 1)
        closed = otkit.f_divergence(name, p, q)
        if name == "js" or np.isinf(closed.value):
            continue
        other = density_divergence(name, p, q, closed=False)
        assert abs(other.value - closed.value) <= other.error + closed.error


@pytest.mark.parametrize("name", BOUNDED)
def test_bounded_divergences_are_never_refused_for_being_infinite(name):
    for p, q in (
        (stats.norm(1.7e9, 3600), stats.laplace(1.7e9, 3600)),
        (stats.cauchy(1e8), stats.norm(1e8)),
        (stats.norm(0, 1e-170), stats.cauchy()),
        (stats.beta(0.1, 2.0, loc=1e6), stats.uniform(1e6, 1)),
    ):
        result = otkit.f_divergence(name, p, q)
        assert 0.0 < result.value <= GENERATORS[name].maximum + result.error
        assert result.error < 1e-6


def test_the_cases_that_were_infinite():
    assert otkit.kl(stats.norm(101325, 1), stats.t(3, 101325, 1)) == pytest.approx(
        otkit.kl(stats.norm(0, 1), stats.t(3)), rel=1e-9
    )
    assert otkit.kl(stats.norm(1.7e9, 3600), stats.laplace(1.7e9, 3600)) == pytest.approx(
        otkit.kl(stats.norm(0, 1), stats.laplace(0, 1)), rel=1e-9
    )


@pytest.mark.parametrize("place", [0.0, 2.0**17, -(2.0**26)])
def test_integrals_that_do_not_exist_are_infinite_anywhere(place):
    assert otkit.kl(stats.cauchy(place), stats.norm(place)) == np.inf
    assert otkit.chi2(stats.beta(0.5, 0.5, loc=place), stats.uniform(place, 1)) == np.inf
    assert otkit.chi2(stats.beta(2, 0.5, loc=place), stats.uniform(place, 1)) == np.inf
    assert otkit.chi2(stats.beta(0.6, 0.6, loc=place), stats.uniform(place, 1)) < np.inf


def test_noise_in_a_log_density_is_said():
    def cancelling(x):
        return -0.5 * (x * x - 2e9 * x + 1e18) - 0.5 * math.log(2.0 * math.pi)

    with pytest.raises(ValueError, match=r"x − location|must integrate to one"):
        density_divergence("js", cancelling, stats.norm(1e9, 1))


def test_a_singularity_where_floats_are_few_is_in_the_error():
    """At 1 floats are 1e-16 apart, which leaves out some 1e-8 of ∫ (1 − x)^{−½}."""
    p, q = stats.beta(1.0, 1.5), stats.beta(1.0, 1.0)
    result = density_divergence("neyman", p, q, closed=False)
    assert abs(result.value - otkit.neyman(p, q)) <= result.error < 1e-6
