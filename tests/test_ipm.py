"""MMD, energy and Cramér distances, total variation: against sixty digits, SciPy, scikit-learn and closed forms."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from decimal import Decimal, localcontext
from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import clouds, weights

import otkit
from otkit.divergences.ipm import median_bandwidth
from otkit.numerics.threads import threads

COMPILED = not numba.config.DISABLE_JIT
LARGE = 1500 if COMPILED else 40  # the first is shared among threads
KERNELS = ["gaussian", "laplace", "rational_quadratic"]


def decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def masses(x, y, a=None, b=None) -> dict[tuple[float, ...], Fraction]:
    """P − Q in rational numbers."""
    measure: dict[tuple[float, ...], Fraction] = {}
    for points, weight, sign in ((x, a, 1), (y, b, -1)):
        given_weights = [Fraction(float(w)) for w in (np.ones(len(points)) if weight is None else weight)]
        for point, w in zip(np.reshape(points, (len(points), -1)).tolist(), given_weights, strict=True):
            measure[tuple(point)] = measure.get(tuple(point), Fraction(0)) + sign * w / sum(given_weights)
    return measure


def semimetric(p, q, name, sigma):
    """ρ between two points: their distance for name "energy", else what the kernel lacks of one."""
    gaps = [abs(Decimal(s) - Decimal(t)) for s, t in zip(p, q, strict=True)]
    squares = sum(g * g for g in gaps)
    if name == "energy":
        return squares.sqrt()
    sigma = Decimal(sigma)
    if name == "rational_quadratic":
        return 1 - 1 / (1 + squares / (2 * sigma * sigma))
    return 1 - (-(squares / (2 * sigma * sigma) if name == "gaussian" else sum(gaps) / sigma)).exp()


def exact_square(x, y, a=None, b=None, name="energy", sigma=1.0) -> Decimal:
    """E² or MMD² to sixty digits."""
    with localcontext() as context:
        context.prec = 60
        context.Emin = -10_000
        signed = [(point, decimal(w)) for point, w in masses(x, y, a, b).items() if w]
        return -sum(
            (2 * v * w * semimetric(p, q, name, sigma) for (p, v), (q, w) in itertools.combinations(signed, 2)),
            Decimal(0),
        )


@st.composite
def samples(draw, extreme=True, dimension=None):
    d = st.just(draw(st.sampled_from([1, 2, 3, 9]) if dimension is None else st.just(dimension)))
    x, y = draw(clouds(dimension=d)), draw(clouds(dimension=d))
    if draw(st.booleans()):
        return x, y, None, None
    return x, y, draw(weights(len(x), extreme)), draw(weights(len(y), extreme))


@given(samples())
def test_energy_lies_within_its_error(given_samples):
    exact = exact_square(*given_samples)
    energy, cramer = otkit.energy_distance(*given_samples), otkit.cramer_distance(*given_samples)
    assert energy.kind == cramer.kind == "exact"
    assert abs(Decimal(energy.value) - exact.sqrt()) <= Decimal(energy.error)
    assert abs(Decimal(cramer.value) - exact / 2) <= Decimal(cramer.error)


@given(samples(), st.sampled_from(KERNELS), st.sampled_from([1.0, 0.37, 3.0, 100.0]))
def test_mmd_lies_within_its_error(given_samples, kernel, sigma):
    result = otkit.mmd(*given_samples, kernel=kernel, bandwidth=sigma)
    exact = exact_square(*given_samples, kernel, sigma)
    assert result.kind == "exact"
    assert result.value >= 0.0
    assert abs(Decimal(result.value) - exact) <= Decimal(result.error)


@given(samples())
def test_total_variation_lies_within_its_error(given_samples):
    exact = sum(map(abs, masses(*given_samples).values())) / 2
    result = otkit.total_variation(*given_samples)
    assert 0.0 <= result.value <= 1.0
    assert abs(Fraction(result.value) - exact) <= Fraction(result.error)


@pytest.mark.parametrize("kernel", ["energy", *KERNELS])
@pytest.mark.parametrize("d", [1, 2, 3, 8, 17])
def test_errors_are_small_and_hold_in_larger_samples(rng, kernel, d):
    x, y = rng.normal(size=(30, d)), rng.normal(size=(40, d)) + 0.3
    a, b = rng.random(30), rng.random(40)
    exact = exact_square(x, y, a, b, kernel, 1.7)
    result = (
        otkit.cramer_distance(x, y, a, b) if kernel == "energy" else otkit.mmd(x, y, a, b, kernel=kernel, bandwidth=1.7)
    )
    if kernel == "energy":
        exact /= 2
    assert abs(Decimal(result.value) - exact) <= Decimal(result.error) < Decimal("1e-13")


# -- equal and nearly equal


@given(samples(extreme=False), st.randoms(use_true_random=False))
def test_equal_measures_have_distance_zero(given_samples, random):
    x, _, a, _ = given_samples
    order = list(range(len(x)))
    random.shuffle(order)
    y, b = x[order], None if a is None else 2.0 * a[order]
    for distance in (otkit.energy_distance, otkit.cramer_distance, otkit.total_variation, otkit.mmd):
        result = distance(x, y, a, b)
        assert result.value <= result.error <= 1e-14
        if a is None:
            assert (result.value, result.error) == (0.0, 0.0)
    assert otkit.mmd(np.repeat(x, 2, axis=0), x).value == 0.0


@given(samples(extreme=False))
def test_different_measures_are_told_apart(given_samples):
    x, y, a, b = given_samples
    x, y = x.round(2), y.round(2)
    different = any(masses(x, y, a, b).values())
    for distance in (otkit.energy_distance, otkit.mmd, otkit.total_variation):
        result = distance(x, y, a, b)
        assert (result.value > result.error) == different


@pytest.mark.parametrize("shift", [1e-3, 1e-9, 1e-15])
def test_nothing_cancels_on_the_line(rng, shift):
    x = rng.normal(size=60)
    y, a, b = x + shift, rng.random(60), None
    for weight in ((None, None), (a, a), (a, b)):
        exact = exact_square(x, y, *weight).sqrt()
        result = otkit.energy_distance(x, y, *weight)
        assert abs(Decimal(result.value) / exact - 1) < Decimal("1e-14")
        assert result.error < 1e-13 * result.value


@pytest.mark.parametrize("kernel", ["energy", *KERNELS])
def test_nothing_cancels_between_nearly_equal_weights(rng, kernel):
    x, a = rng.normal(size=(40, 3)), rng.random(40)
    b = a * (1.0 + 1e-9 * rng.normal(size=40))
    result = (
        otkit.cramer_distance(x, x, a, b) if kernel == "energy" else otkit.mmd(x, x, a, b, kernel=kernel, bandwidth=2.0)
    )
    exact = exact_square(x, x, a, b, kernel, 2.0) / (2 if kernel == "energy" else 1)
    assert 0 < exact < 1e-18
    assert abs(Decimal(result.value) / exact - 1) < Decimal("1e-12")
    assert abs(Decimal(result.value) - exact) <= Decimal(result.error)


def test_nothing_cancels_where_the_kernel_is_flat(rng):
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 1.0
    for kernel in KERNELS:
        result = otkit.mmd(x, y, kernel=kernel, bandwidth=1e8)
        exact = exact_square(x, y, name=kernel, sigma=1e8)
        assert abs(Decimal(result.value) / exact - 1) < Decimal("1e-13")


# -- laws


DISTANCES = {
    "energy": otkit.energy_distance,
    "MMD": lambda *args: otkit.mmd(*args, bandwidth=1.5),
    "total variation": otkit.total_variation,
    "Cramér": otkit.cramer_distance,
}


def agree(one, other):
    return abs(one.value - other.value) <= one.error + other.error


@given(samples(), st.sampled_from(sorted(DISTANCES)))
def test_symmetry(given_samples, name):
    x, y, a, b = given_samples
    assert agree(DISTANCES[name](x, y, a, b), DISTANCES[name](y, x, b, a))


@given(samples(dimension=2), samples(dimension=2))
def test_triangle_inequality(one, other):
    (x, y, a, b), (z, _, c, _) = one, other
    for name in ("energy", "total variation"):
        sides = [DISTANCES[name](*pair) for pair in ((x, y, a, b), (x, z, a, c), (z, y, c, b))]
        assert sides[0].value <= sides[1].value + sides[2].value + sum(side.error for side in sides)


@given(samples(), st.integers(-5, 5), st.sampled_from(sorted(DISTANCES)))
def test_translation_and_scale(given_samples, power, name):
    x, y, a, b = given_samples
    x, y = np.round(x), np.round(y)  # whole numbers are moved without rounding
    here = DISTANCES[name](x, y, a, b)
    assert agree(DISTANCES[name](x + 7.0, y + 7.0, a, b), here)
    factor = 4.0**power
    if name == "MMD":
        assert otkit.mmd(x * factor, y * factor, a, b, bandwidth=1.5 * factor).value == here.value
    else:
        degree = {"energy": 0.5, "Cramér": 1.0, "total variation": 0.0}[name]
        assert DISTANCES[name](x * factor, y * factor, a, b).value == here.value * factor**degree


@given(samples())
def test_cramer_is_half_the_square_of_the_energy_distance(given_samples):
    cramer, energy = otkit.cramer_distance(*given_samples), otkit.energy_distance(*given_samples)
    assert energy.value**2 / 2 == pytest.approx(cramer.value, rel=1e-13, abs=1e-200)


@given(samples(dimension=1))
def test_the_line_and_the_plane_agree(given_samples):
    x, y, a, b = given_samples
    x2, y2 = (np.column_stack([z, np.ones(len(z))]) for z in (x, y))
    assert agree(otkit.cramer_distance(x, y, a, b), otkit.cramer_distance(x2, y2, a, b))


@given(samples(dimension=1))
def test_cramer_is_at_most_the_first_wasserstein_distance(given_samples):
    cramer = otkit.cramer_distance(*given_samples)
    assert cramer.value <= otkit.wasserstein(*given_samples).distance * (1.0 + 1e-12) + cramer.error


@settings(max_examples=30)
@given(samples(extreme=False), st.integers(1, 3))
def test_whole_weights_are_repetitions(given_samples, most):
    x, y, _, _ = given_samples
    a, b = 1 + np.arange(len(x)) % most, 1 + np.arange(len(y)) % (most + 1)
    for distance in DISTANCES.values():
        repeated = distance(np.repeat(x, a, axis=0), np.repeat(y, b, axis=0))
        assert agree(distance(x, y, a, b), repeated)


# -- others' answers


@pytest.mark.parametrize("n", [1, 2, 50, 3000])
def test_energy_distance_of_scipy(rng, n):
    from scipy.stats import energy_distance

    x, y = rng.normal(size=n).round(1), rng.normal(size=n + 7)
    a, b = rng.random(n), rng.random(n + 7)
    assert otkit.energy_distance(x, y).value == pytest.approx(energy_distance(x, y), rel=1e-12)
    assert otkit.energy_distance(x, y, a, b).value == pytest.approx(energy_distance(x, y, a, b), rel=1e-12)


@pytest.mark.parametrize("unbiased", [False, True])
def test_kernels_of_scikit_learn(rng, unbiased):
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(30, 4)) + 0.5
    for kernel, function, gamma in (("gaussian", "rbf_kernel", 1 / 18), ("laplace", "laplacian_kernel", 1 / 3)):
        k = getattr(pairwise, function)
        xx, yy, xy = k(x, x, gamma=gamma), k(y, y, gamma=gamma), k(x, y, gamma=gamma)
        theirs = xx.mean() + yy.mean()
        if unbiased:
            theirs = (xx.sum() - 50) / (50 * 49) + (yy.sum() - 30) / (30 * 29)
        result = otkit.mmd(x, y, kernel=kernel, bandwidth=3.0, unbiased=unbiased)
        assert result.value == pytest.approx(theirs - 2.0 * xy.mean(), rel=1e-11)


# -- the unbiased estimate


def kernel_matrix(x, y, sigma=1.0):
    return np.exp(-((x[:, None] - y[None]) ** 2) / (2.0 * sigma**2))


def u_statistic(x, y, a, b):
    total = 0.0
    for z, w in ((x, a), (y, b)):
        inside = np.outer(w, w) * kernel_matrix(z, z)
        total += (inside.sum() - np.trace(inside)) / (w.sum() ** 2 - (w**2).sum())
    return total - 2.0 * a @ kernel_matrix(x, y) @ b / (a.sum() * b.sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_unbiased_value_and_jackknife_against_a_twin(rng, weighted):
    x, y = rng.normal(size=9), rng.normal(size=6)
    a, b = (rng.random(9) + 0.1, rng.random(6) + 0.1) if weighted else (np.ones(9), np.ones(6))
    result = otkit.mmd(x, y, *((a, b) if weighted else (None, None)), bandwidth=1.0, unbiased=True)
    whole, variance = u_statistic(x, y, a, b), 0.0
    for i in range(9):
        rest = np.arange(9) != i
        variance += (1 - a[i] / a.sum()) * (u_statistic(x[rest], y, a[rest], b) - whole) ** 2
    for j in range(6):
        rest = np.arange(6) != j
        variance += (1 - b[j] / b.sum()) * (u_statistic(x, y[rest], a, b[rest]) - whole) ** 2
    assert result.kind == "estimate"
    assert result.value == pytest.approx(whole, rel=1e-12)
    assert result.error == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_the_mean_of_all_samples_is_the_population_value():
    support, p, q = np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    population = otkit.mmd(support, support, p, q, bandwidth=1.0).value
    means = {False: 0.0, True: 0.0}
    for i in itertools.product(range(3), repeat=2):
        for j in itertools.product(range(3), repeat=2):
            chance = p[list(i)].prod() * q[list(j)].prod()
            for unbiased in means:
                sample = support[list(i)], support[list(j)]
                means[unbiased] += chance * otkit.mmd(*sample, bandwidth=1.0, unbiased=unbiased).value
    assert means[True] == pytest.approx(population, rel=1e-13)
    assert means[False] > population + 0.1


def expected_gaussian_mmd(shift, d, sigma):
    """MMD² of N(0, I) and N(shift e₁, I) under the Gaussian kernel."""
    level = (sigma**2 / (sigma**2 + 2.0)) ** (d / 2)
    return 2.0 * level * -math.expm1(-(shift**2) / (2.0 * (sigma**2 + 2.0)))


@pytest.mark.parametrize(("shift", "d"), [(0.0, 1), (1.0, 1), (1.0, 3), (0.5, 10)])
def test_unbiased_estimates_of_gaussians_and_their_intervals(rng, shift, d):
    rounds, n, m = 200 if COMPILED else 20, 40, 60
    truth, values, covered = expected_gaussian_mmd(shift, d, 1.5), [], 0
    for _ in range(rounds):
        x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
        y[:, 0] += shift
        result = otkit.mmd(x, y, bandwidth=1.5, unbiased=True)
        low, high = result.interval(0.95)
        values.append(result.value)
        covered += low <= truth <= high
    assert abs(np.mean(values) - truth) < 4.0 * np.std(values) / math.sqrt(rounds)
    assert covered / rounds >= 0.89
    if shift == 0.0:
        assert 0.3 < np.mean(np.array(values) < 0.0) < 0.8


def test_standard_errors_that_the_jackknife_cannot_know_are_infinite():
    assert otkit.mmd([0.0, 1.0], [0.0, 1.0, 2.0], unbiased=True).error == math.inf
    for tiny in (1e-10, 1e-20, 1e-250):
        result = otkit.mmd([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [1.0, tiny, tiny], unbiased=True, bandwidth=1.0)
        pair = math.exp(-0.5) / 2 + math.exp(-2) / 2  # the heavy point with either light one
        others = (2 * math.exp(-0.5) + math.exp(-2)) / 3
        cross = (1 + math.exp(-0.5) + math.exp(-2)) / 3
        assert result.value == pytest.approx(pair + others - 2 * cross, rel=1e-8)
        assert result.error == math.inf


# -- size, threads, memory


@pytest.mark.parametrize("d", [1, 2, 10])
def test_same_bits_whatever_the_threads(rng, d):
    x, y = rng.normal(size=(LARGE, d)), rng.normal(size=(LARGE - 3, d))
    a = rng.random(LARGE)

    def bits(count):
        with threads(count):
            mmds = [
                otkit.mmd(x, y, a, kernel=kernel, bandwidth=2.0, unbiased=unbiased)
                for kernel in KERNELS
                for unbiased in (False, True)
            ]
            return [(r.value, r.error) for r in (otkit.energy_distance(x, y), otkit.energy_distance(x, y, a), *mmds)]

    assert bits(1) == bits(2) == bits(5)


def test_bits_are_those_of_every_machine():
    # Nothing but + − × ÷ √: these are not measured but computed, here and elsewhere.
    x, y = np.arange(30.0).reshape(10, 3) % 7.0, np.arange(36.0).reshape(12, 3) % 5.0
    values = [otkit.mmd(x, y, kernel=kernel, bandwidth=2.5).value.hex() for kernel in KERNELS]
    assert [otkit.energy_distance(x, y).value.hex(), *values] == BITS


BITS = ["0x1.f8a37171698a7p-1", "0x1.3c77a24a5a7cfp-3", "0x1.4cfb36b7c8f03p-3", "0x1.f4c8c2fa9839cp-4"]


@pytest.mark.skipif(not COMPILED, reason="takes minutes without the compiler")
def test_no_matrix_of_all_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3000, 2))
    otkit.mmd(x[:9], y[:9])
    tracemalloc.start()
    otkit.energy_distance(x, y)
    otkit.mmd(x, y, bandwidth=1.0, unbiased=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000  # a matrix would take 72 million bytes


# -- the bandwidth


def test_median_bandwidth_is_the_median_distance(rng):
    from scipy.spatial.distance import pdist

    x, y = rng.normal(size=(20, 3)), rng.normal(size=(30, 3))
    pooled = np.concatenate([x, y])
    assert median_bandwidth(x, y) == pytest.approx(np.median(pdist(pooled)), rel=1e-14)
    assert median_bandwidth(x, y, kernel="laplace") == pytest.approx(np.median(pdist(pooled, "cityblock")), rel=1e-14)
    assert median_bandwidth(x, x[:1]) == median_bandwidth(x[1:], x)
    default, given_by_hand = otkit.mmd(x, y), otkit.mmd(x, y, bandwidth=median_bandwidth(x, y))
    assert default.value == given_by_hand.value
    assert "median distance" in default.detail
    assert "median distance" not in given_by_hand.detail
    assert median_bandwidth([1.0, 1.0], [1.0]) == 1.0
    assert otkit.mmd([1.0, 1.0], [1.0]).value == 0.0


def test_median_bandwidth_of_many_points_does_not_depend_on_their_order(rng):
    x, y = rng.normal(size=(3000, 2)), rng.normal(size=(2000, 2))
    width = median_bandwidth(x, y)
    assert width == median_bandwidth(rng.permutation(y), rng.permutation(x))
    assert width == pytest.approx(2.0 * math.sqrt(math.log(2.0)), rel=0.05)  # |X − Y|² is 4 times an exponential


# -- the ends of float64


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-160, 1e160, 1e300, 1.7e308])
@pytest.mark.parametrize("d", [1, 2])
def test_coordinates_of_any_size(scale, d):
    x, y = np.zeros((2, d)), np.zeros((2, d))
    x[1, 0], y[0, 0], y[1, 0] = scale, -scale, scale / 2
    a, b = [1.0, 2.0], [3.0, 1.0]
    exact = exact_square(x, y, a, b).sqrt()
    result = otkit.energy_distance(x, y, a, b)
    assert math.isfinite(result.value)
    assert abs(Decimal(result.value) - exact) <= Decimal(result.error) <= Decimal("1e-14") * exact
    sigma = min(scale, 1e308)
    near = otkit.mmd(x, y, a, b, bandwidth=sigma)
    assert abs(Decimal(near.value) - exact_square(x, y, a, b, "gaussian", sigma)) <= Decimal(near.error)


@pytest.mark.parametrize("name", DISTANCES)
def test_weights_of_any_size(rng, name):
    for d in (1, 2):
        x, y, a, b = rng.normal(size=(7, d)), rng.normal(size=(5, d)), rng.random(7), rng.random(5)
        here = DISTANCES[name](x, y, a, b)
        for one, other in ((2.0**-900, 1.0), (2.0**900, 2.0**900), (2.0**-60, 2.0**70), (2.0**-1000, 2.0**1000)):
            assert DISTANCES[name](x, y, one * a, other * b).value == here.value


def test_differences_far_below_the_coordinates_are_covered_by_the_error():
    far, near = 2.0**-390, 2.0**-540
    cases = [
        ([[0.0, 0.0], [1.0, 1.0]], [[1e-200, 0.0], [1.0, 1.0]]),
        ([[far, 0.0], [0.0, 0.0]], [[far, near], [0.0, 0.0]]),
        ([0.0, 1.0], [5e-324, 1.0]),
        ([0.0, 1e300], [5e-324, 1e300]),
    ]
    for x, y in cases:
        exact, scale = exact_square(x, y).sqrt(), Decimal(max(1.0, np.max(x))).sqrt()
        result = otkit.energy_distance(x, y)
        assert abs(Decimal(result.value) - exact) <= Decimal(result.error) < Decimal("1e-70") * scale


def test_a_distance_beyond_float64():
    with pytest.raises(ValueError, match="their Cramér distance leaves float64"):
        otkit.cramer_distance([1.7e308], [-1.7e308])
    assert otkit.energy_distance([1.7e308], [-1.7e308]).value == pytest.approx(math.sqrt(2) * math.sqrt(3.4) * 1e154)


# -- what is taken, and what is not


def test_measures_lists_and_frames():
    pandas = pytest.importorskip("pandas")
    mu, nu = otkit.DiscreteMeasure([0.0, 1.0], [1, 3]), otkit.DiscreteMeasure([2.0])
    for distance in DISTANCES.values():
        expected = distance([0.0, 1.0], [2.0], [1, 3]).value
        assert distance(mu, nu).value == expected
        assert distance(pandas.DataFrame({"x": [0.0, 1.0]}), [[2.0]], pandas.Series([1, 3])).value == expected
        assert distance([0.0, 1.0, 50.0], [2.0, 7.0], [1, 3, 0], [1, 0]).value == expected
    with pytest.raises(TypeError, match="a must be left out where x is a DiscreteMeasure"):
        otkit.energy_distance(mu, nu, [1, 1])


def test_inputs_stay_as_they_are(rng):
    x, y, a, b = rng.normal(size=20), rng.normal(size=30), rng.random(20), rng.random(30)
    copies = [z.copy() for z in (x, y, a, b)]
    for distance in DISTANCES.values():
        distance(x, y, a, b)
        for z in (x, y, a, b):
            z.flags.writeable = False
    for z, copy in zip((x, y, a, b), copies, strict=True):
        assert np.array_equal(z, copy)


@pytest.mark.parametrize("distance", DISTANCES.values(), ids=DISTANCES)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, np.nan], [1.0]), r"x must be finite, but x\[1, 0\] = nan"),
        (([0.0], [np.inf]), r"y must be finite, but y\[0, 0\] = inf"),
        (([], [1.0]), "x must hold at least one point"),
        (([[0.0, 1.0]], [[1.0]]), "x has 2 coordinates and y has 1"),
        (([0.0, 1.0], [1.0], [1.0, -2.0]), r"a must be non-negative, but a\[1\] = -2.0"),
        (([0.0, 1.0], [1.0], [1.0]), "a must have 2 entries"),
        (([0.0, 1.0], [1.0], None, [0.0]), "b must have a positive entry"),
    ],
)
def test_bad_samples(distance, arguments, message):
    with pytest.raises(ValueError, match=message):
        distance(*arguments)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kernel": "gausian"}, ValueError, "kernel must be one of .* Did you mean 'gaussian'"),
        ({"bandwidth": 0.0}, ValueError, "bandwidth must be positive and finite, but bandwidth = 0.0"),
        ({"bandwidth": np.nan}, ValueError, "bandwidth must be positive and finite"),
        ({"bandwidth": np.inf}, ValueError, "bandwidth must be positive and finite"),
        ({"bandwidth": "wide"}, TypeError, "bandwidth must be a positive number, but 'wide'"),
        ({"bandwidth": 1e-200}, ValueError, "lest distances overflow, but bandwidth = 1e-200"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        otkit.mmd([0.0, 1.0], [2.0, 3.0], **options)


def test_samples_too_small_for_an_unbiased_estimate():
    with pytest.raises(ValueError, match="y must have at least 2 points of positive weight for unbiased=True"):
        otkit.mmd([0.0, 1.0], [2.0, 3.0], None, [0.0, 1.0], unbiased=True)
    with pytest.raises(ValueError, match="all but one have none, or next to none"):
        otkit.mmd([0.0, 1.0], [2.0, 3.0], [1.0, 5e-324], unbiased=True)


def test_a_median_that_vanishes_beside_the_coordinates():
    with pytest.raises(ValueError, match="bandwidth must be given here: the median distance"):
        otkit.mmd([0.0, 1e-300, 2e-300, 3e-300], [1.0])
