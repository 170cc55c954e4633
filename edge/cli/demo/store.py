"""Furnish a demo store: the example configurations, with ports, broker and state of this one run."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from edge.config import AggregatorConfig, BrokerSection, NodeConfig
from edge.errors import StartError
from edge.planogram import Catalogue, Planogram, load_catalogue, load_planogram
from edge.yaml_file import dump_yaml, load_yaml

SIMULATOR = "tools.store_simulator"
PHOTOGRAPHER = f"{SIMULATOR}.camera.portraits"
WEB_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoStore:
    """Where everything of one demo run is."""

    name: str
    node_files: dict[str, Path]  # by node
    ports: tuple[Path, ...]  # of the boards
    cameras_dir: Path  # a folder of pictures and a calibration for every rack's camera
    gallery_dir: Path  # what the goods look like
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
    shared = {
        "broker": {"host": broker.host, "port": broker.port, "keepalive_s": 5, "reconnect_max_s": 1.0},
        "catalogue": str(catalogue_file),
        "planogram": str(planogram_file),
    }
    cameras_dir, gallery_dir = state_dir / "cameras", state_dir / "gallery"
    node_files: dict[str, Path] = {}
    ports: list[Path] = []
    for example in sorted(examples.glob("node-*.yaml")):
        node = load_yaml(example, NodeConfig)
        document = yaml.safe_load(example.read_text(encoding="utf-8"))
        for board in document["boards"]:
            ports.append(state_dir / "ports" / board["rack"])
            board["port"] = str(ports[-1])
            board["calibration"] = str((examples / "calibration" / f"{board['board_id']}.yaml").resolve())
        document["cameras"] = [
            {
                "camera": board.rack,
                "source": str(cameras_dir / board.rack),
                "calibration": str(cameras_dir / f"camera-{board.rack}.yaml"),
            }
            for board in node.boards
        ]
        document["vision"] = {"gallery": str(gallery_dir)}
        document |= {"state_dir": str(state_dir / node.node), **shared}
        node_files[node.node] = _write(config_dir / example.name, document)
    ledger_dir = state_dir / "aggregator"
    document = yaml.safe_load((examples / "aggregator.yaml").read_text(encoding="utf-8"))
    document |= {"state_dir": str(ledger_dir), "web": {"host": WEB_HOST, "port": web_port}, **shared}
    aggregator_file = _write(config_dir / "aggregator.yaml", document)
    catalogue = load_catalogue(catalogue_file)
    return DemoStore(
        name=aggregator.store,
        node_files=node_files,
        ports=tuple(ports),
        cameras_dir=cameras_dir,
        gallery_dir=gallery_dir,
        aggregator_file=aggregator_file,
        ledger_dir=ledger_dir,
        catalogue=catalogue,
        planogram=load_planogram(planogram_file, catalogue),
    )


def _write(file: Path, document: dict[str, Any]) -> Path:
    file.write_text(dump_yaml(document), encoding="utf-8")
    return file
