"""The same input gives the same bits: on any number of threads, in any order of calls, in any process.

Run as a program, this file prints the digest of each solve; so do the tests in processes of their own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

import otkit


def uniform(seed: int, *shape: int) -> np.ndarray:
    """Return numbers from [0, 1), multiples of 2^-53: the raw stream of PCG64, which NumPy promises to keep."""
    return ((np.random.PCG64(seed).random_raw(int(np.prod(shape))) >> 11) * 2.0**-53).reshape(shape)


def clouds(n: int, m: int, d: int, cost: otkit.costs.Cost, p: float = 1.0, *, weighted: bool = True):
    x, y = uniform(1, n, d), uniform(2, m, d) + 0.25
    a, b = (uniform(3, n), uniform(4, m)) if weighted else (None, None)
    return otkit.TransportProblem(cost.between(x, y, p=p), a, b, probability=True)


def matrix(n: int, m: int) -> otkit.TransportProblem:
    return otkit.TransportProblem(uniform(5, n, m), uniform(6, n), uniform(7, m), probability=True)


def lattice(n: int, side: int) -> otkit.TransportProblem:
    """Return a problem with ties at every step: equal weights on few places."""
    x, y = (np.floor(side * uniform(seed, n, 2)) for seed in (8, 9))
    return otkit.TransportProblem(otkit.Cityblock().between(x, y))


def distinct_lattice(n: int, side: int) -> otkit.TransportProblem:
    """Return a problem with ties at every step, and no place taken twice."""
    places = np.stack(np.divmod(np.arange(side * side), side), axis=1).astype(float)
    x, y = (places[np.argsort(uniform(seed, side * side), kind="stable")[:n]] for seed in (8, 9))
    return otkit.TransportProblem(otkit.Cityblock().between(x, y))


def tied_line(n: int) -> otkit.TransportProblem:
    """Return points on the line, some 25 to each place."""
    x, y = (np.floor(40 * uniform(seed, n)) for seed in (8, 9))
    return otkit.TransportProblem(otkit.Euclidean().between(x, y), uniform(3, n), uniform(4, n), probability=True)


def graph(n: int) -> otkit.TransportProblem:
    rows, cols = np.tile(np.arange(n), 5), np.concatenate([(np.arange(n) + k) % n for k in range(5)])
    listed = scipy.sparse.coo_array((uniform(10, 5 * n), (rows, cols)), shape=(n, n))
    return otkit.TransportProblem(listed)


EUCLIDEAN, SQUARED = otkit.Euclidean(), otkit.SqEuclidean()

# Every road through every solver. All costs are made of + − × ÷ √, or given.
SOLVES: dict[str, tuple[str, Callable[[], otkit.TransportProblem]]] = {
    "dense": ("simplex", lambda: clouds(200, 180, 2, EUCLIDEAN)),
    "dense, uniform": ("simplex", lambda: clouds(150, 150, 2, EUCLIDEAN, weighted=False)),
    "dense, ties": ("simplex", lambda: lattice(120, 6)),
    "dense, matrix": ("simplex", lambda: matrix(160, 200)),
    "levels in the plane": ("simplex", lambda: clouds(700, 650, 2, EUCLIDEAN)),
    "levels, squared": ("simplex", lambda: clouds(700, 700, 3, SQUARED, weighted=False)),
    "levels in 10-D": ("simplex", lambda: clouds(700, 750, 10, EUCLIDEAN)),
    "levels, ties": ("simplex", lambda: distinct_lattice(400, 30)),
    "repeated points, ties": ("simplex", lambda: lattice(400, 12)),
    "levels, matrix": ("simplex", lambda: matrix(600, 500)),
    "graph": ("simplex", lambda: graph(200)),
    "line": ("line", lambda: clouds(3000, 2500, 1, EUCLIDEAN, 2.0)),
    "line, ties": ("line", lambda: tied_line(1000)),
    "assignment": ("assignment", lambda: clouds(300, 300, 2, EUCLIDEAN, weighted=False)),
    "lp": ("lp", lambda: clouds(70, 60, 2, SQUARED)),
    "sinkhorn": ("sinkhorn", lambda: clouds(90, 80, 2, SQUARED)),
}


def solved(name: str, threads: int | None = None) -> otkit.TransportResult:
    method, make = SOLVES[name]
    return otkit.transport(make(), method=method, threads=threads)


def digest(result: otkit.TransportResult) -> str:
    """Return a hash of every bit of value, plan and potentials."""
    rows, cols, mass = plan_of(result)
    found = hashlib.blake2b(digest_size=8)
    for indices in (rows, cols):
        found.update(indices.astype("<i8").tobytes())
    for numbers in (np.array([result.value]), mass, *result.potentials):
        found.update(numbers.astype("<f8").tobytes())
    return found.hexdigest()


def plan_of(result: otkit.TransportResult) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the arcs in the order of the matrix: rows, columns, mass."""
    answer = result.candidate
    order = np.lexsort((answer.cols, answer.rows))
    return answer.rows[order], answer.cols[order], answer.mass[order]


@cache
def first_digest(name: str) -> str:
    return digest(solved(name))


def digests_elsewhere(names, environment: dict[str, str]) -> dict[str, str]:
    """Return the digests of solves, one after the other in a process of its own."""
    found = str(Path(otkit.__file__).parents[1])
    path = os.pathsep.join(filter(None, [found, os.environ.get("PYTHONPATH")]))
    program = [sys.executable, __file__, *names]
    environment = {**os.environ, "PYTHONPATH": path, **environment}
    run = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    return dict(line.split(" = ") for line in run.stdout.splitlines())


def main(names: list[str]) -> None:
    for name in names or SOLVES:
        print(f"{name} = {digest(solved(name))}")


@pytest.mark.parametrize("name", SOLVES)
def test_threads_and_repetition_change_no_bit(name):
    assert {digest(solved(name, threads)) for threads in (1, 2, 3, None)} == {first_digest(name)}


def test_order_of_calls_changes_no_bit():
    for name in np.random.default_rng(0).permutation([*SOLVES, *SOLVES]).tolist():
        assert digest(solved(name)) == first_digest(name), name


def test_calls_at_the_same_time_change_no_bit():
    names = [*SOLVES, *reversed(SOLVES)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda name: digest(solved(name)), names)) == [first_digest(name) for name in names]


def test_a_fresh_process_finds_the_same_bits():
    """Another seed of Python's hashes, one thread, and the solves in reverse order."""
    one = {"PYTHONHASHSEED": "17", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    assert digests_elsewhere(reversed(SOLVES), one) == {name: first_digest(name) for name in SOLVES}


# What other machines found. A change of a solver that moves them is no error: it takes the other optimum of a tie, or
# rounds potentials elsewhere. Then `python tests/test_reproducible.py` prints the new ones. Not here: Sinkhorn's
# iteration, which rests on exp(), and HiGHS, whose version and build have a say in the prices of a degenerate plan.
BITS = {
    "dense": "bda3e834942af9bd",
    "dense, uniform": "c9cb8a7f332f38b6",
    "dense, ties": "39070a0b4f3c8d16",
    "dense, matrix": "663523b5f8bc2672",
    "levels in the plane": "7d38037e46125ad4",
    "levels, squared": "523529b71915f335",
    "levels in 10-D": "1633f1707b7ad586",
    "levels, ties": "cec8a6b830736e97",
    "repeated points, ties": "b69b2dec575e352e",
    "levels, matrix": "75401645c72a5e02",
    "graph": "cddc33e1b7f98eb9",
    "line": "69a21b19e8a7f83f",
    "line, ties": "5452e7b3d6687579",
    "assignment": "5dae6c2e6aa83131",
}


@pytest.mark.parametrize("name", BITS)
def test_bits_are_those_of_other_machines(name):
    assert first_digest(name) == BITS[name]


# Exact methods whose costs come from points, and may as well be given as a matrix.
FROM_POINTS = [name for name, (method, _) in SOLVES.items() if method in ("simplex", "assignment", "lp")]
FROM_POINTS = [name for name in FROM_POINTS if "matrix" not in name and name != "graph"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", FROM_POINTS)
def test_a_matrix_gives_the_bits_of_the_points_it_came_from(name, order):
    result = solved(name)
    problem = result.problem
    cost = np.asarray(problem.cost.dense(), order=order)
    given = otkit.TransportProblem(cost, problem.a, problem.b, probability=problem.probability)
    other = otkit.transport(given, method=result.method)
    assert other.value == result.value
    assert other.certificate.unique is result.certificate.unique is ("ties" not in name)
    if result.certificate.unique:
        assert all(map(np.array_equal, plan_of(other), plan_of(result)))


# What NumPy and OpenBLAS choose at run time: no fused multiplication, no wide vectors.
PLAIN_NUMPY = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(name for name in __cpu_dispatch__ if __cpu_features__[name]),
    "OPENBLAS_CORETYPE": "Prescott",
}


def test_a_simpler_processor_finds_the_same_bits():
    assert digests_elsewhere(BITS, PLAIN_NUMPY) == BITS


@pytest.mark.slow  # compiles every kernel
def test_kernels_for_a_simpler_processor_find_the_same_bits(tmp_path):
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "OTKIT_CACHE_DIR": str(tmp_path)}
    assert digests_elsewhere(BITS, PLAIN_NUMPY | plain) == BITS


if __name__ == "__main__":
    main(sys.argv[1:])
