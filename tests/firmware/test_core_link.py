"""The C board and the Python board obey the same bytes alike."""

from __future__ import annotations

import ctypes as c
import hashlib
from dataclasses import replace
from itertools import pairwise

import pytest
from firmware_core import TICK_NS, Core
from hx711_model import Bench, Converter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, encode_frame
from firmware_bridge.session import BlockReceived, LinkUp, Session, SessionState
from firmware_bridge.simulated_board import LoadSignal, SimulatedBoard
from firmware_bridge.wire import NO_CHANNEL, BoardFaultCode
from firmware_bridge.wire_header import FIRMWARE

pytestmark = pytest.mark.c_compiler
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
HAL_TICKS_PER_MS = 250
BLOCK_FRAME_BYTES = 120  # [B] of 8 samples of 4 channels
ANSWER_FRAME_BYTES = 31  # [B] of an identity

commands = st.sampled_from(
    [wire.IdentifyRequest(), wire.Start(), wire.Stop(), wire.Blink(0), wire.Blink(700)]
)
others = st.sampled_from(
    [wire.BoardFault(1, 2, 1, 3), wire.Identity(1, bytes(8), 1, bytes(3), bytes(4), 4, 80, 1)]
)
frames = (
    (commands | others).map(lambda message: encode_frame(wire.encode(message)))
    | st.binary(min_size=1, max_size=20).map(encode_frame)
    | commands.map(lambda command: encode_frame(wire.encode(command) + b"?"))
    | st.binary(max_size=20)
    | st.binary(min_size=250, max_size=300)
)


def messages(data: bytes) -> list[wire.Message]:
    found = [wire.decode(each) for each in FrameDecoder().receive(data) if isinstance(each, bytes)]
    assert not [each for each in found if isinstance(each, wire.WireFault | wire.ForeignIdentity)]
    return found  # type: ignore[return-value]


def identified(core: Core) -> wire.Identity:
    """Power up without converters, until the board says who it is; no fault is due any more."""
    core.power_up()
    sent = b""
    ticks = core.variable("host_ticks", c.c_uint32)
    for _ in range(200):
        ticks.value += 5000
        sent += core.update()
    (identity,) = [each for each in messages(sent) if isinstance(each, wire.Identity)]
    return identity


@pytest.fixture
def core_identity(core: Core) -> wire.Identity:
    return identified(core)


@quiet
@given(stream=st.lists(frames, max_size=12))
def test_any_bytes_from_the_host_get_the_same_answers(
    core: Core, core_identity: wire.Identity, stream: list[bytes]
) -> None:
    model = SimulatedBoard(core_identity.board_id, LoadSignal(channels=4))
    model.identity = core_identity
    data = b"\x00" + b"".join(stream) + b"\x00"
    core.receive(b"\x00" + encode_frame(wire.encode(wire.Blink(0))))  # ends what the example before has left
    answers = [each for each in messages(core.receive(data)) if not is_silence(each)]
    assert answers == messages(model.receive(data))
    assert core.variable("host_light", c.c_bool).value == model.blinking


def is_silence(message: wire.Message) -> bool:
    """What this board says of its own accord: it has no converters."""
    return isinstance(message, wire.BoardFault) and message.code == BoardFaultCode.CHANNEL_SILENT


def test_the_identity_names_this_very_source(core: Core, core_identity: wire.Identity) -> None:
    sources = sorted([FIRMWARE / "Makefile", *FIRMWARE.glob("*.c"), *FIRMWARE.glob("*.h")])
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in sources)).digest()
    assert core_identity.build_hash == digest[:4]
    assert core_identity.protocol_version == wire.PROTOCOL_VERSION
    assert replace(core_identity, board_id=bytes(8)) == wire.Identity(
        wire.PROTOCOL_VERSION, bytes(8), 1, bytes((0, 1, 0)), digest[:4], 4, 80, 250_000
    )


def test_a_flood_of_requests_leaves_room_for_samples_and_loses_no_answer(
    core: Core, core_identity: wire.Identity
) -> None:
    """The line takes a block and one answer more; the rest of the requests wait in the receive buffer."""
    room = core.variable("host_send_room", c.c_uint16)
    request = encode_frame(wire.encode(wire.IdentifyRequest())) * 20
    core.library.host_receive(request, len(request))
    answers: list[wire.Message] = []
    for turn in range(300):
        room.value = BLOCK_FRAME_BYTES + ANSWER_FRAME_BYTES - turn % 2
        core.library.link_update()
        assert room.value >= BLOCK_FRAME_BYTES
        answers += messages(core.sent())
    assert [each for each in answers if isinstance(each, wire.Identity)] == [core_identity] * 20


def test_the_light_blinks_and_ends_by_itself(core: Core, core_identity: wire.Identity) -> None:
    ticks, light = core.variable("host_ticks", c.c_uint32), core.variable("host_light", c.c_bool)
    core.receive(b"\x00" + encode_frame(wire.encode(wire.Blink(1000))))
    seen = []
    for _ in range(1500):
        core.update()
        seen.append(light.value)
        ticks.value += HAL_TICKS_PER_MS
    assert 450 < sum(seen[:1000]) < 550
    assert sum(a != b for a, b in pairwise(seen[:1000])) == 7
    assert not any(seen[1001:])


@pytest.mark.parametrize(
    ("cause", "codes"),
    [(0, []), (1, [BoardFaultCode.WATCHDOG_RESET]), (2, [BoardFaultCode.BROWN_OUT_RESET])],
)
def test_a_reset_that_nobody_wanted_is_told_after_each_identity(
    shared_clock: c.CDLL, cause: int, codes: list[BoardFaultCode]
) -> None:
    bench = Bench(shared_clock, [Converter() for _ in range(4)], reset_cause=cause)
    bench.run(0.5)
    assert [(each.code, each.channel, each.active) for each in bench.faults] == [
        (code, NO_CHANNEL, 1) for code in codes
    ]
    assert isinstance(bench.messages[0], wire.Identity)
    bench.say(encode_frame(wire.encode(wire.IdentifyRequest())))
    bench.run(0.1)
    assert len(bench.faults) == 2 * len(codes)


def test_a_session_of_the_bridge_runs_against_the_core(shared_clock: c.CDLL) -> None:
    bench = Bench(shared_clock, [Converter(lambda number: number) for _ in range(4)])
    session = Session()
    events = []
    for _ in range(100):
        mono_ns = int(bench.now_us * 1000)
        if request := session.tick(mono_ns):
            bench.say(request)
        bench.run(0.05)
        events += session.receive(bench.take_raw(), int(bench.now_us * 1000))
    assert session.state is SessionState.STREAMING
    assert [type(each) for each in events[:2]] == [LinkUp, BlockReceived]
    blocks = [each.block for each in events if isinstance(each, BlockReceived)]
    assert len(blocks) > 40
    assert (
        session.counters.samples_lost
        == session.frames.frames_corrupt
        == session.counters.messages_refused
        == 0
    )
    assert (blocks[-1].mcu_ticks - blocks[0].mcu_ticks) * TICK_NS == pytest.approx(
        (len(blocks) - 1) * 1e8, abs=TICK_NS
    )
