"""What one plate weighed over the last seconds, drawn against the clock."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from edge.aggregator.live_traces import Point
from edge.aggregator.web.drawing.plot import Plot, Scale, signed

SHOWN_S = 30.0
"""[s] that are drawn."""

SPAN_MIN_G = 20.0
"""[g] from bottom to top at least: the noise of a good plate is a line, not a mountain range."""

WIDTH, HEIGHT = 460, 150
"""[px]"""


def live_trace(points: Sequence[Point], *, now_s: float, name: str) -> Markup:
    """Draw it, the present at the right edge.

    Args:
        points: oldest first.
        now_s: [s] UTC of the right edge.
        name: of its own within the page.
    """
    shown = [(t, grams) for t, grams in points if t > now_s - SHOWN_S]
    known = [grams for _, grams in shown if grams is not None]
    words = (
        f"{known[-1]:.1f} g now, {min(known):.1f} to {max(known):.1f} g in {SHOWN_S:.0f} s"
        if known
        else "no readings"
    )
    plot = Plot(WIDTH, HEIGHT, name=name, title="Weight", summary=words, kind="live")
    middle = (min(known) + max(known)) / 2 if known else 0.0
    half = max(SPAN_MIN_G, 1.2 * (max(known) - min(known))) / 2 if known else SPAN_MIN_G / 2
    x, y = Scale(-SHOWN_S, 0.0, 70, WIDTH - 8), Scale(middle - half, middle + half, HEIGHT - 26, 10)
    if not known:
        plot.text((x.from_px + x.to_px) / 2, HEIGHT / 2, words, "tick", anchor="middle")
        return plot.markup()
    for grams in y.ticks(4):
        plot.line(x.from_px, y.px(grams), x.to_px, y.px(grams), "grid")
        plot.text(x.from_px - 8, y.px(grams) + 4, f"{signed(grams).lstrip('+')} g", "tick", anchor="end")
    for seconds in (-30, -20, -10):
        plot.text(x.px(seconds), HEIGHT - 6, f"{signed(seconds)} s", "tick", anchor="middle")
    plot.text(x.to_px, HEIGHT - 6, "now", "tick", anchor="end")
    curve = (None if grams is None else (x.px(t - now_s), y.px(grams)) for t, grams in shown)
    plot.curve(curve, "curve", into=plot.window(x, y))
    return plot.markup()
