"""How long people wait before the first answer: for imports, for kernels from the cache, for the compiler without one.

    python benchmarks/startup.py           # first answers on a warm and on an empty cache, beside other libraries'
    python benchmarks/startup.py --peers OTHER_PYTHON   # these in an environment of their own
    python benchmarks/startup.py --cold 1000   # what the seconds on an empty cache go to, kernel by kernel, n = 1000

Each line is a process of its own; `cpu` is the processor's time of all its threads, for machines that others keep busy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from _harness import machine, seconds, table

CLOUDS = "import numpy as np; x, y = np.random.default_rng(0).normal(size=(2, {}, 2)); "

ANSWERS = {
    **{
        f"wasserstein, n = {n}": CLOUDS.format(n) + "import otkit; otkit.wasserstein(x, y)"
        for n in (8, 100, 1000, 10_000)
    },
    "wasserstein on the line": CLOUDS.format(1000) + "import otkit; otkit.wasserstein(x[:, 0], y[:, 0])",
    "pairwise, 5 clouds": CLOUDS.format(20) + "import otkit; otkit.pairwise([x, y, x[:9], y[:9], x + y])",
    "kl": "import otkit; otkit.kl([1, 2, 3], [3, 2, 1])",
    "the page, until it answers": "from otkit.page.server import warm; warm()",
}

PEERS = {
    "POT: ot.solve_sample, n = 100": ("ot", CLOUDS.format(100) + "import ot; ot.solve_sample(x, y)"),
    "umap-learn: fit, n = 100": ("umap", CLOUDS.format(100) + "import umap; umap.UMAP().fit(x)"),
    "stumpy: stump, n = 100": ("stumpy", CLOUDS.format(100) + "import stumpy; stumpy.stump(x[:, 0].copy(), 8)"),
}

PROBE = """
import resource, sys, time
began = time.perf_counter()
counted = []
{watch}
{statement}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(time.perf_counter() - began, time.process_time(), peak / 1024, len(counted))
"""
# Numba is otkit's own import anyway, so that watching it costs nothing.
WATCH = """
import numba.core.event as event
class Count(event.Listener):
    def on_start(self, event):
        counted.append(event)
    def on_end(self, event):
        pass
event.register("numba:compile", Count())
"""


def first_answer(
    statement: str, cache: str, *, watched: bool = True, python: str = sys.executable
) -> tuple[float, float, float, int]:
    """Return seconds, those of the processor, peak memory in MiB and compilations of a process with one answer."""
    program = PROBE.format(statement=statement, watch=WATCH if watched else "")
    run = subprocess.run(
        [python, "-W", "ignore", "-c", program],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"OTKIT_CACHE_DIR": cache, "NUMBA_CACHE_DIR": cache},
    )
    took, processor, peak, count = run.stdout.splitlines()[-1].split()
    return float(took), float(processor), float(peak), int(count)


def size(cache: str) -> str:
    return f"{sum(file.stat().st_size for file in Path(cache).rglob('*') if file.is_file()) / 2**20:.1f}"


def is_there(module: str, python: str) -> bool:
    """Whether an interpreter finds a module."""
    program = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", program], check=False).returncode == 0


def answers(peers: str) -> None:
    """Print first answers, cold and warm; those of other libraries by the interpreter that has them."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clouds = [str(Path(folder) / name) for name in ("x.csv", "y.csv")]
        for place in clouds:
            np.savetxt(place, np.random.default_rng(0).normal(size=(100, 2)), delimiter=",")
        command = f"from otkit.cli import app\ntry:\n    app({['emd', *clouds]!r})\nexcept SystemExit:\n    pass"
        measured = {
            "python -c pass": ("pass", False, sys.executable),
            "import otkit": ("import otkit", False, sys.executable),
            **{
                name: (code, True, sys.executable) for name, code in (ANSWERS | {"otkit emd, n = 100": command}).items()
            },
            **{name: (code if is_there(module, peers) else "", False, peers) for name, (module, code) in PEERS.items()},
        }
        for k, (name, (statement, watched, python)) in enumerate(measured.items()):
            if not statement:
                rows.append([name, "not installed", *[""] * 6])
                continue
            cache = str(Path(folder) / f"cache{k}")
            cold, cold_cpu, _, compiled = first_answer(statement, cache, watched=watched, python=python)
            warm, warm_cpu, peak, again = min(
                first_answer(statement, cache, watched=watched, python=python) for _ in range(3)
            )
            # Where Python runs kernels for small work, a run may be the one that has spent its patience.
            assert again == 0 or compiled == 0, name
            figures = [seconds(value) for value in (cold, cold_cpu, warm, warm_cpu)]
            held = size(cache) if Path(cache).exists() else "0"
            rows.append([name, *figures, compiled if watched else "", held, f"{peak:.0f}"])
    header = ["first answer", "empty cache", "cpu", "warm", "cpu", "compilations", "cache, MiB", "peak, MiB"]
    print(table(header, rows))


KERNELS = """
import json, time
import numba.core.event as event

stack, spent = [], []

class Compilations(event.Listener):
    def on_start(self, event):
        stack.append([time.process_time(), 0.0, 0.0])  # begun, of callees, in LLVM

    def on_end(self, event):
        began, callees, llvm = stack.pop()
        took = time.process_time() - began
        if stack:
            stack[-1][1] += took
        function = event.data["dispatcher"].py_func
        spent.append([f"{function.__module__}.{function.__qualname__}", took - callees, llvm])

class LLVM(event.Listener):
    depth = 0

    def on_start(self, event):
        self.depth += 1
        if self.depth == 1:
            self.began = time.process_time()

    def on_end(self, event):
        self.depth -= 1
        if self.depth == 0 and stack:
            stack[-1][2] += time.process_time() - self.began

event.register("numba:compile", Compilations())
event.register("numba:llvm_lock", LLVM())

from otkit.numerics.kernel import always_compiled

with always_compiled():
    CALL
print(json.dumps(spent))
"""


def kernels(n: int) -> None:
    """Print where the seconds of a first answer go, of the processor: Numba's front end, and LLVM."""
    answer = CLOUDS.format(n) + "import otkit; otkit.wasserstein(x, y)"
    with tempfile.TemporaryDirectory() as cache:
        run = subprocess.run(
            [sys.executable, "-c", KERNELS.replace("CALL", answer)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OTKIT_CACHE_DIR": cache},
        )
    front, llvm, count = Counter(), Counter(), Counter()
    for name, took, in_llvm in json.loads(run.stdout):
        front[name] += took - in_llvm
        llvm[name] += in_llvm
        count[name] += 1
    both = front + llvm
    rows = [[name, count[name], f"{front[name]:.2f}", f"{llvm[name]:.2f}"] for name, took in both.most_common(40)]
    rest = both.most_common()[40:]
    rows.append(
        [
            f"{len(rest)} others",
            sum(count[name] for name, _ in rest),
            *(f"{sum(of[name] for name, _ in rest):.2f}" for of in (front, llvm)),
        ]
    )
    rows.append(["in all", count.total(), f"{sum(front.values()):.2f}", f"{sum(llvm.values()):.2f}"])
    print(table([f"wasserstein, n = {n}, empty cache", "compilations", "front end, s", "LLVM, s"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cold", type=int, metavar="N", help="the kernels of a first answer for N points")
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON", help="an interpreter with other libraries")
    given = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(machine() + load + "\n")
    answers(given.peers) if given.cold is None else kernels(given.cold)


if __name__ == "__main__":
    main()
