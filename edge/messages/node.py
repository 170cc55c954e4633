"""A node's state, its health, and what may be asked of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.payload import Count, Level, Payload


class SensorState(StrEnum):
    """What a plate's readings are worth. Only ``ok`` may charge anybody."""

    OK = "ok"
    SATURATED = "saturated"
    STUCK = "stuck"
    NOISY = "noisy"
    STALE = "stale"
    DISCONNECTED = "disconnected"
    UNCALIBRATED = "uncalibrated"
    CALIBRATING = "calibrating"  # by somebody, now


class NodeState(Payload, frozen=True, kw_only=True):
    """Birth message, and the last will with ``online`` false."""

    node: Level
    online: bool
    boot: str
    version: str = ""
    config_hash: str = ""
    plates: tuple[str, ...] = ()
    next_seq: Count = 1  # [1] the seq that the next new message will carry


class PlateHealth(msgspec.Struct, frozen=True):
    """One plate as the node sees it now."""

    plate: str
    state: SensorState
    level_g: float = 0.0  # [g] last settled level, not zeroed
    noise_g: float = 0.0  # [g] one standard deviation of hop means
    settled: bool = True  # False before the first level, and while the plate is disturbed
    mode: str = ""  # restock, clean or maintenance: what staff do there now, as the node was told
    calibrated: str = ""  # ISO 8601, date of the calibration in force; empty: none, or readings in grams


class RackHealth(msgspec.Struct, frozen=True):
    """One rack's link."""

    rack: str
    connected: bool
    rate_hz: float  # [Hz] measured
    samples_lost: Count = 0  # [samples] since boot
    frames_corrupt: Count = 0  # [frames] since boot
    drift_ppm: float = 0.0  # [1e-6] by how much the board's clock is faster than nominal
    jitter_ms: float = 0.0  # [ms] mean lateness of arrivals beyond the promptest


class CameraState(StrEnum):
    """What a camera's pictures are worth. Only ``ok`` is evidence; the node goes on by weight."""

    OK = "ok"
    STARTING = "starting"  # no picture yet
    LOST = "lost"  # cannot be opened, or gives no pictures any more
    FROZEN = "frozen"  # the same picture again and again
    CLOCK_OFF = "clock_off"  # its pictures carry times that cannot be
    UNREADABLE = "unreadable"  # what it gives are no pictures
    WRONG_SIZE = "wrong_size"  # not the size that its view was calibrated with
    UNCALIBRATED = "uncalibrated"  # nobody has said where it sees which plate


class CameraHealth(msgspec.Struct, frozen=True):
    """One camera as the node sees it now."""

    camera: str
    state: CameraState
    rate_hz: float = 0.0  # [Hz] measured, of pictures taken in
    refused_total: Count = 0  # [pictures] not used since boot, for whatever reason
    detail: str = ""  # one sentence while the state is not ok


class NodeHealth(Payload, frozen=True, kw_only=True):
    """A node's retained health report, every few seconds and at once on a change of state."""

    node: Level
    boot: str
    utc: float  # [s]
    backlog: Count  # [messages] in the outbox, unacknowledged
    plates: tuple[PlateHealth, ...] = ()
    racks: tuple[RackHealth, ...] = ()
    cameras: tuple[CameraHealth, ...] = ()
    fault: str = ""  # one sentence while something is wrong with the node itself


class CommandVerb(StrEnum):
    """What the aggregator or an operator may ask of a node."""

    REBIRTH = "rebirth"
    RESEND = "resend"
    CALIBRATE = "calibrate"  # plate, lease_s: set it aside for so long at least
    CAPTURE = "capture"  # plate, seconds: counts of a plate that is set aside; the reply comes when they have
    RELEASE = "release"  # plate: it weighs again
    MODE = "mode"  # lease_s, and by mode (restock, clean, maintenance) its plates: where staff work now
    RELOAD = "reload"  # read the calibration files again
    WATCH = "watch"  # plates (with commas between), lease_s: say for so long what they weigh


class Command(Payload, frozen=True, kw_only=True):
    """Request to a node."""

    correlation: str
    verb: CommandVerb
    arguments: dict[str, str] = msgspec.field(default_factory=dict)


class Reply(Payload, frozen=True, kw_only=True):
    """Answer of a node to the command with the same correlation id."""

    correlation: str
    ok: bool
    detail: str = ""
    counts: tuple[int, ...] = ()  # [counts] consecutive samples, the answer to a capture
    rate_hz: float = 0.0  # [Hz] of them, measured
    lost: Count = 0  # [samples] missing between them
