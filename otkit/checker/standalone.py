"""Check a proof of optimality, exactly, with the standard library alone: to be read from top to bottom.

A *problem* ships masses a_1 … a_n to b_1 … b_m; a unit costs c_ij on its way along the *arc* (i, j). A *plan* Γ ≥ 0 has
row sums T a_i/Σa and column sums T b_j/Σb, with T = 1 between probabilities, else T = Σa. OPT is the least that a plan
costs, Σ c_ij Γ_ij. All of these are exact numbers: a float is a fraction whose denominator is a power of two.

A *forest* is a set of arcs without a cycle. There is one way to ship along it, its *flows*, and one to price its ends,
*potentials* f_i + g_j = c_ij, up to a number in each tree. If no flow is negative and f_i + g_j ≤ c_ij for every pair,
the flows are optimal: a plan costs Σ c_ij Γ_ij ≥ Σ (f_i + g_j) Γ_ij = T Σ f_i a_i/Σa + T Σ g_j b_j/Σb, and that is what
the flows cost. On the line, for costs |x_i − y_j|^p, it is enough that no two arcs cross (F. Santambrogio, *Optimal
Transport for Applied Mathematicians*, theorem 2.9). Points without mass are left out. There is no plan if u_i + v_j ≤ 0
for all pairs that may trade, but Σ u_i (row sum) + Σ v_j (column sum) > 0: a plan makes that Σ (u_i + v_j) Γ_ij ≤ 0.

A *proof* is a JSON object: format, kind, n, m, sha256 (of the problem, see `digest`), statement, and for the kinds
"tree", "line": arcs [[i, j], …], counted from 0, of a forest, and value, OPT rounded to a float in hexadecimal form;
"cut", "totals": y = [u; v], such floats; a cut is about the sums above, totals about an a and b that do not balance.
"""

import json
import math
import struct
from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate, chain, pairwise, product
from typing import Any, NamedTuple

FORMAT, KINDS, LARGEST = "otkit-proof-1", ("tree", "line", "cut", "totals"), 1e-6


class ProofError(ValueError):
    """The proof does not hold; the message says why."""


class Costs(NamedTuple):
    """Costs: what they are, the numbers that make them, c_ij by a function, the pairs that may trade (None: all)."""

    name: str
    numbers: list[float]
    at: Callable[[int, int], Any]
    pairs: Collection[tuple[int, int]] | None = None


class Problem(NamedTuple):
    """Masses, which *balance* as probabilities or if Σa and Σb differ by at most tolerance · max(Σa, Σb); and costs."""

    a: list[float]
    b: list[float]
    costs: Costs
    probability: bool = False
    tolerance: float = 2.0**-48


class Proved(NamedTuple):
    """What is proved, in words, and OPT; None where the proof is that no plan exists."""

    statement: str
    optimum: Fraction | None = None


def matrix(rows: list[list[float]]) -> Costs:
    """Return costs that are given, row by row."""
    return Costs("costs as given", [c for row in rows for c in row], lambda i, j: rows[i][j])


def listed(triples: Iterable[tuple[int, int, float]]) -> Costs:
    """Return costs (i, j, c_ij) that are given for some pairs; no others may trade."""
    table = {(i, j): c for i, j, c in sorted(triples)}
    return Costs("listed costs", [k for (i, j), c in table.items() for k in (i, j, c)], lambda i, j: table[i, j], table)


TERMS: dict[str, Any] = {"squares": lambda s, t: s + t * t, "absolute": lambda s, t: s + t,
                         "cubes": lambda s, t: s + t * t * t, "largest": max}  # fmt: skip
POWERS: dict[float, Any] = {0.5: math.sqrt, 1.0: lambda s: s, 1.5: lambda s: s * math.sqrt(s),
                            2.0: lambda s: s * s, 3.0: lambda s: s * s * s}  # fmt: skip


def points(x: list[list[float]], y: list[list[float]], terms: str, power: float, scale: float = 1.0) -> Costs:
    """Return scale · (sum of terms of |x_ik − y_jk|, k = 1 … d in order)^power, rounded after each step (IEEE 754)."""
    add, raised, numbers = TERMS[terms], POWERS[power], [len(x[0]), power, scale, *chain(*x, *y)]

    def at(i: int, j: int) -> float:
        *_, base = accumulate((abs(s - t) for s, t in zip(x[i], y[j], strict=True)), add, initial=0.0)
        return scale * raised(base)

    return Costs(f"float64 costs of points ({terms})", numbers, at)


def line(x: list[float], y: list[float], power: int) -> Costs:
    """Return the real numbers |x_i − y_j|^power, not rounded at all."""
    return Costs("real |x − y|^p", [power, *x, *y], lambda i, j: abs(Fraction(x[i]) - Fraction(y[j])) ** power)


def digest(problem: Problem) -> str:
    """Return the SHA-256 of a line of text and all numbers, a, b and those of the costs, as little-endian doubles."""
    a, b, costs, probability, numbers = *problem[:4], [*problem.a, *problem.b, *problem.costs.numbers]
    head = f"{costs.name}, {len(a)} × {len(b)}, {'probability' if probability else 'masses'}\n"
    return sha256(head.encode("utf-8") + struct.pack(f"<{len(numbers)}d", *numbers)).hexdigest()


def whole(problem: Problem) -> tuple[list[int], list[int], int, bool]:
    """Return a and b as integers, how many units make one, and whether they balance."""
    grain = max(Fraction(w).denominator for w in problem.a + problem.b)  # denominators are powers of two
    a, b = ([int(Fraction(w) * grain) for w in side] for side in (problem.a, problem.b))
    return a, b, grain, problem.probability or abs(sum(a) - sum(b)) <= Fraction(problem.tolerance) * max(sum(a), sum(b))


def statement(problem: Problem, kind: str, value: float | None = None) -> str:
    """Say in words what a proof of some kind proves."""
    if value is None:
        return f"no plan has row and column sums {'a, b' if kind == 'totals' else 'a/Σa, b/Σb'} ({problem.costs.name})"
    a, b = map(sum, whole(problem)[:2])
    rescaled = "" if problem.probability or a == b else f", b rescaled by 1 {(a - b) / b:+.1e} to the total of a"
    return f"OPT = {value!r}, exact up to this one rounding, for {problem.costs.name}{rescaled}"


def require(holds: bool, otherwise: str) -> None:
    """Raise ProofError unless something holds."""
    if not holds:
        raise ProofError(f"The proof does not hold: {otherwise}.")


def check(problem: Problem, proof: dict[str, Any] | str) -> Proved:
    """Return what the proof, an object or its text, proves about the problem, or raise ProofError."""
    try:
        if isinstance(proof, str):  # an object in which a key is given twice is none
            proof = dict(json.loads(proof, object_pairs_hook=lambda k: dict(k) if len(dict(k)) == len(k) else None))
        kind, head, sizes = proof["kind"], [proof["format"], proof["n"], proof["m"]], [len(problem.a), len(problem.b)]
        require(repr(head) == repr([FORMAT, *sizes]) and kind in KINDS, f"it begins with {head}, {kind!r}")
        require(proof["sha256"] == digest(problem), "it is about other masses or costs, their SHA-256 differs")
        a, b, numbers = problem.a, problem.b, [*problem.a, *problem.b, *problem.costs.numbers]
        sound = all(map(math.isfinite, numbers)) and min(a + b) >= 0.0 <= problem.tolerance <= LARGEST
        require(sound, "numbers must be finite, masses not negative, and their tolerance no more than 1e-6")
        require(whole(problem)[3] != (kind == "totals"), f"kind {kind!r} is not for totals {sum(a)} and {sum(b)}")
        proved = check_forest(problem, proof) if kind in ("tree", "line") else check_farkas(problem, proof)
        require(proof["statement"] == proved.statement, f"it states other than {proved.statement!r}")
        return proved
    except ProofError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, struct.error) as error:
        raise ProofError(f"The proof does not hold: it can't be followed, {type(error).__name__} {error}.") from error


def check_forest(problem: Problem, proof: dict[str, Any]) -> Proved:
    """Check that the flows of a forest are an optimal plan, and that they cost what is claimed."""
    costs, arcs, (a, b, grain, _) = problem.costs, [(i, j) for i, j in proof["arcs"]], whole(problem)
    total_a, total_b, paid = sum(a), sum(b), Fraction(0)
    left = {i: w * total_b for i, w in enumerate(a) if w} | {~j: w * total_a for j, w in enumerate(b) if w}
    ways, price = leaves_first(left, arcs), dict.fromkeys(left, 0)
    cost = {(i, ~j): Fraction(costs.at(i, j)) for i, j in arcs}
    for node, parent in ways:  # what a leaf has left goes the one way it can
        require(left[node] >= 0, f"the flow along ({max(node, parent)}, {~min(node, parent)}) is negative")
        paid += cost[max(node, parent), min(node, parent)] * left[node]
        left[parent] -= left.pop(node)
    require(not any(left.values()), "the masses of a tree do not balance")
    optimum = paid / (total_a * total_b) * (1 if problem.probability else Fraction(total_a, grain))
    value = float(optimum)  # rounded correctly, as any quotient of two Python integers
    require(value.hex() == proof["value"], f"its flows cost {value.hex()}, but it claims {proof['value']!r}")
    if proof["kind"] == "line":
        power, ends = costs.numbers[0], sorted((costs.numbers[1 + i], costs.numbers[1 + len(a) + j]) for i, j in arcs)
        require(costs.name.startswith("real") and isinstance(power, int) and power > 0, "costs are no real |x − y|^p")
        require(all(one[1] <= other[1] for one, other in pairwise(ends)), "two of its arcs cross")
    else:
        unit = max(c.denominator for c in cost.values())
        for node, parent in reversed(ways):
            price[node] = int(cost[max(node, parent), min(node, parent)] * unit) - price[parent]
        for i, j in costs.pairs or product([k for k in price if k >= 0], [~k for k in price if k < 0]):
            over, under = costs.at(i, j).as_integer_ratio()
            if i in price and ~j in price and (price[i] + price[~j]) * under > over * unit:
                require(False, f"f_{i} + g_{j} exceeds the cost of the pair ({i}, {j})")
    return Proved(statement(problem, proof["kind"], value), optimum)


def leaves_first(nodes: Iterable[int], arcs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return both ends of each arc, first a leaf of what the arcs before it leave; column j is called ~j = −1 − j."""
    near: dict[int, set[int]] = {node: set() for node in nodes}
    for i, j in arcs:
        require(type(i) is type(j) is int and i >= 0 > ~j and {i, ~j} <= near.keys(), f"({i}, {j}) joins no two masses")
        near[i].add(~j)
        near[~j].add(i)
    leaves, ways = [node for node in near if len(near[node]) == 1], []
    for leaf in leaves:
        for node in near[leaf]:  # one, or none where that was a leaf, too
            ways.append((leaf, node))
            near[node].remove(leaf)
            leaves += [node] * (len(near[node]) == 1)
    require(len(ways) == len(arcs), "its arcs hold a cycle")
    return ways


def check_farkas(problem: Problem, proof: dict[str, Any]) -> Proved:
    """Check that u_i + v_j ≤ 0 for the pairs that may trade, but not in sum over the masses."""
    a, b, y, pairs = *whole(problem)[:2], [float.fromhex(number) for number in proof["y"]], problem.costs.pairs
    u, v, per_a, per_b = y[: len(a)], y[len(a) :], *((1, 1) if proof["kind"] == "totals" else (sum(b), sum(a)))
    sums = [max(u) + max(v)] if pairs is None else [u[i] + v[j] for i, j in pairs]
    require(all(s <= 0.0 for s in sums), "u_i + v_j > 0 for a pair")  # rounding keeps the sign of a sum
    gains = (w * Fraction(t) for w, t in zip([w * per_a for w in a] + [w * per_b for w in b], y, strict=True))
    require(sum(gains) > 0, "the sum over the masses is not positive")
    return Proved(statement(problem, proof["kind"]))
