"""The signed measure P − Q of two weighted samples.

Equal points are put together and their masses subtracted in double-double, α/A − β/B as (α B − β A) / AB: what P and Q
have in common vanishes before it could cancel.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs import checks
from otkit.inputs.frames import NOTHING, Missing, Reading, as_clouds
from otkit.measures import DiscreteMeasure, taken_apart
from otkit.numerics import double_double as dd
from otkit.numerics.jit import njit, njit_pass, read_only

_DOUBT = 2.0**-98  # of masses in double-double, for each point: a few operations, 2⁻¹⁰⁴ each
_FAR = 100  # exponent of weights whose products, squared, might leave float64


class Samples(NamedTuple):
    """Checked samples, without points of no mass; `counted` says that all weights are one."""

    x: FloatArray
    y: FloatArray
    a: FloatArray
    b: FloatArray
    counted: bool
    reading: Reading = NOTHING

    @property
    def doubt(self) -> float:
        """A bound on Σ|error| of probabilities that are computed in double-double from the weights."""
        return 0.0 if self.counted else (self.a.size + self.b.size) * _DOUBT


class SignedMeasure(NamedTuple):
    """P − Q: its positive part, masses `a` at points `x`, and its negative part, `b` at `y`."""

    x: FloatArray
    y: FloatArray
    a: FloatArray
    b: FloatArray


def as_samples(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None,
    b: ArrayLike | None,
    missing: Missing | None = None,
    *,
    invariant: bool = True,
) -> Samples:
    """Check two samples and their weights; `invariant` if a shift of all points together changes nothing."""
    (x, a), (y, b) = taken_apart(x, a, "x", "a"), taken_apart(y, b, "y", "b")
    clouds = as_clouds({"x": x, "y": y}, {"a": a, "b": b}, missing=missing, invariant=invariant)
    (x, y), (a, b) = clouds.points, clouds.weights
    (x, a_checked), (y, b_checked) = _weighted(x, a, "a"), _weighted(y, b, "b")
    return Samples(x, y, a_checked, b_checked, a is None and b is None, clouds.reading)


def _weighted(points: FloatArray, weights: ArrayLike | None, name: str) -> tuple[FloatArray, FloatArray]:
    """Return points of positive mass and their weights, brought near 1 by a power of two where that is far away."""
    checked = checks.as_weights(weights, name, len(points))
    if weights is None:
        return points, checked
    some = checked > 0.0
    if not some.all():
        points, checked = points[some], checked[some]
    shift = math.frexp(float(checked.max()))[1]
    return points, checked if abs(shift) < _FAR else np.ldexp(checked, -shift)


def largest_coordinate(samples: Samples) -> float:
    """Return the largest magnitude of a coordinate."""
    return max(max(-low, high) for _, low, high in (checks.span(samples.x), checks.span(samples.y)))


def groups(points: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the lexicographic order of points, and where in it each group of equal ones starts."""
    order = np.lexsort(points.T[::-1])
    ordered = points[order]
    new = np.ones(len(points), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return order, np.flatnonzero(new)


def difference(samples: Samples) -> SignedMeasure:
    """Return P − Q, with equal points put together and those without mass left out."""
    points = np.concatenate([samples.x, samples.y])
    order, starts = groups(points)
    masses = _signed_masses(order, np.append(starts, order.size), read_only(samples.a), read_only(samples.b))
    places = order[starts]
    more, less = masses > 0.0, masses < 0.0
    return SignedMeasure(points[places[more]], points[places[less]], masses[more], -masses[less])


@njit
def total_mass(weights: FloatArray) -> dd.DoubleDouble:
    """Return the sum of some weights in double-double."""
    total = (0.0, 0.0)
    for w in weights:
        total = dd.add(total, (w, 0.0))
    return total


@njit_pass
def _signed_masses(order: IntArray, starts: IntArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return (P − Q) of each group of equal points: (α B − β A) / AB, for masses α and β there and totals A and B."""
    totals = total_mass(a), total_mass(b)
    product = dd.multiply(totals[0], totals[1])
    masses = np.empty(starts.size - 1)
    for g in range(masses.size):
        alpha, beta = (0.0, 0.0), (0.0, 0.0)
        for k in range(starts[g], starts[g + 1]):
            if order[k] < a.size:
                alpha = dd.add(alpha, (a[order[k]], 0.0))
            else:
                beta = dd.add(beta, (b[order[k] - a.size], 0.0))
        rest = dd.subtract(dd.multiply(alpha, totals[1]), dd.multiply(beta, totals[0]))
        masses[g] = dd.divide(rest, product)[0]
    return masses
