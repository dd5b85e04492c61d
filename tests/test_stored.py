"""Results in files: nothing is believed, everything is proved again, and what can't be so is refused by its name."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
import scipy.sparse
from test_results import RESULTS

import otkit
from otkit.io import archives
from otkit.io.archives import Field


def contents(path):
    """Return header and arrays of a file."""
    with np.load(path) as kept:
        arrays = {name: kept[name] for name in kept.files}
    return json.loads(str(arrays.pop("header"))), arrays


def put(path, header, arrays):
    """Write header and arrays as an adversary would."""
    np.savez(path, header=np.array(json.dumps(header)), **arrays)


@pytest.fixture
def saved(tmp_path):
    """Return a path with a small result, its header and its arrays."""
    path = tmp_path / "r.npz"
    otkit.transport([[4.0, 1.0], [2.0, 3.0], [7.0, 5.0]], [1, 2, 1], [2, 2]).save(path)
    return path, *contents(path)


def changed(header, **entries):
    return header | {"certificate": header["certificate"] | entries}


LIES = [
    {"value": 0.001, "lower": 0.001, "upper": 0.001},
    {"value": 1e300, "lower": -1e300, "upper": 1e300},
    {"unique": False, "marginal_error": 3.0, "tolerance": 1e9},
    {"value": None, "lower": [], "upper": "4"},
]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("proof", ["exact", "float", "bounds"])
def test_what_a_header_says_is_proved_counts_for_nothing(lie, proof, saved):
    path, header, arrays = saved
    put(path, changed(header, proof=proof, **lie), arrays)
    loaded = otkit.load(path)
    assert (loaded.value, loaded.certificate.lower, loaded.certificate.upper) == (10.0, 10.0, 10.0)
    assert loaded.certificate.proof == "exact"
    assert loaded.certificate.unique is True


TRUTHS = {
    "tree": lambda: otkit.transport([[4.0, 1.0], [2.0, 3.0], [7.0, 5.0]], [1, 2, 1], [2, 2]),
    "line": lambda: otkit.wasserstein([0.0, 1.0, 4.0], [5.0, 3.0], [2, 1, 1], [3, 1], p=2),
    "plane": lambda: otkit.wasserstein([[0.0, 1.0], [2.0, 2.0], [3.0, 0.0]], [[0.0, 0.5], [2.0, 1.0]], p=2),
    "no tree": lambda: otkit.wasserstein([[0.0, 1.0], [2.0, 2.0]], [[0.0, 0.5], [2.0, 1.0]], method="sinkhorn"),
}


@pytest.mark.parametrize("kind", TRUTHS)
def test_numbers_and_arrays_that_were_changed_are_judged_for_the_problem_that_is_there(kind, tmp_path):
    """Value, bounds and each entry of each array: what is loaded holds the optimum of the problem that it holds."""
    path = tmp_path / "r.npz"
    TRUTHS[kind]().save(path)
    header, arrays = contents(path)
    forgeries = [
        (header | {"certificate": header["certificate"] | {name: number}}, arrays)
        for name in ("value", "lower", "upper")
        for number in (3.0, 0.0, -1.0, 1e300)
    ]
    for name, array in arrays.items():
        for k in range(array.size):
            for change in (1, -1):
                forged = array.copy()
                forged.reshape(-1)[k] += change
                forgeries.append((header, arrays | {name: forged}))
    kept = refused = 0
    for told, forged in forgeries:
        put(path, told, forged)
        try:
            loaded = otkit.load(path)
        except ValueError:
            refused += 1
            continue
        kept += 1
        problem, certificate = loaded.problem, loaded.certificate
        exact = otkit.transport(problem).certificate
        assert certificate.lower <= exact.upper
        assert exact.lower <= certificate.upper
        if certificate.optimal:
            assert certificate.value == pytest.approx(exact.value, rel=1e-9)
            answer = loaded.candidate
            again = otkit.certify(problem, plan=answer, potentials=(answer.f, answer.g))
            assert again.upper == pytest.approx(exact.value, rel=1e-9)
            assert again.marginal_error < 1e-12
    assert kept >= 12
    assert refused > 0


@pytest.mark.parametrize("kind", TRUTHS)
def test_what_is_not_verified_is_as_it_stands_there_and_proves_nothing(kind, tmp_path):
    path, result = tmp_path / "r.npz", TRUTHS[kind]()
    result.save(path)
    header, arrays = contents(path)
    put(path, changed(header, value=3.0, lower=3.0, upper=3.0), arrays)
    loaded = otkit.load(path, verify=False)
    certificate = loaded.certificate
    assert (certificate.value, certificate.lower, certificate.upper) == (3.0, 3.0, 3.0)
    assert certificate.statement == certificate.verdict == "as stored, not checked: 3.0 ≤ OPT ≤ 3.0"
    assert certificate.proof == "stored"
    assert not certificate.optimal
    assert certificate.distance_interval is None
    assert "optimal," not in str(loaded)
    for name, array in arrays.items():
        if hasattr(loaded.candidate, name):
            np.testing.assert_array_equal(getattr(loaded.candidate, name), array)
    with pytest.raises(ValueError, match="certificate must hold an exact proof to be saved"):
        certificate.save(tmp_path / "proof.json")
    loaded.save(path)
    assert otkit.load(path, verify=False).certificate == certificate
    assert otkit.load(path).certificate == otkit.load(path).certificate
    assert otkit.load(path).certificate.value == pytest.approx(result.certificate.value, rel=1e-12)
    put(path, changed(header, lower="three"), arrays)
    with pytest.raises(ValueError, match="lower in the header"):
        otkit.load(path, verify=False)


@pytest.mark.parametrize("kind", RESULTS)
def test_a_plan_and_prices_that_were_exchanged_are_proved_anew_or_refused(kind, tmp_path):
    path, rng = tmp_path / "r.npz", np.random.default_rng(0)
    result = RESULTS[kind]()
    result.save(path)
    header, arrays = contents(path)
    truth = result.certificate
    for change in (
        {"mass": arrays["mass"] * 2.0},
        {"mass": np.zeros_like(arrays["mass"])},
        {"rows": rng.permutation(arrays["rows"])},
        {"f": arrays["f"] + 1.0},
        {"f": rng.normal(size=arrays["f"].size), "g": rng.normal(size=arrays["g"].size)},
        {"g": arrays["g"] * 1e300},
        {"basis_rows": rng.permutation(arrays["basis_rows"])} if "basis_rows" in arrays else {},
        {name: arrays[name][:0] for name in ("basis_rows", "basis_cols") if name in arrays},
    ):
        for proof in ("exact", "bounds"):
            put(path, changed(header, proof=proof), arrays | change)
            try:
                loaded = otkit.load(path).certificate
            except ValueError:
                assert proof == "exact"  # it is said to be optimal, and is not
                continue
            assert loaded.lower <= truth.upper
            assert truth.lower <= loaded.upper
            assert not (loaded.proof == "exact" and truth.proof == "exact") or loaded.value == truth.value


def test_problems_that_were_exchanged_are_what_is_proved(saved):
    """The masses or the costs of another problem: the answer is one to that, or there is none."""
    path, header, arrays = saved
    for change in (
        {"a": np.array([2.0, 1.0, 1.0])},
        {"matrix": arrays["matrix"][:, ::-1]},
        {"matrix": -arrays["matrix"]},
    ):
        put(path, changed(header, proof="bounds"), arrays | change)
        loaded = otkit.load(path)
        truth = otkit.transport(loaded.problem)
        assert loaded.certificate.lower <= truth.value <= loaded.certificate.upper
    put(path, header, arrays | {"a": np.array([1.0, 1.0, 1.0])})
    with pytest.raises(ValueError, match=r"r.npz' is none: a and b must have equal totals"):
        otkit.load(path)
    assert not otkit.TransportProblem.load(path).balanced  # which a proof may be about


DAMAGES = {
    "rows out of range": ({"rows": np.array([0, 1, 99])}, r"rows must hold integers from 0 to 2"),
    "negative cols": ({"cols": np.array([0, 1, -1])}, r"cols must hold integers from 0 to 1"),
    "tree out of range": ({"basis_rows": np.array([0, 1, 1, 2**40])}, "basis_rows must hold integers from 0 to 2"),
    "no tree": ({"basis_rows": None}, "basis_rows and basis_cols must be there both"),
    "tree of unequal sides": ({"basis_rows": np.zeros(3, int)}, "basis_cols must have 3 entries"),
    "f of the wrong length": ({"f": np.zeros(2)}, "f must have 3 entries along an axis, but its shape is"),
    "f of two axes": ({"f": np.zeros((3, 1))}, "f must have 1 axes"),
    "NaN in g": ({"g": np.array([np.nan, 0.0])}, "g must be finite"),
    "short mass": ({"mass": np.ones(1)}, "mass must have 3 entries"),
    "complex mass": ({"mass": np.ones(3) * 1j}, "mass does not begin as an array does"),
    "text": ({"mass": np.array(["a", "b", "c"])}, "mass must be floats"),
    "floats as rows": ({"rows": np.zeros(3)}, "rows must be integers"),
    "booleans as rows": ({"rows": np.zeros(3, bool)}, "rows does not begin"),
    "negative masses": ({"a": np.array([-1.0, 2.0, 3.0])}, "a must be at least 0"),
    "infinite costs": ({"matrix": np.full((3, 2), np.inf)}, "matrix must be finite"),
    "costs of another shape": ({"matrix": np.ones((2, 3))}, "matrix must have 3 entries"),
    "two costs": ({"arc_costs": np.ones(3)}, "its cost is made of matrix, arc_costs, which is none"),
    "no costs": ({"matrix": None}, "its cost is made of nothing"),
    "something else": ({"state": np.ones(3)}, "it holds state, which is not known"),
    "nothing to ship": ({"a": np.zeros(3), "b": np.zeros(2)}, "a must have a positive entry"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_arrays_that_do_not_fit_are_refused_by_name(name, saved):
    path, header, arrays = saved
    change, message = DAMAGES[name]
    put(path, header, {key: array for key, array in (arrays | change).items() if array is not None})
    with pytest.raises(ValueError, match=f"r.npz' is none: {message}"):
        otkit.load(path)


WORDS = {
    "probability": ["yes", 1, None],
    "tolerance": [True, -1.0, 0.5, "0", float("nan"), 10**400],
    "p": [0.5, "1", None, float("inf")],
    "metric": ["euclidean", 1, {"type": "Euclidean"}, {"type": "x", "parameters": {}}, []],
    "evidence": ["banana", 1],
    "method": [1, "\x1b[2J", "x" * 100_000],
    "seconds": [-1.0, float("nan"), "1"],
    "stats": [1, {}, {"status": "banana", "iterations": 1, "rounds": 1, "detail": ""},
              {"status": "optimal", "iterations": True, "rounds": 1, "detail": ""}],
    "certificate": [1, {}, {"proof": "banana"}, {"proof": 1}],
    "format": [1, None],
    "reading": [1, {}, {"columns": ["\x1b[2J"], "notes": [], "moved": False},
                {"columns": [], "notes": "no list", "moved": False}, {"columns": [], "notes": [1], "moved": False}],
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_words_of_a_header_that_do_not_fit_are_refused_by_name(name, saved):
    path, header, arrays = saved
    for word in WORDS[name]:
        put(path, header | {name: word}, arrays)
        with pytest.raises(ValueError, match="path must be a whole file written by"):
            otkit.load(path)


@pytest.mark.parametrize("name", sorted(WORDS.keys() - {"reading"}))  # which not all problems have
def test_words_that_a_header_lacks_are_missed_by_name(name, saved):
    path, header, arrays = saved
    put(path, {key: entry for key, entry in header.items() if key != name}, arrays)
    with pytest.raises(ValueError, match=f"'{name}'"):
        otkit.load(path)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"a": 1, "a": 1}', "9" * 5000, "null"])
def test_headers_that_are_none_are_refused(text, saved):
    path, _, arrays = saved
    np.savez(path, header=np.array(text), **arrays)
    with pytest.raises(ValueError, match="path must be a whole file written by"):
        otkit.load(path)
    np.savez(path, header=np.array([text, text]), **arrays)
    with pytest.raises(ValueError, match="header must be one text"):
        otkit.load(path)


@pytest.mark.parametrize(
    ("starts", "cols", "message"),
    [
        ([0, 1, 9], [0, 1, 0], "arc_starts must hold integers from 0 to 3"),
        ([0, 2, 1], [0, 1, 0], "arc_starts must begin with 0 and end with the number of arcs"),
        ([1, 2, 3], [0, 1, 0], "arc_starts must begin"),
        ([0, 1, 3], [0, 1, 7], "arc_cols must hold integers from 0 to 1"),
        ([0, 1, 3], [0, 1, 1], "arc_cols must rise within each row"),
        ([0, 1, 3], [0, 1, 0], "arc_cols must rise within each row"),
        ([0, 3], [0, 1, 0], "arc_starts must have 3 entries"),
    ],
)
def test_arcs_that_are_no_graph_are_refused(starts, cols, message, tmp_path):
    path = tmp_path / "p.npz"
    graph = scipy.sparse.csr_array(([1.0, 2.0, 3.0], [0, 0, 1], [0, 1, 3]))
    otkit.TransportProblem(graph, [1, 2], [2, 1]).save(path)
    assert otkit.TransportProblem.load(path).cost.arcs == 3
    header, arrays = contents(path)
    put(path, header, arrays | {"arc_starts": np.array(starts), "arc_cols": np.array(cols)})
    with pytest.raises(ValueError, match=f"p.npz' is none: {message}"):
        otkit.TransportProblem.load(path)


# --- sizes, before anything is unpacked -------------------------------------------------------------------------------


def claim(path, name, header):
    """Replace the first bytes of an array in a file."""
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    members[f"{name}.npy"] = header(members[f"{name}.npy"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in members.items():
            archive.writestr(entry, content)


@pytest.mark.parametrize(
    "shape", ["(999999999999,)", "(4611686018427387904, 4)", "(-1,)", "(1e3,)", "(3, 3)", "()", "(__import__('os'),)"]
)
def test_shapes_that_are_claimed_are_held_against_what_is_there(shape, saved):
    path = saved[0]
    claim(path, "mass", lambda content: content.replace(b"(3,)", shape.encode()[:60]))
    with pytest.raises(ValueError, match=r"is none: mass "):
        otkit.load(path)


def test_bombs_are_not_unpacked(saved, monkeypatch):
    path, _, arrays = saved
    unpacked = []
    array = archives._array
    monkeypatch.setattr(archives, "_array", lambda *a: unpacked.append(a[2]) or array(*a))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("state.npy", bytes(1 << 28))
    with pytest.raises(ValueError, match="it would unpack to more than"):
        otkit.load(path)
    np.savez(path, **{f"a{k}": arrays["a"] for k in range(99)})
    with pytest.raises(ValueError, match="it has 99 members, and 32 are the most"):
        otkit.load(path)
    assert unpacked == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_given_twice_or_of_other_kinds_are_refused(saved):
    path = saved[0]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a.npy", b"")
    with pytest.raises(ValueError, match=r"has a member 'a.npy', which is a second one"):
        otkit.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../a.txt", b"")
    with pytest.raises(ValueError, match=r"which is a second one or no array"):
        otkit.load(path)


def test_what_packs_too_well_is_written_unpacked_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ROOM", 1 << 12)
    problem = otkit.TransportProblem(np.zeros((300, 300)))
    problem.save(tmp_path / "p.npz")
    assert (tmp_path / "p.npz").stat().st_size > 300 * 300 * 8
    assert otkit.TransportProblem.load(tmp_path / "p.npz").shape == (300, 300)


def test_lengths_are_shared_by_all_fields():
    sizes: dict[str, int] = {}
    archives.checked(np.zeros(3), "f", Field(("n",)), sizes)
    archives.checked(np.zeros(4, int), "starts", Field(("n+1",), "index"), sizes)
    with pytest.raises(ValueError, match="x must have 3 entries along an axis, but its shape is"):
        archives.checked(np.zeros((4, 2)), "x", Field(("n", "d")), sizes)
    with pytest.raises(ValueError, match="starts leaves int64"):
        archives.checked(np.array([2**63 + 1], np.uint64), "starts", Field(("k",), "index"), sizes)
