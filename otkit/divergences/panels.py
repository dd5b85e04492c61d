"""Adaptive quadrature on the line, for functions of any scale, with singular ends and heavy tails.

The line is cut into panels that grow by a factor of four away from each *knot* (ends of supports, modes, points where a
function may break): so a peak of any width at a knot, an algebraic singularity there and an algebraic tail all become
smooth on every panel, and no scale has to be known. Panels whose Gauss–Kronrod error is too large are halved, all of
them at once, so that functions are called a few times with long arrays rather than once a point
(L. F. Shampine, *Vectorized adaptive quadrature in MATLAB*, J. Comput. Appl. Math. 211, 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from otkit._typing import FloatArray

Function = Callable[[FloatArray], FloatArray]  # (n,) points -> (k, n) values

_FARTHEST = 1e150  # whose square is a float
_NEAREST = 1e-150
_EPS = float(np.finfo(np.float64).eps)
_MAX_ROUNDS = 60
_INHERITED = 0.05
_MAX_PANELS = 40_000

# QUADPACK's 21-point Gauss–Kronrod rule and the 10-point Gauss rule inside it: non-negative half, outermost first.
_X = [0.995657163025808080735527280689003, 0.973906528517171720077964012084452, 0.930157491355708226001207180059508,
      0.865063366688984510732096688423493, 0.780817726586416897063717578345042, 0.679409568299024406234327365114874,
      0.562757134668604683339000099272694, 0.433395394129247190799265943165784, 0.294392862701460198131126603103866,
      0.148874338981631210884826001129720, 0.0]  # fmt: skip
_V = [0.011694638867371874278064396062192, 0.032558162307964727478818972459390, 0.054755896574351996031381300244580,
      0.075039674810919952767043140916190, 0.093125454583697605535065465083366, 0.109387158802297641899210590325805,
      0.123491976262065851077958109831074, 0.134709217311473325928054001771707, 0.142775938577060080797094273138717,
      0.147739104901338491374841515972068, 0.149445554002916905664936468389821]  # fmt: skip
_W = [0.066671344308688137593568809893332, 0.149451349150580593145776339657697, 0.219086362515982043995534934228163,
      0.269266719309996355091226921569469, 0.295524224714752870173892994651338]  # fmt: skip

NODES = np.array([-x for x in _X] + _X[-2::-1])
_KRONROD = np.array(_V + _V[-2::-1])
_GAUSS = np.zeros(21)
_GAUSS[1::2] = _W + _W[::-1]


@dataclass(frozen=True)
class Integral:
    """The integrals of k functions.

    Attributes
    ----------
    value, error : ndarray, shape (k,)
        The integrals and estimates of their errors.
    by_rung : ndarray, shape (k, number of edges − 1)
        The integrals between consecutive edges.
    """

    value: FloatArray
    error: FloatArray
    by_rung: FloatArray


def ladder(knots: Sequence[float], lower: float, upper: float) -> FloatArray:
    """Return edges from `lower` to `upper` (±10^150 where infinite), graded towards every knot between them.

    Parameters
    ----------
    knots : sequence of float
        At least one; those outside [lower, upper] are left out.
    lower, upper : float
    """
    inner = sorted({knot for knot in knots if lower <= knot <= upper and np.isfinite(knot)})
    low, high = max(lower, -_FARTHEST), min(upper, _FARTHEST)
    centres = [0.5 * a + 0.5 * b for a, b in pairwise(inner)]
    pieces = [np.array([low, high, *inner, *centres])]
    for knot, left, right in zip(inner, [low, *centres], [*centres, high], strict=True):
        nearest = max(_NEAREST, 4.0 * _EPS * abs(knot))
        for limit, sign in ((left, -1.0), (right, 1.0)):
            reach = abs(limit - knot)
            if reach > nearest:
                count = int((np.log(reach) - np.log(nearest)) / np.log(4.0)) + 1
                pieces.append(knot + sign * np.ldexp(nearest, 2 * np.arange(count)))
    edges = np.unique(np.concatenate(pieces))
    return edges[(edges >= low) & (edges <= high)]


def points_of(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the Gauss–Kronrod nodes of each panel, strictly inside it where it holds a float, shape (panels, 21)."""
    centre, half = 0.5 * left + 0.5 * right, 0.5 * right - 0.5 * left
    nodes = centre[:, None] + half[:, None] * NODES
    return np.clip(nodes, np.nextafter(left, np.inf)[:, None], np.nextafter(right, -np.inf)[:, None])


def contributions(function: Function, edges: FloatArray) -> FloatArray:
    """Return the integrals between consecutive edges by one application of the rule, shape (k, panels)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _rule(function, edges[:-1], edges[1:])[0]


def integrate(function: Function, edges: FloatArray, rtol: FloatArray, atol: FloatArray) -> Integral:
    """Integrate k functions between the first and the last edge, each to max(atol, rtol·|integral|).

    The error is the estimate reached, whether or not it is as small as was asked for.

    Parameters
    ----------
    function : callable
        Values of shape (k, n) at points of shape (n,); all finite.
    edges : ndarray
        Increasing.
    rtol, atol : ndarray, shape (k,)
    """
    left, right = edges[:-1], edges[1:]
    rung = np.arange(left.size)
    value, error, wobble = _rule(function, left, right)
    for _ in range(_MAX_ROUNDS):
        total = np.abs(value.sum(axis=1))
        tolerance = np.where(total < np.inf, np.maximum(atol, rtol * np.minimum(total, 1e300)), np.inf)
        split = np.zeros(left.size, dtype=bool)
        for row, allowed in zip(error, tolerance, strict=True):
            order = np.argsort(row)
            split[order[np.cumsum(row[order]) > 0.5 * allowed]] = True
        split &= right - left > 16.0 * _EPS * np.maximum(np.abs(left), np.abs(right))
        if not split.any() or left.size > _MAX_PANELS:
            break
        middle = 0.5 * left[split] + 0.5 * right[split]
        starts, ends = np.concatenate([left[split], middle]), np.concatenate([middle, right[split]])
        new_value, new_error, new_wobble = _rule(function, starts, ends)
        # Both rules may happen to agree about a kink; a parent and its halves would have to do so as well.
        change = np.abs(value[:, split] - new_value[:, : middle.size] - new_value[:, middle.size :])
        new_error = np.maximum(new_error, _INHERITED * np.tile(change, 2))
        left, right = np.concatenate([left[~split], starts]), np.concatenate([right[~split], ends])
        rung = np.concatenate([rung[~split], rung[split], rung[split]])
        value = np.concatenate([value[:, ~split], new_value], axis=1)
        error = np.concatenate([error[:, ~split], new_error], axis=1)
        wobble = np.concatenate([wobble[:, ~split], new_wobble], axis=1)
    by_rung = np.array([np.bincount(rung, weights=row, minlength=edges.size - 1) for row in value])
    return Integral(value.sum(axis=1), error.sum(axis=1) + 2.0 * np.sqrt(wobble.sum(axis=1)), by_rung)


def _rule(function: Function, left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return integrals, QUADPACK's estimates of their errors, and the variance from rounded nodes, shape (k, panels).

    The last matters for a narrow peak far from 0, and no halving of panels makes it smaller.
    """
    half = 0.5 * right - 0.5 * left
    values = function(points_of(left, right).reshape(-1))
    values = values.reshape(values.shape[0], left.size, 21)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        mean = values @ _KRONROD
        error = np.abs(mean - values @ _GAUSS)
        spread = np.abs(values - 0.5 * mean[:, :, None]) @ _KRONROD
        sharpened = spread * np.minimum(1.0, (200.0 * error / spread) ** 1.5)
        error = np.where((spread > 0.0) & (error > 0.0), sharpened, error)
        jumps = 0.5 * _EPS * np.maximum(np.abs(left), np.abs(right))[:, None] * np.diff(values, axis=2)
        return mean * half, error * half, np.square(jumps).sum(axis=2)
