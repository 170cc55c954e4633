"""The end of a calibration: accepted and in force, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.calibration.certificate import Certificate, certificate_json, content_hash
from edge.calibration.certificate_page import certificate_page
from edge.calibration.record import renewed, replaceable_calibration, to_yaml
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.config import CalibrationEntry, CalibrationFile
from edge.durable_file import one_writer, write_atomically

FOLDER = "certificates"
"""Beside the calibration files."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written."""

    calibration: Path
    certificate: Path
    page: Path
    sha256: str


def refuse_unaccepted(certificate: Certificate) -> CalibrationRefusedError:
    """What to raise when nobody accepts it."""
    missed = [check for check in (*certificate.as_left, *certificate.means) if not check.passed]
    found = ", ".join(f"{check.kind.value.replace('_', ' ')} {check.subject}" for check in missed[:3])
    return CalibrationRefusedError(
        RefusalReason.NOT_ACCEPTED, "not accepted; the calibration in force is untouched",
        where=certificate.plate, found=f"outside the limits: {found}" if missed else "",
        fix="Mend the cause and repeat, or accept it all the same with --accept any." if missed
        else "Accept it when asked, or with --accept pass.",
    )  # fmt: skip


def put_in_force(
    certificate: Certificate, file: Path, until_now: CalibrationFile | None, channels: int
) -> Outcome:
    """Write the certificate, then the calibration that refers to it, each in one instant.

    Args:
        certificate: accepted.
        file: the board's calibration file; read again, for somebody may have calibrated a plate beside.
        until_now: what was in force before, if ``file`` does not exist yet.
        channels: [channels] of the board.

    Raises:
        StorageError: the disk refuses; the calibration in force stands.
        CalibrationRefusedError: the file was written by hand.
        ConfigError: the file was broken meanwhile.
    """
    folder = file.parent / FOLDER
    with one_writer(folder):
        return _put_in_force(certificate, file, until_now, channels, folder)


def _put_in_force(
    certificate: Certificate, file: Path, until_now: CalibrationFile | None, channels: int, folder: Path
) -> Outcome:
    before = replaceable_calibration(file) or until_now
    name, others = certificate.number, 1
    while (folder / f"{name}.json").exists():  # two in one second
        name, others = f"{certificate.number}-{others}", others + 1
    outcome = Outcome(file, folder / f"{name}.json", folder / f"{name}.html", content_hash(certificate))
    write_atomically(outcome.certificate, certificate_json(certificate))
    write_atomically(outcome.page, certificate_page(certificate).encode())
    gain = certificate.fit.counts_per_gram
    entry = CalibrationEntry(
        date=certificate.date,
        plate=certificate.plate,
        channel=certificate.channel,
        zero_counts=certificate.after.zero_counts,
        counts_per_gram=certificate.after.counts_per_gram,
        gain_u95=round(gain.expanded / abs(gain.value), 9),
        masses=certificate.weights,
        technician=certificate.technician,
        passed=certificate.passed,
        certificate=outcome.certificate.name,
        sha256=outcome.sha256,
    )
    content = renewed(before, entry, board_id=certificate.board_id, channels=channels)
    write_atomically(file, to_yaml(content).encode())
    return outcome
