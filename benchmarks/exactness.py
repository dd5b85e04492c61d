"""Hard inputs: how many answers are right, wrong without a word, or refused, side by side with the exact peers.

    python benchmarks/exactness.py [--seeds 50] [family …]

Families are those of `tests/hard_inputs.py`; the optimum is found in rational arithmetic by `tests/oracles.py`. Each
solver gets what a user would give it: the float64 matrix (`ot.emd2_lazy`: the points), and for the peers masses as they
are if they are integers, else divided by their sum. An answer is

* right if it is within 1e-9 Σ |c| Γ* of the optimum, Γ* an optimal plan: a billionth of what is shipped, at its cost;
* refused if there is an exception, a warning, a status other than success, or NaN;
* wrong without a word in all other cases.

For otkit, "last bit" counts the answers that are proved exact and are the optimum, correctly rounded.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import ot
from _harness import machine, table
from scipy.optimize import linear_sum_assignment, linprog

import otkit

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from hard_inputs import FAMILIES
from oracles import exact_line_value, exact_optimum

# Not this one: divided by their sum, as the peers want them, some of its masses are zeros.
NAMES = [name for name in FAMILIES if name != "shares that vanish"]

TOLERANCE = Fraction(1, 10**9)
OUTCOMES = ("right", "wrong", "refused")


class RefusedError(Exception):
    """A solver says that it has no answer."""


def by_emd2(problem: otkit.TransportProblem) -> float:
    return _pot(*ot.emd2(*peer_masses(problem), problem.cost.dense(), log=True))


def by_emd2_lazy(problem: otkit.TransportProblem) -> float | None:
    if problem.cost.points is None:
        return None
    x, y = problem.cost.points
    metric = {("euclidean", 1.0): "euclidean", ("euclidean", 2.0): "sqeuclidean"}.get(
        (problem.cost.metric.name, problem.cost.p)
    )
    if metric is None:
        return None
    return _pot(*ot.emd2_lazy(x.copy(), y.copy(), *peer_masses(problem), metric=metric, log=True, return_matrix=False))


def _pot(value: float, log: dict) -> float:
    if log["warning"] is not None:
        raise RefusedError(log["warning"])
    return float(value)


def by_linprog(problem: otkit.TransportProblem) -> float:
    A, masses, c = otkit.transport_lp(problem.cost.dense(), *peer_masses(problem))
    answer = linprog(c, A_eq=A, b_eq=masses, method="highs")
    if answer.status != 0:
        raise RefusedError(answer.message)
    return answer.fun


def by_assignment(problem: otkit.TransportProblem) -> float | None:
    (n, m), a, b = problem.shape, problem.a, problem.b
    if n != m or np.ptp(a) or np.ptp(b):
        return None
    cost = problem.cost.dense()
    return cost[linear_sum_assignment(cost)].sum() * (problem.a[0] if problem.integral else 1 / n)


PEERS: dict[str, Callable[[otkit.TransportProblem], float | None]] = {
    "ot.emd2": by_emd2,
    "ot.emd2_lazy": by_emd2_lazy,
    "linprog": by_linprog,
    "linear_sum_assignment": by_assignment,
}


def peer_masses(problem: otkit.TransportProblem) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights as users of the peers do: masses that balance exactly, else each side divided by its sum."""
    if problem.integral:
        return problem.a.copy(), problem.b.copy()
    return problem.a / problem.a.sum(), problem.b / problem.b.sum()


class Optimum(NamedTuple):
    """What a shipped unit of mass costs at the optimum, and by how much an answer may miss that."""

    cost: Fraction
    allowed: Fraction


def optimum(problem: otkit.TransportProblem) -> Optimum:
    cost = problem.cost.dense()
    answer = exact_optimum(cost, problem.a, problem.b)
    total = exact_total(problem)
    arcs = np.argwhere(np.array(answer.plan, dtype=bool)).tolist()
    shipped = sum(abs(Fraction(cost[i, j])) * answer.plan[i][j] for i, j in arcs)
    return Optimum(answer.value / total, TOLERANCE * shipped / total)


def exact_total(problem: otkit.TransportProblem) -> Fraction:
    return sum(map(Fraction, problem.a.tolist()), Fraction(0))


def outcome(solve: Callable[[], float | None], best: Optimum, mass: Fraction) -> str | None:
    """Return how a solve that ships some mass ends; None where the solver does not apply."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = solve()
        except Exception:  # whatever is raised, no wrong number was returned
            return "refused"
    if value is None:
        return None
    if np.isnan(value):
        return "refused"
    near = np.isfinite(value) and abs(Fraction(float(value)) - best.cost * mass) <= best.allowed * mass
    return "right" if near else "wrong"


def is_last_bit(result: otkit.TransportResult, optimum: Fraction) -> bool:
    """Return whether an answer is proved exact and is the correctly rounded optimum of what is proved."""
    if result.method == "line":
        optimum = exact_line_value(result.problem)
    return result.certificate.proof == "exact" and result.value == float(optimum)


def counted(family: Callable[[int], otkit.TransportProblem], seeds: int) -> dict[str, Counter]:
    """Return how often each outcome occurs, by solver."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for seed in range(seeds):
        problem = family(seed)
        best, total, found = optimum(problem), exact_total(problem), []

        def by_otkit(problem=problem, found=found) -> float:
            found.append(otkit.transport(problem))
            return found[0].value

        mass = Fraction(1) if problem.probability else total
        counts["otkit"][outcome(by_otkit, best, mass)] += 1
        counts["otkit"]["last bit"] += bool(found) and is_last_bit(found[0], best.cost * mass)
        mass = total if problem.integral else Fraction(1)
        for name, solve in PEERS.items():
            counts[name][outcome(partial(solve, problem), best, mass)] += 1
    return counts


def cell(counts: Counter) -> str:
    return " / ".join(str(counts[how]) for how in OUTCOMES) if any(map(counts.get, OUTCOMES)) else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("family", nargs="*", help="families, all by default")
    parser.add_argument("--seeds", type=int, default=50, help="problems of each family")
    arguments = parser.parse_args()
    names = arguments.family or NAMES
    print(machine(), end="\n\n")
    began = time.perf_counter()
    totals: dict[str, Counter] = defaultdict(Counter)
    rows = []
    for name in names:
        counts = counted(FAMILIES[name], arguments.seeds)
        for solver, outcomes in counts.items():
            totals[solver].update(outcomes)
        rows.append([name, cell(counts["otkit"]), counts["otkit"]["last bit"], *(cell(counts[peer]) for peer in PEERS)])
    rows.append(["all", cell(totals["otkit"]), totals["otkit"]["last bit"], *(cell(totals[peer]) for peer in PEERS)])
    print(table(["right / wrong without a word / refused", "otkit", "last bit", *PEERS], rows))
    print(f"\n{arguments.seeds} problems of each family, {time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
