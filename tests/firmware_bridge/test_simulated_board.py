"""The simulated board: paced, breakable, and a well-behaved process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from board_process import BoardProcess, poll_until

from firmware_bridge import wire
from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples
from firmware_bridge.errors import BoardCommandError
from firmware_bridge.framing import FrameDecoder, encode_frame
from firmware_bridge.simulated_board import LoadSignal, SimulatedBoard
from firmware_bridge.simulated_board.commands import decode_fault, obey

NS_PER_S = 1_000_000_000


def make_board(**options: int) -> SimulatedBoard:
    board = SimulatedBoard(bytes(8), lambda sample: [sample] * options.get("channels", 4), **options)
    board.receive(encode_frame(wire.encode(wire.Start())))
    return board


def blocks(frames: list[bytes]) -> list[wire.SampleBlock]:
    decoded = [wire.decode(payload) for payload in FrameDecoder().receive(b"".join(frames))]  # type: ignore[arg-type]
    assert all(isinstance(block, wire.SampleBlock) for block in decoded)
    return decoded  # type: ignore[return-value]


@pytest.mark.parametrize("rate_hz", [10, 80, 320])
@pytest.mark.parametrize("channels", [1, 4, 12, 16])
def test_sampling_keeps_its_pace_and_every_block_fits(rate_hz: int, channels: int) -> None:
    board = make_board(rate_hz=rate_hz, channels=channels)
    found = blocks(board.advance(0) + board.advance(10 * NS_PER_S))
    assert 10 * rate_hz - 8 <= sum(block.samples for block in found) <= 10 * rate_hz + 1
    assert max(block.samples for block in found) / rate_hz <= 0.1
    numbers = np.concatenate([block.counts[:, 0] for block in found])
    assert numbers.tolist() == list(range(len(numbers)))


def test_a_board_that_is_asked_late_makes_up_for_it_evenly() -> None:
    often, seldom = make_board(), make_board()
    in_steps = [frame for step in range(201) for frame in often.advance(step * NS_PER_S // 40)]
    seldom.advance(0)
    assert seldom.advance(5 * NS_PER_S) == in_steps


def test_it_sends_nothing_before_start_and_after_stop() -> None:
    board = SimulatedBoard(bytes(8), lambda _: [0] * 4)
    board.advance(0)
    assert board.advance(NS_PER_S) == []
    board.receive(encode_frame(wire.encode(wire.Start())))
    assert blocks(board.advance(2 * NS_PER_S))[0].sequence == 80
    board.receive(encode_frame(wire.encode(wire.Stop())))
    assert board.advance(3 * NS_PER_S) == []


def test_it_blinks_and_refuses_what_it_does_not_know() -> None:
    board = make_board()
    board.receive(encode_frame(wire.encode(wire.Blink(500))))
    assert board.blinking
    answer = FrameDecoder().receive(board.receive(encode_frame(b"\xee")))
    assert isinstance(answer[0], bytes)
    assert wire.decode(answer[0]) == wire.BoardFault(wire.BoardFaultCode.BAD_COMMAND, wire.NO_CHANNEL, 1, 0)


def test_counts_end_at_the_rails() -> None:
    board = SimulatedBoard(bytes(8), lambda _: [10**9, -(10**9)], channels=2)
    board.streaming = True
    board.advance(0)
    counts = blocks(board.advance(NS_PER_S))[0].counts
    assert counts[0].tolist() == [wire.COUNTS_MAX, wire.COUNTS_MIN]


def test_samples_in_an_overflow_still_take_their_time() -> None:
    board = make_board()
    board.advance(0)
    board.samples_to_overflow = 40
    assert board.advance(NS_PER_S // 2) == []
    block = blocks(board.advance(NS_PER_S))[0]
    assert (block.sequence, block.overflow_total) == (40, 40)


def test_load_signal_is_seeded_and_linear() -> None:
    def counts() -> np.ndarray:
        loads = LoadSignal(channels=2, zero_counts=500, counts_per_gram=10, noise_counts=3, seed=4)
        loads.loads_g[1] = 100.0
        return np.array([loads(sample) for sample in range(2000)])

    np.testing.assert_array_equal(counts(), counts())
    assert counts().mean(axis=0) == pytest.approx([500, 1500], abs=0.5)
    assert counts().std(axis=0) == pytest.approx([3, 3], rel=0.1)


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b'{"fault": "melt"}',
        b'{"fault": "drop"}',
        b'{"fault": "drop", "blocks": 0}',
        b'{"fault": "drop", "blocks": 1, "frames": 2}',
        b'{"fault": "stuck", "channel": 4}',
        b"\xff",
    ],
)
def test_bad_commands_are_refused(line: bytes) -> None:
    with pytest.raises(BoardCommandError) as caught:
        obey(make_board(), decode_fault(line), mono_ns=0)
    assert caught.value.found


@pytest.mark.slow
def test_the_process_goes_on_after_bad_commands_and_ends_with_its_stdin(
    start_board: Callable[..., BoardProcess], open_bridge: Callable[..., Bridge]
) -> None:
    board = start_board()
    assert board.ready["board_id"] == "0011223344556677"
    assert str(board.link.readlink()) == board.ready["pty"]
    board.command(channel=9, grams=1.0)
    board.command(channel=0, grams="heavy")
    board.command(fault="melt")
    board.command(channel=0, grams=100.0)
    bridge = open_bridge(board.link)
    poll_until(
        bridge,
        lambda results: any(isinstance(it, BoardSamples) and it.counts[-1, 0] > 110_000 for it in results),
    )
    said = board.stop()
    assert [line.split(",")[0].split(": ")[-1] for line in said.splitlines()] == [
        "no such channel", "no load", "not a command of a simulated board",
    ]  # fmt: skip
    assert board.process.returncode == 0
    assert not board.link.is_symlink()


@pytest.mark.slow
def test_the_process_ends_on_sigterm(start_board: Callable[..., BoardProcess]) -> None:
    board = start_board()
    board.process.send_signal(signal.SIGTERM)
    assert board.stop() == ""
    assert board.process.returncode == 0
    assert not board.link.is_symlink()


@pytest.mark.slow
def test_a_new_board_takes_over_the_link_of_a_killed_one(start_board: Callable[..., BoardProcess]) -> None:
    board = start_board()
    board.process.kill()
    again = start_board()
    assert str(again.link.readlink()) == again.ready["pty"]


@pytest.mark.slow
def test_it_never_blocks_while_nobody_reads(start_board: Callable[..., BoardProcess]) -> None:
    """Started, then left alone with the port open: it drops whole blocks and says how many samples."""
    board = start_board("0011223344556677", "--rate", "1000", "--channels", "16")
    host = os.open(board.link, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(host, encode_frame(wire.encode(wire.Start())))
        time.sleep(1.5)
        decoder, found = FrameDecoder(), []
        deadline_s = time.monotonic() + 10
        while len(found) < 60:
            assert time.monotonic() < deadline_s
            found += [
                wire.decode(frame)
                for frame in decoder.receive(os.read(host, 4096))
                if isinstance(frame, bytes)
            ]
    finally:
        os.close(host)
    taken = [block for block in found if isinstance(block, wire.SampleBlock)]
    gap = (taken[-1].sequence - taken[0].sequence) - sum(block.samples for block in taken[:-1])
    assert decoder.frames_corrupt == 0
    assert gap > 0
    assert taken[-1].overflow_total - taken[0].overflow_total == gap


@pytest.mark.parametrize(
    "arguments", [[], ["--board-id", "12"], ["--board-id", "0" * 16, "--channels", "17"]]
)
def test_a_wrong_command_line_is_one_plain_sentence(arguments: list[str], tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "firmware_bridge.simulated_board", *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=30, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert "error:" in run.stderr.splitlines()[-1]
