"""Record a simulated store without running it: a case, and apart from it the truth.

    python -m tools.store_simulator.record OUT --format aifi|mcap --for 300 [--seed 1] [NODE.yaml ...]

``OUT.truth.json`` says what really happened. Without node configurations the store is that of ``configs/``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.config import CalibrationFile, ChannelCalibration, NodeConfig
from edge.errors import ConfigError, SteelyardError, StorageError
from edge.node.boards import layouts, load_calibrations
from edge.planogram import load_catalogue, load_planogram
from edge.recording.formats import RecordingFormat
from edge.samples import RackLayout
from edge.yaml_file import load_yaml
from tools.mcap_file import write_mcap
from tools.nanostore_files import write_nanostore
from tools.store_simulator import arguments as store_arguments
from tools.store_simulator.calibration import calibrate
from tools.store_simulator.case import LAST_SECONDS_S, OPEN_AFTER_S, SimulatedCase, SimulatedRack
from tools.store_simulator.tracker import LATE_S
from tools.store_simulator.truth import Truth
from tools.store_simulator.weighed import WeighedCase, by_gondola, numbered

EXAMPLES = Path(__file__).parents[2] / "configs"
SHORTEST_S = OPEN_AFTER_S + LAST_SECONDS_S + 10.0
"""[s] in which one shopper can come, take something and go."""

LONGEST_S = 7 * 86_400.0
CALIBRATED = "2026-01-01"


def simulated(files: Sequence[Path], options: argparse.Namespace) -> SimulatedCase:
    """The case that the options ask for.

    Raises:
        ConfigError, PlanogramError: a configuration cannot be used.
    """
    nodes = [(load_yaml(file, NodeConfig), file.parent) for file in files]
    for file, (node, _) in zip(files, nodes, strict=True):
        if not node.boards:
            raise ConfigError(
                "no boards to simulate", file=file, key="boards", found="a recording",
                expected="at least one board", fix="Name nodes that have boards.",
            )  # fmt: skip
    config, base_dir = nodes[0]
    catalogue = load_catalogue(base_dir / config.catalogue)
    planogram = load_planogram(base_dir / config.planogram, catalogue)
    if options.format is RecordingFormat.AIFI:
        planogram = numbered(planogram)
        rate_hz = nodes[0][0].boards[0].rate_hz
        racks = [
            SimulatedRack(f"g{gondola}", RackLayout(gondola, plates, rate_hz), _calibration(gondola, plates))
            for gondola, plates in by_gondola(planogram).items()
        ]
    else:
        racks = [
            SimulatedRack(node.node, layout, calibration)
            for node, base in nodes
            for layout, calibration in _weighing(node, base)
        ]
    return SimulatedCase(
        f"{config.store}-{options.seed}",
        planogram,
        catalogue,
        tuple(racks),
        store_arguments.behaviour(options),
        seed=options.seed,
        shoppers=options.shoppers,
        for_s=options.duration,
        troubles=store_arguments.troubles(options),
        misread_share=options.misreads,
        rate_error_ppm=options.rate_error_ppm,
        filmed=options.pictures,
    )


def record(case: SimulatedCase, out: Path, recording_format: RecordingFormat) -> Truth:
    """Write the case to ``out``, and the truth beside it; both or nothing.

    Raises:
        StorageError: it exists already, or cannot be written.
    """
    try:
        if out.exists():
            raise StorageError("the recording exists already", where=str(out), fix="Choose another name.")
        with TemporaryDirectory(dir=out.parent, prefix=".recording-") as folder:
            unfinished = Path(folder, out.name)
            if recording_format is RecordingFormat.AIFI:
                write_nanostore(unfinished, WeighedCase(case), track_late_s=LATE_S)
            else:
                write_mcap(unfinished, case)
            case.truth.write(truth_file(out))
            unfinished.rename(out)
    except OSError as error:
        raise StorageError(
            f"cannot write the recording: {error.strerror}", where=str(out), fix="Name another place."
        ) from error
    return case.truth


def truth_file(out: Path) -> Path:
    """Where the truth of a recording stands."""
    return out.with_name(f"{out.name}.truth.json")


def _weighing(node: NodeConfig, base_dir: Path) -> list[tuple[RackLayout, CalibrationFile]]:
    """The node's racks with the calibrations of their boards."""
    calibrations = load_calibrations(node.boards, base_dir)
    for board in node.boards:
        if board.rack not in calibrations:
            raise ConfigError(
                "no calibration to simulate the board by", file=base_dir, key=board.rack,
                expected=f"calibration/{board.board_id or 'BOARD_ID'}.yaml",
                fix="Run python -m tools.store_simulator.calibration on the node's file.",
            )  # fmt: skip
    return [(layout, calibrations[layout.rack]) for layout in layouts(node.boards)]


def _calibration(gondola: str, plates: tuple[str, ...]) -> CalibrationFile:
    board_id = f"gondola-{gondola}"
    channels = tuple(ChannelCalibration(**row) for row in calibrate(board_id, len(plates)))
    return CalibrationFile(board_id=board_id, date=CALIBRATED, channels=channels)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and record."""
    parser = argparse.ArgumentParser(prog="record", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("out", type=Path, help="directory (aifi) or file (mcap) to write; must not exist")
    parser.add_argument("node_configs", nargs="*", type=Path, metavar="NODE.yaml", help="default: configs/")
    parser.add_argument("--format", type=RecordingFormat, default=RecordingFormat.AIFI, help="aifi or mcap")
    parser.add_argument(
        "--for", dest="duration", type=store_arguments.between(SHORTEST_S, LONGEST_S), default=120.0,
        help="seconds of store time",
    )  # fmt: skip
    parser.add_argument(
        "--pictures", action="store_true", help="a camera before every rack; mcap alone can hold pictures"
    )
    store_arguments.add_to(parser)
    options = parser.parse_intermixed_args(arguments)
    if options.pictures and options.format is RecordingFormat.AIFI:
        print("record: --pictures: aifi holds none; name --format mcap", file=sys.stderr)
        return 1
    try:
        files = options.node_configs or sorted(EXAMPLES.glob("node-*.yaml"))
        truth = record(simulated(files, options), options.out, options.format)
    except SteelyardError as error:
        print(f"record: {error}", file=sys.stderr)
        return 1
    print(
        f"{options.out}: {len(truth.visits)} visits, {len(truth.actions)} actions, {len(truth.faults)} faults"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
