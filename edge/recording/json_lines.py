"""Newline-delimited JSON, one typed record a line; a fault names file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.errors import RecordingError

RecordT = TypeVar("RecordT")

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A batch of 300 plates is 20 kB; a line this long is not a record."""

READ_BYTES = 256 * 1024
"""At a time: lines of some kilobytes come in quicker so."""


def read_json_lines(file: Path, kind: type[RecordT]) -> Iterator[tuple[int, RecordT]]:
    """Yield (1-based line number, record) of a file, reading as it goes; empty lines are skipped.

    Raises:
        RecordingError: the file cannot be opened, or a line is not such a record; all before were yielded.
    """
    decoder = msgspec.json.Decoder(kind)
    if file.exists() and not file.is_file():  # a pipe would be waited for
        raise RecordingError(
            f"{file.name} is not a regular file", where=str(file), fix="Check the case directory."
        )
    try:
        stream = file.open("rb", buffering=READ_BYTES)
    except OSError as error:
        raise RecordingError(
            f"cannot read {file.name}: {error.strerror}", where=str(file), fix="Check the case directory."
        ) from error
    with stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES:
                raise RecordingError(
                    "line too long", where=f"{file}:{number}", expected=f"less than {MAX_LINE_BYTES} bytes",
                    fix="Everything before this line was used.",
                )  # fmt: skip
            if line.isspace():
                continue
            try:
                record = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # nested too deep
                torn = not line.endswith(b"\n")
                raise RecordingError(
                    "the last line is cut off" if torn else f"malformed line: {error}",
                    where=f"{file}:{number}", found=repr(line[:40].decode("utf-8", "replace")),
                    fix="Everything before this line was used.",
                ) from error  # fmt: skip
            yield number, record
