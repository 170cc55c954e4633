"""Every message on the serial wire, once. Sans-I/O. The firmware's ``wire.h`` comes from the same table.

A payload is one id byte and the fields in the order written here, little-endian, without padding.
Ids below 0x80 are sent by the board, from 0x80 on by the host. Fields are never renamed or reordered
within one ``PROTOCOL_VERSION``; the first field of ``Identity`` is that version in all versions.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, ClassVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import WireError
from firmware_bridge.framing import MAX_PAYLOAD_BYTES

PROTOCOL_VERSION = 1
BAUD = 115_200
"""[Bd] of the line to a board."""
MAX_CHANNELS = 16
COUNTS_MIN, COUNTS_MAX = -(1 << 23), (1 << 23) - 1
"""[counts] ends of a 24-bit converter. A reading at an end is no measurement: saturated, or a failed read,
which the board reports as ``COUNTS_MIN`` together with a sample flag."""

Counts = NDArray[np.int32]


# --- kinds of fields ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalar:
    """One little-endian number, or a fixed run of raw bytes."""

    c_type: str
    code: str  # of the struct module
    length: int = 1  # array length in C


@dataclass(frozen=True, slots=True)
class Repeated:
    """An array at the end of a block: one entry a sample, or one a sample and channel (sample-major)."""

    c_type: str
    entry_bytes: int
    per_channel: bool


U8 = Scalar("uint8_t", "B")
U16 = Scalar("uint16_t", "H")
U32 = Scalar("uint32_t", "I")
BYTES_3 = Scalar("uint8_t", "3s", 3)
BYTES_4 = Scalar("uint8_t", "4s", 4)
BYTES_8 = Scalar("uint8_t", "8s", 8)
SAMPLE_U8 = Repeated("uint8_t", 1, per_channel=False)
READING_I24 = Repeated("uint8_t", 3, per_channel=True)


class SampleFlag(IntFlag):
    """What went wrong while one sample was taken, on any channel."""

    DESYNC = 1  # DOUT was low after the last clock pulse: the read was torn
    TIMEOUT = 2  # a converter was not ready in time
    OVERRUN = 4  # the read came late: a conversion before it was missed


class BoardFaultCode(IntEnum):
    """What a board can say about itself."""

    WATCHDOG_RESET = 1
    BROWN_OUT_RESET = 2
    CHANNEL_SILENT = 3  # a converter does not answer
    TRANSMIT_OVERFLOW = 4  # samples are made faster than the line takes them
    BAD_COMMAND = 5  # a frame from the host was corrupt or unknown


NO_CHANNEL = 0xFF
"""``BoardFault.channel`` of a fault that concerns the whole board."""


# --- board to host --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the board is; sent at power-up and as the answer to ``IdentifyRequest``."""

    ID: ClassVar[int] = 0x01
    protocol_version: Annotated[int, U8, "PROTOCOL_VERSION of the board"]
    board_id: Annotated[bytes, BYTES_8, "unique and unchanging; written as 16 hex digits"]
    boot_count: Annotated[int, U16, "power-ups so far, modulo 65536; tells a restart"]
    firmware_version: Annotated[bytes, BYTES_3, "major, minor, patch"]
    build_hash: Annotated[bytes, BYTES_4, "first bytes of the source tree's hash"]
    channels: Annotated[int, U8, "1 to MAX_CHANNELS"]
    rate_hz: Annotated[int, U16, "[Hz] nominal samples per second and channel"]
    tick_hz: Annotated[int, U32, "[Hz] nominal rate of mcu_ticks"]


@dataclass(frozen=True, slots=True, eq=False)
class SampleBlock:
    """Consecutive samples of all channels.

    ``sequence`` numbers samples, not blocks: every conversion since power-up has a number, sent or not,
    so that a gap says exactly how many samples are missing, whatever the blocks' lengths were.
    """

    ID: ClassVar[int] = 0x02
    sequence: Annotated[int, U16, "number of the first sample since power-up, modulo 65536"]
    mcu_ticks: Annotated[int, U32, "[ticks] when the first sample was ready, modulo 2^32"]
    overflow_total: Annotated[int, U16, "[samples] dropped unsent by the board since power-up, modulo 65536"]
    channels: Annotated[int, U8, "columns of counts"]
    samples: Annotated[int, U8, "rows of counts, at least 1"]
    flags: Annotated[NDArray[np.uint8], SAMPLE_U8, "SampleFlag bits of each sample"]
    counts: Annotated[Counts, READING_I24, "[counts] 24-bit two's complement, [samples, channels]"]


@dataclass(frozen=True, slots=True)
class BoardFault:
    """A fault of the board began or ended."""

    ID: ClassVar[int] = 0x03
    code: Annotated[int, U8, "BoardFaultCode"]
    channel: Annotated[int, U8, "from 0, or NO_CHANNEL"]
    active: Annotated[int, U8, "1: began, or happened; 0: ended"]
    detail: Annotated[int, U32, "a number that belongs to the code, for the log"]


# --- host to board --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IdentifyRequest:
    """Asks for ``Identity``."""

    ID: ClassVar[int] = 0x81


@dataclass(frozen=True, slots=True)
class Start:
    """Send sample blocks from now on. Changes nothing on a board that already does."""

    ID: ClassVar[int] = 0x82


@dataclass(frozen=True, slots=True)
class Stop:
    """Send no more sample blocks; sampling and numbering go on."""

    ID: ClassVar[int] = 0x83


@dataclass(frozen=True, slots=True)
class Blink:
    """Blink the board's light, so that a person finds it."""

    ID: ClassVar[int] = 0x84
    duration_ms: Annotated[int, U16, "[ms] 0 ends it"]


Message = Identity | SampleBlock | BoardFault | IdentifyRequest | Start | Stop | Blink


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a layout."""

    name: str
    kind: Scalar | Repeated
    comment: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How one message lies in its payload: id byte, scalars, then repeated fields."""

    message: type[Any]
    id: int
    fields: tuple[Field, ...]
    scalars: struct.Struct  # the id byte included
    repeated: tuple[Field, ...]

    @staticmethod
    def of(message: type[Any]) -> Layout:
        """Read a message's layout from its annotations."""
        fields = tuple(
            Field(name, *hint.__metadata__)
            for name, hint in get_type_hints(message, include_extras=True).items()
            if hasattr(hint, "__metadata__")
        )
        codes = "".join(field.kind.code for field in fields if isinstance(field.kind, Scalar))
        repeated = tuple(field for field in fields if isinstance(field.kind, Repeated))
        return Layout(message, message.ID, fields, struct.Struct("<B" + codes), repeated)


TABLE = tuple(
    Layout.of(message) for message in (Identity, SampleBlock, BoardFault, IdentifyRequest, Start, Stop, Blink)
)
_BY_ID = {layout.id: layout for layout in TABLE}
_BLOCK = _BY_ID[SampleBlock.ID].scalars


def samples_that_fit(channels: int) -> int:
    """[samples] most that one block of so many channels can hold."""
    return (MAX_PAYLOAD_BYTES - _BLOCK.size) // (SAMPLE_U8.entry_bytes + channels * READING_I24.entry_bytes)


# --- coding ---------------------------------------------------------------------------------------


class WireFault(StrEnum):
    """Why an intact payload is not a message."""

    UNKNOWN_MESSAGE = "unknown_message"
    LENGTH = "length"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class ForeignIdentity:
    """The identity of a board that speaks another protocol version; the rest of it cannot be read."""

    protocol_version: int


def encode(message: Message) -> bytes:
    """Payload of a message.

    Raises:
        WireError: a value does not fit its field, or a block does not fit a frame.
    """
    layout = _BY_ID[message.ID]
    values = []
    for field in layout.fields:
        if isinstance(field.kind, Scalar):
            value = getattr(message, field.name)
            if field.kind.length > 1 and len(value) != field.kind.length:  # struct would pad or cut it
                raise WireError(
                    "raw field of another length", where=f"{type(message).__name__}.{field.name}",
                    found=f"{len(value)} bytes", expected=f"{field.kind.length}",
                )  # fmt: skip
            values.append(value)
    try:
        payload = layout.scalars.pack(message.ID, *values)
    except struct.error as error:
        raise WireError(
            "value does not fit its field", where=type(message).__name__, found=str(error)
        ) from error
    if isinstance(message, SampleBlock):
        payload += _encode_samples(message)
    return payload


def decode(payload: bytes) -> Message | ForeignIdentity | WireFault:
    """The message in a payload, or why there is none. Never raises on any bytes."""
    layout = _BY_ID.get(payload[0]) if payload else None
    if layout is None:
        return WireFault.UNKNOWN_MESSAGE
    if layout.id == SampleBlock.ID:
        return _decode_block(payload)
    if layout.id == Identity.ID and len(payload) > 1 and payload[1] != PROTOCOL_VERSION:
        return ForeignIdentity(payload[1])
    if len(payload) != layout.scalars.size:
        return WireFault.LENGTH
    _, *values = layout.scalars.unpack(payload)
    message: Message = layout.message(*values)
    if isinstance(message, Identity) and not (
        1 <= message.channels <= MAX_CHANNELS and message.rate_hz and message.tick_hz
    ):
        return WireFault.RANGE
    return message


def _decode_block(payload: bytes) -> SampleBlock | WireFault:
    if len(payload) < _BLOCK.size:
        return WireFault.LENGTH
    _, sequence, mcu_ticks, overflow_total, channels, samples = _BLOCK.unpack_from(payload)
    if not (samples and 1 <= channels <= MAX_CHANNELS):
        return WireFault.RANGE
    readings = samples * channels
    if len(payload) != _BLOCK.size + samples + 3 * readings:
        return WireFault.LENGTH
    flags = np.frombuffer(payload, np.uint8, samples, _BLOCK.size)
    # Each 24-bit number goes into the upper bytes of 32 bits; the shift back extends its sign.
    widened = np.zeros((readings, 4), np.uint8)
    widened[:, 1:] = np.frombuffer(payload, np.uint8, 3 * readings, _BLOCK.size + samples).reshape(-1, 3)
    counts = (widened.view("<i4") >> 8).reshape(samples, channels)
    return SampleBlock(sequence, mcu_ticks, overflow_total, channels, samples, flags, counts)


def _encode_samples(block: SampleBlock) -> bytes:
    counts = block.counts.astype("<i4")
    if counts.shape != (block.samples, block.channels) or block.flags.shape != (block.samples,):
        raise WireError(
            "arrays of another shape than the header says", where="SampleBlock",
            found=f"counts {counts.shape}, flags {block.flags.shape}",
            expected=f"({block.samples}, {block.channels}), ({block.samples},)",
        )  # fmt: skip
    if not (1 <= block.channels <= MAX_CHANNELS and 1 <= block.samples <= samples_that_fit(block.channels)):
        raise WireError(
            "block does not fit a frame", where="SampleBlock", found=f"{block.samples} x {block.channels}",
            expected=f"at most {MAX_CHANNELS} channels and {MAX_PAYLOAD_BYTES} bytes",
        )  # fmt: skip
    if counts.min() < COUNTS_MIN or counts.max() > COUNTS_MAX:
        raise WireError(
            "counts beyond 24 bits", where="SampleBlock", found=f"{counts.min()} to {counts.max()}",
            expected=f"{COUNTS_MIN} to {COUNTS_MAX}",
        )  # fmt: skip
    return block.flags.astype(np.uint8).tobytes() + counts.reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
