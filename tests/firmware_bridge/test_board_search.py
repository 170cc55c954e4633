"""Boards that are known by their id alone, found among the ports that are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from board_process import poll_until
from driver_cases import BoardDevice

from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus
from firmware_bridge.errors import BoardIdError
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.simulated_board import SimulatedBoard
from firmware_bridge.simulated_scales import Device, DeviceLine, TextSketch

pytestmark = pytest.mark.slow

LEFT, RIGHT, OTHER = "00000000000000aa", "00000000000000bb", "00000000000000cc"


def board(board_id: str) -> Device:
    """Its counts tell which board it is."""
    return BoardDevice(SimulatedBoard(bytes.fromhex(board_id), lambda _: [int(board_id, 16)] * 4))


class Sockets:
    """Ports by name, and what is plugged into each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pattern = str(folder / "ttyUSB*")
        self.lines: list[DeviceLine] = []
        self.bridges: list[Bridge] = []

    def plug(self, name: str, device: Device) -> DeviceLine:
        line = DeviceLine(device, self.folder / name)
        line.plug_in()
        self.lines.append(line)
        return line

    def open(self, board_id: str, port: str = "") -> Bridge:
        self.bridges.append(
            Bridge(port=port or self.pattern, expected_board_id=board_id, clock=time.monotonic_ns)
        )
        return self.bridges[-1]


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Sockets]:
    sockets = Sockets(tmp_path)
    yield sockets
    for bridge in sockets.bridges:
        bridge.close()
    for line in sockets.lines:
        line.close()


def samples(results: list[BoardSamples | BoardStatus]) -> list[BoardSamples]:
    return [result for result in results if isinstance(result, BoardSamples)]


def some(results: list[BoardSamples | BoardStatus]) -> bool:
    return len(samples(results)) >= 3


def heard(board_id: str) -> Callable[[BoardSamples], bool]:
    return lambda block: block.board_id == board_id and bool((block.counts == int(board_id, 16)).all())


def test_each_board_is_found_and_they_never_swap_however_they_are_plugged_in(sockets: Sockets) -> None:
    first, second = sockets.plug("ttyUSB0", board(LEFT)), sockets.plug("ttyUSB1", board(RIGHT))
    right, left = sockets.open(RIGHT), sockets.open(LEFT)
    assert all(map(heard(RIGHT), samples(poll_both(right, left))))
    assert all(map(heard(LEFT), samples(poll_until(left, some))))
    for line in (first, second):
        line.unplug()
    poll_until(left, lambda _: left.status.fault is LinkFault.UNPLUGGED)
    poll_until(right, lambda _: right.status.fault is LinkFault.UNPLUGGED)
    for line in (first, second):
        line.close()
    sockets.lines = []
    sockets.plug("ttyUSB1", board(LEFT)), sockets.plug("ttyUSB0", board(RIGHT))
    again = samples(poll_both(left, right))
    assert all(map(heard(LEFT), again))
    assert all(map(heard(RIGHT), samples(poll_until(right, some))))


def poll_both(one: Bridge, other: Bridge) -> list[BoardSamples | BoardStatus]:
    """Poll both until the first has samples and the other is connected; what the first said."""

    def done(results: list[BoardSamples | BoardStatus]) -> bool:
        other.poll()
        return some(results) and other.status.state is LinkState.CONNECTED

    return poll_until(one, done)


def test_a_board_is_found_behind_devices_that_are_none(sockets: Sockets) -> None:
    sockets.plug("ttyUSB0", TextSketch(lambda _: "12345"))
    sockets.plug("ttyUSB1", board(OTHER))
    bridge = sockets.open(LEFT)
    told = poll_until(bridge, bool)[0]
    assert isinstance(told, BoardStatus)
    assert (told.state, told.fault) == (LinkState.DISCONNECTED, LinkFault.NOT_FOUND)
    assert "not on" in told.detail
    sockets.plug("ttyUSB2", board(LEFT))
    results = poll_until(bridge, some)
    assert all(map(heard(LEFT), samples(results)))
    assert [result.state for result in results if isinstance(result, BoardStatus)] == [LinkState.CONNECTED]


def test_a_named_port_with_another_board_is_refused_with_both_names(sockets: Sockets) -> None:
    sockets.plug("ttyUSB0", board(RIGHT))
    bridge = sockets.open(LEFT, port=str(sockets.folder / "ttyUSB0"))
    (told,) = poll_until(bridge, bool)
    assert isinstance(told, BoardStatus)
    assert (told.state, told.fault) == (LinkState.WRONG_BOARD, LinkFault.WRONG_BOARD)
    assert RIGHT in told.detail
    assert LEFT in told.detail


def test_a_search_needs_an_id() -> None:
    with pytest.raises(BoardIdError) as caught:
        Bridge(clock=time.monotonic_ns)
    assert "expected a board id, or a port" in str(caught.value)
