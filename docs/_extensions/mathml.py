"""Formulas as MathML, which browsers draw themselves: no script to load, from elsewhere or at all.

The converter is that of docutils. It knows most of amsmath; what it does not know is a warning, hence an error of the
build.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


# What browsers would set otherwise than LaTeX does, or the converter misreads.
BEFORE = [(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}")]
AFTER = [
    ("<mo>([⟨⟩‖|])</mo>", r'<mo stretchy="false">\1</mo>'),  # brackets grow after \left and \right alone
    ('<mo class="mathopen">', '<mo form="prefix" stretchy="false">'),
    ('<mi class="capital-greek">', '<mi mathvariant="normal">'),
    ("<mo>'</mo>", "<mo>′</mo>"),
    # A thin space on both sides of log and its like, but for brackets.
    (r"(<mo>&ApplyFunction;</mo>)(?!\s*<mo stretchy=\"false\">\()", r'\1<mspace width="0.17em"/>'),
    (r"(</m(?:[in]|sub|sup|frac)>\s*)(<mi[^>]*>\w+</mi>\s*<mo>&ApplyFunction;)", r'\1<mspace width="0.17em"/>\2'),
]


def mathml(node: nodes.Element, as_block: bool) -> str:
    """Return the formula of `node` as a <math> element."""
    try:
        return replaced(latex2mathml.tex2mathml(replaced(node.astext(), BEFORE), as_block=as_block), AFTER)
    except Exception as error:  # what it does not know may raise anything, and a parallel build would lose the page
        logger.warning("formula %r: %s", node.astext(), error, location=node)
        return ""


def replaced(text: str, table: list[tuple[str, str]]) -> str:
    """Return the text with each pattern replaced."""
    for pattern, replacement in table:
        text = re.sub(pattern, replacement, text)
    return text


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Draw a formula in the text."""
    self.body.append(mathml(node, as_block=False))
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Draw a formula on a line of its own, which may be scrolled where it is wider than the screen."""
    self.body.append(f'<div class="formula">{mathml(node, as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make it known to Sphinx, for html_math_renderer = "mathml"."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
