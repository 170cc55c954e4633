"""What is written down of one calibration, and the hash that ties it to the file in force."""

from __future__ import annotations

import hashlib

import msgspec

from edge.calibration.diagnosis import Diagnosis
from edge.calibration.fit import Uncertain
from edge.calibration.gain import ImpliedCapacity
from edge.calibration.limits import Limits
from edge.calibration.run import Taken
from edge.calibration.verdict import Check
from edge.config import ChannelCalibration

CERTIFICATE_SCHEMA = 1
"""Major version of ``Certificate``; fields are added, never renamed."""


class FitSummary(msgspec.Struct, frozen=True):
    """The line and what is left of the readings beside it."""

    zero_counts: Uncertain
    counts_per_gram: Uncertain
    bend_g: float  # [g] farthest a parabola through the readings is from the line
    sampling_sigma_g: float  # [g] of one reading, from noise alone
    placing_sigma_g: float  # [g] of one reading, from all else: placing, drift, hysteresis
    residuals_g: tuple[float, ...]  # [g] by reading that served the fit, in their order
    degrees_of_freedom: int  # of the scatter


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One calibration of one plate. Errors are indication less load, after zero-setting."""

    schema: int = CERTIFICATE_SCHEMA
    number: str  # board, channel and time: unique
    date: str  # ISO 8601, UTC, when it was accepted
    store: str
    node: str
    plate: str
    board_id: str
    channel: int  # counts from 0
    technician: str
    software: str  # program and version
    weights: str  # loads as put on, with class or tolerance
    limits: Limits
    diagnosis: Diagnosis
    readings: tuple[Taken, ...]
    fit: FitSummary
    implied: ImpliedCapacity | None
    before: ChannelCalibration | None  # in force until now; None: none, or it was another cell's
    after: ChannelCalibration
    as_found: tuple[Check, ...]  # with `before`; the same comparisons as below, or none
    as_left: tuple[Check, ...]  # with `after`
    means: tuple[Check, ...]  # weights, uncertainty, class, converter, cell

    @property
    def passed(self) -> bool:
        """Whether every limit is kept with the new calibration."""
        return all(check.passed for check in (*self.as_left, *self.means))

    @property
    def zero_shift_g(self) -> float | None:
        """[g] by which the empty plate's reading has moved since the calibration before."""
        if self.before is None:
            return None
        return (self.readings[0].reading.mean_counts - self.before.zero_counts) / self.before.counts_per_gram


def content_bytes(certificate: Certificate) -> bytes:
    """The one JSON form of a certificate: sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(certificate, order="sorted")


def content_hash(certificate: Certificate) -> str:
    """SHA-256 of ``content_bytes``, 64 hex digits."""
    return hashlib.sha256(content_bytes(certificate)).hexdigest()


def certificate_json(certificate: Certificate) -> bytes:
    """The certificate's file: ``{"certificate": ..., "sha256": ...}`` with the content as it was hashed.

    Infinite numbers become ``null``, as JSON has none.
    """
    return (
        b'{"certificate":' + content_bytes(certificate) + b',"sha256":"'
        + content_hash(certificate).encode() + b'"}\n'
    )  # fmt: skip
