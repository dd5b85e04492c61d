"""Adaptive quadrature on the line, for functions of any scale and place, with singular ends and heavy tails.

The line is cut into panels that grow by a factor of four away from each *knot* (ends of supports, modes, points where a
function may break): so a peak of any width at a knot, an algebraic singularity there and an algebraic tail all become
smooth on every panel, and no scale has to be known. Panels whose Gauss–Kronrod error is too large are halved, all of
them at once, so that functions are called a few times with long arrays rather than once a point
(L. F. Shampine, *Vectorized adaptive quadrature in MATLAB*, J. Comput. Appl. Math. 211, 2008).

A point is a knot and an offset from it, never their sum: far from zero floats lie so far apart that the sum would lose
the offset, and with it the shape of what is integrated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.numerics.floats import EPS

_LEAST, _MOST = 1e-300, 1e300  # of offsets
_NEAREST, _FARTHEST = 1e-150, 1e150  # in units of a scale: its square is a float
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
class Places:
    """Points x = anchor + offset.

    Attributes
    ----------
    anchor, offset : ndarray, shape (n,)
    """

    anchor: FloatArray
    offset: FloatArray

    @property
    def x(self) -> FloatArray:
        """The nearest floats."""
        return self.anchor + self.offset

    def __len__(self) -> int:
        return self.anchor.size


Function = Callable[[Places], FloatArray]  # n points -> (k, n) values


@dataclass(frozen=True)
class Panels:
    """Consecutive intervals, each described from a knot.

    Attributes
    ----------
    anchor, left, right : ndarray, shape (n,)
        The knot, and the ends as offsets from it; both on one side.
    run : ndarray of int, shape (n,)
        2k for those below the k-th knot, 2k + 1 for those above.
    knots : ndarray
        In ascending order.
    blur : ndarray, shape (n,)
        By how much rounding displaces a point, whatever its offset.
    snapped : bool
        Whether functions take x itself, so that it must be a float.
    """

    anchor: FloatArray
    left: FloatArray
    right: FloatArray
    run: IntArray
    knots: FloatArray
    blur: FloatArray
    snapped: bool

    def __len__(self) -> int:
        return self.anchor.size

    def taken(self, which: BoolArray) -> Panels:
        """Return some of the panels."""
        anchor, left, right, blur = (a[which] for a in (self.anchor, self.left, self.right, self.blur))
        return Panels(anchor, left, right, self.run[which], self.knots, blur, self.snapped)

    def halves(self) -> Panels:
        """Return the left halves of all panels, and then the right ones."""
        middle = 0.5 * self.left + 0.5 * self.right
        left, right = np.concatenate([self.left, middle]), np.concatenate([middle, self.right])
        anchor, blur = np.tile(self.anchor, 2), np.tile(self.blur, 2)
        return Panels(anchor, left, right, np.tile(self.run, 2), self.knots, blur, self.snapped)

    def with_more(self, others: Panels) -> Panels:
        """Return these panels and others of the same ladder."""
        anchor, left, right, blur = (
            np.concatenate([getattr(self, name), getattr(others, name)]) for name in ("anchor", "left", "right", "blur")
        )
        return Panels(anchor, left, right, np.concatenate([self.run, others.run]), self.knots, blur, self.snapped)

    @property
    def spacing(self) -> FloatArray:
        """By how much the rounding of a point may displace it, in each panel."""
        return self.blur + 0.5 * EPS * np.maximum(np.abs(self.left), np.abs(self.right))

    def places(self) -> Places:
        """Return the Gauss–Kronrod nodes of each panel, strictly inside it where it holds a float, panel by panel."""
        centre, half = 0.5 * self.left + 0.5 * self.right, 0.5 * self.right - 0.5 * self.left
        offset = centre[:, None] + half[:, None] * NODES
        anchor = np.repeat(self.anchor, NODES.size).reshape(offset.shape)
        if self.snapped:
            ends = self.anchor + self.left, self.anchor + self.right
            x = np.clip(anchor + offset, *(_inside(end, other)[:, None] for end, other in (ends, ends[::-1])))
            offset = x - anchor
        else:
            ends = self.left, self.right
            offset = np.clip(offset, *(_inside(end, other)[:, None] for end, other in (ends, ends[::-1])))
        return Places(anchor.reshape(-1), offset.reshape(-1))


def _inside(end: FloatArray, other: FloatArray) -> FloatArray:
    return np.where(end == other, end, np.nextafter(end, other))


@dataclass(frozen=True)
class Integral:
    """The integrals of k functions.

    Attributes
    ----------
    value, error : ndarray, shape (k,)
        The integrals and estimates of their errors.
    by_panel : ndarray, shape (k, number of panels)
        The integrals over the panels as they were given.
    """

    value: FloatArray
    error: FloatArray
    by_panel: FloatArray


def ladder(
    knots: Sequence[float],
    lower: float,
    upper: float,
    scales: tuple[float, float],
    snapped: bool,
    resolution: Mapping[float, float],
) -> Panels:
    """Return panels from `lower` to `upper`, graded towards every knot between them.

    Parameters
    ----------
    knots : sequence of float
        At least one; those outside [lower, upper] are left out.
    lower, upper : float
        Possibly infinite: then as far as 10^150 times the larger scale.
    scales : pair of float
        The least and the largest scale of what is integrated.
    snapped : bool
        See `Panels`.
    resolution : mapping
        Of some knots, how near to them functions tell points apart: some spacings of floats there.
    """
    inner = np.array(sorted({float(knot) for knot in knots if lower <= knot <= upper and np.isfinite(knot)}))
    nearest, farthest = max(_LEAST, _NEAREST * scales[0]), min(_MOST, _FARTHEST * scales[1])
    gaps = np.diff(inner)
    before = np.concatenate([[min(inner[0] - lower, farthest)], gaps - 0.5 * gaps])
    after = np.concatenate([0.5 * gaps, [min(upper - inner[-1], farthest)]])
    pieces: list[tuple[FloatArray, FloatArray, int]] = []
    apart = np.array([max(resolution.get(k, 0.0), 4.0 * EPS * abs(k) if snapped else 0.0) for k in inner.tolist()])
    for k in range(inner.size):
        close = max(nearest, float(apart[k]))
        down, up = _rungs(close, float(before[k])), _rungs(close, float(after[k]))
        pieces += [(-down[:0:-1], -down[-2::-1], 2 * k), (up[:-1], up[1:], 2 * k + 1)]
    left, right = (np.concatenate([piece[side] for piece in pieces]) for side in (0, 1))
    run = np.repeat([piece[2] for piece in pieces], [piece[0].size for piece in pieces])
    return Panels(inner[run // 2], left, right, run, inner, 0.125 * apart[run // 2], snapped)


def _rungs(close: float, reach: float) -> FloatArray:
    """Return 0, close, 4 close, 16 close, … and `reach`, which is the last."""
    if not reach > 0.0:
        return np.zeros(1)
    count = max(0, int(np.ceil((np.log(reach) - np.log(close)) / np.log(4.0))))
    steps = np.ldexp(close, 2 * np.arange(count))
    return np.concatenate([[0.0], steps[steps < reach], [reach]])


def contributions(function: Function, panels: Panels) -> FloatArray:
    """Return the integrals over the panels by one application of the rule, shape (k, panels)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _rule(function, panels)[0]


def integrate(
    function: Function, panels: Panels, rtol: FloatArray, atol: FloatArray, noise: tuple[int, int] | None = None
) -> Integral:
    """Integrate k functions over all panels, each to max(atol, rtol·|integral|).

    The error is the estimate reached, whether or not it is as small as was asked for. Panels are not halved where the
    error is what rounding does, of nodes or values.

    Parameters
    ----------
    function : callable
        Values of shape (k, n) at n points; all finite.
    panels : Panels
    rtol, atol : ndarray, shape (k,)
    noise : pair of int, optional
        (i, j) where function j bounds the rounding errors in function i.
    """
    count = len(panels)
    rung = np.arange(count)
    value, error, wobble = _rule(function, panels)
    for _ in range(_MAX_ROUNDS):
        total = np.abs(value.sum(axis=1))
        tolerance = np.where(total < np.inf, np.maximum(atol, rtol * np.minimum(total, 1e300)), np.inf)
        floor = np.sqrt(wobble)
        if noise is not None:
            floor[noise[0]] += value[noise[1]]
        split = np.zeros(len(panels), dtype=bool)
        for row, least, allowed in zip(error, floor, tolerance, strict=True):
            order = np.argsort(row)
            large = order[np.cumsum(row[order]) > 0.5 * allowed]
            split[large[row[large] > least[large]]] = True
        split &= panels.right - panels.left > 32.0 * panels.spacing
        if not split.any() or len(panels) > _MAX_PANELS:
            break
        whole, parents = ~split, value[:, split]
        halves = panels.taken(split).halves()
        panels = panels.taken(whole).with_more(halves)
        new_value, new_error, new_wobble = _rule(function, halves)
        # Both rules may happen to agree about a kink; a parent and its halves would have to do so as well.
        change = np.abs(parents - new_value[:, : parents.shape[1]] - new_value[:, parents.shape[1] :])
        new_error = np.maximum(new_error, _INHERITED * np.tile(change, 2))
        rung = np.concatenate([rung[whole], rung[split], rung[split]])
        value = np.concatenate([value[:, whole], new_value], axis=1)
        error = np.concatenate([error[:, whole], new_error], axis=1)
        wobble = np.concatenate([wobble[:, whole], new_wobble], axis=1)
    by_panel = np.array([np.bincount(rung, weights=row, minlength=count) for row in value])
    return Integral(value.sum(axis=1), error.sum(axis=1) + 2.0 * np.sqrt(wobble.sum(axis=1)), by_panel)


def _rule(function: Function, panels: Panels) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return integrals, QUADPACK's estimates of their errors, and the variance from rounded nodes, shape (k, panels).

    The last matters where x itself is rounded, far from 0, and no halving of panels makes it smaller.
    """
    half = 0.5 * panels.right - 0.5 * panels.left
    values = function(panels.places())
    values = values.reshape(values.shape[0], len(panels), NODES.size)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        mean = values @ _KRONROD
        error = np.abs(mean - values @ _GAUSS)
        spread = np.abs(values - 0.5 * mean[:, :, None]) @ _KRONROD
        sharpened = spread * np.minimum(1.0, (200.0 * error / spread) ** 1.5)
        error = np.where((spread > 0.0) & (error > 0.0), sharpened, error)
        jumps = panels.spacing[:, None] * np.diff(values, axis=2)
        return mean * half, error * half, np.square(jumps).sum(axis=2)
