"""The honest numbers: counted by hand against stories whose truth is known."""

from __future__ import annotations

import math

import msgspec
import pytest
from counter_bench import CounterBench
from hypothesis import given
from hypothesis import strategies as st
from small_store import T0

from edge.aggregator.ledger.rows import LedgerRow
from edge.aggregator.review.sampling import AUDIT, is_drawn
from edge.aggregator.transparency.calibration import Checked, brier, reliability, risk_coverage
from edge.aggregator.transparency.numbers import transparency_of
from edge.aggregator.transparency.shares import Mean, Quantiles, Share, wilson
from edge.aggregator.transparency.words import sentences
from edge.messages import AuditVerdict, CaseKind, ItemCount
from edge.payload import encode

EVERYBODY = {"since": None, "until": None, "audit_share": 1.0}


def rows(bench: CounterBench) -> list[LedgerRow]:
    """As a ledger holds them, each entered 30 s after the one before."""
    return [LedgerRow(n, T0 + 30.0 * n, entry) for n, entry in enumerate(bench.entries, 1)]


@pytest.fixture
def bench(catalogue, planogram) -> CounterBench:
    return CounterBench(catalogue, planogram, second_share=0.0, audit_share=1.0)


def audit(bench: CounterBench, visit: str, *found: tuple[str, int], **options) -> AuditVerdict:
    receipt = bench.receipts(visit)[0]
    items = tuple(ItemCount(sku, quantity) for sku, quantity in found)
    return AuditVerdict(
        id=f"audit-of-{visit}", t=T0 + 900, by="olga", case="c", receipt=receipt.receipt, items=items,
        seconds=20.0, **options,
    )  # fmt: skip


# --- arithmetic ---------------------------------------------------------------------------------------


def test_wilsons_interval_is_the_published_one():
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for numerator, denominator, low, high in (
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
    ):  # fmt: skip
        assert wilson(numerator, denominator) == pytest.approx((low, high), abs=5e-5)


@given(numerator=st.integers(0, 300), more=st.integers(0, 300))
def test_a_share_lies_in_its_interval(numerator, more):
    found = Share.of(numerator, numerator + more)
    if numerator + more:
        assert 0 <= found.low <= found.share <= found.high <= 1
    else:
        assert (found.share, found.low, found.high) == (None, None, None)


@given(values=st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_quantiles_are_values_that_occurred(values):
    found = Quantiles.of(values)
    rounded = {round(value, 3) for value in values}
    assert {found.p50, found.p95} <= rounded
    assert sum(value <= found.p95 + 1e-3 for value in values) >= 0.95 * len(values)
    assert Mean.of(0.0, 0).mean is None


def test_a_reliability_table_by_hand():
    checked = [Checked(0.85, True), Checked(0.88, False), Checked(1.0, True), Checked(0.9995, True)]
    low, high = reliability(checked)
    assert (low.low, low.stated, low.right.numerator, low.right.denominator) == (0.8, 0.865, 1, 2)
    assert (high.low, high.right.numerator, high.right.denominator) == (0.999, 2, 2)
    assert brier(checked) == pytest.approx((0.15**2 + 0.88**2 + 0.0005**2) / 4, abs=1e-6)
    assert brier([]) is None


def test_the_curve_weighs_what_was_drawn_like_what_it_was_drawn_from():
    """Two audited of twenty sure ones, one of them wrong; four doubtful ones, all looked at, two wrong."""
    audited = [Checked(0.99, True, 10.0), Checked(0.95, False, 10.0)]
    reviewed = [Checked(0.6, n % 2 == 0) for n in range(4)]
    points = risk_coverage([*audited, *reviewed])
    assert [point.coverage for point in points] == pytest.approx([10 / 24, 20 / 24, 1.0], abs=1e-6)
    assert [point.risk for point in points] == pytest.approx([0.0, 0.5, 12 / 24], abs=1e-6)
    assert all(point.risk <= point.risk_high <= 1 for point in points)
    assert points[0].risk_high == pytest.approx(wilson(0, 1)[1], abs=1e-6), "one receipt proves little"


# --- stories ------------------------------------------------------------------------------------------


def test_an_empty_ledger_claims_nothing():
    found = transparency_of([], **EVERYBODY)
    assert (found.visits, found.with_receipt.denominator, found.brier) == (0, 0, None)
    assert any("0 of 0" in line for line in sentences(found))


def test_visits_reviews_and_times(bench):
    bench.sure_visit("anna", t=T0, seq=1)
    bench.doubtful_visit("bela", t=T0 + 400, seq=2)
    case = next(case for case in bench.store.cases() if case.kind is CaseKind.DOUBT)
    bench.say(msgspec.structs.replace(bench.answer(case, "0002"), t=T0 + 450))
    bench.pass_time(T0 + 500)
    bench.say(bench.shelf.entered("carl", T0 + 600), bench.shelf.left("carl", T0 + 610))  # no receipt yet
    found = transparency_of(rows(bench), **EVERYBODY)
    assert (found.visits, found.with_receipt.numerator) == (3, 2)
    assert (found.reviewed_before.numerator, found.reviewed_before.denominator) == (1, 2)
    assert found.reviewed_after.numerator == 0
    assert (found.events_reviewed.numerator, found.events_reviewed.denominator) == (1, 2)
    assert (found.review_s_per_visit.numerator, found.review_s_per_visit.denominator) == (5.0, 3)
    assert (found.to_receipt_s.count, found.to_final_s.count) == (2, 2)
    assert found.corrections.corrected.numerator == 0, "the first final receipt stands"
    assert found.open_questions.numerator == 0


def test_an_undone_answer_was_no_review(bench):
    bench.doubtful_visit()
    answer = bench.answer(bench.store.cases()[0], "0002")
    bench.say(answer, bench.undo(answer))
    found = transparency_of(rows(bench), **EVERYBODY)
    assert (found.reviewed_before.numerator, found.open_questions.numerator) == (0, 1)


def test_corrections_say_in_whose_favour(bench):
    for number, visit in enumerate(("anna", "bela", "carl")):
        bench.sure_visit(visit, t=T0 + 100 * number, seq=number + 1)
    dispute = bench.dispute(bench.receipts("anna")[0], "0001", t=T0 + 400)
    upheld = bench.dispute(bench.receipts("carl")[0], "0001", t=T0 + 401)
    bench.say(dispute, bench.verdict(dispute, ("0001", 1)), upheld, bench.verdict(upheld))
    bench.say(bench.shelf.event(9, "0003", t=T0 + 110))  # of bela, late
    bench.pass_time(T0 + 1000)
    found = transparency_of(rows(bench), **EVERYBODY)
    corrections, disputes = found.corrections, found.disputes
    assert (corrections.for_the_shopper, corrections.for_the_store, corrections.for_neither) == (1, 1, 0)
    assert (corrections.refunded_minor, corrections.charged_minor) == ({"EUR": 150}, {"EUR": 899})
    shares = (disputes.disputed, disputes.decided, disputes.refunded)
    assert [(each.numerator, each.denominator) for each in shares] == [(2, 3), (2, 2), (1, 2)]


def test_the_audited_error_rate_is_that_of_the_drawn_ones(bench):
    for number in range(8):
        bench.sure_visit(f"v{number}", t=T0 + 100 * number, seq=number + 1)
    drawn = [visit for visit in (f"v{n}" for n in range(8))
             if is_drawn(AUDIT, bench.receipts(visit)[0].receipt, 0.5)]  # fmt: skip
    assert 1 < len(drawn) < 8
    for number in range(8):
        bench.say(audit(bench, f"v{number}", *([] if f"v{number}" == drawn[0] else [("0001", 1)])))
    found = transparency_of(rows(bench), **(EVERYBODY | {"audit_share": 0.5}))
    assert (found.audits.drawn.numerator, found.audits.drawn.denominator) == (len(drawn), 8)
    assert (found.audits.audited.numerator, found.audits.audited.denominator) == (len(drawn), len(drawn))
    assert (found.audits.wrong.numerator, found.audits.wrong.denominator) == (1, len(drawn))
    assert sum(row.right.denominator for row in found.lines_reliability) == len(drawn)
    assert found.reviewed_after.numerator == 8
    assert found.review_s_per_visit.numerator == 160.0


def test_an_audit_that_cannot_tell_proves_nothing(bench):
    bench.sure_visit()
    bench.say(audit(bench, "anna", undecided=True))
    found = transparency_of(rows(bench), **EVERYBODY)
    assert (found.audits.audited.numerator, found.audits.audited.denominator) == (0, 1)


def test_stays_belong_to_the_window_in_which_they_left(bench):
    for number in range(3):
        bench.sure_visit(f"v{number}", t=T0 + 100 * number, seq=number + 1)
    found = transparency_of(rows(bench), since=T0 + 100, until=T0 + 220, audit_share=1.0)
    assert (found.visits, found.with_receipt.numerator) == (1, 1), "v1 left at 120 s, v2 at 220 s"


def test_equal_ledgers_give_equal_bytes_and_every_share_adds_up(bench):
    bench.doubtful_visit()
    bench.sure_visit("bela", t=T0 + 100, seq=2)
    found = transparency_of(rows(bench), **EVERYBODY)
    assert encode(found) == encode(transparency_of(rows(bench), **EVERYBODY))
    for share in (found.with_receipt, found.reviewed_before, found.audits.drawn, found.disputes.disputed):
        assert 0 <= share.numerator <= share.denominator
        assert math.isclose(share.share, share.numerator / share.denominator, abs_tol=1e-6)
