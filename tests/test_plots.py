"""Pictures show what the result holds: every arc, in place and in proportion, and how the number is proved."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import numpy as np
import pytest

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.text import Text

DRAWINGS = [otkit.plot_plan, otkit.plot_cost_and_plan, otkit.plot_potentials]


@pytest.fixture(autouse=True)
def close_figures():
    plt.close("all")  # what another test left open
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def town():
    return otkit.datasets.manhattan()


@pytest.fixture(scope="module")
def manhattan(town):
    return otkit.transport(otkit.Euclidean().between(town.bakeries, town.cafes), town.supply, town.demand)


@pytest.fixture(scope="module")
def bakery():
    bread = otkit.datasets.bakery()
    return otkit.transport(bread.cost, bread.supply, bread.demand)


@pytest.fixture(scope="module")
def clouds():
    rng = np.random.default_rng(3)
    return otkit.wasserstein(rng.normal(size=(60, 2)), rng.normal(size=(40, 2)) + [3.0, 0.0], rng.uniform(0.1, 1.0, 60))


@pytest.fixture(scope="module")
def line():
    rng = np.random.default_rng(4)
    return otkit.wasserstein(rng.normal(size=30), rng.normal(size=20) + 2.0, rng.uniform(0.1, 1.0, 30), p=2)


def arcs_of(axes) -> LineCollection:
    (arcs,) = (artist for artist in axes.collections if isinstance(artist, LineCollection))
    return arcs


def discs_and_squares(axes):
    return [artist for artist in axes.collections if not isinstance(artist, LineCollection)][-2:]


def words_outside_cells(figure) -> list[Text]:
    """Every text that is seen, but for the numbers in the cells of a matrix, which lie on the marks by intention."""
    found = []
    for axes in (*figure.axes, *(child for parent in figure.axes for child in parent.child_axes)):
        found += [axes.title, axes.xaxis.label, axes.yaxis.label]
        found += [text for text in axes.texts if not axes.images]
        found += axes.get_legend().get_texts() if axes.get_legend() else []
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high:
                    found += [tick.label1, tick.label2]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def all_text(axes) -> list[str]:
    return [text.get_text() for text in axes.figure.findobj(Text)]


def test_every_arc_joins_its_points_as_wide_as_its_mass(manhattan, town):
    axes = otkit.plot_plan(manhattan)
    arcs, plan = arcs_of(axes), manhattan.plan
    assert len(arcs.get_segments()) == plan.nnz
    ends = np.array(arcs.get_segments())
    np.testing.assert_array_equal(ends[:, 0], town.bakeries[plan.row])
    np.testing.assert_array_equal(ends[:, 1], town.cafes[plan.col])
    widths = np.array(arcs.get_linewidths())
    visible = widths > widths.min()
    np.testing.assert_allclose(widths[visible] / plan.data[visible], widths.max() / plan.data.max(), rtol=1e-12)
    assert visible.sum() >= 8


def test_marker_areas_are_proportional_to_weight(manhattan, town):
    bakeries, cafes = discs_and_squares(otkit.plot_plan(manhattan))
    np.testing.assert_allclose(bakeries.get_sizes() / bakeries.get_sizes()[0], town.supply / town.supply[0], rtol=1e-12)
    np.testing.assert_array_equal(cafes.get_offsets(), town.cafes)


def test_points_on_the_line_are_drawn_in_two_rows(line):
    axes = otkit.plot_plan(line, names=("before", "after"))
    ends = np.array(arcs_of(axes).get_segments())
    x, y = line.problem.cost.points
    np.testing.assert_array_equal(ends[:, 0, 0], x[line.plan.row, 0])
    np.testing.assert_array_equal(ends[:, 1, 0], y[line.plan.col, 0])
    assert set(ends[:, 0, 1]) == {1.0}
    assert set(ends[:, 1, 1]) == {0.0}
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["before", "after"]


def test_no_arc_of_a_large_plan_is_dropped():
    rng = np.random.default_rng(5)
    result = otkit.wasserstein(rng.normal(size=50_000), rng.normal(size=50_001))
    axes = otkit.plot_plan(result, points=(rng.normal(size=(50_000, 2)), rng.normal(size=(50_001, 2))))
    arcs = arcs_of(axes)
    assert len(arcs.get_segments()) == result.plan.nnz >= 100_000
    assert np.min(arcs.get_linewidths()) > 0.0
    assert arcs.get_rasterized()


def test_a_map_lies_behind_the_plan_with_its_first_row_on_top(manhattan):
    axes = otkit.plot_plan(manhattan, background=np.zeros((560, 800)))
    (image,) = axes.images
    assert image.get_zorder() < arcs_of(axes).get_zorder()
    low, high = axes.get_ylim()
    assert low > high


def test_latitude_is_drawn_upwards():
    paris, oslo, rome = (48.9, 2.4), (59.9, 10.8), (41.9, 12.5)
    axes = otkit.plot_plan(otkit.wasserstein([paris], [oslo, rome], metric="haversine"))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("longitude", "latitude")
    ends = np.array(arcs_of(axes).get_segments())
    np.testing.assert_array_equal(ends[0, 0], paris[::-1])


def test_the_matrix_shows_costs_masses_and_plan(bakery):
    axes = otkit.plot_cost_and_plan(bakery, names=("bakeries", "cafés"))
    bread = otkit.datasets.bakery()
    np.testing.assert_array_equal(axes.images[0].get_array(), bread.cost)
    (marks,) = axes.collections
    np.testing.assert_array_equal(marks.get_offsets(), np.column_stack([bakery.plan.col, bakery.plan.row]))
    np.testing.assert_allclose(np.argsort(marks.get_sizes()), np.argsort(bakery.plan.data))
    above, left, _ = axes.child_axes
    assert [bar.get_height() for bar in above.patches] == bread.demand.tolist()
    assert [bar.get_width() for bar in left.patches] == bread.supply.tolist()
    assert above.get_title() == "cost 1070"
    masses = [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"]
    assert masses == [f"{mass:g}" for mass in bakery.plan.data]


def test_on_the_line_the_sorted_plan_is_a_staircase(line):
    axes = otkit.plot_cost_and_plan(line)
    columns, rows = np.array(axes.collections[0].get_offsets()).T
    order = np.lexsort((columns, rows))
    assert (np.diff(columns[order]) >= 0).all()
    x, y = (np.sort(side[:, 0]) for side in line.problem.cost.points)
    np.testing.assert_allclose(axes.images[0].get_array(), (x[:, None] - y) ** 2, rtol=1e-15)


def test_a_large_cost_is_sampled_and_its_plan_is_not():
    rng = np.random.default_rng(6)
    result = otkit.wasserstein(rng.normal(size=3000), rng.normal(size=2000))
    axes = otkit.plot_cost_and_plan(result)
    assert axes.images[0].get_array().shape == (800, 800)
    assert axes.images[0].get_extent() == [-0.5, 1999.5, 2999.5, -0.5]
    assert len(axes.collections[0].get_offsets()) == result.plan.nnz


def test_one_cost_everywhere_is_drawn():
    axes = otkit.plot_cost_and_plan(otkit.transport(np.full((3, 2), 4.0), [1, 2, 1], [2, 2]))
    axes.figure.canvas.draw()
    assert (axes.images[0].get_array() == 4.0).all()


def test_points_are_coloured_by_f_and_minus_g(clouds):
    axes = otkit.plot_potentials(clouds)
    sources, targets = (artist for artist in axes.collections if type(artist).__name__ == "PathCollection")
    f, g = clouds.potentials.from_zero()
    np.testing.assert_array_equal(sources.get_array(), f)
    np.testing.assert_array_equal(targets.get_array(), -g)
    assert sources.get_clim() == targets.get_clim()


def test_level_lines_only_where_the_potential_is_one_function(clouds):
    def levels(result):
        return [a for a in otkit.plot_potentials(result).collections if "Contour" in type(a).__name__]

    assert levels(clouds)
    x, y = clouds.problem.cost.points
    assert not levels(otkit.wasserstein(x, y, clouds.problem.a, metric="sqeuclidean"))


def test_potentials_on_the_line_are_curves(line):
    axes = otkit.plot_potentials(line)
    over_x, over_y = axes.lines
    x, y = line.problem.cost.points
    f, g = line.potentials.from_zero()
    np.testing.assert_array_equal(over_x.get_ydata(), f[np.argsort(x[:, 0], kind="stable")])
    np.testing.assert_array_equal(over_y.get_ydata(), -g[np.argsort(y[:, 0], kind="stable")])


def test_potentials_of_a_matrix_are_bars(bakery):
    axes = otkit.plot_potentials(bakery)
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_array_equal(heights, np.concatenate(bakery.potentials.from_zero()))


@pytest.mark.parametrize("draw", DRAWINGS)
def test_the_headline_says_how_it_is_proved(draw, clouds, line):
    for result, name in ((clouds, "W₁"), (line, "W₂")):
        words = all_text(draw(result))
        assert f"{name} = {result.distance:.6g}" in words
        assert any(word.startswith("proved optimal") for word in words)


def test_the_headline_of_bounds_is_an_interval(clouds):
    x, y = clouds.problem.cost.points
    result = otkit.wasserstein(x, y, p=2, method="sinkhorn")
    assert not result.certificate.optimal
    low, high = np.sqrt(result.certificate.lower), np.sqrt(result.certificate.upper)
    assert otkit.plot_plan(result).get_title() == f"{low:.6g} ≤ W₂ ≤ {high:.6g}"


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        *itertools.product(DRAWINGS, ["manhattan", "clouds", "line"]),
        (otkit.plot_cost_and_plan, "bakery"),
        (otkit.plot_plan, "bakery"),
        (otkit.plot_potentials, "bakery"),
    ],
)
def test_no_words_overlap_and_none_is_cut_off(draw, name, request):
    figure = draw(request.getfixturevalue(name)).figure
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in words_outside_cells(figure)]
    assert len(boxes) > 5
    for words, box in boxes:
        inside = figure.bbox.padded(1.0)
        assert inside.contains(box.x0, box.y0), words
        assert inside.contains(box.x1, box.y1), words
    for (first, one), (second, other) in itertools.combinations(boxes, 2):
        assert not one.overlaps(other), f"{first!r} overlaps {second!r}"


@pytest.mark.parametrize("draw", DRAWINGS)
def test_axes_of_the_caller_are_used(draw, clouds):
    figure, axes = plt.subplots()
    assert draw(clouds, ax=axes) is axes
    assert plt.get_fignums() == [figure.number]


def test_the_first_figure_of_a_notebook_leaves_interactive_mode_on(clouds, monkeypatch):
    first_figure = plt.new_figure_manager

    def start_backend(*args, **options):
        plt.ion()  # as the backend of notebooks does when it is loaded
        return first_figure(*args, **options)

    monkeypatch.setattr(plt, "new_figure_manager", start_backend)
    try:
        otkit.plot_plan(clouds)
        assert plt.isinteractive()
    finally:
        plt.ioff()


@pytest.mark.parametrize("draw", [otkit.plot_plan, otkit.plot_potentials])
def test_more_than_two_dimensions_are_refused_but_a_projection_is_drawn(draw):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(5, 3))
    result = otkit.wasserstein(x, y)
    with pytest.raises(ValueError, match=r"one or two coordinates to be drawn, but they have 3"):
        draw(result)
    assert draw(result, points=(x[:, :2], y[:, :2])).collections


def test_a_matrix_without_points_has_no_place_on_a_map(bakery):
    with pytest.raises(ValueError, match=r"give points=\(x, y\)"):
        otkit.plot_plan(bakery, background=np.zeros((10, 10)))


def test_a_matrix_is_drawn_in_two_columns_with_labels_and_masses(bakery):
    pd = pytest.importorskip("pandas")  # an extra, which the wheel is tested without
    bread = otkit.datasets.bakery()
    cost = pd.DataFrame(bread.cost, bread.bakeries, bread.cafes)
    axes = otkit.plot_plan(otkit.transport(cost, bread.supply, bread.demand))
    ends, heights = np.array(arcs_of(axes).get_segments()), 1.0 - (np.arange(6) + 0.5) / 6
    np.testing.assert_array_equal(ends[:, 0], np.column_stack([np.zeros(11), heights[bakery.plan.row]]))
    np.testing.assert_array_equal(ends[:, 1], np.column_stack([np.ones(11), heights[bakery.plan.col]]))
    (right,) = axes.child_axes
    for side, names, masses in ((axes, bread.bakeries, bread.supply), (right, bread.cafes, bread.demand)):
        written = [label.get_text() for label in side.get_yticklabels()]
        assert written == [f"{name}: {mass}" for name, mass in zip(names, masses, strict=True)]
    numbers = {tuple(text.get_position()): text.get_text() for text in axes.texts if text.get_fontweight() == "bold"}
    on_roads = [text for (across, _), text in numbers.items() if 0.0 < across < 1.0]
    assert sorted(on_roads) == sorted(f"{mass:g}" for mass in bakery.plan.data)
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts if 0.0 < text.get_position()[0] < 1.0]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes[: len(on_roads)], 2))


def test_a_matrix_of_many_rows_has_no_numbers():
    rng = np.random.default_rng(8)
    axes = otkit.plot_plan(otkit.transport(rng.integers(0, 99, (60, 50)), np.full(60, 5), np.full(50, 6)))
    assert len(axes.get_yticks()) == 0
    assert len(axes.texts) == 3  # both names, and how it is proved


def test_axes_have_one_scale_unless_that_would_be_a_line(clouds):
    x, y = clouds.problem.cost.points
    for draw in (otkit.plot_plan, otkit.plot_potentials):
        assert draw(clouds).get_aspect() == 1.0
        assert draw(otkit.wasserstein(x * [1.0, 1000.0], y * [1.0, 1000.0])).get_aspect() == "auto"
        assert draw(otkit.wasserstein(x * [1.0, 0.0], y * [1.0, 0.0])).get_aspect() == 1.0


def test_axes_are_called_by_the_columns_of_frames():
    pd = pytest.importorskip("pandas")  # an extra, which the wheel is tested without
    rng = np.random.default_rng(9)
    x, y = (pd.DataFrame(rng.normal(size=(9, 2)) * [10, 1e5], columns=["age", "income, $ or $"]) for _ in range(2))
    result = otkit.wasserstein(x, y)
    for draw in (otkit.plot_plan, otkit.plot_potentials):
        axes = draw(result)
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("age", r"income, \$ or \$")
        axes.figure.canvas.draw()
        assert any(label.get_text().endswith("k") for label in axes.get_yticklabels())
    line = otkit.wasserstein(x[["age"]], y[["age"]])
    assert otkit.plot_plan(line).get_xlabel() == "age"
    hours = pd.DataFrame({"hired": pd.to_datetime(["2024-01-01 09:30:00.25", "2024-01-02 00:00:00.5"])})
    assert otkit.plot_plan(otkit.wasserstein(hours, hours)).get_xlabel() == "hired in seconds since 2024-01-01 09:30:00"


def test_points_without_mass_are_left_out():
    result = otkit.wasserstein([[0, 0], [1, 0], [9, 9]], [[0, 1], [1, 1]], [1, 1, 0])
    sources, targets = discs_and_squares(otkit.plot_plan(result))
    assert sources.get_offsets().tolist() == [[0, 0], [1, 0]]
    assert len(targets.get_offsets()) == 2


@pytest.mark.parametrize("draw", [otkit.plot_plan, otkit.plot_potentials])
def test_cells_of_a_grid_are_an_image(draw):
    a, b = np.zeros((2, 5, 9))
    a[1, 2], b[3, 7] = 1.0, 1.0
    axes = draw(otkit.wasserstein_grid(a, b))
    sources, targets = [artist for artist in axes.collections if type(artist).__name__ == "PathCollection"]
    assert (sources.get_offsets().tolist(), targets.get_offsets().tolist()) == ([[2, 1]], [[7, 3]])
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 8.5), (4.5, -0.5))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("column", "row")


def test_far_outliers_are_beyond_the_edges_and_said():
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
    x[0] = 1e6
    for points in ((x, y), (x[:, :1], y[:, :1])):
        result = otkit.wasserstein(*points)
        for draw in (otkit.plot_plan, otkit.plot_potentials):
            axes = draw(result)
            assert max(axes.get_xlim()) < 10.0
            low, high = np.array(axes.get_xlim()), np.array(axes.get_ylim())
            axes.figure.canvas.draw()
            assert ((low, high) == np.array([axes.get_xlim(), axes.get_ylim()])).all()
            drawn = np.concatenate(points)
            beyond = (drawn[:, 0] < low[0]) | (drawn[:, 0] > low[1])
            if points[0].shape[1] == 2:
                beyond |= (drawn[:, 1] < high[0]) | (drawn[:, 1] > high[1])
            assert 1 <= beyond.sum() < 30
            said = f"{beyond.sum()} point{'s' if beyond.sum() > 1 else ''} beyond the edges"
            assert any(text.get_text().endswith(said) for text in axes.texts)
    few = otkit.wasserstein([0.0, 1.0, 1e6], [0.0, 1.0])  # three points are no tail
    assert max(otkit.plot_plan(few).get_xlim()) > 1e6


def test_long_rows_are_drawn_by_spots_that_hold_the_same_mass():
    rng = np.random.default_rng(11)
    result = otkit.wasserstein(rng.uniform(size=100_000), rng.uniform(size=80_000) + 0.3)
    axes = otkit.plot_plan(result)
    sources, targets = discs_and_squares(axes)
    for markers in (sources, targets):
        assert 100 < len(markers.get_offsets()) <= 1002
    widths = np.array(arcs_of(axes).get_linewidths())
    assert 500 < widths.size < 5000
    x, y = (np.sort(side[:, 0]) for side in result.problem.cost.points)
    ends = np.array(arcs_of(axes).get_segments())[:, :, 0]
    levels = (np.searchsorted(x, ends[:, 0]) / x.size, np.searchsorted(y, ends[:, 1]) / y.size)
    assert np.abs(levels[0] - levels[1]).max() < 5e-3  # quantile to quantile, as the plan is
    marks = otkit.plot_cost_and_plan(result).collections[0].get_offsets()
    assert len(marks) < 5000
    for line, size in zip(otkit.plot_potentials(result).lines, (x.size, y.size), strict=True):
        assert len(line.get_xdata()) < 5000 < size


def test_points_that_do_not_fit_are_refused(bakery):
    with pytest.raises(ValueError, match="points must hold 6 sources and 6 targets, but they hold 5 and 6"):
        otkit.plot_plan(bakery, points=(np.zeros((5, 2)), np.zeros((6, 2))))


def test_dendrogram_joins_branches_at_their_mean_distance():
    result = otkit.pairwise([[0.0], [1.0], [10.0]])
    axes = otkit.plot_dendrogram(result, names=["near", "by", "far"])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["far", "near", "by"]
    joints = sorted({float(x) for line in axes.collections[0].get_segments() for x in line[:, 0]})
    assert joints == [0.0, 1.0, 9.5]


@pytest.mark.parametrize(
    ("measures", "names", "message"),
    [
        (([[0.0], [1.0]], [[0.0], [2.0], [3.0]]), None, "result must hold the distances among two measures or more"),
        (([[0.0], [1.0]], None), ["a"], "names must be one for each of the 2 measures"),
    ],
)
def test_dendrogram_refuses(measures, names, message):
    with pytest.raises(ValueError, match=message):
        otkit.plot_dendrogram(otkit.pairwise(*measures), names=names)
