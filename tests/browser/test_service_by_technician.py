"""A technician looks at plates and devices, and sees a hand on a scale while it is there."""

from __future__ import annotations

import math
import re

import pytest

from edge.messages import (
    CameraHealth,
    CameraState,
    NodeHealth,
    NodeState,
    NodeTrace,
    PlateHealth,
    PlateTrace,
    RackHealth,
    SensorState,
)
from edge.topics import NODE_HEALTH, NODE_STATE, NODE_TRACE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

T = 1_700_000_000.0
PLATES = ("wall/1/1", "wall/1/2", "wall/1/3")


@pytest.fixture(autouse=True)
def node(client):
    client.say(
        NODE_STATE, NodeState(node="n1", online=True, boot="b1", plates=PLATES, version="1.0"), node="n1"
    )
    health = NodeHealth(
        node="n1", boot="b1", utc=T, backlog=0,
        plates=(
            PlateHealth(PLATES[0], SensorState.OK, 3012.4, 0.31, True, "2024-05-01T10:00:00+00:00"),
            PlateHealth(PLATES[1], SensorState.NOISY, 1200.0, 9.5),
            PlateHealth(PLATES[2], SensorState.UNCALIBRATED),
        ),
        racks=(RackHealth("r1", True, 79.6, 0, 0, -12.0, 1.4),),
        cameras=(CameraHealth("top", CameraState.OK, 5.0),),
    )  # fmt: skip
    client.say(NODE_HEALTH, health, node="n1")


@pytest.mark.parametrize("width", [390, 1280])
def test_plates_and_devices(new_page, complaints, screenshot, assert_accessible, width):
    page = new_page(width)
    for path, words in (("/plates", "3012.4 g"), ("/devices", "79.6 Hz")):
        page.goto(path)
        page.locator("main").get_by_text(words).first.wait_for()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        screenshot(page, f"{path.strip('/')}-{width}")
    assert complaints == []


def test_a_hand_on_a_scale_is_seen_while_it_is_there(
    new_page, client, complaints, screenshot, assert_accessible
):
    page = new_page()
    page.goto("/plates")
    page.get_by_role("link", name="Shelf 1").first.click()
    page.get_by_text("The node has been asked").wait_for()
    curve = tuple(round(3012 + 40 * math.exp(-((i - 300) ** 2) / 900) + math.sin(i), 1) for i in range(500))
    traces = (PlateTrace(PLATES[0], T, 0.05, curve), PlateTrace(PLATES[2], T, 0.05, (None,) * 500))
    client.say(NODE_TRACE, NodeTrace(node="n1", boot="b1", traces=traces), node="n1")
    page.locator("figure", has_text=re.compile("Plate 1")).locator(
        "b.figure", has_text=f"{curve[-1]} g"
    ).wait_for()
    assert (
        page.locator("#trace-wall-1-1 svg path").count() == 1 or page.locator("figure svg path").count() >= 1
    )
    assert_accessible(page)
    screenshot(page, "shelf")
    assert complaints == []
