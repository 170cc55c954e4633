"""Pictures in a folder, each whole or not at all, the newest few only."""

from __future__ import annotations

from collections import deque
from pathlib import Path

KEPT = 60
"""Pictures that stay; older ones are removed, so that a demo left alone fills no disk."""


class PictureFolder:
    """Writes the pictures of one camera as ``<UTC seconds>.jpg``; a reader never sees half of one.

    Raises:
        OSError: the folder cannot be made, or written to.
    """

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._kept = folder, kept
        self._written: deque[Path] = deque(sorted(folder.glob("*.jpg")))

    def write(self, jpeg: bytes, utc_s: float) -> Path:
        """Add a picture; the file appears under its name when all of it is there."""
        file = self._folder / f"{utc_s:.6f}.jpg"
        partial = file.with_suffix(".partial")
        partial.write_bytes(jpeg)
        partial.replace(file)
        self._written.append(file)
        while len(self._written) > self._kept:
            self._written.popleft().unlink(missing_ok=True)
        return file
