"""What a technician sees while a plate is calibrated."""

from __future__ import annotations

from itertools import zip_longest

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.calibration.certificate import Certificate
from edge.calibration.certificate_page import limit_words
from edge.calibration.diagnosis import Diagnosis
from edge.calibration.refusal import CalibrationRefusedError
from edge.calibration.run import Taken
from edge.calibration.steps import StepKind
from edge.cli.calibrate.session import Listener


class CalibrationScreen(Listener):
    """Prints to a Rich console, one line an occurrence."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def diagnosed(self, diagnosis: Diagnosis) -> None:
        """See :class:`Listener`."""
        grams = f" ({diagnosis.noise_g:.2f} g)" if diagnosis.noise_g is not None else ""
        self._console.print(
            f"Sensor: {diagnosis.rate_hz:.1f} Hz, noise {diagnosis.noise_counts:.0f} counts{grams}, "
            f"{diagnosis.unique_values} different readings, "
            f"drift {diagnosis.drift_counts_per_min:+.0f} ± "
            f"{diagnosis.drift_sigma_counts_per_min:.0f} counts/min",
            highlight=False,
            soft_wrap=True,
        )
        for finding in diagnosis.findings:
            self._console.print(f"[yellow]![/] {escape(str(finding))}", highlight=False, soft_wrap=True)

    def taken(self, number: int, total: int, taken: Taken) -> None:
        """See :class:`Listener`."""
        reading, step = taken.reading, taken.step
        name = step.place if step.kind is StepKind.CORNER else step.kind.value.replace("_", " ")
        self._console.print(
            f"[green]✓[/] {number}/{total} {name}, {step.load}: "
            f"{reading.mean_counts:.0f} ± {reading.sampling_sigma_counts:.1f} counts",
            highlight=False,
        )

    def refused(self, error: CalibrationRefusedError) -> None:
        """See :class:`Listener`."""
        self._console.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)

    def certified(self, certificate: Certificate) -> None:
        """The result, before it is accepted."""
        gain, zero = certificate.fit.counts_per_gram, certificate.fit.zero_counts
        self._console.print(
            f"\n{gain} counts/g, zero {zero} counts (95 %, k = {gain.coverage_factor:.2f})",
            highlight=False,
        )
        table = Table("check", "", "load g", "as left", "limit", "as found", box=None, pad_edge=False)
        for check, before in zip_longest((*certificate.as_left, *certificate.means), certificate.as_found):
            table.add_row(
                check.kind.value.replace("_", " "), check.subject, f"{check.load_g:g}",
                f"[{'green' if check.passed else 'bold red'}]{check.found:.5g} {check.unit}[/]",
                limit_words(check), f"{before.found:.5g}" if before else "",
            )  # fmt: skip
        self._console.print(table)
        verdict = "[bold green]within all limits" if certificate.passed else "[bold red]not within all limits"
        self._console.print(f"{verdict}[/] of class {certificate.limits.accuracy_class}, "
                            f"e = {certificate.limits.e_g:g} g", highlight=False)  # fmt: skip
