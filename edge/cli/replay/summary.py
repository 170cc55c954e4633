"""What a replay found, for a person at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.planogram import Catalogue


def print_summary(console: Console, report: dict[str, Any], catalogue: Catalogue) -> None:
    """Print visits with their lines, then events.

    Args:
        console: where to.
        report: as ``edge.aggregator.report`` makes it.
        catalogue: for the names of goods.
    """
    timing, events = report["timing"], report["events"]
    console.print(
        _plain(
            f"{report['case']}: {timing['data_seconds']:.1f} s of {timing['plates']} plates"
            f" in {timing['cpu_seconds']:.2f} s of CPU"
        )
    )
    visits = _table("visits", "shopper", "entered", "left", "goods", "sure")
    for visit in report["visits"]:
        goods = [
            f"{line['quantity']} x {line['sku']} {catalogue.get(line['sku']).name}" for line in visit["lines"]
        ]
        sure = f"{visit['probability']:.1%}" + (" [yellow]review[/]" if visit["needs_review"] else "")
        times = (_clock(visit["entered_at"]), _clock(visit["left_at"]))
        goods_cell = Text("\n").join(map(_plain, goods)) if goods else "nothing"
        visits.add_row(_plain(visit["shopper"]), *times, goods_cell, sure)
    console.print(visits)
    moved = _table("events", "time", "event", "goods", "plates", "g", "shopper", "sure")
    for event in events:
        moved.add_row(
            _clock(event["t_onset"]),
            event["kind"],
            _plain(f"{event['quantity']} x {event['sku']}"),
            _plain(" ".join(plate["plate"] for plate in event["plates"])),
            f"{event['delta_g']:.1f}",
            _plain(event["shopper"] or "nobody"),
            f"{event['probability']:.1%}" + (" [yellow]review[/]" if event["needs_review"] else ""),
        )
    console.print(moved)
    console.print(f"{len(report['disturbances'])} disturbances that charge nobody")


def _plain(text: str) -> Text:
    """Text from a recording, which must neither be taken for markup nor steer the terminal."""
    return Text("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _clock(utc_s: float | None) -> str:
    """Time of day in UTC, to 0.1 s."""
    return "-" if utc_s is None else f"{datetime.fromtimestamp(utc_s, UTC):%H:%M:%S.%f}"[:-5]
