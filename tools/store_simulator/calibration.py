"""Write the calibration files of the simulated boards, as `steelyard calibrate` does for real ones.

    python -m tools.store_simulator.calibration configs/node-*.yaml

Each channel is weighed empty and with a known mass for ten seconds; the noise of the cells leaves the small
error that a real calibration has.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from edge.config import NodeConfig
from edge.yaml_file import load_yaml
from tools.store_simulator.load_cell import LoadCells

KNOWN_MASS_G = 2000.0
SAMPLES = 800
"""[samples] 10 s at 80 Hz."""


def calibrate(board_id: str, channels: int, seed: int = 1) -> list[dict[str, float]]:
    """Zero and span of every channel, measured through the cells' own noise."""
    cells = LoadCells(board_id, channels, np.random.default_rng(seed), misread_share=0.0)
    at_s = np.arange(2 * SAMPLES) / 80.0
    load_g = np.repeat([0.0, KNOWN_MASS_G], SAMPLES)[:, None] * np.ones(channels)
    empty, loaded = (half.mean(axis=0) for half in np.split(cells.update(load_g, at_s), 2))
    return [
        {
            "zero_counts": round(float(zero), 1),
            "counts_per_gram": round(float((full - zero) / KNOWN_MASS_G), 4),
        }
        for zero, full in zip(empty, loaded, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write ``calibration/<board id>.yaml`` beside each node configuration."""
    parser = argparse.ArgumentParser(description="Calibrate the simulated boards of these nodes.")
    parser.add_argument("node_configs", nargs="+", type=Path, metavar="NODE.yaml")
    parser.add_argument("--date", default="2026-01-05", help="ISO date to write down")
    options = parser.parse_args(arguments)
    for file in options.node_configs:
        for board in load_yaml(file, NodeConfig).boards:
            target = file.parent / "calibration" / f"{board.board_id}.yaml"
            target.parent.mkdir(exist_ok=True)
            channels = calibrate(board.board_id, len(board.plates))
            rows = "\n".join(
                f"  - {yaml.safe_dump(row, default_flow_style=True, width=200).strip()}" for row in channels
            )
            target.write_text(
                f"# Written by tools/store_simulator/calibration.py with {KNOWN_MASS_G:.0f} g a plate.\n"
                f'board_id: "{board.board_id}"\ndate: "{options.date}"\nchannels:\n{rows}\n',
                encoding="utf-8",
            )
            print(target)


if __name__ == "__main__":
    main()
