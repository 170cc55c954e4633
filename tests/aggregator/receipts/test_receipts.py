"""Receipts: exact money, corrections as new entries that say why, disputes, lookup, years in the book."""

from __future__ import annotations

import msgspec
import pytest
from counter_bench import LATER, CounterBench, charged
from hypothesis import given
from hypothesis import strategies as st
from small_store import T0

from edge.aggregator.entries import EventEntry
from edge.aggregator.receipts.book import ReceiptBook
from edge.aggregator.receipts.issuing import charged_lines
from edge.aggregator.receipts.store_key import KEY_BYTES, store_key
from edge.aggregator.receipts.tickets import total_of
from edge.aggregator.receipts.token import Tokens, same_token
from edge.aggregator.review.statements import Statements
from edge.aggregator.shelf_record import REMEMBERED_S
from edge.errors import StorageError
from edge.messages import (
    AuditVerdict,
    CartLine,
    CaseKind,
    CorrectionReason,
    Dispute,
    ItemCount,
    Receipt,
    ReceiptStatus,
)
from edge.payload import decode, encode
from edge.planogram import Catalogue, PriceFrom


@pytest.fixture
def bench(catalogue, planogram) -> CounterBench:
    return CounterBench(catalogue, planogram, second_share=0.0, audit_share=0.0)


def overcharged(bench: CounterBench) -> Receipt:
    """A receipt over one bottle of water, final, nobody in doubt."""
    bench.sure_visit()
    (receipt,) = bench.receipts()
    assert charged(receipt) == {"0001": 1}
    return receipt


# --- money --------------------------------------------------------------------------------------------


def test_a_receipt_is_exact_and_names_its_currency(bench):
    receipt = overcharged(bench)
    assert (receipt.total_minor, receipt.currency, receipt.total) == (150, "EUR", 1.5)
    assert receipt.lines[0].unit_price_minor == 150
    assert receipt.lines[0].events == ("n1-b1-1",)


@pytest.mark.parametrize(
    ("later", "entered_s", "paid"),
    [
        (1.6, 0, 150),  # no price rises while somebody shops
        (1.6, 8, 160),
        (1.4, 0, 140),  # what the shelf showed at the pick, if that is less
        (1.4, 8, 140),
    ],
)
def test_goods_cost_what_they_did_when_the_visit_began(catalogue, planogram, later, entered_s, paid):
    skus = [
        msgspec.structs.replace(
            sku, prices=(PriceFrom(effective_from="2023-11-14T22:13:27Z", price=later),)
        )  # 7 s after T0
        for sku in catalogue.skus.values()
    ]
    bench = CounterBench(Catalogue(skus), planogram)
    bench.say(bench.shelf.entered("anna", T0 + entered_s), bench.shelf.event(1, t=T0 + 9))
    bench.say(bench.shelf.left("anna", T0 + 20))
    bench.pass_time(T0 + LATER)
    assert bench.receipts("anna")[0].lines[0].unit_price_minor == paid


@given(
    lines=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 10**6), st.integers(0, 12)), max_size=8),
)
def test_what_is_charged_and_what_is_waived_is_what_was_taken(lines):
    taken = [CartLine(f"sku{n}", "", quantity, 1.0, unit_price_minor=price)
             for n, (quantity, price, _) in enumerate(lines)]  # fmt: skip
    forgiven = {f"sku{n}": refund for n, (_, _, refund) in enumerate(lines)}
    kept, waived = charged_lines(taken, {line.sku: line.quantity for line in taken}, forgiven)
    units = {line.sku: line.quantity for line in kept}
    for line in taken:
        off = sum(item.quantity for item in waived if item.sku == line.sku)
        assert units.get(line.sku, 0) + off == line.quantity
        assert off == min(forgiven[line.sku], line.quantity)
    off_minor = sum(taken[int(item.sku[3:])].unit_price_minor * item.quantity for item in waived)
    assert total_of(kept) + off_minor == total_of(taken)


# --- corrections --------------------------------------------------------------------------------------


def test_a_late_event_corrects_with_its_reason(bench):
    first = overcharged(bench)
    bench.say(bench.shelf.event(2, "0002", t=T0 + 7))
    bench.pass_time(T0 + 10 * LATER)
    second = bench.receipts()[1]
    assert (second.corrects, second.reason, second.by) == (first.receipt, CorrectionReason.LATER_EVIDENCE, "")
    assert second.token == first.token
    assert bench.store.counter.book.by_token(first.token) == second
    assert bench.store.counter.book.chain(second.receipt) == (first, second)


def test_who_comes_back_gets_one_receipt_more(bench):
    overcharged(bench)
    bench.say(bench.shelf.entered("anna", T0 + 100), bench.shelf.left("anna", T0 + 130))
    bench.pass_time(T0 + 200)
    assert bench.receipts()[-1].reason is CorrectionReason.CAME_BACK


# --- disputes -----------------------------------------------------------------------------------------


def test_a_dispute_is_a_case_about_the_event_behind_the_line(bench):
    receipt = overcharged(bench)
    dispute = bench.dispute(receipt, "0001")
    bench.say(dispute)
    (case,) = bench.store.cases()
    assert (case.kind, case.dispute, case.comment, case.event.seq) == (
        CaseKind.DISPUTE, dispute.id, "not mine", 1,
    )  # fmt: skip
    assert {each.reading.visit for each in case.candidates} == {"anna", None}


def test_a_refund_corrects_and_may_be_taken_back(bench):
    receipt = overcharged(bench)
    dispute = bench.dispute(receipt, "0001")
    verdict = bench.verdict(dispute, ("0001", 1))
    bench.say(dispute, verdict)
    bench.pass_time(T0 + 300)
    refunded = bench.receipts()[-1]
    assert (refunded.lines, refunded.total_minor, refunded.waived) == ((), 0, (ItemCount("0001", 1),))
    assert (refunded.reason, refunded.by, refunded.said_at) == (CorrectionReason.VERDICT, "olga", verdict.t)
    assert refunded.statements == (verdict.id,)
    assert not list(bench.store.counter.book.disputes())
    bench.say(bench.undo(verdict))
    bench.pass_time(T0 + 400)
    again = bench.receipts()[-1]
    assert (charged(again), again.reason, again.by) == ({"0001": 1}, CorrectionReason.RETRACTION, "olga")


def test_a_dispute_that_is_not_upheld_changes_nothing(bench):
    receipt = overcharged(bench)
    dispute = bench.dispute(receipt, "0001")
    bench.say(dispute, bench.verdict(dispute))
    bench.pass_time(T0 + 300)
    assert bench.receipts() == [receipt]
    assert bench.store.cases() == ()


def test_nobody_gets_back_more_than_was_charged(bench):
    dispute = bench.dispute(overcharged(bench), "0001")
    bench.say(dispute, bench.verdict(dispute, ("0001", 5), ("0003", 2)))
    bench.pass_time(T0 + 300)
    assert (bench.receipts()[-1].total_minor, bench.receipts()[-1].waived) == (0, (ItemCount("0001", 1),))


def test_an_answer_on_a_dispute_is_evidence_and_corrects_by_itself(bench):
    bench.doubtful_visit()
    (case,) = bench.store.cases()
    bench.say(bench.answer(case, "0002"))
    bench.pass_time(T0 + 2 * LATER)
    assert charged(bench.receipts()[-1]) == {"0002": 1}


def test_a_refund_days_later_corrects_a_receipt_that_the_carts_have_forgotten(bench):
    receipt = overcharged(bench)
    seq, t = 1, T0 + 100
    for _ in range(2400):  # so much happens that the first visit is left to the ledger
        seq, t = seq + 1, t + 8.0
        event = bench.shelf.event(seq, t=t)
        bench.store.apply(EventEntry(msgspec.structs.replace(event, hypotheses=event.hypotheses[:1])))
    assert t > T0 + 2 * REMEMBERED_S
    assert "anna" not in {visit.visit for visit in bench.store.visits()}
    dispute = bench.dispute(receipt, "0001", t=t)
    bench.say(dispute, bench.verdict(dispute, ("0001", 1)))
    bench.pass_time(t + 60)
    refunded = bench.receipts()[-1]
    assert (refunded.corrects, refunded.total_minor, refunded.reason) == (
        receipt.receipt, 0, CorrectionReason.VERDICT,
    )  # fmt: skip
    assert [cart.visit for cart in bench.store.carts()] == []
    bench.pass_time(t + 120)
    assert bench.receipts() == [receipt, refunded], "once"
    bench.say(bench.undo(bench.store.counter.book.verdict(dispute.id)))
    bench.pass_time(t + 180)
    assert charged(bench.receipts()[-1]) == {"0001": 1}


def test_an_audit_gives_back_and_never_charges(bench):
    receipt = overcharged(bench)
    found = AuditVerdict(
        id="audit-0001", t=T0 + 500, by="rita", case="a", receipt=receipt.receipt,
        items=(ItemCount("0003", 2),),
    )  # fmt: skip
    bench.say(found)
    bench.pass_time(T0 + 600)
    last = bench.receipts()[-1]
    assert (last.lines, last.reason, last.by) == ((), CorrectionReason.AUDIT, "rita")


def test_what_was_said_of_a_running_ticket_finds_its_receipt_in_any_order(bench):
    receipt = overcharged(bench)
    said = Dispute(
        id="dispute-early", t=receipt.left_at - 1, by="shopper", receipt="", visit=receipt.visit, sku="0001"
    )
    other = msgspec.structs.replace(said, id="dispute-other", t=receipt.left_at + 3600)  # of the next stay
    bench.say(said)
    bench.say(other)
    known, fresh = bench.store.counter.book, ReceiptBook(Statements(), 86_400.0)
    fresh.remark(said)
    fresh.remark(other)
    assert fresh.early(receipt.visit) == (said, other)
    fresh.add(receipt)
    named = msgspec.structs.replace(said, receipt=receipt.receipt)
    for book in (known, fresh):
        assert tuple(book.disputes()) == (named,)
        assert book.early(receipt.visit) == (other,)


def test_the_book_ends_with_the_window(catalogue, planogram):
    bench = CounterBench(catalogue, planogram, dispute_days=1.0)
    overcharged(bench)
    book = bench.store.counter.book
    for number in range(200):
        receipt = msgspec.structs.replace(
            bench.receipts()[0], receipt=f"r{number}", visit=f"v{number}", token=f"t{number}",
            left_at=T0 + number * 3600.0,
        )  # fmt: skip
        bench.store.counter.apply_receipt(receipt)
    assert len(book._receipts) < 200
    assert book.by_token("t0") is None
    assert book.by_token("t199") is not None


# --- lookup -------------------------------------------------------------------------------------------


def test_tokens_cannot_be_guessed_and_can_be_made_again(tmp_path):
    key = store_key(tmp_path / "state" / "token.key")
    assert store_key(tmp_path / "state" / "token.key") == key
    assert len(key) == KEY_BYTES
    assert (tmp_path / "state" / "token.key").stat().st_mode & 0o077 == 0
    tokens, others = Tokens(key), Tokens(b"of another store")
    assert tokens.of("receipt", "anna-1") == tokens.of("receipt", "anna-1")
    made = {tokens.of("receipt", "anna-1"), tokens.of("visit", "anna-1"), tokens.of("receipt", "anna-2"),
            others.of("receipt", "anna-1")}  # fmt: skip
    assert len(made) == 4
    assert {len(token) for token in made} == {32}


def test_no_token_opens_nothing(bench):
    overcharged(bench)
    assert not same_token("", "")
    assert bench.store.counter.book.by_token("") is None
    assert bench.store.counter.book.by_token("ä" * 32) is None
    assert Tokens().of("receipt", "anna-1") == ""


def test_a_damaged_key_is_told(tmp_path):
    (tmp_path / "token.key").write_bytes(b"short")
    with pytest.raises(StorageError, match="the store's key is damaged, found 5 bytes"):
        store_key(tmp_path / "token.key")


def test_a_receipt_of_an_earlier_release_is_read():
    old = (
        b'{"receipt":"a-1","visit":"a","entered_at":null,"left_at":1.0,"lines":[],"total":0.0,'
        b'"probability":1.0,"needs_review":false}'
    )
    receipt = decode(old, Receipt, source="test")
    assert (receipt.status, receipt.total_minor) == (ReceiptStatus.FINAL, 0)
    assert decode(encode(receipt), Receipt, source="test") == receipt
