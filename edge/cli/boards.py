"""``steelyard boards``: which boards are plugged in, who they are, and where they stand."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from edge.clock import SystemClock
from edge.errors import StartError
from firmware_bridge.bridge import Bridge
from firmware_bridge.link import LinkState
from firmware_bridge.usb_adapters import plugged_in, stable_name
from firmware_bridge.wire import Identity

ANSWER_S = 6.0
"""[s] for a board to answer: an Arduino restarts when its port is opened, which takes 2 s."""

POLL_S = 0.02
"""[s] between looks at the ports."""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Ports = Annotated[
    list[str] | None,
    typer.Option("--port", help="Port to look at, or several; every USB adapter if left out."),
]


@dataclass(frozen=True, slots=True)
class Found:
    """What a port turned out to be."""

    port: str
    identity: Identity | None
    reason: str  # why nobody answered; empty: somebody did

    @property
    def board_id(self) -> str:
        """16 hex digits, or empty."""
        return self.identity.board_id.hex() if self.identity else ""


@app.command("list")
def list_boards(
    port: Ports = None, as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False
) -> None:
    """Ask every adapter who is behind it."""
    found = _ask(_ports(port))
    if as_json:
        sys.stdout.write(json.dumps([_plain(each) for each in found], indent=1) + "\n")
        return
    rows = [("port", "board id", "channels", "rate", "firmware", ""), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows if found else [("no USB adapter is plugged in; name a port with --port",)]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())


@app.command()
def identify(port: Annotated[str, typer.Argument(help="Port to ask.")]) -> None:
    """Print the id of the board behind one port."""
    (found,) = _ask([port])
    if found.identity is None:
        raise StartError("no board answers", where=port, found=found.reason, fix="Check plug and cable.")
    print(found.board_id)


@app.command()
def blink(
    board: Annotated[str, typer.Argument(help="Board id (16 hex digits), or its port.")],
    seconds: Annotated[float, typer.Option("--for", min=0.5, max=60.0, help="How long.")] = 10.0,
    port: Ports = None,
) -> None:
    """Blink a board's light, so that a person finds it."""
    is_port = "/" in board
    ports = [board] if is_port else _ports(port)
    with _Bridges(ports) as bridges:
        for found, bridge in bridges.answers():
            if found.identity is not None and (is_port or found.board_id == board.lower()):
                bridge.blink(round(1000 * seconds))
                print(f"{found.board_id} on {found.port} blinks for {seconds:g} s")
                time.sleep(seconds)
                return
            if is_port:
                raise StartError("no board answers", where=board, found=found.reason)
    raise StartError(
        "no such board is plugged in", found=board, fix="`steelyard boards list` shows those that are."
    )


class _Bridges:
    """One bridge a port, asked at the same time."""

    def __init__(self, ports: Sequence[str]) -> None:
        logging.getLogger("firmware_bridge").setLevel(logging.ERROR)  # what it would say is the answer
        clock = SystemClock()
        self._bridges = {port: Bridge(port=port, clock=clock.mono_ns) for port in ports}

    def __enter__(self) -> _Bridges:
        return self

    def __exit__(self, *_: object) -> None:
        for bridge in self._bridges.values():
            bridge.close()

    def answers(self) -> list[tuple[Found, Bridge]]:
        """Wait until every port has answered, or cannot."""
        deadline = time.monotonic() + ANSWER_S
        waiting = dict(self._bridges)
        while waiting and time.monotonic() < deadline:
            for port, bridge in list(waiting.items()):
                bridge.poll()
                status = bridge.status
                lasting = status.fault is not None and status.fault.is_lasting
                if status.state is LinkState.CONNECTED or lasting:
                    del waiting[port]
            time.sleep(POLL_S)
        return [(_found(port, bridge), bridge) for port, bridge in self._bridges.items()]


def _found(port: str, bridge: Bridge) -> Found:
    if bridge.status.state is LinkState.CONNECTED and bridge.identity is not None:
        return Found(port, bridge.identity, "")
    return Found(port, None, bridge.status.detail or str(bridge.status.fault or "nobody answers"))


def _ports(named: Sequence[str] | None) -> list[str]:
    return list(named) if named else [stable_name(adapter.device) for adapter in plugged_in()]


def _ask(ports: Sequence[str]) -> list[Found]:
    with _Bridges(ports) as bridges:
        return [found for found, _ in bridges.answers()]


def _row(found: Found) -> tuple[str, ...]:
    """A line of the list, for people and for copying."""
    identity = found.identity
    if identity is None:
        return (found.port, "", "", "", "", found.reason)
    version = f"{_version(identity)} ({identity.build_hash.hex()})"
    counted = f"started {identity.boot_count} times"
    return (found.port, found.board_id, str(identity.channels), f"{identity.rate_hz} Hz", version, counted)


def _version(identity: Identity) -> str:
    return ".".join(str(part) for part in identity.firmware_version)


def _plain(found: Found) -> dict[str, object]:
    identity = found.identity
    if identity is None:
        return {"port": found.port, "board_id": None, "reason": found.reason}
    return {
        "port": found.port,
        "board_id": found.board_id,
        "channels": identity.channels,
        "rate_hz": identity.rate_hz,
        "firmware": _version(identity),
        "build_hash": identity.build_hash.hex(),
        "boot_count": identity.boot_count,
    }
