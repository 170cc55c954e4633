"""Review by keyboard, end to end: a doubt appears, is answered, taken back and answered again."""

from __future__ import annotations

import io
import time

import pytest
from aggregator_process import wait_for
from counter_bench import twins
from PIL import Image, ImageDraw

from edge.messages import Crop, CropSide, EventEvidence, PlateTrace, ReceiptStatus
from edge.topics import GATE, NODE_EVENT, NODE_EVIDENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def picture(bottles: int) -> bytes:
    """A shelf with so many bottles."""
    shelf = Image.new("RGB", (320, 240), (203, 192, 170))
    draw = ImageDraw.Draw(shelf)
    draw.rectangle((0, 205, 320, 240), fill=(120, 104, 84))
    for place in range(bottles):
        left = 30 + 90 * place
        draw.rounded_rectangle((left, 60, left + 62, 205), 14, fill=(70, 132, 180))
        draw.rectangle((left, 110, left + 62, 160), fill=(240, 240, 235))
        draw.rectangle((left + 20, 36, left + 42, 62), fill=(40, 70, 120))
    written = io.BytesIO()
    shelf.save(written, "JPEG", quality=85)
    return written.getvalue()


def evidence_of(event) -> EventEvidence:
    """Two pictures and a trace: a hand comes in, and the weight rests where the event says."""
    steps = [0.0] * 40 + [-90.0, -420.0, 160.0, -260.0, -750.0, -480.0, -640.0, -560.0, -615.0]
    level = 2400.0
    settled = [event.delta_g + 1.2 * (-1) ** index for index in range(40)]
    grams = tuple(round(level + step, 1) for step in (*steps, *settled))
    crops = tuple(
        Crop("left", side, event.t_onset + shift, (40, 60, 320, 240), picture(bottles))
        for side, shift, bottles in ((CropSide.BEFORE, -0.5, 3), (CropSide.AFTER, 2.0, 2))
    )
    return EventEvidence(
        node=event.node, boot=event.boot, seq=event.seq, crops=crops,
        traces=(PlateTrace("wall/1/1", event.t_onset - 2.0, 0.05, grams),),
    )  # fmt: skip


def doubtful_visit(client, shelf, visit: str, seq: int) -> None:
    """A visit that left some minutes ago with one of two articles; while it was there, nobody else was."""
    t = time.time() - 400 + 90 * (seq % 4)
    event = twins(shelf.event(seq, "0001", t=t + 10), least=0.4)
    client.say(GATE, shelf.entered(visit, t))
    client.say(NODE_EVENT, event, node="n1")
    client.say(NODE_EVIDENCE, evidence_of(event), node="n1", event=str(event.identity))
    client.say(GATE, shelf.left(visit, t + 20))


def case_of(page) -> str:
    return page.locator(".case").get_attribute("data-case")


def press(page, key: str) -> None:
    """A key that a person presses who has looked at the case, until another one is shown, or none."""
    before = page.locator(".case").get_attribute("data-case") if page.locator(".case").count() else ""
    page.wait_for_timeout(300)  # a key that comes sooner is taken for the case before
    page.keyboard.press(key)
    is_another = "name => (document.querySelector('.case')?.dataset.case || '') !== name"
    page.wait_for_function(is_another, arg=before)


def statuses(client, visit: str) -> list[ReceiptStatus]:
    client.hear()
    return [each.status for each in client.receipts if each.visit == visit]


def test_review_by_keyboard(new_page, client, shelf, complaints, screenshot, assert_accessible):
    for seq, visit in enumerate(("anna", "bela", "carl"), 1):
        doubtful_visit(client, shelf, visit, seq)
    wait_for(lambda: all(statuses(client, visit) for visit in ("anna", "bela", "carl")))
    page = new_page(1280, 900)
    page.goto("/review")
    page.locator(".case .answer").first.wait_for()
    assert_accessible(page)
    screenshot(page, "review")
    assert page.locator(".sight img").evaluate_all("all => all.map(img => img.naturalWidth)") == [320, 320]
    assert page.locator(".case .plot.trace:visible .curve").count() == 1

    page.emulate_media(color_scheme="dark")
    screenshot(page, "review-dark")
    page.emulate_media(color_scheme="light")
    first = case_of(page)  # the longest wait
    press(page, "1")
    wait_for(lambda: statuses(client, "anna")[-1] is ReceiptStatus.FINAL)
    assert "Answered" in page.locator("#said").inner_text()

    press(page, "u")
    assert case_of(page) == first
    wait_for(lambda: statuses(client, "anna")[-1] is ReceiptStatus.QUESTION_OPEN)
    press(page, "2")
    wait_for(lambda: statuses(client, "anna")[-1] is ReceiptStatus.FINAL)

    second = case_of(page)
    press(page, "n")  # put off
    press(page, "0")  # the last one cannot be told
    page.get_by_text("Nothing is in doubt").wait_for()
    page.locator(".case").wait_for()  # what was put off comes back
    assert case_of(page) == second
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    press(page, "9")
    wait_for(lambda: statuses(client, "bela")[-1] is ReceiptStatus.FINAL)
    assert complaints == []


def test_review_by_touch_in_the_dark_and_the_numbers_of_it(
    new_page, client, shelf, complaints, screenshot, assert_accessible
):
    doubtful_visit(client, shelf, "dora", 4)
    wait_for(lambda: statuses(client, "dora"))
    page = new_page(390, 844, dark=True)
    page.goto("/review")
    page.locator(".case .answer").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, "review-phone-dark")
    page.wait_for_timeout(300)
    page.locator(".answer").first.click()
    page.get_by_text("Nothing is in doubt").wait_for()
    wait_for(lambda: statuses(client, "dora")[-1] is ReceiptStatus.FINAL)
    page = new_page(1280, 900)
    page.goto("/transparency?error=5")
    page.get_by_role("heading", name="How sure must a receipt be").wait_for()
    assert page.locator(".plot.risk:visible .curve").count() == 1
    assert_accessible(page)
    screenshot(page, "transparency")
    phone = new_page(390, 844, dark=True)
    phone.goto("/transparency")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
