"""The bakery page in Chromium, driven as a reader would use it; what it shows is what otkit computes."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

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


# --- the lecture ------------------------------------------------------------------------------------------------------

CUT_OFF = """() => [...document.querySelectorAll("main .card, .scroll, .box")]
    .filter((box) => box.checkVisibility())
    .filter((box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)
    .map((box) => [box.id || box.className, box.scrollHeight, box.clientHeight, box.scrollWidth, box.clientWidth])"""


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1280, 720), (1920, 1080)])
def test_a_lecture_fits_one_screen(open_page, width, height):
    reader = open_page(width, height)
    reader.press("Lecture view")
    for example in ("notes", "manhattan", "free"):
        reader.choose(example)
        reader.press("the north-west corner")
        reader.page.wait_for_timeout(50)
        size = reader.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight, scrollY]"
        )
        assert size == [width, height, 0]
        assert reader.page.evaluate(CUT_OFF) == []
        for card in ("map", "roads", "own", "answer", "judged"):
            box = reader.page.locator(f"#{card}-card").bounding_box()
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
    costs = [float(text) for text in reader.texts("#own .minutes")]  # in the cells that are filled in
    assert costs == pytest.approx(best_of(reader.town()).problem.cost.dense().ravel(), abs=0.51)
    reader.page.reload()
    reader.settle()
    assert reader.page.locator("#hall").get_attribute("aria-pressed") == "true"


def test_a_place_is_dragged_where_the_map_is_drawn_larger(open_page):
    reader = open_page(1920, 1080)
    reader.choose("free")
    reader.press("Lecture view")
    box, before = reader.marker("x1").bounding_box(), reader.town()["bakeries"][0]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reader.page.mouse.move(x, y)
    reader.page.mouse.down()
    reader.page.mouse.move(x + 90, y + 40, steps=5)
    reader.page.mouse.up()
    reader.settle()
    moved, after = reader.marker("x1").bounding_box(), reader.town()["bakeries"][0]
    assert moved["x"] - box["x"] == pytest.approx(90, abs=3)
    assert moved["y"] - box["y"] == pytest.approx(40, abs=3)
    assert after["x"] > before["x"]


def test_a_lesson_is_walked_with_the_arrow_keys(open_page):
    reader = open_page()
    reader.choose("manhattan")
    reader.page.locator("#lesson-open").click()
    seen = []

    def press(key):
        reader.page.keyboard.press(key)
        reader.settle()

    for _ in range(8):
        reader.settle()
        hidden = not reader.page.locator("#cost").is_visible()
        own = reader.text("#own-cost") if reader.page.locator("#own-cost").count() else ""
        shown = "hidden" if hidden else reader.text("#cost")
        seen.append((reader.text("#lesson-title"), shown, own))
        press("ArrowRight")
    assert seen == [
        ("The table", "hidden", "0 minutes"),
        ("Guess", "hidden", f"{np.trace(BREAD.cost)} minutes"),
        ("65, as printed", "hidden", "65 minutes"),
        ("64, and why", "64 minutes", "65 minutes"),
        ("Loaves", "hidden", "0 loaves × minutes"),
        ("Prices", "1070 loaves × minutes", ""),
        ("A carrier undercuts you", "1070 loaves × minutes", "1989 loaves × minutes"),
        ("Bread runs short", "94 ≠ 100 loaves", ""),
    ]
    assert reader.text("#lesson-step") == "8 of 8"
    press("ArrowLeft")
    assert reader.text("#cost") == "1070 loaves × minutes"
    reader.marker("x1").focus()  # where arrows move a place
    press("ArrowRight")
    assert reader.text("#lesson-step") == "7 of 8"
    assert reader.town()["bakeries"][0]["x"] > 90
    reader.press("End the lesson")
    assert not reader.page.locator("#lesson").is_visible()


def test_roads_of_both_plans_are_drawn_on_one_another(open_page):
    reader = open_page()
    reader.press("the north-west corner")
    best, mine = (
        set(
            reader.page.locator(f"#map .{plan} path").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")
        )
        for plan in ("best", "own")
    )
    both = np.count_nonzero(
        (otkit.transport(BREAD.cost, BREAD.supply, BREAD.demand).plan.toarray() > 0)
        & (np.array(reader.town()["own"]) > 0)
    )
    assert len(best & mine) == both == 4


def test_what_is_hidden_is_told_nowhere(open_page):
    reader = open_page()
    reader.choose("monge")
    reader.press("what the notes print")
    assert "+1" in reader.texts("#map .labels text")
    reader.page.get_by_label("Hide the best plan and its prices").check()
    assert "+1" not in reader.texts("#map .labels text")


def test_a_link_carries_the_town(open_page):
    reader = open_page()
    reader.choose("manhattan")
    reader.fill("Loaves of x1", 40)
    reader.fill("Loaves of y1", 91)
    reader.press("the north-west corner")
    town, cost = reader.town(), reader.text("#cost")
    reader.page.locator("#share summary").click()
    reader.press("Link to this town")
    link = reader.page.locator("#shared-text").input_value()
    assert len(link) < 2500
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.press("Copy")
    assert reader.page.evaluate("navigator.clipboard.readText()") == link
    reader.press("Close this")
    other = open_page()
    other.page.goto(link)
    other.settle()
    other.page.wait_for_function("document.querySelector('#choices input[value=manhattan]').checked")
    other.settle()
    assert other.town() == town
    assert other.text("#cost") == cost
    other.page.goto(link.replace("#town=", "#town=~"))
    other.page.wait_for_selector("#notice:not([hidden])")
    other.settle()
    assert "The link is damaged" in other.text("#notice")
    assert other.town() == town


@pytest.mark.parametrize("example", ["notes", "manhattan"])
@pytest.mark.parametrize("mode", ["kantorovich", "monge"])
def test_the_same_in_python_is_the_same(open_page, example, mode):
    reader = open_page(refused=0)
    reader.choose(example)
    if example == "notes":
        reader.choose(mode)
    reader.page.locator("#share summary").click()
    reader.press("Open in Python")
    names = {}
    exec(reader.page.locator("#shared-text").input_value(), names)
    reader.press("Close this")
    unit = "minutes" if example == "notes" else "pixels"
    reader.assert_shows(names["result"], unit if (mode, example) == ("monge", "notes") else f"loaves × {unit}")


def test_towns_are_saved_as_table_json_and_picture(open_page):
    reader = open_page()

    def saved(label):
        reader.page.locator("#share summary").click()
        with reader.page.expect_download() as download:
            reader.page.get_by_role("button", name=label, exact=True).click()
        return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")

    result = otkit.transport(BREAD.cost, BREAD.supply, BREAD.demand)
    name, text = saved("Save as CSV")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (name, len(rows)) == ("town.csv", 36)
    assert [float(row["loaves"]) for row in rows] == result.plan.toarray().ravel().tolist()
    f, g = result.potentials.from_zero()
    assert [(row["bakery"], row["café"], float(row["f"]), float(row["g"])) for row in rows[6:8]] == [
        ("x2", "y1", f[1], g[0]),
        ("x2", "y2", f[1], g[1]),
    ]
    name, text = saved("Save as JSON")
    assert (name, json.loads(text)["town"]) == ("town.json", reader.town())
    assert json.loads(text)["answer"]["optimum"]["value"] == 1070
    name, text = saved("Save the map as SVG")
    picture = ElementTree.fromstring(text)
    svg = "{http://www.w3.org/2000/svg}"
    assert (name, picture.tag) == ("town.svg", f"{svg}svg")
    assert "x1" in [element.text for element in picture.iter(f"{svg}text")]
    bakery_disc = next(circle for circle in picture.iter(f"{svg}circle") if circle.get("fill") == "rgb(0, 114, 178)")
    assert bakery_disc is not None


def test_wrong_input_is_told_in_words(open_page):
    reader = open_page()
    field = reader.page.get_by_label("Loaves of x1", exact=True)
    for typed, words in (
        ("-3", "Loaves of x1 must be 0 or more, and -3 is less. Until then 24 counts."),
        ("", "Loaves of x1 must be a number, 0 or more. Until then 24 counts."),
        ("2e9", "Loaves of x1 must be at most a thousand million in size. Until then 24 counts."),
    ):
        field.fill(typed)
        assert reader.text("#notice") == words
        notice = reader.page.locator("#notice").bounding_box()
        assert 0 <= notice["y"] < 900 - notice["height"]
    field.fill("24")
    assert not reader.page.locator("#notice").is_visible()
    reader.page.get_by_label("Cost from x1 to y1", exact=True).fill("")
    assert reader.text("#notice") == "Cost from x1 to y1 must be a number. Until then 12 counts."
    reader.page.get_by_label("Cost from x1 to y1", exact=True).blur()
    assert not reader.page.locator("#notice").is_visible()
