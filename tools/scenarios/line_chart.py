"""Lines in an SVG: small enough to stand in a page, with no library to draw it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 25, 12, 30
"""[px] of the drawing, and of its margins."""

LEGEND_X = 545


@dataclass(frozen=True, slots=True)
class Axis:
    """What one direction means.

    Attributes:
        ticks: values that are marked, rising; the first and the last are the ends.
        unit: stands behind each mark.
        log: whether equal ratios are equally far apart.
    """

    ticks: tuple[float, ...]
    unit: str = ""
    log: bool = False

    def share(self, value: float) -> float:
        """[1] how far along the axis a value is; beyond its ends it is at them."""
        low, high = self.ticks[0], self.ticks[-1]
        value = min(max(value, low), high)
        if self.log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


@dataclass(frozen=True, slots=True)
class Line:
    """One line and how it is drawn."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    dashed: bool = False


def line_chart(lines: Sequence[Line], x: Axis, y: Axis) -> str:
    """The SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for tick in x.ticks:
        at = _across(x, tick)
        parts.append(f'<path d="M{at:.0f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{at:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{tick:g}{x.unit}</text>')
    for tick in y.ticks:
        at = _up(y, tick)
        parts.append(f'<path d="M{LEFT} {at:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 4}" y="{at + 4:.0f}" text-anchor="end">{tick:g}{y.unit}</text>')
    for row, line in enumerate(lines):
        dash = ' stroke-dasharray="4 3"' if line.dashed else ""
        style = f'fill="none" stroke="{line.colour}"{dash}'
        points = " ".join(
            f"{_across(x, at):.1f},{_up(y, value):.1f}" for at, value in zip(line.x, line.y, strict=True)
        )
        parts.append(f'<polyline {style} points="{points}"/>')
        parts.append(f'<path d="M{LEGEND_X} {26 + 15 * row}h30" {style}/>')
        parts.append(f'<text x="{LEGEND_X + 36}" y="{30 + 15 * row}">{line.name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _across(axis: Axis, value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.share(value)


def _up(axis: Axis, value: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - axis.share(value))
