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
from otkit.inputs.checks import as_power, as_weights, require_finite, require_memory
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
        Lengths of the edges, finite and not negative; an entry is an edge, also if it is an explicit zero. Of a
        networkx graph the lengths are what its edges have as "weight", 1 without one, and nodes go by name.
    directed : bool, default False
        Whether an edge leads one way only. Otherwise one entry for both directions is enough, and two must agree.

    Attributes
    ----------
    nodes, edges : int
        How many there are; an edge that leads both ways is one.
    labels : Labels or None
        The names of the nodes, of a networkx graph.

    Raises
    ------
    TypeError, ValueError
        No sparse square matrix; lengths that are negative or not finite, or differ by direction.

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
    >>> road = otkit.Graph(coo_array(([1.0, 2.0, 4.0], ([0, 1, 2], [1, 2, 3])), shape=(4, 4)))
    >>> result = road.wasserstein([1, 0, 0, 0], [0, 0, 0, 1])
    >>> result.distance, result.potential.tolist()
    (7.0, [7.0, 6.0, 4.0, 0.0])
    >>> otkit.wasserstein([0, 1], [2, 3], metric=road, p=2).value
    22.5
    """

    compiled = False
    name = "graph"

    def __init__(self, adjacency: Any, *, directed: bool = False) -> None:
        from scipy.sparse import issparse

        labels = None
        if hasattr(adjacency, "adj") and hasattr(adjacency, "nodes"):
            adjacency, labels, directed = _of_networkx(adjacency)
        if not issparse(adjacency):
            raise TypeError(
                "adjacency must be a scipy.sparse matrix or a networkx graph, in which an entry is an edge, but a "
                f"{type(adjacency).__name__} was given. Write scipy.sparse.coo_array((lengths, (from, to)), "
                "shape=(n, n))."
            )
        sources, targets, lengths, n = _edges(adjacency)
        if not directed:
            sources, targets, lengths = _both_ways(sources, targets, lengths, n)
        fields = {"_sources": sources, "_targets": targets, "_lengths": lengths, "nodes": n, "directed": directed}
        for name, value in {**fields, "labels": labels}.items():
            object.__setattr__(self, name, value)

    nodes: int
    directed: bool
    labels: Labels | None
    _sources: IntArray
    _targets: IntArray
    _lengths: FloatArray

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return self._lengths.size if self.directed else self._lengths.size // 2

    @property
    def is_metric(self) -> bool:  # type: ignore[override]
        """Whether shortest ways are a metric: both ways alike, and none of length zero."""
        return not self.directed and bool((self._lengths > 0.0).all())

    @cached_property
    def adjacency(self) -> csr_array:
        """The lengths, shape (nodes, nodes), sparse; of an edge that leads both ways there are two entries."""
        from scipy.sparse import csr_array

        return csr_array((self._lengths, (self._sources, self._targets)), shape=(self.nodes, self.nodes))

    def lengths_of(self, sources: IntArray, targets: IntArray) -> FloatArray:
        """Return the lengths of some edges."""
        keys = self._sources * self.nodes + self._targets
        found: FloatArray = self._lengths[np.searchsorted(keys, sources.astype(np.int64) * self.nodes + targets)]
        return found

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
                "needed.",
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

        rows, cols = (self._as_nodes(points, name) for points, name in ((x, "x"), (y, "y")))
        starts, place = np.unique(rows, return_inverse=True)
        require_memory(
            8 * (starts.size * self.nodes + rows.size * cols.size),
            f"Distances from {starts.size} nodes to all {self.nodes}",
            "Graph.wasserstein needs none, for p = 1.",
        )
        distances = dijkstra(self.adjacency, directed=True, indices=starts)[place.ravel()][:, cols]
        if np.isinf(distances).any():
            i, j = (int(k) for k in np.argwhere(np.isinf(distances))[0])
            raise ValueError(
                f"x and y must be joined by ways, but none leads from node {rows[i]}, x[{i}], to node {cols[j]}, "
                f"y[{j}]."
            )
        return MatrixCosts(distances ** as_power(p) if p != 1.0 else distances, metric=self, p=p, points=(x, y))

    def _as_nodes(self, points: FloatArray, name: str) -> IntArray:
        if points.shape[1] != 1 or not np.array_equal(points, np.floor(points)):
            raise ValueError(f"{name} must hold numbers of nodes, one a row, for a graph.")
        nodes = points[:, 0].astype(np.int64)
        outside = (nodes < 0) | (nodes >= self.nodes)
        if outside.any():
            k = int(np.argmax(outside))
            raise ValueError(f"{name} must hold numbers of nodes below {self.nodes}, but {name}[{k}] = {nodes[k]}.")
        return nodes

    def __repr__(self) -> str:
        return f"Graph({self.nodes} nodes, {self.edges} {'directed ' if self.directed else ''}edges)"


def _of_networkx(graph: Any) -> tuple[Any, Labels | None, bool]:
    """Return the lengths of a networkx graph, the names of its nodes, and whether its edges lead one way."""
    from scipy.sparse import coo_array

    names = list(graph.nodes)
    number = {name: k for k, name in enumerate(names)}
    found = [(number[u], number[v], data.get("weight", 1.0)) for u, v, data in graph.edges(data=True)]
    rows, cols, lengths = (np.array(part) for part in zip(*found, strict=True)) if found else (np.empty(0),) * 3
    matrix = coo_array(
        (lengths.astype(np.float64), (rows.astype(np.int64), cols.astype(np.int64))), shape=(len(names), len(names))
    )
    return matrix, None if names == list(range(len(names))) else Labels(names), bool(graph.is_directed())


def _edges(adjacency: Any) -> tuple[IntArray, IntArray, FloatArray, int]:
    """Return the entries off the diagonal, ordered, of those listed twice the shortest, and the number of nodes."""
    n, m = adjacency.shape
    if n != m or n == 0:
        raise ValueError(f"adjacency must be square, a row and a column for each node, but its shape is {(n, m)}.")
    entries = adjacency.tocoo()
    sources, targets = (np.asarray(side, dtype=np.int64) for side in entries.coords)
    lengths = np.asarray(entries.data, dtype=np.float64)
    require_finite(lengths, "adjacency")
    if (lengths < 0.0).any():
        k = int(np.argmax(lengths < 0.0))
        raise ValueError(
            f"adjacency must hold lengths, none negative, but that from node {sources[k]} to node {targets[k]} is "
            f"{lengths[k]!s}."
        )
    return _shortest(sources, targets, lengths, n)


def _shortest(
    sources: IntArray, targets: IntArray, lengths: FloatArray, n: int
) -> tuple[IntArray, IntArray, FloatArray, int]:
    apart = sources != targets
    sources, targets, lengths = sources[apart], targets[apart], lengths[apart]
    order = np.lexsort((lengths, targets, sources))
    sources, targets, lengths = sources[order], targets[order], lengths[order]
    keys = sources * n + targets
    first = np.append(True, keys[1:] != keys[:-1])[: keys.size]
    return sources[first], targets[first], lengths[first], n


def _both_ways(
    sources: IntArray, targets: IntArray, lengths: FloatArray, n: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return each edge in both directions."""
    keys, back = sources * n + targets, targets * n + sources
    place = np.minimum(np.searchsorted(keys, back), keys.size - 1)
    twice = keys.size > 0 and (keys[place] == back)
    differ = twice & (lengths[place] != lengths)
    if np.any(differ):
        k = int(np.argmax(differ))
        raise ValueError(
            f"adjacency must have one length for both ways of an edge, but from node {sources[k]} to node {targets[k]} "
            f"it is {lengths[k]!s}, and back {lengths[place[k]]!s}. Write directed=True if ways differ."
        )
    found = _shortest(
        np.concatenate([sources, targets]), np.concatenate([targets, sources]), np.concatenate([lengths, lengths]), n
    )
    return found[:3]


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
    rows = np.concatenate([every, graph._sources, n + np.arange(len(supply)), [k for k, _ in demand]]).astype(np.int64)
    cols = np.concatenate([every, graph._targets, [k for k, _ in supply], n + np.arange(len(demand))]).astype(np.int64)
    costs = np.concatenate([np.zeros(n), graph._lengths, np.zeros(len(supply) + len(demand))])
    from scipy.sparse import coo_array

    shape = (n + len(supply), n + len(demand))
    matrix = SparseCosts.from_matrix(coo_array((costs, (rows, cols)), shape=shape))
    masses = [np.concatenate([np.full(n, through), [part for _, part in side]]) for side in (supply, demand)]
    return TransportProblem(matrix, *masses), total / unit
