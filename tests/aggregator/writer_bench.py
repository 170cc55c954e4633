"""A writer without a broker: what it publishes is a list, its clock stands where the test puts it."""

from __future__ import annotations

from edge.aggregator.writer import Writer
from edge.config import AggregatorConfig
from edge.payload import decode, encode
from edge.topics import TopicNames

NAMES = TopicNames("shop")


class StandingClock:
    def __init__(self) -> None:
        self.utc = 1_700_000_000.0

    def mono_ns(self) -> int:
        return int(self.utc * 1e9)

    def utc_s(self) -> float:
        return self.utc


class Bench:
    """A writer, its clock, and what it published."""

    def __init__(self, store_dir, catalogue, planogram) -> None:
        self.clock = StandingClock()
        self.online = True
        self.published: list[tuple[str, bytes, bool]] = []
        self.ledger_file = store_dir / "ledger.sqlite"
        self.make = lambda: Writer(
            AggregatorConfig(store="shop", nodes=("n1", "n2")), catalogue=catalogue, planogram=planogram,
            place=self.ledger_file, state_dir=store_dir, publish=self.publish, clock=self.clock,
        )  # fmt: skip
        self.writer = self.make()

    def publish(self, topic: str, payload: bytes, retain: bool) -> bool:
        if self.online:
            self.published.append((topic, payload, retain))
        return self.online

    def restart(self) -> None:
        """As after kill -9: nothing is closed in good order."""
        self.writer = self.make()

    def say(self, row, message, **names) -> None:
        self.writer.receive(NAMES.of(row, **names), encode(message))

    def of(self, row, kind=None):
        parsed = [(NAMES.parse(topic), payload) for topic, payload, _ in self.published]
        return [
            decode(payload, kind or row.payload, source="") if payload else None
            for (found, _), payload in parsed
            if found is row
        ]
