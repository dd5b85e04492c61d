"""What a small call costs, exact proof included, beside POT: processor time, the best of many calls in turn.

python benchmarks/small_calls.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import ot
from _harness import machine, table

import otkit


def microseconds(call: Callable[[], object]) -> float:
    """Return the least processor time of a call, among sixty batches of five."""
    for _ in range(30):
        call()
    best = float("inf")
    for _ in range(60):
        start = time.process_time()
        for _ in range(5):
            call()
        best = min(best, (time.process_time() - start) / 5)
    return best * 1e6


def main() -> None:
    """Print one line a size and kind of problem."""
    rows = []
    for n in (6, 32, 100):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(2, n, 2))
        C, a, b = rng.random((n, n)), rng.random(n), rng.random(n)
        b *= a.sum() / b.sum()
        u, v = np.ascontiguousarray(x[:, 0]), np.ascontiguousarray(y[:, 0])
        cases = {
            "wasserstein": (
                lambda x=x, y=y: otkit.wasserstein(x, y),
                lambda x=x, y=y: ot.emd2([], [], ot.dist(x, y, "euclidean")),
            ),
            "transport": (lambda C=C, a=a, b=b: otkit.transport(C, a, b), lambda C=C, a=a, b=b: ot.emd2(a, b, C)),
            "on the line": (
                lambda u=u, v=v: otkit.wasserstein(u, v),
                lambda u=u, v=v: ot.emd2_1d(u, v, metric="euclidean"),
            ),
        }
        for name, (ours, theirs) in cases.items():
            mine, peer = microseconds(ours), microseconds(theirs)
            rows.append([n, name, f"{mine:.0f}", f"{peer:.0f}", f"{peer / mine:.2f}"])
    print(machine())
    print(table(["n", "call", "otkit, µs", "POT, µs", "POT / otkit"], rows))


if __name__ == "__main__":
    main()
