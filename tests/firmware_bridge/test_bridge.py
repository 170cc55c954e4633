"""A board process behind a real pty, read through pyserial: what a node sees of it."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from board_process import BOARD_ID, BoardProcess, poll_until

from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus
from firmware_bridge.errors import BoardIdError
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.wire import COUNTS_MAX

pytestmark = pytest.mark.slow

StartBoard = Callable[..., BoardProcess]
OpenBridge = Callable[..., Bridge]
Results = Sequence[BoardSamples | BoardStatus]


def samples(results: Results) -> list[BoardSamples]:
    return [result for result in results if isinstance(result, BoardSamples)]


def statuses(results: Results) -> list[BoardStatus]:
    return [result for result in results if isinstance(result, BoardStatus)]


def at_least(count: int) -> Callable[[Results], bool]:
    return lambda results: sum(len(block.counts) for block in samples(results)) >= count


def is_status(state: LinkState) -> Callable[[Results], bool]:
    return lambda results: any(status.state is state for status in statuses(results))


def mean_counts(blocks: Sequence[BoardSamples]) -> np.ndarray:
    return np.concatenate([block.counts for block in blocks]).mean(axis=0)


def test_samples_arrive_dated_even_and_whole(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    board = start_board(BOARD_ID, "--channels", "3", "--rate", "80", "--zero-counts", "1000")
    bridge = open_bridge(board.link, BOARD_ID)
    results = poll_until(bridge, at_least(240))
    assert [status.state for status in statuses(results)] == [LinkState.CONNECTED]
    blocks = samples(results)
    assert {block.board_id for block in blocks} == {BOARD_ID}
    assert blocks[0].counts.shape[1] == 3
    assert blocks[0].counts.dtype == np.int32
    assert mean_counts(blocks) == pytest.approx([1000] * 3, abs=20)
    for before, after in pairwise(blocks):
        missing = after.lost_before
        expected_ns = before.mono_ns + (len(before.counts) + missing) * before.period_ns
        assert after.mono_ns == pytest.approx(expected_ns, abs=0.02 * (after.mono_ns - before.mono_ns))
    assert blocks[-1].period_ns == pytest.approx(1e9 / 80, rel=0.02)
    age_s = (time.monotonic_ns() - blocks[-1].mono_ns) / 1e9
    assert -0.1 < age_s < 5
    assert bridge.health.frames_corrupt == 0
    assert bridge.health.rate_hz == pytest.approx(80, rel=0.02)
    assert bridge.identity is not None
    assert bridge.identity.channels == 3


def test_a_load_shows_on_its_own_channel(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    board = start_board(BOARD_ID, "--counts-per-gram", "420", "--zero-counts", "0")
    bridge = open_bridge(board.link)
    poll_until(bridge, at_least(80))
    board.command(channel=1, grams=621.0)
    poll_until(
        bridge, lambda results: bool(samples(results)) and samples(results)[-1].counts[-1, 1] > 200_000
    )
    grams = mean_counts(samples(poll_until(bridge, at_least(160)))) / 420
    assert grams == pytest.approx([0, 621.0, 0, 0], abs=0.2)


def test_faults_on_the_line_are_counted_and_nothing_is_bridged(
    start_board: StartBoard, open_bridge: OpenBridge
) -> None:
    board = start_board()
    bridge = open_bridge(board.link, BOARD_ID)
    poll_until(bridge, at_least(40))
    board.command(fault="drop", blocks=3)
    board.command(fault="corrupt", frames=2)
    board.command(fault="garbage", bytes=700)
    board.command(fault="overflow", samples=5)
    results = poll_until(bridge, at_least(160))
    assert sum(block.lost_before for block in samples(results)) == 3 * 8 + 2 * 8 + 5
    assert statuses(results) == []
    health = bridge.health
    assert health.samples_lost == 45
    assert health.samples_overflowed == 5
    assert health.frames_corrupt >= 3


def test_a_stuck_and_a_saturated_channel_are_passed_as_they_are(
    start_board: StartBoard, open_bridge: OpenBridge
) -> None:
    board = start_board()
    bridge = open_bridge(board.link)
    poll_until(bridge, at_least(40))
    board.command(fault="stuck", channel=0)
    board.command(fault="saturate", channel=2)
    poll_until(
        bridge, lambda results: bool(samples(results)) and samples(results)[-1].counts[-1, 2] == COUNTS_MAX
    )
    counts = np.concatenate([block.counts for block in samples(poll_until(bridge, at_least(40)))])
    assert np.ptp(counts[:, 0]) == 0
    assert np.ptp(counts[:, 1]) > 0
    assert (counts[:, 2] == COUNTS_MAX).all()
    board.command(fault="stuck", channel=0, on=False)
    board.command(fault="saturate", channel=2, on=False)
    poll_until(
        bridge, lambda results: bool(samples(results)) and samples(results)[-1].counts[-1, 2] < COUNTS_MAX
    )


def test_unplug_and_replug(
    start_board: StartBoard, open_bridge: OpenBridge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="firmware_bridge")
    board = start_board()
    bridge = open_bridge(board.link, BOARD_ID)
    before = samples(poll_until(bridge, at_least(24)))
    for _ in range(2):
        board.kill()
        gone = statuses(poll_until(bridge, is_status(LinkState.DISCONNECTED)))
        assert [status.fault for status in gone] == [LinkFault.UNPLUGGED]
        time.sleep(0.5)
        assert bridge.poll() == []
        board = start_board()
        results = poll_until(bridge, at_least(24))
        assert [status.state for status in statuses(results)] == [LinkState.CONNECTED]
        after = samples(results)
        assert after[0].mono_ns > before[-1].mono_ns
        assert after[0].lost_before == 0
        before = after
    said = [record.levelname for record in caplog.records if record.name == "firmware_bridge.bridge"]
    assert said == ["INFO", "WARNING", "INFO", "WARNING", "INFO"]


def test_a_board_that_is_not_there_yet(
    start_board: StartBoard, open_bridge: OpenBridge, tmp_path: Path
) -> None:
    bridge = open_bridge(tmp_path / "board", BOARD_ID)
    missing = statuses(poll_until(bridge, is_status(LinkState.DISCONNECTED)))
    assert [status.fault for status in missing] == [LinkFault.PORT_MISSING]
    assert "Plug the board in" in missing[0].detail
    start_board()
    poll_until(bridge, is_status(LinkState.CONNECTED))


def test_the_wrong_board_gives_no_samples(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    board = start_board("ffffffffffffffff")
    bridge = open_bridge(board.link, BOARD_ID)
    results = poll_until(bridge, is_status(LinkState.WRONG_BOARD))
    assert statuses(results)[-1].fault is LinkFault.WRONG_BOARD
    assert "ffffffffffffffff" in statuses(results)[-1].detail
    time.sleep(0.3)
    assert samples(results + bridge.poll()) == []
    board.kill()
    start_board(BOARD_ID)
    poll_until(bridge, at_least(8))


def test_a_board_that_falls_silent_is_stale_and_comes_back(
    start_board: StartBoard, open_bridge: OpenBridge
) -> None:
    board = start_board()
    bridge = open_bridge(board.link, BOARD_ID)
    poll_until(bridge, at_least(24))
    board.command(fault="stop")
    stale = statuses(poll_until(bridge, is_status(LinkState.STALE)))
    assert [status.fault for status in stale] == [LinkFault.NO_SAMPLES]
    board.command(fault="resume")
    results = poll_until(bridge, at_least(8))
    assert [status.state for status in statuses(results)] == [LinkState.CONNECTED]
    assert samples(results)[0].lost_before >= 80
    assert bridge.health.samples_lost == samples(results)[0].lost_before


def test_a_reboot_is_told(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    board = start_board()
    bridge = open_bridge(board.link, BOARD_ID)
    poll_until(bridge, at_least(24))
    board.command(fault="reboot")
    results = poll_until(bridge, is_status(LinkState.CONNECTED))
    assert [status.fault for status in statuses(results)] == [LinkFault.REBOOTED, None]


def test_a_node_may_come_and_go(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    """The board keeps its port while nobody listens, and a new host gets nothing that is old."""
    board = start_board()
    first = open_bridge(board.link, BOARD_ID)
    poll_until(first, at_least(24))
    first.close()
    time.sleep(3)
    opened_ns = time.monotonic_ns()
    second = open_bridge(board.link, BOARD_ID)
    blocks = samples(poll_until(second, at_least(80)))
    assert blocks[0].mono_ns > opened_ns - 1_000_000_000
    assert second.health.frames_corrupt <= 1
    assert board.process.poll() is None


def test_a_suspended_node_loses_nothing_silently(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    """A node that does not poll for two seconds gets every sample, dated as taken."""
    board = start_board()
    bridge = open_bridge(board.link, BOARD_ID)
    blocks = samples(poll_until(bridge, at_least(80)))
    time.sleep(2)
    blocks += samples(poll_until(bridge, at_least(160)))
    assert sum(block.lost_before for block in blocks) == 0
    for before, after in pairwise(blocks):
        assert after.mono_ns - before.mono_ns == pytest.approx(1e8, rel=0.1)


def test_a_suspended_board_is_stale_not_gone(start_board: StartBoard, open_bridge: OpenBridge) -> None:
    board = start_board()
    bridge = open_bridge(board.link, BOARD_ID)
    poll_until(bridge, at_least(24))
    os.kill(board.process.pid, signal.SIGSTOP)
    try:
        poll_until(bridge, is_status(LinkState.STALE))
    finally:
        os.kill(board.process.pid, signal.SIGCONT)
    poll_until(bridge, is_status(LinkState.CONNECTED))


def test_an_id_that_no_board_has_is_refused_at_once() -> None:
    with pytest.raises(BoardIdError):
        Bridge(port="/nowhere", expected_board_id="shelf 3", clock=time.monotonic_ns)
