"""Pictures to leaf through: an animation that stands still where one wants to look."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The slider shows one picture and hides the others; the button moves the slider, from the start again if it is at the
# end. Plain JavaScript in the page itself, so that it works without a network, unlike Matplotlib's `to_jshtml`, whose
# buttons are icons from elsewhere.
SLIDE = "this.parentElement.querySelectorAll('img').forEach((page, k) => page.hidden = k != this.value)"
PLAY = (
    "const slider = this.previousElementSibling, to = k => {slider.value = k; slider.oninput()};"
    "clearInterval(this.timer); if (slider.value == slider.max) to(0);"
    "const turn = () => slider.value == slider.max ? clearInterval(this.timer) : to(+slider.value + 1);"
    "this.timer = setInterval(turn, 900)"
)


class Flipbook:
    """Pictures of one kind, one shown at a time, in a notebook or a web page: turned by a slider or played.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> book = Flipbook()
    >>> for k in range(3):
    ...     figure, axes = plt.subplots()
    ...     _ = axes.plot([0, k])
    ...     book.add(figure, f"slope {k}")
    >>> book
    Flipbook of 3 pages
    """

    def __init__(self) -> None:
        self.pages: list[str] = []

    def add(self, figure: Figure, caption: str) -> None:
        """Add a picture as the last page and close it; its caption is read out to those who can't see it."""
        from matplotlib.pyplot import close

        picture = BytesIO()
        figure.savefig(picture, format="png", dpi=figure.dpi)
        close(figure)
        data = b64encode(picture.getvalue()).decode("ascii")
        hidden = " hidden" if self.pages else ""
        self.pages.append(f'<img src="data:image/png;base64,{data}" alt="{escape(caption)}"{hidden}>')

    def __repr__(self) -> str:
        return f"Flipbook of {len(self.pages)} pages"

    def _repr_html_(self) -> str:
        slider = (
            f'<input type="range" min="0" max="{len(self.pages) - 1}" value="0" aria-label="page" oninput="{SLIDE}">'
        )
        button = f'<button type="button" onclick="{PLAY}">Play</button>'
        return f"<div>{''.join(self.pages)}<br>{slider} {button}</div>"
