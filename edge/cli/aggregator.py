"""``steelyard aggregator``: the in-store aggregator with its ledger and page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.main import run_aggregator
from edge.clock import ReplayClock, SystemClock
from edge.config import AggregatorConfig
from edge.yaml_file import load_yaml


def aggregator(
    config: Annotated[Path, typer.Option("--config", help="YAML file, see configs/aggregator.yaml.")],
    store_time: Annotated[
        float | None, typer.Option(help="Replay: the store's time at the start, epoch seconds.")
    ] = None,
    store_speed: Annotated[float, typer.Option(help="Replay: how fast the store's time runs.")] = 1.0,
) -> None:
    """Run the in-store aggregator until it is told to stop."""
    clock = SystemClock() if store_time is None else ReplayClock(store_time, store_speed)
    run_aggregator(load_yaml(config, AggregatorConfig), config.parent, clock=clock)
