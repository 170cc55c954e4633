"""When to say how the node is: every few seconds, and at once when something changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.messages import CameraHealth, NodeHealth, PlateHealth, RackHealth
from edge.samples import NS_PER_S

CHANGE_EVERY_S = 0.5
"""[s] between reports of changes at least: a flickering sensor must not flood the store."""


@dataclass(frozen=True, slots=True)
class NodeCondition:
    """How the node is at one instant."""

    plates: tuple[PlateHealth, ...]
    racks: tuple[RackHealth, ...]
    fault: str  # one sentence, or empty
    cameras: tuple[CameraHealth, ...] = ()

    def differs_from(self, other: NodeCondition) -> bool:
        """Whether a state changed; levels, rates and counters always do."""
        return _states(self) != _states(other)


def _states(condition: NodeCondition) -> tuple[Sequence[object], Sequence[object], Sequence[object], str]:
    return (
        [(plate.plate, plate.state, plate.mode) for plate in condition.plates],
        [(rack.rack, rack.connected) for rack in condition.racks],
        [(camera.camera, camera.state) for camera in condition.cameras],
        condition.fault,
    )


class HealthReports:
    """Decides which conditions are published.

    Args:
        node: its name.
        boot: its boot.
        every_s: [s] between reports while nothing changes.
    """

    def __init__(self, *, node: str, boot: str, every_s: float) -> None:
        self._node, self._boot = node, boot
        self._every_ns = round(every_s * NS_PER_S)
        self._last: NodeCondition | None = None
        self._last_ns = 0

    def forget(self) -> None:
        """The next condition is published whatever it is."""
        self._last = None

    def update(
        self, condition: NodeCondition, *, backlog: int, utc_s: float, mono_ns: int
    ) -> NodeHealth | None:
        """The report to publish now, if any; the caller publishes it."""
        if self._last is not None:
            age_ns = mono_ns - self._last_ns
            changed = condition.differs_from(self._last) and age_ns >= CHANGE_EVERY_S * NS_PER_S
            if age_ns < self._every_ns and not changed:
                return None
        self._last, self._last_ns = condition, mono_ns
        return NodeHealth(
            node=self._node, boot=self._boot, utc=round(utc_s, 3), backlog=backlog,
            plates=condition.plates, racks=condition.racks, cameras=condition.cameras, fault=condition.fault,
        )  # fmt: skip
