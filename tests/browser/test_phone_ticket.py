"""A shopper's phone: the ticket changes as a pick arrives, and becomes the receipt when they leave."""

from __future__ import annotations

import time

import pytest
from aggregator_process import wait_for

from edge.messages import EventKind
from edge.topics import GATE, NODE_EVENT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

T = time.time() - 600.0


def token_of(client, visit: str) -> str:
    import json

    def retained() -> str:
        client.hear()
        return json.loads(client.carts.get(visit) or b"{}").get("token", "")

    return wait_for(retained)


def test_a_phone_follows_a_visit_from_the_first_pick_to_the_receipt(
    new_page, client, shelf, complaints, screenshot, assert_accessible
):
    client.say(GATE, shelf.entered("anna", T))
    phone = new_page(390)
    token = token_of(client, "anna")
    phone.goto(f"/t/{token}")
    phone.get_by_text("Nothing yet.").wait_for()
    assert_accessible(phone)
    phone.wait_for_selector("body[data-link=live]")
    client.say(NODE_EVENT, shelf.event(1, quantity=2, t=T + 10), node="n1")
    water = phone.locator(".good-line", has_text="Spring water")
    water.wait_for()
    phone.locator(".amount", has_text="3.00").wait_for()
    phone.locator("#news", has_text="Taken: 2 × Spring water. 2 articles, 3.00 EUR.").wait_for(
        state="attached"
    )
    water.get_by_text("Why?").click()
    phone.get_by_text("2 × Spring water should weigh 1200.0 g: that fits.").wait_for()
    client.say(NODE_EVENT, shelf.event(2, "0003", t=T + 14), node="n1")
    client.say(NODE_EVENT, shelf.event(3, "0003", kind=EventKind.RETURN, t=T + 20), node="n1")
    phone.locator(".returned", has_text="1 × Olive oil").wait_for()
    assert water.locator("details").get_attribute("open") is not None
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(phone)
    screenshot(phone, "ticket-running")
    phone.get_by_text("Look at it").click()
    phone.get_by_role("heading", name="What the shelf felt").wait_for()
    assert_accessible(phone)
    screenshot(phone, "ticket-why")
    phone.go_back()

    client.say(GATE, shelf.left("anna", T + 60))
    phone.get_by_role("heading", name="Your receipt").wait_for()
    phone.locator(".badge", has_text="Final").wait_for()
    assert_accessible(phone)
    screenshot(phone, "ticket-receipt")
    water.locator("details").evaluate(
        "reason => { reason.open = true; }"
    )  # coming back may have kept it open
    water.locator("a", has_text="This is wrong").click()
    assert_accessible(phone)
    screenshot(phone, "ticket-wrong")
    phone.get_by_label("I took fewer").check()
    phone.get_by_role("button", name="Send").click()
    phone.get_by_text("Thank you.").wait_for()
    phone.get_by_text("being looked at").wait_for()
    phone.emulate_media(color_scheme="dark")
    screenshot(phone, "ticket-disputed-dark")
    assert complaints == []
