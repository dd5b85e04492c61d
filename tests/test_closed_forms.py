"""Closed forms against formulas written anew for mpmath, for parameters of every size."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from scipy import stats

import otkit
from otkit.divergences.closed_forms import closed_form
from otkit.divergences.enclosures import Arithmetic, UndecidedError, evaluated
from otkit.divergences.generators import GENERATORS, alpha_divergence

ALPHAS = [0.3, 1.6, -0.4, 3.0]
LARGEST = 1.7976931348623157e308


# --- formulas for mpmath: KL(P‖Q), log ∫ p^α q^{1−α}, and TV or None, of two members that are tuples of floats --------


class Normal:
    """(μ, σ)."""

    def law(self, mu, sigma):
        return stats.norm(mu, sigma)

    def draw(self, rng):
        """Parameters of two members: near each other or far apart, of every size."""
        size = 10.0 ** rng.uniform(-150, 150) if rng.random() < 0.5 else 1.0
        first = (float(rng.normal() * size), size)
        return first, tuple(map(float, near_or_far(rng, first, centre=0)))

    def kl(self, p, q):
        (m, s), (n, t) = p, q
        return ((s / t) ** 2 - 1 - 2 * mpmath.log(s / t) + ((m - n) / t) ** 2) / 2

    def log_affinity(self, p, q, a):
        (m, s), (n, t) = p, q
        middle = a * t**2 + (1 - a) * s**2
        if middle <= 0:
            return mpmath.inf
        return (
            (1 - a) * mpmath.log(s)
            + a * mpmath.log(t)
            - mpmath.log(middle) / 2
            - a * (1 - a) * (m - n) ** 2 / middle / 2
        )

    def tv(self, p, q):
        (m, s), (n, t) = p, q
        if s == t:
            return mpmath.erf(abs(m - n) / s / mpmath.sqrt(8))
        if s > t:
            m, s, n, t = n, t, m, s
        # log p/q = c₂ y² + c₁ y + c₀ of y = x − μ
        c2, c1 = (1 / t**2 - 1 / s**2) / 2, (m - n) / t**2
        c0 = mpmath.log(t / s) + (m - n) ** 2 / t**2 / 2
        root = mpmath.sqrt(c1**2 - 4 * c2 * c0)
        low, high = sorted(((-c1 - root) / (2 * c2), (-c1 + root) / (2 * c2)))

        def inside(centre, scale):
            return mpmath.erf((high - centre) / scale / mpmath.sqrt(2)) - mpmath.erf(
                (low - centre) / scale / mpmath.sqrt(2)
            )

        return (inside(0, s) - inside(n - m, t)) / 2


def near_or_far(rng, first, centre=None):
    """Return parameters near the first, 1e-16 to 1e-9 apart, a factor of up to ten, or of up to 1e150."""
    kind = rng.integers(3)
    second = []
    for k, value in enumerate(first):
        step = 10.0 ** rng.uniform(-16, -9) * rng.choice([-1, 1])
        if rng.random() < 0.2:
            second.append(value)
        elif k == centre:
            gap = (step, rng.normal(), 10.0 ** rng.uniform(-150, 3))[kind]
            second.append(value + gap * first[-1])
        else:
            second.append(value * (1.0 + step, 10.0 ** rng.uniform(-1, 1), 10.0 ** rng.uniform(-150, 150))[kind])
    return second


class Lognormal(Normal):
    """(scale, s): normal with μ = log scale."""

    def law(self, scale, s):
        return stats.lognorm(s, scale=scale)

    def draw(self, rng):
        first = (10.0 ** rng.uniform(-100, 100), 10.0 ** rng.uniform(-3, 3))
        return first, tuple(map(float, near_or_far(rng, first)))

    def kl(self, p, q):
        return super().kl((mpmath.log(p[0]), p[1]), (mpmath.log(q[0]), q[1]))

    def log_affinity(self, p, q, a):
        return super().log_affinity((mpmath.log(p[0]), p[1]), (mpmath.log(q[0]), q[1]), a)

    def tv(self, p, q):
        return super().tv((mpmath.log(p[0]), p[1]), (mpmath.log(q[0]), q[1]))


class Gamma:
    """(shape, scale)."""

    digits = 130  # more make log Γ slow

    def law(self, shape, scale):
        return stats.gamma(shape, scale=scale)

    def draw(self, rng):
        first = (10.0 ** rng.uniform(-4, 6), 10.0 ** rng.uniform(-150, 150))
        return first, tuple(map(float, near_or_far(rng, first)))

    def kl(self, p, q):
        (a, s), (b, t) = p, q
        shapes = (a - b) * mpmath.digamma(a) - mpmath.loggamma(a) + mpmath.loggamma(b)
        return shapes + b * mpmath.log(t / s) + a * (s / t - 1)

    def log_affinity(self, p, q, w):
        (a, s), (b, t) = p, q
        shape, rate = w * a + (1 - w) * b, w / s + (1 - w) / t
        if shape <= 0 or rate <= 0:
            return mpmath.inf
        ends = w * (mpmath.loggamma(a) + a * mpmath.log(s)) + (1 - w) * (mpmath.loggamma(b) + b * mpmath.log(t))
        return mpmath.loggamma(shape) - shape * mpmath.log(rate) - ends

    def tv(self, p, q):
        (a, s), (b, t) = p, q
        if a > 30 or a != b:
            return None
        x = a * mpmath.log(s / t) / (1 / t - 1 / s)
        return abs(mpmath.gammainc(a, 0, x / s, regularized=True) - mpmath.gammainc(a, 0, x / t, regularized=True))


class Exponential(Gamma):
    """(scale,)."""

    def law(self, scale):
        return stats.expon(scale=scale)

    def draw(self, rng):
        first = (10.0 ** rng.uniform(-150, 150),)
        return first, tuple(map(float, near_or_far(rng, first)))

    def kl(self, p, q):
        return super().kl((mpf(1), p[0]), (mpf(1), q[0]))

    def log_affinity(self, p, q, w):
        return super().log_affinity((mpf(1), p[0]), (mpf(1), q[0]), w)

    def tv(self, p, q):
        (s,), (t,) = p, q
        x = mpmath.log(s / t) / (1 / t - 1 / s)
        return abs(mpmath.exp(-x / s) - mpmath.exp(-x / t))


class ChiSquared(Gamma):
    """(degrees of freedom,)."""

    def law(self, df):
        return stats.chi2(df)

    def draw(self, rng):
        first = (10.0 ** rng.uniform(-3, 5),)
        return first, tuple(map(float, near_or_far(rng, first)))

    def kl(self, p, q):
        return super().kl((p[0] / 2, mpf(2)), (q[0] / 2, mpf(2)))

    def log_affinity(self, p, q, w):
        return super().log_affinity((p[0] / 2, mpf(2)), (q[0] / 2, mpf(2)), w)

    def tv(self, p, q):
        return None


class Beta:
    """(a, b)."""

    digits = 130

    def law(self, a, b):
        return stats.beta(a, b)

    def draw(self, rng):
        first = tuple(10.0 ** rng.uniform(-3, 4, size=2))
        return tuple(map(float, first)), tuple(map(float, near_or_far(rng, first)))

    def log_beta(self, a, b):
        return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)

    def kl(self, p, q):
        (a, b), (c, d) = p, q
        ends = (a - c) * mpmath.digamma(a) + (b - d) * mpmath.digamma(b) + (c - a + d - b) * mpmath.digamma(a + b)
        return self.log_beta(c, d) - self.log_beta(a, b) + ends

    def log_affinity(self, p, q, w):
        a, b = (w * x + (1 - w) * y for x, y in zip(p, q, strict=True))
        if a <= 0 or b <= 0:
            return mpmath.inf
        return self.log_beta(a, b) - w * self.log_beta(*p) - (1 - w) * self.log_beta(*q)

    def tv(self, p, q):
        return None


class Laplace:
    """(μ, b)."""

    def law(self, mu, b):
        return stats.laplace(mu, b)

    draw = Normal.draw

    def kl(self, p, q):
        (m, b), (n, c) = p, q
        gap = abs(m - n)
        return mpmath.log(c / b) + gap / c + b / c * mpmath.exp(-gap / b) - 1

    def log_affinity(self, p, q, w):
        (m, b), (n, c) = p, q
        gap, s, t = abs(m - n), w / b, (1 - w) / c
        if s + t <= 0:
            return mpmath.inf
        low, high = mpmath.exp(-s * gap), mpmath.exp(-t * gap)
        between = gap * low if s == t else (high - low) / (s - t)
        return mpmath.log((low + high) / (s + t) + between) - w * mpmath.log(2 * b) - (1 - w) * mpmath.log(2 * c)

    def tv(self, p, q):
        return None if p[1] != q[1] else 1 - mpmath.exp(-abs(p[0] - q[0]) / (2 * p[1]))


class Pareto:
    """(shape, least value)."""

    def law(self, shape, least):
        return stats.pareto(shape, scale=least)

    def draw(self, rng):
        first = (10.0 ** rng.uniform(-3, 3), 10.0 ** rng.uniform(-100, 100))
        return first, tuple(map(float, near_or_far(rng, first)))

    def kl(self, p, q):
        (a, x), (b, y) = p, q
        return mpmath.inf if x < y else mpmath.log(a / b) + b / a - 1 + b * mpmath.log(x / y)

    def log_affinity(self, p, q, w):
        (a, x), (b, y) = p, q
        shape, start = w * a + (1 - w) * b, max(x, y)
        if shape <= 0 or (w > 1 and x < y) or (w < 0 and x > y):
            return mpmath.inf
        ends = w * a * mpmath.log(x / start) + (1 - w) * b * mpmath.log(y / start)
        return w * mpmath.log(a) + (1 - w) * mpmath.log(b) - mpmath.log(shape) + ends

    def tv(self, p, q):
        return None


def share(rng):
    """A probability, near 0 or 1 at times, but neither."""
    value = 10.0 ** rng.uniform(-12, -0.01) if rng.random() < 0.5 else float(rng.uniform(0.001, 0.999))
    return value if rng.random() < 0.5 else 1.0 - value


class Binomial:
    """(p,) with n = 7."""

    n = 7

    def law(self, p):
        return stats.binom(self.n, p)

    def draw(self, rng):
        first = share(rng)
        step = 10.0 ** rng.uniform(-15, -9)
        second = share(rng) if rng.random() < 0.6 else first * (1.0 - step)
        return (first,), (second,)

    def kl(self, p, q):
        (a,), (b,) = p, q
        return self.n * (a * mpmath.log(a / b) + (1 - a) * mpmath.log((1 - a) / (1 - b)))

    def log_affinity(self, p, q, w):
        (a,), (b,) = p, q
        return self.n * mpmath.log(a**w * b ** (1 - w) + (1 - a) ** w * (1 - b) ** (1 - w))

    def mass(self, p, k):
        return mpmath.binomial(self.n, k) * p[0] ** k * (1 - p[0]) ** (self.n - k)

    def tv(self, p, q):
        return sum(abs(self.mass(p, k) - self.mass(q, k)) for k in range(self.n + 1)) / 2


class Bernoulli(Binomial):
    """(p,)."""

    n = 1

    def law(self, p):
        return stats.bernoulli(p)


class Poisson:
    """(mean,)."""

    def law(self, mean):
        return stats.poisson(mean)

    def draw(self, rng):
        first = (10.0 ** rng.uniform(-100, 2),)
        second = near_or_far(rng, first)
        return first, (min(float(second[0]), 1e3),)

    def kl(self, p, q):
        return p[0] * mpmath.log(p[0] / q[0]) - p[0] + q[0]

    def log_affinity(self, p, q, w):
        return p[0] ** w * q[0] ** (1 - w) - w * p[0] - (1 - w) * q[0]

    def tv(self, p, q):
        if max(p[0], q[0]) > 40:
            return None
        return (
            sum(
                abs(p[0] ** k * mpmath.exp(-p[0]) - q[0] ** k * mpmath.exp(-q[0])) / mpmath.factorial(k)
                for k in range(300)
            )
            / 2
        )


class Geometric:
    """(p,)."""

    def law(self, p):
        return stats.geom(p)

    draw = Binomial.draw

    def kl(self, p, q):
        (a,), (b,) = p, q
        return mpmath.log(a / b) + (1 - a) / a * mpmath.log((1 - a) / (1 - b))

    def log_affinity(self, p, q, w):
        (a,), (b,) = p, q
        step = (1 - a) ** w * (1 - b) ** (1 - w)
        return mpmath.inf if step >= 1 else mpmath.log(a**w * b ** (1 - w) / (1 - step))

    def tv(self, p, q):
        (a,), (b,) = p, q
        k = 1 + mpmath.floor(-mpmath.log(a / b) / mpmath.log((1 - a) / (1 - b)))
        return abs((1 - a) ** k - (1 - b) ** k)


class Uniform:
    """(start, width): by the masses in common and alone, and the ratio of densities."""

    def law(self, start, width):
        return stats.uniform(start, width)

    draw = Normal.draw

    def parts(self, p, q):
        (a, v), (b, w) = p, q
        shared = max(mpf(0), min(a + v, b + w) - max(a, b))
        return shared / w, w / v, 1 - shared / v, 1 - shared / w

    def kl(self, p, q):
        inside, u, outside, _ = self.parts(p, q)
        return mpmath.inf if outside > 0 else inside * u * mpmath.log(u)

    def log_affinity(self, p, q, w):
        inside, u, outside, other = self.parts(p, q)
        if (w > 1 and outside > 0) or (w < 0 and other > 0):
            return mpmath.inf
        return mpmath.log(inside) + w * mpmath.log(u) if inside > 0 else -mpmath.inf

    def tv(self, p, q):
        inside, u, outside, other = self.parts(p, q)
        return (inside * abs(u - 1) + outside + other) / 2


FAMILIES = {
    kind.__name__.lower(): kind()
    for kind in (
        Normal, Lognormal, Gamma, Exponential, ChiSquared, Beta, Laplace, Pareto, Uniform, Binomial, Bernoulli, Poisson,
        Geometric,
    )
}  # fmt: skip
NAMES = ["kl", "reverse_kl", "jeffreys", "hellinger", "chi2", "neyman", "tv", *ALPHAS]
POWERS = {"hellinger": (0.5, -2), "chi2": (2, 1), "neyman": (-1, 1)}


def exact(family, name, p, q):
    """D_f(P‖Q) by mpmath at its present precision; None where this file has no formula."""
    if p == q:
        return mpf(0)
    p, q = (tuple(map(mpf, law)) for law in (p, q))
    if name == "kl":
        return family.kl(p, q)
    if name == "reverse_kl":
        return family.kl(q, p)
    if name == "jeffreys":
        return family.kl(p, q) + family.kl(q, p)
    if name == "tv":
        return family.tv(p, q)
    alpha, weight = POWERS.get(name, (name, None))
    alpha = mpf(alpha)
    weight = 1 / (alpha * (alpha - 1)) if weight is None else weight
    return weight * mpmath.expm1(family.log_affinity(p, q, alpha))


def with_enough_digits(formula, digits=350):
    """The formula at so many digits and more, until twice as many say the same: then neither has lost its digits."""
    before = None
    while digits < 6000:
        with mpmath.workdps(digits):
            now = formula()
            if now is None or (
                before is not None and (now == before or abs(now - before) <= abs(now) * mpf(10) ** -25)
            ):
                return now
            before, digits = now, 2 * digits
    raise AssertionError("no precision is enough")


def divergence_of(name):
    return alpha_divergence(name) if isinstance(name, float) else GENERATORS[name]


def require_right(family, name, p, q):
    """The closed form lies within its own error of many digits, and the error is that of one rounding.

    Return whether there is such a form here and there, so that there was something to judge.
    """
    true = with_enough_digits(lambda: exact(family, name, p, q), getattr(family, "digits", 350))
    result = closed_form(divergence_of(name), family.law(*p), family.law(*q))
    if true is None or result is None:
        return False
    said = (name, p, q, result, true)
    assert result.kind == "exact", said
    if true == mpmath.inf:
        assert (result.value, result.error) == (math.inf, 0.0), said
    elif true > LARGEST * (1 + mpf(2) ** -54):
        assert result.value == result.error == math.inf, said
        assert "beyond float64" in result.detail, said
    else:
        with mpmath.workdps(60):
            assert abs(mpf(result.value) - true) <= result.error, said
        assert result.error <= 2.0**-52 * result.value + 5e-324, said
    return True


@pytest.mark.parametrize("name", FAMILIES)
def test_closed_forms_are_right_to_the_last_bit(name, rng):
    family, judged = FAMILIES[name], set()
    for _ in range(5):
        p, q = family.draw(rng)
        judged |= {divergence for divergence in NAMES if require_right(family, divergence, p, q)}
    assert judged >= {"kl", "reverse_kl", "jeffreys", "hellinger"}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_ten_thousand_pairs_of_each_family(name):
    family, rng = FAMILIES[name], np.random.default_rng(15)
    for _ in range(10_000):
        p, q = family.draw(rng)
        require_right(family, NAMES[rng.integers(len(NAMES))], p, q)


# --- normal distributions in space -----------------------------------------------------------------------------------


def gaussian_in_mpmath(name, p, q):
    """By determinants and traces, at the present precision."""
    (m, c), (n, e) = ((mpmath.matrix(law[0].tolist()), mpmath.matrix(law[1].tolist())) for law in (p, q))
    step = m - n
    if name == "kl":
        inverse = e**-1
        product = inverse * c
        trace = sum(product[k, k] for k in range(len(m)))
        shift = (step.T * inverse * step)[0]
        return (trace - len(m) + shift + mpmath.log(mpmath.det(e) / mpmath.det(c))) / 2
    if name == "tv":
        return mpmath.erf(mpmath.sqrt((step.T * e**-1 * step)[0] / 8))
    alpha, weight = (mpf(x) for x in POWERS[name])
    middle = alpha * e + (1 - alpha) * c
    if min(mpmath.eigsy(middle, eigvals_only=True)) <= 0:
        return mpmath.inf
    logs = (1 - alpha) * mpmath.log(mpmath.det(c)) + alpha * mpmath.log(mpmath.det(e)) - mpmath.log(mpmath.det(middle))
    return weight * mpmath.expm1((logs - alpha * (1 - alpha) * (step.T * middle**-1 * step)[0]) / 2)


def covariances(rng, d):
    """Two covariances: at times near each other, ill-conditioned, or of very different scales in each coordinate."""
    roots = rng.normal(size=(2, d, d)) * 10.0 ** rng.uniform(-6, 6, size=d) ** rng.integers(2)
    roots[0] *= (10.0 ** rng.uniform(-12, 0, size=d))[:, None] ** rng.integers(2)
    first, second = roots @ roots.transpose(0, 2, 1)
    if rng.random() < 0.3:
        second = first * (1.0 + 1e-12 * np.diag(rng.normal(size=d)))
    return first, second


def gaussians(rng, d):
    return [(rng.normal(size=d), covariance) for covariance in covariances(rng, d)]


def frozen(law):
    return stats.multivariate_normal(*law, allow_singular=True)


def is_definite(covariance):
    """Whether rounding left the matrix positive definite, which decides what the divergence is."""
    with mpmath.workdps(200):
        return min(mpmath.eigsy(mpmath.matrix(covariance.tolist()), eigvals_only=True)) > 0


@pytest.mark.parametrize("name", ["kl", "hellinger", "chi2", "neyman"])
@pytest.mark.parametrize("d", [2, 3, 5])
def test_normal_distributions_in_space(name, d, rng):
    for _ in range(4):
        p, q = gaussians(rng, d)
        if not (is_definite(p[1]) and is_definite(q[1])):
            with pytest.raises(ValueError, match="must have a positive definite covariance"):
                closed_form(GENERATORS[name], frozen(p), frozen(q))
            continue
        with mpmath.workdps(300):
            true = gaussian_in_mpmath(name, p, q)
            result = closed_form(GENERATORS[name], frozen(p), frozen(q))
            if mpmath.isinf(true) or true > LARGEST:
                assert result.value == math.inf
                assert result.error == (0.0 if mpmath.isinf(true) else math.inf)
            else:
                assert abs(mpf(result.value) - true) <= result.error <= 2.0**-52 * result.value, (p, q, result)


@pytest.mark.parametrize("d", [20, 40])
def test_normal_distributions_in_many_dimensions_by_floats(d, rng):
    """The bound for float64 holds, and is not so wide as to be of no use."""
    roots = rng.normal(size=(2, d, d))
    p, q = ((rng.normal(size=d), root @ root.T + np.eye(d)) for root in roots)
    result = closed_form(GENERATORS["kl"], frozen(p), frozen(q))
    with mpmath.workdps(50):
        true = gaussian_in_mpmath("kl", p, q)
        assert abs(mpf(result.value) - true) <= result.error <= 1e-7 * result.value


def test_scales_of_coordinates_do_not_matter():
    squeezed = stats.multivariate_normal([0, 0], np.diag([1e-18, 1.0]), allow_singular=True)
    plane = stats.multivariate_normal([0, 0], np.eye(2))
    assert otkit.kl(squeezed, plane) == otkit.kl(stats.norm(0, 1e-9), stats.norm(0, 1))
    assert otkit.hellinger(squeezed, plane) == otkit.hellinger(stats.norm(0, 1e-9), stats.norm(0, 1))
    moved = stats.multivariate_normal([3e-9, 0], np.diag([1e-18, 1.0]), allow_singular=True)
    assert otkit.tv(squeezed, moved) == pytest.approx(math.erf(3.0 / math.sqrt(8.0)), rel=1e-15)


# --- borders, and what lies beyond floats ----------------------------------------------------------------------------


def test_on_the_border_the_integral_is_infinite():
    """Where α σ_q² + (1 − α) σ_p² is 0 exactly, or det of the like; and next to it huge, but finite."""
    five_thirds = alpha_divergence(-0.5625)  # 1.5625 σ_p² = 0.5625 σ_q²
    assert closed_form(five_thirds, stats.norm(0, 3), stats.norm(0, 5)).error == 0.0
    twice = stats.multivariate_normal([0, 0], np.diag([2.0, 1.0]))
    plane = stats.multivariate_normal([0, 0], np.eye(2))
    assert closed_form(GENERATORS["chi2"], twice, plane).value == math.inf
    assert closed_form(GENERATORS["chi2"], twice, plane).error == 0.0
    nearly = stats.multivariate_normal([0, 0], np.diag([2.0 - 2.0**-51, 1.0]))
    assert 1e7 < closed_form(GENERATORS["chi2"], nearly, plane).value < 1e9
    assert otkit.chi2(stats.geom(0.5), stats.geom(0.75)) == math.inf
    assert otkit.chi2(stats.expon(scale=2.0), stats.expon(scale=1.0)) == math.inf


def test_beyond_floats_is_not_infinity():
    result = otkit.f_divergence("chi2", stats.norm(0, 1), stats.norm(40, 1))
    assert result.value == result.error == math.inf
    assert "beyond float64" in str(result)
    assert "10^694" in str(result)
    assert result.interval() == (LARGEST, math.inf)
    infinite = otkit.f_divergence("chi2", stats.norm(0, 2), stats.norm(0, 1))
    assert (infinite.value, infinite.error, infinite.interval()) == (math.inf, 0.0, (math.inf, math.inf))
    assert otkit.f_divergence("kl", stats.norm(0, 1e160), stats.norm(0, 1)).error == math.inf
    tiny = otkit.f_divergence("kl", stats.norm(0, 1), stats.norm(1e-170, 1))
    assert tiny.value == 0.0 < tiny.error <= 1e-320


def test_equal_distributions():
    for law in (stats.norm(0.1, 0.7), stats.beta(0.3, 2), stats.multivariate_normal([1, 2]), stats.poisson(0.3)):
        for divergence in GENERATORS.values():
            result = closed_form(divergence, law, law)
            assert result.value == pytest.approx(0.0 if divergence.name != "gan" else -math.log(4), abs=1e-16)
    assert closed_form(GENERATORS["kl"], stats.chi2(4), stats.gamma(2, scale=2)).value == 0.0


def test_newer_normal_distributions_have_the_same():
    p, q = stats.Normal(mu=0.25, sigma=1e-9), stats.Normal()
    assert otkit.kl(p, q) == otkit.kl(stats.norm(0.25, 1e-9), stats.norm())
    assert otkit.tv(p, stats.norm()) == otkit.tv(stats.norm(0.25, 1e-9), stats.norm())


@pytest.mark.parametrize("name", GENERATORS)
def test_uniform_distributions_of_every_divergence(name):
    """Inside each other, overlapping, and apart."""
    for p, q in (
        ((0.0, 1.0), (0.0, 2.0)),
        ((0.0, 1e-9), (0.0, 1.0)),
        ((0.0, 1.0), (0.5, 1.0)),
        ((0.0, 1.0), (3.0, 1e-200)),
    ):
        result = closed_form(GENERATORS[name], stats.uniform(*p), stats.uniform(*q))
        shared = max(0.0, min(p[0] + p[1], q[0] + q[1]) - max(p[0], q[0]))
        cells = np.array([[shared / p[1], 1.0 - shared / p[1], 0.0], [shared / q[1], 0.0, 1.0 - shared / q[1]]])
        assert result.value == pytest.approx(otkit.f_divergence(name, *cells).value, rel=1e-12)


def test_enclosures_hold_what_they_say(rng):
    for digits in (40, 90):
        to = Arithmetic(digits)
        for _ in range(30):
            x, y = rng.normal(size=2) * 10.0 ** rng.uniform(-30, 2, size=2)
            with mpmath.workdps(2 * digits):
                a, b = mpf(x), mpf(y)
                for found, true in (
                    (to.number(x) * to.number(y) - to.number(y) / to.number(x), a * b - b / a),
                    (to.number(x).expm1(), mpmath.expm1(a)),
                    (abs(to.number(x)).log() + abs(to.number(y)).sqrt(), mpmath.log(abs(a)) + mpmath.sqrt(abs(b))),
                    (to.pi * to.number(x), mpmath.pi * a),
                ):
                    assert mpf(str(found.low)) <= true <= mpf(str(found.high))
                    assert mpf(str(found.width)) <= abs(true) * mpf(10) ** (4 - digits) + mpf(10) ** (2 - digits)


def test_what_no_number_of_digits_decides():
    with pytest.raises(UndecidedError):
        evaluated(lambda to: (to.number(2).sqrt().squared() - 2).log())
