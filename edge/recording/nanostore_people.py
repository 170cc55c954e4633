"""People of a nanostore case: frames of the tracker in metres, and the gate events that its ids imply.

The recording has no gate. A visit is a tracked id that the tracker saw come in through the entrance at least
once; where it says so of nobody, every id is a visit. It begins with the id's first frame and ends with its
last, unless the recording ends while the person is still there. An id that vanishes and comes back is one
visit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.errors import RecordingError
from edge.messages import GateDirection, GateEvent, KeyPoint, Target, TrackFrame
from edge.recording.json_lines import read_json_lines
from edge.recording.nanostore_records import FrameLine, TargetDocument, TrackedPoint

METRES_PER_INCH = 0.0254
FARTHEST_INCH = 1e6  # [inch] 25 km
ENTRANCE_STATE = "VALID_ENTRANCE"
GONE_AFTER_S = 3.0  # [s] unseen for good for so long: the person has left
KEY_POINTS = ("head", "neck", "l_shoulder", "r_shoulder", "l_elbow", "r_elbow", "l_wrist", "r_wrist")
WRISTS = ("l_wrist", "r_wrist")


@dataclass(frozen=True, slots=True)
class Stay:
    """How long one id was seen."""

    entered_s: float  # [s] epoch time of the first frame
    left_s: float | None  # [s] of the last; None: still there when the recording ended


def survey_visits(file: Path) -> dict[str, Stay]:
    """First pass: the visits of ``full_targets.json``, up to the first fault of the file.

    Raises:
        RecordingError: the file cannot be read at all.
    """
    first_s: dict[str, float] = {}
    last_s: dict[str, float] = {}
    entrants: set[str] = set()
    frame_s: float | None = None
    try:
        for _, line in read_json_lines(file, FrameLine):
            frame_s = max(line.timestamp, frame_s) if frame_s is not None else line.timestamp
            for target in _identified(line):
                name = target.target_id.id
                first_s.setdefault(name, line.timestamp)
                last_s[name] = max(line.timestamp, last_s.get(name, line.timestamp))
                if ENTRANCE_STATE in target.target_state:
                    entrants.add(name)
    except RecordingError:
        # The second pass meets it again, after it has delivered everything before.
        if frame_s is None:
            raise
    visits = [name for name in first_s if name in entrants or not entrants]
    return {name: Stay(first_s[name], None if last_s[name] == frame_s else last_s[name]) for name in visits}


def read_frames(file: Path) -> Iterator[tuple[FrameLine, TrackFrame]]:
    """Second pass: yield each line with its frame.

    Raises:
        RecordingError: malformed line; everything before was yielded.
    """
    for _, line in read_json_lines(file, FrameLine):
        targets = tuple(Target(target.target_id.id, _key_points(target)) for target in _identified(line))
        yield line, TrackFrame(t=line.timestamp, targets=targets)


class Gate:
    """Turns frames into the gate events of known stays, as they become known to somebody who watches."""

    def __init__(self, stays: dict[str, Stay]) -> None:
        self._to_enter = dict(stays)
        self._to_leave: dict[str, float] = {}

    def before(self, frame: TrackFrame) -> Iterator[GateEvent]:
        """Events to tell before ``frame``."""
        for name, left_s in sorted(self._to_leave.items(), key=lambda item: (item[1], item[0])):
            if frame.t - left_s >= GONE_AFTER_S:
                del self._to_leave[name]
                yield GateEvent(visit=name, direction=GateDirection.LEFT, t=left_s)
        for target in frame.targets:
            stay = self._to_enter.pop(target.visit, None)
            if stay is not None:
                if stay.left_s is not None:
                    self._to_leave[target.visit] = stay.left_s
                yield GateEvent(visit=target.visit, direction=GateDirection.ENTERED, t=stay.entered_s)

    def at_end(self) -> Iterator[GateEvent]:
        """Those who were gone when the recording ended, if only for a moment."""
        for name, left_s in sorted(self._to_leave.items(), key=lambda item: (item[1], item[0])):
            yield GateEvent(visit=name, direction=GateDirection.LEFT, t=left_s)
        self._to_leave.clear()


def _identified(line: FrameLine) -> list[TargetDocument]:
    listed = line.document.targets.targets if line.document.targets else ()
    return [target for target in listed if target.target_id.id]


def _key_points(target: TargetDocument) -> dict[str, KeyPoint]:
    """Tracked points in metres; lost ones are left out. ``hands`` stand in for wrists that are lost."""
    points = {name: point for name in KEY_POINTS if (point := _in_metres(getattr(target, name)))}
    if not any(wrist in points for wrist in WRISTS):
        hands = zip(WRISTS, target.hands, strict=False)
        points |= {wrist: point for wrist, hand in hands if (point := _in_metres(hand))}
    return points


def _in_metres(tracked: TrackedPoint) -> KeyPoint | None:
    """``None`` when the point is lost: no coordinates, all zero, or nowhere in any building."""
    at = tracked.point
    if not (at.x or at.y or at.z) or not max(abs(at.x), abs(at.y), abs(at.z)) <= FARTHEST_INCH:
        return None
    return KeyPoint(
        (at.x * METRES_PER_INCH, at.y * METRES_PER_INCH, at.z * METRES_PER_INCH), score=tracked.score
    )
