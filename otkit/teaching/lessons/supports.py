"""What becomes of each distance between measures that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from otkit._typing import FloatArray
from otkit.datasets import parallel_lines as points_on_lines
from otkit.inputs.checks import as_count
from otkit.teaching.lessons.lesson import PROVED, Lesson, distance, divergence

COLUMNS = ("W_1", "KL", "JS", "TV")


def parallel_lines(thetas: Sequence[float] = (-1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0), n: int = 16) -> Lesson:
    """Return W_1, KL, JS and TV between {0} × U(0, 1) and {θ} × U(0, 1), on n points for each line.

    W_1 = |θ| says how far the lines are apart and which way is nearer. The others take one value for all θ ≠ 0 (∞,
    log 2 and 1) and another at 0: they have no gradient to follow. On equally spaced points this holds exactly.

    Parameters
    ----------
    thetas : sequence of float
        Distances θ between the lines, of either sign.
    n : int
        Number of points on each line.

    Returns
    -------
    Lesson

    References
    ----------
    Arjovsky, Chintala & Bottou, *Wasserstein GAN* (2017), example 1.

    Examples
    --------
    >>> lesson = parallel_lines([0.0, 0.5])
    >>> lesson.column("W_1").tolist(), lesson.column("KL").tolist(), lesson.column("TV").tolist()
    ([0.0, 0.5], [0.0, inf], [0.0, 1.0])
    """
    rows = []
    for k, theta in enumerate(thetas):
        if not math.isfinite(theta):
            raise ValueError(f"thetas must be finite, but thetas[{k}] = {theta}.")
        rows.append((float(theta), *distances(*points_on_lines(n, theta))))
    return Lesson(
        f"Two parallel lines, θ apart ({n} points on each)",
        ("θ", *COLUMNS),
        tuple(rows),
        "Only W_1 = |θ| is continuous at θ = 0 and says which way is nearer; the others jump.",
        PROVED,
    )


def meeting_supports(width: int = 4, shifts: Sequence[int] = (8, 7, 6, 5, 4, 3, 2, 1, 0)) -> Lesson:
    """Return W_1, KL, JS and TV between uniform measures on {0, …, width − 1} and on the same set moved by a shift.

    Until the two meet, at shift < width, TV, JS and KL stand still at 1, log 2 and ∞; then TV = shift/width and
    JS = log 2 · shift/width, while KL stays ∞ until the supports are the same. W_1 is the shift all along.

    Parameters
    ----------
    width : int
        Number of points of each measure.
    shifts : sequence of int
        How far the second is moved.

    Returns
    -------
    Lesson

    Examples
    --------
    >>> lesson = meeting_supports(2, [3, 2, 1, 0])
    >>> lesson.column("W_1").tolist(), lesson.column("TV").tolist()
    ([3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 0.5, 0.0])
    """
    block = np.arange(as_count(width, "width"), dtype=np.float64)[:, None]
    rows = []
    for k, shift in enumerate(shifts):
        if int(shift) != shift:
            raise ValueError(f"shifts must be integers, but shifts[{k}] = {shift}.")
        rows.append((int(shift), *distances(block, block + int(shift))))
    return Lesson(
        f"Two blocks of {width} points move together",
        ("shift", *COLUMNS),
        tuple(rows),
        f"W_1 falls steadily; TV and JS stand still until the blocks meet, below shift {width}, and KL to the end.",
        PROVED,
    )


def distances(x: FloatArray, y: FloatArray) -> tuple[float, float, float, float]:
    """Return W_1, KL, JS and TV between two clouds of equally likely points; equal points are one atom."""
    atoms, which = np.unique(np.concatenate([x, y]), axis=0, return_inverse=True)
    which = which.reshape(-1)
    p = np.bincount(which[: len(x)], minlength=len(atoms)).astype(np.float64)
    q = np.bincount(which[len(x) :], minlength=len(atoms)).astype(np.float64)
    return distance(x, y), divergence("kl", p, q), divergence("js", p, q), divergence("tv", p, q)
