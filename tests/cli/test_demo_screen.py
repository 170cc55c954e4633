"""The demo's terminal tells what is believed now: revised events take the place of what was said first."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from edge.broker.connection import Received
from edge.cli.demo.screen import UNCLAIMED_S, DemoScreen
from edge.messages import (
    Cart,
    CartLine,
    Disturbance,
    DisturbanceKind,
    EventKind,
    EvidenceTerms,
    Hypothesis,
    ItemCount,
    PlateDelta,
    ShelfEvent,
)
from edge.payload import encode
from edge.planogram import Catalogue, Sku
from edge.topics import TopicNames


class Terminal:
    """A screen, and what it printed."""

    def __init__(self) -> None:
        self.output = io.StringIO()
        catalogue = Catalogue([Sku(sku="1", name="Yoghurt", weight_g=160.0)])
        self.screen = DemoScreen(Console(file=self.output, width=90), TopicNames("shop"), catalogue)

    def hear(self, topic: str, message: object, now_s: float = 0.0) -> None:
        self.screen.show(Received(f"steelyard/v1/shop/{topic}", encode(message), False), now_s)

    @property
    def lines(self) -> list[str]:
        return self.output.getvalue().splitlines()


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def event(revision: int = 0, delta_g: float = -164.0) -> ShelfEvent:
    return ShelfEvent(
        node="n", boot="b", seq=1, revision=revision, t_onset=10.0, t_settled=10.4, t_decided=10.6,
        kind=EventKind.PICK if delta_g < 0 else EventKind.RETURN, delta_g=delta_g, sigma_g=1.0,
        plates=(PlateDelta("g/1/1", delta_g),),
        hypotheses=(Hypothesis((ItemCount("1", 1),), 0.99, EvidenceTerms()),),
    )  # fmt: skip


WITHDRAWAL = Disturbance(
    node="n", boot="b", seq=1, revision=1, t_onset=10.0, t_settled=10.4, t_decided=11.0,
    kind=DisturbanceKind.TOUCH, plates=(), reason="part of another act",
)  # fmt: skip


def cart_with(taken: ShelfEvent) -> Cart:
    line = CartLine(
        sku="1", name="Yoghurt", quantity=1, probability=0.99, unit_price=0.89,
        events=(str(taken.identity),), confidence="sure",
    )  # fmt: skip
    return Cart(visit="ada", t=11.0, lines=(line,), total=0.89, probability=0.99, needs_review=False)


def test_an_event_is_shown_once_with_its_shopper(terminal: Terminal) -> None:
    terminal.hear("node/n/event", event())
    terminal.hear("cart/ada", cart_with(event()))
    terminal.hear("node/n/event", event())
    terminal.screen.advance(2 * UNCLAIMED_S)
    assert len(terminal.lines) == terminal.screen.events == 1
    assert "ada" in terminal.lines[0]


def test_a_revision_replaces_what_still_waits_for_a_name(terminal: Terminal) -> None:
    terminal.hear("node/n/event", event(delta_g=25.0))
    terminal.hear("node/n/event", event(revision=1))
    terminal.hear("cart/ada", cart_with(event()))
    terminal.screen.advance(2 * UNCLAIMED_S)
    (line,) = terminal.lines
    assert "ada" in line
    assert "takes" in line


def test_a_revision_of_what_was_shown_is_shown_as_one(terminal: Terminal) -> None:
    terminal.hear("node/n/event", event(delta_g=-190.0))
    terminal.hear("cart/ada", cart_with(event()))
    terminal.hear("node/n/event", event(revision=1))
    terminal.hear("node/n/event", event(delta_g=-190.0))  # repeated, and late
    first, second = terminal.lines
    assert "190 g" in first
    assert "164 g" in second
    assert second.endswith("corrected")
    assert terminal.screen.events == 1


def test_a_withdrawn_event_is_taken_back_or_never_shown(terminal: Terminal) -> None:
    terminal.hear("node/n/event", event())
    terminal.hear("node/n/event", WITHDRAWAL)
    terminal.screen.advance(2 * UNCLAIMED_S)
    assert terminal.lines == []

    shown = Terminal()
    shown.hear("node/n/event", event())
    shown.hear("cart/ada", cart_with(event()))
    shown.hear("node/n/event", WITHDRAWAL)
    assert shown.lines[1].endswith("withdrawn")
    assert shown.screen.events == 0
