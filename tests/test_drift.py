"""Drift reports: numbers against SciPy, tables of every kind, what is not compared, thresholds, and honest p-values."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from test_cli import assert_refused, run

import otkit
from otkit.io import writing
from otkit.statistics.drift import bridge, categories, line
from otkit.statistics.drift.columns import column_of
from otkit.statistics.drift.corrections import benjamini_hochberg, holm
from otkit.statistics.drift.words import HEADINGS

RNG = np.random.default_rng(0)


def tables(n=300, m=200, seed=4):
    """Return two frames of every kind of column, of which all but `same` and `city` have moved."""
    rng = np.random.default_rng(seed)

    def side(count, moved):
        return pd.DataFrame(
            {
                "age": rng.normal(40.0 + 8.0 * moved, 10.0, count),
                "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9000, count) + 9000 * moved, "s"),
                "plan": rng.choice(["free", "paid"] + ["trial"] * moved, count),
                "active": rng.random(count) < 0.3 + 0.4 * moved,
                "city": pd.Categorical(rng.choice(["Bonn", "Köln"], count)),
                "same": rng.integers(0, 50, count),
            }
        )

    return side(n, 0), side(m, 1)


# --- numbers --------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_scipy():
    before, after = tables()
    entry = otkit.drift(before, after, rng=0)["age"]
    x, y = before["age"].to_numpy(), after["age"].to_numpy()
    assert entry.w1 == pytest.approx(stats.wasserstein_distance(x, y), rel=1e-12)
    assert entry.w1_std == pytest.approx(entry.w1 / x.std(), rel=1e-12)
    assert entry.ks == pytest.approx(stats.ks_2samp(x, y).statistic, abs=1e-14)
    assert entry.quantiles[0] == pytest.approx(
        np.quantile(x, (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99), method="inverted_cdf")
    )
    assert np.abs(entry.shift).mean() == pytest.approx(entry.w1, rel=0.01)
    assert entry.bands[0].mean() == pytest.approx(x.mean())
    assert entry.where == "up"
    assert entry.proof == "exact"
    edges = np.quantile(x, np.arange(1, 10) / 10, method="inverted_cdf")
    counts = [np.bincount(np.searchsorted(edges, side, side="left"), minlength=10) for side in (x, y)]
    assert entry.psi == pytest.approx(float(otkit.jeffreys(*counts)), rel=1e-12)


def test_labels_are_those_of_the_divergences():
    before, after = tables()
    entry = otkit.drift(before, after, rng=0)["plan"]
    p, q = (side["plan"].value_counts() for side in (before, after))
    assert (entry.tv, entry.js, entry.psi) == pytest.approx((otkit.tv(p, q), otkit.js(p, q), math.inf), rel=1e-12)
    assert (entry.unseen, entry.n_unseen, entry.gone) == (("trial",), 1, ())
    assert entry.unseen_share == pytest.approx((after["plan"] == "trial").mean())
    assert "1 unseen label" in entry.where
    table = [[p.get(label, 0), q.get(label, 0)] for label in ("free", "paid", "trial")]
    assert entry.pvalue == pytest.approx(stats.chi2_contingency(table).pvalue, rel=1e-9)


def test_a_column_of_true_and_false_has_the_effect_of_one_of_1_and_0():
    before, after = tables()
    flags = otkit.drift(before[["active"]], after[["active"]], rng=0)["active"]
    ones = otkit.drift({"active": before["active"].astype(int)}, {"active": after["active"].astype(int)}, rng=0)
    assert flags.kind == "boolean"
    assert flags.w1_std == pytest.approx(ones["active"].w1_std, rel=1e-12)
    assert flags.by_chance == pytest.approx(ones["active"].by_chance, rel=0.05)


@given(
    st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=30),
    st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=30),
    st.integers(-30, 30),
)
def test_w1_lies_within_its_bounds(x, y, exponent):
    """Against rational arithmetic."""
    x, y = (np.sort(np.ldexp(np.array(side, dtype=float), exponent)) for side in (x, y))
    found = line.compare_sorted(x, y)
    places = sorted({Fraction(float(value)) for value in np.concatenate([x, y])})
    exact = sum(
        (after - before)
        * abs(Fraction(int((x <= float(before)).sum()), x.size) - Fraction(int((y <= float(before)).sum()), y.size))
        for before, after in pairwise(places)
    )
    assert Fraction(found.lower) <= exact <= Fraction(found.upper)
    assert found.upper - found.lower <= 1e-14 * float(exact) + 1e-300


def test_means_by_chance_are_those_of_permutations():
    rng = np.random.default_rng(3)
    x, y = rng.exponential(size=60), rng.exponential(size=90)
    entry = otkit.drift({"x": x}, {"x": y}, rng=0)["x"]
    null = otkit.two_sample_test(x, y, permutations=999, rng=0).null_distribution
    assert entry.by_chance * entry.std == pytest.approx(null.mean(), rel=0.1)
    counts = np.array([[9, 1, 0, 30, 2], [5, 0, 1, 50, 4]])
    deals = rng.multivariate_hypergeometric(counts.sum(axis=0), int(counts[0].sum()), size=20_000)
    shares = deals / counts[0].sum() - (counts.sum(axis=0) - deals) / counts[1].sum()
    assert categories._tv_by_chance(*counts) == pytest.approx(0.5 * np.abs(shares).sum(axis=1).mean(), rel=0.01)


def test_where_says_where():
    x = np.linspace(-1.0, 1.0, 1000)
    said = {
        name: otkit.drift({"x": x}, {"x": y}, joint=(), rng=0)["x"].where
        for name, y in {
            "up": x + 1.0,
            "down": x - 1.0,
            "wider": 2.0 * x,
            "narrower": 0.5 * x,
            "tail": np.where(x > 0.9, x + 3.0, x),
            "middle": x + 0.5 * (np.abs(x) < 0.2),
            "none": x,
        }.items()
    }
    assert said == {
        "up": "up",
        "down": "down",
        "wider": "wider",
        "narrower": "narrower",
        "tail": "up, mostly in the upper tenth",
        "middle": "up, mostly in the middle half",
        "none": "no shift",
    }


# --- tables of every kind -------------------------------------------------------------------------------------------


def structured(frame):
    return np.array(list(zip(frame["age"], frame["active"], strict=True)), dtype=[("age", float), ("active", bool)])


CONTAINERS = {
    "pandas": lambda frame: frame,
    "pandas, nullable": lambda frame: frame.convert_dtypes(),
    "pandas, Arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False),
    "pyarrow, in chunks": lambda frame: pyarrow.concat_tables(
        [pyarrow.Table.from_pandas(part, preserve_index=False) for part in (frame[:50], frame[50:])]
    ),
    "dictionary": lambda frame: {name: frame[name].to_numpy() for name in frame},
    "lists": lambda frame: {name: frame[name].tolist() for name in frame},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_report(container):
    before, after = (side.mask(side.index.to_series() % 10 == 3) for side in tables())
    for side in (before, after):
        side["active"] = side["active"].astype("boolean")
    expected = otkit.drift(before, after, joint=(), rng=0)
    found = otkit.drift(*map(CONTAINERS[container], (before, after)), joint=(), rng=0)
    assert not found.not_compared
    for entry in expected.columns:
        same = found[entry.column]
        assert same.kind == entry.kind or {same.kind, entry.kind} == {"text", "categorical"}
        assert same.w1_std == pytest.approx(entry.w1_std, rel=1e-9)
        assert same.pvalue == pytest.approx(entry.pvalue, abs=0.02)
        assert (same.missing_change, same.reference.missing) == (entry.missing_change, entry.reference.missing)
    assert {entry.column for entry in found.drifted} == {"age", "when", "plan", "active"}


def test_files_and_structured_arrays(tmp_path):
    before, after = tables()
    expected = otkit.drift(before, after, rng=0)
    before.to_parquet(tmp_path / "before.parquet", row_group_size=70)
    after.to_csv(tmp_path / "after.csv", index=False)
    found = otkit.drift(tmp_path / "before.parquet", tmp_path / "after.csv", rng=0)
    for entry in expected.columns:
        assert found[entry.column].w1_std == pytest.approx(entry.w1_std, rel=1e-9)
    records = otkit.drift(structured(before), structured(after), rng=0)
    assert records["age"].w1 == expected["age"].w1
    assert records["active"].tv == pytest.approx(expected["active"].tv)
    plain = otkit.drift(before[["age", "same"]].to_numpy(), after[["age", "same"]].to_numpy(), rng=0)
    assert plain[0].w1 == expected["age"].w1
    assert otkit.drift(before["age"], after["age"], rng=0)["age"].w1 == expected["age"].w1


def test_order_of_columns_and_rows_and_labels_does_not_matter():
    before, after = tables()
    expected = otkit.drift(before, after, rng=0)
    mixed = after.sample(frac=1.0, random_state=1)[list(after)[::-1]]
    mixed["city"] = mixed["city"].cat.set_categories(["Köln", "Ulm", "Bonn"]).astype(str)
    found = otkit.drift(before, mixed, rng=0)
    for entry in expected.columns:
        assert found[entry.column].w1_std == pytest.approx(entry.w1_std, rel=1e-12)
    assert found["city"].unseen == ()


def test_times_with_zones_large_integers_durations_and_codes():
    hour = pd.Timedelta("1h")
    utc = pd.date_range("2024-01-01", periods=50, freq="h", tz="UTC")
    ids = 2**60 + np.arange(50)
    before = pd.DataFrame({"t": utc, "id": ids, "wait": np.arange(50) * hour, "zip": np.arange(50) % 3})
    after = pd.DataFrame(
        {"t": (utc + hour).tz_convert("Europe/Berlin"), "id": ids + 3, "wait": np.arange(50) * hour + hour, "zip": 1.0}
    )
    report = otkit.drift(before, after, categorical=["zip"], rng=0)
    assert (report["t"].kind, report["t"].w1, report["t"].to_dict()["unit"]) == ("datetime in a zone", 3600.0, "s")
    assert report["id"].w1 == 3.0
    assert (report["wait"].kind, report["wait"].w1) == ("duration", 3600.0)
    assert (report["zip"].kind, report["zip"].unseen, set(report["zip"].gone)) == ("categorical", (), {0, 2})
    assert any("id counted from" in note for note in report.notes)


# --- what is not compared -------------------------------------------------------------------------------------------


def reasons(report):
    return {entry.column: entry.reason for entry in report.not_compared}


def test_nothing_is_dropped_silently():
    before = pd.DataFrame({"a": [1.0, 2.0], "old": 1, "kind": [1, 2], "gone": [1.0, 2.0], "zone": pd.NaT})
    before["huge"], before["list"], before["words"] = [1.0, np.inf], [[1], [2]], ["1", "2"]
    after = pd.DataFrame({"a": [1.0, 2.0], "new": 1, "kind": ["x", "y"], "gone": np.nan})
    after["huge"], after["list"], after["zone"] = 1.0, 1.0, pd.Timestamp("2024-01-01")
    after["words"] = pd.Categorical([1, 2])
    report = otkit.drift(before, after, rng=0)
    found = reasons(report)
    assert [entry.column for entry in report.columns] == ["a"]
    assert found["old"] == "only in reference"
    assert found["new"] == "only in current"
    assert found["kind"] == "numeric in reference, text in current"
    assert found["gone"] == "no value in current"
    assert found["zone"] == "no value in reference"
    assert found["huge"] == "1 infinite value in reference"
    assert "holds a list" in found["list"]
    assert found["words"] == "its labels are words in reference and no words in current: none is on both sides"
    gone = next(entry for entry in report.not_compared if entry.column == "gone")
    assert gone.missing_change == 1.0
    assert str(report).count("not compared: ") == 8
    with pytest.raises(ValueError, match="'kind' can't be compared: numeric in reference, text in current"):
        otkit.drift(before, after, columns=["a", "kind"])
    assert reasons(otkit.drift(before, after, columns=["a", "gone"], rng=0)) == {"gone": "no value in current"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": ["b"]}, "columns must name columns of both tables, but reference has no column 'b'"),
        ({"columns": "a"}, "columns must be a sequence of names"),
        ({"by": "b"}, "by must name columns of both tables"),
        ({"level": 0.0}, "level must lie between 0 and 1"),
        ({"joint": ["w"]}, "joint tests are of numbers and times, but it is text"),
    ],
)
def test_bad_arguments(arguments, message):
    table = {"a": [1.0, 2.0], "w": ["x", "y"]}
    if "joint" in arguments:
        arguments["columns"] = ["a"]
    with pytest.raises((ValueError, TypeError), match=message):
        otkit.drift(table, table, **arguments)
    with pytest.raises(ValueError, match="must have a column in common"):
        otkit.drift({"a": [1.0]}, {"b": [1.0]})


def test_constant_columns_and_single_rows():
    report = otkit.drift({"a": [1.0, 1.0], "b": [1.0, 1.0]}, {"a": [1.0], "b": [2.0]}, rng=0)
    assert (report["a"].w1_std, report["a"].pvalue, report["a"].psi) == (0.0, 1.0, 0.0)
    assert (report["b"].w1_std, report["b"].w1) == (math.inf, 1.0)
    assert report.columns[0].column == "b"
    labels = otkit.drift({"a": ["x", "x"]}, {"a": ["y"]}, rng=0)["a"]
    assert (labels.w1_std, labels.tv, labels.pvalue) == (math.inf, 1.0, pytest.approx(1 / 3))
    widest = otkit.drift({"a": [1e200, 3e200]}, {"a": [2e200, 4e200]}, rng=0)["a"]
    assert widest.w1_std == pytest.approx(1.0)


def test_groups():
    before, after = tables()
    before["plan"], after["plan"] = before["plan"].replace("paid", "old"), after["plan"].astype(object)
    after.loc[after.index[:5], "plan"] = None
    report = otkit.drift(before, after, by="plan", columns=["age", "active"], rng=0)
    free = otkit.drift(before[before["plan"] == "free"], after[after["plan"] == "free"], columns=["age"], rng=0)
    assert report["age", "free"].w1 == free["age"].w1
    assert report["plan"].group is None
    assert {(entry.group, entry.reason) for entry in report.not_compared} == {
        ("old", "no such rows in current"),
        ("paid", "no such rows in reference"),
        ("trial", "no such rows in reference"),
    }
    assert any("5 of current without a group" in note for note in report.notes)
    assert report.to_frame()["group"].tolist()[:3].count("free") == 2


# --- p-values and corrections ---------------------------------------------------------------------------------------


def test_corrections_are_those_of_r():
    pvalues = np.array([0.01, 0.02, 0.03, 0.04, 0.05])  # p.adjust(p, "holm"), p.adjust(p, "BH")
    assert holm(pvalues) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert benjamini_hochberg(pvalues) == pytest.approx([0.05] * 5)
    assert holm(np.array([])).size == benjamini_hochberg(np.array([])).size == 0


def test_exact_p_value_of_two_labels():
    found = otkit.drift({"x": [True] * 3 + [False] * 7}, {"x": [True] * 2 + [False] * 30}, rng=0)["x"]
    assert found.test == "exact, hypergeometric"
    assert found.pvalue == pytest.approx(stats.fisher_exact([[3, 7], [2, 30]]).pvalue, rel=1e-9)


def null_rates(draw, repeats, alphas):
    pvalues = np.array([draw(np.random.default_rng(seed), seed) for seed in range(repeats)])
    return np.array([(pvalues <= alpha).mean() for alpha in alphas])


def of_numbers(law, n, m):
    def draw(rng, seed):
        return otkit.drift({"x": law(rng, n)}, {"x": law(rng, m)}, joint=(), rng=seed)["x"].pvalue

    return draw


NULLS = {
    "normal, permutations": (of_numbers(lambda rng, n: rng.normal(size=n), 30, 20), 300),
    "normal, limit": (of_numbers(lambda rng, n: rng.normal(size=n), 600, 600), 200),
    "counts, limit": (of_numbers(lambda rng, n: rng.poisson(2.0, n), 400, 900), 200),
    "heavy tails, few": (of_numbers(lambda rng, n: rng.standard_cauchy(n), 40, 2000), 100),
    "heavy tails, unequal": (of_numbers(lambda rng, n: rng.standard_cauchy(n), 200, 4000), 200),
    "words, permutations": (of_numbers(lambda rng, n: rng.choice(list("aaaabbcdefgh"), n), 30, 25), 300),
}


@pytest.mark.parametrize("case", NULLS)
def test_p_values_are_uniform_under_the_null(case):
    """P(p ≤ α) is α, or less where ties or heavy tails make the test conservative; give or take four deviations."""
    draw, repeats = NULLS[case]
    alphas = np.array([0.01, 0.05, 0.2, 0.5])
    rates = null_rates(draw, repeats, alphas)
    margin = 4.0 * np.sqrt(alphas * (1.0 - alphas) / repeats)
    assert (rates <= alphas + margin).all(), rates
    if "heavy" not in case:
        assert (rates >= 0.7 * alphas - margin).all(), rates


def test_the_bound_of_the_tail_is_one():
    """Where draws still tell, the bound is above what they tell, and it goes on from there."""
    rng = np.random.default_rng(0)
    found = line.compare_sorted(np.sort(rng.normal(size=500)), np.sort(rng.normal(size=500)))
    limits = bridge._bridges() @ found.weights
    far = float(np.quantile(limits, 0.999))
    spread = math.sqrt(found.weights @ bridge._correlations() @ found.weights)
    assert stats.norm.sf((far - np.median(limits)) / spread) > 0.001
    assert spread == pytest.approx(1.0, rel=0.1)  # the standard deviation of the pooled sample
    assert bridge.limit_pvalue(found.weights, 0.0) == 1.0
    assert bridge.limit_pvalue(found.weights, 2.0 * limits.max()) < 1e-5
    assert 0.0 < bridge.limit_pvalue(found.weights, 30.0) < 1e-100


def test_planted_shifts_are_found_and_nothing_else():
    """Power and false alarms over seeds; `benchmarks/drift.py` prints more of them."""
    found = {"age": 0, "plan": 0, "same": 0, "joint": 0}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before = {"age": rng.normal(0.0, 1.0, 300), "plan": rng.choice(list("ab"), 300), "same": rng.random(300)}
        after = {"age": rng.normal(0.4, 1.0, 300), "plan": rng.choice(list("aab"), 300), "same": rng.random(300)}
        report = otkit.drift(before, after, rng=seed)
        for entry in report.drifted:
            found[entry.column] += 1
        found["joint"] += report.joint[0].pvalue <= 0.05
    assert found["age"] >= 19
    assert found["plan"] >= 17
    assert found["joint"] >= 17
    assert found["same"] <= 4  # 20 · 0.05, and three deviations


def test_the_same_number_gives_the_same_report():
    before, after = tables()
    first, second = (otkit.drift(before, after, rng=5).to_dict() for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


# --- reports --------------------------------------------------------------------------------------------------------


def test_frame_dictionary_and_thresholds():
    report = otkit.drift(*tables(), rng=0)
    frame = report.to_frame()
    assert frame["column"].tolist() == [entry.column for entry in report.columns]
    assert frame["w1_std"].is_monotonic_decreasing
    assert json.loads(json.dumps(report.to_dict()))["columns"][0]["column"] == report.columns[0].column
    passed = report.exceeded({"w1_std": 0.2, "bh": 1e-9, "unseen_share": 0.1, "not_compared": 0, "joint_pvalue": 0.01})
    assert {each.metric for each in passed} == {"w1_std", "bh", "unseen_share", "joint_pvalue"}
    assert {each.where for each in passed if each.metric == "w1_std"} == {"age", "when", "plan", "active"}
    assert not report.exceeded({"w1_std": 99.0})
    with pytest.raises(ValueError, match="thresholds must be set for one of w1_std"):
        report.exceeded({"w1": 1.0})
    with pytest.raises(KeyError, match="no column 'income'"):
        report["income"]


@pytest.mark.parametrize("width", [60, 80, 120, 200, None])
def test_the_table_fits(width):
    report = otkit.drift(*tables(), rng=0)
    table = report.text(width).split("\n\n")[1].split("\n")
    assert all(len(row) <= (width or 10_000) for row in table)
    assert [row.split()[0] for row in table[1:]] == [entry.column for entry in report.columns]
    shown = {heading for heading in HEADINGS if heading in table[0]}
    assert {"column", "W₁/sd", "p (BH)"} <= shown
    assert ("what moved" in shown) == (width != 60)
    assert ("…" in "".join(table)) == (width in (80, 120))


def test_html_is_whole_and_quotes_what_it_shows(tmp_path):
    before, after = tables()
    name = '<script>alert("x")</script>'
    page = otkit.drift(before.rename(columns={"age": name}), after.rename(columns={"age": name}), rng=0).to_html(
        tmp_path / "report.html"
    )
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    assert "<script" not in page
    assert not any(word in page for word in ("http:", "https:", "src=", "url(", "@import"))
    assert page.count("<svg") == page.count("</svg>") == 3 * 2 + 3
    assert page.count('role="img"') == page.count("<title>") - 1
    with pytest.raises(ValueError, match=r"must end in one of \.html"):
        otkit.drift(before, after, rng=0).to_html(tmp_path / "report.pdf")
    assert "<svg" in otkit.drift(before, after, rng=0)._repr_html_()


def test_columns_of_objects_and_masks():
    assert column_of([True, None, False], "x").kind == "boolean"
    assert column_of([1, None, 2.5], "x").values.absent().tolist() == [False, True, False]
    assert column_of(np.ma.masked_array([1.0, 2.0], [True, False]), "x").absent().tolist() == [True, False]
    assert column_of(np.ma.masked_array(["a", "b"], [True, False]), "x").codes.tolist() == [-1, 0]
    assert column_of([None, float("nan")], "x").kind == "empty" or column_of([None, float("nan")], "x").absent().all()
    assert column_of(pd.Series(["a", None], dtype="string"), "x").codes.tolist() == [0, -1]
    with pytest.raises(TypeError, match="holds a list"):
        column_of([[1], [2]], "x")


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, after = tables()
    before.to_csv("before.csv", index=False)
    after.to_parquet("after.parquet")
    writing.write_matrix("plain.npy", np.arange(20.0).reshape(10, 2))
    return tmp_path


def test_the_command(folder):
    outcome = run("drift", "before.csv", "after.parquet")
    assert outcome.exit_code == 0, outcome.output
    assert "4 of 6 columns moved" in outcome.stdout
    assert "before.csv, 300 rows → after.parquet, 200 rows" in outcome.stdout
    outcome = run("drift", "before.csv", "after.parquet", "--json", "--fail-on", "w1_std=0.5", "--html", "out.html")
    assert outcome.exit_code == 1
    found = json.loads(outcome.stdout)
    assert {each["where"] for each in found["exceeded"]} >= {"age", "when"}
    assert "age: w1_std = " in outcome.stderr
    assert (folder / "out.html").exists()
    assert run("drift", "before.csv", "before.csv", "--fail-on", "w1_std=0", "--fail-on", "bh=0.99").exit_code == 0
    chosen = run("drift", "before.csv", "after.parquet", "--columns", "age,plan", "--by", "plan", "--json")
    assert {each["column"] for each in json.loads(chosen.stdout)["columns"]} == {"age", "plan"}
    assert json.loads(run("drift", "plain.npy", "plain.npy", "--columns", "2", "--json").stdout)["drifted"] == 0


def test_the_command_draws(folder):
    assert run("drift", "before.csv", "after.parquet", "--plot", "out.png").exit_code == 0
    assert (folder / "out.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("before.csv none.csv", "none.csv: there is no such file"),
        ("before.csv after.parquet --fail-on w1=2", "--fail-on must name one of w1_std"),
        ("before.csv after.parquet --fail-on w1_std=x", "--fail-on needs a number"),
        ("before.csv after.parquet --columns income", "'income' was asked for"),
        ("before.csv after.parquet --html out.pdf", "must end in one of .html"),
        ("before.csv after.parquet --drop-missing", "missing values are counted"),
        ("before.csv plain.npy", "must have names for their columns, or the same number"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, arguments, message):
    assert_refused(run("drift", *arguments.split()), message)


def test_a_column_that_is_words_because_of_one_cell_is_said(tmp_path):
    """Numbers, dates and percentages that are read as words: which cell, and what to do."""
    rows = [f"{k};{20 + k % 30};2024-01-{1 + k % 28:02};{k % 7}%" for k in range(40)]
    paths = []
    for name, age, day in (("march", "unknown", "31.01.2024"), ("april", "33", "2024-01-31")):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(["id;age;day;share", *rows, f"40;{age};{day};3%", ""]))
        paths.append(path)
    report = otkit.drift(*paths, rng=0)
    assert {entry.column: entry.reason for entry in report.not_compared} == {
        "age": "text in reference, numeric in current",
        "day": "text in reference, datetime in current",
    }
    march, april = report.notes[:2]
    assert "line 42, column 2 (age) holds 'unknown', so that the column is taken as words." in march
    assert "column 3 (day) holds '2024-01-01', so" not in march
    assert "column 4 (share) holds '0%', so that the column is taken as words. Percent signs are not read" in april
    assert "column 2" not in april
    assert "id counts the rows; columns= (--columns) leaves it out" in report.notes
    assert not any("counts the rows" in note for note in otkit.drift(*paths, columns=["id"], rng=0).notes)


def test_the_seed_gives_the_report_again():
    before, after = {"x": [1.0, 2.0, 4.0, 7.0], "w": [*"abca"]}, {"x": [2.0, 3.0, 9.0], "w": [*"bbd"]}
    report = otkit.drift(before, after)
    again = otkit.drift(before, after, rng=report.seed)
    assert [entry.pvalue for entry in report.columns] == [entry.pvalue for entry in again.columns]
    assert report.to_dict()["seed"] == report.seed == again.seed
    assert otkit.drift(before, after, rng=np.random.default_rng(0)).seed is None


def test_a_misspelt_column_is_answered_with_the_one_that_was_meant():
    table = {"income": [1.0, 2.0, 3.0], "age": [4.0, 5.0, 6.0]}
    with pytest.raises(ValueError, match="Did you mean 'income'"):
        otkit.drift(table, table, columns=["incom"], rng=0)
    with pytest.raises(KeyError, match="Did you mean 'age'"):
        otkit.drift(table, table, rng=0)["Age"]
