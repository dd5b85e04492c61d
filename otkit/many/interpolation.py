"""What lies on the way from one measure to another."""

from __future__ import annotations

from otkit._text import shown
from otkit.inputs.frames import Frame
from otkit.measures import DiscreteMeasure
from otkit.optimal_transport.results import TransportResult


def displacement_interpolation(result: TransportResult, t: float) -> DiscreteMeasure:
    """Return the measure at time t on the way from source to target along an optimal plan (McCann's interpolation).

    Mass Γ_ij sits at (1 − t) x_i + t y_j. These measures are a shortest way: W_p(μ_0, μ_t) = t W_p(μ_0, μ_1).

    Parameters
    ----------
    result : TransportResult
        An exact answer between points, for a cost that is a power of a norm, from `otkit.wasserstein`.
    t : float
        Between 0, the source, and 1, the target.

    Returns
    -------
    DiscreteMeasure
        One point for each pair that carries mass; n + m − 1 at most.

    Raises
    ------
    ValueError
        A time outside of 0 … 1; a cost without points, or whose shortest ways are not straight; an answer that is not
        proved optimal.

    See Also
    --------
    barycenter : of more than two measures.
    wasserstein : the plan that it goes along.

    References
    ----------
    R. J. McCann, A convexity principle for interacting gases, Advances in Mathematics 128 (1997), 153-179.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([[0, 0], [1, 0]], [[0, 4], [1, 2]], p=2)
    >>> otkit.displacement_interpolation(result, 0.25).points.tolist()
    [[0.0, 1.0], [1.0, 0.5]]
    """
    try:
        time = float(t)
    except (TypeError, ValueError):
        raise TypeError(f"t must be a number, but {shown(t)} was given.") from None
    if not 0.0 <= time <= 1.0:
        raise ValueError(f"t must lie between 0 and 1, but t = {shown(time)} was given.")
    cost = result.problem.cost
    if cost.points is None or cost.metric is None or cost.metric.norm is None:
        raise ValueError(
            "result must be a transport between points at a power of a norm, whose shortest ways are straight, but "
            f"its cost is {cost!r}."
        )
    if not result.certificate.optimal:
        raise ValueError(f"result must be proved optimal, but {result.certificate.verdict}.")
    (x, y), entries = cost.points, result.candidate
    used = entries.mass > 0.0
    points = (1.0 - time) * x[entries.rows[used]] + time * y[entries.cols[used]]
    return DiscreteMeasure(Frame(cost.reading.columns, block=points), entries.mass[used])
