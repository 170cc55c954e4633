"""The example configurations hang together."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from edge.config import AggregatorConfig, CalibrationFile, NodeConfig
from edge.yaml_file import load_yaml
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.load_cell import LoadCells


def test_every_plate_belongs_to_one_node_that_may_speak(
    repository: Path, layout: StoreLayout, node_configs: list[NodeConfig]
) -> None:
    plates = [plate for node in node_configs for board in node.boards for plate in board.plates]
    assert sorted(plates) == sorted(layout.planogram.plates)
    aggregator = load_yaml(repository / "configs" / "aggregator.yaml", AggregatorConfig)
    assert {node.node for node in node_configs} == set(aggregator.nodes)
    assert {node.store for node in node_configs} == {aggregator.store}


def test_calibrations_are_those_of_the_simulated_cells(
    repository: Path, node_configs: list[NodeConfig]
) -> None:
    for board in (board for node in node_configs for board in node.boards):
        file = repository / "configs" / "calibration" / f"{board.board_id}.yaml"
        channels = load_yaml(file, CalibrationFile).channels
        cells = LoadCells(board.board_id, len(board.plates), np.random.default_rng(1)).converter
        np.testing.assert_allclose(
            [row.counts_per_gram for row in channels], cells.counts_per_gram, rtol=1e-3
        )
        zeros_g = (
            np.array([row.zero_counts for row in channels]) - cells.zero_counts
        ) / cells.counts_per_gram
        assert np.abs(zeros_g).max() < 1.5, "what was warmer then than 20 degrees"


def test_no_two_products_weigh_alike_and_some_barcodes_begin_with_zero(layout: StoreLayout) -> None:
    skus = layout.catalogue.skus.values()
    for one, other in combinations([sku.weight_g for sku in skus], 2):
        assert abs(one - other) > 10
    assert any(sku.sku.startswith("0") for sku in skus)
    assert {facing.sku for facing in layout.planogram.facings} == set(layout.catalogue.skus)


def test_no_plate_is_loaded_beyond_its_cell(layout: StoreLayout) -> None:
    for facing in layout.planogram.facings:
        unit_g = layout.catalogue.get(facing.sku).weight_g
        assert facing.capacity % len(facing.plates) == 0
        assert facing.capacity / len(facing.plates) * unit_g < 12_000
