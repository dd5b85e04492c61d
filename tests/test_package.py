"""The package as a whole: what importing it costs, and whether its public face is complete."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import pickle
import re
import subprocess
import sys
import traceback
from functools import reduce
from pathlib import Path

import pytest

import otkit

HEAVY = ["scipy.optimize", "scipy.stats", "scipy.sparse", "matplotlib", "typer", "rich", "pandas", "polars", "pyarrow"]
HEAVY += ["joblib", "jax", "equinox", "optax"]  # extras
PUBLIC = sorted(set(otkit.__all__) - {"__version__", "datasets"})


def test_import_loads_nothing_that_is_used_later():
    code = f"import sys, otkit; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_neural_names_load_jax_when_they_are_used_and_say_what_to_install():
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "jax":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import otkit
bounds = otkit.neural.critic_bounds(lambda z: -z[:, 0], [0.0, 1.0], [3.0, 5.0])  # needs NumPy alone
print(bounds.raw)
for name in ("fit_critic", "crosscheck", "fit_variational", "wasserstein_loss"):
    try:
        getattr(otkit.neural, name)
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    needed = 'otkit.neural needs JAX, Equinox and Optax, but jax is not installed: pip install ".[neural]".'
    first, *others = done.stdout.splitlines()
    assert first == "3.5"
    # without Equinox, too, as in a plain installation, it is the one that is looked for first
    assert [line.replace("equinox", "jax") for line in others] == [needed] * 4


def test_all_is_computed_without_pictures_and_command_and_these_say_what_to_install():
    """Matplotlib, Typer and Rich may be left out, as `pip install --no-deps` does."""
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("matplotlib", "typer", "rich"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import numpy as np, otkit, otkit.solvers.waiting
x, y = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
result = otkit.wasserstein(x, y)
for method in ("lp", "simplex", "assignment", "sinkhorn"):
    assert abs(otkit.wasserstein(x, y, method=method).distance / result.distance - 1.0) < 0.1
assert otkit.verify_duality(result.problem) and "proof" in str(result)
assert otkit.pairwise([x, y])[0, 1] == result.distance
assert otkit.two_sample_test(x, y, permutations=9).pvalue and otkit.kl([1, 2], [2, 1]) and otkit.energy_distance(x, y)
print("computed")
otkit.solvers.waiting._in_notebook = lambda: True  # somebody looks
for call in (
    lambda: otkit.plot_plan(result),
    lambda: otkit.plot_dendrogram(otkit.pairwise([x, y, x + 1.0])),
    lambda: otkit.wasserstein(x, y, progress=True),
    lambda: __import__("otkit.cli"),
):
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    picture = "Pictures need Matplotlib, but matplotlib is not installed: pip install matplotlib."
    assert done.stdout.splitlines() == [
        "computed",
        picture,
        picture,
        "progress=True needs Rich (a function of your own does not), but rich is not installed: pip install rich.",
        "The command otkit needs Typer and Rich, but rich is not installed: pip install typer rich.",
    ]


def test_every_public_name_is_there():
    for name in otkit.__all__:
        assert getattr(otkit, name) is not None
    assert set(otkit.__all__) <= set(dir(otkit))
    with pytest.raises(AttributeError, match="no_such_name"):
        otkit.no_such_name  # noqa: B018 (the attribute access is what is tested)


def test_no_public_name_is_a_module_s_too():
    """Python puts a module into its package under its name once it is imported, in the place of a function."""
    modules = {path.stem for path in Path(otkit.__file__).parent.iterdir()}
    assert modules & set(PUBLIC) == {"neural", "sklearn", "teaching", "torch"}


@pytest.mark.parametrize("name", sorted(otkit._CALLED_HERE))
def test_names_of_other_libraries_lead_to_ours(name):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'. Here it is otkit") as caught:
        getattr(otkit, name)
    for path in re.findall(r"otkit\.([\w.]+)", str(caught.value).partition("Here it is ")[2]):
        if path.startswith("neural."):
            pytest.importorskip("equinox")  # an extra, which the wheel is tested without
        if path.startswith("torch."):
            pytest.importorskip("torch")
        assert reduce(getattr, path.rstrip(".").split("."), otkit)


def test_names_that_are_nearly_right_are_suggested():
    with pytest.raises(AttributeError, match=r"Did you mean otkit\.wasserstein\?"):
        otkit.waserstein  # noqa: B018 (the attribute access is what is tested)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.endswith("Error")])
def test_public_errors_print_as_users_find_them(name):
    """Their own name, not that of the file they are written in; and that name leads back to them, as pickle needs."""
    error = getattr(otkit, name)
    assert traceback.format_exception_only(error, error.__new__(error))[0].startswith(f"otkit.{name}")
    assert pickle.loads(pickle.dumps(error)) is error


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_with_an_example(name):
    value = getattr(otkit, name)
    words = inspect.getdoc(value) or ""
    assert len(words.split()) >= 4
    if inspect.isfunction(value):
        assert ">>>" in words
        for parameter in inspect.signature(value).parameters.values():
            assert parameter.kind is not parameter.VAR_KEYWORD
            assert parameter.annotation is not parameter.empty, parameter
            assert parameter.name in words, parameter


def test_versions_agree():
    assert otkit.__version__ == importlib.metadata.version("otkit")
    changelog = Path(__file__).parent.parent / "CHANGELOG.md"
    assert f"## [{otkit.__version__}]" in changelog.read_text(encoding="utf-8")


def test_the_map_and_the_type_marker_are_installed():
    folder = Path(otkit.__file__).parent
    assert (folder / "py.typed").is_file()
    assert otkit.datasets.manhattan().supply.sum() == 441.0


def test_the_wheel_is_what_is_tested():
    # `make wheel` sets the variable; elsewhere the checkout is what is meant.
    installed = "site-packages" in Path(otkit.__file__).parts
    assert installed == bool(os.environ.get("OTKIT_TEST_WHEEL"))
