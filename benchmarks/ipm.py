"""Energy distance and MMD against SciPy and what one writes with NumPy and scikit-learn: time and peak memory.

python benchmarks/ipm.py
"""

from __future__ import annotations

import numpy as np
import scipy.stats
from _harness import best_of, machine, peak_memory, seconds, table
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import euclidean_distances, laplacian_kernel, rbf_kernel

import otkit

BANDWIDTH = 2.0


def samples(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d)) + 0.1
    return (x[:, 0], y[:, 0]) if d == 1 else (x, y)


def from_matrices(f, x, y):
    """Return 2 E f(X, Y) − E f(X, X') − E f(Y, Y') from three matrices."""
    return 2.0 * f(x, y).mean() - f(x, x).mean() - f(y, y).mean()


CODES = {
    "energy distance": {
        "otkit": lambda x, y: otkit.energy_distance(x, y).value,
        "SciPy": scipy.stats.energy_distance,
        "SciPy cdist": lambda x, y: np.sqrt(from_matrices(cdist, x, y)),
        "scikit-learn": lambda x, y: np.sqrt(from_matrices(euclidean_distances, x, y)),
    },
    "MMD², Gaussian": {
        "otkit": lambda x, y: otkit.mmd(x, y, bandwidth=BANDWIDTH).value,
        "scikit-learn": lambda x, y: -from_matrices(lambda u, v: rbf_kernel(u, v, gamma=0.5 / BANDWIDTH**2), x, y),
    },
    "MMD², Laplace": {
        "otkit": lambda x, y: otkit.mmd(x, y, kernel="laplace", bandwidth=BANDWIDTH).value,
        "scikit-learn": lambda x, y: -from_matrices(lambda u, v: laplacian_kernel(u, v, gamma=1.0 / BANDWIDTH), x, y),
    },
}


def compare(what: str, n: int, d: int, *names: str) -> list[list[str]]:
    """Time codes on the same samples, and run each once more in a process of its own for its memory."""
    x, y = samples(n, d)
    codes = {name: CODES[what][name] for name in names}
    times = best_of({name: lambda code=code: code(x, y) for name, code in codes.items()}, budget=6.0)
    values = {name: float(code(x, y)) for name, code in codes.items()}
    rows = []
    for name in names:
        load = f"import ipm\nx, y = ipm.samples({n}, {d})\ncode = ipm.CODES[{what!r}][{name!r}]\ncode(x[:9], y[:9])"
        memory, off = peak_memory(load, "code(x, y)"), abs(values[name] / values["otkit"] - 1.0)
        ratio = f"{times[name] / times['otkit']:.2f}"
        rows.append([what, f"{n:,}", str(d), name, seconds(times[name]), ratio, f"{memory:.0f}", f"{off:.1e}"])
    return rows


def main() -> None:
    print(machine() + "\n")
    rows = compare("energy distance", 1_000_000, 1, "otkit", "SciPy")
    for d in (2, 10):
        rows += compare("energy distance", 10_000, d, "otkit", "SciPy cdist", "scikit-learn")
        rows += compare("MMD², Gaussian", 10_000, d, "otkit", "scikit-learn")
        rows += compare("MMD², Laplace", 10_000, d, "otkit", "scikit-learn")
    print(table(["", "n = m", "d", "code", "time", "time / otkit", "peak MiB", "relative difference"], rows))


if __name__ == "__main__":
    main()
