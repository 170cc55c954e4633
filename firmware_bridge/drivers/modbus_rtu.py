"""Weight transmitters on a Modbus RTU bus: registers to weights, one request after the other.

A *round* asks every input once. An input that answers with an exception, or not at all, has no reading in
that round; the others go on. RTU answers carry no number, so after a time-out the line is left alone until a
late answer can no longer be taken for the next one's (Modbus over serial line 1.02, section 2.4.1).

Needs pymodbus: ``pip install 'steelyard[modbus]'``.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_bridge.drivers.dialogue import Reading, Unit
from firmware_bridge.errors import DriverMissingError

if TYPE_CHECKING:
    from pymodbus.framer import FramerRTU
    from pymodbus.pdu import DecodePDU

ANSWER_BYTES_MAX = 256
"""[B] longest frame of Modbus RTU."""
REGISTER_BYTES = 2
READ_HOLDING, READ_INPUT = 3, 4
"""Function codes (Modbus application protocol 1.1b3, sections 6.3 and 6.4)."""


class NumberType(StrEnum):
    """How a weight lies in registers of 16 bits; the high word first unless it is said otherwise."""

    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    FLOAT32 = "float32"


_STRUCT = {
    NumberType.INT16: struct.Struct(">h"),
    NumberType.UINT16: struct.Struct(">H"),
    NumberType.INT32: struct.Struct(">i"),
    NumberType.UINT32: struct.Struct(">I"),
    NumberType.FLOAT32: struct.Struct(">f"),
}


@dataclass(frozen=True, slots=True)
class ModbusInput:
    """Where the weight of one plate stands."""

    slave: int  # 1 to 247
    address: int  # of its first register, counted from 0 as on the wire


@dataclass(frozen=True, slots=True)
class RegisterFormat:
    """What the registers of a weight mean."""

    number: NumberType = NumberType.INT32
    low_word_first: bool = False
    input_registers: bool = False  # function 4; else holding registers, function 3
    scale: float = 1.0  # multiplies the number
    unit: Unit = Unit.G


class ModbusRtu:
    """All transmitters of one bus. See ``dialogue.Dialogue``.

    Args:
        inputs: one a plate.
        registers: the same for all inputs.
        rate_hz: [Hz] rounds, as far as the bus allows.
        timeout_s: [s] within which a slave answers.

    Raises:
        DriverMissingError: pymodbus is not installed.
    """

    serial_number = ""

    def __init__(
        self,
        *,
        inputs: Sequence[ModbusInput],
        registers: RegisterFormat | None = None,
        rate_hz: float = 10.0,
        timeout_s: float = 0.2,
    ) -> None:
        self._framer, self._pdus = _pymodbus()
        registers = registers or RegisterFormat()
        self._inputs, self._registers = tuple(inputs), registers
        self._struct = _STRUCT[registers.number]
        self._function = READ_INPUT if registers.input_registers else READ_HOLDING
        self._factor = registers.scale * (registers.unit.value or 1.0)
        self._timeout_ns = round(timeout_s * 1e9)
        self.period_ns = round(1e9 / rate_hz)
        self.gives_counts = registers.unit is Unit.COUNTS
        self.refused_total = 0
        self.complaint = ""
        self.restart()

    def restart(self) -> None:
        """See ``Dialogue``."""
        self._values: list[float] = []  # of this round, one an input that has had its turn
        self._answer = b""  # as far as it has come
        self._asked_ns: int | None = None  # None: no answer is due
        self._round_ns = 0  # [ns] when this round began
        self._send_at_ns = 0

    def receive(self, data: bytes, mono_ns: int) -> list[Reading]:
        """See ``Dialogue``; no bytes let only time pass."""
        if self._asked_ns is None:
            return []  # nobody asked: an answer that came after its time, or noise
        value = self._hear(data)
        if value is None and mono_ns - self._asked_ns >= self._timeout_ns:
            self._send_at_ns = mono_ns + self._timeout_ns
            value = "no answer"
        if value is None:
            return []
        if isinstance(value, str):
            asked = self._inputs[len(self._values)]
            self.refused_total += 1
            self.complaint = f"slave {asked.slave}, register {asked.address}: {value}"
            value = math.nan
        self._asked_ns, self._answer = None, b""
        self._values.append(value)
        return self._finish_round(mono_ns) if len(self._values) == len(self._inputs) else []

    def tick(self, mono_ns: int) -> bytes:
        """See ``Dialogue``."""
        if self._asked_ns is not None or mono_ns < self._send_at_ns:
            return b""
        if not self._values:
            self._round_ns = mono_ns
        self._asked_ns = mono_ns
        asked = self._inputs[len(self._values)]
        body = struct.pack(">BHH", self._function, asked.address, self._struct.size // REGISTER_BYTES)
        return self._framer.encode(body, asked.slave, 0)

    def _finish_round(self, mono_ns: int) -> list[Reading]:
        reading = Reading(tuple(self._values), mono_ns=(self._round_ns + mono_ns) // 2)
        self._values = []
        self._send_at_ns = max(self._send_at_ns, self._round_ns + self.period_ns)
        return [] if all(map(math.isnan, reading.values)) else [reading]

    def _hear(self, data: bytes) -> float | str | None:
        """The value in the answer, or why there is none in it; ``None`` while it is not complete."""
        self._answer = self._from_header((self._answer + data)[-ANSWER_BYTES_MAX:])
        used, _, _, body = self._framer.decode(self._answer)
        if not used:
            return None
        self._answer = b""
        answer = self._pdus.decode(body) if body else None
        if answer is None:
            self.refused_total += 1
            return None  # damaged; another one may follow until the time is up
        if answer.isError():
            return f"exception {answer.exception_code}"
        words = list(answer.registers)
        if REGISTER_BYTES * len(words) != self._struct.size:
            return f"{len(words)} registers"
        if self._registers.low_word_first:
            words.reverse()
        (number,) = self._struct.unpack(struct.pack(f">{len(words)}H", *words))
        return float(number * self._factor)

    def _from_header(self, answer: bytes) -> bytes:
        """What comes before the slave's id and the function is noise."""
        slave = self._inputs[len(self._values)].slave
        for start in range(len(answer) - 1):
            if answer[start] == slave and answer[start + 1] & 0x7F == self._function:
                return answer[start:]
        return answer[-1:]


def _pymodbus() -> tuple[FramerRTU, DecodePDU]:
    try:
        from pymodbus.framer import FramerRTU  # noqa: PLC0415 - only who uses it needs it
        from pymodbus.pdu import DecodePDU  # noqa: PLC0415
    except ImportError as error:
        raise DriverMissingError(
            "the driver `modbus_rtu` needs pymodbus", found=str(error),
            fix="Install it with: pip install 'steelyard[modbus]'",
        ) from error  # fmt: skip
    decoder = DecodePDU(is_server=False)
    return FramerRTU(decoder), decoder
