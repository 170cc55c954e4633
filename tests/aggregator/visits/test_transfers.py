"""What changes hands by the word of both sides moves on the tickets, and back with what takes it back."""

from __future__ import annotations

import pytest
from counter_bench import LATER, CounterBench
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import CATALOGUE, PLANOGRAM, T0, Shelf
from store_story import WALL, frames

from edge.messages import EventKind, Retraction, TrackFrame, Transfer, TransferSide
from edge.planogram import load_catalogue, load_planogram

SHELF = Shelf()


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
    """Anna has taken a bottle of water, and Bela is there."""
    bench = make()
    bench.say(SHELF.entered("anna"), SHELF.entered("bela", T0 + 1), *act("anna", 1, "0001", T0 + 10))
    return bench


def act(who: str, seq: int, sku: str, t: float, kind: EventKind = EventKind.PICK) -> tuple:
    event = SHELF.event(seq, sku, kind=kind, t=t)
    return (*frames(event, **{who: WALL[sku]}), event)


def said(side: TransferSide, t: float = T0 + 20, name: str = "water-anna-bela", **more) -> Transfer:
    goods = {"from_visit": "anna", "to_visit": "bela", "sku": "0001"} | more
    return Transfer(id=f"{name}-{side.value}", t=t, by="shopper", transfer=name, side=side, **goods)


def carts(bench: CounterBench) -> dict[str, dict[str, int]]:
    return {cart.visit: {line.sku: line.quantity for line in cart.lines} for cart in bench.store.carts()}


GIVER, TAKER, STAFF = TransferSide.GIVER, TransferSide.TAKER, TransferSide.STAFF
PICKED, HANDED = {"anna": {"0001": 1}, "bela": {}}, {"anna": {}, "bela": {"0001": 1}}


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((GIVER,), PICKED), ((TAKER,), PICKED), ((GIVER, TAKER), HANDED), ((TAKER, GIVER), HANDED),
        ((STAFF,), HANDED),
    ],
)  # fmt: skip
def test_goods_move_when_both_say_so_or_staff_does(bench, sides, expected):
    bench.say(*(said(side) for side in sides))
    assert carts(bench) == expected


def test_sides_that_say_something_else_have_not_agreed(bench):
    bench.say(said(GIVER), said(TAKER, quantity=2))
    assert carts(bench) == PICKED


def test_the_taker_puts_back_what_was_handed_over(bench):
    bench.say(said(STAFF), *act("bela", 2, "0001", T0 + 30, EventKind.RETURN))
    assert carts(bench) == {"anna": {}, "bela": {}}


def test_a_word_taken_back_moves_it_back(bench):
    bench.say(said(GIVER), said(TAKER))
    bench.say(Retraction(id="never-mind", t=T0 + 25, by="shopper", statement="water-anna-bela-taker"))
    assert carts(bench) == PICKED


def test_receipts_of_both_are_corrected_by_a_word_that_comes_late(bench):
    bench.say(SHELF.left("anna", T0 + 40), SHELF.left("bela", T0 + 41))
    bench.pass_time(T0 + 41 + LATER)
    bench.say(said(STAFF))
    bench.pass_time(T0 + 41 + 2 * LATER)
    charged = {each.visit: [line.sku for line in each.lines] for each in bench.store.receipts()}
    assert charged == {"anna": [], "bela": ["0001"]}
    assert bench.store.receipts()[1].total_minor == 150


def test_what_was_not_there_is_in_doubt_and_nothing_comes_of_nothing(bench):
    bench.say(said(STAFF, sku="0003"))
    assert carts(bench) == PICKED


@settings(max_examples=10, deadline=None)
@given(order=st.randoms(use_true_random=False))
def test_any_order_gives_the_same(make, order):
    bench, mixed = make(), make()
    told = [SHELF.entered("anna"), SHELF.entered("bela", T0 + 1), said(GIVER), said(TAKER), said(GIVER)]
    acts = [*act("anna", 1, "0001", T0 + 10), *act("bela", 2, "0001", T0 + 30, EventKind.RETURN)]
    acts += act("bela", 3, "0002", T0 + 40)
    bench.say(*told[:2], *acts, *told[2:])
    everything = [each for each in (*acts, *told) if not isinstance(each, TrackFrame)]
    order.shuffle(everything)
    mixed.say(*(each for each in acts if isinstance(each, TrackFrame)), *everything)
    for each in (bench, mixed):
        each.pass_time(T0 + 300)
    assert carts(mixed) == carts(bench) == {"anna": {}, "bela": {"0002": 1}}
    assert mixed.rebuilt(mixed.entries).carts() == mixed.store.carts()
