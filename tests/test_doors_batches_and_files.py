"""Two properties over the table in doors.py: data come back from files as they were, and a batch holds what single
calls return."""

import doors as table
import numpy as np
import pytest
from doors import Kind, doors
from test_doors import changed, clouds_of

import otkit
from otkit.io.tables import read_table
from otkit.io.writing import write_table

SUFFIXES = [".csv", ".tsv", ".npy", ".npz", ".parquet"]
CLOUDS = (Kind.POINTS, Kind.CLOUDS)
EXACT = 1e-13


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("door", doors(taking=CLOUDS))
def test_points_come_back_from_files(door, suffix, tmp_path):
    """Every other file has its columns in the opposite order, which their names undo."""
    written = []

    def through_a_file(points):
        path = tmp_path / f"{len(written)}{suffix}"
        columns = {f"u{k}": points[:, k] for k in range(points.shape[1])}
        turned = reversed(columns.items()) if len(written) % 2 else columns.items()
        write_table(path, dict(turned))
        written.append(path)
        return read_table(path)

    assert np.allclose(door(**changed(door, CLOUDS, through_a_file)), door(), rtol=EXACT, atol=0)
    assert len(written) == clouds_of(door)


@pytest.mark.parametrize("name", ["wasserstein", "wasserstein, on the line", "transport", "TransportProblem"])
def test_results_come_back_from_files(name, tmp_path):
    door = next(door for door in table.DOORS if door.name == name)
    result = door.result()
    result.save(tmp_path / "result.npz")
    load = otkit.TransportProblem.load if isinstance(result, otkit.TransportProblem) else otkit.load
    assert np.array_equal(door.number(load(tmp_path / "result.npz")), door.number(result))


def rows_of(door_name):
    door = next(door for door in table.DOORS if door.name == door_name)
    return door.values


@pytest.mark.parametrize("p", [1, 2, 3.5])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "haversine"])
def test_a_batch_of_clouds_holds_what_single_calls_return(metric, p):
    clouds = rows_of("pairwise")["measures"]
    batch = otkit.pairwise(clouds, metric=metric, p=p).distances
    for i, x in enumerate(clouds):
        for j, y in enumerate(clouds):
            single = otkit.wasserstein(x, y, metric=metric, p=p).distance
            assert batch[i, j] == pytest.approx(single, rel=EXACT, abs=0)


@pytest.mark.parametrize("name", ["energy", "cramer"])
def test_a_batch_of_samples_on_the_line_holds_what_single_calls_return(name):
    clouds = [cloud[:, :1] for cloud in rows_of("pairwise")["measures"]]
    single = {"energy": otkit.energy_distance, "cramer": otkit.cramer_distance}[name]
    batch = otkit.pairwise(clouds, distance=name).distances
    for i, x in enumerate(clouds):
        for j, y in enumerate(clouds):
            assert batch[i, j] == pytest.approx(single(x, y).value, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", ["kl", "reverse_kl", "jeffreys", "js", "tv", "hellinger", "chi2", "neyman"])
def test_a_batch_of_histograms_holds_what_single_calls_return(name):
    rows = rows_of("pairwise, js")["measures"]
    batch = otkit.pairwise(rows, distance=name).distances
    broadcast = otkit.f_divergence(name, rows[:, None], rows).value
    for i, p in enumerate(rows):
        for j, q in enumerate(rows):
            single = otkit.f_divergence(name, p, q).value
            assert batch[i, j] == broadcast[i, j] == single


def test_a_batch_over_a_ground_cost_holds_what_single_calls_return():
    data = rows_of("pairwise, histograms")
    rows, cost = data["measures"], data["ground_cost"]
    batch = otkit.pairwise(rows, ground_cost=cost).distances
    for i, p in enumerate(rows):
        for j, q in enumerate(rows):
            single = otkit.transport(otkit.TransportProblem(cost, p, q, probability=True)).value
            assert batch[i, j] == pytest.approx(single, rel=EXACT, abs=0)


def test_nearest_are_the_least_of_a_batch():
    clouds = rows_of("nearest")["measures"]
    batch = otkit.pairwise(clouds).distances
    near = otkit.nearest(clouds, k=1)
    others = np.where(np.eye(len(clouds), dtype=bool), np.inf, batch)
    assert np.allclose(near.distances[:, 0], others.min(axis=1), rtol=EXACT, atol=0)
