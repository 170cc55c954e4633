"""Every rack's board, looked at directly, or through the node that reads it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.calibration.diagnosis import FindingKind, diagnose
from edge.calibration.reading import Capture
from edge.calibration.refusal import CalibrationRefusedError
from edge.clock import SystemClock
from edge.config import BoardSection, CalibrationFile
from edge.doctor.check import Check, Outcome, failed
from edge.messages import NodeHealth, SensorState
from edge.node.boards import RATE_OFF_MAX
from edge.node.drivers import open_driver
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus, LinkHealth, ScaleSamples
from firmware_bridge.errors import BridgeError
from firmware_bridge.link import LinkState

CONNECT_S = 10.0
"""[s] for a board to answer after the port was opened: an Arduino restarts then, which takes 2 s."""

POLL_S = 0.02
"""[s] between looks at the ports."""

INTERVAL_G = 5.0
"""[g] verification scale interval of a usual plate (OIML R 76): noise and drift are judged by it."""

_NAMES = {
    FindingKind.RATE_OFF: "rate", FindingKind.FEW_VALUES: "noise", FindingKind.SATURATED: "saturation",
    FindingKind.MISREAD: "noise", FindingKind.LOST_SAMPLES: "rate", FindingKind.NOISY: "noise",
    FindingKind.DRIFTING: "noise",
}  # fmt: skip

_STATE_CHECKS = {SensorState.SATURATED: "saturation", SensorState.UNCALIBRATED: "calibration"}


@dataclass(slots=True)
class Listening:
    """What a rack's board said while it was listened to."""

    status: BoardStatus
    health: LinkHealth
    counts: list[np.ndarray] = field(default_factory=list)  # [n, channel]
    grams: list[np.ndarray] = field(default_factory=list)  # [n, channel]
    lost: int = 0  # [samples]


def listen(
    sections: Sequence[BoardSection], base_dir: Path, seconds: float
) -> Iterator[tuple[BoardSection, Listening | Check]]:
    """Listen to all racks at once; a rack whose options cannot be used is a check that failed."""
    clock = SystemClock()
    drivers = {}
    try:
        for section in sections:
            port = str(base_dir / section.port) if section.port else ""
            try:
                drivers[section.rack] = open_driver(section, port=port, clock=clock.mono_ns)
            except BridgeError as error:
                yield section, failed("serial identity", section.rack, error)
        heard = {rack: Listening(driver.status, driver.health) for rack, driver in drivers.items()}
        ready_at: dict[str, float] = {}
        given_up = time.monotonic() + CONNECT_S
        while not all(
            _is_over(heard[rack], ready_at.get(rack, given_up), rack in ready_at, seconds) for rack in drivers
        ):
            for rack, driver in drivers.items():
                said = heard[rack]
                for news in driver.poll():
                    if isinstance(news, BoardSamples | ScaleSamples):
                        ready_at.setdefault(rack, time.monotonic())
                        _keep(said, news)
                said.status, said.health = driver.status, driver.health
            time.sleep(POLL_S)
    finally:
        for driver in drivers.values():
            driver.close()
    yield from ((section, heard[section.rack]) for section in sections if section.rack in heard)


def _is_over(said: Listening, since: float, heard: bool, seconds: float) -> bool:
    if heard:
        return time.monotonic() - since >= seconds
    fault = said.status.fault
    return (fault is not None and fault.is_lasting) or time.monotonic() > since


def _keep(said: Listening, news: BoardSamples | ScaleSamples) -> None:
    if isinstance(news, BoardSamples):
        said.lost += news.lost_before if said.counts else 0
        said.counts.append(news.counts)
    else:
        said.lost += news.lost_before if said.grams else 0
        said.grams.append(news.grams)


def judge(section: BoardSection, said: Listening, calibration: CalibrationFile | None) -> Iterator[Check]:
    """What listening to a rack has shown."""
    rack, status = section.rack, said.status
    if status.state is not LinkState.CONNECTED:
        yield Check(
            "serial identity", rack, Outcome.FAILURE,
            status.detail or str(status.fault or "no board answers"),
            "`steelyard boards list` shows what is plugged in.",
        )  # fmt: skip
        return
    yield _identity(section, status)
    for complaint in said.health.board_faults:
        yield Check("board", rack, Outcome.WARNING, f"the board says: {complaint}", "See docs/firmware.md.")
    if said.grams:
        yield from _judge_scale(section, said)
    elif said.counts:
        yield from _judge_counts(section, said, calibration)


def _identity(section: BoardSection, status: BoardStatus) -> Check:
    if section.board_id or not status.board_id:
        return Check("serial identity", section.rack, Outcome.OK, status.board_id or "a scale without an id")
    return Check(
        "serial identity", section.rack, Outcome.WARNING, f"board {status.board_id}, and no other is refused",
        f'Set `board_id: "{status.board_id}"`: then two boards can never swap their shelves.',
    )  # fmt: skip


def _judge_counts(
    section: BoardSection, said: Listening, calibration: CalibrationFile | None
) -> Iterator[Check]:
    counts = np.concatenate(said.counts)
    rate_hz = said.health.rate_hz or section.rate_hz
    if counts.shape[1] < len(section.plates):
        yield Check(
            "serial identity", section.rack, Outcome.FAILURE,
            f"{len(section.plates)} plates on a board with {counts.shape[1]} channels",
            "Correct `plates`, or connect the right board.",
        )  # fmt: skip
        return
    channels = calibration.channels if calibration else ()
    troubles: dict[str, list[Check]] = defaultdict(list)
    noise_g: list[float] = []
    for column, plate in enumerate(section.plates):
        known = channels[column] if column < len(channels) else None
        try:
            seen = diagnose(
                Capture(counts[:, column], rate_hz, said.lost), nominal_rate_hz=section.rate_hz,
                e_g=INTERVAL_G, counts_per_gram=known.counts_per_gram if known else None,
            )  # fmt: skip
        except CalibrationRefusedError as error:
            yield failed("rate", plate, error)
            return
        noise_g += [seen.noise_g] if seen.noise_g is not None else []
        for finding in seen.findings:
            name = _NAMES[finding.kind]
            subject = section.rack if name == "rate" else plate
            outcome = Outcome.FAILURE if finding.blocks else Outcome.WARNING
            trouble = Check(
                name, subject, outcome, f"{finding.found}, expected {finding.expected}", finding.fix
            )
            if trouble not in troubles[name]:
                troubles[name].append(trouble)
    good = {
        "rate": f"{rate_hz:.2f} Hz, {said.lost} samples lost",
        "noise": f"at most {max(noise_g):.2f} g" if noise_g else "alive; in grams once it is calibrated",
        "saturation": "no plate near a rail",
    }
    for name, found in good.items():
        yield from troubles[name] or [Check(name, section.rack, Outcome.OK, found)]


def _judge_scale(section: BoardSection, said: Listening) -> Iterator[Check]:
    grams = np.concatenate(said.grams)
    rate_hz = said.health.rate_hz or section.rate_hz
    off = abs(rate_hz / section.rate_hz - 1) > RATE_OFF_MAX
    yield Check(
        "rate", section.rack, Outcome.FAILURE if off else Outcome.OK, f"{rate_hz:.2f} Hz",
        f"Correct `rate_hz`, now {section.rate_hz:g}." if off else "",
    )  # fmt: skip
    over = [plate for column, plate in enumerate(section.plates) if np.isinf(grams[:, column]).any()]
    if over:
        yield Check(
            "saturation", section.rack, Outcome.FAILURE, f"{', '.join(over)} beyond the scale's range",
            "Take load off.",
        )  # fmt: skip
        return
    yield Check("saturation", section.rack, Outcome.OK, "no plate near its range")
    yield Check("noise", section.rack, Outcome.OK, f"at most {float(np.nanstd(grams, axis=0).max()):.2f} g")


def judge_through_node(section: BoardSection, health: NodeHealth) -> Iterator[Check]:
    """What the node that reads a rack says of it."""
    rack = next((each for each in health.racks if each.rack == section.rack), None)
    plates = [each for each in health.plates if each.plate in section.plates]
    if rack is None or not rack.connected:
        yield Check(
            "serial identity", section.rack, Outcome.FAILURE, health.fault or "its node has no link to it",
            "Check plug and cable.",
        )  # fmt: skip
        return
    yield Check("serial identity", section.rack, Outcome.OK, "the running node reads the right board")
    off = abs(rack.rate_hz / section.rate_hz - 1) > RATE_OFF_MAX
    yield Check(
        "rate", section.rack, Outcome.FAILURE if off else Outcome.OK,
        f"{rack.rate_hz:.2f} Hz, {rack.samples_lost} samples lost since it started",
        f"Correct `rate_hz`, now {section.rate_hz:g}." if off else "",
    )  # fmt: skip
    bad = [each for each in plates if each.state is not SensorState.OK]
    for each in bad:
        yield Check(
            _STATE_CHECKS.get(each.state, "noise"), each.plate, Outcome.FAILURE, each.state.value,
            "docs/weight.md says what the state means.",
        )  # fmt: skip
    if not bad and plates:
        loudest = max(plates, key=lambda each: each.noise_g)
        yield Check("noise", section.rack, Outcome.OK, f"at most {loudest.noise_g:.2f} g ({loudest.plate})")
        yield Check("saturation", section.rack, Outcome.OK, "no plate near a rail")
