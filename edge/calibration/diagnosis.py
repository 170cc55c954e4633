"""Ten seconds of a plate that nobody touches: whether its sensor is worth calibrating."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.calibration.reading import MISREAD_SHARE, Capture, read
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason

RATE_OFF_SHARE = 0.1
"""[1] An HX711's own oscillator is within a few percent; the wrong strap is a factor of 8."""

UNIQUE_MIN = 3
"""[values] Fewer in some hundred samples of a 24-bit converter: it is stuck, or wired wrongly."""

DRIFT_SIGMAS, DRIFT_BATCHES = 6.0, 8
"""[sigma, batches] of a slope that is taken for drift, in so many batches at least: with fewer, chance alone
shows slopes like that (Student's t)."""

DRIFT_SPREADS = 10.0
"""[1] Without a gain: drift over the capture beyond so many spreads of half a second's mean."""

SAMPLES_MIN = 8
"""[samples] from which anything can be said."""


class FindingKind(StrEnum):
    """What a diagnosis can find."""

    RATE_OFF = "rate_off"
    FEW_VALUES = "few_values"
    SATURATED = "saturated"
    MISREAD = "misread"
    LOST_SAMPLES = "lost_samples"
    NOISY = "noisy"
    DRIFTING = "drifting"


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    kind: FindingKind
    blocks: bool  # whether calibrating is pointless before it is mended
    found: str
    expected: str
    fix: str

    def __str__(self) -> str:
        return f"{self.kind.value.replace('_', ' ')}: {self.found}, expected {self.expected}. {self.fix}"


class Diagnosis(msgspec.Struct, frozen=True):
    """How the sensor behaved, and what follows from it."""

    seconds: float  # [s]
    samples: int  # [samples]
    rate_hz: float  # [Hz] measured
    mean_counts: float  # [counts]
    noise_counts: float  # [counts] standard deviation of single samples
    batch_sigma_counts: float  # [counts] standard deviation of means of half a second
    unique_values: int  # [values]
    saturated_share: float  # [1] of samples on a rail
    misread_share: float  # [1] of samples with codes of a torn read
    lost_samples: int  # [samples] that never came, or were no measurement
    drift_counts_per_min: float  # [counts/min]
    drift_sigma_counts_per_min: float  # [counts/min] standard deviation of that
    noise_g: float | None = None  # [g] of single samples, if the gain is known
    drift_g_per_min: float | None = None  # [g/min] likewise
    findings: tuple[Finding, ...] = ()

    @property
    def blocking(self) -> Finding | None:
        """The first finding that forbids to go on."""
        return next((finding for finding in self.findings if finding.blocks), None)


def diagnose(
    capture: Capture, *, nominal_rate_hz: float, e_g: float, counts_per_gram: float | None = None
) -> Diagnosis:
    """Judge a capture of the untouched plate.

    Args:
        capture: about 10 s; at least ``SAMPLES_MIN`` samples.
        nominal_rate_hz: [Hz] as configured.
        e_g: [g] verification scale interval that the plate shall serve.
        counts_per_gram: gain in force, if any; without it noise and drift are not put into grams.

    Raises:
        CalibrationRefusedError: too few samples to say anything.
    """
    if capture.counts.size < SAMPLES_MIN:
        raise CalibrationRefusedError(
            RefusalReason.LOST_SAMPLES, "hardly a sample came", found=f"{capture.counts.size} samples",
            expected=f"about {capture.rate_hz:.0f} a second", fix="Check plug and cable of the board.",
        )  # fmt: skip
    misread_share, saturated_share = capture.misread_share, capture.saturated_share
    capture = capture.without_misreads()
    reading = read(capture)
    means = capture.batch_means()
    drift, drift_sigma, batch_sigma = _trend(means, capture.seconds / means.size)
    # Few batches may agree by chance; they cannot agree better than averaging white noise makes them.
    batch_sigma = max(batch_sigma, reading.noise_counts / math.sqrt(reading.samples / means.size))
    gain = abs(counts_per_gram) if counts_per_gram else None
    plain = Diagnosis(
        seconds=reading.seconds,
        samples=reading.samples,
        rate_hz=round(capture.rate_hz, 3),
        mean_counts=round(reading.mean_counts, 2),
        noise_counts=round(reading.noise_counts, 3),
        batch_sigma_counts=round(batch_sigma, 3),
        unique_values=int(np.unique(capture.counts).size),
        saturated_share=round(saturated_share, 4),
        misread_share=round(misread_share, 4),
        lost_samples=capture.lost,
        drift_counts_per_min=round(60 * drift, 3),
        drift_sigma_counts_per_min=round(60 * drift_sigma, 3),
        noise_g=round(reading.noise_counts / gain, 3) if gain else None,
        drift_g_per_min=round(60 * abs(drift) / gain, 3) if gain else None,
    )
    is_drift = abs(drift) > DRIFT_SIGMAS * drift_sigma
    return msgspec.structs.replace(plain, findings=tuple(_findings(plain, nominal_rate_hz, e_g, is_drift)))


def _trend(means: NDArray[np.float64], step_s: float) -> tuple[float, float, float]:
    """(slope, its standard deviation) in counts/s, and the spread of batch means around it in counts."""
    at_s = step_s * (np.arange(means.size) - (means.size - 1) / 2)
    square = float(at_s @ at_s)
    slope = float(at_s @ means) / square
    if means.size < DRIFT_BATCHES:
        return slope, math.inf, float(means.std(ddof=1))
    around = means - means.mean() - slope * at_s
    sigma = math.sqrt(float(around @ around) / (means.size - 2))
    return slope, sigma / math.sqrt(square), sigma


def _findings(seen: Diagnosis, nominal_rate_hz: float, e_g: float, is_drift: bool) -> Iterator[Finding]:
    """What is wrong, the worst first."""
    if seen.saturated_share > MISREAD_SHARE:
        yield _saturated(seen)
    if seen.unique_values < UNIQUE_MIN:
        yield _few_values(seen)
    if seen.misread_share > MISREAD_SHARE:
        yield _misread(seen)
    if is_drift and _runs_away(seen, e_g):
        yield _drifting(seen, e_g)
    if abs(seen.rate_hz / nominal_rate_hz - 1) > RATE_OFF_SHARE:
        yield _rate_off(seen, nominal_rate_hz)
    if seen.lost_samples:
        yield _lost(seen)
    if seen.noise_g is not None and seen.noise_g > e_g:
        yield _noisy(seen.noise_g, e_g)


def _runs_away(seen: Diagnosis, e_g: float) -> bool:
    """Whether a drift is too much: e in a minute, or without a gain ten times the trembling of a mean."""
    if seen.drift_g_per_min is not None:
        return seen.drift_g_per_min > e_g
    return abs(seen.drift_counts_per_min) / 60 * seen.seconds > DRIFT_SPREADS * seen.batch_sigma_counts


def _saturated(seen: Diagnosis) -> Finding:
    return Finding(
        FindingKind.SATURATED, True, f"{seen.saturated_share:.0%} of samples on a rail", "none",
        "Take load off, and check the cell's wires: an open one drives the converter to a rail.",
    )  # fmt: skip


def _few_values(seen: Diagnosis) -> Finding:
    return Finding(
        FindingKind.FEW_VALUES, True, f"{seen.unique_values} different readings",
        f"at least {UNIQUE_MIN}: a live cell always trembles",
        "Check that the cell is powered and connected to this channel.",
    )  # fmt: skip


def _misread(seen: Diagnosis) -> Finding:
    return Finding(
        FindingKind.MISREAD, True, f"{seen.misread_share:.1%} of samples are codes of torn reads", "none",
        "Shorten the wires between converter and board, or update its firmware.",
    )  # fmt: skip


def _drifting(seen: Diagnosis, e_g: float) -> Finding:
    found, expected = f"{seen.drift_counts_per_min:+.0f} counts a minute", "a level reading"
    if seen.drift_g_per_min is not None:
        found, expected = f"{seen.drift_g_per_min:.2f} g a minute", f"at most {e_g:g}"
    return Finding(
        FindingKind.DRIFTING, True, found, expected,
        "Hands off; if nobody touched it, let it warm up for ten minutes away from sun and draught.",
    )  # fmt: skip


def _rate_off(seen: Diagnosis, nominal_rate_hz: float) -> Finding:
    return Finding(
        FindingKind.RATE_OFF, False, f"{seen.rate_hz:.1f} samples a second", f"{nominal_rate_hz:g}",
        "Set the converter's RATE pin, or correct `rate_hz` of the board.",
    )  # fmt: skip


def _lost(seen: Diagnosis) -> Finding:
    return Finding(
        FindingKind.LOST_SAMPLES, False, f"{seen.lost_samples} samples lost", "none",
        "Use shorter cables, or another USB hub.",
    )  # fmt: skip


def _noisy(noise_g: float, e_g: float) -> Finding:
    return Finding(
        FindingKind.NOISY, False, f"{noise_g:.2f} g from sample to sample", f"at most {e_g:g}",
        "Look for a shelf wall that touches, or a loose screw.",
    )  # fmt: skip
