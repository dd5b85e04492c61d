"""The lessons' numbers against closed forms, exact fractions, and the enumeration of every sample."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

import otkit
from otkit.teaching import lessons

LOG_2 = math.log(2.0)
shares = st.fractions(0, 1, max_denominator=20)


# --- supports ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 6)), min_size=1, max_size=3), st.integers(1, 9))
def test_parallel_lines_hold_exactly(thetas, n):
    lesson = lessons.parallel_lines(thetas, n)
    assert lesson.column("θ").tolist() == thetas
    for theta, w1, kl, js, tv in lesson.rows:
        apart = theta != 0.0
        # on points, too: they are as far apart as the rounded coordinates say
        assert w1 == pytest.approx(abs(theta), rel=1e-15)
        assert (kl, tv) == ((math.inf, 1.0) if apart else (0.0, 0.0))
        assert js == pytest.approx(LOG_2 if apart else 0.0, rel=1e-15)


@given(st.integers(1, 7), st.lists(st.integers(-12, 12), min_size=1, max_size=4))
def test_meeting_supports_follow_their_formulas(width, shifts):
    for shift, w1, kl, js, tv in lessons.meeting_supports(width, shifts).rows:
        share = min(abs(shift) / width, 1.0)
        assert w1 == pytest.approx(abs(shift), rel=1e-15)
        assert kl == (math.inf if shift else 0.0)
        assert js == pytest.approx(LOG_2 * share, rel=1e-14)
        assert tv == pytest.approx(share, rel=1e-14)


# --- modes of convergence ---------------------------------------------------------------------------------------------


def jensen_shannon_of_a_share(s):
    """JS of (1 − s, s) and (1, 0)."""
    return ((1 - s) * math.log(2 * (1 - s) / (2 - s)) + s * LOG_2 + math.log(2 / (2 - s))) / 2


CLOSED_FORMS = [  # W_1, TV, JS, KL(P_n‖P), KL(P‖P_n)
    lambda n: (1 / n, 1.0, LOG_2, math.inf, math.inf),
    lambda n: (1 / n, 1 / n, jensen_shannon_of_a_share(1 / n), math.inf, -math.log1p(-1 / n)),
    lambda n: (1 / (2 * n), 1 / n, jensen_shannon_of_a_share(1 / n), -math.log1p(-1 / n), math.inf),
    lambda n: (2 / n - 1 / (2 * n**2), 1 / n, LOG_2 / n, math.inf, math.inf),
    lambda n: (1.0, 1 / n, jensen_shannon_of_a_share(1 / n), math.inf, -math.log1p(-1 / n)),
]


@pytest.mark.parametrize("number", range(5))
def test_each_sequence_follows_its_closed_form_to_its_limit(number):
    lesson = lessons.modes_of_convergence((2, 3, 17, 400))[number]
    for n, *found in lesson.rows[:-1]:
        assert found == pytest.approx(CLOSED_FORMS[number](n), rel=1e-12)
    assert lesson.rows[-1][0] == math.inf
    assert lesson.rows[-1][1:] == pytest.approx(CLOSED_FORMS[number](10**12), rel=1e-11, abs=1e-11)


def test_together_they_are_every_missing_arrow():
    """Which limits are zero: nothing but KL → TV ⇔ JS → W_1 (bounded) is left of all the implications."""
    limits = [dict(zip(lesson.columns, lesson.rows[-1], strict=True)) for lesson in lessons.modes_of_convergence()]
    bounded = limits[:4]  # the last lets mass escape
    modes = ["W_1", "TV", "JS", "KL(P_n‖P)", "KL(P‖P_n)"]
    refuted = {(a, b) for a, b in itertools.permutations(modes, 2) if any(row[a] == 0 != row[b] for row in bounded)}
    holding = {(kl, mode) for kl in modes[3:] for mode in modes[:3]} | {("TV", "JS"), ("JS", "TV")}
    holding |= {("TV", "W_1"), ("JS", "W_1")}
    assert refuted == set(itertools.permutations(modes, 2)) - holding
    assert limits[4]["TV"] == 0
    assert limits[4]["W_1"] == 1


# --- Bernoulli --------------------------------------------------------------------------------------------------------


@given(shares, st.lists(shares, min_size=1, max_size=3), st.integers(1, 6))
def test_expected_gradients_are_those_over_every_sample(star, thetas, m):
    lesson = lessons.sampled_gradients(star, thetas, [m])
    for theta, row in zip(thetas, lesson.rows, strict=True):
        w1 = cramer = Fraction(0)
        for draws in itertools.product((0, 1), repeat=m):
            chance = math.prod(star if one else 1 - star for one in draws)
            mean = Fraction(sum(draws), m)
            w1 += chance * ((theta > mean) - (theta < mean))
            cramer += chance * 2 * (theta - mean)
        assert row == (m, theta, (theta > star) - (theta < star), w1, 2 * (theta - star), cramer)
        assert row[4] == row[5]  # unbiased, exactly


@given(shares, st.integers(1, 8), st.data())
def test_minimisers_are_no_worse_than_any_other_place(star, m, data):
    ((_, at_w1, at_cramer, least, at_star),) = lessons.sampled_minimisers(star, [m]).rows
    chances = {Fraction(k, m): math.comb(m, k) * star**k * (1 - star) ** (m - k) for k in range(m + 1)}

    def expected(theta, power):
        return sum(chance * abs(theta - share) ** power for share, chance in chances.items())

    assert (least, at_star) == (expected(at_w1, 1), expected(star, 1))
    assert at_cramer == star
    for theta in (*chances, data.draw(shares)):
        assert least <= expected(theta, 1)
        assert expected(star, 2) <= expected(theta, 2)


def test_the_notes_two_coins():
    """At m = 1 the sampled gradient is 1 − 2θ*, wherever θ is, and its minimiser is 1."""
    for star in ("0.6", "0.9"):
        lesson = lessons.sampled_gradients(star, ["0.1", "0.5", "0.99"], [1])
        assert {row[3] for row in lesson.rows} == {1 - 2 * Fraction(star)}
        assert lessons.sampled_minimisers(star, [1]).rows[0][1] == 1


def test_the_bias_of_the_gradient_agrees_with_simulation():
    rng = np.random.default_rng(0)
    ((_, _, true, expected, _, _),) = lessons.sampled_gradients("0.6", ["0.7"], [5]).rows
    samples = rng.binomial(5, 0.6, 100_000) / 5
    gradients = np.sign(0.7 - samples)
    assert gradients.mean() == pytest.approx(float(expected), abs=5 * gradients.std() / math.sqrt(100_000))
    assert true == 1
    # and the front door has the same distance on one such sample
    assert otkit.wasserstein([0, 1], [0, 1], [2, 3], [0.3, 0.7]).distance == pytest.approx(0.1)


# --- noise ------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.lists(st.integers(0, 60), min_size=1, max_size=3))
def test_noise_bound_by_its_closed_forms(distance, widths):
    for width, w1, variance, js, diameter, true, printed in lessons.noise_bound(distance, widths).rows:
        noise = np.arange(-width, width + 1)
        assert w1 == distance == otkit.wasserstein([0.0], [float(distance)]).distance
        assert variance == pytest.approx((noise**2).mean(), rel=1e-14)
        assert diameter == distance + 2 * width
        assert js == pytest.approx(LOG_2 * min(1.0, distance / (2 * width + 1)), rel=1e-13)
        assert true == pytest.approx(2 * math.sqrt(variance) + 2 * diameter * math.sqrt(js), rel=1e-14)
        assert printed == pytest.approx(2 * math.sqrt(variance) + math.sqrt(js), rel=1e-14)
        assert w1 <= true


def test_the_printed_noise_bound_fails():
    lesson = lessons.noise_bound()
    assert (lesson.column("W_1") > lesson.column("2√V + √JS")).any()


# --- the game of a GAN ------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_the_game_of_a_gan_by_its_closed_form(steps):
    for t, best, value, identity, js, blind in lessons.gan_game(steps).rows:
        # both shares of the outer atoms, ½ against t/2 and 0 against (1 − t)/2; the middle is common
        s = 0.5 * t
        expected = (
            0.5 * math.log(1 / (0.5 + s)) + (s * math.log(2 * s / (0.5 + s)) if s else 0) + (0.5 - s) * LOG_2
        ) / 2
        assert js == pytest.approx(expected, abs=1e-15)
        assert best == pytest.approx(1 / (1 + t), rel=1e-15)
        assert value == pytest.approx(identity, abs=2e-15)
        assert identity == pytest.approx(2 * expected - math.log(4), abs=2e-15)
        assert blind == pytest.approx(-math.log(4), rel=1e-15)
        assert value >= blind - 2e-15


# --- errata -----------------------------------------------------------------------------------------------------------


def test_every_erratum_by_hand():
    expected = {
        "bakery_assignment": (65, 64),
        "jensen_shannon": (2 * LOG_2, LOG_2),
        "jensen_shannon_generator": (
            math.log(4 / 3) / 2 + math.log(4 / 5) / 2 + math.log(2 / 3) / 4 + 0.75 * math.log(6 / 5),
            (math.log(4 / 3) / 2 + math.log(4 / 5) / 2 + math.log(2 / 3) / 4 + 0.75 * math.log(6 / 5)) / 2,
        ),
        "pearson": (1 / 4, 1 / 3),
        "noise_without_length": (
            2 * math.sqrt(2 / 3) + math.sqrt(LOG_2),
            2 * math.sqrt(2 / 3) + 24 * math.sqrt(LOG_2),
        ),
        "dual_constraint": (2140, 1070),
        "lipschitz_norm": (-3, 3),
        "one_potential": (2, 4),
        "flow_determinant": (2 * math.exp(-0.5), 1),
        "wasserstein_is_no_f_divergence": (2, 2),
    }
    assert [compute.__name__ for compute in lessons.ERRATA] == list(expected)
    for compute in lessons.ERRATA:
        found = compute()
        assert (found.printed_value, found.true_value) == pytest.approx(expected[compute.__name__], rel=1e-12)
        assert found.is_wrong == (compute.__name__ != "wasserstein_is_no_f_divergence")
        assert compute.__doc__.count(">>>") >= 1


def test_one_function_proves_two_by_its_own_linear_program():
    """Maximise φ_0 − φ_2 subject to φ_i − φ_j ≤ |i − j|²."""
    rows, costs = [], []
    for i, j in itertools.permutations(range(3), 2):
        rows.append([(k == i) - (k == j) for k in range(3)])
        costs.append((i - j) ** 2)
    answer = linprog([-1, 0, 1], A_ub=rows, b_ub=costs, bounds=[(0, 0), (None, None), (None, None)])
    assert -answer.fun == pytest.approx(2.0)


def test_no_f_divergence_sees_where_the_atoms_are():
    from otkit.divergences.generators import GENERATORS

    for name in GENERATORS:
        near = otkit.f_divergence(name, [1, 0], [0, 1]).value
        far = otkit.f_divergence(name, [1, 0, 0], [0, 0, 1]).value
        assert near == far
    assert otkit.wasserstein([0.0], [2.0]).distance == 2 * otkit.wasserstein([0.0], [1.0]).distance


def test_the_page_of_errata_has_them_all():
    page = Path(__file__).parent.parent / "docs" / "explanation" / "errata.md"
    text = page.read_text(encoding="utf-8")
    for compute in lessons.ERRATA:
        assert f"lessons.{compute.__name__}()" in text


# --- tables -----------------------------------------------------------------------------------------------------------


def all_tables():
    yield lessons.parallel_lines()
    yield lessons.meeting_supports()
    yield from lessons.modes_of_convergence()
    yield lessons.sampled_gradients()
    yield lessons.sampled_minimisers()
    yield lessons.noise_bound()
    yield lessons.gan_game()


def test_every_table_is_complete_and_prints_in_columns():
    for lesson in all_tables():
        assert {len(row) for row in lesson.rows} == {len(lesson.columns)}
        for name in lesson.columns:
            assert not np.isnan(lesson.column(name)).any()
        lines = str(lesson).split("\n")
        assert lines[0] == lesson.title
        if lesson.proof:
            assert lines.pop() == lesson.proof
        assert lines[-1] == lesson.moral
        table = lines[2:-2]
        assert len(table) == len(lesson.rows) + 1
        assert len({len(line) for line in table}) == 1  # numbers are set to the right
        assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: lessons.parallel_lines([0.0, math.nan]), r"thetas must be finite, but thetas\[1\] = nan"),
        (lambda: lessons.parallel_lines([0.0], 0), "n must be an integer of at least 1"),
        (lambda: lessons.meeting_supports(0), "width must be an integer of at least 1"),
        (lambda: lessons.meeting_supports(2, [1, 0.5]), r"shifts must be integers, but shifts\[1\] = 0\.5"),
        (lambda: lessons.modes_of_convergence([10, 1]), r"sizes must be at least 2, but sizes\[1\] = 1"),
        (lambda: lessons.sampled_gradients("1.5"), "theta_star must be a number between 0 and 1"),
        (lambda: lessons.sampled_gradients(0.5, [math.nan]), r"thetas\[0\] must be a number between 0 and 1"),
        (lambda: lessons.sampled_minimisers("half"), "theta_star must be a number between 0 and 1, but 'half'"),
        (lambda: lessons.sampled_minimisers("0.5", [0]), r"sizes\[0\] must be an integer of at least 1"),
        (lambda: lessons.gan_game([0.5, 2.0]), r"steps must lie between 0 and 1, but steps\[1\] = 2\.0"),
        (lambda: lessons.noise_bound(0), "distance must be an integer of at least 1"),
        (lambda: lessons.noise_bound(3, [-1]), r"widths must be integers of at least 0, but widths\[0\] = -1"),
        (lambda: lessons.parallel_lines().column("W1"), "name must be one of θ, W_1, KL, JS, TV, but 'W1'"),
    ],
)
def test_bad_input_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()
