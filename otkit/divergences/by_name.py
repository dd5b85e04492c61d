"""Divergences by name: the public functions."""

from __future__ import annotations

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.densities import density_divergence
from otkit.divergences.discrete import discrete_divergence
from otkit.divergences.distributions import is_distribution
from otkit.divergences.generators import FDivergence, as_divergence
from otkit.divergences.result import DivergenceResult


def f_divergence(
    divergence: str | FDivergence, p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1
) -> DivergenceResult:
    """Return D_f(P‖Q) = Σ q f(p/q) of two discrete measures, with a bound on its rounding error.

    Where q = 0 < p a bin counts p f′(∞), where p = 0 < q it counts q f(0): KL is ∞ as soon as P has mass where Q has
    none, and TV of disjoint measures is 1. No entry is raised to a small number first.

    Parameters
    ----------
    divergence : str or FDivergence
        "kl", "reverse_kl", "jeffreys", "js", "gan", "tv", "hellinger" (squared, at most 2), "chi2" (Pearson) or
        "neyman"; `alpha_divergence(alpha)`, or one of your own, `FDivergence.from_generator(f)`.
    p, q : array-like, dict or pandas Series
        Probabilities or counts, non-negative. Each side is divided by its total, and `detail` says so where that was
        not one. Arrays hold a measure along their last axis; their other axes are broadcast, so that
        ``f_divergence(name, p[:, None], q)`` compares every row of p with every row of q. Dictionaries and
        Series are brought together by label, and a label that one of them lacks has no mass there.
        Or two distributions of scipy.stats, or log-densities: see `density_divergence`, which has more options.
    base : float, optional
        Base of the logarithm, by default e (nats); for "kl", "reverse_kl", "jeffreys", "js" and "gan".
    axis : int, default -1
        The axis of arrays along which a measure lies, counted after broadcasting, as in SciPy (whose default is 0). The
        columns of a data frame are measures with ``axis=0``, its rows without.

    Returns
    -------
    DivergenceResult
        Of kind "exact", or "quadrature" for densities without a closed form.
        `value` and `error` are numbers, or arrays where p or q has more than one axis. The error of a
        divergence of the table is below 1e-12 of the value even where p and q differ by 1e-9 only, since differences
        are taken before anything is rounded.

    See Also
    --------
    estimate_divergence : of the laws behind samples.
    density_divergence : of densities.
    pairwise : among many histograms.

    Examples
    --------
    >>> import otkit
    >>> print(otkit.f_divergence("kl", [1, 2, 3], [2, 2, 2]))
    0.0872... (exact, with a bound on the rounding error; p and q divided by their totals, 6 and 6)
    >>> otkit.f_divergence("kl", {"a": 3, "b": 1}, {"a": 1, "c": 1}).value
    inf
    >>> otkit.f_divergence("js", [[1, 0], [1, 1]], [0, 1], base=2).value.round(4).tolist()
    [1.0, 0.3113]
    >>> otkit.f_divergence("tv", [[1, 0], [1, 1]], [[0], [1]], axis=0).value.tolist()
    [0.5, 0.0]
    >>> from scipy import stats
    >>> print(otkit.f_divergence("kl", stats.norm(0, 1), stats.norm(1, 1)))
    0.5 ± ... (exact, with a bound on the rounding error; closed form for normal distributions)
    """
    if not any(is_distribution(measure) for measure in (p, q)):
        return discrete_divergence(as_divergence(divergence), p, q, base, axis)
    if axis != -1:
        raise ValueError(f"axis must be left out for distributions, but axis = {axis!r} was given.")
    return density_divergence(divergence, p, q, base=base)


def kl(p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1) -> float | FloatArray:
    """Return the Kullback–Leibler divergence Σ p log(p/q).

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.kl([1, 0], [1, 1], base=2)
    1.0
    """
    return f_divergence("kl", p, q, base=base, axis=axis).value


def reverse_kl(p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1) -> float | FloatArray:
    """Return the reverse Kullback–Leibler divergence Σ q log(q/p).

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.reverse_kl([1, 1], [1, 0], base=2)
    1.0
    """
    return f_divergence("reverse_kl", p, q, base=base, axis=axis).value


def jeffreys(p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1) -> float | FloatArray:
    """Return Jeffreys's divergence Σ (p − q) log(p/q), KL both ways.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.jeffreys([1, 2], [2, 1], base=2)
    0.666...
    """
    return f_divergence("jeffreys", p, q, base=base, axis=axis).value


def js(p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1) -> float | FloatArray:
    """Return the Jensen–Shannon divergence ½ KL(P‖M) + ½ KL(Q‖M), M = (P + Q)/2; at most log 2.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.js([1, 0], [0, 1], base=2)
    1.0
    """
    return f_divergence("js", p, q, base=base, axis=axis).value


def tv(p: ArrayLike, q: ArrayLike, *, axis: int = -1) -> float | FloatArray:
    """Return the total variation ½ Σ |p − q|; at most 1.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.tv([1, 1], [1, 3])
    0.25
    """
    return f_divergence("tv", p, q, axis=axis).value


def hellinger(p: ArrayLike, q: ArrayLike, *, axis: int = -1) -> float | FloatArray:
    """Return the squared Hellinger divergence Σ (√p − √q)²; at most 2. Not its root, `hellinger_distance`.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.hellinger([1, 0], [0, 1])
    2.0
    """
    return f_divergence("hellinger", p, q, axis=axis).value


def chi2(p: ArrayLike, q: ArrayLike, *, axis: int = -1) -> float | FloatArray:
    """Return Pearson's χ² divergence Σ (p − q)²/q.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.chi2([1, 0], [1, 1])
    1.0
    """
    return f_divergence("chi2", p, q, axis=axis).value


def neyman(p: ArrayLike, q: ArrayLike, *, axis: int = -1) -> float | FloatArray:
    """Return Neyman's χ² divergence Σ (p − q)²/p.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.neyman([1, 1], [1, 0])
    1.0
    """
    return f_divergence("neyman", p, q, axis=axis).value


def hellinger_distance(p: ArrayLike, q: ArrayLike, *, axis: int = -1) -> float | FloatArray:
    """Return the Hellinger distance √(½ Σ (√p − √q)²), a metric; at most 1.

    Takes what `f_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.hellinger_distance([1, 0], [0, 1])
    1.0
    """
    distance = np.sqrt(0.5 * np.asarray(hellinger(p, q, axis=axis)))
    return distance if distance.ndim else float(distance)
