"""Recent changes near each other, and what was published for them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from edge.fusion.act import Act
from edge.samples import PlateChange

CLUSTER_MAX = 7
"""Changes considered together; 7 have at most 877 cuts."""

Block = frozenset[PlateChange]


@dataclass(slots=True, eq=False)
class Cluster:
    """Changes that may have to do with each other, oldest first.

    Attributes:
        changes: at most ``CLUSTER_MAX``.
        published: key of the event that was published for a block.
        said: what that event said last, by key.
        fresh: changes that have not been decided yet.
        doubts: acts of the last cut that were not published, and may yet have been goods.
        wait_until_ns: [ns] when to decide, though a neighbour may still move; ``None``: nothing to decide.
    """

    changes: list[PlateChange] = field(default_factory=list)
    published: dict[Block, int] = field(default_factory=dict)
    said: dict[int, Act] = field(default_factory=dict)
    fresh: set[PlateChange] = field(default_factory=set)
    doubts: list[Act] = field(default_factory=list)
    wait_until_ns: int | None = None

    def add(self, change: PlateChange) -> None:
        """Take in a new change."""
        self.changes.append(change)
        self.fresh.add(change)

    def absorb(self, others: Iterable[Cluster]) -> None:
        """Become one with clusters that turned out to be near."""
        for other in others:
            self.changes.extend(other.changes)
            self.published.update(other.published)
            self.said.update(other.said)
            self.fresh.update(other.fresh)
        self.changes.sort(key=lambda each: (each.settled_ns, each.plate))

    def make_room(self, small_g: float) -> bool:
        """Have room for one more change; False when all of them wait for their decision."""
        while len(self.changes) >= CLUSTER_MAX:
            if self._condense():
                continue
            decided = [each for each in self.changes if each not in self.fresh]
            if not decided:
                return False
            small = (each for each in decided if abs(each.delta_g) < small_g)
            self._drop(next(small, decided[0]))
        return True

    def _block_of(self, change: PlateChange) -> Block | None:
        return next((block for block in self.published if change in block), None)

    def _condense(self) -> bool:
        """Make one of two changes of a plate that follow each other and were one act so far."""
        steps = [
            (later.onset_ns - earlier.settled_ns, earlier, later)
            for plate in {change.plate for change in self.changes}
            for earlier, later in itertools.pairwise(each for each in self.changes if each.plate == plate)
            if self._block_of(earlier) == self._block_of(later) and not {earlier, later} & self.fresh
        ]
        if not steps:
            return False
        _, earlier, later = min(steps, key=lambda step: (step[0], step[1].plate))
        whole = replace(
            later,
            delta_g=earlier.delta_g + later.crept_g + later.delta_g,
            sigma_g=math.hypot(earlier.sigma_g, later.sigma_g),
            onset_ns=earlier.onset_ns,
            stirred_ns=earlier.stirred_ns,
            crept_g=earlier.crept_g,
        )
        block = self._block_of(earlier)
        if block is not None:
            self.published[block - {earlier, later} | {whole}] = self.published.pop(block)
        self.changes[self.changes.index(later)] = whole
        self.changes.remove(earlier)
        return True

    def _drop(self, change: PlateChange) -> None:
        """Forget a decided change; what was published with it stays as it is."""
        gone = self._block_of(change) or frozenset((change,))
        self.published.pop(gone, None)
        self.changes = [each for each in self.changes if each not in gone]
