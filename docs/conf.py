"""How the documentation is built: `make docs`, or sphinx-build -n -W --keep-going -b html docs docs/_build/html."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

import otkit

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))

project = "otkit"
author = "the otkit developers"
copyright = "2026, " + author
release = version = otkit.__version__

extensions = [
    "myst_nb",  # pages in Markdown, and the notebooks, run as they are built
    "numpydoc",  # reads the docstrings
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",  # a page for each public name
    "sphinxcontrib.bibtex",
    "mathml",  # docs/_extensions
]
exclude_patterns = ["_build"]

# Markdown. Formulas stand between dollars; every heading of a page can be linked to.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# Notebooks are stored without output, so they run at every build, each in an empty folder of its own: what a notebook
# needs must come with the package. One that fails stops the build.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 300  # seconds for a cell, several times what the longest takes
nb_execution_raise_on_error = True
nb_merge_streams = True  # what a cell prints is one block, however it was flushed

# Docstrings. Their Parameters sections give the types, so signatures leave annotations out. Names in backticks become
# links where they are public; those of other libraries don't, since a build without network knows no pages of theirs.
default_role = "autolink"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
# Left out is what classes get from Python, PyTorch and scikit-learn.
FOREIGN = "tuple, BaseException, Protocol, Module, BaseEstimator, TransformerMixin, OneToOneFeatureMixin"
FOREIGN += ", ClassNamePrefixFeaturesOutMixin, _SetOutputMixin, _MetadataRequester"
autodoc_default_options = {"inherited-members": FOREIGN}
numpydoc_show_class_members = False  # autodoc lists them, from the class template
numpydoc_attributes_as_param_list = True
nitpick_ignore_regex = [
    ("py:obj", r"(fractions|jax|numpy|scipy|sklearn)\..*"),
    ("py:obj", "certificate|results|saturates"),  # fields of results and models, which share the name of a module
]

highlight_options = {"python": {"stripnl": True}}  # doctests in Markdown end with an empty line

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

html_theme = "furo"
html_title = "otkit"
html_theme_options = {  # the blue of the pictures, lighter on black
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0072B2"},
    "dark_css_variables": {"color-brand-primary": "#56B4E9", "color-brand-content": "#56B4E9"},
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"  # needs no script and no network
html_copy_source = False
html_show_sphinx = False
templates_path = ["_templates"]


class AbsoluteValues(SphinxTransform):
    """Leave |x − y| in docstrings as it is; reST takes it for a substitution, of which there are none here."""

    default_priority = 210  # before substitutions are made

    def apply(self) -> None:
        """Put text in the place of each."""
        for node in list(self.document.findall(nodes.substitution_reference)):
            node.replace_self(nodes.Text(node.rawsource))


def copy_notebooks(app: Sphinx, config: object) -> None:
    """Copy notebooks/*.ipynb into docs/tutorials, where Sphinx finds them; git ignores the copies."""
    shutil.rmtree(DOCS / "tutorials", ignore_errors=True)
    shutil.copytree(DOCS.parent / "notebooks", DOCS / "tutorials", ignore=shutil.ignore_patterns(".*"))


def describe_commands(app: Sphinx, config: object) -> None:
    """Write what each command says of itself, for reference/command-line.md to include."""
    command = [sys.executable, "-m", "typer", "otkit.cli", "utils", "docs", "--name", "otkit"]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    generated = DOCS / "reference" / "generated"
    shutil.rmtree(generated, ignore_errors=True)  # with the pages of names that are no more
    generated.mkdir()
    (generated / "commands.txt").write_text(text[text.index("## ") :], encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Make those pages before Sphinx looks for pages."""
    app.add_transform(AbsoluteValues)
    app.connect("config-inited", copy_notebooks)
    app.connect("config-inited", describe_commands)
