"""What pairs of measures are in a batch, and how they are answered: most in one compiled call, some by themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import Cost, MatrixCosts
from otkit.costs.gradients import gradients_of_differences
from otkit.inputs.frames import as_clouds
from otkit.many.clouds import CloudPairs
from otkit.many.line import OnLine
from otkit.many.packed import Side
from otkit.many.pair_kinds import EXACT, FLOAT, Found, PairError, rooted
from otkit.many.ragged import RaggedMasses
from otkit.many.small import Answers
from otkit.many.transports import BY_ITSELF, EXACTLY
from otkit.numerics.threads import pause
from otkit.optimal_transport.lifting import part_with_mass
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate

# Atoms that are packed for one compiled call, at most: what is beside the clouds themselves stays small.
MOST_ATOMS = 1 << 18


class Batch(ABC):
    """Pairs of measures to be compared by optimal transport, numbered from 0."""

    x: Side
    y: Side
    p: float
    probability: bool

    def __len__(self) -> int:
        return self.x.size

    @abstractmethod
    def problem(self, k: int) -> TransportProblem:
        """Return the problem of a pair as it was given, points without mass included."""

    @abstractmethod
    def packed(self, start: int, stop: int) -> CloudPairs | OnLine | None:
        """Return pairs start … stop as one comparison, all rows' measures first; None where each is a case of its own.

        Raises
        ------
        ValueError
            Not all of them suit one unit of length, or the metric.
        """

    def masses(self, start: int, stop: int) -> RaggedMasses:
        """Return the masses of some pairs, those of the rows first, with the numbers of the atoms that have any."""
        parts = [slice(side.starts[start], side.starts[stop]) for side in (self.x, self.y)]
        weights = np.concatenate([side.weights[part] for side, part in zip((self.x, self.y), parts, strict=True)])
        ends = [side.starts[start : stop + 1] - side.starts[start] for side in (self.x, self.y)]
        starts = np.concatenate([ends[0], ends[0][-1] + ends[1][1:]])
        atoms = np.flatnonzero(weights)
        return RaggedMasses(np.searchsorted(atoms, starts), weights[atoms], atoms)

    def gradients(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return ∇_x of the costs between some atoms of x and of y."""
        raise ValueError(
            "gradients needs costs between points, but the costs of transport_batch were given: their gradient in C is "
            "the plan, and in a and b it is the potentials."
        )


class CloudBatch(Batch):
    """Pairs of clouds, at a metric."""

    probability = True

    def __init__(self, x: Side, y: Side, metric: Cost, p: float) -> None:
        self.x, self.y, self.metric, self.p = x, y, metric, p

    def problem(self, k: int) -> TransportProblem:
        """Return the problem of a pair, in a unit of its own where powers leave float64."""
        rows, cols = self.x.atoms(k), self.y.atoms(k)
        clouds = as_clouds({f"x[{k}]": self.x.points[rows], f"y[{k}]": self.y.points[cols]})
        cost = self.metric.in_own_unit(clouds, self.p)
        return TransportProblem(cost, self.x.weights[rows], self.y.weights[cols], probability=True)

    def packed(self, start: int, stop: int) -> CloudPairs | OnLine | None:
        """Return some of the pairs as one comparison."""
        if not self.metric.compiled:
            return None
        masses = self.masses(start, stop)
        together = np.concatenate([side.points[side.starts[start] : side.starts[stop]] for side in (self.x, self.y)])
        if masses.atoms.size < len(together):
            together = together[masses.atoms]
        cost = self.metric.between(together, p=self.p)
        line = cost.line()
        if line is not None and line.scale == 1.0:
            return OnLine(self.metric, together[:, 0], masses, self.p)
        return CloudPairs.of_clouds(cost, masses, self.metric, together, self.p)

    def gradients(self, rows: IntArray, cols: IntArray) -> FloatArray:
        """Return ∇_x of the costs between some atoms."""
        some_point = np.ones((1, self.x.points.shape[1]))
        cost = self.metric.between(some_point, some_point, p=self.p)
        return gradients_of_differences(cost, self.x.points[rows] - self.y.points[cols])


class MatrixBatch(Batch):
    """Masses to be shipped at given costs, one matrix for each pair or one for all."""

    p = 1.0

    def __init__(self, C: FloatArray, x: Side, y: Side, probability: bool) -> None:
        self.C, self.x, self.y, self.probability = C, x, y, probability

    def problem(self, k: int) -> TransportProblem:
        """Return the problem of a pair."""
        a, b = self.x.weights[self.x.atoms(k)], self.y.weights[self.y.atoms(k)]
        return TransportProblem(self.C if self.C.ndim == 2 else self.C[k], a, b, probability=self.probability)

    def packed(self, start: int, stop: int) -> CloudPairs:
        """Return some of the pairs as one comparison."""
        masses = self.masses(start, stop)
        n, m = self.C.shape[-2:]
        count = stop - start
        rows = np.tile(np.arange(n), count) if self.C.ndim == 2 else np.arange(count * n)
        bins = np.concatenate([rows, np.tile(np.arange(m), count)])[masses.atoms]
        matrix = self.C if self.C.ndim == 2 else self.C[start:stop].reshape(count * n, m)
        return CloudPairs(MatrixCosts(matrix), masses, bins, symmetric=False, p=1.0, probability=self.probability)


class _Part(NamedTuple):
    """What was found of pairs start … stop: the answers of those that were solved in one call."""

    start: int
    stop: int
    comparison: CloudPairs | OnLine
    found: Answers | None

    def answers(self) -> Answers:
        """Return them; on the line, they are found when they are asked for."""
        if self.found is None:
            assert isinstance(self.comparison, OnLine)
            return self.comparison.answers()
        return self.found


@dataclass(eq=False)
class Answered:
    """What is known of all pairs: their numbers, and the answers of those solved together and of those solved alone."""

    found: Found
    distances: FloatArray
    lower: FloatArray
    upper: FloatArray
    parts: list[_Part]
    alone: dict[int, TransportResult]


class Entries(NamedTuple):
    """Entries of plans by pair, row and column, those of one pair together, and the potentials of all atoms."""

    starts: IntArray
    rows: IntArray
    cols: IntArray
    mass: FloatArray
    f: FloatArray
    g: FloatArray


def answer(batch: Batch, start: int, stop: int, answered: Answered, *, exactly: bool) -> None:
    """Answer pairs start … stop: all in one call, or half by half where they are too many or too unlike."""
    if not exactly:
        atoms = sum(int(side.starts[stop] - side.starts[start]) for side in (batch.x, batch.y))
        whole = stop - start == 1 or atoms <= MOST_ATOMS
        try:
            comparison = batch.packed(start, stop) if whole else None
        except ValueError:  # not for one unit of length, or one of them suits the metric in none
            whole, comparison = stop - start == 1, None
        if not whole:
            middle = (start + stop) // 2
            answer(batch, start, middle, answered, exactly=False)
            answer(batch, middle, stop, answered, exactly=False)
            return
    if exactly or comparison is None:
        proved = np.zeros(stop - start, np.bool_)
    else:
        proved = _together(comparison, start, stop, batch.p, answered)
    for k in np.flatnonzero(~proved):
        pause()
        _alone(batch, start + int(k), answered, exactly=exactly)


def _together(comparison: CloudPairs | OnLine, start: int, stop: int, p: float, answered: Answered) -> Any:
    """Write what one compiled call finds of pairs; return which are proved."""
    first = np.arange(stop - start)
    second = first + first.size
    answers = None
    if isinstance(comparison, OnLine):
        found, proved = comparison.in_floats(first, second)
    else:
        found = Found.empty(first.size, FLOAT)
        proved, answers = comparison.answer_small(first, second, found)
    answered.found.put(slice(start, stop), found)
    answered.distances[start:stop] = rooted(found.value, p)
    answered.lower[start:stop] = rooted(found.lower, p, -np.inf)
    answered.upper[start:stop] = rooted(found.upper, p, np.inf)
    answered.parts.append(_Part(start, stop, comparison, answers))
    return proved


def _alone(batch: Batch, k: int, answered: Answered, *, exactly: bool) -> None:
    """Solve a pair by itself, and write its numbers."""
    result = solve_alone(batch, k, EXACTLY if exactly else BY_ITSELF)
    certificate, cost = result.certificate, result.problem.cost
    answered.alone[k] = result
    found = answered.found
    found.value[k], found.proof[k] = result.value, EXACT if certificate.proof == "exact" else FLOAT
    answered.distances[k] = result.distance if batch.p != 1.0 else result.value
    ends = np.array([certificate.lower, certificate.upper])
    for table, bounds, end, direction in (
        (answered.lower, found.lower, ends[:1], -np.inf),
        (answered.upper, found.upper, ends[1:], np.inf),
    ):
        bounds[k] = cost.in_given_unit(float(end[0]))
        root = float(rooted(end, batch.p, direction)[0])
        table[k] = root if cost.unit == 1.0 else np.nextafter(cost.unit * root, direction)


def solve_alone(batch: Batch, k: int, settings: Settings) -> TransportResult:
    """Solve a pair by itself; what fails is a `PairError`."""
    try:
        return solve_problem(batch.problem(k), settings)
    except (ValueError, TypeError, RuntimeError, MemoryError) as error:
        raise PairError((k, len(batch) + k), error) from error


def entries_of(batch: Batch, answered: Answered) -> Entries:
    """Return plans and potentials of all pairs."""
    x, y = batch.x, batch.y
    f, g = np.zeros(len(x.weights)), np.zeros(len(y.weights))
    found: list[tuple[Any, Any, Any, Any]] = []  # pair, row, column, mass
    for part in answered.parts:
        answers, places, count = part.answers(), part.comparison.masses, part.stop - part.start
        pair = np.repeat(np.arange(count), np.diff(answers.starts))
        used = answers.mass > 0.0
        pair, mass = pair[used], answers.mass[used]
        atoms, offset = places.atoms, x.starts[part.stop] - x.starts[part.start]
        rows = atoms[places.starts[pair] + answers.rows[used]] + x.starts[part.start]
        cols = atoms[places.starts[count + pair] + answers.cols[used]] - offset + y.starts[part.start]
        own: Any = np.isin(pair + part.start, list(answered.alone), invert=True) if answered.alone else slice(None)
        found.append((pair[own] + part.start, rows[own], cols[own], mass[own]))
        middle = places.starts[count]
        f[atoms[:middle] + x.starts[part.start]] = answers.prices[:middle]
        g[atoms[middle:] - offset + y.starts[part.start]] = answers.prices[middle:]
    for k, result in answered.alone.items():
        plan, worth = result.candidate, result.problem.cost
        found.append((np.full(plan.rows.size, k), plan.rows + x.starts[k], plan.cols + y.starts[k], plan.mass))
        f[x.atoms(k)], g[y.atoms(k)] = (
            prices if worth.unit == 1.0 else np.array([worth.in_given_unit(float(each)) for each in prices])
            for prices in (plan.f, plan.g)
        )
    pairs, rows, cols, mass = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(pairs, kind="stable")
    starts = np.searchsorted(pairs[order], np.arange(len(batch) + 1))
    _price_idle_atoms(batch, answered, f, g)
    return Entries(starts, rows[order], cols[order], mass[order], f, g)


def _price_idle_atoms(batch: Batch, answered: Answered, f: FloatArray, g: FloatArray) -> None:
    """Give atoms without mass the prices that the others allow them: by c-transform, pair by pair."""
    x, y = batch.x, batch.y
    if x.weights.all() and y.weights.all():
        return
    for k in range(len(batch)):
        rows, cols = x.atoms(k), y.atoms(k)
        if k in answered.alone or (x.weights[rows].all() and y.weights[cols].all()):
            continue
        problem, nothing = batch.problem(k), np.empty(0, np.int64)
        part = part_with_mass(problem, problem.a, problem.b)
        known = f[rows][problem.a > 0.0], g[cols][problem.b > 0.0]
        lifted = part.lifted(Candidate(nothing, nothing, np.empty(0), *known))
        f[rows], g[cols] = lifted.f, lifted.g
