"""One ticket: everybody who is on it, from the first who entered to the last who left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.aggregator.visits.passes import Stay
from edge.messages import Receipt, VisitEnd


@dataclass(slots=True)
class Visit:
    """One shopper's stay, or that of a group with one payment."""

    visit: str
    stays: dict[str, Stay] = field(default_factory=dict)  # by person
    closed: tuple[float, VisitEnd] | None = None  # [s] when it was ended without anybody seen to leave
    receipt: Receipt | None = None
    receipts: int = 0
    compared: tuple[object, ...] = ()  # what its receipt was last found to agree with

    @property
    def entered_at(self) -> float | None:
        """[s] of the first; ``None``: nobody was seen to enter."""
        return min(self._entered(), default=None)

    @property
    def first_entered_at(self) -> float | None:
        """[s] of all times under this name; ``None``: nobody was seen to enter."""
        times = (stay.first_entered_at for stay in self.stays.values())
        return min((t for t in times if t is not None), default=None)

    @property
    def last_entered_at(self) -> float | None:
        """[s] of the last; ``None``: nobody was seen to enter."""
        return max(self._entered(), default=None)

    @property
    def left_at(self) -> float | None:
        """[s] of the last; ``None`` while anybody is in the store."""
        left = [left_at for _, _, left_at in self.present()]
        return None if not left or None in left else max(t for t in left if t is not None)

    @property
    def end(self) -> VisitEnd:
        """How it ended, if it did."""
        left = [stay.left_at for stay in self.stays.values()]
        return VisitEnd.LEFT if self.closed is None or None not in left else self.closed[1]

    @property
    def is_crew(self) -> bool:
        """Whether nobody on it is charged."""
        return bool(self.stays) and all(stay.role.is_crew for stay in self.stays.values())

    @property
    def credential(self) -> str:
        """Who pays: the first who entered and said so."""
        known = [(stay.entered_at or 0.0, stay.credential) for stay in self.stays.values() if stay.credential]
        return min(known)[1] if known else ""

    @property
    def was_at_gate(self) -> bool:
        """Whether the gate told of it, or it has a receipt: who never was there cannot be charged."""
        return bool(self.stays) or self.receipt is not None

    @property
    def is_open(self) -> bool:
        """Whether the ticket still runs; of a forgotten visit only a corrected receipt may be known."""
        return self.receipt is None or (self.left_at is None and self.entered_at is not None)

    def _entered(self) -> Iterator[float]:
        return (stay.entered_at for stay in self.stays.values() if stay.entered_at is not None)

    def present(self) -> Iterator[tuple[str, float | None, float | None]]:
        """(person, entered at, left at) [s]; a closing counts for all who had entered by then."""
        for person, stay in self.stays.items():
            left_at = stay.left_at
            if left_at is None and self.closed is not None and self.closed[0] >= (stay.entered_at or 0.0):
                left_at = self.closed[0]
            yield person, stay.entered_at, left_at
