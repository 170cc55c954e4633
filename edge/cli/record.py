"""``steelyard record``: a node as always, with everything it hears and decides on file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.config import NodeConfig
from edge.errors import StorageError
from edge.node.main import run_node
from edge.recording.mcap_case import McapCase
from edge.yaml_file import load_yaml


def record(
    config: Annotated[Path, typer.Option("--config", help="YAML file of the node.")],
    output: Annotated[Path, typer.Option("--output", help="MCAP file to write; must not exist.")],
    duration: Annotated[
        float | None, typer.Option("--for", min=0.1, help="Seconds; until told to stop when left out.")
    ] = None,
) -> None:
    """Run a node and record its inputs and decisions, and the tracks and gate events of the store."""
    node_config = load_yaml(config, NodeConfig)
    if output.exists():
        raise StorageError("the recording exists already", where=str(output), fix="Choose another name.")
    stop = threading.Event()
    timer = threading.Timer(duration, stop.set) if duration is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        run_node(msgspec.structs.replace(node_config, record=str(output.resolve())), config.parent, stop=stop)
    finally:
        if timer is not None:
            timer.cancel()
    decisions = sum(1 for _ in McapCase(output).decisions())
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB, {decisions} decisions")
