"""What the benchmarks share: fair timing on a noisy machine, peak memory, and tables in Markdown."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def best_of(
    contenders: Mapping[str, Callable[[], Any]],
    repeats: int = 5,
    budget: float = 30.0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the least seconds of each contender over `repeats` rounds, after a call each that is not timed.

    Contenders take turns within a round, so that a slow moment of the machine falls on all of them; the minimum is
    what noise disturbs least. From the second round on, short ones run several times in a row, as in `timeit`: the
    threads of a matrix product that has just ended spin on for a while, and would count against whoever comes next.
    Rounds end early when `budget` seconds are spent. With ``clock=time.process_time`` it is the processor's time that
    counts, of all threads together: for machines that others keep busy.
    """
    for run in contenders.values():
        run()
    in_a_row = dict.fromkeys(contenders, 1)
    best = dict.fromkeys(contenders, float("inf"))
    began = time.perf_counter()
    for done in range(repeats):
        if done > 0 and time.perf_counter() - began > budget:
            break
        for name, run in contenders.items():
            for _ in range(in_a_row[name]):
                start = clock()
                run()
                best[name] = min(best[name], clock() - start)
            in_a_row[name] = min(50, 1 + int(0.1 / best[name]))
    return best


def peak_memory(setup: str, statement: str) -> float:
    """Return by how many MiB the peak resident memory of a fresh process grows while it runs `statement`."""
    return fresh_run(setup, statement)[1]


def fresh_run(setup: str, statement: str) -> tuple[float, float, str]:
    """Return seconds of `statement` in a fresh process, by how many MiB its peak memory grows, and what it prints.

    `setup` runs before: imports, data, and a small call that compiles or loads what is needed. Memory on Linux only,
    nan elsewhere: the peak of a process is in /proc, and writing 5 to clear_refs sets it back to what is resident now.
    """
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
linux = sys.platform == "linux"
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
{setup}
if linux:
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    before = peak()
start = time.perf_counter()
{statement}
print(time.perf_counter() - start, (peak() - before) / 1024 if linux else float("nan"))
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    *said, figures = run.stdout.splitlines()
    elapsed, grown = figures.split()
    return float(elapsed), float(grown), "\n".join(said)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table, columns aligned so that it reads well as text."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    lines = [
        "| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    return "\n".join(lines)


def seconds(value: float) -> str:
    """Return a time to three digits in a unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def machine() -> str:
    """Return a line that says what the figures were measured on."""
    import os

    versions = []
    for name in ("numpy", "scipy", "numba", "sklearn", "ot"):
        try:
            versions.append(f"{name} {__import__(name).__version__}")
        except ImportError:
            continue
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(versions)}"
