"""What the machine brings: its clock, its disk, its certificates."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import utc_is_synchronized
from edge.config import BrokerSection
from edge.doctor.check import Check, Outcome

FREE_BYTES_MIN = 500_000_000
"""Months of events; and a card that is full wears out."""

SYNC_S_MAX = 0.2
"""[s] for one synchronised write: every event waits for one."""

EXPIRES_DAYS = 30
"""[days] before a certificate ends that are worth a warning."""


def check_clock() -> Check:
    """Whether a time service has set the clock: receipts and who-was-there rest on it."""
    if utc_is_synchronized():
        return Check(
            "clock", "machine", Outcome.OK, f"synchronised, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        )
    return Check(
        "clock", "machine", Outcome.WARNING, "no time service has set it",
        "Start one (systemd-timesyncd, chrony): events carry this clock's times.",
    )  # fmt: skip


def check_disk(state_dir: Path) -> Check:
    """Whether the state directory can be written, is synchronised quickly enough, and has room."""
    subject = str(state_dir)
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state_dir) as probe:
            started = time.perf_counter()
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
            sync_s = time.perf_counter() - started
        free = shutil.disk_usage(state_dir).free
    except OSError as error:
        return Check(
            "disk", subject, Outcome.FAILURE, f"cannot be written: {error.strerror}",
            "Correct `state_dir`, or its owner: events are kept there until they are acknowledged.",
        )  # fmt: skip
    found = f"{free / 1e9:.1f} GB free, a synchronised write takes {1000 * sync_s:.0f} ms"
    if free < FREE_BYTES_MIN:
        return Check("disk", subject, Outcome.FAILURE, found, "Make room, or name another `state_dir`.")
    if sync_s > SYNC_S_MAX:
        return Check("disk", subject, Outcome.WARNING, found, "A worn or slow card: replace it.")
    return Check("disk", subject, Outcome.OK, found)


def check_certificates(broker: BrokerSection, base_dir: Path) -> Iterator[Check]:
    """Whether the authority that the broker is checked against can be read, and for how long it holds."""
    if not broker.ca_file:
        outcome = Outcome.OK if broker.host in ("localhost", "127.0.0.1", "::1") else Outcome.WARNING
        fix = (
            ""
            if outcome is Outcome.OK
            else "Set `broker.ca_file`: others on this network can read and write."
        )
        yield Check("certificates", broker.host, outcome, "no TLS to the broker", fix)
        return
    file = base_dir / broker.ca_file
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(file)
    except (OSError, ssl.SSLError) as error:
        yield Check(
            "certificates", str(file), Outcome.FAILURE, f"cannot be used: {error.strerror or error}",
            "Copy the authority's PEM file there.",
        )  # fmt: skip
        return
    for certificate in context.get_ca_certs():
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
        days = (ends - datetime.now(UTC)).days
        outcome = Outcome.FAILURE if days < 0 else Outcome.WARNING if days < EXPIRES_DAYS else Outcome.OK
        found = f"ends {ends:%Y-%m-%d}, {'is over' if days < 0 else f'in {days} days'}"
        yield Check("certificates", str(file), outcome, found, "Renew it." if days < EXPIRES_DAYS else "")
