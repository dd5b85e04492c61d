"""f-divergences between distributions with densities, and between discrete ones given by a formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike
from otkit.divergences.closed_forms import closed_form
from otkit.divergences.discrete import unit_of_base
from otkit.divergences.distributions import Atoms, Density, as_distribution, frozen
from otkit.divergences.generators import FDivergence, as_divergence
from otkit.divergences.line import integrate_on_line
from otkit.divergences.log_ratio import at_one
from otkit.divergences.result import DivergenceResult
from otkit.divergences.series import sum_over_atoms
from otkit.divergences.space import integrate_in_space
from otkit.inputs.checks import as_float_array
from otkit.numerics.floats import EPS

_MASS_TOLERANCE = 1e-6
_WORST_MASS_ERROR = 1e-2


def density_divergence(
    divergence: str | FDivergence,
    p: Any,
    q: Any,
    *,
    support: ArrayLike | None = None,
    points: ArrayLike = (),
    rtol: float | None = None,
    base: float | None = None,
    closed: bool = True,
) -> DivergenceResult:
    """Return D_f(P‖Q) of two distributions, in closed form where there is one, else by quadrature.

    Mass of P where Q has none counts f′(∞) times, mass of Q where P has none f(0) times: so KL is ∞ as soon as P
    charges a set that Q does not.

    Parameters
    ----------
    divergence : str or FDivergence
        "kl", "reverse_kl", "jeffreys", "js", "gan", "tv", "hellinger", "chi2", "neyman", or an `FDivergence`.
    p, q : distribution or callable
        Distributions of scipy.stats, such as ``scipy.stats.norm(0, 1)``, continuous or discrete, multivariate normal or
        t, kernel density estimates; or log-densities, called with an array of points of shape (n,), or (n, d) for
        d > 1, that return n logarithms, −inf where there is no mass.
    support : pair, or sequence of d pairs, optional
        For log-densities: a box that holds the support, ends possibly infinite. Its dimension d ≤ 3 is theirs. By
        default the whole line.
    points : array-like, shape (n,) or (n, d)
        Where there is mass that quadrature might miss (a narrow peak far from the others), or a break.
    rtol : float, optional
        Relative tolerance of quadrature; 1e-10 on the line, 1e-6 in the plane, 1e-4 in space. The error reached is
        returned with the value.
    base : float, optional
        Base of the logarithm, by default e (nats); for "kl", "reverse_kl", "jeffreys", "js" and "gan".
    closed : bool
        Whether to use closed forms.

    Returns
    -------
    DivergenceResult
        Kind "exact" (a closed form or a finite sum, error a bound on rounding) or "quadrature" (error
        the integrator's estimate, plus what rounding and the masses' distance from one do to the value).

    Raises
    ------
    ValueError
        A density does not integrate to one within 1e-6; parameters are invalid.
    TypeError
        An argument is neither a distribution nor a callable.

    See Also
    --------
    f_divergence : of histograms.
    estimate_divergence : of the laws behind samples.

    References
    ----------
    Y. Polyanskiy & Y. Wu, *Information Theory: From Coding to Learning*, chapter 7.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import stats
    >>> from otkit.divergences.densities import density_divergence
    >>> density_divergence("kl", stats.norm(0, 1), stats.norm(1, 1)).value
    0.5
    >>> print(density_divergence("js", stats.norm(0, 1), stats.norm(1, 1)))
    0.111421 ± ... (by quadrature, with its error estimate)
    >>> density_divergence("kl", stats.uniform(0, 2), stats.uniform(0, 1)).value
    inf
    >>> laplace = lambda x: -np.abs(x) - np.log(2)
    >>> round(density_divergence("kl", laplace, stats.norm(0, 1)).value, 10)
    0.2257913526
    """
    divergence = as_divergence(divergence)
    unit = unit_of_base(base, divergence)
    result = _divergence(divergence, p, q, support, points, rtol, closed)
    if unit == 1.0:
        return result
    value = float(result) / unit
    rounding = 0.0 if np.isinf(value) else 4.0 * EPS * abs(value)  # of the unit, and of the quotient
    return replace(result, value=value, error=result.error / unit + rounding)


def _divergence(
    divergence: FDivergence,
    p: Any,
    q: Any,
    support: ArrayLike | None,
    points: ArrayLike,
    rtol: float | None,
    closed: bool,
) -> DivergenceResult:
    p, q = frozen(p, "p"), frozen(q, "q")
    exact = closed_form(divergence, p, q) if closed else None
    if exact is not None:
        return exact
    a, b = as_distribution(p, "p", support), as_distribution(q, "q", support)
    if isinstance(a, Atoms) and isinstance(b, Atoms):
        return sum_over_atoms(divergence, a, b)
    if isinstance(a, Atoms) or isinstance(b, Atoms):
        return DivergenceResult(divergence.maximum, "exact", 0.0, "one has atoms and the other none")
    if a.dimension != b.dimension:
        raise ValueError(
            f"p and q must have the same dimension, but p has {a.dimension} and q has {b.dimension}. "
            "A callable has that of support=."
        )
    return _by_quadrature(divergence, a, b, points, rtol)


def _by_quadrature(
    divergence: FDivergence, p: Density, q: Density, points: ArrayLike, rtol: float | None
) -> DivergenceResult:
    dimension = p.dimension
    if dimension > 3:
        raise ValueError(
            f"p and q must have at most three dimensions for cubature, but they have {dimension}. "
            "otkit.estimate_divergence takes samples of any dimension."
        )
    rtol = (1e-10, 1e-6, 1e-4)[dimension - 1] if rtol is None else rtol
    if not 0.0 < rtol < 1.0:
        raise ValueError(f"rtol must lie between 0 and 1, but rtol = {shown(rtol)} was given.")
    given = as_float_array(points, "points")
    if given.size % dimension:
        raise ValueError(f"points must have shape (n, {dimension}), but their shape is {given.shape}.")
    where = np.concatenate([given.reshape(-1, dimension), p.hints, q.hints])
    answer = (integrate_on_line if dimension == 1 else integrate_in_space)(divergence, p, q, where, rtol)
    for density, mass in zip((p, q), answer.masses, strict=True):
        _require_unit(density, mass, answer.mass_error)
    if answer.value == np.inf:
        return DivergenceResult(np.inf, "quadrature", 0.0, answer.detail)
    # In first order, what the masses' distance from one does to the value.
    defect = sum(abs(mass - 1.0) for mass in answer.masses)
    error = answer.error + 2.0 * defect * answer.value
    return DivergenceResult(answer.value + at_one(divergence), "quadrature", error, answer.detail)


def _require_unit(density: Density, mass: float, error: float) -> None:
    if abs(mass - 1.0) <= _MASS_TOLERANCE + 2.0 * error and error < _WORST_MASS_ERROR:
        return
    raise ValueError(
        f"{density.name} must integrate to one, but its density integrates to {mass:.9g}. If it is normalised, its "
        "mass lies where quadrature did not look, in a narrow peak, in a tail beyond the floats, or outside support=: "
        "pass points= in it."
    )
