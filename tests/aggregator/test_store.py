"""The fold: what entries say is what is believed, in whatever order they came."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import T0
from store_story import WALL, commit, disturbance, frames, reported, story, tell

from edge.aggregator.carts.timeline import LOT
from edge.aggregator.entries import AttributionEntry, EventEntry, LedgerEntry, ReceiptEntry
from edge.aggregator.ledger import Ledger
from edge.aggregator.shelf_record import REMEMBERED, REMEMBERED_S
from edge.aggregator.store import Store
from edge.config import AttributionSection, CartSection
from edge.messages import (
    EvidenceTerms,
    Hypothesis,
    KeyPoint,
    Target,
    TrackFrame,
)

LATER = 60.0  # [s] after which everything that is due has become due


@pytest.fixture
def make(catalogue, planogram):
    options = {"attribution": AttributionSection(), "carts": CartSection()}
    return lambda: Store(catalogue=catalogue, planogram=planogram, **options)


@pytest.fixture
def store(make) -> Store:
    return make()


def close(store: Store, utc_s: float) -> list[LedgerEntry]:
    """Everything due at ``utc_s``, and what became due by that."""
    return [entry for _ in range(2) for entry in commit(store, store.settle(utc_s))]


def ticket(store: Store, visit: str) -> dict[str, int]:
    found = next(each for each in store.visits() if each.visit == visit)
    return {line.sku: line.quantity for line in store.cart(found).lines}


# --- order, repetition, rebuilding --------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), order=st.randoms(use_true_random=False))
def test_order_of_entries_does_not_matter(make_one, seed, order):
    live = make_one()
    entries = story(live, seed)
    shuffled = list(entries)
    order.shuffle(shuffled)
    again = make_one()
    for entry in shuffled:
        again.apply(entry)
        if order.random() < 0.2:
            again.carts()
    assert reported(again) == reported(live)
    assert again.decisions() == live.decisions()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_entries_applied_twice_change_nothing(make_one, seed):
    live = make_one()
    entries = story(live, seed)
    twice = make_one()
    for entry in entries:
        twice.apply(entry)
        if not isinstance(entry, ReceiptEntry):
            twice.apply(entry)
    for entry in entries:
        if not isinstance(entry, ReceiptEntry):
            twice.apply(entry)
    assert reported(twice) == reported(live)
    assert twice.carts() == live.carts()
    assert twice.receipts() == live.receipts()
    assert twice.settle(T0 + 1000) == live.settle(T0 + 1000)


@pytest.fixture(scope="module")
def make_one(tmp_path_factory):
    from small_store import CATALOGUE, PLANOGRAM

    from edge.planogram import load_catalogue, load_planogram

    directory = tmp_path_factory.mktemp("store")
    (directory / "catalogue.yaml").write_text(CATALOGUE)
    (directory / "planogram.yaml").write_text(PLANOGRAM)
    catalogue = load_catalogue(directory / "catalogue.yaml")
    planogram = load_planogram(directory / "planogram.yaml", catalogue)
    return lambda: Store(
        catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection()
    )


def test_rebuilt_from_ledger_rows_it_is_the_same(store, make, tmp_path):
    entries = story(store, 7)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.append(entries, T0)
    rebuilt = make()
    for row in ledger.entries():
        rebuilt.apply(row.entry)
    ledger.close()
    assert reported(rebuilt) == reported(store)
    assert rebuilt.receipts() == store.receipts()
    assert rebuilt.decisions() == store.decisions()
    assert rebuilt.disturbances() == store.disturbances()
    assert (rebuilt.cases(), rebuilt.settle(T0 + 1000)) == (store.cases(), store.settle(T0 + 1000))


# --- revisions ----------------------------------------------------------------------------------------


def test_a_revision_to_a_disturbance_takes_the_goods_back(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1))
    assert ticket(store, "anna") == {"0001": 1}
    tell(store, disturbance(1, revision=1))
    assert ticket(store, "anna") == {}
    assert (len(store.decisions()), len(store.disturbances())) == (0, 1)
    tell(store, shelf.event(1, "0002", revision=2))
    assert ticket(store, "anna") == {"0002": 1}
    assert store.disturbances() == ()


def test_an_older_revision_changes_nothing(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1, "0002", revision=3))
    before = store.carts()
    tell(store, shelf.event(1, "0001", revision=2), disturbance(1, revision=1))
    assert store.carts() == before


def test_the_judgement_of_an_older_revision_does_not_count(store, shelf):
    tell(store, shelf.entered("anna"))
    event, judgement = tell(store, shelf.event(1))
    newer = msgspec.structs.replace(event.message, revision=1)
    store.apply(EventEntry(newer))
    assert store.decisions()[0].visit is None
    commit(store, store.settle(T0 + LATER))
    assert store.decisions()[0].visit == "anna"
    store.apply(judgement)
    assert store.decisions()[0].visit == "anna"


# --- who --------------------------------------------------------------------------------------------


def test_nobody_in_the_store_charges_nobody(store, shelf):
    tell(store, shelf.event(1))
    assert store.carts() == ()
    (decision,) = store.decisions()
    assert (decision.visit, decision.items[0].sku) == (None, "0001")
    tell(store, shelf.entered("anna", T0 + 100))
    commit(store, store.finish())
    assert ticket(store, "anna") == {}


def test_late_tracks_revise_who_did_it(store, shelf):
    event = shelf.event(1, t=T0 + 10)
    tell(store, shelf.entered("anna"), shelf.entered("bela"), event)
    assert store.decisions()[0].needs_review
    told = tell(store, *frames(event, anna=(3.0, -3.0, 1.0), bela=WALL["0001"]))
    (judgement,) = [entry for entry in told if isinstance(entry, AttributionEntry)]
    assert (judgement.revision, judgement.final) == (1, True)
    (decision,) = store.decisions()
    assert decision.visit == "bela"
    assert decision.probability > 0.95
    assert store.settle(T0 + 1000) == ()


def test_without_tracks_a_judgement_is_final_in_the_end(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1))
    assert store.settle(T0 + 2.5) == ()
    (judgement,) = store.settle(T0 + LATER)
    assert judgement.final
    assert store.settle(T0 + LATER) == (judgement,), "planned again until it is applied"


def test_a_head_alone_is_enough_for_one_shopper(store, shelf):
    event = shelf.event(1)
    head = {"head": KeyPoint((0.05, -0.4, 1.6))}
    tell(store, shelf.entered("anna"), TrackFrame(t=event.t_onset, targets=(Target("anna", head),)), event)
    (decision,) = store.decisions()
    assert (decision.visit, decision.needs_review) == ("anna", False)


def test_somebody_who_has_left_took_nothing(store, shelf):
    tell(store, shelf.entered("anna"), shelf.left("anna", T0 + 1), shelf.entered("bela", T0 + 2))
    tell(store, shelf.event(1, t=T0 + 30))
    assert store.decisions()[0].visit == "bela"


# --- receipts ---------------------------------------------------------------------------------------


def test_a_receipt_comes_once_and_waits_for_open_questions(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1, t=T0 + 5), shelf.left("anna", T0 + 5.2))
    assert store.settle(T0 + 6) == ()
    assert [type(entry) for entry in store.settle(T0 + LATER)] == [AttributionEntry]
    (judgement, receipt) = close(store, T0 + LATER)
    assert judgement.final
    assert [line.quantity for line in receipt.receipt.lines] == [1]
    assert receipt.receipt.corrects == ""
    assert close(store, T0 + 2 * LATER) == []
    assert store.carts() == ()
    assert store.receipts() == (receipt.receipt,)


def test_a_receipt_that_was_not_committed_is_planned_again(store, shelf):
    tell(store, shelf.entered("anna"), shelf.left("anna", T0 + 1))
    planned = store.settle(T0 + LATER)
    assert len(planned) == 1
    assert store.settle(T0 + LATER + 1) == planned
    commit(store, planned)
    assert store.settle(T0 + LATER + 2) == ()


def test_a_late_event_corrects_a_receipt(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1, t=T0 + 5), shelf.left("anna", T0 + 20))
    (_, first) = close(store, T0 + LATER)
    tell(store, shelf.event(2, "0002", t=T0 + 7))
    (_, second) = close(store, T0 + 20 * LATER)
    assert second.receipt.corrects == first.receipt.receipt
    assert second.receipt.receipt != first.receipt.receipt
    assert {line.sku: line.quantity for line in second.receipt.lines} == {"0001": 1, "0002": 1}
    assert close(store, T0 + 30 * LATER) == []


def test_a_late_event_corrects_the_receipt_of_a_visit_settled_long_ago(store, shelf):
    """Hours of other visits lie between."""
    tell(store, shelf.entered("anna"), shelf.event(1, t=T0 + 5), shelf.left("anna", T0 + 20))
    close(store, T0 + LATER)
    for number in range(2, 60):
        t = T0 + 100.0 * number
        tell(store, shelf.entered(f"v{number}", t), shelf.event(number, "0003", t=t + 5))
        tell(store, shelf.left(f"v{number}", t + 20))
        assert sum(isinstance(entry, ReceiptEntry) for entry in close(store, t + LATER)) == 1
    tell(store, shelf.event(1000, "0002", t=T0 + 7))
    corrections = [entry for entry in close(store, T0 + 1e5) if isinstance(entry, ReceiptEntry)]
    assert [entry.receipt.visit for entry in corrections] == ["anna"]
    assert {line.sku for line in corrections[0].receipt.lines} == {"0001", "0002"}


def test_doubt_that_was_told_is_not_taken_back(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1, t=T0 + 5), shelf.left("anna", T0 + 20))
    (_, first) = close(store, T0 + LATER)
    asked = msgspec.structs.replace(first.receipt, receipt="anna-2", needs_review=True)
    store.apply(ReceiptEntry(asked))
    assert close(store, T0 + 2 * LATER) == []
    store.apply(ReceiptEntry(msgspec.structs.replace(asked, receipt="anna-3", needs_review=False, lines=())))
    (corrected,) = close(store, T0 + 3 * LATER)
    assert corrected.receipt.corrects == "anna-3"


def test_gate_news_in_any_order(store, shelf, make):
    news = [shelf.entered("anna", T0), shelf.left("anna", T0 + 9), shelf.entered("bela", T0 + 5)]
    tell(store, *news)
    other = make()
    tell(other, *reversed(news))
    assert [(each.entered_at, each.left_at) for each in store.visits()] == [(T0, T0 + 9), (T0 + 5, None)]
    assert store.visits() == other.visits()
    assert store.receive(news[0]) == ()


def test_who_comes_back_has_a_running_ticket_again(store, shelf):
    tell(store, shelf.entered("anna"), shelf.left("anna", T0 + 9))
    close(store, T0 + LATER)
    tell(store, shelf.entered("anna", T0 + 100))
    assert [cart.visit for cart in store.carts()] == ["anna"]
    tell(store, shelf.left("anna", T0 + 200))
    (again,) = close(store, T0 + 300)
    assert again.receipt.corrects == store.receipts()[0].corrects != ""


def test_unknown_goods_flag_the_visit(store, shelf):
    event = shelf.event(1)
    unknown = (
        Hypothesis((), 0.99, EvidenceTerms(weight=-1.0)),
        msgspec.structs.replace(event.hypotheses[0], log_likelihood=EvidenceTerms(weight=-20.0)),
    )
    tell(store, shelf.entered("anna"), msgspec.structs.replace(event, hypotheses=unknown))
    (cart,) = store.carts()
    assert (cart.lines, cart.needs_review) == ((), True)
    tell(store, shelf.left("anna", T0 + 9))
    assert close(store, T0 + LATER)[-1].receipt.needs_review


# --- memory -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_memory_is_bounded_over_days(catalogue, planogram, shelf):
    """10 000 events of 1 000 visits, each with a touch and a name that the tracker lost."""
    store = Store(
        catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection(beam=8)
    )
    seq, receipts, t = 0, 0, T0
    for number in range(1000):
        visit, t = f"v{number}", t + 40.0
        tell(store, shelf.entered(visit, t))
        for _ in range(10):
            seq += 1
            t += 5.0
            sku = random.Random(seq).choice(sorted(WALL))
            event = shelf.event(seq, sku, t=t)
            seen = {visit: WALL[sku], f"{visit}-lost": (3.0, -3.0, 1.0)}
            tell(store, *frames(event, **seen)[5:18:6], event, disturbance(100_000 + seq, t=t))
        tell(store, shelf.left(visit, t + 9))
        receipts += sum(isinstance(entry, ReceiptEntry) for entry in close(store, t + 30))
    assert receipts == 1000
    assert len(store.decisions()) < REMEMBERED + 2 * LOT
    assert len(store.decisions()) + store.forgotten.decisions == 10_000
    assert len(store.receipts()) + store.forgotten.receipts == 1000
    assert len(store.visits()) < 2 * (REMEMBERED + 2 * LOT) / 10 + 50
    assert len(store.disturbances()) < 2 * REMEMBERED
    assert sum(map(len, (store._attributions, store._attributions._open, store._decisions))) < 3 * (
        REMEMBERED + 2 * LOT
    )
    # What comes after all that is too late to be charged: a person is asked, no receipt changes.
    tell(store, shelf.event(seq + 1, t=T0 + 50))
    assert [(each.needs_review, each.visit) for each in store.decisions()[:1]] == [(True, None)]
    assert not [entry for entry in close(store, t + 1000) if isinstance(entry, ReceiptEntry)]


def test_a_quiet_store_forgets_nothing_for_its_age(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1), shelf.left("anna", T0 + 20))
    close(store, T0 + LATER)
    tell(store, shelf.entered("bela", T0 + 10 * REMEMBERED_S), shelf.event(2, t=T0 + 10 * REMEMBERED_S + 5))
    assert len(store.decisions()) == 2
    assert ticket(store, "anna") == {"0001": 1}
