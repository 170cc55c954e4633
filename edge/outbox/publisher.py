"""What to send, and when again: the outbox's window onto the aggregator. Sans-I/O; time is an argument."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edge.outbox.store import OutboxRow
from edge.samples import NS_PER_S

RESEND_MIN_S = 2.0
"""[s] without acknowledgement after which a row is sent again. An aggregator on a slow SD card commits in
under 1 s; sent again too early costs a duplicate, which changes nothing."""

RESEND_MAX_S = 30.0
"""[s] between two attempts at most."""

PATIENT_SENDS = 3
"""[1] after so many sends without an answer a row no longer holds up the rows behind it: one message that the
aggregator refuses, or one boot with a gap, must not silence the shelf."""

HELD_WINDOWS = 20
"""[windows] of unanswered rows that are kept in memory; beyond that nothing new is taken from the outbox."""


@dataclass(slots=True)
class _InFlight:
    row: OutboxRow
    due_ns: int  # [ns] mono; when to send it (again)
    sends: int = 0


class Publisher:
    """Sends rows in their order, a window at a time, again and again until they are acknowledged.

    The caller loads rows (``offer``, at most ``room``), sends those that are ``due`` and says which left
    (``sent``), passes on acknowledgements (``forget``) and changes of the connection.

    Args:
        in_flight_max: [messages] fresh ones that wait for an acknowledgement at a time.
    """

    def __init__(self, *, in_flight_max: int) -> None:
        self._in_flight_max = in_flight_max
        self._in_flight: dict[int, _InFlight] = {}  # by row id, in the order of the outbox
        self._connected = False
        self.last_id = 0  # [1] highest row id that was taken in

    @property
    def room(self) -> int:
        """[messages] that may be offered now; 0 without a connection."""
        if not self._connected:
            return 0
        fresh = sum(entry.sends < PATIENT_SENDS for entry in self._in_flight.values())
        held = HELD_WINDOWS * self._in_flight_max - len(self._in_flight)
        return max(0, min(self._in_flight_max - fresh, held))

    def offer(self, rows: Iterable[OutboxRow], mono_ns: int) -> None:
        """Take in the next rows of the outbox, in their order."""
        for row in rows:
            self._in_flight[row.id] = _InFlight(row, due_ns=mono_ns)
            self.last_id = row.id

    def due(self, mono_ns: int) -> tuple[OutboxRow, ...]:
        """Rows to send now, in the order of the outbox."""
        if not self._connected:
            return ()
        return tuple(entry.row for entry in self._in_flight.values() if entry.due_ns <= mono_ns)

    def sent(self, row: OutboxRow, mono_ns: int) -> None:
        """The row was handed to the connection; without an answer it is due again later and later."""
        entry = self._in_flight[row.id]
        wait_s = min(RESEND_MAX_S, RESEND_MIN_S * 2.0 ** min(entry.sends, 30))
        entry.due_ns = mono_ns + round(wait_s * NS_PER_S)
        entry.sends += 1

    def forget(self, row_ids: Collection[int], mono_ns: int) -> None:
        """These rows were acknowledged. The others queue behind them at the aggregator: give them time."""
        if not row_ids:
            return
        for row_id in row_ids:
            self._in_flight.pop(row_id, None)
        patience_ns = mono_ns + round(RESEND_MIN_S * NS_PER_S)
        for entry in self._in_flight.values():
            if entry.sends:
                entry.due_ns = max(entry.due_ns, patience_ns)

    def connected(self, mono_ns: int) -> None:
        """A new connection, or a request to send anew: everything in flight may be lost and is due."""
        self._connected = True
        for entry in self._in_flight.values():
            entry.due_ns = mono_ns
            entry.sends = 0

    def disconnected(self) -> None:
        """Nothing is due until the next connection."""
        self._connected = False

    def next_due_ns(self) -> int | None:
        """[ns] mono at which something is due next; ``None`` when nothing waits."""
        if not self._connected or not self._in_flight:
            return None
        return min(entry.due_ns for entry in self._in_flight.values())
