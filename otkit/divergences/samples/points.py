"""Two samples fit to be compared: what cannot be estimated from them is said here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.generators import FDivergence
from otkit.inputs.frames import Missing, Reading, as_clouds

# Sizes whose squares, and those of products of two coordinates, are floats.
_LEAST_SIZE, _LARGEST_SIZE = 2.0**-200, 2.0**200
_FARTHEST = 1e60


@dataclass(frozen=True)
class Options:
    """What the estimators may be told.

    Attributes
    ----------
    k : int, optional
        Nearest neighbours.
    bins : int, optional
        Bins per axis.
    folds : int
        Folds of the cross-fit.
    """

    k: int | None = None
    bins: int | None = None
    folds: int = 5


def as_samples(
    x: ArrayLike, y: ArrayLike, divergence: FDivergence, missing: Missing
) -> tuple[FloatArray, FloatArray, Reading]:
    """Return both samples as points of one space, and how they were read.

    Raises
    ------
    ValueError
        No density with respect to volume can be estimated: a coordinate is constant or a combination of others, a point
        or a coordinate is 1e60 times as far out as the rest, or the samples do not overlap and the divergence has no
        maximum.
    """
    clouds = as_clouds({"x": x, "y": y}, missing=missing)
    x, y = clouds.points
    for name, points in (("x", x), ("y", y)):
        if len(points) < 2:
            raise ValueError(f"{name} must hold at least 2 points, but it holds {len(points)}.")
    x, y = _at_middle_size(x, y)
    _require_spread(x, y)
    _require_comparable(x, y)
    if not np.isfinite(divergence.maximum):
        _require_overlap(x, y, divergence)
    _require_full_rank(x, y)
    return x, y, clouds.reading


def require_more_points(x: FloatArray, y: FloatArray, least: int, why: str) -> None:
    """Raise ValueError unless both samples hold more than `least` points."""
    for name, points in (("x", x), ("y", y)):
        if len(points) <= least:
            raise ValueError(f"{name} must hold more than {least} points for {why}, but it holds {len(points)}.")


def _at_middle_size(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both samples times one power of two, where their squares would leave the floats: no divergence changes."""
    size = max(float(np.abs(x).max()), float(np.abs(y).max()))
    if size == 0.0 or _LEAST_SIZE < size < _LARGEST_SIZE:
        return x, y
    exponent = -int(np.frexp(size)[1])
    scaled = np.ldexp(x, exponent), np.ldexp(y, exponent)
    return scaled if size < 1.0 or not _underflows(x, y, *scaled) else (x, y)


def _underflows(x: FloatArray, y: FloatArray, *scaled: FloatArray) -> bool:
    return any(((after == 0.0) & (before != 0.0)).any() for before, after in zip((x, y), scaled, strict=True))


def _require_comparable(x: FloatArray, y: FloatArray) -> None:
    """Raise ValueError where a point, or a coordinate, is so far from the others that all of them are as one."""
    widths = []
    for j in range(x.shape[1]):
        pooled = np.concatenate([x[:, j], y[:, j]])
        halves = np.abs(0.5 * pooled - 0.5 * np.median(pooled))
        width, farthest = float(np.median(halves[halves > 0.0])), int(np.argmax(halves))
        if halves[farthest] > _FARTHEST * width:
            name, k = ("x", farthest) if farthest < len(x) else ("y", farthest - len(x))
            raise ValueError(
                f"x and y must hold points at distances that can be compared, but {name}[{k}, {j}] lies "
                f"{halves[farthest] / width:.2g} median deviations from the median of all. If it stands for a missing "
                "value, drop that point."
            )
        widths.append(width)
    least, most = int(np.argmin(widths)), int(np.argmax(widths))
    if widths[most] > _FARTHEST * widths[least]:
        raise ValueError(
            f"x and y must have coordinates in comparable units, but coordinate {most} varies more than {_FARTHEST:g} "
            f"times as much as coordinate {least}: divide each by its own scale."
        )


def _require_spread(x: FloatArray, y: FloatArray) -> None:
    constant_x, constant_y = np.ptp(x, axis=0) == 0.0, np.ptp(y, axis=0) == 0.0
    for j in np.flatnonzero(constant_x | constant_y):
        if constant_x[j] and constant_y[j] and x[0, j] == y[0, j]:
            raise ValueError(
                f"x and y must have a density, but coordinate {j} is {x[0, j]:g} in every point. Leave it out: "
                "a constant tells the samples not apart."
            )
        name, points = ("x", x) if constant_x[j] else ("y", y)
        raise ValueError(
            f"x and y must have a common support, but coordinate {j} of {name} is {points[0, j]:g} in every point and "
            "that of the other sample is not: the distributions are mutually singular there, which no estimator can "
            "weigh. For discrete data use otkit.f_divergence, for samples apart otkit.wasserstein."
        )


def _require_overlap(x: FloatArray, y: FloatArray, divergence: FDivergence) -> None:
    apart = (x.max(axis=0) < y.min(axis=0)) | (y.max(axis=0) < x.min(axis=0))
    if apart.any():
        j = int(np.argmax(apart))
        raise ValueError(
            f"x and y must overlap for {divergence.name}, which has no maximum, but coordinate {j} of x lies in "
            f"[{x[:, j].min():g}, {x[:, j].max():g}] and that of y in [{y[:, j].min():g}, {y[:, j].max():g}]: it may "
            "be infinite, and its size cannot be told from these points. Use js, tv, hellinger or otkit.wasserstein."
        )


def _require_full_rank(x: FloatArray, y: FloatArray) -> None:
    pooled = np.concatenate([x - x.mean(axis=0), y - y.mean(axis=0)])
    pooled = pooled / np.sqrt(np.mean(np.square(pooled), axis=0))
    eigenvalues = np.linalg.eigvalsh(pooled.T @ pooled / len(pooled))
    if eigenvalues[0] < 1e-13 * eigenvalues[-1]:
        raise ValueError(
            f"x and y must have a density in all {x.shape[1]} coordinates, but their {len(pooled)} points lie in a "
            "subspace: some coordinate is a combination of others. Leave it out, or project on principal components."
        )
