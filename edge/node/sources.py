"""Where a node's inputs come from: its boards and clocks, or a recording that stands in for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from edge.clock import Clock
from edge.errors import RecordingError
from edge.messages import CameraHealth, RackHealth
from edge.node.boards import Boards
from edge.node.utc_watch import UtcWatch
from edge.outbox.store import StoredLevels
from edge.samples import (
    NS_PER_S,
    CameraReport,
    CountBlock,
    Frame,
    NodeInput,
    PriorLevels,
    UtcReading,
    WeightBlock,
)

CHUNK = 64
"""[inputs] of a recording at a time, so that commands and acknowledgements are heard in between."""


class InputSource(Protocol):
    """What the node's loop asks for inputs."""

    @property
    def ended(self) -> bool:
        """Whether there will be no more inputs."""
        ...

    @property
    def fault(self) -> str:
        """One sentence about what is wrong with it, else empty."""
        ...

    def poll(self) -> list[NodeInput]:
        """Inputs since the last call, in their order; never waits."""
        ...

    def wait_s(self) -> float:
        """[s] until it is worth to poll again."""
        ...

    def health(self) -> tuple[RackHealth, ...]:
        """The racks' links."""
        ...

    def cameras(self) -> tuple[CameraHealth, ...]:
        """Its cameras."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class CameraSource(Protocol):
    """What a live node asks its cameras for; see :class:`edge.node.eyes.Cameras`."""

    @property
    def fault(self) -> str:
        """One sentence about cameras that need a hand, else empty."""
        ...

    def poll(self) -> list[Frame | CameraReport]:
        """Frames and changes of state since the last call; never waits."""
        ...

    def health(self) -> tuple[CameraHealth, ...]:
        """Every camera in numbers."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class LiveSource:
    """Boards, dated by the machine's clock; what the last boot stored comes first.

    Args:
        boards: the node's boards.
        utc_watch: gives readings of the clock.
        prior: settled levels of the last boot.
        clock: the host's.
        cameras: the node's, if it has any.
    """

    POLL_S = 0.03
    """[s] a sample waits this long at most; boards send a block every 50 to 100 ms."""

    ended = False

    def __init__(
        self,
        boards: Boards,
        utc_watch: UtcWatch,
        prior: StoredLevels | None,
        *,
        clock: Clock,
        cameras: CameraSource | None = None,
    ) -> None:
        self._boards, self._utc_watch, self._prior, self._clock = boards, utc_watch, prior, clock
        self._cameras = cameras

    @property
    def fault(self) -> str:
        """See :class:`InputSource`."""
        faults = (self._boards.fault, self._cameras.fault if self._cameras is not None else "")
        return "; ".join(filter(None, faults))

    def poll(self) -> list[NodeInput]:
        """See :class:`InputSource`."""
        inputs: list[NodeInput] = []
        if (reading := self._utc_watch.update()) is not None:
            inputs.append(reading)
        if self._prior is not None:
            inputs.append(PriorLevels(self._clock.mono_ns(), self._prior.utc_s, self._prior.levels_g))
            self._prior = None
        inputs += self._boards.poll()
        return inputs if self._cameras is None else inputs + list(self._cameras.poll())

    def wait_s(self) -> float:
        """See :class:`InputSource`."""
        return self.POLL_S

    def health(self) -> tuple[RackHealth, ...]:
        """See :class:`InputSource`."""
        return self._boards.health()

    def cameras(self) -> tuple[CameraHealth, ...]:
        """See :class:`InputSource`."""
        return self._cameras.health() if self._cameras is not None else ()

    def close(self) -> None:
        """See :class:`InputSource`."""
        self._boards.close()
        if self._cameras is not None:
            self._cameras.close()


class RecordedSource:
    """A recording's inputs at ``speed`` times real time; 0 is as fast as possible.

    A fault in the recording ends it: what came before has been delivered, ``fault`` says the rest.
    """

    def __init__(self, inputs: Iterator[NodeInput], *, speed: float, clock: Clock) -> None:
        self._inputs, self._speed, self._clock = inputs, speed, clock
        self._racks: dict[str, RackHealth] = {}
        self._next: NodeInput | None = None
        self._start_ns: tuple[int, int] | None = None  # (recording's, host's) at the first sample
        self.ended = False
        self.fault = ""
        self._advance()

    def poll(self) -> list[NodeInput]:
        """See :class:`InputSource`."""
        inputs: list[NodeInput] = []
        while self._next is not None and len(inputs) < CHUNK and self._ahead_s(self._next) <= 0:
            inputs.append(self._next)
            if isinstance(self._next, CountBlock | WeightBlock):
                rate_hz = NS_PER_S / self._next.period_ns
                self._racks[self._next.rack] = RackHealth(self._next.rack, True, round(rate_hz, 3))
            self._advance()
        return inputs

    def wait_s(self) -> float:
        """See :class:`InputSource`."""
        if self._next is None:
            return LiveSource.POLL_S
        return min(LiveSource.POLL_S, max(0.0, self._ahead_s(self._next)))

    def health(self) -> tuple[RackHealth, ...]:
        """See :class:`InputSource`."""
        return tuple(self._racks.values())

    def cameras(self) -> tuple[CameraHealth, ...]:
        """See :class:`InputSource`."""
        return ()

    def close(self) -> None:
        """See :class:`InputSource`."""

    def _ahead_s(self, arrived: NodeInput) -> float:
        if not self._speed or isinstance(arrived, UtcReading):
            return 0.0
        now_ns = self._clock.mono_ns()
        if self._start_ns is None:
            self._start_ns = (arrived.mono_ns, now_ns)
        recorded_ns, host_ns = self._start_ns
        return ((arrived.mono_ns - recorded_ns) / self._speed - (now_ns - host_ns)) / NS_PER_S

    def _advance(self) -> None:
        try:
            self._next = next(self._inputs, None)
        except RecordingError as error:
            self._next, self.fault = None, str(error)
        self.ended = self._next is None
