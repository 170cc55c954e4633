"""The example store, as the simulator sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import NodeConfig
from edge.planogram import load_catalogue, load_planogram
from edge.yaml_file import load_yaml
from tools.store_simulator.layout import StoreLayout


@pytest.fixture(scope="session")
def node_configs(repository: Path) -> list[NodeConfig]:
    return [load_yaml(file, NodeConfig) for file in sorted((repository / "configs").glob("node-*.yaml"))]


@pytest.fixture(scope="session")
def layout(repository: Path, node_configs: list[NodeConfig]) -> StoreLayout:
    catalogue = load_catalogue(repository / "configs" / "catalogue.yaml")
    planogram = load_planogram(repository / "configs" / "planogram.yaml", catalogue)
    return StoreLayout(
        planogram, catalogue, {board.rack: board.plates for node in node_configs for board in node.boards}
    )
