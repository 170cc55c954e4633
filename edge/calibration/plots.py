"""The certificate's two pictures as inline SVG: errors against the load, and readings in their order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from edge.calibration.certificate import Certificate
from edge.calibration.limits import Limits
from edge.calibration.verdict import Check, CheckKind

WIDTH, HEIGHT = 640, 240
"""[px] of a picture."""

LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 36
"""[px] margins for the numbers."""

AS_FOUND_MAX = 4.0
"""[mpe] Errors before beyond so many limits are drawn at the edge: else the new ones were a flat line."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Maps grams to pixels."""

    x_max: float
    y_max: float  # symmetric

    def x(self, value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_max, 1)

    def y(self, value: float) -> float:
        bounded = max(-self.y_max, min(self.y_max, value))
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - bounded / self.y_max) / 2, 1)


def error_plot(certificate: Certificate) -> str:
    """Errors before (rings) and after (dots) against the load, between the permissible errors."""
    after = _errors(certificate.as_left)
    before = _errors(certificate.as_found)
    limits = certificate.limits
    top_g = max(check.load_g for check in after) * 1.05
    largest = max(abs(check.found) for check in after)
    found = min(max((abs(check.found) for check in before), default=0.0), AS_FOUND_MAX * limits.mpe_g(top_g))
    frame = _Frame(top_g, 1.15 * max(largest, found, limits.mpe_g(top_g)))
    marks = [
        *(
            f'<circle class="before" cx="{frame.x(c.load_g)}" cy="{frame.y(c.found)}" r="4.5"/>'
            for c in before
        ),
        *(_mark(frame, check) for check in after),
    ]
    return _picture(
        "Errors of indication against the load",
        [
            _envelope(frame, limits, top_g),
            *_axes(frame, "load / g", "error / g"),
            *_load_numbers(frame),
            *marks,
        ],
    )


def residual_plot(certificate: Certificate) -> str:
    """Readings that served the fit, in their order, as distances from the line."""
    residuals = certificate.fit.residuals_g
    used = [taken.step for taken in certificate.readings if taken.step.kind.serves_the_fit]
    frame = _Frame(len(residuals) + 1.0, 1.25 * max(*map(abs, residuals), 1e-3))
    bars = []
    for number, (step, residual_g) in enumerate(zip(used, residuals, strict=True), start=1):
        x, y, zero = frame.x(number), frame.y(residual_g), frame.y(0.0)
        bars.append(f'<line class="stem" x1="{x}" x2="{x}" y1="{zero}" y2="{y}"/>')
        bars.append(f'<circle class="after" cx="{x}" cy="{y}" r="3.5"/>')
        label = f"{step.load.nominal_g:g}"
        bars.append(
            f'<text class="tick" text-anchor="middle" x="{x}" y="{HEIGHT - BOTTOM + 14}">{label}</text>'
        )
    return _picture(
        "Readings in their order, distance from the line",
        [*_axes(frame, "load of each reading / g", "residual / g"), *bars],
    )


def _errors(checks: Sequence[Check]) -> list[Check]:
    return [check for check in checks if check.kind in (CheckKind.ERROR, CheckKind.CORNER)]


def _mark(frame: _Frame, check: Check) -> str:
    x, y = frame.x(check.load_g), frame.y(check.found)
    if check.kind is CheckKind.CORNER:
        return f'<rect class="corner" x="{x - 3}" y="{y - 3}" width="6" height="6"/>'
    return f'<circle class="after" cx="{x}" cy="{y}" r="3.5"/>'


def _envelope(frame: _Frame, limits: Limits, top_g: float) -> str:
    """The permissible errors, a staircase on either side."""
    steps_g = [step_g for step_g in limits.steps_g if step_g < top_g]
    starts_g, ends_g = [0.0, *steps_g], [*steps_g, top_g]
    corners = [
        (load_g, limits.mpe_g(end_g))
        for start_g, end_g in zip(starts_g, ends_g, strict=True)
        for load_g in (start_g, end_g)
    ]
    upper = [f"{frame.x(load_g)},{frame.y(mpe_g)}" for load_g, mpe_g in corners]
    lower = [f"{frame.x(load_g)},{frame.y(-mpe_g)}" for load_g, mpe_g in reversed(corners)]
    return f'<polygon class="allowed" points="{" ".join([*upper, *lower])}"/>'


def _axes(frame: _Frame, x_label: str, y_label: str) -> Iterator[str]:
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{frame.y(0)}" y2="{frame.y(0)}"/>'
    yield f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    step = _round_step(frame.y_max)
    for number in range(-2, 3):
        value = number * step
        if abs(value) <= frame.y_max:
            text = f"{value:.3g}"
            y = frame.y(value) + 3
            yield f'<text class="tick" text-anchor="end" x="{LEFT - 6}" y="{y}">{text}</text>'
    x = WIDTH - RIGHT
    yield f'<text class="label" text-anchor="end" x="{x}" y="{HEIGHT - 4}">{escape(x_label)}</text>'
    yield f'<text class="label" x="4" y="{TOP - 3}">{escape(y_label)}</text>'


def _load_numbers(frame: _Frame) -> Iterator[str]:
    step = _round_step(frame.x_max)
    for number in range(1 + math.floor(frame.x_max / step)):
        x = frame.x(number * step)
        yield (
            f'<text class="tick" text-anchor="middle" x="{x}" y="{HEIGHT - BOTTOM + 14}">'
            f"{number * step:g}</text>"
        )


def _round_step(reach: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, about two to a reach.

    >>> _round_step(2100.0), _round_step(0.9)
    (1000.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(reach / 2))
    return next(factor * power for factor in (5, 2, 1) if factor * power <= reach / 2)


def _picture(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
