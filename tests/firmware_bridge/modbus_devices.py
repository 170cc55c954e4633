"""Modbus slaves for tests: in fictitious time, and pymodbus's own server on a pty."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import struct
import threading
import tty
from collections.abc import Sequence

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse, ReadInputRegistersResponse
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice


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
