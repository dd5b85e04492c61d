"""Files that somebody damaged or forged: made from true ones by the thousand, opened, and what is then said is checked.

As a program (`python fuzzing.py FORMAT SEED COUNT`) it works in a process of its own, with limits of time and memory,
so that a crash of compiled code is seen by who started it. It prints how many files were refused and how many loaded.
"""

from __future__ import annotations

import io
import json
import random
import resource
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from oracles import exact_optimum

import otkit
from otkit.checker import proof_files
from otkit.io.tables import read_table
from otkit.io.writing import write_matrix, write_table

LONGEST = 60.0  # seconds of the processor for a file, in which kernels may have to be compiled
MOST_MEMORY = 6 << 30  # of addresses, most of which compiled libraries reserve

ROTTEN_NUMBERS = [0.0, -0.0, -1.0, 1e-3, 5e-324, 1e300, -1e300, float("nan"), float("inf"), float("-inf"), 2.0**53]
ROTTEN_INDICES = [-1, 0, 1, 2, 3, 99, 2**31, 2**32, 2**62, -(2**62)]
ROTTEN_JSON = [
    None, True, False, 0, 1, -1, 2, 1.5, "", "x", "banana", [], {}, [0], [[0, 0]], 10**400, -(10**400), 1e308, "tree",
    "line", "exact", "bounds", "\x1b[2J", "0x1p+2", "nan", float("nan"), float("inf"), "Euclidean", "9" * 50,
]  # fmt: skip


class Sample(NamedTuple):
    """A true file, and what opens one: it raises what is documented, or says what can be checked."""

    name: str
    content: bytes
    open: Callable[[Path], None]


# --- damage -----------------------------------------------------------------------------------------------------------


def damaged_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flip bits, cut, repeat, exchange or overwrite parts."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at, size = rng.randrange(len(data) + 1), rng.choice([1, 2, 4, 8, 30])
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at : at + size]
        elif kind == 3:
            data[at:at] = data[at : at + size] * rng.choice([1, 1, 100])
        elif kind == 4:
            data[at : at + size] = rng.choice([b"\x00", b"\xff", b"[", b"9", b'"', rng.randbytes(1)]) * size
        else:
            other = rng.randrange(len(data) + 1)
            data[at : at + size], data[other : other + size] = data[other : other + size], data[at : at + size]
    return bytes(data)


def damaged_json(value: Any, rng: random.Random) -> Any:
    """Replace, remove, exchange or repeat something somewhere."""
    if rng.random() < 0.3 or not isinstance(value, dict | list) or not value:
        return rng.choice(ROTTEN_JSON)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = rng.choice(list(keys))
    changed = dict(value) if isinstance(value, dict) else list(value)
    kind = rng.randrange(5)
    if kind == 0:
        del changed[key]
    elif kind == 1:
        other = rng.choice(list(keys))
        changed[key], changed[other] = value[other], value[key]
    elif kind == 2 and isinstance(changed, list):
        changed.extend([value[key]] * rng.choice([1, 1, 1000]))
    else:
        changed[key] = damaged_json(value[key], rng)
    return changed


def damaged_text(content: Any, rng: random.Random) -> str:
    """Write JSON that is damaged in its values or in its letters."""
    if rng.random() < 0.02:
        return "[" * rng.choice([10, 10_000]) + json.dumps(content)
    text = json.dumps(damaged_json(content, rng) if rng.random() < 0.8 else content)
    if rng.random() < 0.3:
        text = damaged_bytes(text.encode(), rng).decode("latin-1")
    if rng.random() < 0.05 and text.startswith("{"):
        text = text[:-1] + "," + text[1:]  # each key twice
    return text


def damaged_array(array: np.ndarray, arrays: dict[str, np.ndarray], rng: random.Random) -> np.ndarray:
    """Change entries, the type or the shape of an array, or take another one."""
    kind = rng.randrange(8)
    if kind <= 2 and array.size and array.dtype.kind in "fiu":
        changed = array.copy()
        for _ in range(rng.choice([1, 1, 3])):
            rotten = ROTTEN_NUMBERS if array.dtype.kind == "f" else ROTTEN_INDICES
            with np.errstate(all="ignore"):
                changed.flat[rng.randrange(array.size)] = np.array(rng.choice(rotten)).astype(array.dtype)
        return changed
    if kind == 3 and array.ndim:
        return array[: rng.randrange(len(array) + 1)]
    if kind == 4 and array.ndim:
        return np.concatenate([array, array[: rng.randrange(len(array) + 1)]])
    if kind == 5:
        with np.errstate(all="ignore"):
            return array.astype(rng.choice(["f4", "f8", "i1", "i4", "u8", "c16", "?", "S3", ">f8", "f2"]))
    if kind == 6:
        return rng.choice([array.reshape(-1), array[None], array.T, np.asfortranarray(array), array[..., None]])
    if rng.random() < 0.5 and array.ndim:
        return array[np.random.default_rng(rng.randrange(2**32)).permutation(len(array))]
    return arrays[rng.choice(list(arrays))]


def damaged_npy(content: bytes, rng: random.Random) -> bytes:
    """Damage the head of a NumPy file: what it says of the shape and the type."""
    kind = rng.randrange(4)
    if kind == 0:
        shape = rng.choice(["(999999999999,)", "(2305843009213693952, 8)", "()", "(-1,)", "(0,)", "(1e9,)", "((1,),)"])
        start = content.find(b"'shape': (")
        return content[:start] + f"'shape': {shape}, }}".encode() + content[content.find(b"}", start) + 1 :]
    if kind == 1:
        return content.replace(b"<f8", rng.choice([b"|O8", b"<f4", b"<i8", b"<U9", b"[(a", b"<f9"]), 1)
    if kind == 2:
        return content[:6] + bytes([rng.randrange(5), 0]) + content[8:]
    return damaged_bytes(content, rng)


def damaged_archive(content: bytes, rng: random.Random) -> bytes:
    """Damage an NPZ file: its bytes; or header, arrays and members, with the right check sums."""
    if rng.random() < 0.15:
        return damaged_bytes(content, rng)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    arrays = {name: np.load(io.BytesIO(data)) for name, data in members.items()}
    names = list(members)
    repeated = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        name, kind = rng.choice(names), rng.randrange(12)
        if name == "header.npy" and kind < 9:
            members[name] = as_npy(np.array(damaged_text(json.loads(str(arrays[name])), rng)))
        elif kind < 7:
            members[name] = as_npy(damaged_array(arrays[name], arrays, rng))
        elif kind == 7:
            members[name] = damaged_npy(members.get(name, b""), rng)
        elif kind == 8:
            members.pop(name, None)
        elif kind == 9:
            other = rng.choice(names)
            members[name], members[other] = members.get(other, b""), members.get(name, b"")
        elif kind == 10:
            repeated.append(name)
        else:
            members[rng.choice(["x.npy", "state.npy", "../a.npy", "a", "matrix.npy"])] = members.get(name, b"")
    out = io.BytesIO()
    bomb = rng.random() < 0.002
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        for name in repeated:
            archive.writestr(name, members.get(name, b""))
        if bomb:
            archive.writestr("bomb.npy", bytes(1 << 27), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def as_npy(array: np.ndarray) -> bytes:
    """Return the NumPy file of an array."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


# --- truth ------------------------------------------------------------------------------------------------------------


KNOWN: dict[Any, Any] = {}
FORBIDDEN = Fraction(10) ** 700  # the price of a pair that is no arc


def interval_of_truth(problem: otkit.TransportProblem) -> tuple[Fraction, Fraction, bool] | None:
    """Return the optimum of the costs as evaluated, and on the line of the real ones; None where there is no plan."""
    costs = problem.cost.dense()
    line = problem.cost.line()
    key = (costs.tobytes(), problem.a.tobytes(), problem.b.tobytes(), problem.probability, line is None)
    if key not in KNOWN:
        table = [[FORBIDDEN if np.isinf(c) else Fraction(c) for c in row] for row in costs.tolist()]
        tables = [table]
        if line is not None and line.p == int(line.p):
            tables.append(
                [
                    [Fraction(line.scale) * abs(Fraction(u) - Fraction(v)) ** int(line.p) for v in line.y.tolist()]
                    for u in line.x.tolist()
                ]
            )
        masses = [[Fraction(w) for w in side.tolist()] for side in (problem.a, problem.b)]
        share = sum(masses[0]) if problem.probability else 1
        KNOWN[key] = [exact_optimum(np.array(each, dtype=object), *masses).value / share for each in tables]
    return KNOWN[key]


def require_true(problem: otkit.TransportProblem, certificate: otkit.Certificate) -> None:
    """Raise AssertionError where a certificate says what is not so."""
    if max(problem.shape) > 8:
        return
    truths = interval_of_truth(problem)
    assert any(
        (certificate.lower == -np.inf or Fraction(certificate.lower) <= truth)
        and (certificate.upper == np.inf or truth <= Fraction(certificate.upper) or truth > FORBIDDEN / 10**400)
        for truth in truths
    ), (certificate, [float(truth) for truth in truths])
    if certificate.proof == "exact":
        assert any(certificate.value == float(truth) for truth in truths), (certificate, truths)
    assert certificate.proof in ("exact", "float", "bounds")


# --- formats ----------------------------------------------------------------------------------------------------------


def open_result(path: Path) -> None:
    """Open a result and use all of it."""
    try:
        result = otkit.load(path)
    except ValueError:
        raise Refused from None
    require_true(result.problem, result.certificate)
    str(result)
    result.plan.toarray()
    if result.certificate.optimal and result.candidate.basis is not None:
        with suppress(ValueError):  # a plan that is not along the tree, or no tree
            result.sensitivity()
    if result.certificate.evidence is not None:
        proof = path.with_suffix(".json")
        result.certificate.save(proof)
        otkit.check_proof(result.problem, proof)


def open_problem(path: Path) -> None:
    """Open a problem and solve it."""
    try:
        problem = otkit.TransportProblem.load(path)
    except ValueError:
        raise Refused from None
    try:
        result = otkit.transport(problem, on_failure="return")
    except ValueError:  # no plan, or beyond float64
        raise Refused from None
    require_true(result.problem, result.certificate)


class Refused(Exception):  # noqa: N818  # an outcome, not an error
    """The file was refused by an exception that is documented."""


def results() -> list[otkit.TransportResult]:
    """Return small results of every kind that files hold."""
    x, y = [[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]], [[0.0, 1.0], [1.5, 1.0]]
    graph = scipy.sparse.coo_array(([1.0, 4.0, 2.0, 3.0], ([0, 0, 1, 2], [0, 1, 1, 0])))
    return [
        otkit.transport([[4.0, 1.0], [2.0, 3.0], [7.0, 5.0]], [1, 2, 1], [2, 2]),
        otkit.wasserstein(x, y, [1, 0, 2], [1, 2]),
        otkit.wasserstein(x, y, metric=otkit.Minkowski(3), p=2),
        otkit.wasserstein(x, y, metric="haversine", proof="float"),
        otkit.wasserstein([0.0, 1.0, 4.0], [0.5, 2.0], [1, 2, 0], method="line"),
        otkit.wasserstein([0.0, 1.0, 4.0], [0.5, 2.0], p=2, method="line"),
        otkit.transport(graph, [3, 1, 1], [3, 2], method="simplex"),
    ]


def _saved(save: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.npz"
        save(path)
        return path.read_bytes()


def samples_of_results() -> list[Sample]:
    """Results in NPZ files."""
    return [Sample("result", _saved(result.save), open_result) for result in results()]


def samples_of_problems() -> list[Sample]:
    """Problems in NPZ files, one of them without a plan."""
    problems = [result.problem for result in results()]
    try:
        otkit.transport([[1.0, 2.0]], [3.0], [1.0, 1.0])
    except otkit.InfeasibleError as error:
        problems.append(error.problem)
    return [Sample("problem", _saved(problem.save), open_problem) for problem in problems]


def samples_of_proofs() -> list[Sample]:
    """Proofs in JSON, each with the problem that it is about."""
    samples = []
    for result in results():
        if result.certificate.evidence is None:
            continue
        samples.append((result.problem, _saved(result.certificate.save), result.certificate.value))
    for C, a, b in (
        ([[1.0, 2.0]], [3.0], [1.0, 1.0]),
        (scipy.sparse.coo_array(([1.0, 1.0, 1.0], ([0, 1, 2], [0, 0, 1]))), [2, 3, 0.1], [3.0, 2.1]),
    ):
        try:
            otkit.transport(C, a, b)
        except otkit.InfeasibleError as error:
            samples.append((error.problem, _saved(error.save), None))

    def opening(problem: otkit.TransportProblem, value: float | None) -> Callable[[Path], None]:
        def open_proof(path: Path) -> None:
            try:
                proved = otkit.check_proof(problem, path)
            except ValueError:  # of which ProofError is one
                raise Refused from None
            if value is None:
                assert proved.optimum is None
                assert proved.statement.startswith("no plan")
            else:
                carried = problem.cost.arithmetic == "libm"
                assert proved.optimum is not None
                near = abs(float(proved.optimum) - value) <= (1e-12 * value if carried else 0.0)
                assert near or proof_files.read_proof(path, problem)["kind"] == "line", (proved, value)

        return open_proof

    return [Sample("proof", content, opening(problem, value)) for problem, content, value in samples]


def samples_of_blocks() -> list[Sample]:
    """Cached blocks of `pairwise`: whatever the file holds, the distances are right."""
    clouds = np.random.default_rng(0).normal(size=(3, 2, 2))
    truth = otkit.pairwise(clouds)
    with tempfile.TemporaryDirectory() as folder:
        otkit.pairwise(clouds, cache_dir=folder)
        (file,) = Path(folder).iterdir()
        name, content = file.name, file.read_bytes()

    def open_block(path: Path) -> None:
        place = path.with_name("cache")
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(path.read_bytes())
        found = otkit.pairwise(clouds, cache_dir=place)
        for part in ("distances", "lower", "upper"):
            assert np.array_equal(getattr(found, part), getattr(truth, part))

    return [Sample("block", content, open_block)]


def samples_of_tables() -> list[Sample]:
    """Tables in NPY, NPZ and Parquet files: numbers that are read are as many as the table says."""
    values, made = np.array([[1.0, 2.5], [3.0, -4.0], [5.0, 6.0]]), []
    columns = {"x": values[:, 0], "y": values[:, 1], "n": np.array([1, 2, 3])}
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".npy", ".npz", ".parquet"):
            for write in (lambda path: write_table(path, columns), lambda path: write_matrix(path, values)):
                place = Path(folder) / f"table{suffix}"
                write(place)
                made.append((suffix, place.read_bytes()))

    def opening(suffix: str) -> Callable[[Path], None]:
        def open_table(path: Path) -> None:
            place = path.with_suffix(suffix)
            if place != path:
                path.replace(place)
            try:
                table = read_table(place)
            except (ValueError, TypeError, MemoryError):
                raise Refused from None
            assert all(len(table[name]) == len(table[table.columns[0]]) for name in table.columns)

        return open_table

    return [Sample(suffix, content, opening(suffix)) for suffix, content in made]


def damaged_table(content: bytes, rng: random.Random) -> bytes:
    """Damage an archive in its arrays, and other files in their heads and bytes."""
    if content.startswith(b"PK"):
        return damaged_archive(content, rng)
    return damaged_npy(content, rng) if content.startswith(b"\x93NUMPY") else damaged_bytes(content, rng)


FORMATS = {
    "tables": (samples_of_tables, damaged_table),
    "results": (samples_of_results, damaged_archive),
    "problems": (samples_of_problems, damaged_archive),
    "blocks": (samples_of_blocks, damaged_archive),
    "proofs": (
        samples_of_proofs,
        lambda content, rng: damaged_text(json.loads(content), rng).encode("utf-8", "replace"),
    ),
}


def fuzz(kind: str, seed: int, count: int, longest: float = float("inf")) -> Counter[str]:
    """Open `count` damaged files, each within `longest` seconds; return how many were refused and how many loaded."""
    make, damage = FORMATS[kind]
    samples, rng, outcomes = make(), random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.npz"
        for sample in samples:  # as they are, they load
            path.write_bytes(sample.content)
            sample.open(path) if sample.name != "problem" else None
        for number in range(count):
            sample = rng.choice(samples)
            content = damage(sample.content, rng)
            path.write_bytes(content)
            start = time.process_time()
            try:
                sample.open(path)
            except Refused:
                outcomes["refused"] += 1
            except BaseException as error:
                error.add_note(f"file {number} of {kind}, seed {seed}: {zlib.compress(content).hex()}")
                raise
            else:
                outcomes["loaded"] += 1
            assert time.process_time() - start < longest, (kind, seed, number)
    return outcomes


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    print(json.dumps(fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), LONGEST)))
