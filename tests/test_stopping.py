"""Long solves can be watched, stopped and resumed; Ctrl-C is heard."""

import pickle
import signal
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest

import otkit
from otkit.numerics.threads import Stopped
from otkit.solvers import simplex
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex import SimplexOptions

N, M = 700, 600


@pytest.fixture(autouse=True)
def _only_sparse(monkeypatch):
    """Send small problems down the road of large ones."""
    monkeypatch.setattr(simplex, "DENSE_PAIRS", 0)


def clouds(n=N, m=M, seed=0, d=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.random(n), rng.random(m)


def ctrl_c_at(*texts):
    """Return a `progress` that presses Ctrl-C at the first report that begins with each of the texts."""
    waiting_for = list(texts)

    def report(progress):
        if waiting_for and progress.text.startswith(waiting_for[0]):
            waiting_for.pop(0)
            signal.raise_signal(signal.SIGINT)

    return report


# --- resuming ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_rounds", [0, 1, 2])
def test_a_resumed_solve_goes_on_where_it_was_stopped(max_rounds):
    x, y, a, b = clouds()
    whole = otkit.wasserstein(x, y, a, b, method="simplex")
    with pytest.raises(otkit.NotConvergedError, match="iteration limit") as caught:
        otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(max_rounds=max_rounds))
    error = caught.value
    assert error.certificate.lower <= whole.value * (1 + 1e-12)
    assert error.certificate.upper >= whole.value * (1 - 1e-12)
    rest = otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(resume=error.state))
    assert rest.value == pytest.approx(whole.value, rel=1e-12)
    made = error.result.stats.iterations + rest.stats.iterations
    assert made <= 1.1 * whole.stats.iterations


def test_the_tree_comes_back_as_it_was():
    x, y, *_ = clouds(500, 500)  # equal weights: most arcs of the tree carry nothing
    stopped = otkit.wasserstein(
        x, y, method="simplex", options=SimplexOptions(max_rounds=1), on_failure="return"
    ).candidate
    state = stopped.state
    again = otkit.wasserstein(
        x, y, method="simplex", options=SimplexOptions(resume=state, max_rounds=0), on_failure="return"
    ).candidate
    assert again.stats.iterations == 0
    for one, other in ((stopped.basis, again.basis), ((stopped.rows, stopped.cols), (again.rows, again.cols))):
        assert set(zip(*one, strict=True)) == set(zip(*other, strict=True))


@pytest.mark.parametrize("coarse", ["256 × 256", "512 × 512"])
def test_a_solve_stopped_on_a_coarse_level_resumes_there(coarse):
    x, y, a, b = clouds(1100, 1000)
    whole = otkit.wasserstein(x, y, a, b, method="simplex")
    stopped = otkit.wasserstein(x, y, a, b, method="simplex", progress=ctrl_c_at(coarse), on_failure="return")
    state = stopped.candidate.state
    assert stopped.stats.status == "interrupted"
    assert state.level > 0
    assert f"stopped at {coarse}" in repr(state)
    rest = otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(resume=state))
    assert rest.certificate.optimal
    assert rest.value == pytest.approx(whole.value, rel=1e-12)
    assert rest.stats.iterations <= 1.1 * whole.stats.iterations


def test_a_given_matrix_resumes():
    costs = np.random.default_rng(5).random((400, 300))
    stopped = otkit.transport(costs, method="simplex", options=SimplexOptions(max_rounds=1), on_failure="return")
    state = pickle.loads(pickle.dumps(stopped.candidate.state))
    rest = otkit.transport(costs, method="simplex", options=SimplexOptions(resume=state))
    assert rest.value == pytest.approx(otkit.transport(costs, method="lp").value, rel=1e-12)


def test_the_state_survives_points_without_mass():
    x, y, a, b = clouds()
    a[::7], b[5:50] = 0.0, 0.0
    stopped = otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(max_rounds=1), on_failure="return")
    rest = otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(resume=stopped.candidate.state))
    assert rest.certificate.optimal
    a[0] = 1.0
    with pytest.raises(ValueError, match=r"points with mass are 601 × 555, but it is SimplexState\(600 × 555"):
        otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(resume=stopped.candidate.state))


def test_a_state_of_something_else_is_refused():
    x, y, a, b = clouds()
    with pytest.raises(TypeError, match="resume must be the state of a solve"):
        SimplexOptions(resume=(x, y))
    stopped = otkit.wasserstein(x, y, method="simplex", options=SimplexOptions(max_rounds=0), on_failure="return")
    other = otkit.wasserstein(x, y, a, b, method="simplex", options=SimplexOptions(resume=stopped.candidate.state))
    assert other.certificate.optimal  # other weights: the tree does not fit, and is mended
    finished = otkit.wasserstein(x, y, method="simplex")
    assert finished.candidate.state is None


# --- deadlines and Ctrl-C ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["simplex", "lp", "sinkhorn", "assignment"])
def test_no_time_at_all(method):
    x, y, *_ = clouds(200, 200)
    result = otkit.wasserstein(x, y, method=method, max_seconds=0.0, on_failure="return")
    best = otkit.wasserstein(x, y)
    assert result.stats.status == "time_limit"
    assert result.certificate.lower <= best.value * (1 + 1e-12)
    assert result.certificate.upper >= best.value * (1 - 1e-12)


@pytest.mark.parametrize("d", [2, 10])
def test_the_interval_of_a_stopped_solve_is_narrow(d):
    """Potentials of a tree on its way prove next to nothing; those that it started from, or that pricing mended, do."""
    x, y, a, b = clouds(d=d)
    value = otkit.wasserstein(x, y, a, b, method="simplex").value
    for text in ("256 × 256", "700 × 600: round 0", "700 × 600: round 1"):
        result = otkit.wasserstein(x, y, a, b, method="simplex", progress=ctrl_c_at(text), on_failure="return")
        assert result.stats.status == "interrupted"
        assert 0.9 * value <= result.certificate.lower <= value * (1 + 1e-12)
        assert value * (1 - 1e-12) <= result.certificate.upper <= 1.3 * value


@pytest.mark.parametrize(("method", "text"), [("simplex", "700 × 600"), ("lp", "700 × 600"), ("sinkhorn", "iteration")])
def test_ctrl_c_returns_the_interval_where_that_was_asked_for(method, text):
    x, y, a, b = clouds()
    before = signal.getsignal(signal.SIGINT)
    result = otkit.wasserstein(x, y, a, b, method=method, progress=ctrl_c_at(text), on_failure="return")
    assert result.stats.status == "interrupted"
    value = otkit.wasserstein(x, y, a, b).value
    assert result.certificate.lower <= value * (1 + 1e-12)
    assert result.certificate.upper >= value * (1 - 1e-12)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_raises_where_nothing_was_asked_for():
    x, y, a, b = clouds()
    with pytest.raises(KeyboardInterrupt):
        otkit.wasserstein(x, y, a, b, method="simplex", progress=ctrl_c_at("700 × 600"))


@pytest.mark.parametrize("texts", [("700", "700"), ("700", "proving"), ("proving", "proving")])
def test_a_second_ctrl_c_raises(texts):
    x, y, a, b = clouds()
    with pytest.raises(KeyboardInterrupt):
        otkit.wasserstein(x, y, a, b, method="simplex", progress=twice_at(*texts), on_failure="return")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def twice_at(*texts):
    """Like `ctrl_c_at`, but a text that comes twice is answered by two signals at once."""
    report = ctrl_c_at(*texts)

    def both(progress):
        for _ in texts:
            report(progress)

    return both


def test_a_handler_of_the_program_is_left_alone():
    x, y, a, b = clouds(300, 300)
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    try:
        result = otkit.wasserstein(x, y, a, b, method="simplex", progress=ctrl_c_at("300"), on_failure="return")
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [True]
    assert result.certificate.optimal


def test_sweeps_hear_the_deadline():
    cost = otkit.Euclidean().between(*clouds(3000, 3000)[:2])
    monitor = Monitor(max_seconds=0.0)
    with pytest.raises(Stopped), monitor.interrupting_sweeps():
        cost.slack_minima(np.zeros(3000), np.zeros(3000))
    cost.slack_minima(np.zeros(3000), np.zeros(3000))


def test_a_real_ctrl_c_from_outside():
    program = (
        "import numpy as np, otkit\n"
        "x, y = np.random.default_rng(0).normal(size=(2, 20_000, 2))\n"
        "report = lambda progress: print(progress.text, flush=True)\n"
        "result = otkit.wasserstein(x, y, on_failure='return', progress=report)\n"
        "print(result.stats.status, result.candidate.state.shape, result.certificate.gap < np.inf)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    began = time.perf_counter()
    out, _ = process.communicate(timeout=120)
    assert out.splitlines()[-1] == "interrupted (20000, 20000) True"
    assert time.perf_counter() - began < 60.0


# --- progress ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["simplex", "lp"])
def test_the_interval_closes_in_on_the_optimum(method):
    rng = np.random.default_rng(1)
    x, y, *_ = clouds()
    a = rng.integers(1, 9, N).astype(float)
    b = rng.multinomial(int(a.sum()) - M, np.full(M, 1 / M)) + 1.0
    seen = []
    result = otkit.transport(otkit.Euclidean().between(x, y), a, b, method=method, progress=seen.append)
    bounds = [report for report in seen if report.lower is not None]
    assert len(bounds) >= 2
    slack = 1e-6 * result.value if method == "lp" else 1e-12 * result.value  # HiGHS' own tolerance
    for before, after in pairwise(bounds):
        assert before.lower <= after.lower <= result.value + slack
        assert before.upper >= after.upper >= result.value - slack
    assert bounds[-1].upper - bounds[-1].lower <= 1e-6 * result.value
    assert bounds[-1].interval == f"{bounds[-1].lower:.9g} ≤ OPT ≤ {bounds[-1].upper:.9g}"
    assert any("violated pairs" in report.text for report in seen)
    assert seen[-1].text == "proving"


def test_progress_leaves_nothing_in_a_pipe(capfd):
    x, y, a, b = clouds(300, 300)
    otkit.wasserstein(x, y, a, b, method="simplex", progress=True)
    assert capfd.readouterr() == ("", "")
