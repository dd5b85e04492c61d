"""What otkit finds out about a town: the best plan, its prices and its proof; a Farkas certificate; a plan judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.checker.audit import certify
from otkit.checker.certificate import Certificate
from otkit.checker.plans import north_west
from otkit.checker.second_check import checked_twice
from otkit.datasets import bakery
from otkit.numerics.sums import accurate_dot, accurate_sum
from otkit.optimal_transport.duality import proves_infeasible
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.solve import transport
from otkit.page.town import Town
from otkit.problem import InfeasibleError
from otkit.problem.masses import rescaled

# Slacks and sums below this share of the costs and masses are rounding, and shown as zero.
ROUNDING = 1e-10


def answer(town: Town) -> dict[str, Any]:
    """Return all that the page shows about a town, as JSON can hold it.

    Exactly one of `optimum`, `infeasible` and `explanation` is not None.
    """
    found: dict[str, Any] = {
        "mode": town.mode,
        "cost": town.cost.dense().tolist(),
        "supply": town.supply.tolist(),
        "demand": town.demand.tolist(),
        "totals": [accurate_sum(town.supply), accurate_sum(town.demand)],
        "optimum": None,
        "infeasible": None,
        "explanation": None,
    }
    n, m = town.shape
    best = None
    if town.mode == "monge" and n != m:
        found["explanation"] = (
            f"Monge's problem sends each bakery to a café of its own, but there are {n} bakeries and {m} cafés. "
            "Add or remove places until there are as many, or let loaves be split (Kantorovich)."
        )
    else:
        try:
            # Where several plans are optimal, the canonical one does not change with the solver's inner order.
            best = transport(town.cost, town.supply, town.demand, canonical=True)
            found["optimum"] = _optimum(best)
        except InfeasibleError as error:
            found["infeasible"] = _infeasible(town, error)
    found["own"] = None if town.own is None else _own(town, best)
    return found


def _optimum(best: TransportResult) -> dict[str, Any]:
    """Return plan, prices and proof."""
    problem = best.problem
    f, g = best.potentials.from_zero()
    terms = problem.a * f, problem.b * g
    return {
        "value": best.value,
        "plan": best.plan.toarray().tolist(),
        "f": f.tolist(),
        "g": g.tolist(),
        "slack": _slack(best).tolist(),
        "identity": {
            "f_terms": terms[0].tolist(),
            "g_terms": terms[1].tolist(),
            "f_sum": accurate_dot(problem.a, f),
            "g_sum": accurate_dot(problem.b, g),
            "total": accurate_dot(np.concatenate([problem.a, problem.b]), np.concatenate([f, g])),
        },
        "certificate": _certificate(best.certificate),
    }


def _slack(best: TransportResult) -> FloatArray:
    """Return c_ij − f_i − g_j, what a road costs beyond the prices of its ends."""
    f, g = best.potentials
    cost = best.problem.cost.dense()
    slack = cost - f[:, None] - g
    slack[slack <= ROUNDING * np.abs(cost).max()] = 0.0
    return slack


def _certificate(certificate: Certificate) -> dict[str, Any]:
    names = ("lower", "upper", "gap", "proof", "unique", "optimal", "statement")
    return {name: getattr(certificate, name) for name in names} | {"checked": checked_twice(certificate)}


def _infeasible(town: Town, error: InfeasibleError) -> dict[str, Any]:
    """Return the proof that no plan exists, checked, and how the cafés' orders could be mended."""
    a, b = town.supply, town.demand
    n = town.shape[0]
    y = error.farkas
    total_a, total_b = error.problem.totals
    return {
        "y": [y[:n].tolist(), y[n:].tolist()],
        "product": accurate_dot(y, np.concatenate([a, b])),
        "largest": float(y[:n].max() + y[n:].max()),
        "checked": proves_infeasible(y, a, b),
        "scaled_demand": rescaled(b, total_b, total_a).tolist(),
    }


def _own(town: Town, best: TransportResult | None) -> dict[str, Any]:
    """Judge the reader's plan: its sums, its cost, and, if it is feasible, which prices prove what it loses."""
    plan = _begun(town, best) if isinstance(town.own, str) else np.asarray(town.own)
    sums = _row_sums(plan), _row_sums(plan.T)
    missing = town.supply - sums[0], town.demand - sums[1]
    for due, left in zip((town.supply, town.demand), missing, strict=True):
        left[np.abs(left) <= ROUNDING * due.max()] = 0.0
    split = town.mode == "monge" and bool((plan != np.floor(plan)).any())
    feasible = not (missing[0].any() or missing[1].any() or split)
    rows, cols = np.nonzero(plan)
    mass = plan[rows, cols]
    judged: dict[str, Any] = {
        "plan": plan.tolist(),
        "row_sums": sums[0].tolist(),
        "col_sums": sums[1].tolist(),
        "row_missing": missing[0].tolist(),
        "col_missing": missing[1].tolist(),
        "split": split,
        "feasible": feasible,
        "value": accurate_dot(town.cost.at(rows, cols), mass),
        "loss": None,
        "roads": [],
    }
    if best is not None:
        slack = _slack(best)[rows, cols]
        judged["roads"] = [
            {"from": int(i), "to": int(j), "loaves": float(loaves), "slack": float(s), "loss": float(loaves * s)}
            for i, j, loaves, s in zip(rows, cols, mass, slack, strict=True)
            if s > 0.0
        ]
        if feasible:
            certificate = certify(best.problem, plan=(rows, cols, mass), potentials=best.potentials)
            judged["value"] = certificate.value
            judged["loss"] = accurate_dot(mass, slack)
            judged["certificate"] = _certificate(certificate)
    return judged


def _row_sums(plan: FloatArray) -> FloatArray:
    return np.array([accurate_sum(row) for row in np.ascontiguousarray(plan)])


def _begun(town: Town, best: TransportResult | None) -> FloatArray:
    """Return the plan by which the reader begins."""
    if town.own == "best":
        if best is None:
            raise ValueError("own must be a plan, or 'corner' or 'nothing', but 'best' was given and there is no plan.")
        return np.asarray(best.plan.toarray())
    if town.own == "printed":
        return _printed(town)
    plan = np.zeros(town.shape)
    if town.own == "corner":
        rows, cols, mass = north_west(town.supply, town.demand)
        plan[rows, cols] = mass
    return plan


def _printed(town: Town) -> FloatArray:
    """Return what the notes print as optimal."""
    bread = bakery()
    if town.shape != bread.cost.shape:
        raise ValueError(
            f"own may be 'printed' for the 6 bakeries and 6 cafés of the notes, but there are {town.shape[0]} and "
            f"{town.shape[1]}."
        )
    if town.mode == "kantorovich":
        return bread.printed_plan.astype(np.float64)
    plan = np.zeros(town.shape)
    plan[range(6), bread.printed_assignment] = 1.0
    return plan
