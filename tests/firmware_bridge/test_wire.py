"""Every message survives the wire; nothing else is taken for one."""

from __future__ import annotations

from dataclasses import astuple, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from firmware_bridge import wire
from firmware_bridge.errors import WireError
from firmware_bridge.framing import MAX_PAYLOAD_BYTES

_RANGES = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFF_FFFF}


def _scalar(kind: wire.Scalar) -> st.SearchStrategy:
    if kind.length > 1:
        return st.binary(min_size=kind.length, max_size=kind.length)
    return st.integers(0, _RANGES[kind.code])


def _fixed_messages() -> st.SearchStrategy:
    """Any message without arrays, straight from the table."""
    layouts = [layout for layout in wire.TABLE if not layout.repeated]
    messages = st.one_of(
        *(st.builds(each.message, **{row.name: _scalar(row.kind) for row in each.fields}) for each in layouts)
    )
    return messages.map(
        lambda message: (
            replace(
                message,
                protocol_version=wire.PROTOCOL_VERSION,
                channels=message.channels % wire.MAX_CHANNELS + 1,
                rate_hz=message.rate_hz or 1,
                tick_hz=message.tick_hz or 1,
            )
            if isinstance(message, wire.Identity)
            else message
        )
    )


@st.composite
def _blocks(draw: st.DrawFn) -> wire.SampleBlock:
    channels = draw(st.integers(1, wire.MAX_CHANNELS))
    samples = draw(st.integers(1, wire.samples_that_fit(channels)))
    return wire.SampleBlock(
        sequence=draw(st.integers(0, 0xFFFF)),
        mcu_ticks=draw(st.integers(0, 0xFFFF_FFFF)),
        overflow_total=draw(st.integers(0, 0xFFFF)),
        channels=channels,
        samples=samples,
        flags=draw(arrays(np.uint8, samples)),
        counts=draw(
            arrays(np.int32, (samples, channels), elements=st.integers(wire.COUNTS_MIN, wire.COUNTS_MAX))
        ),
    )


@given(_fixed_messages())
def test_any_message_round_trips(message: wire.Message) -> None:
    payload = wire.encode(message)
    assert wire.decode(payload) == message
    assert len(payload) <= MAX_PAYLOAD_BYTES


@given(_blocks())
def test_any_block_round_trips(block: wire.SampleBlock) -> None:
    payload = wire.encode(block)
    decoded = wire.decode(payload)
    assert isinstance(decoded, wire.SampleBlock)
    assert len(payload) <= MAX_PAYLOAD_BYTES
    for row in fields(block):
        np.testing.assert_array_equal(getattr(decoded, row.name), getattr(block, row.name))
    assert decoded.counts.dtype == np.int32


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=40).map(lambda tail: b"\x02" + tail)))
def test_any_bytes_decode_to_a_message_or_a_reason(payload: bytes) -> None:
    decoded = wire.decode(payload)
    if isinstance(decoded, wire.WireFault | wire.ForeignIdentity):
        return
    assert wire.encode(decoded) == payload


@given(_blocks(), st.data())
def test_a_block_of_another_length_is_refused(block: wire.SampleBlock, data: st.DataObject) -> None:
    payload = wire.encode(block)
    cut = data.draw(st.integers(1, len(payload) - 1))
    assert wire.decode(payload[:cut]) is wire.WireFault.LENGTH
    assert wire.decode(payload + b"\x00") is wire.WireFault.LENGTH


def test_the_layout_is_the_documented_one() -> None:
    """The bytes that a board in the field sends: ids, order, little-endian, 24-bit two's complement."""
    block = wire.SampleBlock(
        sequence=0x0102, mcu_ticks=0x0A0B0C0D, overflow_total=0x0304, channels=2, samples=2,
        flags=np.array([0, wire.SampleFlag.TIMEOUT], np.uint8),
        counts=np.array([[1, -1], [wire.COUNTS_MIN, wire.COUNTS_MAX]], np.int32),
    )  # fmt: skip
    assert wire.encode(block).hex(" ") == (
        "02 02 01 0d 0c 0b 0a 04 03 02 02 00 02 01 00 00 ff ff ff 00 00 80 ff ff 7f"
    )
    identity = wire.Identity(1, bytes(range(8)), 0x0201, b"\x01\x02\x03", b"hash", 4, 80, 250_000)
    assert wire.encode(identity).hex(" ") == (
        "01 01 00 01 02 03 04 05 06 07 01 02 01 02 03 68 61 73 68 04 50 00 90 d0 03 00"
    )
    assert wire.encode(wire.Start()) == b"\x82"
    assert wire.encode(wire.Blink(1000)) == b"\x84\xe8\x03"
    assert wire.encode(wire.BoardFault(3, 1, 1, 7)) == b"\x03\x03\x01\x01\x07\x00\x00\x00"


def test_ids_tell_who_speaks() -> None:
    ids = [layout.id for layout in wire.TABLE]
    assert len(set(ids)) == len(ids)
    from_host = {layout.message for layout in wire.TABLE if layout.id >= 0x80}
    assert from_host == {wire.IdentifyRequest, wire.Start, wire.Stop, wire.Blink}


def test_every_row_of_the_table_says_what_it_means() -> None:
    for layout in wire.TABLE:
        assert layout.message.__doc__
        for row in layout.fields:
            assert row.comment, f"{layout.message.__name__}.{row.name}"


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", wire.WireFault.UNKNOWN_MESSAGE),
        (b"\x7f", wire.WireFault.UNKNOWN_MESSAGE),
        (b"\x82\x00", wire.WireFault.LENGTH),
        (b"\x01", wire.WireFault.LENGTH),
        (b"\x02" + bytes(10), wire.WireFault.RANGE),  # no samples
        (b"\x02" + bytes(8) + b"\x11\x01" + bytes(52), wire.WireFault.RANGE),  # 17 channels
    ],
)
def test_bad_payloads_have_a_reason(payload: bytes, fault: wire.WireFault) -> None:
    assert wire.decode(payload) is fault


def test_an_identity_without_channels_or_rate_is_refused() -> None:
    good = wire.Identity(1, bytes(8), 0, bytes(3), bytes(4), 4, 80, 250_000)
    for bad in (
        replace(good, channels=0),
        replace(good, channels=17),
        replace(good, rate_hz=0),
        replace(good, tick_hz=0),
    ):
        assert wire.decode(wire.encode(bad)) is wire.WireFault.RANGE


@given(st.integers(0, 255).filter(lambda version: version != wire.PROTOCOL_VERSION), st.binary(max_size=60))
def test_another_protocol_version_is_read_off_any_identity(version: int, rest: bytes) -> None:
    assert wire.decode(bytes((1, version)) + rest) == wire.ForeignIdentity(version)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 0x10000},
        {"mcu_ticks": -1},
        {"samples": 3},
        {"channels": 2},
        {"flags": np.zeros(3, np.uint8)},
        {"counts": np.full((2, 1), wire.COUNTS_MAX + 1)},
        {"counts": np.full((2, 1), wire.COUNTS_MIN - 1)},
        {"samples": 61, "flags": np.zeros(61, np.uint8), "counts": np.zeros((61, 1), np.int32)},
    ],
)
def test_what_the_wire_cannot_carry_is_an_error(change: dict) -> None:
    block = wire.SampleBlock(0, 0, 0, 1, 2, np.zeros(2, np.uint8), np.zeros((2, 1), np.int32))
    assert wire.encode(block)
    with pytest.raises(WireError) as caught:
        wire.encode(replace(block, **change))
    assert caught.value.where == "SampleBlock"
    assert caught.value.found


@pytest.mark.parametrize("board_id", [bytes(7), bytes(9)])
def test_raw_bytes_are_neither_padded_nor_cut(board_id: bytes) -> None:
    with pytest.raises(WireError) as caught:
        wire.encode(wire.Identity(1, board_id, 0, bytes(3), bytes(4), 4, 80, 250_000))
    assert caught.value.where == "Identity.board_id"


def test_messages_are_frozen() -> None:
    blink = wire.Blink(5)
    with pytest.raises(AttributeError):
        blink.duration_ms = 6  # type: ignore[misc]
    assert astuple(blink) == (5,)
