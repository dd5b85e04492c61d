"""The loop that trains every generative model here, and the judge: exact W_1 between fresh samples and held-out data.

A model says what one round of its training does; the loop runs rounds in compiled stretches and between two of them
lets the judge look. Data are moved to mean zero and divided by one number, their standard deviation over all
coordinates, so that one choice of learning rates suits them all and a W_1 in the network's units is a W_1 in the data's
units divided by that number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from otkit._text import text_table
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs.checks import as_count, as_positive
from otkit.inputs.frames import as_clouds
from otkit.neural._jax import jax, jnp
from otkit.optimal_transport.solve import wasserstein
from otkit.solvers.monitor import Progress
from otkit.solvers.waiting import waiting

State = TypeVar("State")
Losses = dict[str, jax.Array]
Step = Callable[[State, jax.Array], tuple[State, Losses]]

# Without held-out data of the caller's own, this share of the data is held out, and no more points than that.
HELD_OUT_SHARE, HELD_OUT_MOST = 0.1, 1000


@dataclass(frozen=True, eq=False)
class History:
    """How a training went, as seen by the judge.

    Attributes
    ----------
    rounds : ndarray of int, shape (k,)
        After how many rounds the judge looked.
    wasserstein : ndarray, shape (k,)
        Exact W_1 between as many fresh samples as there are held-out points, and these points.
    losses : dict of str to ndarray, shape (k,)
        What the model itself says, each the mean over the rounds since the judge's last look.
    """

    rounds: IntArray
    wasserstein: FloatArray
    losses: Mapping[str, FloatArray]

    def __str__(self) -> str:
        columns = ("rounds", "W_1", *self.losses)
        figures = zip(self.rounds.tolist(), self.wasserstein, *self.losses.values(), strict=True)
        return text_table(columns, list(figures))


class Standardised(NamedTuple):
    """Points of mean zero, and how to take points there and back.

    Attributes
    ----------
    points : ndarray, shape (n, d)
    centre : ndarray, shape (d,)
    scale : float
    """

    points: FloatArray
    centre: FloatArray
    scale: float


def standardize(points: FloatArray) -> Standardised:
    """Move the mean to zero and divide by the standard deviation over all coordinates, where there is any."""
    centre = points.mean(axis=0)
    moved = points - centre
    scale = float(np.sqrt(np.mean(np.square(moved))))
    scale = scale if scale > 0.0 else 1.0
    return Standardised(moved / scale, centre, scale)


def split(x: ArrayLike, held_out: ArrayLike | None, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return data to train on, and data to judge by."""
    given = {"x": x} if held_out is None else {"x": x, "held_out": held_out}
    points, *kept = as_clouds(given, invariant=False).points
    if kept:
        return points, kept[0]
    if len(points) < 2:
        raise ValueError(f"x must hold at least 2 points, of which some are held out, but it holds {len(points)}.")
    size = min(max(int(HELD_OUT_SHARE * len(points)), 1), HELD_OUT_MOST)
    shuffled = generator.permutation(len(points))
    return points[shuffled[size:]], points[shuffled[:size]]


def train(
    step: Step[State],
    state: State,
    key: jax.Array,
    judge: Callable[[State, jax.Array], float],
    *,
    rounds: int,
    looks: int,
    progress: bool | Callable[[Progress], None] = False,
) -> tuple[State, History]:
    """Run `rounds` rounds, and let the judge look at `looks` moments evenly spread, the last after the last round.

    The randomness of a round depends on its number alone: how often the judge looks changes nothing in the training.

    Parameters
    ----------
    step : callable
        One round: takes state and key, returns the new state and the losses by name.
    state
        Arrays, in any nest of tuples and modules.
    key : JAX key
    judge : callable
        Takes state and key, returns W_1.
    rounds, looks : int
    progress : bool or callable, default False
        Show progress on stderr, or hand each `otkit.solvers.monitor.Progress` to your own function.

    Returns
    -------
    state, History

    Raises
    ------
    FloatingPointError
        A loss is no longer finite: the training has diverged.
    """
    total, looks = as_count(rounds, "rounds"), min(as_count(looks, "looks"), rounds)
    round_key, judge_key = jax.random.split(key)

    @jax.jit
    def stretch(state: State, first: int, last: int) -> tuple[State, Losses]:
        def one(k: Any, carried: tuple[State, Losses]) -> tuple[State, Losses]:
            after, losses = step(carried[0], jax.random.fold_in(round_key, k))
            return after, jax.tree.map(jnp.add, carried[1], losses)

        shapes = jax.eval_shape(step, state, round_key)[1]
        none = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
        after, sums = jax.lax.fori_loop(first, last, one, (state, none))
        return after, jax.tree.map(lambda value: value / (last - first), sums)

    ends = [total * (k + 1) // looks for k in range(looks)]
    seen, distances = [], []
    began = time.perf_counter()
    with waiting("training") if progress is True else nullcontext(progress or None) as report:
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            state, losses = stretch(state, first, last)
            seen.append({name: float(value) for name, value in losses.items()})
            if not all(np.isfinite(value) for value in seen[-1].values()):
                raise FloatingPointError(
                    f"The training diverged between rounds {first} and {last}, where the losses are "
                    f"{', '.join(f'{name} {value:g}' for name, value in seen[-1].items())}. "
                    "Take a smaller learning_rate."
                )
            distances.append(judge(state, jax.random.fold_in(judge_key, last)))
            if report:
                report(Progress(f"round {last} of {total}, W_1 {distances[-1]:.4g}", time.perf_counter() - began))
    losses_by_name = {name: np.array([entry[name] for entry in seen]) for name in seen[0]}
    return state, History(np.array(ends), np.array(distances), losses_by_name)


def judge_by(
    held_out: FloatArray, sample: Callable[[State, jax.Array, int], FloatArray]
) -> Callable[[State, jax.Array], float]:
    """Return the judge: exact W_1 between the held-out points and as many fresh samples."""
    return lambda state, key: wasserstein(sample(state, key, len(held_out)), held_out).distance


def modes_covered(samples: ArrayLike, centres: ArrayLike, *, sigma: float, share: float = 0.2) -> int:
    """Return how many modes of a mixture of equal parts a sample covers.

    A mode is covered if, within 3 `sigma` of its centre, there are at least `share` of the points that its equal part
    would have: for 8 modes and the default share 0.2, at least 1/40 of all samples.

    Parameters
    ----------
    samples : array-like, shape (n, d)
    centres : array-like, shape (k, d)
        As from `otkit.datasets.ring_centres`.
    sigma : float
        Standard deviation of each mode.
    share : float, default 0.2

    Returns
    -------
    int

    Examples
    --------
    >>> from otkit import datasets
    >>> from otkit.neural import modes_covered
    >>> modes_covered(datasets.eight_gaussians(500, rng=0), datasets.ring_centres(), sigma=0.02)
    8
    """
    points, middles = as_clouds({"samples": samples, "centres": centres}).points
    as_positive(sigma, "sigma")
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share must lie in (0, 1], but share = {share} was given.")
    hits = [int((np.linalg.norm(points - middle, axis=1) <= 3.0 * sigma).sum()) for middle in middles]
    return sum(count >= share * len(points) / len(middles) for count in hits)
