"""A receipt in doubt asks one question; its answer is evidence, can be taken back, and makes it final."""

from __future__ import annotations

import random

import msgspec
import pytest
from counter_bench import LATER, CounterBench, charged, twins
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import T0

from edge.aggregator.carts.doubt import ERROR
from edge.aggregator.entries import GivenUpEntry, StatementEntry
from edge.aggregator.recall import Recall
from edge.aggregator.review.cases import case_name, told
from edge.aggregator.review.queue import QueueState, state_of
from edge.aggregator.review.reviewers import STEPS
from edge.config import AggregatorConfig
from edge.messages import CaseKind, CorrectionReason, ItemCount, ReceiptStatus
from edge.payload import MAX_PAYLOAD_BYTES, encode


@pytest.fixture
def bench(catalogue, planogram) -> CounterBench:
    return CounterBench(catalogue, planogram, second_share=0.0, audit_share=0.0)


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    from small_store import CATALOGUE, PLANOGRAM

    from edge.planogram import load_catalogue, load_planogram

    folder = tmp_path_factory.mktemp("store")
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    catalogue = load_catalogue(folder / "catalogue.yaml")
    planogram = load_planogram(folder / "planogram.yaml", catalogue)
    return lambda **options: CounterBench(catalogue, planogram, **options)


# --- one question -------------------------------------------------------------------------------------


def test_a_sure_receipt_asks_nobody(bench):
    bench.sure_visit()
    (receipt,) = bench.receipts()
    assert (receipt.status, receipt.needs_review, bench.store.cases()) == (ReceiptStatus.FINAL, False, ())


def test_a_doubtful_receipt_comes_at_once_with_one_question_open(bench):
    event = bench.doubtful_visit()
    (receipt,) = bench.receipts()
    assert receipt.status is ReceiptStatus.QUESTION_OPEN
    (case,) = bench.store.cases()
    assert (case.kind, case.event, case.visits, case.receipt) == (
        CaseKind.DOUBT, event.identity, ("anna",), receipt.receipt,
    )  # fmt: skip
    assert {candidate.name for candidate in case.candidates[:2]} == {
        "1 x Spring water", "1 x Dark chocolate"
    }  # fmt: skip
    assert case.candidates[0].expected_g == event.delta_g
    assert [goods.sku for goods in case.planned] == ["0001"]
    assert case.information_nat > 0.1


def test_of_two_doubtful_events_the_more_telling_one_is_asked_about(bench):
    bench.say(
        bench.shelf.entered("anna"),
        twins(bench.shelf.event(1, "0003", t=T0 + 5), "0001", least=0.7),
        twins(bench.shelf.event(2, "0001", t=T0 + 9)),
        bench.shelf.left("anna", T0 + 20),
    )
    bench.pass_time(T0 + LATER)
    (case,) = bench.store.cases()
    assert case.event.seq == 2
    bench.say(bench.answer(case, "0001"))
    bench.pass_time(T0 + 2 * LATER)
    (case,) = bench.store.cases()
    assert case.event.seq == 1, "then about the rest"


def test_an_answer_makes_the_receipt_final_and_says_who_and_why(bench):
    bench.doubtful_visit()
    (case,) = bench.store.cases()
    other = next(sku for sku in ("0001", "0002") if sku != case.candidates[0].reading.items[0].sku)
    answer = bench.answer(case, other)
    bench.say(answer)
    bench.pass_time(T0 + LATER + 1)
    first, second = bench.receipts()
    assert charged(second) == {other: 1} != charged(first)
    assert (second.corrects, second.reason, second.by, second.said_at) == (
        first.receipt, CorrectionReason.ANSWER, "rita", answer.t,
    )  # fmt: skip
    assert (second.status, second.statements) == (ReceiptStatus.FINAL, (answer.id,))
    assert second.total_minor == {"0001": 150, "0002": 249}[other]
    assert bench.store.cases() == ()


def test_undo_opens_the_question_again(bench):
    bench.doubtful_visit()
    answer = bench.answer(bench.store.cases()[0], "0002")
    bench.say(answer)
    bench.pass_time(T0 + LATER + 1)
    before = bench.receipts()[0]
    taken_back = bench.undo(answer)
    bench.say(taken_back)
    bench.pass_time(T0 + LATER + 2)
    last = bench.receipts()[-1]
    assert (last.status, charged(last)) == (before.status, charged(before))
    assert (last.reason, last.by, last.said_at) == (CorrectionReason.RETRACTION, "rita", taken_back.t)
    assert len(bench.store.cases()) == 1
    bench.say(bench.undo(taken_back))  # undo of the undo
    bench.pass_time(T0 + LATER + 3)
    assert charged(bench.receipts()[-1]) == {"0002": 1}


def test_who_cannot_tell_is_not_asked_again(bench):
    bench.doubtful_visit()
    bench.say(bench.answer(bench.store.cases()[0], None, undecided=True))
    bench.pass_time(T0 + LATER + 1)
    assert bench.store.cases() == ()
    assert bench.receipts()[-1].status is ReceiptStatus.FINAL


def test_what_stays_in_doubt_is_the_shoppers(bench):
    bench.doubtful_visit()
    bench.pass_time(T0 + 20 + 901)
    first, last = bench.receipts()
    assert [type(entry) for entry in bench.entries].count(GivenUpEntry) == 1
    assert (last.reason, last.status, last.lines, last.total_minor) == (
        CorrectionReason.GIVEN_UP, ReceiptStatus.FINAL, (), 0,
    )  # fmt: skip
    assert last.waived == tuple(ItemCount(line.sku, 1) for line in first.lines)
    bench.pass_time(T0 + 2000)
    assert len(bench.receipts()) == 2


def test_too_many_questions_are_given_up(make):
    bench = make(open_max=2, second_share=0.0, audit_share=0.0)
    for number in range(4):
        bench.doubtful_visit(f"v{number}", t=T0 + 100 * number, seq=number + 1)
    assert len(bench.store.cases()) == 2


def test_nobody_is_asked_where_nobody_reviews(make):
    bench = make(questions_max=0)
    bench.doubtful_visit()
    (receipt,) = bench.receipts()
    assert (receipt.status, receipt.lines) == (ReceiptStatus.FINAL, ())
    assert receipt.needs_review


def test_goods_unknown_to_the_catalogue_are_asked_about(bench):
    event = bench.shelf.event(1)
    from edge.messages import EvidenceTerms, Hypothesis

    unknown = (
        Hypothesis((), 0.99, EvidenceTerms(weight=-1.0)),
        msgspec.structs.replace(event.hypotheses[0], log_likelihood=EvidenceTerms(weight=-14.0)),
    )
    bench.say(bench.shelf.entered("anna"), msgspec.structs.replace(event, hypotheses=unknown))
    bench.say(bench.shelf.left("anna", T0 + 20))
    bench.pass_time(T0 + LATER)
    (case,) = bench.store.cases()
    assert [candidate.name for candidate in case.candidates][:1] == ["unknown goods"]
    assert "1 x Spring water" in {candidate.name for candidate in case.candidates}


# --- reviewers ----------------------------------------------------------------------------------------


def gold_of(bench: CounterBench):
    return next(bench.store.counter.docket.gold(bench.store.picture))


def test_a_gold_case_looks_like_a_doubt_and_measures_its_reviewer(bench):
    bench.sure_visit()
    gold = gold_of(bench)
    shown = told(gold)
    assert shown.kind is CaseKind.DOUBT
    assert max(candidate.probability for candidate in shown.candidates) < 0.8
    bench.say(bench.answer(shown, "0001", by="good"), bench.answer(shown, None, by="bad"))
    entry = bench.entries[-1]
    assert isinstance(entry, StatementEntry)
    assert entry.gold == gold.candidates[0].reading
    good, bad = (bench.store.counter.desk.reviewer(name) for name in ("good", "bad"))
    assert (good.right, good.wrong, bad.right, bad.wrong) == (1, 0, 0, 1)
    assert good.error < ERROR < bad.error
    assert bench.store.counter.desk.testimonies(gold.event) == (), "no evidence about the visit"


def test_nothing_that_is_shown_tells_a_gold_case_from_a_doubt(bench):
    """Field by field: what is empty in one is empty in the other, and no time or receipt gives it away."""
    bench.sure_visit("sure")
    bench.doubtful_visit("anna", t=T0 + 100, seq=2)
    (doubt,) = (told(case) for case in bench.store.cases())
    gold = told(gold_of(bench))
    for name in ("kind", "receipt", "information_nat", "dispute", "comment", "schema"):
        assert getattr(doubt, name) == getattr(gold, name)
    for name in ("visits", "plates", "candidates", "planned", "cart", "event", "event_kind"):
        assert bool(getattr(doubt, name)) == bool(getattr(gold, name)), name
    assert gold.candidates != gold_of(bench).candidates


def test_far_fetched_answers_are_left_out_of_most_blind_cases(bench):
    bench.sure_visit()
    gold = gold_of(bench)
    truth = gold.candidates[0].reading
    offers = []
    for number in range(300):
        shown = told(msgspec.structs.replace(gold, case=case_name(CaseKind.GOLD, number)))
        readings = [candidate.reading for candidate in shown.candidates]
        assert truth in readings
        assert len(readings) >= 2
        offers.append(any(reading.visit is None for reading in readings))
    assert 0.2 < sum(offers) / len(offers) < 0.5


def test_what_lies_before_somebody_is_not_shown_to_another(bench):
    bench.doubtful_visit("anna")
    bench.doubtful_visit("bela", t=T0 + 100, seq=2)
    docket, cases, picture = bench.store.counter.docket, bench.store.cases(), bench.store.picture
    first = docket.next_for("rita", cases, picture)
    second = docket.next_for("sam", cases, picture, {first.case})
    assert {first.case, second.case} == {case.case for case in cases}
    assert docket.next_for("tom", cases, picture, {first.case, second.case}) is None


def test_the_queue_says_how_long_shoppers_wait_and_what_answering_costs(bench):
    assert state_of(bench.store.cases(), T0) == QueueState(0, 0, None, 0.0)
    bench.doubtful_visit()
    (case,) = bench.store.cases()
    assert state_of([case], case.opened_at + 30) == QueueState(1, 1, 30.0, case.expected_s)


def test_decision_times_have_a_median(bench):
    desk = bench.store.counter.desk
    assert desk.median_s("rita") is None
    bench.doubtful_visit()
    (case,) = bench.store.cases()
    for seconds in (2.0, 4.0, 30.0):
        bench.say(msgspec.structs.replace(bench.answer(case, "0001"), seconds=seconds))
    assert desk.median_s("rita") == 4.0


def test_the_posterior_is_the_betas(bench):
    """After 10 wrong of 70: mean (0.9 + 10) / (30 + 70)."""
    bench.sure_visit()
    shown = told(gold_of(bench))
    for number in range(70):
        bench.say(bench.answer(shown, None if number < 10 else "0001", by="max"))
    estimate = bench.store.counter.desk.reviewer("max")
    assert estimate.error == pytest.approx(10.9 / 100)
    assert bench.store.counter.desk._reviewers.error("max") == 0.1
    assert 0.1 in STEPS


def test_a_second_reviewer_measures_both(make):
    bench = make(second_share=1.0, audit_share=0.0)
    bench.doubtful_visit()
    bench.say(bench.answer(bench.store.cases()[0], "0001", by="rita"))
    bench.pass_time(T0 + LATER + 1)
    (second,) = bench.store.cases()
    assert second.kind is CaseKind.SECOND
    docket = bench.store.counter.docket
    assert docket.next_for("rita", bench.store.cases(), bench.store.picture) is None
    asked = docket.next_for("sam", bench.store.cases(), bench.store.picture)
    assert asked.kind is CaseKind.DOUBT
    bench.say(bench.answer(asked, "0002", by="sam"))
    rita, sam = (bench.store.counter.desk.reviewer(name) for name in ("rita", "sam"))
    assert (rita.right, rita.wrong) == (sam.right, sam.wrong) == (0.5, 0.5)
    bench.say(bench.answer(asked, "0002", by="tom"))
    assert bench.store.counter.desk.reviewer("rita").wrong == 1.0
    assert bench.store.counter.desk.reviewer("sam").right == 1.0


def test_known_to_err_weighs_less_also_in_answers_given_before(bench):
    """The order of gold cases and answers does not matter: errors are those known in the end."""
    event = bench.doubtful_visit()
    bench.say(bench.answer(bench.store.cases()[0], "0002", by="max"))
    bench.pass_time(T0 + LATER + 1)
    before = bench.store.counter.desk.testimonies(event.identity)[0].error
    bench.sure_visit("bela", t=T0 + 200, seq=2)
    shown = told(gold_of(bench))
    for _ in range(30):
        bench.say(bench.answer(shown, None, by="max"))
    assert bench.store.counter.desk.testimonies(event.identity)[0].error > 0.3 > before
    shuffled = list(bench.entries)
    random.Random(1).shuffle(shuffled)
    again = bench.rebuilt(shuffled)
    assert again.decisions() == bench.store.decisions()


# --- audits, cases ------------------------------------------------------------------------------------


def test_a_sample_of_what_nobody_doubted_is_audited(make):
    bench = make(audit_share=0.5)
    for number in range(12):
        bench.sure_visit(f"v{number}", t=T0 + 100 * number, seq=number + 1)
    audits = [case.visits[0] for case in bench.store.cases() if case.kind is CaseKind.AUDIT]
    assert 1 <= len(audits) <= 11
    assert [case.visits[0] for case in bench.rebuilt().cases()] == audits


def test_names_of_cases_tell_nothing(bench):
    event = bench.doubtful_visit()
    assert len({case_name(kind, event.identity) for kind in CaseKind}) == len(CaseKind)


def test_a_published_queue_fits_a_payload(bench):
    from edge.aggregator.review.queue import LISTED_MAX, published

    bench.doubtful_visit()
    (case,) = bench.store.cases()
    import msgspec

    wide = msgspec.structs.replace(case, candidates=case.candidates * 4, comment="x" * 500)
    assert len(encode(published([wide] * 2 * LISTED_MAX))) < MAX_PAYLOAD_BYTES
    assert published([wide] * 2 * LISTED_MAX).open == 2 * LISTED_MAX


# --- any order ----------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), order=st.randoms(use_true_random=False))
def test_any_order_of_what_is_said_gives_the_same(make, seed, order):
    """Answers, undone ones, disputes and verdicts among events, delayed, doubled and shuffled."""
    bench, chance = make(second_share=0.5, audit_share=0.5), random.Random(seed)
    for number in range(3):
        visit = bench.doubtful_visit if chance.random() < 0.7 else bench.sure_visit
        visit(f"v{number}", t=T0 + 40 * number, seq=number + 1)
    said = []
    for case in bench.store.cases():
        if case.event is not None:
            answer = bench.answer(case, chance.choice([None, case.candidates[0].reading.items[0].sku]))
            said += [answer, *([bench.undo(answer)] if chance.random() < 0.4 else [])]
    receipt = chance.choice(bench.receipts("v0"))
    dispute = bench.dispute(receipt, "0001")
    said += [dispute, bench.verdict(dispute, ("0001", 1))]
    order.shuffle(said)
    bench.say(*said, *said)
    bench.pass_time(T0 + 500)
    again = bench.rebuilt()
    assert encode(again.receipts()) == encode(bench.store.receipts())
    assert encode(again.cases()) == encode(bench.store.cases())
    shuffled = list(bench.entries)
    order.shuffle(shuffled)
    mixed = bench.rebuilt(shuffled)
    assert mixed.carts() == bench.store.carts()
    assert encode(mixed.cases()) == encode(bench.store.cases())
    assert encode(mixed.receipts()) == encode(bench.store.receipts())
    assert mixed.settle(T0 + 500) == ()


def test_a_snapshot_remembers_what_was_said(bench, catalogue, planogram):
    recall = Recall(AggregatorConfig(store="shop"), catalogue, planogram)
    bench.store, _ = recall._afresh()
    bench.doubtful_visit()
    answer = bench.answer(bench.store.cases()[0], "0002")
    bench.say(answer)
    bench.pass_time(T0 + LATER + 1)
    bench.say(bench.undo(answer))
    bench.pass_time(T0 + LATER + 2)
    (line,) = bench.receipts()[-1].lines
    dispute = bench.dispute(bench.receipts()[-1], line.sku)
    bench.say(dispute, bench.verdict(dispute, (line.sku, 1)))
    again = recall._image.thaw(recall._image.freeze(bench.store))
    assert again.cases() == bench.store.cases() != ()
    assert again.settle(T0 + 300) == bench.store.settle(T0 + 300) != ()
