"""Every stage of the decision path, how a test builds it and how samples get to it.

A stage is a class of ``edge.weight``, ``edge.fusion`` or ``edge.node.pipeline`` that keeps something between
two calls (it has ``reset``) or explains something (``explain``). One without a case here fails a test.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

import edge.fusion
import edge.node.pipeline
import edge.weight
from edge.config import CalibrationFile, ChannelCalibration, FusionSection, WeightSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.segmentation import Segmentation
from edge.node.pipeline import NodePipeline
from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from edge.samples import CountBlock, RackLayout, UtcReading, WeightBlock, WeightChange
from edge.weight.baseline import Baseline
from edge.weight.calibration import CountsToGrams
from edge.weight.change_detector import ChangeDetector
from edge.weight.conditioning import Conditioner
from edge.weight.rack import RackWatch

RATE_HZ = 80.0
PERIOD_NS = 12_500_000  # whole, so that every way to date a sample gives the same nanosecond
START_NS = 3_000_000_000
GAIN, ZERO = 210.0, 5_000.0
LOADS_G = np.array([622.0, 300.0, 900.0, 900.0])

RACK = RackLayout("rack", ("1/1/1", "1/1/2", "1/1/3", "1/1/4"), RATE_HZ)
CATALOGUE = Catalogue(
    [Sku(sku=f"s{grams}", name="goods", weight_g=float(grams)) for grams in (622, 300, 301, 900, 45)]
)
PLANOGRAM = Planogram(
    "contract",
    {plate: Box((0.1 * column, 0.0, 1.0), (0.1, 0.4, 0.3)) for column, plate in enumerate(RACK.plates)},
    [
        Facing(RACK.plates[:1], "s622"),
        Facing(RACK.plates[1:2], "s300"),
        Facing(RACK.plates[1:2], "s301"),
        Facing(RACK.plates[2:], "s900"),
    ],
)
CALIBRATION = CalibrationFile(
    board_id="board",
    date="2024-01-01",
    channels=tuple(ChannelCalibration(zero_counts=ZERO, counts_per_gram=GAIN) for _ in RACK.plates),
)
WEIGHT, FUSION = WeightSection(), FusionSection()

Block = CountBlock | WeightBlock


@dataclasses.dataclass(frozen=True)
class Piece:
    """Samples without a gap, and how many were lost before them."""

    first: int  # number of the first sample on the board's clock
    grams: np.ndarray  # [n, plate] g
    lost_before: int = 0


Stream = Sequence[Piece]


def stream_of(seed: int) -> Stream:
    """Some seconds of a rack: picks, a put, a press, a bump, spikes, a dark plate, lost samples."""
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(17 * RATE_HZ)) / RATE_HZ
    grams = 2_000.0 + rng.normal(0.0, 0.5, (at_s.size, len(RACK.plates)))

    def shift(plate: int, when_s: float, delta_g: float) -> None:
        grams[:, plate] += np.interp(at_s, [when_s, when_s + rng.uniform(0.05, 0.3)], [0.0, delta_g])

    shift(0, 3.0 + rng.uniform(0, 0.5), -622.0)
    shift(1, 3.0 + rng.uniform(0, 0.5), -14.0)  # its cross-talk
    shift(2, 5.0, -400.0)
    shift(3, 5.1, -500.0)
    grams[:, 1] += np.interp(at_s, [6.5, 6.6, 6.9, 7.1], [0.0, 80.0, 40.0, 0.0])
    since = np.maximum(at_s - 8.0, 0.0)
    grams += (60.0 * np.exp(-since / 0.3) * np.sin(2 * np.pi * 8.0 * since))[:, None]
    shift(0, 9.5, 622.0)
    shift(1, 10.0, -120.0)
    shift(1, 10.8, -180.0)  # a slow lift
    grams[rng.random(at_s.size) < 0.01, 1] = 9_000.0
    grams[round(12.0 * RATE_HZ) : round(13.2 * RATE_HZ), 3] = np.nan
    grams[round(13.4 * RATE_HZ) : round(13.7 * RATE_HZ), 2] = np.inf
    start, end = round(14.0 * RATE_HZ), round((14.0 + rng.uniform(0.1, 3.0)) * RATE_HZ)
    return [Piece(0, grams[:start]), Piece(end, grams[end:], end - start)]


def block_of(piece: Piece) -> WeightBlock:
    return WeightBlock(
        RACK.rack, START_NS + piece.first * PERIOD_NS, float(PERIOD_NS), piece.grams, piece.lost_before
    )


def counts_of(block: WeightBlock) -> CountBlock:
    """What the board would have sent."""
    counts = np.nan_to_num(block.grams * GAIN + ZERO, nan=0.0, posinf=2**23 - 1, neginf=-(2**23))
    clipped = np.round(counts).clip(-(2**23), 2**23 - 1).astype(np.int32)
    return CountBlock(block.rack, block.mono_ns, block.period_ns, clipped, block.lost_before)


def cut(stream: Stream, sizes: Iterable[int]) -> list[WeightBlock]:
    """The stream in blocks of these sizes; the last size goes on for ever."""
    remaining, size = iter(sizes), 8
    blocks = []
    for piece in stream:
        start = 0
        while start < len(piece.grams):
            size = next(remaining, size)
            lost = piece.lost_before if start == 0 else 0
            blocks.append(block_of(Piece(piece.first + start, piece.grams[start : start + size], lost)))
            start += size
    return blocks


# --- what comes out, comparable -------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value whose ``==`` compares everything in it to the last bit; NaN equals NaN."""
    if isinstance(value, np.ndarray):
        return (value.shape, str(value.dtype), value.tobytes())
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, msgspec.Struct):
        return (type(value).__name__, *(plain(getattr(value, name)) for name in value.__struct_fields__))
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return (type(value).__name__, *(plain(getattr(value, field.name)) for field in fields))
    if isinstance(value, Mapping):
        return tuple(sorted((key, plain(each)) for key, each in value.items()))
    if isinstance(value, Iterable) and not isinstance(value, str | frozenset):
        return tuple(plain(each) for each in value)
    return value


# --- how samples get to a stage -------------------------------------------------------------------


def rows(stage: CountsToGrams, blocks: Sequence[Block]) -> Any:
    """Row by row, with its time."""
    return [
        (block.mono_ns + round(row * block.period_ns), plain(grams))
        for block in map(stage.update, (counts_of(block) for block in blocks))
        for row, grams in enumerate(block.grams)
    ]


def hops(stage: Conditioner, blocks: Sequence[Block]) -> Any:
    """Hop by hop."""
    said = []
    for stretch in filter(None, map(stage.update, blocks)):
        for hop in range(len(stretch)):
            said.append(
                plain(
                    (
                        int(stretch.end_ns[hop]),
                        stretch.grams[hop],
                        stretch.mean_g[hop],
                        stretch.spread_g[hop],
                        stretch.valid[hop],
                        stretch.states[hop],
                    )
                )
            )
    return said


def disturbances(stage: ChangeDetector, blocks: Sequence[Block]) -> Any:
    conditioner = Conditioner(RACK, WEIGHT)
    stretches = filter(None, map(conditioner.update, blocks))
    return [plain(each.changes) for stretch in stretches for each in stage.update(stretch) if each.changes]


def levels(stage: Baseline, blocks: Sequence[Block]) -> Any:
    """Level and noise after every epoch."""
    conditioner = Conditioner(RACK, WEIGHT)
    stretches = list(filter(None, map(conditioner.update, blocks)))
    mean_g = np.concatenate([stretch.mean_g for stretch in stretches])
    spread_g = np.concatenate([stretch.spread_g for stretch in stretches])
    calm = np.concatenate([stretch.valid for stretch in stretches])
    said = []
    for end in range(stage.epoch_hops, len(mean_g) + 1, stage.epoch_hops):
        epoch = slice(end - stage.epoch_hops, end)
        stage.update(mean_g[epoch], spread_g[epoch], calm[epoch].all(axis=0))
        said.append(plain((stage.level_g, stage.noise_g, stage.ripple_g, stage.corrected_g)))
    return said


def steps(stage: RackWatch, blocks: Sequence[Block]) -> Any:
    """Everything worth a word, and the plates' health in the end."""
    said = [step for block in blocks for step in stage.update(block)]
    return [
        *(plain((step.now_ns, step.changes, step.faults)) for step in said if step.changes or step.faults),
        plain(stage.health()),
    ]


def verdicts(stage: Segmentation, blocks: Sequence[Block]) -> Any:
    watch = RackWatch(RACK, WEIGHT, None)
    said = []
    for block in blocks:
        for step in watch.update(block):
            said += stage.update(step.changes, step.moving_g, step.now_ns)
    return [plain(verdict) for verdict in (*said, *stage.flush())]


def explanations(stage: HypothesisSearch, blocks: Sequence[Block]) -> Any:
    watch = RackWatch(RACK, WEIGHT, None)
    changes = [change for block in blocks for step in watch.update(block) for change in step.changes]
    return [
        plain(
            stage.explain(
                WeightChange(
                    (change.plate,),
                    np.array([change.delta_g]),
                    np.array([change.sigma_g]),
                    change.onset_ns,
                    change.settled_ns,
                    change.decided_ns,
                )
            )
        )
        for change in changes
    ]


def messages(stage: NodePipeline, blocks: Sequence[Block]) -> Any:
    utc = UtcReading(mono_ns=START_NS, utc_s=1_700_000_000.0, synchronized=True)
    said = [*stage.step([utc]), *(message for block in blocks for message in stage.step([block]))]
    return [plain(message) for message in (*said, *stage.flush(), *stage.plate_health())]


@dataclasses.dataclass(frozen=True)
class StageCase:
    """How to build a stage, and what it says to a stream."""

    build: Callable[[], Any]
    run: Callable[[Any, Sequence[Block]], Any]


CASES: dict[type, StageCase] = {
    CountsToGrams: StageCase(lambda: CountsToGrams(CALIBRATION), rows),
    Conditioner: StageCase(lambda: Conditioner(RACK, WEIGHT), hops),
    Baseline: StageCase(lambda: Baseline(len(RACK.plates), 0.1, WEIGHT), levels),
    ChangeDetector: StageCase(lambda: ChangeDetector(RACK, 8, WEIGHT), disturbances),
    RackWatch: StageCase(lambda: RackWatch(RACK, WEIGHT, None), steps),
    Segmentation: StageCase(
        lambda: Segmentation(
            PLANOGRAM, HypothesisSearch(PLANOGRAM, CATALOGUE, FUSION), FUSION, WEIGHT.join_s
        ),
        verdicts,
    ),
    HypothesisSearch: StageCase(lambda: HypothesisSearch(PLANOGRAM, CATALOGUE, FUSION), explanations),
    NodePipeline: StageCase(
        lambda: NodePipeline(
            node="node", boot="boot", racks=[RACK], planogram=PLANOGRAM, catalogue=CATALOGUE, weight=WEIGHT,
            fusion=FUSION, calibrations={RACK.rack: CALIBRATION},
        ),
        messages,
    ),
}  # fmt: skip


def stages() -> set[type]:
    """All stages that the product has."""
    modules = [edge.node.pipeline]
    for room in (edge.weight, edge.fusion):
        modules += [
            importlib.import_module(f"{room.__name__}.{module.name}")
            for module in pkgutil.iter_modules(room.__path__)
        ]
    return {
        found
        for module in modules
        for name, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__
        and not name.startswith("_")
        and (hasattr(found, "reset") or hasattr(found, "explain"))
    }
