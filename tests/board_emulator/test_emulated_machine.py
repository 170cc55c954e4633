"""The emulated board around its processor, tried by a small program of its own (``probe.c``)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from firmware_bridge.errors import BoardCommandError
from tools.board_emulator import (
    EmulatedBoard,
    EmulatorBuildError,
    EmulatorStoppedError,
    Pulse,
    ResetCause,
    StuckAt,
    build,
)

pytestmark = [pytest.mark.c_compiler, pytest.mark.avr_gcc, pytest.mark.simavr]

PATIENCE_S = 10.0
POWER_ON, BUTTON, BROWN_OUT, WATCHDOG = 1, 2, 4, 8
"""Bits of MCUSR, ATmega328P data sheet, section 11.9.1."""


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = tmp_path_factory.mktemp("probe") / "probe.elf"
    source = Path(__file__).with_name("probe.c")
    options = ["-mmcu=atmega328p", "-DF_CPU=16000000UL", "-Os", "-std=gnu99", "-Wall", "-Werror"]
    subprocess.run(["avr-gcc", *options, "-o", image, source], check=True)
    return image


class Machine:
    """An emulated board that runs the probe, and the host's end of its line."""

    def __init__(self, board: EmulatedBoard) -> None:
        self.board = board
        self._port = serial.Serial(str(board.port), 115_200, timeout=PATIENCE_S)
        self._port.write(b"m")  # opening a port drops what was said before; maybe not all of it
        while not (first := self.line()).isdigit():
            pass
        self.reset_cause = int(first)

    def line(self) -> str:
        line = self._port.readline()
        assert line.endswith(b"\n"), f"no answer within {PATIENCE_S} s"
        return line.decode().strip()

    def ask(self, letter: str) -> str:
        self._port.write(letter.encode())
        return self.line()

    def read_cells(self) -> list[int]:
        """Raw words of the four cells, then the levels of their DOUT after the 25th pulse."""
        return [int(number) for number in self.ask("r").split()]

    def close(self) -> None:
        self._port.close()
        self.board.close()


@pytest.fixture
def machine(probe: Path) -> Iterator[Machine]:
    running = Machine(EmulatedBoard(probe))
    yield running
    running.close()


def test_loads_are_what_the_processor_reads(machine: Machine) -> None:
    for cell, counts in enumerate((123_456, -5, 9e8, -9e8)):
        machine.board.load(cell, counts)
    machine.read_cells()
    assert machine.read_cells() == [123_456, (1 << 24) - 5, 0x7FFFFF, 0x800000, 0b1111]
    assert machine.board.report(0).hasty_edges == 0


def test_a_strain_over_time(machine: Machine) -> None:
    machine.board.ramp(0, 1_000_000, over_s=0.5)
    machine.board.play(1, range(0, 2000, 20), rate_hz=200)
    rows = [machine.read_cells() for _ in range(60)]
    for cell, end in ((0, 1_000_000), (1, 1980)):
        seen = [row[cell] for row in rows]
        assert seen == sorted(seen)
        assert seen[-1] == end
        assert len(set(seen)) > 3, "on its way too"


def test_noise_is_white_and_repeats_with_its_seed(probe: Path) -> None:
    def readings(seed: int) -> list[int]:
        machine = Machine(EmulatedBoard(probe, seed=seed))
        machine.board.noise(2, 100)
        machine.board.load(2, 10_000)
        rows = [machine.read_cells()[2] for _ in range(80)]
        machine.close()
        return rows

    first = readings(1)
    mean = sum(first) / len(first)
    assert abs(mean - 10_000) < 60
    assert 60 < (sum((counts - mean) ** 2 for counts in first) / len(first)) ** 0.5 < 140
    assert len(set(first) & set(readings(2))) < 40


def test_simulated_time_is_exact(machine: Machine) -> None:
    assert machine.ask("t") == "2500", "10 ms in ticks of 4 us"


def test_the_processor_can_power_cells_down(machine: Machine) -> None:
    machine.board.load(0, 77)
    machine.read_cells()
    machine.ask("p")
    assert machine.read_cells()[0] == 77
    assert [machine.board.report(cell).power_downs for cell in range(4)] == [1] * 4


def test_stuck_lines(machine: Machine) -> None:
    machine.board.load(1, 77)
    machine.read_cells()
    machine.board.stick(1, StuckAt.LOW)
    assert machine.read_cells()[1:] == [0, 0, 0, 0b1101]
    machine.board.stick(1, StuckAt.HIGH)
    machine._port.timeout = 0.3
    machine._port.write(b"r")
    assert machine._port.readline() == b"", "the probe waits for all cells"
    machine.board.free(1)
    assert machine.line().split()[1] == "77"


def test_a_torn_read_and_a_glitch(machine: Machine) -> None:
    machine.board.load(3, 0x155554)
    machine.read_cells()
    machine.board.tear(3, Pulse.MISSING)
    assert machine.read_cells()[3:] == [0x154AAA, 0b0111], "the 12th pulse saw the 11th bit again"
    machine.read_cells()
    machine.board.glitch(3)
    before = machine.board.report(3).conversions
    assert machine.read_cells()[3] == 0x155554
    assert machine.board.report(3).conversions > before


@pytest.mark.parametrize(
    ("cause", "seen"),
    [(ResetCause.BUTTON, BUTTON), (ResetCause.BROWN_OUT, BROWN_OUT), (ResetCause.POWER, POWER_ON)],
)
def test_resets_and_their_cause(machine: Machine, cause: ResetCause, seen: int) -> None:
    assert machine.reset_cause == POWER_ON
    machine.board.load(0, 77)
    machine.board.reset(cause)
    assert machine.line() == "up"
    assert machine.ask("m") == str(seen)
    machine.read_cells()
    assert machine.read_cells() == [77, 0, 0, 0, 0b1111]
    assert machine.board.state().resets == 1


def test_the_watchdog_bites_a_runaway_processor_and_no_other(machine: Machine) -> None:
    machine.ask("w")
    time.sleep(0.3)
    assert machine.board.state().watchdog_resets == 0
    machine.board.hang()
    assert machine.line() == "up"
    assert machine.ask("m") == str(WATCHDOG)
    assert machine.board.state().watchdog_resets == 1
    assert machine.read_cells()[4] == 0b1111


def test_the_eeprom_file_outlives_even_kill_9(probe: Path, tmp_path: Path) -> None:
    file = tmp_path / "eeprom"
    for count in ("255", "0", "1"):
        machine = Machine(EmulatedBoard(probe, eeprom=file))
        assert machine.ask("e") == count
        machine.board.command("board")  # a slice later: the write has reached the file
        machine.board.kill()
        machine.close()
    assert file.read_bytes() == bytes([2]) + b"\xff" * 1023


def test_a_link_to_the_port_is_the_same_at_every_start(probe: Path, tmp_path: Path) -> None:
    link = tmp_path / "port"
    with EmulatedBoard(probe, link=link) as board:
        assert board.port == link
        assert Machine(board).reset_cause == POWER_ON
        board.kill()
    with EmulatedBoard(probe, link=link) as board:
        assert link.is_char_device()
    assert not link.is_symlink(), "taken away when it is switched off"


@pytest.mark.parametrize(
    "command",
    [
        "load 4 1", "load -1 1", "load 0.5 1", "load 0", "load 0 nan", "load 0 1e300", "load 0 1 2",
        "load x 1", "rate 0 20", "stick 0", "stick 0 up", "wave 0 80", "wave 0 0 1", "wave 0 80 1 2 x",
        "drift 0 1e9", "tear 0 twice", "flood", "reset now", "noise 0 -1",
    ],
)  # fmt: skip
def test_wrong_commands_are_refused_and_change_nothing(machine: Machine, command: str) -> None:
    with pytest.raises(BoardCommandError, match="expected"):
        machine.board.command(command)
    assert machine.read_cells()[:4] == [0, 0, 0, 0]


def test_very_long_commands(machine: Machine) -> None:
    machine.board.play(0, [123_456.75] * 50_000, rate_hz=80)
    machine.read_cells()
    assert machine.read_cells()[0] == 123_457
    with pytest.raises(EmulatorStoppedError, match="a line without end"):
        machine.board.command("load", "1" * 3_000_000)


def test_a_start_that_fails_says_why(probe: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no program")
    with pytest.raises(EmulatorStoppedError, match="No such file"):
        EmulatedBoard(tmp_path / "missing.elf")
    with pytest.raises(EmulatorStoppedError, match="no AVR program"):
        EmulatedBoard(text)
    with pytest.raises(EmulatorStoppedError, match="no EEPROM image"):
        EmulatedBoard(probe, eeprom=text)
    with pytest.raises(EmulatorStoppedError, match="usage"):
        EmulatedBoard(probe, cells=5)
    with pytest.raises(EmulatorStoppedError, match="No such file"):
        EmulatedBoard(probe, link=tmp_path / "no" / "folder")
    with pytest.raises(EmulatorStoppedError, match="File exists"):
        EmulatedBoard(probe, link=text)
    assert text.read_text() == "no program"


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorBuildError, match=r"no make, cc, simavr.*apt-get install make gcc simavr"):
        build.build_emulator()
