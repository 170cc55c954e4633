"""A plot's frame: scales, round ticks, and the few elements that curves are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

MINUS = "\N{MINUS SIGN}"

STEPS = (1, 2, 5)
"""Ticks lie at these times a power of ten."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers to pixels, linear."""

    low: float
    high: float
    from_px: float  # where `low` lies
    to_px: float  # where `high` lies

    def px(self, value: float) -> float:
        """[px] where a value lies, also outside of the frame."""
        return self.from_px + (value - self.low) / (self.high - self.low) * (self.to_px - self.from_px)

    def ticks(self, most: int) -> tuple[float, ...]:
        """Round numbers within, at most so many."""
        span = self.high - self.low
        power = 10.0 ** math.floor(math.log10(span / most))
        step = next(step * power for step in (*STEPS, 10, 20) if span / (step * power) <= most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(round(index * step, 12) for index in range(first, last + 1))


class Plot:
    """One SVG image.

    Args:
        width, height: [px] of the image; the page scales it to its place.
        name: of its own within a page: ids begin with it.
        title: what is drawn, for whoever cannot see it.
        summary: what there is to see, in words.
        kind: CSS class.
    """

    def __init__(self, width: int, height: int, *, name: str, title: str, summary: str, kind: str) -> None:
        self.root = Element(
            "svg",
            {
                "viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height),
                "class": f"plot {kind}", "role": "img", "aria-labelledby": f"{name}-title {name}-summary",
            },
        )  # fmt: skip
        SubElement(self.root, "title", {"id": f"{name}-title"}).text = title
        SubElement(self.root, "desc", {"id": f"{name}-summary"}).text = summary
        self._name = name

    def window(self, x: Scale, y: Scale) -> Element:
        """A group that shows what lies within two scales."""
        clip = SubElement(SubElement(self.root, "defs"), "clipPath", {"id": f"{self._name}-frame"})
        left, right = sorted((x.from_px, x.to_px))
        top, bottom = sorted((y.from_px, y.to_px))
        frame = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        SubElement(clip, "rect", _numbers(frame))
        return SubElement(self.root, "g", {"clip-path": f"url(#{self._name}-frame)"})

    def line(
        self, x1: float, y1: float, x2: float, y2: float, kind: str, *, into: Element | None = None
    ) -> None:
        """A straight line."""
        numbers = _numbers({"x1": x1, "y1": y1, "x2": x2, "y2": y2})
        SubElement(self._or_root(into), "line", {**numbers, "class": kind})

    def box(
        self, x: float, y: float, width: float, height: float, kind: str, *, into: Element | None = None
    ) -> None:
        """A rectangle."""
        numbers = _numbers({"x": x, "y": y, "width": width, "height": height})
        SubElement(self._or_root(into), "rect", {**numbers, "class": kind})

    def curve(
        self, points: Iterable[tuple[float, float] | None], kind: str, *, into: Element | None = None
    ) -> None:
        """A line through points [px]; ``None`` interrupts it."""
        parts: list[str] = []
        pen = "M"
        for point in points:
            if point is None:
                pen = "M"
                continue
            parts.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
            pen = "L"
        SubElement(self._or_root(into), "path", {"d": "".join(parts), "class": kind})

    def area(self, points: Sequence[tuple[float, float]], kind: str, *, into: Element | None = None) -> None:
        """A filled polygon [px]."""
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        SubElement(self._or_root(into), "polygon", {"points": corners, "class": kind})

    def dot(self, x: float, y: float, radius: float, kind: str, *, into: Element | None = None) -> None:
        """A disc."""
        SubElement(
            self._or_root(into), "circle", {**_numbers({"cx": x, "cy": y, "r": radius}), "class": kind}
        )

    def text(
        self, x: float, y: float, words: str, kind: str, *, into: Element | None = None, anchor: str = "start"
    ) -> None:
        """Words, their baseline at ``y``."""
        attributes = {**_numbers({"x": x, "y": y}), "class": kind, "text-anchor": anchor}
        SubElement(self._or_root(into), "text", attributes).text = words

    def group(self, kind: str) -> Element:
        """A group of its own."""
        return SubElement(self.root, "g", {"class": kind})

    def markup(self) -> Markup:
        """The finished image; everything in it is escaped."""
        return Markup(tostring(self.root, encoding="unicode"))  # noqa: S704 - made by an XML writer

    def _or_root(self, into: Element | None) -> Element:
        return self.root if into is None else into


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near as possible to the wanted ones, in their order, ``gap`` apart, within bounds [px].

    Isotonic regression by pooling adjacent violators: neighbours that would overlap share their mean. Of more
    than there is room for, all are evenly spaced.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    pools: list[tuple[float, int]] = []  # (sum of shifted places, count)
    for place, index in enumerate(order):
        total, count = wanted[index] - place * gap, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    shifted = [total / count for total, count in pools for _ in range(count)]
    room = high - low - gap * (len(wanted) - 1)
    if room < 0:
        gap, room = (high - low) / max(len(wanted) - 1, 1), 0.0
    found = [0.0] * len(wanted)
    for place, index in enumerate(order):
        found[index] = min(max(shifted[place], low), low + room) + place * gap
    return found


def signed(value: float, decimals: int = 0) -> str:
    """With its sign; zero has none."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def _numbers(given: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.1f}" for name, value in given.items()}
