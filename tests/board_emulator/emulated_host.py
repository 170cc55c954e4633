"""The host of an emulated board: a bridge that is polled as a node polls it, and everything it said."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import NO_READING, BoardSamples, BoardStatus
from firmware_bridge.link import LinkFault
from firmware_bridge.wire import Counts

PATIENCE_S = 30.0
"""[s] for anything that must come; an order of magnitude above what it takes."""
STEADY = [1000, 2000, 3000, 4000]
"""[counts] on the cells of the fixture ``board``."""
LINK_UP: None = None
"""The fault of a link that is up."""


class Host:
    """Polls the bridge of one board.

    Attributes:
        blocks: since ``forget``, or since the beginning.
        statuses: likewise.
    """

    def __init__(self, port: Path, expected_board_id: str = "") -> None:
        self.bridge = Bridge(port=str(port), expected_board_id=expected_board_id, clock=time.monotonic_ns)
        self.blocks: list[BoardSamples] = []
        self.statuses: list[BoardStatus] = []

    def wait(self, done: Callable[[], object], what: str) -> None:
        """Poll until it is done; fails the test when it takes too long."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < deadline_s, f"waited in vain for {what}: {self.bridge.status}"
            time.sleep(0.02)
            for result in self.bridge.poll():
                if isinstance(result, BoardSamples):
                    self.blocks.append(result)
                else:
                    self.statuses.append(result)

    def wait_status(self, fault: LinkFault | None) -> None:
        """Until the link has been down for this reason, or up."""
        self.wait(lambda: any(status.fault is fault for status in self.statuses), f"{fault}")

    def collect(self, samples: int) -> Counts:
        """Poll until so many further samples have come; [samples or more, channel]."""
        self.forget()
        self.wait(lambda: sum(len(block.counts) for block in self.blocks) >= samples, f"{samples} samples")
        return self.counts

    def forget(self) -> None:
        """Keep nothing of what came so far."""
        self.blocks, self.statuses = [], []

    @property
    def counts(self) -> Counts:
        """[sample, channel] of all blocks kept."""
        return np.concatenate([block.counts for block in self.blocks])

    @property
    def board_id(self) -> str:
        assert self.bridge.identity is not None
        return self.bridge.identity.board_id.hex()


def failed(counts: Counts) -> np.ndarray:
    """[sample, channel] whether the board says that the read has failed."""
    return counts == NO_READING
