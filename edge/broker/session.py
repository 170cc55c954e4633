"""One TCP connection to an MQTT 3.1.1 broker, from CONNECT to its loss; it and its client know paho.

Everything paho would do across connections is left out: its queue repeats what the outbox repeats better, its
reconnection has no jitter, and its network thread can die unseen.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edge.broker.batching_client import BatchingClient
from edge.config import BrokerSection
from edge.errors import BrokerError

_log = logging.getLogger(__name__)

HANDSHAKE_S = 10.0
"""[s] CONNACK and SUBACK must have come by then; brokers of the trial needed under 0.5 s."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a subscribed topic."""

    topic: str
    payload: bytes
    retained: bool  # held by the broker before we subscribed


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes (QoS 1, retained) when this client vanishes."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """As whom and how to connect."""

    section: BrokerSection
    client_id: str
    password: str
    ca_file: str  # empty: no TLS
    will: Will | None

    @classmethod
    def of(cls, section: BrokerSection, client_id: str, will: Will | None, base_dir: Path) -> Account:
        """Read what the section names.

        Raises:
            BrokerError: password or CA file cannot be used.
        """
        password, ca_file = _read_password(section, base_dir), _readable_ca(section, base_dir)
        return cls(section, client_id, password, ca_file, will)

    def client(self) -> mqtt.Client:
        """A fresh paho client."""
        client = BatchingClient(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            clean_session=True,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,  # the network thread ends with its connection
        )
        # An exception in a callback would kill paho's network thread and leave is_connected() True.
        client.suppress_exceptions = True
        if self.will is not None:
            client.will_set(self.will.topic, self.will.payload, qos=1, retain=True)
        if self.section.username:
            client.username_pw_set(self.section.username, self.password)
        if self.ca_file:
            client.tls_set(ca_certs=self.ca_file)
        return client


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


class Session:
    """One paho client from its connect to its loss; used once.

    Args:
        account: as whom to connect.
        subscriptions: topic filters, QoS 1.
        unconfirmed_max: [messages] published and not yet confirmed by the broker, at most.
        went_up: called in the network thread once connected and subscribed, before any message.
        deliver: takes each message, in the network thread.
    """

    def __init__(
        self,
        account: Account,
        subscriptions: Sequence[str],
        unconfirmed_max: int,
        went_up: Callable[[Session], None],
        deliver: Callable[[Received], None],
    ) -> None:
        self._section = account.section
        self._client = client = account.client()
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

    def open(self, closing: threading.Event) -> str:
        """Connect and subscribe; returns the reason of a failure, empty on success."""
        try:
            self._client.connect(self._section.host, self._section.port, self._section.keepalive_s)
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

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, wait_s: float) -> bool:
        """See ``Connection.publish``."""
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
        """See ``Connection.drain``."""
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
