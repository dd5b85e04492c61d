"""What a distribution is to otkit: a log-density on the line or in space, or a log-probability on the integers.

SciPy has three families of objects (frozen distributions, the newer ``scipy.stats.Normal`` kind, and the multivariate
ones) with three ways to ask for the same; here they become one of two plain records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from otkit._checks import as_float_array
from otkit._typing import ArrayLike, BoolArray, FloatArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.log_ratio import integrand

LogDensity = Callable[[FloatArray], FloatArray]
Guess = Callable[[FloatArray], tuple[FloatArray, BoolArray]]

_LEAST_LOG = -745.2  # of the smallest float
_SMALL_LOG = -500.0


@dataclass(frozen=True)
class Density:
    """A density with respect to length, area or volume.

    Attributes
    ----------
    name : str
        "p" or "q", for messages.
    log : callable
        Log-densities, shape (n,), at points of shape (n,), or (n, d) for d > 1; −inf where the density vanishes.
    lower, upper : ndarray, shape (d,)
        Ends of a box that holds the support.
    hints : ndarray, shape (n, d)
        Points near which to look for the mass.
    underflows : bool
        −inf may stand for a density too small for a float, rather than for none.
    """

    name: str
    log: LogDensity
    lower: FloatArray
    upper: FloatArray
    hints: FloatArray = field(repr=False)
    underflows: bool = False

    @property
    def dimension(self) -> int:
        """D."""
        return self.lower.size


@dataclass(frozen=True)
class Atoms:
    """A distribution on countably many points.

    Attributes
    ----------
    name : str
    log : callable
        Log-probabilities at points of shape (n,).
    lower, upper : float
        Ends of the support.
    points : ndarray or None
        The points, or None for the integers from `lower` to `upper`.
    centre : float
        A point near the middle of the mass.
    """

    name: str
    log: LogDensity
    lower: float
    upper: float
    points: FloatArray | None
    centre: float


def _levy(z: FloatArray) -> FloatArray:
    return np.where(z > 0.0, -0.5 / z - 1.5 * np.log(z) - 0.5 * np.log(2.0 * np.pi), -np.inf)


# Where SciPy takes the logarithm of a density: those with tails that leave the floats early, or late.
_LOG_DENSITIES: dict[str, LogDensity] = {
    "laplace": lambda z: -np.abs(z) - np.log(2.0),
    "cauchy": lambda z: -np.log(np.pi) - 2.0 * np.log(np.hypot(1.0, z)),
    "levy": _levy,
}


def is_distribution(value: Any) -> bool:
    """Say whether `value` is what `as_distribution` takes, rather than data: a distribution or a log-density."""
    return callable(value) or hasattr(value, "logpdf") or hasattr(value, "logpmf")


def as_distribution(value: Any, name: str, support: ArrayLike | None = None) -> Density | Atoms:
    """Return a SciPy distribution or a callable log-density as a record.

    Parameters
    ----------
    value : distribution or callable
    name : str
        For messages.
    support : pair or sequence of d pairs, optional
        For callables: bounds of each coordinate; by default the whole line.
    """
    value = _frozen(value, name)
    if _is_discrete(value):
        return _atoms(value, name)
    if hasattr(value, "logpdf"):
        return _line(value, name) if hasattr(value, "support") else _space(value, name)
    if callable(value):
        lower, upper = _bounds(support)
        inside = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
        return Density(name, _checked(value, name, lower.size), lower, upper, inside[None, :])
    raise TypeError(
        f"{name} must be a distribution of scipy.stats or a callable log-density, but {type(value).__name__} was given."
    )


def family_of(value: Any) -> tuple[str, tuple[float, ...], float, float] | None:
    """Return name, shape parameters, loc and scale, if `value` is a frozen one-dimensional SciPy distribution.

    The newer ``scipy.stats.Normal`` has the same under other names. Those whose parameters are arrays have none.
    """
    if type(value).__name__ in ("Normal", "StandardNormal") and hasattr(value, "sigma"):
        mean, deviation = np.asarray(value.mu), np.asarray(value.sigma)
        return ("norm", (), float(mean), float(deviation)) if mean.ndim == deviation.ndim == 0 else None
    law = getattr(value, "dist", None)
    if law is None or not hasattr(law, "_parse_args"):
        return None
    shapes, loc, scale = law._parse_args(*value.args, **value.kwds)
    try:
        return law.name, tuple(float(shape) for shape in shapes), float(loc), float(scale)
    except (TypeError, ValueError):
        return None


def _frozen(value: Any, name: str) -> Any:
    """Freeze ``scipy.stats.norm`` itself with its default parameters, if it has them."""
    if hasattr(value, "freeze") and hasattr(value, "_parse_args"):
        try:
            return value.freeze()
        except TypeError:
            raise TypeError(
                f"{name} must have its parameters, but scipy.stats.{value.name} was given without {value.shapes}: "
                f"write scipy.stats.{value.name}(...)."
            ) from None
    return value


def _is_discrete(value: Any) -> bool:
    law = getattr(value, "dist", value)
    bases = {base.__name__ for base in type(law).__mro__}
    return bool(bases & {"rv_discrete", "DiscreteDistribution"})


def _require_valid(ends: ArrayLike, name: str) -> FloatArray:
    array = np.asarray(ends, dtype=np.float64)
    if array.shape != (2,):
        raise ValueError(
            f"{name} must be one distribution, but its parameters are arrays: its support has shape {array.shape}."
        )
    if np.isnan(array).any():
        raise ValueError(f"{name} must have valid parameters, but its support is ({array[0]}, {array[1]}).")
    return array


def _atoms(value: Any, name: str) -> Atoms:
    law = getattr(value, "dist", value)
    lower, upper = _require_valid(value.support(), name)
    points = None
    if hasattr(law, "xk"):
        _, loc, _ = law._parse_args(*value.args, **value.kwds)
        points = np.asarray(law.xk, dtype=np.float64) + loc
    return Atoms(name, value.logpmf, float(lower), float(upper), points, float(value.median()))


def _line(value: Any, name: str) -> Density:
    lower, upper = _require_valid(value.support(), name)
    hints = np.atleast_1d(np.asarray(value.median(), dtype=np.float64))
    law = getattr(value, "dist", None)
    if law is None:
        return Density(
            name, _checked(value.logpdf, name, 1), np.array([lower]), np.array([upper]), hints[:, None], True
        )
    _, loc, scale = law._parse_args(*value.args, **value.kwds)
    log = value.logpdf
    if law.name in _LOG_DENSITIES:

        def log(x: FloatArray) -> FloatArray:
            return _LOG_DENSITIES[law.name]((x - loc) / scale) - np.log(scale)

    if law.name == "vonmises":  # SciPy's is periodic on the whole line
        lower, upper = loc - np.pi * scale, loc + np.pi * scale
    edges = getattr(law, "_hbins", ())  # a histogram's density breaks at its bins, and may vanish in between
    hints = np.concatenate([hints, loc + scale * np.asarray(edges, dtype=np.float64)])

    def known(x: FloatArray) -> FloatArray:
        """SciPy's answer may be ∞·0 where the density is too small for a float."""
        value = np.asarray(log(x))
        return np.where(np.isnan(value), -np.inf, value)

    return Density(name, _checked(known, name, 1), np.array([lower]), np.array([upper]), hints[:, None], True)


def _space(value: Any, name: str) -> Density:
    """Read multivariate normal and t distributions, and kernel density estimates."""
    if hasattr(value, "dataset"):
        data = np.asarray(value.dataset, dtype=np.float64)
        hints = np.quantile(data, [0.0, 0.1, 0.5, 0.9, 1.0], axis=1)
        dimension = data.shape[0]

        def log(x: FloatArray) -> FloatArray:
            return value.logpdf(x.T)
    else:
        centre = getattr(value, "mean", getattr(value, "loc", None))
        shape = getattr(value, "cov", getattr(value, "shape", None))
        if centre is None or callable(centre) or shape is None:
            raise TypeError(
                f"{name} must be a distribution of scipy.stats with a density on the line, a multivariate normal or t, "
                f"or a callable log-density, but {type(value).__name__} was given."
            )
        centre, width = np.atleast_1d(centre), np.sqrt(np.diag(np.atleast_2d(shape)))
        hints = np.array([centre - width, centre, centre + width])
        dimension = centre.size
        log = value.logpdf
    whole = np.full(dimension, np.inf)
    return Density(name, _checked(log, name, dimension), -whole, whole, hints)


def _bounds(support: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    if support is None:
        return np.array([-np.inf]), np.array([np.inf])
    array = as_float_array(support, "support")
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != 2 or array.shape[0] == 0:
        raise ValueError(
            "support must be a pair (lower, upper), or a sequence of such pairs, one for each coordinate, but its "
            f"shape is {as_float_array(support, 'support').shape}."
        )
    for k, (low, high) in enumerate(array):
        if not low < high:
            raise ValueError(f"support must have lower < upper, but coordinate {k} has ({low}, {high}).")
    return array[:, 0].copy(), array[:, 1].copy()


def _checked(log: Callable[[Any], Any], name: str, dimension: int) -> LogDensity:
    """Return the log-density with its answers checked: one number for each point, below +inf."""

    def checked(x: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            try:
                value = np.asarray(log(x), dtype=np.float64)
            except TypeError as error:
                raise TypeError(
                    f"{name} must take an array of points of shape {x.shape} and return log-densities, but: {error}. "
                    "numpy.vectorize makes such a function of one that takes numbers."
                ) from error
        value = value.reshape(-1) if value.size == len(x) else value
        if value.shape != (len(x),):
            raise ValueError(
                f"{name} must return one log-density for each of {len(x)} points, but it returned shape {value.shape}."
            )
        wrong = np.isnan(value) | (value == np.inf)
        if wrong.any():
            k = int(np.argmax(wrong))
            raise ValueError(f"{name} must have a finite log-density, or −inf, but at {x[k]} it is {value[k]}.")
        return value

    return checked


def stand_in(log: LogDensity, lower: float, upper: float, x: FloatArray) -> Guess:
    """Return a function that gives logarithms, and says which stand in for that of a number that underflowed.

    SciPy often takes the logarithm of a density that is 0 in floats though it isn't in truth. The least logarithm seen
    at `x`, −745 at most, stands in for it. Where none seen is small, −inf is the truth.
    """
    seen = log(x)
    least = float(seen[np.isfinite(seen)].min(initial=0.0))
    floor = min(_LEAST_LOG, least) if least < _SMALL_LOG else -np.inf

    def guess(x: FloatArray) -> tuple[FloatArray, BoolArray]:
        value = log(x)
        guessed = (value == -np.inf) & (x >= lower) & (x <= upper) & (floor > -np.inf)
        return np.where(guessed, floor, value), guessed

    return guess


def undecided(
    divergence: FDivergence, p: tuple[FloatArray, BoolArray], q: tuple[FloatArray, BoolArray], value: FloatArray
) -> FloatArray:
    """Return how much of the integrand `value` rests on stand-ins: how it would change if they were −inf."""
    guessed = p[1] | q[1]
    if not guessed.any():
        return np.zeros_like(value)
    bare = integrand(divergence, *(np.where(known, -np.inf, log) for log, known in (p, q)))
    change = np.where(np.isfinite(bare), np.abs(np.where(guessed, bare, 0.0) - value), value)
    return np.where(guessed, change, 0.0)


@dataclass(frozen=True)
class Integrated:
    """What quadrature gives, on the line and in space.

    Attributes
    ----------
    masses : tuple of float
        ∫p and ∫q.
    mass_error : float
        The larger of their errors.
    value, error : float
        ∫ q f̃(p/q), possibly ∞, and its error.
    detail : str
        Why it is infinite.
    """

    masses: tuple[float, float]
    mass_error: float
    value: float
    error: float
    detail: str = ""
