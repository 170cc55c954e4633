"""Furnish a demo store: the example configurations, with ports, broker and state of this one run."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.config import AggregatorConfig, BrokerSection, NodeConfig, Section, load_yaml
from edge.errors import StartError
from edge.planogram import Catalogue, Planogram, load_catalogue, load_planogram

SIMULATOR = "tools.store_simulator"


@dataclass(frozen=True, slots=True)
class DemoStore:
    """Where everything of one demo run is."""

    name: str
    node_files: dict[str, Path]  # by node
    ports: tuple[Path, ...]  # of the boards
    aggregator_file: Path
    ledger_dir: Path
    catalogue: Catalogue
    planogram: Planogram


def find_examples() -> Path:
    """The example configurations of this source checkout.

    Raises:
        StartError: this is no source checkout.
    """
    try:
        simulator = importlib.util.find_spec(SIMULATOR)
    except ModuleNotFoundError:
        simulator = None
    if simulator is None or simulator.origin is None:
        raise StartError(
            "the simulated store is not installed", found=f"no module {SIMULATOR!r}",
            expected="a source checkout", fix="Clone the repository and run `make demo` there.",
        )  # fmt: skip
    return Path(simulator.origin).parents[2] / "configs"


def furnish(examples: Path, state_dir: Path, broker: BrokerSection, web_port: int) -> DemoStore:
    """Write the configurations of one run below ``state_dir``.

    Raises:
        ConfigError, PlanogramError: an example file cannot be used.
    """
    config_dir = state_dir / "configs"
    config_dir.mkdir(parents=True, exist_ok=True)
    aggregator = load_yaml(examples / "aggregator.yaml", AggregatorConfig)
    catalogue_file = (examples / aggregator.catalogue).resolve()
    planogram_file = (examples / aggregator.planogram).resolve()
    shared = {"broker": broker, "catalogue": str(catalogue_file), "planogram": str(planogram_file)}
    node_files: dict[str, Path] = {}
    ports: list[Path] = []
    for example in sorted(examples.glob("node-*.yaml")):
        node = load_yaml(example, NodeConfig)
        boards = tuple(
            msgspec.structs.replace(
                board,
                port=str(state_dir / "ports" / board.rack),
                calibration=str((examples / "calibration" / f"{board.board_id}.yaml").resolve()),
            )
            for board in node.boards
        )
        ports += [Path(board.port) for board in boards]
        node_files[node.node] = _write(
            config_dir / example.name,
            msgspec.structs.replace(node, boards=boards, state_dir=str(state_dir / node.node), **shared),
        )
    ledger_dir = state_dir / "aggregator"
    web = msgspec.structs.replace(aggregator.web, port=web_port)
    aggregator_file = _write(
        config_dir / "aggregator.yaml",
        msgspec.structs.replace(aggregator, state_dir=str(ledger_dir), web=web, **shared),
    )
    catalogue = load_catalogue(catalogue_file)
    return DemoStore(
        name=aggregator.store,
        node_files=node_files,
        ports=tuple(ports),
        aggregator_file=aggregator_file,
        ledger_dir=ledger_dir,
        catalogue=catalogue,
        planogram=load_planogram(planogram_file, catalogue),
    )


def _write(file: Path, config: Section) -> Path:
    file.write_bytes(msgspec.yaml.encode(config))
    return file
