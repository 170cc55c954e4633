"""Where the weight came to rest, enlarged until noise can be seen, beside where each answer expects it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

from markupsafe import Markup

from edge.aggregator.web.drawing.plot import Plot, Scale, signed, spread
from edge.aggregator.web.drawing.weight_trace import Measured

NEAR_SIGMAS = 25.0
"""[sigma] Answers further off are not shown: the trace has them, and nobody takes them for a fit."""

HALF_WIDTH_SIGMAS = 4.5
"""[sigma] shown to either side at least."""

KEY_PX = 20
"""[px] from one key to the next."""


def resting_level(
    measured: Measured, levels: Mapping[str, float], *, width: int = 720, name: str = "level"
) -> Markup:
    """Draw the measurement as the bell that its noise makes of it, with the answers near it.

    Args:
        measured: change and its standard deviation.
        levels: [g] expected change by the key that chooses the answer.
        width: [px] of the image.
        name: of its own within the page.
    """
    sigma_g = max(measured.sigma_g, 0.1)
    near = {
        key: grams for key, grams in levels.items() if abs(grams - measured.delta_g) <= NEAR_SIGMAS * sigma_g
    }
    reach_g = max(
        [1.2 * abs(grams - measured.delta_g) for grams in near.values()] + [HALF_WIDTH_SIGMAS * sigma_g]
    )
    x = Scale(measured.delta_g - reach_g, measured.delta_g + reach_g, 14, width - 14)
    base_px, top_px = 98, 36
    off = ", ".join(f"answer {key} is {abs(grams - measured.delta_g) / sigma_g:.1f} sigma off"
                    for key, grams in near.items())  # fmt: skip
    plot = Plot(width, 128, name=name, title="Where the weight came to rest", kind="resting",
                summary=f"{off or 'No answer is near'}.")  # fmt: skip
    bell = [
        (x.px(measured.delta_g + step * sigma_g), base_px - (base_px - top_px) * math.exp(-(step**2) / 2))
        for step in (index / 8 for index in range(-36, 37))
    ]
    plot.area([(bell[0][0], base_px), *bell, (bell[-1][0], base_px)], "band")
    plot.curve(bell, "bell")
    plot.line(x.from_px, base_px, x.to_px, base_px, "zero")
    for grams in x.ticks(7 if width >= 500 else 4):
        plot.line(x.px(grams), base_px, x.px(grams), base_px + 4, "zero")
        words = f"{signed(grams, 0 if grams == round(grams) else 1)} g"
        plot.text(min(max(x.px(grams), 30), width - 30), base_px + 20, words, "tick", anchor="middle")
    _draw_answers(plot, x, near, base_px)
    return plot.markup()


def _draw_answers(plot: Plot, x: Scale, near: Mapping[str, float], base_px: float) -> None:
    keys: dict[float, list[str]] = defaultdict(list)
    for key, grams in near.items():
        keys[round(grams, 1)].append(key)
    wanted = [x.px(grams) for grams in keys for _ in keys[grams]]
    names = [key for each in keys.values() for key in each]
    places = dict(zip(names, spread(wanted, KEY_PX, x.from_px, x.to_px), strict=True))
    for grams, same in keys.items():
        group = plot.group("level " + " ".join(f"of-{key}" for key in same))
        plot.line(x.px(grams), 26, x.px(grams), base_px, "expected", into=group)
        for key in same:
            plot.curve([(x.px(grams), 26), (places[key], 18)], "leader", into=group)
            plot.dot(places[key], 11, 8.5, "key", into=group)
            plot.text(places[key], 15, key, "key-name", into=group, anchor="middle")
