"""The trusted checker: what is proved about a transport problem by a plan and potentials, whoever found them.

It knows no solver. From the problem alone it recomputes

* an upper bound: the cost of the plan, after what is missing or too much in its marginals has been mended;
* a lower bound: Σ a f + Σ b g over potentials made feasible by a c-transform over *all* pairs (weak duality);

so that lower ≤ OPT ≤ upper whatever the quality of the answer. Both are rounded outward: the inequalities hold for real
numbers, of the float64 costs as they are evaluated and of the masses as given. Nothing here needs n·m memory.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from otkit._text import told_apart
from otkit._typing import FloatArray
from otkit.checker.certificate import (
    TOO_LARGE,
    Certificate,
    Evidence,
    Optimum,
    accuracy_of,
    costs_in_words,
    line_certificate,
    proved_certificate,
)
from otkit.checker.error_bounds import OUTWARD, Masses, exact_masses, rounded_up, search_error
from otkit.checker.lower_bound import weigh_potentials
from otkit.checker.plan_trees import PlanTree, optimal_tree, path_along_the_line
from otkit.checker.plans import Entries, mended, north_west, plan_entries
from otkit.checker.upper_bound import Marginals, Weighed, marginal_error, quotient, weigh_plan
from otkit.costs.sparse import as_prices
from otkit.inputs.checks import as_float_array, span
from otkit.numerics.floats import EPS, LEAST, TINY
from otkit.numerics.kernel import at_once
from otkit.numerics.sums import accurate_dot
from otkit.numerics.threads import Stopped
from otkit.problem import TransportProblem

# A float certificate calls an answer optimal if the gap is below RELATIVE_GAP of the larger of |lower| and |upper|: no
# size of what is audited has a say in that. On a long line, whose minima are searched, what the search may miss is
# allowed for, up to the share WIDEST.
RELATIVE_GAP = 1e-10
WIDEST = 1e-6

# Potentials are blamed for a pair that they overprice, or leave slack though it carries mass, by more than RELATIVE_GAP
# of a shipped unit's cost and so many of their own roundings. That never makes an answer optimal.
POTENTIAL_ROUNDINGS = 16.0

# A few potentials and costs must add up in float64.
LARGEST_POTENTIAL = 1e307

UNCHECKED = "there was no time to check the potentials at all pairs"

SLACK_FAULT = "the value is proved, but the potentials are slack on a pair that carries mass"


class _Primal(NamedTuple):
    """A plan, judged."""

    value: float
    upper: float  # no less than the cost of the plan once its marginals are mended
    magnitude: float  # Σ Γ |c| of the plan as it is
    marginal_error: float  # this, negativity and slack are rounded up
    negativity: float
    slack: float
    fault: str


class _Dual(NamedTuple):
    """Potentials, judged."""

    lower: float  # no more than the value of the feasible potentials
    row_slack: FloatArray  # min_j c_ij − f_i − g_j
    col_slack: FloatArray
    violation: float  # no less than max (f + g − c, 0)
    reach: float  # max |f| + max |g| over points that carry mass


def certify(problem: TransportProblem, *, plan: Any = None, potentials: Any = None) -> Certificate:
    """Say what a plan and potentials prove about a problem: audit anyone's answer.

    Parameters
    ----------
    problem : TransportProblem
    plan : array-like of shape (n, m), scipy.sparse matrix, or (rows, cols, mass) table, optional
        An object with these three attributes will do as a table. Without a plan the upper bound is that of the
        north-west corner rule; where costs are sparse it is infinity, as it is for a plan that cannot be mended along
        the arcs.
    potentials : pair of array-like, shapes (n,) and (m,), optional
        Dual prices (f, g), meant to satisfy f_i + g_j ≤ c_ij. Either may be None and is then found by a c-transform.
        Without potentials the lower bound ships every unit the cheapest way from its row, or to its column.

    Returns
    -------
    Certificate
        `lower ≤ OPT ≤ upper` always holds: a plan with wrong marginals is mended before its cost counts as an upper
        bound, potentials that overprice a pair are lowered before their value counts as a lower bound, and what
        rounding may have taken from either is bounded and given back (`otkit/checker/error_bounds.py` tells how). Where
        potentials of zero prove more than those given, as they do for costs ≥ 0 if the others come out negative,
        `lower` is theirs.

        A plan that is a basic solution, as most solvers return it, is judged by its own tree first, in exact
        arithmetic: if that is optimal, so is the plan, and the value is the optimum. Else the plan is called optimal if
        the interval is narrow beside the larger of |lower| and |upper|: no other tolerance has a say in that.

    Raises
    ------
    ValueError, TypeError
        A plan or potentials whose shapes do not fit the problem, or that are no numbers; costs so large that the
        optimum leaves float64.
    InfeasibleError
        The problem has no plan, since its totals differ.

    See Also
    --------
    transport : solve and prove.
    check_proof : a proof that somebody saved.

    Examples
    --------
    An optimal plan that is a basic solution proves itself. Mixed with another, it takes potentials to do so:

    >>> import otkit
    >>> problem = otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> otkit.certify(problem, plan=[[1, 1], [0, 1]]).statement
    'optimal, proved in exact arithmetic for the float64 costs as evaluated: OPT = 4.0'
    >>> mixed = [[0.5, 1.5], [0.5, 0.5]]
    >>> otkit.certify(problem, plan=mixed).verdict
    'feasible plan, but nothing proves it optimal; 3 ≤ OPT ≤ 5.5'
    >>> otkit.certify(problem, plan=mixed, potentials=([1, 0], [0, 1])).verdict
    'plan may cost up to 1.5 (27.27%) more than the optimum; 4 ≤ OPT ≤ 5.5'
    """
    problem.require_balance()
    problem.cost.require_unchanged()
    with at_once(problem.cost.steps, "certify", problem.cost.pairs):
        return _judged(problem, plan, potentials)


def _judged(problem: TransportProblem, plan: Any, potentials: Any) -> Certificate:
    """Return the certificate of a plan and potentials for a problem that has a plan."""
    entries, prices = _read(problem, plan, potentials)
    if plan is not None and potentials is not None and not prices.fault:
        along = path_along_the_line(problem, entries, prices.f, prices.g)
        if along is not None:
            ordered, proof, rows, cols = along
            between = (problem.a[rows] > 0.0) & (problem.b[cols] > 0.0)
            return line_certificate(ordered, proof).resting_on(Evidence(problem, rows[between], cols[between], "line"))
    given = None if potentials is None or prices.fault else (prices.f, prices.g)
    primal = _judge_plan(problem, exact_masses(problem), entries, prices.f, prices.g)
    tree = None if plan is None or primal.fault else optimal_tree(problem, entries, given)
    if tree is not None and potentials is None:
        prices.f[tree.rows], prices.g[tree.cols] = tree.verdict.vertex.prices.f, tree.verdict.vertex.prices.g
        primal = _judge_plan(problem, exact_masses(problem), entries, prices.f, prices.g)
    return _certified(problem, entries, primal, prices, tree, plan is not None, potentials is not None)


def certify_in_float64(problem: TransportProblem, plan: Any, potentials: tuple[FloatArray, FloatArray]) -> Certificate:
    """Say what a plan and potentials prove by sums of floats alone: `certify` without looking for an exact proof."""
    problem.require_balance()
    problem.cost.require_unchanged()
    entries, prices = _read(problem, plan, potentials)
    primal = _judge_plan(problem, exact_masses(problem), entries, prices.f, prices.g)
    return _certified(problem, entries, primal, prices, None, True, True)


class _Prices(NamedTuple):
    """Potentials as they were handed over, a missing one found by a c-transform; and what is wrong with them."""

    f: FloatArray
    g: FloatArray
    fault: str


def _read(problem: TransportProblem, plan: Any, potentials: Any) -> tuple[Entries, _Prices]:
    """Return the entries of a plan, that of the corner rule if there is none, and potentials."""
    entries = plan_entries(plan, problem.shape) if plan is not None else _corner_rule(problem)
    return entries, _Prices(*_finite_potentials(potentials, problem))


def _certified(
    problem: TransportProblem,
    entries: Entries,
    primal: _Primal,
    prices: _Prices,
    tree: PlanTree | None,
    has_plan: bool,
    has_prices: bool,
) -> Certificate:
    """Return the certificate of a plan and potentials, and of the tree that proves the plan optimal if there is one."""
    f, g, dual_fault = prices
    masses = exact_masses(problem)
    try:
        dual = None if tree is None else _judged_by_tree(tree, f, g, has_prices)
        dual = dual or _judge_potentials(problem, masses, f, g, primal.magnitude, entries)
    except Stopped:
        dual, dual_fault = _at_least(problem), dual_fault or UNCHECKED

    no_way = primal.fault and not problem.cost.complete  # then it is right for the upper bound to be infinite
    if not ((math.isfinite(primal.upper) or no_way) and math.isfinite(dual.lower)):
        raise ValueError(TOO_LARGE)

    value, lower, upper = (primal.value, dual.lower, primal.upper) if tree is None else tree.verdict.vertex.value
    wide = upper - lower > _tolerance(problem, lower, upper)
    if wide and dual_fault != UNCHECKED:
        lower = max(lower, _cheapest_ways(problem, masses, primal.magnitude, entries))
        wide = upper - lower > _tolerance(problem, lower, upper)
    unit = primal.magnitude / problem.total
    pair_tolerance = RELATIVE_GAP * unit + POTENTIAL_ROUNDINGS * EPS * dual.reach
    fault = (
        (primal.fault if has_plan else "")
        or dual_fault
        or _overpriced(problem, dual, f, g, pair_tolerance)
        or ("" if has_plan else "no plan was given")
        or ("feasible plan, but nothing proves it optimal" if not has_prices and wide else "")
        or (_too_wide(lower, upper) if wide else "")
        or (SLACK_FAULT if has_prices and primal.slack > pair_tolerance else "")
    )
    exactly = tree is not None and not fault
    scale = unit or 1.0
    return Certificate(
        lower=lower,
        upper=upper,
        value=value if exactly else primal.value if has_plan else float("nan"),
        marginal_error=primal.marginal_error,
        negativity=primal.negativity,
        dual_violation=quotient(dual.violation, scale),
        slackness_error=quotient(primal.slack, scale),
        scale=scale,
        tolerance=0.0 if exactly else _tolerance(problem, lower, upper),
        proof="exact" if exactly else "bounds" if fault else "float",
        fault=fault,
        unique=tree.verdict.unique if tree is not None and exactly else None,
        rescaling=problem.rescaling,
        costs=costs_in_words(problem),
        evidence=Evidence(problem, *tree.arcs, "tree") if tree is not None and exactly else None,
        audited=None if exactly else accuracy_of(problem, "tree"),
    )


def _judged_by_tree(tree: PlanTree, f: FloatArray, g: FloatArray, has_prices: bool) -> _Dual | None:
    """Return what an optimal tree says of potentials without another look at the pairs; None where it says nothing.

    Potentials that are no larger than those of the tree overprice no pair between points with mass.
    """
    whole = tree.rows.size == f.size and tree.cols.size == g.size
    own, vertex = (f[tree.rows], g[tree.cols]), tree.verdict.vertex
    below = all((given <= exact).all() for given, exact in zip(own, (vertex.prices.f, vertex.prices.g), strict=True))
    if has_prices and not (whole and below):
        return None
    reach = float(np.abs(own[0]).max() + np.abs(own[1]).max())
    return _Dual(vertex.value[1], np.zeros(f.size), np.zeros(g.size), 0.0, reach)


def exact_certificate(evidence: Evidence, optimum: Optimum, plan: Entries, f: FloatArray, g: FloatArray) -> Certificate:
    """Return the certificate of an optimum that `otkit.checker.optimality` has proved, and of the arrays that hold it.

    The potentials are those of the proof, rounded down, so that they overprice no pair.

    Raises
    ------
    ValueError
        The optimum leaves float64.
    """
    problem = evidence.problem
    masses = exact_masses(problem)
    weighed, _, marginals = weigh_plan(problem, plan, f, g, masses, negative=False, mends=False)
    scale = weighed.magnitude / problem.total
    if not math.isfinite(scale):  # costs of either sign, whose sum is no float
        scale = accurate_dot(np.abs(problem.cost.at(plan.rows, plan.cols)), plan.mass / problem.total)
    scale = scale or 1.0
    residuals = marginal_error(marginals, masses, problem.total), quotient(weighed.slack, scale), scale
    return proved_certificate(evidence, optimum, residuals)


def _judge_plan(problem: TransportProblem, masses: Masses, plan: Entries, f: FloatArray, g: FloatArray) -> _Primal:
    """Find the cost of a plan, what is wrong with its marginals, and the cost of the plan once they are mended."""
    total = problem.total
    fault = ""
    finite, least, _ = span(plan.mass)
    if not finite:
        k = int(np.argmin(np.isfinite(plan.mass)))
        fault = f"plan[{plan.rows[k]}, {plan.cols[k]}] = {plan.mass[k]} is not finite"
        plan, least = _corner_rule(problem), 0.0
    complete = problem.cost.complete
    weighed, mended_plan, marginals = weigh_plan(problem, plan, f, g, masses, negative=least < 0.0, mends=complete)
    off = marginals.error
    if weighed.absent and not fault:
        fault = _off_the_graph(problem, plan)
    if weighed.negative and not fault:
        k = int(np.argmin(plan.mass))
        fault = f"plan[{plan.rows[k]}, {plan.cols[k]}] = {plan.mass[k]:g} is negative"
    # A solver's own rounding, one unit for each sum along the tree, is no fault.
    unbalanced = off > (1e-12 + EPS * sum(problem.shape)) * total
    if unbalanced and not fault:
        fault = _unbalanced(problem, plan, off / total)
    # On a graph that rounding of the masses leaves just short of a way, nothing better can be asked for.
    if not complete and (weighed.negative or unbalanced):
        plan = Entries(*mended(*plan, problem.supply, problem.demand))
        mended_plan = weigh_plan(problem, plan, f, g, masses, negative=False, mends=False)[0]
    upper = _ceiling(problem, masses, mended_plan, marginals)
    return _Primal(
        weighed.value,
        upper,
        weighed.magnitude,
        marginal_error(marginals, masses, problem.total),
        quotient(weighed.negative, total),
        weighed.slack,
        fault,
    )


def _ceiling(problem: TransportProblem, masses: Masses, plan: Weighed, marginals: Marginals) -> float:
    """Bound the optimum from above, given a plan that is feasible to rounding.

    Stretched by 1 + `masses.stretch`, the plan has the marginals of the exact problem but for what is `off`: that much
    is shipped through the hub (`upper_bound._detour`), or taken away first, which costs nothing but where entries have
    negative costs, and leaves as much to ship. Where costs are sparse there may be no such way; then the bound is the
    cost of the plan with the marginals that it has.
    """
    if not problem.cost.complete:
        return plan.ceiling
    price = marginals.detour - plan.least
    detour = price * marginals.off * OUTWARD + 8.0 * LEAST if marginals.off > 0.0 and price != 0.0 else 0.0
    more = plan.ceiling * masses.stretch
    doubt = OUTWARD * (abs(plan.ceiling) * masses.stretch_doubt + EPS * abs(more))
    doubt += 8.0 * LEAST if doubt > 0.0 or more != 0.0 else 0.0
    if math.isnan(detour):  # no entry is large enough to be a hub, as in the last digits of subnormal masses
        dearest = problem.cost.extremes()[1]
        return rounded_up([problem.total * dearest * (1.0 + math.copysign(1e-12, dearest)), TINY])
    return rounded_up([plan.ceiling, more, doubt, detour])


def _corner_rule(problem: TransportProblem) -> Entries:
    """Return the plan of the north-west corner rule; nothing where it might use pairs that are no arcs."""
    if not problem.cost.complete:
        return Entries(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return Entries(*north_west(problem.supply, problem.demand))


def _off_the_graph(problem: TransportProblem, plan: Entries) -> str:
    """Say along which pair a plan ships that is no arc."""
    k = int(np.argmax(np.isinf(problem.cost.at(plan.rows, plan.cols)) & (plan.mass != 0.0)))
    pair = f"({problem.row(int(plan.rows[k]))}, {problem.column(int(plan.cols[k]))})"
    return f"plan ships along {pair}, which is no arc"


def _unbalanced(problem: TransportProblem, plan: Entries, marginal_error: float) -> str:
    """Say which row or column is off the most."""
    worst = (0.0, "")
    sides = (
        ("row", plan.rows, problem.supply, problem.row),
        ("column", plan.cols, problem.demand, problem.column),
    )
    for side, index, due, called in sides:
        shipped = np.bincount(index, plan.mass, minlength=due.size)
        k = int(np.argmax(np.abs(shipped - due)))
        ships, has = told_apart(shipped[k], due[k])
        text = f"plan ships {ships} where {side} {called(k)} has {has}"
        worst = max(worst, (abs(float(shipped[k] - due[k])), text), key=lambda pair: pair[0])
    return f"{worst[1]} (marginal error {marginal_error:.2g} of the total mass)"


def _finite_potentials(potentials: Any, problem: TransportProblem) -> tuple[FloatArray, FloatArray, str]:
    """Return (f, g), a missing one found by a c-transform; zeros and a fault where one is NaN or beyond all costs."""
    n, m = problem.shape
    if potentials is None:
        return np.zeros(n), np.zeros(m), ""
    try:
        given_f, given_g = potentials
    except (TypeError, ValueError):
        raise ValueError(f"potentials must be a pair (f, g) of {n} and {m} numbers.") from None
    checked: list[FloatArray | None] = []
    for name, values, size in (("f", given_f, n), ("g", given_g, m)):
        array = None if values is None else as_float_array(values, name).reshape(-1)
        if array is not None and array.size != size:
            raise ValueError(f"{name} must have {size} entries, but it has {array.size}.")
        if array is not None:
            array = np.ascontiguousarray(array)
            finite, least, largest = span(array)
            if not (finite and least >= -LARGEST_POTENTIAL and largest <= LARGEST_POTENTIAL):
                k = int(np.argmin(np.abs(array) <= LARGEST_POTENTIAL))
                return np.zeros(n), np.zeros(m), f"potential {name}[{k}] = {array[k]} is no finite price"
        checked.append(array)
    f, g = checked
    if f is None:
        if g is None:
            return np.zeros(n), np.zeros(m), ""
        f = as_prices(problem.cost.row_minima(g)[0])
    elif g is None:
        g = as_prices(problem.cost.column_minima(f)[0])
    return f, g, ""


def _without_common_part(f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (f − t, g + t), which is the same pair, where a large common part t would only hide digits."""
    _, low, high = span(f)
    middle = low / 2.0 + high / 2.0
    return (f - middle, g + middle) if abs(middle) > high - low else (f, g)


def _judge_potentials(
    problem: TransportProblem, masses: Masses, f: FloatArray, g: FloatArray, shipped_cost: float, plan: Entries
) -> _Dual:
    """Find the worst overpriced pair, and a bound of the dual value of the better of two feasible pairs near (f, g)."""
    cost = problem.cost
    row_slack, col_slack = cost.slack_minima(f, g, near=(plan.rows, plan.cols))
    if not cost.complete:
        row_slack, col_slack = as_prices(row_slack), as_prices(col_slack)
    missed, sides = search_error(cost, f, g), (row_slack, col_slack)
    violation = _violation(col_slack, g, missed)
    small = _without_common_part(f, g)
    if small[0] is not f:
        f, g = small
        sides = cost.slack_minima(f, g, near=(plan.rows, plan.cols))
        sides = as_prices(sides[0]), as_prices(sides[1])
    # Adding the row minima of c − f − g to f gives the c-transform of g, and adding the column minima to g that of f.
    raised = f + sides[0], g + sides[1]
    priced = weigh_potentials(problem, masses, f, g, raised, added=True, missed=missed)
    least_priced = min(priced.by_rows_magnitude, priced.by_cols_magnitude)
    if EPS * priced.cancelled > RELATIVE_GAP * shipped_cost + 4.0 * EPS * (shipped_cost + least_priced):
        # What cancels in these sums dwarfs the cost: potentials far out, where nothing is shipped. Transforms from
        # the costs themselves round their results alone.
        raised = as_prices(cost.row_minima(g)[0], f), as_prices(cost.column_minima(f)[0], g)
        priced = weigh_potentials(problem, masses, f, g, raised, added=False, missed=missed)
    lower, magnitude = max((priced.by_rows, priced.by_rows_magnitude), (priced.by_cols, priced.by_cols_magnitude))
    # An integer plan is optimal where all masses are integers; with integer costs its cost is one, too.
    least = math.ceil(lower) if problem.integral and math.isfinite(lower) else lower
    if lower < least <= lower + 8.0 * EPS * magnitude and cost.are_integers:
        lower = float(least)
    return _Dual(lower, row_slack, col_slack, violation, priced.reach)


def _violation(col_slack: FloatArray, g: FloatArray, missed: float) -> float:
    """Return no less than max (f_i + g_j − c_ij, 0), zero only where that is, from the least slack of each column.

    A slack s = fl(fl(c − f) − g) is off by u|s| + u|fl(c − f)| at most, and |fl(c − f)| ≤ (1 + u)|s| + |g|.
    """
    over = np.flatnonzero(col_slack < 0.0)
    with np.errstate(over="ignore"):  # infinity is no less than it, too
        excess = EPS * (1.1 * np.abs(col_slack[over]) + 0.55 * np.abs(g[over])) - col_slack[over]
    worst = float(excess.max(initial=0.0)) + missed
    return math.nextafter(worst, math.inf) if worst > 0.0 else 0.0


def _cheapest_ways(problem: TransportProblem, masses: Masses, shipped_cost: float, plan: Entries) -> float:
    """Bound the optimum by what potentials of zero prove: each unit goes the cheapest way from its row, or column."""
    n, m = problem.shape
    try:
        return _judge_potentials(problem, masses, np.zeros(n), np.zeros(m), shipped_cost, plan).lower
    except Stopped:
        return _at_least(problem).lower


def _at_least(problem: TransportProblem) -> _Dual:
    """Bound the optimum where there is no time for potentials: every unit costs no less than the cheapest pair."""
    least = problem.cost.floor
    lower = least * problem.total * (1.0 - math.copysign(1e-12, least))
    n, m = problem.shape
    return _Dual(lower, np.zeros(n), np.zeros(m), math.inf, 0.0)


def _tolerance(problem: TransportProblem, lower: float, upper: float) -> float:
    """Return the gap up to which an answer is called optimal: a share of the optimum, and what a search may miss."""
    size = max(abs(lower), abs(upper))
    if not problem.cost.is_searched:
        return RELATIVE_GAP * size
    nothing = np.zeros(1)  # an error of searches that grows with costs, not with potentials
    return RELATIVE_GAP * size + min(WIDEST * size, 2.0 * search_error(problem.cost, nothing, nothing) * problem.total)


def _overpriced(problem: TransportProblem, dual: _Dual, f: FloatArray, g: FloatArray, tolerance: float) -> str:
    """Say which pair is overpriced by more than the tolerance and the rounding of its own two potentials, if any is.

    Points without mass may lie far beyond all that is shipped, and so may their prices.
    """
    if not dual.violation > tolerance:
        return ""
    roundings = POTENTIAL_ROUNDINGS * EPS
    rows = np.flatnonzero(-dual.row_slack > tolerance + roundings * np.abs(f))
    cols = np.flatnonzero(-dual.col_slack > tolerance + roundings * np.abs(g))
    for i in rows[np.argsort(dual.row_slack[rows], kind="stable")]:
        costs = problem.cost.at(np.full(cols.size, i), cols)
        excess = f[i] + g[cols] - costs - roundings * (np.abs(f[i]) + np.abs(g[cols]))
        if (excess > tolerance).any():
            k = int(np.argmax(excess))
            j = int(cols[k])
            priced, paid = told_apart(f[i] + g[j], costs[k])
            pair = f"f[{problem.row(int(i))}] + g[{problem.column(j)}]"
            return f"potentials overprice a pair: {pair} = {priced}, but it costs {paid}"
    return ""


def _too_wide(lower: float, upper: float) -> str:
    """Say by how much a feasible plan may miss the optimum."""
    share = (upper - lower) / max(abs(lower), abs(upper))
    return f"plan may cost up to {upper - lower:.3g} ({share:.2%}) more than the optimum"
