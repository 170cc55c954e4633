"""C's frames against ``framing``: the same bytes out, the same payloads and faults in."""

from __future__ import annotations

import ctypes as c

import pytest
from firmware_core import Core, FrameReceiver
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from firmware_bridge.framing import CRC_BYTES, MAX_PAYLOAD_BYTES, FrameDecoder, FrameFault, encode_frame

pytestmark = pytest.mark.c_compiler
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FAULTS = [None, FrameFault.OVERSIZED, FrameFault.COBS, FrameFault.TOO_SHORT, FrameFault.CRC]
payloads = st.binary(min_size=1, max_size=MAX_PAYLOAD_BYTES)
# Noise with many delimiters and codes, so that all faults come up.
noise = st.lists(st.sampled_from([0, 1, 2, 3, 255]) | st.integers(0, 255), max_size=600).map(bytes)


class Receiver:
    """``frame_receive`` with room for so many bytes."""

    def __init__(self, core: Core, capacity: int = MAX_PAYLOAD_BYTES + CRC_BYTES) -> None:
        self._library = core.library
        self._library.frame_receive.restype = c.c_bool
        self.room = (c.c_uint8 * 256)(*[0xEE] * 256)
        self.state = FrameReceiver()
        self._library.frame_begin(c.byref(self.state), self.room, capacity)

    def receive(self, data: bytes) -> list[bytes | FrameFault]:
        results: list[bytes | FrameFault] = []
        for byte in data:
            if self._library.frame_receive(c.byref(self.state), byte):
                fault = FAULTS[self.state.fault]
                results.append(fault or bytes(self.room[: self.state.bytes]))
        return results


@quiet
@given(payload=payloads)
@example(payload=bytes(MAX_PAYLOAD_BYTES))
@example(payload=b"\xff" * MAX_PAYLOAD_BYTES)
def test_c_sends_the_same_frame_as_python(core: Core, payload: bytes) -> None:
    assert core.frame(payload) == encode_frame(payload)


@quiet
@given(payload=payloads)
def test_what_c_sends_c_and_python_receive(core: Core, payload: bytes) -> None:
    frame = core.frame(payload)
    assert Receiver(core).receive(frame) == FrameDecoder().receive(frame) == [payload]


@quiet
@given(stream=st.lists(noise | payloads.map(encode_frame) | st.binary(max_size=600), max_size=8))
@example(stream=[b"\x00" + b"\xff" * 300, encode_frame(b"x"), b"\x01\x00", b"\x02\x02\x00\x03aa\x00"])
def test_any_bytes_mean_the_same_to_both(core: Core, stream: list[bytes]) -> None:
    data = b"".join(stream) + b"\x00"
    assert Receiver(core).receive(data) == FrameDecoder().receive(data)


@settings(quiet, derandomize=True)  # a CRC-16 lets one of 65536 damaged frames through, but not one of these
@given(
    before=noise, inside=st.binary(min_size=1, max_size=9), after=noise, payload=payloads, cut=st.integers(1)
)
def test_garbage_before_inside_and_after_costs_no_other_frame(
    core: Core, before: bytes, inside: bytes, after: bytes, payload: bytes, cut: int
) -> None:
    frame = encode_frame(payload)
    hit = frame[: cut % len(frame)] + inside + frame[cut % len(frame) :]
    found = Receiver(core).receive(before + frame + hit + frame + after)
    assert found.count(payload) >= 2
    assert {len(each) for each in found if isinstance(each, bytes)} == {len(payload)}


@quiet
@given(payload=payloads, capacity=st.integers(0, 20))
def test_a_frame_longer_than_its_room_is_checked_and_not_kept(
    core: Core, payload: bytes, capacity: int
) -> None:
    receiver = Receiver(core, capacity)
    receiver.receive(encode_frame(payload))
    sealed_kept = min(capacity, len(payload) + CRC_BYTES)
    assert FAULTS[receiver.state.fault] is None
    assert receiver.state.bytes == len(payload)
    assert bytes(receiver.room[: min(sealed_kept, len(payload))]) == payload[:sealed_kept]
    assert set(receiver.room[sealed_kept:]) == {0xEE}


def test_a_full_line_takes_nothing(core: Core) -> None:
    room = core.variable("host_send_room", c.c_uint16)
    payload = c.create_string_buffer(b"12345678", 10)
    core.library.frame_send.restype = c.c_bool
    room.value = 8 + 4
    assert not core.library.frame_send(payload, 8)
    assert core.sent() == b""
    room.value = 8 + 5
    assert core.library.frame_send(payload, 8)
    assert len(core.sent()) == 13
