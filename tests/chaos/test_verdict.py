"""The verdict of the chaos run finds what it is there to find."""

from __future__ import annotations

import pytest

from edge.aggregator.store import Decision
from edge.messages import (
    CartLine,
    EventKind,
    EvidenceTerms,
    Hypothesis,
    ItemCount,
    PlateDelta,
    Receipt,
    ShelfEvent,
)
from tools.chaos.downtime import Downtime, Sight
from tools.chaos.verdict import judge
from tools.store_simulator.truth import Action

PICK = Action("ada", EventKind.PICK, "021", 1, "g/1/1", 100.0, 100.3, -250.0)


def decision(seq: int = 1, onset: float = 100.1, *, needs_review: bool = False) -> Decision:
    items = (ItemCount("021", 1),)
    event = ShelfEvent(
        node="n", boot="b", seq=seq, t_onset=onset, t_settled=onset + 0.3, t_decided=onset + 0.8,
        kind=EventKind.PICK, delta_g=-250.0, sigma_g=1.0, plates=(PlateDelta("g/1/1", -250.0),),
        hypotheses=(Hypothesis(items, 1.0, EvidenceTerms()),),
    )  # fmt: skip
    return Decision(event, EventKind.PICK, items, "ada", 1.0, needs_review)


def receipt(*events: str, quantity: int = 1, visit: str = "ada", needs_review: bool = False) -> Receipt:
    lines = (CartLine("021", "tea", quantity, 1.0, events=events),) if quantity else ()
    return Receipt(
        receipt=f"{visit}-1", visit=visit, entered_at=90.0, left_at=110.0, lines=lines, total=0.0,
        probability=1.0, needs_review=needs_review,
    )  # fmt: skip


def test_a_pick_on_one_line_is_as_it_must_be() -> None:
    verdict = judge([(PICK, Sight.SEEN)], ["ada"], [decision()], [receipt("n-b-1")])
    assert verdict.findings == []
    assert (verdict.seen, verdict.receipts) == (1, 1)


@pytest.mark.parametrize(
    ("decisions", "receipts", "found"),
    [
        ([], [receipt(quantity=0)], "lost"),
        ([decision(1), decision(2)], [receipt("n-b-1", "n-b-2", quantity=2)], "never happened"),
        ([decision()], [receipt("n-b-1"), receipt("n-b-1", visit="ben")], "doubled"),
        ([decision()], [], "no receipt"),
        ([decision()], [receipt("n-b-1", quantity=2)], "all receipts"),
    ],
)  # fmt: skip
def test_each_wrong_is_found(decisions: list[Decision], receipts: list[Receipt], found: str) -> None:
    if all(each.visit != "ben" for each in receipts):
        receipts = [*receipts, receipt(quantity=0, visit="ben")]
    verdict = judge([(PICK, Sight.SEEN)], ["ada", "ben"], decisions, receipts)
    assert any(finding.startswith(found) for finding in verdict.findings), verdict.findings


def test_a_line_on_a_wrong_receipt_is_misplaced_unless_the_receipt_asks_for_a_person() -> None:
    wrong = [receipt(quantity=0), receipt("n-b-1", visit="ben")]
    verdict = judge([(PICK, Sight.SEEN)], ["ada", "ben"], [decision()], wrong)
    assert [what.partition(":")[0] for what in verdict.misplaced] == ["receipt of ada", "receipt of ben"]
    asking = [receipt(quantity=0, needs_review=True), receipt("n-b-1", visit="ben", needs_review=True)]
    assert judge([(PICK, Sight.SEEN)], ["ada", "ben"], [decision()], asking).misplaced == []


def test_what_nobody_could_see_must_not_be_charged() -> None:
    assert judge([(PICK, Sight.UNSEEN)], ["ada"], [], [receipt(quantity=0)]).findings == []
    charged = judge([(PICK, Sight.UNSEEN)], ["ada"], [decision()], [receipt("n-b-1")])
    assert any(finding.startswith("charged although") for finding in charged.findings)


def test_at_the_edge_of_an_outage_both_are_right_but_never_twice() -> None:
    for decisions, bill in ([], receipt(quantity=0)), ([decision()], receipt("n-b-1")):
        assert judge([(PICK, Sight.UNSURE)], ["ada"], decisions, [bill]).findings == []
    assert judge([(PICK, Sight.UNSURE)], ["ada"], [decision()], [receipt("n-b-1", quantity=2)]).findings


def test_an_open_question_must_ask_for_a_person() -> None:
    asking = judge(
        [(PICK, Sight.SEEN)], ["ada"], [decision(needs_review=True)], [receipt(quantity=0, needs_review=True)]
    )
    assert (asking.findings, asking.left_to_review) == ([], 1)
    silent = judge([(PICK, Sight.SEEN)], ["ada"], [decision()], [receipt(quantity=0)])
    assert silent.findings


def test_downtime_tells_dying_and_waking_from_off() -> None:
    downtime = Downtime()
    downtime.killed("n", 100.0)
    downtime.running("n", 101.0)
    downtime.well("n", 100.5)  # a late report of the process that was killed
    downtime.well("n", 103.0)
    seen = {
        settled: downtime.sight("n", settled - 0.3, settled) for settled in (97.0, 99.0, 100.65, 102.0, 104.9)
    }
    assert list(seen.values()) == [Sight.SEEN, Sight.UNSURE, Sight.UNSEEN, Sight.UNSURE, Sight.SEEN]
    assert downtime.sight("other", 100.2, 100.4) is Sight.SEEN
