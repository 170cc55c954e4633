"""Every driver, how a test builds it, and a device for it. A driver without a case here fails a test."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modbus_devices import ModbusServer, ModbusSlaves, int32_words

from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.dialogue import Dialogue
from firmware_bridge.drivers.hx711_text import Hx711Text
from firmware_bridge.drivers.interface import Driver
from firmware_bridge.drivers.modbus_rtu import ModbusInput, ModbusRtu, NumberType, RegisterFormat
from firmware_bridge.drivers.mt_sics import MtSics
from firmware_bridge.drivers.scale_link import ScaleLink
from firmware_bridge.simulated_board import SimulatedBoard
from firmware_bridge.simulated_scales import Device, MtSicsScale, TextSketch

PAGE = Path(__file__).parent.parent.parent / "docs" / "drivers.md"
BOARD_ID = "0011223344556677"


class BoardDevice:
    """Steelyard's own simulated board as a device on a line."""

    def __init__(self, board: SimulatedBoard) -> None:
        self.receive = board.receive
        self._board = board

    def advance(self, mono_ns: int) -> bytes:
        return b"".join(self._board.advance(mono_ns))


def page_example() -> dict[str, Any]:
    """What the example of docs/drivers.md defines."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "page_example"}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


@dataclass(frozen=True)
class DialogueCase:
    """One language. The device says the same values for ever."""

    name: str
    build: Callable[[], Dialogue]
    device: Callable[[], Device]
    values: tuple[float, ...]  # of every reading
    rate_hz: float = 10.0


DIALOGUES = [
    DialogueCase(
        "hx711_text",
        lambda: Hx711Text(channels=2),
        lambda: TextSketch(lambda _: "a:-8388608 b:12345", rate_hz=50.0),
        (-8388608, 12345),
        rate_hz=50.0,
    ),
    DialogueCase(
        "mt_sics",
        MtSics,
        lambda: MtSicsScale(lambda k: f"{'SD'[k % 2]}     100.02 g", rate_hz=50.0),
        (100.02,),
        rate_hz=50.0,
    ),
    DialogueCase(
        "mt_sics_asked",
        lambda: MtSics(rate_hz=10.0),
        lambda: MtSicsScale(lambda _: "S      -0.5020 kg"),
        (-502.0,),
    ),
    DialogueCase(
        "modbus_rtu",
        lambda: ModbusRtu(
            inputs=[ModbusInput(1, 0), ModbusInput(7, 40)], registers=RegisterFormat(scale=0.1), rate_hz=10.0
        ),
        lambda: ModbusSlaves({1: {0: int32_words(-12345)}, 7: {40: int32_words(680)}}),
        (-1234.5, 68.0),
    ),
    DialogueCase(
        "the page's example",
        page_example()["WeightLines"],
        lambda: TextSketch(lambda _: "ST,GS,+0001.250kg"),
        (1250.0,),
    ),
]


@dataclass(frozen=True)
class DriverCase:
    """One driver on a real pty."""

    name: str
    open: Callable[[str], Driver]
    device: Callable[[], Device]
    values: tuple[float, ...] | None  # of every reading; None: a board, which numbers its samples


def _scale(name: str, device: Callable[[], Device] | None = None, **changed: Any) -> DriverCase:
    case = next(each for each in DIALOGUES if each.name == name)
    build: Callable[[], Dialogue] = changed.get("build", case.build)
    return DriverCase(
        name,
        lambda port: ScaleLink(build(), port=port, clock=time.monotonic_ns),
        device or case.device,
        changed.get("values", case.values),
    )


def _board() -> BoardDevice:
    return BoardDevice(SimulatedBoard(bytes.fromhex(BOARD_ID), lambda k: (k, -k, 2 * k, 7)))


DRIVERS = [
    DriverCase(
        "steelyard",
        lambda port: Bridge(port=port, expected_board_id=BOARD_ID, clock=time.monotonic_ns),
        _board,
        None,
    ),
    _scale("hx711_text"),
    _scale("mt_sics"),
    _scale(
        "modbus_rtu",
        lambda: ModbusServer({1: -1234.5, 7: 67.25}),
        build=lambda: ModbusRtu(
            inputs=[ModbusInput(1, 0), ModbusInput(7, 0)], registers=RegisterFormat(NumberType.FLOAT32)
        ),
        values=(-1234.5, 67.25),
    ),
]
