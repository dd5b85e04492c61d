"""Distances along the edges of a graph: roads, meshes, trees, pixels and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.evaluated import MatrixCosts
from otkit.costs.metrics import Cost
from otkit.inputs import checks
from otkit.inputs.indices import require_sound_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Graph(Cost):
    """The length of the shortest way along the edges of a graph; points are numbers of its nodes.

    The shortest ways are found from the nodes of one cloud alone, whichever has fewer, by Dijkstra's algorithm, and
    fill a matrix (n, m): no distances are asked for between other nodes.

    Parameters
    ----------
    adjacency : scipy.sparse matrix of shape (nodes, nodes)
        Entry (u, v) is the length of the edge from u to v, as in `scipy.sparse.csgraph`: finite, not negative, an
        explicit zero being an edge of length zero. If it is not symmetric, edges have directions, and the distance is
        that of ways from x to y. Of `networkx`: ``networkx.to_scipy_sparse_array(G, weight="length")``.

    Examples
    --------
    >>> import otkit, scipy.sparse
    >>> ring = scipy.sparse.coo_array(([1.0, 2.0, 4.0, 1.0, 2.0, 4.0], ([0, 1, 2, 1, 2, 0], [1, 2, 0, 0, 1, 2])))
    >>> otkit.wasserstein([0, 1], [2, 2], metric=otkit.Graph(ring)).distance
    2.5
    """

    adjacency: Any
    is_metric: bool = field(init=False)

    name = "graph"
    compiled = False

    def __post_init__(self) -> None:
        edges = _edges(self.adjacency)
        reverse = edges.T.tocsr()
        reverse.sort_indices()
        parts = ("indptr", "indices", "data")
        symmetric = all(np.array_equal(getattr(edges, part), getattr(reverse, part)) for part in parts)
        object.__setattr__(self, "adjacency", edges)
        object.__setattr__(self, "is_metric", symmetric and bool((edges.data > 0.0).all()))

    def __repr__(self) -> str:
        return f"Graph({self.adjacency.shape[0]} nodes, {self.adjacency.nnz} edges)"

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        from scipy.sparse.csgraph import dijkstra

        starts, ends = self._nodes(x, "x"), self._nodes(y, "y")
        nodes = self.adjacency.shape[0]
        (sources, of_start), (targets, of_end) = (np.unique(each, return_inverse=True) for each in (starts, ends))
        turned = targets.size < sources.size
        checks.require_memory(
            8 * (nodes * min(sources.size, targets.size) + 2 * x.size * y.size),
            f"The ways from {min(sources.size, targets.size)} nodes to {nodes}",
            "Merge nodes that lie near each other.",
        )
        if turned:
            distance = dijkstra(self.adjacency.T.tocsr(), indices=targets)[:, sources].T
        else:
            distance = dijkstra(self.adjacency, indices=sources)[:, targets]
        distance = distance[of_start][:, of_end]
        apart = np.argwhere(distance == np.inf)
        if apart.size:
            i, j = apart[0].tolist()
            raise ValueError(
                f"x and y must be joined by edges, but there is no way from node {starts[i]} to {ends[j]}."
            )
        return MatrixCosts(distance if p == 1.0 else distance**p, metric=self, p=p, points=(x, y))

    def _nodes(self, points: FloatArray, name: str) -> IntArray:
        """Return numbers of nodes."""
        nodes = self.adjacency.shape[0]
        if points.shape[1] != 1:
            raise ValueError(
                f"{name} must hold the number of a node for each point, but it has {points.shape[1]} columns."
            )
        numbers = points[:, 0]
        wrong = ~((numbers >= 0) & (numbers < nodes) & (numbers == np.floor(numbers)))
        if wrong.any():
            k = int(np.argmax(wrong))
            raise ValueError(f"{name} must hold numbers of nodes, 0 to {nodes - 1}, but {name}[{k}] = {numbers[k]:g}.")
        return numbers.astype(np.int64)


def _edges(adjacency: Any) -> csr_array:
    """Return a copy of an adjacency matrix in canonical form, or say what is wrong with it."""
    if not hasattr(adjacency, "tocsr"):
        raise TypeError(
            "adjacency must be a matrix of scipy.sparse, but "
            f"{type(adjacency).__name__} was given: in a dense one nobody knows which zeros are edges."
        )
    if adjacency.ndim != 2 or adjacency.shape[0] != adjacency.shape[1] or adjacency.shape[0] == 0:
        raise ValueError(f"adjacency must be square and not empty, but its shape is {adjacency.shape}.")
    from scipy.sparse import coo_array, csr_array

    require_sound_sparse(adjacency, "adjacency")
    listed = coo_array(adjacency)
    edges = csr_array(listed, dtype=np.float64, copy=True)
    edges.sum_duplicates()
    if edges.nnz < listed.nnz:
        raise ValueError("adjacency must list each edge once, but some are there twice. Keep the shorter one.")
    wrong = ~((edges.data >= 0.0) & (edges.data < np.inf))
    if wrong.any():
        raise ValueError(f"adjacency must hold finite lengths ≥ 0, but one is {edges.data[wrong][0]:g}.")
    return edges
