"""What is asked of a person before a statement about stock is made: that it can be meant.

The fold takes words in any order and so believes them all; whoever types one is told at once what is wrong.
"""

from __future__ import annotations

from edge.aggregator.stock.state import StockView
from edge.errors import MessageError
from edge.messages import FacingStock, RunningMode, ShelfMode
from edge.messages.stock import MODE_MAX_S, MODE_MIN_S, UNITS_MAX
from edge.planogram import Catalogue, Planogram


def facing_at(view: StockView, plate: str, sku: str) -> FacingStock | None:
    """The facing of a SKU that uses a plate; ``None``: it does not belong there."""
    facings = (facing for shelf in view.shelves for facing in shelf.facings)
    return next((each for each in facings if each.sku == sku and plate in each.plates), None)


def counted_units(text: str, facing: FacingStock | None = None) -> int:
    """A count as somebody typed it.

    Raises:
        MessageError: no whole number, or one that cannot be.
    """
    most = UNITS_MAX if facing is None or facing.capacity is None else min(4 * facing.capacity, UNITS_MAX)
    if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= most:
        return int(text)
    fits = "" if facing is None or facing.capacity is None else f" ({facing.capacity} fit there)"
    raise MessageError(
        "no count", where="units", found=repr(text[:20]), expected=f"a whole number from 0 to {most}{fits}",
        fix=f"Give a whole number from 0 to {most}{fits}.",
    )  # fmt: skip


def known_goods(plate: str, sku: str, planogram: Planogram, catalogue: Catalogue) -> None:
    """Whether a count of these goods at this plate can be taken.

    Raises:
        MessageError: there is no such plate, or no such SKU.
    """
    if plate not in planogram.plates:
        raise MessageError(
            "unknown plate", where="plate", found=repr(plate[:60]),
            expected="gondola/shelf/plate of the planogram", fix="Choose a facing from the list.",
        )  # fmt: skip
    if sku not in catalogue:
        raise MessageError(
            "unknown goods", where="sku", found=repr(sku[:60]), expected="a SKU of the catalogue",
            fix="Choose a facing from the list.",
        )  # fmt: skip


def mode_seconds(minutes: str) -> float:
    """How long a mode shall last at most [s], as somebody typed it in minutes.

    Raises:
        MessageError: no number, or one that cannot be.
    """
    least, most = MODE_MIN_S / 60, MODE_MAX_S / 60
    try:
        found = float(minutes)
    except ValueError:
        found = 0.0
    if least <= found <= most:
        return 60.0 * found
    raise MessageError(
        "no duration", where="minutes", found=repr(minutes[:20]),
        expected=f"{least:.0f} to {most:.0f} minutes",
        fix=f"Give a number of minutes from {least:.0f} to {most:.0f}.",
    )  # fmt: skip


def mode_kind(text: str) -> ShelfMode:
    """The kind of work as somebody typed or chose it.

    Raises:
        MessageError: there is no such kind.
    """
    try:
        return ShelfMode(text)
    except ValueError:
        kinds = ", ".join(ShelfMode)
        raise MessageError(
            "unknown kind of work", where="mode", found=repr(text[:20]), expected=kinds,
            fix=f"Choose one of {kinds}.",
        ) from None  # fmt: skip


def free_place(view: StockView, place: str, planogram: Planogram) -> None:
    """Whether a mode may begin at a place.

    Raises:
        MessageError: there is no such place, or a mode is on for just it.
    """
    if not planogram.has_place(place):
        raise MessageError(
            "unknown place", where="place", found=repr(place[:60]),
            expected="a shelf, a gondola, or the whole store", fix="Choose a place from the list.",
        )  # fmt: skip
    for mode in view.state.modes:
        if mode.place == place and not mode.forgotten:
            raise MessageError(
                f"somebody works there already: {mode.by}", where="place", found=f"{mode.kind.value} mode",
                expected="a place without a mode", fix="Finish that work first.",
            )  # fmt: skip


def open_mode(view: StockView, mode: str) -> RunningMode:
    """The running or forgotten mode of that id.

    Raises:
        MessageError: it is over, or there never was one.
    """
    for running in view.state.modes:
        if running.mode == mode:
            return running
    over = next((each for each in view.state.summaries if each.mode == mode), None)
    raise MessageError(
        "this work is done already" if over else "unknown mode", where="mode", found=repr(mode[:60]),
        expected="a mode that is on", fix="Look at the list of modes.",
    )  # fmt: skip
