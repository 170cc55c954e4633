"""Emulated boards with the real firmware, and hosts; all are gone after each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated_host import LINK_UP, STEADY, Host

from tools.board_emulator import EmulatedBoard, build_firmware


@pytest.fixture(scope="session")
def firmware() -> Path:
    """The firmware as it is flashed."""
    return build_firmware()


@pytest.fixture(scope="session")
def eeprom_with_id(firmware: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EEPROM of a board that has been switched on before, so that it need not make its id (2 s)."""
    eeprom = tmp_path_factory.mktemp("board") / "eeprom"
    with EmulatedBoard(firmware, eeprom=eeprom) as board:
        host = Host(board.port)
        host.wait_status(LINK_UP)
        host.bridge.close()
    return eeprom


@pytest.fixture
def start_board(
    firmware: Path, eeprom_with_id: Path, tmp_path: Path
) -> Iterator[Callable[..., EmulatedBoard]]:
    """Switches boards on; they share one EEPROM and one port, so only one at a time."""
    eeprom, link = tmp_path / "eeprom", tmp_path / "port"
    shutil.copy(eeprom_with_id, eeprom)
    boards: list[EmulatedBoard] = []

    def start(**options: Any) -> EmulatedBoard:
        boards.append(
            EmulatedBoard(options.pop("image", firmware), **{"eeprom": eeprom, "link": link} | options)
        )
        return boards[-1]

    yield start
    for board in boards:
        board.close()


@pytest.fixture
def open_host() -> Iterator[Callable[..., Host]]:
    """Opens a host and waits until its link is up."""
    hosts: list[Host] = []

    def open_one(board: EmulatedBoard, expected_board_id: str = "") -> Host:
        hosts.append(Host(board.port, expected_board_id))
        hosts[-1].wait_status(LINK_UP)
        return hosts[-1]

    yield open_one
    for host in hosts:
        host.bridge.close()


@pytest.fixture
def board(start_board: Callable[..., EmulatedBoard]) -> EmulatedBoard:
    """A board with four cells that carry ``STEADY`` loads without noise."""
    board = start_board()
    for cell, counts in enumerate(STEADY):
        board.load(cell, counts)
    return board


@pytest.fixture
def host(board: EmulatedBoard, open_host: Callable[..., Host]) -> Host:
    """Connected to ``board``, and nothing but its steady loads has come since."""
    host = open_host(board)
    host.wait(lambda: host.blocks and (host.blocks[-1].counts == STEADY).all(), "the loads")
    host.forget()
    return host
