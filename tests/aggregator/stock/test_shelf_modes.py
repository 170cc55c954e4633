"""Modes in time: begun, ended, forgotten, in any order of words."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from shelf_goods import begun, ended
from small_store import T0

from edge.aggregator.stock.modes import AFTER_S, Modes
from edge.errors import MessageError
from edge.messages import ModeBegun, ShelfMode
from edge.payload import decode, encode


def told(*statements) -> Modes:
    modes = Modes()
    for statement in statements:
        modes.say(statement, stands=True)
    return modes


def test_a_mode_holds_its_place_and_time():
    modes = told(begun(), ended(T0 + 60))
    assert modes.at(("wall/1/2",), T0 + 59) == modes.get("mode-one")
    assert modes.at(("wall/2/1", "wall/1/4"), T0 + 59) is not None  # a change that reaches in
    assert modes.at(("wall/2/1",), T0 + 59) is None
    assert modes.at(("wall/10/1",), T0 + 59) is None  # another shelf whose name begins alike
    assert modes.at(("wall/1/2",), T0 - 1) is None
    assert modes.at(("wall/1/2",), T0 + 60 + AFTER_S / 2) is not None
    assert modes.at(("wall/1/2",), T0 + 60 + AFTER_S) is None


@pytest.mark.parametrize("place", ["", "wall", "wall/1"])
def test_places_of_every_size(place):
    assert told(begun(place=place)).at(("wall/1/1",), T0 + 1) is not None


def test_a_forgotten_mode_ends_itself_and_stays_an_alert_until_somebody_ends_it():
    modes = told(begun(seconds=600))
    assert [each.is_running(T0 + 599) for each in modes.open(T0 + 599)] == [True]
    assert [each.is_forgotten(T0 + 601) for each in modes.open(T0 + 601)] == [True]
    assert modes.at(("wall/1/1",), T0 + 600) is None
    modes.say(ended(T0 + 5000), stands=True)
    assert modes.open(T0 + 5001) == ()
    assert modes.get("mode-one").until_s == T0 + 600  # what moved meanwhile stays charged


def test_ended_twice_the_first_word_counts_and_words_before_the_begin_do_not():
    modes = told(begun(), ended(T0 + 90), ended(T0 + 60), ended(T0 - 5))
    assert modes.get("mode-one").until_s == T0 + 60


def test_any_order_gives_the_same_periods():
    words = [begun(), ended(T0 + 60), begun(T0 + 100, name="mode-two", place=""), ended(T0 + 130, "mode-two")]
    expected = told(*words).periods()
    assert len(expected) == 2
    for order in itertools.permutations(words):
        assert told(*order, order[0]).periods() == expected


def test_what_is_taken_back_never_was():
    modes = told(begun(), ended(T0 + 60))
    modes.say(ended(T0 + 60), stands=False)
    assert modes.get("mode-one").until_s == T0 + 1800
    modes.say(begun(), stands=False)
    assert modes.periods() == ()


@pytest.mark.parametrize(
    "field",
    [{"seconds": 5.0}, {"seconds": 1e9}, {"place": "a/b/c"}, {"place": "../etc"[:0] + "x y"}, {"by": ""}],
)
def test_absurd_modes_are_refused(field):
    payload = encode(msgspec.structs.replace(begun(), **field))
    with pytest.raises(MessageError):
        decode(payload, ModeBegun, source="counter")


def test_all_kinds_are_read_back():
    for kind in ShelfMode:
        assert decode(encode(begun(mode=kind)), ModeBegun, source="counter").mode is kind
