"""Transport on the line against SciPy and POT, weighted and not; `otkit` has plan, potentials and certificate, too.

python benchmarks/line.py [n …]
"""

from __future__ import annotations

import sys
from itertools import product

import ot
import scipy.stats
from _harness import best_of, machine, peak_memory, seconds, table

import otkit

DATA = """
import numpy as np
rng = np.random.default_rng(0)
x, y = rng.normal(size={n}), rng.normal(size={n})
a, b = rng.random({n}), rng.random({n})
a, b = (a / a.sum(), b / b.sum()) if {weighted} else (None, None)
"""

# Peak memory is measured in a fresh process, after a small call that loads and compiles.
STATEMENTS = {
    "otkit": ("import otkit", "otkit.wasserstein({x}, {y}, {a}, {b}, p={p}, method='line')"),
    "otkit.wasserstein_1d": ("import otkit", "otkit.wasserstein_1d({x}, {y}, {a}, {b}, p={p})"),
    "SciPy": ("import scipy.stats", "scipy.stats.wasserstein_distance({x}, {y}, {a}, {b})"),
    "ot.wasserstein_1d": ("import ot", "ot.wasserstein_1d({x}, {y}, {a}, {b}, p={p})"),
    "ot.emd2_1d": ("import ot", "ot.emd2_1d({x}, {y}, {a}, {b}, metric='minkowski', p={p})"),
}


def contenders(n: int, p: float, weighted: bool) -> dict:
    names: dict = {}
    exec(DATA.format(n=n, weighted=weighted), names)  # the same data as in the processes whose memory is measured
    x, y, a, b = names["x"], names["y"], names["a"], names["b"]
    runs = {
        "otkit": lambda: otkit.wasserstein(x, y, a, b, p=p, method="line").value,
        "otkit.wasserstein_1d": lambda: float(otkit.wasserstein_1d(x, y, a, b, p=p)) ** p,
        "SciPy": lambda: scipy.stats.wasserstein_distance(x, y, a, b),
        "ot.wasserstein_1d": lambda: ot.wasserstein_1d(x, y, a, b, p=p),
        "ot.emd2_1d": lambda: ot.emd2_1d(x, y, a, b, metric="minkowski", p=p),
    }
    if p != 1:
        del runs["SciPy"]
    return runs


def memory(name: str, n: int, p: float, weighted: bool) -> float:
    load, statement = STATEMENTS[name]
    a, b = ("a[:9] / a[:9].sum()", "b[:9] / b[:9].sum()") if weighted else ("a", "b")
    small = statement.format(x="x[:9]", y="y[:9]", a=a, b=b, p=p)
    whole = statement.format(x="x", y="y", a="a", b="b", p=p)
    return peak_memory(f"{load}\n{DATA.format(n=n, weighted=weighted)}\n{small}", whole)


def main(sizes: list[int]) -> None:
    print(machine() + "\n")
    rows = []
    for n in sizes:
        for weighted, p in product((False, True), (1, 2)):
            runs = contenders(n, p, weighted)
            times = best_of(runs)
            values = {name: run() for name, run in runs.items()}
            for name, time in times.items():
                difference = abs(values[name] / values["otkit"] - 1.0)
                ratio, peak = f"{time / times['otkit.wasserstein_1d']:.2f}", f"{memory(name, n, p, weighted):.0f}"
                case = [n, "yes" if weighted else "no", p]
                rows.append([*case, name, seconds(time), ratio, peak, f"{difference:.1e}"])
    header = ["n = m", "weights", "p", "solver", "time", "time / wasserstein_1d", "peak MiB", "relative difference"]
    print(table(header, rows))


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
