"""All webhooks of an aggregator, a thread each, so that a slow receiver keeps nobody waiting but itself."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from edge.aggregator.exchange.notices import KINDS
from edge.aggregator.exchange.webhooks.courier import Courier
from edge.aggregator.exchange.webhooks.outbox import FILE, WebhookOutbox
from edge.aggregator.exchange.webhooks.pending import Pending
from edge.aggregator.exchange.webhooks.request import Requester
from edge.aggregator.exchange.webhooks.signature import keys_of
from edge.aggregator.exchange.webhooks.status import EndpointStatus
from edge.aggregator.ledger import Ledger, Place
from edge.clock import Clock
from edge.config import AggregatorConfig, WebhookSection
from edge.errors import StartError, StorageError

logger = logging.getLogger(__name__)

LOOK_S = 0.5
"""[s] between two looks at a ledger in which there was nothing new."""

STORAGE_RETRY_S = 5.0
"""[s] before ledger and outbox are opened again after a fault."""


class Webhooks:
    """Starts, watches and stops the couriers.

    Args:
        config: the aggregator's options.
        base_dir: where relative paths begin.
        place: where the ledger is; it must exist.
        clock: host time.

    Raises:
        StartError: a secret that cannot be used, or a kind of notice that there is none of.
    """

    def __init__(self, config: AggregatorConfig, base_dir: Path, place: Place, clock: Clock) -> None:
        for number, section in enumerate(config.webhooks):
            if unknown := set(section.kinds) - KINDS.keys():
                raise StartError(
                    "no such notice", where=f"webhooks[{number}].kinds", found=min(unknown),
                    expected=", ".join(sorted(KINDS)),
                )  # fmt: skip
        where = _Where(config.store, place, base_dir / config.state_dir / FILE)
        self._runs = [_Run(section, keys_of(section, base_dir), where, clock) for section in config.webhooks]

    def start(self) -> None:
        """Deliver from now on."""
        for run in self._runs:
            run.start()

    def stop(self) -> None:
        """Begin no further attempt. What one that is under way brings is told again at the next start."""
        for run in self._runs:
            run.stop()

    @property
    def status(self) -> tuple[EndpointStatus, ...]:
        """Of every endpoint, as it was a moment ago."""
        return tuple(run.status for run in self._runs)

    @property
    def alarms(self) -> tuple[str, ...]:
        """A sentence for everything that somebody has to look at."""
        return tuple(status.alarm for status in self.status if status.alarm)


@dataclass(frozen=True, slots=True)
class _Where:
    """Of the store: its name, its ledger, and the file of what has been told."""

    store: str
    place: Place
    file: Path


class _Run:
    """One courier in its thread."""

    def __init__(self, section: WebhookSection, keys: tuple[bytes, ...], where: _Where, clock: Clock) -> None:
        self._section, self._keys, self._where, self._clock = section, keys, where, clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"webhook {section.name}", daemon=True)
        self.status = EndpointStatus(name=section.name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        fault = ""
        while not self._ended.is_set():
            try:
                self._deliver()
            except StorageError as error:
                if str(error) != fault:
                    logger.warning("webhook %s waits: %s", self._section.name, error)
                fault = str(error)
                self.status = EndpointStatus(name=self._section.name, paused=fault.rstrip("."))
                self._ended.wait(STORAGE_RETRY_S)

    def _deliver(self) -> None:
        section, where = self._section, self._where
        with ExitStack() as stack:
            ledger = Ledger(where.place)
            stack.callback(ledger.close)
            outbox = WebhookOutbox(where.file)
            stack.callback(outbox.close)
            requester = Requester(section, self._keys)
            stack.callback(requester.close)
            pending = Pending(section, where.store, ledger, outbox)
            courier = Courier(section, pending=pending, outbox=outbox, requester=requester)
            while not self._ended.is_set():
                wait_s = courier.step(self._clock.mono_ns() / 1e9, self._clock.utc_s())
                self.status = courier.status
                self._ended.wait(min(wait_s, LOOK_S))
