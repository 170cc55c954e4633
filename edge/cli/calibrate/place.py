"""Which plate is meant: its board, its channel, and the files of its calibration."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from edge.config import BoardSection, NodeConfig, WeightSection
from edge.errors import ConfigError
from edge.yaml_file import load_yaml

SIMULATED_OUT = Path("var/simulated-calibration")


@dataclass(frozen=True, slots=True)
class Place:
    """One plate in the configuration of its node."""

    store: str
    node: str
    plate: str
    section: BoardSection
    base_dir: Path  # that paths of the section start from
    capacity_g: float  # [g]
    config: NodeConfig | None  # None: simulated, no node can hold it
    out: Path | None  # directory to write to instead of the node's

    @property
    def channel(self) -> int:
        """Counts from 0."""
        return self.section.plates.index(self.plate)

    def file_in_force(self, board_id: str) -> Path:
        """The calibration that the board's node weighs with."""
        if self.config is None and self.out is not None:
            return self.out / f"{board_id}.yaml"
        return self.base_dir / (self.section.calibration or f"calibration/{board_id}.yaml")

    def file_to_write(self, board_id: str) -> Path:
        """Where the new calibration goes: the same file, unless ``out`` names a directory."""
        return self.out / f"{board_id}.yaml" if self.out is not None else self.file_in_force(board_id)


def simulated_place(plate: str, section: BoardSection, base_dir: Path, out: Path | None) -> Place:
    """A plate of a simulated board."""
    capacity_g = WeightSection().capacity_g
    return Place("simulated", "simulated", plate, section, base_dir, capacity_g, None, out or SIMULATED_OUT)


def place_of(plate: str, config_file: Path, out: Path | None) -> Place:
    """The plate in its node's file.

    Raises:
        ConfigError: the file cannot be used, or has no such plate.
    """
    config = load_yaml(config_file, NodeConfig)
    for section in config.boards:
        if plate in section.plates:
            base_dir = config_file.parent
            return Place(
                config.store, config.node, plate, section, base_dir, config.weight.capacity_g, config, out
            )
    plates = [each for section in config.boards for each in section.plates]
    near = difflib.get_close_matches(plate, plates, 1)
    raise ConfigError(
        "no such plate", file=config_file, key="boards", found=f"`{plate}`",
        expected=f"one of {', '.join(plates)}" if plates else "boards with plates, not a recording",
        fix=f"Did you mean `{near[0]}`?" if near else "",
    )  # fmt: skip
