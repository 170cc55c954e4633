"""Which device to open: the one that is named, or whichever of several a board turns out to be on."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_bridge.errors import PortError
from firmware_bridge.link import LinkFault
from firmware_bridge.usb_adapters import UsbAdapter, ambiguity, plugged_in, stable_name

ANYWHERE = "/dev/tty[UA][SC][BM]*"
"""Where a board is looked for whose port is not named: ttyUSB and ttyACM, all kinds of USB adapters."""

LEFT_ALONE_NS = 3_000_000_000
"""[ns] Two drivers that hold each other's boards would else never find one free."""


class PortChoice:
    """The devices that a port's name may mean, in the order in which to try them.

    A device that turned out to be another board's is left to that board's own driver for a while, then tried
    again after all others. Without a board id to check, the name
    alone says whose samples these are: one that may come to mean another adapter is refused.

    Args:
        name: path, or pattern as of a shell; empty: any USB adapter.
        identified: the board says who it is, and is checked.
        adapters: gives those that are plugged in.
        clock: gives ``mono_ns``.
    """

    def __init__(
        self,
        name: str,
        *,
        identified: bool = True,
        adapters: Callable[[], Sequence[UsbAdapter]] = plugged_in,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.name = name or ANYWHERE
        self._identified = identified
        self._adapters = adapters
        self._clock = clock
        self._rejected: dict[str, int] = {}  # [ns] when, latest last

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
        """Leave this device alone for a while, then try it last."""
        self._rejected.pop(device, None)
        self._rejected[device] = self._clock()

    def _search(self) -> list[str]:
        paths = sorted(glob.glob(self.name))  # noqa: PTH207 - a pattern may begin anywhere
        found = {str(Path(path).resolve()): path for path in reversed(paths)}.values()
        if not found:
            raise PortError(
                LinkFault.PORT_MISSING, "no port matches", where=self.name,
                fix="Plug the board in, or correct the port in the node's configuration.",
            )  # fmt: skip
        rejected, now_ns = dict(self._rejected), self._clock()
        again = [path for path, ns in rejected.items() if path in found and now_ns - ns > LEFT_ALONE_NS]
        candidates = sorted(set(found) - rejected.keys()) + again
        if not candidates:
            raise PortError(
                LinkFault.NOT_FOUND, "the board is on none of the ports", where=self.name,
                found=", ".join(sorted(found)), fix="Plug the board in.",
            )  # fmt: skip
        return candidates
