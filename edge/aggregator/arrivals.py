"""Which sequence numbers of one node's boot have arrived: how far without a gap, and what is missing."""

from __future__ import annotations

import bisect
import math

NAMED_MAX = 200
"""[numbers] named by one acknowledgement at most; the others are named when the node repeats them."""


class Arrivals:
    """Received numbers of one (node, boot), counted from 1; duplicates and order do not matter.

    Attributes:
        upto: highest number below which nothing is missing.
        missing_since: [s] UTC at which the present gap was first seen, ``None`` without one.
    """

    def __init__(self) -> None:
        self.upto = 0
        self.missing_since: float | None = None
        self._above: list[tuple[int, int]] = []  # runs (first, last) received beyond the gap, in order
        self._revisions: dict[int, int] = {}  # highest revision, where it is not 0
        self._unnamed: set[int] = set()  # numbers that an acknowledgement has yet to name

    def holds(self, seq: int, revision: int) -> bool:
        """Whether this revision, or a later one, has arrived."""
        return self._arrived(seq) and self._revisions.get(seq, 0) >= revision

    def add(self, seq: int, revision: int, utc_s: float) -> None:
        """Take note of an arrival."""
        if revision > self._revisions.get(seq, 0):
            self._revisions[seq] = revision
        if not self._arrived(seq):
            before = self.upto
            self._insert(seq)
            if not self._above:
                self.missing_since = None
            elif self.missing_since is None or self.upto > before:
                self.missing_since = utc_s
        self.mention(seq)

    def mention(self, seq: int) -> None:
        """Have the next acknowledgement name this number, if ``upto`` does not say it all."""
        if seq > self.upto or seq in self._revisions:
            self._unnamed.add(seq)

    def take_named(self) -> tuple[tuple[int, int], ...]:
        """(seq, highest revision) to name in the acknowledgement that is about to be sent, the newest."""
        self._unnamed = {seq for seq in self._unnamed if seq > self.upto or seq in self._revisions}
        named = sorted(self._unnamed)[-NAMED_MAX:]
        self._unnamed.difference_update(named)
        return tuple((seq, self._revisions.get(seq, 0)) for seq in named)

    def missing(self) -> tuple[tuple[int, int], ...]:
        """Ranges (first, last) that are missing below the highest number received."""
        firsts = [self.upto + 1, *(last + 1 for _, last in self._above)]
        return tuple((first, run[0] - 1) for first, run in zip(firsts, self._above, strict=False))

    def _arrived(self, seq: int) -> bool:
        if seq <= self.upto:
            return True
        place = bisect.bisect(self._above, (seq, math.inf)) - 1
        return place >= 0 and seq <= self._above[place][1]

    def _insert(self, seq: int) -> None:
        place = bisect.bisect(self._above, (seq, math.inf))
        first = last = seq
        if place < len(self._above) and self._above[place][0] == seq + 1:
            last = self._above.pop(place)[1]
        if place > 0 and self._above[place - 1][1] == seq - 1:
            place -= 1
            first = self._above.pop(place)[0]
        if first == self.upto + 1:
            self.upto = last
        else:
            self._above.insert(place, (first, last))
