"""Options of the boards and their drivers."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from edge.config.section import Name, NonNegative, PlateName, SamplingRate, Section
from edge.yaml_file import FieldError

DRIVERS = ("steelyard", "hx711_text", "mt_sics", "modbus_rtu")
"""Kinds of devices; all but the first have a section of options by their name."""

Driver = Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(DRIVERS)})\Z", description=" or ".join(DRIVERS))]
WeightUnit = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(counts|mg|g|kg|t|oz|lb|ozt|ct)\Z", description="counts, mg, g, kg, t, oz, lb, ozt or ct"
    ),
]
BoardId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9_.:-]{0,64}\Z",
        description="at most 64 letters, digits or _ . : -, as a file's name",
    ),
]
Baud = Annotated[int, msgspec.Meta(ge=300, le=4_000_000)]
Character = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[78][NEO][12]\Z", description="data bits, parity (N, E or O) and stop bits, as in 8N1"
    ),
]


class Hx711TextSection(Section, frozen=True, kw_only=True):
    """A sketch that prints HX711 readings, a line a sample."""

    baud: Baud = 115_200  # [Bd]
    unit: WeightUnit = "counts"  # of its numbers; what is no count needs no calibration
    pattern: str = ""  # regular expression with one group a plate; empty: all numbers of a line


class MtSicsSection(Section, frozen=True, kw_only=True):
    """A scale that speaks MT-SICS; one plate. Its serial number is its `board_id`."""

    baud: Baud = 9600  # [Bd]
    character: Character = "8N1"
    ask: bool = False  # ask for each reading (SI), `rate_hz` times a second; else the scale repeats (SIR)


LAST_REGISTER = 65_535
"""An address has 16 bits (Modbus application protocol 1.1b3, section 4.4)."""


class ModbusInputSection(Section, frozen=True, kw_only=True):
    """Where the weight of one plate stands."""

    slave: Annotated[int, msgspec.Meta(ge=1, le=247)]  # address on the bus
    address: Annotated[int, msgspec.Meta(ge=0, le=LAST_REGISTER)] = 0  # of its first register, counted from 0


class ModbusRtuSection(Section, frozen=True, kw_only=True):
    """Weight transmitters on a Modbus RTU bus, each input read `rate_hz` times a second."""

    baud: Baud = 9600  # [Bd]
    character: Character = "8N1"
    inputs: Annotated[
        tuple[ModbusInputSection, ...], msgspec.Meta(min_length=1)
    ]  # in the order of the plates
    number: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(int16|uint16|int32|uint32|float32)\Z",
            description="int16, uint16, int32, uint32 or float32",
        ),
    ] = "int32"  # what the registers hold
    low_word_first: bool = False  # order of the two registers of 32 bits
    input_registers: bool = False  # function 4; else holding registers, function 3
    scale: Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)] = 1.0  # [units] of one step; never 0
    unit: WeightUnit = "g"  # of the scaled number; what is no count needs no calibration
    timeout_s: Annotated[float, msgspec.Meta(ge=0.02, le=5)] = 0.2  # [s] within which a slave answers

    def __post_init__(self) -> None:
        if not self.scale:
            raise FieldError("scale", "every weight would be 0", found="0", expected="the units of one step")
        words = 1 if self.number.endswith("16") else 2
        taken: dict[tuple[int, int], int] = {}  # (slave, register) to the input that reads it
        for i, each in enumerate(self.inputs):
            if each.address + words - 1 > LAST_REGISTER:
                raise FieldError(
                    f"inputs[{i}].address", "its second register is beyond the last", found=str(each.address),
                    expected=f"at most {LAST_REGISTER + 1 - words} for {self.number}",
                )  # fmt: skip
            for register in range(each.address, each.address + words):
                if (other := taken.setdefault((each.slave, register), i)) != i:
                    raise FieldError(
                        f"inputs[{i}].address", "two plates read the same register",
                        found=f"register {register} of slave {each.slave}, also of inputs[{other}]",
                    )  # fmt: skip


def _check_pattern(pattern: str, plates: int) -> None:
    try:
        groups = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise FieldError("hx711_text.pattern", "not a regular expression", found=str(error)) from error
    if groups != plates:
        raise FieldError(
            "hx711_text.pattern", "another number of groups than of plates", found=str(groups),
            expected=f"{plates}, each in round brackets",
        )  # fmt: skip


class BoardSection(Section, frozen=True, kw_only=True):
    """One board: a rack of plates behind one serial port."""

    rack: Name  # of your choice, unique on the node
    driver: Driver = "steelyard"  # what kind of device it is
    port: str = ""  # path, or pattern of paths on which to look for `board_id`; empty: any USB adapter
    board_id: BoardId = ""  # as the board identifies itself, if it can; empty: whichever answers
    plates: Annotated[tuple[PlateName, ...], msgspec.Meta(min_length=1, max_length=64)]  # in channel order
    rate_hz: SamplingRate = 80.0  # [Hz] nominal; the true rate is measured
    calibration: str = ""  # file; empty: calibration/<board id>.yaml beside this file
    resolution_g: NonNegative = 0.0  # [g] step of a scale's readings; 0: finer than their noise
    hx711_text: Hx711TextSection | None = None  # with the driver of this name
    mt_sics: MtSicsSection | None = None  # with the driver of this name
    modbus_rtu: ModbusRtuSection | None = None  # with the driver of this name

    @property
    def gives_counts(self) -> bool:
        """Whether its samples are raw counts, which need a calibration."""
        units = {
            "steelyard": "counts",
            "hx711_text": (self.hx711_text or Hx711TextSection()).unit,
            "mt_sics": "g",
            "modbus_rtu": self.modbus_rtu.unit if self.modbus_rtu else "g",
        }
        return units[self.driver] == "counts"

    def __post_init__(self) -> None:
        for driver in DRIVERS[1:]:
            if driver != self.driver and getattr(self, driver) is not None:
                raise FieldError(driver, "options of another driver", expected=f"those of `{self.driver}`")
        if self.driver == "modbus_rtu" and self.modbus_rtu is None:
            raise FieldError("modbus_rtu", "missing key", expected="a section with `inputs`, one a plate")
        columns = {"mt_sics": 1, "modbus_rtu": len(self.modbus_rtu.inputs) if self.modbus_rtu else 0}
        if (given := columns.get(self.driver, len(self.plates))) != len(self.plates):
            raise FieldError(
                "plates", "another number of plates than of inputs", found=str(len(self.plates)),
                expected=str(given),
            )  # fmt: skip
        if self.hx711_text and self.hx711_text.pattern:
            _check_pattern(self.hx711_text.pattern, len(self.plates))
        if self.is_looked_for and not (self.board_id and self.driver == "steelyard"):
            raise FieldError(
                "port", "a port that is not named", found=f"`{self.port}`" if self.port else "none",
                expected="one path, or the `board_id` of a Steelyard board to look for",
            )  # fmt: skip
        if self.driver in ("mt_sics", "modbus_rtu") and not (self.gives_counts or self.resolution_g):
            # Without it, a scale that rounds would soon be taken for a stuck one.
            raise FieldError("resolution_g", "missing key", expected="the step of the scale's readings in g")
        if not self.gives_counts and self.calibration:
            raise FieldError("calibration", "a scale that gives weights needs none", found=self.calibration)

    @property
    def is_identified(self) -> bool:
        """Whether what answers on the port is checked; other devices cannot say who they are."""
        return bool(self.board_id) and self.driver in ("steelyard", "mt_sics")

    @property
    def is_looked_for(self) -> bool:
        """Whether the port is not named, but found by the board's id."""
        return not self.port or any(sign in self.port for sign in "*?[")
