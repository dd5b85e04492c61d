"""The page of a drift report in Chromium: whole by itself, and readable at two widths, light and dark."""

from __future__ import annotations

import pytest
from test_drift import tables
from test_page_browser import browser  # noqa: F401 (a fixture)

import otkit


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_of_a_report(browser, tmp_path, width, scheme):  # noqa: F811
    path = tmp_path / "report.html"
    otkit.drift(*tables(), joint=(), rng=0).to_html(path)
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert not said
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg").count() == 3 * 2 + 3
    assert page.locator("svg").evaluate_all(
        "all => all.every(each => each.getBoundingClientRect().right <= innerWidth)"
    )
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert page.get_by_role("columnheader", name="kind").is_visible() == (width > 960)
    context.close()
