"""Reads a recording of ours back as a case, also one that a crash cut short. Layout: ``mcap_layout.py``."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import msgspec
import zstandard
from mcap.exceptions import McapError
from mcap.records import Attachment, Channel, Message, Metadata
from mcap.stream_reader import StreamReader
from mcap.writer import MCAP0_MAGIC

from edge.errors import MessageError, PictureError, RecordingError
from edge.messages import Disturbance, GateEvent, NodeMessage, ShelfEvent, TrackFrame
from edge.payload import decode
from edge.recording.case import CaseInput, CaseSetup, StoreInput
from edge.recording.gathering import gathered
from edge.recording.mcap_layout import METADATA_NAME, RECORDING_SCHEMA, SETUP_NAME, decode_block
from edge.recording.mcap_pictures import PictureDecoder, decode_frame
from edge.samples import (
    CameraReport,
    CountBlock,
    Frame,
    LinkReport,
    PlateHold,
    PriorLevels,
    Recalibration,
    UtcReading,
    WeightBlock,
)

LARGEST_RECORD_BYTES = 256 * 1024 * 1024
"""A setup of 10 000 SKUs is 2 MB and a chunk 32 kB; a longer record is a corrupt length."""

BLOCKS = {kind.__name__: kind for kind in (CountBlock, WeightBlock)}
Reading = LinkReport | UtcReading | PriorLevels | PlateHold | Recalibration | CameraReport
READINGS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Reading)}
PEOPLE: dict[str, Any] = {kind.__name__: kind for kind in (TrackFrame, GateEvent)}
DECISIONS: dict[str, Any] = {kind.__name__: kind for kind in (ShelfEvent, Disturbance)}

# A corrupt length asks for more memory than there is, or than a size can say.
_CORRUPT = (McapError, ValueError, struct.error, zstandard.ZstdError, MemoryError, OverflowError)
_FAULTS = (*_CORRUPT, RecursionError, OSError, MessageError, PictureError)


class McapCase:
    """One MCAP file as a case.

    Raises:
        RecordingError: it is not there, no MCAP file, or holds no setup of ours.

    Args:
        file: the recording.
        decode_picture: of JPEG; without it its frames are left out.
    """

    def __init__(self, file: Path, decode_picture: PictureDecoder | None = None) -> None:
        self._file, self._decode_picture = file, decode_picture
        self.setup = self._read_setup()

    def inputs(self, window_s: float = 0.0) -> Iterator[CaseInput]:
        """See :class:`edge.recording.case.Case`."""
        return gathered(self._as_recorded(), window_s)

    def _as_recorded(self) -> Iterator[CaseInput]:
        for kind, channel, data in self._messages():
            with self._typed_faults():
                arrived = self._decoded_input(kind, channel, data)
                self._check_columns(arrived)
            if arrived is not None:
                yield arrived

    def _check_columns(self, arrived: CaseInput | None) -> None:
        """Raise ``ValueError`` when a block has other columns than its rack has plates."""
        name, block = arrived or (None, None)
        if name not in self.setup.nodes or not isinstance(block, CountBlock | WeightBlock):
            return
        columns = (block.counts if isinstance(block, CountBlock) else block.grams).shape[1]
        for rack in self.setup.nodes[name].racks:
            if rack.rack == block.rack and len(rack.plates) != columns:
                raise ValueError(
                    f"a block of {columns} plates of rack {rack.rack}, which has {len(rack.plates)}"
                )

    def decisions(self) -> Iterator[NodeMessage]:
        """What the nodes decided when it was recorded. Raises ``RecordingError`` as ``inputs``."""
        for kind, channel, data in self._messages():
            if kind in DECISIONS:
                with self._typed_faults():
                    decision: NodeMessage = decode(data, DECISIONS[kind], source=channel.topic)
                yield decision

    def _decoded_input(self, kind: str, channel: Channel, data: bytes) -> CaseInput | None:
        """An input; ``None`` for a decision, or for what a later version records besides."""
        node = channel.metadata.get("node", "")
        if kind in BLOCKS:
            return node, decode_block(data, BLOCKS[kind], channel.metadata.get("rack", ""))
        if kind == Frame.__name__:
            return None if self._decode_picture is None else (node, decode_frame(data, self._decode_picture))
        if kind in READINGS:
            reading: Reading = msgspec.json.decode(data, type=READINGS[kind])
            return node, reading
        if kind in PEOPLE:
            people: StoreInput = decode(data, PEOPLE[kind], source=channel.topic)
            return None, people
        return None

    def _messages(self) -> Iterator[tuple[str, Channel, bytes]]:
        channels: dict[int, Channel] = {}
        for record in self._records():
            if isinstance(record, Channel):
                channels[record.id] = record
            elif isinstance(record, Message) and record.channel_id in channels:
                channel = channels[record.channel_id]
                yield channel.metadata.get("kind", ""), channel, record.data

    def _read_setup(self) -> CaseSetup:
        crc32 = ""
        for record in self._records():
            if isinstance(record, Metadata) and record.name == METADATA_NAME:
                self._check_schema(record.metadata.get("recording_schema", ""))
                crc32 = record.metadata.get("setup_crc32", "")
            if isinstance(record, Attachment) and record.name == SETUP_NAME:
                if crc32 != str(zlib.crc32(record.data)):
                    raise RecordingError(
                        "the recording is corrupt: its setup fails the checksum", where=str(self._file),
                        fix="Replay another copy of it.",
                    )  # fmt: skip
                try:
                    return msgspec.json.decode(record.data, type=CaseSetup)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise RecordingError(
                        f"setup that this version cannot read: {error}", where=f"{self._file}: {SETUP_NAME}",
                        fix="Replay it with the version that recorded it.",
                    ) from error  # fmt: skip
            if isinstance(record, Message):
                break
        raise RecordingError(
            "an MCAP file, yet no recording of ours", where=str(self._file),
            expected=f"an attachment {SETUP_NAME}", fix="Record it with `steelyard record`.",
        )  # fmt: skip

    def _check_schema(self, found: str) -> None:
        if found != str(RECORDING_SCHEMA):
            raise RecordingError(
                "recording of another schema", where=str(self._file), found=found or "none",
                expected=str(RECORDING_SCHEMA), fix="Replay it with the version that recorded it.",
            )  # fmt: skip

    def _records(self) -> Iterator[Any]:
        """Records in file order; a fault is raised after everything before it was yielded."""
        if self._file.exists() and not self._file.is_file():  # a pipe would be waited for
            raise RecordingError(
                "not a regular file", where=str(self._file), fix="Check the path and --format."
            )
        with self._typed_faults(), self._file.open("rb") as stream:
            if stream.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
                raise RecordingError(
                    "not an MCAP file", where=str(self._file), fix="Check the path and --format."
                )
            stream.seek(0)
            reader = StreamReader(stream, validate_crcs=True, record_size_limit=LARGEST_RECORD_BYTES)
            try:
                yield from reader.records
            except _FAULTS as error:
                if stream.read(1):
                    raise
                raise RecordingError(
                    "the recording is cut off", where=str(self._file),
                    fix="Everything before the cut was used.",
                ) from error  # fmt: skip

    @contextmanager
    def _typed_faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordingError(
                f"cannot read the recording: {error.strerror}", where=str(self._file), fix="Check the path."
            ) from error
        except _FAULTS as error:
            raise RecordingError(
                f"the recording is corrupt: {error}", where=str(self._file),
                fix="Everything before the fault was used.",
            ) from error  # fmt: skip
