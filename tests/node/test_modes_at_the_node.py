"""Modes at the node: all at once, on a lease, and nothing that is not its own."""

from __future__ import annotations

import pytest

from edge.messages import Command, CommandVerb
from edge.node.shelf_modes import LEASE_MAX_S, ShelfModes
from edge.samples import NS_PER_S

PLATES = ("r/1/1", "r/1/2", "r/2/1")


def tell(modes: ShelfModes, mono_s: float = 0.0, **arguments: str):
    words = {"lease_s": "150"} | arguments
    command = Command(correlation="c", verb=CommandVerb.MODE, arguments=words)
    return modes.obey(command, round(mono_s * NS_PER_S))


def seen(modes: ShelfModes, mono_s: float = 1.0) -> list[str]:
    return [modes.of(plate, round(mono_s * NS_PER_S)) for plate in PLATES]


def test_all_modes_are_said_at_once_and_what_is_not_named_is_over():
    modes = ShelfModes(PLATES)
    assert seen(modes) == ["", "", ""]
    assert tell(modes, restock="r/1/1 r/1/2", clean="r/2/1").ok
    assert seen(modes) == ["restock", "restock", "clean"]
    assert tell(modes, maintenance="r/1/2").detail == "1 plates in a mode"
    assert seen(modes) == ["", "maintenance", ""]
    assert tell(modes).ok
    assert seen(modes) == ["", "", ""]


def test_a_mode_ends_when_nobody_says_it_again():
    modes = ShelfModes(PLATES)
    tell(modes, restock="r/1/1")
    assert seen(modes, 149.0) == ["restock", "", ""]
    assert seen(modes, 150.0) == ["", "", ""]
    tell(modes, 140.0, restock="r/1/1")
    assert seen(modes, 280.0) == ["restock", "", ""]


@pytest.mark.parametrize(
    "arguments",
    [
        {"restock": "moon/1/1"},
        {"lease_s": "0"},
        {"lease_s": "nan"},
        {"lease_s": ""},
        {"lease_s": str(LEASE_MAX_S + 1)},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(arguments):
    modes = ShelfModes(PLATES)
    tell(modes, clean="r/2/1")
    assert not tell(modes, **arguments).ok
    assert seen(modes) == ["", "", "clean"]
