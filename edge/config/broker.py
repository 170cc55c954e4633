"""Options of the way to the broker."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.config.section import PortNumber, Positive, Section


class BrokerSection(Section, frozen=True, kw_only=True):
    """Where the MQTT broker is. Any MQTT 3.1.1 broker serves."""

    host: str = "127.0.0.1"  # name or address
    port: PortNumber = 1883  # 8883 is usual with TLS
    username: str = ""  # empty: none
    password_file: str = ""  # file with the password on its first line
    ca_file: str = ""  # PEM; switches TLS on
    keepalive_s: Annotated[int, msgspec.Meta(ge=2, le=600)] = 10  # [s] a dead link shows within twice that
    reconnect_min_s: Positive = 0.2  # [s] first wait before the next attempt; then doubling, with jitter
    reconnect_max_s: Positive = 10.0  # [s] longest wait
