"""Boards and bridges that are gone after each test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from board_process import BOARD_ID, BoardProcess

from firmware_bridge.bridge import Bridge


@pytest.fixture
def start_board(tmp_path: Path) -> Iterator[Callable[..., BoardProcess]]:
    """Starts boards; all are gone after the test."""
    boards: list[BoardProcess] = []

    def start(board_id: str = BOARD_ID, *options: str, name: str = "board") -> BoardProcess:
        boards.append(BoardProcess(tmp_path / name, board_id, *options))
        return boards[-1]

    yield start
    for board in boards:
        if board.process.returncode is None:
            board.kill()


@pytest.fixture
def open_bridge() -> Iterator[Callable[..., Bridge]]:
    """Opens bridges on the machine's clock; all are closed after the test."""
    bridges: list[Bridge] = []

    def open_one(port: Path, expected_board_id: str = "") -> Bridge:
        bridges.append(Bridge(port=str(port), expected_board_id=expected_board_id, clock=time.monotonic_ns))
        return bridges[-1]

    yield open_one
    for bridge in bridges:
        bridge.close()
