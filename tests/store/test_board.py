"""A simulated board as a process: forces come in on stdin, frames go out through a pty."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, encode_frame
from tools.store_simulator import forces
from tools.store_simulator.board import BoardSpec
from tools.store_simulator.faults import Severed
from tools.store_simulator.forces import PlateForce, Standing
from tools.store_simulator.load_cell import LoadCells
from tools.store_simulator.load_cell.converter import RAIL_HIGH
from tools.store_simulator.rack_signal import RackSpec

BOARD_ID = "57ee17a4d00000ff"
CELLS = LoadCells(BOARD_ID, 2, np.random.default_rng(1)).converter
LOAD_G = (1000.0, 2000.0)


class Host:
    """Reads a board's blocks, dated by its sample numbers from the first block's arrival on."""

    def __init__(self, port: Path) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._frames = FrameDecoder()
        os.write(self._fd, encode_frame(wire.encode(wire.Start())))

    def blocks(self, timeout_s: float = 20.0) -> Iterator[tuple[float, np.ndarray]]:
        """(arrival in s of the host's clock, grams [n, channel])."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            for frame in self._frames.receive(os.read(self._fd, 4096)):
                message = wire.decode(frame) if isinstance(frame, bytes) else None
                if isinstance(message, wire.SampleBlock):
                    yield time.monotonic(), (message.counts - CELLS.zero_counts) / CELLS.counts_per_gram
        pytest.fail("the board fell silent")


@pytest.fixture
def board(tmp_path: Path) -> Iterator[tuple[subprocess.Popen, Host, int]]:
    second_0_ns = time.monotonic_ns()
    spec = BoardSpec(
        rack=RackSpec(
            board_id=BOARD_ID, rate_hz=80, plates=("g/1/1", "g/1/2"),
            standing=Standing(LOAD_G, ((0.0, 0.0), (0.0, 0.0))), seed=(1, 0),
        ),
        link=str(tmp_path / "port"), second_0_ns=second_0_ns,
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.store_simulator.board", msgspec.json.encode(spec).decode()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline().startswith(b'{"pty"')
    yield process, Host(tmp_path / "port"), second_0_ns
    process.stdin.close()
    assert process.wait(10) == 0, "the end of stdin ends the board"
    process.stdout.close()


def test_a_force_shows_on_its_plate_at_its_time(board: tuple[subprocess.Popen, Host, int]) -> None:
    process, host, second_0_ns = board
    blocks = host.blocks()
    _, grams = next(blocks)
    np.testing.assert_allclose(grams.mean(axis=0), (1000.0 + 2000 * 0.0075, 2000.0 + 1000 * 0.0075), atol=20)
    acts_s = (time.monotonic_ns() - second_0_ns) / 1e9 + 0.6
    process.stdin.write(
        forces.encoder.encode(PlateForce(0, ((acts_s, 0.0), (acts_s + 0.01, -400.0)))) + b"\n"
    )
    process.stdin.flush()
    arrived_s = next(arrival for arrival, grams in blocks if grams[-1, 0] < 700)
    late_s = arrived_s - (second_0_ns / 1e9 + acts_s)
    assert -0.01 < late_s < 1.0, "not before its time, and not long after the block that shows it"
    _, grams = next(blocks)
    assert np.median(grams[:, 0]) == pytest.approx(615, abs=20)


def test_a_line_that_is_no_force_disturbs_nothing(board: tuple[subprocess.Popen, Host, int]) -> None:
    process, host, _ = board
    process.stdin.write(b'{"type": "earthquake"}\nnonsense\n')
    process.stdin.flush()
    blocks = host.blocks()
    for _ in range(4):
        _, grams = next(blocks)
    assert np.median(grams[:, 1]) == pytest.approx(2007, abs=15)
    assert process.poll() is None


def test_a_wire_that_breaks_shows_as_the_rail(board: tuple[subprocess.Popen, Host, int]) -> None:
    process, host, second_0_ns = board
    blocks = host.blocks()
    next(blocks)
    breaks_s = (time.monotonic_ns() - second_0_ns) / 1e9
    process.stdin.write(forces.encoder.encode(Severed(1, breaks_s, breaks_s + 60.0)) + b"\n")
    process.stdin.flush()
    rail_g = (RAIL_HIGH - CELLS.zero_counts[1]) / CELLS.counts_per_gram[1]
    _, grams = next(block for block in blocks if block[1][-1, 1] == rail_g)
    assert np.median(grams[:, 0]) == pytest.approx(1015, abs=20)
