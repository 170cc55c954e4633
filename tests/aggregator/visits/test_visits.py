"""Groups, crew, names that change, and what is charged to whom, whatever comes in what order."""

from __future__ import annotations

import pytest
from counter_bench import LATER, CounterBench
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import CATALOGUE, PLANOGRAM, T0, Shelf
from store_story import WALL, frames

from edge.aggregator.entries import ClosingEntry, ReceiptEntry
from edge.aggregator.stock.movement import Cause
from edge.messages import (
    CorrectionReason,
    EventKind,
    GateDirection,
    GateEvent,
    Receipt,
    Retraction,
    Role,
    StoreClosing,
    VisitEnd,
)
from edge.planogram import load_catalogue, load_planogram

SHELF = Shelf()


def entered(visit: str, t: float = T0, **more) -> GateEvent:
    return GateEvent(visit=visit, direction=GateDirection.ENTERED, t=t, **more)


def left(visit: str, t: float) -> GateEvent:
    return GateEvent(visit=visit, direction=GateDirection.LEFT, t=t)


def continued(visit: str, formerly: str, t: float) -> GateEvent:
    return GateEvent(visit=visit, direction=GateDirection.CONTINUED, t=t, formerly=formerly)


def by_hand(who: str, seq: int, sku: str, t: float, kind: EventKind = EventKind.PICK) -> tuple:
    """What tracker and node tell of one act."""
    event = SHELF.event(seq, sku, kind=kind, t=t)
    return (*frames(event, **{who: WALL[sku]}), event)


def lines(receipt: Receipt) -> dict[str, int]:
    return {line.sku: line.quantity for line in receipt.lines}


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    catalogue = load_catalogue(folder / "catalogue.yaml")
    planogram = load_planogram(folder / "planogram.yaml", catalogue)
    return lambda: CounterBench(catalogue, planogram, audit_share=0.0)


@pytest.fixture
def bench(make) -> CounterBench:
    return make()


def last_receipts(bench: CounterBench) -> dict[str, Receipt]:
    return {receipt.visit: receipt for receipt in bench.store.receipts()}


# --- groups -------------------------------------------------------------------------------------------


def test_a_group_has_one_ticket_until_the_last_of_it_has_left(bench):
    bench.say(entered("anna", group="kim", credential="tok-1"), entered("bela", T0 + 1, group="kim"))
    bench.say(*by_hand("anna", 1, "0001", T0 + 10), *by_hand("bela", 2, "0002", T0 + 20))
    assert [cart.visit for cart in bench.store.carts()] == ["kim"]
    bench.say(left("anna", T0 + 30))
    bench.pass_time(T0 + 30 + LATER)
    assert bench.store.receipts() == ()
    bench.say(left("bela", T0 + 200))
    bench.pass_time(T0 + 200 + LATER)
    (receipt,) = bench.store.receipts()
    assert (receipt.visit, receipt.entered_at, receipt.left_at) == ("kim", T0, T0 + 200)
    assert lines(receipt) == {"0001": 1, "0002": 1}
    assert receipt.credential == "tok-1"


def test_one_of_a_group_puts_back_what_another_took(bench):
    bench.say(entered("anna", group="kim"), entered("bela", T0 + 1, group="kim"))
    bench.say(*by_hand("anna", 1, "0001", T0 + 10))
    bench.say(*by_hand("bela", 2, "0001", T0 + 20, EventKind.RETURN))
    (cart,) = bench.store.carts()
    assert (cart.lines, cart.needs_review) == ((), False)


def test_a_guest_shares_the_hosts_ticket(bench):
    bench.say(entered("anna"), entered("tom", T0 + 3, group="anna", role=Role.GUEST))
    bench.say(*by_hand("tom", 1, "0002", T0 + 10), left("anna", T0 + 20), left("tom", T0 + 25))
    bench.pass_time(T0 + 25 + LATER)
    (receipt,) = bench.store.receipts()
    assert (receipt.visit, lines(receipt)) == ("anna", {"0002": 1})


def test_a_name_that_comes_again_with_a_group_keeps_its_first_receipt(bench):
    bench.say(entered("anna"), *by_hand("anna", 1, "0001", T0 + 10), left("anna", T0 + 20))
    bench.pass_time(T0 + 20 + LATER)
    bench.say(entered("anna", T0 + 500, group="kim"), *by_hand("anna", 2, "0002", T0 + 510))
    bench.say(left("anna", T0 + 520))
    bench.pass_time(T0 + 520 + LATER)
    found = last_receipts(bench)
    assert (lines(found["anna"]), lines(found["kim"])) == ({"0001": 1}, {"0002": 1})
    assert found["anna"].corrects == ""


# --- crew ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.STAFF, Role.STOCKER, Role.TECHNICIAN])
def test_crew_is_charged_nothing_and_charges_nobody_else(bench, role):
    bench.say(entered("carl", role=role, group="anna"), entered("anna", T0 + 1))
    bench.say(*by_hand("carl", 1, "0001", T0 + 10), *by_hand("anna", 2, "0002", T0 + 20))
    assert [cart.visit for cart in bench.store.carts()] == ["anna"]
    bench.say(left("carl", T0 + 30), left("anna", T0 + 31))
    bench.pass_time(T0 + 31 + LATER)
    (receipt,) = bench.store.receipts()
    assert (receipt.visit, lines(receipt)) == ("anna", {"0002": 1})
    assert [each.visit for each in bench.store.decisions()] == ["carl", "anna"], (
        "what moved stock stays known"
    )
    assert bench.store.visit("carl").is_crew
    moved = [bench.store._movement(each).cause for each in bench.store.decisions()]
    assert moved == [Cause.STAFF, Cause.SHOPPER]


# --- names that change --------------------------------------------------------------------------------


def test_a_new_name_goes_on_with_the_same_ticket(bench):
    bench.say(entered("1001"), *by_hand("1001", 1, "0001", T0 + 10), continued("1044", "1001", T0 + 20))
    bench.say(*by_hand("1044", 2, "0001", T0 + 30, EventKind.RETURN), *by_hand("1044", 3, "0003", T0 + 40))
    bench.say(continued("1090", "1044", T0 + 50), left("1090", T0 + 60))
    bench.pass_time(T0 + 60 + LATER)
    (receipt,) = bench.store.receipts()
    assert (receipt.visit, lines(receipt), receipt.left_at) == ("1001", {"0003": 1}, T0 + 60)


def test_names_in_a_circle_come_to_an_end(bench):
    bench.say(continued("a", "b", T0 + 5), continued("b", "a", T0 + 5), continued("a", "a", T0 + 6))
    bench.say(entered("a"), left("b", T0 + 30), left("a", T0 + 31))
    bench.pass_time(T0 + 500)
    assert all(visit.left_at is not None for visit in bench.store.visits())


# --- ends that nobody sees ----------------------------------------------------------------------------


def test_nothing_seen_for_long_ends_a_visit_and_says_so(bench):
    bench.say(entered("anna"), *by_hand("anna", 1, "0001", T0 + 10))
    bench.pass_time(T0 + 20)
    bench.pass_time(T0 + 7000)
    assert bench.store.receipts() == ()
    bench.pass_time(T0 + 7500)
    (receipt,) = bench.store.receipts()
    assert (receipt.end, lines(receipt), receipt.needs_review) == (VisitEnd.TIMEOUT, {"0001": 1}, True)
    assert "nobody saw this visit leave" in receipt.doubts[0]
    bench.say(left("anna", T0 + 9000))
    bench.pass_time(T0 + 9000 + LATER)
    (seen,) = bench.store.receipts()
    assert (seen.end, seen.doubts, seen.reason) == (VisitEnd.LEFT, (), CorrectionReason.LATER_EVIDENCE)


def test_who_is_still_seen_is_still_there(bench):
    bench.say(entered("anna"))
    bench.pass_time(T0 + 20)
    bench.say(*frames(SHELF.event(1, t=T0 + 7000), anna=(3.0, -3.0, 1.0)))
    bench.pass_time(T0 + 7500)
    assert bench.store.receipts() == ()
    bench.pass_time(T0 + 15_000)
    assert [receipt.end for receipt in bench.store.receipts()] == [VisitEnd.TIMEOUT]


def test_a_start_waits_before_it_misses_anybody(bench):
    bench.say(entered("anna"))
    assert bench.store.settle(T0 + 100_000) == ()
    (closing,) = bench.store.settle(T0 + 107_200)
    assert closing == ClosingEntry("anna", T0 + 107_200, VisitEnd.TIMEOUT)


def closing(t: float, name: str = "closing-1") -> StoreClosing:
    return StoreClosing(id=name, t=t, by="till")


def test_closing_by_word_ends_all_visits_of_before_it(bench):
    bench.say(entered("anna"), entered("bela", T0 + 50, group="kim"), left("anna", T0 + 60))
    bench.say(closing(T0 + 100), entered("dora", T0 + 110))
    bench.say(entered("carl", T0 + 90), closing(T0 + 100))
    bench.pass_time(T0 + 300)
    ends = {receipt.visit: (receipt.end, receipt.left_at) for receipt in bench.store.receipts()}
    assert ends == {
        "anna": (VisitEnd.LEFT, T0 + 60),
        "kim": (VisitEnd.STORE_CLOSED, T0 + 100),
        "carl": (VisitEnd.STORE_CLOSED, T0 + 100),
    }
    assert [cart.visit for cart in bench.store.carts()] == ["dora"]


def test_a_closing_that_was_taken_back_ends_no_more_visits(bench):
    bench.say(closing(T0 + 100), Retraction(id="retract-1", t=T0 + 101, by="till", statement="closing-1"))
    bench.say(entered("carl", T0 + 90))
    bench.pass_time(T0 + 300)
    assert bench.store.receipts() == ()


def test_closing_by_the_clock(bench):
    bench.say(entered("anna"), entered("bela", T0 + 500))
    for _ in range(2):
        for entry in bench.store.settle(T0 + 600, closed_at=T0 + 400):
            bench.store.apply(entry)
    assert [(each.visit, each.end) for each in bench.store.receipts()] == [("anna", VisitEnd.STORE_CLOSED)]


def test_leaving_without_entering_gives_an_empty_receipt(bench):
    bench.say(left("anna", T0 + 20))
    bench.pass_time(T0 + 20 + LATER)
    (receipt,) = bench.store.receipts()
    assert (receipt.entered_at, receipt.lines, receipt.end) == (None, (), VisitEnd.LEFT)


# --- the first receipt is right -----------------------------------------------------------------------


@pytest.mark.parametrize("settled_between", [False, True])
@pytest.mark.parametrize("tracked", [False, True])
def test_events_that_come_before_their_visit_are_on_its_first_receipt(bench, settled_between, tracked):
    event = SHELF.event(1, "0001", t=T0 + 10)
    bench.say(*(frames(event, anna=WALL["0001"]) if tracked else ()), event)
    if settled_between:
        bench.pass_time(T0 + 40)
    bench.say(entered("anna"), left("anna", T0 + 20))
    bench.pass_time(T0 + 50)
    receipts = [entry.receipt for entry in bench.entries if isinstance(entry, ReceiptEntry)]
    assert [lines(receipt) for receipt in receipts] == [{"0001": 1}]


def test_who_comes_late_to_an_old_judgement_takes_nothing_from_those_whom_tracks_showed(bench):
    bench.say(entered("anna"), *by_hand("anna", 1, "0001", T0 + 10))
    bench.pass_time(T0 + 20)
    far = SHELF.event(2, t=T0 + 2000)
    bench.say(*frames(far, anna=(3.0, -3.0, 1.0)))  # those of before are forgotten
    bench.say(entered("bela", T0 + 5))
    bench.pass_time(T0 + 2100)
    assert [decision.visit for decision in bench.store.decisions()] == ["anna"]
    assert not bench.store.decisions()[0].needs_review


# --- whatever the order -------------------------------------------------------------------------------


def story() -> list:
    """A group, a host with guest, a stocker, and somebody who gets another name."""
    gates = [
        entered("a1", T0, group="a"), entered("a2", T0 + 1, group="a"), left("a1", T0 + 100),
        left("a2", T0 + 140), entered("host", T0 + 2),
        entered("guest", T0 + 3, group="host", role=Role.GUEST),
        left("host", T0 + 150), left("guest", T0 + 149), entered("crew", T0 + 4, role=Role.STOCKER),
        left("crew", T0 + 160), entered("n1", T0 + 5), continued("n2", "n1", T0 + 60), left("n2", T0 + 120),
    ]  # fmt: skip
    acts = [
        ("a1", "0001"), ("guest", "0002"), ("crew", "0003"), ("n1", "0003"), ("a2", "0002"), ("n2", "0001"),
    ]  # fmt: skip
    events = [SHELF.event(seq, sku, t=T0 + 15.0 * seq) for seq, (_, sku) in enumerate(acts, 1)]
    tracks = [frame for event, (who, sku) in zip(events, acts, strict=True)
              for frame in frames(event, **{who: WALL[sku]})]  # fmt: skip
    return [*gates, *events, closing(T0 + 155)], tracks


def outcome(bench: CounterBench) -> dict:
    bench.pass_time(T0 + 400)
    bench.pass_time(T0 + 500)
    return {
        each.visit: (
            each.entered_at,
            each.left_at,
            lines(each),
            each.total_minor,
            each.needs_review,
            each.end,
        )
        for each in bench.store.receipts()
    }


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_order_and_repetition_gives_the_same_receipts(make, data):
    told, tracks = story()
    plain, mixed = make(), make()
    plain.say(*tracks, *sorted(told, key=lambda each: getattr(each, "t", None) or each.t_decided))
    copies = data.draw(st.lists(st.sampled_from(told), max_size=6))
    mixed.say(*tracks, *data.draw(st.permutations([*told, *copies])))
    expected = outcome(plain)
    assert expected.keys() == {"a", "host", "n1"}
    assert outcome(mixed) == expected
    shuffled = data.draw(st.permutations(mixed.entries))
    assert {each.visit: lines(each) for each in mixed.rebuilt(shuffled).receipts()} == {
        visit: found[2] for visit, found in expected.items()
    }


acts = st.lists(st.tuples(st.sampled_from(sorted(WALL)), st.booleans()), max_size=5)


def script(who: str, chosen: list[tuple[str, bool]]) -> list[tuple[str, str, EventKind]]:
    """Picks, and returns of what is held."""
    held: list[str] = []
    found = []
    for sku, back in chosen:
        if back and held:
            found.append((who, held.pop(), EventKind.RETURN))
        else:
            held.append(sku)
            found.append((who, sku, EventKind.PICK))
    return found


def carts_after(bench: CounterBench, told: list[tuple[str, str, EventKind]]) -> dict[str, dict[str, int]]:
    bench.say(entered("anna"), entered("bela"))
    for seq, (who, sku, kind) in enumerate(told, 1):
        bench.say(*by_hand(who, seq, sku, T0 + 10.0 * seq, kind))
    return {cart.visit: lines(cart) for cart in bench.store.carts()}


@settings(max_examples=15, deadline=None)
@given(annas=acts, belas=acts, order=st.randoms(use_true_random=False))
def test_two_visits_never_mix(make, annas, belas, order):
    one, two = script("anna", annas), script("bela", belas)
    turns = ["anna"] * len(one) + ["bela"] * len(two)
    order.shuffle(turns)
    rest = {"anna": iter(one), "bela": iter(two)}
    together = carts_after(make(), [next(rest[who]) for who in turns])
    assert together["anna"] == carts_after(make(), one)["anna"]
    assert together["bela"] == carts_after(make(), two)["bela"]
