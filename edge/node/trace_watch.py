"""Says what plates weigh, twice a second, for as long as somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from edge.messages import Command, PlateTrace, Reply
from edge.node.traces import end_ns, plate_traces
from edge.samples import NS_PER_S, CountBlock, NodeInput, RackLayout, UtcReading, WeightBlock

LEASE_MAX_S = 60.0
"""[s] Whoever looks longer asks again: one who has gone is not spoken to for ever."""

SAID_EVERY_S = 0.5
"""[s] of readings in one message."""

PERIOD_S = 0.05
"""[s] between values: a hop of the weight path, quick enough to show a hand and a shaking rack."""

PLATES_MAX = 64
"""[plates] in one message."""


class TraceWatch:
    """One for a node.

    Args:
        racks: of the node.
        to_grams: a block of counts in grams, by the calibration in force.
    """

    def __init__(
        self, racks: Sequence[RackLayout], to_grams: Callable[[CountBlock | WeightBlock], WeightBlock]
    ) -> None:
        self._racks, self._to_grams = racks, to_grams
        self._plates = {plate for rack in racks for plate in rack.plates}
        self._watched: dict[str, int] = {}  # by plate, [ns] mono until when
        self._blocks: dict[str, list[WeightBlock]] = {}  # by rack, not yet said
        self._utc: UtcReading | None = None

    def obey(self, command: Command, mono_ns: int) -> Reply:
        """Begin to watch, or go on."""
        plates = [plate for plate in command.arguments.get("plates", "").split(",") if plate]
        try:
            lease_s = float(command.arguments.get("lease_s", ""))
        except ValueError:
            lease_s = 0.0
        if not 0 < lease_s <= LEASE_MAX_S:
            return _refusal(command, f"`lease_s` is no number above 0 up to {LEASE_MAX_S:g}")
        if not plates or (unknown := [plate for plate in plates if plate not in self._plates]):
            what = f"has no plate `{unknown[0]}`" if plates else "is not told which `plates`"
            return _refusal(command, f"this node {what}")
        if len(self._watched.keys() | set(plates)) > PLATES_MAX:
            return _refusal(command, f"more than {PLATES_MAX} plates cannot be watched at once")
        self._watched |= dict.fromkeys(plates, mono_ns + round(lease_s * NS_PER_S))
        return Reply(correlation=command.correlation, ok=True, detail=f"{len(plates)} plates are watched")

    def update(self, inputs: Sequence[NodeInput], mono_ns: int) -> tuple[PlateTrace, ...]:
        """What is to be said now; nothing while nobody looks."""
        self._watched = {plate: until for plate, until in self._watched.items() if mono_ns < until}
        for arrived in inputs:
            if isinstance(arrived, UtcReading):
                self._utc = arrived
            elif (
                self._watched and isinstance(arrived, CountBlock | WeightBlock) and self._shows(arrived.rack)
            ):
                self._blocks.setdefault(arrived.rack, []).append(self._to_grams(arrived))
        if not self._watched:
            self._blocks.clear()
            return ()
        return tuple(trace for rack in self._racks for trace in self._due(rack))

    def _shows(self, rack: str) -> bool:
        return any(
            each.rack == rack and not self._watched.keys().isdisjoint(each.plates) for each in self._racks
        )

    def _due(self, rack: RackLayout) -> Iterator[PlateTrace]:
        """Traces of a rack's plates when there is enough to say."""
        blocks = self._blocks.get(rack.rack)
        if not blocks or self._utc is None:
            return
        from_ns, to_ns = blocks[0].mono_ns, end_ns(blocks[-1])
        if to_ns - from_ns < SAID_EVERY_S * NS_PER_S:
            return
        columns = {plate: column for column, plate in enumerate(rack.plates) if plate in self._watched}
        del self._blocks[rack.rack]
        if columns:
            yield from plate_traces(
                blocks,
                columns,
                from_ns=from_ns,
                to_ns=to_ns,
                period_s=PERIOD_S,
                t_first=self._utc.at(from_ns),
            )


def _refusal(command: Command, detail: str) -> Reply:
    return Reply(correlation=command.correlation, ok=False, detail=detail)
