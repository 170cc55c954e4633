"""``steelyard report transparency``: the honest numbers, straight from the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.database import place_of_ledger
from edge.aggregator.recall import Recall
from edge.aggregator.transparency.figures import Transparency
from edge.aggregator.transparency.numbers import transparency_of
from edge.aggregator.transparency.words import sentences
from edge.config import AggregatorConfig
from edge.iso_time import utc_s_of
from edge.payload import encode
from edge.planogram import load_catalogue, load_planogram
from edge.yaml_file import load_yaml

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.callback()
def report() -> None:
    """Reports on what happened in a store."""


@app.command()
def transparency(
    config: Annotated[Path, typer.Option("--config", help="YAML file of the aggregator.")],
    since: Annotated[
        str,
        typer.Option("--from", help="Visits that left since then: 2026-03-01, or with time and offset."),
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Visits that left before then.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Print every number with what was counted and of how many; the aggregator may run."""
    found = _read(config, _moment("--from", since), _moment("--to", until))
    if as_json:
        print(encode(found).decode())
    else:
        print("\n".join(sentences(found)))


def _read(config: Path, since: float | None, until: float | None) -> Transparency:
    options = load_yaml(config, AggregatorConfig)
    catalogue = load_catalogue(config.parent / options.catalogue)
    planogram = load_planogram(config.parent / options.planogram, catalogue)
    ledger = Ledger(place_of_ledger(options, config.parent))
    try:
        store, _ = Recall(options, catalogue, planogram).fold(ledger)
        return transparency_of(
            ledger.entries(), since=since, until=until, audit_share=options.review.audit_share,
            inventory=store.inventory,
        )  # fmt: skip
    finally:
        ledger.close()


def _moment(option: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return utc_s_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
