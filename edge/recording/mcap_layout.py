"""What stands in our MCAP files (https://mcap.dev/spec), so that other programs can read them.

The file begins with an attachment ``steelyard-case.json``: the ``CaseSetup`` of the recording, which holds
catalogue, planogram, rack layouts, options and calibrations, so that the file replays alone. Then come
messages in order of arrival, in small zstd chunks; ``log_time`` is ns since the Unix epoch.

=============================  ==================  ==================================================
topic                          encoding            content
=============================  ==================  ==================================================
``node/{node}/counts/{rack}``  steelyard-block-v1  ``CountBlock``
``node/{node}/grams/{rack}``   steelyard-block-v1  ``WeightBlock``
``node/{node}/link``           json                ``LinkReport``
``node/{node}/utc``            json                ``UtcReading``
``node/{node}/levels``         json                ``PriorLevels``
``node/{node}/hold``           json                ``PlateHold``
``node/{node}/calibration``    json                ``Recalibration``
``node/{node}/camera``         json                ``Frame`` as foxglove.CompressedImage, JPEG
``node/{node}/camera_state``   json                ``CameraReport``
``node/{node}/shelf_event``    json                ``ShelfEvent``, a decision
``node/{node}/disturbance``    json                ``Disturbance``, a decision
``track``, ``gate``            json                ``TrackFrame``, ``GateEvent``
=============================  ==================  ==================================================

Channel metadata names ``kind`` (the type above), ``node`` and ``rack``. JSON channels carry a JSON schema.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import numpy as np

from edge.samples import CountBlock, WeightBlock

SETUP_NAME = "steelyard-case.json"
METADATA_NAME = "steelyard"
RECORDING_SCHEMA = 1
"""Major version of this layout. The metadata record ``steelyard`` at the start of the file holds it as
``recording_schema``, and as ``setup_crc32`` the CRC-32 of the attachment, which MCAP readers do not check."""

BLOCK_ENCODING = "steelyard-block-v1"
BLOCK_DESCRIPTION = (
    "little-endian: int64 mono_ns of the first sample, float64 period_ns, uint32 lost_before, "
    "uint32 samples, uint32 columns; then [samples, columns] row by row: "
    "int32 counts (CountBlock) or float64 grams, NaN where missing (WeightBlock)"
)
LATEST_NS = 2**62  # [ns] 146 years of monotonic time
SLOWEST_NS = 1e10  # [ns] between samples
_HEAD = struct.Struct("<qdIII")


def encode_block(block: CountBlock | WeightBlock) -> bytes:
    """Bytes of a block, as ``BLOCK_DESCRIPTION`` says."""
    rows = block.counts.astype("<i4") if isinstance(block, CountBlock) else block.grams.astype("<f8")
    return _HEAD.pack(block.mono_ns, block.period_ns, block.lost_before, *rows.shape) + rows.tobytes()


def decode_block(
    data: bytes, kind: type[CountBlock] | type[WeightBlock], rack: str
) -> CountBlock | WeightBlock:
    """A block from its bytes.

    Raises:
        ValueError, struct.error: the bytes are no such block.
    """
    mono_ns, period_ns, lost_before, samples, columns = _HEAD.unpack_from(data)
    if abs(mono_ns) > LATEST_NS or not 0 < period_ns <= SLOWEST_NS:
        raise ValueError(f"a block at {mono_ns} ns with {period_ns} ns between samples")
    if kind is CountBlock:
        counts = np.frombuffer(data, "<i4", offset=_HEAD.size).reshape(samples, columns)
        return CountBlock(rack, mono_ns, period_ns, counts.astype(np.int32), lost_before)
    grams = np.frombuffer(data, "<f8", offset=_HEAD.size).reshape(samples, columns)
    return WeightBlock(rack, mono_ns, period_ns, grams.astype(np.float64), lost_before)


def json_schema(kind: type[Any]) -> bytes:
    """JSON schema of a message type, in the plain form that viewers such as Foxglove read.

    They follow no references and know no unions: references are put in place, an optional value becomes the
    value, and a fixed tuple becomes an array.
    """
    (root,), definitions = msgspec.json.schema_components([kind], ref_template="{name}")
    return msgspec.json.encode(_plain(root, definitions))


def _plain(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_plain(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"]], definitions)
    if "anyOf" in schema:
        return _plain(next(part for part in schema["anyOf"] if part.get("type") != "null"), definitions)
    if "enum" in schema:
        return {"type": "string", **schema}
    plain = {key: _plain(part, definitions) for key, part in schema.items() if key != "default"}
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")[0]
    return plain
