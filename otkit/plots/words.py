"""Each picture in a sentence, for those who do not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otkit._text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME = "_otkit_alt_text"


def alt_text(ax: Axes) -> str:
    """Return what a picture of otkit shows, in a sentence: for web pages, slides and screen readers.

    Parameters
    ----------
    ax : matplotlib Axes
        As a plotting function of otkit returned it.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        No function of otkit has drawn into these Axes.

    Examples
    --------
    >>> import otkit
    >>> axes = otkit.plot_plan(otkit.wasserstein([[0, 0], [1, 0]], [[0, 1], [1, 1]]))
    >>> otkit.alt_text(axes)
    'Transport plan from 2 points (x) to 2 points (y), 2 arcs as wide as their masses; W₁ = 1, proved optimal exactly.'
    """
    said = getattr(ax, _NAME, None)
    if said is None:
        raise ValueError(
            "ax must hold a picture that otkit has drawn, but it holds none. Pass what otkit.plot_… returned."
        )
    return str(said)


def say(axes: Axes, sentence: str) -> None:
    """Remember what a picture shows."""
    setattr(axes, _NAME, printable(sentence.replace("\\$", "$")))


def count(number: int, thing: str, things: str = "") -> str:
    """Return a number of things.

    >>> count(1, "point"), count(2000, "arc"), count(0, "entry", "entries")
    ('1 point', '2,000 arcs', '0 entries')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
