"""Staff look at a dispute, give back or not, and take that back; the ledger knows who did it."""

from __future__ import annotations

import html

import pytest
from small_store import T0, Shelf

from edge.messages import Dispute
from edge.topics import COUNTER, GATE, NODE_EVENT

DISPUTE = "dispute? of 100%"
PATH = "/disputes/dispute%3F%20of%20100%25"


@pytest.fixture
def disputed(closed_site, bench, shelf):
    """A receipt of two bottles of water, and its shopper's word against it."""
    bench.say(GATE, Shelf.entered("anna", T0))
    bench.say(NODE_EVENT, shelf.event(1, quantity=2), node="n1")
    bench.say(GATE, Shelf.left("anna", T0 + 60))
    bench.clock.utc = T0 + 90
    for _ in range(2):
        bench.writer.settle()
    (receipt,) = bench.writer.store.receipts()
    bench.say(COUNTER, Dispute(id=DISPUTE, t=T0 + 100, by="shopper", receipt=receipt.receipt, sku="0001",
                               comment="<b>one</b> only"))  # fmt: skip
    return bench


def total(bench) -> int:
    bench.writer.settle()
    (receipt,) = bench.writer.store.receipts()
    return receipt.total_minor


def fill(caller, action: str, fields: dict[str, str] | None = None):
    from web_caller import form_of

    page = caller.get("/disputes" if action.endswith("/back") else PATH).text
    return caller.post(action, {**form_of(page, action), **(fields or {})})


def test_a_refund_corrects_the_receipt_and_taking_it_back_charges_again(signed_in, disputed):
    staff = signed_in("staff")
    assert "&lt;b&gt;one&lt;/b&gt; only" in staff.get("/disputes").text
    one = html.unescape(staff.get(PATH).text)
    assert "2 × Spring water should weigh 1200.0 g: that fits." in one
    answer = fill(staff, PATH, {"decision": "refund", "units-0": "1", "reason": "Seen on the floor."})
    assert answer.status_code == 303, answer.text
    assert total(disputed) == 150
    assert "gave back 1 × Spring water" in html.unescape(staff.get("/disputes").text)
    assert fill(staff, f"{PATH}/back").status_code == 303
    assert total(disputed) == 300
    said = [(entry.statement.by, type(entry.statement).__name__) for entry in disputed.writer.store.trail
            if hasattr(entry, "statement")]  # fmt: skip
    assert said == [("shopper", "Dispute"), ("staff", "DisputeVerdict"), ("staff", "Retraction")]


def test_a_line_may_stand_and_a_verdict_counts_once(signed_in, disputed):
    from web_caller import form_of

    staff, manager = signed_in("staff"), signed_in("manager")
    page = manager.get(PATH).text
    fields = {**form_of(staff.get(PATH).text, PATH), "decision": "uphold", "reason": "Both were taken."}
    assert [staff.post(PATH, fields).status_code for _ in range(2)] == [303, 303]
    assert total(disputed) == 300
    late = manager.post(PATH, {**form_of(page, PATH), "decision": "refund", "units-0": "1"})
    assert late.status_code == 409
    assert "staff has decided this already." in late.text
    assert total(disputed) == 300


@pytest.mark.parametrize("units", ["3", "-1", "1.5", "²", "1e1", "9" * 5000, ""])
def test_nobody_gives_back_what_was_not_charged(signed_in, disputed, units):
    answer = fill(signed_in("staff"), PATH, {"decision": "refund", "units-0": units})
    assert answer.status_code == 400
    assert total(disputed) == 300


def test_only_who_may_refund_sees_disputes(signed_in, disputed):
    for role in ("stocker", "technician"):
        caller = signed_in(role)
        assert caller.get("/disputes").status_code == 403
        assert "/disputes" not in caller.get("/").text
        assert caller.post(PATH, {"decision": "refund"}).status_code == 403
    assert signed_in("staff").get("/disputes/nothing").status_code == 404
    assert total(disputed) == 300


def test_the_manager_reads_who_saw_and_did_what(signed_in, disputed):
    signed_in("staff").get(PATH)
    page = signed_in("manager").get("/audit").text
    for said in ("looked at the ticket of", "anna", "disputed", "signed in", "shopper"):
        assert said in page
    assert signed_in("staff").get("/audit").status_code == 403
