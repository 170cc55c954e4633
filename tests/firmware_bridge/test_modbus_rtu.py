"""Rounds over a bus whose slaves refuse, fall silent, or answer late."""

from __future__ import annotations

import math
import sys

import pytest
from modbus_devices import ModbusSlaves, float32_words, int32_words

from firmware_bridge.drivers.dialogue import Reading, Unit
from firmware_bridge.drivers.modbus_rtu import ModbusInput, ModbusRtu, NumberType, RegisterFormat
from firmware_bridge.errors import DriverMissingError

MS = 1_000_000


class Bus:
    def __init__(
        self, slaves: ModbusSlaves, *addresses: tuple[int, int], registers: RegisterFormat | None = None
    ):
        inputs = [ModbusInput(slave, address) for slave, address in addresses]
        self.host = ModbusRtu(inputs=inputs, registers=registers, rate_hz=10.0, timeout_s=0.1)
        self.slaves = slaves
        self.ms = 0
        self.asked: list[bytes] = []

    def run(self, ms: int) -> list[Reading]:
        readings = []
        for _ in range(0, ms, 5):
            request = self.host.tick(self.ms * MS)
            self.asked += [request] if request else []
            readings += self.host.receive(self.slaves.receive(request), self.ms * MS)
            self.ms += 5
        return readings


@pytest.mark.parametrize(
    ("registers", "words", "value"),
    [
        (RegisterFormat(NumberType.INT16), [0xFF85], -123.0),
        (RegisterFormat(NumberType.UINT16, scale=0.5), [0xFFFF], 32767.5),
        (RegisterFormat(NumberType.INT32), int32_words(-70_000), -70_000.0),
        (RegisterFormat(NumberType.INT32, low_word_first=True), int32_words(-70_000)[::-1], -70_000.0),
        (RegisterFormat(NumberType.UINT32, unit=Unit.COUNTS), int32_words(-1), 2.0**32 - 1),
        (RegisterFormat(NumberType.FLOAT32, unit=Unit.KG), float32_words(1.25), 1250.0),
        (RegisterFormat(NumberType.FLOAT32, input_registers=True), float32_words(-0.5), -0.5),
    ],
)
def test_registers_become_numbers(registers: RegisterFormat, words: list[int], value: float) -> None:
    bus = Bus(ModbusSlaves({3: {9: words}}), (3, 9), registers=registers)
    readings = bus.run(1000)
    assert {reading.values for reading in readings} == {(value,)}
    assert len(readings) == 10
    assert bus.asked[0][1] == (4 if registers.input_registers else 3)


def test_an_input_that_refuses_or_is_silent_leaves_the_others_alone() -> None:
    slaves = ModbusSlaves({1: {0: int32_words(5)}, 2: {}})
    bus = Bus(slaves, (1, 0), (2, 0), (3, 0))
    readings = bus.run(2000)
    assert readings
    for reading in readings:
        assert reading.values[0] == 5.0
        assert all(map(math.isnan, reading.values[1:]))
    assert bus.host.refused_total >= 2 * len(readings)
    assert "slave" in bus.host.complaint
    slaves.words[2][0] = slaves.words.setdefault(3, {})[0] = int32_words(6)
    assert bus.run(1000)[-1].values == (5.0, 6.0, 6.0)


def test_a_bus_without_any_answer_gives_no_reading() -> None:
    bus = Bus(ModbusSlaves({}), (1, 0))
    assert bus.run(3000) == []
    assert bus.host.complaint == "slave 1, register 0: no answer"


def test_a_late_answer_is_never_taken_for_the_next_ones() -> None:
    bus = Bus(ModbusSlaves({}), (1, 0), (1, 2))
    late = ModbusSlaves({1: {0: int32_words(111), 2: int32_words(222)}})
    bus.run(5)
    answer = late.receive(bus.asked[0])
    assert bus.run(100) == []  # the first input's time is up
    assert bus.host.receive(answer, bus.ms * MS) == []
    assert len(bus.asked) == 1
    bus.slaves = late
    assert bus.run(300)[0].values[1] == 222.0


def test_an_answer_of_another_slave_or_length_is_none() -> None:
    slaves = ModbusSlaves({1: {0: [1]}})
    bus = Bus(slaves, (1, 0))
    assert bus.run(1000) == []
    assert "1 registers" in bus.host.complaint
    bus.run(5)
    bus.host.receive(ModbusSlaves({2: {0: int32_words(9)}}).receive(b"\x02" + bus.asked[-1][1:]), bus.ms * MS)
    assert bus.run(50) == []


def test_noise_before_an_answer_is_skipped() -> None:
    class Noisy(ModbusSlaves):
        def receive(self, data: bytes) -> bytes:
            answer = super().receive(data)
            return answer and b"\x00\x01\xff" + answer

    bus = Bus(Noisy({1: {0: int32_words(5)}}), (1, 0))
    assert {reading.values for reading in bus.run(1000)} == {(5.0,)}


def test_without_pymodbus_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymodbus.framer", None)
    with pytest.raises(DriverMissingError) as caught:
        ModbusRtu(inputs=[ModbusInput(1, 0)])
    assert "pip install 'steelyard[modbus]'" in str(caught.value)
