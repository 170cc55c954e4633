"""What goes wrong between load cell and host, with the real firmware: each fault is said, and passes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
import serial
from emulated_host import LINK_UP, STEADY, Host, failed

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, FrameFault, encode_frame
from firmware_bridge.link import LinkFault
from tools.board_emulator import EmulatedBoard, Pulse, ResetCause, StuckAt

pytestmark = [pytest.mark.c_compiler, pytest.mark.avr_gcc, pytest.mark.simavr, pytest.mark.slow]

StartBoard = Callable[..., EmulatedBoard]
OpenHost = Callable[..., Host]


def faulty_channels(host: Host) -> set[str]:
    return set(host.bridge.health.board_faults)


def right_or_failed(host: Host) -> bool:
    """Whether every reading kept is the load or a failed read, and nothing else."""
    return bool(((host.counts == STEADY) | failed(host.counts)).all())


@pytest.mark.parametrize("level", list(StuckAt))
def test_a_dead_channel_is_named_and_the_others_go_on(
    board: EmulatedBoard, host: Host, level: StuckAt
) -> None:
    board.stick(2, level)
    host.wait(lambda: faulty_channels(host) == {"channel_silent on channel 2"}, "the channel's fault")
    flagged = host.bridge.health.samples_flagged
    host.wait(lambda: host.bridge.health.samples_flagged > flagged + 40, "flags on its samples")
    assert right_or_failed(host)
    counts = host.collect(80)
    assert failed(counts)[:, 2].all()
    assert (counts[:, [0, 1, 3]] == [1000, 2000, 4000]).all()
    board.free(2)
    host.wait(lambda: not faulty_channels(host), "the end of the fault")
    counts = host.collect(160)[80:]
    assert (counts == STEADY).all()
    assert host.statuses == [], "the link was never down"


def test_a_board_without_any_cell_says_so_and_recovers(board: EmulatedBoard, host: Host) -> None:
    for cell in range(4):
        board.stick(cell, StuckAt.HIGH)
    host.wait(lambda: len(faulty_channels(host)) == 4, "four faults")
    host.collect(8)  # the block that was being filled
    assert failed(host.collect(16)).all()
    for cell in range(4):
        board.free(cell)
    host.wait(lambda: not faulty_channels(host), "the end of the faults")
    assert (host.collect(160)[80:] == STEADY).all()


def test_cells_that_were_never_connected_are_named(start_board: StartBoard, open_host: OpenHost) -> None:
    host = open_host(start_board(cells=2))
    silent = {"channel_silent on channel 2", "channel_silent on channel 3"}
    host.wait(lambda: faulty_channels(host) == silent, "the channels' faults")
    host.collect(8)
    assert (failed(host.collect(40)) == [False, False, True, True]).all()


def test_a_lost_clock_pulse_costs_one_reading_and_no_more(board: EmulatedBoard, host: Host) -> None:
    for _ in range(3):
        board.load(3, 4000)  # even: the bit that stands after a missing pulse is 0, which is not "done"
        board.tear(3, Pulse.MISSING)
        counts = host.collect(60)
        assert right_or_failed(host)
        assert 1 <= failed(counts)[:, 3].sum() <= 2
        assert not failed(counts)[:, :3].any()
    assert host.bridge.health.samples_lost == 0


def test_an_extra_clock_pulse_is_over_in_ten_conversions(board: EmulatedBoard, host: Host) -> None:
    """It turns the converter to another input and, alone of all faults, cannot be seen in the read itself."""
    board.tear(3, Pulse.EXTRA)
    host.collect(80)
    wrong = (host.counts != STEADY) & ~failed(host.counts)
    assert wrong[:, 3].sum() <= 1
    assert not wrong[:, :3].any()
    assert (host.counts[-40:] == STEADY).all()
    assert board.report(3).gain_pulses == 25


def test_a_cell_that_loses_power_for_a_moment(board: EmulatedBoard, host: Host) -> None:
    board.glitch(1)
    host.collect(80)
    assert right_or_failed(host)
    assert 1 <= failed(host.counts)[:, 1].sum() <= 12, "50 ms of settling are 4 conversions"
    assert (host.counts[-40:] == STEADY).all()
    assert faulty_channels(host) == set()


def test_saturation_is_passed_as_the_ends_of_the_range(board: EmulatedBoard, host: Host) -> None:
    board.load(0, 1e8)
    board.load(1, -1e8)
    counts = host.collect(40)[16:]
    assert (counts[:, :2] == [wire.COUNTS_MAX, wire.COUNTS_MIN]).all()
    assert host.bridge.health.samples_flagged == 0, "saturated, not failed"


def test_the_watchdog_restarts_firmware_that_runs_away(board: EmulatedBoard, host: Host) -> None:
    boot_count = host.bridge.identity.boot_count
    board.hang()
    host.wait_status(LinkFault.REBOOTED)
    host.wait_status(LINK_UP)
    host.wait(lambda: faulty_channels(host) == {"watchdog_reset"}, "the reason")
    assert board.state().watchdog_resets == 1
    assert host.bridge.identity.boot_count == boot_count + 1
    assert (host.collect(40) == STEADY).all()


@pytest.mark.parametrize(
    ("cause", "faults"),
    [(ResetCause.BUTTON, set()), (ResetCause.POWER, set()), (ResetCause.BROWN_OUT, {"brown_out_reset"})],
)
def test_a_restart_is_told_with_its_cause(
    board: EmulatedBoard, host: Host, cause: ResetCause, faults: set[str]
) -> None:
    board.reset(cause)
    host.wait_status(LinkFault.REBOOTED)
    host.wait_status(LINK_UP)
    host.wait(lambda: faulty_channels(host) == faults, "the cause")
    assert (host.collect(40) == STEADY).all()


class RawLine:
    """The serial line itself, for a host that misbehaves."""

    def __init__(self, board: EmulatedBoard) -> None:
        self.port = serial.Serial(str(board.port), 115_200, timeout=0.05)
        self._frames = FrameDecoder()

    def messages(self, seconds: float, *, meanwhile: bytes = b"") -> list[object]:
        """What the board says in so long, while it is sent these bytes over and over."""
        heard: list[object] = []
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.port.write(meanwhile)
            for frame in self._frames.receive(self.port.read(4096)):
                heard.append(frame if isinstance(frame, FrameFault) else wire.decode(frame))
        return heard


def test_a_host_that_floods_the_line_gets_answers_and_costs_no_sample(start_board: StartBoard) -> None:
    """Answers would fill the line ten times over; samples go first."""
    line = RawLine(start_board())
    start = encode_frame(wire.encode(wire.Start()))
    identify = encode_frame(wire.encode(wire.IdentifyRequest()))
    line.messages(1.0, meanwhile=start)
    flooded = line.messages(2.0, meanwhile=identify * 60)
    calm = line.messages(2.0)
    blocks = [message for message in flooded + calm if isinstance(message, wire.SampleBlock)]
    assert sum(isinstance(message, wire.Identity) for message in flooded) > 100
    assert len(blocks) > 20
    for before, after in pairwise(blocks):
        assert after.sequence == (before.sequence + before.samples) % (1 << 16)
    assert blocks[-1].overflow_total == 0
    line.port.close()


def test_garbage_from_the_host_disturbs_nothing(board: EmulatedBoard, open_host: OpenHost) -> None:
    line = RawLine(board)
    noise = random.Random(7)
    heard = [message for _ in range(20) for message in line.messages(0.1, meanwhile=noise.randbytes(200))]
    refused = [message for message in heard if isinstance(message, wire.BoardFault)]
    assert refused
    assert {message.code for message in refused} == {wire.BoardFaultCode.BAD_COMMAND}
    line.port.close()
    host = open_host(board)
    assert (host.collect(80) == STEADY).all()
    assert board.state().resets == 0
