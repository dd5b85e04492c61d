"""W_1 between measures on the nodes of a graph, without distances between all pairs of nodes.

Mass flows along edges (Beckmann's problem): Σ length · flow is least over flows that turn one measure into the other,
and by Kantorovich and Rubinstein it is the most that Σ (a − b) φ can be for a potential φ whose difference along each
edge is at most its length.

It is solved and proved as a transport problem along arcs, which a network simplex takes (A. Orden, *The transhipment
problem*, Management Science 2, 1956). Each node is a row and a column of mass T, as much as can ever pass through it;
an arc from its row to its column costs nothing and carries what does not pass; an edge leads from the row of one node
to the column of the other. What a node has too much enters at its column, from a row of its own, and what it lacks
leaves from its row. So no mass is rounded, and potentials, certificate and proof are those of transport: f_u + g_v is
at most the length of uv, and f_v = −g_v where something does not pass: everywhere, since T is more than all there is.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.checker.certificate import Certificate
from otkit.costs import Cost, MatrixCosts, SparseCosts
from otkit.inputs.checks import as_weights, require_memory
from otkit.inputs.indices import require_sound_sparse
from otkit.inputs.labels import Labels
from otkit.inputs.matching import masses_of
from otkit.io.results import Result, data_frame
from otkit.optimal_transport.dummies import floats
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import OnFailure, Proof, Report, Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import InfeasibleError, TransportProblem

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False, repr=False)
class GraphResult(Result):
    """W_1 on a graph: the flow along edges, and the potential that proves it.

    Attributes
    ----------
    graph : Graph
    solved : TransportResult
        The transport problem with rows and columns for all nodes, masses in units of `total`.
    total : Fraction
        By what masses were multiplied, so that both sides are whole: distances are those of `solved` over it.
    """

    _fields_of_dict = ("distance", "lower", "upper", "potential", "certificate")

    graph: Graph
    solved: TransportResult
    total: Fraction

    @property
    def certificate(self) -> Certificate:
        """What is proved of the transport problem, whose optimum is W_1 times `total`."""
        return self.solved.certificate

    @property
    def distance(self) -> float:
        """W_1, the length of all ways by the mass that takes them; the masses of a side are one altogether."""
        exact = self.certificate.exact_value
        return float((Fraction(self.solved.value) if exact is None else exact) / self.total)

    @property
    def value(self) -> float:
        """W_1, as `distance`."""
        return self.distance

    @property
    def lower(self) -> float:
        """A lower bound of W_1, rounded down."""
        exact = self.certificate.exact_value
        bound = (Fraction(self.certificate.lower) if exact is None else exact) / self.total
        return float(bound) if Fraction(float(bound)) <= bound else math.nextafter(float(bound), -math.inf)

    @property
    def upper(self) -> float:
        """An upper bound of W_1, rounded up."""
        exact = self.certificate.exact_value
        bound = (Fraction(self.certificate.upper) if exact is None else exact) / self.total
        return float(bound) if Fraction(float(bound)) >= bound else math.nextafter(float(bound), math.inf)

    @cached_property
    def flow(self) -> csr_array:
        """How much flows along each edge, shape (nodes, nodes), sparse; only the net amount, one way."""
        from scipy.sparse import csr_array

        n = self.graph.nodes
        entries = self.solved.candidate
        along = (entries.rows < n) & (entries.cols < n) & (entries.rows != entries.cols) & (entries.mass > 0.0)
        amounts = entries.mass[along] / float(self.total)
        gross = csr_array((amounts, (entries.rows[along], entries.cols[along])), shape=(n, n))
        net = (gross - gross.T).tocsr()
        net.data = np.maximum(net.data, 0.0)
        net.eliminate_zeros()
        return net

    @property
    def potential(self) -> FloatArray:
        """φ, shape (nodes,): φ_u − φ_v ≤ length of uv up to rounding, and Σ (a − b) φ = W_1."""
        f = self.solved.potentials.f[: self.graph.nodes]
        potential: FloatArray = f - f.min()
        return potential

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each edge along which something flows."""
        flow = self.flow.tocoo()
        names = self.graph.labels
        ends = (
            [flow.coords[0], flow.coords[1]]
            if names is None
            else [[names.items[k] for k in side] for side in flow.coords]
        )
        lengths = self.graph.lengths_of(*flow.coords)
        return data_frame({"source": ends[0], "target": ends[1], "flow": flow.data, "length": lengths})

    def __float__(self) -> float:
        return self.distance

    def __str__(self) -> str:
        return (
            f"W_1 = {self.distance!r} on a graph\n"
            f"  proof    {self.certificate.verdict.partition(': OPT')[0]}\n"
            f"  bounds   {self.lower!r} ≤ W_1 ≤ {self.upper!r}\n"
            f"  graph    {self.graph.nodes} nodes, {self.graph.edges} edges, {self.flow.nnz} used"
        )

    def __repr__(self) -> str:
        return f"GraphResult(distance={self.distance!r}, nodes={self.graph.nodes}, edges={self.graph.edges})"


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Graph(Cost):
    """A graph whose edges have lengths, as the ground on which mass moves.

    `Graph.wasserstein` is W_1 between masses on its nodes, by flows along the edges. As a `metric=` of
    `otkit.wasserstein` it is the length of a shortest way between nodes, points being numbers of nodes: for any p, but
    with a matrix of distances between all nodes that have mass.

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
    otkit.transport : at the costs of a sparse matrix, from rows to columns.
    otkit.wasserstein_grid : between images.

    References
    ----------
    M. Beckmann, *A continuous model of transportation*, Econometrica 20 (1952). A. Orden, *The transhipment problem*,
    Management Science 2 (1956).

    Examples
    --------
    A road of four places, from which everything goes from one end to the other:

    >>> import otkit
    >>> from scipy.sparse import coo_array
    >>> ways = coo_array(([1.0, 2.0, 4.0], ([0, 1, 2], [1, 2, 3])), shape=(4, 4))
    >>> road = otkit.Graph(ways + ways.T)
    >>> result = road.wasserstein([1, 0, 0, 0], [0, 0, 0, 1])
    >>> result.distance, result.potential.tolist()
    (7.0, [7.0, 6.0, 4.0, 0.0])
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

    def wasserstein(
        self,
        a: ArrayLike | Mapping[Hashable, float],
        b: ArrayLike | Mapping[Hashable, float],
        *,
        max_seconds: float | None = None,
        on_failure: OnFailure = "raise",
        proof: Proof = "auto",
        progress: Report = False,
        threads: int | None = None,
    ) -> GraphResult:
        """Return W_1 between masses on the nodes, with the flow, a potential and the certificate.

        Parameters
        ----------
        a, b : array-like of shape (nodes,), dict or pandas Series
            Non-negative masses of all nodes; by label, those of some. Each side is divided by its total.
        max_seconds, on_failure, proof, progress, threads
            As in `otkit.wasserstein`.

        Returns
        -------
        GraphResult

        Raises
        ------
        ValueError, TypeError
            Masses that are negative, not finite or all zero, or do not fit the nodes.
        InfeasibleError
            Mass that no way leads to where it is needed.
        NotConvergedError, MemoryError
            As in `otkit.wasserstein`.
        """
        side_a, side_b = (self._masses(masses, name) for masses, name in ((a, "a"), (b, "b")))
        problem, total = _transhipment(self, side_a, side_b)
        try:
            solved = solve_problem(
                problem,
                Settings(
                    max_seconds=max_seconds, on_failure=on_failure, proof=proof, progress=progress, threads=threads
                ),
            )
        except InfeasibleError as error:
            raise InfeasibleError(
                "a and b must have equal masses in every part of the graph, but some mass has no way to where it is "
                f"needed.{self._hint()}",
                error.farkas,
                error.problem,
                "cut",
            ) from None
        return GraphResult(self, solved, total)

    def _masses(self, masses: Any, name: str) -> FloatArray:
        owner = self.labels if self.labels is not None else Labels(range(self.nodes))
        side = masses_of(owner, masses, name, "the nodes", complete=False)
        return as_weights(side.masses, name, self.nodes)

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        """Return p-th powers of the lengths of shortest ways between nodes."""
        from scipy.sparse.csgraph import dijkstra

        starts, ends = (self._as_nodes(points, name) for points, name in ((x, "x"), (y, "y")))
        (sources, of_start), (targets, of_end) = (np.unique(each, return_inverse=True) for each in (starts, ends))
        fewer = min(sources.size, targets.size)
        require_memory(
            8 * (self.nodes * fewer + 2 * x.size * y.size),
            f"The ways from {fewer} nodes to all {self.nodes}",
            "Graph.wasserstein needs none, for p = 1.",
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
                f"x and y must be joined by edges, but there is no way from node {starts[i]} to {ends[j]}."
                f"{self._hint()}"
            )
        return MatrixCosts(distance if p == 1.0 else distance**p, metric=self, p=p, points=(x, y))

    def _hint(self) -> str:
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


def _transhipment(graph: Graph, a: FloatArray, b: FloatArray) -> tuple[TransportProblem, Fraction]:
    """Return the transport problem of the module's docstring, and by what masses were multiplied."""
    n = graph.nodes
    total_a, total_b = (sum(map(Fraction, side.tolist()), Fraction(0)) for side in (a, b))
    changed = np.flatnonzero((a > 0.0) | (b > 0.0))
    if total_a == total_b:
        surplus = {k: Fraction(a[k]) - Fraction(b[k]) for k in changed.tolist()}
        total = total_a
    else:
        surplus = {k: Fraction(a[k]) * total_b - Fraction(b[k]) * total_a for k in changed.tolist()}
        total = total_a * total_b
    # Dyadic numbers near one: a power of two more or less changes no bit of what follows.
    unit = Fraction(2) ** (total.numerator.bit_length() - total.denominator.bit_length())
    supply = [(k, part) for k, amount in surplus.items() if amount > 0 for part in floats(amount / unit)]
    demand = [(k, part) for k, amount in surplus.items() if amount < 0 for part in floats(-amount / unit)]
    through = 4.0  # more than 2 ≥ total / unit
    every = np.arange(n)
    apart = graph._sources != graph.adjacency.indices  # a way from a node to itself leads nowhere
    sources, targets = graph._sources[apart], graph.adjacency.indices[apart]
    rows = np.concatenate([every, sources, n + np.arange(len(supply)), [k for k, _ in demand]]).astype(np.int64)
    cols = np.concatenate([every, targets, [k for k, _ in supply], n + np.arange(len(demand))]).astype(np.int64)
    costs = np.concatenate([np.zeros(n), graph.adjacency.data[apart], np.zeros(len(supply) + len(demand))])
    from scipy.sparse import coo_array

    shape = (n + len(supply), n + len(demand))
    matrix = SparseCosts.from_matrix(coo_array((costs, (rows, cols)), shape=shape))
    masses = [np.concatenate([np.full(n, through), [part for _, part in side]]) for side in (supply, demand)]
    return TransportProblem(matrix, *masses), total / unit
