"""Changes of neighbouring plates that belong together, as one; cross-talk goes nowhere.

An item may straddle plates, and a shelf that is relieved at one place springs back a little at its
neighbours: a real pick moved two neighbours for good by 0.8 to 1.5 % of the item's weight (nanostore,
BENCHMARK-1), while its own plate read true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.config import WeightSection
from edge.planogram import shelf_of
from edge.samples import NS_PER_S, ChangeKind, RackLayout, WeightChange
from edge.weight.change_detector import ChangeDetector, PlateChange

NEIGHBOUR_PLATES = 2
"""[plates] reach of cross-talk on a shelf (measured: the two on one side)."""

CROSSTALK_MEMORY_S = 3.0
"""[s] A neighbour may settle so much later than the plate that disturbed it."""

REPORTED_PEAK_G = 25.0
"""[g] Disturbances that never moved a plate by more are not worth a word."""


@dataclass(slots=True)
class _Group:
    """Changes that are becoming one."""

    members: list[PlateChange]
    close_ns: int  # [ns] decide then at the latest


class ShelfChanges:
    """Joins the changes of one rack. ``update`` follows every hop, also those in which nothing ended."""

    def __init__(self, rack: RackLayout, options: WeightSection) -> None:
        self._rack, self._options = rack, options
        self._shelf = [shelf_of(plate) for plate in rack.plates]
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self._groups: list[_Group] = []
        self._recent: list[PlateChange] = []

    def update(self, ended: list[PlateChange], detector: ChangeDetector, now_ns: int) -> list[WeightChange]:
        """Take in the disturbances that ended with this hop; give the shelf changes that are complete."""
        finished = [self._single(change) for change in ended if self._is_reported(change)]
        came_back = [change for change in finished if change.kind is not ChangeKind.OFFLINE_CHANGE]
        if len(came_back) > max(4, len(self._rack.plates) // 6):
            finished = [change for change in finished if change not in came_back] + [self._bump(came_back)]
        for change in ended:
            if change.kind is ChangeKind.CHANGE:
                self._join(change)
        for group in list(self._groups):
            if now_ns >= group.close_ns or not self._must_wait(group, detector):
                self._groups.remove(group)
                finished.extend(self._close(group))
        horizon = now_ns - round(CROSSTALK_MEMORY_S * NS_PER_S)
        self._recent = [change for change in self._recent if change.decided_ns >= horizon]
        return finished

    def flush(self) -> list[WeightChange]:
        """Close what is still waiting."""
        finished = [change for group in self._groups for change in self._close(group)]
        self._groups = []
        return finished

    def _is_reported(self, change: PlateChange) -> bool:
        if change.kind is ChangeKind.CHANGE:
            return False
        return change.kind is ChangeKind.OFFLINE_CHANGE or abs(change.peak_g) > REPORTED_PEAK_G

    def _join(self, change: PlateChange) -> None:
        self._recent.append(change)
        for group in self._groups:
            if any(self._adjacent(change, member) for member in group.members):
                group.members.append(change)
                return
        self._groups.append(_Group([change], change.decided_ns + round(self._options.join_s * NS_PER_S)))

    def _adjacent(self, one: PlateChange, other: PlateChange) -> bool:
        """Neighbours that moved the same way at overlapping times."""
        return (
            self._shelf[one.plate] == self._shelf[other.plate]
            and abs(one.plate - other.plate) <= NEIGHBOUR_PLATES
            and one.delta_g * other.delta_g > 0
            and one.onset_ns <= other.settled_ns
            and other.onset_ns <= one.settled_ns
        )

    def _must_wait(self, group: _Group, detector: ChangeDetector) -> bool:
        """A neighbour that still moves, by more than cross-talk and the same way, may belong to the group."""
        total = sum(member.delta_g for member in group.members)
        for plate in detector.disturbed:
            moved = detector.moved_g(plate)
            if moved * total <= 0 or abs(moved) <= max(
                self._crosstalk_g(total), self._options.smallest_item_g
            ):
                continue
            if any(
                self._shelf[plate] == self._shelf[member.plate]
                and 0 < abs(plate - member.plate) <= NEIGHBOUR_PLATES
                for member in group.members
            ):
                return True
        return False

    def _crosstalk_g(self, delta_g: float) -> float:
        return self._options.crosstalk * abs(delta_g) + 1.0

    def _close(self, group: _Group) -> list[WeightChange]:
        own = [change for change in group.members if not self._is_crosstalk(change)]
        if not own:
            return []
        own.sort(key=lambda change: change.plate)
        return [
            WeightChange(
                kind=ChangeKind.CHANGE,
                plates=tuple(self._rack.plates[change.plate] for change in own),
                delta_g=np.array([change.delta_g for change in own]),
                sigma_g=np.array([change.sigma_g for change in own]),
                onset_ns=min(change.onset_ns for change in own),
                settled_ns=max(change.settled_ns for change in own),
                decided_ns=max(change.decided_ns for change in group.members),
            )
        ]

    def _is_crosstalk(self, change: PlateChange) -> bool:
        """Small, beside a large change of the same time."""
        return any(
            self._shelf[change.plate] == self._shelf[main.plate]
            and 0 < abs(change.plate - main.plate) <= NEIGHBOUR_PLATES
            and abs(change.delta_g) <= self._crosstalk_g(main.delta_g)
            and change.onset_ns <= main.decided_ns
            and main.onset_ns <= change.settled_ns
            for main in self._recent
            if abs(main.delta_g) > abs(change.delta_g)
        )

    def _single(self, change: PlateChange) -> WeightChange:
        return WeightChange(
            kind=change.kind,
            plates=(self._rack.plates[change.plate],),
            delta_g=np.array([change.delta_g]),
            sigma_g=np.array([change.sigma_g]),
            onset_ns=change.onset_ns,
            settled_ns=change.settled_ns,
            decided_ns=change.decided_ns,
        )

    def _bump(self, changes: list[WeightChange]) -> WeightChange:
        """Many plates at once: somebody moved the rack."""
        plates = tuple(plate for change in changes for plate in change.plates)
        return WeightChange(
            kind=ChangeKind.BUMP,
            plates=plates,
            delta_g=np.array([float(change.delta_g.sum()) for change in changes]),
            sigma_g=np.array([float(change.sigma_g.max()) for change in changes]),
            onset_ns=min(change.onset_ns for change in changes),
            settled_ns=max(change.settled_ns for change in changes),
            decided_ns=max(change.decided_ns for change in changes),
        )
