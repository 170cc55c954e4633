"""Numbers, gaps and overflow counts add up, whatever happens."""

from __future__ import annotations

import ctypes as c
from dataclasses import dataclass

import numpy as np
import pytest
from firmware_core import Core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, encode_frame
from firmware_bridge.session import NS_PER_S, BlockReceived, Session
from firmware_bridge.wire import BoardFaultCode, SampleFlag

pytestmark = pytest.mark.c_compiler
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
CHANNELS = 4
PERIOD_TICKS = 3125
FULL = 0xFFFF


class Row(c.Structure):
    """``struct row``."""

    _fields_ = [
        ("ticks", c.c_uint32),
        ("period_ticks", c.c_uint32),
        ("flags", c.c_uint8),
        ("counts", c.c_int32 * CHANNELS),
    ]


@dataclass(frozen=True)
class Step:
    """Some rows in a row."""

    rows: int
    missed: int  # conversions that nobody read before them
    streaming: bool
    room: bool  # on the line


steps = st.lists(
    st.builds(Step, st.integers(1, 20), st.sampled_from([0, 0, 1, 3, 500]), st.booleans(), st.booleans()),
    max_size=12,
)


class Blocks:
    """``block.c`` fed with rows whose every channel says its conversion's number."""

    def __init__(self, core: Core) -> None:
        self._core = core
        core.library.block_power_up()
        self._room = core.variable("host_send_room", c.c_uint16)
        self.conversion = 0

    def add(self, step: Step) -> bytes:
        """Bytes that are sent meanwhile."""
        self._core.library.block_stream(step.streaming)
        self._room.value = FULL if step.room else 100
        self.conversion += step.missed
        for _ in range(step.rows):
            ticks = (0xFFFF_0000 + self.conversion * PERIOD_TICKS) % (1 << 32)
            counts = (c.c_int32 * CHANNELS)(*[self.conversion] * CHANNELS)
            self._core.library.block_add(c.byref(Row(ticks, PERIOD_TICKS, 0, counts)))
            self.conversion += 1
        return self._core.sent()

    def faults(self) -> bytes:
        """What the board says when the line is free."""
        self._room.value = FULL
        for _ in range(CHANNELS + 3):
            self._core.library.link_update()
        return self._core.sent()


def decoded(data: bytes) -> list[wire.SampleBlock]:
    messages = [wire.decode(each) for each in FrameDecoder().receive(data) if isinstance(each, bytes)]
    return [each for each in messages if isinstance(each, wire.SampleBlock)]


@pytest.fixture
def eighty_hz(core: Core) -> Core:
    """The core believes in 80 Hz, as it was built: no converter answers."""
    core.power_up()
    ticks = core.variable("host_ticks", c.c_uint32)
    for _ in range(200):
        ticks.value += 5000
        core.update()
    assert core.library.pace_rate_hz() & 0xFF == 80
    return core


@quiet
@given(plan=steps)
def test_a_sample_says_its_conversion_or_is_counted(eighty_hz: Core, plan: list[Step]) -> None:
    blocks = Blocks(eighty_hz)
    first_missed = plan[0].missed if plan else 0
    found: list[wire.SampleBlock] = []
    for step in plan:
        found += decoded(blocks.add(step))
    for before, block in zip([None, *found], found, strict=False):
        conversions = (block.sequence + np.arange(block.samples) + first_missed) % (1 << 16)
        assert (block.counts == conversions[:, None]).all()
        expected_ticks = (0xFFFF_0000 + int(block.counts[0, 0]) * PERIOD_TICKS) % (1 << 32)
        assert block.mcu_ticks == expected_ticks
        assert block.samples <= 8
        if before is not None:
            lost = int(block.counts[0, 0] - before.counts[-1, 0]) - 1
            overflowed = (block.overflow_total - before.overflow_total) % (1 << 16)
            assert overflowed <= lost
            if all(step.streaming for step in plan):
                assert overflowed == lost, "what is missing has been counted"
            assert (block.flags[0] == SampleFlag.OVERRUN) or not block.flags.any()


def test_the_hosts_session_counts_what_the_board_has_dropped(eighty_hz: Core) -> None:
    blocks = Blocks(eighty_hz)
    session = Session()
    mono_ns = 0
    identity = wire.Identity(1, bytes(8), 1, bytes(3), bytes(4), CHANNELS, 80, 250_000)
    session.receive(b"\x00" + encode_frame(wire.encode(identity)), mono_ns)
    received = 0
    for room in [True, True, False, True, False, False, True]:
        mono_ns += NS_PER_S // 2
        events = session.receive(blocks.add(Step(rows=40, missed=0, streaming=True, room=room)), mono_ns)
        received += sum(event.block.samples for event in events if isinstance(event, BlockReceived))
    assert session.counters.samples_lost == session.counters.samples_overflowed == 3 * 40
    assert received == 4 * 40


def test_a_full_line_is_reported_once_when_it_begins_and_once_when_it_ends(eighty_hz: Core) -> None:
    blocks = Blocks(eighty_hz)
    for _ in range(3):
        assert not blocks.add(Step(rows=8, missed=0, streaming=True, room=False))
    sent = blocks.faults()
    assert decoded(blocks.add(Step(rows=8, missed=0, streaming=True, room=True)))[0].overflow_total == 24
    sent += blocks.faults()
    faults = [wire.decode(each) for each in FrameDecoder().receive(sent) if isinstance(each, bytes)]
    assert [
        (fault.active, fault.detail)
        for fault in faults
        if isinstance(fault, wire.BoardFault) and fault.code == BoardFaultCode.TRANSMIT_OVERFLOW
    ] == [(1, 24), (0, 24)]
