"""The weight around an event, with the level at which it should have come to rest by each answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup

from edge.aggregator.web.drawing.plot import Plot, Scale, signed, spread
from edge.messages import PlateTrace

BEFORE_S = 1.0
"""[s] before onset whose median is the level from which changes are counted."""

STILL_S = 0.15
"""[s] before onset that are not counted to it: a hand may be there already."""

AROUND_S = 2.0
"""[s] that are drawn of an event of which no trace is held."""

LABEL_PX = 21
"""[px] from one label to the next."""

KEY_PX, KEYS_MAX = 19, 4
"""[px] from one key to the next beside a level, and how many are shown there."""

OVER_LEVELS = 0.6
"""[1] of the span of all levels, that a curve may widen the frame by on either side; a hand that leans on a
shelf would make the levels one."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the scales said of an event."""

    delta_g: float  # [g]
    sigma_g: float  # [g]
    t_onset: float  # [s]


@dataclass(frozen=True, slots=True)
class Change:
    """The summed change of weight of an event's plates."""

    since_onset_s: tuple[float, ...]  # [s]
    grams: tuple[float | None, ...]  # [g] against the level before; None: no reading


def change_of(traces: Sequence[PlateTrace], t_onset: float) -> Change | None:
    """Sum traces over plates, each from its own level before; ``None`` where no two values can be drawn."""
    if not traces:
        return None
    first = traces[0]
    along = [each for each in traces if (each.t_first, each.period_s) == (first.t_first, first.period_s)]
    count = min(len(each.grams) for each in along)
    times = tuple(round(first.t_first + index * first.period_s - t_onset, 4) for index in range(count))
    risen = [_from_level(each.grams[:count], times) for each in along]
    summed = tuple(
        sum(value for value in column if value is not None) if None not in column else None
        for column in zip(*risen, strict=True)
    )
    return Change(times, summed) if sum(value is not None for value in summed) > 1 else None


def _from_level(grams: Sequence[float | None], times: Sequence[float]) -> list[float | None]:
    known = [(t, value) for t, value in zip(times, grams, strict=True) if value is not None]
    still = [value for t, value in known if -BEFORE_S - STILL_S <= t <= -STILL_S]
    level = median(still or [value for _, value in known[:10]] or [0.0])
    return [None if value is None else value - level for value in grams]


def weight_trace(
    change: Change | None,
    measured: Measured,
    levels: Mapping[str, float],
    *,
    width: int = 720,
    height: int = 300,
    name: str = "trace",
) -> Markup:
    """Draw it.

    Args:
        change: summed over the event's plates; ``None``: it is not held, and levels alone are drawn.
        measured: what was decided from it.
        levels: [g] expected change by the key that chooses the answer.
        width: [px] of the image; a narrow one is for telephones.
        height: [px].
        name: of its own within the page.
    """
    by_grams, keys_max = _keys_by_grams(levels), KEYS_MAX if width >= 500 else KEYS_MAX - 1
    gutter = 88 + KEY_PX * min(max([len(keys) for keys in by_grams.values()] + [1]), keys_max)
    times = (-AROUND_S, AROUND_S) if change is None else (change.since_onset_s[0], change.since_onset_s[-1])
    x = Scale(times[0], max(times[1], times[0] + 0.1), 62, width - gutter)
    y = Scale(*_span(change, measured, levels), height - 34, 14)
    plot = Plot(width, height, name=name, title="Weight on the shelf", kind="trace",
                summary=_in_words(change, measured, levels))  # fmt: skip
    _draw_grid(plot, x, y, most=5 if width >= 500 else 3)
    window = plot.window(x, y)
    half_px = max(abs(y.px(2 * measured.sigma_g) - y.px(0)), 2.0)
    measured_px = y.px(measured.delta_g)
    plot.box(x.px(max(0.0, x.low)), measured_px - half_px, x.to_px, 2 * half_px, "band", into=window)
    plot.line(x.px(0), y.from_px, x.px(0), y.to_px, "onset", into=window)
    _draw_levels(plot, x, y, by_grams, keys_max)
    if change is not None:
        points = [
            None if grams is None else (x.px(t), y.px(grams))
            for t, grams in zip(change.since_onset_s, change.grams, strict=True)
        ]
        plot.curve(points, "curve", into=window)
    return plot.markup()


def _span(change: Change | None, measured: Measured, levels: Mapping[str, float]) -> tuple[float, float]:
    marked = [0.0, measured.delta_g, *levels.values()]
    low, high = min(marked), max(marked)
    span = max(high - low, 10.0)
    known = sorted(value for value in (change.grams if change else ()) if value is not None)
    if known:
        room = OVER_LEVELS * span
        low, high = max(min(low, known[0]), low - room), min(max(high, known[-1]), high + room)
    pad = 0.09 * max(high - low, 10.0)
    return low - pad, high + pad


def _draw_grid(plot: Plot, x: Scale, y: Scale, *, most: int) -> None:
    for grams in y.ticks(most):
        plot.line(x.from_px, y.px(grams), x.to_px, y.px(grams), "zero" if grams == 0 else "grid")
        plot.text(x.from_px - 8, y.px(grams) + 4, f"{signed(grams)} g", "tick", anchor="end")
    for seconds in x.ticks(most + 1):
        words = "onset" if seconds == 0 else f"{signed(seconds)} s"
        plot.text(x.px(seconds), y.from_px + 20, words, "tick", anchor="middle")


def _keys_by_grams(levels: Mapping[str, float]) -> dict[float, list[str]]:
    keys: dict[float, list[str]] = defaultdict(list)
    for key, grams in levels.items():
        keys[round(grams, 1)].append(key)
    return keys


def _draw_levels(plot: Plot, x: Scale, y: Scale, keys: Mapping[float, Sequence[str]], keys_max: int) -> None:
    """One line for all answers of one weight, and their keys beside it, no two labels on each other."""
    right_px, wanted = x.to_px, [y.px(grams) for grams in keys]
    places = spread(wanted, LABEL_PX, y.to_px + 4, y.from_px - 4)
    for (grams, names), level_px, label_px in zip(keys.items(), wanted, places, strict=True):
        kinds = " ".join(f"of-{key}" for key in names)
        group = plot.group(f"level {kinds}")
        plot.line(x.px(max(0.0, x.low)), level_px, right_px, level_px, "expected", into=group)
        plot.curve([(right_px, level_px), (right_px + 10, label_px)], "leader", into=group)
        left = right_px + 20
        shown = names if len(names) <= keys_max else (*names[: keys_max - 1], "…")
        for key in shown:
            plot.dot(left, label_px, 8.5, "key", into=group)
            plot.text(left, label_px + 4, key, "key-name", into=group, anchor="middle")
            left += KEY_PX
        plot.text(left - 6, label_px + 4, f"{signed(grams)} g", "level-name", into=group)


def _in_words(change: Change | None, measured: Measured, levels: Mapping[str, float]) -> str:
    traced = "" if change is not None else "The trace is not held; only levels are drawn. "
    by_key = ", ".join(f"answer {key}: {signed(grams)} g" for key, grams in levels.items())
    return (
        f"{traced}The weight changed by {signed(measured.delta_g, 1)} g, give or take "
        f"{measured.sigma_g:.1f} g. Expected by {by_key or 'no answer: none has a known weight'}."
    )
