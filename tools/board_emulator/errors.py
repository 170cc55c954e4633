"""What can go wrong with an emulated board, beside a command that it refuses (``BoardCommandError``)."""

from __future__ import annotations

from firmware_bridge.errors import BridgeError


class EmulatorError(BridgeError):
    """Root of the emulator's own failures."""


class EmulatorBuildError(EmulatorError):
    """The emulator or the firmware cannot be built on this machine."""


class EmulatorStoppedError(EmulatorError):
    """The emulator ended, or did not start; ``found`` is what it said last."""
