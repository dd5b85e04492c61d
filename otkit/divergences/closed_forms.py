"""Closed forms of f-divergences between two members of one family.

Everything follows from two numbers a family knows of its pairs: KL(P‖Q), and the affinity ∫ p^α q^{1−α}, whose
logarithm is (α − 1) times Rényi's divergence (M. Gil, F. Alajaji & T. Linder, *Rényi divergence measures for
commonly used univariate continuous distributions*, Information Sciences 249, 2013). Total variation is a difference of
distribution functions where p and q cross. Each is given as a list of terms to be summed, so that their
sizes bound the rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.distributions import family_of
from otkit.divergences.generators import FDivergence
from otkit.divergences.log_ratio import exp_remainder
from otkit.divergences.result import DivergenceResult

Terms = list[float]

_EPS = float(np.finfo(np.float64).eps)
_ROUNDINGS = 16.0  # special functions included
_LARGEST_LOG = 709.0
_INFINITE: Terms = [math.inf]


@dataclass(frozen=True)
class Pair:
    """Two members of a family.

    Attributes
    ----------
    family : str
    kl, reverse_kl : callable
        Terms whose sum is KL(P‖Q), KL(Q‖P).
    log_affinity : callable
        Terms whose sum is log ∫ p^α q^{1−α}, over the points where both p and q are positive, given α.
    tv : callable, optional
        Terms whose sum is the total variation.
    hidden : float
        Size of what cancels within a term.
    """

    family: str
    kl: Callable[[], Terms]
    reverse_kl: Callable[[], Terms]
    log_affinity: Callable[[float], Terms]
    tv: Callable[[], Terms] | None = None
    hidden: float = 0.0


# name -> (α, c): the divergence is c (∫ p^α q^{1−α} − 1)
_BY_AFFINITY = {"hellinger": (0.5, -2.0), "chi2": (2.0, 1.0), "neyman": (-1.0, 1.0)}


def closed_form(divergence: FDivergence, p: Any, q: Any) -> DivergenceResult | None:
    """Return D_f(P‖Q) in closed form; None where otkit knows none.

    Parameters
    ----------
    divergence : FDivergence
    p, q : object
        Recognised are scipy.stats' frozen norm, lognorm, multivariate_normal, expon, gamma, chi2, erlang, beta,
        laplace, pareto, uniform, bernoulli, binom, poisson and geom, both of one family.

    Returns
    -------
    DivergenceResult or None
        Kind "exact"; the error bounds the rounding.

    Examples
    --------
    >>> from scipy import stats
    >>> from otkit.divergences.closed_forms import closed_form
    >>> from otkit.divergences.generators import GENERATORS
    >>> closed_form(GENERATORS["kl"], stats.expon(scale=1), stats.expon(scale=0.5)).value  # 1 − log 2
    0.3068528194400...
    >>> closed_form(GENERATORS["js"], stats.norm(0, 1), stats.norm(1, 1)) is None
    True
    """
    interval_p, interval_q = _interval(p), _interval(q)
    if interval_p is not None and interval_q is not None:
        return _uniform(divergence, interval_p, interval_q)
    pair = pair_of(p, q)
    if pair is None:
        return None
    terms, weight, alpha = _terms(divergence, pair)
    if terms is None:
        return None
    detail = f"closed form for {pair.family}"
    total = math.fsum(terms) if all(map(math.isfinite, terms)) else sum(terms)
    error = _ROUNDINGS * _EPS * (sum(map(abs, terms)) + pair.hidden)
    value = total
    if alpha is not None:
        value = weight * (math.expm1(total) if total < _LARGEST_LOG else math.inf)
    if math.isinf(value):
        return DivergenceResult(math.inf, "exact", 0.0, detail)
    if alpha is not None:
        error = abs(weight) * math.exp(total) * error + 4.0 * _EPS * abs(value)
    return DivergenceResult(float(value), "exact", float(error), detail)


def _terms(divergence: FDivergence, pair: Pair) -> tuple[Terms | None, float, float | None]:
    if divergence.alpha is not None:
        alpha = divergence.alpha
        return pair.log_affinity(alpha), 1.0 / (alpha * (alpha - 1.0)), alpha
    if divergence.name in _BY_AFFINITY:
        alpha, weight = _BY_AFFINITY[divergence.name]
        return pair.log_affinity(alpha), weight, alpha
    match divergence.name:
        case "kl":
            return pair.kl(), 1.0, None
        case "reverse_kl":
            return pair.reverse_kl(), 1.0, None
        case "jeffreys":
            return pair.kl() + pair.reverse_kl(), 1.0, None
        case "tv" if pair.tv is not None:
            return pair.tv(), 1.0, None
    return None, 1.0, None


def pair_of(p: Any, q: Any) -> Pair | None:
    """Return what is known of two distributions of one family; None if they are not of one that otkit knows."""
    normal_p, normal_q = _gaussian_of(p), _gaussian_of(q)
    if normal_p is not None and normal_q is not None:
        return _normal(*normal_p, *normal_q)
    known_p, known_q = family_of(p), family_of(q)
    if known_p is None or known_q is None:
        return None
    gamma_p, gamma_q = _gamma_of(*known_p), _gamma_of(*known_q)
    if gamma_p is not None and gamma_q is not None:
        return _gamma(gamma_p, gamma_q) if known_p[2] == known_q[2] else None
    name = known_p[0]
    if name != known_q[0] or name not in _FAMILIES or not _valid(p) or not _valid(q):
        return None
    return _FAMILIES[name](*known_p[1:], *known_q[1:])


def _valid(law: Any) -> bool:
    return not np.isnan(law.support()).any()


def log_of_ratio(a: float, b: float) -> float:
    """Return log(a/b), to full relative precision where a is near b."""
    return math.log1p((a - b) / b) if 0.5 < a / b < 2.0 else math.log(a) - math.log(b)


def _remainder(x: float) -> float:
    """Return e^x − 1 − x."""
    return float(exp_remainder(x))


def _tilted_power(alpha: float, x: float) -> float:
    """Return e^{αx} − 1 − α (e^x − 1)."""
    return _remainder(alpha * x) - alpha * _remainder(x)


# --- normal ----------------------------------------------------------------------------------------------------------


def _gaussian_of(law: Any) -> tuple[FloatArray, FloatArray] | None:
    """Return mean and covariance of a normal distribution; the name of the family is the caller's affair."""
    if type(law).__name__ == "multivariate_normal_frozen":
        return np.atleast_1d(law.mean).astype(float), np.atleast_2d(law.cov).astype(float)
    if type(law).__name__ == "Normal" and hasattr(law, "sigma"):
        parameters = np.asarray(law.mu), np.asarray(law.sigma)
        if all(x.ndim == 0 for x in parameters):
            return parameters[0].reshape(1).astype(float), np.square(parameters[1].reshape(1, 1).astype(float))
    known = family_of(law)
    if known is not None and known[0] == "norm" and known[3] > 0.0:
        return np.array([known[2]]), np.array([[known[3] ** 2]])
    return None


def _normal(mean_p: FloatArray, cov_p: FloatArray, mean_q: FloatArray, cov_q: FloatArray) -> Pair | None:
    if mean_p.shape != mean_q.shape:
        return None
    try:
        forward = _relative(mean_p, cov_p, mean_q, cov_q)
        backward = _relative(mean_q, cov_q, mean_p, cov_p)
    except np.linalg.LinAlgError:
        raise ValueError(
            "p and q must have positive definite covariances: a normal distribution on a subspace has no density."
        ) from None

    def kl(excess: FloatArray, shift: FloatArray) -> Terms:
        return [*(0.5 * exp_remainder(np.log1p(excess))), *(0.5 * np.square(shift))]

    def log_affinity(alpha: float) -> Terms:
        excess, shift = forward
        mixed = (1.0 - alpha) * excess + 1.0  # (1 − α) λ + α: eigenvalues of (1 − α) Σ_p + α Σ_q against Σ_q
        if (mixed <= 0.0).any():
            return _INFINITE
        logs = np.log1p((1.0 - alpha) * excess) - (1.0 - alpha) * np.log1p(excess)
        return [*(-0.5 * logs), *(-0.5 * alpha * (1.0 - alpha) * np.square(shift) / mixed)]

    same = not forward[0].any()
    tv = None
    if mean_p.size == 1:

        def tv() -> Terms:
            return _normal_tv(mean_p[0], math.sqrt(cov_p[0, 0]), mean_q[0], math.sqrt(cov_q[0, 0]))
    elif same:

        def tv() -> Terms:
            return [math.erf(float(np.linalg.norm(forward[1])) / math.sqrt(8.0))]

    return Pair("normal distributions", lambda: kl(*forward), lambda: kl(*backward), log_affinity, tv)


def _relative(
    mean_p: FloatArray, cov_p: FloatArray, mean_q: FloatArray, cov_q: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return λ − 1 for the eigenvalues λ of Σ_p relative to Σ_q, and the difference of means along their axes."""
    from scipy.linalg import cholesky, solve_triangular

    if mean_p.size == 1:
        return (cov_p - cov_q)[0] / cov_q[0], (mean_p - mean_q) / np.sqrt(cov_q[0])
    cholesky(cov_p)
    root = cholesky(cov_q, lower=True)

    def whitened(matrix: FloatArray) -> FloatArray:
        half = solve_triangular(root, matrix, lower=True)
        return solve_triangular(root, half.T, lower=True)

    excess, axes = np.linalg.eigh(whitened(cov_p - cov_q))
    if np.abs(excess).max() > 0.5:  # far from equal: λ itself is the accurate one
        eigenvalues, axes = np.linalg.eigh(whitened(cov_p))
        excess = eigenvalues - 1.0
    return excess, axes.T @ solve_triangular(root, mean_p - mean_q, lower=True)


def _normal_tv(mean_p: float, sigma_p: float, mean_q: float, sigma_q: float) -> Terms:
    """Return P − Q of the interval where the narrower density exceeds the wider."""
    from scipy.special import ndtr

    if sigma_p == sigma_q:
        return [math.erf(abs(mean_p - mean_q) / sigma_p / math.sqrt(8.0))]
    narrow, wide = min(sigma_p, sigma_q), max(sigma_p, sigma_q)
    shift = abs(mean_p - mean_q) / narrow
    ratio, log = wide / narrow, log_of_ratio(wide, narrow)
    root = ratio * math.sqrt(shift**2 + 2.0 * math.expm1(2.0 * log) * log)
    right = (shift**2 + 2.0 * ratio**2 * log) / (shift + root)
    left = -(shift + root) / math.expm1(2.0 * log)
    return [
        float(ndtr(right)),
        -float(ndtr((right - shift) / ratio)),
        -float(ndtr(left)),
        float(ndtr((left - shift) / ratio)),
    ]


def _lognormal(
    shape_p: tuple[float], loc_p: float, scale_p: float, shape_q: tuple[float], loc_q: float, scale_q: float
) -> Pair | None:
    """Compare the logarithms: a bijection changes no f-divergence."""
    if loc_p != loc_q:
        return None
    means = np.array([math.log(scale_p)]), np.array([math.log(scale_q)])
    return _normal(means[0], np.array([[shape_p[0] ** 2]]), means[1], np.array([[shape_q[0] ** 2]]))


# --- gamma, exponential, beta, Laplace, Pareto, uniform ---------------------------------------------------------------


def _gamma_of(name: str, shapes: tuple[float, ...], loc: float, scale: float) -> tuple[float, float] | None:
    """Return shape and scale of the distributions that are gamma distributions."""
    shape = {
        "expon": lambda: 1.0,
        "gamma": lambda: shapes[0],
        "erlang": lambda: shapes[0],
        "chi2": lambda: shapes[0] / 2,
    }
    if name not in shape or not shape[name]() > 0.0 or not scale > 0.0:
        return None
    return shape[name](), 2.0 * scale if name == "chi2" else scale


def _gamma(p: tuple[float, float], q: tuple[float, float]) -> Pair:
    from scipy.special import digamma, gammainc, gammaln

    def kl(p: tuple[float, float], q: tuple[float, float]) -> Terms:
        (a, s), (b, t) = p, q
        terms = [a * _remainder(log_of_ratio(s, t))]  # a (s/t − 1 − log(s/t))
        if a != b:
            terms += [(a - b) * digamma(a), -gammaln(a), gammaln(b), (a - b) * log_of_ratio(s, t)]
        return terms

    def log_affinity(alpha: float) -> Terms:
        (a, s), (b, t) = p, q
        shape, ratio = alpha * a + (1.0 - alpha) * b, log_of_ratio(t, s)
        rate = math.exp(ratio) * alpha + 1.0 - alpha  # in units of 1/t
        if shape <= 0.0 or rate <= 0.0:
            return _INFINITE
        terms = [-shape * math.log1p(alpha * math.expm1(ratio)), alpha * a * ratio]
        if a != b:
            terms += [gammaln(shape), -alpha * gammaln(a), -(1.0 - alpha) * gammaln(b)]
        return terms

    def tv() -> Terms:
        (a, s), (_, t) = p, q
        if s == t:
            return [0.0]
        crossing = a * log_of_ratio(s, t) / (1.0 / t - 1.0 / s)
        low, high = sorted((float(gammainc(a, crossing / s)), float(gammainc(a, crossing / t))))
        return [high, -low]

    name = "exponential distributions" if p[0] == q[0] == 1.0 else "gamma distributions"
    return Pair(name, lambda: kl(p, q), lambda: kl(q, p), log_affinity, tv if p[0] == q[0] else None, 1.0)


def _beta(
    p: tuple[float, float], loc_p: float, scale_p: float, q: tuple[float, float], loc_q: float, scale_q: float
) -> Pair | None:
    from scipy.special import betaln, digamma

    if (loc_p, scale_p) != (loc_q, scale_q):
        return None

    def kl(p: tuple[float, float], q: tuple[float, float]) -> Terms:
        (a, b), (c, d) = p, q
        ends = [(a - c) * digamma(a), (b - d) * digamma(b), (c - a + d - b) * digamma(a + b)]
        return [betaln(c, d), -betaln(a, b), *ends]

    def log_affinity(alpha: float) -> Terms:
        a, b = (alpha * x + (1.0 - alpha) * y for x, y in zip(p, q, strict=True))
        if a <= 0.0 or b <= 0.0:
            return _INFINITE
        return [betaln(a, b), -alpha * betaln(*p), -(1.0 - alpha) * betaln(*q)]

    return Pair("beta distributions", lambda: kl(p, q), lambda: kl(q, p), log_affinity, hidden=1.0)


def _laplace(_: tuple[()], mu: float, b: float, __: tuple[()], nu: float, c: float) -> Pair:
    gap = abs(mu - nu)

    def kl(b: float, c: float) -> Terms:
        return [_remainder(log_of_ratio(b, c)), b / c * _remainder(-gap / b)]

    def log_affinity(alpha: float) -> Terms:
        s, t = alpha / b, (1.0 - alpha) / c
        if s + t <= 0.0:
            return _INFINITE
        # Outside [μ, ν] two exponential tails; between them e^{−s x − t (gap − x)}. Larger exponent taken out.
        least, difference = min(s, t), abs(s - t)
        between = gap if difference * gap < 1e-300 else -math.expm1(-difference * gap) / difference
        inner = (1.0 + math.exp(-difference * gap)) / (s + t) + between
        return [-least * gap, math.log(inner), -math.log(2.0), -alpha * math.log(b), -(1.0 - alpha) * math.log(c)]

    tv = None if b != c else lambda: [-math.expm1(-gap / (2.0 * b))]
    return Pair("Laplace distributions", lambda: kl(b, c), lambda: kl(c, b), log_affinity, tv, 1.0)


def _pareto(
    shape_p: tuple[float], loc_p: float, start_p: float, shape_q: tuple[float], loc_q: float, start_q: float
) -> Pair | None:
    if loc_p != loc_q:
        return None
    (a,), (b,) = shape_p, shape_q
    log = log_of_ratio(start_p, start_q)

    def kl(a: float, b: float, log: float) -> Terms:
        return _INFINITE if log < 0.0 else [_remainder(log_of_ratio(b, a)), b * log]

    def log_affinity(alpha: float) -> Terms:
        ratio = log_of_ratio(a, b)
        shape = alpha * a + (1.0 - alpha) * b
        if shape <= 0.0 or (alpha > 1.0 and log < 0.0) or (alpha < 0.0 and log > 0.0):
            return _INFINITE
        # ∫ from the larger start on
        start = -(1.0 - alpha) * b * log if log > 0.0 else alpha * a * log
        return [alpha * ratio, -math.log1p(alpha * math.expm1(ratio)), start]

    return Pair("Pareto distributions", lambda: kl(a, b, log), lambda: kl(b, a, -log), log_affinity)


def _interval(law: Any) -> tuple[float, float] | None:
    known = family_of(law)
    if known is None or known[0] != "uniform" or not known[3] > 0.0:
        return None
    return known[2], known[2] + known[3]


def _uniform(divergence: FDivergence, p: tuple[float, float], q: tuple[float, float]) -> DivergenceResult:
    """Return D_f of two uniform distributions: the ratio is constant where both live."""
    (a, b), (c, d) = p, q
    shared = max(0.0, min(b, d) - max(a, c))
    value, size = 0.0, 0.0
    if shared > 0.0:
        value = shared / (d - c) * float(divergence.f((d - c) / (b - a)))
        size = abs(value) + shared / (d - c)
    outside_q = min(b - a, max(0.0, c - a) + max(0.0, b - d)) / (b - a)
    outside_p = min(d - c, max(0.0, a - c) + max(0.0, d - b)) / (d - c)
    for mass, worth in ((outside_q, divergence.slope_at_infinity), (outside_p, divergence.at_zero)):
        if mass > 0.0:
            value += mass * worth
            size += abs(mass * worth)
    error = 0.0 if math.isinf(value) else _ROUNDINGS * _EPS * size
    return DivergenceResult(value, "exact", error, "closed form for uniform distributions")


# --- discrete --------------------------------------------------------------------------------------------------------


def _bernoulli_kl(p: float, q: float) -> Terms:
    terms = []
    for a, b in ((p, q), (1.0 - p, 1.0 - q)):
        if a > 0.0 and b == 0.0:
            return _INFINITE
        terms.append(b if a == 0.0 else a * _remainder(log_of_ratio(b, a)))
    return terms


def _binomial(
    p: tuple[float, ...], loc_p: float, _: float, q: tuple[float, ...], loc_q: float, __: float
) -> Pair | None:
    """Compare binomial(n, p) with binomial(n, q), or Bernoulli(p) with Bernoulli(q)."""
    n, m = (shapes[0] if len(shapes) == 2 else 1.0 for shapes in (p, q))
    a, b = p[-1], q[-1]
    if n != m or loc_p != loc_q or not (0.0 < a < 1.0 and 0.0 < b < 1.0):
        return None  # certain outcomes are summed
    odds = log_of_ratio(a, b), log_of_ratio(1.0 - a, 1.0 - b)

    def log_affinity(alpha: float) -> Terms:
        excess = math.fsum(w * _tilted_power(alpha, x) for w, x in zip((b, 1.0 - b), odds, strict=True))
        return [n * math.log1p(excess)]

    def tv() -> Terms:
        from scipy.special import bdtr

        if a == b:
            return [0.0]
        crossing = math.floor(n * odds[1] / (odds[1] - odds[0]))
        low, high = sorted((float(bdtr(crossing, int(n), a)), float(bdtr(crossing, int(n), b))))
        return [high, -low]

    def kl(p: float, q: float) -> Terms:
        return [n * term for term in _bernoulli_kl(p, q)]

    name = "binomial distributions" if len(p) == 2 else "Bernoulli distributions"
    return Pair(name, lambda: kl(a, b), lambda: kl(b, a), log_affinity, tv)


def _poisson(p: tuple[float], loc_p: float, _: float, q: tuple[float], loc_q: float, __: float) -> Pair | None:
    (a,), (b,) = p, q
    if loc_p != loc_q or a == 0.0 or b == 0.0:
        return None
    ratio = log_of_ratio(a, b)

    def tv() -> Terms:
        from scipy.special import pdtr

        if a == b:
            return [0.0]
        crossing = math.floor((a - b) / ratio)
        low, high = sorted((float(pdtr(crossing, a)), float(pdtr(crossing, b))))
        return [high, -low]

    return Pair(
        "Poisson distributions",
        lambda: [a * _remainder(-ratio)],
        lambda: [b * _remainder(ratio)],
        lambda alpha: [b * _tilted_power(alpha, ratio)],
        tv,
    )


def _geometric(p: tuple[float], loc_p: float, _: float, q: tuple[float], loc_q: float, __: float) -> Pair | None:
    (a,), (b,) = p, q
    if loc_p != loc_q or not (0.0 < a < 1.0 and 0.0 < b < 1.0):
        return None
    hit, miss = log_of_ratio(a, b), log_of_ratio(1.0 - a, 1.0 - b)

    def log_affinity(alpha: float) -> Terms:
        log_step = alpha * miss + math.log1p(-b)
        if log_step >= 0.0:
            return _INFINITE
        return [alpha * hit, math.log(b), -math.log(-math.expm1(log_step))]

    def tv() -> Terms:
        if a == b:
            return [0.0]
        trials = 1 + math.floor(-hit / miss)
        low, high = sorted((math.exp(trials * math.log1p(-a)), math.exp(trials * math.log1p(-b))))
        return [high, -low]

    def kl(p: float, q: float) -> Terms:
        return [term / p for term in _bernoulli_kl(p, q)]

    return Pair("geometric distributions", lambda: kl(a, b), lambda: kl(b, a), log_affinity, tv, 1.0)


_FAMILIES: dict[str, Callable[..., Pair | None]] = {
    "lognorm": _lognormal,
    "beta": _beta,
    "laplace": _laplace,
    "pareto": _pareto,
    "bernoulli": _binomial,
    "binom": _binomial,
    "poisson": _poisson,
    "geom": _geometric,
}
