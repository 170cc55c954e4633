from __future__ import annotations

import signal

import pytest

from edge.messages import NodeHealth, NodeState, PlateHealth, RackHealth, SensorState
from edge.topics import GATE, NODE_EVENT, NODE_HEALTH, NODE_STATE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

T = 1_700_000_000.0


@pytest.fixture
def page(new_page):
    page = new_page()
    page.goto("/")
    page.wait_for_selector("body[data-link=live]")
    return page


def test_a_pick_appears_live_with_its_reasons(page, client, shelf, complaints, screenshot, assert_accessible):
    assert page.get_by_text("Nobody is shopping.").is_visible()
    client.say(GATE, shelf.entered("anna", T))
    page.get_by_role("heading", name="Visit anna").wait_for()
    client.say(NODE_EVENT, shelf.event(1, "0001", quantity=2), node="n1")
    line = page.locator(".cart .line")
    line.locator(".name", has_text="Spring water").wait_for()
    assert line.locator(".quantity").inner_text() == "2 ×"
    assert line.locator(".price").inner_text() == "3.00"
    assert page.locator(".cart .total b").inner_text() == "3.00"
    page.locator("#events .event .what", has_text="Taken 2 × Spring water").wait_for()
    line.get_by_text("why?").click()
    why = line.locator(".evidence")
    assert "measured −1200.0 g ± 1.0 g" in why.inner_text().replace("\n", " ")
    assert "weight fits" in why.inner_text()
    assert "planned on this spot" in why.inner_text()

    # More news leaves the open explanation open, and the same element in its place.
    line.first.evaluate("node => { node.marked = true; }")
    client.say(NODE_EVENT, shelf.event(2, "0002"), node="n1")
    page.locator(".cart .line .name", has_text="Dark chocolate").wait_for()
    assert why.first.is_visible()
    water = page.locator(".cart .line", has_text="Spring water")
    assert water.evaluate("node => node.marked && node.querySelector('.why').open")

    assert_accessible(page)
    screenshot(page, "overview")
    client.say(GATE, shelf.left("anna", T + 30))
    page.get_by_text("Nobody is shopping.").wait_for()
    page.locator("#receipts .receipt").get_by_text("5.49").wait_for()
    assert complaints == []


def test_sensor_states_have_words_and_nodes_their_faults(page, client, complaints):
    client.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1", plates=("wall/1/1",)), node="n1")
    health = NodeHealth(
        node="n1", boot="b1", utc=T, backlog=7,
        plates=(PlateHealth("wall/1/1", SensorState.STUCK), PlateHealth("wall/1/3", SensorState.OK)),
        racks=(RackHealth("r1", True, 79.6),),
    )  # fmt: skip
    client.say(NODE_HEALTH, health, node="n1")
    page.locator(".facing.faulty").get_by_text("stuck").wait_for()
    node = page.locator(".node")
    assert node.get_by_text("plate wall/1/1 is stuck").is_visible()
    assert "80 Hz" in node.inner_text()
    client.say(NODE_STATE, NodeState(node="n1", online=False, boot="b1"), node="n1")
    node.get_by_text("offline", exact=True).wait_for()
    page.locator(".facing").filter(has_text="Dark chocolate").get_by_text("disconnected").wait_for()
    client.say(NODE_EVENT, b"{rubbish", node="n1")
    page.get_by_text("n1: unreadable payload, 1 refused").wait_for()
    assert complaints == []


def test_no_sideways_scrolling_and_names_for_everything(new_page, client, shelf, screenshot):
    client.say(GATE, shelf.entered("a-visit-with-a-rather-long-name-" + "9" * 60, T + 90))
    client.say(NODE_EVENT, shelf.event(3, t=T + 100), node="n1")
    for width in (390, 1280):
        page = new_page(width, dark=True)
        page.goto("/")
        page.locator(".cart .line").wait_for()
        screenshot(page, f"overview-dark-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1
        for section in page.locator("main section").all():
            title = page.locator(f"#{section.get_attribute('aria-labelledby')}")
            assert title.inner_text()
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the content"


def test_lost_connection_is_said_and_mended(page, aggregator):
    aggregator.end(signal.SIGKILL)
    page.get_by_text("Connection lost").wait_for()
    port = int(aggregator.url.rstrip("/").rpartition(":")[2])
    aggregator.config.write_text(aggregator.config.read_text().replace("port: 0}", f"port: {port}}}"))
    aggregator.start()
    page.wait_for_selector("body[data-link=live]")
