"""Every inequality holds for every pair, is sharp where it should be, and has the right numbers on both sides."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import otkit

NAMES = [
    "Pinsker",
    "Bretagnolle–Huber",
    "Hellinger below",
    "Hellinger above",
    "KL and χ²",
    "JS and TV",
    "W_1 and TV",
]
weights = st.one_of(
    st.integers(0, 4).map(float), st.floats(1e-12, 1.0), st.sampled_from([0.0, 1e-100, 1e-17, 1.0, 1e16])
)


@st.composite
def pairs(draw):
    """Masses with zeros and of all sizes, or nearly equal ones; and places on a line or in the plane."""
    n = draw(st.integers(1, 6))
    p = draw(arrays(np.float64, n, elements=weights))
    if draw(st.booleans()):
        q = p * (1.0 + draw(st.sampled_from([0.0, 1e-15, 1e-9, 1e-4])) * draw(arrays(np.float64, n, elements=weights)))
    else:
        q = draw(arrays(np.float64, n, elements=weights))
    p[0] += not p.any()
    q[-1] += not q.any()
    shape = (n, draw(st.integers(1, 2)))
    return p, q, draw(arrays(np.float64, shape, elements=st.floats(-5, 5).map(lambda v: round(v, 3))))


@given(pairs())
def test_all_hold_and_nothing_is_nan(pair):
    p, q, points = pair
    table = otkit.divergence_inequalities(p, q, points=points)
    assert [row.name for row in table] == NAMES
    for row in table:
        assert row.holds, row
        assert not any(math.isnan(value) for value in (row.left, row.right, row.slack)), row
    assert table.hold


@given(pairs())
def test_both_sides_are_the_numbers_of_the_definitions(pair):
    p, q, _ = pair
    with mpmath.workdps(350):
        a, b = ([mpmath.mpf(k) / mpmath.fsum(map(mpmath.mpf, side)) for k in side] for side in (p, q))
        both = list(zip(a, b, strict=True))
        tv = mpmath.fsum(abs(i - j) for i, j in both) / 2
        kl = (
            mpmath.inf
            if any(i and not j for i, j in both)
            else mpmath.fsum(i * mpmath.log(i / j) for i, j in both if i)
        )
        chi2 = mpmath.inf if any(i and not j for i, j in both) else mpmath.fsum((i - j) ** 2 / j for i, j in both if j)
        h2 = mpmath.fsum((mpmath.sqrt(i) - mpmath.sqrt(j)) ** 2 for i, j in both)
        js = mpmath.fsum(i * mpmath.log(2 * i / (i + j)) for i, j in both if i) / 2
        js += mpmath.fsum(j * mpmath.log(2 * j / (i + j)) for i, j in both if j) / 2
        expected = {
            "Pinsker": (tv, mpmath.sqrt(kl / 2)),
            "Bretagnolle–Huber": (tv, mpmath.sqrt(1 - mpmath.exp(-kl))),
            "Hellinger below": (h2 / 2, tv),
            "Hellinger above": (tv, mpmath.sqrt(h2 * (1 - h2 / 4))),
            "KL and χ²": (kl, mpmath.log(1 + chi2)),
            "JS and TV": (js, mpmath.log(2) * tv),
        }
    table = otkit.divergence_inequalities(p, q)
    assert [row.name for row in table] == list(expected)
    for row in table:
        left, right = expected[row.name]
        assert row.left == pytest.approx(float(left), rel=1e-11, abs=1e-26), row
        assert row.right == pytest.approx(float(right), rel=1e-11, abs=1e-26), row


def test_disjoint_supports_reach_what_they_can():
    table = otkit.divergence_inequalities([1, 0], [0, 1], points=[[0.0, 0.0], [3.0, 4.0]])
    assert table["Pinsker"].slack == math.inf
    assert (table["KL and χ²"].left, table["KL and χ²"].right, table["KL and χ²"].slack) == (math.inf, math.inf, 0.0)
    for name in NAMES:
        assert table[name].holds
        if name not in ("Pinsker", "KL and χ²"):
            assert table[name].slack == pytest.approx(0.0, abs=1e-15)
    assert (table["W_1 and TV"].left, table["W_1 and TV"].right) == (5.0, 5.0)


def test_equal_measures_leave_zeros():
    table = otkit.divergence_inequalities([1, 2, 3], [2, 4, 6], points=[0, 1, 5])
    assert all(row.left == row.right == row.slack == 0.0 for row in table)


def test_the_diameter_is_that_of_the_atoms_with_mass():
    table = otkit.divergence_inequalities([1, 1, 0], [1, 0, 0], points=[0.0, 2.0, 100.0])
    assert (table["W_1 and TV"].left, table["W_1 and TV"].right) == (1.0, 1.0)
    assert (
        otkit.divergence_inequalities([1, 1], [1, 0], points=[[0, 0], [3, 4]], metric="cityblock")["W_1 and TV"].right
        == 3.5
    )


def test_a_false_inequality_would_be_noticed():
    from otkit.statistics.inequalities import Inequalities, Inequality

    wrong = Inequality("Pinsker without its half", "KL ≤ TV", 0.51, 0.5)
    assert not wrong.holds
    assert wrong.slack == pytest.approx(-0.01)
    assert not Inequality("", "", math.inf, 1.0).holds
    assert not Inequalities((wrong,)).hold


def test_the_table_prints_every_row_and_fits_the_page():
    table = otkit.divergence_inequalities([3, 1, 0, 2], [1, 1, 2, 2], points=[0, 1, 2.5, 4])
    lines = str(table).splitlines()
    assert len(lines) == len(table) + 1 == 8
    assert all(line.startswith(row.name) and row.formula in line for line, row in zip(lines[1:], table, strict=True))
    assert max(map(len, lines)) <= 80
    assert len({line.index("≤", 36) for line in lines[1:]}) == 1  # the signs stand in one column


@pytest.mark.parametrize(
    ("p", "q", "extra", "match"),
    [
        ([1, -1], [1, 1], {}, r"p must be non-negative, but p\[1\] = -1"),
        ([1, 1], [1, np.inf], {}, r"q must be finite"),
        ([1, 1], [1, 1, 1], {}, "q must have 2 entries"),
        ([1, 1], [1, 1], {"points": [1.0, 2.0, 3.0]}, "points must hold one point for each of the 2 atoms"),
        ([1, 1], [1, 1], {"points": [1, 2], "metric": "sqeuclidean"}, "must be a metric for W_1"),
        ([1, 1], [1, 1], {"points": [1, 2], "metric": "euclid"}, "Did you mean 'euclidean'"),
    ],
)
def test_bad_input_is_refused(p, q, extra, match):
    with pytest.raises(ValueError, match=match):
        otkit.divergence_inequalities(p, q, **extra)


def test_an_unknown_row_is_a_key_error_that_names_them():
    with pytest.raises(KeyError, match="Pinsker, Bretagnolle"):
        otkit.divergence_inequalities([1], [1])["Pinker"]
