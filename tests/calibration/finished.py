"""A calibration that went well, for what is written of it."""

from __future__ import annotations

import msgspec
from true_cell import RATE_HZ, TrueCell

from edge.calibration.certificate import Certificate, FitSummary
from edge.calibration.diagnosis import diagnose
from edge.calibration.fit import FitPoint, fit_line
from edge.calibration.gain import implied_capacity
from edge.calibration.limits import Limits
from edge.calibration.run import CalibrationRun
from edge.calibration.steps import procedure
from edge.calibration.verdict import check_errors, check_means
from edge.calibration.weights import parse_loads
from edge.config import ChannelCalibration


def finished(before: ChannelCalibration | None = None, **changed: object) -> Certificate:
    """A certificate; ``changed`` fields replace what came of it."""
    cell, limits = TrueCell(noise_g=0.4, correlation=0.5), Limits()
    loads = parse_loads("1000,2000")
    diagnosis = diagnose(cell.capture(seconds=10), nominal_rate_hz=RATE_HZ, e_g=limits.e_g)
    run = CalibrationRun(
        procedure(loads, corner_load=loads[0]), diagnosis=diagnosis, e_g=limits.e_g, in_force=before
    )
    while (step := run.step) is not None:
        run.take(cell.put(step.load))
    fit = fit_line([FitPoint(t.step.load, t.reading) for t in run.taken if t.step.kind.serves_the_fit])
    zero_counts, counts_per_gram = fit.zero_counts.value, fit.counts_per_gram.value
    after = ChannelCalibration(zero_counts=zero_counts, counts_per_gram=counts_per_gram)
    implied = implied_capacity(zero_counts=zero_counts, counts_per_gram=counts_per_gram)
    certificate = Certificate(
        number="57ee17a4d0000001-0-20260105T101500Z", date="2026-01-05T10:15:00Z", store="corner-shop",
        node="fridge", plate="fridge/1/1", board_id="57ee17a4d0000001", channel=0, technician="A. Kovács",
        software="steelyard 0", weights="1000,2000 g, class M1", limits=limits, diagnosis=diagnosis,
        readings=tuple(run.taken), fit=msgspec.convert(fit, FitSummary, from_attributes=True),
        implied=implied, before=before, after=after,
        as_found=check_errors(run.taken, before, limits) if before else (),
        as_left=check_errors(run.taken, after, limits),
        means=tuple(check_means(fit, run.taken, limits, implied)),
    )  # fmt: skip
    return msgspec.structs.replace(certificate, **changed)
