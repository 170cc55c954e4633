"""One shopper's stay."""

from __future__ import annotations

from dataclasses import dataclass

from edge.messages import Receipt


@dataclass(slots=True)
class Visit:
    """One shopper's stay; of several times at the gate the latest count."""

    visit: str
    entered_at: float | None = None  # [s]
    first_entered_at: float | None = None  # [s] of all times under this name
    last_left_at: float | None = None  # [s]
    receipt: Receipt | None = None
    receipts: int = 0
    compared: tuple[object, ...] = ()  # what its receipt was last found to agree with

    @property
    def left_at(self) -> float | None:
        """[s]; ``None`` while in the store."""
        if self.last_left_at is None or self.last_left_at < (self.entered_at or 0.0):
            return None
        return self.last_left_at

    @property
    def was_at_gate(self) -> bool:
        """Whether the gate told of it, or it has a receipt: who never was there cannot be charged."""
        return self.entered_at is not None or self.last_left_at is not None or self.receipt is not None

    @property
    def is_open(self) -> bool:
        """Whether the ticket still runs; of a forgotten visit only a corrected receipt may be known."""
        return self.receipt is None or (self.left_at is None and self.entered_at is not None)
