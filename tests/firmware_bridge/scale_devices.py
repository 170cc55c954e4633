"""Scales of other makers, as they answer in bytes. Sans-I/O, but for pymodbus's own server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import struct
import threading
import time
import tty
from collections.abc import Callable, Sequence
from typing import Protocol

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse, ReadInputRegistersResponse
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware_bridge.simulated_board import SimulatedBoard

NS_PER_S = 1_000_000_000


class Device(Protocol):
    """Something at the far end of a line."""

    def receive(self, data: bytes) -> bytes:
        """Hear the host; the answer."""
        ...

    def advance(self, mono_ns: int) -> bytes:
        """What it says by itself up to now."""
        ...


class Paced:
    """Says something at a pace of its own, from the first call on."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self._next_ns: float | None = None
        self._sample = 0

    def due(self, mono_ns: int) -> range:
        """Numbers of the samples that are due by now."""
        if self._next_ns is None:
            self._next_ns = float(mono_ns)
        first = self._sample
        while self._next_ns <= mono_ns:
            self._next_ns += NS_PER_S / self.rate_hz
            self._sample += 1
        return range(first, self._sample)


class BoardDevice:
    """Steelyard's own simulated board."""

    def __init__(self, board: SimulatedBoard) -> None:
        self.receive = board.receive
        self._board = board

    def advance(self, mono_ns: int) -> bytes:
        return b"".join(self._board.advance(mono_ns))


class TextSketch:
    """Prints a line a sample, after a banner."""

    def __init__(self, line: Callable[[int], str], *, rate_hz: float = 10.0, end: str = "\r\n") -> None:
        self._line, self._end = line, end
        self._pace = Paced(rate_hz)
        self._banner = f"HX711 Demo{end}Initializing the scale{end}"

    def receive(self, data: bytes) -> bytes:
        return b""

    def advance(self, mono_ns: int) -> bytes:
        said, self._banner = self._banner, ""
        return (said + "".join(self._line(k) + self._end for k in self._pace.due(mono_ns))).encode()


class MtSicsScale:
    """Level 0 of MT-SICS, as far as it concerns weights."""

    def __init__(
        self, weight: Callable[[int], str], *, rate_hz: float = 10.0, serial_number: str = "B021002593"
    ) -> None:
        self._weight, self._serial_number = weight, serial_number
        self._pace = Paced(rate_hz)
        self._repeats = False
        self._heard = b""
        self._asked = 0

    def receive(self, data: bytes) -> bytes:
        *lines, self._heard = (self._heard + data).split(b"\r\n")
        return b"".join(
            self._answer(line.decode()) + b"\r\n" for line in lines if line != b"SIR" or self._repeat()
        )

    def advance(self, mono_ns: int) -> bytes:
        due = self._pace.due(mono_ns)
        return b"".join(f"S {self._weight(k)}\r\n".encode() for k in due if self._repeats)

    def _repeat(self) -> bool:
        self._repeats = True
        return False

    def _answer(self, command: str) -> bytes:
        if command == "I4":
            return f'I4 A "{self._serial_number}"'.encode()
        if command == "SI":
            self._asked += 1
            return f"S {self._weight(self._asked)}".encode()
        return b"ES"


class ModbusSlaves:
    """Slaves on one bus; registers of 32 bits, two a weight."""

    def __init__(self, words: dict[int, dict[int, Sequence[int]]]) -> None:
        self.words = words  # by slave and address
        self._pdus = DecodePDU(is_server=True)
        self._framer = FramerRTU(self._pdus)
        self._heard = b""

    def receive(self, data: bytes) -> bytes:
        self._heard += data
        if len(self._heard) < 8:
            return b""
        _, slave, _, body = self._framer.decode(self._heard)
        self._heard = b""
        if slave not in self.words:
            return b""
        request = self._pdus.decode(body)
        registers = self.words[slave].get(request.address)
        answer = {3: ReadHoldingRegistersResponse, 4: ReadInputRegistersResponse}[request.function_code]
        pdu = (
            ExceptionResponse(request.function_code, 2) if registers is None else answer(registers=registers)
        )
        pdu.dev_id = slave
        return self._framer.buildFrame(pdu)

    def advance(self, mono_ns: int) -> bytes:
        return b""


def int32_words(value: int) -> tuple[int, ...]:
    return struct.unpack(">HH", struct.pack(">i", value))


def float32_words(value: float) -> tuple[int, ...]:
    return struct.unpack(">HH", struct.pack(">f", value))


class ModbusServer:
    """pymodbus's own server with simulated transmitters, on a pty of its own."""

    def __init__(self, grams: dict[int, float]) -> None:
        self._host_fd, self._server_fd = pty.openpty()
        tty.setraw(self._server_fd)
        os.set_blocking(self._host_fd, False)
        self._devices = [
            SimDevice(slave, simdata=[SimData(0, values=weight, datatype=DataType.FLOAT32)])
            for slave, weight in grams.items()
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def receive(self, data: bytes) -> bytes:
        os.write(self._host_fd, data)
        return b""

    def advance(self, mono_ns: int) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._host_fd, 4096)
        return b""

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._server.shutdown(), self._loop).result(5)
        self._thread.join(5)
        os.close(self._host_fd)
        os.close(self._server_fd)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())

    async def _run(self) -> None:
        self._server = ModbusSerialServer(
            self._devices, port=os.ttyname(self._server_fd), baudrate=115_200, ignore_missing_devices=True
        )
        with contextlib.suppress(asyncio.CancelledError):
            await self._server.serve_forever()


def now_ns() -> int:
    return time.monotonic_ns()
