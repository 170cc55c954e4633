"""A beam against the accounts that it stands for, written out one by one."""

from __future__ import annotations

import math
import pickle

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aggregator.carts.account import Account, Choice, Holding, Resting, Sighting, Thing
from edge.aggregator.carts.beam import EMPTY_STORE, Beam, Column, Table
from edge.aggregator.carts.contents import agreed, contents_of, findings_of, sightings_of
from edge.messages import EventIdentity, ItemCount

EVENTS = [EventIdentity("n1", "b1", seq) for seq in (1, 2, 3)]
VISITS = ["anna", "bela"]
BOTTLE, BOX = Thing("0001", 600.0, 0.5), Thing("0002", 100.0, 0.5)


def column(values, accounts):
    """Any of ``values`` for each account."""
    numbers = st.lists(st.integers(0, len(values) - 1), min_size=accounts, max_size=accounts)
    return numbers.map(lambda each: Column(tuple(values), np.array(each, np.int16)))


@st.composite
def beams(draw) -> Beam:
    accounts = draw(st.integers(1, 6))
    held, choices, seen = Table.empty(accounts), Table.empty(accounts), Table.empty(accounts)
    for visit in VISITS:
        held = held.put(visit, draw(column([(), (BOTTLE,), (BOTTLE, BOX)], accounts)))
    for event in EVENTS:
        items = [(ItemCount("0001", 1),), ()]
        said = [Choice(event, each, visit) for each in items for visit in ("anna", None)]
        choices = choices.put(event, draw(column(said, accounts)))
    sighting = Sighting(EVENTS[0], ("wall/1/1",), "0001", "wall", planned=True)
    seen = seen.put(EVENTS[0], draw(column([(), (sighting,)], accounts)))
    weights = draw(st.lists(st.floats(-9.0, 0.0), min_size=accounts, max_size=accounts))
    return Beam(
        np.array(weights),
        held,
        draw(column([(), (Resting(("wall/1/2",), BOX),)], accounts)),
        draw(column([(), ((5.0, "anna", "l_wrist"),), ((9.0, "anna", "l_wrist"),)], accounts)),
        choices,
        seen,
    )


def written_out(accounts: list[Account]) -> dict[Account, float]:
    """Mass of each different account."""
    mass: dict[Account, float] = {}
    for account in accounts:
        parts = msgspec.structs.replace(account, log_weight=0.0)
        mass[parts] = mass.get(parts, 0.0) + math.exp(account.log_weight)
    total = math.fsum(mass.values())
    return {parts: each / total for parts, each in mass.items()}


def same(beam: Beam, expected: list[Account]) -> None:
    assert written_out(list(beam)) == pytest.approx(written_out(expected))
    assert len(written_out(list(beam))) == len(beam), "no account twice"
    weights = beam.log_weights.tolist()
    assert weights == sorted(weights, reverse=True)
    assert math.fsum(beam.weights) == pytest.approx(1.0)


@given(beams())
def test_merging_adds_up_equal_accounts(beam):
    same(beam.merged(), list(beam))


@given(beams())
def test_what_hands_did_is_forgotten(beam):
    beam = beam.merged()
    expected = [
        msgspec.structs.replace(each, busy=tuple(one for one in each.busy if one[0] > 6.0)) for each in beam
    ]
    same(beam.rested(9.5, 3.0), expected)


@given(beams(), st.sets(st.sampled_from(EVENTS)))
def test_events_are_forgotten(beam, events):
    expected = [
        msgspec.structs.replace(
            each,
            choices=tuple(choice for choice in each.choices if choice.event not in events),
            seen=tuple(sighting for sighting in each.seen if sighting.event not in events),
        )
        for each in beam
    ]
    same(beam.without_events(events), expected)


@given(beams())
def test_visits_are_forgotten(beam):
    expected = [
        msgspec.structs.replace(each, held=tuple(one for one in each.held if one.visit != "anna"))
        for each in beam
    ]
    same(beam.without_visits({"anna", "nobody"}), expected)


@given(beams())
def test_it_is_read_like_its_accounts(beam):
    beam = beam.merged()
    accounts, weights = list(beam), beam.weights
    for event, (choice, probability) in findings_of(beam).items():
        mass = math.fsum(w for each, w in zip(accounts, weights, strict=True) if choice in each.choices)
        assert choice.event == event
        assert probability == pytest.approx(mass)
    for visit, contents in contents_of(beam).items():
        content, probability = contents.best()
        things = [sum((one.things for one in each.held if one.visit == visit), ()) for each in accounts]
        skus = tuple(sorted(thing.sku for thing in (BOTTLE, BOX)[: len(content)]))
        mass = math.fsum(
            w for each, w in zip(things, weights, strict=True) if tuple(sorted(t.sku for t in each)) == skus
        )
        assert probability == pytest.approx(mass)
    seen = math.fsum(w for each, w in zip(accounts, weights, strict=True) if each.seen)
    assert math.fsum(sightings_of(beam, EVENTS).values()) == pytest.approx(seen)
    everywhere = set.intersection(*(set(each.choices) for each in accounts))
    assert set(agreed(beam)) == everywhere


@given(beams())
def test_a_snapshot_holds_it(beam):
    again = pickle.loads(pickle.dumps(beam))
    assert list(again) == list(beam)
    assert list(again.merged()) == list(beam.merged())


def test_a_change_is_asked_once_for_each_value_and_deed():
    asked = []

    def change(value: str, deed: int) -> str:
        asked.append((value, deed))
        return value if deed == 0 else "c"

    before = Column(("a", "b", "gone"), np.array([0, 1, 0, 0, 1], np.int16))
    after = before.changed(np.array([0, 0, 1, 1, 1]), change)
    assert [after.values[number] for number in after.numbers] == ["a", "b", "c", "c", "c"]
    assert sorted(asked) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert sorted(after.values) == ["a", "b", "c"], "equal values have one number"


def test_the_empty_store_is_one_account_of_nothing():
    assert list(EMPTY_STORE) == [Account()]
    assert contents_of(EMPTY_STORE) == {}
    assert findings_of(EMPTY_STORE) == {}


def test_an_account_is_given_in_full():
    held = Table.empty(1).put("bela", Column.same((BOX,), 1)).put("anna", Column.same((BOTTLE,), 1))
    account = Beam(np.zeros(1), held, EMPTY_STORE.resting, EMPTY_STORE.busy, Table.empty(1), Table.empty(1))[
        0
    ]
    assert account.held == (Holding("anna", (BOTTLE,)), Holding("bela", (BOX,)))
