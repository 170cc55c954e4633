"""Stock in the browser: restocking end to end, counting, and how it looks."""

from __future__ import annotations

import time

import msgspec
import pytest

from edge.messages import (
    EventKind,
    Hypothesis,
    NodeHealth,
    NodeState,
    PlateHealth,
    SensorState,
    StockCount,
)
from edge.topics import COUNTER, NODE_EVENT, NODE_HEALTH, NODE_STATE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CATALOGUE = """\
skus:
  - {sku: "0001", name: Spring water, weight_g: 600, price: 1.50}
  - {sku: "0002", name: Dark chocolate, weight_g: 100, price: 2.49}
  - {sku: "0003", name: Olive oil, weight_g: 1100, price: 8.99}
  - {sku: "0004", name: "Oat <b>drink</b>", weight_g: 1040, price: 1.99}
  - {sku: "0005", name: Hazelnut spread, weight_g: 440, price: 3.79}
"""

PLANOGRAM = """\
version: test
gondolas:
  - gondola: wall
    corner_m: [0, 0, 0]
    shelves:
      - {shelf: "1", z_m: 0.8, plates: 4}
      - {shelf: "2", z_m: 1.2, plates: 2}
facings:
  - {plates: [wall/1/1, wall/1/2], sku: "0001", capacity: 24}
  - {plates: [wall/1/3], sku: "0002", capacity: 30}
  - {plates: [wall/1/4], sku: "0005", capacity: 12}
  - {plates: [wall/2/1], sku: "0003", capacity: 8}
  - {plates: [wall/2/2], sku: "0004", capacity: 10}
"""


@pytest.fixture(scope="module")
def store_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    return folder


def row(page, name: str):
    return page.locator(".shelf tr", has_text=name)


def test_restocking_from_the_first_count_to_the_summary(
    new_page, client, shelf, complaints, screenshot, assert_accessible
):
    page = new_page(1280)
    page.goto("/stock")
    page.wait_for_selector("body[data-link=live]")
    row(page, "Spring water").get_by_text("not counted").wait_for()

    # Two facings are counted, one after the other.
    row(page, "Spring water").get_by_role("link", name="Count").click()
    page.get_by_label("Units there now").fill("500")
    page.get_by_label("Your name").fill("Mia <i>M</i>")
    page.get_by_role("button", name="Save, next").click()
    page.get_by_role("alert").filter(has_text="from 0 to 96 (24 fit there)").wait_for()
    page.get_by_label("Units there now").fill("0")
    assert_accessible(page)
    screenshot(page, "stock-count")
    page.get_by_role("button", name="Save, next: Dark chocolate").click()
    page.get_by_role("status").filter(has_text="Counted: 0 × Spring water.").wait_for()
    assert page.get_by_label("Your name").input_value() == "Mia <i>M</i>"
    page.get_by_label("Units there now").fill("5")
    page.get_by_role("button", name="Save", exact=True).click()
    row(page, "Spring water").get_by_text("sold out").wait_for()
    row(page, "Dark chocolate").get_by_text("low").wait_for()

    # Restocking begins, a crate comes, the page shows it by itself, the work is done.
    page.get_by_text("Begin work at a shelf").click()
    page.get_by_label("Where").select_option("wall/1")
    page.get_by_label("At most, in minutes").fill("45")
    page.get_by_label("Your name").fill("Mia <i>M</i>")
    page.get_by_role("button", name="Begin").click()
    mode = page.locator(".mode")
    mode.get_by_role("heading", name="Restocking: wall, shelf 1").wait_for()
    assert "Mia <i>M</i>" in mode.inner_text()
    client.say(
        NODE_EVENT, shelf.event(1, "0001", quantity=12, kind=EventKind.RETURN, t=time.time()), node="n1"
    )
    row(page, "Spring water").locator(".there b", has_text="12").wait_for()
    assert_accessible(page)
    mode.get_by_role("link", name="Finish").click()
    page.get_by_text("12 × Spring water").wait_for()
    page.get_by_role("button", name="The work is done").click()
    page.locator("#stock-lists").get_by_text("12 × Spring water").wait_for()
    page.locator(".mode").wait_for(state="detached")
    assert complaints == ["Failed to load resource: the server responded with a status of 400 (Bad Request)"]


def test_a_place_in_work_is_refused_in_words_and_a_finished_mode_is_gone(new_page):
    page = new_page()
    page.goto("/stock")
    page.get_by_text("Begin work at a shelf").click()
    for said in ("", "Somebody works there already: Ben. Finish that work first."):
        page.get_by_label("Cleaning").check()
        page.get_by_label("Where").select_option("wall/2")
        page.get_by_label("Your name").fill("Ben")
        page.get_by_role("button", name="Begin").click()
        page.get_by_text(said).wait_for() if said else page.get_by_text("Begin work at a shelf").click()
    finish = page.locator(".mode a").get_attribute("href")
    page.goto(finish)
    page.get_by_role("button", name="The work is done").click()
    page.locator(".mode").wait_for(state="detached")
    page.goto(finish)
    page.get_by_role("heading", name="There is nothing here").wait_for()


def test_how_it_looks(new_page, client, shelf, screenshot, assert_accessible):
    now = time.time()
    there = {
        "wall/1/4": ("0005", 2),
        "wall/2/1": ("0003", 8),
        "wall/2/2": ("0004", 7),
        "wall/1/3": ("0001", 1),
    }
    for n, (plate, (sku, units)) in enumerate(there.items()):
        count = StockCount(id=f"counted-{n}", t=now - 1, by="Noor", plate=plate, sku=sku, units=units)
        client.say(COUNTER, count)
    client.say(NODE_EVENT, shelf.event(3, "0002", plates=["wall/1/3"], t=now - 0.9), node="n1")
    doubtful = shelf.event(4, "0003", quantity=2, t=now - 0.4)
    halves = tuple(
        Hypothesis(each.items, 0.5, each.log_likelihood, each.expected_g) for each in doubtful.hypotheses
    )
    client.say(
        NODE_EVENT, msgspec.structs.replace(doubtful, hypotheses=halves, log_odds_goods=1.2), node="n1"
    )
    client.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1", plates=("wall/2/2",)), node="n1")
    level = PlateHealth("wall/2/2", SensorState.OK, level_g=4200.0)
    client.say(NODE_HEALTH, NodeHealth(node="n1", boot="b1", utc=now, backlog=0, plates=(level,)), node="n1")
    page = new_page()
    page.goto("/stock")
    row(page, "Oat").get_by_text("the scale says 4.0").wait_for()
    for kind, place, name in (("Restocking", "wall/1", "Mia"), ("Maintenance", "wall/2", "Noor")):
        page.get_by_text("Begin work at a shelf").click()
        page.get_by_label(kind).check()
        page.get_by_label("Where").select_option(place)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Begin").click()
        page.locator(".mode", has_text=name).wait_for()
    page.locator("#stock-lists").get_by_text("1 × Spring water").wait_for()
    for width in (390, 1280):
        for dark in (False, True):
            page = new_page(width, dark=dark)
            page.goto("/stock")
            page.locator(".mode").first.wait_for()
            screenshot(page, f"stock-{width}{'-dark' if dark else ''}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_accessible(page)
