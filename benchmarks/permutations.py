"""Permutation tests: milliseconds of the processor for a deal, by statistic, size and dimension.

python benchmarks/permutations.py

With a second folder that holds another version of otkit, as `git archive` writes one, its times stand beside:

    git archive 2d06bc9 otkit | tar x -C FOLDER && python benchmarks/permutations.py FOLDER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from _harness import machine, table

CASES = [
    ("wasserstein", 300, 2, 40),
    ("wasserstein", 1000, 2, 6),
    ("energy", 300, 2, 500),
    ("mmd", 300, 2, 500),
    ("energy", 2000, 2, 250),
    ("wasserstein", 1000, 1, 500),
    ("wasserstein", 100_000, 1, 10),
]

# One thread each, the BLAS too: waiting threads would count on a busy machine.
SCRIPT = """
import json, sys, time
import numpy as np
import otkit
from otkit.numerics.threads import threads
rng = np.random.default_rng(0)
times = []
for statistic, n, d, deals in json.loads(sys.argv[1]):
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d)) + 0.2
    run = lambda k: otkit.two_sample_test(x, y, statistic=statistic, permutations=k, stop_at_level=None, rng=0)
    with threads(1):
        run(1)
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            run(deals)
            best = min(best, time.process_time() - start)
    times.append(best / deals)
print(json.dumps(times))
"""


def times(folder: str | None) -> list[float]:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT, json.dumps(CASES)]
    run = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)  # where it is imported
    found: list[float] = json.loads(run.stdout)
    return found


def main(before: str | None) -> None:
    print(machine() + "\n")
    now = times(None)
    old = [None] * len(now) if before is None else times(before)
    rows = []
    for (statistic, n, d, _), seconds, earlier in zip(CASES, now, old, strict=True):
        compared = [] if earlier is None else [f"{1e3 * earlier:.3g}", f"{earlier / seconds:.1f}"]
        rows.append([statistic, n, d, f"{1e3 * seconds:.3g}", *compared])
    header = ["statistic", "n = m", "dimension", "ms a deal"]
    print(table(header if before is None else [*header, "before", "before / now"], rows))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
