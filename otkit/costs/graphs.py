"""The lengths of shortest ways along the edges of a graph: roads, meshes, trees, pixels and their neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.cost import Cost
from otkit.costs.matrices import MatrixCosts
from otkit.inputs.checks import require_memory
from otkit.inputs.indices import require_sound_sparse
from otkit.inputs.labels import Labels

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Graph(Cost):
    """A graph whose edges have lengths, as the ground on which mass moves.

    As a `metric=` it is the length of a shortest way between nodes, points being numbers of nodes: for any p, with a
    matrix of distances between all nodes that have mass. `otkit.wasserstein_graph` is W_1 between masses on the nodes
    by flows along the edges, which needs no such matrix.

    Parameters
    ----------
    adjacency : scipy.sparse matrix of shape (n, n), or networkx graph
        Lengths of the edges, finite and not negative; an entry is an edge, also if it is an explicit zero. As in
        `scipy.sparse.csgraph` that in row u and column v leads from u to v: for edges that lead both ways the matrix is
        symmetric, ``adjacency + adjacency.T`` if each was listed once. Of a networkx graph the lengths are what its
        edges have as "weight", 1 without one, and nodes go by name.

    Attributes
    ----------
    nodes, edges : int
        How many there are; an edge that leads both ways is one.
    directed : bool
        Whether some edge leads one way only, or is of another length on the way back.
    labels : Labels or None
        The names of the nodes, of a networkx graph.

    Raises
    ------
    TypeError, ValueError
        No sparse square matrix; lengths that are negative or not finite; an edge that is listed twice.

    See Also
    --------
    otkit.wasserstein_graph : W_1 by flows.
    otkit.transport : at the costs of a sparse matrix, from rows to columns.

    Examples
    --------
    >>> import otkit
    >>> from scipy.sparse import coo_array
    >>> ways = coo_array(([1.0, 2.0, 4.0], ([0, 1, 2], [1, 2, 3])), shape=(4, 4))
    >>> road = otkit.Graph(ways + ways.T)
    >>> otkit.wasserstein([0, 1], [2, 3], metric=road, p=2).value
    22.5
    """

    compiled = False
    name = "graph"

    def __init__(self, adjacency: Any) -> None:
        labels = None
        if hasattr(adjacency, "adj") and hasattr(adjacency, "nodes"):
            adjacency, labels = _of_networkx(adjacency)
        edges = _edges(adjacency)
        back = edges.T.tocsr()
        back.sort_indices()
        parts = ("indptr", "indices", "data")
        one_way = not all(np.array_equal(getattr(edges, part), getattr(back, part)) for part in parts)
        sources = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr))
        fields = {"adjacency": edges, "directed": one_way, "labels": labels, "_sources": sources}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    adjacency: csr_array
    directed: bool
    labels: Labels | None
    _sources: IntArray

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return int(self.adjacency.shape[0])

    @property
    def edges(self) -> int:
        """How many edges there are; one that leads both ways is one."""
        loops = int(np.count_nonzero(self._sources == self.adjacency.indices))
        return self.adjacency.nnz if self.directed else (self.adjacency.nnz - loops) // 2 + loops

    @property
    def is_metric(self) -> bool:  # type: ignore[override]
        """Whether shortest ways are a metric: both ways alike, and none of length zero."""
        return not self.directed and bool((self.adjacency.data > 0.0).all())

    def lengths_of(self, sources: IntArray, targets: IntArray) -> FloatArray:
        """Return the lengths of some edges."""
        keys = self._sources * self.nodes + self.adjacency.indices
        found = self.adjacency.data[np.searchsorted(keys, sources.astype(np.int64) * self.nodes + targets)]
        return np.asarray(found)

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        """Return p-th powers of the lengths of shortest ways between nodes."""
        from scipy.sparse.csgraph import dijkstra

        starts, ends = (self._as_nodes(points, name) for points, name in ((x, "x"), (y, "y")))
        (sources, of_start), (targets, of_end) = (np.unique(each, return_inverse=True) for each in (starts, ends))
        fewer = min(sources.size, targets.size)
        require_memory(
            8 * (self.nodes * fewer + 2 * x.size * y.size),
            f"The ways from {fewer} nodes to all {self.nodes}",
            "otkit.wasserstein_graph needs none, for p = 1.",
        )
        if targets.size < sources.size:
            distance = dijkstra(self.adjacency.T.tocsr(), indices=targets)[:, sources].T
        else:
            distance = dijkstra(self.adjacency, indices=sources)[:, targets]
        distance = distance[of_start][:, of_end]
        apart = np.argwhere(distance == np.inf)
        if apart.size:
            i, j = apart[0].tolist()
            raise ValueError(
                f"x and y must be joined by edges, but there is no way from node {starts[i]} to {ends[j]}.{self.hint()}"
            )
        return MatrixCosts(distance if p == 1.0 else distance**p, metric=self, p=p, points=(x, y))

    def arcs(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Return sources, targets and lengths of the edges between different nodes, both ways where they lead so."""
        apart = self._sources != self.adjacency.indices
        return self._sources[apart], self.adjacency.indices[apart], self.adjacency.data[apart]

    def hint(self) -> str:
        """Say what to do about edges that lead one way and may be meant to lead both."""
        return " If edges lead both ways, give adjacency + adjacency.T." if self.directed else ""

    def _as_nodes(self, points: FloatArray, name: str) -> IntArray:
        if points.shape[1] != 1:
            raise ValueError(
                f"{name} must hold the number of a node for each point, but it has {points.shape[1]} columns."
            )
        numbers = points[:, 0]
        wrong = ~((numbers >= 0) & (numbers < self.nodes) & (numbers == np.floor(numbers)))
        if wrong.any():
            k = int(np.argmax(wrong))
            raise ValueError(
                f"{name} must hold numbers of nodes, 0 to {self.nodes - 1}, but {name}[{k}] = {numbers[k]:g}."
            )
        return numbers.astype(np.int64)

    def __repr__(self) -> str:
        return f"Graph({self.nodes} nodes, {self.edges} {'directed ' if self.directed else ''}edges)"


def _of_networkx(graph: Any) -> tuple[Any, Labels | None]:
    """Return the lengths of a networkx graph and the names of its nodes; of parallel edges the shortest counts."""
    from scipy.sparse import coo_array

    names = list(graph.nodes)
    number = {name: k for k, name in enumerate(names)}
    lengths: dict[tuple[int, int], float] = {}
    for u, v, data in graph.edges(data=True):
        ways = [(number[u], number[v])] if graph.is_directed() else [(number[u], number[v]), (number[v], number[u])]
        for way in ways:
            lengths[way] = min(float(data.get("weight", 1.0)), lengths.get(way, math.inf))
    ends = np.array(list(lengths), dtype=np.int64).reshape(-1, 2).T
    matrix = coo_array((np.array(list(lengths.values()), dtype=np.float64), tuple(ends)), shape=(len(names),) * 2)
    return matrix, None if names == list(range(len(names))) else Labels(names)


def _edges(adjacency: Any) -> csr_array:
    """Return a copy of an adjacency matrix in canonical form, or say what is wrong with it."""
    if not hasattr(adjacency, "tocsr"):
        raise TypeError(
            "adjacency must be a matrix of scipy.sparse or a networkx graph, but "
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
