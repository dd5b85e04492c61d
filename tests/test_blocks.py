"""Blocks of pairs: kept on disk, sent to other processes, and done again where a worker is lost."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import otkit
from otkit import pairwise
from otkit.io import archives as archives_module
from otkit.many import blocks as blocks_module
from otkit.many import cache as cache_module
from otkit.many import clouds as clouds_module
from otkit.many.blocks import cut
from otkit.many.clouds import CloudPairs
from otkit.many.pair_kinds import Trees
from otkit.many.reading import as_comparison


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Many blocks of few measures."""
    monkeypatch.setattr(blocks_module, "LARGEST_SIDE", 4)


@pytest.fixture
def solved(monkeypatch):
    """Return a list that gets the number of pairs of each block that is solved."""
    counts = []
    solve = CloudPairs.solve

    def counting(self, first, second, trees=None):
        counts.append(first.size)
        return solve(self, first, second, trees)

    monkeypatch.setattr(CloudPairs, "solve", counting)
    return counts


def points(count=11, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 6, 2))


def same_result(one, other):
    for name in ("distances", "lower", "upper", "proof"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(("left", "right"), [(11, 0), (1, 0), (5, 7), (4, 4)])
@pytest.mark.parametrize("name", ["js", "kl"])  # symmetric, and not
def test_every_pair_is_in_one_block(left, right, name):
    rows = np.ones((left + right, 2))
    comparison, _ = as_comparison(
        rows[:left], rows[left:] if right else None, p=1, metric="euclidean", ground_cost=None, distance=name
    )
    own = right == 0
    seen = np.zeros((left, right or left), int)
    for block in cut(comparison, left):
        first, second = block.pairs()
        assert len(block) == first.size > 0
        which = block.measures
        assert which.size <= 8
        np.add.at(seen, (which[first], which[second] - (0 if own else left)), 1)
    expected = np.triu(np.ones_like(seen), 1) if own and name == "js" else np.ones_like(seen)
    np.testing.assert_array_equal(seen, expected)


def test_a_run_goes_on_where_it_was_interrupted(tmp_path, solved):
    measures = points()
    seen = []

    def interrupt(report):
        seen.append(report)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pairwise(measures, cache_dir=tmp_path, progress=interrupt)
    done = sum(solved)
    assert len(list(tmp_path.iterdir())) == len(solved) == 3
    result = pairwise(measures, cache_dir=tmp_path)
    assert sum(solved) == done + (55 - done) == 55
    same_result(result, pairwise(measures))
    solved.clear()
    same_result(result, pairwise(measures, cache_dir=tmp_path))
    assert solved == []


def test_what_differs_is_not_taken_from_the_cache(tmp_path, solved):
    measures = points(3)
    pairwise(measures, cache_dir=tmp_path)
    for changed in (
        lambda: pairwise(np.nextafter(measures, 2.0), cache_dir=tmp_path),
        lambda: pairwise(measures, cache_dir=tmp_path, p=2),
        lambda: pairwise(measures, cache_dir=tmp_path, metric="cityblock"),
        lambda: pairwise(measures, cache_dir=tmp_path, metric=otkit.Minkowski(3)),
        lambda: pairwise(measures, cache_dir=tmp_path, metric=otkit.Minkowski(4)),
        lambda: pairwise(measures, measures[::-1], cache_dir=tmp_path),
    ):
        solved.clear()
        changed()
        assert solved != []


def rewritten(file, **changes):
    """Replace arrays of a cached block, or leave them out where they are None."""
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files} | changes
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})


def redigested(file):
    """Make the digest right again, as somebody would who knows how."""
    with np.load(file) as kept:
        found = cache_module.Found(kept["value"], kept["lower"], kept["upper"], None)
        trees = Trees(kept["kind"], None, kept["rows"], kept["cols"]) if "kind" in kept else None
    rewritten(file, digest=cache_module._digest(file.stem, found, trees))


ones = np.ones(3)
DAMAGES = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "empty": lambda file: file.write_bytes(b""),
    "small": lambda file: rewritten(file, value=ones * 0.001, lower=ones * 0.001, upper=ones * 0.001),
    "NaN": lambda file: rewritten(file, value=ones * np.nan),
    "negative": lambda file: rewritten(file, value=-ones),
    "complex": lambda file: rewritten(file, value=ones * 1j),
    "objects": lambda file: rewritten(file, value=ones.astype(object)),
    "integers": lambda file: rewritten(file, value=np.arange(3)),
    "too many": lambda file: rewritten(file, value=np.ones(4), lower=np.ones(4), upper=np.ones(4)),
    "a table": lambda file: rewritten(file, value=np.ones((3, 1))),
    "missing": lambda file: rewritten(file, upper=None),
    "more": lambda file: rewritten(file, other=ones),
    "no digest": lambda file: rewritten(file, digest=None),
    "another digest": lambda file: rewritten(file, digest=np.zeros(16, np.uint8)),
}
FORGERIES = {
    "NaN": {"value": ones * np.nan},
    "NaN bounds": {"lower": ones * np.nan},
    "negative": {"value": -ones, "lower": -ones, "upper": -ones},
    "infinite": {"value": ones * np.inf},
    "outside": {"value": ones * 99.0},
    "too many": {name: np.ones(4) for name in ("value", "lower", "upper")},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_done_again(damage, tmp_path, solved):
    measures = points(3)
    result = pairwise(measures, cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    DAMAGES[damage](file)
    solved.clear()
    same_result(result, pairwise(measures, cache_dir=tmp_path))
    assert solved == [3]
    solved.clear()
    same_result(result, pairwise(measures, cache_dir=tmp_path))
    assert solved == []  # it was replaced


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_cannot_be_is_not_taken_even_with_the_right_digest(forgery, tmp_path, solved):
    measures = points(3)
    result = pairwise(measures, cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    rewritten(file, **FORGERIES[forgery])
    redigested(file)
    solved.clear()
    same_result(result, pairwise(measures, cache_dir=tmp_path))
    assert solved == [3]


def clouds_of_all_kinds(monkeypatch):
    """Return clouds whose pairs go into batches, or, being too large for one, are solved by themselves."""
    monkeypatch.setattr(clouds_module.CloudPairs, "small", 40)
    rng = np.random.default_rng(1)
    sizes = (3, 5, 7, 9)
    return [otkit.DiscreteMeasure(rng.normal(size=(k, 2)), rng.integers(1, 4, k)) for k in sizes]


@pytest.mark.parametrize("proof", ["auto", "exact"])
def test_whatever_a_cache_says_its_trees_are_judged(proof, tmp_path, solved, monkeypatch):
    """Each number and each end of an arc is changed by somebody who knows how: what comes back is true all the same."""
    measures = clouds_of_all_kinds(monkeypatch)
    result = pairwise(measures, cache_dir=tmp_path, proof=proof)
    assert set(result.proof[np.triu_indices(4, 1)]) == ({"exact"} if proof == "exact" else {"exact", "float"})
    (file,) = tmp_path.iterdir()
    honest = file.read_bytes()
    exact = pairwise(measures, proof="exact")
    solved.clear()
    same_result(result, pairwise(measures, cache_dir=tmp_path, proof=proof))
    assert solved == []
    with np.load(file) as kept:
        arrays = dict(kept)
    forgeries = [{name: arrays[name] * 0.99 for name in ("value", "lower", "upper")}]
    forgeries += [{name: arrays[name] + 1e-3} for name in ("lower", "upper")]
    forgeries += [{"kind": np.full_like(arrays["kind"], kind)} for kind in (0, 1, 2, 3)]
    rng = np.random.default_rng(2)
    for name in ("rows", "cols"):
        for change in (rng.permutation(arrays[name]), np.roll(arrays[name], 1), arrays[name] * 0, arrays[name] + 7):
            forgeries.append({name: change})
        for k in range(arrays[name].size):
            one = arrays[name].copy()
            one[k] = (one[k] + 1) % 3
            forgeries.append({name: one})
    forgeries.append({name: arrays[name][::-1] for name in ("rows", "cols")})
    for forgery in forgeries:
        file.write_bytes(honest)
        rewritten(file, **forgery)
        redigested(file)
        told = pairwise(measures, cache_dir=tmp_path, proof=proof)
        np.testing.assert_allclose(told.distances, exact.distances, rtol=1e-14)
        assert ((told.lower <= exact.upper) & (exact.lower <= told.upper)).all()
        assert "stored" not in told.proof
        if "kind" not in forgery:  # a tree that proves more than it is said to may do so
            same_result(result, told)
    assert sum(solved) > 0  # pairs whose trees prove nothing


def test_what_is_not_verified_is_said_to_be_stored(tmp_path, solved):
    measures = points(3)
    result = pairwise(measures, cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    rewritten(file, value=ones * 0.1, lower=ones * 0.1, upper=ones * 0.1)
    redigested(file)
    solved.clear()
    told = pairwise(measures, cache_dir=tmp_path, verify=False)
    assert solved == []
    assert told.distances[0, 1] == 0.1
    assert set(told.proof[np.triu_indices(3, 1)]) == {"stored"}
    assert "as stored, not checked" in str(told)
    same_result(result, pairwise(measures, cache_dir=tmp_path))
    assert solved == []  # the trees are whole


@pytest.mark.parametrize("arguments", [{"distance": "js"}, {"distance": "energy"}, {}])
def test_what_no_proof_finds_faster_is_found_again(arguments, tmp_path):
    samples = np.random.default_rng(0).random((3, 4))
    result = (
        pairwise(samples, cache_dir=tmp_path, **arguments) if arguments else pairwise(list(samples), cache_dir=tmp_path)
    )
    (file,) = tmp_path.iterdir()
    rewritten(file, value=ones * 0.1, lower=ones * 0.1, upper=ones * 0.1)
    redigested(file)
    how = {"cache_dir": tmp_path, **arguments}
    told = pairwise(samples if arguments else list(samples), verify=False, **how)
    assert told.distances[0, 1] == 0.1
    same_result(result, pairwise(samples if arguments else list(samples), **how))


def test_a_block_of_another_question_is_not_taken(tmp_path, solved):
    result = pairwise(points(3), cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    other = pairwise(points(3, seed=1), cache_dir=tmp_path)
    (wrong,) = set(tmp_path.iterdir()) - {file}
    file.write_bytes(wrong.read_bytes())
    solved.clear()
    same_result(result, pairwise(points(3), cache_dir=tmp_path))
    assert solved == [3]
    same_result(other, pairwise(points(3, seed=1), cache_dir=tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        {"ground_cost": [[0.0, -1.0], [-3.0, 2.0]]},
        {"distance": "kl"},
        {"distance": "js"},
        {"distance": "hellinger"},
        {"ground_cost": [[0.0, 1.0], [1.0, 0.0]], "p": 2},
    ],
)
def test_infinite_and_negative_numbers_are_kept_where_they_can_be(arguments, tmp_path):
    histograms = np.array([[1.0, 0.0], [0.5, 0.5], [0.1, 0.9], [1.0, 0.0]])
    result = pairwise(histograms, cache_dir=tmp_path, **arguments)
    same_result(result, pairwise(histograms, cache_dir=tmp_path, **arguments))
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    again = pairwise(histograms, cache_dir=tmp_path, verify=False, **arguments)
    for name in ("distances", "lower", "upper"):
        np.testing.assert_array_equal(getattr(result, name), getattr(again, name))
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == kept  # none was done again


def test_eight_threads_share_a_directory(tmp_path):
    measures = points()
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: pairwise(measures, cache_dir=tmp_path), range(16)))
    for result in results:
        same_result(result, pairwise(measures))
    assert {file.suffix for file in tmp_path.iterdir()} == {".npz"}
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_no_room_on_disk_loses_nothing(tmp_path, monkeypatch):
    measures = points()

    def full(place, *_arguments):
        place.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives_module, "write_npz", full)
    with pytest.raises(otkit.CacheError, match=r"No space left on device.*`result` of this error") as caught:
        pairwise(measures, cache_dir=tmp_path)
    same_result(caught.value.result, pairwise(measures))
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_is_refused_before_work(tmp_path, solved):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        pairwise(points(), cache_dir=tmp_path / "file")
    with pytest.raises(ValueError, match="cache_dir must be left out for a Python function"):
        pairwise(points(), metric=lambda u, v: 0.0, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="cache_dir must be left out for a Python function"):
        pairwise(points(), distance=lambda x, y: 0.0, cache_dir=tmp_path)
    assert solved == []


def test_an_error_in_another_process_names_the_pair():
    pytest.importorskip("joblib")
    with pytest.raises(ValueError, match=r"The pair \(measures\[\d+\], measures\[9\]\): .*not a number"):
        pairwise(points(), distance=_fails_at_nine, n_jobs=2)


def _fails_at_nine(x, y):
    if y.points[0, 0] == points()[9, 0, 0]:
        raise ValueError("not a number")
    return 0.0


@pytest.mark.slow
def test_dask_gives_the_same_bits_though_a_worker_is_killed():
    joblib = pytest.importorskip("joblib")
    distributed = pytest.importorskip("distributed")
    measures = np.random.default_rng(0).normal(size=(60, 40, 2))
    expected = pairwise(measures)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        reports = []

        def kill_one(report):
            reports.append(report.text)
            if len(reports) == 4:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        with joblib.parallel_config(backend="dask"):
            same_result(expected, pairwise(measures, progress=kill_one))
        assert len(reports) > 8
