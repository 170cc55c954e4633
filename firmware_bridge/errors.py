"""One root for every error that the board link raises on purpose; any other exception is a bug.

The attributes are those of the store's own errors, so that one report serves both.
"""

from __future__ import annotations

from firmware_bridge.link import LinkFault


class BridgeError(Exception):
    """Root of all expected failures of the board link.

    Attributes:
        what: the failure in a few words.
        where: device, field or command that it concerns.
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


class WireError(BridgeError):
    """A message that the wire format cannot carry."""


class BoardIdError(BridgeError):
    """A board id that no board can have."""


class BoardCommandError(BridgeError):
    """A command to a simulated board that it does not understand."""


class DriverOptionError(BridgeError):
    """An option of a driver that contradicts itself; ``where`` names it."""


class DriverMissingError(BridgeError):
    """A driver whose library is not installed."""


class PortError(BridgeError):
    """A serial port that cannot be opened or is gone. ``fault`` is the typed reason."""

    def __init__(self, fault: LinkFault, what: str, *, where: str, found: str = "", fix: str = "") -> None:
        self.fault = fault
        super().__init__(what, where=where, found=found, fix=fix)
