"""Weighted points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_weights
from otkit.inputs.frames import Frame, Missing, Reading, as_clouds
from otkit.io.results import points_frame
from otkit.numerics.pickling import Frozen, owned


@dataclass(frozen=True, eq=False, init=False, repr=False)
class DiscreteMeasure(Frozen):
    """A measure Σ_i w_i δ_{x_i}: finitely many points, each with a mass.

    Parameters
    ----------
    points : array-like, shape (n, d) or (n,)
        One point a row; a 1-D array is n points on the line. Lists, data frames and CPU tensors are taken; the names
        of columns are kept, to be matched with those of others.
    weights : array-like, shape (n,), optional
        Non-negative masses, not all zero. They are kept as given; functions that compare probability measures normalise
        them. The default is one for each point.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out.

    Attributes
    ----------
    points : ndarray, shape (n, d)
        In float64. Times are in seconds since the earliest, integers beyond 2**53 counted from the least.
    weights : ndarray, shape (n,)
    frame : Frame
        The points as they were given, with the names of their columns, for comparisons with others.
    reading : Reading
        What was done to them, in words.

    Raises
    ------
    ValueError
        Missing or infinite entries, negative or all-zero weights, shapes that do not fit.
    TypeError
        Entries that are neither real numbers nor times.

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
    frame: Frame
    reading: Reading

    def __init__(
        self, points: ArrayLike | Frame, weights: ArrayLike | None = None, *, missing: Missing = "raise"
    ) -> None:
        clouds = as_clouds({"points": points}, {"weights": weights}, missing=missing)
        frame = clouds.frames[0].owned()
        checked = clouds.points[0] if frame.block is None else frame.block
        checked.flags.writeable = False
        object.__setattr__(self, "points", checked)
        object.__setattr__(self, "weights", owned(as_weights(clouds.weights[0], "weights", len(checked))))
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "reading", clouds.reading)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the coordinates; empty where they have none."""
        return self.reading.columns

    def to_frame(self) -> Any:
        """Return the points, in columns of their names, and their masses as a pandas DataFrame.

        Examples
        --------
        >>> import otkit
        >>> otkit.DiscreteMeasure({"age": [30.0, 40.0]}, [1, 3]).to_frame()
            age  mass
        0  30.0   1.0
        1  40.0   3.0
        """
        return points_frame(self.columns, self.points, self.weights)

    def to_dict(self) -> dict[str, Any]:
        """Return names of columns, points and masses as plain lists."""
        return {"columns": list(self.columns), "points": self.points.tolist(), "masses": self.weights.tolist()}

    def __repr__(self) -> str:
        n, d = self.points.shape
        named = f" ({', '.join(self.columns)})" if 0 < len(self.columns) <= 8 else ""
        return f"DiscreteMeasure({n} points in dimension {d}{named}, total mass {self.weights.sum():g})"


def taken_apart(
    points: ArrayLike | DiscreteMeasure, weights: ArrayLike | None, name: str, weights_name: str
) -> tuple[ArrayLike, ArrayLike | None]:
    """Return the points and weights of an argument that may be a measure, for `otkit.inputs.frames.as_clouds`."""
    if not isinstance(points, DiscreteMeasure):
        return points, weights
    if weights is not None:
        raise TypeError(
            f"{weights_name} must be left out where {name} is a DiscreteMeasure: it brings its own weights."
        )
    return points.frame, points.weights
