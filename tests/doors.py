"""The public doors: every function that takes data, with a small valid call and what each argument holds.

A property that is written over this table (see test_doors.py) covers a new function as soon as it is listed; a public
callable that is neither listed nor excused fails a test. All numbers are small integers or eighths, so that every dtype
that people hold them in holds them exactly.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

import otkit


class Kind(StrEnum):
    """What an argument holds."""

    POINTS = "points"  # (n, d): one point a row; all arguments of this kind and of CLOUDS lie in one space
    CLOUDS = "clouds"  # a list of points
    WEIGHTS = "weights"  # (n,): of the rows of another argument
    COST = "cost"  # (n, m)
    HISTOGRAM = "histogram"  # (bins,): masses, bin by bin beside those of the other histograms
    HISTOGRAMS = "histograms"  # (k, bins): one a row
    VALUES = "values"  # numbers of either sign: potentials, critics' outputs
    MOMENT = "moment"  # a mean or a covariance
    PLAN = "plan"  # (n, m): masses on pairs


class Data(NamedTuple):
    """The value of an argument, in float64; for weights, the argument whose rows they weigh, and along which axis."""

    kind: Kind
    value: Any
    of: str = ""
    axis: int = 0


@dataclass(frozen=True)
class Door:
    """A public function with a valid call.

    Attributes
    ----------
    function : str
        Its name in otkit, dots allowed.
    data : mapping
        The arguments that hold data.
    options : callable
        Returns the other arguments.
    number : callable
        Takes the numbers to compare out of what the function returns.
    case : str
        What sets this call apart from others of the same function.
    shift : bool
        Whether the same vector added to all points changes nothing.
    degree : float or None
        The power of a factor on all points and costs by which the numbers grow; None if that says nothing.
    mass_degree : float or None
        The same for a factor on all weights, histograms and masses.
    shuffled : bool
        Whether the order of rows, with their weights, changes nothing.
    as_given : bool
        Whether a function of points as they are is among the arguments, so that no origin may be subtracted.
    """

    function: str
    data: Mapping[str, Data]
    options: Callable[[], Mapping[str, Any]] = dict
    number: Callable[[Any], Any] = float
    case: str = ""
    shift: bool = False
    degree: float | None = None
    mass_degree: float | None = None
    shuffled: bool = True
    as_given: bool = False

    @property
    def name(self) -> str:
        """What a test calls it."""
        return f"{self.function}, {self.case}" if self.case else self.function

    @property
    def values(self) -> dict[str, Any]:
        """Return fresh copies of all data."""
        copied = {}
        for name, (_, value, *_rest) in self.data.items():
            copied[name] = [each.copy() for each in value] if isinstance(value, list) else value.copy()
        return copied

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Return the names of the arguments of some kinds."""
        return [name for name, data in self.data.items() if data.kind in kinds]

    def result(self, **changed: Any) -> Any:
        """Call the function, with some of the data replaced or options set."""
        arguments = {**self.values, **self.options(), **changed}
        return reduce(getattr, self.function.split("."), otkit)(**arguments)

    def __call__(self, **changed: Any) -> np.ndarray:
        """Return the numbers of a call."""
        return np.atleast_1d(np.asarray(self.number(self.result(**changed)), dtype=np.float64))


def _array(values: Any) -> np.ndarray:
    return np.array(values, dtype=np.float64)


_X = _array([[0, 1], [3, 4], [6, 0], [1, 7]])
_Y = _array([[1, 1], [4, 6], [2, 5]])
_A, _B = _array([1, 2, 0, 3]), _array([2, 1, 3])
_COST = _array([[3, 1, 4], [1, 5, 9], [2, 6, 5], [3, 5, 8]])
_P, _Q = _array([1, 2, 5]), _array([3, 1, 4])
_RNG = np.random.default_rng(0)
_MANY_X, _MANY_Y = (_RNG.integers(0, 64, (24, 2)) / 8.0 for _ in range(2))

_CLOUDS = [_X, _Y, _array([[2, 2], [5, 1]])]
_ROWS = _array([[1, 2, 5], [3, 1, 4], [2, 2, 1]])


def _points(value: np.ndarray) -> Data:
    return Data(Kind.POINTS, value)


def _histogram(value: np.ndarray) -> Data:
    return Data(Kind.HISTOGRAM, value)


_PAIR = {"x": _points(_X), "y": _points(_Y)}
_WEIGHTED = {**_PAIR, "a": Data(Kind.WEIGHTS, _A, "x"), "b": Data(Kind.WEIGHTS, _B, "y")}
_SAMPLES = {"x": _points(_MANY_X), "y": _points(_MANY_Y)}
_ON_LINE = {"x": _points(_X[:, :1]), "y": _points(_Y[:, :1]), **{name: _WEIGHTED[name] for name in "ab"}}
_SHIPMENT = {
    "C": Data(Kind.COST, _COST),
    "a": Data(Kind.WEIGHTS, _A, "C", 0),
    "b": Data(Kind.WEIGHTS, _B, "C", 1),
}
_HISTOGRAMS = {"p": _histogram(_P), "q": _histogram(_Q)}

_OVER_BINS = {"measures": Data(Kind.HISTOGRAMS, _ROWS), "ground_cost": Data(Kind.COST, abs(_P[:, None] - _P))}

_value = operator.attrgetter("value")
_distance = operator.attrgetter("distance")
_distances = operator.attrgetter("distances")


def _options(**options: Any) -> Callable[[], Mapping[str, Any]]:
    return lambda: options


def _critic(z: np.ndarray) -> np.ndarray:
    return -z[:, 0]


def _problem() -> otkit.TransportProblem:
    return otkit.TransportProblem(_COST, _A, _B)


DOORS = (
    # Transport between points
    Door("wasserstein", _WEIGHTED, number=_distance, shift=True, degree=1, mass_degree=0),
    Door("wasserstein", _PAIR, _options(p=2), number=_distance, shift=True, degree=1, case="p = 2, unweighted"),
    Door("wasserstein", _PAIR, _options(metric="cityblock"), number=_distance, shift=True, degree=1, case="cityblock"),
    Door("wasserstein", _PAIR, _options(metric="cosine"), number=_distance, degree=0, as_given=True, case="cosine"),
    Door("wasserstein", _PAIR, _options(metric="haversine"), number=_distance, as_given=True, case="haversine"),
    Door("wasserstein", _ON_LINE, number=_distance, shift=True, degree=1, mass_degree=0, case="on the line"),
    Door("DiscreteMeasure", {"points": _points(_X), "weights": Data(Kind.WEIGHTS, _A, "points")},
         number=lambda measure: [*measure.points.sum(axis=0), measure.weights.sum()]),
    Door("cost_matrix", _PAIR, number=np.sort, shift=True, degree=1, shuffled=False),
    Door("sliced_wasserstein", _WEIGHTED, _options(projections=8, rng=0), shift=True, degree=1, mass_degree=0),
    Door("max_sliced_wasserstein", _WEIGHTED, _options(starts=2, rng=0), shift=True, degree=1, mass_degree=0),
    Door("pairwise", {"measures": Data(Kind.CLOUDS, _CLOUDS)}, number=_distances, shift=True, degree=1),
    Door("pairwise", {"measures": Data(Kind.CLOUDS, _CLOUDS), "others": Data(Kind.CLOUDS, _CLOUDS[1:])},
         number=_distances, shift=True, degree=1, case="others"),
    Door("pairwise", {"measures": Data(Kind.CLOUDS, _CLOUDS)}, _options(distance="energy"), number=_distances,
         shift=True, degree=0.5, case="energy"),
    Door("wasserstein_batch", {"x": Data(Kind.CLOUDS, _CLOUDS), "y": Data(Kind.CLOUDS, _CLOUDS[::-1])},
         number=_distances, shift=True, degree=1),
    Door("nearest", {"measures": Data(Kind.CLOUDS, _CLOUDS)}, _options(k=1), number=_distances, shift=True, degree=1),
    Door("barycenter", {"measures": Data(Kind.CLOUDS, _CLOUDS), "support": _points(_X)}, number=_value,
         shift=True, degree=2),
    Door("barycenter", {"measures": Data(Kind.CLOUDS, _CLOUDS)}, _options(support=1, rng=0), number=_value,
         shift=True, degree=2, case="one point anywhere"),
    Door("barycenter", {"measures": Data(Kind.CLOUDS, [cloud[:, :1] for cloud in _CLOUDS])}, number=_value,
         shift=True, degree=2, case="on the line"),
    Door("bottleneck", _WEIGHTED, number=_distance, shift=True, degree=1, mass_degree=0),
    Door("bottleneck", {"x": Data(Kind.COST, _COST), "a": Data(Kind.WEIGHTS, _A, "x", 0),
                        "b": Data(Kind.WEIGHTS, _B, "x", 1)}, number=_value, degree=1, mass_degree=0, case="matrix"),
    # Transport at given costs
    Door("transport", _SHIPMENT, number=_value, degree=1, mass_degree=1),
    Door("transport_batch", _SHIPMENT, number=operator.attrgetter("values"), degree=1, mass_degree=1),
    Door("TransportProblem", _SHIPMENT, number=lambda problem: otkit.transport(problem).value, degree=1, mass_degree=1),
    Door("transport_lp", _SHIPMENT, number=lambda program: [*program[1], *program[2]], shuffled=False),
    Door("partial_transport", _SHIPMENT, number=_value, degree=1, mass_degree=1),
    Door("partial_transport_curve", _SHIPMENT, number=operator.attrgetter("values"), degree=1, mass_degree=1),
    Door("unbalanced_transport", _SHIPMENT, _options(price=2), number=_value, mass_degree=1),
    Door("pairwise", _OVER_BINS,
         number=_distances, degree=1, mass_degree=0, shuffled=False, case="histograms"),
    Door("nearest", _OVER_BINS,
         _options(k=1), number=_distances, degree=1, mass_degree=0, shuffled=False, case="histograms"),
    Door("barycenter", _OVER_BINS,
         number=_value, degree=1, mass_degree=0, shuffled=False, case="histograms"),
    Door("wasserstein_grid", {"A": Data(Kind.HISTOGRAM, _ROWS), "B": Data(Kind.HISTOGRAM, _ROWS[::-1].copy())},
         number=_distance, mass_degree=0, shuffled=False),
    Door("certify", {"plan": Data(Kind.PLAN, _array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 0, 2]]))},
         lambda: {"problem": _problem()}, number=lambda found: found.upper, shuffled=False),
    Door("c_transform", {"C": Data(Kind.COST, _COST), "f": Data(Kind.VALUES, _array([0, -1, 2, 1]))},
         number=list, shuffled=False),
    Door("lipschitz_constant", {"values": Data(Kind.VALUES, _array([0, -1, 2, 1])), "points": _points(_X)},
         shift=True, degree=-1, shuffled=False),
    # Other distances between samples, tests and intervals
    Door("energy_distance", _WEIGHTED, number=_value, shift=True, degree=0.5, mass_degree=0),
    Door("cramer_distance", _WEIGHTED, number=_value, shift=True, degree=1, mass_degree=0),
    Door("mmd", _WEIGHTED, number=_value, shift=True, degree=0, mass_degree=0),
    Door("total_variation", _WEIGHTED, number=_value, shift=True, degree=0, mass_degree=0),
    Door("two_sample_test", _SAMPLES, _options(permutations=19, rng=0),
         number=lambda test: [test.statistic, test.pvalue], shift=True, shuffled=False),
    Door("wasserstein_interval", _SAMPLES, _options(subsamples=4, rng=0),
         number=lambda found: [found.distance, found.upper], shift=True, degree=1, shuffled=False),
    # Divergences
    Door("estimate_divergence", _SAMPLES, _options(divergence="js", rng=0), number=_value, shift=True, degree=0),
    Door("variational_bound", _PAIR, _options(divergence="js", critic=_critic), number=_value,
         as_given=True),
    *(Door(name, _HISTOGRAMS, mass_degree=0, shuffled=False)
      for name in ("kl", "reverse_kl", "jeffreys", "js", "tv", "hellinger", "hellinger_distance", "chi2", "neyman")),
    *(Door(name, _HISTOGRAMS, _options(alpha=alpha), mass_degree=0, shuffled=False, case=f"order {alpha:g}")
      for name in ("renyi", "tsallis", "renyi_divergence", "tsallis_divergence") for alpha in (0.5, 3.0)),
    Door("cross_entropy", _HISTOGRAMS, mass_degree=0, shuffled=False),
    Door("jensen_shannon", {"measures": Data(Kind.HISTOGRAMS, _ROWS)}, mass_degree=0, shuffled=False),
    Door("conditional_kl", {"p": Data(Kind.HISTOGRAMS, _ROWS), "q": Data(Kind.HISTOGRAMS, _ROWS[::-1].copy())},
         mass_degree=0, shuffled=False),
    Door("psi", {"reference": _points(_MANY_X[:, :1]), "current": _points(_MANY_Y[:, :1])}, _options(bins=2),
         shift=True, degree=0),
    Door("mmd", _WEIGHTED, _options(kernel="polynomial"), number=_value, mass_degree=0, as_given=True,
         case="polynomial"),
    # Another order of the coordinates is another order of the eigenvalues' sums.
    Door("frechet_distance", _SAMPLES, number=lambda found: round(found.value, 9), shift=True, degree=2),
    Door("f_divergence", _HISTOGRAMS, _options(divergence="kl"), number=_value, mass_degree=0, shuffled=False),
    Door("f_divergence", {"p": Data(Kind.HISTOGRAMS, _ROWS), "q": _histogram(_Q)}, _options(divergence="kl"),
         number=_value, mass_degree=0, shuffled=False, case="batch"),
    Door("pairwise", {"measures": Data(Kind.HISTOGRAMS, _ROWS)}, _options(distance="js"), number=_distances,
         mass_degree=0, shuffled=False, case="js"),
    Door("divergence_inequalities", {**_HISTOGRAMS, "points": _points(_X[:3])},
         number=lambda rows: [row.right for row in rows], shift=True, mass_degree=0, shuffled=False),
    Door("discriminator_value", {**_HISTOGRAMS, "discriminator": Data(Kind.VALUES, _array([0.5, 0.25, 0.75]))},
         mass_degree=0, shuffled=False),
    Door("optimal_discriminator", _HISTOGRAMS, number=list, mass_degree=0, shuffled=False),
    Door("gaussian_barycenter",
         {"means": Data(Kind.MOMENT, _array([[0, 1], [4, 2]])),
          "covariances": Data(Kind.MOMENT, _array([[[2, 1], [1, 3]], [[1, 0], [0, 4]]]))}, shuffled=False),
    Door("gaussian_wasserstein",
         {name: Data(Kind.MOMENT, _array(value)) for name, value in (
             ("mean0", [0, 1]), ("cov0", [[2, 1], [1, 3]]), ("mean1", [4, 2]), ("cov1", [[1, 0], [0, 4]]))},
         shuffled=False),
    # Critics
    Door("neural.critic_bounds", _WEIGHTED, _options(critic=_critic), number=lambda found: found.raw,
         shift=True, degree=1, mass_degree=0, as_given=True),
    Door("neural.modes_covered", {"samples": _points(_X), "centres": _points(_Y)}, _options(sigma=1.0), shuffled=False,
         shift=True, number=lambda found: [float(np.sum(found))]),
)  # fmt: skip

# Public callables that take no data of their own, or take it through a door above.
_CLASSES = "a class: what functions return, or their options"
_COSTS = "a cost: its `between` is the door that `wasserstein` and `cost_matrix` go through"
_SOLVED = "takes a result or a problem, whose data came in through another door"
_TRAINING = "trains a network for seconds; its points go through the gate of neural.critic_bounds"
EXEMPT = {
    **dict.fromkeys(("datasets", "neural", "sklearn", "teaching", "torch"), "a module"),
    **dict.fromkeys(("GENERATORS", "FDivergence", "alpha_divergence"), "generators of divergences: no data"),
    **dict.fromkeys(
        ("BrayCurtis", "CallableCost", "Canberra", "Chebyshev", "Cityblock", "Correlation", "Cosine"), _COSTS
    ),
    "Graph": _COSTS,
    "wasserstein_graph": "takes masses of the nodes of a graph: test_graphs.py has them in arrays and by label",
    "GraphResult": _CLASSES,
    **dict.fromkeys(("Cosine", "Euclidean", "Hamming", "Haversine", "Jaccard", "Mahalanobis", "Minkowski"), _COSTS),
    **dict.fromkeys(("SEuclidean", "SqEuclidean", "Weighted"), _COSTS),
    **dict.fromkeys(("compare", "displacement_interpolation", "estimate_resources", "kantorovich_potential"), _SOLVED),
    **dict.fromkeys(("select_solver", "subgradient", "verify_duality"), _SOLVED),
    **dict.fromkeys(("check_proof", "load"), "reads a file of otkit's own"),
    "density_divergence": "takes laws, not data",
    "warmup": "takes nothing",
    **dict.fromkeys(("BottleneckResult", "PersistenceResult"), _CLASSES),
    **dict.fromkeys(("BarycenterResult", "BatchResult", "CacheError", "Candidate", "Certificate"), _CLASSES),
    **dict.fromkeys(("DivergenceResult", "GaussianBarycenter", "GaussianTransport", "InfeasibleError"), _CLASSES),
    **dict.fromkeys(("LinprogOptions", "NearestResult", "NotConvergedError", "PairwiseResult"), _CLASSES),
    **dict.fromkeys(("Potentials", "ProofError", "Sensitivity", "SimplexOptions", "SimplexState"), _CLASSES),
    "LineDistances": _CLASSES,
    "wasserstein_1d": "takes column by column: test_along_axis.py has arrays, frames, times, big integers and holes",
    **dict.fromkeys(("SinkhornOptions", "SlicedResult", "TransportResult", "TwoSampleTest"), _CLASSES),
    **dict.fromkeys(("UnbalancedResult", "PartialTransportCurve", "WassersteinInterval", "DriftReport"), _CLASSES),
    **dict.fromkeys(("Circle", "Graph", "Torus"), _COSTS),
    "persistence_distance": "takes diagrams, whose ends may be infinite: test_persistence.py has them",
    "drift": "takes tables with words and missing values: test_drift.py has them in every container",
    **dict.fromkeys((name for name in otkit.__all__ if name.startswith("plot_")), "draws what was computed"),
    "alt_text": "says what was drawn",
    **dict.fromkeys(("neural.fit_critic", "neural.crosscheck", "neural.fit_variational"), _TRAINING),
    **dict.fromkeys(("neural.check_discriminator", "neural.generator_gradients"), _TRAINING),
    "neural.wasserstein_loss": "takes JAX arrays only, inside a traced program",
    "neural.mlp": "makes a network",
    "neural.PRESETS": "a table",
    **dict.fromkeys(("neural.Adversarial", "neural.Clip", "neural.CriticBounds", "neural.CriticFunction"), _CLASSES),
    **dict.fromkeys(("neural.CriticOptions", "neural.CriticResult", "neural.CrossCheck"), _CLASSES),
    **dict.fromkeys(("neural.DiscriminatorCheck", "neural.FGAN", "neural.Flow", "neural.GAN"), _CLASSES),
    **dict.fromkeys(("neural.GeneratorGradients", "neural.GradientPenalty", "neural.GroupSort"), _CLASSES),
    **dict.fromkeys(("neural.History", "neural.Network", "neural.Spectral", "neural.SpectralGAN"), _CLASSES),
    **dict.fromkeys(("neural.Trained", "neural.TrainedFlow", "neural.VariationalResult"), _CLASSES),
    **dict.fromkeys(("neural.WGAN", "neural.WGANGP"), _CLASSES),
}


def doors(*, taking: tuple[Kind, ...] = (), **traits: Any) -> list[Any]:
    """Return the doors with some traits (True for "not None") and arguments of some kinds, as parameters of a test."""
    import pytest

    def fits(door: Door) -> bool:
        held = all(getattr(door, trait) is not None and getattr(door, trait) is not False for trait in traits)
        return held and (not taking or bool(door.of_kind(*taking)))

    return [pytest.param(door, id=door.name) for door in DOORS if fits(door)]
