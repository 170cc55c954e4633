"""One root for every error that Steelyard raises on purpose; any other exception is a bug.

An error carries its facts as attributes and builds its own sentence from them: what is wrong, where,
what was found, what was expected and what to do about it.
"""

from __future__ import annotations

from pathlib import Path


class SteelyardError(Exception):
    """Root of all expected failures.

    Attributes:
        what: the failure in a few words, e.g. ``"unknown key"``.
        where: place a person can go to: file and line, topic, table, device.
        found: what was there.
        expected: what would have been right.
        fix: the next thing to do.
    """

    def __init__(
        self, what: str, *, where: str = "", found: str = "", expected: str = "", fix: str = ""
    ) -> None:
        self.what, self.where, self.found, self.expected, self.fix = what, where, found, expected, fix
        super().__init__(what)

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        if self.found:
            sentence += f", found {self.found}"
        if self.expected:
            sentence += f", expected {self.expected}"
        return f"{sentence}. {self.fix}" if self.fix else sentence


class ConfigError(SteelyardError):
    """A configuration file that cannot be used. ``line`` is 1-based, 0 when the file has no such line."""

    def __init__(
        self,
        what: str,
        *,
        file: Path,
        line: int = 0,
        key: str = "",
        found: str = "",
        expected: str = "",
        fix: str = "",
    ) -> None:
        self.file, self.line, self.key = file, line, key
        place = f"{file}:{line}" if line else str(file)
        super().__init__(
            what, where=f"{place}: {key}" if key else place, found=found, expected=expected, fix=fix
        )


class MessageError(SteelyardError):
    """A payload that is not what its topic promises; the sender is at fault, the receiver goes on."""


class PlanogramError(SteelyardError):
    """A planogram or catalogue that contradicts itself or names what does not exist."""


class MoneyError(SteelyardError):
    """An amount that its currency cannot express, or amounts of two currencies in one sum."""


class RecordingError(SteelyardError):
    """A recording that cannot be read (further); everything before the fault has been delivered."""


class StorageError(SteelyardError):
    """A database that cannot be opened or written: locked, read-only, full or corrupt."""


class BrokerError(SteelyardError):
    """A broker that cannot be started or reached."""


class PictureError(SteelyardError):
    """A picture that shows nothing: not an image, cut off, too large, empty."""


class ModelError(SteelyardError):
    """A model of vision that cannot be used: missing, altered, or not what its card says."""


class GalleryError(SteelyardError):
    """A gallery, or a change of one, that cannot be used: missing, damaged, out of bounds."""


class StartError(SteelyardError):
    """A process or device that a command needs did not come up."""
