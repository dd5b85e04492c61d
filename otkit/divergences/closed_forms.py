"""Closed forms of f-divergences between two members of one family.

Everything follows from two numbers a family knows of its pairs: KL(P‖Q), and the affinity ∫ p^α q^{1−α}, whose
logarithm is (α − 1) times Rényi's divergence (M. Gil, F. Alajaji & T. Linder, *Rényi divergence measures for
commonly used univariate continuous distributions*, Information Sciences 249, 2013). Total variation is a difference of
distribution functions where p and q cross. The formulas are in `families/`; they are evaluated between bounds
(`enclosures.py`), with as many digits as it takes to know the nearest float.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.distributions import family_of
from otkit.divergences.enclosures import CLOSE, Enclosure, Expression, UndecidedError, evaluated
from otkit.divergences.families import continuous, counts, multinormal, normal, uniform
from otkit.divergences.families.pair import Pair
from otkit.divergences.generators import FDivergence
from otkit.divergences.log_ratio import at_one
from otkit.divergences.result import DivergenceResult, beyond_floats

_SYMMETRY = 1e-8  # what SciPy lets pass
_UNIT = 2.0**-53

# name -> (α, c): the divergence is c (∫ p^α q^{1−α} − 1)
_BY_AFFINITY = {"hellinger": (Fraction(1, 2), -2), "chi2": (Fraction(2), 1), "neyman": (Fraction(-1), 1)}


def closed_form(divergence: FDivergence, p: Any, q: Any) -> DivergenceResult | None:
    """Return D_f(P‖Q) in closed form; None where otkit knows none.

    Parameters
    ----------
    divergence : FDivergence
    p, q : object
        Recognised are scipy.stats' frozen norm, lognorm, multivariate_normal, expon, gamma, chi2, erlang, beta,
        laplace, pareto, uniform, bernoulli, binom, poisson and geom, and the newer Normal and Uniform, both of one
        family.

    Returns
    -------
    DivergenceResult
        Kind "exact": the float next to the divergence of the distributions with these parameters, taken to their last
        bit. The error is how far it may be from it, ∞ where the divergence is beyond the floats.

    Raises
    ------
    ValueError
        A covariance is not positive definite.

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
    member_p, member_q = member_of(p), member_of(q)
    if member_p is None or member_q is None or not _same_family(member_p, member_q):
        return None
    (family, own), (_, other) = member_p, member_q
    if _equal(own, other):
        return DivergenceResult(at_one(divergence), "exact", _UNIT * abs(at_one(divergence)), "p and q are equal")
    if family == "uniform":
        return _of_uniforms(divergence, own, other)
    pair = _PAIRS[family](own, other)
    if pair is None:
        return None
    expression = _expression(divergence, pair)
    return None if expression is None else _result(expression, pair.close, f"closed form for {pair.family}")


def _expression(divergence: FDivergence, pair: Pair) -> Expression | None:
    if divergence.alpha is not None:
        alpha = Fraction(divergence.alpha)
        return _of_affinity(pair.log_affinity(alpha), 1 / (alpha * (alpha - 1)))
    if divergence.name in _BY_AFFINITY:
        alpha, weight = _BY_AFFINITY[divergence.name]
        return _of_affinity(pair.log_affinity(alpha), Fraction(weight))
    table: dict[str, Expression | None] = {
        "kl": pair.kl,
        "reverse_kl": pair.reverse_kl,
        "jeffreys": lambda to: pair.kl(to) + pair.reverse_kl(to),
        "tv": pair.tv,
    }
    return table.get(divergence.name)


def _of_affinity(log_affinity: Expression, weight: Fraction) -> Expression:
    return lambda to: log_affinity(to).expm1() * weight


def _result(expression: Expression, close: Decimal, detail: str) -> DivergenceResult:
    try:
        found = evaluated(expression, close)
    except UndecidedError:
        raise ValueError(
            "p and q must be apart from where the divergence becomes infinite by more than 2560 digits show, or their "
            "covariances from degenerate ones by more than rounding in so many dimensions. Vary a parameter."
        ) from None
    value, error = found.rounded()
    if math.isinf(value) and error > 0.0:
        return beyond_floats("exact", f"{detail}; {_magnitude(found)}")
    return DivergenceResult(value, "exact", error, detail)


def _magnitude(found: Enclosure) -> str:
    digits = found.low.adjusted()
    return f"finite, about 10^{digits}" if digits < 10**15 else f"finite, above 10^{10**15}"


def _of_uniforms(divergence: FDivergence, p: uniform.Interval, q: uniform.Interval) -> DivergenceResult:
    detail = "closed form for uniform distributions"
    expression = uniform.uniform_expression(divergence, p, q)
    if expression is not None:
        return _result(expression, CLOSE, detail)
    value, error = uniform.uniform_by_floats(divergence, p, q)
    return DivergenceResult(value, "exact", error, f"{detail}, with f as right as floats are")


# --- which family, with which parameters -----------------------------------------------------------------------------


def member_of(law: Any) -> tuple[str, Any] | None:
    """Return the name of a family of closed forms and the parameters that its pairs are made of; None without one."""
    if type(law).__name__ == "multivariate_normal_frozen":
        return _gaussian(np.atleast_1d(law.mean).astype(float), np.atleast_2d(law.cov).astype(float))
    known = family_of(law)
    if known is None:
        return None
    name, shapes, loc, scale = known
    if name not in _READ or not all(map(math.isfinite, (*shapes, loc, scale))) or not scale > 0.0:
        return None
    if np.isnan(law.support()).any():
        return None
    return _READ[name](tuple(map(Fraction, shapes)), Fraction(loc), Fraction(scale))


def _gaussian(mean: FloatArray, covariance: FloatArray) -> tuple[str, Any]:
    """Read the lower triangle of the covariance, as SciPy does."""
    size = np.sqrt(np.abs(np.diag(covariance)))
    if (np.abs(covariance - covariance.T) > _SYMMETRY * size[:, None] * size).any():
        raise ValueError(
            "p and q must have symmetric covariances, but one differs from its transpose by "
            f"{np.abs(covariance - covariance.T).max():.3g}."
        )
    if mean.size == 1:
        if not covariance[0, 0] > 0.0:
            raise ValueError(f"p and q must have positive variances, but one is {covariance[0, 0]}.")
        return "normal", normal.Normal(Fraction(float(mean[0])), Fraction(float(covariance[0, 0])))
    return "normal in space", multinormal.Gaussian(mean, np.tril(covariance) + np.tril(covariance, -1).T)


def _same_family(p: tuple[str, Any], q: tuple[str, Any]) -> bool:
    if p[0] != q[0]:
        return False
    return p[0] != "normal in space" or p[1].mean.size == q[1].mean.size


def _equal(p: Any, q: Any) -> bool:
    if isinstance(p, multinormal.Gaussian):
        return np.array_equal(p.mean, q.mean) and np.array_equal(p.covariance, q.covariance)
    return bool(p == q)


Read = Callable[[tuple[Fraction, ...], Fraction, Fraction], tuple[str, Any] | None]


def _gamma(shape: Fraction, loc: Fraction, scale: Fraction) -> tuple[str, Any]:
    return "gamma", ((shape, scale), loc)


def _binomial(name: str, n: Fraction, share: Fraction, loc: Fraction) -> tuple[str, Any] | None:
    return (name, ((n, share), loc)) if 0 < share < 1 and n > 0 else None  # certain outcomes are summed


_READ: dict[str, Read] = {
    "norm": lambda _, loc, scale: ("normal", normal.Normal(loc, scale**2)),
    "lognorm": lambda s, loc, scale: ("lognormal", (normal.Normal(scale, s[0] ** 2, logarithmic=True), loc)),
    "expon": lambda _, loc, scale: _gamma(Fraction(1), loc, scale),
    "gamma": lambda s, loc, scale: _gamma(s[0], loc, scale),
    "erlang": lambda s, loc, scale: _gamma(s[0], loc, scale),
    "chi2": lambda s, loc, scale: _gamma(s[0] / 2, loc, 2 * scale),
    "beta": lambda s, loc, scale: ("beta", ((s[0], s[1]), (loc, scale))),
    "laplace": lambda _, loc, scale: ("laplace", (loc, scale)),
    "pareto": lambda s, loc, scale: ("pareto", ((s[0], scale), loc)),
    "uniform": lambda _, loc, scale: ("uniform", (loc, loc + scale)),
    "bernoulli": lambda s, loc, _: _binomial("bernoulli", Fraction(1), s[0], loc),
    "binom": lambda s, loc, _: _binomial("binomial", s[0], s[1], loc),
    "poisson": lambda s, loc, _: ("poisson", (s[0], loc)) if s[0] > 0 else None,
    "geom": lambda s, loc, _: ("geometric", (s[0], loc)) if s[0] < 1 else None,
}


def _where_placed_alike(pair: Callable[[Any, Any], Pair]) -> Callable[[Any, Any], Pair | None]:
    """Take the location off: without a common one there is no closed form."""
    return lambda p, q: pair(p[0], q[0]) if p[1] == q[1] else None


def _binomial_pair(family: str) -> Callable[[Any, Any], Pair | None]:
    def pair(p: tuple[Fraction, Fraction], q: tuple[Fraction, Fraction]) -> Pair:
        return counts.binomial_pair(int(p[0]), p[1], q[1], family)

    return lambda p, q: pair(p[0], q[0]) if p[1] == q[1] and p[0][0] == q[0][0] else None


_PAIRS: dict[str, Callable[[Any, Any], Pair | None]] = {
    "normal": normal.normal_pair,
    "normal in space": multinormal.multinormal_pair,
    "lognormal": _where_placed_alike(normal.normal_pair),
    "gamma": _where_placed_alike(continuous.gamma_pair),
    "beta": _where_placed_alike(continuous.beta_pair),
    "laplace": continuous.laplace_pair,
    "pareto": _where_placed_alike(continuous.pareto_pair),
    "bernoulli": _binomial_pair("Bernoulli distributions"),
    "binomial": _binomial_pair("binomial distributions"),
    "poisson": _where_placed_alike(counts.poisson_pair),
    "geometric": _where_placed_alike(counts.geometric_pair),
}
