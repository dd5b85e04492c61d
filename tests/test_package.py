"""The package as a whole: what importing it costs, and whether its public face is complete."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import otkit

HEAVY = ["scipy.optimize", "scipy.stats", "scipy.sparse", "matplotlib", "typer", "rich"]
HEAVY += ["pandas", "polars", "pyarrow", "joblib"]
PUBLIC = sorted(set(otkit.__all__) - {"__version__", "datasets"})


def test_import_loads_nothing_that_is_used_later():
    code = f"import sys, otkit; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_public_name_is_there():
    for name in otkit.__all__:
        assert getattr(otkit, name) is not None
    assert set(otkit.__all__) <= set(dir(otkit))
    with pytest.raises(AttributeError, match="no_such_name"):
        otkit.no_such_name  # noqa: B018 (the attribute access is what is tested)


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
