"""The untouched sensor: what is found, and what forbids to go on."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from true_cell import RATE_HZ, TrueCell

from edge.calibration.diagnosis import Diagnosis, FindingKind, diagnose
from edge.calibration.reading import Capture
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason


def diagnosed(capture: Capture, gain: float | None = 210.0) -> Diagnosis:
    return diagnose(capture, nominal_rate_hz=RATE_HZ, e_g=2.0, counts_per_gram=gain)


def kinds(diagnosis: Diagnosis) -> list[FindingKind]:
    return [finding.kind for finding in diagnosis.findings]


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_a_sound_sensor_has_no_findings(correlation: float) -> None:
    seen = diagnosed(TrueCell(noise_g=0.5, correlation=correlation, sine_g=0.4).capture(seconds=10))
    assert seen.findings == ()
    assert seen.noise_g == pytest.approx(0.57, abs=0.2)
    assert (seen.samples, seen.rate_hz) == (800, RATE_HZ)
    assert seen.unique_values > 100


def test_drift_says_how_fast_and_forbids_to_go_on() -> None:
    seen = diagnosed(TrueCell().capture(seconds=10, moving_g=1.0))
    assert seen.drift_g_per_min == pytest.approx(6.0, rel=0.1)
    assert seen.blocking is not None
    assert seen.blocking.kind is FindingKind.DRIFTING


def test_a_slow_drift_below_e_is_none() -> None:
    assert diagnosed(TrueCell().capture(seconds=10, moving_g=0.2)).findings == ()


def test_without_a_gain_a_drift_is_judged_by_the_trembling() -> None:
    cell = TrueCell()
    assert diagnosed(cell.capture(seconds=10), gain=None).findings == ()
    assert kinds(diagnosed(cell.capture(seconds=10, moving_g=20.0), gain=None)) == [FindingKind.DRIFTING]


@pytest.mark.parametrize("seconds", [1.0, 1.5, 2.0, 3.5, 10.0])
def test_a_short_look_finds_no_drift_by_chance(seconds: float) -> None:
    """Nor does it take the sensor for quieter than it is, which would make everything motion."""
    cell = TrueCell(noise_g=0.3)
    for _ in range(300):
        for gain in (None, 210.0):
            seen = diagnosed(cell.capture(seconds=seconds), gain)
            assert seen.findings == ()
            assert seen.batch_sigma_counts >= 0.8 * 0.3 * 210 / np.sqrt(0.5 * RATE_HZ)


def test_every_fault_of_the_samples_is_found() -> None:
    sound = TrueCell().capture(seconds=10).counts
    railed, torn = sound.copy(), sound.copy()
    railed[::50] = 2**23 - 1
    torn[::20] = 2**20 - 1
    for counts, kind in (
        (railed, FindingKind.SATURATED),
        (torn, FindingKind.MISREAD),
        (np.full(800, 4711, np.int32), FindingKind.FEW_VALUES),
    ):
        seen = diagnosed(Capture(counts, RATE_HZ))
        assert kind in kinds(seen)
        assert seen.blocking is not None


@pytest.mark.parametrize(("capture", "kind"), [
    (Capture(TrueCell().capture().counts, 10.0), FindingKind.RATE_OFF),
    (Capture(TrueCell().capture().counts, RATE_HZ, lost=7), FindingKind.LOST_SAMPLES),
    (TrueCell(noise_g=4.0).capture(), FindingKind.NOISY),
])  # fmt: skip
def test_what_is_only_worth_a_word_does_not_block(capture: Capture, kind: FindingKind) -> None:
    seen = diagnosed(capture)
    assert kinds(seen) == [kind]
    assert seen.blocking is None
    assert str(seen.findings[0]).startswith(kind.value.replace("_", " "))


@pytest.mark.parametrize("samples", [0, 1, 7])
def test_hardly_a_sample_is_refused(samples: int) -> None:
    with pytest.raises(CalibrationRefusedError) as refused:
        diagnosed(Capture(np.zeros(samples, np.int32), RATE_HZ))
    assert refused.value.reason is RefusalReason.LOST_SAMPLES


def test_few_samples_are_enough_for_numbers() -> None:
    seen = diagnosed(Capture(np.arange(8, dtype=np.int32), RATE_HZ))
    assert msgspec.json.decode(msgspec.json.encode(seen))["samples"] == 8
