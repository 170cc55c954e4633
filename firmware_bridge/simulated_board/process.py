"""A simulated board as a process of its own: pty, commands on stdin, real time."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import sys
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware_bridge.errors import BoardCommandError
from firmware_bridge.simulated_board.board import SimulatedBoard
from firmware_bridge.simulated_board.commands import decode_fault, obey

NS_PER_S = 1_000_000_000
READ_BYTES = 65_536
UNREAD_BYTES_MAX = 3000
"""[B] on the line that nobody reads; a real adapter and its driver hold about as much, then lose bytes."""


class PtyLine:
    """The board's end of a serial line. The host's end stays open, so that hosts may come and go."""

    def __init__(self, link: Path | None) -> None:
        self._board_fd, self._host_fd = pty.openpty()
        tty.setraw(self._host_fd)
        os.set_blocking(self._board_fd, False)
        self.path = os.ttyname(self._host_fd)
        self._link = link
        if link is not None:
            fresh = link.with_name(f".{link.name}.{os.getpid()}")
            fresh.symlink_to(self.path)
            fresh.replace(link)

    def fileno(self) -> int:
        """For ``select``."""
        return self._board_fd

    def read(self) -> bytes:
        """What the host sent."""
        try:
            return os.read(self._board_fd, READ_BYTES)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> bool:
        """Send to the host; ``False`` when it has left too much unread. Never blocks."""
        unread = fcntl.ioctl(self._host_fd, termios.FIONREAD, bytes(4))
        if int.from_bytes(unread, sys.byteorder) > UNREAD_BYTES_MAX:
            return False
        try:
            os.write(self._board_fd, data)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Unplug."""
        if self._link is not None and self._link.is_symlink() and str(self._link.readlink()) == self.path:
            self._link.unlink()
        os.close(self._board_fd)
        os.close(self._host_fd)


class CommandLines:
    """Lines that arrive on a file descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._partial = b""
        self.ended = False

    def fileno(self) -> int:
        """For ``select``."""
        return self._fd

    def read(self) -> list[bytes]:
        """Lines that are complete by now."""
        data = os.read(self._fd, READ_BYTES)
        self.ended = not data
        *lines, self._partial = (self._partial + data).split(b"\n")
        return [line for line in lines if line.strip()]


def run_board(
    board: SimulatedBoard,
    *,
    link: Path | None = None,
    commands_fd: int = 0,
    on_command: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Run a board behind a pty until ``commands_fd`` ends; prints one JSON line when it can be opened.

    Args:
        board: it powers up now.
        link: symbolic link to make to the pty, the same at every start.
        commands_fd: JSON objects, one a line; those with the key ``fault`` break the board (``commands``).
        on_command: takes all other objects; raises ``BoardCommandError`` for what it does not understand.
    """
    line = PtyLine(link)
    try:
        ready = {"pty": line.path, "link": str(link or ""), "board_id": board.identity.board_id.hex()}
        print(json.dumps(ready), flush=True)  # noqa: T201 - the parent process waits for it
        _serve(board, line, CommandLines(commands_fd), on_command)
    finally:
        line.close()


def _serve(
    board: SimulatedBoard,
    line: PtyLine,
    commands: CommandLines,
    on_command: Callable[[dict[str, Any]], None] | None,
) -> None:
    sources: tuple[PtyLine, CommandLines] = (line, commands)
    while not commands.ended:
        for frame in board.advance(time.monotonic_ns()):
            if not line.write(frame):
                board.overflow_block()
        wait_s = max(0.0, (board.next_block_ns - time.monotonic_ns()) / NS_PER_S)
        readable, _, _ = select.select(sources, [], [], wait_s)
        if line in readable:
            line.write(board.receive(line.read()))
        if commands in readable:
            for command in commands.read():
                try:
                    line.write(_obey_line(board, command, on_command))
                except BoardCommandError as error:
                    print(error, file=sys.stderr, flush=True)  # noqa: T201 - the person who typed it


def _obey_line(
    board: SimulatedBoard, line: bytes, on_command: Callable[[dict[str, Any]], None] | None
) -> bytes:
    try:
        command = json.loads(line)
    except ValueError:
        command = None
    if on_command is not None and isinstance(command, dict) and "fault" not in command:
        on_command(command)
        return b""
    return obey(board, decode_fault(line), mono_ns=time.monotonic_ns())
