"""Divergences between densities: closed forms against quadrature and sums, quadrature against 50 digits, supports."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import otkit
from otkit.divergences.closed_forms import closed_form
from otkit.divergences.densities import density_divergence
from otkit.divergences.generators import GENERATORS, FDivergence, alpha_divergence
from otkit.divergences.log_ratio import at_one, exp_remainder, integrand

ALL = [*GENERATORS.values(), alpha_divergence(0.3), alpha_divergence(1.6), alpha_divergence(-0.4)]
names = pytest.mark.parametrize("divergence", ALL, ids=str)
positive = st.floats(0.2, 5.0).map(lambda x: round(x, 3))
real = st.floats(-3.0, 3.0).map(lambda x: round(x, 3))
share = st.floats(0.05, 0.95).map(lambda x: round(x, 3))


def agree(a, b):
    """Two results whose errors overlap; infinities must be the same."""
    return a.value == b.value or abs(a.value - b.value) <= a.error + b.error


# --- the integrand ---------------------------------------------------------------------------------------------------


@names
@given(st.floats(-20.0, 20.0), st.floats(-20.0, 0.0))
def test_integrand_is_the_generator_tilted(divergence, ratio, log_q):
    slope = float(divergence.derivative(1.0))
    u = math.exp(ratio)
    tilted = math.exp(log_q) * (float(divergence.f(u)) - at_one(divergence) - slope * (u - 1.0))
    value = float(integrand(divergence, np.array([log_q + ratio]), np.array([log_q]))[0])
    scale = math.exp(log_q) * (1.0 + u + abs(float(divergence.f(u))))
    assert value >= 0.0
    assert value == pytest.approx(tilted, rel=1e-9, abs=1e-12 * scale)


@names
@pytest.mark.parametrize("ratio", [1e-9, -1e-9, 1e-4, -0.2, 0.31])
def test_integrand_does_not_cancel(divergence, ratio):
    """Against 60 digits, where p and q are near each other."""
    with mpmath.workdps(60):
        u = mpmath.exp(mpmath.mpf(ratio))
        exact = q_times_f(divergence, u)
        value = float(integrand(divergence, np.array([ratio]), np.array([0.0]))[0])
        assert abs(value - exact) <= 2e-13 * exact + (1e-28 if divergence.alpha else 0.0)


def q_times_f(divergence, u):
    """f̃(u), tilted so that its slope at 1 vanishes, for mpmath."""
    log, sqrt = mpmath.log, mpmath.sqrt
    kl, reverse = u * log(u) - u + 1, u - 1 - log(u)
    js = (u * log(2 * u / (1 + u)) + log(2 / (1 + u))) / 2
    table = {
        "kl": kl,
        "reverse_kl": reverse,
        "jeffreys": kl + reverse,
        "js": js,
        "gan": 2 * js,
        "tv": abs(u - 1) / 2,
        "hellinger": (sqrt(u) - 1) ** 2,
        "chi2": (u - 1) ** 2,
        "neyman": (u - 1) ** 2 / u,
    }
    if divergence.alpha is None:
        return table[divergence.name]
    a = mpmath.mpf(divergence.alpha)
    return (u**a - 1 - a * (u - 1)) / (a * (a - 1))


@given(st.floats(-700.0, 700.0))
def test_exp_remainder(x):
    with mpmath.workdps(400):
        exact = mpmath.expm1(mpmath.mpf(x)) - mpmath.mpf(x)
        assert abs(float(exp_remainder(x)) - exact) <= 4e-15 * exact + mpmath.mpf(10) ** -320


@names
def test_integrand_where_one_vanishes(divergence):
    slope = float(divergence.derivative(1.0))
    none, some = np.array([-np.inf]), np.array([math.log(0.25)])
    only_q = integrand(divergence, none, some)[0]
    only_p = integrand(divergence, some, none)[0]
    assert only_q == pytest.approx(0.25 * (divergence.at_zero - at_one(divergence) + slope))
    assert only_p == pytest.approx(0.25 * (divergence.slope_at_infinity - slope))
    assert integrand(divergence, none, none)[0] == 0.0
    assert not np.isnan(integrand(divergence, np.array([-1e5, -3.0, 2.0]), np.array([-3.0, -1e5, 2.0]))).any()


# --- closed forms against quadrature and sums ------------------------------------------------------------------------

FAMILIES = {
    "norm": lambda d: stats.norm(d(real), d(positive)),
    "lognorm": lambda d: stats.lognorm(d(st.floats(0.3, 1.2)), scale=d(positive)),
    "expon": lambda d: stats.expon(scale=d(positive)),
    "gamma": lambda d: stats.gamma(d(positive), scale=d(positive)),
    "chi2": lambda d: stats.chi2(d(positive)),
    "beta": lambda d: stats.beta(d(st.floats(0.8, 4.0)), d(st.floats(1.0, 4.0))),
    "laplace": lambda d: stats.laplace(d(real), d(positive)),
    "pareto": lambda d: stats.pareto(d(positive), scale=d(st.sampled_from([1.0, 2.0]))),
    "uniform": lambda d: stats.uniform(d(st.sampled_from([0.0, 0.5, 4.0])), d(st.sampled_from([0.25, 1.0, 2.0]))),
    "bernoulli": lambda d: stats.bernoulli(d(share)),
    "binom": lambda d: stats.binom(12, d(share)),
    "poisson": lambda d: stats.poisson(d(positive)),
    "geom": lambda d: stats.geom(d(share)),
}


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=30)
@given(st.data())
def test_closed_form_equals_quadrature(family, data):
    p, q = (FAMILIES[family](data.draw) for _ in range(2))
    divergence = data.draw(st.sampled_from(ALL))
    closed = closed_form(divergence, p, q)
    assume(closed is not None)
    assert closed.kind == "exact"
    try:
        other = density_divergence(divergence, p, q, closed=False)
    except ValueError:  # next to the border where the integral stops to exist, quadrature declines to say
        assert divergence.maximum == np.inf
        return
    # Beyond that it is so near the border that the difference cannot be seen within the floats.
    assume(np.isfinite(other.value) or closed.value <= 1e6)
    slack = 1e-9 * abs(closed.value) if np.isfinite(closed.value) else 0.0  # ends of beta: floats are dense at 0 only
    assert agree(closed, other) or abs(closed.value - other.value) <= slack, (closed, other)


@pytest.mark.parametrize("family", FAMILIES)
def test_which_closed_forms_there_are(family):
    seeds = iter([0.3, 1.3, 0.7, 0.4] * 4 if family not in ("bernoulli", "binom", "geom") else [0.3, 0.4])
    p, q = (FAMILIES[family](lambda _: next(seeds)) for _ in "pq")
    for name in ("kl", "reverse_kl", "jeffreys", "hellinger", "chi2", "neyman"):
        assert closed_form(GENERATORS[name], p, q) is not None
    assert closed_form(alpha_divergence(0.3), p, q) is not None
    without_tv = {"gamma", "chi2", "beta", "pareto", "laplace"}
    assert (closed_form(GENERATORS["tv"], p, q) is None) == (family in without_tv)
    assert (closed_form(GENERATORS["js"], p, q) is None) == (family != "uniform")


@pytest.mark.parametrize("d", [2, 3, 7])
def test_normal_distributions_of_any_dimension(d, rng):
    """Against the textbook's formula with determinants and traces."""
    roots = rng.normal(size=(2, d, d))
    (mean_p, mean_q), (cov_p, cov_q) = rng.normal(size=(2, d)), roots @ roots.transpose(0, 2, 1) + np.eye(d)
    p, q = stats.multivariate_normal(mean_p, cov_p), stats.multivariate_normal(mean_q, cov_q)
    shift, log_det = mean_q - mean_p, lambda matrix: np.linalg.slogdet(matrix)[1]
    inverse = np.linalg.inv(cov_q)
    kl = 0.5 * (np.trace(inverse @ cov_p) + shift @ inverse @ shift - d + log_det(cov_q) - log_det(cov_p))
    middle = 0.5 * (cov_p + cov_q)
    overlap = 0.25 * (log_det(cov_p) + log_det(cov_q)) - 0.5 * log_det(middle)
    overlap -= 0.125 * shift @ np.linalg.solve(middle, shift)
    assert otkit.kl(p, q) == pytest.approx(kl, rel=1e-12)
    assert otkit.hellinger(p, q) == pytest.approx(2.0 - 2.0 * math.exp(overlap), rel=1e-12)
    assert otkit.tv(p, stats.multivariate_normal(mean_q, cov_p)) < 1.0


def test_nearly_equal_normal_distributions_keep_their_digits():
    p, q = stats.norm(0.0, 1.0), stats.norm(3e-9, 1.0 + 2e-9)
    with mpmath.workdps(60):
        sigma, mean = mpmath.mpf(1.0 + 2e-9), mpmath.mpf(3e-9)
        exact = mpmath.log(sigma) + (1 + mean**2) / (2 * sigma**2) - mpmath.mpf(1) / 2
        assert abs(otkit.kl(p, q) - exact) <= 1e-15 * exact
        quadrature = density_divergence("kl", p, q, closed=False)
        assert abs(quadrature.value - exact) <= 1e-6 * exact + quadrature.error


# --- quadrature against many digits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kl", "reverse_kl", "js", "hellinger", "chi2"])
@pytest.mark.parametrize(
    ("p", "q", "log_p", "log_q", "ends"),
    [
        (
            stats.norm(0, 1),
            stats.logistic(0.5),
            lambda x: -x * x / 2 - mpmath.log(2 * mpmath.pi) / 2,
            lambda x: -(x - 0.5) - 2 * mpmath.log(1 + mpmath.exp(-(x - 0.5))),
            [-mpmath.inf, 0, 0.5, mpmath.inf],
        ),
        (
            stats.gamma(1.4),
            stats.weibull_min(0.8),
            lambda x: mpmath.mpf(0.4) * mpmath.log(x) - x - mpmath.log(mpmath.gamma(mpmath.mpf(1.4))),
            lambda x: mpmath.log(mpmath.mpf(0.8)) - mpmath.mpf(0.2) * mpmath.log(x) - x ** mpmath.mpf(0.8),
            [0, 1e-6, 1e-2, 1, 30, mpmath.inf],
        ),
    ],
    ids=["normal-logistic", "gamma-weibull"],
)
def test_quadrature_against_mpmath(name, p, q, log_p, log_q, ends):
    result = otkit.f_divergence(name, p, q)
    assume_finite = GENERATORS[name].maximum < np.inf or np.isfinite(result.value)
    assert result.kind == "quadrature"
    if not assume_finite:
        assert name in ("chi2", "reverse_kl")
        return

    def exact(x):
        u = mpmath.exp(log_p(x) - log_q(x))
        return mpmath.exp(log_q(x)) * q_times_f(GENERATORS[name], u)

    with mpmath.workdps(20):
        assert abs(result.value - mpmath.quad(exact, ends)) <= result.error + 1e-9


def test_cauchy_distributions():
    """F. Chyzak & F. Nielsen (2019): log[((s + t)² + (a − b)²)/(4 s t)]."""
    result = otkit.f_divergence("kl", stats.cauchy(0, 1), stats.cauchy(1, 3))
    assert abs(result.value - math.log(17.0 / 12.0)) <= result.error <= 1e-9


@pytest.mark.parametrize("scale", [1e-100, 1e-6, 1.0, 1e6, 1e100])
@pytest.mark.parametrize("name", ["kl", "js", "tv", "chi2"])
def test_scale_does_not_matter(name, scale):
    near = otkit.f_divergence(name, stats.logistic(0, 1), stats.logistic(0.5, 1.1))
    far = otkit.f_divergence(name, stats.logistic(0, scale), stats.logistic(0.5 * scale, 1.1 * scale))
    assert agree(near, far)
    assert far.error < 1e-8


def test_a_narrow_peak_far_away():
    """JS of a mixture whose half lies in a peak no grid would find."""
    mode, width = 1000.37, 1e-3

    def mixture(x):
        return np.logaddexp(stats.norm.logpdf(x, mode, width), stats.norm.logpdf(x)) - math.log(2)

    with pytest.raises(ValueError, match=r"p must integrate to one, but its density integrates to 0\.5"):
        otkit.f_divergence("js", mixture, stats.norm())
    result = density_divergence("js", mixture, stats.norm(), points=[mode])
    exact = 0.5 * (0.5 * math.log(2) + 0.5 * math.log(2 / 3)) + 0.5 * math.log(4 / 3)
    assert abs(result.value - exact) <= result.error < 1e-8


def test_total_variation_where_densities_cross():
    """The kink at p = q must not fool the error estimate."""
    for shift in np.linspace(0.1, 3.0, 12):
        p, q = stats.cauchy(), stats.cauchy(shift)
        result = otkit.f_divergence("tv", p, q)
        assert abs(result.value - (p.cdf(shift / 2) - q.cdf(shift / 2))) <= result.error < 1e-9


def test_errors_are_honest_for_kinks_anywhere():
    """E_γ = ∫ max(p − γ q, 0), whose kink is where p = γ q."""
    for gamma in (1.3, 2.0, 3.7):
        hockey = FDivergence.from_generator(lambda u, gamma=gamma: np.maximum(u - gamma, 0.0), name=f"E_{gamma}")
        p, q = stats.norm(0, 1), stats.norm(1, 1)
        crossing = 0.5 - math.log(gamma)
        exact = p.cdf(crossing) - gamma * q.cdf(crossing)
        result = density_divergence(hockey, p, q)
        assert abs(result.value - exact) <= result.error + 1e-8
        assert result.value == pytest.approx(exact, abs=1e-6)


# --- supports, tails, infinity ---------------------------------------------------------------------------------------


@names
def test_mass_outside_the_other_support(divergence):
    half = density_divergence(divergence, stats.uniform(0, 2), stats.uniform(0, 1))
    apart = density_divergence(divergence, stats.uniform(0, 1), stats.uniform(3, 1))
    assert apart.value == divergence.maximum
    assert agree(half, density_divergence(divergence, stats.uniform(0, 2), stats.uniform(0, 1), closed=False))
    assert (half.value == np.inf) == (divergence.slope_at_infinity == np.inf)


def test_mixed_supports():
    assert otkit.kl(stats.expon(), stats.norm()) < np.inf
    assert otkit.kl(stats.norm(), stats.expon()) == np.inf
    assert otkit.reverse_kl(stats.truncnorm(-1, 2), stats.norm()) == np.inf
    assert otkit.kl(stats.poisson(3), stats.norm()) == np.inf
    assert otkit.tv(stats.poisson(3), stats.norm()) == 1.0
    assert otkit.kl(stats.poisson(3), stats.binom(9, 0.3)) == np.inf
    assert otkit.kl(stats.binom(9, 0.3), stats.poisson(3)) < 1.0
    assert otkit.kl(stats.bernoulli(0.3), stats.bernoulli(1.0)) == np.inf
    assert otkit.reverse_kl(stats.bernoulli(0.3), stats.bernoulli(1.0)) == pytest.approx(-math.log(0.3))


def test_ends_of_a_support_are_found():
    def inner(x):
        return np.where((x > 0.3) & (x < 0.7), -math.log(0.4), -np.inf)

    def outer(x):
        return np.where((x >= 0.0) & (x <= 1.0), 0.0, -np.inf)

    result = density_divergence("kl", inner, outer)
    assert abs(result.value + math.log(0.4)) <= result.error + 1e-15
    assert result.error < 1e-10
    assert density_divergence("kl", outer, inner).value == np.inf
    assert density_divergence("tv", outer, inner).value == pytest.approx(0.6, abs=1e-10)


@pytest.mark.parametrize(
    ("name", "p", "q", "finite"),
    [
        ("kl", stats.cauchy(), stats.norm(), False),
        ("kl", stats.cauchy(), stats.laplace(), False),  # ∫ dx/x: the slowest of all
        ("kl", stats.t(3), stats.laplace(), True),
        ("kl", stats.t(2.2), stats.norm(), True),
        ("kl", stats.t(1.8), stats.norm(), False),
        ("kl", stats.expon(), stats.levy(), False),
        ("kl", stats.gamma(3), stats.levy(), True),
        ("chi2", stats.norm(0, 1.40), stats.norm(), True),
        ("chi2", stats.norm(0, 1.42), stats.norm(), False),
        ("chi2", stats.beta(0.5, 0.5), stats.uniform(), False),
        ("chi2", stats.beta(0.6, 0.6), stats.uniform(), True),
    ],
)
def test_integrals_that_do_not_exist_are_infinite(name, p, q, finite):
    assert np.isfinite(density_divergence(name, p, q, closed=False).value) == finite


def test_discrete_sums():
    zeta = mpmath.zeta
    exact = mpmath.log(zeta(3) / zeta(2)) - mpmath.zeta(2, derivative=1) / zeta(2)  # KL of Zipf's laws, 2 against 3
    result = otkit.f_divergence("kl", stats.zipf(2.0), stats.zipf(3.0))
    assert abs(result.value - exact) <= result.error < 1e-5
    assert otkit.chi2(stats.zipf(2.0), stats.zipf(3.0)) == np.inf
    atoms = stats.rv_discrete(values=([1, 2], [0.5, 0.5])), stats.rv_discrete(values=([1, 2, 4], [0.25, 0.5, 0.25]))
    assert otkit.f_divergence("kl", *atoms).kind == "exact"
    assert otkit.kl(*atoms) == pytest.approx(0.5 * math.log(2))
    assert otkit.kl(stats.randint(0, 10), stats.randint(0, 20)) == pytest.approx(math.log(2))


# --- the plane, and space --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kl", "hellinger", "chi2"])
def test_cubature_in_the_plane(name):
    p = stats.multivariate_normal([0, 0])
    q = stats.multivariate_normal([1.0, 0.5], [[2.0, 0.5], [0.5, 1.0]])
    closed, cubed = (density_divergence(name, p, q, closed=closed) for closed in (True, False))
    assert (closed.kind, cubed.kind) == ("exact", "quadrature")
    assert agree(closed, cubed)
    assert cubed.error < 1e-5


def test_cubature_of_products():
    """JS has no closed form, but TV and JS in the plane reduce to the line where only one coordinate differs."""
    p, q = stats.multivariate_normal([0, 0]), stats.multivariate_normal([1, 0])
    assert agree(otkit.f_divergence("js", p, q), otkit.f_divergence("js", stats.norm(), stats.norm(1)))
    assert density_divergence("kl", stats.multivariate_normal([0, 0]), q, closed=False).value == pytest.approx(0.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kl", "hellinger"])
def test_cubature_in_space(name):
    p = stats.multivariate_normal([0, 0, 0])
    q = stats.multivariate_normal([1.0, 0.5, 0.0], np.diag([2.0, 1.0, 0.5]))
    closed, cubed = (density_divergence(name, p, q, closed=closed) for closed in (True, False))
    assert agree(closed, cubed)


def test_cubature_on_a_box():
    def p(x):
        return np.log(4.0 * x[:, 0] * x[:, 1])

    def q(x):
        return np.zeros(len(x))

    square = [(0, 1), (0, 1)]
    result = density_divergence("kl", p, q, support=square)
    assert abs(result.value - (2 * math.log(2) - 1)) <= result.error
    wide = stats.multivariate_normal([0, 0], np.diag([1.0, 2.0]))
    narrow = stats.multivariate_normal([0, 0], np.diag([1.0, 0.9]))
    assert density_divergence("chi2", wide, narrow, closed=False).value == np.inf


# --- the front door, and bad input -----------------------------------------------------------------------------------


def test_front_door():
    p, q = stats.norm(0, 1), stats.norm(1, 1)
    assert otkit.kl(p, q) == 0.5
    assert otkit.kl(p, q, base=2) == pytest.approx(0.5 / math.log(2))
    assert otkit.kl(stats.Normal(mu=0.0, sigma=1.0), q) == 0.5
    assert otkit.kl(stats.norm, q) == 0.5
    assert otkit.f_divergence("gan", p, q).value == pytest.approx(2 * otkit.js(p, q) - math.log(4))
    assert otkit.hellinger_distance(p, q) == pytest.approx(math.sqrt(otkit.hellinger(p, q) / 2))
    kernel = stats.gaussian_kde(np.array([0.0, 1.0, 1.5, 4.0]))
    assert 0.0 < otkit.js(kernel, p) < math.log(2)
    bins = stats.rv_histogram((np.array([1, 0, 3]), np.array([0.0, 1.0, 2.0, 3.0])))
    assert otkit.kl(bins, stats.uniform(0, 3)) == pytest.approx(otkit.kl([1, 0, 3], [1, 1, 1]), abs=1e-12)


def half_normal(x):
    return -0.5 * x * x


@pytest.mark.parametrize(
    ("p", "options", "error", "message"),
    [
        (half_normal, {}, ValueError, r"p must integrate to one, but its density integrates to 2\.50662"),
        (math.log, {}, TypeError, "p must take an array of points"),
        (lambda x: x[:3], {}, ValueError, "p must return one log-density for each of"),
        (lambda x: np.full(x.size, np.nan), {}, ValueError, "p must have a finite log-density, or −inf, but at"),
        ([0.5, 0.5], {}, TypeError, "p must be a distribution of scipy.stats or a callable log-density, but list"),
        (stats.gamma, {}, TypeError, r"p must have its parameters, .* write scipy.stats.gamma\(\.\.\.\)"),
        (stats.norm(0, -1), {}, ValueError, r"p must have valid parameters, but its support is \(nan, nan\)"),
        (stats.norm([0, 1]), {}, ValueError, "p must be one distribution, but its parameters are arrays"),
        (stats.multivariate_normal([0, 0]), {}, ValueError, "same dimension, but p has 2 and q has 1"),
        (half_normal, {"support": (1, 0)}, ValueError, r"support must have lower < upper, but coordinate 0 has \(1"),
        (half_normal, {"support": 3}, ValueError, "support must be a pair"),
        (stats.t(5), {"rtol": 2.0}, ValueError, "rtol must lie between 0 and 1, but rtol = 2.0"),
        (stats.t(5), {"base": 0.5}, ValueError, "base must be a finite number above 1"),
    ],
)
def test_bad_input(p, options, error, message):
    with pytest.raises(error, match=message):
        density_divergence("kl", p, stats.norm(), **options)


def test_bad_input_in_many_dimensions():
    p = stats.multivariate_normal(np.zeros(4))
    with pytest.raises(ValueError, match="at most three dimensions for cubature, but they have 4"):
        otkit.js(p, stats.multivariate_normal(np.ones(4)))
    flat = stats.multivariate_normal([0, 0], [[1, 1], [1, 1]], allow_singular=True)
    with pytest.raises(ValueError, match="positive definite covariance"):
        otkit.kl(flat, stats.multivariate_normal([0, 0]))


# --- Gaussian transport ----------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(0, 10**6))
def test_bures_and_its_map(d, seed):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(2, d, d))
    means, covs = rng.normal(size=(2, d)), roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(d)
    result = otkit.gaussian_wasserstein(means[0], covs[0], means[1], covs[1])
    # Against the other formula: eigenvalues of Σ₀ Σ₁ are those of Σ₀^½ Σ₁ Σ₀^½.
    cross = np.sqrt(np.maximum(np.linalg.eigvals(covs[0] @ covs[1]).real, 0.0)).sum()
    exact = ((means[0] - means[1]) ** 2).sum() + np.trace(covs[0] + covs[1]) - 2.0 * cross
    assert result.value == pytest.approx(exact, rel=1e-8, abs=1e-9)
    assert np.allclose(result.matrix @ covs[0] @ result.matrix, covs[1], atol=1e-8)
    assert np.linalg.eigvalsh(result.matrix)[0] > 0.0  # the gradient of a convex function: optimal, by Brenier
    moved = result.map(means[0])
    assert np.allclose(moved, means[1])
    cost = np.trace((np.eye(d) - result.matrix) @ covs[0] @ (np.eye(d) - result.matrix))
    assert result.value == pytest.approx(cost + ((means[0] - means[1]) ** 2).sum(), rel=1e-8)


def test_bures_on_the_line_and_of_degenerate_covariances():
    assert otkit.gaussian_wasserstein(0, 1, 3, 4).distance == pytest.approx(math.sqrt(9 + 1))
    near = otkit.gaussian_wasserstein(0, 1, 0, (1 + 1e-9) ** 2)
    assert near.distance == pytest.approx(1e-9, rel=1e-6)  # traces would leave 0, or 1e-8
    point = otkit.gaussian_wasserstein([0, 0], np.zeros((2, 2)), [1, 1], np.eye(2))
    assert point.distance == pytest.approx(2.0)
    with pytest.raises(ValueError, match="would have to be split"):
        point.map([0, 0])
    line = otkit.gaussian_wasserstein([0, 0], np.diag([1.0, 0.0]), [1, 1], np.diag([4.0, 0.0]))
    assert line.map([1, 0]).tolist() == pytest.approx([3, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_covariances_of_few_points_in_short_floats(dtype, rng):
    """Rounding makes their eigenvalues of 0 negative, by d units in the last place of that type."""
    points = rng.normal(size=(10, 50)).astype(np.float32)
    short, full = np.cov(points.T).astype(dtype), np.cov(points.T)
    assert np.linalg.eigvalsh(short.astype(float))[0] < -1e-9
    result = otkit.gaussian_wasserstein(np.zeros(50), short, np.ones(50), np.eye(50))
    expected = otkit.gaussian_wasserstein(np.zeros(50), full, np.ones(50), np.eye(50))
    assert result.distance == pytest.approx(expected.distance, rel=1e-3 if dtype == np.float32 else 1e-2)
    with pytest.raises(ValueError, match="cov0 must be positive semidefinite"):
        otkit.gaussian_wasserstein(np.zeros(50), short - dtype(0.1) * np.eye(50, dtype=dtype), np.ones(50), np.eye(50))


def test_means_whose_squares_overflow():
    result = otkit.gaussian_wasserstein([1e200, 0], np.eye(2), [-1e200, 3], np.eye(2))
    assert (result.distance, result.value) == (2e200, np.inf)


@pytest.mark.parametrize(
    ("cov", "message"),
    [
        ([[1, 2], [0, 1]], "cov1 must be symmetric"),
        ([[1, 2], [2, 1]], "cov1 must be positive semidefinite, but it has the eigenvalue -1"),
        (np.eye(3), r"cov1 must have shape \(2, 2\)"),
        ([[1, np.nan], [np.nan, 1]], "cov1 must be finite"),
    ],
)
def test_bad_covariances(cov, message):
    with pytest.raises(ValueError, match=message):
        otkit.gaussian_wasserstein([0, 0], np.eye(2), [0, 0], cov)
