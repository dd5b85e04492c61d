"""The table of f-divergences: for each its generator f, and all that follows from f.

D_f(P‖Q) = Σ q f(p/q), with f convex on (0, ∞). Where q = 0 < p the term is p f′(∞), where p = 0 < q it is q f(0). The
conjugate f*(t) = sup_{u ≥ 0} (u t − f(u)) gives the variational form D_f = sup_T E_P[T] − E_Q[f*(T)], attained at
T* = f′(p/q). As f lives on u ≥ 0, f* never falls, and its domain is all t below f′(∞): with or without that end.

Conventions (natural logarithms, M = (P + Q)/2):

============= ================================ ========================================= ======
name          D_f(P‖Q)                         f(u)                                      max
============= ================================ ========================================= ======
kl            Σ p log(p/q)                     u log u                                   ∞
reverse_kl    Σ q log(q/p)                     −log u                                    ∞
jeffreys      KL + reverse KL                  (u − 1) log u                             ∞
js            ½ KL(P‖M) + ½ KL(Q‖M)            ½ [u log u − (u + 1) log((u + 1)/2)]      log 2
gan           2 JS − log 4                     u log u − (u + 1) log(u + 1)              0
tv            ½ Σ |p − q|                      ½ |u − 1|                                 1
hellinger     Σ (√p − √q)²                     (√u − 1)²                                 2
chi2          Σ (p − q)²/q  (Pearson)          (u − 1)²                                  ∞
neyman        Σ (p − q)²/p                     (1 − u)²/u                                ∞
============= ================================ ========================================= ======

References: Y. Polyanskiy & Y. Wu, *Information Theory: From Coding to Learning*, chapter 7; S. Nowozin, B. Cseke &
R. Tomioka, *f-GAN*, NeurIPS 2016, for the activations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, BoolArray, FloatArray
from otkit.divergences import numerical
from otkit.inputs.checks import as_float_array, entry, require_choice

Function = Callable[[Any], Any]


class ConjugateDomain(NamedTuple):
    """Where f* is finite: t < upper, and t = upper where it is closed.

    Attributes
    ----------
    upper : float
        f′(∞).
    closed : bool
    """

    upper: float
    closed: bool

    def contains(self, t: ArrayLike) -> BoolArray:
        """Say, entry by entry, whether f*(t) is finite."""
        return np.less_equal(t, self.upper) if self.closed else np.less(t, self.upper)


@dataclass(frozen=True, eq=False)
class FDivergence:
    """An f-divergence: its generator f and what follows from it.

    All functions take arrays (or numbers) and hold at the ends: f(0) and f′(∞) are limits, f* is ∞ outside its domain.

    Parameters
    ----------
    name : str
    f : callable
        The generator on u > 0, convex.
    conjugate : callable
        f*(t) on its domain.
    derivative : callable
        f′(u), or one of the subgradients where f has a kink; its limit at u = 0.
    at_zero : float
        f(0) = lim_{u→0} f(u), possibly ∞.
    slope_at_infinity : float
        f′(∞) = lim_{u→∞} f(u)/u, possibly ∞.
    conjugate_closed : bool
        Whether f* is finite at t = f′(∞) < ∞, too.
    symmetric : bool
        Whether D_f(P‖Q) = D_f(Q‖P).
    activation_function : callable, optional
        A map of all of ℝ into the domain of f*, increasing; by default v, or f′(∞) − e^{−v} where f′(∞) is finite.
    alpha : float, optional
        α, of an α-divergence.

    Examples
    --------
    >>> from otkit.divergences.generators import GENERATORS
    >>> kl = GENERATORS["kl"]
    >>> kl.f([0.0, 1.0, 2.0]).round(4).tolist()
    [0.0, 0.0, 1.3863]
    >>> float(kl.conjugate(1.0)), float(kl.critic(1.0)), kl.maximum
    (1.0, 1.0, inf)
    """

    name: str
    f: Function
    conjugate: Function
    derivative: Function
    at_zero: float
    slope_at_infinity: float
    conjugate_closed: bool = False
    symmetric: bool = False
    activation_function: Function | None = None
    alpha: float | None = None

    def __post_init__(self) -> None:
        ends = self.at_zero, self.slope_at_infinity
        object.__setattr__(self, "f", partial(_generator, self.f, *ends))
        object.__setattr__(self, "derivative", partial(_derivative, self.derivative, ends[1]))
        object.__setattr__(self, "conjugate", partial(_conjugate, self.conjugate, self.conjugate_domain, ends[0]))

    @property
    def conjugate_domain(self) -> ConjugateDomain:
        """Where f* is finite."""
        return ConjugateDomain(self.slope_at_infinity, self.conjugate_closed)

    @property
    def maximum(self) -> float:
        """The largest value, f(0) + f′(∞), attained where the supports are disjoint."""
        return self.at_zero + self.slope_at_infinity

    @classmethod
    def from_generator(cls, f: Function, *, name: str = "f") -> FDivergence:
        """Return the f-divergence of your own f, from f alone.

        Convexity and f(1) = 0 are checked; limits, derivative and conjugate are found numerically, to some ten digits.
        Give them yourself, by ``FDivergence(…)``, where you have them.

        Parameters
        ----------
        f : callable
            Convex on u > 0 with f(1) = 0; of a number or of an array.
        name : str

        Raises
        ------
        ValueError
            f is not finite, does not vanish at 1, or is not convex: with the point that shows it.

        Examples
        --------
        >>> import otkit
        >>> triangle = otkit.FDivergence.from_generator(lambda u: (u - 1) ** 2 / (u + 1), name="triangular")
        >>> triangle.at_zero, triangle.slope_at_infinity, triangle.symmetric
        (1.0, 1.0, True)
        >>> otkit.f_divergence(triangle, [1, 0], [0, 1]).value
        2.0
        """
        if not callable(f):
            raise TypeError(f"f must be a function of u > 0, but {shown(f)} was given.")
        f = numerical.vectorised(f)
        numerical.require_generator(f)
        at_zero, slope = numerical.limit_at_zero(f), numerical.slope_at_infinity(f)
        return cls(
            name,
            f=f,
            conjugate=partial(numerical.conjugate, f, at_zero),
            derivative=partial(numerical.derivative, f, at_zero),
            at_zero=at_zero,
            slope_at_infinity=slope,
            conjugate_closed=numerical.is_closed(f, slope),
            symmetric=numerical.is_symmetric(f),
        )

    def critic(self, r: ArrayLike) -> FloatArray:
        """Return the optimal critic T* = f′(r) of the density ratio r = p/q."""
        return self.derivative(r)

    def activation(self, v: ArrayLike) -> FloatArray:
        """Return g_f(v): an unconstrained output as a number in the domain of f*."""
        v = as_float_array(v, "v")
        upper, closed = self.conjugate_domain
        with np.errstate(over="ignore"):
            if self.activation_function is not None:
                t = self.activation_function(v)
            else:
                t = v if upper == np.inf else upper - np.exp(-v)
        return np.minimum(t, upper if closed or upper == np.inf else np.nextafter(upper, -np.inf))

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> Any:
        """Pickle those of the table by name, since their functions have none."""
        if GENERATORS.get(self.name) is self:
            return as_divergence, (self.name,)
        if self.alpha is not None:
            return alpha_divergence, (self.alpha,)
        return _restore, (self.__dict__,)


def _restore(fields: dict[str, Any]) -> FDivergence:
    divergence = object.__new__(FDivergence)
    divergence.__dict__.update(fields)
    return divergence


def _generator(f: Function, at_zero: float, slope: float, u: ArrayLike) -> FloatArray:
    u = _non_negative(u)
    with np.errstate(all="ignore"):
        value = np.where(u > 0.0, f(u), at_zero)
    return np.where(u < np.inf, value, np.copysign(np.inf, slope) if slope else value)[()]


def _derivative(derivative: Function, slope: float, u: ArrayLike) -> FloatArray:
    u = _non_negative(u)
    with np.errstate(all="ignore"):
        return np.where(u < np.inf, derivative(u), slope)[()]


def _conjugate(conjugate: Function, domain: ConjugateDomain, at_zero: float, t: ArrayLike) -> FloatArray:
    t = as_float_array(t, "t")
    if np.isnan(t).any():
        raise ValueError(f"t must not be NaN, but {entry(t, int(np.argmax(np.isnan(t))), 't')}.")
    with np.errstate(all="ignore"):
        value = np.where(t > -np.inf, conjugate(t), -at_zero)
        return np.where(domain.contains(t), value, np.inf)[()]


def _non_negative(u: ArrayLike) -> FloatArray:
    u = as_float_array(u, "u")
    if not (u >= 0.0).all():
        raise ValueError(f"u must be non-negative, but {entry(u, int(np.argmin(u >= 0.0)), 'u')}.")
    return u


def _jeffreys_conjugate(t: FloatArray) -> FloatArray:
    """Return f*(t) = w + 1/w + t − 2, where w = 1/u solves w + log w = 1 − t; by W(e^{1−t}) it would overflow."""
    from scipy.special import wrightomega

    w = wrightomega(1.0 - t)
    return np.where(w > 0.0, (1.0 - w) / w - np.log(w), np.inf)


def _log_share(u: FloatArray) -> FloatArray:
    """Return log(u/(1 + u)), without cancellation at either end."""
    return np.where(u < 1.0, np.log(u / (1.0 + u)), np.log1p(-1.0 / (1.0 + u)))


def _log_double_share(u: FloatArray) -> FloatArray:
    """Return log(2u/(1 + u)), without cancellation at u = 1."""
    return np.where(u < 0.5, np.log(2.0 * u / (1.0 + u)), np.log1p((u - 1.0) / (u + 1.0)))


_LOG_2 = float(np.log(2.0))

GENERATORS: dict[str, FDivergence] = {
    divergence.name: divergence
    for divergence in (
        FDivergence(
            "kl",
            f=lambda u: u * np.log(u),
            conjugate=lambda t: np.exp(t - 1.0),
            derivative=lambda u: 1.0 + np.log(u),
            at_zero=0.0,
            slope_at_infinity=np.inf,
        ),
        FDivergence(
            "reverse_kl",
            f=lambda u: -np.log(u),
            conjugate=lambda t: -1.0 - np.log(-t),
            derivative=lambda u: -1.0 / u,
            at_zero=np.inf,
            slope_at_infinity=0.0,
        ),
        FDivergence(
            "jeffreys",
            f=lambda u: (u - 1.0) * np.log(u),
            conjugate=_jeffreys_conjugate,
            derivative=lambda u: 1.0 + np.log(u) - 1.0 / u,
            at_zero=np.inf,
            slope_at_infinity=np.inf,
            symmetric=True,
        ),
        FDivergence(
            "js",
            f=lambda u: 0.5 * (u * _log_double_share(u) - np.log1p((u - 1.0) / 2.0)),
            conjugate=lambda t: -0.5 * np.log1p(-np.expm1(2.0 * t)),
            derivative=lambda u: 0.5 * _log_double_share(u),
            at_zero=0.5 * _LOG_2,
            slope_at_infinity=0.5 * _LOG_2,
            symmetric=True,
            activation_function=lambda v: 0.5 * (_LOG_2 - np.logaddexp(0.0, -v)),
        ),
        FDivergence(
            "gan",
            f=lambda u: np.minimum(u, 1e300) * _log_share(u) - np.log1p(u),
            conjugate=lambda t: -np.log(-np.expm1(t)),
            derivative=_log_share,
            at_zero=0.0,
            slope_at_infinity=0.0,
            symmetric=True,
            activation_function=lambda v: -np.logaddexp(0.0, -v),
        ),
        FDivergence(
            "tv",
            f=lambda u: 0.5 * np.abs(u - 1.0),
            conjugate=lambda t: np.maximum(t, -0.5),
            derivative=lambda u: 0.5 * np.sign(u - 1.0),
            at_zero=0.5,
            slope_at_infinity=0.5,
            conjugate_closed=True,
            symmetric=True,
            activation_function=lambda v: 0.5 * np.tanh(v),
        ),
        FDivergence(
            "hellinger",
            f=lambda u: np.square(np.sqrt(u) - 1.0),
            conjugate=lambda t: t / (1.0 - t),
            derivative=lambda u: 1.0 - 1.0 / np.sqrt(u),
            at_zero=1.0,
            slope_at_infinity=1.0,
            symmetric=True,
        ),
        FDivergence(
            "chi2",
            f=lambda u: np.square(u - 1.0),
            conjugate=lambda t: np.where(t >= -2.0, t * (0.25 * t + 1.0), -1.0),
            derivative=lambda u: 2.0 * (u - 1.0),
            at_zero=1.0,
            slope_at_infinity=np.inf,
        ),
        FDivergence(
            "neyman",
            f=lambda u: (1.0 - u) * ((1.0 - u) / u),
            conjugate=lambda t: 2.0 * t / (1.0 + np.sqrt(1.0 - t)),  # 2 − 2√(1 − t)
            derivative=lambda u: 1.0 - 1.0 / np.square(u),
            at_zero=np.inf,
            slope_at_infinity=1.0,
            conjugate_closed=True,
        ),
    )
}


def alpha_divergence(alpha: float) -> FDivergence:
    """Return the α-divergence, f(u) = (u^α − 1 − α(u − 1))/(α(α − 1)).

    Its limits are taken at α = 1, KL, and at α = 0, reverse KL. α = 2 is half of Pearson's χ², α = −1 half of Neyman's,
    and α = ½ twice the squared Hellinger divergence.

    Parameters
    ----------
    alpha : float
        Any finite number.

    Examples
    --------
    >>> from otkit.divergences.generators import alpha_divergence
    >>> alpha_divergence(0.5).maximum, alpha_divergence(1).name
    (4.0, 'kl')
    """
    try:
        alpha = float(alpha)
    except (TypeError, ValueError):
        raise TypeError(f"alpha must be a finite number, but {shown(alpha)} was given.") from None
    if not np.isfinite(alpha):
        raise ValueError(f"alpha must be a finite number, but alpha = {alpha} was given.")
    if alpha in (0.0, 1.0):
        return GENERATORS["kl" if alpha else "reverse_kl"]
    return FDivergence(
        f"alpha({alpha:g})",
        f=lambda u: (np.expm1(alpha * np.log(u)) / alpha - (u - 1.0)) / (alpha - 1.0),
        conjugate=lambda t: np.expm1(alpha / (alpha - 1.0) * np.log1p(np.maximum((alpha - 1.0) * t, -1.0))) / alpha,
        derivative=lambda u: np.expm1((alpha - 1.0) * np.log(u)) / (alpha - 1.0),
        at_zero=1.0 / alpha if alpha > 0.0 else np.inf,
        slope_at_infinity=1.0 / (1.0 - alpha) if alpha < 1.0 else np.inf,
        conjugate_closed=alpha < 0.0,
        symmetric=alpha == 0.5,
        alpha=alpha,
    )


def as_divergence(divergence: str | FDivergence) -> FDivergence:
    """Return a divergence of the table by its name; an `FDivergence` as it is.

    Raises
    ------
    ValueError
        The name is unknown; the nearest is suggested.

    Examples
    --------
    >>> from otkit.divergences.generators import as_divergence
    >>> as_divergence("tv").maximum
    1.0
    """
    if isinstance(divergence, FDivergence):
        return divergence
    if not isinstance(divergence, str):
        raise TypeError(
            f"divergence must be a name or an FDivergence, but {shown(divergence)} was given. "
            "For a function f, write FDivergence.from_generator(f)."
        )
    return GENERATORS[require_choice(divergence, "divergence", GENERATORS)]
