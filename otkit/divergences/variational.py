"""Lower bounds of f-divergences by a critic.

For every function T into the domain of f*, D_f(P‖Q) ≥ E_P[T] − E_Q[f*(T)] (Fenchel's inequality under the integral),
with equality at T* = f′(p/q). A critic V without constraints becomes T = g_f(V) by the activation of the divergence.

For KL there is a larger bound by the same T, that of Donsker and Varadhan: E_P[T] − log E_Q[e^T]. It is the first,
taken at the best of all T + c, c = 1 − log E_Q[e^T]. Its estimate from a sample is biased upwards, since the logarithm
of a mean is too small on average: it may exceed KL even in expectation. Here every point of y is therefore judged with
the c of the others, which keeps the expectation below KL for every sample size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.generators import FDivergence, as_divergence
from otkit.divergences.result import DivergenceResult, Kind
from otkit.inputs.checks import as_float_array, entry, require_choice
from otkit.inputs.frames import Clouds, Missing, as_clouds
from otkit.measures import DiscreteMeasure
from otkit.numerics.sums import accurate_dot

Critic = Callable[[FloatArray], Any]
Form = Literal["conjugate", "donsker_varadhan"]
FORMS = ("conjugate", "donsker_varadhan")
OTHER_DATA = "other data"


def variational_bound(
    divergence: str | FDivergence,
    critic: Critic,
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    *,
    fitted_on: tuple[ArrayLike, ArrayLike] | Literal["other data"] | None = None,
    missing: Missing = "raise",
    form: Form = "conjugate",
) -> DivergenceResult:
    """Return what a critic proves about D_f(P‖Q) from samples: E_P[T] − E_Q[f*(T)] with T = g_f(V).

    Whatever the critic, the expectation of this number is at most D_f(P‖Q), provided that the critic does not depend on
    x and y. Evaluated on the points that it was fitted to it may be far too large, so such a number is labelled an
    estimate, not a lower bound.

    Parameters
    ----------
    divergence : str or FDivergence
        A name of the table, such as "kl", "js" or "hellinger".
    critic : callable
        V: takes points of shape (n, d) and returns n numbers, unconstrained, ±∞ among them.
    x, y : array-like, shape (n, d) and (m, d), or DiscreteMeasure
        Samples from P and from Q, at least two points each. Two measures instead are P and Q themselves: their
        expectations are exact, and the number is a lower bound for any critic.
    fitted_on : pair of array-like, "other data" or None
        What the critic was fitted to: the samples (x, y) of its training, of which none may occur among the points
        here; or your word that it has seen none of them, which discrete data need, where equal points are not the same
        points. None says that it is not known.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.
    form : {"conjugate", "donsker_varadhan"}
        The second, for KL alone, needs no good offset of the critic. Every point of y is judged by the offset that the
        others suggest, so that the expectation stays below KL.

    Returns
    -------
    DivergenceResult
        `kind` is "lower_bound" or "estimate", and `detail` says why. `error` is the standard error: 0 between two
        measures, where the value is rounded down instead. −∞ is the value of a critic that proves nothing.

    Raises
    ------
    ValueError
        An unknown name, NaN from the critic, another number of outputs than points, unequal dimensions.

    References
    ----------
    Nguyen, Wainwright & Jordan, *Estimating divergence functionals and the likelihood ratio by convex risk
    minimization* (2010); Nowozin, Cseke & Tomioka, *f-GAN* (2016); Donsker & Varadhan, *Asymptotic evaluation of
    certain Markov process expectations* IV (1983); McAllester & Stratos, *Formal limitations on the
    measurement of mutual information* (2020).

    Examples
    --------
    Of N(1, 1) and N(0, 1), KL = 0.5; the best critic is 1 + log p/q = x + 0.5:

    >>> import numpy as np
    >>> import otkit
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(1, 1, 10_000), rng.normal(0, 1, 10_000)
    >>> bound = otkit.variational_bound("kl", lambda points: points[:, 0] + 0.5, x, y, fitted_on="other data")
    >>> bound.kind, round(bound.value, 2), round(bound.error, 2)
    ('lower_bound', 0.51, 0.02)
    >>> print(otkit.variational_bound("kl", lambda points: points[:, 0] + 0.5, x, y, fitted_on=(x[:50], y[:50])).detail)
    50 of 10000 points of x and 50 of 10000 points of y are among those that the critic was fitted to
    """
    f_divergence = as_divergence(divergence)
    require_choice(form, "form", FORMS)
    if form == "donsker_varadhan" and f_divergence.name != "kl":
        raise ValueError(
            f'form "donsker_varadhan" is for "kl" alone, but divergence = {f_divergence.name!r} was given.'
        )
    if isinstance(x, DiscreteMeasure) and isinstance(y, DiscreteMeasure):
        clouds = as_clouds({"x": x.frame, "y": y.frame}, {"a": x.weights, "b": y.weights}, invariant=False)
        x, y = (DiscreteMeasure(*each) for each in zip(clouds.points, clouds.weights, strict=True))
        found = _between_measures(f_divergence, critic, x, y, form)
        return replace(found, detail=clouds.reading.added_to(found.detail))
    if isinstance(x, DiscreteMeasure) or isinstance(y, DiscreteMeasure):
        raise TypeError("x and y must be two samples or two DiscreteMeasures, but one of each was given.")
    clouds = as_clouds({"x": x, "y": y}, missing=missing, invariant=False)  # a critic looks at the points themselves
    at_x, at_y = clouds.points
    _require_two(clouds)
    kind, detail = _label(clouds, fitted_on)
    detail = clouds.reading.added_to(detail)
    t_x, t_y = (f_divergence.activation(_values(critic, points, name)) for points, name in ((at_x, "x"), (at_y, "y")))
    if (t_x == np.inf).any():
        raise ValueError(
            "critic must be finite at the points of a sample, but critic(x) = inf at "
            f"x[{int(np.argmax(t_x))}]: a sample of Q can't show that Q has no mass there."
        )
    terms, spread = _offset_terms(t_y) if form == "donsker_varadhan" else (f_divergence.conjugate(t_y),) * 2
    with np.errstate(over="ignore", invalid="ignore"):
        error = float(np.sqrt(t_x.var(ddof=1) / t_x.size + spread.var(ddof=1) / t_y.size))
    first = _expectation(t_x, np.full(t_x.size, 1.0 / t_x.size), worst=-np.inf)
    second = _expectation(terms, np.full(terms.size, 1.0 / terms.size), worst=np.inf)
    value = _bound(first, second)
    return DivergenceResult(value, kind, error if np.isfinite(error) else np.inf, detail)


def _between_measures(
    divergence: FDivergence, critic: Critic, x: DiscreteMeasure, y: DiscreteMeasure, form: Form
) -> DivergenceResult:
    """Return the bound for P and Q themselves; atoms without mass have no say."""
    outputs, shares = [], []
    for measure, name in ((x, "x"), (y, "y")):
        atoms = measure.weights > 0.0
        outputs.append(divergence.activation(_values(critic, measure.points[atoms], name)))
        masses = measure.weights[atoms] / measure.weights.max()  # so that the total can't overflow
        shares.append(masses / masses.sum())
    (t_x, t_y), (p, q) = outputs, shares
    first = _expectation(t_x, p, worst=-np.inf)
    if form == "donsker_varadhan":
        largest = float(t_y.max())
        second = largest + float(np.log(accurate_dot(q, np.exp(t_y - largest)))) if np.isfinite(largest) else largest
        size = 1.0 + abs(second)
    else:
        terms = divergence.conjugate(t_y)
        second = _expectation(terms, q, worst=np.inf)
        size = 1.0 + accurate_dot(q, np.abs(terms)) if np.isfinite(terms).all() else np.inf
    value = _bound(first, second)
    if np.isfinite(value):  # rounded down, by a few units in the last place of every term and of 1
        value -= 2.0**-49 * (accurate_dot(p, np.abs(t_x)) + size)
    return DivergenceResult(
        float(value), "lower_bound", 0.0, "expectations under the measures given: no sampling error"
    )


def _require_two(clouds: Clouds) -> None:
    for points, name in zip(clouds.points, "xy", strict=True):
        if len(points) < 2:
            raise ValueError(f"{name} must hold at least two points, or nothing is known of the error, but it has one.")


def _values(critic: Critic, points: FloatArray, name: str) -> FloatArray:
    """Return V at the points, with no NaN among them."""
    values = as_float_array(critic(points), f"critic({name})")
    if values.size != len(points) or values.shape not in ((len(points),), (len(points), 1)):
        raise ValueError(
            f"critic must return one number for each point, but for {name} of shape {points.shape} it returned an "
            f"array of shape {values.shape}."
        )
    values = values.reshape(-1)
    wrong = np.isnan(values)
    if wrong.any():
        raise ValueError(f"critic must not return NaN, but {entry(values, int(np.argmax(wrong)), f'critic({name})')}.")
    return values


def _label(clouds: Clouds, fitted_on: Any) -> tuple[Kind, str]:
    """Say whether the number is a lower bound in expectation, and why."""
    if fitted_on is None:
        return "estimate", "no lower bound, since it isn't known what the critic was fitted to: say fitted_on="
    if isinstance(fitted_on, str):
        require_choice(fitted_on, "fitted_on", (OTHER_DATA,))
        return "lower_bound", "the critic was fitted to other data, as stated"
    if not isinstance(fitted_on, tuple | list) or len(fitted_on) != 2:
        raise TypeError(
            f"fitted_on must be the pair (x, y) of samples that the critic was fitted to, or {OTHER_DATA!r}, but "
            f"{type(fitted_on).__name__} was given."
        )
    shared = []
    for k, (frame, name) in enumerate(zip(clouds.frames, "xy", strict=True)):
        points, seen = as_clouds({name: frame, f"fitted_on[{k}]": fitted_on[k]}, missing="drop", invariant=False).points
        count = int(np.isin(_as_items(points), _as_items(seen)).sum())
        if count:
            shared.append(f"{count} of {len(points)} points of {name}")
    if shared:
        verb = "is" if len(shared) == 1 and shared[0].startswith("1 ") else "are"
        return "estimate", f"{' and '.join(shared)} {verb} among those that the critic was fitted to"
    return "lower_bound", "none of the points is among those that the critic was fitted to"


def _as_items(points: FloatArray) -> np.ndarray:
    """Return each point as one item that can be compared; −0 counts as 0."""
    rows = np.ascontiguousarray(points + 0.0)
    return rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).reshape(-1)


def _expectation(values: FloatArray, shares: FloatArray, *, worst: float) -> float:
    """Return Σ shares · values; where infinities of both signs meet, the one that makes the bound worst decides."""
    if (values == worst).any():
        return worst
    return -worst if (values == -worst).any() else accurate_dot(shares, values)


def _bound(first: float, second: float) -> float:
    """Return E_P[T] − E_Q[f*(T)], −∞ where either is the worst that it may be."""
    return -np.inf if first == -np.inf or second == np.inf else first - second


def _offset_terms(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return for each point of y what it takes from the bound, −c + e^{T + c − 1} with the c of the others.

    Also returned is e^T over its mean, whose variance is that of the terms in the limit.
    """
    m = t.size
    before, after = np.logaddexp.accumulate(t), np.logaddexp.accumulate(t[::-1])[::-1]
    others = np.concatenate([after[1:2], np.logaddexp(before[:-2], after[2:]), before[-2:-1]]) - np.log(m - 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        terms = np.where(np.isinf(others) | (t == np.inf), np.inf, others + np.exp(t - others) - 1.0)
        return terms, np.exp(t - (before[-1] - np.log(m)))
