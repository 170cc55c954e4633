"""Takes evidence in beside the writer: judging pictures and waiting for the disk hold up no cart.

A thread of its own does the work; whatever it is asked for waits in a bounded queue. Evidence that finds it
full is lost and counted: nodes send it once, and a cart is worth more than a picture of it.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from edge.aggregator.entries import LedgerEntry
from edge.aggregator.evidence.admission import RefusedEvidenceError, admitted
from edge.aggregator.evidence.archive import DAY_S, Archive
from edge.aggregator.evidence.pins import RENEW_S, pins_of_cases, pins_of_entries, pins_of_receipts
from edge.clock import Clock
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.messages import EventEvidence, Receipt, ReviewCase

logger = logging.getLogger(__name__)

WAITING_MAX = 200
"""[messages] that wait: at most 50 MB."""

LOT = 20
"""[messages] that share a commit."""

TICK_S = 1.0
"""[s] a pin waits at most."""

CLEAR_EVERY_S = 60.0
"""[s] between two clearings of what is too old or too much."""

REFUSED_MAX = 1000
"""[refusals] that wait to be counted; a flood of more counts as so many."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Evidence as it came."""

    sender: str  # node, by its topic
    event: str  # the same
    payload: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """Evidence that was not taken."""

    sender: str
    error: RefusedEvidenceError


class Intake:
    """Judges, stores, pins, clears.

    Args:
        archive: where evidence goes; closed with this.
        config: nodes that may speak, and how long receipts may be disputed.
        clock: host time.

    Attributes:
        lost_total: messages for which there was no room or that the disk did not take.
        unpinned_total: events whose evidence went although a receipt of theirs might still be disputed.
        fault: one sentence while the disk takes none.
    """

    def __init__(self, archive: Archive, config: AggregatorConfig, clock: Clock) -> None:
        self._archive, self._clock = archive, clock
        self._nodes, self._dispute_s = frozenset(config.nodes), config.review.dispute_days * DAY_S
        self._work: queue.Queue[Arrived | threading.Event] = queue.Queue(WAITING_MAX)
        self._pins: dict[str, float] = {}  # to be written
        self._pins_lock = threading.Lock()
        self._refused: deque[Refused] = deque(maxlen=REFUSED_MAX)
        self.lost_total = self.unpinned_total = 0
        self.fault = ""
        self._clear_due_ns = self._renew_due_ns = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)
        self._thread.start()

    def offer(self, sender: str, event: str, payload: bytes) -> None:
        """Take in what came on the topic of a node and an event; never blocks."""
        try:
            self._work.put_nowait(Arrived(sender, event, payload))
        except queue.Full:
            self.lost_total += 1

    def note(self, entries: Iterable[LedgerEntry]) -> None:
        """Pin what new entries rest on; never blocks."""
        self._pin(pins_of_entries(entries, self._dispute_s))

    def note_receipts(self, receipts: Iterable[Receipt]) -> None:
        """The same of receipts that are known at start: a pin may not have reached the disk."""
        self._pin(pins_of_receipts(receipts, self._dispute_s))

    def renew(self, cases: Callable[[], Iterable[ReviewCase]]) -> None:
        """Pin what open cases rest on, now and then."""
        now_ns = self._clock.mono_ns()
        if now_ns >= self._renew_due_ns:
            self._renew_due_ns = now_ns + round(RENEW_S * 1e9)
            self._pin(pins_of_cases(cases(), self._clock.utc_s()))

    def take_refused(self) -> tuple[Refused, ...]:
        """What was refused since it was last asked for."""
        return tuple(self._refused.popleft() for _ in range(len(self._refused)))

    def settle(self) -> None:
        """Wait until all that was asked for so far is done."""
        done = threading.Event()
        self._work.put(done)
        done.wait()

    def close(self) -> None:
        """Finish what waits, and close the archive."""
        self.settle()
        self._closing = True
        self._thread.join()
        self._archive.close()

    def _pin(self, until_s: Mapping[str, float]) -> None:
        with self._pins_lock:
            for event, t in until_s.items():
                self._pins[event] = max(t, self._pins.get(event, t))

    def _run(self) -> None:
        while not self._closing:
            lot = self._waiting()
            self._do([each for each in lot if isinstance(each, Arrived)])
            for each in lot:
                if isinstance(each, threading.Event):
                    each.set()

    def _waiting(self) -> list[Arrived | threading.Event]:
        """What there is to do; waits a moment for the first of it."""
        lot: list[Arrived | threading.Event] = []
        with suppress(queue.Empty):
            lot.append(self._work.get(timeout=TICK_S))
            while len(lot) < LOT:
                lot.append(self._work.get_nowait())
        return lot

    def _do(self, lot: Sequence[Arrived]) -> None:
        taken = [evidence for each in lot for evidence in self._judged(each)]
        with self._pins_lock:
            pins, self._pins = self._pins, {}
        try:
            if pins:
                self._archive.pin(pins)
            if taken:
                self._archive.keep(taken, self._clock.utc_s())
            self._clear_when_due()
        except StorageError as error:
            self.lost_total += len(taken)
            self._pin(pins)  # a pin is a promise
            if not self.fault:
                logger.warning("%s", error)
            self.fault = str(error)
            return
        if self.fault and (taken or pins):
            logger.info("evidence is kept again")
            self.fault = ""

    def _judged(self, arrived: Arrived) -> tuple[EventEvidence, ...]:
        try:
            return (admitted(arrived.payload, sender=arrived.sender, event=arrived.event, nodes=self._nodes),)
        except RefusedEvidenceError as error:
            self._refused.append(Refused(arrived.sender, error))
            return ()

    def _clear_when_due(self) -> None:
        now_ns = self._clock.mono_ns()
        if now_ns < self._clear_due_ns and not self._archive.is_due:
            return
        self._clear_due_ns = now_ns + round(CLEAR_EVERY_S * 1e9)
        cleared = self._archive.clear(self._clock.utc_s())
        if cleared.unpinned:
            self.unpinned_total += cleared.unpinned
            logger.warning(
                "no room: evidence of %d events went before their receipts' time; raise evidence.max_mb",
                cleared.unpinned,
            )
