"""The bakery page in Chromium, driven as a reader would use it; what it shows is what otkit computes."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from page_server import serving

import otkit
from otkit.datasets import bakery
from otkit.page.answers import answer
from otkit.page.town import read_town

BREAD = bakery()
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
REDRAW = 0.5  # seconds that a change may take until it is drawn


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium with a profile of its own."""
    reason = "needs Playwright and an installed Chromium"
    required = os.environ.get("OTKIT_REQUIRE_BROWSER") == "1"  # on the build server they may not be skipped
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        sync_playwright = None
    if CHROMIUM is None or sync_playwright is None:
        (pytest.fail if required else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def url():
    with serving() as (address, _):
        yield address


@pytest.fixture
def open_page(browser, url):
    """Open the page in a window of some size; at the end nothing may have gone wrong or abroad.

    A test that asks for what the server refuses says how often.
    """
    contexts, faults, refusals = [], [], []

    def watch(page):
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request", lambda request: None if request.url.startswith((url, "data:")) else faults.append(request.url)
        )

    def start(width=1280, height=900, *, refused=0, **options):
        refusals.extend(["Failed to load resource: the server responded with a status of 400 (Bad Request)"] * refused)
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(url)
        return Reader(page)

    yield start
    for context in contexts:
        context.close()
    assert faults == refusals


class Reader:
    """What a reader does and sees."""

    def __init__(self, page):
        self.page = page
        self.settle()

    def settle(self):
        """Wait until the last change is drawn."""
        self.page.wait_for_selector("main[aria-busy=false]")

    def choose(self, value):
        self.page.locator(f"#choices input[value={value}]").check(force=True)
        self.settle()

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def fill(self, label, value):
        self.page.get_by_label(label, exact=True).fill(str(value))
        self.settle()

    def text(self, selector):
        return self.page.locator(selector).inner_text().replace("\N{MINUS SIGN}", "-")

    def texts(self, selector):
        return [text.replace("\N{MINUS SIGN}", "-") for text in self.page.locator(selector).all_text_contents()]

    def marker(self, name):
        return self.page.locator(".marker").filter(has=self.page.get_by_text(name, exact=True))

    def town(self):
        """The town as the browser keeps it."""
        return self.page.evaluate("JSON.parse(localStorage.getItem('otkit-bakery'))")

    def redraws(self):
        """Seconds from each change until it was drawn."""
        entries = self.page.evaluate("performance.getEntriesByName('redraw').map((entry) => entry.duration)")
        return np.array(entries) / 1e3

    def plan_in_the_table(self):
        cells = [text.removeprefix("×") or "0" for text in self.texts("#roads .used-by")]
        return np.array(cells, dtype=float)

    def assert_shows(self, result, unit):
        """Cost, plan, prices and bounds are those of a result of the library."""
        assert self.text("#cost") == f"{rounded(result.value)} {unit}"
        plan = result.plan.toarray()
        assert self.plan_in_the_table() == pytest.approx(plan.ravel(), abs=0.005)
        assert self.page.locator("#map .best path").count() == np.count_nonzero(plan)
        f, g = result.potentials
        prices = [rounded(price) for price in [*(f - f.min()), *(g + f.min())]]
        assert self.texts("#roads td.price") == prices
        facts = self.texts("#proof dd")
        assert [float(bound) for bound in facts[:2]] == [result.certificate.lower, result.certificate.upper]
        assert facts[3] == result.certificate.proof


def rounded(value):
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".").replace("-0", "0" if round(value, 2) == 0 else "-0")


def best_of(town):
    found = read_town(town)
    return otkit.transport(found.cost, found.supply, found.demand)


def test_a_change_of_loaves_changes_cost_and_plan_to_those_of_the_library(open_page):
    reader = open_page()
    reader.assert_shows(otkit.transport(BREAD.cost, BREAD.supply, BREAD.demand), "loaves × minutes")
    assert "Σ f a + Σ g b = 822 + 248 = 1070" in reader.text("#proof")
    supply, demand = BREAD.supply.copy(), BREAD.demand.copy()
    supply[2] += 10
    demand[0] += 10
    reader.fill("Loaves of x3", supply[2])
    reader.fill("Loaves of y1", demand[0])
    expected = otkit.transport(BREAD.cost, supply, demand)
    assert expected.value != 1070
    reader.assert_shows(expected, "loaves × minutes")
    reader.press("Undo")
    assert reader.text("#answer-title") == "No plan exists"
    reader.press("Undo")
    assert reader.text("#cost") == "1070 loaves × minutes"
    assert reader.redraws().max() < REDRAW


def test_unequal_loaves_are_answered_by_a_farkas_certificate(open_page):
    reader = open_page()
    reader.fill("Loaves of x1", 30)
    assert reader.text("#cost") == "106 ≠ 100 loaves"
    proof = reader.text("#proof")
    assert "The bakeries bake 6 more than the cafés take." in proof
    assert "y = (1, 1, 1, 1, 1, 1; -1, -1, -1, -1, -1, -1)" in proof
    assert "bᵀy = 106 - 100 = 6 > 0" in proof
    reader.fill("Loaves of x1", 20)
    proof = reader.text("#proof")
    assert "The cafés order 4 more than is baked." in proof
    assert "y = (-1, -1, -1, -1, -1, -1; 1, 1, 1, 1, 1, 1)" in proof
    assert reader.page.locator("#map .best path").count() == 0
    reader.press("Scale the orders of the cafés to 96")
    reader.assert_shows(best_of(reader.town()), "loaves × minutes")
    assert reader.town()["cafes"][0]["loaves"] == pytest.approx(3 * 0.96)


def test_a_bakery_is_dragged_and_the_costs_follow(open_page):
    reader = open_page()
    reader.choose("manhattan")
    before = reader.town()
    reader.assert_shows(best_of(before), "loaves × pixels")
    box = reader.marker("x8").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = reader.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 150, y - 60, steps=12)
    mouse.up()
    reader.settle()
    after = reader.town()
    assert after["bakeries"][7]["x"] > before["bakeries"][7]["x"] + 100
    assert after["bakeries"][7]["y"] < before["bakeries"][7]["y"] - 40
    assert after["bakeries"][:7] == before["bakeries"][:7]
    expected = best_of(after)
    assert expected.value != best_of(before).value
    reader.assert_shows(expected, "loaves × pixels")
    redraws = reader.redraws()
    print(f"{redraws.size} redraws: median {1e3 * np.median(redraws):.0f} ms, slowest {1e3 * redraws.max():.0f} ms")
    assert redraws.max() < REDRAW
    reader.press("Undo")  # the drag as a whole
    assert reader.town() == before


def test_places_are_moved_fed_and_removed_by_keyboard(open_page):
    reader = open_page()
    reader.choose("manhattan")
    before = reader.town()
    reader.marker("y2").focus()
    keyboard = reader.page.keyboard
    for key in ("ArrowLeft", "Shift+ArrowDown", "ArrowDown"):
        keyboard.press(key)
    reader.settle()
    after = reader.town()
    moved = [after["cafes"][1][axis] - before["cafes"][1][axis] for axis in "xy"]
    assert -8 < moved[0] < -2
    assert 20 < moved[1] < 50
    reader.assert_shows(best_of(after), "loaves × pixels")
    for key in ("+", "+", "-"):
        keyboard.press(key)
    reader.settle()
    assert reader.town()["cafes"][1]["loaves"] == 89
    assert reader.text("#cost") == "441 ≠ 442 loaves"
    keyboard.press("Delete")
    reader.settle()
    assert len(reader.town()["cafes"]) == 4
    assert reader.page.locator(".marker.cafes").count() == 4
    reader.press("Add café")
    reader.fill("Loaves of y5", 88)
    reader.assert_shows(best_of(reader.town()), "loaves × pixels")


def test_every_place_is_reached_by_the_tab_key_and_says_what_it_is(open_page):
    reader = open_page()
    reader.page.locator("#add-cafes").focus()
    seen = []
    for _ in range(12):
        reader.page.keyboard.press("Tab")
        seen.append(reader.page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert seen[0] == "Bakery x1, 24 loaves, price 13"
    assert seen[11] == "Café y6, 14 loaves, price 14"


def test_monge_is_64_and_the_printed_65_loses_1(open_page):
    reader = open_page()
    reader.choose("monge")
    reader.assert_shows(otkit.transport(BREAD.cost), "minutes")
    assert reader.text("#cost") == "64 minutes"
    reader.press("what the notes print")
    assert reader.text("#own-cost") == "65 minutes"
    assert "loses 1 against the best plan (64)" in reader.text("#own-loss")
    assert reader.texts(".account tbody tr > *") == ["x2 → y2", "1", "7 - 1 - 5 = 1", "1"]
    assert reader.page.locator("#map .own path.dearer").count() == 1
    for choice in ("x2 serves y6", "x3 serves y2"):
        reader.page.get_by_label(choice, exact=True).check()
        reader.settle()
    assert "Yours is a best plan" in reader.text("#own")
    reader.choose("manhattan")
    reader.choose("monge")
    assert "8 bakeries and 5 cafés" in reader.text("#proof")


def test_a_plan_of_ones_own_is_checked_and_its_loss_proved(open_page):
    reader = open_page()
    reader.press("nothing")
    assert reader.text("#own-cost") == "0 loaves × minutes"
    assert "x1 ships 24 too few" in reader.text("#own")
    reader.press("the north-west corner")
    expected = answer(read_town(reader.town()))["own"]
    assert reader.text("#own-cost") == f"{rounded(expected['value'])} loaves × minutes" == "1989 loaves × minutes"
    assert "loses 919" in reader.text("#own-loss")
    assert sum(map(float, reader.texts(".account tbody td:last-child"))) == 919
    assert reader.text(".account tfoot td") == "919"
    reader.fill("Loaves from x1 to y1", 1)
    assert "x1 ships 2 too few" in reader.text("#own")
    assert "y1 gets 2 too few" in reader.text("#own")
    reader.press("the best plan")
    assert "Yours is a best plan" in reader.text("#own")
    reader.page.get_by_label("Hide the best plan and its prices").check()
    assert not reader.page.locator("#cost").is_visible()
    assert not reader.page.locator("#map .pin").first.is_visible()
    reader.press("Close")
    assert reader.text("#cost") == "1070 loaves × minutes"


def test_an_edited_distance_makes_the_table_hold(open_page):
    reader = open_page()
    reader.choose("manhattan")
    before = reader.town()
    reader.fill("Cost from x1 to y1", 3.5)
    after = reader.town()
    assert after["costs"] == "table"
    assert reader.page.locator("#choices input[value=table]").is_checked()
    assert "do not follow the map any longer" in reader.text("#roads-help")
    table = read_town(before).cost.dense()
    table[0, 0] = 3.5
    assert after["table"] == table.tolist()
    reader.assert_shows(otkit.transport(table, *read_town(before).loaves), "loaves × pixels")
    reader.choose("distance")
    reader.assert_shows(best_of(before), "loaves × pixels")


def test_what_is_no_number_of_loaves_changes_nothing_and_what_is_no_town_is_told(open_page):
    reader = open_page(refused=1)
    field = reader.page.get_by_label("Loaves of x1", exact=True)
    for nonsense in ("-3", ""):
        field.fill(nonsense)
        assert field.get_attribute("aria-invalid") is not None
    field.blur()
    assert field.input_value() == "24"
    assert reader.text("#cost") == "1070 loaves × minutes"
    reader.choose("free")
    for k in range(1, 4):
        reader.fill(f"Loaves of y{k}", 0)
    assert "demand must have a positive entry" in reader.text("#notice")
    reader.press("Reset")
    assert not reader.page.locator("#notice").is_visible()


def test_the_town_is_there_again_after_a_reload(open_page):
    reader = open_page(refused=1)
    reader.choose("free")
    reader.fill("Loaves of x1", 21)
    reader.page.reload()
    reader.settle()
    assert reader.town()["bakeries"][0]["loaves"] == 21
    assert reader.text("#cost") == "61 ≠ 60 loaves"
    reader.page.evaluate("localStorage.setItem('otkit-bakery', '{\"example\": \"free\"}')")  # as of some other version
    reader.page.reload()
    reader.settle()
    assert reader.text("#cost") == "1070 loaves × minutes"


@pytest.mark.parametrize("example", ["notes", "manhattan", "free"])
def test_a_phone_is_wide_enough(open_page, example):
    reader = open_page(360, 740, has_touch=True)
    reader.choose(example)
    reader.press("the north-west corner")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360
    too_wide = reader.page.evaluate(
        """() => [...document.querySelectorAll("main *")]
            .filter((element) => !element.closest(".scroll, .box") && element.getBoundingClientRect().right > 360.5)
            .map((element) => element.outerHTML)"""
    )
    assert too_wide == []
    reader.page.set_viewport_size({"width": 320, "height": 600})
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_finger_on_a_place_moves_it_and_not_the_page(open_page):
    reader = open_page(360, 740, has_touch=True, is_mobile=True)
    place = reader.marker("x1")
    place.scroll_into_view_if_needed()
    box, before, top = place.bounding_box(), reader.town()["bakeries"], reader.page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = reader.page.context.new_cdp_session(reader.page)
    for kind, step in [("touchStart", 0), *(("touchMove", k) for k in range(1, 11))]:
        touch = {"x": x + 5 * step, "y": y + 8 * step}
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    reader.settle()
    after = reader.town()["bakeries"]
    assert after[0]["x"] > before[0]["x"] + 50
    assert after[0]["y"] > before[0]["y"] + 50
    assert after[1:] == before[1:]
    assert reader.page.evaluate("scrollY") == top


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(open_page, scheme):
    reader = open_page(color_scheme=scheme)
    reader.press("the north-west corner")
    colours = reader.page.evaluate(
        """() => [...document.querySelectorAll("h1, h2, h3, p, dt, dd, th, td, span, button:enabled, legend, .tag")]
            .filter((element) => element.checkVisibility() && element.textContent.trim())
            .map((element) => {
                let ground = element;
                while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
                return [element.textContent, getComputedStyle(element).color, getComputedStyle(ground).backgroundColor];
            })"""
    )
    assert len(colours) > 100
    faint = {text: contrast(ink, ground) for text, ink, ground in colours if contrast(ink, ground) < 4.5}
    assert faint == {}


def contrast(ink, ground):
    """Contrast of two colours as the Web Content Accessibility Guidelines define it."""
    lights = sorted(map(luminance, (ink, ground)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour):
    parts = np.array([float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]) / 255.0
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
