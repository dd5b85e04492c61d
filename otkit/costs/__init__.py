"""Costs between points: metrics, matrices, and the questions that solvers ask of them."""

from otkit.costs.cost import Cost
from otkit.costs.dissimilarities import (
    BrayCurtis,
    Canberra,
    Correlation,
    Hamming,
    Jaccard,
    Mahalanobis,
    SEuclidean,
    Weighted,
)
from otkit.costs.evaluated import Line, PairCosts, PointCosts
from otkit.costs.graphs import Graph
from otkit.costs.matrices import MatrixCosts, bind
from otkit.costs.metrics import CallableCost, Cosine, Haversine, as_cost, cost_matrix
from otkit.costs.norms import Chebyshev, Cityblock, Euclidean, Minkowski, SqEuclidean
from otkit.costs.pairs import MatrixPairs, PointPairs, SparsePairs
from otkit.costs.periodic import Circle, Torus
from otkit.costs.sparse import SparseCosts

__all__ = [
    "BrayCurtis",
    "CallableCost",
    "Canberra",
    "Chebyshev",
    "Circle",
    "Cityblock",
    "Correlation",
    "Cosine",
    "Cost",
    "Euclidean",
    "Graph",
    "Hamming",
    "Haversine",
    "Jaccard",
    "Line",
    "Mahalanobis",
    "MatrixCosts",
    "MatrixPairs",
    "Minkowski",
    "PairCosts",
    "PointCosts",
    "PointPairs",
    "SEuclidean",
    "SparseCosts",
    "SparsePairs",
    "SqEuclidean",
    "Torus",
    "Weighted",
    "as_cost",
    "bind",
    "cost_matrix",
]
