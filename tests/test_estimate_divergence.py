"""Divergences from samples: closed forms, invariances, ties, and what cannot be estimated."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from scipy.special import digamma, expit
from scipy.stats import ncx2, norm

import otkit
from otkit.divergences.from_samples import ESTIMATORS, select_estimator
from otkit.divergences.generators import GENERATORS, as_divergence
from otkit.divergences.samples import mixtures
from otkit.divergences.samples.balls import log_masses
from otkit.divergences.samples.functionals import functional

NODES = np.linspace(-20.0, 21.0, 20_001)


def shifted(n: int, m: int, d: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """N(0, I) and N(e₁, I)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + np.eye(d)[0]


def true_shift(name: str) -> float:
    """D(N(0, 1) ‖ N(1, 1)) by the trapezium rule, which is exact to rounding for such functions but TV's."""
    q = norm.pdf(NODES, 1.0)
    return float(np.trapezoid(q * as_divergence(name).f(np.exp(0.5 - NODES)), NODES))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("name", ["kl", "reverse_kl", "jeffreys", "js", "gan", "tv", "hellinger", "chi2", "neyman"])
def test_closed_forms_within_error_bars(estimator, name):
    x, y = shifted(3000, 2000, seed=1)
    result = otkit.estimate_divergence(name, x, y, estimator=estimator, rng=0)
    assert result.kind == "estimate"
    assert 0.0 < result.error < 0.3 * max(true_shift(name), 0.2) + 0.35 * (name in ("chi2", "neyman"))
    assert result.value == pytest.approx(true_shift(name), abs=4.0 * result.error)


@pytest.mark.parametrize("d", [2, 5])
def test_the_bias_of_neighbours_is_removed(d):
    rng = np.random.default_rng(3)
    place = np.arange(d)
    covariance = 0.6 ** np.abs(place[:, None] - place)
    true = -0.5 * np.linalg.slogdet(covariance)[1]
    errors = []
    for _ in range(6):
        x = rng.normal(size=(1000, d)) @ np.linalg.cholesky(covariance).T
        y = rng.normal(size=(1000, d))
        errors.append([otkit.estimate_divergence("kl", x, y, estimator=e, rng=0).value - true for e in ("knn", "auto")])
    bias = np.abs(np.mean(errors, axis=0))
    assert bias[1] < 0.04
    assert d == 2 or bias[1] < 0.6 * bias[0]


def test_knn_is_the_textbook_formula():
    x, y = shifted(60, 40, d=3, seed=2)
    own = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, 5]
    other = np.sort(np.linalg.norm(x[:, None] - y, axis=2), axis=1)[:, 4]
    expected = 3.0 * np.mean(np.log(other / own)) + np.log(40 / 59)
    assert otkit.estimate_divergence("kl", x, y, estimator="knn", rng=0).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "name"), [("knn", "kl"), ("knn", "hellinger"), ("knn", "js"), ("auto", "kl")])
def test_the_standard_error_is_the_spread(estimator, name):
    runs = [otkit.estimate_divergence(name, *shifted(300, 200, seed=s), estimator=estimator, rng=0) for s in range(60)]
    spread = np.std([run.value for run in runs], ddof=1)
    assert np.mean([run.error for run in runs]) == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize("estimator", ["knn", "auto", "gaussian", "histogram"])
def test_order_of_points_and_motions_change_nothing(estimator):
    d = 2 if estimator != "histogram" else 1
    x, y = shifted(300, 200, d=d, seed=5)
    rng = np.random.default_rng(6)
    value = otkit.estimate_divergence("kl", x, y, estimator=estimator, rng=0)
    turned = np.linalg.qr(rng.normal(size=(d, d)))[0] if d > 1 else np.eye(1)
    moved = otkit.estimate_divergence("kl", 3.0 * x @ turned + 7.0, 3.0 * y @ turned + 7.0, estimator=estimator, rng=0)
    mixed = otkit.estimate_divergence("kl", rng.permutation(x), rng.permutation(y), estimator=estimator, rng=0)
    near = 0.5 * value.error if estimator == "auto" else 1e-9  # other folds, and mixtures from other starts
    assert moved.value == pytest.approx(value.value, abs=near)
    assert mixed.value == pytest.approx(value.value, abs=near)


def test_gaussian_is_affine_invariant():
    x, y = shifted(300, 200, d=3, seed=5)
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    first = otkit.estimate_divergence("kl", x, y, estimator="gaussian", rng=0)
    second = otkit.estimate_divergence("kl", x @ matrix, y @ matrix, estimator="gaussian", rng=0)
    assert second.value == pytest.approx(first.value, rel=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_same_seed_gives_the_same_bits(estimator):
    x, y = shifted(200, 150, seed=7)
    runs = [otkit.estimate_divergence("js", x, y, estimator=estimator, rng=3) for _ in range(2)]
    assert runs[0].value == runs[1].value
    assert runs[0].error == runs[1].error


@pytest.mark.parametrize("estimator", ["knn", "auto"])
def test_duplicates_are_counted_not_measured(estimator):
    rng = np.random.default_rng(8)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    x, y = rng.choice(3, size=3000, p=p).astype(float), rng.choice(3, size=3000, p=q).astype(float)
    result = otkit.estimate_divergence("kl", x, y, estimator=estimator, rng=0)
    assert result.value == pytest.approx(np.sum(p * np.log(p / q)), abs=0.05)
    assert 0.0 < result.error < 0.1


def test_a_point_on_an_atom_of_the_other_sample_is_counted():
    """Its neighbours there are at distance zero, where no ball has a mass."""
    x, y = shifted(1000, 1000, d=2, seed=3)
    x[0], y[:400] = 6.0, 6.0
    result = otkit.estimate_divergence("kl", x, y, rng=0)
    assert "mixtures" in result.detail
    assert np.isfinite([result.value, result.error]).all()


def test_one_ball_for_both_where_distances_are_zero():
    x = np.array([0.0] * 8 + [1.0] * 8)
    y = np.array([0.0] * 8 + [3.0] * 8)
    result = otkit.estimate_divergence("kl", x, y, estimator="knn", k=3, rng=0)
    # At 0: 7 others of x in the ball of radius 0 and 8 of y. At 1: the third of y is at distance 1, all 15 of x within.
    at_zero, at_one = digamma(7) - digamma(8), digamma(15) - digamma(8)
    assert result.value == pytest.approx(0.5 * (at_zero + at_one) + np.log(16 / 15), rel=1e-12)


@pytest.mark.parametrize("estimator", ["knn", "corrected", "gaussian", "histogram"])
def test_rounded_and_heavy_tailed_data_give_finite_numbers(estimator):
    rng = np.random.default_rng(9)
    for x, y in (
        (rng.normal(size=300).round(1), rng.normal(size=200).round(1)),
        (rng.standard_cauchy(300), rng.standard_cauchy(200)),
        (np.r_[np.zeros(200), rng.normal(size=100)], np.r_[np.zeros(100), rng.normal(size=100)]),
    ):
        for name in ("kl", "js", "tv"):
            result = otkit.estimate_divergence(name, x, y, estimator=estimator, rng=0)
            assert np.isfinite([result.value, result.error]).all()


def test_a_negative_estimate_is_left_negative_and_said():
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(2, 150, 2))
        result = otkit.estimate_divergence("kl", x, y, estimator="knn", rng=0)
        if result.value < 0.0:
            assert "negative" in result.detail
            return
    raise AssertionError("none of twenty estimates of zero was negative")


def test_auto_can_be_inspected():
    assert select_estimator(99, 1000, 2)[0] == "knn"
    assert select_estimator(100, 1000, 2)[0] == "corrected"
    x, y = shifted(50, 60)
    assert otkit.estimate_divergence("kl", x, y, rng=0).detail.startswith("knn, k = 5")
    assert "mixtures of 1 and 1 components, k = 12" in otkit.estimate_divergence("kl", *shifted(150, 160), rng=0).detail


@pytest.mark.parametrize("name", GENERATORS)
def test_functionals_are_the_divergence(name):
    """On the line with ℓ known, the means over both samples give D_f."""
    how = functional(as_divergence(name))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=400_000), rng.normal(size=400_000) + 1.0
    value = how.of({"x": 0.5 - x, "y": 0.5 - y})
    assert value == pytest.approx(true_shift(name), rel=0.02)


def test_mixtures_find_the_clusters():
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(size=(300, 2)), 0.3 * rng.normal(size=(200, 2)) + 8.0])
    mixture = mixtures.fit(points, rng)
    order = np.argsort(mixture.means[:, 0])
    assert mixture.weights[order] == pytest.approx([0.6, 0.4], abs=0.02)
    assert mixture.means[order] == pytest.approx(np.array([[0.0, 0.0], [8.0, 8.0]]), abs=0.2)
    grid = np.stack(np.meshgrid(np.linspace(-6, 11, 400), np.linspace(-6, 11, 400)), axis=-1).reshape(-1, 2)
    assert np.exp(mixture.log_density(grid)).sum() * (17 / 399) ** 2 == pytest.approx(1.0, abs=1e-3)
    near = np.linalg.norm(points - points[0], axis=1) < 1.0
    assert np.exp(mixture.log_mass(points[:1], np.array([1.0])))[0] == pytest.approx(near.mean(), abs=0.03)


@pytest.mark.parametrize("d", [1, 2, 5, 10])
def test_masses_of_balls(d):
    """Against the noncentral χ² distribution where the covariance is spherical, from ten standard deviations to all."""
    points = 3.0 * np.random.default_rng(0).normal(size=(500, d))
    for radius in (0.01, 0.3, 1.0, 3.0, 10.0, 40.0):
        expected = ncx2.logcdf(radius**2 / 4.0, d, np.square(points).sum(axis=1) / 4.0)
        masses = log_masses(np.zeros(d), 4.0 * np.eye(d), points, np.full(500, radius))
        assert masses == pytest.approx(expected, abs=0.04)


def test_masses_of_balls_under_a_correlated_normal():
    """Against the share of a million points."""
    rng = np.random.default_rng(1)
    factor = np.array([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-0.7, 0.3, 0.1]])
    mean = np.array([1.0, -2.0, 0.5])
    cloud = mean + rng.standard_normal((1_000_000, 3)) @ factor.T
    points, radii = cloud[:6] + 0.3, np.array([0.3, 0.6, 1.0, 1.5, 2.0, 4.0])
    shares = [np.mean(np.linalg.norm(cloud - c, axis=1) <= r) for c, r in zip(points, radii, strict=True)]
    assert log_masses(mean, factor @ factor.T, points, radii) == pytest.approx(np.log(shares), abs=0.06)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"x": [[0.0, 1.0]] * 20}, "common support"),
        ({"x": [[i, 5.0] for i in range(20)], "y": [[i, 5.0] for i in range(20)]}, "coordinate 1 is 5 in every point"),
        ({"x": [[i, 2.0 * i] for i in range(20)], "y": [[i + 3.5, 2.0 * i + 7.0] for i in range(20)]}, "subspace"),
        ({"y": np.zeros((5, 3)) + np.arange(5)[:, None]}, "same dimension"),
        ({"x": [[0.0, 1.0], [2.0, 1.5], [4.0, -1.0]]}, "more than 6 points for k = 5"),
        ({"x": [[0.0, 1.0]]}, "at least 2 points"),
        ({"k": 30}, "more than 31 points"),
        ({"bins": 7}, "bins is for estimator='histogram'"),
        ({"k": 7, "estimator": "gaussian"}, "k is for estimator='knn'"),
        ({"k": 0}, "k must be an integer of at least 1"),
        ({"divergence": "chi2", "k": 1}, "k must be larger than 1 for chi2"),
        ({"divergence": "kullback"}, "divergence must be one of"),
        ({"estimator": "knm"}, "Did you mean 'knn'"),
        ({"estimator": "classifier", "folds": 1}, "folds must be at least 2"),
        ({"estimator": "corrected"}, "more than 99 points"),
        ({"x": [[i + 0.5, np.nan] for i in range(20)]}, "finite"),
        ({"y": np.random.default_rng(0).normal(size=(20, 2)) + 100.0}, "must overlap for kl"),
    ],
)
def test_what_cannot_be_estimated_is_said(change, complaint):
    x, y = np.random.default_rng(0).normal(size=(2, 20, 2))
    arguments = {"divergence": "kl", "x": x, "y": y, "estimator": "knn"} | change
    with pytest.raises(ValueError, match=complaint):
        otkit.estimate_divergence(**arguments)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("exponent", [665, -665, 1000, -1030])
def test_the_unit_does_not_matter_however_large_or_small(estimator, exponent):
    x, y = shifted(150, 120, seed=5)
    x, y = np.round(x, 3), np.round(y, 3)
    near = otkit.estimate_divergence("kl", x, y, estimator=estimator, rng=0)
    far = otkit.estimate_divergence(
        "kl", *(np.ldexp(np.round(z * 1024), exponent) for z in (x, y)), estimator=estimator, rng=0
    )
    scaled = otkit.estimate_divergence("kl", np.round(x * 1024), np.round(y * 1024), estimator=estimator, rng=0)
    assert (far.value, far.error) == (scaled.value, scaled.error)
    assert abs(near.value - far.value) < near.error


@pytest.mark.parametrize("estimator", ["auto", *ESTIMATORS])
@pytest.mark.parametrize("name", ["kl", "js"])
def test_a_sentinel_among_the_data_is_named(estimator, name):
    x, y = shifted(150, 120)
    y[7] = 1e300
    with pytest.raises(ValueError, match=r"y\[7, 0\] lies .* median deviations .* drop that point"):
        otkit.estimate_divergence(name, x, y, estimator=estimator, rng=0)
    plane = [np.column_stack([1e200 * z[:50, 0], 1e-200 * z[50:100, 0]]) for z in shifted(150, 120)]
    with pytest.raises(ValueError, match="comparable units, but coordinate 0 varies more than 1e"):
        otkit.estimate_divergence(name, *plane, estimator=estimator, rng=0)


def test_histograms_stop_at_two_dimensions():
    with pytest.raises(ValueError, match="one and two dimensions"):
        otkit.estimate_divergence("kl", *shifted(100, 100, d=3), estimator="histogram", rng=0)


def test_samples_far_apart_have_the_largest_bounded_divergence():
    x, y = shifted(200, 200)
    result = otkit.estimate_divergence("tv", x, y + 1000.0, estimator="knn", rng=0)
    assert result.value == pytest.approx(1.0, abs=1e-3)


def test_without_scikit_learn_the_remedy_is_said(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r'pip install "\.\[classifier\]"'):
        otkit.estimate_divergence("kl", *shifted(100, 100), estimator="classifier", rng=0)


def test_the_classifier_finds_a_logistic_ratio():
    """Sanity of the logit's offset with n ≠ m: the ratio's mean under Q is one."""
    x, y = shifted(4000, 500, seed=11)
    result = otkit.estimate_divergence("js", x, y, estimator="classifier", rng=0)
    ratio = 0.5 - y[:, 0]
    assert 0.0 < expit(ratio).mean() < 1.0
    assert result.value == pytest.approx(true_shift("js"), abs=4 * result.error)
