"""Stock in plain words."""

from __future__ import annotations

from datetime import datetime

from edge.aggregator.web.words import MINUS, gondola_name, percent
from edge.messages import FacingStock, RunningMode, ShelfMode

MODE_WORDS = {
    ShelfMode.RESTOCK: "restocking",
    ShelfMode.CLEAN: "cleaning",
    ShelfMode.MAINTENANCE: "maintenance",
}

SURE = 0.95
"""[1] Counts surer than that are shown without a doubt."""


def place_name(place: str) -> str:
    """``fridge, shelf 2``; empty is the whole store."""
    if not place:
        return "the whole store"
    gondola, _, shelf = place.partition("/")
    return f"{gondola_name(gondola)}, shelf {shelf}" if shelf else gondola_name(gondola)


def hour_minute(utc_s: float) -> str:
    """Time of day where the store is, as a clock on the wall shows it."""
    return datetime.fromtimestamp(utc_s).astimezone().strftime("%H:%M")


def minutes(seconds: float) -> str:
    """``25 min``, ``2 h 5 min``; never less than one minute."""
    whole = max(1, round(seconds / 60))
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60} min".replace(" 0 min", "")


def mode_until(mode: RunningMode, now_s: float) -> str:
    """When a mode ends, or that it was forgotten."""
    if mode.forgotten:
        return f"ended itself {minutes(now_s - mode.until)} ago, at {hour_minute(mode.until)}"
    return f"ends by itself in {minutes(mode.until - now_s)}, at {hour_minute(mode.until)}"


def doubt(facing: FacingStock) -> str:
    """How sure a count is; empty when it is."""
    if facing.units is None or facing.probability >= SURE:
        return ""
    spread = f", ± {facing.sigma:.1f}" if facing.sigma >= 0.5 else ""
    return f"{percent(facing.probability)} sure{spread}"


def change_since(facing: FacingStock) -> str:
    """``−5 +2``: what went and came since the count."""
    parts = [f"{MINUS}{facing.taken}" if facing.taken else "", f"+{facing.brought}" if facing.brought else ""]
    return " ".join(part for part in parts if part)


def filled(facing: FacingStock) -> int:
    """Percent of what fits."""
    return (
        0
        if not facing.units or not facing.capacity
        else min(100, round(100 * facing.units / facing.capacity))
    )


FILTERS = {
    "place_name": place_name, "hour_minute": hour_minute, "minutes": minutes, "mode_until": mode_until,
    "doubt": doubt, "change_since": change_since, "filled": filled, "mode_words": MODE_WORDS.__getitem__,
}  # fmt: skip
