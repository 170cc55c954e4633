"""Frames come out of a hostile byte stream whole or not at all."""

from __future__ import annotations

from binascii import crc_hqx
from random import Random

import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.framing import (
    CRC_INIT,
    MAX_ENCODED_BYTES,
    MAX_PAYLOAD_BYTES,
    FrameDecoder,
    FrameFault,
    encode_frame,
)

payloads = st.binary(min_size=1, max_size=MAX_PAYLOAD_BYTES)
garbage = st.binary(max_size=400)
BY_CHANCE = settings(derandomize=True)
"""A CRC-16 lets one of 65536 damaged frames through: the same examples each time, none of which it does."""


def _good(results: list[bytes | FrameFault]) -> list[bytes]:
    return [result for result in results if not isinstance(result, FrameFault)]


def _cut(stream: bytes, random: Random) -> list[bytes]:
    """The stream in pieces of 1 to 40 bytes."""
    pieces = []
    while stream:
        length = random.randint(1, 40)
        pieces.append(stream[:length])
        stream = stream[length:]
    return pieces


@given(st.lists(payloads, max_size=8), st.randoms(use_true_random=False))
def test_chunking_does_not_matter(messages: list[bytes], random: Random) -> None:
    stream = b"".join(map(encode_frame, messages))
    at_once, in_pieces, byte_by_byte = FrameDecoder(), FrameDecoder(), FrameDecoder()
    assert at_once.receive(stream) == messages
    assert [found for piece in _cut(stream, random) for found in in_pieces.receive(piece)] == messages
    assert [found for byte in stream for found in byte_by_byte.receive(bytes((byte,)))] == messages
    assert at_once.frames_total == len(messages)
    assert at_once.frames_corrupt == 0


@BY_CHANCE
@given(st.lists(st.tuples(garbage, payloads), min_size=1, max_size=6), garbage)
def test_garbage_between_frames_costs_no_frame(parts: list[tuple[bytes, bytes]], tail: bytes) -> None:
    stream = b"".join(noise + encode_frame(payload) for noise, payload in parts) + tail
    found = _good(FrameDecoder().receive(stream))
    for _, payload in parts:
        assert payload in found
    assert len(found) == len(parts)


@BY_CHANCE
@given(payloads, payloads, st.data())
def test_garbage_inside_a_frame_costs_only_that_frame(hit: bytes, after: bytes, data: st.DataObject) -> None:
    frame = encode_frame(hit)
    place = data.draw(st.integers(1, len(frame) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=50))
    found = _good(FrameDecoder().receive(frame[:place] + noise + frame[place:] + encode_frame(after)))
    assert found[-1] == after
    assert set(found) <= {hit, after}


@BY_CHANCE
@given(payloads, st.data())
def test_a_flipped_bit_is_found(payload: bytes, data: st.DataObject) -> None:
    frame = bytearray(encode_frame(payload))
    place = data.draw(st.integers(1, len(frame) - 2))
    frame[place] ^= 1 << data.draw(st.integers(0, 7))
    decoder = FrameDecoder()
    assert _good(decoder.receive(bytes(frame))) == []
    assert decoder.frames_corrupt >= 1


@BY_CHANCE
@given(payloads, payloads, st.data())
def test_a_truncated_frame_is_refused_and_the_next_is_not(
    cut: bytes, after: bytes, data: st.DataObject
) -> None:
    frame = encode_frame(cut)
    kept = frame[: data.draw(st.integers(2, len(frame) - 2))]
    decoder = FrameDecoder()
    assert _good(decoder.receive(kept + encode_frame(after))) == [after]
    assert decoder.frames_corrupt == 1


@pytest.mark.parametrize(
    ("encoded", "fault"),
    [
        (b"\x05\x01", FrameFault.COBS),
        (cobs.encode(b"\x01\x02"), FrameFault.TOO_SHORT),
        (cobs.encode(b"\x01\x02\x03\x04"), FrameFault.CRC),
        (b"\x01" * (MAX_ENCODED_BYTES + 1), FrameFault.OVERSIZED),
    ],
)
def test_each_fault_has_its_reason(encoded: bytes, fault: FrameFault) -> None:
    decoder = FrameDecoder()
    assert decoder.receive(b"\x00" + encoded + b"\x00") == [fault]
    assert decoder.faults == {fault: 1}
    assert decoder.receive(encode_frame(b"next")) == [b"next"]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, MAX_PAYLOAD_BYTES), st.integers(1, 120), st.sampled_from(["like", "short", "long", "gap"])
)
def test_many_frames_at_once_are_told_apart(length: int, count: int, odd: str) -> None:
    """Whatever stands among frames of one length: nothing of another length passes as one of them."""
    payload = bytes(range(1, 1 + length % 255)).ljust(length, b"\x07")
    others = {
        "like": b"",
        "short": encode_frame(b"x"),
        "long": _sealed_frame(bytes(300)),
        "gap": b"\x00\x00\x00",
    }
    half = count // 2
    stream = encode_frame(payload) * half + others[odd] + encode_frame(payload) * (count - half)
    at_once, byte_by_byte = FrameDecoder(), FrameDecoder()
    found = at_once.receive(stream)
    assert found == [each for byte in stream for each in byte_by_byte.receive(bytes((byte,)))]
    assert found.count(payload) == count + (odd == "short" and payload == b"x")
    assert at_once.faults == ({FrameFault.OVERSIZED: 1} if odd == "long" else {})


def _sealed_frame(payload: bytes) -> bytes:
    """A frame with a right CRC, of any length."""
    sealed = payload + crc_hqx(payload, CRC_INIT).to_bytes(2, "big")
    return b"\x00" + bytes(cobs.encode(sealed)) + b"\x00"


def test_an_endless_frame_is_one_fault_and_takes_no_memory() -> None:
    decoder = FrameDecoder()
    decoder.receive(b"\x00")
    results = [result for _ in range(1000) for result in decoder.receive(b"\x55" * 100)]
    assert results == [FrameFault.OVERSIZED]
    assert len(decoder._partial) <= MAX_ENCODED_BYTES
    assert decoder.receive(encode_frame(b"next")) == [b"next"]


def test_what_precedes_the_first_delimiter_is_nobodys_frame() -> None:
    decoder = FrameDecoder()
    assert decoder.receive(encode_frame(b"joined in the middle")[5:] + encode_frame(b"whole")) == [b"whole"]
    assert decoder.frames_corrupt == 0


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.0, 0.3))
def test_random_bytes_keep_memory_bounded(seed: int, zeros: float) -> None:
    random = Random(seed)
    stream = bytes(0 if random.random() < zeros else random.randrange(256) for _ in range(20_000))
    decoder = FrameDecoder()
    for piece in _cut(stream, random):
        decoder.receive(piece)
        assert len(decoder._partial) <= MAX_ENCODED_BYTES
    assert decoder.receive(b"\x00" + encode_frame(b"still here"))[-1] == b"still here"


def test_the_frame_on_the_wire_is_the_documented_one() -> None:
    """CRC-16/IBM-3740 of "123456789" is 0x29B1 (catalogue of parametrised CRC algorithms)."""
    assert encode_frame(b"123456789") == b"\x00\x0c123456789\x29\xb1\x00"
