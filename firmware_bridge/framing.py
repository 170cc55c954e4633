"""Frames on the wire: COBS between zero bytes, sealed with a CRC-16. Sans-I/O.

```
0x00 | COBS( payload | crc high | crc low ) | 0x00
```

The CRC is CRC-16/IBM-3740 (polynomial 0x1021, initial value 0xFFFF, not reflected), appended high byte
first: then the CRC over payload and CRC together is 0, which is all that a receiver has to check.
A frame begins and ends with the delimiter, so garbage right before or after it costs no frame.
Payloads fit one COBS code block (254 bytes), so a board needs no look-ahead beyond one frame.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections import Counter
from enum import StrEnum
from itertools import repeat
from operator import itemgetter

from cobs import cobs

CRC_INIT = 0xFFFF
CRC_BYTES = 2
DELIMITER = b"\x00"
MAX_SEALED_BYTES = 254
"""[B] payload and CRC: one COBS code block."""
MAX_PAYLOAD_BYTES = MAX_SEALED_BYTES - CRC_BYTES
MAX_ENCODED_BYTES = MAX_SEALED_BYTES + 1
"""[B] between two delimiters; anything longer is no frame of ours."""

MANY_GAPS = 32
"""[gaps between frames] from which on looking at their places is quicker than measuring each frame."""
_BETWEEN_FRAMES = 2 * DELIMITER
_ENCODED_BYTES = frozenset(range(CRC_BYTES + 2, MAX_ENCODED_BYTES + 1))
_payload = itemgetter(slice(-CRC_BYTES))


class FrameFault(StrEnum):
    """Why bytes between two delimiters are not a frame."""

    OVERSIZED = "oversized"
    COBS = "cobs"
    TOO_SHORT = "too_short"
    CRC = "crc"


def encode_frame(payload: bytes) -> bytes:
    """Bytes to put on the wire for a payload of 1 to ``MAX_PAYLOAD_BYTES``."""
    sealed = payload + crc_hqx(payload, CRC_INIT).to_bytes(CRC_BYTES, "big")
    encoded: bytes = cobs.encode(sealed)
    return DELIMITER + encoded + DELIMITER


class FrameDecoder:
    """Cuts a byte stream into payloads; never holds more than one frame.

    What precedes the first delimiter is ignored: a host joins in the middle of somebody's frame.

    Attributes:
        frames_total: [frames] good ones.
        faults: [frames] bad ones by reason.
    """

    def __init__(self) -> None:
        self.frames_total = 0
        self.faults: Counter[FrameFault] = Counter()
        self.restart()

    def restart(self) -> None:
        """Begin with a new stream: forget the frame that was cut off. The counters stay."""
        self._partial = b""
        self._skipping = True  # until the next delimiter

    @property
    def frames_corrupt(self) -> int:
        """[frames] all bad ones."""
        return self.faults.total()

    def receive(self, chunk: bytes) -> list[bytes | FrameFault]:
        """Payloads and faults that the bytes complete, in their order."""
        body, delimiter, self._partial = (self._partial + chunk).rpartition(DELIMITER)
        if delimiter and self._skipping:
            _, _, body = body.partition(DELIMITER)
            self._skipping = False
        results = self._open(body.strip(DELIMITER)) if body else []
        if self._skipping:
            self._partial = b""
        elif len(self._partial) > MAX_ENCODED_BYTES:
            results.append(self._refuse(self._partial, b""))
            self._partial = b""
            self._skipping = True
        return results

    def _open(self, body: bytes) -> list[bytes | FrameFault]:
        """Payloads of all frames of ``body`` at once, as a quiet line allows; else one by one."""
        pieces = body.split(_BETWEEN_FRAMES)
        try:
            # Loops in C: in Python, a frame of 22 bytes would cost three times what its decoding costs.
            # Where frames do not stand back to back, a piece holds a delimiter, which COBS refuses.
            sealed: list[bytes] = list(map(cobs.decode, pieces))
        except cobs.DecodeError:
            return self._open_each(body)
        if any(map(crc_hqx, sealed, repeat(CRC_INIT))) or not _are_frames_long(pieces, body):
            return self._open_each(body)
        self.frames_total += len(sealed)
        return list(map(_payload, sealed))

    def _open_each(self, body: bytes) -> list[bytes | FrameFault]:
        return [self._open_one(piece) for piece in body.split(DELIMITER) if piece]

    def _open_one(self, piece: bytes) -> bytes | FrameFault:
        try:
            sealed: bytes = cobs.decode(piece)
        except cobs.DecodeError:
            sealed = b""
        if len(piece) not in _ENCODED_BYTES or crc_hqx(sealed, CRC_INIT) != 0:
            return self._refuse(piece, sealed)
        self.frames_total += 1
        return sealed[:-CRC_BYTES]

    def _refuse(self, piece: bytes, sealed: bytes) -> FrameFault:
        """Count a piece that is no frame, by the first reason that holds."""
        if len(piece) > MAX_ENCODED_BYTES:
            fault = FrameFault.OVERSIZED
        elif not sealed:
            fault = FrameFault.COBS
        elif len(sealed) <= CRC_BYTES:
            fault = FrameFault.TOO_SHORT
        else:
            fault = FrameFault.CRC
        self.faults[fault] += 1
        return fault


def _are_frames_long(pieces: list[bytes], body: bytes) -> bool:
    """Whether all pieces between the double delimiters of ``body`` are as long as frames may be.

    A board's blocks are all alike: then the delimiters stand at equal distances, and many are quickly seen.
    """
    length = len(pieces[0])
    step, gaps = length + len(_BETWEEN_FRAMES), len(pieces) - 1
    if (
        gaps >= MANY_GAPS
        and len(body) == gaps * step + length
        and body[length::step].count(DELIMITER) == body[length + 1 :: step].count(DELIMITER) == gaps
    ):
        return length in _ENCODED_BYTES
    return _ENCODED_BYTES.issuperset(map(len, pieces))
