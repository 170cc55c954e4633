"""What the link around a dialogue adds: who it is, why there is nothing, types."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from firmware_bridge.drivers.dialogue import Unit
from firmware_bridge.drivers.hx711_text import Hx711Text
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus, Samples, ScaleSamples
from firmware_bridge.drivers.mt_sics import MtSics
from firmware_bridge.drivers.scale_link import ScaleLink
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.simulated_scales import Device, DeviceLine, MtSicsScale, TextSketch

pytestmark = pytest.mark.slow

News = list[Samples | BoardStatus]


class Desk:
    """A port, and what stands behind it."""

    def __init__(self, folder: Path) -> None:
        self.port = folder / "scale"
        self.lines: list[DeviceLine] = []
        self.links: list[ScaleLink] = []

    def put(self, device: Device) -> DeviceLine:
        line = DeviceLine(device, self.port)
        line.plug_in()
        self.lines.append(line)
        return line

    def open(self, dialogue: Hx711Text | MtSics, expected_id: str = "") -> ScaleLink:
        link = ScaleLink(dialogue, port=str(self.port), expected_id=expected_id, clock=time.monotonic_ns)
        self.links.append(link)
        return link

    def poll_until(self, link: ScaleLink, done: Callable[[News], bool]) -> News:
        news: News = []
        deadline_s = time.monotonic() + 20
        while not done(news):
            assert time.monotonic() < deadline_s, f"{news[-3:]}, {link.status}"
            time.sleep(0.02)
            news += link.poll()
        return news


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    for link in desk.links:
        link.close()
    for line in desk.lines:
        line.close()


def blocks(news: News) -> list[Samples]:
    return [each for each in news if not isinstance(each, BoardStatus)]


def test_another_scale_on_the_same_wire_is_refused(desk: Desk) -> None:
    """Even where the adapter stays plugged in: a scale that fell silent is asked its name again."""

    class Exchange:
        """One of two scales, as the cable is put."""

        def __init__(self) -> None:
            self.scales = [MtSicsScale(lambda _: "S 1.000 kg", serial_number=name) for name in ("A", "B")]
            self.now = 0

        def receive(self, data: bytes) -> bytes:
            return self.scales[self.now].receive(data)

        def advance(self, mono_ns: int) -> bytes:
            return [scale.advance(mono_ns) for scale in self.scales][self.now]

    exchange = Exchange()
    exchange.scales[1].receive(b"SIR\r\n")  # somebody else has set it going
    line = desk.put(exchange)
    link = desk.open(MtSics(), expected_id="A")
    news = desk.poll_until(link, lambda news: len(blocks(news)) > 3)
    assert {block.board_id for block in blocks(news)} == {"A"}
    line.silent = True
    exchange.now = 1
    desk.poll_until(link, lambda _: link.status.fault is LinkFault.NO_SAMPLES)
    line.silent = False
    news = desk.poll_until(link, lambda _: link.status.fault is LinkFault.WRONG_BOARD)
    assert blocks(news) == []
    assert "found B, expected A" in link.status.detail
    exchange.now = 0
    line.silent = True
    time.sleep(3.5)
    line.silent = False
    desk.poll_until(link, lambda news: len(blocks(news)) > 3)
    assert link.status.state is LinkState.CONNECTED


def test_a_scale_that_does_not_say_who_it_is_cannot_be_expected(desk: Desk) -> None:
    desk.put(TextSketch(lambda _: "S S  1.000 kg"))
    link = desk.open(MtSics(), expected_id="A")
    (told,) = desk.poll_until(link, bool)
    assert isinstance(told, BoardStatus)
    assert told.fault is LinkFault.WRONG_BOARD
    assert "does not tell its serial number" in told.detail


def test_what_cannot_be_understood_is_quoted(desk: Desk) -> None:
    desk.put(TextSketch(lambda _: "weight 12 of 99"))
    link = desk.open(Hx711Text(channels=1))
    (told,) = desk.poll_until(link, bool)
    assert isinstance(told, BoardStatus)
    assert (told.state, told.fault) == (LinkState.STALE, LinkFault.UNINTELLIGIBLE)
    assert "'weight 12 of 99': 2 numbers, expected 1" in told.detail


def test_nobody_there(desk: Desk) -> None:
    desk.put(MtSicsScale(lambda _: "S 1.000 kg")).silent = True
    link = desk.open(MtSics())
    (told,) = desk.poll_until(link, bool)
    assert isinstance(told, BoardStatus)
    assert (told.state, told.fault) == (LinkState.DISCONNECTED, LinkFault.NO_IDENTITY)


def test_counts_and_weights_have_types_of_their_own(desk: Desk) -> None:
    desk.put(TextSketch(lambda k: f"{k % 2}, -8388608", rate_hz=20.0))
    link = desk.open(Hx711Text(channels=2))
    block = blocks(desk.poll_until(link, lambda news: bool(blocks(news))))[0]
    assert isinstance(block, BoardSamples)
    assert block.counts.dtype == np.int32
    link.close()
    desk.lines[0].close()
    desk.put(MtSicsScale(lambda k: ("S 1.000 kg", "D 1.002 kg", "+", "-")[k % 4], rate_hz=20.0))
    scale = desk.open(MtSics())
    weights = blocks(desk.poll_until(scale, lambda news: len(blocks(news)) > 8))
    assert all(isinstance(each, ScaleSamples) for each in weights)
    grams = np.concatenate([each.grams for each in weights if isinstance(each, ScaleSamples)])
    stable = np.concatenate([each.stable for each in weights if isinstance(each, ScaleSamples)])
    assert set(grams[:, 0]) == {1000.0, 1002.0, np.inf, -np.inf}
    np.testing.assert_array_equal(stable, grams[:, 0] == 1000.0)


def test_a_sketch_in_kilograms_is_read_in_grams(desk: Desk) -> None:
    desk.put(TextSketch(lambda _: "Reading: 0.612 kg", rate_hz=20.0))
    link = desk.open(Hx711Text(channels=1, unit=Unit.KG))
    block = blocks(desk.poll_until(link, lambda news: bool(blocks(news))))[0]
    assert isinstance(block, ScaleSamples)
    assert block.grams[0, 0] == pytest.approx(612.0)
