"""Trackers and nodes whose clocks are wrong, through the door that every message takes."""

from __future__ import annotations

import pytest
from small_store import T0
from writer_bench import Bench

from edge.messages import Cart, KeyPoint, Receipt, Target, TrackFrame
from edge.topics import CART, GATE, NODE_EVENT, RECEIPT, TRACK

DAY_S = 86_400.0
AT_WATER, AT_CHOCOLATE, AWAY = (0.05, 0.1, 0.85), (0.25, 0.1, 0.85), (3.0, -3.0, 1.0)


def seen(t: float, **hands) -> TrackFrame:
    targets = tuple(Target(visit, {"r_wrist": KeyPoint(at)}) for visit, at in hands.items())
    return TrackFrame(t=t, targets=targets)


def track(bench: Bench, start: float, end: float, ahead_s: float = 0.0, **hands) -> None:
    """Ten frames a second; ``ahead_s``: what the tracker's clock is wrong by."""
    for step in range(round((end - start) * 10)):
        bench.say(TRACK, seen(round(start + 0.1 * step + ahead_s, 3), **hands))


def enter(bench: Bench, shelf, *visits: str) -> None:
    for visit in visits:
        bench.say(GATE, shelf.entered(visit, T0))


def leave(bench: Bench, shelf, t: float, *visits: str) -> dict[str, Receipt]:
    """Everybody goes; their last receipts."""
    for visit in visits:
        bench.say(GATE, shelf.left(visit, t))
    bench.clock.utc = t + 60.0
    for _ in range(2):
        bench.writer.settle()
    return {receipt.visit: receipt for receipt in bench.of(RECEIPT)}


def held(receipt: Receipt | Cart) -> dict[str, int]:
    return {line.sku: line.quantity for line in receipt.lines}


@pytest.mark.parametrize("ahead_s", [10.0, 100.0, 400.0, DAY_S])
@pytest.mark.parametrize("restarting", [False, True])
def test_one_frame_of_the_future_costs_nobody_anything(bench, shelf, ahead_s, restarting):
    enter(bench, shelf, "anna", "bela")
    track(bench, T0, T0 + 5, anna=AWAY, bela=AWAY)
    bench.say(TRACK, seen(T0 + 5 + ahead_s, anna=AWAY, bela=AT_WATER))
    if restarting:
        bench.restart()
    bench.say(NODE_EVENT, shelf.event(1, "0001", t=T0 + 9), node="n1")
    track(bench, T0 + 5, T0 + 12, anna=AT_WATER, bela=AWAY)
    track(bench, T0 + 12, T0 + 15, anna=AWAY, bela=AT_CHOCOLATE)
    bench.say(NODE_EVENT, shelf.event(2, "0002", t=T0 + 13.5), node="n1")
    receipts = leave(bench, shelf, T0 + 16, "anna", "bela")
    assert held(receipts["anna"]) == {"0001": 1}
    assert held(receipts["bela"]) == {"0002": 1}
    assert not any(receipt.needs_review for receipt in receipts.values())


@pytest.mark.parametrize("jump_s", [-DAY_S, -100.0, 100.0, DAY_S])
def test_a_tracker_that_corrects_its_clock(bench, shelf, jump_s):
    """What it said before is lost, nothing after."""
    enter(bench, shelf, "anna", "bela")
    track(bench, T0 - 20, T0 + 5, ahead_s=-jump_s, anna=AT_WATER, bela=AWAY)
    track(bench, T0 + 5, T0 + 20, anna=AWAY, bela=AT_WATER)
    bench.say(NODE_EVENT, shelf.event(1, "0001", t=T0 + 15), node="n1")
    receipts = leave(bench, shelf, T0 + 21, "anna", "bela")
    assert (held(receipts["anna"]), held(receipts["bela"])) == ({}, {"0001": 1})
    assert not receipts["bela"].needs_review


def test_tracks_that_come_after_the_decision_still_revise_it(bench, shelf):
    """The tracker is a minute late: first anybody may have done it, then it is known."""
    enter(bench, shelf, "anna", "bela")
    bench.say(NODE_EVENT, shelf.event(1, "0001", t=T0 + 10), node="n1")
    bench.clock.utc = T0 + 60.0
    bench.writer.settle()
    (decision,) = bench.writer.view(broker_connected=True).decisions
    assert decision.needs_review
    track(bench, T0 + 5, T0 + 15, anna=AWAY, bela=AT_WATER)
    bench.writer.settle()
    (decision,) = bench.writer.view(broker_connected=True).decisions
    assert (decision.visit, decision.needs_review) == ("bela", False)
    assert held(bench.of(CART, Cart)[-1]) == {"0001": 1}
    rows = bench.writer.view(broker_connected=True).ledger_rows
    track(bench, T0 + 15, T0 + 20, anna=AWAY, bela=AWAY)
    assert bench.writer.view(broker_connected=True).ledger_rows == rows, "judged once more, not for ever"


@pytest.mark.parametrize("visits", [("anna",), ("anna", "bela", "carl")])
def test_a_node_whose_clock_jumps_back_asks_for_review(bench, shelf, visits):
    """The pick is dated before anybody came: who was there soon after may have done it."""
    enter(bench, shelf, *visits)
    track(bench, T0, T0 + 30, **dict.fromkeys(visits, AT_WATER))
    bench.say(NODE_EVENT, shelf.event(1, "0001", t=T0 + 15 - 100), node="n1")
    (decision,) = bench.writer.view(broker_connected=True).decisions
    assert decision.needs_review
    receipts = leave(bench, shelf, T0 + 31, *visits)
    assert all(receipt.needs_review for receipt in receipts.values())


def test_a_node_whose_clock_jumps_back_to_another_shopper(bench, shelf):
    """Somebody was in the store at that time, and far away from the shelf."""
    enter(bench, shelf, "anna")
    track(bench, T0, T0 + 60, anna=AWAY)
    bench.say(GATE, shelf.left("anna", T0 + 60))
    bench.say(GATE, shelf.entered("bela", T0 + 61))
    track(bench, T0 + 61, T0 + 130, bela=AT_WATER)
    bench.say(NODE_EVENT, shelf.event(1, "0001", t=T0 + 125 - 100), node="n1")
    receipts = leave(bench, shelf, T0 + 131, "bela")
    assert receipts["bela"].needs_review
    (decision,) = bench.writer.view(broker_connected=True).decisions
    assert decision.needs_review


def test_a_pick_of_an_empty_store_is_nobodys(bench, shelf):
    """Nobody was there for minutes: goods are gone, and no shopper is asked."""
    enter(bench, shelf, "anna")
    bench.say(GATE, shelf.left("anna", T0 + 10))
    bench.say(NODE_EVENT, shelf.event(1, "0001", t=T0 + 1000), node="n1")
    receipts = leave(bench, shelf, T0 + 10, "anna")
    assert not receipts["anna"].needs_review
    (decision,) = bench.writer.view(broker_connected=True).decisions
    assert (decision.visit, [item.sku for item in decision.items]) == (None, ["0001"])
