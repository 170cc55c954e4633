"""One calibration from the first look at the sensor to the certificate: source, hand and procedure."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from edge.calibration.certificate import Certificate, FitSummary
from edge.calibration.diagnosis import Diagnosis, FindingKind, diagnose
from edge.calibration.fit import FitPoint, fit_line
from edge.calibration.gain import implied_capacity
from edge.calibration.limits import Limits
from edge.calibration.reading import Capture
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.calibration.run import CalibrationRun, Taken
from edge.calibration.steps import procedure
from edge.calibration.verdict import check_errors, check_means
from edge.calibration.weights import Load
from edge.cli.calibrate.hand import Hand
from edge.cli.calibrate.source import CountsSource
from edge.clock import SystemClock
from edge.config import ChannelCalibration

_DIAGNOSED = {
    FindingKind.SATURATED: (RefusalReason.SATURATED, "the sensor is saturated"),
    FindingKind.FEW_VALUES: (RefusalReason.STUCK, "the sensor is stuck"),
    FindingKind.MISREAD: (RefusalReason.MISREAD, "the sensor is misread"),
    FindingKind.DRIFTING: (RefusalReason.MOTION, "the sensor drifts, or the plate moves"),
}
"""Findings that block, and what to say of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is decided before the first sample."""

    store: str
    node: str
    plate: str
    channel: int
    nominal_rate_hz: float
    loads: tuple[Load, ...]
    weights: str  # loads with class or tolerance, for the certificate
    limits: Limits
    repeats: int
    corner_load: Load | None
    creep_s: float
    diagnose_s: float
    capture_s: float
    flip: bool
    full_scale_mv_per_v: float  # 0: the counts are not those of a bridge converter
    technician: str
    in_force: ChannelCalibration | None  # None: there is none, or it is another cell's


class Listener:
    """Is told what happens; does nothing with it. A screen overrides what it shows."""

    def diagnosed(self, diagnosis: Diagnosis) -> None:
        """The sensor was watched."""

    def taken(self, number: int, total: int, taken: Taken) -> None:
        """A reading was accepted."""

    def refused(self, error: CalibrationRefusedError) -> None:
        """A reading was refused and is asked for again."""


def watch(plan: Plan, source: CountsSource, listener: Listener) -> Diagnosis:
    """Diagnose the untouched plate.

    Raises:
        CalibrationRefusedError: calibrating is pointless before something is mended.
    """
    gain = plan.in_force.counts_per_gram if plan.in_force is not None else None
    diagnosis = diagnose(
        source.capture(plan.diagnose_s),
        nominal_rate_hz=plan.nominal_rate_hz,
        e_g=plan.limits.e_g,
        counts_per_gram=gain,
    )
    listener.diagnosed(diagnosis)
    if (finding := diagnosis.blocking) is not None:
        reason, what = _DIAGNOSED[finding.kind]
        raise CalibrationRefusedError(
            reason, what, where=plan.plate, found=finding.found, expected=finding.expected, fix=finding.fix
        )
    return diagnosis


def walk(
    plan: Plan, source: CountsSource, hand: Hand, diagnosis: Diagnosis, listener: Listener
) -> CalibrationRun:
    """Take every reading of the procedure.

    Raises:
        CalibrationRefusedError: a reading was refused more often than the hand tries.
    """
    run = CalibrationRun(
        procedure(
            plan.loads, repeats=plan.repeats, corner_load=plan.corner_load, creep_s=plan.creep_s
        ),
        diagnosis=diagnosis, e_g=plan.limits.e_g, in_force=plan.in_force,
    )  # fmt: skip
    refusals = 0
    while (step := run.step) is not None:
        hand.place(step, source)
        capture = source.capture(plan.capture_s)
        try:
            taken = _take(run, capture, lambda question: plan.flip or hand.agrees(question))
        except CalibrationRefusedError as error:
            refusals += 1
            may_help = error.reason is RefusalReason.MOTION or hand.retries < 0
            if not may_help or 0 <= hand.retries < refusals:
                raise
            listener.refused(error)
        else:
            refusals = 0
            listener.taken(len(run.taken), run.steps_total, taken)
    return run


def _take(run: CalibrationRun, capture: Capture, agrees: Callable[[str], bool]) -> Taken:
    """Accept a capture; a reversed cell is turned round if that is agreed to."""
    try:
        return run.take(capture)
    except CalibrationRefusedError as error:
        if error.reason is not RefusalReason.REVERSED or run.flipped or not agrees(f"{error} Flip it?"):
            raise
        run.flipped = True
        return run.take(capture)


def certify(
    plan: Plan, source: CountsSource, run: CalibrationRun, diagnosis: Diagnosis, date: str
) -> Certificate:
    """Fit, judge and put it all on one certificate, dated ``date`` (ISO 8601, UTC).

    Raises:
        CalibrationRefusedError: too few loads for a line.
    """
    fit = fit_line([FitPoint(t.step.load, t.reading) for t in run.taken if t.step.kind.serves_the_fit])
    after = ChannelCalibration(
        zero_counts=round(fit.zero_counts.value, 2), counts_per_gram=round(fit.counts_per_gram.value, 6)
    )
    implied = None
    if plan.full_scale_mv_per_v:
        implied = implied_capacity(
            zero_counts=after.zero_counts,
            counts_per_gram=after.counts_per_gram,
            full_scale_mv_per_v=plan.full_scale_mv_per_v,
        )
    before = plan.in_force
    return Certificate(
        number=f"{source.board_id}-{plan.channel}-{date.replace(':', '').replace('-', '')}",
        date=date,
        store=plan.store,
        node=plan.node,
        plate=plan.plate,
        board_id=source.board_id,
        channel=plan.channel,
        technician=plan.technician,
        software=f"steelyard {importlib.metadata.version('steelyard')}",
        weights=plan.weights,
        limits=plan.limits,
        diagnosis=diagnosis,
        readings=tuple(run.taken),
        fit=msgspec.convert(fit, FitSummary, from_attributes=True),
        implied=implied,
        before=before,
        after=after,
        as_found=check_errors(run.taken, before, plan.limits) if before is not None else (),
        as_left=check_errors(run.taken, after, plan.limits),
        means=tuple(check_means(fit, run.taken, plan.limits, implied)),
    )


def utc_now() -> str:
    """The machine's calendar, for people: ISO 8601 in UTC, to the second."""
    return (
        datetime.fromtimestamp(SystemClock().utc_s(), UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z")
    )
