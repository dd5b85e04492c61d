"""Formulas as MathML, which browsers draw themselves: no script to load, from elsewhere or at all.

The converter is that of docutils. It knows most of amsmath; what it does not know is a warning, hence an error of the
build.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


def mathml(node: nodes.Element, as_block: bool) -> str:
    """Return the formula of `node` as a <math> element."""
    tex = re.sub(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}", node.astext())  # the converter would read \frac{12}{…}
    try:
        text = latex2mathml.tex2mathml(tex, as_block=as_block)
    except MathError as error:
        logger.warning("formula %r: %s", node.astext(), error, location=node)
        return ""
    # As in LaTeX: brackets grow after \left and \right alone, and Γ stands upright.
    text = re.sub("<mo>([⟨⟩‖|])</mo>", r'<mo stretchy="false">\1</mo>', text)
    return text.replace('<mi class="capital-greek">', '<mi mathvariant="normal">')


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
