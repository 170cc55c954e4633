"""``steelyard aggregator``: the in-store aggregator with its ledger and page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.main import run_aggregator
from edge.config import AggregatorConfig, load_yaml


def aggregator(
    config: Annotated[Path, typer.Option("--config", help="YAML file, see configs/aggregator.yaml.")],
) -> None:
    """Run the in-store aggregator until it is told to stop."""
    run_aggregator(load_yaml(config, AggregatorConfig), config.parent)
