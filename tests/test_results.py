"""Results: kept whole on disk, printed for people, and taken further: projections, maps, samples."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

import otkit
from otkit.datasets import bakery

X = np.random.default_rng(0).normal(size=(9, 2))
Y = np.random.default_rng(1).normal(size=(7, 2))
NEGATIVE = -np.exp(np.random.default_rng(2).normal(size=(5, 4)))

RESULTS = {
    "euclidean": lambda: otkit.wasserstein(X, Y),
    "weights, p = 2": lambda: otkit.wasserstein(X, Y, range(9), [1, 0, 2, 3, 1, 1, 1], p=2),
    "cityblock": lambda: otkit.wasserstein(X, Y, metric="cityblock"),
    "chebyshev": lambda: otkit.wasserstein(X, Y, metric="chebyshev", p=3),
    "sqeuclidean": lambda: otkit.wasserstein(X, Y, metric="sqeuclidean"),
    "cosine": lambda: otkit.wasserstein(X, Y, metric="cosine"),
    "Minkowski": lambda: otkit.wasserstein(X, Y, metric=otkit.Minkowski(3)),
    "haversine": lambda: otkit.wasserstein(X * 20, Y * 20, metric=otkit.Haversine(radius=1.5)),
    "line": lambda: otkit.wasserstein(X[:, 0], Y[:, 0], method="line", p=2),
    "assignment": lambda: otkit.wasserstein(X[:7], Y, method="assignment"),
    "sinkhorn": lambda: otkit.wasserstein(X, Y, method="sinkhorn", on_failure="return"),
    "negative costs": lambda: otkit.transport(NEGATIVE),
    "float32 costs and masses": lambda: otkit.transport(
        NEGATIVE.astype(np.float32), np.float32([0.1, 0.2, 0.3, 0.4, 0]), np.full(4, 0.25)
    ),
    "integers": lambda: otkit.transport(bakery().cost, bakery().supply, bakery().demand),
    "callable": lambda: otkit.wasserstein(X, Y, metric=lambda u, v: abs(u[0] - v[1])),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_save_and_load_bring_everything_back(kind, tmp_path):
    saved = RESULTS[kind]()
    saved.save(tmp_path / "result.npz")
    loaded = otkit.load(tmp_path / "result.npz")
    assert loaded.certificate == saved.certificate
    assert (loaded.value, loaded.distance) == (saved.value, saved.distance)
    assert (loaded.method, loaded.seconds, loaded.stats) == (saved.method, saved.seconds, saved.stats)
    assert np.array_equal(loaded.plan.toarray(), saved.plan.toarray())
    for one, other in zip(loaded.potentials, saved.potentials, strict=True):
        assert np.array_equal(one, other)
    assert (loaded.candidate.basis is None) == (saved.candidate.basis is None)
    if saved.candidate.basis is not None:
        assert np.array_equal(loaded.candidate.basis, saved.candidate.basis)
    for name in ("a", "b", "supply", "demand"):
        assert np.array_equal(getattr(loaded.problem, name), getattr(saved.problem, name))
    assert loaded.problem.cost.p == saved.problem.cost.p
    assert np.array_equal(loaded.problem.cost.dense(), saved.problem.cost.dense())
    if kind != "callable":  # kept as the matrix that it gave
        assert loaded.problem.cost.metric == saved.problem.cost.metric
        assert str(loaded) == str(saved)
    # What is proved can be proved again from the file alone.
    again = otkit.certify(loaded.problem, plan=loaded.plan, potentials=loaded.potentials)
    assert asdict(again).keys() == asdict(saved.certificate).keys()
    assert again.optimal == saved.certificate.optimal
    assert again.upper == pytest.approx(saved.certificate.upper, rel=1e-14)
    if saved.problem.cost.points is not None:
        assert np.array_equal(loaded.barycentric_projection(), saved.barycentric_projection())


def test_a_file_already_there_survives_a_failed_save(tmp_path):
    path = tmp_path / "result.npz"
    RESULTS["euclidean"]().save(path)
    before = path.read_bytes()
    with pytest.raises(OSError, match="no such folder"):
        RESULTS["euclidean"]().save(tmp_path / "no such folder" / "result.npz")
    assert path.read_bytes() == before
    RESULTS["cityblock"]().save(str(path))
    assert otkit.load(str(path)).problem.cost.metric.name == "cityblock"
    assert [file.name for file in tmp_path.iterdir()] == ["result.npz"]


def test_foreign_and_damaged_files_are_refused(tmp_path):
    path = tmp_path / "file.npz"
    with pytest.raises(FileNotFoundError):
        otkit.load(path)
    for content in (b"", b"not an archive", b"PK\x03\x04 cut off"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"path must be a whole file written by .*, but '.*file.npz' is none"):
            otkit.load(path)
    np.savez(path, x=np.ones(3))
    with pytest.raises(ValueError, match="header is not a file in the archive"):
        otkit.load(path)
    np.save(tmp_path / "array.npy", np.ones(3))
    with pytest.raises(ValueError, match="path must be a whole file"):
        otkit.load(tmp_path / "array.npy")
    np.savez(path, header=np.array('{"format": "otkit-result-99"}'), x=np.ones(3))
    with pytest.raises(ValueError, match="file format must be one of otkit-result-1, but 'otkit-result-99'"):
        otkit.load(path)
    np.savez(path, header=np.array('{"format": "otkit-result-1"}'))
    with pytest.raises(ValueError, match="is none: a is not in the file"):
        otkit.load(path)


def test_damage_anywhere_is_refused_or_harmless(tmp_path):
    """A flipped byte either breaks a checksum or changes nothing that is read."""
    whole, broken = tmp_path / "whole.npz", tmp_path / "broken.npz"
    RESULTS["euclidean"]().save(whole)
    content = whole.read_bytes()
    kept = otkit.load(whole)
    refused = 0
    for k in range(0, len(content), 41):
        broken.write_bytes(content[:k] + bytes([content[k] ^ 0x55]) + content[k + 1 :])
        try:
            loaded = otkit.load(broken)
        except ValueError:
            refused += 1
            continue
        assert loaded.certificate == kept.certificate
        assert np.array_equal(loaded.plan.toarray(), kept.plan.toarray())
    assert refused > 10


def test_barycentric_projection_is_the_mean_target():
    result = otkit.wasserstein(X, Y, [0, 1, 1, 1, 1, 1, 1, 1, 3])
    plan = result.plan.toarray()
    rows = plan.sum(axis=1)
    image = result.barycentric_projection()
    assert image.shape == (9, 2)
    assert image[1:] == pytest.approx((plan @ Y)[1:] / rows[1:, None], rel=1e-12)
    # The point without mass goes where it is cheapest at the dual prices.
    j = np.argmin(result.problem.cost.dense()[0] - result.potentials.g)
    assert image[0].tolist() == Y[j].tolist()
    with pytest.raises(ValueError, match="barycentric_projection needs points, but the cost was given as a matrix"):
        otkit.transport(np.eye(2)).barycentric_projection()


def test_monge_map_is_the_plan_as_a_map():
    result = otkit.wasserstein(X[:7], Y)
    image = result.monge_map()
    assert sorted(image.tolist()) == list(range(7))
    assert np.array_equal(np.eye(7)[image] / 7, result.plan.toarray())
    assert result.problem.cost.dense()[np.arange(7), image].mean() == pytest.approx(result.value, rel=1e-14)
    onto_one = otkit.wasserstein(X, [[0, 0], [1, 1]], [0, *[1] * 8], [1, 0])
    assert onto_one.monge_map()[1:].tolist() == [0] * 8
    assert onto_one.monge_map()[0] in (0, 1)
    with pytest.raises(ValueError, match=r"plan must send each point to one target, but row \d is split among \d"):
        otkit.wasserstein(X[:2], Y).monge_map()


def test_sampled_pairs_follow_the_plan():
    result = otkit.wasserstein(X, Y, range(1, 10))
    size = 200_000
    i, j = result.sample_pairs(size, rng=7)
    assert i.shape == j.shape == (size,)
    plan = result.plan.toarray()
    counts = np.zeros_like(plan)
    np.add.at(counts, (i, j), 1)
    assert (counts[plan == 0] == 0).all()
    # Each count is binomial: five standard deviations.
    assert (np.abs(counts - size * plan) <= 5 * np.sqrt(size * plan * (1 - plan))).all()
    again = result.sample_pairs(size, rng=np.random.default_rng(7))
    assert np.array_equal(i, again[0])
    assert np.array_equal(j, again[1])
    assert result.problem.cost.at(i, j).mean() == pytest.approx(result.value, rel=0.02)


def test_potentials_have_names():
    potentials = RESULTS["euclidean"]().potentials
    assert potentials.f is potentials[0]
    assert potentials.g is potentials[1]


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (
            "euclidean",
            [
                "W_1 = 0.",
                "  proof    optimal, proved in exact arithmetic",
                "  problem  9 × 7, euclidean, total mass 1",
                "  method",
            ],
        ),
        (
            "weights, p = 2",
            ["W_2 = ", "(cost W^2 = ", "euclidean, p = 2", "  note     a divided by 36, b divided by 9"],
        ),
        (
            "integers",
            [
                "optimal cost 1070\n",
                "proved in exact arithmetic for the float64 costs as evaluated\n",
                "6 × 6, given matrix, total mass 100",
            ],
        ),
        ("negative costs", ["optimal cost -", "5 × 4, given matrix"]),
        ("haversine", ["W_1 = ", "haversine"]),
        ("sinkhorn", ["W_1 ", " ≤ OPT ≤ ", "method   sinkhorn"]),
    ],
)
def test_a_result_reads_well(kind, parts):
    text = str(RESULTS[kind]())
    for part in parts:
        assert part in text
    assert max(map(len, text.splitlines())) < 160
    assert "nan" not in text
    assert "np.float64" not in repr(RESULTS[kind]())


def test_repr_is_one_line():
    result = otkit.wasserstein([0.0, 1.0], [5.0, 3.0])
    assert repr(result) == "TransportResult(distance=3.5, proof='exact', shape=(2, 2), method='line')"
    assert repr(RESULTS["integers"]()).startswith("TransportResult(value=1070.0, proof='exact', shape=(6, 6)")
