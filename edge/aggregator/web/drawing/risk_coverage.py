"""What share of receipts each threshold would accept without a look, and how much of that was wrong."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from edge.aggregator.transparency.calibration import RiskPoint
from edge.aggregator.web.drawing.plot import Plot, Scale


def risk_coverage_plot(
    points: Sequence[RiskPoint],
    *,
    max_error: float,
    chosen: RiskPoint | None,
    present: RiskPoint | None,
    width: int = 720,
    name: str = "risk",
) -> Markup:
    """Draw the curve, surest receipts to the left.

    Args:
        points: at least one.
        max_error: [1] that the operator bears.
        chosen: the point that this allows; None: none does.
        present: the point of today's threshold.
        width: [px] of the image.
        name: of its own within the page.
    """
    height = 300
    worst = max([3 * max_error, *(min(point.risk_high, 4 * max_error) for point in points)])
    x = Scale(0.0, 1.0, 58, width - 16)
    y = Scale(0.0, worst, height - 52, 14)
    plot = Plot(width, height, name=name, title="Risk against coverage", kind="risk",
                summary=_in_words(points, max_error, chosen))  # fmt: skip
    for share in y.ticks(5):
        plot.line(x.from_px, y.px(share), x.to_px, y.px(share), "zero" if share == 0 else "grid")
        plot.text(x.from_px - 8, y.px(share) + 4, f"{100 * share:g} %", "tick", anchor="end")
    for share in x.ticks(5 if width >= 500 else 4):
        words = f"{100 * share:.0f} %"
        plot.text(x.px(share), y.from_px + 19, words, "tick", anchor="end" if share == 1 else "middle")
    middle = (x.from_px + x.to_px) / 2
    plot.text(middle, height - 8, "of receipts accepted without a look", "axis", anchor="middle")
    window = plot.window(x, y)
    corners = [(0.0, points[0]), *((point.coverage, point) for point in points)]
    upper = [(x.px(coverage), y.px(point.risk_high)) for coverage, point in corners]
    lower = [(x.px(coverage), y.px(point.risk)) for coverage, point in corners]
    plot.area([*upper, *reversed(lower)], "uncertain", into=window)
    plot.curve(upper, "upper", into=window)
    plot.curve(lower, "curve", into=window)
    plot.line(x.from_px, y.px(max_error), x.to_px, y.px(max_error), "bearable", into=window)
    plot.text(x.from_px + 8, y.px(max_error) - 7, f"bearable: {100 * max_error:g} %", "bearable-name")
    for point, kind in ((present, "present"), (chosen, "chosen")):
        if point is not None:
            plot.line(x.px(point.coverage), y.from_px, x.px(point.coverage), y.to_px, kind, into=window)
            plot.dot(x.px(point.coverage), y.px(min(point.risk_high, worst)), 5.5, kind, into=window)
    return plot.markup()


def _in_words(points: Sequence[RiskPoint], max_error: float, chosen: RiskPoint | None) -> str:
    last = points[-1]
    everything = f"Accepting all, {100 * last.risk:.2f} % were wrong, at most {100 * last.risk_high:.2f} %."
    if chosen is None:
        return f"{everything} No threshold keeps the error under {100 * max_error:g} %."
    return (
        f"{everything} A threshold of {chosen.threshold:g} keeps it under {100 * max_error:g} % and accepts "
        f"{100 * chosen.coverage:.1f} % without a look."
    )
