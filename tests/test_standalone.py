"""The checker of proofs that travel: it follows every true proof and no corrupted one, and it is short and plain."""

from __future__ import annotations

import ast
import dataclasses
import json
import math
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_optimum, exact_value
from strategies import problems
from zoo import ZOO, points, random_tree

import otkit
from otkit import ProofError, check_proof
from otkit.checker import proof_files
from otkit.checker import standalone as proof
from otkit.checker.certificate import Evidence
from otkit.costs import as_cost, bind
from otkit.costs.libraries import largest_difference
from otkit.costs.pairs import HALF_ANGLE, IEEE_EXPONENTS, MAX_ABS, SUM_ABS, SUM_CUBES, SUM_SQUARES, power
from otkit.costs.plain import plain_costs
from otkit.problem import masses, proofs
from otkit.teaching import network_simplex

SMALL = [name for name, case in ZOO.items() if np.prod(case.make().shape) <= 400]
LINES = [name for name in SMALL if ZOO[name].line and "1.5" not in name]
SOURCE = Path(proof.__file__)


def arcs_of(problem: otkit.TransportProblem) -> list[tuple[int, int]]:
    """Return an optimal tree of the points with mass, by the textbook's simplex method in rational arithmetic."""
    rows, cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    a, b = ([Fraction(w) for w in masses if w] for masses in (problem.a.tolist(), problem.b.tolist()))
    cost = [[Fraction(c) for c in row] for row in problem.cost.dense()[np.ix_(rows, cols)].tolist()]
    a, b = [w / sum(a) for w in a], [w / sum(b) for w in b]
    *_, last = network_simplex(cost, a, b)
    return [(int(rows[i]), int(cols[j])) for i, j in last.flows]


def proved(problem: otkit.TransportProblem, arcs, optimum: Fraction, kind="tree") -> otkit.Certificate:
    """Return the certificate of an exact proof."""
    rows, cols = np.array(arcs).T
    value = float(optimum)
    return otkit.Certificate(
        value, value, value, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, "exact", "", evidence=Evidence(problem, rows, cols, kind)
    )


def rational_line(problem) -> Fraction:
    """Return the optimum for |x − y|^p as a real number."""
    line = problem.cost.line()
    cost = [[abs(Fraction(s) - Fraction(t)) ** int(line.p) for t in line.y.tolist()] for s in line.x.tolist()]
    value = exact_optimum(np.array(cost, dtype=object), problem.a, problem.b).value
    return value / sum(map(Fraction, problem.a.tolist())) if problem.probability else value


# --- what is true is proved -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMALL)
def test_proofs_of_the_zoo_hold(name, tmp_path):
    problem = ZOO[name].make()
    exact = exact_value(problem)
    otkit.transport(problem, method="simplex", proof="exact").certificate.save(tmp_path / "proof.json")
    found = check_proof(problem, tmp_path / "proof.json")
    assert found.optimum == exact
    assert found.statement.startswith(f"OPT = {float(exact)!r}, exact up to this one rounding, for ")
    assert ("mathematical library" in found.statement) == (problem.cost.arithmetic == "libm")


@pytest.mark.parametrize("name", LINES)
def test_proofs_on_the_line_are_about_real_numbers(name, tmp_path):
    problem = ZOO[name].make()
    exact = rational_line(problem)
    rows, cols = (np.flatnonzero(masses) for masses in (problem.a, problem.b))
    basis = otkit.transport(problem.restrict(rows, cols), method="line").candidate.basis
    certificate = proved(problem, np.column_stack([rows[basis[0]], cols[basis[1]]]), exact, "line")
    certificate.save(tmp_path / "proof.json")
    found = check_proof(problem, tmp_path / "proof.json")
    assert found.optimum == exact
    assert "real |x − y|^p" in found.statement


@given(problems)
def test_any_small_problem_has_a_proof(problem):
    exact = exact_value(problem)
    stated = proof_files.plain(problem, "tree")
    assert proof.check(stated, written(stated, "tree", exact, arcs_of(problem))).optimum == exact


def written(problem: proof.Problem, kind: str, exact: Fraction | None, evidence) -> dict:
    """Return a proof as its file holds it."""
    value = None if exact is None else float(exact)
    body = {"y": [float(t).hex() for t in evidence]} if exact is None else {"value": value.hex(), "arcs": evidence}
    head = {"format": proof.FORMAT, "kind": kind, "n": len(problem.a), "m": len(problem.b)}
    return json.loads(
        json.dumps(head | {"sha256": proof.digest(problem), "statement": proof.statement(problem, kind, value)} | body)
    )


@pytest.mark.parametrize("method", ["simplex", "lp"])
def test_masses_whose_share_leaves_float64_take_part(method, tmp_path):
    a, b = [1e300, 1e-30, 1e-300], [1.0, 1e-310]
    result = otkit.wasserstein([[0, 0], [1, 1], [2, 0]], [[0, 1], [3, 1]], a, b, method=method, proof="exact")
    result.certificate.save(tmp_path / "proof.json")
    assert check_proof(result.problem, tmp_path / "proof.json").optimum == exact_value(result.problem)


def listed_problem(seed: int):
    """Return a planted problem on a graph of two pieces, its forest and its optimum."""
    rng = np.random.default_rng(seed)
    forest, triples, a, b, value = [], [], [], [], 0
    for n, m in rng.integers(1, 5, (2, 2)):
        f, g = rng.integers(-9, 9, n), rng.integers(-9, 9, m)
        row, column = len(a), len(b)
        tree = random_tree(rng, n, m)
        flow = np.zeros((n, m), dtype=int)
        ends = tuple(np.transpose(tree))
        flow[ends] = rng.integers(0, 9, len(tree))
        if not (flow.any(axis=0).all() and flow.any(axis=1).all()):
            flow[ends] += 1
        for i in range(n):
            for j in range(m):
                if (i, j) in tree or rng.random() < 0.5:
                    slack = 0 if (i, j) in tree else rng.integers(0, 9)
                    triples.append((row + i, column + j, float(f[i] + g[j] + slack)))
                    value += int(triples[-1][2]) * int(flow[i, j])
        forest += [(row + int(i), column + int(j)) for i, j in tree]
        a += flow.sum(axis=1).tolist()
        b += flow.sum(axis=0).tolist()
    rows, cols, costs = zip(*triples, strict=True)
    return (
        otkit.TransportProblem(scipy.sparse.coo_array((costs, (rows, cols)), shape=(len(a), len(b))), a, b),
        forest,
        value,
    )


@pytest.mark.parametrize("seed", range(20))
def test_forests_prove_optima_on_graphs_of_several_pieces(seed, tmp_path):
    problem, forest, value = listed_problem(seed)
    proved(problem, forest, Fraction(value)).save(tmp_path / "proof.json")
    found = check_proof(problem, tmp_path / "proof.json")
    assert found.optimum == value
    assert "listed costs" in found.statement


def test_no_plan_is_proved_by_totals_or_by_a_cut(tmp_path):
    path = tmp_path / "proof.json"
    with pytest.raises(otkit.InfeasibleError) as totals:
        otkit.transport([[1.0, 2.0]], [3.0], [1.0, 1.0])
    totals.value.save(path)
    assert check_proof(totals.value.problem, path).statement == "no plan has row and column sums a, b (costs as given)"
    graph = scipy.sparse.coo_array(([1.0, 1.0, 1.0], ([0, 1, 2], [0, 0, 1])))
    with pytest.raises(otkit.InfeasibleError) as cut:
        otkit.transport(graph, [2, 3, 0.1], [3.0, 2.1])
    cut.value.save(path)
    statement = "no plan has row and column sums a/Σa, b/Σb (listed costs)"
    assert check_proof(cut.value.problem, path) == proof.Proved(statement)
    cut.value.problem.save(tmp_path / "problem.npz")
    assert check_proof(otkit.TransportProblem.load(tmp_path / "problem.npz"), path).statement == statement
    with pytest.raises(ProofError, match="SHA-256 differs"):
        check_proof(otkit.TransportProblem(graph, [2, 3, 1], [5, 1]), path)


# --- of a problem, one thing is proved or the other: what a plan costs, or that there is none ------------------------


OFF = {"ulp": 2.0**-52, "rounding": 8 * 2.0**-52, "beyond rounding": 32 * 2.0**-52, "1e-9": 1e-9, "half": 0.5}
dyadic = st.integers(1, 64).map(lambda k: k / 8)
decimal = st.floats(0.01, 100.0)


@given(st.data(), st.sampled_from(["equal", "shares", *OFF]), st.sampled_from([np.float64, np.float32, np.float16]))
def test_a_problem_has_a_plan_or_a_proof_of_none_and_never_both(data, totals, dtype):
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    a = np.array(data.draw(st.lists(data.draw(st.sampled_from([dyadic, decimal])), min_size=n, max_size=n)))
    b = np.array(data.draw(st.lists(decimal, min_size=m, max_size=m)))
    b *= a.sum() / b.sum()
    b[-1] += b.sum() * OFF.get(totals, 0.0)
    a, b = a.astype(dtype), b.astype(dtype)
    cost = np.array(data.draw(st.lists(dyadic, min_size=n * m, max_size=n * m))).reshape(n, m)
    try:
        problem = otkit.TransportProblem(cost, a, b, probability=totals == "shares")
        has_plan = True
    except otkit.InfeasibleError as error:
        problem, has_plan = error.problem, False
    stated = proof_files.plain(problem, "tree")
    shares = stated._replace(probability=True)
    total = 1 if totals == "shares" else sum(map(Fraction, stated.a))
    plan = written(
        stated,
        "tree",
        proof.check(
            shares,
            written(
                shares, "tree", exact_value(otkit.TransportProblem(cost, a, b, probability=True)), arcs_of(problem)
            ),
        ).optimum
        * total,
        arcs_of(problem),
    )
    surplus = sum(map(Fraction, stated.a)) - sum(map(Fraction, stated.b))
    sign = 1.0 if surplus > 0 else -1.0
    none = written(stated, "totals", None, [sign] * n + [-sign] * m)
    accepted = []
    for told in (plan, none):
        try:
            proof.check(stated, told)
        except ProofError:
            accepted.append(False)
        else:
            accepted.append(True)
    assert accepted == [has_plan, not has_plan]
    assert ("rescaled" in plan["statement"]) == (surplus != 0 and totals != "shares")
    if not has_plan:  # nor does anything else say that there is one
        with pytest.raises(otkit.InfeasibleError):
            otkit.transport(problem)
        with pytest.raises(otkit.InfeasibleError):
            otkit.certify(problem)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_the_border_of_rounding_is_the_same_for_problems_and_proofs(off):
    """One unit in the last place decides, and floats can't tell on which side of the border it is."""
    for a in ([1.0], [3.0], [0.1, 0.2], [1e300, 1e284], [5e-324 * 2**60]):
        tolerance = (len(a) + 1 + 8) * 2.0**-53
        b = sum(a) * (1 + tolerance)
        for _ in range(3):
            b = float(np.nextafter(b, np.inf * off)) if off else b
            try:
                problem = otkit.TransportProblem([[1.0]] * len(a), a, [b])
                has_plan = True
            except otkit.InfeasibleError as error:
                problem, has_plan = error.problem, False
            total_a, total_b = sum(map(Fraction, a)), Fraction(b)
            assert has_plan == (abs(total_a - total_b) <= Fraction(tolerance) * max(total_a, total_b))
            assert proof.whole(proof_files.plain(problem, "tree"))[3] == has_plan


def test_no_tolerance_excuses_more_than_a_millionth():
    for count, dtype in ((10, np.float16), (300_000, np.float32), (10, np.float64)):
        assert otkit.TransportProblem(np.zeros((1, count)), None, np.ones(count, dtype)).tolerance <= 1e-6
    loose = proof.Problem([3.0], [1.0, 1.0], proof.matrix([[1.0, 2.0]]), tolerance=0.5)
    with pytest.raises(ProofError, match="their tolerance no more than 1e-6"):
        proof.check(loose, written(loose, "tree", Fraction(9, 2), [[0, 0], [0, 1]]))


def test_repeated_arcs_are_counted_before_they_are_walked():
    problem = proof.Problem([2.0, 1.0], [1.0, 2.0], proof.matrix([[1.0, 2.0], [3.0, 1.0]]))
    for arcs in ([[0, 0]] * 300_000, [[0, 0], [0, 1], [1, 1]] * 100_000, [[k % 2, k] for k in range(300_000)]):
        with pytest.raises(ProofError, match=r"hold a cycle|joins no two masses"):  # seconds, if it were quadratic
            proof.check(problem, written(problem, "tree", Fraction(4), arcs))


# --- what is corrupted is not -----------------------------------------------------------------------------------------


class World:
    """A problem in plain Python, its proof, and what is true about it."""

    def __init__(self, stated: proof.Problem, build, kind: str, evidence, optimum: Fraction | None):
        self.parts = stated  # a, b, costs.numbers, probability
        self.build = build  # from the numbers of the costs
        self.proof = written(stated, kind, optimum, evidence)

    def problem(self, a, b, numbers) -> proof.Problem:
        return proof.Problem(a, b, self.build(numbers, len(a), len(b)), self.parts.probability)


def _matrix(numbers, n, m):
    return proof.matrix([numbers[i * m : (i + 1) * m] for i in range(n)])


def _points(terms):
    def build(numbers, n, m):
        d, power, scale, *flat = numbers
        cloud = [flat[k * d : (k + 1) * d] for k in range(n + m)]
        return proof.points(cloud[:n], cloud[n:], terms, power, scale)

    return build


def _listed(numbers, n, m):
    return proof.listed(zip(*(numbers[k::3] for k in range(3)), strict=True))


def _line(numbers, n, m):
    return proof.line(numbers[1 : 1 + n], numbers[1 + n :], numbers[0])


def worlds() -> list[World]:
    """Return tiny problems of every kind with their proofs: ties, degeneracy, zero masses, floats and integers."""
    made = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 5, 2)
        tied = seed % 2
        x, y = rng.normal(size=(n, 2)), rng.normal(size=(m, 2))
        a, b = rng.random(n), rng.random(m)
        if tied:
            x, y, a, b = np.round(x), np.round(y), rng.integers(0, 3, n) * 1.0, rng.integers(0, 3, m) * 1.0
            a[0], b[0] = 1.0, 2.0
        metric, terms = [("euclidean", "squares"), ("cityblock", "absolute"), ("chebyshev", "largest")][seed % 3]
        cases = [
            (points(x, y, a, b, metric=metric), _points(terms)),
            (otkit.TransportProblem(rng.integers(0, 5, (n, m)) * 1.0, a, b, probability=True), _matrix),
        ]
        for problem, build in cases:
            stated = proof_files.plain(problem, "tree")
            made.append(World(stated, build, "tree", arcs_of(problem), exact_value(problem)))
        problem = points(x[:, 0], y[:, 0], a, b, p=1 + seed % 3)
        stated = proof_files.plain(problem, "line")
        rows, cols = np.flatnonzero(a), np.flatnonzero(b)
        basis = otkit.transport(problem.restrict(rows, cols), method="line").candidate.basis
        arcs = np.column_stack([rows[basis[0]], cols[basis[1]]]).tolist()
        made.append(World(stated, _line, "line", arcs, rational_line(problem)))
        problem, forest, value = listed_problem(seed)
        made.append(World(proof_files.plain(problem, "tree"), _listed, "tree", forest, Fraction(value)))
        heavy = proof.Problem([2.0, 3.0], [3.0, 1.0 + tied], proof.matrix([[1.0, 2.0], [3.0, 4.0]]))
        if not tied:
            made.append(World(heavy, _matrix, "totals", [1.0, 1.0, -1.0, -1.0], None))
        graph = proof.Problem([2.0, 3.0, 1.0], [3.0, 3.0], proof.listed([(0, 0, 1.0), (1, 0, 1.0), (2, 1, 1.0)]))
        made.append(World(graph, _listed, "cut", [1.0, 1.0, 0.0, -1.0, 0.0], None))
    return made


ROTTEN = [None, "", "x", -1, 10**6, 1.5, [], {}, [0], float("nan"), True]


def corrupted(world: World, rng: random.Random):
    """Return (problem, proof, what was done) after one random corruption; an adversary repairs the hash as well."""
    a, b, numbers = list(world.parts.a), list(world.parts.b), list(world.parts.costs.numbers)
    told = json.loads(json.dumps(world.proof))
    evidence = "y" if "y" in told else "arcs"
    places = {"masses": [a, b], "costs": [numbers]}
    what = rng.choice(["arcs or y", "arcs or y", "masses", "costs", "value", "hash", "field"])
    if what == "value" and evidence == "y":
        what = "arcs or y"
    problem = None
    if what == "arcs or y":
        k = rng.randrange(len(told[evidence]))
        if evidence == "y":
            y = float.fromhex(told["y"][k])
            told["y"][k] = rng.choice([(-y).hex(), (y / 2 + 1.0).hex(), (0.0).hex(), "nan", "inf", "1", None])
        else:
            kind = rng.randrange(4)
            if kind == 0:
                told["arcs"][k] = [rng.randrange(len(a)), rng.randrange(len(b))]
            elif kind == 1:
                del told["arcs"][k]
            elif kind == 2:
                told["arcs"].append([rng.randrange(len(a)), rng.randrange(len(b))])
            else:
                told["arcs"][k][rng.randrange(2)] = rng.choice(ROTTEN)
    elif what in places:
        side = rng.choice(places[what])
        k = rng.randrange(len(side))
        side[k] = rng.choice(
            [np.nextafter(side[k], 9.0), -side[k], side[k] * 2, side[k] + 1.0, 0.0, float("nan"), float("inf")]
        )
        side[k] = float(side[k])
    elif what == "value":
        value = float.fromhex(told["value"])
        value = float(rng.choice([np.nextafter(value, 9e99), np.nextafter(value, -9e99), -value, value * 2, value + 1]))
        told["value"] = value.hex()
        told["statement"] = proof.statement(world.parts, told["kind"], value)
    elif what == "hash":
        k = rng.randrange(64)
        told["sha256"] = told["sha256"][:k] + rng.choice("0123456789abcdef") + told["sha256"][k + 1 :]
    else:
        field = rng.choice([key for key in told if key != "sha256"])
        if rng.random() < 0.3:
            del told[field]
        else:
            told[field] = rng.choice([*ROTTEN, "line", "tree", "cut", "totals", (1.0).hex()])
    try:
        problem = world.problem(a, b, numbers)
        if what in places and rng.random() < 0.7:  # an adversary
            told["sha256"] = proof.digest(problem)
            what += ", rehashed"
    except (KeyError, TypeError, ValueError, IndexError):
        return None, told, what  # there is no such problem
    return problem, told, what


MADE = worlds()


def is_true(problem: proof.Problem, found: proof.Proved) -> bool:
    """Whether what a proof proves is so, by the exact solver."""
    a, b, costs, probability = problem[:4]
    pairs = [(i, j) for i in range(len(a)) for j in range(len(b))]
    allowed = [pair for pair in pairs if costs.pairs is None or pair in costs.pairs]
    table = np.full((len(a), len(b)), Fraction(10**9), dtype=object)
    for i, j in allowed:
        table[i, j] = Fraction(costs.at(i, j))
    if "row and column sums a, b" in found.statement and sum(map(Fraction, a)) != sum(map(Fraction, b)):
        return True
    answer = exact_optimum(table, [Fraction(w) for w in a], [Fraction(w) for w in b])
    off = any(answer.plan[i][j] for i, j in set(pairs) - set(allowed))
    value = answer.value / sum(map(Fraction, a)) if probability else answer.value
    return off if found.optimum is None else not off and value == found.optimum


def judged(world: World, rng: random.Random) -> tuple[str, str]:
    """Corrupt a proof and have it checked; what still holds must be true."""
    problem, told, what = corrupted(world, rng)
    if problem is None:
        return what, "caught"
    try:
        found = proof.check(problem, told)
    except ProofError:
        return what, "caught"
    assert is_true(problem, found), (what, problem, told)
    return what, "unchanged" if told == world.proof and problem[:2] == world.parts[:2] else "harmless"


def test_corruption_is_caught_or_harmless():
    """Of 12,000 corruptions, what still holds is true, and rare unless the hash was corrupted as well."""
    rng, outcomes = random.Random(0), Counter()
    for world in MADE:
        assert is_true(world.parts, proof.check(world.parts, world.proof))
    for _ in range(12_000):
        outcomes[judged(rng.choice(MADE), rng)] += 1
    assert sum(times for (_, how), times in outcomes.items() if how == "caught") >= 10_000
    for what in ("arcs or y", "value", "hash", "field", "masses", "costs"):
        assert outcomes[what, "caught"] > 500
        assert outcomes[what, "harmless"] <= 0.05 * outcomes[what, "caught"]
    for what in ("masses, rehashed", "costs, rehashed"):
        assert outcomes[what, "caught"] > 500


@given(st.integers(0, 11), st.randoms(use_true_random=False))
def test_no_corruption_proves_what_is_not_so(k, rng):
    judged(rng.choice(MADE[k::12]), rng)


@given(problems, st.data())
def test_no_other_tree_or_value_passes(problem, data):
    """Any forest that passes is optimal, for any small problem; a value one bit off does not pass."""
    exact = exact_value(problem)
    stated = proof_files.plain(problem, "tree")
    rows, cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    tree = [(int(rows[i]), int(cols[j])) for i, j in random_tree(rng, rows.size, cols.size)]
    told = written(stated, "tree", exact, tree)
    try:
        assert proof.check(stated, told).optimum == exact
    except ProofError:
        best = arcs_of(problem)
    else:
        best = tree
    for value in np.nextafter(float(exact), [-np.inf, np.inf]).tolist():
        told = written(stated, "tree", exact, best)
        told |= {"value": value.hex(), "statement": proof.statement(stated, "tree", value)}
        with pytest.raises(ProofError, match="its flows cost"):
            proof.check(stated, told)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("tree", {"arcs": [[0, 0], [1, 1]]}, "the masses of a tree do not balance"),
        ("tree", {"arcs": [[0, 0], [0, 1], [1, 1], [0, 1]]}, "its arcs hold a cycle"),
        ("tree", {"arcs": [[0, 0], [1, 0], [0, 1], [1, 1]]}, "its arcs hold a cycle"),
        ("tree", {"arcs": [[0, 0], [1, 0], [1, 1]]}, r"the flow along \(1, 0\) is negative"),
        (
            "tree",
            {"arcs": [[0, 0], [0, 1], [1, 0]], "value": "0x1.c000000000000p+2"},
            r"f_1 \+ g_1 exceeds the cost of the pair",
        ),
        ("tree", {"arcs": [[0, 0], [0, 1], [-1, 1]]}, "joins no two masses"),
        ("tree", {"arcs": [[0, 0], [0, 1], [1, 2]]}, "joins no two masses"),
        ("tree", {"value": "0x1.8p+1"}, "its flows cost"),
        ("tree", {"kind": "line"}, "can't be followed, IndexError"),
        ("tree", {"kind": "cut"}, "can't be followed, KeyError 'y'"),
        ("tree", {"kind": "faith"}, "it begins with"),
        ("tree", {"n": 3}, "it begins with"),
        ("tree", {"format": "otkit-proof-0"}, "it begins with"),
        ("tree", {"sha256": "0" * 64}, "SHA-256 differs"),
        ("tree", {"statement": "OPT = 1"}, "it states other than"),
        ("tree", {"arcs": "none"}, "can't be followed"),
    ],
)
def test_what_fails_is_said(name, change, message):
    problem = proof.Problem([2.0, 1.0], [1.0, 2.0], proof.matrix([[1.0, 2.0], [3.0, 1.0]]))
    told = written(problem, name, Fraction(4), [[0, 0], [0, 1], [1, 1]])
    assert proof.check(problem, told) == proof.Proved("OPT = 4.0, exact up to this one rounding, for costs as given", 4)
    with pytest.raises(ProofError, match=f"The proof does not hold: .*({message})"):
        proof.check(problem, told | change)


def test_masses_that_differ_in_the_last_bit_decide():
    """The staircase one way round ships 2⁻⁵⁴ backwards; the other way round it is the answer."""
    for one, holds in ((1.0, True), (np.nextafter(1.0, 0.0).item(), False), (np.nextafter(1.0, 2.0).item(), True)):
        problem = proof.Problem([one, 1.0], [1.0, 1.0], proof.matrix([[0.0, 1.0], [1.0, 2.0]]), probability=True)
        exact = exact_optimum([[0, 1], [1, 2]], problem.a, problem.b).value / sum(map(Fraction, problem.a))
        told = written(problem, "tree", exact, [[0, 0], [0, 1], [1, 1]])
        if holds:
            assert proof.check(problem, told).optimum == exact
        else:
            with pytest.raises(ProofError, match=r"the flow along \(0, 1\) is negative"):
                proof.check(problem, told)


@pytest.mark.parametrize("power", [1.5, 2.0, 0, -1])
def test_other_powers_on_the_line_are_not_taken_for_exact(power):
    problem = proof.Problem([1.0], [1.0], proof.line([0.0], [4.0], power))
    with pytest.raises(ProofError, match="costs are no real"):
        proof.check(problem, written(problem, "line", Fraction(4.0**power), [[0, 0]]))


def test_problems_that_are_none_prove_nothing():
    """Masses or costs that are no numbers, also where a maximum would pass over them."""
    far = proof.points([[0.0, float("nan")]], [[1.0, 1.0]], "largest", 1.0)
    for problem in (
        proof.Problem([1.0], [1.0], far),
        proof.Problem([1.0], [float("nan")], proof.matrix([[1.0]])),
        proof.Problem([float("inf")], [1.0], proof.matrix([[1.0]])),
        proof.Problem([2.0, -1.0], [1.0], proof.matrix([[1.0], [1.0]])),
        proof.Problem([0.0], [0.0], proof.matrix([[1.0]])),
        proof.Problem([1.0], [1.0], proof.matrix([[float("inf")]])),
        proof.Problem([1e308] * 2, [1e308] * 2, proof.matrix([[1e308] * 2] * 2)),
    ):
        told = written(proof.Problem([1.0], [1.0], far), "tree", Fraction(1), [[0, 0]])
        told |= {"n": len(problem.a), "m": len(problem.b), "sha256": proof.digest(problem)}
        with pytest.raises(ProofError, match="The proof does not hold"):
            proof.check(problem, told)


def test_a_text_is_a_proof_and_none_if_a_key_is_given_twice():
    for world in MADE:
        text = json.dumps(world.proof)
        assert proof.check(world.parts, text) == proof.check(world.parts, world.proof)
        for key, value in world.proof.items():
            twice = f"{text[:-1]}, {json.dumps(key)}: {json.dumps(value)}}}"
            assert json.loads(twice) == world.proof
            with pytest.raises(ProofError):
                proof.check(world.parts, twice)
    for nothing in ("", "[", "[]", "null", "1", "[" * 100_000, '"x"', json.dumps(MADE[0].proof)[1:]):
        with pytest.raises(ProofError):
            proof.check(MADE[0].parts, nothing)


def loosely_equal(value):
    """Yield other objects that Python takes to be equal to a number or a text, or that stand for the same number."""
    if isinstance(value, int):
        yield from (float(value), str(value), [value], *([bool(value)] if value in (0, 1) else []))
    if isinstance(value, str) and "0x" in value:
        number = float.fromhex(value)
        yield from (number, repr(number), f" {value}", value.upper())
    elif isinstance(value, str):
        yield from (f"{value} ", value.upper(), value.encode().hex(), [value])


def test_types_are_strict():
    """`true` is not 1, 1.0 is not 1, and a number has one way to be written."""
    tried = 0
    for world in MADE:
        told = world.proof
        for key in ("format", "kind", "n", "m", "sha256", "statement", "value"):
            for other in loosely_equal(told.get(key)):
                with pytest.raises(ProofError):
                    proof.check(world.parts, told | {key: other})
                tried += 1
        for k, arc in enumerate(told.get("arcs", ())):
            for end in (0, 1):
                for other in loosely_equal(arc[end]):
                    arcs = [[*other_arc] for other_arc in told["arcs"]]
                    arcs[k][end] = other
                    with pytest.raises(ProofError):
                        proof.check(world.parts, told | {"arcs": arcs})
                    tried += 1
    assert tried > 1000


# --- the checker itself -----------------------------------------------------------------------------------------------


def test_the_checker_is_short_and_needs_the_standard_library_alone():
    source = SOURCE.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 200
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module)
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_the_checker_runs_alone(tmp_path):
    """In an interpreter that sees nothing but the standard library and this one file."""
    problem = points([[0.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [2.0, 0.0]], [1, 2], [2, 1])
    proved(problem, arcs_of(problem), exact_value(problem)).save(tmp_path / "told.json")
    (tmp_path / "proof.py").write_bytes(SOURCE.read_bytes())
    code = """
import json, sys
sys.path.insert(0, ".")
import proof
costs = proof.points([[0.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [2.0, 0.0]], "squares", 0.5)
problem = proof.Problem([1.0, 2.0], [2.0, 1.0], costs, probability=True)
print(float(proof.check(problem, json.load(open("told.json", encoding="utf-8"))).optimum))
"""
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == f"{float(exact_value(problem))!r}\n", done.stderr


IEEE = [
    ("euclidean", [1, 2, 3], [1, 2, 3, 9, 40]),
    ("sqeuclidean", [1, 1.5], [1, 2, 9]),
    ("sqeuclidean", [2, 3], [2, 9]),
    ("cityblock", [1, 1.5, 2, 3], [1, 2, 9]),
    ("chebyshev", [1, 1.5, 2, 3], [1, 2, 9]),
    ("cosine", [1, 1.5, 2, 3], [2, 9, 40]),
    (otkit.Minkowski(3), [3, 6, 9], [2, 9]),
    (otkit.Minkowski(2), [1, 2], [1, 3]),
    (otkit.Minkowski(1.5), [1, 2], [1]),
]


@pytest.mark.parametrize(
    ("metric", "p", "d"), [(metric, p, d) for metric, powers, widths in IEEE for p in powers for d in widths]
)
def test_plain_python_evaluates_the_same_bits(metric, p, d, rng):
    cost = as_cost(metric).between(rng.normal(size=(7, d)) + 3, rng.normal(size=(9, d)), p=p)
    assert cost.arithmetic == "ieee"
    costs = proof_files.plain(otkit.TransportProblem(cost, probability=True), "tree").costs
    assert "points" in costs.name
    assert [[costs.at(i, j) for j in range(9)] for i in range(7)] == cost.dense().tolist()


def test_the_hash_is_what_is_said_of_it():
    problem = proof.Problem([1.0, 2.0], [3.0], proof.listed([(1, 0, 0.5), (0, 0, -2.0)]))
    numbers = np.array([1, 2, 3, 0, 0, -2.0, 1, 0, 0.5], dtype="<f8").tobytes()
    digest = sha256("listed costs, 2 × 1, masses\n".encode() + numbers).hexdigest()
    assert proof.digest(problem) == digest
    assert proof.digest(problem._replace(probability=True)) != digest


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_result_keeps_what_its_proof_rests_on(tmp_path):
    result = otkit.wasserstein([[0, 0], [1, 1], [2, 0]], [[0, 1], [3, 1]], [1, 0, 2], [2, 1])
    certificate = result.certificate
    result.save(tmp_path / "result.npz")
    loaded = otkit.load(tmp_path / "result.npz")
    loaded.certificate.save(tmp_path / "proof.json")
    assert loaded.certificate == certificate
    assert certificate.proof == "exact"
    assert "evidence" not in repr(certificate)
    assert "evidence" not in certificate.to_dict()
    problem = otkit.TransportProblem.load(tmp_path / "result.npz")
    assert check_proof(problem, tmp_path / "proof.json").optimum == exact_value(result.problem)


def test_what_is_not_exact_is_not_saved_and_what_was_there_stays(tmp_path):
    path = tmp_path / "proof.json"
    path.write_text("something")
    certificate = dataclasses.replace(otkit.transport([[1.0]]).certificate, proof="float", evidence=None)
    with pytest.raises(ValueError, match="certificate must hold an exact proof to be saved, but its proof is 'float'"):
        certificate.save(path)
    assert path.read_text() == "something"
    assert [file.name for file in tmp_path.iterdir()] == ["proof.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        "{}",
        '{"format": "otkit-proof-99"}',
        "3",
        "[" * 10_000,
        '{"n": NaN}',
        '{"format": "otkit-proof-1", "n": 1, "n": 1}',
        " " * 100_000,
    ],
)
def test_files_that_are_no_proof_are_refused(content, tmp_path):
    path = tmp_path / "proof.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="path must be a proof written by otkit") as caught:
        check_proof(otkit.TransportProblem([[1.0]]), path)
    assert not isinstance(caught.value, ProofError)
    with pytest.raises(FileNotFoundError):
        check_proof(otkit.TransportProblem([[1.0]]), tmp_path / "nowhere.json")


def test_costs_of_another_library_travel_with_the_proof(tmp_path):
    """A radius that is off in its last digits stands for a library that rounds otherwise."""
    path, globe = tmp_path / "proof.json", np.random.default_rng(0).uniform(-80, 80, (5, 2))
    here, there, elsewhere = (
        points(globe[:2], globe[2:], metric=otkit.Haversine(radius=6371.0 * stretch))
        for stretch in (1, 1 + 1e-15, 1.01)
    )
    exact = exact_value(here)
    proved(here, arcs_of(here), exact).save(path)
    found = check_proof(here, path)
    assert "6 of 6 are the same to the bit" in found.statement
    found = check_proof(there, path)
    assert found.optimum == exact
    assert "6 of 6" not in found.statement
    with pytest.raises(ProofError, match="the costs it carries are not those of these points"):
        check_proof(elsewhere, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    for rows in (None, [["x"]], content["costs"][:1], 3):
        path.write_text(json.dumps(content | {"costs": rows}))
        with pytest.raises(ProofError, match="the costs it carries"):
            check_proof(here, path)
    del content["costs"]
    path.write_text(json.dumps(content))
    assert check_proof(here, path).optimum == exact
    with pytest.raises(ProofError, match="SHA-256 differs"):
        check_proof(there, path)


@pytest.mark.parametrize(
    "make",
    [
        lambda: otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2]),
        lambda: listed_problem(0)[0],
        lambda: points([0.0, 1.0], [2.0], [1, 0], metric=otkit.Minkowski(3), p=2),
    ],
)
def test_problems_come_back_from_files(make, tmp_path):
    problem, path = make(), tmp_path / "problem.npz"
    problem.save(path)
    again = otkit.TransportProblem.load(path)
    assert np.array_equal(again.cost.dense(), problem.cost.dense())
    assert np.array_equal(again.a, problem.a)
    assert np.array_equal(again.b, problem.b)
    assert (again.probability, again.cost.p, repr(again)) == (problem.probability, problem.cost.p, repr(problem))
    with pytest.raises(ValueError, match=r"file format must be one of otkit-result-1"):
        otkit.load(path)


LIBRARIES = [
    (otkit.Minkowski(1.5), 1, 3),
    (otkit.Minkowski(3), 2, 2),
    (otkit.Minkowski(7.3), 1, 9),
    (otkit.Minkowski(1.5), 2.2, 3),
    ("euclidean", 1.3, 2),
    ("euclidean", 7, 3),
    ("cityblock", 2.5, 2),
    ("chebyshev", 1.1, 2),
    ("cosine", 1.7, 4),
    ("haversine", 1, 2),
    ("haversine", 2, 2),
    ("haversine", 1.3, 2),
]


def _points_of(metric, d, rng):
    if metric == "haversine":
        x = np.column_stack([rng.uniform(-90, 90, 6), rng.uniform(-180, 180, 6)])
        y = x + rng.choice([1e-9, 1e-3, 1.0], (6, 1)) * rng.normal(size=(6, 2))
        opposite = np.column_stack([-x[:, 0], x[:, 1] + 180.0]) + 1e-7 * rng.normal(size=(6, 2))
        return x, np.clip(np.vstack([y, opposite]), [-90, -720], [90, 720])
    x = rng.normal(size=(6, d)) * 10.0 ** rng.integers(-3, 4)
    return x, np.vstack([x + 1e-6 * rng.normal(size=(6, d)), rng.normal(size=(6, d))])


def _elsewhere(pairs, metric, p, i, j, rng):
    """Return a cost as a machine has it whose library is up to four units in the last place off, all ways."""

    def off(value: float) -> float:
        return value + rng.choice([-4, -3, 0, 3, 4]) * math.ulp(value)

    x, y, base = pairs.x[i].tolist(), pairs.y[:, j].tolist(), 0.0
    scale = off((2.0 * metric.radius) ** p) if pairs.kind == HALF_ANGLE else pairs.scale
    if pairs.kind == HALF_ANGLE:
        u, v = (off(math.sin(math.radians((s - t) / 2))) for s, t in zip(x[:2], y[:2], strict=True))
        cosines = off(math.cos(math.radians(x[0]))) * off(math.cos(math.radians(y[0])))
        base = off(math.asin(math.sqrt(min(1.0, u * u + cosines * (v * v)))))
    else:
        for t in (abs(s - t) for s, t in zip(x, y, strict=True)):
            if pairs.kind == MAX_ABS:
                base = max(base, t)
            else:
                base += {SUM_SQUARES: t * t, SUM_ABS: t, SUM_CUBES: t * t * t}.get(pairs.kind) or off(t**pairs.order)
    return scale * (power(base, pairs.exponent) if pairs.exponent in IEEE_EXPONENTS else off(base**pairs.exponent))


@pytest.mark.parametrize(("metric", "p", "d"), LIBRARIES)
def test_what_libraries_may_differ_by_is_known_to_a_few_units(metric, p, d, rng):
    """No two machines are farther apart than the bound, nor is the bound far above what they can be."""
    x, y = _points_of(metric, d, rng)
    metric = as_cost(metric)
    cost = metric.between(x, y, p=p)
    assert cost.arithmetic == "libm"
    here = cost.dense()
    bound = largest_difference(cost.pairs, here)
    apart = np.zeros_like(here)
    for _ in range(20):
        there = np.array([[_elsewhere(cost.pairs, metric, p, i, j, rng) for j in range(len(y))] for i in range(len(x))])
        apart = np.maximum(apart, np.abs(there - here))
    assert (apart <= bound).all()
    assert apart.max() >= 0.02 * bound.max()
    usual = here < 0.99 * here.max() if cost.pairs.kind == HALF_ANGLE else np.ones(here.shape, bool)
    assert (bound[usual] <= 1e-13 * (1 + d + p) * here[usual]).all()


@pytest.mark.parametrize(("metric", "p", "d"), LIBRARIES)
def test_carried_costs_can_be_shifted_by_roundings_alone(metric, p, d, rng, tmp_path):
    path = tmp_path / "proof.json"
    x, y = _points_of(metric, d, rng)
    problem = points(x, y[:3], metric=metric, p=p)
    here = problem.cost.dense()
    for shift, holds in ((0.0, True), (2.0**-52, True), (1e-6, False), (1e-11, False)):
        carried = here * (1.0 + shift)
        other = otkit.TransportProblem(carried, problem.a, problem.b, probability=True)
        value = float(exact_value(other))
        stated = proof_files.plain(problem, "tree", carried.tolist())
        told = written(stated, "tree", exact_value(other), arcs_of(other))
        assert float.fromhex(told["value"]) == value
        path.write_text(json.dumps(told | {"costs": [[c.hex() for c in row] for row in carried.tolist()]}))
        if holds:
            statement = check_proof(problem, path).statement
            assert ("the others to" in statement) == (shift > 0.0)
        else:
            with pytest.raises(ProofError, match="are not those of these points"):
                check_proof(problem, path)


def test_writer_and_checker_agree_on_what_a_proof_file_says():
    """They share no constant: the checker stands alone."""
    assert (proofs.FORMAT, masses.LARGEST_TOLERANCE) == (proof.FORMAT, proof.LARGEST)


@pytest.mark.parametrize("kind", ["tree", "line"])
@pytest.mark.parametrize("name", ["matrix", "listed", "line", "plane", "cosine", "haversine"])
def test_numbers_of_costs_are_those_of_the_checker(name, kind):
    """Names and numbers, which the digest is made of, of each form that costs have."""
    x, y = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 4, 2))
    costs = {
        "matrix": x @ y.T,
        "listed": scipy.sparse.coo_array(([1.0, 2.0, 0.0], ([0, 1, 3], [1, 0, 2])), shape=(4, 4)),
        "line": otkit.Cityblock().between(x[:, 0], y[:, 0], p=2),
        "plane": otkit.Euclidean().between(x, y),
        "cosine": otkit.Cosine().between(x, y),
        "haversine": otkit.Haversine().between(x, y),
    }
    written = plain_costs(bind(costs[name]), real=kind == "line")
    stated = proof_files.plain(otkit.TransportProblem(costs[name]), kind).costs
    assert (written.name, [float(k) for k in written.numbers]) == (stated.name, [float(k) for k in stated.numbers])
