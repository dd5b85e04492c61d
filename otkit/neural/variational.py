"""Critics of f-divergences: D_f(P‖Q) = sup over T of E_P[T] − E_Q[f*(T)], T a network, the value on other data.

The network's output V is unconstrained and becomes T = g_f(V) by the activation of the divergence (f-GAN). Or it is
fitted by classification: the logistic loss has its minimum at V = log p/q whatever f, and T = f′(e^V); that is
steadier, for neither e^V nor f* is in the loss.

Training follows g_f and f*(g_f) along tables of their values, so that any divergence will do, one's own included; what
is reported is evaluated by the divergence itself.

References: S. Nowozin, B. Cseke & R. Tomioka, *f-GAN*, NeurIPS 2016; M. Sugiyama, T. Suzuki & T. Kanamori, *Density
Ratio Estimation in Machine Learning* (2012), for classification.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.generators import FDivergence, as_divergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.variational import variational_bound
from otkit.inputs.checks import require_choice
from otkit.inputs.frames import Missing, as_clouds
from otkit.inputs.randomness import Rng, seeded
from otkit.io.results import Result
from otkit.neural._jax import as_key, jax, jnp, optax
from otkit.neural.function import CriticFunction
from otkit.neural.networks import Network, mlp
from otkit.neural.tabulated import Tables, looked_up, tables
from otkit.solvers.monitor import Progress
from otkit.solvers.waiting import waiting

FITS = ("variational", "classification")

_WIDTHS = (64, 64)
_BATCH = 1024
_LEARNING_RATE = 2e-3
_STEPS, _PIECE, _PATIENCE = 2000, 50, 400
_STOPPING = 0.2  # the share of what is not held out that says when to stop

_LARGEST_LOG_RATIO = 340.0


class Validation(NamedTuple):
    """The critic during training.

    Attributes
    ----------
    step : int
    value : float
        E_P[T] − E_Q[f*(T)], or minus the logistic loss, at points that are neither trained on nor held out.
    """

    step: int
    value: float


@dataclass(frozen=True, eq=False)
class BoundedCritic:
    """V, kept above its least value at the x, and below its largest at the y, that it was trained on.

    Where no x is seen nothing keeps T from −∞, which then costs the first x that comes there; so it is with f*(T), and
    with e^V in it, where no y is seen.

    Attributes
    ----------
    function : CriticFunction
    low, high : float
    """

    function: CriticFunction
    low: float
    high: float

    def __call__(self, z: ArrayLike) -> FloatArray:
        """Return V at the rows of z, shape (k,)."""
        return np.clip(self.function(z), self.low, self.high)


@dataclass(frozen=True, eq=False, repr=False)
class VariationalResult(Result):
    """A critic of an f-divergence with its value on held-out points.

    Attributes
    ----------
    bound : DivergenceResult
        A lower bound in expectation, with its standard error, from points that had no part in the fit.
    critic : BoundedCritic
        V, a function of points; log p/q, about, where it was fitted by classification.
    divergence : FDivergence
        The divergence with the activation that belongs to V:
        ``otkit.variational_bound(result.divergence, result.critic, x, y)`` is the value on any data.
    fit : {"variational", "classification"}
    history : tuple of Validation
    shape : tuple of two ints
        Numbers of held-out points.
    seconds : float
    seed : int or None
        What `rng=` takes to draw the same numbers again; None where a generator was given.
    """

    _fields_of_dict = ("bound", "value", "error", "fit", "shape", "seconds", "seed")

    bound: DivergenceResult
    critic: BoundedCritic
    divergence: FDivergence
    fit: str
    history: tuple[Validation, ...]
    shape: tuple[int, int]
    seconds: float
    seed: int | None

    @property
    def value(self) -> float:
        """The value of the critic on the held-out points."""
        return float(self.bound)

    @property
    def error(self) -> float:
        """Its standard error."""
        return float(self.bound.error)

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        n, m = self.shape
        return (
            f"{self.divergence.name} {self.bound}\n"
            f"  critic  {self.critic.function!r}, {self.fit}, {self.history[-1].step} steps, "
            f"held out {n} and {m} points, {self.seconds:.3g} s"
        )

    def __repr__(self) -> str:
        return f"VariationalResult({self.divergence.name}: {self.value:.6g} ± {self.error:.2g}, fit={self.fit!r})"


def fit_variational(
    divergence: str | FDivergence,
    x: ArrayLike,
    y: ArrayLike,
    *,
    fit: str = "variational",
    held_out: float = 0.5,
    missing: Missing = "raise",
    rng: Rng = None,
    progress: bool | Callable[[Progress], None] = False,
) -> VariationalResult:
    """Fit a neural critic to D_f(P‖Q) from samples, and return its value on points that it has not seen.

    Parameters
    ----------
    divergence : str or FDivergence
        A name of the table, an `alpha_divergence`, or your own.
    x, y : array-like, shape (n, d) and (m, d)
        Independent points of P and of Q; (n,) on the line.
    fit : {"variational", "classification"}
        Maximise the variational form itself, or learn to tell x from y and take T = f′(p/q) of the ratio learnt.
    held_out : float
        The share of both samples that the value is taken from. A fifth of the rest says when to stop.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same answer each time on the same machine; None draws anew,
        and the result says the `seed`.
    progress : bool or callable
        Show the step; or a function that gets a `Progress` now and then.

    Returns
    -------
    VariationalResult
        `value` and `error`: a lower bound of D_f(P‖Q) in expectation, with its standard error.

    Raises
    ------
    ValueError
        Unknown names, points that are not finite or of unequal dimensions, too few of them.
    ImportError
        Without JAX, Equinox and Optax: ``pip install ".[neural]"``.

    Examples
    --------
    Of N(1, 1) and N(0, 1), KL = 0.5:

    >>> import numpy as np, otkit
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(1, 1, 4000), rng.normal(0, 1, 4000)
    >>> result = otkit.neural.fit_variational("kl", x, y, fit="classification", rng=0)
    >>> result.bound.kind, bool(abs(result.value - 0.5) < 3 * result.error)
    ('lower_bound', True)
    """
    start = time.perf_counter()
    chosen = as_divergence(divergence)
    require_choice(fit, "fit", FITS)
    clouds = as_clouds({"x": x, "y": y}, missing=missing, invariant=False)  # a critic looks at the points themselves
    x, y = clouds.points
    generator, seed = seeded(rng)
    parts = [_parts(points, name, held_out, generator) for points, name in ((x, "x"), (y, "y"))]
    used, judging, unseen = zip(*parts, strict=True)
    judged = chosen if fit == "variational" else _of_log_ratio(chosen)
    shown = waiting("fitting a critic") if progress is True else nullcontext(progress or None)
    with shown as tell:

        def report(seen: Validation) -> None:
            if tell is not None:
                tell(Progress(f"step {seen.step} of {_STEPS}, value {seen.value:.6g}", time.perf_counter() - start))

        critic, history = _train(chosen if fit == "variational" else None, used, judging, as_key(generator), report)
    known = dataclasses.replace(critic.function, columns=clouds.reading.columns)
    critic = dataclasses.replace(critic, function=known)
    seen = tuple(np.concatenate(side) for side in zip(used, judging, strict=True))
    bound = variational_bound(judged, critic, *unseen, fitted_on=(seen[0], seen[1]))
    bound = dataclasses.replace(bound, detail=clouds.reading.added_to(bound.detail))
    sizes = len(unseen[0]), len(unseen[1])
    return VariationalResult(bound, critic, judged, fit, history, sizes, time.perf_counter() - start, seed)


def _of_log_ratio(divergence: FDivergence) -> FDivergence:
    """Return the same divergence with T = f′(e^v) for an activation."""

    def activation(v: FloatArray) -> FloatArray:
        return divergence.derivative(np.exp(np.clip(v, -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO)))

    return FDivergence(
        divergence.name,
        f=divergence.f,
        conjugate=divergence.conjugate,
        derivative=divergence.derivative,
        at_zero=divergence.at_zero,
        slope_at_infinity=divergence.slope_at_infinity,
        conjugate_closed=divergence.conjugate_domain.closed,
        symmetric=divergence.symmetric,
        activation_function=activation,
    )


def _parts(
    points: FloatArray, name: str, held_out: float, generator: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the points to train on, those that say when to stop, and those that are held out."""
    if not 0.0 < held_out < 1.0:
        raise ValueError(f"held_out must lie between 0 and 1, but held_out = {shown(held_out)} was given.")
    n = len(points)
    unseen = round(held_out * n)
    judging = round(_STOPPING * (n - unseen))
    if min(unseen, judging, n - unseen - judging) < 2:
        raise ValueError(
            f"{name} must hold at least two points to train on, two to stop by and two to hold out, but of its {n} "
            f"points held_out = {held_out:g} makes parts of {n - unseen - judging}, {judging} and {unseen}."
        )
    order = generator.permutation(n)
    return points[order[unseen + judging :]], points[order[unseen : unseen + judging]], points[order[:unseen]]


def _train(
    divergence: FDivergence | None,
    used: tuple[FloatArray, ...],
    judging: tuple[FloatArray, ...],
    key: jax.Array,
    report: Callable[[Validation], None],
) -> tuple[BoundedCritic, tuple[Validation, ...]]:
    """Train a critic of a divergence, or a classifier if there is none; return the best that was seen."""
    pooled = np.concatenate(used)
    centre, scale = pooled.mean(axis=0), float(pooled.std()) or 1.0
    samples = [jnp.asarray((points - centre) / scale, jnp.float32) for points in used]
    values = None if divergence is None else tables(divergence)
    network = mlp((pooled.shape[1], *_WIDTHS, 1), key, activation="softplus")
    network = jax.tree.map(lambda part: part.astype(jnp.float32), network)
    carried = network, _optimizer().init(network)
    best, best_seen = _critic(network, centre, scale, used), Validation(0, -np.inf)
    history: list[Validation] = []
    for step in range(0, _STEPS, _PIECE):
        keys = jax.random.split(jax.random.fold_in(key, step + 1), _PIECE)
        carried = _steps(carried, *samples, values, keys)
        critic = _critic(carried[0], centre, scale, used)
        seen = Validation(step + _PIECE, _validated(divergence, critic, *judging))
        history.append(seen)
        report(seen)
        if seen.value > best_seen.value:
            best, best_seen = critic, seen
        if seen.step - best_seen.step >= _PATIENCE:
            break
    return best, tuple(history)


def _optimizer() -> optax.GradientTransformation:
    rate = optax.cosine_decay_schedule(_LEARNING_RATE, _STEPS, alpha=0.01)
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


@jax.jit
def _steps(carried: Any, x: jax.Array, y: jax.Array, values: Tables | None, keys: jax.Array) -> Any:
    """Make one step for each key."""

    def loss(network: Network, key: jax.Array) -> jax.Array:
        v_x, v_y = (network(_batch(points, k))[:, 0] for points, k in zip((x, y), jax.random.split(key), strict=True))
        if values is None:
            return jax.nn.softplus(-v_x).mean() + jax.nn.softplus(v_y).mean()
        return looked_up(values.conjugate, v_y).mean() - looked_up(values.activation, v_x).mean()

    def step(carried: Any, key: jax.Array) -> Any:
        network, moments = carried
        update, moments = _optimizer().update(jax.grad(loss)(network, key), moments, network)
        return (optax.apply_updates(network, update), moments), None

    return jax.lax.scan(step, carried, keys)[0]


def _batch(points: jax.Array, key: jax.Array) -> jax.Array:
    if len(points) <= _BATCH:
        return points
    return points[jax.random.randint(key, (_BATCH,), 0, len(points))]


def _critic(network: Network, centre: FloatArray, scale: float, used: tuple[FloatArray, ...]) -> BoundedCritic:
    """Return V in float64; its values, not its slopes, are the network's."""
    weights, biases = ([np.asarray(part, np.float64) for part in parts] for parts in (network.weights, network.biases))
    weights[-1], biases[-1] = weights[-1] / scale, biases[-1] / scale
    function = CriticFunction(tuple(weights), tuple(biases), network.activation, centre, scale)
    low, high = float(function(used[0]).min()), float(function(used[1]).max())
    return BoundedCritic(function, min(low, high), max(low, high))


def _validated(divergence: FDivergence | None, critic: BoundedCritic, x: FloatArray, y: FloatArray) -> float:
    v_x, v_y = critic(x), critic(y)
    if not (np.isfinite(v_x).all() and np.isfinite(v_y).all()):
        return -np.inf
    if divergence is None:
        return -float(np.logaddexp(0.0, -v_x).mean() + np.logaddexp(0.0, v_y).mean())
    t_x, cost = divergence.activation(v_x), divergence.conjugate(divergence.activation(v_y))
    return float(t_x.mean() - cost.mean())
