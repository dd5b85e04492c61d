"""Data to learn and to test with: the bakery table, bakeries and cafés of Manhattan, and toy sample sets."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs.checks import as_count
from otkit.inputs.randomness import Rng, as_generator

__all__ = [
    "Bakery",
    "Manhattan",
    "bakery",
    "eight_gaussians",
    "gaussians",
    "grid_centres",
    "manhattan",
    "parallel_lines",
    "ring_centres",
    "swiss_roll",
    "twenty_five_gaussians",
]


@dataclass(frozen=True, eq=False)
class Bakery:
    """Six bakeries deliver bread to six cafés: the table of the lecture notes.

    Attributes
    ----------
    cost : ndarray, shape (6, 6)
        Minutes from each bakery (row) to each café (column). The table is no metric.
    supply, demand : ndarray, shape (6,)
        Loaves baked and loaves ordered, 100 on each side.
    bakeries, cafes : tuple of str
        What they are called.
    printed_assignment : ndarray, shape (6,)
        Monge's problem (each bakery serves one café) as the notes solve it: the café of each bakery, counted from 0.
    printed_assignment_cost : int
        Its cost, 65, which the notes print as optimal. It is not: 64 is.
    printed_plan : ndarray, shape (6, 6)
        Kantorovich's problem (loaves may be split) as the notes solve it.
    printed_plan_cost : int
        Its cost, 1070, which is optimal.
    """

    cost: IntArray
    supply: IntArray
    demand: IntArray
    bakeries: tuple[str, ...]
    cafes: tuple[str, ...]
    printed_assignment: IntArray
    printed_assignment_cost: int
    printed_plan: IntArray
    printed_plan_cost: int


@dataclass(frozen=True, eq=False)
class Manhattan:
    """Bakeries and cafés on a map of Manhattan.

    Attributes
    ----------
    bakeries : ndarray, shape (8, 2)
    cafes : ndarray, shape (5, 2)
        Positions in pixels of the map.
    supply : ndarray, shape (8,)
    demand : ndarray, shape (5,)
        Loaves a day, 441 on each side.
    """

    bakeries: FloatArray
    cafes: FloatArray
    supply: FloatArray
    demand: FloatArray


def bakery() -> Bakery:
    """Return the bakery table, with the solutions that the notes print.

    Examples
    --------
    >>> bread = bakery()
    >>> int((bread.cost * bread.printed_plan).sum())
    1070
    >>> int(bread.cost[range(6), bread.printed_assignment].sum())
    65
    """
    return Bakery(
        cost=_integers(
            [
                [12, 10, 31, 27, 10, 30],
                [22, 7, 25, 15, 11, 14],
                [19, 7, 19, 10, 15, 15],
                [10, 6, 21, 19, 14, 24],
                [15, 23, 14, 24, 31, 34],
                [35, 26, 16, 9, 34, 15],
            ]
        ),
        supply=_integers([24, 9, 3, 16, 21, 27]),
        demand=_integers([3, 23, 18, 26, 16, 14]),
        bakeries=tuple(f"x{i}" for i in range(1, 7)),
        cafes=tuple(f"y{j}" for j in range(1, 7)),
        printed_assignment=_integers([4, 1, 5, 0, 2, 3]),
        printed_assignment_cost=65,
        printed_plan=_integers(
            [
                [1, 7, 0, 0, 16, 0],
                [0, 0, 0, 0, 0, 9],
                [0, 0, 0, 0, 0, 3],
                [0, 16, 0, 0, 0, 0],
                [2, 0, 18, 1, 0, 0],
                [0, 0, 0, 25, 0, 2],
            ]
        ),
        printed_plan_cost=1070,
    )


def manhattan() -> Manhattan:
    """Return eight bakeries and five cafés of Manhattan (example data of the POT project, MIT licence).

    Examples
    --------
    >>> town = manhattan()
    >>> town.bakeries.shape, town.cafes.shape, float(town.supply.sum())
    ((8, 2), (5, 2), 441.0)
    """
    content = json.loads(resources.files("otkit.datasets").joinpath("manhattan.json").read_text(encoding="utf-8"))
    return Manhattan(
        bakeries=_floats(content["bakeries"]["position"]),
        cafes=_floats(content["cafes"]["position"]),
        supply=_floats(content["bakeries"]["loaves"]),
        demand=_floats(content["cafes"]["loaves"]),
    )


def gaussians(n: int, d: int = 2, *, mean: ArrayLike = 0.0, rng: Rng = None) -> FloatArray:
    """Draw n points of the normal distribution N(mean, I) in d dimensions.

    Parameters
    ----------
    n, d : int
        Number of points and dimension.
    mean : array-like, broadcast to shape (d,)
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same points each time.

    Returns
    -------
    ndarray, shape (n, d)

    Examples
    --------
    >>> gaussians(4, 3, mean=[10, 0, 0], rng=0).shape
    (4, 3)
    """
    size = as_count(n, "n"), as_count(d, "d")
    return as_generator(rng).standard_normal(size) + np.broadcast_to(np.asarray(mean, dtype=np.float64), size[1:])


def ring_centres() -> FloatArray:
    """Return the eight centres of `eight_gaussians`, on a circle of radius 2, shape (8, 2)."""
    angles = np.arange(8) * (math.pi / 4)
    return 2.0 * np.column_stack([np.cos(angles), np.sin(angles)])


def grid_centres() -> FloatArray:
    """Return the 25 centres of `twenty_five_gaussians`, on the grid {−4, −2, 0, 2, 4}², shape (25, 2)."""
    ticks = np.arange(-4.0, 5.0, 2.0)
    return np.column_stack([np.repeat(ticks, 5), np.tile(ticks, 5)])


def eight_gaussians(n: int, *, sigma: float = 0.02, rng: Rng = None) -> FloatArray:
    """Draw n points from eight narrow normal distributions on a ring of radius 2, each as likely.

    A usual target of generative models, of which many cover some of the eight modes only.

    Parameters
    ----------
    n : int
    sigma : float
        Standard deviation of each mode.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    ndarray, shape (n, 2)

    References
    ----------
    Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, *Improved training of Wasserstein GANs* (2017).

    Examples
    --------
    >>> import numpy as np
    >>> points = eight_gaussians(1000, rng=0)
    >>> bool((abs(np.hypot(*points.T) - 2) < 0.1).all())
    True
    """
    return _around(ring_centres(), n, sigma, rng)


def twenty_five_gaussians(n: int, *, sigma: float = 0.05, rng: Rng = None) -> FloatArray:
    """Draw n points from 25 narrow normal distributions on a 5 × 5 grid of spacing 2, each as likely.

    Parameters and references as for `eight_gaussians`.

    Examples
    --------
    >>> twenty_five_gaussians(1000, rng=0).shape
    (1000, 2)
    """
    return _around(grid_centres(), n, sigma, rng)


def swiss_roll(n: int, *, sigma: float = 0.03, rng: Rng = None) -> FloatArray:
    """Draw n points along a spiral in the plane, from the middle (radius 0.63) outwards (radius 1.88).

    The point with parameter t, uniform between 1.5 π and 4.5 π, lies at t (cos t, sin t) / 7.5; normal noise is added.

    Parameters
    ----------
    n : int
    sigma : float
        Standard deviation of the noise in each coordinate.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    ndarray, shape (n, 2)

    Examples
    --------
    >>> swiss_roll(1000, rng=0).shape
    (1000, 2)
    """
    generator = as_generator(rng)
    t = generator.uniform(1.5 * math.pi, 4.5 * math.pi, as_count(n, "n"))
    spiral = np.column_stack([t * np.cos(t), t * np.sin(t)]) / 7.5
    return spiral + _width(sigma) * generator.standard_normal(spiral.shape)


def parallel_lines(n: int, theta: float) -> tuple[FloatArray, FloatArray]:
    """Return n equally spaced points on each of two upright segments of length one, `theta` apart.

    They stand for P_0 = {0} × U(0, 1) and P_θ = {θ} × U(0, 1). For θ ≠ 0 the supports are disjoint: KL = ∞,
    JS = log 2, TV = 1 however near they are, while W_1 = |θ|. On these points the same values hold exactly.

    Returns
    -------
    ndarray, ndarray, each of shape (n, 2)

    Examples
    --------
    >>> parallel_lines(2, 0.5)[1]
    array([[0.5 , 0.25],
           [0.5 , 0.75]])
    """
    heights = (np.arange(as_count(n, "n")) + 0.5) / n
    return np.column_stack([np.zeros(n), heights]), np.column_stack([np.full(n, float(theta)), heights])


def _around(centres: FloatArray, n: int, sigma: float, rng: Rng) -> FloatArray:
    generator = as_generator(rng)
    chosen = centres[generator.integers(len(centres), size=as_count(n, "n"))]
    return chosen + _width(sigma) * generator.standard_normal(chosen.shape)


def _width(sigma: float) -> float:
    if not 0.0 <= sigma < math.inf:
        raise ValueError(f"sigma must be a finite number of at least 0, but sigma = {shown(sigma)} was given.")
    return float(sigma)


def _integers(values: list[int] | list[list[int]]) -> IntArray:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _floats(values: list[float] | list[list[float]]) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
