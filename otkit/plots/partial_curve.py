"""The cost of partial transport over the mass, and the price of the next unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from otkit.plots.style import SOURCE, TARGET, below, new_axes, small_line
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.optimal_transport.partial_curve import PartialTransportCurve

# Of more breakpoints than this, dots would hide the line.
_DOTS = 60


def plot_partial_curve(curve: PartialTransportCurve, *, ax: Axes | None = None) -> Axes:
    """Draw the optimal cost over the mass that is shipped, and on the right-hand axis what the next unit costs.

    A price that leaps up says where a part ends that belongs together: a mass to choose.

    Parameters
    ----------
    curve : PartialTransportCurve
        As `partial_transport_curve` returns it.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        That of the cost.

    See Also
    --------
    partial_transport_curve

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import otkit
    >>> axes = otkit.plot_partial_curve(otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3]))
    >>> axes.get_xlabel()
    'mass shipped'
    """
    axes = new_axes(1, (6.4, 4.2))[0] if ax is None else ax
    masses, values, slopes = curve.masses, curve.values, curve.slopes
    price = axes.twinx()
    over, under = np.repeat(masses, 2)[1:-1], np.repeat(slopes, 2)
    (steps,) = price.plot(over, under, "--", color=TARGET, linewidth=1.5, label="price of the next unit")
    marker = "o" if masses.size <= _DOTS else ""
    (cost,) = axes.plot(masses, values, color=SOURCE, marker=marker, markersize=3.5, label="optimal cost")
    axes.set_xlabel("mass shipped")
    axes.set_ylabel("cost", color=SOURCE)
    price.set_ylabel("price of a unit", color=TARGET)
    axes.set_title("Partial transport", fontsize=12, pad=20)
    small_line(axes, f"{count(slopes.size, 'piece')}, each proved optimal in exact arithmetic")
    axes.legend(handles=[cost, steps], ncols=2, **below(axes))
    for each in (axes, price):
        each.spines["top"].set_visible(False)
        each.margins(x=0.02)
    rise = f"from {slopes[0]:.4g} to {slopes[-1]:.4g}" if slopes.size else "from nothing to nothing"
    say(
        axes,
        f"Optimal cost of partial transport over the mass: from 0 to {values[-1]:.4g} for a mass of "
        f"{masses[-1]:.4g}, in {count(slopes.size, 'piece')}.",
    )
    say(price, f"Price of the next unit of mass in partial transport, in steps {rise}.")
    return axes
