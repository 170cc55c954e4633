"""Stock and modes through the writer: messages in, retained stock out, the same in any order."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shelf_goods import CHOCOLATE, OIL, WATER, begun, counted, ended
from small_store import CATALOGUE, PLANOGRAM, T0, Shelf
from store_story import WALL, frames
from writer_bench import NAMES, Bench

from edge.broker.connection import Received
from edge.messages import (
    Disturbance,
    DisturbanceKind,
    EventKind,
    ItemCount,
    ReceiptStatus,
    Retraction,
    Role,
    ShelfMode,
    ShelfStock,
    StockState,
)
from edge.payload import encode
from edge.planogram import load_catalogue, load_planogram
from edge.topics import COUNTER, GATE, NODE_EVENT, SHELF_STOCK, STOCK, TRACK

SHELF = Shelf("n1")
RETURN = EventKind.RETURN


def make_bench(folder: Path) -> Bench:
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    catalogue = load_catalogue(folder / "catalogue.yaml")
    return Bench(folder, catalogue, load_planogram(folder / "planogram.yaml", catalogue))


@pytest.fixture
def shop(tmp_path) -> Bench:
    return make_bench(tmp_path)


def say(bench: Bench, *statements) -> None:
    for statement in statements:
        bench.say(COUNTER, statement)


def happen(bench: Bench, *events) -> None:
    for event in events:
        bench.say(NODE_EVENT, event, node=event.node)


def told(bench: Bench, t: float) -> tuple[StockState, dict[tuple[str, str], object]]:
    """The stock as published at a time, and its facings by name."""
    bench.clock.utc = t
    bench.writer.settle()
    view = bench.writer.view(broker_connected=True).stock
    published = [each for each in bench.of(STOCK) if each is not None]
    assert published[-1] == view.state
    shelves = {each.shelf: each for each in bench.of(SHELF_STOCK, ShelfStock) if each is not None}
    assert tuple(shelves.values()) == view.shelves
    return view.state, {(row.plates[0], row.sku): row for shelf in view.shelves for row in shelf.facings}


def offline(seq: int, plate: str, delta_g: float, t: float) -> Disturbance:
    return Disturbance(
        node="n1", boot="b1", seq=seq, kind=DisturbanceKind.OFFLINE_CHANGE, plates=(plate,), delta_g=delta_g,
        t_onset=t, t_settled=t + 60, t_decided=t + 61,
    )  # fmt: skip


def test_counted_less_what_a_shopper_took(shop):
    say(shop, counted(12, T0, WATER), counted(2, T0, CHOCOLATE))
    shop.say(GATE, SHELF.entered("anna", T0 + 1))
    happen(shop, SHELF.event(1, "0001", quantity=2, t=T0 + 5), SHELF.event(2, "0002", t=T0 + 9),
           SHELF.event(3, "0001", kind=RETURN, t=T0 + 12))  # fmt: skip
    state, facings = told(shop, T0 + 30)
    assert (facings[WATER].units, facings[CHOCOLATE].units) == (11, 1)
    assert facings[OIL].units is None
    assert [row.sku for row in state.low] == ["0002"]
    assert state.out_of_stock == ()


def test_a_crate_in_restock_mode_is_counted_by_its_weight_and_summed_up(shop):
    say(shop, counted(0, T0, WATER), begun(T0 + 10))
    state, facings = told(shop, T0 + 11)
    assert [(row.place, row.by, row.forgotten) for row in state.modes] == [("wall/1", "mia", False)]
    assert [row.sku for row in state.out_of_stock] == ["0001"]
    happen(shop, SHELF.event(1, "0001", quantity=12, kind=RETURN, t=T0 + 20))
    say(shop, ended(T0 + 60))
    state, facings = told(shop, T0 + 100)
    assert facings[WATER].units == 12
    assert facings[WATER].probability > 0.95
    assert state.modes == state.out_of_stock == ()
    (summary,) = state.summaries
    assert (summary.came, summary.left) == ((ItemCount("0001", 12),), ())


def test_a_stocker_who_came_as_one_brings_a_crate_without_a_mode(shop):
    say(shop, counted(0, T0, WATER))
    shop.say(GATE, msgspec.structs.replace(SHELF.entered("v7", T0 + 1), role=Role.STOCKER))
    crate = SHELF.event(1, "0001", quantity=12, kind=RETURN, t=T0 + 20)
    for frame in frames(crate, v7=WALL["0001"]):
        shop.say(TRACK, frame)
    happen(shop, crate)
    _, facings = told(shop, T0 + 100)
    assert facings[WATER].units == 12
    assert shop.writer.view(broker_connected=True).carts == ()


def test_a_forgotten_mode_ends_itself_with_an_alert(shop):
    say(shop, begun(T0, seconds=600))
    (mode,) = told(shop, T0 + 700)[0].modes
    assert (mode.forgotten, mode.until) == (True, T0 + 600)
    say(shop, ended(T0 + 800))
    assert told(shop, T0 + 801)[0].modes == ()


def take_beside_staff(bench: Bench, mode_first: bool) -> None:
    """Anna's hand takes water while the shelf is in restock mode."""
    pick = SHELF.event(1, "0001", t=T0 + 20)
    if mode_first:
        say(bench, begun(T0 + 10))
    bench.say(GATE, SHELF.entered("anna", T0 + 1))
    for frame in frames(pick, anna=WALL["0001"]):
        bench.say(TRACK, frame)
    happen(bench, pick)
    if not mode_first:
        say(bench, begun(T0 + 10))
    bench.say(GATE, SHELF.left("anna", T0 + 40))


@pytest.mark.parametrize("mode_first", [True, False])
def test_what_a_shopper_takes_in_a_mode_is_a_question_and_no_charge(shop, mode_first):
    take_beside_staff(shop, mode_first)
    _, facings = told(shop, T0 + 100)
    (receipt,) = shop.writer.view(broker_connected=True).receipts
    assert receipt.status is ReceiptStatus.QUESTION_OPEN
    assert receipt.lines == ()
    assert facings[WATER].taken == 1  # the unit is gone all the same


def test_a_mode_taken_back_charges_again(shop):
    take_beside_staff(shop, mode_first=True)
    say(shop, Retraction(id="take-back-1", t=T0 + 50, by="mia", statement="mode-one"))
    told(shop, T0 + 100)
    (receipt,) = shop.writer.view(broker_connected=True).receipts
    assert [line.sku for line in receipt.lines] == ["0001"]


def test_misplaced_goods_are_listed_until_somebody_takes_or_tidies_them(shop):
    shop.say(GATE, SHELF.entered("anna", T0 + 1))
    happen(shop, SHELF.event(1, "0002", t=T0 + 5),
           SHELF.event(2, "0002", kind=RETURN, plates=["wall/2/1"], t=T0 + 20))  # fmt: skip
    ((lying,), _) = told(shop, T0 + 30)[0].misplaced, None
    assert (lying.sku, lying.plates, lying.units) == ("0002", ("wall/2/1",), 1)
    assert lying.probability > 0.9
    say(shop, counted(0, T0 + 40, ("wall/2/1", "0002")))
    assert told(shop, T0 + 50)[0].misplaced == ()


def test_what_changed_while_the_node_was_off(shop):
    say(shop, counted(5, T0, WATER))
    happen(shop, offline(1, "wall/1/1", -360.0, T0 + 10), offline(2, "wall/1/2", -242.0, T0 + 10))
    assert told(shop, T0 + 200)[1][WATER].units == 4  # one unit stood on both plates


def test_bad_statements_are_refused_and_disturb_nothing(shop):
    say(shop, counted(3, T0, WATER), counted(3, T0 + 1, ("wall/9/1", "0001")),
        counted(3, T0 + 1, ("wall/1/1", "<b>")),
        begun(T0 + 2, place="moon", name="mode-moon"), ended(T0 + 3, "mode-nobody-knows"))  # fmt: skip
    absurd = msgspec.structs.replace(counted(3, T0 + 4, WATER), units=-4)
    shop.writer.receive(NAMES.of(COUNTER), encode(absurd))
    state, facings = told(shop, T0 + 10)
    assert facings[WATER].units == 3
    assert state.modes == ()
    reasons = {row.reason.value for row in shop.writer.view(broker_connected=True).refusals}
    assert reasons == {"unknown facing", "unknown gondola or shelf", "unreadable payload"}


def day() -> list[Received]:
    facts = [
        SHELF.event(1, "0001", t=T0 + 20), SHELF.event(2, "0001", quantity=6, kind=RETURN, t=T0 + 120),
        SHELF.event(3, "0002", t=T0 + 130),
        SHELF.event(4, "0003", kind=RETURN, plates=["wall/1/4"], t=T0 + 140),
        offline(5, "wall/2/1", -1100.0, T0 + 150), SHELF.event(6, "0002", quantity=2, revision=1, t=T0 + 131),
    ]  # fmt: skip
    words = [
        counted(9, T0, WATER), counted(4, T0, CHOCOLATE), counted(3, T0 + 1, OIL),
        counted(13, T0 + 300, WATER),
        begun(T0 + 100), ended(T0 + 125), begun(T0 + 135, mode=ShelfMode.CLEAN, place="", name="mode-two"),
    ]  # fmt: skip
    gates = [SHELF.entered("anna", T0 + 10), SHELF.left("anna", T0 + 60)]
    return [
        *(Received(NAMES.of(NODE_EVENT, node="n1"), encode(fact), retained=False) for fact in facts),
        *(Received(NAMES.of(COUNTER), encode(word), retained=False) for word in words),
        *(Received(NAMES.of(GATE), encode(gate), retained=False) for gate in gates),
    ]


def outcome(bench: Bench) -> tuple[bytes, ...]:
    bench.clock.utc = T0 + 5000
    for _ in range(3):
        bench.writer.settle()
    state, facings = told(bench, T0 + 5002)
    bench.writer.close()
    return encode(state), encode(list(facings.values()))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_delivery_and_any_restart_give_the_same_stock(tmp_path_factory, data):
    plain = make_bench(tmp_path_factory.mktemp("plain"))
    plain.writer.receive_all(day())
    expected = outcome(plain)
    assert b'"units":13' in expected[1]
    delivered = data.draw(st.permutations([*day(), *data.draw(st.lists(st.sampled_from(day()), max_size=6))]))
    bench = make_bench(tmp_path_factory.mktemp("any"))
    for message in delivered:
        bench.writer.receive_all([message])
        if data.draw(st.integers(0, 5)) == 0:
            bench.restart()
    assert outcome(bench) == expected
    bench.restart()
    assert outcome(bench) == expected
