"""Signing in by role, and a dispute from the shopper's phone to the refund on it."""

from __future__ import annotations

import time

import pytest
from aggregator_process import wait_for

from edge.aggregator.web.access.accounts import ACCOUNTS_FILE, Accounts
from edge.aggregator.web.access.roles import Role
from edge.messages import Dispute
from edge.topics import COUNTER, GATE, NODE_EVENT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "four plain words here"
T = time.time() - 600.0


@pytest.fixture(scope="module")
def aggregator(store_dir, broker):
    """The daemon of a store that has accounts."""
    from aggregator_process import AggregatorProcess

    accounts = Accounts(store_dir / "var" / ACCOUNTS_FILE)
    for role in (Role.STAFF, Role.STOCKER, Role.MANAGER):
        accounts.put(role.value, role, PASSWORD, T)
    process = AggregatorProcess(store_dir, broker.port).start()
    yield process
    if process.running:
        process.end()


def sign_in(page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_roles_open_their_pages_and_no_others(new_page, screenshot, assert_accessible):
    page = new_page()
    page.goto("/disputes")
    assert page.url.endswith("/sign-in?to=/disputes")
    assert_accessible(page)
    sign_in(page, "staff", "wrong wrong wrong")
    page.get_by_role("alert").get_by_text("do not belong together").wait_for()
    screenshot(page, "sign-in")
    sign_in(page, "staff")
    page.get_by_role("heading", name="Disputes").wait_for()
    tabs = page.locator(".tabs a")
    assert "Audit" not in tabs.all_inner_texts()
    assert page.goto("/audit").status == 403
    assert_accessible(page)
    screenshot(page, "refused")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    sign_in(page, "stocker")
    page.wait_for_url(lambda url: url.endswith("/"))
    assert not {"Disputes", "Review", "Audit"} & set(tabs.all_inner_texts())


def test_a_dispute_ends_in_a_refund_on_the_shoppers_phone(
    new_page, client, shelf, complaints, screenshot, assert_accessible
):
    client.say(GATE, shelf.entered("anna", T))
    client.say(NODE_EVENT, shelf.event(1, quantity=2, t=T + 10), node="n1")
    client.say(GATE, shelf.left("anna", T + 60))

    def charged():
        client.hear()
        return next((receipt for receipt in client.receipts if receipt.lines), None)

    receipt = wait_for(charged)
    client.say(COUNTER, Dispute(id="dispute-1", t=T + 90, by="shopper", receipt=receipt.receipt, sku="0001",
                                comment="I took only one, the other fell"))  # fmt: skip
    phone, desk = new_page(390), new_page(1280)
    phone.goto(f"/t/{receipt.token}")
    phone.get_by_text("being looked at").wait_for()
    phone.wait_for_selector("body[data-link=live]")
    desk.goto("/sign-in?to=/disputes")
    sign_in(desk, "staff")
    desk.get_by_text("I took only one").wait_for()
    assert_accessible(desk)
    screenshot(desk, "disputes")
    desk.get_by_role("link", name="Look and decide").click()
    desk.get_by_text("2 × Spring water should weigh 1200.0 g: that fits.").wait_for()
    assert_accessible(desk)
    screenshot(desk, "dispute")
    desk.get_by_label("Give back Spring water").fill("1")
    desk.get_by_label("Why, for the shopper").fill("We found it on the floor.")
    desk.get_by_role("button", name="Give back", exact=True).click()
    desk.get_by_role("heading", name="Decided", exact=True).wait_for()
    assert_accessible(desk)
    phone.locator(".amount", has_text="1.50").wait_for()
    phone.get_by_text("You get back 1 × Spring water.").wait_for()
    assert_accessible(phone)
    screenshot(phone, "ticket-refunded")

    manager = new_page(1280, dark=True)
    manager.goto("/sign-in?to=/audit")
    sign_in(manager, "manager")
    manager.get_by_text("decided dispute").wait_for()
    assert_accessible(manager)
    manager.emulate_media(color_scheme="dark")
    screenshot(manager, "audit-dark")
    assert complaints == []
