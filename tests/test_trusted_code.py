"""What each kind of proof rests on is counted, and the pages say what was counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap

import pytest
from trusted_code import ROOT, Package, counts, table, written

REWRITE = "write the table anew by `python tests/trusted_code.py`, and the pages that quote it"

TEXTS = [
    ROOT / "README.md",
    *(
        page
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if not {"_build", "tutorials", "generated"} & {*page.parts}
    ),
]

# Where a proof may take its code from: the checker and what lies below it, and nothing that solves.
BELOW = re.compile(r"otkit/((checker|problem|costs|inputs|numerics)/.*|measures\.py|_text\.py|_typing\.py)")

# Proofs of every kind, with the compiler off, while the interpreter notes each function of otkit that is called.
RUN = """
import json, sys
import numpy as np
from scipy.sparse import csr_array
import otkit
from otkit.checker import audit, batch, certificate, line, optimality, plans, small
from otkit.costs import evaluated

# The roads of large problems, for small ones: all but the second, that is.
evaluated._PRUNED_PAIRS = evaluated._MONGE_PAIRS = optimality.AT_ONCE = 500
rng = np.random.default_rng(0)
x, y = rng.normal(size=(2, 30, 2))
weights = rng.random((2, 30))
near = rng.random((30, 30))
graph = csr_array(np.where(near < 0.3, near, 0.0) + np.eye(30))
problems = [
    otkit.TransportProblem(otkit.cost_matrix(x, y), *weights, probability=True),
    otkit.TransportProblem(otkit.Euclidean().between(x[:20], y[:20])),
    otkit.TransportProblem(otkit.Euclidean().between(x, y), *weights, probability=True),
    otkit.TransportProblem(otkit.SqEuclidean().between(x[:, :1], y[:, :1]), *weights, probability=True),
    otkit.TransportProblem(graph),
]
results = [otkit.transport(problem, method="lp") for problem in problems]
on_line = otkit.wasserstein(np.sort(x[:, 0]), np.sort(y[:, 0]), *weights, p=2)
calls = {kind: set() for kind in (%(kinds)s)}

def noting(kind, call):
    def note(frame, event, _):
        if event == "call" and "/otkit/" in frame.f_code.co_filename:
            calls[kind].add((frame.f_code.co_filename, frame.f_code.co_firstlineno))
    sys.setprofile(note)
    try:
        return call()
    finally:
        sys.setprofile(None)

tree, of_line, in_float, of_many, alone = calls

def exact(result):
    problem, (rows, cols) = result.problem, result.candidate.basis
    if problem.cost.complete:
        masses = problem.a, problem.b, problem.supply, problem.demand, problem.totals, problem.probability
        proof = small.empty_proof(*problem.shape)
        costs = small.costs_at_once(problem)
        held = small.held_part(costs, problem.a, problem.b)
        found = small.prove_tree(costs, *masses, held, rows, cols, proof).tolist()
        evidence = certificate.Evidence(problem, rows, cols, "tree")
        assert certificate.proved_certificate(evidence, small.optimum_of(found), proof.residuals.tolist()).verdict
    verdict = optimality.judge(result.problem, *result.candidate.basis)
    assert verdict.optimal
    optimum, found = certificate.Optimum(verdict.vertex.value, verdict.unique), result.candidate
    plan = plans.Entries(found.rows, found.cols, found.mass)
    evidence = certificate.Evidence(result.problem, *found.basis, "tree")
    return audit.exact_certificate(evidence, optimum, plan, found.f, found.g).verdict

def along(result):
    proof = line.prove_on_line(result.problem, *result.candidate.basis)
    return certificate.line_certificate(result.problem, proof).verdict

for result in results:
    noting(tree, lambda: exact(result))
for result in [*results, on_line]:
    f, g = result.potentials
    plan = result.plan
    for given, prices in ((plan, (f, g)), (plan, (f, None)), (0.9 * plan, (f + 1, g))):
        noting(in_float, lambda: audit.certify_in_float64(result.problem, given, prices).verdict)
noting(of_line, lambda: along(on_line))
p, r = problems[0], results[0].candidate
costs = p.cost.dense()
noting(of_many, lambda: batch.enclose(
    costs, r.rows, r.cols, r.mass, r.f, r.g, p.a, p.b, p.totals, p.supply, p.demand, True))
print(json.dumps({kind: sorted(each) for kind, each in calls.items()}))
"""


COMPILER = ("otkit.numerics.jit.", "otkit.numerics.kernel.")


def test_nothing_runs_in_a_proof_that_is_not_counted():
    kinds = ", ".join(map(repr, counts()))
    done = subprocess.run(
        [sys.executable, "-W", "ignore::RuntimeWarning", "-c", RUN % {"kinds": kinds}],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    package, called = Package(), json.loads(done.stdout)
    for kind, count in counts().items():
        counted = set().union(*count.units.values())
        ran = {package.unit_at(path, line) for path, line in called[kind]} - {None}
        assert len(ran) > 10 or kind == list(counts())[-1]
        # what switches the compiler on and off is no part of a proof
        missing = {name for name in ran - counted if not name.startswith(COMPILER)}
        assert not missing, (kind, sorted(missing))


def test_no_proof_rests_on_a_solver():
    for kind, count in counts().items():
        assert [path for path in count.lines if not BELOW.fullmatch(path)] == [], kind


def test_one_kind_of_proof_needs_the_standard_library_alone():
    alone = counts()["a proof file, checked alone"]
    assert list(alone.lines) == ["otkit/checker/standalone.py"]


# --- what the pages say -----------------------------------------------------------------------------------------------


def numbers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


def test_the_table_is_that_of_today():
    """Numbers may be off by a tenth: a table that changed with every line would be changed without being read."""
    for line, now in zip(written().splitlines(), table().splitlines(), strict=True):
        words, found = re.split(r" \| (?=\d)", line, maxsplit=1), re.split(r" \| (?=\d)", now, maxsplit=1)
        assert words[0] == found[0], REWRITE
        if len(words) > 1:
            for old, new in zip(numbers(words[1]), numbers(found[1]), strict=True):
                assert abs(old - new) <= max(1, 0.1 * new), REWRITE


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_words_about_trust_are_so(path):
    text = re.sub(r"\s+", " ", path.read_text("utf-8"))
    of_today = [(count.total, len(count.lines)) for count in counts().values()]
    for lines, files in re.findall(r"([\d,]+) lines(?: of code)? in (\d+) files", text):
        assert any(
            abs(int(files) - now_files) <= 0.1 * now_files and abs(int(lines.replace(",", "")) - now) <= 0.1 * now
            for now, now_files in of_today
        ), f"{lines} lines in {files} files is so of no kind of proof: {REWRITE}"
    for words in ("shares no code", "share no code", "page of code", "small checker"):
        assert words not in text.lower()
    for limit in re.findall(r"under (\d+) lines", text):
        assert len((ROOT / "otkit/checker/standalone.py").read_text("utf-8").splitlines()) < int(limit)


def test_the_front_page_says_how_much():
    assert re.search(r"[\d,]+ lines of code in \d+ files", (ROOT / "README.md").read_text("utf-8"))


# --- the counter itself -----------------------------------------------------------------------------------------------

FILES = {
    "__init__.py": "from otkit.below import Base\n",
    "below.py": """
        LIMIT = 3
        UNUSED = 4

        class Root:
            def length(self):
                return LIMIT

        class Base(Root):
            size: int  # a field

            def __init__(self):
                self.size = made()

            def area(self):
                return 1

        class Other:
            def area(self):
                return 2

        def made():
            '''Two lines of docstring

            are not counted.'''
            return 5
    """,
    "top.py": """
        from otkit import Base
        from otkit import above

        class Child(Base):
            def area(self):
                return above.helper()

        def entry(thing: Base, made=0):
            return thing.area() + thing.length() + made

        def fresh():
            return Base()
    """,
    "above.py": "def helper():\n    # a comment\n    return 7\n",
}


def test_the_counter_follows_names_attributes_and_classes(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "otkit" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
    package = Package(tmp_path)
    found = package.reached("otkit.top.entry")
    below = ("Base", "Base.area", "Root.length", "LIMIT")
    top = ("entry", "Child", "Child.area")
    assert set().union(*found.units.values()) == {
        "otkit.above.helper",
        *(f"otkit.below.{name}" for name in below),
        *(f"otkit.top.{name}" for name in top),
    }
    assert found.lines == {"otkit/above.py": 2, "otkit/below.py": 7, "otkit/top.py": 5}
    more = package.reached("otkit.top.fresh")
    assert {"otkit.below.Base.__init__", "otkit.below.made"} <= more.units["otkit/below.py"]
    with pytest.raises(LookupError, match=r"otkit\.top\.gone"):
        package.reached("otkit.top.gone")
