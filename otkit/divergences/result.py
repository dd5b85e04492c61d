"""What every divergence returns: the number, what kind of number it is, and how far off it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from otkit._text import shown
from otkit._typing import FloatArray
from otkit.io.results import Result

Kind: TypeAlias = Literal["exact", "quadrature", "estimate", "lower_bound"]


@dataclass(frozen=True, eq=False, repr=False)
class DivergenceResult(Result):
    """A divergence with its error.

    Attributes
    ----------
    value : float or ndarray
        The divergence, in nats unless another base was asked for; ∞ is a value.
    kind : {"exact", "quadrature", "estimate", "lower_bound"}
        "exact": of the discrete measures given, up to rounding; "quadrature": an integral, up to the error of its
        numerical evaluation; "estimate": from samples; "lower_bound": the value of one critic on samples.
    error : float or ndarray
        In the same order: a bound on the rounding error, the integrator's error estimate, the standard error (twice).
        Where the value is ∞, an error of 0 says that the divergence is infinite, an error of ∞ that it is finite but
        beyond the largest float, 1.8e308.
    detail : str
        How it was found, or what to mind.
    seed : int or None
        What `rng=` takes to draw the same numbers again; None where nothing is random, or a generator was given.

    Examples
    --------
    >>> from otkit.divergences.result import DivergenceResult
    >>> result = DivergenceResult(0.5, "estimate", 0.1, "knn, k = 5")
    >>> print(result)
    0.5 ± 0.1 (estimate with its standard error; knn, k = 5)
    >>> low, high = result.interval(0.95)
    >>> round(low, 3), round(high, 3)
    (0.304, 0.696)
    """

    _fields_of_dict = ("value", "error", "kind", "detail", "seed")

    value: float | FloatArray
    kind: Kind
    error: float | FloatArray
    detail: str = ""
    seed: int | None = None

    def interval(self, level: float = 0.95) -> tuple[float | FloatArray, float | FloatArray]:
        """Return the ends of the interval that the divergence lies in.

        Parameters
        ----------
        level : float
            Confidence of an estimate's interval and of a lower bound, by the normal distribution. A rounding bound
            holds at any level.

        Returns
        -------
        tuple
            (low, high). A lower bound says nothing about the high end: ∞.
        """
        return interval_of(self.value, self.error, self.kind, level)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return in_words(self.value, self.error, self.kind, self.detail, self.seed)

    def __repr__(self) -> str:
        return f"DivergenceResult({self})"


def beyond_floats(kind: Kind, detail: str) -> DivergenceResult:
    """Return a divergence that is finite, but larger than every float: rounded to ∞, with an error of ∞."""
    return DivergenceResult(np.inf, kind, np.inf, f"{detail}, beyond float64")


def interval_of(
    value: float | FloatArray, error: float | FloatArray, kind: Kind, level: float
) -> tuple[float | FloatArray, float | FloatArray]:
    """Return the ends of the interval that a number with an error of some kind stands for."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, but level = {shown(level)} was given.")
    from scipy.special import ndtri

    value, error = np.asarray(value), np.asarray(error)
    if kind == "estimate":
        width = float(ndtri(0.5 + 0.5 * level)) * error
        ends = value - width, value + width
    elif kind == "lower_bound":
        ends = value - float(ndtri(level)) * error, np.full_like(value, np.inf)
    else:
        beyond = np.isinf(value) & np.isinf(error)
        with np.errstate(invalid="ignore"):
            ends = np.where(beyond, np.finfo(np.float64).max, value - error), value + error
    low, high = (end if end.ndim else float(end) for end in ends)
    return low, high


def in_words(value: float | FloatArray, error: float | FloatArray, kind: Kind, detail: str, seed: int | None) -> str:
    """Return a number with its error as one line: what kind it is, how it was found, and the seed if there is one."""
    proved = kind == "lower_bound" and not np.any(error)  # between measures: nothing was sampled
    what = {
        "exact": "exact, with a bound on the rounding error",
        "quadrature": "by quadrature, with its error estimate",
        "estimate": "estimate with its standard error",
        "lower_bound": "lower bound" if proved else "lower bound with its standard error",
    }[kind]
    single = np.ndim(value) == 0
    if single and value == error == np.inf:
        return f"> 1.79769e+308 ({what}; {detail})"
    amount, give_or_take = (f"{value:.6g}", f"{error:.2g}") if single else (value, error)
    number = f"{'≥ ' * (kind == 'lower_bound')}{amount}{'' if proved else f' ± {give_or_take}'}"
    return f"{number} ({'; '.join(part for part in (what, detail, '' if seed is None else f'seed {seed}') if part)})"
