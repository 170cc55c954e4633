"""Is the plate good enough? Every comparison with a limit, before and after.

The limits are those of OIML R 76-1:2006 for non-automatic weighing instruments: well considered, and known to
everybody in the trade. A plate is no verified instrument all the same, and this is no legal verification.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import msgspec

from edge.calibration.fit import Fit
from edge.calibration.gain import TOO_STRONG, ImpliedCapacity
from edge.calibration.limits import Limits
from edge.calibration.run import Taken
from edge.calibration.steps import Step, StepKind
from edge.config import ChannelCalibration

CREEP_E = 0.5
"""[e] What a load may creep in 30 min, and what zero may be off by after it (R 76-1, 3.9.4.1 and 3.9.4.2)."""

KNOWLEDGE_SHARE = 1 / 3
"""[mpe] What the weights may be off by (R 76-1, 3.7.1); asked of the stated uncertainty as well."""


class CheckKind(StrEnum):
    """What is compared with a limit."""

    ERROR = "error"
    HYSTERESIS = "hysteresis"
    REPEATABILITY = "repeatability"
    CORNER = "corner"
    CREEP = "creep"
    ZERO_RETURN = "zero_return"
    WEIGHTS = "weights"
    UNCERTAINTY = "uncertainty"
    INTERVALS = "intervals"
    CONVERTER = "converter"
    CELL = "cell"


class Check(msgspec.Struct, frozen=True):
    """One comparison; kept if ``found`` is from ``least`` to ``most``."""

    kind: CheckKind
    subject: str  # of what, in words
    load_g: float  # [g]
    found: float  # in `unit`
    least: float  # in `unit`
    most: float  # in `unit`
    unit: str = "g"

    @property
    def passed(self) -> bool:
        """Whether the limits are kept."""
        return self.least <= self.found <= self.most


def _within(kind: CheckKind, subject: str, load_g: float, found_g: float, limit_g: float) -> Check:
    return Check(kind, subject, load_g, round(found_g, 4), -limit_g, limit_g)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the plate shows at one step with some calibration."""

    step: Step
    shown_g: float
    error_g: float  # after zero-setting

    @property
    def load_g(self) -> float:
        return self.step.load.nominal_g


def check_errors(
    taken: Sequence[Taken], calibration: ChannelCalibration, limits: Limits
) -> tuple[Check, ...]:
    """Every comparison that depends on a calibration, old or new: the same readings serve for both.

    Errors are those after zero-setting (R 76-1, A.4.4.3): the first empty reading counts as zero, because a
    shelf weighs changes and its absolute level means little.

    Args:
        taken: all readings, the first of the empty plate.
        calibration: that the plate would weigh with.
        limits: what it shall serve.
    """
    zero = taken[0].reading.mean_counts
    shown = []
    for each in taken:
        gain = calibration.counts_per_gram
        shown_g = (each.reading.mean_counts - calibration.zero_counts) / gain
        error_g = (each.reading.mean_counts - zero) / gain - each.step.load.nominal_g
        shown.append(_Shown(each.step, shown_g, error_g))
    return (
        *_errors(shown[1:], limits),
        *_hysteresis(shown, limits),
        *_repeatability(shown, limits),
        *_creep(shown, limits),
    )


def _errors(shown: Sequence[_Shown], limits: Limits) -> Iterator[Check]:
    for each in shown:
        limit_g = limits.mpe_g(each.load_g)
        if each.step.kind is StepKind.CORNER:
            yield _within(CheckKind.CORNER, each.step.place, each.load_g, each.error_g, limit_g)
        elif each.step.kind.serves_the_fit:
            yield _within(CheckKind.ERROR, each.step.kind.value, each.load_g, each.error_g, limit_g)


def _hysteresis(shown: Sequence[_Shown], limits: Limits) -> Iterator[Check]:
    """The same load on the way down and on the way up."""
    rising = {each.step.load: each for each in shown if each.step.kind is StepKind.UP}
    for each in shown:
        if each.step.kind is StepKind.DOWN:
            apart_g = each.error_g - rising[each.step.load].error_g
            yield _within(
                CheckKind.HYSTERESIS, "down less up", each.load_g, apart_g, limits.mpe_g(each.load_g)
            )


def _repeatability(shown: Sequence[_Shown], limits: Limits) -> Iterator[Check]:
    """Largest less smallest of the same load put on again and again, each less the zero before it (3.6.1)."""
    lifts_g = [
        after.shown_g - before.shown_g
        for before, after in pairwise(shown)
        if after.step.kind is StepKind.REPEAT
    ]
    if len(lifts_g) > 1:
        load_g = next(each.load_g for each in shown if each.step.kind is StepKind.REPEAT)
        spread_g = max(lifts_g) - min(lifts_g)
        yield _within(
            CheckKind.REPEATABILITY, f"{len(lifts_g)} times", load_g, spread_g, limits.mpe_g(load_g)
        )


def _creep(shown: Sequence[_Shown], limits: Limits) -> Iterator[Check]:
    by_kind = {each.step.kind: (position, each) for position, each in enumerate(shown)}
    if StepKind.CREEP_RETURN not in by_kind:
        return
    start, before = by_kind[StepKind.CREEP_START]
    end, back = by_kind[StepKind.CREEP_END][1], by_kind[StepKind.CREEP_RETURN][1]
    limit_g = CREEP_E * limits.e_g
    held = f"in {end.step.hold_s / 60:g} min"
    yield _within(CheckKind.CREEP, held, before.load_g, end.error_g - before.error_g, limit_g)
    zero_g = back.error_g - shown[start - 1].error_g
    yield _within(CheckKind.ZERO_RETURN, "after the load", 0.0, zero_g, limit_g)


def check_means(
    fit: Fit, taken: Sequence[Taken], limits: Limits, implied: ImpliedCapacity | None
) -> Iterator[Check]:
    """Whether weights, uncertainty, class, converter and cell suit the plate.

    Args:
        fit: the new calibration.
        taken: all readings.
        limits: what the plate shall serve.
        implied: what the gain says of the cell; ``None`` where counts are not those of a bridge converter.
    """
    heaviest = max((each.step.load for each in taken), key=lambda load: load.nominal_g)
    top_g = heaviest.nominal_g
    share_g = KNOWLEDGE_SHARE * limits.mpe_g(top_g)
    yield Check(CheckKind.WEIGHTS, "tolerance", top_g, round(heaviest.tolerance_g, 4), 0.0, share_g)
    gain = fit.counts_per_gram
    doubt_g = gain.expanded / abs(gain.value) * top_g
    yield Check(CheckKind.UNCERTAINTY, "95 % interval", top_g, round(doubt_g, 4), 0.0, share_g)
    yield Check(
        CheckKind.INTERVALS, f"of class {limits.accuracy_class}", limits.capacity_g,
        limits.intervals, 0.0, limits.intervals_max, "e",
    )  # fmt: skip
    if implied is None:
        return
    capacity_g = limits.capacity_g
    infinity = float("inf")
    yield Check(
        CheckKind.CONVERTER, "reaches its end at", capacity_g, round(implied.rail_g), capacity_g, infinity
    )
    # Of all cells with this gain, the strongest must bear the plate's capacity and the weakest not waste it.
    yield Check(CheckKind.CELL, "bears at most", capacity_g, round(implied.cell_most_g), capacity_g, infinity)
    yield Check(
        CheckKind.CELL,
        "is made for at least",
        capacity_g,
        round(implied.cell_least_g),
        0.0,
        TOO_STRONG * capacity_g,
    )
