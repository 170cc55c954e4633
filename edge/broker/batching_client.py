"""paho's client, which takes what has come in one go; with ``session.py`` the only file that knows paho.

paho asks the system four times for each message and twice for each confirmation, and at each of them lets go
of the interpreter's lock, which a busy main loop gives back after 5 ms. So a busy process would hear about
twenty messages a second. Here one read takes all that has come, and one write confirms it.
"""

from __future__ import annotations

import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MessageType, MQTTErrorCode

READ_BYTES = 1 << 18
"""[bytes] taken from the socket at a time."""

CONFIRM_S = 0.2
"""[s] after that what was taken is confirmed, however much is left of what has come."""


class BatchingClient(mqtt.Client):
    """Used like paho's own; only its network thread reads."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._came = memoryview(b"")  # read from the socket, not yet taken
        self._confirmed = bytearray()  # PUBACKs of what was taken

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Take every packet that has come, then confirm."""
        confirm_at = time.monotonic() + CONFIRM_S
        try:
            code = super().loop_read(max_packets)
            while code == MQTTErrorCode.MQTT_ERR_SUCCESS and self._came:
                if time.monotonic() >= confirm_at:  # whoever takes them is slow
                    self._confirm()
                    self.loop_write()
                    self.loop_misc()
                    confirm_at = time.monotonic() + CONFIRM_S
                code = super().loop_read(max_packets)
        finally:
            self._confirm()
        return code

    def _confirm(self) -> None:
        if self._confirmed:
            confirmed, self._confirmed = self._confirmed, bytearray()
            self._packet_queue(MessageType.PUBACK, confirmed, 0, 1)

    def _send_puback(self, mid: int) -> MQTTErrorCode:
        self._confirmed += bytes((MessageType.PUBACK, 2)) + mid.to_bytes(2, "big")
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._came:
            self._came = memoryview(super()._sock_recv(READ_BYTES))
        taken, self._came = self._came[:bufsize], self._came[bufsize:]
        return bytes(taken)
