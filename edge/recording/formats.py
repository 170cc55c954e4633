"""The formats that a recording can have, by the name that commands and configuration use."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from edge.recording.case import Case
from edge.recording.mcap_case import McapCase
from edge.recording.mcap_pictures import PictureDecoder
from edge.recording.nanostore import NanostoreCase


class RecordingFormat(StrEnum):
    """How a recording is stored."""

    AIFI = "aifi"
    MCAP = "mcap"


def open_case(
    path: Path, recording_format: RecordingFormat | str, decode_picture: PictureDecoder | None = None
) -> Case:
    """Open a recording.

    Args:
        path: file or case directory.
        recording_format: of it.
        decode_picture: of JPEG; without it a recording's frames are left out.

    Raises:
        RecordingError: it is not there or not in that format.
    """
    if RecordingFormat(recording_format) is RecordingFormat.AIFI:
        return NanostoreCase(path)
    return McapCase(path, decode_picture)
