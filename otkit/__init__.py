"""Exact optimal transport and divergences; every number leaves with its certificate.

    >>> import otkit
    >>> otkit.wasserstein([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]).distance
    5.0

Names load when they are first used, so that ``import otkit`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otkit import datasets as datasets
    from otkit import neural as neural
    from otkit import teaching as teaching
    from otkit.averages import BarycenterResult as BarycenterResult
    from otkit.averages import barycenter as barycenter
    from otkit.averages import displacement_interpolation as displacement_interpolation
    from otkit.by_name import chi2 as chi2
    from otkit.by_name import f_divergence as f_divergence
    from otkit.by_name import hellinger as hellinger
    from otkit.by_name import hellinger_distance as hellinger_distance
    from otkit.by_name import jeffreys as jeffreys
    from otkit.by_name import js as js
    from otkit.by_name import kl as kl
    from otkit.by_name import neyman as neyman
    from otkit.by_name import reverse_kl as reverse_kl
    from otkit.by_name import tv as tv
    from otkit.candidate import Candidate as Candidate
    from otkit.certificate import Certificate as Certificate
    from otkit.certificate import certify as certify
    from otkit.choice import estimate as estimate
    from otkit.choice import select_solver as select_solver
    from otkit.comparison import compare as compare
    from otkit.costs import CallableCost as CallableCost
    from otkit.costs import Chebyshev as Chebyshev
    from otkit.costs import Cityblock as Cityblock
    from otkit.costs import Cosine as Cosine
    from otkit.costs import Euclidean as Euclidean
    from otkit.costs import Haversine as Haversine
    from otkit.costs import Minkowski as Minkowski
    from otkit.costs import SqEuclidean as SqEuclidean
    from otkit.costs import cost_matrix as cost_matrix
    from otkit.divergences.bures import GaussianTransport as GaussianTransport
    from otkit.divergences.bures import gaussian_wasserstein as gaussian_wasserstein
    from otkit.divergences.densities import density_divergence as density_divergence
    from otkit.divergences.gan import discriminator_value as discriminator_value
    from otkit.divergences.gan import optimal_discriminator as optimal_discriminator
    from otkit.divergences.generators import GENERATORS as GENERATORS
    from otkit.divergences.generators import FDivergence as FDivergence
    from otkit.divergences.generators import alpha_divergence as alpha_divergence
    from otkit.divergences.result import DivergenceResult as DivergenceResult
    from otkit.divergences.variational import variational_bound as variational_bound
    from otkit.duality import c_transform as c_transform
    from otkit.duality import kantorovich_potential as kantorovich_potential
    from otkit.duality import lipschitz_constant as lipschitz_constant
    from otkit.duality import subgradient as subgradient
    from otkit.from_samples import estimate_divergence as estimate_divergence
    from otkit.grids import wasserstein_grid as wasserstein_grid
    from otkit.inequalities import bounds as bounds
    from otkit.intervals import WassersteinInterval as WassersteinInterval
    from otkit.intervals import wasserstein_interval as wasserstein_interval
    from otkit.ipm import cramer_distance as cramer_distance
    from otkit.ipm import energy_distance as energy_distance
    from otkit.ipm import mmd as mmd
    from otkit.ipm import total_variation as total_variation
    from otkit.many.all_pairs import CacheError as CacheError
    from otkit.many.all_pairs import pairwise as pairwise
    from otkit.many.distances import PairwiseResult as PairwiseResult
    from otkit.many.neighbours import NearestResult as NearestResult
    from otkit.many.neighbours import nearest as nearest
    from otkit.measures import DiscreteMeasure as DiscreteMeasure
    from otkit.permutations import TwoSampleTest as TwoSampleTest
    from otkit.permutations import two_sample_test as two_sample_test
    from otkit.plots import plot_cost_and_plan as plot_cost_and_plan
    from otkit.plots import plot_critic as plot_critic
    from otkit.plots import plot_dendrogram as plot_dendrogram
    from otkit.plots import plot_plan as plot_plan
    from otkit.plots import plot_potentials as plot_potentials
    from otkit.plots import plot_samples as plot_samples
    from otkit.plots import plot_training as plot_training
    from otkit.plots import plot_weights as plot_weights
    from otkit.problem import InfeasibleError as InfeasibleError
    from otkit.problem import TransportProblem as TransportProblem
    from otkit.proof import ProofError as ProofError
    from otkit.proof_files import check_proof as check_proof
    from otkit.results import Potentials as Potentials
    from otkit.results import TransportResult as TransportResult
    from otkit.sensitivity import Sensitivity as Sensitivity
    from otkit.sliced import SlicedResult as SlicedResult
    from otkit.sliced import max_sliced_wasserstein as max_sliced_wasserstein
    from otkit.sliced import sliced_wasserstein as sliced_wasserstein
    from otkit.solve import NotConvergedError as NotConvergedError
    from otkit.solve import transport as transport
    from otkit.solve import wasserstein as wasserstein
    from otkit.solvers.assignment import AssignmentOptions as AssignmentOptions
    from otkit.solvers.line import LineOptions as LineOptions
    from otkit.solvers.linprog import LinprogOptions as LinprogOptions
    from otkit.solvers.linprog import transport_lp as transport_lp
    from otkit.solvers.simplex import SimplexOptions as SimplexOptions
    from otkit.solvers.simplex import SimplexState as SimplexState
    from otkit.solvers.sinkhorn import SinkhornOptions as SinkhornOptions
    from otkit.stored import load as load
    from otkit.unbalanced import UnbalancedResult as UnbalancedResult
    from otkit.unbalanced import partial_transport as partial_transport
    from otkit.unbalanced import unbalanced_transport as unbalanced_transport
    from otkit.verify import verify_duality as verify_duality
    from otkit.warming import warmup as warmup

__version__ = "0.1.0"

_ROOMS = {
    "averages": ["BarycenterResult", "barycenter", "displacement_interpolation"],
    "by_name": [
        "chi2",
        "f_divergence",
        "hellinger",
        "hellinger_distance",
        "jeffreys",
        "js",
        "kl",
        "neyman",
        "reverse_kl",
        "tv",
    ],
    "candidate": ["Candidate"],
    "certificate": ["Certificate", "certify"],
    "choice": ["estimate", "select_solver"],
    "comparison": ["compare"],
    "costs": [
        "CallableCost",
        "Chebyshev",
        "Cityblock",
        "Cosine",
        "Euclidean",
        "Haversine",
        "Minkowski",
        "SqEuclidean",
        "cost_matrix",
    ],
    "divergences.bures": ["GaussianTransport", "gaussian_wasserstein"],
    "divergences.densities": ["density_divergence"],
    "divergences.gan": ["discriminator_value", "optimal_discriminator"],
    "divergences.generators": ["GENERATORS", "FDivergence", "alpha_divergence"],
    "divergences.result": ["DivergenceResult"],
    "divergences.variational": ["variational_bound"],
    "duality": ["c_transform", "kantorovich_potential", "lipschitz_constant", "subgradient"],
    "from_samples": ["estimate_divergence"],
    "intervals": ["WassersteinInterval", "wasserstein_interval"],
    "permutations": ["TwoSampleTest", "two_sample_test"],
    "grids": ["wasserstein_grid"],
    "ipm": ["cramer_distance", "energy_distance", "mmd", "total_variation"],
    "inequalities": ["bounds"],
    "many.all_pairs": ["CacheError", "pairwise"],
    "many.distances": ["PairwiseResult"],
    "many.neighbours": ["NearestResult", "nearest"],
    "measures": ["DiscreteMeasure"],
    "plots": [
        "plot_cost_and_plan",
        "plot_critic",
        "plot_dendrogram",
        "plot_plan",
        "plot_potentials",
        "plot_samples",
        "plot_training",
        "plot_weights",
    ],
    "problem": ["InfeasibleError", "TransportProblem"],
    "proof": ["ProofError"],
    "proof_files": ["check_proof"],
    "results": ["Potentials", "TransportResult"],
    "sensitivity": ["Sensitivity"],
    "sliced": ["SlicedResult", "max_sliced_wasserstein", "sliced_wasserstein"],
    "solve": ["NotConvergedError", "transport", "wasserstein"],
    "solvers.assignment": ["AssignmentOptions"],
    "solvers.line": ["LineOptions"],
    "solvers.linprog": ["LinprogOptions", "transport_lp"],
    "solvers.simplex": ["SimplexOptions", "SimplexState"],
    "solvers.sinkhorn": ["SinkhornOptions"],
    "stored": ["load"],
    "unbalanced": ["UnbalancedResult", "partial_transport", "unbalanced_transport"],
    "verify": ["verify_duality"],
    "warming": ["warmup"],
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

_WHOLE_ROOMS = ("datasets", "neural", "teaching")

__all__ = ["__version__", *_WHOLE_ROOMS, *sorted(_ROOM_OF)]  # noqa: PLE0604 (names are strings, built from the table above)


# What is here, by the names that it has elsewhere: in POT, SciPy, OTT, GeomLoss, NetworkX and papers.
_ELSEWHERE = {
    "otkit.transport(C, a, b).plan": "emd network_simplex min_cost_flow",
    "otkit.transport(C, a, b).value": "emd2 min_cost_flow_cost",
    "otkit.transport(C, a, b, method='sinkhorn'), with otkit.SinkhornOptions": "sinkhorn sinkhorn2 Sinkhorn",
    "otkit.transport(C).monge_map()": "linear_sum_assignment hungarian",
    "otkit.wasserstein(x, y).distance": """
        wasserstein_distance wasserstein_distance_nd earth_movers_distance earth_mover_distance earthmover w1""",
    "otkit.wasserstein(x, y, p=2).distance": "wasserstein2 w2",
    "otkit.wasserstein(x, y, a, b)": "wasserstein_1d emd_1d emd2_1d solve_1d solve_sample",
    "otkit.cost_matrix(x, y)": "dist cdist pdist euclidean_distances pairwise_distances",
    "otkit.sliced_wasserstein(x, y)": "sliced_wasserstein_distance",
    "otkit.max_sliced_wasserstein(x, y)": "max_sliced_wasserstein_distance",
    "otkit.partial_transport(C, a, b, mass=...)": "partial_wasserstein partial_wasserstein2 partial",
    "otkit.unbalanced_transport(C, a, b, price=...)": "mm_unbalanced sinkhorn_unbalanced",
    "otkit.gaussian_wasserstein(mean0, cov0, mean1, cov1)": "bures_wasserstein_distance bures frechet_distance",
    "otkit.barycenter(measures)": "wasserstein_barycenter free_support_barycenter lp_barycenter",
    "otkit.Euclidean().between(x, y)": "PointCloud Geometry",
    "otkit.TransportProblem(C, a, b)": "LinearProblem",
    "otkit.neural.wasserstein_loss(x, y)": "SamplesLoss wasserstein_loss",
    "otkit.js(p, q), of which SciPy's jensenshannon is the root": "jensenshannon jensen_shannon_distance",
    "otkit.js(p, q)": "jensen_shannon jensen_shannon_divergence js_divergence jsd",
    "otkit.kl(p, q)": "entropy relative_entropy kl_div rel_entr kl_divergence kullback_leibler",
    "otkit.tv(p, q) for histograms, otkit.total_variation(x, y) for samples": "total_variation_distance tvd",
    "otkit.chi2(p, q)": "chi_square chi_squared chisquare",
    "otkit.mmd(x, y)": "maximum_mean_discrepancy mmd2",
    "otkit.two_sample_test(x, y)": "permutation_test ks_2samp",
}
_CALLED_HERE = {name: here for here, names in _ELSEWHERE.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name in _WHOLE_ROOMS:
        return import_module(f"otkit.{name}")
    if name not in _ROOM_OF:
        raise AttributeError(_unknown(name))
    value = getattr(import_module(f"otkit.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def _unknown(name: str) -> str:
    """Return the message for a name that is not here, with what may be meant by it."""
    message = f"module 'otkit' has no attribute {name!r}"
    if name in _CALLED_HERE:
        return f"{message}. Here it is {_CALLED_HERE[name]}."
    if name.startswith("_"):
        return message
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), __all__, n=1, cutoff=0.75)
    return f"{message}. Did you mean otkit.{near[0]}?" if near else message


def __dir__() -> list[str]:
    return __all__
