"""The conversation with a board, against a board that answers in bytes, over lines that lie."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.errors import BoardIdError
from firmware_bridge.framing import encode_frame
from firmware_bridge.link import LinkFault
from firmware_bridge.session import (
    BlockReceived,
    LinkDown,
    LinkUp,
    Session,
    SessionEvent,
    SessionState,
    parse_board_id,
)
from firmware_bridge.simulated_board import SimulatedBoard

NS_PER_S = 1_000_000_000
STEP_NS = 50_000_000
BOARD_ID = bytes.fromhex("0011223344556677")
IDENTITY = wire.Identity(1, BOARD_ID, 1, bytes(3), b"test", 4, 80, 250_000)


def counting(sample: int) -> list[int]:
    """Counts that name their sample: a wrong or doubled one shows."""
    return [sample, -sample, 2 * sample, 7]


class Line:
    """A session and a board on one wire, both moved by the same fictitious time."""

    def __init__(self, session: Session | None = None, **board: int) -> None:
        self.session = session or Session(expected_board_id=BOARD_ID.hex())
        self.board = SimulatedBoard(BOARD_ID, counting, **board)
        self.mono_ns = NS_PER_S
        self.events: list[SessionEvent] = []

    def run(self, seconds: float) -> list[SessionEvent]:
        """Let time pass; the new events."""
        new: list[SessionEvent] = []
        end_ns = self.mono_ns + round(seconds * NS_PER_S)
        while self.mono_ns < end_ns:
            self.mono_ns += STEP_NS
            arrived = b"".join(self.board.advance(self.mono_ns))
            arrived += self.board.receive(self.session.tick(self.mono_ns))
            new += self.session.receive(arrived, self.mono_ns)
        self.events += new
        return new


def blocks(events: Iterable[SessionEvent]) -> list[BlockReceived]:
    return [event for event in events if isinstance(event, BlockReceived)]


def links(events: Iterable[SessionEvent]) -> list[LinkUp | LinkDown]:
    return [event for event in events if isinstance(event, LinkUp | LinkDown)]


def faults(events: Iterable[SessionEvent]) -> list[LinkFault]:
    return [event.fault for event in events if isinstance(event, LinkDown)]


def numbers(events: Iterable[SessionEvent]) -> list[int]:
    """Sample numbers as the counts themselves tell them."""
    return [int(row[0]) for event in blocks(events) for row in event.block.counts]


def frame(sequence: int, samples: int = 8, **change: int) -> bytes:
    """One block whose counts are its sample numbers."""
    index = np.arange(samples, dtype=np.int32) + sequence
    block = wire.SampleBlock(
        sequence % 65536, sequence * 3125 % 2**32, 0, 4, samples,
        np.zeros(samples, np.uint8), np.column_stack((index, -index, 2 * index, 0 * index + 7)),
    )  # fmt: skip
    return encode_frame(wire.encode(replace(block, **change)))


def started(identity: wire.Identity = IDENTITY) -> Session:
    """A session that waits for its first block."""
    session = Session(expected_board_id=BOARD_ID.hex())
    session.receive(b"", 0)
    session.receive(encode_frame(wire.encode(identity)), 0)
    assert session.state is SessionState.STARTING
    return session


def test_identify_start_stream() -> None:
    line = Line()
    events = line.run(2.0)
    assert isinstance(events[0], LinkUp)
    assert events[0].identity.board_id == BOARD_ID
    assert not events[0].resumed
    found = numbers(events)
    assert len(found) > 100
    assert found == list(range(found[0], found[0] + len(found)))
    assert line.session.counters.samples_lost == 0


@pytest.mark.parametrize("first_sequence", [0, 65536 - 21, 65535])
def test_sample_numbers_go_round(first_sequence: int) -> None:
    line = Line(first_sequence=first_sequence)
    events = line.run(3.0)
    assert [event.lost_before for event in blocks(events)] == [0] * len(blocks(events))
    assert len(links(events)) == 1
    assert len(blocks(events)) > 20


def test_lost_blocks_are_counted_to_the_sample() -> None:
    line = Line(first_sequence=65536 - 150)
    line.run(1.0)
    line.board.blocks_to_drop = 3
    events = line.run(2.0)
    assert [event.lost_before for event in blocks(events) if event.lost_before] == [24]
    assert line.session.counters.samples_lost == 24
    assert line.session.counters.samples_overflowed == 0


def test_a_boards_own_overflow_is_counted_apart() -> None:
    line = Line()
    line.run(1.0)
    line.board.samples_to_overflow = 13
    events = line.run(2.0)
    assert sum(event.lost_before for event in blocks(events)) == 13
    assert line.session.counters.samples_overflowed == 13
    assert line.session.counters.samples_lost == 13


def test_requests_are_repeated_until_answered() -> None:
    session = Session()
    sent = [session.tick(ms * 1_000_000) for ms in range(0, 2000, 10)]
    assert [request for request in sent if request] == [encode_frame(b"\x81")] * 4
    session.receive(encode_frame(wire.encode(IDENTITY)), 2 * NS_PER_S)
    assert session.tick(2 * NS_PER_S) == encode_frame(b"\x82")
    session.receive(frame(0), 2 * NS_PER_S)
    assert session.tick(3 * NS_PER_S) == b""


def test_nobody_answers() -> None:
    session = Session()
    events = [event for ms in range(0, 20_000, 50) for event in session.receive(b"", ms * 1_000_000)]
    assert faults(events) == [LinkFault.NO_IDENTITY]


def test_silence_is_told_once_and_recovers_with_the_exact_loss() -> None:
    line = Line()
    before = numbers(line.run(1.0))
    line.board.silent = True
    assert faults(line.run(10.0)) == [LinkFault.NO_SAMPLES]
    line.board.silent = False
    events = line.run(3.0)
    assert [type(event) for event in links(events)] == [LinkUp]
    assert links(events)[0].resumed
    after = numbers(events)
    assert blocks(events)[0].lost_before == after[0] - before[-1] - 1
    assert line.session.counters.samples_lost == after[0] - before[-1] - 1


def test_a_board_that_identifies_itself_but_sends_nothing() -> None:
    session = started()
    events = [event for ms in range(0, 6000, 50) for event in session.receive(b"", ms * 1_000_000)]
    assert faults(events) == [LinkFault.NO_SAMPLES]


def test_after_a_silence_that_numbers_cannot_measure_no_loss_is_invented() -> None:
    line = Line()
    line.run(1.0)
    line.board.silent = True
    line.run(820.0)  # 65600 samples: the number has gone round once
    line.board.silent = False
    events = line.run(3.0)
    assert not links(events)[-1].resumed
    assert line.session.counters.samples_lost == 0
    assert len(numbers(events)) > 100


def test_the_wrong_board_is_refused_with_both_names_until_it_is_the_right_one() -> None:
    line = Line(Session(expected_board_id="ffffffffffffffff"))
    events = line.run(20.0)
    assert faults(events) == [LinkFault.WRONG_BOARD]
    detail = links(events)[0].detail
    assert "0011223344556677" in detail
    assert "ffffffffffffffff" in detail
    assert blocks(events) == []
    line.board.identity = replace(line.board.identity, board_id=b"\xff" * 8)
    events = line.run(10.0)
    assert isinstance(links(events)[0], LinkUp)
    assert blocks(events)


def test_another_protocol_version_is_refused_until_the_board_is_updated() -> None:
    line = Line()
    line.board.identity = replace(line.board.identity, protocol_version=9)
    events = line.run(20.0)
    assert faults(events) == [LinkFault.PROTOCOL_VERSION]
    assert "version 9" in links(events)[0].detail
    assert blocks(events) == []
    line.board.identity = replace(line.board.identity, protocol_version=wire.PROTOCOL_VERSION)
    assert blocks(line.run(10.0))


def test_a_reboot_is_told_and_the_new_numbering_trusted() -> None:
    line = Line()
    line.run(5.0)
    said = line.board.reboot(line.mono_ns)
    line.events += line.session.receive(said, line.mono_ns)
    events = line.run(2.0)
    assert faults(line.events) == [LinkFault.REBOOTED]
    assert numbers(events)[0] < 40
    assert line.session.counters.samples_lost == 0


@pytest.mark.parametrize("seconds_up", [1.0, 300.0, 700.0])
def test_a_reboot_whose_greeting_was_lost_is_noticed_by_its_numbers(seconds_up: float) -> None:
    """Numbers that start anew look old, or like an impossible gap; neither is bridged."""
    line = Line()
    line.run(seconds_up)
    line.board.reboot(line.mono_ns)
    line.board.streaming = True
    events = line.run(6.0)
    assert len(faults(events)) == 1
    assert faults(events)[0] in (LinkFault.DESYNC, LinkFault.NO_SAMPLES, LinkFault.REBOOTED)
    last_up = max(index for index, event in enumerate(events) if isinstance(event, LinkUp))
    found = numbers(events[last_up:])
    assert found == list(range(found[0], found[0] + len(found)))
    assert line.session.counters.samples_lost == 0


def test_repeated_and_overtaken_blocks_are_dropped() -> None:
    session = started()
    first, second, third = frame(0), frame(8), frame(16)
    events = session.receive(first + first + third + second + third + frame(24), NS_PER_S)
    assert [event.block.sequence for event in blocks(events)] == [0, 16, 24]
    assert [event.lost_before for event in blocks(events)] == [0, 8, 0]
    assert session.counters.blocks_old == 3


def test_a_block_of_another_width_is_dropped() -> None:
    session = started(replace(IDENTITY, channels=2))
    assert session.receive(frame(0), NS_PER_S) == []
    assert session.counters.blocks_misshapen == 1


def test_blocks_before_the_identity_are_dropped() -> None:
    session = Session()
    assert session.receive(frame(0), 0) == []
    assert session.counters.blocks_unidentified == 1


def test_a_boards_own_fault_is_passed_on_and_an_echo_is_not() -> None:
    session = started()
    fault = wire.BoardFault(wire.BoardFaultCode.CHANNEL_SILENT, 2, 1, 0)
    assert session.receive(encode_frame(wire.encode(fault)) + encode_frame(b"\x82"), 0) == [fault]
    assert session.counters.messages_refused == 1


@pytest.mark.parametrize("text", ["", "00", "zz11223344556677", "00112233445566778"])
def test_what_is_no_board_id(text: str) -> None:
    with pytest.raises(BoardIdError) as caught:
        parse_board_id(text)
    assert caught.value.expected == "16 hex digits"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 65536 - 300]))
def test_over_a_line_that_lies_every_sample_is_right_or_counted(seed: int, first_sequence: int) -> None:
    """Lost, doubled, delayed, damaged and cut frames, garbage: no wrong sample, no silent gap."""
    random = Random(seed)
    session = started()
    stream, delayed = b"", b""
    for number in range(first_sequence, first_sequence + 8 * 150, 8):
        sent = frame(number)
        fate = random.random()
        if fate < 0.05:
            sent = b""
        elif fate < 0.10:
            sent *= 2
        elif fate < 0.15:
            sent, delayed = delayed, sent
        elif fate < 0.20:
            place = random.randrange(len(sent))
            sent = sent[:place] + bytes((sent[place] ^ 1 << random.randrange(8),)) + sent[place + 1 :]
        elif fate < 0.25:
            sent = sent[: random.randrange(len(sent))]
        elif fate < 0.30:
            sent = random.randbytes(random.randrange(300)) + sent
        stream += sent
    events: list[SessionEvent] = []
    mono_ns = 0
    while stream:
        length = random.choice((1, 3, 50, 1000))
        mono_ns += length * 87_000  # [ns] a byte at 115200 Bd
        events += session.receive(stream[:length], mono_ns)
        stream = stream[length:]
    expected: int | None = None
    for event in blocks(events):
        rows = event.block.counts
        start = int(rows[0, 0])
        np.testing.assert_array_equal(rows[:, 0], np.arange(start, start + 8))
        np.testing.assert_array_equal(rows[:, 1], -rows[:, 0])
        if expected is not None:
            assert start == expected + event.lost_before
        expected = start + 8
    assert len(blocks(events)) > 80
    assert faults(events) == []


def test_ten_million_random_bytes_give_no_sample_and_take_no_memory() -> None:
    session = started()
    session.receive(frame(0), 0)
    random = Random(20)
    tracemalloc.start()
    try:
        held_bytes = tracemalloc.get_traced_memory()[0]
        for index in range(2500):
            events = session.receive(random.randbytes(4000), index * 400_000)
            assert blocks(events) == []
        now_bytes, peak_bytes = tracemalloc.get_traced_memory()
        assert now_bytes - held_bytes < 20_000
        assert peak_bytes - held_bytes < 100_000
    finally:
        tracemalloc.stop()
    assert session.frames.frames_corrupt > 30_000
    events = session.receive(b"\x00" + frame(8), NS_PER_S)
    assert [event.block.sequence for event in blocks(events)] == [8]
