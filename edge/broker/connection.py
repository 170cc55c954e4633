"""One client's connection to an MQTT 3.1.1 broker, kept up for as long as the process lives.

Each TCP connection is a ``Session`` of its own, watched by one supervising thread that makes the next one.
Nothing is ever left to the client library's queue: durability belongs to the outbox. The network thread does
no work. It puts what it hears into an inbox that a main loop reads.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edge.broker.session import HANDSHAKE_S, Account, Received, Session, Will
from edge.config import BrokerSection

__all__ = ["BrokerDown", "BrokerNews", "BrokerUp", "Connection", "Inbox", "Received", "Will"]

_log = logging.getLogger(__name__)

STABLE_S = 2.0
"""[s] a connection that lived so long was a good one: the next attempt starts without back-off. Two clients
with one id throw each other out faster than that, and so slow each other down."""

INBOX_WAIT_S = 1.0
"""[s] a full inbox holds the network thread so long, and by TCP the sender; then messages are dropped."""


@dataclass(frozen=True, slots=True)
class BrokerUp:
    """Connected, and every subscription granted. Retained messages follow it."""


@dataclass(frozen=True, slots=True)
class BrokerDown:
    """Not connected (any more); attempts go on."""

    reason: str


BrokerNews = BrokerUp | BrokerDown | Received


class Inbox(Protocol):
    """Where news goes: a ``queue.Queue`` that may carry other things too."""

    def put(self, item: BrokerNews, block: bool = True, timeout: float | None = None) -> None:
        """Raises ``queue.Full``."""
        ...


class Connection:
    """Keeps one client connected and subscribed.

    Args:
        section: host, port, credentials, TLS, keep-alive, back-off.
        client_id: unique at the broker; a second client with it throws the first out.
        subscriptions: topic filters, renewed on every connect, QoS 1.
        inbox: where news goes; a bounded queue of its own (``connection.inbox``) when left out.
        will: last will.
        base_dir: that relative paths of ``section`` start from.
        unconfirmed_max: [messages] published and not yet confirmed by the broker, at most.

    Raises:
        BrokerError: password or CA file cannot be used.
    """

    def __init__(
        self,
        section: BrokerSection,
        *,
        client_id: str,
        subscriptions: Sequence[str] = (),
        inbox: Inbox | None = None,
        will: Will | None = None,
        base_dir: Path = Path(),
        unconfirmed_max: int = 1000,
    ) -> None:
        self.inbox: Any = inbox if inbox is not None else queue.Queue(maxsize=10_000)
        self.where = f"broker {section.host}:{section.port}"
        self._section = section
        self._subscriptions = tuple(subscriptions)
        self._client_id = client_id
        self._unconfirmed_max = unconfirmed_max
        self._account = Account.of(section, client_id, will, base_dir)
        self._session: Session | None = None
        self._closing = threading.Event()
        self._dropping = False
        self._supervisor = threading.Thread(target=self._supervise, name=f"mqtt-{client_id}", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once. The outcome comes as ``BrokerUp`` or ``BrokerDown``."""
        self._supervisor.start()

    @property
    def connected(self) -> bool:
        """Whether the last news of the connection was good."""
        return self._session is not None

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, wait_s: float = 0.0
    ) -> bool:
        """Hand a message to the present connection.

        True means sent or about to be; it may still be lost with the connection, and is not repeated on the
        next one. False: not connected, or ``unconfirmed_max`` messages are under way and stayed so for
        ``wait_s``.
        """
        session = self._session
        return session is not None and session.publish(topic, payload, qos=qos, retain=retain, wait_s=wait_s)

    def drain(self, timeout_s: float) -> bool:
        """Wait until the broker confirmed all that was published; False when it did not in time."""
        session = self._session
        return session is not None and session.drain(timeout_s)

    def close(self) -> None:
        """Disconnect in good order (no last will is published) and stop trying."""
        self._closing.set()
        if self._session is not None:
            self._session.leave()
        if self._supervisor.is_alive():
            self._supervisor.join(timeout=HANDSHAKE_S)

    def __enter__(self) -> Connection:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- supervising thread -----------------------------------------------------------------------

    def _supervise(self) -> None:
        attempt = 0
        reported = ""
        while not self._closing.is_set():
            session = Session(
                self._account, self._subscriptions, self._unconfirmed_max, self._went_up, self._deliver
            )
            reason = session.open(self._closing)
            if not reason:
                _log.info("%s: connected as %s", self.where, self._client_id)
                reported, began = "", time.monotonic()
                reason = session.wait_lost()
                if time.monotonic() - began >= STABLE_S:
                    attempt = 0
            self._session = None
            if reason != reported and not self._closing.is_set():
                _log.warning("%s: %s; trying again", self.where, reason)
                self._deliver(BrokerDown(reason))
                reported = reason
            self._closing.wait(self._backoff_s(attempt))
            attempt += 1

    def _backoff_s(self, attempt: int) -> float:
        """Exponential, with jitter against reconnect storms (a restarted broker meets all nodes at once)."""
        ceiling = min(self._section.reconnect_max_s, self._section.reconnect_min_s * 2.0 ** min(attempt, 30))
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it

    def _went_up(self, session: Session) -> None:
        """In the network thread, so that no message of the connection overtakes the news of it."""
        self._session = session
        self._deliver(BrokerUp())

    def _deliver(self, news: BrokerNews) -> None:
        """Into the inbox; only messages may be dropped, because they come again."""
        while not self._put(news):
            if not self._dropping:
                _log.error("%s: inbox of %s is full, dropping messages", self.where, self._client_id)
            self._dropping = True
            if isinstance(news, Received) or self._closing.is_set():
                return
        if self._dropping:
            _log.info("%s: inbox of %s has room again", self.where, self._client_id)
            self._dropping = False

    def _put(self, news: BrokerNews) -> bool:
        try:
            self.inbox.put(news, timeout=INBOX_WAIT_S)
        except queue.Full:
            return False
        return True
