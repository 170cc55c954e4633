"""Which device to open: the one that is named, or whichever of several a board turns out to be on."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_bridge.errors import PortError
from firmware_bridge.link import LinkFault
from firmware_bridge.usb_adapters import UsbAdapter, ambiguity, plugged_in, stable_name

ANYWHERE = "/dev/tty[UA][SC][BM]*"
"""Where a board is looked for whose port is not named: ttyUSB and ttyACM, all kinds of USB adapters."""


class PortChoice:
    """The devices that a port's name may mean, in the order in which to try them.

    A device that turned out to be another board's is tried again last. Without a board id to check, the name
    alone says whose samples these are: one that may come to mean another adapter is refused.

    Args:
        name: path, or pattern as of a shell; empty: any USB adapter.
        identified: the board says who it is, and is checked.
        adapters: gives those that are plugged in.
    """

    def __init__(
        self,
        name: str,
        *,
        identified: bool = True,
        adapters: Callable[[], Sequence[UsbAdapter]] = plugged_in,
    ) -> None:
        self.name = name or ANYWHERE
        self._identified = identified
        self._adapters = adapters
        self._rejected: list[str] = []  # latest last

    @property
    def is_search(self) -> bool:
        """Whether the name leaves open which device it is."""
        return glob.has_magic(self.name)

    def candidates(self) -> list[str]:
        """Devices to try now.

        Raises:
            PortError: there is none, or the name is not safe.
        """
        if self.is_search:
            return self._search()
        if not self._identified and (reason := ambiguity(self.name, self._adapters())):
            raise PortError(
                LinkFault.PORT_AMBIGUOUS, "the port's name may come to mean another adapter",
                where=self.name, found=reason,
                fix=f"Name the socket it is plugged into: {stable_name(self.name)}",
            )  # fmt: skip
        return [self.name]

    def reject(self, device: str) -> None:
        """Try the others first."""
        if device in self._rejected:
            self._rejected.remove(device)
        self._rejected.append(device)

    def _search(self) -> list[str]:
        paths = sorted(glob.glob(self.name))  # noqa: PTH207 - a pattern may begin anywhere
        found = {str(Path(path).resolve()): path for path in reversed(paths)}
        self._rejected = [path for path in self._rejected if path in found.values()]
        if not found:
            raise PortError(
                LinkFault.PORT_MISSING, "no port matches", where=self.name,
                fix="Plug the board in, or correct the port in the node's configuration.",
            )  # fmt: skip
        return [path for path in sorted(found.values()) if path not in self._rejected] + self._rejected
