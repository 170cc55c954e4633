"""Which sequence numbers of one node's boot have arrived: how far without a gap, and what is missing."""

from __future__ import annotations


class Sequence:
    """Received numbers of one (node, boot), counted from 1; duplicates and order do not matter.

    Attributes:
        upto: highest number below which nothing is missing.
        missing_since: [s] UTC at which the present gap was first seen, ``None`` without one.
        last_utc: [s] UTC of the latest arrival.
    """

    def __init__(self) -> None:
        self.upto = 0
        self.missing_since: float | None = None
        self.last_utc = 0.0
        self._above: set[int] = set()  # received beyond the gap
        self._revisions: dict[int, int] = {}  # highest revision, where it is not 0
        self._revised: set[int] = set()  # numbers whose revision the next acknowledgement names

    def holds(self, seq: int, revision: int) -> bool:
        """Whether this revision, or a later one, has arrived."""
        arrived = seq <= self.upto or seq in self._above
        return arrived and self._revisions.get(seq, 0) >= revision

    def add(self, seq: int, revision: int, utc_s: float) -> None:
        """Take note of an arrival."""
        self.last_utc = utc_s
        if revision > self._revisions.get(seq, 0):
            self._revisions[seq] = revision
        self.mention(seq)
        if seq > self.upto and seq not in self._above:
            self._above.add(seq)
            before = self.upto
            while self.upto + 1 in self._above:
                self.upto += 1
                self._above.remove(self.upto)
            if not self._above:
                self.missing_since = None
            elif self.missing_since is None or self.upto > before:
                self.missing_since = utc_s

    def mention(self, seq: int) -> None:
        """Have the next acknowledgement name this number's revision, if it has one."""
        if seq in self._revisions:
            self._revised.add(seq)

    def take_revisions(self) -> tuple[tuple[int, int], ...]:
        """(seq, highest revision) to name in the acknowledgement that is about to be sent."""
        due = sorted(seq for seq in self._revised if seq <= self.upto)
        self._revised.difference_update(due)
        return tuple((seq, self._revisions[seq]) for seq in due)

    def missing(self) -> tuple[tuple[int, int], ...]:
        """Ranges (first, last) that are missing below the highest number received."""
        ranges, expected = [], self.upto + 1
        for seq in sorted(self._above):
            if seq > expected:
                ranges.append((expected, seq - 1))
            expected = seq + 1
        return tuple(ranges)
