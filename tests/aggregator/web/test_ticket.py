"""A shopper's page, from the first pick to the answer to a dispute, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import dataclasses
import html

import msgspec
import pytest
from small_store import CATALOGUE, T0, Shelf
from web_caller import Caller

from edge.aggregator.own_ticket import own_ticket
from edge.aggregator.web.tickets.news import TicketNews
from edge.messages import Crop, CropSide, Dispute, DisputeVerdict, EventEvidence, EventKind, ItemCount
from edge.topics import COUNTER, GATE, NODE_EVENT

EVIL = '<script>alert("1")</script>'


@pytest.fixture
def store_dir(store_dir):
    (store_dir / "catalogue.yaml").write_text(CATALOGUE.replace("Dark chocolate", f"'{EVIL}'"))
    return store_dir


@pytest.fixture
def caller(closed_site) -> Caller:
    return Caller(closed_site)


def enter(bench, visit: str = "anna", t: float = T0) -> str:
    bench.say(GATE, Shelf.entered(visit, t))
    return token_of(bench, visit)


def token_of(bench, visit: str = "anna") -> str:
    return next(cart.token for cart in bench.writer.store.carts() if cart.visit == visit)


def leave(bench, visit: str = "anna", t: float = T0 + 60) -> None:
    bench.say(GATE, Shelf.left(visit, t))
    bench.clock.utc = t + 30
    for _ in range(2):  # whose the events were; then the receipt
        bench.writer.settle()


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_a_running_ticket_says_what_was_taken_and_put_back_and_why(caller, bench, shelf):
    token = enter(bench)
    assert "Nothing yet." in text_of(caller.get(f"/t/{token}"))
    bench.say(NODE_EVENT, shelf.event(1, quantity=2), node="n1")
    bench.say(NODE_EVENT, shelf.event(2, "0003"), node="n1")
    bench.say(NODE_EVENT, shelf.event(3, "0003", kind=EventKind.RETURN), node="n1")
    page = text_of(caller.get(f"/t/{token}"))
    for said in ("3.00", "2 ×", "Spring water", "1.50 each", "Very likely", "Put back", "1 × Olive oil",
                 "Wall, shelf 1, plate 1: the shelf became 1200.0 g lighter.",
                 "2 × Spring water should weigh 1200.0 g: that fits."):  # fmt: skip
        assert said in page
    assert "Put back: 1 × Olive oil. 2 articles, 3.00 EUR." in page
    assert caller.get(f"/t/{token}").headers["cache-control"] == "no-store"


def test_names_of_goods_are_text_and_nothing_else(caller, bench, shelf):
    token = enter(bench)
    bench.say(NODE_EVENT, shelf.event(1, "0002"), node="n1")
    leave(bench)
    event = str(shelf.event(1, "0002").identity)
    for path in ("", "/wrong?sku=0002", f"/why/{event}"):
        answer = caller.get(f"/t/{token}{path}")
        assert EVIL not in answer.text
        assert EVIL in html.unescape(answer.text)


def test_a_ticket_shows_nothing_of_another_visit(caller, bench, shelf):
    anna, bela = enter(bench), enter(bench, "bela", T0 + 100)
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    leave(bench)
    later = shelf.event(60, "0003", t=T0 + 120)
    bench.say(NODE_EVENT, later, node="n1")
    assert anna != bela
    assert "Olive oil" not in caller.get(f"/t/{anna}").text
    assert "Spring water" not in caller.get(f"/t/{bela}").text
    assert caller.get(f"/t/{bela}/why/{later.identity}").status_code == 200
    assert caller.get(f"/t/{anna}/why/{later.identity}").status_code == 404
    assert caller.get(f"/t/{anna}/why/{later.identity}/0").status_code == 404


@pytest.mark.parametrize(
    "token", ["a" * 32, "A" * 32, "a", "..%2f..%2fetc%2fpasswd", "%00", "' OR 1=1 --", EVIL, "é" * 32]
)
def test_forged_tokens_open_nothing(caller, bench, token):
    enter(bench)
    for path in ("", "/live", "/wrong", "/why/n1-b1-1", "/why/n1-b1-1/0"):
        assert caller.get(f"/t/{token}{path}").status_code == 404


def test_guessing_tokens_is_slowed_down_and_nobody_else_is(caller, closed_site, bench):
    token = enter(bench)
    statuses = [caller.get(f"/t/{'a' * 32}").status_code for _ in range(21)]
    assert statuses == [404] * 20 + [429]
    assert caller.get(f"/t/{token}").status_code == 429  # nor does a right one show itself among many guesses
    assert Caller(closed_site, address="192.0.2.9").get(f"/t/{token}").status_code == 200


def test_one_address_from_the_first_pick_to_the_last_correction(caller, closed_site, bench, shelf):
    closed_site.access.clock = bench.clock
    token = enter(bench)
    bench.say(NODE_EVENT, shelf.event(1, quantity=2), node="n1")
    assert caller.post(f"/t/{token}/wrong", {"wrong": "fewer"}).status_code == 403
    leave(bench)
    page = text_of(caller.get(f"/t/{token}"))
    assert "Your receipt" in page
    assert "Final" in page
    assert "until" in page
    (receipt,) = bench.writer.store.receipts()
    assert receipt.token == token
    said = Dispute(id="dispute-1", t=T0 + 99, by="shopper", receipt=receipt.receipt, sku="0001", comment=EVIL)
    bench.say(COUNTER, said)
    assert "being looked at" in text_of(caller.get(f"/t/{token}"))
    verdict = DisputeVerdict(
        id="verdict-1", t=T0 + 200, by="staff", dispute="dispute-1", refund=(ItemCount("0001", 1),),
        reason="One was on the floor.",
    )  # fmt: skip
    bench.say(COUNTER, verdict)
    bench.writer.settle()
    page = text_of(caller.get(f"/t/{token}"))
    for said in ("You get back 1 × Spring water.", "One was on the floor.", "Your dispute was decided",
                 "−1.50", "Spring water: 2 → 1", "Not charged"):  # fmt: skip
        assert said in page
    assert EVIL not in caller.get(f"/t/{token}").text
    bench.restart()
    assert caller.get(f"/t/{token}").status_code == 200


def test_a_dispute_is_a_statement_and_sending_it_twice_changes_nothing(closed_site, bench, shelf):
    site = dataclasses.replace(closed_site, clock=bench.clock)
    caller, token = Caller(site), enter(bench)
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    leave(bench)
    page, action = f"/t/{token}/wrong?sku=0001", f"/t/{token}/wrong"
    answer = caller.fill(page, action, {"wrong": "put_back", "comment": " Really. "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/t/{token}?said")
    (dispute,) = bench.writer.store.counter.book.disputes()
    assert (dispute.by, dispute.sku, dispute.comment) == ("shopper", "0001", "I put it back. Really.")
    body = answer.request.content.decode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert caller.send("POST", action, content=body, headers=kind).status_code == 303
    assert len(tuple(bench.writer.store.counter.book.disputes())) == 1
    assert caller.fill(page, action, {"wrong": "nothing known"}).status_code == 400
    assert caller.fill(page, action, {"wrong": "fewer", "sku": "0003"}).status_code == 409
    statuses = [caller.fill(page, action, {"wrong": "fewer"}).status_code for _ in range(9)]
    assert statuses[-1] == 429
    bench.clock.utc += 15 * 86_400.0
    assert caller.fill(page, action, {"wrong": "fewer"}).status_code == 409


def test_what_is_said_of_a_running_ticket_becomes_a_dispute_of_its_receipt(closed_site, bench, shelf):
    site = dataclasses.replace(closed_site, clock=bench.clock)
    caller, token = Caller(site), enter(bench)
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    bench.clock.utc = T0 + 20
    answer = caller.fill(f"/t/{token}/wrong?sku=0001", f"/t/{token}/wrong", {"wrong": "not_taken"})
    assert answer.status_code == 303, answer.text
    page = text_of(caller.get(f"/t/{token}"))
    assert "I did not take this" in page
    assert "noted" in page
    assert tuple(bench.writer.store.counter.book.disputes()) == ()
    leave(bench)
    (receipt,) = bench.writer.store.receipts()
    (dispute,) = bench.writer.store.counter.book.disputes()
    assert (dispute.receipt, dispute.sku) == (receipt.receipt, "0001")
    assert "being looked at" in text_of(caller.get(f"/t/{token}"))
    bench.restart()
    assert tuple(bench.writer.store.counter.book.disputes()) == (dispute,)


def test_pictures_are_those_that_the_store_keeps_of_this_visit(closed_site, bench, shelf):
    event = shelf.event(1)
    crop = Crop(camera="c", side=CropSide.BEFORE, t=T0, box_px=(0, 0, 8, 8), jpeg=b"\xff\xd8jpeg")
    evidence = EventEvidence(node="n1", boot="b1", seq=1, crops=(crop,))
    kept = {str(event.identity): evidence}
    site = dataclasses.replace(closed_site, clock=bench.clock, evidence=kept.get)
    caller, token = Caller(site), enter(bench)
    bench.say(NODE_EVENT, event, node="n1")
    assert "The goods on the shelf, before" in caller.get(f"/t/{token}/why/{event.identity}").text
    picture = caller.get(f"/t/{token}/why/{event.identity}/0")
    assert (picture.content, picture.headers["content-type"]) == (crop.jpeg, "image/jpeg")
    assert caller.get(f"/t/{token}/why/{event.identity}/1").status_code == 404


def test_a_name_that_comes_again_opens_another_ticket(bench, shelf):
    first = enter(bench)
    leave(bench)
    bench.say(GATE, Shelf.entered("anna", T0 + 200))
    assert token_of(bench) == first  # came back within hours: the same stay goes on
    bench.say(GATE, Shelf.left("anna", T0 + 260))
    bench.say(GATE, Shelf.entered("bela", T0 + 9000))  # two hours of store time make the carts forget
    bench.say(GATE, Shelf.left("bela", T0 + 9001))
    assert own_ticket(bench.writer.store, first) is not None
    if bench.writer.store.visit("anna") is None:
        assert enter(bench, "anna", T0 + 9100) != first


def test_what_is_typed_from_a_receipt_opens_it(caller, bench):
    token = enter(bench)
    for typed in (token, token.upper(), f"http://store/t/{token}", f" {token[:16]} {token[16:]} "):
        answer = caller.fill("/receipt", "/receipt", {"token": typed})
        assert answer.headers["location"] == f"/t/{token}"
    assert caller.fill("/receipt", "/receipt", {"token": "//evil.example"}).status_code == 404


def test_staff_open_a_ticket_by_its_visit_and_the_ledger_knows(signed_in, bench):
    token = enter(bench)
    answer = signed_in("staff").get("/visits/anna")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/t/{token}")
    seen = bench.writer.store.trail[-1]
    assert (seen.by, seen.kind.value, seen.visit) == ("staff", "saw_receipt", "anna")
    assert signed_in("stocker").get("/visits/anna").status_code == 403
    assert signed_in("staff").get("/visits/nobody").status_code == 404


def test_followers_hear_of_their_own_visit_alone(closed_site, bench, shelf):
    anna = enter(bench)
    leave(bench)
    bela = enter(bench, "bela", T0 + 100)

    async def story():
        feed = closed_site.feed
        feed.bind(asyncio.get_running_loop())
        news = TicketNews(feed, closed_site.clerk)
        streams = [news.follow(anna), news.follow(bela)]
        first = [await asyncio.wait_for(anext(stream), 30) for stream in streams]
        bench.say(NODE_EVENT, shelf.event(60, t=T0 + 120), node="n1")
        pending = [asyncio.create_task(anext(stream)) for stream in streams]
        feed.stir()
        done, waiting = await asyncio.wait(pending, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        changed = [pending.index(task) for task in done]
        feed.close()
        await asyncio.wait(waiting, timeout=30)
        return first, changed, next(iter(done)).result()

    first, changed, ticket = asyncio.run(story())
    assert [own.visit for own in first] == ["anna", "bela"]
    assert len(changed) == 1
    assert [line.sku for line in ticket.cart.lines] == ["0001"]


def test_state_as_data_opens_no_tickets(closed_site, bench, shelf, signed_in):
    token = enter(bench)
    closed_site.feed.view = bench.writer.view(broker_connected=True)
    text = signed_in("manager").get("/api/v1/state").text
    assert "anna" in text
    assert token not in text
    assert msgspec.json.decode(text)["carts"][0]["token"] == ""
