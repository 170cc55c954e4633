"""Which USB serial adapters are plugged in, and whether a port's name can mean one of them alone.

Linux numbers adapters as they come: ``/dev/ttyUSB0`` may be another one after replugging. A name below
``/dev/serial/by-path`` means a socket of the machine; one below ``/dev/serial/by-id`` means an adapter, if
that has a serial number of its own, which cheap ones lack or share (udev, 60-serial.rules).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

BY_PATH = Path("/dev/serial/by-path")
KERNEL_NAME = re.compile(r"/dev/tty(USB|ACM)\d+\Z")
"""A name that the kernel gives in the order of plugging in."""


@dataclass(frozen=True, slots=True)
class UsbAdapter:
    """One adapter, or a board with a USB socket of its own."""

    device: str  # e.g. /dev/ttyUSB0
    model: str  # vendor and product id, e.g. 1a86:7523
    serial_number: str  # empty: it has none
    socket: str  # where it is plugged in, e.g. 1-1.4


def plugged_in() -> list[UsbAdapter]:
    """All USB adapters that the machine has now."""
    return [
        UsbAdapter(
            port.device, f"{port.vid:04x}:{port.pid:04x}", port.serial_number or "", port.location or ""
        )
        for port in list_ports.comports()
        if port.vid is not None and port.pid is not None
    ]


def ambiguity(name: str, adapters: Sequence[UsbAdapter]) -> str:
    """Why a port's name may come to mean another adapter than today, in words; empty: it will not.

    Args:
        name: as configured.
        adapters: those that are plugged in.
    """
    device = str(Path(name).resolve())
    adapter = next((each for each in adapters if each.device == device), None)
    others = [each for each in adapters if each.device != device]
    if adapter is None:
        return ""  # no USB adapter: its name is its place
    if "/by-id/" in name:
        if not adapter.serial_number:
            return f"the adapter {adapter.model} in socket {adapter.socket} has no serial number"
        if twins := [each.socket for each in others if each.serial_number == adapter.serial_number]:
            return f"adapters in sockets {adapter.socket} and {', '.join(twins)} have the same serial number"
    elif KERNEL_NAME.fullmatch(name) and others:
        return f"{len(others) + 1} adapters are plugged in, numbered in the order in which they came"
    return ""


def stable_name(device: str) -> str:
    """The by-path name of a device; the device's own where it has none."""
    links = sorted(BY_PATH.iterdir()) if BY_PATH.is_dir() else []
    return next((str(link) for link in links if link.resolve() == Path(device).resolve()), device)
