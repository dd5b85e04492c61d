"""A flipbook is one piece of HTML that holds its pictures and needs nothing from elsewhere."""

from __future__ import annotations

from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import matplotlib.pyplot as plt
import pytest
from matplotlib.image import imread

from otkit.teaching import Flipbook


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


@pytest.fixture
def book():
    pages = Flipbook()
    for k, caption in enumerate(("first", 'x < y & "so on"', "last")):
        figure = plt.figure(figsize=(1 + k, 1), dpi=50, layout="none")
        pages.add(figure, caption)
        assert not plt.fignum_exists(figure.number)
    return pages


def test_pages_are_kept_in_order_with_their_captions_and_only_the_first_is_seen(book):
    pages = Tags(book._repr_html_()).named("img")
    assert [page["alt"] for page in pages] == ["first", 'x < y & "so on"', "last"]
    assert ["hidden" in page for page in pages] == [False, True, True]
    for k, page in enumerate(pages):
        kind, _, data = page["src"].partition(",")
        assert kind == "data:image/png;base64"
        assert imread(BytesIO(b64decode(data)), format="png").shape[:2] == (50, 50 * (1 + k))


def test_the_slider_has_a_place_for_each_page(book):
    (slider,) = Tags(book._repr_html_()).named("input")
    assert (slider["type"], slider["min"], slider["max"], slider["value"]) == ("range", "0", "2", "0")


def test_nothing_comes_from_elsewhere(book):
    page = Tags(book._repr_html_())
    assert {tag for tag, _ in page.found} == {"div", "img", "br", "input", "button"}
    assert "//" not in "".join(str(value) for tag, values in page.found for value in values.values() if tag != "img")
