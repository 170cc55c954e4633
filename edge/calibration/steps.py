"""The procedure as data: which load is asked for next, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from edge.calibration.weights import EMPTY, Load

CORNERS = ("front left", "front right", "back right", "back left")
"""Places of the eccentricity test (OIML R 76-1:2006, A.4.7): the middle of each quarter of the plate."""


class StepKind(StrEnum):
    """What a step is for."""

    ZERO = "zero"
    UP = "up"
    DOWN = "down"
    REPEAT = "repeat"
    CORNER = "corner"
    CREEP_START = "creep_start"
    CREEP_END = "creep_end"
    CREEP_RETURN = "creep_return"

    @property
    def serves_the_fit(self) -> bool:
        """Whether readings of this step stand for the load in the middle of the plate, at once."""
        return self in (StepKind.ZERO, StepKind.UP, StepKind.DOWN, StepKind.REPEAT)


class Step(msgspec.Struct, frozen=True):
    """One reading that the procedure asks for."""

    kind: StepKind
    load: Load
    place: str = "centre"
    hold_s: float = 0.0  # [s] the load lies there before the reading

    @property
    def request(self) -> str:
        """What a technician is asked to do."""
        if self.kind is StepKind.CREEP_END:
            return f"Leave {self.load} where it is for {self.hold_s / 60:g} min."
        if not self.load.weights:
            return "Empty the plate."
        where = "in the middle" if self.place == "centre" else f"in the {self.place} quarter"
        again = {StepKind.REPEAT: "Again put", StepKind.DOWN: "Go back to"}.get(self.kind, "Put")
        return f"{again} {self.load} {where}."


def procedure(
    loads: Sequence[Load], *, repeats: int = 3, corner_load: Load | None = None, creep_s: float = 0.0
) -> tuple[Step, ...]:
    """Zero, loads up and down, the largest again ``repeats`` times, corners and creep if asked for.

    >>> from edge.calibration.weights import parse_loads
    >>> [step.kind.value for step in procedure(parse_loads("1000,2000"), repeats=1)]
    ['zero', 'up', 'up', 'down', 'zero', 'repeat', 'zero']
    """
    return tuple(_steps(loads, repeats, corner_load, creep_s))


def _steps(loads: Sequence[Load], repeats: int, corner_load: Load | None, creep_s: float) -> Iterator[Step]:
    zero = Step(StepKind.ZERO, EMPTY)
    yield zero
    for load in loads:
        yield Step(StepKind.UP, load)
    for load in reversed(loads[:-1]):
        yield Step(StepKind.DOWN, load)
    yield zero
    for _ in range(repeats):
        yield Step(StepKind.REPEAT, loads[-1])
        yield zero
    if corner_load is not None:
        for place in CORNERS:
            yield Step(StepKind.CORNER, corner_load, place)
        yield zero
    if creep_s > 0:
        yield Step(StepKind.CREEP_START, loads[-1])
        yield Step(StepKind.CREEP_END, loads[-1], hold_s=creep_s)
        yield Step(StepKind.CREEP_RETURN, EMPTY)
