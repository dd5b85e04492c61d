"""The loop that trains a critic: compiled in pieces, between which it is judged by the bound that it proves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.costs import Cost
from otkit.neural._jax import as_key, jax, jnp, optax
from otkit.neural.certified import clouds
from otkit.neural.constraints import CriticOptions, GroupSort
from otkit.neural.function import CriticFunction
from otkit.neural.networks import Network, mlp
from otkit.problem import TransportProblem

_PIECE = 100  # steps between two looks at the critic
_LOOK = 2048  # points of a sample that a look takes at most


class Look(NamedTuple):
    """The critic during training, at points that are looked at (all of them in small samples).

    Attributes
    ----------
    step : int
    loss : float
        Mean of the loss since the last look, in units of the standardized points.
    raw : float
        E_P φ − E_Q φ at the points that training uses.
    lipschitz : float
        The steepest fall from a point of x to one of y, both used in training.
    score : float
        What decides when to stop and which critic is kept: the difference of means, at the points held out if there are
        any, divided by `lipschitz`.
    """

    step: int
    loss: float
    raw: float
    lipschitz: float
    score: float


class Sample(NamedTuple):
    """A weighted sample as the compiled steps take it."""

    points: jax.Array
    shares: jax.Array


@dataclass(frozen=True)
class Split:
    """A problem in two: what is used in training, and what is held out, if anything is."""

    used: TransportProblem
    held_out: TransportProblem | None


def train(
    split: Split,
    options: CriticOptions,
    order: float,
    generator: np.random.Generator,
    report: Callable[[Look], None],
) -> tuple[CriticFunction, tuple[Look, ...]]:
    """Train a critic; return the best that was seen, and the looks that were taken at it."""
    x, y = clouds(split.used)
    centre, scale = _standard(x, y) if options.standardize else (np.zeros(x.shape[1]), 1.0)
    samples = tuple(
        Sample(_single((points - centre) / scale), _single(shares))
        for points, shares in ((x, split.used.supply), (y, split.used.demand))
    )
    key = as_key(generator)
    carried = _start(key, options=options, dimension=x.shape[1])
    looked_at = [_taken(problem, generator) for problem in (split.used, split.held_out) if problem is not None]

    best: tuple[Look, CriticFunction] | None = None
    looks: list[Look] = []
    for step in range(0, options.steps, _PIECE):
        piece = min(_PIECE, options.steps - step)
        keys = jax.random.split(jax.random.fold_in(key, step + 1), piece)
        carried, critic, loss = _steps(carried, *samples, keys, options=options, order=order)
        phi = _function(critic, centre, scale, orthonormal=isinstance(options.constraint, GroupSort))
        look = _look(step + piece, float(loss), phi, looked_at)
        looks.append(look)
        report(look)
        if best is None or look.score > best[0].score:
            best = look, phi
        if look.step - best[0].step >= options.patience or not np.isfinite(look.loss):
            break
    assert best is not None  # as there is a step at least
    return replace(best[1], columns=split.used.cost.reading.columns), tuple(looks)


def _standard(x: FloatArray, y: FloatArray) -> tuple[FloatArray, float]:
    """Return the mean of the pooled points and the root of their mean square about it."""
    pooled = np.concatenate([x, y])
    centre = pooled.mean(axis=0)
    return centre, float(np.sqrt(np.mean((pooled - centre) ** 2))) or 1.0


def _single(values: Any) -> jax.Array:
    return jnp.asarray(values, jnp.float32)


def _optimizer(options: CriticOptions) -> optax.GradientTransformation:
    rate = options.learning_rate
    if options.decay:
        rate = optax.cosine_decay_schedule(rate, options.steps, alpha=0.01)
    return optax.rmsprop(rate) if options.optimizer == "rmsprop" else optax.adam(rate, *options.betas)


@partial(jax.jit, static_argnames=("options", "dimension"))
def _start(key: jax.Array, *, options: CriticOptions, dimension: int) -> Any:
    """Return what is carried from step to step: network, state of the constraint, moments of the optimizer."""
    network = jax.tree.map(_single, mlp((dimension, *options.widths, 1), key, activation=options.activation))
    network, state = options.constraint.start(network, jax.random.fold_in(key, 0))
    return network, state, _optimizer(options).init(network)


@partial(jax.jit, static_argnames=("options", "order"))
def _steps(carried: Any, x: Sample, y: Sample, keys: jax.Array, *, options: CriticOptions, order: float) -> Any:
    """Make one step for each key; return what is carried on, the critic, and the mean loss."""
    constraint, optimizer = options.constraint, _optimizer(options)
    between = min(options.batch_size, max(len(x.points), len(y.points)))

    def loss(network: Network, state: Any, key: jax.Array) -> tuple[jax.Array, Any]:
        critic, state = constraint.effective(network, state)
        at_x, at_y, of_x, of_y, blend = jax.random.split(key, 5)
        means = [_mean(critic, sample, k, options.batch_size) for sample, k in ((x, at_x), (y, at_y))]
        share = jax.random.uniform(blend, (between, 1), jnp.float32)
        z = share * drawn(x, of_x, between) + (1.0 - share) * drawn(y, of_y, between)
        return means[1] - means[0] + constraint.penalty(lambda point: critic(point)[0], z, order), state

    def step(carried: Any, key: jax.Array) -> Any:
        network, state, moments = carried
        (value, state), gradient = jax.value_and_grad(loss, has_aux=True)(network, state, key)
        update, moments = optimizer.update(gradient, moments, network)
        return (constraint.project(optax.apply_updates(network, update)), state, moments), value

    carried, losses = jax.lax.scan(step, carried, keys)
    return carried, constraint.effective(*carried[:2])[0], losses.mean()


def _mean(critic: Network, sample: Sample, key: jax.Array, batch: int) -> jax.Array:
    """Return the mean of a critic over a sample, or over a batch of it."""
    if len(sample.points) <= batch:
        return sample.shares @ critic(sample.points)[:, 0]
    return critic(drawn(sample, key, batch)).mean()


def drawn(sample: Sample, key: jax.Array, size: int) -> jax.Array:
    """Return points drawn by their weights, with replacement."""
    ends = jnp.cumsum(sample.shares)
    where = jnp.searchsorted(ends, ends[-1] * jax.random.uniform(key, (size,), jnp.float32), side="right")
    return sample.points[jnp.minimum(where, len(sample.points) - 1)]


def _function(critic: Network, centre: FloatArray, scale: float, *, orthonormal: bool) -> CriticFunction:
    """Return the critic in float64; weights that are to be orthonormal are made no longer than that."""
    weights, biases = ([np.asarray(part, np.float64) for part in parts] for parts in (critic.weights, critic.biases))
    if orthonormal:
        weights = [weight / max(1.0, float(np.linalg.norm(weight, 2))) for weight in weights]
    return CriticFunction(tuple(weights), tuple(biases), critic.activation, centre, scale)


def _taken(problem: TransportProblem, generator: np.random.Generator) -> TransportProblem:
    """Return a problem between at most `_LOOK` points of each sample."""
    rows, cols = (
        np.arange(size) if size <= _LOOK else np.sort(generator.choice(size, _LOOK, replace=False))
        for size in problem.shape
    )
    if (rows.size, cols.size) == problem.shape:
        return problem
    return TransportProblem(problem.cost.restrict(rows, cols), problem.a[rows], problem.b[cols], probability=True)


def _look(step: int, loss: float, phi: CriticFunction, problems: list[TransportProblem]) -> Look:
    used, judged = problems[0], problems[-1]
    x, y = clouds(used)
    u, v = phi(x), phi(y)
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        return Look(step, loss, 0.0, 0.0, -np.inf)
    raw = float(used.supply @ u - used.demand @ v)
    slope = used.cost.steepest_slope(u, v, falling=True)
    gain = raw
    if judged is not used:
        at_x, at_y = clouds(judged)
        gain = float(judged.supply @ phi(at_x) - judged.demand @ phi(at_y))
    return Look(step, loss, raw, slope, gain / slope if 0.0 < slope < np.inf else 0.0)


def norm_order(metric: Cost) -> float:
    """Return the order of the norm that a metric is; refuse a metric that is none."""
    if metric.norm is not None and metric.norm.degree == 1.0:
        return metric.norm.order
    raise ValueError(
        "metric must be a norm of x − y for a critic to be trained (euclidean, cityblock, chebyshev or minkowski), but "
        f"it is {metric.name}. critic_bounds takes any metric, and any critic."
    )
