"""One client's connection to an MQTT 3.1.1 broker; the only file that knows paho.

paho's own reconnection keeps its memory queue, sends it all at once, repeats it out of order and backs off
without jitter; its network thread can die unseen. So every connection here is a fresh paho client that lives
exactly as long as its TCP connection, watched by one supervising thread that makes the next one. Nothing is
ever left to paho's queue: durability belongs to the outbox.

The network thread does no work. It puts what it hears into an inbox that a main loop reads.
"""

from __future__ import annotations

import logging
import queue
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edge.config import BrokerSection
from edge.errors import BrokerError

_log = logging.getLogger(__name__)

HANDSHAKE_S = 10.0
"""[s] CONNACK and SUBACK must have come by then; brokers of the trial needed under 0.5 s."""

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


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a subscribed topic."""

    topic: str
    payload: bytes
    retained: bool  # held by the broker before we subscribed


BrokerNews = BrokerUp | BrokerDown | Received


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes (QoS 1, retained) when this client vanishes."""

    topic: str
    payload: bytes


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
        self._will = will
        self._client_id = client_id
        self._unconfirmed_max = unconfirmed_max
        self._password = _read_password(section, base_dir)
        self._ca_file = _readable_ca(section, base_dir)
        self._session: _Session | None = None
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
        return session is not None and session.publish(topic, payload, qos, retain, wait_s)

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
            session = _Session(
                self._client(), self._subscriptions, self._unconfirmed_max, self._went_up, self._deliver
            )
            reason = session.open(self._section, self._closing)
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

    def _client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=True,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,  # the network thread ends with its connection
        )
        # An exception in a callback would kill paho's network thread and leave is_connected() True.
        client.suppress_exceptions = True
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=True)
        if self._section.username:
            client.username_pw_set(self._section.username, self._password)
        if self._ca_file:
            client.tls_set(ca_certs=self._ca_file)
        return client

    def _went_up(self, session: _Session) -> None:
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


_P = ParamSpec("_P")


def _guarded(callback: Callable[_P, None]) -> Callable[_P, None]:
    """A fault in a callback is logged with its trace and ends there."""

    @wraps(callback)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            _log.exception("fault in an MQTT callback")

    return guarded


class _Session:
    """One paho client from its connect to its loss; used once."""

    def __init__(
        self,
        client: mqtt.Client,
        subscriptions: Sequence[str],
        unconfirmed_max: int,
        went_up: Callable[[_Session], None],
        deliver: Callable[[BrokerNews], None],
    ) -> None:
        self._client = client
        self._subscriptions = subscriptions
        self._unconfirmed_max = unconfirmed_max
        self._went_up = went_up
        self._deliver = deliver
        self._unconfirmed = 0
        self._confirmed = threading.Condition()
        self._settled = threading.Event()  # subscribed, or lost
        self._lost = threading.Event()
        self._reason = ""
        client.on_socket_open = _guarded(self._on_socket_open)
        client.on_connect = _guarded(self._on_connect)
        client.on_subscribe = _guarded(self._on_subscribe)
        client.on_message = _guarded(self._on_message)
        client.on_publish = _guarded(self._on_publish)
        client.on_disconnect = _guarded(self._on_disconnect)

    def open(self, section: BrokerSection, closing: threading.Event) -> str:
        """Connect and subscribe; returns the reason of a failure, empty on success."""
        try:
            self._client.connect(section.host, section.port, section.keepalive_s)
        except (OSError, ValueError) as error:
            return f"cannot connect: {getattr(error, 'strerror', None) or error}"
        self._client.loop_start()
        deadline = time.monotonic() + HANDSHAKE_S
        while not self._settled.wait(0.1) and time.monotonic() < deadline and not closing.is_set():
            pass
        if self._settled.is_set() and not self._lost.is_set():
            return ""
        reason = self._reason or f"no answer to CONNECT and SUBSCRIBE within {HANDSHAKE_S:.0f} s"
        self._cut()
        return reason

    def wait_lost(self) -> str:
        """Block until the connection is gone; returns why."""
        while not self._lost.wait(1.0):
            # paho sets its thread to None when the thread ends, whatever ended it.
            if self._client._thread is None:
                self._lose("the network thread ended")
        self._cut()
        with self._confirmed:
            self._confirmed.notify_all()
        return self._reason

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool, wait_s: float) -> bool:
        with self._confirmed:
            if not self._confirmed.wait_for(
                lambda: self._unconfirmed < self._unconfirmed_max or self._lost.is_set(), wait_s
            ):
                return False
            if self._lost.is_set():
                return False
            self._unconfirmed += 1
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        # NO_CONN means queued in this client, which is never connected again: not sent.
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def drain(self, timeout_s: float) -> bool:
        with self._confirmed:
            self._confirmed.wait_for(lambda: self._unconfirmed == 0 or self._lost.is_set(), timeout_s)
            return self._unconfirmed == 0

    def leave(self) -> None:
        """Say DISCONNECT; cut the connection if that does not end it."""
        self._client.disconnect()
        if not self._lost.wait(2.0):
            self._lose("closed")

    def _lose(self, reason: str) -> None:
        self._reason = self._reason or reason
        self._lost.set()
        self._settled.set()

    def _cut(self) -> None:
        """Shut the socket so that the network thread ends; joining it could wait for a silent broker."""
        sock: Any = self._client.socket()
        if sock is not None:
            with suppress(OSError):  # already gone
                sock.shutdown(socket.SHUT_RDWR)

    # --- network thread ---------------------------------------------------------------------------

    def _on_socket_open(self, _client: mqtt.Client, _userdata: Any, sock: Any) -> None:
        # Nagle's algorithm and delayed ACKs together hold small messages for about 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, client: mqtt.Client, _userdata: Any, _flags: Any, reason_code: Any, _properties: Any
    ) -> None:
        if reason_code.is_failure:
            self._lose(f"refused: {reason_code}")
        elif self._subscriptions:
            client.subscribe([(pattern, 1) for pattern in self._subscriptions])
        else:
            self._ready()

    def _on_subscribe(
        self, _client: mqtt.Client, _userdata: Any, _mid: int, reason_codes: Sequence[Any], _properties: Any
    ) -> None:
        for pattern, code in zip(self._subscriptions, reason_codes, strict=False):
            if code.is_failure:
                self._lose(f"subscription to {pattern} refused")
                return
        self._ready()

    def _ready(self) -> None:
        self._went_up(self)
        self._settled.set()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._deliver(Received(message.topic, bytes(message.payload), message.retain))

    def _on_publish(self, *_: Any) -> None:
        with self._confirmed:
            self._unconfirmed -= 1
            self._confirmed.notify_all()

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: Any, _flags: Any, reason_code: Any, _properties: Any
    ) -> None:
        self._lose(
            "connection lost" if reason_code == "Unspecified error" else f"connection lost: {reason_code}"
        )


def _read_password(section: BrokerSection, base_dir: Path) -> str:
    if not section.password_file:
        return ""
    file = base_dir / section.password_file
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError(
            "cannot read the broker password", where=str(file), found=str(error),
            expected="a text file with the password on its first line", fix="Check `broker.password_file`.",
        ) from error  # fmt: skip


def _readable_ca(section: BrokerSection, base_dir: Path) -> str:
    if not section.ca_file:
        return ""
    file = base_dir / section.ca_file
    try:
        mqtt.Client(CallbackAPIVersion.VERSION2).tls_set(ca_certs=str(file))
    except (OSError, ValueError) as error:
        raise BrokerError(
            "cannot use the CA certificates", where=str(file), found=str(error), expected="a PEM file",
            fix="Check `broker.ca_file`.",
        ) from error  # fmt: skip
    return str(file)
