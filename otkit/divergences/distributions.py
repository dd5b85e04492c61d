"""What a distribution is to otkit: a log-density on the line or in space, or a log-probability on the integers.

SciPy has three families of objects (frozen distributions, the newer ``scipy.stats.Normal`` kind, and the multivariate
ones) with three ways to ask for the same; here they become one of two plain records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, BoolArray, FloatArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.log_ratio import integrand
from otkit.divergences.panels import Places
from otkit.inputs.checks import as_float_array
from otkit.numerics.floats import EPS

LogDensity = Callable[[FloatArray], FloatArray]
LogAt = Callable[[Places], FloatArray]

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
    scale : float
        A length over which the density varies, on the line and where it is known.
    log_from : callable, optional
        On the line, log-densities at points given as anchor and offset, where the law can tell more of them than of
        their sum.
    resolution : mapping
        Of the ends of the support, how near to them the law tells points apart.
    """

    name: str
    log: LogDensity
    lower: FloatArray
    upper: FloatArray
    hints: FloatArray = field(repr=False)
    underflows: bool = False
    scale: float = 1.0
    log_from: LogAt | None = None
    resolution: Mapping[float, float] = field(default_factory=dict, repr=False)

    @property
    def dimension(self) -> int:
        """D."""
        return self.lower.size

    def log_at(self, places: Places) -> FloatArray:
        """Return log-densities at points of the line."""
        return self.log(places.x) if self.log_from is None else self.log_from(places)


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
    value = frozen(value, name)
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


def frozen(value: Any, name: str) -> Any:
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
    ends = np.array([lower]), np.array([upper])
    law = getattr(value, "dist", None)
    if law is None:
        normal = family_of(value)
        if normal is None:
            return Density(name, _checked(value.logpdf, name, 1), *ends, hints[:, None], True)
        from scipy import stats

        return _line(stats.norm(*normal[2:]), name)
    shapes, loc, scale = law._parse_args(*value.args, **value.kwds)
    if law.name == "vonmises":  # SciPy's is periodic on the whole line
        ends = np.array([loc - np.pi * scale]), np.array([loc + np.pi * scale])
    edges = getattr(law, "_hbins", ())  # a histogram's density breaks at its bins, and may vanish in between
    hints = np.concatenate([hints, loc + scale * np.asarray(edges, dtype=np.float64)])
    standard = _LOG_DENSITIES.get(law.name, lambda z: law.logpdf(z, *shapes))

    def known(z: FloatArray) -> FloatArray:
        """SciPy's answer may be ∞·0 where the density is too small for a float."""
        log = np.asarray(standard(z)) - np.log(scale)
        return np.where(np.isnan(log), -np.inf, log)

    of_standard = _checked(known, name, 1)
    first, last = (-np.pi, np.pi) if law.name == "vonmises" else law.support(*shapes)

    def log_from(places: Places) -> FloatArray:
        """Take the location off before the offset is added, and stay inside the ends of the support."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = (places.anchor - loc) / scale + places.offset / scale
            for end, standard_end, way in ((ends[0], first, np.inf), (ends[1], last, -np.inf)):
                here = (places.anchor == end) & (np.sign(places.offset) == np.sign(way))
                inside = np.nextafter(standard_end, way) if np.isfinite(standard_end) else standard_end
                moved = standard_end + places.offset / scale
                z = np.where(here, np.maximum(moved, inside) if way > 0 else np.minimum(moved, inside), z)
            return of_standard(z)

    resolution = {float(end[0]): 4.0 * EPS * abs(z) * scale for end, z in zip(ends, (first, last), strict=True)}
    return Density(
        name,
        lambda x: of_standard((x - loc) / scale),
        *ends,
        hints[:, None],
        True,
        float(scale),
        None if len(edges) else log_from,
        resolution,
    )


def _kernels(value: Any, name: str) -> Density:
    """Read a kernel density estimate on the line, moved to zero: SciPy's loses the digits that a location takes."""
    data = np.asarray(value.dataset, dtype=np.float64)[0]
    centre = float(np.median(data))
    moved = type(value)(data - centre, bw_method=float(value.factor), weights=value.weights)
    log = _checked(moved.logpdf, name, 1)
    whole = np.array([np.inf])
    return Density(
        name,
        lambda x: log(x - centre),
        -whole,
        whole,
        np.quantile(data, [0.0, 0.1, 0.5, 0.9, 1.0])[:, None],
        scale=float(np.sqrt(value.covariance[0, 0])),
        log_from=lambda places: log((places.anchor - centre) + places.offset),
    )


def _space(value: Any, name: str) -> Density:
    """Read multivariate normal and t distributions, and kernel density estimates."""
    if type(value).__name__ == "gaussian_kde" and len(value.dataset) == 1:
        return _kernels(value, name)
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


def floor_of(seen: FloatArray) -> float:
    """Return what stands in for the logarithm of a number that underflowed, by the logarithms seen; −∞ for none.

    SciPy often takes the logarithm of a density that is 0 in floats though it isn't in truth. The least logarithm seen,
    −745 at most, stands in for it. Where none seen is small, −inf is the truth.
    """
    least = float(seen[np.isfinite(seen)].min(initial=0.0))
    return min(_LEAST_LOG, least) if least < _SMALL_LOG else -np.inf


def stood_in(log: FloatArray, floor: float, inside: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Return logarithms without −∞ inside the support, and which stand in for that of a number that underflowed."""
    guessed = (log == -np.inf) & inside & (floor > -np.inf)
    return np.where(guessed, floor, log), guessed


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
