"""Goods that lie where they do not belong: put there, taken from there, or found there by staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from edge.aggregator.stock.facings import Spot
from edge.aggregator.stock.history import Step
from edge.messages import EventIdentity, StockCount

KEPT = 512
"""[movements] of one SKU away from its facings that are remembered, the latest."""

LIES = 0.5
"""[units] Of so many expected at least, a unit that is taken there was one of those."""

GONE = 0.05
"""[units] Of fewer expected nothing is said any more."""


@dataclass(frozen=True, slots=True)
class Lying:
    """Units of one SKU away from their facing."""

    plates: tuple[str, ...]
    mean: float  # [units] expected
    since_s: float  # when the last one was put there

    @property
    def units(self) -> int:
        """[units] The nearest whole number, at least one."""
        return max(1, round(self.mean))

    @property
    def probability(self) -> float:
        """[1] That any lies there, given how many are expected."""
        return min(self.mean, 1.0)


@dataclass(slots=True)
class Astray:
    """One SKU wherever it does not belong."""

    _steps: dict[EventIdentity, Step] = field(default_factory=dict)
    _found: dict[str, StockCount] = field(default_factory=dict)  # units that staff saw there

    def keep(self, step: Step) -> None:
        """Remember a step that nothing will change any more."""
        self._steps[step.event] = step
        if len(self._steps) > 2 * KEPT:
            ordered = sorted(self._steps.values(), key=lambda each: (each.t_s, each.event))
            self._steps = {each.event: each for each in ordered[-KEPT:]}

    def count(self, count: StockCount, *, stands: bool) -> None:
        """Take in what staff found somewhere (0: nothing lies there), or what was taken back."""
        if stands:
            self._found[count.id] = count
        else:
            self._found.pop(count.id, None)

    def fold(self, live: Iterable[Step] = ()) -> tuple[list[Lying], list[Step]]:
        """Where units lie, and what was taken beside a facing and so came from it.

        Args:
            live: steps that may still change; kept ones of the same events do not count beside them.
        """
        steps = {**self._steps, **{each.event: each for each in live}}
        things: list[tuple[float, int, str, Step | StockCount]] = [
            *((step.t_s, 0, str(step.event), step) for step in steps.values()),
            *((count.t, 1, count.id, count) for count in self._found.values()),
        ]
        lying: list[Lying] = []
        from_facings: list[Step] = []
        for _, _, _, thing in sorted(things, key=lambda each: each[:3]):
            if isinstance(thing, StockCount):
                lying = [each for each in lying if thing.plate not in each.plates]
                if thing.units:
                    lying.append(Lying((thing.plate,), float(thing.units), thing.t))
            elif thing.line.mean > 0:
                _put(lying, thing)
            elif (rest := _take(lying, thing)) is not None:
                from_facings.append(rest)
        return [each for each in lying if each.mean >= GONE], from_facings


def _put(lying: list[Lying], step: Step) -> None:
    plates = step.line.spot.plates
    known = next((each for each in lying if each.plates == plates), None)
    if known is not None:
        lying.remove(known)
    before = known.mean if known is not None else 0.0
    lying.append(Lying(plates, before + step.line.mean, step.t_s))


def _take(lying: list[Lying], step: Step) -> Step | None:
    """Take units from where they lie; what did not lie there stood on the facing beside, if there is one."""
    line = step.line
    there = [each for each in lying if set(each.plates) & set(line.spot.plates) and each.mean >= LIES]
    if there:
        taken = max(there, key=lambda each: (each.mean, each.plates))
        lying.remove(taken)
        lying.append(replace(taken, mean=max(taken.mean + line.mean, 0.0)))
        return None
    if line.spot.facing is None:
        return None
    home = Spot(line.spot.sku, line.spot.plates, line.spot.facing)
    return replace(step, line=replace(line, spot=home))
