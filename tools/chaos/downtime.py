"""Which node was able to see its plates, and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DECIDING_S = 2.5
"""[s] after settling within which a node has decided and written down; killed before, it may forget."""

LEARNING_S = 1.0
"""[s] after a plate's health is reported well within which its first baseline may still be moving."""


class Sight(StrEnum):
    """Whether a node could see something happen."""

    SEEN = "seen"  # it was up long enough before and after
    UNSEEN = "unseen"  # its process did not exist
    UNSURE = "unsure"  # it was dying or waking up


@dataclass(slots=True)
class Outage:
    """One death of a node."""

    killed_utc: float  # [s]
    running_utc: float = float("inf")  # [s] the new process exists
    well_utc: float = float("inf")  # [s] it has reported all its plates well


class Downtime:
    """Outages of all nodes."""

    def __init__(self) -> None:
        self._outages: dict[str, list[Outage]] = {}

    def killed(self, node: str, utc_s: float) -> None:
        """The node's process was killed."""
        self._outages.setdefault(node, []).append(Outage(utc_s))

    def running(self, node: str, utc_s: float) -> None:
        """Its next process exists."""
        if outages := self._outages.get(node):
            outages[-1].running_utc = min(outages[-1].running_utc, utc_s)

    def well(self, node: str, utc_s: float) -> None:
        """A report of all plates well, made at ``utc_s``; one of an earlier process tells nothing."""
        outages = self._outages.get(node)
        if outages and utc_s > outages[-1].running_utc:
            outages[-1].well_utc = min(outages[-1].well_utc, utc_s)

    def sight(self, node: str, onset_utc: float, settled_utc: float) -> Sight:
        """What the node could see of a change between these two instants."""
        sight = Sight.SEEN
        for outage in self._outages.get(node, ()):
            if outage.killed_utc < onset_utc - 0.3 and settled_utc + 0.3 < outage.running_utc:
                return Sight.UNSEEN
            if (
                onset_utc - 0.5 < outage.well_utc + LEARNING_S
                and settled_utc + DECIDING_S > outage.killed_utc
            ):
                sight = Sight.UNSURE
        return sight
