"""Drift reports: false alarms, power, beside what others use, and how long a large table takes.

python benchmarks/drift.py [part …]   # parts: alarms power report peers large; the first three by default
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _harness import fresh_run, machine, table
from scipy import stats

import otkit
from otkit.statistics.drift.categories import compare_counts
from otkit.statistics.drift.numeric import compare_numbers

SEEDS = 500
LEVELS = (0.05, 0.01)


def zero_inflated(rng, n):
    """Return amounts of which 19 in 20 are zero."""
    return np.where(rng.random(n) < 0.95, 0.0, rng.exponential(size=n))


LAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "counts, mean 2": lambda rng, n: rng.poisson(2.0, n).astype(float),
    "zero but 5 %": zero_inflated,
    "t, 3 degrees": lambda rng, n: rng.standard_t(3, n),
    "lognormal, σ = 2": lambda rng, n: np.exp(2.0 * rng.normal(size=n)),
    "Cauchy": lambda rng, n: rng.standard_cauchy(n),
}
SIZES = ((40, 60), (500, 500), (100, 3000), (300, 6000), (2000, 20_000))
ALPHABETS = {"3 labels": [0.6, 0.3, 0.1], "20 labels, most rare": [0.81, *[0.01] * 19]}


def number_pvalue(x, y, seed: int) -> float:
    return compare_numbers(x, y, np.random.default_rng(seed))["pvalue"]


def label_pvalue(shares, other, n: int, m: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n, shares), rng.multinomial(m, other)
    return compare_counts(*counts, range(len(shares)), rng)["pvalue"]


def alarms() -> None:
    """Print how often equal laws are told apart."""
    rows = []
    for n, m in SIZES:
        for name, law in LAWS.items():
            found = []
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                found.append(number_pvalue(law(rng, n), law(rng, m), seed))
            rows.append([f"{n:,} and {m:,}", name, *(f"{np.mean(np.array(found) <= level):.1%}" for level in LEVELS)])
        for name, shares in ALPHABETS.items():
            found = [label_pvalue(shares, shares, n, m, seed) for seed in range(SEEDS)]
            rows.append([f"{n:,} and {m:,}", name, *(f"{np.mean(np.array(found) <= level):.1%}" for level in LEVELS)])
    print(f"\nFalse alarms over {SEEDS} seeds\n")
    print(table(["rows", "law", *(f"p ≤ {level:g}" for level in LEVELS)], rows))


CHANGES = {
    "none": lambda x: x,
    "shift by 0.1 sd": lambda x: x + 0.1,
    "shift by 0.2 sd": lambda x: x + 0.2,
    "spread × 1.2": lambda x: 1.2 * x,
    "upper tenth + 1 sd": lambda x: np.where(x > 1.2816, x + 1.0, x),
    "2 % at 10 sd": lambda x: np.where(np.arange(x.size) % 50 == 0, 10.0, x),
}


def power() -> None:
    """Print how often a planted change of normal values is found, by W_1 and by what others use."""
    n, rows = 1000, []
    for name, change in CHANGES.items():
        found = []
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            x, y = rng.normal(size=n), change(rng.normal(size=n))
            entry = compare_numbers(x, y, rng)
            others = (
                stats.ks_2samp(x, y, method="asymp").pvalue <= 0.05,
                entry["psi"] > 0.1,
                entry["w1_std"] > 0.1,
            )
            found.append((entry["pvalue"] <= 0.05, *others))
        rows.append([name, *(f"{share:.0%}" for share in np.mean(found, axis=0))])
    print(f"\nChanges found, {n:,} and {n:,} values, {SEEDS} seeds\n")
    print(table(["change", "p of W₁ ≤ 0.05", "p of KS ≤ 0.05", "PSI > 0.1", "W₁/sd > 0.1"], rows))


def report() -> None:
    """Print false discoveries and discoveries of whole reports."""
    seeds, rows = SEEDS // 5, []
    for moved in (0, 4):
        false, true, familywise, joint = [], [], [], []
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            before = {f"x{k}": rng.normal(size=600) for k in range(10)}
            before |= {f"w{k}": rng.choice(list("abcd"), 600) for k in range(10)}
            after = {f"x{k}": rng.normal(size=600) + 0.25 * (k < moved / 2) for k in range(10)}
            after |= {f"w{k}": rng.choice(list("abcd" + "aa" * (k < moved / 2)), 600) for k in range(10)}
            found = otkit.drift(before, after, rng=seed)
            planted = {f"{kind}{k}" for kind in "xw" for k in range(moved // 2)}
            names = {entry.column for entry in found.drifted}
            false.append(len(names - planted) / max(1, len(names)))
            true.append(len(names & planted) / max(1, moved))
            familywise.append(any(e.holm <= 0.05 and e.column not in planted for e in found.columns))
            joint.append(found.joint[0].pvalue <= 0.05)
        power_of = f"{np.mean(true):.0%}" if moved else "-"
        rows.append([moved, f"{np.mean(false):.1%}", f"{np.mean(familywise):.1%}", power_of, f"{np.mean(joint):.0%}"])
    print(f"\nReports of 20 columns, 600 and 600 rows, {seeds} seeds, at 5 %\n")
    head = [
        "columns moved",
        "false discovery rate (BH)",
        "any false (Holm)",
        "moved ones found (BH)",
        "joint test ≤ 5 %",
    ]
    print(table(head, rows))


def peers(n: int = 2000) -> None:
    """Print what Evidently says of the same tables, where it is installed: its defaults, as it takes them."""
    try:
        import pandas as pd
        from evidently import Report
        from evidently.presets import DataDriftPreset
    except ImportError as missing:
        print(f"\nNothing beside Evidently: {missing.name} is not installed")
        return
    rng = np.random.default_rng(0)
    before = {name: law(rng, n) for name, law in LAWS.items()}
    after = {name: law(rng, n) for name, law in LAWS.items()}
    before |= {name: rng.normal(size=n) for name in CHANGES}
    after |= {name: change(rng.normal(size=n)) for name, change in CHANGES.items()}
    for name, shares in ALPHABETS.items():
        before[name], after[name] = (rng.choice([f"l{k}" for k in range(len(shares))], n, p=shares) for _ in range(2))
    before["a label gains 5 %"] = rng.choice(list("abc"), n, p=[0.6, 0.3, 0.1])
    after["a label gains 5 %"] = rng.choice(list("abc"), n, p=[0.55, 0.3, 0.15])
    frames = pd.DataFrame(before), pd.DataFrame(after)
    report = otkit.drift(*frames, rng=0)
    theirs = {}
    for metric in Report([DataDriftPreset()]).run(frames[1], frames[0]).dict()["metrics"]:
        name, _, method = metric["metric_name"].removeprefix("ValueDrift(column=").rpartition(",method=")
        if name in before:
            theirs[name] = float(metric["value"]), method.partition(",threshold=")[0]
    rows = []
    for entry in report:
        value, method = theirs[entry.column]
        same = f"{entry.js**0.5:.3f}" if hasattr(entry, "js") else f"{entry.w1_std:.3f}"
        found = "yes" if entry.bh <= 0.05 else "no"
        rows.append([entry.column, same, f"{entry.by_chance:.3f}", found, f"{value:.3f}", method,
                     "yes" if value >= 0.1 else "no"])  # fmt: skip
    print(f"\nBeside Evidently, {n:,} and {n:,} rows, one table, seed 0\n")
    head = ["column", "W₁/sd or √JS", "W₁/sd by chance", "p (BH) ≤ 0.05", "Evidently", "by", "drift, it says"]
    print(table(head, rows))


def large(rows: int = 1_000_000, columns: int = 50) -> None:
    """Print the time and the memory of a large pair of Parquet files."""
    import pyarrow
    import pyarrow.parquet

    with tempfile.TemporaryDirectory() as folder:
        for seed, name in enumerate(("reference", "current")):
            rng = np.random.default_rng(seed)
            data = {f"x{k}": rng.normal(0.05 * k * seed, 1.0, rows) for k in range(columns - 12)}
            data |= {f"n{k}": np.exp(rng.normal(size=rows)).round(2) for k in range(4)}
            data |= {f"b{k}": rng.random(rows) < 0.3 for k in range(2)}
            data |= {f"w{k}": rng.choice(["free", "basic", "paid", "trial"], rows) for k in range(5)}
            data["id"] = np.char.add("user-", rng.integers(0, rows, rows).astype(str))
            pyarrow.parquet.write_table(pyarrow.table(data), Path(folder, f"{name}.parquet"), row_group_size=100_000)
        setup = "import otkit; otkit.drift({'a': [0.0, 1.0], 'b': [1, 2]}, {'a': [1.0, 2.0], 'b': [1, 2]}, rng=0)"
        paths = (str(Path(folder, f"{name}.parquet")) for name in ("reference", "current"))
        statement = f"report = otkit.drift(*{list(paths)!r}, rng=0); print(report.summary())"
        start = time.perf_counter()
        taken, grown, said = fresh_run(setup, statement)
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 2**20
        print(f"\n{rows:,} rows × {columns} columns, twice, Parquet files of {size:.0f} MiB together")
        print(
            f"{taken:.1f} s, peak memory + {grown:.0f} MiB ({time.perf_counter() - start:.0f} s with the start): {said}"
        )


PARTS = {"alarms": alarms, "power": power, "report": report, "peers": peers, "large": large}


def main() -> None:
    print(machine())
    for name in sys.argv[1:] or ("alarms", "power", "report"):
        PARTS[name]()


if __name__ == "__main__":
    main()
