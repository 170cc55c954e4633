"""What a simulated store may be told on the command line, whether it runs or is recorded."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tools.store_simulator.faults import Troubles
from tools.store_simulator.load_cell.misreads import MISREAD_SHARE
from tools.store_simulator.shoppers import Behaviour


def between(low: float, high: float, kind: type[int] | type[float] = float) -> Callable[[str], float]:
    """A number of an option, both ends included; argparse tells the user about anything else."""

    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(low) - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected {low:g} to {high:g}, found {text!r}")
        return value

    return number


def add_to(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    share, per_hour = between(0.0, 1.0), between(0.0, 10_000.0)
    usual = Behaviour()
    for option, kind, default, told in (
        ("--seed", between(0, 2**63, int), 1, "one seed, one history"),
        ("--shoppers", between(0, 100, int), 3, "inside at a time"),
        ("--items", between(1, 100, int), usual.items_max, "plates a visit goes to, at most"),
        ("--speed", between(0.1, 20.0), usual.pace, "pace of walking and dwelling; hands stay honest"),
        (
            "--awkward", share, 0.0,
            "share of stops each at which goods are held first and taken, held and left, or moved a little",
        ),
        ("--misreads", share, MISREAD_SHARE, "share of readings that are bad"),
        ("--rate-error-ppm", between(-1e5, 1e5), None, "of all boards' clocks; else as boards have it"),
        ("--stuck", per_hour, 0.0, "times an hour that a plate gets stuck"),
        ("--severed", per_hour, 0.0, "times an hour that a plate's wire breaks"),
        ("--dropouts", per_hour, 0.0, "times an hour that a board loses samples"),
    ):  # fmt: skip
        parser.add_argument(option, type=kind, default=default, help=told)


def behaviour(options: argparse.Namespace) -> Behaviour:
    """How people shop."""
    awkward = options.awkward
    return Behaviour(
        pace=options.speed, items_max=options.items, hold=awkward, change_mind=awkward, adjust=awkward
    )


def troubles(options: argparse.Namespace) -> Troubles:
    """How often boards fail."""
    return Troubles(options.stuck, options.severed, options.dropouts)
