"""MQTT 3.1.1, as much of it as a load needs [OASIS standard, sections 3.1 to 3.8]; no I/O."""

from __future__ import annotations

CONNECT, CONNACK, PUBLISH_QOS_1, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x32, 0x40, 0x82, 0x90

IDS = 65_535
"""Packet ids there are, from 1."""


def packet(kind: int, body: bytes) -> bytes:
    """One packet: first byte, length, body."""
    length, size = bytearray(), len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([kind]) + bytes(length) + body


def text(content: str) -> bytes:
    """A string as packets hold it."""
    return len(content.encode()).to_bytes(2, "big") + content.encode()


def connect(client: str) -> bytes:
    """As ``client``, with a clean session and no keep-alive."""
    return packet(CONNECT, text("MQTT") + b"\x04\x02" + (0).to_bytes(2, "big") + text(client))


def subscribe(pattern: str) -> bytes:
    """At QoS 1."""
    return packet(SUBSCRIBE, b"\x00\x01" + text(pattern) + b"\x01")


def publish(topic: bytes, number: int, payload: bytes) -> bytes:
    """At QoS 1; ``topic`` as :func:`text` gives it, ``number`` [1] counts a connection's packets from 0."""
    return packet(PUBLISH_QOS_1, topic + (number % IDS + 1).to_bytes(2, "big") + payload)


def confirmations(published: list[bytes]) -> bytes:
    """PUBACKs of the bodies of PUBLISH packets."""
    ids = (body[2 + int.from_bytes(body[:2], "big") :][:2] for body in published)
    return b"".join(b"\x40\x02" + each for each in ids)


def whole_packets(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """(first byte, body) of the whole packets in ``data``, and what is left of it."""
    packets, place = [], 0
    while True:
        size, at = 0, place + 1
        for shift in (0, 7, 14, 21):
            if at >= len(data):
                return packets, data[place:]
            size |= (data[at] & 0x7F) << shift
            at += 1
            if not data[at - 1] & 0x80:
                break
        if at + size > len(data):
            return packets, data[place:]
        packets.append((data[place], data[at : at + size]))
        place = at + size
