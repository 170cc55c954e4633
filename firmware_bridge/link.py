"""In what states a board's link can be, and every reason for not being connected."""

from __future__ import annotations

from enum import StrEnum


class LinkState(StrEnum):
    """What the host may expect of a board right now."""

    CONNECTED = "connected"  # identified, accepted, samples flow
    DISCONNECTED = "disconnected"  # no board answers
    STALE = "stale"  # the board is there, its samples are not
    WRONG_BOARD = "wrong_board"  # another board than the one expected here
    VERSION_MISMATCH = "version_mismatch"  # the board speaks another protocol version


class LinkFault(StrEnum):
    """Why a board is not connected."""

    PORT_MISSING = "port_missing"  # no such device
    PORT_BUSY = "port_busy"  # another program holds it
    PORT_FORBIDDEN = "port_forbidden"  # no permission
    PORT_UNUSABLE = "port_unusable"  # it exists and is no serial port, or fails otherwise
    PORT_AMBIGUOUS = "port_ambiguous"  # its name may come to mean another adapter
    NOT_FOUND = "not_found"  # looked for on several ports, and on none of them
    UNPLUGGED = "unplugged"  # it was open and went away
    NO_IDENTITY = "no_identity"  # the port is open and nobody answers on it
    REBOOTED = "rebooted"  # the board started anew
    DESYNC = "desync"  # sample numbers no longer follow from each other
    NO_SAMPLES = "no_samples"  # identified, but silent
    UNINTELLIGIBLE = "unintelligible"  # bytes come, and none of them is a reading
    WRONG_BOARD = "wrong_board"
    PROTOCOL_VERSION = "protocol_version"

    @property
    def state(self) -> LinkState:
        """The state that this fault puts a link in."""
        return _STATES.get(self, LinkState.DISCONNECTED)

    @property
    def is_lasting(self) -> bool:
        """Whether somebody has to do something: waiting does not mend it."""
        return self in _LASTING


_STATES = {
    LinkFault.DESYNC: LinkState.STALE,
    LinkFault.NO_SAMPLES: LinkState.STALE,
    LinkFault.UNINTELLIGIBLE: LinkState.STALE,
    LinkFault.WRONG_BOARD: LinkState.WRONG_BOARD,
    LinkFault.PORT_AMBIGUOUS: LinkState.WRONG_BOARD,
    LinkFault.PROTOCOL_VERSION: LinkState.VERSION_MISMATCH,
}

_LASTING = {
    LinkFault.PORT_MISSING, LinkFault.PORT_BUSY, LinkFault.PORT_FORBIDDEN, LinkFault.PORT_UNUSABLE,
    LinkFault.PORT_AMBIGUOUS, LinkFault.WRONG_BOARD, LinkFault.PROTOCOL_VERSION,
}  # fmt: skip
