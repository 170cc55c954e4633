"""Mistakes find the act that they are about."""

from collections import Counter

from tools.scenarios.blame import ASKED, FALSE, MISSED, NO_ACT, RECEIPT, Blame
from tools.scenarios.receipts import ReceiptOutcome
from tools.scenarios.script import Act, Script, Transfer
from tools.scenarios.tracked import EPOCH


def a_script(*acts):
    script = Script("unseen_any", 1, 60.0, visits=["A", "B"], acts=list(acts))
    script.transfers = [
        Transfer(10.0, "A", "milk", 1, True, ("1/1/1",)),
        Transfer(20.0, "B", "tea", 1, True, ("1/1/2",)),
    ]
    return script


TAKE = Act("take", ("A",), 8.0, 11.0, range(1))
HOLD = Act("hold", ("B",), 14.0, 18.0, range(1, 1))
SLOWLY = Act("slowly", ("B",), 18.0, 21.0, range(1, 2))
SCRIPT = a_script(TAKE, HOLD, SLOWLY)


def an_event(t, shopper, sku="tea"):
    return {"t_settled": EPOCH + t, "shopper": shopper, "sku": sku}


def blamed(script=SCRIPT, events=(), **made):
    blame = Blame(script, {"events": list(events)})
    for what, about in made.items():
        getattr(blame, what)(about)
    return dict(blame.mistakes)


def an_outcome(visit, due, charged):
    return ReceiptOutcome("unseen_any 1", visit, Counter(due), Counter(charged))


def test_a_missed_transfer_is_of_the_act_that_made_it():
    assert blamed(missed=SCRIPT.transfers[1]) == {("slowly", MISSED): 1}


def test_an_event_is_of_the_act_that_its_shopper_had_just_ended():
    assert blamed(false=an_event(17.8, "B")) == {("hold", FALSE): 1}
    assert blamed(asked=an_event(11.2, "A")) == {("take", ASKED): 1}
    assert blamed(false=an_event(45.0, "A")) == {(NO_ACT, FALSE): 1}


def test_a_wrong_receipt_is_of_the_acts_with_its_goods():
    assert blamed(receipt=an_outcome("A", {"milk": 1}, {})) == {("take", RECEIPT): 1}
    assert blamed(receipt=an_outcome("A", {"milk": 1}, {"milk": 1, "tea": 1})) == {("slowly", RECEIPT): 1}


def test_goods_that_nobody_took_are_of_the_event_that_named_them():
    told = [an_event(17.5, "B", sku="jam")]

    assert blamed(events=told, receipt=an_outcome("B", {}, {"jam": 1})) == {("hold", RECEIPT): 1}
    assert blamed(receipt=an_outcome("B", {}, {"jam": 1})) == {(NO_ACT, RECEIPT): 1}


def test_a_script_without_acts_is_one():
    script = a_script()

    assert blamed(script, missed=script.transfers[0]) == {("unseen_any", MISSED): 1}
    assert list(Blame(script, {"events": []}).kinds()) == ["unseen_any"]
    assert list(Blame(SCRIPT, {"events": []}).kinds()) == ["take", "hold", "slowly"]
