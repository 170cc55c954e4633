"""Which driver a board's section means, and the section's options in the driver's terms."""

from __future__ import annotations

from collections.abc import Callable

from edge.config import BoardSection, Hx711TextSection, ModbusRtuSection, MtSicsSection
from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.dialogue import Unit
from firmware_bridge.drivers.hx711_text import Hx711Text
from firmware_bridge.drivers.interface import Driver
from firmware_bridge.drivers.modbus_rtu import ModbusInput, ModbusRtu, NumberType, RegisterFormat
from firmware_bridge.drivers.mt_sics import MtSics
from firmware_bridge.drivers.scale_link import ScaleLink
from firmware_bridge.serial_port import LineSettings


def open_driver(section: BoardSection, *, port: str, clock: Callable[[], int]) -> Driver:
    """Open a board; it may come and go from now on.

    Args:
        section: what is behind the port.
        port: device path or pattern; empty: any USB adapter.
        clock: gives ``mono_ns``.

    Raises:
        BoardIdError: a ``board_id`` that no board can have.
        DriverOptionError: options that contradict each other.
        DriverMissingError: a driver whose library is not installed.
    """
    if section.driver == "hx711_text":
        text = section.hx711_text or Hx711TextSection()
        sketch = Hx711Text(channels=len(section.plates), unit=_unit(text.unit), pattern=text.pattern)
        return ScaleLink(sketch, port=port, clock=clock, line=LineSettings(text.baud))
    if section.driver == "mt_sics":
        sics = section.mt_sics or MtSicsSection()
        scale = MtSics(rate_hz=section.rate_hz if sics.ask else 0.0)
        line = LineSettings(sics.baud, sics.character)
        return ScaleLink(scale, port=port, expected_id=section.board_id, clock=clock, line=line)
    if section.driver == "modbus_rtu" and section.modbus_rtu is not None:
        modbus = section.modbus_rtu
        line = LineSettings(modbus.baud, modbus.character)
        return ScaleLink(_modbus_bus(modbus, section.rate_hz), port=port, clock=clock, line=line)
    return Bridge(port=port, expected_board_id=section.board_id, clock=clock)


def _modbus_bus(section: ModbusRtuSection, rate_hz: float) -> ModbusRtu:
    return ModbusRtu(
        inputs=[ModbusInput(each.slave, each.address) for each in section.inputs],
        registers=RegisterFormat(
            number=NumberType(section.number),
            low_word_first=section.low_word_first,
            input_registers=section.input_registers,
            scale=section.scale,
            unit=_unit(section.unit),
        ),
        rate_hz=rate_hz,
        timeout_s=section.timeout_s,
    )


def _unit(name: str) -> Unit:
    return Unit[name.upper()]
