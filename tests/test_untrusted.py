"""Arrays from users and other libraries, which may be anything: no compiled function follows an index it should not."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

import otkit
from otkit.optimal_transport.sensitivity import sensitivity
from otkit.solvers.candidate import Candidate

FAR = [-1, 3, 10**6, -(2**62), 2**62]


def solved():
    return otkit.transport([[4.0, 1.0, 2.0], [2.0, 3.0, 1.0], [7.0, 5.0, 9.0]], [1, 2, 1], [2, 1, 1])


def with_entry(array, value):
    changed = array.copy()
    changed[-1] = value
    return changed


def tampered(answer: Candidate):
    """Yield candidates that are not what they should be, and the name of what is wrong."""
    for value in FAR:
        yield "plan rows", replace(answer, rows=with_entry(answer.rows, value))
        yield "plan columns", replace(answer, cols=with_entry(answer.cols, value))
        yield "tree rows", replace(answer, basis=(with_entry(answer.basis[0], value), answer.basis[1]))
        yield "tree columns", replace(answer, basis=(answer.basis[0], with_entry(answer.basis[1], value)))
    yield "tree", replace(answer, basis=(answer.basis[0][:2], answer.basis[1]))
    yield "plan", replace(answer, rows=answer.rows[:-1])
    for name in "fg":
        yield name, replace(answer, **{name: getattr(answer, name)[:-1]})
        yield name, replace(answer, **{name: getattr(answer, name)[:, None]})
        yield name, replace(answer, **{name: getattr(answer, name).astype(np.float32)})
    yield "mass", replace(answer, mass=answer.mass[:1])


def test_answers_that_were_changed_are_refused_where_they_are_used():
    result = solved()
    cases = list(tampered(result.candidate))
    assert len(cases) > 25
    for name, answer in cases:
        with pytest.raises(ValueError, match=f"^{name} must"):
            sensitivity(result.problem, answer)
        other = pickle.loads(pickle.dumps(replace(result, candidate=answer)))  # as from a file
        with pytest.raises(ValueError, match=f"^{name} must"):
            other.sensitivity()
        with pytest.raises(ValueError, match=f"^{name} must"):
            otkit.transport(result.problem, warm_start=other, method="simplex")


def test_trees_over_points_without_mass_are_refused():
    result = otkit.wasserstein([[0.0], [1.0], [2.0]], [[0.5], [3.0], [5.0]], [1, 0, 2], [1, 1, 0], method="simplex")
    rows, cols = result.candidate.basis
    assert rows.size == 3
    for basis in ((np.array([0, 1, 2]), np.array([0, 0, 1])), (np.array([0, 2, 2]), np.array([0, 1, 2]))):
        answer = replace(result.candidate, basis=basis, rows=basis[0][:1], cols=basis[1][:1], mass=np.ones(1))
        with pytest.raises(ValueError, match="sensitivity needs a spanning tree"):
            sensitivity(result.problem, answer)
    for empty in (rows[:0], cols[:0]):
        with pytest.raises(ValueError, match="sensitivity needs the tree"):
            sensitivity(result.problem, replace(result.candidate, basis=(empty, empty)))


def test_trees_that_are_none_are_refused():
    result = solved()
    rows, cols = result.candidate.basis
    for basis in ((rows[[0] * rows.size], cols[[0] * cols.size]), (rows[:-1], cols[:-1])):
        with pytest.raises(ValueError, match=r"spanning tree|plan along a tree"):
            sensitivity(result.problem, replace(result.candidate, basis=basis))


@pytest.mark.parametrize("value", FAR)
def test_plans_whose_indices_leave_the_problem_are_refused(value):
    result = solved()
    answer = result.candidate
    for plan in (
        replace(answer, rows=with_entry(answer.rows, value)),
        (answer.rows, with_entry(answer.cols, value), answer.mass),
        (answer.rows.tolist(), with_entry(answer.cols, value).tolist(), answer.mass),
        np.column_stack([with_entry(answer.rows, value), answer.cols, answer.mass])[:, :3][[0, 1, 2, -1]],
    ):
        with pytest.raises(ValueError, match=r"plan (rows|columns) must be integers"):
            otkit.certify(result.problem, plan=plan)
    with pytest.raises(IndexError, match="cols must be integers from 0 to 2"):
        result.problem.cost.at([0], [value])
    with pytest.raises(IndexError, match="rows must be integers from 0 to 2"):
        result.sensitivity().reduced_cost([value], [0])


@pytest.mark.parametrize("index", [[0.5], [np.nan], [np.inf], [1e300], [2.0**60], ["0"], [None], [[0]], [0j]])
def test_what_is_no_index_is_no_index(index):
    costs = solved().problem.cost
    with pytest.raises((ValueError, TypeError), match=r"^rows must"):
        costs.at(index, [0])


def test_every_integer_type_is_an_index():
    costs = solved().problem.cost
    for dtype in (np.int8, np.uint8, np.int32, np.uint64, np.float32, np.float64):
        assert costs.at(np.array([1], dtype), np.array([2], dtype)) == 1.0
    assert costs.at([], []).size == 0
    with pytest.raises(IndexError, match=str(2**64 - 1)):
        costs.at(np.array([2**64 - 1], np.uint64), [0])


def sparse(kind="csr"):
    table = np.array([[4.0, 1.0, 0.0], [2.0, 3.0, 1.0], [0.0, 5.0, 9.0]])
    return getattr(scipy.sparse, f"{kind}_array")(table)


def _set(array, place, value):
    array[place] = value


BROKEN = {
    "csr index": ("csr", lambda c: _set(c.indices, 0, 10**8)),
    "csr negative index": ("csr", lambda c: _set(c.indices, 2, -5)),
    "csr end": ("csr", lambda c: _set(c.indptr, -1, 10**8)),
    "csr falling": ("csr", lambda c: _set(c.indptr, 1, 6)),
    "csr negative start": ("csr", lambda c: _set(c.indptr, 0, -3)),
    "csc index": ("csc", lambda c: _set(c.indices, 0, 10**8)),
    "csc end": ("csc", lambda c: _set(c.indptr, -1, 10**8)),
    "coo row": ("coo", lambda c: _set(c.coords[0], 0, 10**8)),
    "coo negative column": ("coo", lambda c: _set(c.coords[1], 0, -9)),
    "csr short data": ("csr", lambda c: setattr(c, "data", c.data[:2])),
    "csr short indices": ("csr", lambda c: setattr(c, "indices", c.indices[:2])),
    "csr short starts": ("csr", lambda c: setattr(c, "indptr", c.indptr[:2])),
}


@pytest.mark.parametrize("name", BROKEN)
def test_sparse_matrices_that_were_broken_are_refused(name):
    kind, break_it = BROKEN[name]
    costs = sparse(kind)
    break_it(costs)
    with pytest.raises(ValueError, match="C must be a sound sparse matrix"):
        otkit.transport(costs, [1, 2, 1], [2, 1, 1])
    with pytest.raises(ValueError, match="plan must be a sound sparse matrix"):
        otkit.certify(solved().problem, plan=costs)


def test_sparse_matrices_that_are_sound_are_taken():
    expected = otkit.transport(sparse(), [1, 2, 1], [2, 1, 1]).value
    unsorted = sparse()
    unsorted.indices[:2], unsorted.data[:2] = unsorted.indices[1::-1].copy(), unsorted.data[1::-1].copy()
    unsorted.has_sorted_indices = False
    doubled = scipy.sparse.coo_array(
        (np.tile(sparse("coo").data / 2, 2), np.tile(sparse("coo").coords, 2)), shape=(3, 3)
    )
    slack = sparse()
    slack.indices, slack.data = np.append(slack.indices, 99), np.append(slack.data, 1.0)  # beyond the last row
    for costs in (*map(sparse, ("csc", "coo", "lil", "dok")), unsorted, doubled, slack):
        assert otkit.transport(costs, [1, 2, 1], [2, 1, 1]).value == expected


def test_a_state_that_was_changed_is_refused(rng):
    x, y = rng.random((2, 400, 2))
    stopped = otkit.wasserstein(x, y, method="simplex", max_seconds=0.0, on_failure="return").candidate.state
    assert stopped is not None
    changes = [
        {name: with_entry(getattr(stopped, name), value)} for name in ("rows", "cols") for value in (-1, 10**6, 2**40)
    ]
    changes += [
        {"f": stopped.f[:-1]},
        {"g": stopped.g * np.nan},
        {"rows": stopped.rows[:-1]},
        {"level": -7},
    ]
    changes += [{"rows": stopped.rows[:3], "cols": stopped.cols[:3]}, {"shape": (400, 399)}]
    for change in changes:
        state = copy.copy(stopped)
        for name, value in change.items():
            object.__setattr__(state, name, value)
        options = otkit.SimplexOptions(resume=state)
        with pytest.raises(ValueError, match=r"^(resume|potentials)"):
            otkit.wasserstein(x, y, method="simplex", options=options)
