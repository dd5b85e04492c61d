"""The duality table: every value agrees, every residual is small, and what is wrong shows."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

import otkit
from otkit import datasets
from otkit.optimal_transport import verify
from otkit.optimal_transport.duality import KantorovichPotential


def clouds(rng, metric=otkit.Euclidean(), p=1.0, n=25, m=30):  # noqa: B008 (a frozen dataclass)
    cost = metric.between(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), p=p)
    return otkit.TransportProblem(cost, rng.random(n), rng.random(m), probability=True)


def by_name(report):
    return {row.name: row for row in report.rows}


def test_all_roads_lead_to_one_optimum(rng):
    report = otkit.verify_duality(clouds(rng))
    rows = by_name(report)
    optimum = rows["primal LP, refined"].value
    for name in ("primal LP, HiGHS", "dual LP, HiGHS", "c-transform of its f", "Kantorovich-Rubinstein"):
        assert rows[name].value == pytest.approx(optimum, rel=1e-7)
    assert rows["Lipschitz constant of φ"].value == pytest.approx(1, rel=1e-9)
    assert report.largest_residual < 1e-7


def test_values_of_the_bakeries():
    town = datasets.bakery()
    report = otkit.verify_duality(otkit.TransportProblem(town.cost, town.supply, town.demand))
    rows = by_name(report)
    assert [row.value for row in report.rows[:4]] == pytest.approx([1070] * 4, rel=1e-12)
    assert rows["Kantorovich-Rubinstein"].value is None
    assert "no metric" in rows["Kantorovich-Rubinstein"].note


@pytest.mark.parametrize(("metric", "p"), [(otkit.SqEuclidean(), 1.0), (otkit.Euclidean(), 2.0)])
def test_no_kantorovich_rubinstein_without_a_metric(metric, p, rng):
    rows = by_name(otkit.verify_duality(clouds(rng, metric, p)))
    assert rows["Kantorovich-Rubinstein"].value is None
    assert "Lipschitz constant of φ" not in rows


@pytest.mark.parametrize("scale", [1e-14, 1.0, 1e14])
def test_residuals_are_relative_to_the_problem(scale, rng):
    cost = rng.random((12, 15)) - 0.5
    report = otkit.verify_duality(otkit.TransportProblem(cost * scale, rng.random(12) * 1e-9, None))
    assert report.largest_residual < 1e-9


def test_zero_weights_and_single_points(rng):
    zeros = otkit.TransportProblem(rng.random((4, 5)), [1, 0, 2, 0], [0, 1, 0, 1, 1])
    assert otkit.verify_duality(zeros).largest_residual < 1e-9
    assert otkit.verify_duality(otkit.TransportProblem([[3.0]])).largest_residual == 0
    assert otkit.verify_duality(otkit.TransportProblem(np.zeros((3, 3)))).largest_residual == 0


def test_table_fits_eighty_columns_and_goes_into_json(rng):
    report = otkit.verify_duality(clouds(rng))
    text = str(report)
    assert max(map(len, text.splitlines())) <= 80
    for row in report.rows:
        assert row.name in text
        assert row.note in text
    again = json.loads(json.dumps(dataclasses.asdict(report)))
    assert [row["value"] for row in again["rows"]] == [row.value for row in report.rows]


def test_table_shows_a_dual_that_is_wrong(rng, monkeypatch):
    """A price that is too high: more dual value than the primal costs, until the c-transform corrects it."""
    honest = verify._dual_lp

    def overpriced(problem, units):
        f, g, _ = honest(problem, units)
        return f + 0.1 * (np.arange(f.size) == 0), g, verify.DualityRow("dual LP, HiGHS", 0.0, 0.0, "")

    problem = clouds(rng)
    monkeypatch.setattr(verify, "_dual_lp", overpriced)
    rows = by_name(otkit.verify_duality(problem))
    assert rows["c-transform of its f"].value < rows["primal LP, refined"].value
    assert rows["strong duality gap"].residual > 1e-4
    assert rows["complementary slackness"].residual > 1e-2


class Doubled(KantorovichPotential):
    """A critic that is 2-Lipschitz."""

    def __call__(self, z):
        return 2 * super().__call__(z)


def test_table_shows_a_potential_that_is_too_steep(rng, monkeypatch):
    def too_steep(result):
        phi = otkit.kantorovich_potential(result)
        return Doubled(phi.metric, phi.points, phi.prices)

    monkeypatch.setattr(verify, "potential_of_points", too_steep)
    rows = by_name(otkit.verify_duality(clouds(rng)))
    assert rows["Kantorovich-Rubinstein"].residual == pytest.approx(1, rel=1e-9)
    assert rows["Lipschitz constant of φ"].residual == pytest.approx(1, rel=1e-9)


def test_large_problem_is_refused_with_advice():
    x = np.arange(400.0)
    with pytest.raises(ValueError, match=r"at most 100,000 pairs.*400 × 400 = 160,000.*sample"):
        otkit.verify_duality(otkit.TransportProblem(otkit.Euclidean().between(x)))
