"""Brings one endpoint its notices, one after the other, in the ledger's order.

A notice is tried until it is delivered or has been tried ``attempts_max`` times; then it is laid aside, which
is an alarm, and the next one follows. The waits double while nothing gets through, also from one notice to
the next, so that an endpoint that is away for a day costs a few notices laid aside and not all of them.
"""

from __future__ import annotations

import hashlib
import logging
import random
from typing import Protocol

from edge.aggregator.exchange.webhooks.outbox import DeadLetter, Progress, WebhookOutbox
from edge.aggregator.exchange.webhooks.pending import Pending
from edge.aggregator.exchange.webhooks.request import Answer, Outcome
from edge.aggregator.exchange.webhooks.status import EndpointStatus
from edge.aggregator.ledger.rows import LedgerRow
from edge.config import WebhookSection
from edge.payload import encode

logger = logging.getLogger(__name__)


class Requester(Protocol):
    """Makes one attempt."""

    def post(self, delivery: str, body: bytes, utc_s: float) -> Answer:
        """Try once."""
        ...


class Courier:
    """Serves one endpoint.

    Args:
        section: the endpoint.
        pending: what it has yet to be told.
        outbox: how far it has come.
        requester: how it posts.
        jitter: where the waits' random part comes from.
    """

    def __init__(
        self,
        section: WebhookSection,
        *,
        pending: Pending,
        outbox: WebhookOutbox,
        requester: Requester,
        jitter: random.Random | None = None,
    ) -> None:
        self._section, self._name = section, section.name
        self._pending, self._outbox, self._requester = pending, outbox, requester
        self._jitter = jitter or random.SystemRandom()
        self._due_s = 0.0  # [s] monotonic; nothing is tried before
        self._failures = self._delivered = 0
        self._error = ""
        self.status = EndpointStatus(name=section.name)

    def step(self, mono_s: float, utc_s: float) -> float:
        """Try the next notice, if one is due.

        Args:
            mono_s: [s] monotonic.
            utc_s: [s] for the signature.

        Returns:
            [s] until the next step; 0: at once.

        Raises:
            StorageError: ledger or outbox cannot be read or written.
        """
        wait = self._next(mono_s, utc_s)
        self._report()
        return wait

    def _next(self, mono_s: float, utc_s: float) -> float:
        progress = self._pending.progress()
        if self._section.paused or progress.paused:
            self._pending.forget()
            return self._section.retry_min_s
        if mono_s < self._due_s:
            return self._due_s - mono_s
        asked = (each for each in self._outbox.dead(self._name) if each.again)
        if (letter := next(asked, None)) is not None:
            return self._repeat(letter, mono_s, utc_s)
        row = self._pending.first(progress)
        return self._section.retry_min_s if row is None else self._try(row, progress, mono_s, utc_s)

    def _try(self, row: LedgerRow, progress: Progress, mono_s: float, utc_s: float) -> float:
        answer = self._post(row, utc_s)
        if answer.outcome is Outcome.DELIVERED:
            self._pending.done(row)
            return self._succeeded()
        self._pending.forget()
        if answer.outcome is Outcome.GONE:
            self._outbox.pause(self._name, answer.detail)
            logger.error("webhook %s is paused: %s", self._name, answer.detail)
            return 0.0
        attempts = progress.attempts + 1
        if attempts < self._section.attempts_max:
            self._outbox.failed(self._name)
        else:
            self._outbox.give_up(DeadLetter(self._name, row.id, attempts, answer.detail, utc_s), row.hash)
            logger.error("webhook %s: position %d given up after %d attempts", self._name, row.id, attempts)
        return self._failed(answer, mono_s)

    def _repeat(self, letter: DeadLetter, mono_s: float, utc_s: float) -> float:
        """Try once more what was given up."""
        row = self._pending.row_at(letter.position)
        answer = self._post(row, utc_s) if row is not None else Answer(Outcome.DELIVERED)
        if answer.outcome is Outcome.DELIVERED:
            self._outbox.bury(self._name, letter.position)
            return self._succeeded()
        self._outbox.still_dead(self._name, letter.position, answer.detail)
        return self._failed(answer, mono_s)

    def _post(self, row: LedgerRow, utc_s: float) -> Answer:
        return self._requester.post(delivery_id(row), encode(self._pending.notice(row)), utc_s)

    def _succeeded(self) -> float:
        if self._failures:
            logger.info("webhook %s: delivered again", self._name)
        self._failures, self._error, self._due_s = 0, "", 0.0
        self._delivered += 1
        return 0.0

    def _failed(self, answer: Answer, mono_s: float) -> float:
        if not self._failures:
            logger.warning("webhook %s: %s", self._name, answer.detail)
        self._error = answer.detail
        wait = max(wait_s(self._section, self._failures, self._jitter.random()), answer.retry_after_s)
        self._failures += 1
        self._due_s = mono_s + wait
        return wait

    def _report(self) -> None:
        progress = self._pending.progress()
        self.status = EndpointStatus(
            name=self._name,
            behind=self._pending.behind(progress),
            dead=len(self._outbox.dead(self._name)),
            failures=self._failures,
            delivered_total=self._delivered,
            paused="by its options" if self._section.paused else progress.paused,
            error=self._error,
        )


def delivery_id(row: LedgerRow) -> str:
    """The same for every attempt and every endpoint, and for no other entry that any ledger ever held."""
    return "msg_" + hashlib.sha256(row.hash).hexdigest()[:32]


def wait_s(section: WebhookSection, failures: int, jitter: float) -> float:
    """[s] after so many failures in a row; doubling, between half of it and all of it at random."""
    longest = min(section.retry_max_s, section.retry_min_s * 2.0 ** min(failures, 40))
    return longest * (0.5 + 0.5 * jitter)
