"""The permutation test: statistics are the library's, the level is exact, stopping early changes no decision."""

from __future__ import annotations

import contextlib
import itertools
import math

import numpy as np
import pytest

import otkit
from otkit.many import dealt
from otkit.numerics.threads import threads
from otkit.statistics import effort
from otkit.statistics import two_sample as permutations


def deals(rng, n, m, size):
    return dealt.deal(np.arange(n + m) < n, size, rng)


def test_each_choice_of_places_is_equally_likely():
    """All 35 ways to choose four of seven, by a χ² test at 10⁻⁶; the observed places have no say."""
    members = np.array([False, True, True, False, True, False, True])
    drawn = dealt.deal(members, 35_000, np.random.default_rng(3))
    assert (drawn.sum(axis=1) == 4).all()
    counts = np.unique(drawn @ (1 << np.arange(7)), return_counts=True)[1]
    assert counts.size == 35
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 92.0
    again = np.random.default_rng(3)
    assert np.array_equal(np.concatenate([dealt.deal(members, k, again) for k in (1, 6, 200)]), drawn[:207])


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("statistic", ["wasserstein", "energy", "mmd"])
def test_each_deal_is_measured_as_the_library_does(rng, statistic, d):
    x, y = rng.normal(size=(9, d)), rng.normal(size=(14, d)) + 0.3
    pooled = np.concatenate([x, y])
    if d == 1 and statistic != "mmd":  # on the line, places are dealt in ascending order
        pooled = np.sort(pooled, axis=0)
    width = otkit.divergences.ipm.median_bandwidth(x, y)
    library = {
        "wasserstein": lambda x, y: otkit.wasserstein(x, y).distance,
        "energy": lambda x, y: otkit.energy_distance(x, y).value,
        "mmd": lambda x, y: otkit.mmd(x, y, bandwidth=width).value,
    }[statistic]
    found = otkit.two_sample_test(x, y, statistic=statistic, permutations=20, rng=1)
    assert found.statistic == pytest.approx(library(x, y), rel=1e-10)
    members = deals(np.random.default_rng(1), 9, 14, 20)
    expected = [library(pooled[first], pooled[~first]) for first in members]
    np.testing.assert_allclose(found.null_distribution, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "sqeuclidean"])
def test_powers_and_metrics(rng, p, metric):
    x, y = rng.normal(size=12), rng.normal(size=7) + 1.0
    found = otkit.two_sample_test(x, y, p=p, metric=metric, permutations=5, rng=0)
    assert found.statistic == pytest.approx(otkit.wasserstein(x, y, p=p, metric=metric).distance, rel=1e-10)


def test_the_p_value_is_the_share_of_all_deals(rng):
    """Four points against three: all 35 deals are known, and 20,000 random ones come near."""
    x, y = rng.normal(size=4), rng.normal(size=3) + 1.0
    pooled = np.concatenate([x, y])
    observed = otkit.energy_distance(x, y).value
    far = 0
    for chosen in itertools.combinations(range(7), 4):
        first = np.isin(np.arange(7), chosen)
        far += otkit.energy_distance(pooled[first], pooled[~first]).value >= observed - 1e-12
    found = otkit.two_sample_test(x, y, statistic="energy", permutations=20_000, stop_at_level=None, rng=0)
    assert found.pvalue == pytest.approx(far / 35, abs=4.0 * math.sqrt(0.25 / 20_000))


@pytest.mark.parametrize("stop_at_level", [None, 0.1])
def test_the_level_is_exact(stop_at_level):
    """Of 1000 tests of equal laws, a tenth rejects at 0.1 (99 deals: p takes the values k/100)."""
    rng = np.random.default_rng(5)
    count = 0
    for k in range(1000):
        x, y = rng.exponential(size=(2, 8))
        found = otkit.two_sample_test(x, y, permutations=99, stop_at_level=stop_at_level, rng=k)
        count += found.pvalue <= 0.1
    assert abs(count - 100) < 4.0 * math.sqrt(1000 * 0.1 * 0.9)


def test_ties_count_against_rejection():
    """Data on two points: most deals are as far apart as the samples, whatever rounding does to their distances."""
    x, y = np.repeat([0.1, 0.7], [6, 4]), np.repeat([0.1, 0.7], [5, 5])
    pooled = np.sort(np.concatenate([x, y]))
    found = otkit.two_sample_test(x, y, statistic="energy", permutations=500, stop_at_level=None, rng=0)
    counts = deals(np.random.default_rng(0), 10, 10, 500)[:, pooled == 0.1].sum(axis=1)
    assert found.pvalue == (1 + (np.abs(counts - 5.5) >= 0.5).sum()) / 501 == 1.0
    assert otkit.two_sample_test(np.ones(5), np.ones(4), permutations=50, rng=0).pvalue == 1.0


@pytest.mark.parametrize("level", [0.01, 0.05, 0.3])
def test_stopping_early_changes_no_decision(level):
    rng = np.random.default_rng(2)
    stopped = 0
    for shift in np.linspace(0.0, 1.5, 40):
        x, y = rng.normal(size=20), rng.normal(size=20) + shift
        whole = otkit.two_sample_test(x, y, permutations=200, stop_at_level=None, rng=0)
        early = otkit.two_sample_test(x, y, permutations=200, stop_at_level=level, rng=0)
        assert (early.pvalue <= level) == (whole.pvalue <= level)
        assert np.array_equal(early.null_distribution, whole.null_distribution[: early.null_distribution.size])
        assert early.stopped == (early.null_distribution.size < 200) == (early.ended == "decided")
        stopped += early.stopped
    assert stopped >= 10


def test_a_difference_is_found_and_its_size_told(rng):
    x, y = rng.normal(size=(60, 2)), rng.normal(size=(50, 2)) + 1.5
    for statistic in ("energy", "mmd"):
        found = otkit.two_sample_test(x, y, statistic=statistic, rng=0)
        assert found.pvalue == 0.001
        assert found.effect == pytest.approx(found.statistic - found.null_distribution.mean())
    assert str(found).startswith("p = 0.001 (MMD² = ")


def test_any_function_may_be_the_statistic(rng):
    def medians(x, y):
        return abs(np.median(x) - np.median(y))

    x, y = rng.normal(size=15), rng.normal(size=15) + 2.0
    found = otkit.two_sample_test(x, y, statistic=medians, permutations=99, rng=0)
    assert (found.name, found.statistic) == ("medians", medians(x[:, None], y[:, None]))
    assert found.pvalue <= 0.02


def test_neither_threads_nor_portions_change_a_bit(rng, monkeypatch):
    x, y = rng.normal(size=(40, 2)), rng.normal(size=(30, 2))
    for statistic in ("wasserstein", "energy", "mmd"):
        for sides in ((x, y), (x[:, 0], y[:, 0])):
            found = [
                otkit.two_sample_test(*sides, statistic=statistic, permutations=40, rng=0).null_distribution.tobytes()
            ]
            for count in (1, 3):
                with threads(count):
                    found.append(
                        otkit.two_sample_test(
                            *sides, statistic=statistic, permutations=40, rng=0
                        ).null_distribution.tobytes()
                    )
            with monkeypatch.context() as patch:
                patch.setattr(permutations, "_TOGETHER", 7)
                found.append(
                    otkit.two_sample_test(
                        *sides, statistic=statistic, permutations=40, rng=0
                    ).null_distribution.tobytes()
                )
            assert len(set(found)) == 1, statistic


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"statistic": "enrgy"}, ValueError, "Did you mean 'energy'"),
        ({"permutations": 0}, ValueError, "permutations must be an integer of at least 1, but permutations = 0"),
        ({"permutations": 9.5}, TypeError, "permutations must be an integer"),
        ({"stop_at_level": 1.0}, ValueError, r"stop_at_level must lie between 0 and 1, but stop_at_level = 1\.0"),
        ({"statistic": lambda x, y: "far"}, TypeError, "statistic must return a number, but it returned str"),
        ({"statistic": lambda x, y: math.nan}, ValueError, "it returned NaN"),
        ({"y": [[1.0, 2.0]]}, ValueError, "dimension"),
        ({"p": 0.5}, ValueError, "p must be a finite number of at least 1"),
        ({"y": [math.nan]}, ValueError, "y must be finite"),
        ({"max_seconds": -1.0}, ValueError, "max_seconds must be a finite number"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        otkit.two_sample_test(**({"x": [0.0, 1.0, 2.0], "y": [1.0, 4.0]} | arguments))


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("p", [1.0, 2.0, 2.5, 9.0])
def test_unequal_sizes_and_any_power(rng, d, p):
    """Whatever the way, one pass or a problem for each deal, a deal's distance is the library's."""
    x, y = rng.normal(size=(5, d)), rng.normal(size=(8, d)) + 1.0
    pooled = np.concatenate([x, y])
    if d == 1 and p <= 8.0:
        pooled = np.sort(pooled, axis=0)
    found = otkit.two_sample_test(x, y, p=p, permutations=8, stop_at_level=None, rng=2)
    expected = [
        otkit.wasserstein(pooled[first], pooled[~first], p=p).distance
        for first in deals(np.random.default_rng(2), 5, 8, 8)
    ]
    np.testing.assert_allclose(found.null_distribution, expected, rtol=1e-10)


@pytest.mark.parametrize("statistic", ["wasserstein", "energy", "mmd"])
def test_a_test_that_would_take_hours_is_refused_with_the_faster_roads(statistic):
    many = np.zeros((200_000, 2))
    many[:, 0] = np.arange(200_000)
    with pytest.raises(ValueError, match="would take about") as refused:
        otkit.two_sample_test(many, many + 0.5, statistic=statistic)
    assert "max_seconds=" in str(refused.value)
    assert "random rows of x and y" in str(refused.value)


def test_the_faster_statistic_is_named():
    with pytest.raises(ValueError, match=r"statistic='energy' \(about"):
        effort.Effort.of_transports("W_1", 4000, 4000).require_patience(9999, None)
    effort.Effort.of_transports("W_1", 300, 300).require_patience(999, None)
    effort.Effort.of_transports("W_1", 10**6, 10**6).require_patience(999, 1.0)


def test_a_slow_function_is_refused_once_its_time_is_known(monkeypatch):
    monkeypatch.setattr(effort, "PATIENCE", 0.0)
    calls = []

    def slow(x, y):
        calls.append(1)
        return float(abs(x.mean() - y.mean()))

    with pytest.raises(ValueError, match="999 times slow of 3 and 4 points"):
        otkit.two_sample_test([0.0, 1.0, 2.0], [1.0, 4.0, 5.0, 6.0], statistic=slow)
    assert len(calls) == 1


def test_a_deadline_ends_the_test_with_a_valid_p_value(rng, monkeypatch):
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 0.4
    whole = otkit.two_sample_test(x, y, permutations=300, stop_at_level=None, rng=0)
    seen = []

    def stop_soon(progress):
        seen.append(progress)

    monkeypatch.setattr(permutations, "_TOGETHER", 40)
    ticks = iter([0.0, 0.0, 0.0, 10.0])
    monkeypatch.setattr(permutations.Monitor, "check", lambda self: _raise_late(ticks))
    monkeypatch.setattr(permutations.Monitor, "interrupting_sweeps", lambda self: contextlib.nullcontext())
    early = otkit.two_sample_test(
        x, y, permutations=300, stop_at_level=None, rng=0, max_seconds=5.0, progress=stop_soon
    )
    drawn = early.null_distribution.size
    assert early.ended == "time limit"
    assert early.stopped
    assert 0 < drawn <= 120
    assert np.array_equal(early.null_distribution, whole.null_distribution[:drawn])
    assert early.pvalue == (1 + (early.null_distribution >= early.statistic).sum()) / (drawn + 1)
    assert "stopped by the limit of time" in str(early)
    assert [report.text for report in seen][-1] == f"{drawn} of 300 permutations"
    assert all(report.remaining >= 0.0 for report in seen)


def _raise_late(ticks):
    if next(ticks, 10.0) > 5.0:
        raise permutations.Stopped("time_limit")


def test_no_time_at_all_is_said(rng):
    x, y = rng.normal(size=(2, 400, 2))
    with pytest.raises(TimeoutError, match=r"no permutation was drawn within max_seconds = 0"):
        otkit.two_sample_test(x, y, max_seconds=0.0)
