"""A recording through node pipelines and store in one process: no broker, no clock, no files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.aggregator.entries import LedgerEntry
from edge.aggregator.store import Store
from edge.messages import NodeMessage
from edge.node.pipeline import NodePipeline
from edge.recording.case import Case, NodeSetup, StoreInput
from edge.recording.mcap_recorder import Recorder
from edge.samples import NS_PER_S, CountBlock, NodeInput, UtcReading, WeightBlock
from edge.vision.testimony import Witness

SETTLE_EVERY_S = 1.0  # [s] of store time between looks at what is due

WINDOW_S = 4.0
"""[s] of samples at a time, where nobody keeps pace: nothing is put out of its order by more."""


@dataclass(slots=True)
class StoreTime:
    """What the samples' own times tell about the recording's length and pace."""

    readings: dict[str, UtcReading] = field(default_factory=dict)
    first_s: float | None = None  # [s] epoch time of the first sample
    latest_s: float = 0.0  # [s] epoch time of the latest

    @property
    def elapsed_s(self) -> float:
        """Length of the recording so far."""
        return 0.0 if self.first_s is None else self.latest_s - self.first_s

    def update(self, node: str, arrived: NodeInput) -> None:
        """Take note of what entered a node."""
        if isinstance(arrived, UtcReading):
            self.readings[node] = arrived
        elif isinstance(arrived, CountBlock | WeightBlock) and node in self.readings:
            rows = arrived.counts if isinstance(arrived, CountBlock) else arrived.grams
            reading = self.readings[node]
            start_s = reading.at(arrived.mono_ns)
            self.first_s = start_s if self.first_s is None else min(self.first_s, start_s)
            self.latest_s = max(self.latest_s, start_s + len(rows) * arrived.period_ns / NS_PER_S)


def nobody(_: NodeSetup) -> None:
    """Nobody sees the shelves of the node."""


class InProcessReplay:
    """Feeds a case, input by input, to its nodes' pipelines, and their messages to one store.

    Args:
        case: what to replay.
        recorder: also gets every input and decision.
        witness_of: gives whoever sees the shelves of a node; None: it is decided by weight alone.
    """

    def __init__(
        self,
        case: Case,
        recorder: Recorder | None = None,
        witness_of: Callable[[NodeSetup], Witness | None] = nobody,
    ) -> None:
        setup = case.setup
        catalogue, planogram = setup.catalogue(), setup.planogram()
        self.store = Store(
            catalogue=catalogue, planogram=planogram, attribution=setup.attribution, carts=setup.carts
        )
        self.time = StoreTime()
        self._case, self._recorder = case, recorder
        self._settled_s = 0.0
        self._pipelines = {
            name: NodePipeline(
                node=name,
                boot=node.boot,
                racks=node.racks,
                planogram=planogram,
                catalogue=catalogue,
                weight=node.weight,
                fusion=node.fusion,
                calibrations=node.calibrations,
                witness=witness_of(node),
            )
            for name, node in setup.nodes.items()
        }

    def run(self, pace: Callable[[StoreTime], None] | None = None) -> None:
        """Replay to the end.

        Args:
            pace: called before each node's input with the store time it brings; may wait.

        Raises:
            RecordingError: the recording ends in a fault; everything before it is in the store.
        """
        try:
            as_they_came = pace is not None or self._recorder is not None
            for node, arrived in self._case.inputs(0.0 if as_they_came else WINDOW_S):
                if isinstance(arrived, StoreInput):
                    self._hear(arrived)
                elif node in self._pipelines:
                    self.time.update(node, arrived)
                    if pace is not None:
                        pace(self.time)
                    self._feed(node, arrived)
        finally:
            for pipeline in self._pipelines.values():
                self._decide(pipeline.flush())
            self._commit(self.store.finish())

    def _feed(self, node: str, arrived: NodeInput) -> None:
        if self._recorder is not None:
            self._recorder.input(node, arrived)
        self._decide(self._pipelines[node].step((arrived,)))
        if self.time.latest_s - self._settled_s >= SETTLE_EVERY_S:
            self._settled_s = self.time.latest_s
            self._commit(self.store.settle(self._settled_s))

    def _hear(self, arrived: StoreInput) -> None:
        if self._recorder is not None:
            self._recorder.people(arrived)
        self._commit(self.store.receive(arrived))

    def _decide(self, messages: tuple[NodeMessage, ...]) -> None:
        for message in messages:
            if self._recorder is not None:
                self._recorder.decision(message)
            self._commit(self.store.receive(message))

    def _commit(self, entries: tuple[LedgerEntry, ...]) -> None:
        for entry in entries:
            self.store.apply(entry)
