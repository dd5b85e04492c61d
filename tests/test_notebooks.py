"""How the notebooks are stored, and that what they name exists. Building the documentation runs them."""

from __future__ import annotations

import ast
import json
import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
SOLUTION = {  # folded, in Jupyter and on the site
    "jupyter": {"source_hidden": True},
    "mystnb": {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"},
    "tags": ["hide-cell"],
}


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def cells(notebook, kind):
    """Return the cells of a kind."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def nodes(notebook, *kinds):
    """Return the nodes of some kinds in the syntax trees of all code: no cell may hold a magic, which is no Python."""
    trees = [ast.parse(source(cell)) for cell in cells(notebook, "code")]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)]


def test_names_are_numbered():
    assert [path.stem[0] for path in PATHS] == list("123456789")
    assert all(re.fullmatch(r"[1-9](-[a-z]+)+", path.stem) for path in PATHS)


def test_stored_without_output(notebook):
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    for cell in cells(notebook, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_cells_have_names_of_their_own(notebook):
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)
    assert all(source(cell).strip() for cell in notebook["cells"])


def test_it_begins_with_its_only_title(notebook):
    assert re.match(r"# \w", source(cells(notebook, "markdown")[0]))
    assert notebook["cells"][0]["cell_type"] == "markdown"
    titles = [line for cell in cells(notebook, "markdown") for line in source(cell).splitlines() if line[:2] == "# "]
    assert len(titles) == 1


def test_exercises_have_a_folded_solution_each_which_shows_a_right_and_a_wrong_answer(notebook):
    exercises = [
        node.targets[0].id
        for node in nodes(notebook, ast.Assign)
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "Exercise"
    ]
    assert 2 <= len(exercises) <= 3
    assert [
        ast.unparse(call.func) for call in nodes(notebook, ast.Call) if ast.unparse(call.args) == "..."
    ] == exercises
    solutions = [source(cell) for cell in cells(notebook, "code") if cell["metadata"] == SOLUTION]
    for name, solution in zip(exercises, solutions, strict=True):
        assert f"assert {name}(" in solution
        assert f"assert not {name}(" in solution


def test_all_that_it_names_of_otkit_exists(notebook):
    for node in nodes(notebook, ast.ImportFrom):
        if node.module.partition(".")[0] == "otkit":
            assert all(hasattr(import_module(node.module), alias.name) for alias in node.names), ast.unparse(node)
    for node in nodes(notebook, ast.Attribute):
        head, *names = ast.unparse(node).split(".")
        if head == "otkit" and all(name.isidentifier() for name in names):
            reduce(getattr, names, import_module("otkit"))


def test_code_reaches_for_no_network_and_no_place_of_one_machine(notebook):
    for node in nodes(notebook, ast.Constant):
        if isinstance(node.value, str):
            assert "://" not in node.value
            assert not re.match(r"[/~]\w|[A-Za-z]:\\", node.value)


def test_links_between_notebooks_lead_somewhere(notebook):
    for cell in cells(notebook, "markdown"):
        for target in re.findall(r"\]\(([^):#]+)\)", source(cell)):
            assert (FOLDER / target).exists(), target
