"""Costs between points: metrics, matrices, and the questions that solvers ask of them."""

from otkit.costs.evaluated import Line, MatrixCosts, PairCosts, PointCosts, bind
from otkit.costs.metrics import (
    CallableCost,
    Chebyshev,
    Cityblock,
    Cosine,
    Cost,
    Euclidean,
    Haversine,
    Minkowski,
    SqEuclidean,
    as_cost,
    cost_matrix,
)
from otkit.costs.pairs import MatrixPairs, PointPairs, SparsePairs
from otkit.costs.sparse import SparseCosts

__all__ = [
    "CallableCost",
    "Chebyshev",
    "Cityblock",
    "Cosine",
    "Cost",
    "Euclidean",
    "Haversine",
    "Line",
    "MatrixCosts",
    "MatrixPairs",
    "Minkowski",
    "PairCosts",
    "PointCosts",
    "PointPairs",
    "SparseCosts",
    "SparsePairs",
    "SqEuclidean",
    "as_cost",
    "bind",
    "cost_matrix",
]
