"""What one check found."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.errors import SteelyardError


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # works, and will not for long, or less well than it could
    FAILURE = "failure"  # something does not work
    SKIPPED = "skipped"  # could not be looked at, for a reason that another line gives


class Check(msgspec.Struct, frozen=True):
    """One line."""

    check: str  # what was looked at: config, board, rate, noise, saturation, clock, disk, ...
    subject: str  # of which file, rack, plate, machine
    outcome: Outcome
    found: str
    fix: str = ""  # the next thing to do; empty when there is nothing


def failed(check: str, subject: str, error: SteelyardError | Exception) -> Check:
    """A check that ended in an error."""
    return Check(check, subject, Outcome.FAILURE, str(error))
