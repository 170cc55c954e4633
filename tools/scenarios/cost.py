"""Processor time and memory on one recording: ours part by part, the winner, one pass of NumPy."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from rich import box
from rich.table import Table

from edge.cli.replay.in_process import WINDOW_S, InProcessReplay
from edge.recording.case import CaseInput
from edge.recording.nanostore import NanostoreCase
from edge.recording.nanostore_plates import read_weight_blocks
from edge.recording.nanostore_shelves import read_store_plan
from edge.recording.nanostore_survey import survey_gondolas
from edge.samples import UtcReading, WeightBlock
from edge.weight.rack import RackWatch
from tools.nanostore_files import write_nanostore
from tools.scenarios.layout import scenario_store
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.stage import Stage
from tools.scenarios.suite.visits import shop
from tools.scenarios.winner import Winner

LENGTHS_S = (60.0, 240.0)
"""[s] of store life; four times the length should cost four times as much."""

SEED = 7
REPEATS = 2
"""The quicker of so many runs counts: the other had company on the machine."""

Said = TypeVar("Said", WeightBlock, UtcReading)

DECODING, WEIGHT_PATH, WHOLE = "decoding of plates, both passes", "weight path, as replayed", "whole replay"
WINNER_DETECTION = "winner, detection alone"


@dataclass(slots=True)
class Costs:
    """Of the shorter and the longer recording."""

    cpu_s: dict[str, list[float]] = field(default_factory=dict)  # per store second and plate, by part
    peak_mb: list[float] = field(default_factory=list)  # of a process that replays and does nothing else


def measure_costs() -> Costs:
    """Write two recordings of shoppers who come one after the other, and time every part on them."""
    costs = Costs()
    for length_s in LENGTHS_S:
        with tempfile.TemporaryDirectory() as directory:
            files = write_nanostore(Path(directory) / "case", _busy_store(length_s))
            for name, cpu_s, plate_s in _parts(files):
                costs.cpu_s.setdefault(name, []).append(cpu_s / plate_s)
            with get_context("spawn").Pool(1) as alone:
                costs.peak_mb.append(alone.apply(_peak_mb, (files,)))
    return costs


def _peak_mb(files: Path) -> float:
    """Most memory that this process ever held, having replayed a recording (Linux)."""
    InProcessReplay(NanostoreCase(files)).run()
    # Not ru_maxrss: a process inherits that of the one that started it, even across exec.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _parts(files: Path) -> list[tuple[str, float, float]]:
    """(what, CPU s, plate seconds) of one recording."""
    case = NanostoreCase(files)
    plates = sum(len(rack.plates) for node in case.setup.nodes.values() for rack in node.racks)
    fed = _by_node(case.inputs(), WeightBlock)
    joined = _by_node(case.inputs(WINDOW_S), WeightBlock)
    utc = {node: readings[-1] for node, readings in _by_node(case.inputs(), UtcReading).items()}
    lasts_s = max(blocks[-1].mono_ns for blocks in fed.values()) / 1e9
    winner = Winner(case)

    def decode() -> None:
        plate_data, plan = files / "plate_data.json", read_store_plan(files / "planogram.json")
        for _ in read_weight_blocks(plate_data, survey_gondolas(plate_data, plan), 0.0, WINDOW_S):
            pass

    def weigh(by_node: dict[str, list[WeightBlock]]) -> None:
        for node, blocks in by_node.items():
            setup = case.setup.nodes[node]
            watch = RackWatch(setup.racks[0], setup.weight, None)
            for block in blocks:
                for _ in watch.update(block):
                    pass

    def detect_as_winner() -> None:
        for node, blocks in fed.items():
            list(winner.changes(blocks, case.setup.nodes[node].racks[0].plates, utc[node]))

    def one_pass() -> None:
        for blocks in fed.values():
            for block in blocks:
                block.grams.mean(axis=0)
                block.grams.std(axis=0)

    measured: tuple[tuple[str, Callable[[], None]], ...] = (
        (DECODING, decode),
        (WEIGHT_PATH, lambda: weigh(joined)),
        ("the same batch by batch, as they come live", lambda: weigh(fed)),
        (WHOLE, lambda: InProcessReplay(NanostoreCase(files)).run()),
        (WINNER_DETECTION, detect_as_winner),
        ("winner, whole", lambda: _report(NanostoreCase(files))),
        ("one NumPy pass: mean and spread of each batch", one_pass),
    )
    return [(name, min(_cpu_s(part) for _ in range(REPEATS)), plates * lasts_s) for name, part in measured]


def _by_node(inputs: Iterable[CaseInput], kind: type[Said]) -> dict[str, list[Said]]:
    """What the nodes were told of one kind."""
    told: dict[str, list[Said]] = {}
    for node, arrived in inputs:
        if node is not None and isinstance(arrived, kind):
            told.setdefault(node, []).append(arrived)
    return told


def cost_table(costs: Costs) -> Table:
    """As printed."""
    table = Table(box=box.MARKDOWN)
    table.add_column("CPU s per store second and plate", no_wrap=True)
    short, long = (f"{length_s:g} s" for length_s in LENGTHS_S)
    for name in (f"{short} recording", f"{long} recording", "growth"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, (less, more) in costs.cpu_s.items():
        table.add_row(name, f"{less:.2e}", f"{more:.2e}", f"{more / less:.2f}")
    less, more = costs.peak_mb
    table.add_row("peak memory of the whole replay, MB", f"{less:.0f}", f"{more:.0f}", f"{more / less:.2f}")
    return table


def _busy_store(length_s: float) -> RenderedCase:
    """Shoppers one after the other, always one in the store."""
    planogram, catalogue = scenario_store()
    stage = Stage("busy_store", SEED, planogram, catalogue)
    number, t = 1001, 3.0
    while t < length_s - 40.0 or number == 1001:
        shop(stage, str(number), stage.enter(str(number), t), misplacing=0.0)
        t = stage.script.duration_s - 2.0
        number += 1
    return RenderedCase(stage.script, planogram, catalogue, ModelledNoise())


def _report(case: NanostoreCase) -> None:
    Winner(case).report()


def _cpu_s(part: Callable[[], None]) -> float:
    started = time.process_time()
    part()
    return time.process_time() - started
