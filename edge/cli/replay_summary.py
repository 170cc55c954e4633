"""What a replay found, for a person at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

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
        f"[bold]{report['case']}[/]: {timing['data_seconds']:.1f} s of {timing['plates']} plates"
        f" in {timing['cpu_seconds']:.2f} s of CPU"
    )
    visits = _table("visits", "shopper", "entered", "left", "goods", "sure")
    for visit in report["visits"]:
        goods = [
            f"{line['quantity']} x {line['sku']} {catalogue.get(line['sku']).name}" for line in visit["lines"]
        ]
        sure = f"{visit['probability']:.1%}" + (" [yellow]review[/]" if visit["needs_review"] else "")
        times = (_clock(visit["entered_at"]), _clock(visit["left_at"]))
        visits.add_row(visit["shopper"], *times, "\n".join(goods) or "nothing", sure)
    console.print(visits)
    moved = _table("events", "time", "event", "goods", "plates", "g", "shopper", "sure")
    for event in events:
        moved.add_row(
            _clock(event["t_onset"]),
            event["kind"],
            f"{event['quantity']} x {event['sku']}",
            " ".join(plate["plate"] for plate in event["plates"]),
            f"{event['delta_g']:.1f}",
            event["shopper"] or "nobody",
            f"{event['probability']:.1%}" + (" [yellow]review[/]" if event["needs_review"] else ""),
        )
    console.print(moved)
    console.print(f"{len(report['disturbances'])} disturbances that charge nobody")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _clock(utc_s: float | None) -> str:
    """Time of day in UTC, to 0.1 s."""
    return "-" if utc_s is None else f"{datetime.fromtimestamp(utc_s, UTC):%H:%M:%S.%f}"[:-5]
