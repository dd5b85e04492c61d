"""Train a small critic of W_1 and say what it proves: an estimate that owes nothing to linear programming."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, IntArray
from otkit.costs import Cost
from otkit.inputs.checks import require_choice
from otkit.inputs.frames import Missing
from otkit.inputs.randomness import Rng, seeded
from otkit.neural.certified import CriticBounds, as_metric, between, bounds_of, clouds
from otkit.neural.constraints import PRESETS, CriticOptions
from otkit.neural.fitting import Look, Split, norm_order, train
from otkit.neural.function import CriticFunction
from otkit.numerics.sums import accurate_dot
from otkit.problem import TransportProblem
from otkit.solvers.monitor import Progress
from otkit.solvers.waiting import waiting


class HeldOut(NamedTuple):
    """The critic at points that it was not fitted to.

    Attributes
    ----------
    n, m : int
        Their numbers.
    raw : float
        E_P φ − E_Q φ at these points; divided by the global constant, it is in expectation a lower bound of W_1 between
        the distributions that the samples are from (but for its choice of when to stop).
    error : float
        The standard error of `raw`.
    """

    n: int
    m: int
    raw: float
    error: float


@dataclass(frozen=True, eq=False, repr=False)
class CriticResult(CriticBounds):
    """A trained critic with what it proves about W_1 of the two samples that were given, all points of them.

    Attributes
    ----------
    raw, lipschitz, pooled_slope, lower_bound, c_transform_bound : float
        As in `CriticBounds`.
    global_constant : float
        An upper bound of the Lipschitz constant on the whole space: the product of the largest singular values of the
        weights, and for another norm than the Euclidean what it takes to compare the two. Near 1 for "groupsort" and
        "spectral"; large, and of little use, for others.
    critic : CriticFunction
        φ, a function of points: ``result.critic(z)``, ``result.critic.gradient(z)``.
    held_out : HeldOut or None
        The critic at the points that were held out, if any were.
    history : tuple of Look
        The critic as it was looked at during training.
    options : CriticOptions
    metric : str
    shape : tuple of two ints
        Numbers of points that carry mass.
    seconds : float
        Wall-clock time, compiling included.
    seed : int or None
        What `rng=` takes to draw the same numbers again; None where a generator was given.
    """

    global_constant: float
    critic: CriticFunction
    held_out: HeldOut | None
    history: tuple[Look, ...]
    options: CriticOptions
    metric: str
    shape: tuple[int, int]
    seconds: float
    seed: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as a dictionary, without the critic and its training."""
        names = ("raw", "lipschitz", "pooled_slope", "lower_bound", "c_transform_bound", "global_constant")
        return {name: getattr(self, name) for name in names} | {
            "constraint": type(self.options.constraint).__name__,
            "held_out": None if self.held_out is None else self.held_out._asdict(),
            "metric": self.metric,
            "n": self.shape[0],
            "m": self.shape[1],
            "steps": self.history[-1].step,
            "seconds": self.seconds,
            "seed": self.seed,
        }

    def __str__(self) -> str:
        lines = [
            f"W_1 ≥ {self.lower_bound:.12g}   (certified: {self.raw:.6g} / {self.lipschitz:.6g})",
            f"  raw        {self.raw:.12g}, no bound by itself",
            f"  lipschitz  {self.lipschitz:.6g} between the samples, {self.pooled_slope:.6g} over all points, "
            f"≤ {self.global_constant:.6g} everywhere",
            f"  c-transform  W_1 ≥ {self.c_transform_bound:.12g}, which takes little from the critic",
        ]
        if self.held_out is not None:
            n, m, raw, error = self.held_out
            lines.append(f"  held out   raw {raw:.6g} ± {error:.2g} at {n} and {m} other points")
        lines += [f"  data       {note}" for note in self.reading.notes]
        n, m = self.shape
        lines.append(
            f"  critic     {self.critic!r}, {self.options.constraint}, {self.history[-1].step} steps, "
            f"n = {n}, m = {m}, {self.metric}, {self.seconds:.3g} s"
        )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"CriticResult(lower_bound={self.lower_bound!r}, raw={self.raw!r}, lipschitz={self.lipschitz!r})"


def fit_critic(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    constraint: str | CriticOptions = "one-sided",
    metric: str | Cost = "euclidean",
    held_out: float = 0.0,
    missing: Missing = "raise",
    rng: Rng = None,
    progress: bool | Callable[[Progress], None] = False,
) -> CriticResult:
    """Train a critic φ between two samples, and return what it proves: W_1 ≥ `lower_bound`.

    Parameters
    ----------
    x, y : array-like, shape (n, d) and (m, d)
        Samples from P and Q, at least two points each; (n,) on the line.
    a, b : array-like, shapes (n,) and (m,), optional
        Weights, which count relative to their total; equal by default.
    constraint : str or CriticOptions
        What keeps φ from being steep: "clip" (of the weights), "gradient-penalty", "one-sided" (a penalty on
        gradients beyond 1 alone), "spectral" (normalised weights) or "groupsort" (orthonormal weights and sorting
        units, 1-Lipschitz by construction), trained as suits samples of some hundred points: whole samples, larger
        steps that grow smaller, a penalty of 300. As the papers do it: "wgan", "wgan-gp", "wgan-gp-one-sided",
        "wgan-gp-zero" (target 0) and "sn-gan". For anything else change a preset:
        ``dataclasses.replace(PRESETS["one-sided"], steps=500)``.
    metric : str or Cost
        The distance, a norm of x − y: "euclidean", "cityblock", "chebyshev" or `Minkowski`. Weights bound the Euclidean
        slope, whatever the metric: with "spectral" and "groupsort" the bound is tightest for the Euclidean distance.
    held_out : float
        The share of both samples that training does not see. The critic is then kept, and training ended, by its value
        there: for an estimate between the distributions. By default nothing is held out, the bound is of the samples
        themselves, and training ends when it has stopped growing.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same critic each time on the same machine; None draws anew,
        and the result says the `seed`.
    progress : bool or callable
        Show the step and the bound so far; or a function that gets a `Progress` now and then.

    Returns
    -------
    CriticResult
        Its bounds are about all points given, held out or not.

    Raises
    ------
    ValueError
        An unknown constraint, a metric that is no norm, points that are not finite or of unequal dimensions, fewer than
        two points on a side.
    ImportError
        Without JAX, Equinox and Optax: ``pip install ".[neural]"``.

    Notes
    -----
    Of all critics seen in training the one with the best bound is kept. Its weights are then evaluated in float64, and
    what it proves is measured over all pairs, not assumed: see `CriticBounds`.

    References
    ----------
    Arjovsky, Chintala & Bottou, *Wasserstein GAN* (2017), for clipping; Gulrajani et al., *Improved training of
    Wasserstein GANs* (2017), and Petzka, Fischer & Lukovnikov, *On the regularization of Wasserstein GANs* (2018), for
    the penalties; Miyato et al., *Spectral normalization for generative adversarial networks* (2018); Anil, Lucas &
    Grosse, *Sorting out Lipschitz function approximation* (2019), for "groupsort".

    Examples
    --------
    >>> import otkit
    >>> x, y = otkit.datasets.gaussians(64, rng=0), otkit.datasets.gaussians(64, mean=[2, 0], rng=1)
    >>> result = otkit.neural.fit_critic(x, y, constraint="groupsort", rng=0)
    >>> exact = otkit.wasserstein(x, y).distance
    >>> bool(0.98 * exact < result.lower_bound <= exact)
    True
    """
    start = time.perf_counter()
    options = _options(constraint)
    cost = as_metric(metric)
    order = norm_order(cost)
    problem = between(x, y, a, b, cost, missing)
    generator, seed = seeded(rng)
    split = _split(problem, held_out, generator)
    shown = waiting("training a critic") if progress is True else nullcontext(progress or None)
    with shown as tell:

        def report(look: Look) -> None:
            if tell is not None:
                text = f"step {look.step} of {options.steps}, bound {look.score:.6g}"
                tell(Progress(text, time.perf_counter() - start))

        critic, history = train(split, options, order, generator, report)
        bounds = bounds_of(critic, problem)
    dimension = clouds(problem)[0].shape[1]
    return CriticResult(
        **vars(bounds),
        global_constant=critic.global_constant * dimension ** max(0.0, 0.5 - 1.0 / order),
        critic=critic,
        held_out=None if split.held_out is None else _at(critic, split.held_out),
        history=history,
        options=options,
        metric=cost.name,
        shape=problem.shape,
        seconds=time.perf_counter() - start,
        seed=seed,
    )


def _options(constraint: str | CriticOptions) -> CriticOptions:
    if isinstance(constraint, CriticOptions):
        return constraint
    if not isinstance(constraint, str):
        raise TypeError(
            f"constraint must be a name or CriticOptions, but {shown(constraint)} was given. To change a preset, write "
            'dataclasses.replace(PRESETS["one-sided"], ...).'
        )
    return PRESETS[require_choice(constraint, "constraint", PRESETS)]


def _split(problem: TransportProblem, share: float, generator: np.random.Generator) -> Split:
    """Hold a share of both samples out."""
    if not 0.0 <= share < 1.0:
        raise ValueError(f"held_out must be at least 0 and below 1, but held_out = {shown(share)} was given.")
    orders = [generator.permutation(size) for size in problem.shape]
    counts = [round(share * size) for size in problem.shape]
    for name, size, count in zip("xy", problem.shape, counts, strict=True):
        if size - count < 2 or (share > 0.0 and count < 2):
            there = f", of which held_out = {share:g} leaves {size - count} and takes {count}" if share else ""
            raise ValueError(
                f"{name} must hold at least two points with mass for training, and two to hold out if any are, but it "
                f"has {size}{there}."
            )
    if share == 0.0:
        return Split(problem, None)
    (rows, cols), (i, j) = orders, counts
    return Split(_part(problem, rows[i:], cols[j:]), _part(problem, rows[:i], cols[:j]))


def _part(problem: TransportProblem, rows: IntArray, cols: IntArray) -> TransportProblem:
    rows, cols = np.sort(rows), np.sort(cols)
    return TransportProblem(problem.cost.restrict(rows, cols), problem.a[rows], problem.b[cols], probability=True)


def _at(critic: CriticFunction, problem: TransportProblem) -> HeldOut:
    means, errors = [], []
    for points, shares in zip(clouds(problem), (problem.supply, problem.demand), strict=True):
        values = critic(points)
        mean = accurate_dot(values, shares)
        means.append(mean)
        errors.append(float(shares**2 @ (values - mean) ** 2))  # of a weighted mean, as by the delta method
    return HeldOut(*problem.shape, means[0] - means[1], float(np.sqrt(sum(errors))))
