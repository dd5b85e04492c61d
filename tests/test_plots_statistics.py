"""Distributions, tests and intervals as pictures; and every picture in a sentence."""

from __future__ import annotations

import itertools

import gallery
import matplotlib as mpl
import numpy as np
import pytest
from test_plots import words_outside_cells

import otkit
from otkit.plots.scene import central

mpl.use("Agg")
import matplotlib.pyplot as plt

LINES = [otkit.plot_distributions, otkit.plot_quantile_shift, otkit.plot_qq]


@pytest.fixture(autouse=True)
def close_figures():
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def line():
    rng = np.random.default_rng(4)
    return otkit.wasserstein(rng.normal(size=30), rng.normal(size=20) + 2.0, rng.uniform(0.1, 1.0, 30))


@pytest.fixture(scope="module")
def test():
    rng = np.random.default_rng(8)
    return otkit.two_sample_test(rng.normal(size=40), rng.normal(size=30), permutations=199, stop_at_level=None, rng=0)


@pytest.fixture(scope="module")
def interval():
    rng = np.random.default_rng(6)
    return otkit.wasserstein_interval(rng.normal(size=40), rng.normal(2.0, 1.0, 30), rng=0)


def shaded_area(axes) -> float:
    """The area of what is shaded, by the vertices of its outline."""
    (shape,) = axes.collections
    total = 0.0
    for path in shape.get_paths():
        for x, y in (polygon.T for polygon in path.to_polygons(closed_only=True)):
            total += abs(0.5 * float(x[:-1] @ y[1:] - x[1:] @ y[:-1]))
    return total


@pytest.mark.parametrize("p", [1, 2])
def test_the_shaded_area_is_w1_whatever_the_power(line, p):
    x, y = line.problem.cost.points
    axes = otkit.plot_distributions(otkit.wasserstein(x, y, line.problem.a, p=p))
    said = axes.get_legend().get_texts()[0].get_text()
    assert said == f"area between: {line.distance:.6g}"
    assert shaded_area(axes) == pytest.approx(line.distance, rel=1e-12)


def test_curves_are_the_distribution_functions(line):
    over_x, over_y = otkit.plot_distributions(line).lines
    for curve, points, mass in zip(
        (over_x, over_y), line.problem.cost.points, (line.problem.a, line.problem.b), strict=True
    ):
        at, heights = curve.get_data()
        below = [mass[points[:, 0] <= place].sum() / mass.sum() for place in at]
        np.testing.assert_allclose(heights, below, atol=1e-12)
        assert curve.get_drawstyle() == "steps-post"


def test_long_curves_have_few_vertices_and_are_the_same():
    rng = np.random.default_rng(7)
    x, y = rng.gamma(2.0, size=60_000), rng.gamma(2.5, size=50_000)
    result = otkit.wasserstein(x, y)
    axes = otkit.plot_distributions(result)
    for curve, points in zip(axes.lines, (x, y), strict=True):
        at, heights = curve.get_data()
        assert at.size < 5000
        np.testing.assert_allclose(heights, np.searchsorted(np.sort(points), at, side="right") / points.size, atol=1e-9)
        assert np.diff(heights).max() < 2e-3  # less than a pixel
    (shape,) = (patch for patch in otkit.plot_quantile_shift(result).patches if patch.get_fill())
    levels, shifts = shape.get_data().edges / 100.0, shape.get_data().values
    middles = 0.5 * (levels[1:] + levels[:-1])
    np.testing.assert_allclose(shifts, np.quantile(y, middles) - np.quantile(x, middles), atol=0.02, rtol=0.02)


def test_shifts_of_quantiles_add_up_to_w1(line):
    (shape,) = (patch for patch in otkit.plot_quantile_shift(line).patches if patch.get_fill())
    shares = np.diff(shape.get_data().edges) / 100.0
    assert float(np.abs(shape.get_data().values) @ shares) == pytest.approx(line.distance, rel=1e-12)


def test_quantiles_of_samples_of_one_size_are_their_points_in_order():
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=50), rng.normal(size=50)
    offsets = otkit.plot_qq(otkit.wasserstein(x, y)).collections[0].get_offsets()
    np.testing.assert_array_equal(offsets, np.column_stack([np.sort(x), np.sort(y)]))


def test_a_long_tail_leaves_the_picture_and_is_said():
    rng = np.random.default_rng(9)
    x, y = rng.standard_cauchy(400), rng.standard_cauchy(300) + 1.0
    result = otkit.wasserstein(x, y)
    axes = otkit.plot_distributions(result)
    low, high = axes.get_xlim()
    assert high - low < 0.3 * np.ptp(np.concatenate([x, y]))
    (note,) = (text.get_text() for text in axes.texts if "beyond the edges" in text.get_text())
    inside = np.linspace(low, high, 200_001)
    seen = np.trapezoid(
        np.abs(np.searchsorted(np.sort(x), inside) / x.size - np.searchsorted(np.sort(y), inside) / y.size), inside
    )
    missed = float(note.partition(" % of the area")[0].rpartition(" ")[2])
    assert missed == pytest.approx(100.0 * (1.0 - seen / result.distance), rel=0.1)


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        (np.zeros(500), (0.0, 0.0)),
        (np.array([-1e9, 0.0, 1e9]), (-1e9, 1e9)),
        (np.append(np.zeros(400), 7.0), (0.0, 7.0)),
    ],
)
def test_constant_and_short_data_are_shown_whole(values, limits):
    assert central(values) == limits


@pytest.mark.parametrize("draw", LINES)
def test_only_the_line_has_distribution_functions(draw):
    with pytest.raises(ValueError, match=r"points on the line, .* but it is of points with 2 coordinates"):
        draw(otkit.wasserstein([[0.0, 0.0]], [[1.0, 1.0]]))
    with pytest.raises(ValueError, match=r"but it is of a cost matrix\. Draw it with plot_plan"):
        draw(otkit.transport([[1.0]], [1.0], [1.0]))


@pytest.mark.parametrize("draw", LINES)
def test_one_point_each_is_drawn(draw):
    axes = draw(otkit.wasserstein([3.0], [3.0]))
    axes.figure.canvas.draw()
    assert axes.get_title() == "W₁ = 0"


def test_bars_are_the_deals_and_those_beyond_are_the_p_value(test):
    axes = otkit.plot_test(test)
    less, beyond = (sum(bar.get_height() for bar in bars) for bars in axes.containers)
    assert less + beyond == test.null_distribution.size
    assert 20 < beyond < 180  # so that a bar or two more would be noticed
    assert (beyond + 1) / (test.null_distribution.size + 1) == test.pvalue
    (observed,) = axes.lines
    assert set(observed.get_xdata()) == {test.statistic}
    for bars, side in zip(axes.containers, (-1, 1), strict=True):  # no bar stands on both sides
        edges = [bar.get_x() + (bar.get_width() if side < 0 else 0.0) for bar in bars if bar.get_height()]
        assert all(side * (edge - test.statistic) >= -1e-6 * test.statistic for edge in edges)


def test_a_null_distribution_of_one_value_is_drawn():
    axes = otkit.plot_test(otkit.two_sample_test([0.0, 0.0], [0.0, 0.0], permutations=9, rng=0))
    assert axes.get_title() == "p = 1"


def test_intervals_go_from_end_to_end(interval):
    axes = otkit.plot_interval({"one": interval, "two": interval})
    (lines,) = axes.collections
    assert [segment.tolist() for segment in lines.get_segments()] == [
        [[interval.lower, row], [interval.upper, row]] for row in (0.0, 1.0)
    ]
    assert axes.lines[0].get_xdata().tolist() == [interval.estimate] * 2
    assert [bar.get_width() for bar in axes.patches] == [max(interval.self_distance)] * 2
    assert f"{interval.lower:.4g} to {interval.upper:.4g}" in otkit.plot_interval(interval).get_title()
    with pytest.raises(ValueError, match="intervals must hold an interval at least"):
        otkit.plot_interval({})


@pytest.mark.parametrize(
    ("draw", "what"),
    [*itertools.product(LINES, ["line"]), (otkit.plot_test, "test"), (otkit.plot_interval, "interval")],
)
def test_no_words_overlap_and_none_is_cut_off(draw, what, request):
    figure = draw(request.getfixturevalue(what)).figure
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in words_outside_cells(figure)]
    assert len(boxes) > 5
    for words, box in boxes:
        assert figure.bbox.padded(1.0).contains(box.x0, box.y0), words
        assert figure.bbox.padded(1.0).contains(box.x1, box.y1), words
    for (first, one), (second, other) in itertools.combinations(boxes, 2):
        assert not one.overlaps(other), f"{first!r} overlaps {second!r}"


@pytest.mark.parametrize("name", gallery.PICTURES)
def test_every_picture_is_said_in_a_sentence(name):
    gallery.PICTURES[name]()
    sentences = [otkit.alt_text(axes) for axes in plt.gcf().axes if axes.get_label() != "<colorbar>"]
    assert sentences
    for sentence in sentences:
        assert sentence.endswith(".")
        assert 40 < len(sentence) < 400
        assert "\n" not in sentence


def test_a_sentence_tells_what_the_picture_shows(line):
    assert otkit.alt_text(otkit.plot_plan(line, names=("before", "$ after"))) == (
        f"Transport plan from 30 points (before) to 20 points ($ after), {line.plan.nnz} arcs as wide as their masses; "
        f"W₁ = {line.distance:.6g}, proved optimal exactly."
    )
    with pytest.raises(ValueError, match="ax must hold a picture that otkit has drawn"):
        otkit.alt_text(plt.figure().subplots())
