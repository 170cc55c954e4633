"""Who reached where nobody could see: their visits ask for a person, and say why."""

from __future__ import annotations

import pytest
from small_store import T0, Shelf

from edge.aggregator.entries import LedgerEntry
from edge.aggregator.people.blind_spots import SPOTS_MAX, BlindSpot, BlindSpots
from edge.aggregator.store import Store
from edge.config import AttributionSection, CartSection
from edge.messages import Cart, Disturbance, DisturbanceKind, KeyPoint, Target, TrackFrame

IN, BESIDE, OUTSIDE = (0.05, 0.2, 0.95), (0.30, 0.2, 0.95), (0.05, -0.4, 0.95)
"""[m] of wrists: at the goods of the first plate, of the third, and before the shelf."""


@pytest.fixture
def make(catalogue, planogram):
    return lambda: Store(
        catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection()
    )


def tell(store: Store, *messages) -> list[LedgerEntry]:
    told: list[LedgerEntry] = []
    for message in messages:
        entries = store.receive(message)
        for entry in entries:
            store.apply(entry)
        told += entries
    return told


def fault(kind: DisturbanceKind, *, start: float, end: float, revision: int = 0) -> Disturbance:
    reason = "stuck" if kind is DisturbanceKind.SENSOR_FAULT else ""
    return Disturbance(
        node="n1", boot="b1", seq=9, revision=revision, kind=kind, plates=("wall/1/1",), reason=reason,
        delta_g=-600.0, t_onset=T0 + start, t_settled=T0 + end, t_decided=T0 + end,
    )  # fmt: skip


def hand(t: float, visit: str = "anna", at: tuple[float, float, float] = IN) -> TrackFrame:
    return TrackFrame(t=T0 + t, targets=(Target(visit, {"r_wrist": KeyPoint(at)}),))


def cart(store: Store, visit: str = "anna") -> Cart:
    return store.cart(next(each for each in store.visits() if each.visit == visit))


STUCK = fault(DisturbanceKind.SENSOR_FAULT, start=10, end=10)
UNSEEN = fault(DisturbanceKind.OFFLINE_CHANGE, start=10, end=18)


@pytest.mark.parametrize("told", [STUCK, UNSEEN])
@pytest.mark.parametrize("tracks_first", [True, False])
def test_a_hand_in_a_blind_spot_is_in_doubt(make, told, *, tracks_first: bool) -> None:
    store = make()
    messages = [hand(12.0), told] if tracks_first else [told, hand(12.0)]
    tell(store, Shelf.entered("anna"), *messages)
    assert cart(store).needs_review
    (why,) = cart(store).doubts
    assert "wall/1/1" in why


def test_a_stuck_plate_was_stuck_before_it_was_told(make) -> None:
    store = make()
    tell(store, Shelf.entered("anna"), hand(8.0), STUCK)
    assert cart(store).doubts


@pytest.mark.parametrize(
    "frame", [hand(12.0, at=BESIDE), hand(12.0, at=OUTSIDE), hand(3.0), hand(12.0, "bela")]
)
def test_a_hand_elsewhere_or_at_another_time_is_not(make, frame) -> None:
    store = make()
    tell(store, Shelf.entered("anna"), frame, STUCK)
    assert not cart(store).needs_review


def test_after_a_change_that_nobody_saw_everything_is_seen_again(make) -> None:
    store = make()
    tell(store, Shelf.entered("anna"), UNSEEN, hand(19.0))
    assert not cart(store).doubts


def test_a_fault_that_ended_hides_nothing(make) -> None:
    store = make()
    over = fault(DisturbanceKind.SENSOR_FAULT, start=10, end=12, revision=1)
    tell(store, Shelf.entered("anna"), STUCK, hand(11.0))
    assert cart(store).doubts
    tell(store, over)
    assert not cart(store).needs_review


def test_a_receipt_says_what_was_in_doubt(make) -> None:
    store = make()
    tell(store, Shelf.entered("anna"), STUCK, hand(12.0), Shelf.left("anna", T0 + 20))
    for entry in store.finish():
        store.apply(entry)
    (receipt,) = store.receipts()
    assert receipt.needs_review
    assert receipt.doubts == cart(store).doubts


def test_it_is_written_once_and_rebuilt_from_the_ledger(make) -> None:
    store, again = make(), make()
    entries = tell(
        store, Shelf.entered("anna"), STUCK, *(hand(11.0 + 0.1 * step) for step in range(9)),
        hand(13.0, "bela"), Shelf.entered("bela"),
    )  # fmt: skip
    assert len(entries) == 5, "gates, the fault, and each hand's first frame there"
    for entry in entries:
        again.apply(entry)
    for visit in ("anna", "bela"):
        assert cart(again, visit) == cart(store, visit)
        assert cart(again, visit).doubts


def test_spots_are_bounded(planogram) -> None:
    spots = BlindSpots(planogram)
    for seq in range(2 * SPOTS_MAX):
        spots.note(Disturbance(
            node="n1", boot="b1", seq=seq + 1, kind=DisturbanceKind.SENSOR_FAULT, plates=("wall/1/1",),
            t_onset=T0, t_settled=T0, t_decided=T0,
        ))  # fmt: skip
    assert len(list(spots.reached([hand(1.0)], {}))) == SPOTS_MAX


def test_what_was_seen_is_no_blind_spot() -> None:
    touch = fault(DisturbanceKind.TOUCH, start=10, end=10)
    assert BlindSpot.of(touch) is None
