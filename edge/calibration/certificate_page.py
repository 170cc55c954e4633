"""The certificate as one printable HTML page: no script, no file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import zip_longest

from edge.calibration.certificate import Certificate, content_hash
from edge.calibration.plots import error_plot, residual_plot
from edge.calibration.verdict import Check

STYLE = """
@page { size: A4; margin: 14mm }
body { font: 13px/1.45 system-ui, sans-serif; color: #1d2329 }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
header { display: flex; justify-content: space-between; align-items: start; border-bottom: 2px solid #1d2329 }
h1 { font-size: 1.5rem; margin: 0 0 .4rem } h2 { font-size: 1rem; margin: 1.4rem 0 .3rem }
.verdict { font-weight: 700; padding: .3rem .8rem; border-radius: 3px; color: #fff }
.kept { background: #1b7a4b } .missed { background: #b3261e }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
td, th { padding: .12rem .5rem .12rem 0; border-bottom: 1px solid #e1e5ea }
td, th { text-align: left; font-weight: 400; vertical-align: top }
.pairs th { width: 9rem }
thead th { color: #5b6670 } .number { text-align: right } .bad { color: #b3261e; font-weight: 700 }
svg { width: 100%; height: auto; break-inside: avoid } table, section { break-inside: avoid }
.allowed { fill: #e6f2ec } .axis { stroke: #8a949e }
.before { fill: none; stroke: #b06a00; stroke-width: 1.5 }
.after { fill: #14569b } .corner { fill: #14569b; opacity: .55 } .stem { stroke: #14569b }
.tick, .label { font-size: 11px; fill: #5b6670 } .note, footer { color: #5b6670; font-size: .85rem }
code { font-size: .8rem; overflow-wrap: anywhere }
"""


def certificate_page(certificate: Certificate) -> str:
    """HTML of a certificate; whatever text it holds is escaped."""
    passed = certificate.passed
    verdict = "within all limits" if passed else "not within all limits"
    limits = certificate.limits
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Calibration {escape(certificate.number)}</title>
<style>{STYLE}</style></head><body>
<header><div><h1>Calibration of plate {escape(certificate.plate)}</h1>
<p>{escape(certificate.date)} · {escape(certificate.technician) or "no name given"}</p></div>
<p class="verdict {"kept" if passed else "missed"}">{verdict}</p></header>
<section><h2>What was calibrated</h2>{_pairs(_subject(certificate))}</section>
<section><h2>Result</h2>{_pairs(_result(certificate))}</section>
<section><h2>Errors against the load</h2>{error_plot(certificate)}
<p class="note">Dots: after; squares: in the corners; rings: as found before. Shaded: permissible errors of
class {limits.accuracy_class} with e = {limits.e_g:g} g.</p></section>
<section><h2>Readings beside the line</h2>{residual_plot(certificate)}</section>
<section><h2>Comparisons with the limits</h2>
{_checks(certificate)}</section>
<section><h2>The sensor, untouched</h2>{_pairs(_sensor(certificate))}</section>
<footer><p>Limits after OIML R 76-1:2006, weights after OIML R 111-1:2004, uncertainty after JCGM 100:2008
with 95 % coverage. This is no legal verification. {escape(certificate.software)}</p>
<p>Content SHA-256 <code>{content_hash(certificate)}</code></p></footer>
</body></html>
"""


def _subject(certificate: Certificate) -> Iterator[tuple[str, str]]:
    yield "Certificate", certificate.number
    yield "Store, node", f"{certificate.store}, {certificate.node}"
    yield "Board, channel", f"{certificate.board_id}, channel {certificate.channel}"
    yield "Weights", certificate.weights
    limits = certificate.limits
    yield (
        "Asked of it",
        f"class {limits.accuracy_class}, e = {limits.e_g:g} g, capacity {limits.capacity_g:g} g",
    )


def _result(certificate: Certificate) -> Iterator[tuple[str, str]]:
    fit = certificate.fit
    gain, zero = fit.counts_per_gram, fit.zero_counts
    share = 100 * gain.expanded / abs(gain.value)
    yield (
        "Counts per gram",
        f"{gain} ({share:.2g} %), k = {gain.coverage_factor:.2f}",
    )
    yield "Zero", f"{zero} counts"
    if certificate.before is not None:
        changed = 100 * (gain.value / certificate.before.counts_per_gram - 1)
        yield "Changed", f"gain by {changed:+.3f} %, empty plate by {certificate.zero_shift_g:+.2f} g"
    if gain.value < 0:
        yield "Polarity", "reversed; turned round in the gain's sign"
    yield (
        "One reading",
        f"± {fit.sampling_sigma_g:.3f} g from noise, ± {fit.placing_sigma_g:.3f} g from placing, drift and "
        "hysteresis",
    )
    yield "Bend", f"at most {fit.bend_g:.3f} g from the straight line"
    if certificate.implied is not None:
        implied = certificate.implied
        yield (
            "Implied cell",
            f"{_kg(implied.cell_least_g)} to {_kg(implied.cell_most_g)}; the converter ends at "
            f"{_kg(implied.rail_g)}",
        )


def _sensor(certificate: Certificate) -> Iterator[tuple[str, str]]:
    seen = certificate.diagnosis
    grams = f" ({seen.noise_g:.2f} g)" if seen.noise_g is not None else ""
    yield "Watched for", f"{seen.seconds:.1f} s, {seen.samples} samples, {seen.rate_hz:.2f} a second"
    yield "Noise", f"{seen.noise_counts:.1f} counts{grams}, {seen.unique_values} different readings"
    yield (
        "Drift",
        f"{seen.drift_counts_per_min:.0f} ± {seen.drift_sigma_counts_per_min:.0f} counts a minute",
    )
    for finding in seen.findings:
        yield "Finding", str(finding)


def _kg(grams: float) -> str:
    return f"{grams / 1000:.3g} kg"


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    return f'<table class="pairs">{cells}</table>'


def _checks(certificate: Certificate) -> str:
    """One row a comparison: as found, as left, limit."""
    after = [*certificate.as_left, *certificate.means]
    rows = "".join(
        f"<tr><td>{escape(check.kind.value.replace('_', ' '))}, {escape(check.subject)}</td>"
        f'<td class="number">{check.load_g:g}</td>{_found(found)}{_found(check)}'
        f'<td class="number">{escape(limit_words(check))}</td></tr>'
        for check, found in zip_longest(after, certificate.as_found)
    )
    heads = "".join(
        f'<th class="number">{name}</th>' for name in ("load / g", "as found", "as left", "limit")
    )
    return f"<table><thead><tr><th>Comparison</th>{heads}</tr></thead>{rows}</table>"


def _found(check: Check | None) -> str:
    if check is None:
        return "<td></td>"
    style = "number" if check.passed else "number bad"
    return f'<td class="{style}">{check.found:.5g} {escape(check.unit)}</td>'


def limit_words(check: Check) -> str:
    """The limits of a check as people write them.

    >>> from edge.calibration.verdict import CheckKind
    >>> limit_words(Check(CheckKind.ERROR, "up", 1000.0, 0.2, -1.0, 1.0))
    '± 1 g'
    """
    if check.least == -check.most:
        return f"± {check.most:.3g} {check.unit}"
    if check.most == float("inf"):
        return f"≥ {check.least:.5g} {check.unit}" if check.least else "none"
    return f"≤ {check.most:.3g} {check.unit}" if check.most < 1000 else f"≤ {check.most:.0f} {check.unit}"
