"""One calibration as it goes: takes a capture for each step, and refuses those that cannot be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from edge.calibration.diagnosis import Diagnosis
from edge.calibration.reading import MISREAD_SHARE, Capture, Reading, read
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.calibration.steps import Step, StepKind
from edge.config import LEAST_COUNTS_PER_GRAM, MOST_COUNTS_PER_GRAM, ChannelCalibration

MOTION_SIGMAS = 8.0
"""[sigma] Means of half a second of a plate at rest stay within so many times their own spread (the range of
20 normal numbers exceeds 6.5 once in a thousand)."""

MOTION_SHARE_OF_E = 0.5
"""[e] A swing so small does no harm, whatever the diagnosis said of the noise."""

REST_FLOOR_COUNTS = 4.0
"""[counts] likewise: what rounding alone may show."""

PRESENCE_SIGMAS = 20.0
"""[sigma] of a first load that counts as one."""

WRONG_BY_OWN = 0.02
"""[1] How far a load may read from its mass by this run's own gain: what a bent cell may be off by."""

WRONG_BY_EARLIER = 0.2
"""[1] ... and by a gain from before: an overloaded cell is off by a few percent, one weight taken for another
by at least a fifth (1-2-5 series)."""

LEFT_OVER = 0.005
"""[1] of the heaviest load that an emptied plate may show: creep and hysteresis of a poor cell."""

CORNER_WRONG_BY = 0.1
"""[1] In a corner; how far it may be off there is the verdict's business."""


class Taken(msgspec.Struct, frozen=True):
    """A reading that was accepted."""

    step: Step
    reading: Reading


@dataclass(frozen=True, slots=True)
class _Gain:
    """What a capture is judged by."""

    counts_per_gram: float
    is_own: bool  # found in this run, not taken from an earlier calibration


class CalibrationRun:
    """Walks through a procedure.

    Args:
        steps: the procedure.
        diagnosis: of the untouched plate: what rest looks like.
        e_g: [g] verification scale interval.
        in_force: the calibration to be replaced, if it says anything of this cell.

    Attributes:
        taken: accepted readings, in the order of the steps.
        flipped: whether a gain of the other sign than expected is agreed to; may be set between two captures.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        diagnosis: Diagnosis,
        e_g: float,
        in_force: ChannelCalibration | None = None,
    ) -> None:
        self._steps, self._diagnosis, self._e_g = tuple(steps), diagnosis, e_g
        self._in_force = in_force
        self.flipped = False
        self.taken: list[Taken] = []

    @property
    def step(self) -> Step | None:
        """What is asked for now; ``None`` when all has been taken."""
        return self._steps[len(self.taken)] if len(self.taken) < len(self._steps) else None

    @property
    def steps_total(self) -> int:
        """[steps] of the whole procedure."""
        return len(self._steps)

    def take(self, capture: Capture) -> Taken:
        """Accept the capture for the present step, or refuse it; after a refusal the step stands.

        Raises:
            CalibrationRefusedError: what is wrong, with a typed reason.
        """
        step = self.step
        assert step is not None, "take() after the last step"  # noqa: S101 - a bug of the caller
        self._refuse_bad_samples(capture)
        reading = read(capture.without_misreads())
        gain = self._gain(step, reading)
        self._refuse_motion(reading, gain)
        if gain is not None:
            self._refuse_wrong_mass(step, reading, gain)
        if step.load.weights:
            self._refuse_absurd_gain(step, reading)
        self.taken.append(Taken(step, reading))
        return self.taken[-1]

    def _refuse_bad_samples(self, capture: Capture) -> None:
        if capture.counts.size < 4:
            raise CalibrationRefusedError(
                RefusalReason.LOST_SAMPLES, "hardly a sample came", found=f"{capture.counts.size} samples",
                fix="Check plug and cable of the board.",
            )  # fmt: skip
        if capture.saturated_share > MISREAD_SHARE:
            raise CalibrationRefusedError(
                RefusalReason.SATURATED, "the converter is at its end",
                found=f"{capture.saturated_share:.0%} of the samples on a rail", expected="none",
                fix="Take weight off; if the plate is empty, check the cell's wires.",
            )  # fmt: skip
        if np.ptp(capture.counts) == 0:
            raise CalibrationRefusedError(
                RefusalReason.STUCK, "the sensor repeats one reading", found=f"{capture.counts[0]} counts",
                expected="noise", fix="Check the cell's wires and the board.",
            )  # fmt: skip
        if capture.misread_share > MISREAD_SHARE:
            raise CalibrationRefusedError(
                RefusalReason.MISREAD, "torn reads of the converter",
                found=f"{capture.misread_share:.1%} of the samples", expected=f"at most {MISREAD_SHARE:.0%}",
                fix="Shorten the wires between converter and board.",
            )  # fmt: skip

    def _zero(self) -> float | None:
        """[counts] the latest empty plate."""
        empty = (each.reading.mean_counts for each in reversed(self.taken) if not each.step.load.weights)
        return next(empty, None)

    def _gain(self, step: Step, reading: Reading) -> _Gain | None:
        """The best gain known by now, if any."""
        loaded = [each for each in self.taken if each.step.load.weights]
        if loaded:
            heaviest = max(loaded, key=lambda each: each.step.load.nominal_g)
            first = self.taken[0].reading.mean_counts
            own = (heaviest.reading.mean_counts - first) / heaviest.step.load.nominal_g
            return _Gain(own, is_own=True)
        if self._in_force is not None:
            return _Gain(self._in_force.counts_per_gram * (-1 if self.flipped else 1), is_own=False)
        zero = self._zero()
        if zero is None or not step.load.weights:
            return None
        return _Gain(self._first_gain(step, reading, zero), is_own=True)

    def _first_gain(self, step: Step, reading: Reading, zero: float) -> float:
        """[counts/g] of the first load on a cell of which nothing is known."""
        shift = reading.mean_counts - zero
        if abs(shift) < max(PRESENCE_SIGMAS * self._diagnosis.batch_sigma_counts, REST_FLOOR_COUNTS):
            raise _nothing_there(step, f"a shift of {shift:.0f} counts")
        gain = shift / step.load.nominal_g
        if gain < 0 and not self.flipped:
            raise _reversed(step, f"{shift:+.0f} counts")
        return gain

    def _refuse_motion(self, reading: Reading, gain: _Gain | None) -> None:
        allowed = max(MOTION_SIGMAS * self._diagnosis.batch_sigma_counts, REST_FLOOR_COUNTS)
        if gain is not None:
            allowed = max(allowed, MOTION_SHARE_OF_E * self._e_g * abs(gain.counts_per_gram))
        if reading.swing_counts > allowed:
            swing = f"{reading.swing_counts:.0f} counts"
            if gain is not None:
                swing += f" ({reading.swing_counts / abs(gain.counts_per_gram):.2f} g)"
            raise CalibrationRefusedError(
                RefusalReason.MOTION, "the plate moved during the reading", found=f"a swing of {swing}",
                expected=f"at most {allowed:.0f} counts", fix="Hands off, wait until it rests, and repeat.",
            )  # fmt: skip

    def _refuse_wrong_mass(self, step: Step, reading: Reading, gain: _Gain) -> None:
        """Compare what lies there with what should."""
        zero = self._zero()
        if zero is None:  # the first zero has nothing to be compared with: goods left on it shift it only
            return
        found_g = (reading.mean_counts - zero) / gain.counts_per_gram
        nominal_g, allowed_g = step.load.nominal_g, self._allowed_g(step, reading, gain)
        if abs(found_g - nominal_g) <= allowed_g:
            return
        if nominal_g and not gain.is_own and abs(found_g + nominal_g) <= allowed_g:
            raise _reversed(step, f"{found_g:.0f} g")
        if nominal_g and abs(found_g) <= nominal_g / 10:
            raise _nothing_there(step, f"{found_g:.1f} g")
        start_over = "" if gain.is_own else " If the cell is a new one, start again with --new-cell."
        raise CalibrationRefusedError(
            RefusalReason.WRONG_MASS,
            "this is not the load that was asked for" if nominal_g else "the plate is not empty",
            found=f"about {found_g:.0f} g", expected=f"{nominal_g:g} g within {allowed_g:.0f} g",
            fix=step.request + start_over,
        )  # fmt: skip

    def _refuse_absurd_gain(self, step: Step, reading: Reading) -> None:
        gain = (reading.mean_counts - (self._zero() or 0.0)) / step.load.nominal_g
        if not LEAST_COUNTS_PER_GRAM <= abs(gain) <= MOST_COUNTS_PER_GRAM:
            raise CalibrationRefusedError(
                RefusalReason.ABSURD_GAIN, "no scale has such a gain", found=f"{gain:.3g} counts of one gram",
                expected=f"{LEAST_COUNTS_PER_GRAM:g} to {MOST_COUNTS_PER_GRAM:g}",
                fix=f"Check that {step.load} is on this plate and not beside it.",
            )  # fmt: skip

    def _allowed_g(self, step: Step, reading: Reading, gain: _Gain) -> float:
        """[g] how far the reading may be from the load that was asked for."""
        nominal_g = step.load.nominal_g
        if not nominal_g:
            return LEFT_OVER * max(each.load.nominal_g for each in self._steps) + 2 * self._e_g
        share = WRONG_BY_OWN if gain.is_own else WRONG_BY_EARLIER
        if step.kind is StepKind.CORNER:
            share = CORNER_WRONG_BY
        noise_g = PRESENCE_SIGMAS * reading.sampling_sigma_counts / abs(gain.counts_per_gram)
        return share * nominal_g + 2 * self._e_g + min(noise_g, nominal_g / 5)


def _nothing_there(step: Step, found: str) -> CalibrationRefusedError:
    return CalibrationRefusedError(
        RefusalReason.WRONG_MASS, "nothing was put on this plate", found=found, expected=str(step.load),
        fix=f"{step.request} If it lies there, this channel belongs to another plate.",
    )  # fmt: skip


def _reversed(step: Step, found: str) -> CalibrationRefusedError:
    return CalibrationRefusedError(
        RefusalReason.REVERSED, "the reading falls under load: the cell's polarity is reversed", found=found,
        expected=f"a rise under {step.load}",
        fix="Swap the signal wires or turn the cell round; or agree to a negative gain with --flip.",
    )  # fmt: skip
