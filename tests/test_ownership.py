"""What results rest on is theirs: the caller's arrays may change afterwards."""

from __future__ import annotations

import gc
import pickle
import types
from typing import Any

import numpy as np
import pytest
from doors import Door, doors

import otkit
from otkit.costs import matrices
from otkit.costs.fingerprint import fingerprint


def arrays_in(value: Any) -> list[np.ndarray]:
    """Return all arrays that an object leads to, closures included."""
    seen: set[int] = set()
    todo, found = [value], []
    while todo:
        here = todo.pop()
        if id(here) in seen or isinstance(here, (type, types.ModuleType, str, bytes)):
            continue
        seen.add(id(here))
        if isinstance(here, np.ndarray):
            found.append(here)
        if isinstance(here, types.FunctionType):
            todo += [cell.cell_contents for cell in here.__closure__ or ()]
        else:
            todo += gc.get_referents(here)
    return found


def parts(values: dict[str, Any]) -> list[np.ndarray]:
    return [part for value in values.values() for part in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("door", doors())
def test_no_result_holds_the_callers_memory(door: Door):
    given = door.values
    result = door.result(**given)
    shared = [one.shape for one in arrays_in(result) for other in parts(given) if np.shares_memory(one, other)]
    assert not shared


@pytest.mark.parametrize("door", doors())
def test_a_result_stays_what_it_is_when_the_callers_arrays_change(door: Door):
    given = door.values
    result = door.result(**given)
    said = repr(result)
    for part in parts(given):
        part[...] = 3.0 * part + 1.0
    assert repr(result) == said
    np.testing.assert_array_equal(np.asarray(door.number(result), dtype=float), np.asarray(door.number(door.result())))


def test_what_is_saved_of_points_is_what_was_solved(tmp_path):
    x, y = np.array([[0.0], [1.0]]), np.array([[0.25], [1.25]])
    result = otkit.wasserstein(x, y)
    projected = result.barycentric_projection().tolist()
    x *= 3.0
    y -= 5.0
    result.save(tmp_path / "result.npz")
    result.certificate.save(tmp_path / "proof.json")
    assert otkit.load(tmp_path / "result.npz").distance == result.distance == 0.25
    assert otkit.check_proof(otkit.load(tmp_path / "result.npz").problem, tmp_path / "proof.json").optimum == 0.25
    assert result.barycentric_projection().tolist() == projected


@pytest.fixture
def borrowed(monkeypatch):
    """Let no matrix be copied."""
    monkeypatch.setattr(matrices, "LARGEST_COPY", 0)


def test_a_matrix_that_is_not_copied_is_not_to_be_changed(borrowed, rng, tmp_path):
    cost = rng.random((6, 6))
    problem = otkit.TransportProblem(cost)
    result = otkit.transport(problem)
    assert np.shares_memory(problem.cost.pairs.matrix, cost)
    result.save(tmp_path / "before.npz")
    cost[2, 3] += 1e-9
    steps = (
        lambda: result.save(tmp_path / "r.npz"),
        lambda: problem.save(tmp_path / "r.npz"),
        lambda: result.certificate.save(tmp_path / "proof.json"),
        lambda: otkit.certify(problem, plan=result.plan),
        result.sensitivity,
        lambda: otkit.transport(problem),
        problem.cost.dense,
        lambda: pickle.dumps(result),
    )
    for step in steps:
        with pytest.raises(ValueError, match=r"C must stay as it is .* Hand over C\.copy\(\)"):
            step()
    cost[2, 3] = otkit.load(tmp_path / "before.npz").problem.cost.at([2], [3])[0]
    result.save(tmp_path / "after.npz")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fingerprints_tell_every_single_change(order, dtype, rng):
    matrix = np.array(rng.random((7, 11)), dtype=dtype, order=order)
    before = fingerprint(matrix)
    for i, j in np.ndindex(matrix.shape):
        changed = matrix.copy(order=order)
        changed[i, j] = -changed[i, j]
        assert fingerprint(changed) != before
        changed[(i + 3) % 7, j] *= -1.0  # two leading bits
        assert fingerprint(changed) != before
    assert fingerprint(matrix[::-1].copy(order=order)) != before
    assert fingerprint(matrix.copy(order=order)) == before


def test_large_matrices_have_fingerprints_of_all_their_rows(rng):
    matrix = rng.random((700, 600))
    before = fingerprint(matrix)
    for i in range(0, 700, 37):
        matrix[i, i % 600] += 1.0
        assert fingerprint(matrix) != before
        before = fingerprint(matrix)
