"""One facing in time: counts say what stands there, movements what changed since."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter

from edge.aggregator.stock.movement import Cause, Line, Movement
from edge.messages import EventIdentity, StockCount

KEPT = 256
"""[movements] of a facing that stay apart at least: a count may come so late."""

DECIDED = 0.5
"""[1] Above that, what every movement is taken for is the most probable content."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did to one facing."""

    t_s: float
    event: EventIdentity
    cause: Cause
    line: Line

    @classmethod
    def of(cls, movement: Movement, line: Line) -> Step:
        """One line of a movement."""
        return cls(movement.t_s, movement.event, movement.cause, line)


@dataclass(frozen=True, slots=True)
class Level:
    """What stands on a facing at one moment."""

    mean: float = 0.0  # [units] expected; before the first count what came less what went
    variance: float = 0.0  # [units^2]
    likeliest: int = 0  # [units] by the most probable reading of every movement
    certain: float = 1.0  # [1] that every movement was just that
    counted: StockCount | None = None  # the last count; None: the level before all movements is not known
    brought: int = 0  # [units] since then
    taken: int = 0  # [units] since then

    @property
    def units(self) -> int:
        """[units] Most probable: as every movement is taken for; where that is too unsure, the mean."""
        return self.likeliest if self.certain >= DECIDED else math.floor(self.mean + 0.5)

    @property
    def sigma(self) -> float:
        """[units] One standard deviation."""
        return math.sqrt(self.variance)

    @property
    def probability(self) -> float:
        """[1] That it is just ``units``; the sum of many small doubts has a normal distribution."""
        if self.certain >= DECIDED:
            return self.certain
        apart, width = self.mean - self.units, max(self.sigma, 1e-6) * math.sqrt(2.0)
        return 0.5 * (math.erf((0.5 - apart) / width) + math.erf((0.5 + apart) / width))

    def moved(self, line: Line) -> Level:
        """After one more movement. No facing holds less than nothing: more stood there than was known."""
        mean, likeliest = self.mean + line.mean, self.likeliest + line.units
        is_known = self.counted is not None
        return replace(
            self,
            mean=max(mean, 0.0) if is_known else mean,
            variance=self.variance + line.variance,
            likeliest=max(likeliest, 0) if is_known else likeliest,
            certain=self.certain * line.probability,
            brought=self.brought + max(line.units, 0),
            taken=self.taken + max(-line.units, 0),
        )


@dataclass(frozen=True, slots=True)
class Check:
    """One count against what was expected just before it."""

    count: StockCount
    expected: Level


@dataclass(slots=True)
class History:
    """Steps and counts of one facing. Those that are long past are folded into a level."""

    _begin: Level = field(default_factory=Level)
    _begin_s: float = -math.inf  # [s] what was before is in `_begin`
    _steps: dict[EventIdentity, Step] = field(default_factory=dict)
    _counts: dict[str, StockCount] = field(default_factory=dict)
    _checks: list[Check] = field(default_factory=list)  # of folded counts

    def keep(self, step: Step) -> None:
        """Remember a step that nothing will change any more; one before a folded count tells nothing."""
        counted = self._begin.counted
        if counted is not None and step.t_s < counted.t:
            return
        self._steps[step.event] = step
        if len(self._steps) > 2 * KEPT:
            self._fold_old()

    def count(self, count: StockCount, *, stands: bool) -> None:
        """Take in a count, or one that was taken back; it comes too late for what is folded."""
        if count.t < self._begin_s:
            return
        if stands:
            self._counts[count.id] = count
        else:
            self._counts.pop(count.id, None)

    def level(self, steps: Iterable[Step] = ()) -> Level:
        """What stands there after all of it.

        Args:
            steps: that may still change; kept ones of the same events do not count beside them.
        """
        return deque(self._levels(steps), maxlen=1)[0][0]

    def checks(self, steps: Iterable[Step] = ()) -> list[Check]:
        """Every count against what was expected, but for the first one."""
        found = list(self._checks)
        found += [check for _, check in self._levels(steps) if check is not None]
        return found

    def steps(self, live: Iterable[Step] = ()) -> list[Step]:
        """Kept steps with those that may still change, by time."""
        return sorted({**self._steps, **{each.event: each for each in live}}.values(),
                      key=attrgetter("t_s", "event"))  # fmt: skip

    def _levels(self, live: Iterable[Step]) -> Iterator[tuple[Level, Check | None]]:
        yield self._begin, None
        yield from _fold(self._begin, self.steps(live), self._counts.values())

    def _fold_old(self) -> None:
        steps = self.steps()
        self._begin_s = steps[-KEPT].t_s
        old = [step for step in steps if step.t_s < self._begin_s]
        counts = [count for count in self._counts.values() if count.t < self._begin_s]
        for level, check in _fold(self._begin, old, counts):
            self._begin = level
            if check is not None:
                self._checks.append(check)
        for step in old:
            del self._steps[step.event]
        for count in counts:
            del self._counts[count.id]


def _fold(
    level: Level, steps: Iterable[Step], counts: Iterable[StockCount]
) -> Iterator[tuple[Level, Check | None]]:
    """The level after each step and count, in time; a count and what was expected before it."""
    things: list[tuple[float, int, str, Step | StockCount]] = [
        *((step.t_s, 0, str(step.event), step) for step in steps),
        *((count.t, 1, count.id, count) for count in counts),
    ]
    for _, _, _, thing in sorted(things, key=lambda each: each[:3]):
        if isinstance(thing, Step):
            level = level.moved(thing.line)
            yield level, None
        else:
            check = Check(thing, level) if level.counted is not None else None
            level = Level(mean=float(thing.units), likeliest=thing.units, counted=thing)
            yield level, check
