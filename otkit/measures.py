"""Weighted points."""

from __future__ import annotations

from dataclasses import dataclass

from otkit._checks import as_points, as_weights
from otkit._typing import ArrayLike, FloatArray


@dataclass(frozen=True, eq=False, init=False, repr=False)
class DiscreteMeasure:
    """A measure Σ_i w_i δ_{x_i}: finitely many points, each with a mass.

    Parameters
    ----------
    points : array-like, shape (n, d) or (n,)
        One point a row; a 1-D array is n points on the line. Lists, data frames and CPU tensors are taken.
    weights : array-like, shape (n,), optional
        Non-negative masses, not all zero. They are kept as given; functions that compare probability measures normalise
        them. The default is one for each point.

    Raises
    ------
    ValueError
        NaN or infinite entries, negative or all-zero weights, shapes that do not fit.
    TypeError
        Entries that are no real numbers.

    Examples
    --------
    >>> import otkit
    >>> mu = otkit.DiscreteMeasure([[0.0, 0.0], [3.0, 4.0]], [1, 3])
    >>> mu
    DiscreteMeasure(2 points in dimension 2, total mass 4)
    >>> otkit.wasserstein(mu, otkit.DiscreteMeasure([[0.0, 0.0]])).distance
    3.75
    """

    points: FloatArray
    weights: FloatArray

    def __init__(self, points: ArrayLike, weights: ArrayLike | None = None) -> None:
        checked = as_points(points, "points").copy()
        masses = as_weights(weights, "weights", len(checked)).copy()
        checked.flags.writeable = masses.flags.writeable = False
        object.__setattr__(self, "points", checked)
        object.__setattr__(self, "weights", masses)

    def __repr__(self) -> str:
        n, d = self.points.shape
        return f"DiscreteMeasure({n} points in dimension {d}, total mass {self.weights.sum():g})"


def taken_apart(
    points: ArrayLike | DiscreteMeasure, weights: ArrayLike | None, name: str, weights_name: str
) -> tuple[ArrayLike, ArrayLike | None]:
    """Return the points and weights of an argument that may be a measure."""
    if not isinstance(points, DiscreteMeasure):
        return points, weights
    if weights is not None:
        raise TypeError(
            f"{weights_name} must be left out where {name} is a DiscreteMeasure: it brings its own weights."
        )
    return points.points, points.weights
