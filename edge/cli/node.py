"""``steelyard node``: one shelf node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.config import NodeConfig
from edge.node.main import run_node
from edge.yaml_file import load_yaml


def node(
    config: Annotated[Path, typer.Option("--config", help="YAML file, see configs/node-fridge.yaml.")],
) -> None:
    """Run a shelf node until it is told to stop."""
    run_node(load_yaml(config, NodeConfig), config.parent)
