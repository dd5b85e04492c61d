"""Threads change the time a solve takes, and nothing else."""

import os
import subprocess
import sys
import threading
import time

import pytest

PROBLEMS = '''
import hashlib
import numpy as np
import otkit

def problem(name):
    rng = np.random.default_rng(7)
    if name == "matrix":
        return otkit.TransportProblem(rng.random((900, 800)), rng.random(900), rng.random(800), probability=True)
    d = {"plane": 2, "10-D": 10}[name]
    x, y = rng.normal(size=(1500, d)), rng.normal(size=(1400, d))
    cost = otkit.Euclidean().between(x, y)
    return otkit.TransportProblem(cost, rng.random(1500), rng.random(1400), probability=True)

def fingerprint(name, threads):
    """Digest of every bit of the answer: plan, potentials, basis and certificate."""
    result = otkit.transport(problem(name), method="simplex", threads=threads)
    answer = result.candidate
    digest = hashlib.blake2b(repr(result.certificate).encode())
    for array in (answer.rows, answer.cols, answer.mass, answer.f, answer.g, *answer.basis):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
'''
NAMES = ("plane", "10-D", "matrix")
here: dict = {}
exec(PROBLEMS, here)  # the same text runs in a process of its own below


def test_same_bits_whatever_the_threads():
    program = PROBLEMS + f"print(*(fingerprint(name, None) for name in {NAMES}), sep='\\n')"
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}
    alone = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    one, two, five = ([here["fingerprint"](name, threads) for name in NAMES] for threads in (1, 2, 5))
    assert one == two == five
    assert alone.communicate()[0].split() == one


def test_other_python_threads_run_on_during_a_solve():
    problem = here["problem"]("plane")
    done, beats = threading.Event(), []

    def count():
        while not done.is_set():
            beats.append(time.perf_counter())
            time.sleep(0.001)

    import otkit

    otkit.transport(problem, method="simplex")  # compiled, or loaded
    thread = threading.Thread(target=count)
    thread.start()
    began = time.perf_counter()
    try:
        otkit.transport(problem, method="simplex", threads=1)
    finally:
        ended = time.perf_counter()
        done.set()
        thread.join()
    during = sum(began < beat < ended for beat in beats)
    assert during >= 0.05 * (ended - began) / 0.001  # a thread that waited for the kernels would come by a few times


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2"])
def test_threads_are_a_positive_integer(threads):
    import otkit

    with pytest.raises(ValueError, match="threads must be a positive integer"):
        otkit.wasserstein([0.0], [1.0], threads=threads)
