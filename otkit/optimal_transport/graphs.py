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

from otkit._typing import ArrayLike, FloatArray
from otkit.checker.certificate import Certificate
from otkit.costs import Graph, SparseCosts
from otkit.inputs.checks import as_weights
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
        return float(self._over_total(self.solved.value))

    @property
    def value(self) -> float:
        """W_1, as `distance`."""
        return self.distance

    @property
    def lower(self) -> float:
        """A lower bound of W_1, rounded down."""
        bound = self._over_total(self.certificate.lower)
        return float(bound) if Fraction(float(bound)) <= bound else math.nextafter(float(bound), -math.inf)

    @property
    def upper(self) -> float:
        """An upper bound of W_1, rounded up."""
        bound = self._over_total(self.certificate.upper)
        return float(bound) if Fraction(float(bound)) >= bound else math.nextafter(float(bound), math.inf)

    def _over_total(self, proved: float) -> Fraction:
        """Return the optimum per unit of mass, where it is known exactly, else a number that is proved of it."""
        exact = self.certificate.exact_value
        return (Fraction(proved) if exact is None else exact) / self.total

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


def wasserstein_graph(
    graph: Graph,
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
    graph : Graph
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

    See Also
    --------
    Graph
    wasserstein_grid : between images.

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
    >>> result = otkit.wasserstein_graph(otkit.Graph(ways + ways.T), [1, 0, 0, 0], [0, 0, 0, 1])
    >>> result.distance, result.potential.tolist()
    (7.0, [7.0, 6.0, 4.0, 0.0])
    """
    side_a, side_b = (_masses(graph, masses, name) for masses, name in ((a, "a"), (b, "b")))
    problem, total = _transhipment(graph, side_a, side_b)
    try:
        solved = solve_problem(
            problem,
            Settings(max_seconds=max_seconds, on_failure=on_failure, proof=proof, progress=progress, threads=threads),
        )
    except InfeasibleError as error:
        raise InfeasibleError(
            "a and b must have equal masses in every part of the graph, but some mass has no way to where it is "
            f"needed.{graph.hint()}",
            error.farkas,
            error.problem,
            "cut",
        ) from None
    return GraphResult(graph, solved, total)


def _masses(graph: Graph, masses: Any, name: str) -> FloatArray:
    owner = graph.labels if graph.labels is not None else Labels(range(graph.nodes))
    side = masses_of(owner, masses, name, "the nodes", complete=False)
    return as_weights(side.masses, name, graph.nodes)


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
    sources, targets, lengths = graph.arcs()
    rows = np.concatenate([every, sources, n + np.arange(len(supply)), [k for k, _ in demand]]).astype(np.int64)
    cols = np.concatenate([every, targets, [k for k, _ in supply], n + np.arange(len(demand))]).astype(np.int64)
    costs = np.concatenate([np.zeros(n), lengths, np.zeros(len(supply) + len(demand))])
    from scipy.sparse import coo_array

    shape = (n + len(supply), n + len(demand))
    matrix = SparseCosts.from_matrix(coo_array((costs, (rows, cols)), shape=shape))
    masses = [np.concatenate([np.full(n, through), [part for _, part in side]]) for side in (supply, demand)]
    return TransportProblem(matrix, *masses), total / unit
