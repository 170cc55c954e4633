"""Late, changed and withdrawn claims, and what is forgotten."""

from __future__ import annotations

import random

import pytest
from small_store import PLATES, WEIGHTS_G

from edge.aggregator.carts.account import Actor, Claim
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.aggregator.carts.timeline import EVERY, LOT, RECENT, SETTLED_S, Timeline
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, EvidenceTerms, Hypothesis, ItemCount


@pytest.fixture
def make(planogram, catalogue):
    return lambda: Timeline(
        CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, CartSection())
    )


def claim(seq: int, t: float, *visits: str, sku: str = "0001", doubt: float = 0.3) -> Claim:
    """A pick by the first of ``visits``, or with probability ``doubt`` by one of the others."""
    shares = [1 - doubt, *(doubt / (len(visits) - 1) for _ in visits[1:])] if len(visits) > 1 else [1.0]
    return Claim(
        event=EventIdentity("n1", "b1", seq), kind=EventKind.PICK, plates=(PLATES[sku],),
        weight_g=WEIGHTS_G[sku], sigma_g=0.5,
        hypotheses=(Hypothesis((ItemCount(sku, 1),), 1.0, EvidenceTerms(weight=-1.0)),),
        t_onset_s=t, t_s=t + 0.4,
        actors=tuple(Actor(visit, "", share) for visit, share in zip(visits, shares, strict=True)),
    )  # fmt: skip


def told(timeline: Timeline):
    """Everything that can be read, rounded like tickets."""
    findings = {event: (choice, round(p, 6)) for event, (choice, p) in timeline.findings().items()}
    contents = {visit: each.best()[0] for visit, each in timeline.contents().items()}
    return findings, {visit: content for visit, content in contents.items() if content}


def busy_day(count: int, random_: random.Random) -> list[Claim]:
    claims = []
    for seq in range(1, count + 1):
        visits = [f"v{seq // 8}", f"v{seq // 8 + 1}"]
        random_.shuffle(visits)
        who = visits if random_.random() < 0.3 else visits[:1]
        claims.append(claim(seq, 5.0 * seq, *who, sku=random_.choice(sorted(PLATES))))
    return claims


def test_order_of_arrival_does_not_matter(make):
    claims = busy_day(120, random.Random(1))
    in_order, shuffled = make(), make()
    for each in claims:
        in_order.put(each)
        in_order.findings()
    for each in random.Random(2).sample(claims, len(claims)):
        shuffled.put(each)
        if each.event.seq % 5 == 0:
            shuffled.findings()
    assert told(shuffled) == told(in_order)
    assert list(shuffled.events()) == [each.event for each in claims]


def test_a_changed_claim_counts_as_if_it_had_always_been_so(make):
    claims = busy_day(80, random.Random(3))
    changed, plain = make(), make()
    for each in claims:
        changed.put(elsewise(each, sku="0003"))
        changed.findings()
    for each in reversed(claims):
        changed.put(each)
        plain.put(each)
    assert told(changed) == told(plain)


def elsewise(each: Claim, sku: str) -> Claim:
    """The same event, taken for something else a moment later."""
    visits = tuple(actor.visit for actor in each.actors)
    return claim(each.event.seq, each.t_onset_s + 0.2, *visits, sku=sku)


def test_a_withdrawn_claim_never_was(make):
    timeline = make()
    for each in busy_day(60, random.Random(4)):
        timeline.put(each)
    before = told(timeline)
    timeline.put(claim(999, 100.0, "v1"))
    assert told(timeline) != before
    timeline.remove(EventIdentity("n1", "b1", 999))
    assert told(timeline) == before


def test_leaving_settles_and_changes_nothing_said(make):
    """What is settled after a visit left stays as it was, however many claims follow."""
    claims = busy_day(100, random.Random(5))
    with_gate, without_gate = make(), make()
    for each in claims:
        with_gate.put(each)
        without_gate.put(each)
    for number in range(len(claims) // 8 + 2):
        with_gate.leave(f"v{number}", 5.0 * 8 * (number + 2) + 1)
    findings, contents = told(with_gate)
    plain_findings, plain_contents = told(without_gate)
    assert contents == plain_contents
    assert {e: choice for e, (choice, _) in findings.items()} == {
        e: c for e, (c, _) in plain_findings.items()
    }


def test_settled_visits_free_the_beam(make):
    def beam_after(*, leaves: bool) -> int:
        timeline = make()
        for number in range(8):
            timeline.put(claim(number + 1, 10.0 * number, "anna", "bela"))
        if leaves:
            timeline.leave("anna", 100.0)
            timeline.leave("bela", 100.0)
        timeline.put(claim(99, 101.0 + SETTLED_S, "carl"))
        assert len(timeline.findings()) == 9
        return len(timeline._compute())

    assert beam_after(leaves=False) > 50
    assert beam_after(leaves=True) == 1


def test_gate_news_may_come_late_and_change(make):
    claims = busy_day(60, random.Random(6))
    early, late = make(), make()
    early.leave("v0", 50.0)
    for each in claims:
        early.put(each)
        late.put(each)
        late.findings()
    late.leave("v0", 20.0)
    late.findings()
    late.leave("v0", None)
    late.findings()
    late.leave("v0", 50.0)
    assert told(late) == told(early)


def test_what_a_visit_takes_after_it_was_settled_adds_up(make):
    timeline = make()
    timeline.put(claim(1, 0.0, "anna"))
    timeline.leave("anna", 1.0)
    timeline.put(claim(2, 2.0 + SETTLED_S, "bela"))
    timeline.put(claim(3, 10.0 + SETTLED_S, "anna"))
    assert timeline.contents()["anna"].best() == ((ItemCount("0001", 2),), pytest.approx(1.0))


def test_forgetting_keeps_what_is_held(make):
    timeline = make()
    count = RECENT + 4 * LOT
    for seq in range(1, count + 1):
        timeline.put(claim(seq, float(seq), "anna"))
    known = timeline.findings()
    gone = timeline.forget(before=count - 50.0, keep=100)
    assert all(known[event] == found for event, found in gone.items())
    assert len(gone) % LOT == 0
    assert len(gone) > LOT
    assert [event.seq for event in gone] == list(range(1, len(gone) + 1))
    assert timeline.begin == len(gone) + 1
    assert timeline.forget(before=count - 50.0, keep=100) == {}
    assert len(timeline.findings()) == count - len(gone)
    assert timeline.contents()["anna"].best()[0] == (ItemCount("0001", count),)
    timeline.put(claim(count + 1, timeline.begin + 0.5, "bela"))
    assert timeline.contents()["bela"].best()[0] == (ItemCount("0001", 1),)


def test_a_flood_is_forgotten_however_new(make):
    timeline = make()
    for seq in range(1, 3 * LOT + 11):
        timeline.put(claim(seq, 0.001 * seq, "anna"))
    assert len(timeline.forget(before=-1e9, keep=3 * LOT + 10, most=LOT)) == 2 * LOT
    assert len(timeline.findings()) == LOT + 10


def test_few_beams_are_kept(make):
    timeline = make()
    for seq in range(1, 401):
        timeline.put(claim(seq, float(seq), "anna", "bela", doubt=0.3 if seq % 9 == 0 else 1e-7))
        if seq % 7 == 0:
            timeline.findings()
    timeline.findings()
    kept = sum(bool(step.beam) for step in timeline._steps)
    assert kept <= RECENT + 400 // EVERY + 1
