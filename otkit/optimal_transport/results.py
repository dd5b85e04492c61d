"""What a solve returns: distance, plan and potentials, with the certificate that says what they prove."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from otkit._text import figures, in_full, wasserstein_name
from otkit._typing import FloatArray, IntArray
from otkit.checker.certificate import Certificate
from otkit.inputs.checks import require_memory
from otkit.inputs.labels import Labels, written
from otkit.inputs.randomness import Rng, as_generator
from otkit.io.archives import write_archive
from otkit.io.results import Result, data_frame
from otkit.problem import TransportProblem
from otkit.problem.files import FILE_FORMATS
from otkit.solvers.candidate import Candidate, SolverStats

if TYPE_CHECKING:
    from scipy.sparse import coo_array

    from otkit.optimal_transport.sensitivity import Sensitivity


class Potentials(NamedTuple):
    """Dual prices with f_i + g_j ≤ c_ij.

    They are those that the certificate is about. A common shift is free, f + t and g − t prove as much, so that solvers
    may end at different ones; whoever prints or draws prices takes `from_zero`, as otkit's own pages and pictures do.

    Attributes
    ----------
    f : ndarray, shape (n,)
        What a unit of mass is worth to be taken away, row by row.
    g : ndarray, shape (m,)
        What a unit of mass is worth to be brought, column by column.
    """

    f: FloatArray
    g: FloatArray

    def from_zero(self) -> Potentials:
        """Return the same prices shifted so that the lowest f is 0: the one rule by which prices are printed.

        Where prices are no whole numbers the shift rounds each of them once, so that f_i + g_j may pass c_ij by that
        much: audits take the prices as they are.

        Examples
        --------
        >>> import otkit
        >>> bread = otkit.datasets.bakery()
        >>> prices = otkit.transport(bread.cost, bread.supply, bread.demand).potentials.from_zero()
        >>> prices.f.tolist()
        [13.0, 0.0, 1.0, 9.0, 16.0, 1.0]
        """
        return self.shifted(-float(self.f.min()))

    def shifted(self, by: float) -> Potentials:
        """Return the same prices shifted by a number, f + t and g − t, each rounded once as in `from_zero`.

        Examples
        --------
        >>> import otkit
        >>> otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).potentials.shifted(10).f.tolist()
        [11.0, 10.0]
        """
        return Potentials(self.f + by, self.g - by)

    def centred(self) -> Potentials:
        """Return the same prices shifted so that f and g have the same mean, each rounded once as in `from_zero`.

        That treats both sides alike: whoever swaps them swaps the centred prices, up to rounding.

        Examples
        --------
        >>> import otkit
        >>> f, g = otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).potentials.shifted(10).centred()
        >>> f.tolist(), g.tolist()
        ([1.0, 0.0], [0.0, 1.0])
        """
        return self.shifted(0.5 * (float(self.g.mean()) - float(self.f.mean())))


@dataclass(frozen=True, eq=False, repr=False)
class TransportResult(Result):
    """A transport problem with its answer and the proof.

    Attributes
    ----------
    problem : TransportProblem
    candidate : Candidate
        Plan and potentials as the solver left them.
    certificate : Certificate
        What is proved: `lower ≤ OPT ≤ upper`, and every residual.
    method : str
        The solver that found it.
    seconds : float
        Wall-clock time of solve and certificate together, without the compiler's.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> result.value
    4.0
    >>> result.plan.toarray()
    array([[1., 1.],
           [0., 1.]])
    >>> result.certificate.optimal
    True
    """

    problem: TransportProblem
    candidate: Candidate
    certificate: Certificate
    method: str
    seconds: float

    @property
    def value(self) -> float:
        """Cost of the plan, ⟨C, Γ⟩ = W_p^p; 0 or infinity where that leaves float64, as `distance` does not."""
        return self.problem.cost.in_given_unit(self.certificate.value)

    @property
    def distance(self) -> float:
        """Wasserstein distance, value^(1/p)."""
        return self.problem.cost.root(self.certificate.value)

    def __float__(self) -> float:
        """Return the distance between two probability measures, and the cost of the plan between other masses."""
        return self.distance if self.problem.probability else self.value

    @cached_property
    def plan(self) -> coo_array:
        """Optimal plan Γ, shape (n, m), sparse; `plan.toarray()` for the dense matrix."""
        from scipy.sparse import coo_array

        entries = self.candidate
        return coo_array((entries.mass, (entries.rows, entries.cols)), shape=self.problem.shape)

    @property
    def potentials(self) -> Potentials:
        """Dual prices (f, g)."""
        return Potentials(self.candidate.f, self.candidate.g)

    def potential_series(self) -> tuple[Any, Any]:
        """Return the dual prices as two pandas Series, f by the labels of the rows and g by those of the columns.

        Examples
        --------
        >>> import otkit, pandas as pd
        >>> C = pd.DataFrame([[1, 2], [3, 1]], index=["rye", "oats"], columns=["north", "south"])
        >>> f, g = otkit.transport(C, {"oats": 1, "rye": 2}, {"north": 1, "south": 2}).potential_series()
        >>> float(f["rye"] + g["north"])
        1.0
        """
        import pandas as pd

        rows, columns = self._axes()
        answer = self.candidate
        return pd.Series(answer.f, index=rows, name="f"), pd.Series(answer.g, index=columns, name="g")

    def plan_frame(self) -> Any:
        """Return the plan as a pandas DataFrame that has the labels of the rows and of the columns.

        It has an entry for every pair, like the cost matrix; `to_frame` lists the pairs that carry mass alone.

        Raises
        ------
        MemoryError
            A table of all pairs does not fit.

        Examples
        --------
        >>> import otkit, pandas as pd
        >>> C = pd.DataFrame([[1, 2], [3, 1]], index=["rye", "oats"], columns=["north", "south"])
        >>> otkit.transport(C, {"oats": 1, "rye": 2}, {"north": 1, "south": 2}).plan_frame()
              north  south
        rye     1.0    1.0
        oats    0.0    1.0
        """
        import pandas as pd

        n, m = self.problem.shape
        require_memory(8 * n * m, f"The plan as a table of {n} × {m} pairs", "Use to_frame(), which lists its arcs.")
        rows, columns = self._axes()
        return pd.DataFrame(self.plan.toarray(), index=rows, columns=columns)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each pair that carries mass: row, column, mass and cost of a unit.

        Rows and columns are called by their labels, or numbered from 0.

        Examples
        --------
        >>> import otkit
        >>> otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).to_frame()
           row  column  mass  cost
        0    0       0   1.0   1.0
        1    0       1   1.0   2.0
        2    1       1   1.0   1.0
        """
        answer, problem = self.candidate, self.problem
        cost = problem.cost.at(answer.rows, answer.cols)
        return arcs_frame(answer.rows, answer.cols, answer.mass, cost, (problem.row_labels, problem.col_labels))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold of the answer: value, proof, plan and prices, rows and columns by their labels.

        Examples
        --------
        >>> import otkit
        >>> found = otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).to_dict()
        >>> found["value"], found["plan"][0]
        (4.0, {'row': 0, 'column': 0, 'mass': 1.0})
        """
        answer, problem = self.candidate, self.problem
        rows, columns = (
            list(range(size)) if labels is None else [written(label) for label in labels]
            for size, labels in zip(problem.shape, (problem.row_labels, problem.col_labels), strict=True)
        )
        arcs = zip(answer.rows.tolist(), answer.cols.tolist(), answer.mass.tolist(), strict=True)
        return {
            "value": self.value,
            **({"distance": self.distance} if problem.cost.metric is not None else {}),
            "certificate": self.certificate.to_dict(),
            "statement": self.certificate.verdict,
            "method": self.method,
            "seconds": self.seconds,
            "rows": rows,
            "columns": columns,
            "plan": [{"row": rows[i], "column": columns[j], "mass": mass} for i, j, mass in arcs],
            "potentials": {"f": answer.f.tolist(), "g": answer.g.tolist()},
        }

    def _axes(self) -> tuple[Any, Any]:
        """Return pandas indices of rows and columns; None for those that are numbered."""
        labels = self.problem.row_labels, self.problem.col_labels
        rows, columns = (None if each is None else each.index for each in labels)
        return rows, columns

    @property
    def stats(self) -> SolverStats:
        """Iterations, rounds and status of the solver."""
        return self.candidate.stats

    def barycentric_projection(self) -> FloatArray:
        """Return where each source point goes on average, shape (n, d).

        The image of x_i is Σ_j Γ_ij y_j / Σ_j Γ_ij, the map nearest to Γ in mean square (Peyré & Cuturi, *Computational
        Optimal Transport*, remark 4.11). A point without mass goes to the target that is cheapest at the dual prices.

        Raises
        ------
        ValueError
            The cost was given as a matrix, so there are no points to average.

        Examples
        --------
        >>> import otkit
        >>> otkit.wasserstein([0.0, 1.0], [[2.0], [4.0], [6.0]]).barycentric_projection().round(12).tolist()
        [[2.666666666667], [5.333333333333]]
        """
        _, y = self._points("barycentric_projection")
        entries = self.candidate
        n = self.problem.shape[0]
        row_mass = np.bincount(entries.rows, entries.mass, minlength=n)
        moved = row_mass > 0.0
        image = y[self._cheapest_targets(~moved)] if not moved.all() else np.empty((n, y.shape[1]))
        share = entries.mass / np.where(moved, row_mass, 1.0)[entries.rows]
        for k in range(y.shape[1]):
            image[moved, k] = np.bincount(entries.rows, share * y[entries.cols, k], minlength=n)[moved]
        return image

    def monge_map(self) -> IntArray:
        """Return the target index of each source point, shape (n,), where the plan sends each to one target.

        A point without mass goes to the target that is cheapest at the dual prices.

        Raises
        ------
        ValueError
            The plan splits the mass of some point, so it is no map.

        Examples
        --------
        >>> import otkit
        >>> otkit.wasserstein([0.0, 1.0], [5.0, 3.0]).monge_map().tolist()
        [1, 0]
        """
        entries = self.candidate
        used = entries.mass > 0.0
        rows, cols = entries.rows[used], entries.cols[used]
        targets = np.bincount(rows, minlength=self.problem.shape[0])
        if targets.max() > 1:
            i = int(np.argmax(targets))
            raise ValueError(
                f"plan must send each point to one target, but row {i} is split among {targets[i]} columns. "
                "Use barycentric_projection() for the mean target."
            )
        image = self._cheapest_targets(targets == 0) if (targets == 0).any() else np.empty(targets.size, np.int64)
        image[rows] = cols
        return image

    def sample_pairs(self, size: int, *, rng: Rng = None) -> tuple[IntArray, IntArray]:
        """Return `size` pairs of indices (i, j) drawn from the plan, each with probability Γ_ij / ΣΓ.

        Parameters
        ----------
        size : int
            Number of pairs.
        rng : None, int or numpy.random.Generator, optional
            Where the randomness comes from.

        Examples
        --------
        >>> import otkit
        >>> i, j = otkit.wasserstein([0.0, 1.0], [5.0, 3.0]).sample_pairs(1000, rng=0)
        >>> set(zip(i.tolist(), j.tolist())) == {(0, 1), (1, 0)}
        True
        """
        entries = self.candidate
        shares = entries.mass / entries.mass.sum()
        drawn = as_generator(rng).choice(entries.mass.size, size=size, p=shares)
        return entries.rows[drawn], entries.cols[drawn]

    def sensitivity(self) -> Sensitivity:
        """Return how far each used cost, and the masses, can change before the optimal tree is another one.

        It looks at all pairs once, evaluating costs anew, and takes some ten times as long as a sweep.

        Raises
        ------
        ValueError
            The answer is not proved optimal, or rests on no tree, as that of "sinkhorn".

        Examples
        --------
        Two bakeries and two cafés: as long as a loaf from the first bakery to the second café costs at least −1, the
        plan stays, and each loaf that the second bakery bakes in place of the first saves 1.

        >>> import otkit
        >>> ranges = otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).sensitivity()
        >>> ranges.cost_low.tolist(), ranges.cost_high.tolist()
        ([-inf, -1.0, -inf], [4.0, inf, 4.0])
        >>> supply = ranges.supply
        >>> float(supply.price[1]), float(supply.low[1]), float(supply.high[1])
        (-1.0, -1.0, 1.0)
        """
        from otkit.optimal_transport.sensitivity import sensitivity

        if not self.certificate.optimal:
            raise ValueError(f"sensitivity needs an optimal answer, but {self.certificate.verdict}.")
        return sensitivity(self.problem, self.candidate)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one NPZ file: problem, plan, potentials, tree; `otkit.load` brings it back, proved anew.

        A file already there is replaced only once the new one is complete and on the disk. A cost that was a Python
        callable is kept as the matrix it gave. A solver's state for resuming is not kept.

        Raises
        ------
        OSError
            The file can't be written: no such folder, no room, or a file is there that is read-only.
        """
        answer, certificate = self.candidate, self.certificate
        header, arrays = self.problem.parts()
        header |= {
            "format": FILE_FORMATS[1],
            "method": self.method,
            "seconds": self.seconds,
            "certificate": certificate.to_dict(),
            "evidence": None if certificate.evidence is None else certificate.evidence.kind,
            "stats": asdict(answer.stats),
        }
        arrays |= {name: getattr(answer, name) for name in ("rows", "cols", "mass", "f", "g")}
        if answer.basis is not None:
            arrays |= {"basis_rows": answer.basis[0], "basis_cols": answer.basis[1]}
        write_archive(path, header, arrays)

    def _points(self, wanted_by: str) -> tuple[FloatArray, FloatArray]:
        points = self.problem.cost.points
        if points is None:
            raise ValueError(
                f"{wanted_by} needs points, but the cost was given as a matrix. Use otkit.wasserstein(x, y)."
            )
        return points

    def _cheapest_targets(self, which: np.ndarray) -> IntArray:
        """Return argmin_j c_ij − g_j over the columns that take mass for the rows in `which`, zeros for the others."""
        self.problem.cost.require_unchanged()
        rows, cols = np.flatnonzero(which), np.flatnonzero(self.problem.b)
        targets = np.zeros(which.size, np.int64)
        targets[rows] = cols[self.problem.cost.restrict(rows, cols).row_minima(self.candidate.g[cols])[1]]
        return targets

    def proof_lines(self) -> list[tuple[str, str]]:
        """Return the proof as labelled lines beneath the number, which they do not repeat where it is the optimum."""
        found, distance = self.certificate, self.distance
        if found.proof != "exact" or not found.optimal:
            return found.lines
        proof = found.verdict.partition(f": OPT = {found.value!r}")[0]
        if found.accuracy is None or found.distance_interval is None:
            return [("proof", proof)]
        low, high = found.distance_interval
        away = max(high - distance, distance - low)
        where = f"within {1.06 * away:.1e} of it" if away > 0.0 else "this number"  # 1.06: rounded up
        return [("proof", proof), ("points", f"W_{self.problem.cost.p:g} of these points is {where}")]

    def report(self) -> str:
        """Return the answer in a sentence for a report.

        Examples
        --------
        >>> import otkit
        >>> print(otkit.wasserstein([0.0, 1.0], [2.0, 4.0, 6.5]).report())
        W₁ = 3.67 (n = 2 and 3), proved optimal in exact arithmetic
        """
        problem, found = self.problem, self.certificate
        n, m = problem.shape
        distances = problem.cost.metric is not None and problem.probability
        name = wasserstein_name(problem.cost.p) if distances else "optimal cost"
        sizes = f"n = {n:,} and {m:,}" if distances else f"{n:,} × {m:,}"
        if not found.optimal:
            in_unit = problem.cost.root if distances else problem.cost.in_given_unit
            lower, upper = in_unit(found.lower), in_unit(found.upper)
            return f"{name} is between {' and '.join(figures(lower, upper, width=upper - lower))} ({sizes}), proved"
        how = "exact" if found.proof == "exact" else "float64"
        return f"{name} = {figures(float(self))[0]} ({sizes}), proved optimal in {how} arithmetic"

    def __str__(self) -> str:
        p = self.problem.cost.p
        distances = self.problem.cost.metric is not None and self.problem.probability
        head = f"W_{p:g} = {in_full(self.distance)}" if distances else f"optimal cost {in_full(self.value)}"
        if distances and p != 1.0 and self.problem.cost.unit == 1.0:
            head += f"   (cost W^{p:g} = {in_full(self.value)})"
        if not self.certificate.optimal:
            head = head.replace("optimal cost", "cost of the plan")
        lines = [
            head,
            *(f"  {label:7}  {text}" for label, text in self.proof_lines()),
            f"  problem  {str(self.problem)[len('TransportProblem(') : -1]}",
            f"  method   {self.method}, {self.candidate.mass.size} arcs used, {_duration(self.seconds)}",
        ]
        if self.certificate.unique is False:
            lines.append("  note     other plans cost as little")
        if self.problem.matching:
            lines.append(f"  note     {self.problem.matching}")
        if self.problem.normalization != self.problem.rescaling:  # which the proof says
            lines.append(f"  note     {self.problem.normalization}")
        lines += [f"  data     {note}" for note in self.problem.cost.reading.notes]
        return "\n".join(lines)

    def __repr__(self) -> str:
        n, m = self.problem.shape
        what = f"distance={self.distance!r}" if self.problem.cost.metric is not None else f"value={self.value!r}"
        return f"TransportResult({what}, proof={self.certificate.proof!r}, shape=({n}, {m}), method={self.method!r})"


def arcs_frame(
    rows: IntArray, cols: IntArray, mass: FloatArray, cost: FloatArray, labels: tuple[Labels | None, Labels | None]
) -> Any:
    """Return arcs as a pandas DataFrame, a row each, their ends called by their labels where they have some."""
    ends = {
        name: where if axis is None else axis.index.take(where)
        for name, where, axis in (("row", rows, labels[0]), ("column", cols, labels[1]))
    }
    return data_frame({**ends, "mass": mass, "cost": cost})


def _duration(seconds: float) -> str:
    """Return a time as people write it: 3.2 ms, 1.5 s, 4 min 10 s."""
    if seconds < 1.0:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 100.0:
        return f"{seconds:.3g} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
