"""Calm is told from motion, whatever the light does."""

from __future__ import annotations

import pytest
from drawn_shelf import draw

from edge.samples import NS_PER_S
from edge.vision.hand_gate import HandGate
from edge.vision.thumbnail import thumbnail

FULL = [11, 12, 13, 14, 15, 16]
PERIOD_NS = NS_PER_S // 5


def test_a_still_shelf_becomes_calm_after_calm_s() -> None:
    gate = HandGate(0.4)
    calm = [gate.update(thumbnail(draw(FULL, noise=n)), n * PERIOD_NS) for n in range(5)]
    assert calm == [False, False, True, True, True]


def test_a_hand_ends_the_calm_and_it_comes_back() -> None:
    gate = HandGate(0.4)
    hands = [None, None, None, 0.3, 0.35, 0.5, None, None, None, None]
    calm = [
        gate.update(thumbnail(draw(FULL, noise=n, hand_at=hand)), n * PERIOD_NS)
        for n, hand in enumerate(hands)
    ]
    assert calm == [False, False, True, False, False, False, False, False, True, True]


@pytest.mark.parametrize("gain", [0.8, 1.05, 1.15])
def test_a_change_of_light_is_no_hand(gain: float) -> None:
    gate = HandGate(0.0)
    gate.update(thumbnail(draw([None] * 6, noise=1)), 0)
    assert gate.update(thumbnail(draw([None] * 6, noise=2, gain=gain)), PERIOD_NS)


def test_another_size_begins_anew() -> None:
    gate = HandGate(0.0)
    picture = draw(FULL)
    pictures = (picture, picture, picture[:200], picture[:200])
    assert [gate.update(thumbnail(each), n) for n, each in enumerate(pictures)] == [False, True, False, True]


def test_reset_is_as_good_as_new() -> None:
    gate = HandGate(0.0)
    gate.update(thumbnail(draw(FULL)), 0)
    gate.reset()
    assert not gate.update(thumbnail(draw(FULL)), PERIOD_NS)
