"""What all pictures have in common: colours, sizes, headline and legend.

References
----------
M. Okabe and K. Ito, *Color Universal Design: how to make figures and presentations that are friendly to colorblind
people* (2002): the palette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otkit._text import told_apart
from otkit.inputs.optional import needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.optimal_transport.results import TransportResult

SOURCE, TARGET, INK = "#0072B2", "#D55E00", "#333333"
# Curves differ in colour and in dashes, as in the style sheet beside this file, which makes new Axes.
CURVES = ((SOURCE, "-"), (TARGET, "--"), ("#009E73", "-."), ("#CC79A7", ":"))
SHEET = "otkit.plots.otkit"

# Sizes are in points of 1/72 inch and meant for a picture of this side; elsewhere they need not be exact.
SIDE = 340.0
# The share of the picture that all arcs, and all markers of one side, may cover.
ARC_SHARE, MARKER_SHARE = 0.12, 0.04
WIDEST_ARC, LARGEST_MARKER, SMALLEST_MARKER = 7.0, 300.0, 0.5
# The thinnest arc that can still be seen: among very many, among few.
THINNEST_ARC = 0.15, 0.7
# More arcs or points than this become a bitmap in vector formats, which few viewers could open otherwise.
LARGEST_VECTOR = 2000
# Up to this many rows and columns, the numbers themselves are written.
LARGEST_TABLE = 12


def require_matplotlib() -> None:
    """Raise ModuleNotFoundError, which says what to install, where there is no Matplotlib."""
    with needed("Pictures need Matplotlib", "matplotlib"):
        import matplotlib  # noqa: F401 (looked for, not used)


def own_axes(ax: Axes | None) -> Axes:
    """Return `ax`, or the Axes of a new figure."""
    if ax is not None:
        return ax
    (axes,) = new_axes(1, (6.0, 5.4))
    layout: Any = axes.figure.get_layout_engine()
    layout.set(w_pad=0.08, h_pad=0.08)
    return axes


def new_axes(count: int, size: tuple[float, float]) -> list[Axes]:
    """Return Axes side by side in a new figure of a size in inches."""
    require_matplotlib()
    import matplotlib.pyplot as plt

    # The first figure of all starts the backend, and that of notebooks turns interactive mode on, without which it
    # shows nothing. Leaving a style takes back every setting, that one too: so the figure is made before.
    figure = plt.figure(figsize=size, layout="constrained")
    with plt.style.context(SHEET):
        return list(figure.subplots(1, count, squeeze=False)[0])


def legend_below(axes: Axes, sources: str, targets: str, colours: tuple[str, str]) -> None:
    """Say below the picture what discs and squares are."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], linestyle="", marker=marker, markersize=7, color=colour, markeredgecolor=INK, mew=0.5, label=label
        )
        for marker, colour, label in zip("os", colours, (sources, targets), strict=True)
    ]
    axes.legend(handles=handles, ncols=2, **below(axes))


def below(axes: Axes) -> dict[str, Any]:
    """Return what places a legend below the axis, its numbers and its name, whatever the height of the picture."""
    from matplotlib.transforms import ScaledTranslation

    inches = 0.46 if axes.get_xlabel() else 0.3
    shifted = axes.transAxes + ScaledTranslation(0.0, -inches, axes.figure.dpi_scale_trans)
    return {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "bbox_transform": shifted, "frameon": False}


def headline(axes: Axes, result: TransportResult, *more: str) -> None:
    """Write the distance above the picture, and in smaller letters how it is proved, and more."""
    title, note = verdict(result)
    axes.set_title(title, fontsize=12, pad=20)
    small_line(axes, " · ".join(part for part in (note, *more) if part))


def small_line(axes: Axes, text: str) -> None:
    """Write a line in small letters between the title and the picture."""
    axes.annotate(
        text,
        (0.5, 1.0),
        xytext=(0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=9,
        color=INK,
    )


def verdict(result: TransportResult) -> tuple[str, str]:
    """Return the distance in words, and how it is proved."""
    problem, certificate = result.problem, result.certificate
    p = problem.cost.p
    distances = problem.probability and problem.cost.metric is not None
    name = pretty(f"W_{p:g}") if distances else "cost"
    if certificate.optimal:
        title = f"{name} = {result.distance:.6g}" if distances else f"cost {result.value:.6g}"
        relative = certificate.gap / abs(certificate.upper) if certificate.upper else certificate.gap
        exact = certificate.proof == "exact"
        return title, "proved optimal exactly" if exact else f"proved optimal, relative gap {relative:.1g}"
    bounds = certificate.lower, certificate.upper
    low, high = (problem.cost.root(max(bound, 0.0)) for bound in bounds) if distances and p != 1.0 else bounds
    return f" ≤ {name} ≤ ".join(told_apart(low, high)), "proved bounds, not yet equal"


def pretty(name: str) -> str:
    """Return the name of a statistic with its index set low.

    >>> pretty("W_1"), pretty("W_2.5"), pretty("energy distance")
    ('W₁', 'W₂.₅', 'energy distance')
    """
    head, mark, index = name.partition("W_")
    return f"{head}W{index.translate(_LOWERED)}" if mark and not head else name


_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
