"""The real firmware on an emulated board, behind the real bridge: identity, samples, rates."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from emulated_host import LINK_UP, Host, failed

from firmware_bridge.link import LinkFault
from firmware_bridge.wire import COUNTS_MAX, PROTOCOL_VERSION
from tools.board_emulator import EmulatedBoard
from tools.board_emulator.build import FIRMWARE_DIR, build_emulator

pytestmark = [pytest.mark.c_compiler, pytest.mark.avr_gcc, pytest.mark.simavr, pytest.mark.slow]

RATE_SLACK = 0.05
"""A rate is measured on the host's clock, in a few seconds, on a machine that may be busy."""

StartBoard = Callable[..., EmulatedBoard]
OpenHost = Callable[..., Host]


def build_variant(folder: Path, **options: int) -> Path:
    """The firmware with other build options."""
    words = [f"{name}={value}" for name, value in options.items()]
    subprocess.run(["make", "--silent", "-C", FIRMWARE_DIR, f"BUILD={folder}", *words], check=True)
    return folder / "steelyard-uno.elf"


def test_a_new_board_makes_an_id_of_its_own_and_keeps_it(
    start_board: StartBoard, open_host: OpenHost, tmp_path: Path
) -> None:
    eeproms = [tmp_path / "first", tmp_path / "second", tmp_path / "first"]
    identities = []
    for seed, eeprom in enumerate(eeproms):
        with start_board(eeprom=eeprom, seed=seed) as board:
            host = open_host(board)
            identities.append(host.bridge.identity)
            host.bridge.close()
    first, second, again = identities
    assert (first.protocol_version, first.channels, first.rate_hz) == (PROTOCOL_VERSION, 4, 80)
    assert first.board_id == again.board_id
    assert (first.boot_count, again.boot_count) == (1, 2)
    assert first.board_id not in {second.board_id, bytes(8), b"\xff" * 8}
    assert first.build_hash == second.build_hash != bytes(4)


@pytest.mark.parametrize(
    "words",
    [
        ["/bin/ls"],
        ["/dev/null"],
        ["--seed", "x", "a.elf"],
        ["--cells", "5", "a.elf"],
        ["--rate", "-10", "a.elf"],
    ],
)
def test_what_is_no_firmware_or_no_number_is_said(words: list[str]) -> None:
    """/bin/ls is a program, but of another processor."""
    told = subprocess.run(
        [build_emulator(), *words], capture_output=True, text=True, timeout=10, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert told.returncode in (1, 2)
    assert told.stderr.startswith("usage: " if len(words) > 1 else f"{words[0]}: no AVR program")
    assert told.stdout == ""


def test_five_seconds_of_samples_are_whole_even_and_right(board: EmulatedBoard, host: Host) -> None:
    board.load(0, -123_456)
    board.load(1, 9e6)  # beyond the converter's range
    board.noise(3, 50)
    host.collect(40)
    counts = host.collect(400)
    assert sum(block.lost_before for block in host.blocks) == 0
    assert not failed(counts).any()
    assert (counts[:, :3] == [-123_456, COUNTS_MAX, 3000]).all()
    assert counts[:, 3].mean() == pytest.approx(4000, abs=15)
    assert counts[:, 3].std() == pytest.approx(50, rel=0.2)
    for before, after in pairwise(host.blocks):
        assert after.mono_ns - before.mono_ns == pytest.approx(8 * 12_500_000, rel=RATE_SLACK)
    health = host.bridge.health
    assert health.rate_hz == pytest.approx(80, rel=RATE_SLACK)
    assert (health.samples_flagged, health.frames_corrupt, health.board_faults) == (0, 0, ())
    for cell in range(4):
        report = board.report(cell)
        assert (report.hasty_edges, report.torn, report.gain_pulses) == (0, 0, 25)


def test_a_step_is_seen_on_its_own_cell_and_all_at_once(board: EmulatedBoard, host: Host) -> None:
    board.load(2, 103_000)
    host.wait(lambda: host.blocks and host.blocks[-1].counts[-1, 2] == 103_000, "the step")
    assert np.isin(host.counts[:, 2], (3000, 103_000)).all()
    assert (np.diff(host.counts[:, 2]) >= 0).all()
    assert (host.counts[:, [0, 1, 3]] == [1000, 2000, 4000]).all()


def test_a_board_strapped_to_ten_samples_a_second(start_board: StartBoard, open_host: OpenHost) -> None:
    board = start_board(rate_sps=10)
    host = open_host(board)
    counts = host.collect(30)
    assert host.bridge.identity is not None
    assert host.bridge.identity.rate_hz == 10
    assert host.bridge.health.rate_hz == pytest.approx(10, rel=RATE_SLACK)
    assert not failed(counts).any()


def test_a_rate_strap_that_is_moved_in_service(board: EmulatedBoard, host: Host) -> None:
    for cell in range(4):
        board.rate(cell, 10)
    host.wait(lambda: host.bridge.identity and host.bridge.identity.rate_hz == 10, "10 samples a second")
    counts = host.collect(10)
    assert (counts[~failed(counts).any(axis=1)] == [1000, 2000, 3000, 4000]).all()


@pytest.mark.parametrize("fast_ppm", [-60_000.0, 170_000.0])
def test_real_oscillators_are_far_off_and_the_true_rate_is_measured(
    start_board: StartBoard, open_host: OpenHost, fast_ppm: float
) -> None:
    """HX711 strapped to 80 Hz run at up to 93.7 Hz (github.com/olkal/HX711_ADC, issue 98)."""
    host = open_host(start_board(drift_ppm=[fast_ppm] * 4))
    counts = host.collect(240)
    assert not failed(counts).any()
    assert host.bridge.health.samples_lost == 0
    assert host.bridge.health.rate_hz == pytest.approx(80 * (1 + fast_ppm * 1e-6), rel=RATE_SLACK)


def test_cells_that_run_apart_are_never_read_wrong(start_board: StartBoard, open_host: OpenHost) -> None:
    """Their conversions drift through each other's reads; what is torn must be said to be torn."""
    board = start_board(drift_ppm=[0.0, 15_000.0, -12_000.0, 5_000.0])
    loads = [1000, -1000, 200_000, -200_000]
    for cell, counts in enumerate(loads):
        board.load(cell, counts)
    host = open_host(board)
    counts = host.collect(480)[80:]
    right = (counts == loads) | failed(counts)
    assert right.all(), counts[~right]
    assert failed(counts).mean() < 0.02
    assert host.bridge.health.rate_hz == pytest.approx(80 * (1 - 0.012), rel=RATE_SLACK), "of the slowest"


def test_separate_clocks_and_fewer_cells(
    start_board: StartBoard, open_host: OpenHost, tmp_path: Path
) -> None:
    image = build_variant(tmp_path / "build", CHANNELS=2, SEPARATE_CLOCKS=1, GAIN=64)
    board = start_board(image=image, cells=2, separate_clocks=True, drift_ppm=[0.0, 300.0])
    board.load(0, 5000)
    board.load(1, -5000)
    host = open_host(board)
    counts = host.collect(160)
    assert counts.shape[1] == 2
    assert (counts[80:] == [2500, -2500]).all(), "gain 64 is half of gain 128"
    assert board.report(1).gain_pulses == 27


def test_a_blinking_board_is_found(board: EmulatedBoard, host: Host) -> None:
    assert not board.state().led
    assert host.bridge.blink(10_000)
    levels = set()
    host.wait(lambda: levels.add(board.state().led) or levels == {0, 1}, "the light on and off")
    host.bridge.blink(0)
    time.sleep(0.1)
    assert {board.state().led for _ in range(400)} == {0}


def test_unplug_and_replug(start_board: StartBoard, open_host: OpenHost) -> None:
    board = start_board()
    host = open_host(board)
    boot_count = host.bridge.identity.boot_count
    for more in (1, 2):
        host.forget()
        board.kill()
        host.wait_status(LinkFault.UNPLUGGED)
        host.forget()
        board = start_board()
        host.wait_status(LINK_UP)
        host.collect(40)
        assert host.bridge.identity.boot_count == boot_count + more
