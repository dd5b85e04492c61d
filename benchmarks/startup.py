"""How long people wait before anything happens: importing otkit, and `otkit emd` on 100 points, warm and cold.

python benchmarks/startup.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _harness import best_of, machine, seconds, table


def run(*command: str, cache: str | None = None) -> None:
    environment = dict(os.environ)
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    subprocess.run(command, check=True, capture_output=True, env=environment)


def main() -> None:
    print(machine() + "\n")
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        clouds = [str(Path(folder) / name) for name in ("x.csv", "y.csv")]
        for place in clouds:
            np.savetxt(place, rng.normal(size=(100, 2)), delimiter=",")
        emd = (str(Path(python).with_name("otkit")), "emd", *clouds)
        warm = best_of(
            {
                "python -c pass": lambda: run(python, "-c", "pass"),
                "import otkit": lambda: run(python, "-c", "import otkit"),
                "import otkit; otkit.wasserstein": lambda: run(python, "-c", "import otkit; otkit.wasserstein"),
                "import ot": lambda: run(python, "-c", "import ot"),
                "import scipy.stats": lambda: run(python, "-c", "import scipy.stats"),
                "otkit emd, 100 points, warm cache": lambda: run(*emd),
            }
        )
        cold = {}
        for k in range(2):
            cache = str(Path(folder) / f"cache{k}")
            cold |= best_of_one("otkit emd, 100 points, cold cache", lambda cache=cache: run(*emd, cache=cache), cold)
    print(table(["what", "seconds"], [[name, seconds(value)] for name, value in (warm | cold).items()]))


def best_of_one(name: str, call, so_far: dict[str, float]) -> dict[str, float]:
    """Time one call without a rehearsal, which would fill the cache."""
    import time

    start = time.perf_counter()
    call()
    return {name: min(so_far.get(name, float("inf")), time.perf_counter() - start)}


if __name__ == "__main__":
    main()
