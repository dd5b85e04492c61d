"""Density ratios by k nearest neighbours.

Where the k-th neighbour of x_i among the other points of its own sample is at distance ρ and the k-th in the other
sample at distance ν, the ratio of the densities there is (m/(n−1)) (ν/ρ)^d up to the factor of two independent
Gamma(k) variables. Its logarithm has mean zero (Wang, Kulkarni & Verdú), its powers have known means (Póczos &
Schneider).

Ties. Where the k-th distance is shared or zero, as duplicates and rounded data make it, volume means nothing: both
samples are counted in one ball instead, of radius max(ρ, ν), and the logarithm is ψ(k_i) − ψ(l_i) + log(m/(n−1)) with
the counts k_i, l_i ≥ k. So no distance of zero has its logarithm taken, and duplicates are compared by how often they
occur.

The standard error is that of the influence function: a point counts through its own ratio, through those that it is a
neighbour of, at 1/k each. The jackknife would take the spacing to the next neighbour for that 1/k. It has this mean,
but varies as an exponential variable does, and is counted as noise once more: intervals half as wide again.

References: Q. Wang, S. R. Kulkarni & S. Verdú, *Divergence estimation for multidimensional densities via
k-nearest-neighbor distances*, IEEE Trans. Inf. Theory 55 (2009), section III for balls of one radius; B. Póczos & J.
Schneider, *On the estimation of α-divergences*, AISTATS 2011; L. A. Jaeckel, *The infinitesimal jackknife*, Bell
Laboratories (1972).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.samples.functionals import Functional, Part, functional
from otkit.divergences.samples.points import Options, require_more_points
from otkit.numerics.threads import share

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

# Points that one thread searches the neighbours of at a time, and from how many on another thread is worth starting.
BLOCK = 256
WORTH_A_THREAD = 1024


@dataclass(frozen=True)
class Neighbours:
    """The nearest neighbours of points of one sample, in their own sample (without themselves) and in the other."""

    sign: float  # +1 at points of P, −1 at points of Q: of the log ratio own/other
    dimension: int
    sizes: tuple[int, int]  # candidates in the own sample, in the other
    distances: tuple[FloatArray, FloatArray]  # (points, neighbours), ascending
    indices: tuple[IntArray, IntArray]
    trees: tuple
    points: FloatArray

    def ratios(self, k: int) -> FloatArray:
        """Return log p/q at each point."""
        own, other = (distances[:, k - 1] for distances in self.distances)
        tied = self.tied(k)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = self.dimension * (np.log(other) - np.log(own))
        if tied.any():
            from scipy.special import digamma

            own_count, other_count = self._counts(tied, k)
            logs[tied] = digamma(own_count) - digamma(other_count)
        return self.sign * (logs + math.log(self.sizes[1] / self.sizes[0]))

    def steps(self, k: int) -> tuple[FloatArray, FloatArray]:
        """Return by how much one neighbour more in the own sample, or in the other, moves log p/q at each point."""
        own, other = np.full(len(self.points), 1.0 / k), np.full(len(self.points), 1.0 / k)
        tied = self.tied(k)
        if tied.any():
            own[tied], other[tied] = (1.0 / count for count in self._counts(tied, k))
        return self.sign * own, -self.sign * other

    def tied(self, k: int) -> BoolArray:
        """Say at which points the k-th distance is zero or shared."""
        own, other = self.distances
        return (
            (own[:, k - 1] == own[:, k]) | (other[:, k - 1] == other[:, k]) | (own[:, k - 1] * other[:, k - 1] == 0.0)
        )

    def _counts(self, tied: BoolArray, k: int) -> tuple[IntArray, IntArray]:
        """Return how many of both samples lie in one ball around each tied point."""
        radius = self._radius(k)[tied]
        own, other = (tree.query_ball_point(self.points[tied], radius, return_length=True) for tree in self.trees)
        return np.maximum(own - 1, k), np.maximum(other, k)

    def _radius(self, k: int) -> FloatArray:
        """Return the radius of a ball that holds k of both samples, a hair larger as distances are rounded."""
        return np.maximum(self.distances[0][:, k - 1], self.distances[1][:, k - 1]) * (1.0 + 1e-12)

    def members(self, k: int, which: int, change: FloatArray) -> FloatArray:
        """Return the sum of `change`, one for each point, over all points that have a candidate for a neighbour.

        Each point's are its k nearest; where it is tied, all in the ball. Duplicates share one search.
        """
        tied = self.tied(k)
        size = self.trees[which].n
        indices = self.indices[which][~tied, :k]
        total = np.bincount(indices.ravel(), weights=np.repeat(change[~tied], k), minlength=size).astype(np.float64)
        if tied.any():
            places, first, label = np.unique(self.points[tied], axis=0, return_index=True, return_inverse=True)
            lists = self.trees[which].query_ball_point(places, self._radius(k)[tied][first])
            weight = np.bincount(label.ravel(), weights=change[tied])
            counts = [len(inside) for inside in lists]
            total += np.bincount(np.concatenate(lists).astype(int), weights=np.repeat(weight, counts), minlength=size)
        return total


def neighbours(x: FloatArray, y: FloatArray, most: int, sides: Sequence[str]) -> dict[str, Neighbours]:
    """Find the `most` + 1 nearest neighbours of the points of x, of y, or of both."""
    from scipy.spatial import cKDTree

    samples = {"x": x, "y": y}
    # In ten dimensions a search visits most leaves; larger ones than SciPy's sixteen points save a quarter of its time.
    trees = {name: cKDTree(points, leafsize=32) for name, points in samples.items()}
    found = {}
    for side in sides:
        other = "y" if side == "x" else "x"
        points = samples[side]
        own_distances, own_indices = _nearest(trees[side], points, most + 2)
        distances, indices = _nearest(trees[other], points, most + 1)
        found[side] = Neighbours(
            sign=1.0 if side == "x" else -1.0,
            dimension=x.shape[1],
            sizes=(len(samples[side]) - 1, len(samples[other])),
            # The first is the point itself, or a duplicate of it: at distance zero either way.
            distances=(own_distances[:, 1:], distances),
            indices=(own_indices[:, 1:], indices),
            trees=(trees[side], trees[other]),
            points=points,
        )
    return found


def _nearest(tree: cKDTree, points: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
    """Return distances and indices of the k > 1 points of a tree that are nearest to each of some points.

    SciPy's own threads (``workers=``) go on reading arrays that are gone when a signal handler raises meanwhile.
    """
    distances, indices = np.empty((len(points), k)), np.empty((len(points), k), np.int64)

    def search(start: int, stop: int) -> None:
        distances[start:stop], indices[start:stop] = tree.query(points[start:stop], k=k)

    share(search, len(points), BLOCK, 1 + len(points) // WORTH_A_THREAD)
    return distances, indices


def value(how: Functional, ratios: dict[str, FloatArray], k: int) -> float:
    """Return the divergence from the log ratios by the k-th neighbours."""
    return how.constant + sum(
        part.weight * _noise(part, k) * float(np.mean(part.function(ratios[part.side]))) for part in how.parts
    )


def standard_error(how: Functional, near: dict[str, Neighbours], ratios: dict[str, FloatArray], k: int) -> float:
    """Return the standard error of `value`, from the influence of each point of x and of y."""
    here = next(iter(near.values()))
    influence = {name: np.zeros(tree.n) for name, tree in zip(_samples(here), here.trees, strict=True)}
    for part in how.parts:
        here, ratio = near[part.side], ratios[part.side]
        now = part.function(ratio)
        scale = part.weight * _noise(part, k) / len(now)
        influence[part.side] += scale * (now - now.mean())
        for which, (name, step) in enumerate(zip(_samples(here), here.steps(k), strict=True)):
            influence[name] += scale * here.members(k, which, part.function(ratio + step) - now)
    return math.sqrt(sum(len(points) * float(np.var(points)) for points in influence.values()))


def _samples(near: Neighbours) -> tuple[str, str]:
    return ("x", "y") if near.sign > 0.0 else ("y", "x")


def _noise(part: Part, k: int) -> float:
    """Return 1/E[(G/H)^s] = Γ(k)²/(Γ(k+s)Γ(k−s)) for G, H ~ Gamma(k): what a power's mean is divided by."""
    if part.power is None:
        return 1.0
    return math.exp(2.0 * math.lgamma(k) - math.lgamma(k + part.power) - math.lgamma(k - part.power))


def estimate(
    divergence: FDivergence, x: FloatArray, y: FloatArray, options: Options, rng: np.random.Generator
) -> DivergenceResult:
    """Estimate a divergence by the k-th nearest neighbours; `rng` is not used.

    k is 5 where the noise of the ratio has a known mean (KL and powers), √min(n, m) elsewhere (JS, TV, one's own).
    """
    how = functional(divergence)
    size = min(len(x), len(y))
    k = options.k or (max(5, math.isqrt(size)) if how.plug_in else 5)
    require_more_points(x, y, k + 1, f"k = {k} nearest neighbours")
    require_noise_mean(divergence, how, k)
    near = neighbours(x, y, k, how.sides)
    ratios = {side: here.ratios(k) for side, here in near.items()}
    return DivergenceResult(value(how, ratios, k), "estimate", standard_error(how, near, ratios, k), f"knn, k = {k}")


def require_noise_mean(divergence: FDivergence, how: Functional, k: int) -> None:
    """Raise ValueError where a power of the ratio of two Gamma(k) variables has no mean."""
    power = max((abs(part.power) for part in how.parts if part.power is not None), default=0.0)
    if power >= k:
        raise ValueError(
            f"k must be larger than {power:g} for {divergence.name}, which needs the mean of the density ratio to that "
            f"power, but k = {k} was given."
        )
