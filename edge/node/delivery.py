"""From a decision to its acknowledgement: disk first, then the network, again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from edge.errors import StorageError
from edge.messages import Ack, NodeMessage
from edge.node.faults import Faults
from edge.outbox.database import CorruptStorageError
from edge.outbox.publisher import Publisher
from edge.outbox.store import Outbox
from edge.samples import NS_PER_S

RETRY_S = 1.0
"""[s] between attempts to write to a disk that refuses; each may hold the loop for the outbox's lock wait."""

BATCH = 500
"""[messages] appended in one transaction at most."""

_FAULT = "outbox"


class Delivery:
    """Owns the outbox and what is sent from it.

    While the disk refuses, decisions wait in memory, in their order and without bound: nothing is lost while
    the process lives, and nothing is sent that is not on disk.

    Args:
        outbox: open.
        send: hands one payload to the connection; False when it cannot take it now.
        faults: the node's.
        in_flight_max: [messages] sent and not yet acknowledged.
    """

    def __init__(
        self, outbox: Outbox, send: Callable[[bytes], bool], faults: Faults, *, in_flight_max: int
    ) -> None:
        self._outbox, self._send, self._faults = outbox, send, faults
        self._in_flight_max = in_flight_max
        self._publisher = Publisher(in_flight_max=in_flight_max)
        self._connected = False
        self._waiting: deque[NodeMessage] = deque()  # decided, not yet on disk
        self._retry_ns = 0
        self._faults.report("corrupt", outbox.alarm)

    @property
    def backlog(self) -> int:
        """[messages] decided and not yet acknowledged."""
        return self._outbox.backlog + len(self._waiting)

    def accept(self, messages: Iterable[NodeMessage]) -> None:
        """Take over decisions; :meth:`pump` writes and sends them."""
        self._waiting.extend(messages)

    def acknowledged(self, ack: Ack, mono_ns: int) -> None:
        """The aggregator answered. If the disk refuses, the next answer serves as well."""
        with self._disk():
            self._publisher.forget(self._outbox.acknowledge(ack), mono_ns)
            self._disk_serves()

    def connected(self, mono_ns: int) -> None:
        """A new connection, or a request to send everything again."""
        self._connected = True
        self._publisher.connected(mono_ns)

    def disconnected(self) -> None:
        """The connection is gone."""
        self._connected = False
        self._publisher.disconnected()

    def save_levels(self, levels_g: Mapping[str, float], utc_s: float) -> None:
        """Keep settled levels [g] by plate for the next boot; what the disk refuses is left out."""
        with self._disk():
            self._outbox.save_levels(levels_g, utc_s)
            self._disk_serves()

    def pump(self, mono_ns: int) -> None:
        """Write what waits, then send what is due."""
        self._write(mono_ns)
        with self._disk():
            if room := self._publisher.room:
                self._publisher.offer(self._outbox.read(self._publisher.last_id, room), mono_ns)
        for row in self._publisher.due(mono_ns):
            if not self._send(row.payload):
                break
            self._publisher.sent(row, mono_ns)

    def _write(self, mono_ns: int) -> None:
        while self._waiting and mono_ns >= self._retry_ns:
            batch = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
            self._retry_ns = mono_ns + round(RETRY_S * NS_PER_S)
            with self._disk():
                self._outbox.append(batch)
                for _ in batch:
                    self._waiting.popleft()
                self._retry_ns = 0
                self._disk_serves()

    def _disk_serves(self) -> None:
        if not self._waiting:
            self._faults.report(_FAULT, "")

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Turn what the disk refuses into a fault of the node; a damaged file is set aside."""
        try:
            yield
        except CorruptStorageError as error:
            self._faults.report(_FAULT, str(error))
            self._reopen()
        except StorageError as error:
            self._faults.report(_FAULT, str(error))

    def _reopen(self) -> None:
        try:
            self._outbox.reopen()
        except StorageError as error:
            self._faults.report(_FAULT, str(error))
            return
        self._faults.report("corrupt", self._outbox.alarm)
        self._retry_ns = 0
        # The rows have other ids now.
        self._publisher = Publisher(in_flight_max=self._in_flight_max)
        if self._connected:
            self._publisher.connected(0)
