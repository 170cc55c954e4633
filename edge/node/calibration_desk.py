"""What a technician asks of a node that holds the board: set a plate aside, hand over its counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.config import CalibrationFile, ChannelCalibration
from edge.errors import ConfigError
from edge.messages import Command, CommandVerb, Reply
from edge.samples import NS_PER_S, CountBlock, Counts, NodeInput, PlateHold, RackLayout, Recalibration

LEASE_MAX_S = 120.0
"""[s] A plate whose technician is lost weighs again after so long at the latest."""

CAPTURE_MAX_S = 60.0
"""[s] at once; more is asked for in parts."""

SAMPLES_MAX = 20_000
"""[samples] in one reply: at most 200 kB, below what a payload may have."""

PATIENCE_S = 5.0
"""[s] that samples may come late before a capture is given up."""

VERBS = frozenset((CommandVerb.CALIBRATE, CommandVerb.CAPTURE, CommandVerb.RELEASE, CommandVerb.RELOAD))
"""Commands that are obeyed here."""

Answer = Reply | PlateHold | Recalibration
"""What a command leads to: a reply to publish, or an input of the node's pipeline."""


@dataclass(slots=True)
class _Capture:
    """Counts of one plate, being gathered."""

    correlation: str
    start_ns: int  # [ns] mono, first sample that is wanted
    until_ns: int
    rows: list[Counts] = field(default_factory=list)
    samples: int = 0
    lost: int = 0
    period_ns: float = 0.0
    is_whole: bool = False

    def take(self, block: CountBlock, column: int) -> None:
        """Add what is wanted of a block."""
        first = max(0, math.ceil((self.start_ns - block.mono_ns) / block.period_ns))
        if self.is_whole or first >= len(block.counts):
            return
        self.lost += block.lost_before if self.rows else 0
        self.rows.append(block.counts[first:, column])
        self.samples += len(self.rows[-1])
        self.period_ns = block.period_ns
        end_ns = block.mono_ns + len(block.counts) * block.period_ns
        self.is_whole = end_ns >= self.until_ns or self.samples >= SAMPLES_MAX

    def reply(self) -> Reply:
        """The counts; call it when they are whole."""
        counts = np.concatenate(self.rows)[:SAMPLES_MAX]
        return Reply(
            correlation=self.correlation, ok=True, counts=tuple(counts.tolist()),
            rate_hz=round(NS_PER_S / self.period_ns, 6), lost=self.lost,
        )  # fmt: skip


@dataclass(slots=True)
class _Hold:
    """A plate that is set aside."""

    owner: str  # who may say more about it
    lease_ns: int  # [ns] mono, when it weighs again unless its owner asks for more
    capture: _Capture | None = None


class CalibrationDesk:
    """Obeys the commands of a calibration.

    Args:
        racks: of the node.
        calibrations: in force, by rack.
        reload: reads the calibration files again; raises ``ConfigError``.

    Attributes:
        dates: [ISO 8601] of the calibration in force, by plate.
    """

    def __init__(
        self,
        racks: Sequence[RackLayout],
        calibrations: Mapping[str, CalibrationFile],
        reload: Callable[[], Mapping[str, CalibrationFile]],
    ) -> None:
        self._racks, self._reload = tuple(racks), reload
        self._places = {
            plate: (rack.rack, column) for rack in racks for column, plate in enumerate(rack.plates)
        }
        self._in_force = self._by_plate(calibrations)
        self.dates = self._dates(calibrations)
        self._holds: dict[str, _Hold] = {}

    def obey(self, command: Command, mono_ns: int) -> Iterator[Answer]:
        """What comes of a command at once; a capture's reply comes from :meth:`update`."""
        plate = command.arguments.get("plate", "")
        hold = self._holds.get(plate)
        if command.verb is CommandVerb.RELOAD:
            yield from self._renew(command, mono_ns)
        elif plate not in self._places:
            yield _refusal(command, f"this node has no plate `{plate}`")
        elif hold is not None and hold.owner != _owner(command):
            yield _refusal(command, f"somebody else calibrates {plate} just now")
        elif command.verb is CommandVerb.CALIBRATE:
            yield from self._set_aside(command, plate, mono_ns)
        elif command.verb is CommandVerb.CAPTURE:
            yield from self._begin_capture(command, plate, mono_ns)
        else:
            yield from self._release(plate, mono_ns)
            yield Reply(correlation=command.correlation, ok=True, detail=f"{plate} weighs again")

    def update(self, inputs: Sequence[NodeInput], mono_ns: int) -> Iterator[Answer]:
        """Captures that are whole or in vain, and plates whose technician is lost."""
        for plate, hold in tuple(self._holds.items()):
            if hold.capture is not None:
                yield from self._go_on(plate, hold, hold.capture, inputs, mono_ns)
            if mono_ns >= hold.lease_ns:
                yield from self._release(plate, mono_ns)

    def _go_on(
        self, plate: str, hold: _Hold, capture: _Capture, inputs: Sequence[NodeInput], mono_ns: int
    ) -> Iterator[Answer]:
        rack, column = self._places[plate]
        for block in inputs:
            if isinstance(block, CountBlock) and block.rack == rack:
                capture.take(block, column)
        if capture.is_whole:
            hold.capture = None
            yield capture.reply()
        elif mono_ns > capture.until_ns + round(PATIENCE_S * NS_PER_S):
            hold.capture = None
            detail = f"the board of {plate} sends no samples; check its plug and cable"
            yield Reply(correlation=capture.correlation, ok=False, detail=detail)

    def _set_aside(self, command: Command, plate: str, mono_ns: int) -> Iterator[Answer]:
        lease_s = _number(command, "lease_s", LEASE_MAX_S)
        if lease_s is None:
            yield _refusal(command, f"`lease_s` is no number above 0 up to {LEASE_MAX_S:g}")
            return
        lease_ns = mono_ns + round(lease_s * NS_PER_S)
        if plate in self._holds:
            self._holds[plate].lease_ns = lease_ns
        else:
            self._holds[plate] = _Hold(_owner(command), lease_ns)
            yield PlateHold(plate, mono_ns, held=True)
        yield Reply(correlation=command.correlation, ok=True, detail=f"{plate} is set aside")

    def _begin_capture(self, command: Command, plate: str, mono_ns: int) -> Iterator[Answer]:
        seconds = _number(command, "seconds", CAPTURE_MAX_S)
        hold = self._holds.get(plate)
        if seconds is None:
            yield _refusal(command, f"`seconds` is no number above 0 up to {CAPTURE_MAX_S:g}")
        elif hold is None:
            yield _refusal(command, f"{plate} is not set aside; begin with `{CommandVerb.CALIBRATE}`")
        elif hold.capture is not None:
            yield _refusal(command, f"a capture of {plate} is going on")
        else:
            hold.capture = _Capture(command.correlation, mono_ns, mono_ns + round(seconds * NS_PER_S))

    def _release(self, plate: str, mono_ns: int) -> Iterator[Answer]:
        hold = self._holds.pop(plate, None)
        if hold is None:
            return
        if hold.capture is not None:
            detail = f"{plate} was released meanwhile"
            yield Reply(correlation=hold.capture.correlation, ok=False, detail=detail)
        yield PlateHold(plate, mono_ns, held=False)

    def _renew(self, command: Command, mono_ns: int) -> Iterator[Answer]:
        """Put in force what the files say now."""
        try:
            files = self._reload()
        except ConfigError as error:
            yield _refusal(command, str(error))
            return
        found = self._by_plate(files)
        self.dates = self._dates(files)
        renewed = {plate: each for plate, each in found.items() if self._in_force.get(plate) != each}
        self._in_force = self._in_force | renewed
        for plate, calibration in renewed.items():
            yield Recalibration(plate, mono_ns, calibration)
        detail = f"new in force: {', '.join(renewed)}" if renewed else "nothing new"
        yield Reply(correlation=command.correlation, ok=True, detail=detail)

    def _by_plate(self, calibrations: Mapping[str, CalibrationFile]) -> dict[str, ChannelCalibration]:
        return {
            plate: channel
            for rack in self._racks
            if rack.rack in calibrations
            for plate, channel in zip(rack.plates, calibrations[rack.rack].channels, strict=False)
            if channel is not None
        }

    def _dates(self, calibrations: Mapping[str, CalibrationFile]) -> dict[str, str]:
        return {
            plate: calibrations[rack].date_of(column)
            for plate, (rack, column) in self._places.items()
            if plate in self._by_plate(calibrations)
        }


def _number(command: Command, name: str, most: float) -> float | None:
    """An argument above 0 up to ``most``; ``None`` if it is not that."""
    try:
        number = float(command.arguments.get(name, ""))
    except ValueError:
        return None
    return number if 0 < number <= most else None


def _owner(command: Command) -> str:
    """Whoever sends it, by a name of his choice."""
    return command.arguments.get("owner", "")


def _refusal(command: Command, detail: str) -> Reply:
    return Reply(correlation=command.correlation, ok=False, detail=detail)
