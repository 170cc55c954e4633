"""Real ptys through pyserial: opened by one, read as they come, reopened after a loss."""

from __future__ import annotations

import os
import pty
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_bridge.errors import PortError
from firmware_bridge.link import LinkFault
from firmware_bridge.port_choice import PortChoice
from firmware_bridge.serial_port import (
    QUEUED_CHUNKS_MAX,
    Chunk,
    PortLost,
    PortOpened,
    SerialPort,
    open_port,
)


class Pty:
    """Both ends of a line; the far end is written raw."""

    def __init__(self) -> None:
        self.far, self.near = pty.openpty()
        tty.setraw(self.near)
        self.path = os.ttyname(self.near)

    def unplug(self) -> None:
        os.close(self.far)
        os.close(self.near)


@pytest.fixture
def line() -> Iterator[Pty]:
    line = Pty()
    yield line
    for descriptor in (line.far, line.near):
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test has unplugged it


@pytest.fixture
def open_serial() -> Iterator[Callable[[str], SerialPort]]:
    ports: list[SerialPort] = []

    def open_one(device: str) -> SerialPort:
        ports.append(SerialPort(PortChoice(device), clock=time.monotonic_ns))
        return ports[-1]

    yield open_one
    for port in ports:
        port.close()


def receive_until(port: SerialPort, done: Callable[[list], bool], timeout_s: float = 10.0) -> list:
    results: list = []
    deadline_s = time.monotonic() + timeout_s
    while not done(results):
        assert time.monotonic() < deadline_s, f"waited in vain, got {results}"
        time.sleep(0.01)
        results += port.receive()
    return results


def opened(results: list) -> bool:
    return any(isinstance(result, PortOpened) for result in results)


def lost(results: list) -> bool:
    return any(isinstance(result, PortLost) for result in results)


def test_bytes_arrive_stamped_and_go_out(line: Pty, open_serial: Callable[[str], SerialPort]) -> None:
    port = open_serial(line.path)
    receive_until(port, opened)
    before_ns = time.monotonic_ns()
    os.write(line.far, b"hello\x00\x11\x13\x03\r\n")
    chunks = receive_until(port, lambda results: sum(len(chunk.data) for chunk in results) == 11)
    assert b"".join(chunk.data for chunk in chunks) == b"hello\x00\x11\x13\x03\r\n"
    assert all(before_ns < chunk.mono_ns <= time.monotonic_ns() for chunk in chunks)
    assert port.write(b"\x00\x0a\x0d\xff")
    assert os.read(line.far, 100) == b"\x00\x0a\x0d\xff"


def test_a_second_opener_is_refused(line: Pty, open_serial: Callable[[str], SerialPort]) -> None:
    first = open_serial(line.path)
    receive_until(first, opened)
    second = open_serial(line.path)
    refused = receive_until(second, lost)
    assert refused[0].error.fault is LinkFault.PORT_BUSY
    with pytest.raises(PortError) as caught:
        open_port(line.path)
    assert caught.value.fault is LinkFault.PORT_BUSY
    assert "one reader a port" in str(caught.value)
    os.write(line.far, b"all of it")
    chunks = receive_until(first, lambda results: sum(len(chunk.data) for chunk in results) == 9)
    assert b"".join(chunk.data for chunk in chunks) == b"all of it"
    first.close()
    receive_until(second, opened)


def test_unplugged_and_replugged(line: Pty, open_serial: Callable[[str], SerialPort], tmp_path: Path) -> None:
    link = tmp_path / "board"
    link.symlink_to(line.path)
    port = open_serial(str(link))
    receive_until(port, opened)
    line.unplug()
    link.unlink()
    told = receive_until(port, lambda results: len(results) == 2)
    assert [loss.error.fault for loss in told] == [LinkFault.UNPLUGGED, LinkFault.PORT_MISSING]
    assert port.write(b"into the void") is False
    again = Pty()
    try:
        link.symlink_to(again.path)
        receive_until(port, opened)
        os.write(again.far, b"back")
        assert receive_until(port, bool)[0].data.startswith(b"b")
    finally:
        again.unplug()


def test_a_missing_port_is_told_once(open_serial: Callable[[str], SerialPort], tmp_path: Path) -> None:
    port = open_serial(str(tmp_path / "nothing"))
    told = receive_until(port, lost)
    time.sleep(1.0)
    assert [loss.error.fault for loss in told + port.receive()] == [LinkFault.PORT_MISSING]


def test_what_is_no_serial_device_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"not a tty")
    with pytest.raises(PortError) as caught:
        open_port(str(file))
    assert caught.value.fault is LinkFault.PORT_UNUSABLE
    assert str(file) in str(caught.value)


def test_nobody_takes_the_chunks(line: Pty, open_serial: Callable[[str], SerialPort]) -> None:
    """What is not polled is dropped and counted; memory is bounded; the port goes on."""
    port = open_serial(line.path)
    receive_until(port, opened)
    deadline_s = time.monotonic() + 20
    while not port.chunks_dropped:
        assert time.monotonic() < deadline_s
        os.write(line.far, b"x")
        time.sleep(0.0003)
    assert len(port.receive()) <= QUEUED_CHUNKS_MAX
    os.write(line.far, b"y")
    chunks = receive_until(port, lambda results: any(b"y" in chunk.data for chunk in results))
    assert all(isinstance(chunk, Chunk) for chunk in chunks)


def test_a_write_that_nobody_reads_fails_in_time(line: Pty, open_serial: Callable[[str], SerialPort]) -> None:
    port = open_serial(line.path)
    receive_until(port, opened)
    started_s = time.monotonic()
    while port.write(bytes(4096)):
        assert time.monotonic() - started_s < 10
    assert port.writes_failed == 1
    assert time.monotonic() - started_s < 10


def test_closing_lets_go_of_the_device(line: Pty, open_serial: Callable[[str], SerialPort]) -> None:
    port = open_serial(line.path)
    receive_until(port, opened)
    port.close()
    with open_port(line.path) as reopened:
        assert reopened.is_open
    port.close()
