"""What the proof costs: time of the certificate as a share of the solve that it checks.

python benchmarks/certificate.py [n …]
"""

from __future__ import annotations

import sys

import numpy as np
from _harness import best_of, machine, seconds, table

import otkit
from otkit.choice import select_solver


def main(sizes: list[int]) -> None:
    print(machine() + "\n")
    rows = []
    for n in sizes:
        for d, p in ((2, 1), (2, 2), (10, 1)):
            rng = np.random.default_rng(0)
            x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
            result = otkit.wasserstein(x, y, p=p)
            times = best_of(
                {
                    "whole": lambda x=x, y=y, p=p: otkit.wasserstein(x, y, p=p),
                    "certificate": lambda result=result: otkit.certify(
                        result.problem, plan=result.candidate, potentials=result.potentials
                    ),
                },
                repeats=3,
            )
            solve = times["whole"] - times["certificate"]
            rows.append(
                [
                    n,
                    d,
                    p,
                    select_solver(result.problem).method,
                    seconds(solve),
                    seconds(times["certificate"]),
                    f"{times['certificate'] / solve:.1%}",
                    f"{result.certificate.gap / result.value:.1e}",
                ]
            )
    print(table(["n", "d", "p", "method", "solve", "certificate", "share", "relative gap"], rows))


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [1000, 5000])
