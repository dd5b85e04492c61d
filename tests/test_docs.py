"""The documentation is complete and holds together: public names have their places, pages and links their targets."""

from __future__ import annotations

import dataclasses
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import otkit
from otkit import costs, datasets, neural, teaching
from otkit.teaching import lessons

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BUILT = ("_build", "tutorials", "reference/generated")  # what make docs writes

PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if not any(page.relative_to(DOCS).as_posix().startswith(f"{folder}/") for folder in BUILT)
]
TEXTS = [*PAGES, *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md"))]


def names_of(page: Path) -> list[str]:
    """Return the names that a page of the reference lists, and the constants that it describes itself."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. autosummary::\n(?: +:.*\n)*\n((?: +otkit\..*\n)+)", text)
    constants = re.findall(r"\.\. py:data:: (otkit\..+)\n\n +\w", text)
    return [line.strip() for block in blocks for line in block.splitlines()] + constants


def found(name: str) -> object:
    """Return what a full name stands for."""
    value: object = otkit
    for part in name.split(".")[1:]:
        value = getattr(value, part)
    return value


# --- the reference ----------------------------------------------------------------------------------------------------


def documented() -> list[str]:
    return [name for page in PAGES if page.parent.name == "reference" for name in names_of(page)]


def that_can_be_had(names: list[str]) -> list[str]:
    """Return the names of what needs no extra that is not installed."""
    absent = tuple(f"otkit.{extra}." for extra in ("sklearn", "torch") if find_spec(extra) is None)
    return [name for name in names if not name.startswith(absent)]


def test_every_public_name_is_in_the_reference():
    rooms = {
        "otkit": set(otkit.__all__) - {"__version__", "datasets", "neural", "sklearn", "teaching", "torch"},
        "otkit.costs": set(costs.__all__) - set(otkit.__all__),
        "otkit.datasets": set(datasets.__all__),
        "otkit.neural": set(neural.__all__),
        "otkit.sklearn": set(otkit.sklearn.__all__),
        "otkit.torch": set(otkit.torch.__all__),
        "otkit.teaching": set(teaching.__all__) - {"lessons"},
        "otkit.teaching.lessons": set(lessons.__all__),
    }
    public = {f"{room}.{name}" for room, names in rooms.items() for name in names}
    assert sorted(public - set(documented())) == []


def test_every_name_of_the_reference_is_there_once():
    pytest.importorskip("jax")
    names = documented()
    assert len(names) == len(set(names))
    for name in that_can_be_had(names):
        assert (found(name).__doc__ or "").strip(), name


def test_every_field_of_a_result_is_described():
    """Autodoc shows methods and properties; fields stand in the docstring, under Attributes or between backticks."""
    pytest.importorskip("jax")
    for name in that_can_be_had(documented()):
        value = found(name)
        if isinstance(value, type):
            fields = [field.name for field in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else ()
            text = "\n".join(base.__doc__ or "" for base in value.__mro__ if base.__module__.startswith("otkit"))
            for field in fields or getattr(value, "_fields", ()):
                told = re.search(rf"`{field}`|^ +(\w+, )*{field}(, \w+)*( :|$)", text, re.MULTILINE)
                assert field.startswith("_") or told, (name, field)


# --- pages and links --------------------------------------------------------------------------------------------------


def toctree(page: Path) -> set[Path]:
    """Return the pages that a page lists as its children."""
    entries = re.findall(r"```\{toctree\}\n((?:.+\n|\n)*?)```", page.read_text(encoding="utf-8"))
    lines = [line.strip() for block in entries for line in block.splitlines() if line.strip() and line[0] != ":"]
    return {(page.parent / f"{line}.md").resolve() for line in lines if "*" not in line}


def test_every_page_is_in_one_toctree():
    listed = [child for page in PAGES for child in toctree(page)]
    assert sorted(listed) == sorted(page for page in PAGES if page != DOCS / "index.md")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures, those in code left out."""
    text = re.sub(r"^```.*?^```|`[^`\n]+`", "`", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^()\s]+)\)", text)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in links(page):
        if "://" in link:
            assert re.fullmatch(r"https?://[\w.-]+\.\w+(/\S*)?", link), link
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_links_are_looked_at():
    assert sum(len(links(page)) for page in TEXTS) > 50
    assert any("#" in link for page in TEXTS for link in links(page))


# --- what the pages say -----------------------------------------------------------------------------------------------


def test_equivalents_give_the_same_numbers():
    """Both columns of the tables for those who come from POT and SciPy."""
    pytest.importorskip("ot")
    text = (DOCS / "how-to" / "from-pot-and-scipy.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec("\n".join(re.findall(r"^>>> (.+)$", text, flags=re.MULTILINE)), names)
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", text, flags=re.MULTILINE)
    assert len(rows) > 20
    for theirs, ours in rows:
        np.testing.assert_allclose(eval(ours, names), eval(theirs, names), rtol=1e-7, atol=1e-12, err_msg=ours)


@pytest.mark.parametrize("page", [DOCS / "reference" / "plots.md", DOCS / "getting-started.md"], ids=str)
def test_pictures_are_said_as_they_were_drawn(page):
    image = pytest.importorskip("PIL.Image")
    shown = re.findall(r"!\[(.*)\]\((.*/plot_.*\.png)\)", page.read_text(encoding="utf-8"))
    assert shown
    for said, place in shown:
        with image.open(page.parent / place) as picture:
            assert picture.info["Description"] == said
