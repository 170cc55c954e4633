"""A folder in which pictures appear, named by the time at which they were taken.

Names are ``<seconds since 1970>.jpg``, as ``1763837078.123.jpg``, or ``20251122T184438.123Z.jpg`` in UTC;
PNG and WebP do as well. Whatever else lies there is left alone. Pictures that were there before are history.
A file that somebody is still writing is waited for; who can, writes under another name and renames.
"""

from __future__ import annotations

import math
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import Clock
from edge.config import CameraSection
from edge.errors import PictureError
from edge.messages import CameraState
from edge.samples import NS_PER_S
from edge.vision.camera.source import CameraFaultError, Picture
from edge.vision.picture import decode_picture

WRITING_S = 1.0
"""[s] in which a file that cannot be read may still be being written; then it is broken."""

PENDING_MAX = 8
"""[pictures] that wait to be read; of more, the older ones are skipped."""

JPEG_START = b"\xff\xd8\xff"

_SECONDS = re.compile(r"(\d{9,11}(?:\.\d{1,9})?)\.(?:jpe?g|png|webp)", re.IGNORECASE)
_CALENDAR = re.compile(r"(\d{8}T\d{6})(\.\d{1,6})?Z\.(?:jpe?g|png|webp)", re.IGNORECASE)


def time_of(name: str) -> float | None:
    """[s] Unix epoch that a picture's name tells; ``None``: it is no such name."""
    if match := _SECONDS.fullmatch(name):
        return float(match[1])
    if match := _CALENDAR.fullmatch(name):
        try:
            taken = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        return taken.timestamp() + float(match[2] or 0)
    return None


class FolderSource:
    """Pictures as they appear.

    Args:
        section: its options.
        base_dir: that relative paths start from.
        clock: the host's, against which the names' times are judged.

    Raises:
        CameraFaultError: there is no such folder.
    """

    def __init__(self, section: CameraSection, base_dir: Path, clock: Clock) -> None:
        self._section, self._clock = section, clock
        self._folder = base_dir / section.source
        self._pending: list[tuple[float, str]] = []
        self._tried: tuple[str, int] = ("", 0)  # name of a file that could not be read, and since when
        self._known = self._names()

    def read(self) -> Picture | None:
        """See :class:`PictureSource`."""
        names = self._names()
        fresh = names - self._known
        self._known = names
        self._pending += [(taken_s, name) for name in fresh if (taken_s := time_of(name)) is not None]
        self._pending = sorted(self._pending)[-PENDING_MAX:]
        if not self._pending:
            return None
        taken_s, name = self._pending[0]
        mono_ns = self._mono_ns(taken_s, name)
        file = self._folder / name
        try:
            data = file.read_bytes()
            pixels = decode_picture(data, source=str(file))
        except (PictureError, OSError) as error:
            self._wait_for(name, str(error))
            return None
        self._pending.pop(0)
        return Picture(pixels, mono_ns, data if data.startswith(JPEG_START) else b"")

    def close(self) -> None:
        """See :class:`PictureSource`."""

    def _names(self) -> set[str]:
        try:
            with os.scandir(self._folder) as entries:
                return {entry.name for entry in entries}
        except OSError as error:
            raise CameraFaultError(
                CameraState.LOST, f"its folder cannot be read: {error.strerror}", where=self._section.camera,
                found=str(self._folder), fix="Create the folder, or correct `source`.",
            ) from error  # fmt: skip

    def _mono_ns(self, taken_s: float, name: str) -> int:
        """When a picture was taken, on the node's clock; what cannot be is dropped and told."""
        age_s = self._clock.utc_s() - taken_s
        if not math.isfinite(age_s) or abs(age_s) > self._section.clock_off_s:
            self._pending.pop(0)
            raise CameraFaultError(
                CameraState.CLOCK_OFF, "its pictures carry another time than this machine's",
                where=self._section.camera,
                found=f"{name}, {abs(age_s):.0f} s {'behind' if age_s > 0 else 'ahead'}",
                expected=f"within {self._section.clock_off_s:g} s", fix="Set both clocks by a time service.",
            )  # fmt: skip
        return self._clock.mono_ns() - round(age_s * NS_PER_S)

    def _wait_for(self, name: str, why: str) -> None:
        """Leave a file for later while it may still be being written; then give it up."""
        now_ns = self._clock.mono_ns()
        if self._tried[0] != name:
            self._tried = (name, now_ns)
        if now_ns - self._tried[1] >= WRITING_S * NS_PER_S:
            self._pending.pop(0)
            raise CameraFaultError(CameraState.UNREADABLE, why, where=self._section.camera, found=name)
