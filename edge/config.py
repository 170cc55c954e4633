"""Every option, once: typed YAML sections with range and meaning; unknown keys are refused.

Paths in a file are relative to it. ``yaml_file.py`` reads a file and explains what does not fit.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from edge.yaml_file import FieldError, refuse_duplicates
from edge.yaml_file import load_yaml as load_yaml  # noqa: PLC0414 -- sections and their reader, one import

Name = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z", description="1 to 64 letters, digits or _ . : -")
]
PlateName = Annotated[
    str, msgspec.Meta(pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+\Z", description="gondola/shelf/plate")
]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
NonNegative = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Memory = Annotated[float, msgspec.Meta(ge=0.1, le=3600)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
RareProbability = Annotated[float, msgspec.Meta(ge=1e-9, le=0.5)]
FallingRatio = Annotated[float, msgspec.Meta(ge=0, le=0.99)]
SamplingRate = Annotated[float, msgspec.Meta(ge=1, le=10_000)]
PortNumber = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a configuration file."""


class BrokerSection(Section, frozen=True, kw_only=True):
    """Where the MQTT broker is. Any MQTT 3.1.1 broker serves."""

    host: str = "127.0.0.1"  # name or address
    port: PortNumber = 1883  # 8883 is usual with TLS
    username: str = ""  # empty: none
    password_file: str = ""  # file with the password on its first line
    ca_file: str = ""  # PEM; switches TLS on
    keepalive_s: Annotated[int, msgspec.Meta(ge=2, le=600)] = 10  # [s] a dead link shows within twice that
    reconnect_min_s: Positive = 0.2  # [s] first wait before the next attempt; then doubling, with jitter
    reconnect_max_s: Positive = 10.0  # [s] longest wait


class WeightSection(Section, frozen=True, kw_only=True):
    """The weight path: conditioning, baseline and change detection.

    The defaults are physics of plate scales (see docs/weight.md), not of one store.
    """

    hop_s: Annotated[float, msgspec.Meta(ge=0.02, le=1)] = 0.05  # [s] grid on which levels are judged
    capacity_g: Positive = 20_000.0  # [g] a reading beyond is saturated
    stuck_after_s: Positive = 3.0  # [s] bit-identical readings for so long are a stuck sensor
    stale_after_s: Positive = 1.0  # [s] no samples for so long is a stale plate
    noisy_g: Positive = 150.0  # [g] spread within a hop that no shopper's hand keeps up
    noisy_after_s: Positive = 8.0  # [s] of such spread are a noisy sensor
    bridge_s: NonNegative = 5.0  # [s] longest hole across which a change still counts as seen
    least_shift_g: Positive = 2.0  # [g] smaller changes of level are drift
    onset_sigmas: Positive = 5.0  # [sigma] of a hop mean that start a disturbance
    decide_sigmas: Positive = 4.5  # [sigma] of a change that make it one
    baseline_s: Memory = 2.0  # [s] memory of the level while nothing happens
    noise_s: Memory = 4.0  # [s] memory of the noise while nothing happens
    rest_drift_g_per_s: NonNegative = 0.1  # [g/s] the fastest drift that a baseline follows
    baseline_cap_g: Positive = 60.0  # [g] cumulative correction before a drift is reported
    settle_min_s: Positive = 0.2  # [s] of rest that a new level needs on a quiet plate
    settle_max_s: Positive = 0.8  # [s] of rest that a new level is given on a ringing plate
    join_s: NonNegative = 0.3  # [s] wait for a neighbouring plate that still moves
    touch_max_s: Positive = 2.0  # [s] a longer press that leaves nothing is a lean


class FusionSection(Section, frozen=True, kw_only=True):
    """What was it: spreads and priors of the hypotheses."""

    sku_sigma_share: NonNegative = 0.006  # [1] unit-to-unit spread as a share of the weight
    sku_sigma_min_g: Positive = 0.8  # [g] least unit-to-unit spread
    gain_sigma_share: NonNegative = 0.002  # [1] what a calibration may be off by
    catalogue_wrong: RareProbability = 0.003  # [1] prior that a catalogue weight is plainly wrong
    layout_neighbour: Probability = 0.02  # [1] mass of "it stood one facing too far"
    layout_elsewhere: Probability = 0.01  # [1] mass of "it stood anywhere else in the store"
    quantity_ratio: FallingRatio = 0.12  # [1] prior of n + 1 units against n
    smallest_item_g: Positive = 7.0  # [g] lightest change that is taken for goods
    crosstalk: NonNegative = 0.025  # [1] share of a change that neighbours may show (measured 0.8-1.5 %)
    unknown: Probability = 1e-3  # [1] prior of goods, or things, that the catalogue does not hold
    quantity_max: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6  # [units] of one SKU in one change
    hypotheses_max: Annotated[int, msgspec.Meta(ge=2, le=64)] = 12  # [hypotheses] kept with an event


DRIVERS = ("steelyard", "hx711_text", "mt_sics", "modbus_rtu")
"""Kinds of devices; all but the first have a section of options by their name."""

Driver = Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(DRIVERS)})\Z", description=" or ".join(DRIVERS))]
WeightUnit = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(counts|mg|g|kg|t|oz|lb|ozt|ct)\Z", description="counts, mg, g, kg, t, oz, lb, ozt or ct"
    ),
]
Baud = Annotated[int, msgspec.Meta(ge=300, le=4_000_000)]
Character = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[78][NEO][12]\Z", description="data bits, parity (N, E or O) and stop bits, as in 8N1"
    ),
]


_NUMBERED_PORT = re.compile(r"/dev/tty(USB|ACM)\d+\Z")
"""A name that the kernel gives in the order of plugging in."""


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


class ModbusInputSection(Section, frozen=True, kw_only=True):
    """Where the weight of one plate stands."""

    slave: Annotated[int, msgspec.Meta(ge=1, le=247)]  # address on the bus
    address: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0  # of its first register, counted from 0


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
    scale: Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)] = 1.0  # [units] of one step
    unit: WeightUnit = "g"  # of the scaled number; what is no count needs no calibration
    timeout_s: Annotated[float, msgspec.Meta(ge=0.02, le=5)] = 0.2  # [s] within which a slave answers


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
    board_id: str = ""  # as the board identifies itself, if it can; empty: whichever answers
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


class RecordingSection(Section, frozen=True, kw_only=True):
    """A recording that stands in for the boards of this node."""

    path: str  # file or case directory
    format: Annotated[str, msgspec.Meta(pattern=r"^(aifi|mcap)\Z", description="aifi or mcap")]
    racks: tuple[Name, ...] = ()  # empty: all
    speed: NonNegative = 0.0  # [x] times real time; 0: as fast as possible
    boot: Name = "replay"  # identity of the replayed boot


LEAST_COUNTS_PER_GRAM, MOST_COUNTS_PER_GRAM = 0.01, 1e6
"""[counts/g] No scale is outside: a 24-bit converter reads a 50 g cell of 4 mV/V with 1.7e5, a 10 t platform
with 0.2, and text sketches that print tenths of a gram or milligrams lie between."""


class ChannelCalibration(Section, frozen=True, kw_only=True):
    """grams = (counts - zero_counts) / counts_per_gram; a negative factor turns a reversed cell round."""

    zero_counts: Annotated[float, msgspec.Meta(ge=-(2**31), le=2**31)]
    counts_per_gram: float  # 0.01 to 1e6, or the same below 0

    def __post_init__(self) -> None:
        if not LEAST_COUNTS_PER_GRAM <= abs(self.counts_per_gram) <= MOST_COUNTS_PER_GRAM:
            raise FieldError(
                "counts_per_gram",
                "no scale has such a gain",
                found=f"{self.counts_per_gram:g}",
                expected=f"{LEAST_COUNTS_PER_GRAM:g} to {MOST_COUNTS_PER_GRAM:g} counts of one gram, or "
                "that below 0 for a reversed cell",
            )


class CalibrationEntry(Section, frozen=True, kw_only=True):
    """One calibration of one plate, as it was accepted; kept for ever."""

    date: str  # ISO 8601, UTC
    plate: str  # gondola/shelf/plate
    channel: Annotated[int, msgspec.Meta(ge=0)]  # counts from 0
    zero_counts: float
    counts_per_gram: float
    gain_u95: float = 0.0  # [1] half width of the 95 % interval, as a share of counts_per_gram
    masses: str = ""  # as put on, with their class or tolerance
    technician: str = ""
    passed: bool = True  # False: accepted although a limit was not kept
    certificate: str = ""  # file name in certificates/ beside this file
    sha256: str = ""  # of the certificate's content


class CalibrationFile(Section, frozen=True, kw_only=True):
    """``configs/calibration/<board id>.yaml``; written by tools alone."""

    board_id: str
    date: str  # ISO 8601, of the latest calibration
    channels: Annotated[
        tuple[ChannelCalibration | None, ...], msgspec.Meta(min_length=1)
    ]  # in channel order; null: not calibrated yet
    history: tuple[CalibrationEntry, ...] = ()  # oldest first


class NodeConfig(Section, frozen=True, kw_only=True):
    """A shelf node: ``steelyard node --config``."""

    store: Name  # the same in all files of a store
    node: Name  # unique in the store
    broker: BrokerSection = BrokerSection()
    state_dir: str = "var"  # outbox and recordings live here
    catalogue: str = "catalogue.yaml"  # file: what is sold
    planogram: str = "planogram.yaml"  # file: what stands where
    boards: tuple[BoardSection, ...] = ()
    recording: RecordingSection | None = None
    record: str = ""  # MCAP file to record every input and decision to
    health_every_s: Positive = 5.0  # [s] between health reports while nothing changes
    outbox_max_messages: Annotated[int, msgspec.Meta(ge=100)] = 1_000_000  # [messages] on disk at most
    in_flight_max: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50  # [messages] sent, not yet acknowledged
    weight: WeightSection = WeightSection()
    fusion: FusionSection = FusionSection()

    def __post_init__(self) -> None:
        if bool(self.boards) == (self.recording is not None):
            raise FieldError("", "a node has either `boards` or a `recording`, never both or neither")
        boards = list(enumerate(self.boards))
        refuse_duplicates("rack", ((f"boards[{i}].rack", board.rack) for i, board in boards))
        named = [(i, board) for i, board in boards if not board.is_looked_for]
        refuse_duplicates("port", ((f"boards[{i}].port", board.port) for i, board in named))
        known = [(i, board) for i, board in boards if board.board_id]
        refuse_duplicates(
            "board id", ((f"boards[{i}].board_id", board.board_id.lower()) for i, board in known)
        )
        for i, board in boards:
            if len(boards) > 1 and not board.is_identified and _NUMBERED_PORT.match(board.port):
                raise FieldError(
                    f"boards[{i}].port", "a port that may be another adapter's after replugging",
                    found=f"`{board.port}`",
                    expected="its name in /dev/serial/by-path, or a `board_id` that it tells",
                )  # fmt: skip
        refuse_duplicates(
            "plate",
            (
                (f"boards[{i}].plates[{n}]", plate)
                for i, board in boards
                for n, plate in enumerate(board.plates)
            ),
        )


class AttributionSection(Section, frozen=True, kw_only=True):
    """Who did it: how far a hand may be from what it moves."""

    window_s: NonNegative = 0.3  # [s] before onset and after settling
    hand_sigma_m: Positive = 0.05  # [m] tracker noise, and width of goods, between a hand and what it moves
    head_sigma_m: Positive = 0.35  # [m] spread of the head's distance around an arm's reach
    reach_m: Positive = 0.75  # [m] head to goods when no hand is tracked
    nobody: Probability = 0.005  # [1] prior that no tracked visit did it
    latency_s: NonNegative = 3.0  # [s] tracks may arrive so late; an answer before is provisional


class CartSection(Section, frozen=True, kw_only=True):
    """Carts as joint hypotheses, and when a person is asked."""

    beam: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200  # [hypotheses] kept of who holds what
    review_below: Probability = 0.8  # [1] receipts less sure than this are reviewed


class WebSection(Section, frozen=True, kw_only=True):
    """The store's page."""

    host: str = "127.0.0.1"  # address to listen on
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080  # 0: any free port, printed at start


class AggregatorConfig(Section, frozen=True, kw_only=True):
    """The in-store aggregator: ``steelyard aggregator --config``."""

    store: Name  # the same in all files of a store
    broker: BrokerSection = BrokerSection()
    state_dir: str = "var"  # the ledger lives here
    catalogue: str = "catalogue.yaml"  # file: what is sold
    planogram: str = "planogram.yaml"  # file: what stands where
    nodes: tuple[Name, ...] = ()  # nodes that may speak; empty: all
    attribution: AttributionSection = AttributionSection()
    carts: CartSection = CartSection()
    web: WebSection = WebSection()
