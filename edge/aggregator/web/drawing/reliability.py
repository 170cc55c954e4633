"""Stated probability against what people found, both on a scale of nines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from edge.aggregator.transparency.calibration import ReliabilityRow
from edge.aggregator.web.drawing.plot import Plot, Scale

SURE = 0.9999
"""[1] Probabilities are drawn up to here: a scale of nines has no end."""

TICKS = {0.0: "0", 0.5: "50 %", 0.8: "80 %", 0.9: "90 %", 0.95: "95 %", 0.99: "99 %", 0.999: "99.9 %"}


def nines(probability: float) -> float:
    """0, 1, 2, 3 for 0, 90 %, 99 %, 99.9 %: near one the distance to one is what counts."""
    return -math.log10(1.0 - min(max(probability, 0.0), SURE))


def reliability_plot(
    rows: Sequence[ReliabilityRow], *, width: int = 440, name: str = "reliability", title: str
) -> Markup:
    """Draw a reliability table: a point a row, with the interval of what was found.

    Args:
        rows: of a table; at least one.
        width: [px] of the image, which is about square.
        name: of its own within the page.
        title: whose probabilities.
    """
    top = nines(SURE)
    x, y = Scale(0, top, 58, width - 12), Scale(0, top, width - 60, 12)
    found = "; ".join(f"stated {row.stated:.3f}, right {row.right.numerator} of {row.right.denominator}"
                      for row in rows)  # fmt: skip
    plot = Plot(width, width - 14, name=name, title=title, summary=f"{found}.", kind="reliability")
    for probability, words in TICKS.items():
        plot.line(x.px(nines(probability)), y.from_px, x.px(nines(probability)), y.to_px, "grid")
        plot.line(x.from_px, y.px(nines(probability)), x.to_px, y.px(nines(probability)), "grid")
        plot.text(x.from_px - 8, y.px(nines(probability)) + 4, words, "tick", anchor="end")
        if probability not in (0.8, 0.95):  # no room between their neighbours
            plot.text(x.px(nines(probability)), y.from_px + 19, words, "tick", anchor="middle")
    plot.text((x.from_px + x.to_px) / 2, y.from_px + 40, "stated", "axis", anchor="middle")
    plot.text(x.from_px + 8, y.to_px + 14, "found right", "axis")
    plot.line(x.from_px, y.from_px, x.to_px, y.to_px, "ideal")
    for row in rows:
        if row.stated is None or row.right.share is None or row.right.low is None or row.right.high is None:
            continue
        across = x.px(nines(row.stated))
        plot.line(across, y.px(nines(row.right.low)), across, y.px(nines(row.right.high)), "interval")
        is_off = not row.right.low <= row.stated <= row.right.high
        plot.dot(across, y.px(nines(row.right.share)), 5.5, "off" if is_off else "on")
    return plot.markup()
