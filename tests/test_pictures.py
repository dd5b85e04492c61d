"""Pictures look as they did when they were last looked at, in colours that every kind of colour vision tells apart."""

from __future__ import annotations

import inspect
import itertools
import shutil
import warnings

import gallery
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.testing.compare import compare_images

from otkit import plots
from otkit.plots import neural, style

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.image import imread, imsave

# Root mean square over all pixels, of 255. Other builds of Matplotlib's text engine move letters by a fraction of a
# pixel, which makes up to about 2; a missing arc or legend makes more than 4 (the last test but two).
TOLERANCE = 4.0

# Colours as the eyes of people see them who lack one kind of cone, in linear RGB: Machado, Oliveira and Fernandes,
# A Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1.
EYES = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_every_public_plot_has_a_picture():
    drawn = inspect.getsource(gallery)
    public = [name for name in plots.__all__ if name.startswith("plot_")]
    assert [name for name in public if f"otkit.{name}(" not in drawn] == []
    assert {path.stem for path in gallery.KEPT.glob("*.png")} == set(gallery.PICTURES)


@pytest.mark.parametrize("name", gallery.PICTURES)
def test_picture_looks_as_kept(name, tmp_path):
    kept = shutil.copy(gallery.KEPT / f"{name}.png", tmp_path / f"{name}-kept.png")
    assert compare_images(str(kept), str(gallery.save(name, tmp_path)), TOLERANCE) is None


def test_a_missing_arc_is_noticed(tmp_path):
    kept = gallery.KEPT / "plan_on_a_map.png"
    picture = imread(kept)
    rows, columns = np.nonzero(np.abs(picture[..., :3] - to_rgb(style.TARGET)).max(axis=2) < 0.02)
    picture[rows[0] - 3 : rows[0] + 12, columns[0] - 6 : columns[0] + 8, :3] = 0.9  # one café less
    imsave(tmp_path / "corrupted.png", picture)
    shutil.copy(kept, tmp_path / "kept.png")
    assert "RMS" in compare_images(str(tmp_path / "kept.png"), str(tmp_path / "corrupted.png"), TOLERANCE)


def lightness_and_colour(colour: str, eye: str) -> np.ndarray:
    """Return CIE L*a*b* of a colour, as seen by an eye."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(EYES[eye]) @ linear, 0.0, 1.0)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.maximum(np.array(to_xyz) @ seen / [0.9505, 1.0, 1.089], 0.008856))
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(
    "colours",
    [
        (style.SOURCE, style.TARGET, style.INK, "#FFFFFF"),
        tuple(colour for colour, _ in style.CURVES),
        (neural.FLAT, neural.RIGHT, neural.STEEP),
    ],
    ids=["sides", "curves", "slopes"],
)
def test_every_eye_tells_the_colours_apart(colours, eye):
    for one, other in itertools.combinations(colours, 2):
        difference = np.linalg.norm(lightness_and_colour(one, eye) - lightness_and_colour(other, eye))
        assert difference > 15.0, f"{one} and {other} look alike: {difference:.0f}"  # 2.3 is just noticeable


def test_matplotlibs_red_and_green_would_not_do():
    red, green = (lightness_and_colour(colour, "deuteranopia") for colour in ("#D62728", "#2CA02C"))
    assert np.linalg.norm(red - green) < 15.0


def test_curves_differ_in_grey_print_too():
    assert len({dashes for _, dashes in style.CURVES}) == len(style.CURVES)
    with plt.style.context(style.SHEET):
        cycle = list(itertools.islice(plt.rcParams["axes.prop_cycle"], len(style.CURVES)))
    assert [(entry["color"].upper().lstrip("#"), entry["linestyle"]) for entry in cycle] == [
        (colour.lstrip("#"), dashes) for colour, dashes in style.CURVES
    ]


def test_the_style_sheet_is_used_by_its_name_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with plt.style.context("otkit.plots.otkit"):
            assert not plt.rcParams["axes.spines.top"]
