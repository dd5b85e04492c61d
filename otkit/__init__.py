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
    from otkit import sklearn as sklearn
    from otkit import teaching as teaching
    from otkit import torch as torch
    from otkit.checker.audit import certify as certify
    from otkit.checker.certificate import Certificate as Certificate
    from otkit.checker.proof_files import ProofError as ProofError
    from otkit.checker.proof_files import check_proof as check_proof
    from otkit.costs import BrayCurtis as BrayCurtis
    from otkit.costs import CallableCost as CallableCost
    from otkit.costs import Canberra as Canberra
    from otkit.costs import Chebyshev as Chebyshev
    from otkit.costs import Circle as Circle
    from otkit.costs import Cityblock as Cityblock
    from otkit.costs import Correlation as Correlation
    from otkit.costs import Cosine as Cosine
    from otkit.costs import Euclidean as Euclidean
    from otkit.costs import Graph as Graph
    from otkit.costs import Hamming as Hamming
    from otkit.costs import Haversine as Haversine
    from otkit.costs import Jaccard as Jaccard
    from otkit.costs import Mahalanobis as Mahalanobis
    from otkit.costs import Minkowski as Minkowski
    from otkit.costs import SEuclidean as SEuclidean
    from otkit.costs import SqEuclidean as SqEuclidean
    from otkit.costs import Torus as Torus
    from otkit.costs import Weighted as Weighted
    from otkit.costs import cost_matrix as cost_matrix
    from otkit.divergences.binned import psi as psi
    from otkit.divergences.bures import GaussianTransport as GaussianTransport
    from otkit.divergences.bures import gaussian_wasserstein as gaussian_wasserstein
    from otkit.divergences.by_name import chi2 as chi2
    from otkit.divergences.by_name import f_divergence as f_divergence
    from otkit.divergences.by_name import hellinger as hellinger
    from otkit.divergences.by_name import hellinger_distance as hellinger_distance
    from otkit.divergences.by_name import jeffreys as jeffreys
    from otkit.divergences.by_name import js as js
    from otkit.divergences.by_name import kl as kl
    from otkit.divergences.by_name import neyman as neyman
    from otkit.divergences.by_name import reverse_kl as reverse_kl
    from otkit.divergences.by_name import tv as tv
    from otkit.divergences.densities import density_divergence as density_divergence
    from otkit.divergences.frechet import frechet_distance as frechet_distance
    from otkit.divergences.from_samples import estimate_divergence as estimate_divergence
    from otkit.divergences.gan import discriminator_value as discriminator_value
    from otkit.divergences.gan import optimal_discriminator as optimal_discriminator
    from otkit.divergences.gaussian_barycenter import GaussianBarycenter as GaussianBarycenter
    from otkit.divergences.gaussian_barycenter import gaussian_barycenter as gaussian_barycenter
    from otkit.divergences.generators import GENERATORS as GENERATORS
    from otkit.divergences.generators import FDivergence as FDivergence
    from otkit.divergences.generators import alpha_divergence as alpha_divergence
    from otkit.divergences.ipm import cramer_distance as cramer_distance
    from otkit.divergences.ipm import energy_distance as energy_distance
    from otkit.divergences.ipm import mmd as mmd
    from otkit.divergences.ipm import total_variation as total_variation
    from otkit.divergences.joint import conditional_kl as conditional_kl
    from otkit.divergences.joint import cross_entropy as cross_entropy
    from otkit.divergences.joint import jensen_shannon as jensen_shannon
    from otkit.divergences.orders import renyi as renyi
    from otkit.divergences.orders import renyi_divergence as renyi_divergence
    from otkit.divergences.orders import tsallis as tsallis
    from otkit.divergences.orders import tsallis_divergence as tsallis_divergence
    from otkit.divergences.result import DivergenceResult as DivergenceResult
    from otkit.divergences.variational import variational_bound as variational_bound
    from otkit.many.all_pairs import CacheError as CacheError
    from otkit.many.all_pairs import pairwise as pairwise
    from otkit.many.along_axis import LineDistances as LineDistances
    from otkit.many.along_axis import wasserstein_1d as wasserstein_1d
    from otkit.many.barycenters import BarycenterResult as BarycenterResult
    from otkit.many.barycenters import barycenter as barycenter
    from otkit.many.batch import BatchResult as BatchResult
    from otkit.many.batch import transport_batch as transport_batch
    from otkit.many.batch import wasserstein_batch as wasserstein_batch
    from otkit.many.distances import PairwiseResult as PairwiseResult
    from otkit.many.interpolation import displacement_interpolation as displacement_interpolation
    from otkit.many.neighbours import NearestResult as NearestResult
    from otkit.many.neighbours import nearest as nearest
    from otkit.many.sliced import SlicedResult as SlicedResult
    from otkit.many.sliced import max_sliced_wasserstein as max_sliced_wasserstein
    from otkit.many.sliced import sliced_wasserstein as sliced_wasserstein
    from otkit.measures import DiscreteMeasure as DiscreteMeasure
    from otkit.optimal_transport.bottleneck import BottleneckResult as BottleneckResult
    from otkit.optimal_transport.bottleneck import bottleneck as bottleneck
    from otkit.optimal_transport.comparison import compare as compare
    from otkit.optimal_transport.duality import c_transform as c_transform
    from otkit.optimal_transport.duality import kantorovich_potential as kantorovich_potential
    from otkit.optimal_transport.duality import lipschitz_constant as lipschitz_constant
    from otkit.optimal_transport.duality import subgradient as subgradient
    from otkit.optimal_transport.graphs import GraphResult as GraphResult
    from otkit.optimal_transport.graphs import wasserstein_graph as wasserstein_graph
    from otkit.optimal_transport.grids import wasserstein_grid as wasserstein_grid
    from otkit.optimal_transport.partial_curve import PartialTransportCurve as PartialTransportCurve
    from otkit.optimal_transport.partial_curve import partial_transport_curve as partial_transport_curve
    from otkit.optimal_transport.persistence import PersistenceResult as PersistenceResult
    from otkit.optimal_transport.persistence import persistence_distance as persistence_distance
    from otkit.optimal_transport.results import Potentials as Potentials
    from otkit.optimal_transport.results import TransportResult as TransportResult
    from otkit.optimal_transport.sensitivity import Sensitivity as Sensitivity
    from otkit.optimal_transport.solve import NotConvergedError as NotConvergedError
    from otkit.optimal_transport.solve import transport as transport
    from otkit.optimal_transport.solve import wasserstein as wasserstein
    from otkit.optimal_transport.stored import load as load
    from otkit.optimal_transport.unbalanced import UnbalancedResult as UnbalancedResult
    from otkit.optimal_transport.unbalanced import partial_transport as partial_transport
    from otkit.optimal_transport.unbalanced import unbalanced_transport as unbalanced_transport
    from otkit.optimal_transport.verify import verify_duality as verify_duality
    from otkit.plots import alt_text as alt_text
    from otkit.plots import plot_cost_and_plan as plot_cost_and_plan
    from otkit.plots import plot_critic as plot_critic
    from otkit.plots import plot_dendrogram as plot_dendrogram
    from otkit.plots import plot_distributions as plot_distributions
    from otkit.plots import plot_drift as plot_drift
    from otkit.plots import plot_interval as plot_interval
    from otkit.plots import plot_partial_curve as plot_partial_curve
    from otkit.plots import plot_persistence as plot_persistence
    from otkit.plots import plot_plan as plot_plan
    from otkit.plots import plot_potentials as plot_potentials
    from otkit.plots import plot_qq as plot_qq
    from otkit.plots import plot_quantile_shift as plot_quantile_shift
    from otkit.plots import plot_samples as plot_samples
    from otkit.plots import plot_test as plot_test
    from otkit.plots import plot_training as plot_training
    from otkit.plots import plot_weights as plot_weights
    from otkit.problem import InfeasibleError as InfeasibleError
    from otkit.problem import TransportProblem as TransportProblem
    from otkit.solvers.candidate import Candidate as Candidate
    from otkit.solvers.choice import estimate_resources as estimate_resources
    from otkit.solvers.choice import select_solver as select_solver
    from otkit.solvers.linprog import LinprogOptions as LinprogOptions
    from otkit.solvers.linprog import transport_lp as transport_lp
    from otkit.solvers.simplex import SimplexOptions as SimplexOptions
    from otkit.solvers.simplex import SimplexState as SimplexState
    from otkit.solvers.sinkhorn import SinkhornOptions as SinkhornOptions
    from otkit.startup import warmup as warmup
    from otkit.statistics.drift import DriftReport as DriftReport
    from otkit.statistics.drift import drift as drift
    from otkit.statistics.inequalities import divergence_inequalities as divergence_inequalities
    from otkit.statistics.intervals import WassersteinInterval as WassersteinInterval
    from otkit.statistics.intervals import wasserstein_interval as wasserstein_interval
    from otkit.statistics.two_sample import TwoSampleTest as TwoSampleTest
    from otkit.statistics.two_sample import two_sample_test as two_sample_test

__version__ = "0.1.0"

_MODULES = {
    "checker.audit": ["certify"],
    "checker.certificate": ["Certificate"],
    "checker.proof_files": ["ProofError", "check_proof"],
    "costs": [
        "BrayCurtis",
        "CallableCost",
        "Canberra",
        "Chebyshev",
        "Circle",
        "Cityblock",
        "Correlation",
        "Cosine",
        "Euclidean",
        "Graph",
        "Hamming",
        "Haversine",
        "Jaccard",
        "Mahalanobis",
        "Minkowski",
        "SEuclidean",
        "SqEuclidean",
        "Torus",
        "Weighted",
        "cost_matrix",
    ],
    "divergences.binned": ["psi"],
    "divergences.bures": ["GaussianTransport", "gaussian_wasserstein"],
    "divergences.by_name": [
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
    "divergences.densities": ["density_divergence"],
    "divergences.frechet": ["frechet_distance"],
    "divergences.from_samples": ["estimate_divergence"],
    "divergences.gan": ["discriminator_value", "optimal_discriminator"],
    "divergences.gaussian_barycenter": ["GaussianBarycenter", "gaussian_barycenter"],
    "divergences.generators": ["FDivergence", "GENERATORS", "alpha_divergence"],
    "divergences.ipm": ["cramer_distance", "energy_distance", "mmd", "total_variation"],
    "divergences.joint": ["conditional_kl", "cross_entropy", "jensen_shannon"],
    "divergences.orders": ["renyi", "renyi_divergence", "tsallis", "tsallis_divergence"],
    "divergences.result": ["DivergenceResult"],
    "divergences.variational": ["variational_bound"],
    "many.along_axis": ["LineDistances", "wasserstein_1d"],
    "many.all_pairs": ["CacheError", "pairwise"],
    "many.barycenters": ["BarycenterResult", "barycenter"],
    "many.batch": ["BatchResult", "transport_batch", "wasserstein_batch"],
    "many.distances": ["PairwiseResult"],
    "many.interpolation": ["displacement_interpolation"],
    "many.neighbours": ["NearestResult", "nearest"],
    "many.sliced": ["SlicedResult", "max_sliced_wasserstein", "sliced_wasserstein"],
    "measures": ["DiscreteMeasure"],
    "optimal_transport.bottleneck": ["BottleneckResult", "bottleneck"],
    "optimal_transport.comparison": ["compare"],
    "optimal_transport.duality": ["c_transform", "kantorovich_potential", "lipschitz_constant", "subgradient"],
    "optimal_transport.graphs": ["GraphResult", "wasserstein_graph"],
    "optimal_transport.grids": ["wasserstein_grid"],
    "optimal_transport.partial_curve": ["PartialTransportCurve", "partial_transport_curve"],
    "optimal_transport.persistence": ["PersistenceResult", "persistence_distance"],
    "optimal_transport.results": ["Potentials", "TransportResult"],
    "optimal_transport.sensitivity": ["Sensitivity"],
    "optimal_transport.solve": ["NotConvergedError", "transport", "wasserstein"],
    "optimal_transport.stored": ["load"],
    "optimal_transport.unbalanced": ["UnbalancedResult", "partial_transport", "unbalanced_transport"],
    "optimal_transport.verify": ["verify_duality"],
    "plots": [
        "alt_text",
        "plot_cost_and_plan",
        "plot_critic",
        "plot_dendrogram",
        "plot_distributions",
        "plot_drift",
        "plot_interval",
        "plot_partial_curve",
        "plot_persistence",
        "plot_plan",
        "plot_potentials",
        "plot_qq",
        "plot_quantile_shift",
        "plot_samples",
        "plot_test",
        "plot_training",
        "plot_weights",
    ],
    "problem": ["InfeasibleError", "TransportProblem"],
    "solvers.candidate": ["Candidate"],
    "solvers.choice": ["estimate_resources", "select_solver"],
    "solvers.linprog": ["LinprogOptions", "transport_lp"],
    "solvers.simplex": ["SimplexOptions", "SimplexState"],
    "solvers.sinkhorn": ["SinkhornOptions"],
    "startup": ["warmup"],
    "statistics.drift": ["DriftReport", "drift"],
    "statistics.inequalities": ["divergence_inequalities"],
    "statistics.intervals": ["WassersteinInterval", "wasserstein_interval"],
    "statistics.two_sample": ["TwoSampleTest", "two_sample_test"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

_WHOLE_MODULES = ("datasets", "neural", "sklearn", "teaching", "torch")

__all__ = ["__version__", *_WHOLE_MODULES, *sorted(_MODULE_OF)]  # noqa: PLE0604 (strings, of the table above)


# What is here, by the names that it has elsewhere: in POT, SciPy, OTT, GeomLoss, NetworkX and papers.
_ELSEWHERE = {
    "otkit.transport(C, a, b).plan": "emd network_simplex min_cost_flow",
    "otkit.transport(C, a, b).value": "emd2 min_cost_flow_cost",
    "otkit.transport(C, a, b, method='sinkhorn'), with otkit.SinkhornOptions": "sinkhorn sinkhorn2 Sinkhorn",
    "otkit.transport(C).monge_map()": "linear_sum_assignment hungarian",
    "otkit.wasserstein(x, y).distance": """
        wasserstein_distance wasserstein_distance_nd earth_movers_distance earth_mover_distance earthmover w1""",
    "otkit.wasserstein(x, y, p=2).distance": "wasserstein2 w2",
    "otkit.wasserstein_1d(x, y, a, b)": "emd2_1d",
    "otkit.wasserstein(x, y, a, b)": "emd_1d solve_1d solve_sample",
    "otkit.cost_matrix(x, y)": "dist cdist pdist euclidean_distances pairwise_distances",
    "otkit.bottleneck(x, y)": "bottleneck_distance wasserstein_infinity w_inf winf",
    "otkit.sliced_wasserstein(x, y)": "sliced_wasserstein_distance",
    "otkit.max_sliced_wasserstein(x, y)": "max_sliced_wasserstein_distance",
    "otkit.partial_transport(C, a, b, mass=...)": "partial_wasserstein partial_wasserstein2 partial",
    "otkit.unbalanced_transport(C, a, b, price=...)": "mm_unbalanced sinkhorn_unbalanced",
    "otkit.gaussian_wasserstein(mean0, cov0, mean1, cov1)": "bures_wasserstein_distance bures",
    "otkit.frechet_distance(x, y), of features": "fid frechet_inception_distance",
    "otkit.mmd(x, y, kernel='polynomial', unbiased=True)": "kid kernel_inception_distance polynomial_mmd",
    "otkit.psi(reference, current)": "population_stability_index",
    "otkit.renyi(p, q, alpha)": "renyi_entropy bhattacharyya_distance",
    "otkit.tsallis(p, q, alpha)": "hellinger_divergence tsallis_relative_entropy",
    "otkit.barycenter(measures)": "wasserstein_barycenter lp_barycenter",
    "otkit.barycenter(measures, support=k)": "free_support_barycenter free_support_wasserstein_barycenter",
    "otkit.gaussian_barycenter(means, covariances)": "bures_wasserstein_barycenter",
    "otkit.Euclidean().between(x, y)": "PointCloud Geometry",
    "otkit.TransportProblem(C, a, b)": "LinearProblem",
    "otkit.torch.wasserstein_loss(x, y), or otkit.neural.wasserstein_loss in JAX": "SamplesLoss wasserstein_loss",
    "otkit.js(p, q), of which SciPy's jensenshannon is the root": "jensenshannon jensen_shannon_distance",
    "otkit.js(p, q)": "jensen_shannon_divergence js_divergence jsd",
    "otkit.kl(p, q)": "entropy relative_entropy kl_div rel_entr kl_divergence kullback_leibler",
    "otkit.tv(p, q) for histograms, otkit.total_variation(x, y) for samples": "total_variation_distance tvd",
    "otkit.chi2(p, q)": "chi_square chi_squared chisquare",
    "otkit.mmd(x, y)": "maximum_mean_discrepancy mmd2",
    "otkit.two_sample_test(x, y)": "permutation_test ks_2samp",
}
_CALLED_HERE = {name: here for here, names in _ELSEWHERE.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name in _WHOLE_MODULES:
        return import_module(f"otkit.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(_unknown(name))
    value = getattr(import_module(f"otkit.{_MODULE_OF[name]}"), name)
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
