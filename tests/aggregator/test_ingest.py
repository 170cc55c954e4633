from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.aggregator.arrivals import NAMED_MAX, Arrivals
from edge.aggregator.entries import EventEntry, GateEntry, RefusalEntry
from edge.aggregator.ingest import DUPLICATE, NEW, Flag, Ingest, Refusal
from edge.messages import (
    Ack,
    Disturbance,
    DisturbanceKind,
    EventIdentity,
    KeyPoint,
    NodeHealth,
    Target,
    TrackFrame,
)
from edge.payload import encode
from edge.planogram import Catalogue, Planogram


@pytest.fixture
def ingest(catalogue, planogram) -> Ingest:
    return Ingest(["n1", "n2"], catalogue, planogram)


def take(ingest: Ingest, *messages, utc_s: float = 100.0) -> None:
    for message in messages:
        assert ingest.judge(message, sender=message.node) == NEW
        ingest.note(EventEntry(message), utc_s)


def test_acknowledges_without_gaps_only(ingest, shelf):
    take(ingest, shelf.event(1), shelf.event(2), shelf.event(4))
    assert ingest.ack("n1", "b1").upto == 2
    take(ingest, shelf.event(3))
    assert ingest.ack("n1", "b1").upto == 4
    assert ingest.gaps() == ()


def test_judging_alone_acknowledges_nothing(ingest, shelf):
    assert ingest.judge(shelf.event(1), sender="n1") == NEW
    assert ingest.ack("n1", "b1").upto == 0
    assert ingest.judge(shelf.event(1), sender="n1") == NEW


def test_gap_says_what_is_missing_since_when(ingest, shelf):
    take(ingest, shelf.event(1), utc_s=10.0)
    take(ingest, shelf.event(5), utc_s=11.0)
    take(ingest, shelf.event(6), shelf.event(9), utc_s=12.0)
    assert [(gap.first, gap.last, gap.since) for gap in ingest.gaps()] == [(2, 4, 11.0), (7, 8, 11.0)]
    take(ingest, shelf.event(2), shelf.event(3), shelf.event(4), utc_s=20.0)
    assert [(gap.first, gap.last, gap.since) for gap in ingest.gaps()] == [(7, 8, 20.0)]


def test_gap_of_an_old_boot_stays(ingest, shelf):
    take(ingest, shelf.event(1), shelf.event(3))
    shelf.boot = "b2"
    take(ingest, shelf.event(1), shelf.event(2))
    assert [(gap.boot, gap.first) for gap in ingest.gaps()] == [("b1", 2)]
    assert ingest.ack("n1", "b2").upto == 2


def test_duplicate_is_acknowledged_again(ingest, shelf):
    take(ingest, shelf.event(1))
    assert ingest.ack("n1", "b1").upto == 1
    assert ingest.judge(shelf.event(1), sender="n1") == DUPLICATE
    assert ingest.ack("n1", "b1").upto == 1
    assert ingest.duplicates_total == 1


def test_revisions_are_new_and_named_in_the_acknowledgement(ingest, shelf):
    take(ingest, shelf.event(1), shelf.event(1, revision=2))
    assert ingest.ack("n1", "b1").revisions == ((1, 2),)
    assert ingest.ack("n1", "b1").revisions == ()
    assert ingest.judge(shelf.event(1, revision=1), sender="n1") == DUPLICATE
    assert ingest.ack("n1", "b1").revisions == ((1, 2),), (
        "a node whose acknowledgement was lost hears it again"
    )


def test_what_lies_beyond_a_gap_is_named(ingest, shelf):
    take(ingest, shelf.event(2, revision=1), shelf.event(3))
    assert ingest.ack("n1", "b1") == Ack(boot="b1", upto=0, revisions=((2, 1), (3, 0)))
    assert ingest.ack("n1", "b1").revisions == ()
    ingest.judge(shelf.event(3), sender="n1")
    assert ingest.ack("n1", "b1").revisions == ((3, 0),), "said again when the node repeats it"
    take(ingest, shelf.event(1))
    assert ingest.ack("n1", "b1").upto == 3


def test_an_acknowledgement_names_the_newest_of_many(ingest, shelf):
    take(ingest, *(shelf.event(seq) for seq in range(2, 2 + 3 * NAMED_MAX)))
    named = [ingest.ack("n1", "b1").revisions for _ in range(4)]
    assert [len(each) for each in named] == [NAMED_MAX] * 3 + [0]
    assert named[0][-1] == (1 + 3 * NAMED_MAX, 0)
    assert ingest.gaps()[0].last == 1


def test_refused_for_good(ingest, shelf):
    def refused(payload: bytes, sender: str = "n1"):
        return ingest.refuse_for_good(payload, sender=sender, reason=Refusal.UNREADABLE)

    broken = encode(shelf.event(1)).replace(b'"pick"', b'"theft"')
    entry = refused(broken)
    assert entry == RefusalEntry(EventIdentity("n1", "b1", 1), 0, "unreadable payload", broken.decode())
    assert not ingest.holds(entry)
    ingest.note(entry, 1.0)
    assert ingest.holds(entry)
    assert ingest.ack("n1", "b1").upto == 1
    assert ingest.judge(shelf.event(1, revision=1), sender="n1") == NEW, "a better one is welcome"
    for payload in (b"rubbish", b"{}", broken.replace(b'"schema":1', b'"schema":2')):
        assert refused(payload) is None
    assert refused(broken, "n2") is None
    assert refused(broken.replace(b'"n1"', b'"stranger"'), "stranger") is None


@pytest.mark.parametrize(
    ("change", "sender", "refusal"),
    [
        ({"node": "stranger"}, "stranger", Refusal.UNKNOWN_NODE),
        ({}, "n2", Refusal.FOREIGN_NODE),
        ({"seq": 0}, "n1", Refusal.IMPOSSIBLE_NUMBER),
        ({"revision": -1}, "n1", Refusal.IMPOSSIBLE_NUMBER),
        ({"sigma_g": -1.0}, "n1", Refusal.IMPOSSIBLE_NUMBER),
        ({"boot": ""}, "n1", Refusal.IMPOSSIBLE_NUMBER),
        ({"t_onset": 1.7e12}, "n1", Refusal.IMPOSSIBLE_NUMBER),
        ({"hypotheses": ()}, "n1", Refusal.IMPOSSIBLE_NUMBER),
    ],
)
def test_refused_messages_leave_no_trace(ingest, shelf, change, sender, refusal):
    message = msgspec.structs.replace(shelf.event(1), **change)
    assert ingest.judge(message, sender=sender).refusal is refusal
    assert ingest.gaps() == ()
    assert ingest.ack(sender, "b1").upto == 0


def test_impossible_hypotheses_are_refused(ingest, shelf):
    event = shelf.event(1, quantity=0)
    assert ingest.judge(event, sender="n1").refusal is Refusal.IMPOSSIBLE_NUMBER
    sure = msgspec.structs.replace(shelf.event(1).hypotheses[0], probability=1.5)
    event = msgspec.structs.replace(shelf.event(1), hypotheses=(sure,))
    assert ingest.judge(event, sender="n1").refusal is Refusal.IMPOSSIBLE_NUMBER


def test_unknown_plate_and_sku_are_kept_and_flagged(ingest, shelf):
    take(ingest, shelf.event(1, "9999", plates=["wall/7/7", "wall/1/1"]))
    touch = Disturbance(
        node="n1", boot="b1", seq=2, kind=DisturbanceKind.TOUCH, plates=("wall/7/7",),
        t_onset=1.0, t_settled=2.0, t_decided=3.0,
    )  # fmt: skip
    take(ingest, touch)
    assert ingest.flags == {(Flag.UNKNOWN_PLATE, "wall/7/7"): 2, (Flag.UNKNOWN_SKU, "9999"): 1}
    assert ingest.ack("n1", "b1").upto == 2


def test_gate_and_track(ingest, shelf):
    gate = shelf.entered("anna")
    assert ingest.judge(gate, sender="gate") == NEW
    ingest.note(GateEntry(gate), 1.0)
    assert ingest.judge(gate, sender="gate") == DUPLICATE
    assert ingest.judge(shelf.left("anna", gate.t), sender="gate") == NEW
    for visit in ("", "a/b", "a+", "#", "a\nb", "x" * 200):
        assert ingest.judge(shelf.entered(visit), sender="gate").refusal is Refusal.UNUSABLE_VISIT
        frame = TrackFrame(t=1.0, targets=(Target(visit, {"head": KeyPoint((0, 0, 0))}),))
        assert ingest.judge(frame, sender="track").refusal is Refusal.UNUSABLE_VISIT
    assert ingest.judge(shelf.entered("anna", 1.7e12), sender="gate").refusal is Refusal.IMPOSSIBLE_NUMBER
    health = NodeHealth(node="stranger", boot="b", utc=1.0, backlog=0)
    assert ingest.judge(health, sender="stranger").refusal is Refusal.UNKNOWN_NODE


def test_no_list_of_nodes_allows_all(catalogue, planogram, shelf):
    shelf.node = "anybody"
    assert Ingest([], catalogue, planogram).judge(shelf.event(1), sender="anybody") == NEW


@settings(max_examples=60)
@given(order=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2)), max_size=40))
def test_order_and_duplicates_change_nothing(order):
    """Against the plain definition with sets, and rebuilt in another order."""
    arrivals, in_order = Arrivals(), Arrivals()
    for seq, revision in order:
        arrivals.add(seq, revision, 1.0)
    for seq, revision in sorted(set(order)):
        in_order.add(seq, revision, 2.0)
    held = {seq for seq, _ in order}
    upto = next(n for n in range(14) if n + 1 not in held)
    assert arrivals.upto == in_order.upto == upto
    missing = {n for first, last in arrivals.missing() for n in range(first, last + 1)}
    assert missing == {n for n in range(1, max(held, default=0)) if n not in held}
    for seq, revision in order:
        assert arrivals.holds(seq, revision)
    assert (arrivals.missing_since is None) == (not missing)
    named = {(seq, max(r for s, r in order if s == seq)) for seq in held}
    named = {(seq, revision) for seq, revision in named if revision or seq > upto}
    assert set(arrivals.take_named()) == set(in_order.take_named()) == named


def test_unknown_names_need_no_planogram(shelf):
    ingest = Ingest([], Catalogue([]), Planogram("empty", {}, []))
    take(ingest, shelf.event(1))
    assert set(ingest.flags) == {(Flag.UNKNOWN_PLATE, "wall/1/1"), (Flag.UNKNOWN_SKU, "0001")}
