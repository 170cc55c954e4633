"""Records every input and decision of nodes, and people, to one MCAP file. Layout: ``mcap_layout.py``."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mcap.writer import CompressionType, Writer

from edge.errors import StorageError
from edge.messages import NodeMessage
from edge.payload import encode
from edge.recording.case import CaseSetup, StoreInput
from edge.recording.mcap_layout import (
    BLOCK_DESCRIPTION,
    BLOCK_ENCODING,
    METADATA_NAME,
    RECORDING_SCHEMA,
    SETUP_NAME,
    encode_block,
    json_schema,
)
from edge.recording.mcap_pictures import PICTURE_SCHEMA, CompressedImage, encode_frame
from edge.samples import NS_PER_S, CountBlock, Frame, NodeInput, UtcReading, WeightBlock

CHUNK_BYTES = 32 * 1024
"""A crash loses at most one chunk: a second of a large gondola, some seconds of a small board."""

TOPIC_ENDINGS = {
    "CountBlock": "counts",
    "WeightBlock": "grams",
    "LinkReport": "link",
    "UtcReading": "utc",
    "PriorLevels": "levels",
    "PlateHold": "hold",
    "Recalibration": "calibration",
    "Frame": "camera",
    "CameraReport": "camera_state",
    "ShelfEvent": "shelf_event",
    "Disturbance": "disturbance",
    "TrackFrame": "track",
    "GateEvent": "gate",
}


class Recorder:
    """One recording; its methods may be called from several threads.

    Args:
        path: file to write; never one that exists.
        setup: the store and its nodes.

    Raises:
        StorageError: from every method, when the file cannot be written.
    """

    def __init__(self, path: Path, setup: CaseSetup) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._channels: dict[tuple[str, str, str], int] = {}
        self._utc: dict[str, UtcReading] = {}
        self._log_ns = 0
        self._sequence = 0
        self._failed = False
        with self._writing():
            self._stream = path.open("xb")
            self._writer = Writer(self._stream, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
            self._writer.start(profile="", library="steelyard")
            encoded = setup.encode()
            self._writer.add_metadata(
                METADATA_NAME,
                {"recording_schema": str(RECORDING_SCHEMA), "setup_crc32": str(zlib.crc32(encoded))},
            )
            self._writer.add_attachment(0, 0, SETUP_NAME, "application/json", encoded)
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def input(self, node: str, arrived: NodeInput) -> None:
        """Record what entered a node's pipeline; a frame comes with its JPEG, else ``ValueError``."""
        if isinstance(arrived, UtcReading):
            self._utc[node] = arrived
        reading = self._utc.get(node)
        time_ns = round(reading.at(arrived.mono_ns) * NS_PER_S) if reading else arrived.mono_ns
        if isinstance(arrived, CountBlock | WeightBlock):
            self._add(arrived, encode_block(arrived), time_ns, node=node, rack=arrived.rack)
        elif isinstance(arrived, Frame):
            self._add(arrived, encode_frame(arrived, time_ns), time_ns, node=node)
        else:
            self._add(arrived, encode(arrived), time_ns, node=node)

    def people(self, arrived: StoreInput) -> None:
        """Record what the tracker or the gate said."""
        self._add(arrived, encode(arrived), round(arrived.t * NS_PER_S))

    def decision(self, message: NodeMessage) -> None:
        """Record what a node decided."""
        self._add(message, encode(message), round(message.t_decided * NS_PER_S), node=message.node)

    def close(self) -> None:
        """Write the index and close; a second call does nothing.

        After a failed write there is nothing to add: the file ends as after a crash and is read like one.
        """
        with self._lock, self._writing():
            if self._failed:
                with suppress(OSError):
                    self._stream.close()
            elif not self._stream.closed:
                try:
                    self._writer.finish()  # type: ignore[no-untyped-call]
                finally:
                    self._stream.close()

    def _add(self, content: Any, data: bytes, time_ns: int, *, node: str = "", rack: str = "") -> None:
        with self._lock, self._writing():
            kind = type(content)
            channel = self._channels.get((kind.__name__, node, rack)) or self._channel(kind, node, rack)
            # Readers that sort by log time shall see the order of arrival.
            self._log_ns = max(self._log_ns, time_ns, 0)
            self._sequence += 1
            self._writer.add_message(
                channel,
                log_time=self._log_ns,
                data=data,
                publish_time=max(time_ns, 0),
                sequence=self._sequence & 0xFFFF_FFFF,
            )
            self._stream.flush()

    def _channel(self, kind: type[Any], node: str, rack: str) -> int:
        if kind in (CountBlock, WeightBlock):
            encoding, schema = BLOCK_ENCODING, BLOCK_DESCRIPTION.encode()
            schema_id = self._writer.register_schema(kind.__name__, BLOCK_ENCODING, schema)
        elif kind is Frame:
            encoding = "json"
            schema_id = self._writer.register_schema(
                PICTURE_SCHEMA, "jsonschema", json_schema(CompressedImage)
            )
        else:
            encoding = "json"
            schema_id = self._writer.register_schema(kind.__name__, "jsonschema", json_schema(kind))
        place = ["node", node] if node else []
        topic = "/".join([*place, TOPIC_ENDINGS[kind.__name__], *([rack] if rack else [])])
        metadata = {"kind": kind.__name__, "node": node, "rack": rack}
        channel = self._writer.register_channel(topic, encoding, schema_id, metadata)
        self._channels[kind.__name__, node, rack] = channel
        return channel

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except FileExistsError as error:
            raise StorageError(
                "the recording exists already",
                where=str(self.path),
                fix="Choose another name, or move it away.",
            ) from error
        except OSError as error:
            self._failed = True
            raise StorageError(
                f"cannot write the recording: {error.strerror}", where=str(self.path),
                fix="Check the directory, its rights and the free space.",
            ) from error  # fmt: skip
