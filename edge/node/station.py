"""What one node watches and how it decides: from its boards, or from a recording that stands in for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Clock, utc_is_synchronized
from edge.config import NodeConfig, RecordingSection, ViewCalibration
from edge.errors import RecordingError, StartError
from edge.node.boards import Boards, layouts, load_calibrations
from edge.node.schooling import Schooling
from edge.node.sources import CameraSource, InputSource, LiveSource, RecordedSource
from edge.node.utc_watch import UtcWatch
from edge.outbox.store import Outbox
from edge.planogram import Catalogue, Planogram, load_catalogue, load_planogram
from edge.recording.case import Case, NodeSetup
from edge.recording.formats import open_case
from edge.samples import CountBlock, LinkReport, NodeInput, WeightBlock
from edge.vision.testimony import PictureEncoder, Witness


@dataclass(frozen=True, slots=True)
class Station:
    """A node's place: its racks, what stands there, and the source of its inputs."""

    setup: NodeSetup
    catalogue: Catalogue
    planogram: Planogram
    source: InputSource
    witness: Witness | None  # sees the shelves; None: it decides by weight alone
    to_jpeg: PictureEncoder | None  # of evidence; None: without pictures
    schooling: Schooling[Any] | None  # teaches the witness; None: people alone do
    fault: str  # one sentence about what its vision lacks, or empty
    live: bool  # False: a recording, which leaves no levels for the next boot


def live_station(config: NodeConfig, base_dir: Path, outbox: Outbox, clock: Clock) -> Station:
    """A node with boards: a new boot, with the levels that the last one stored.

    Raises:
        ConfigError, PlanogramError: a file cannot be used.
        StorageError: the outbox refuses to count the boot.
        BoardIdError: a ``board_id`` that no board can have.
    """
    catalogue = load_catalogue(base_dir / config.catalogue)
    planogram = load_planogram(base_dir / config.planogram, catalogue)
    calibrations = load_calibrations(config.boards, base_dir)
    eyes = _live_eyes(config, base_dir, planogram, clock) if config.cameras else _NO_EYES
    setup = NodeSetup(
        boot=outbox.new_boot(),
        racks=layouts(config.boards),
        calibrations=calibrations,
        weight=config.weight,
        fusion=config.fusion,
        vision=config.vision,
        views=eyes.views,
    )
    source = LiveSource(
        Boards(config.boards, clock=clock, base_dir=base_dir),
        UtcWatch(clock, utc_is_synchronized),
        outbox.load_levels(),
        clock=clock,
        cameras=eyes.cameras,
    )
    return Station(
        setup,
        catalogue,
        planogram,
        source,
        witness=eyes.witness,
        to_jpeg=eyes.to_jpeg,
        schooling=eyes.schooling,
        fault=eyes.fault,
        live=True,
    )


def recorded_station(
    config: NodeConfig, recording: RecordingSection, base_dir: Path, clock: Clock
) -> Station:
    """A node whose store, options and inputs are those of a recording.

    It plays the recorded node of its own name, else the one that the chosen racks belong to.

    Raises:
        RecordingError: not readable, or it leaves open which of its nodes is meant.
    """
    case = open_case(base_dir / recording.path, recording.format)
    played = _played_node(config.node, recording, case)
    recorded = case.setup.nodes[played]
    racks = tuple(rack for rack in recorded.racks if not recording.racks or rack.rack in recording.racks)
    names = frozenset(rack.rack for rack in racks)
    inputs = (arrived for node, arrived in _node_inputs(case) if node == played and _concerns(arrived, names))
    return Station(
        setup=msgspec.structs.replace(recorded, boot=recording.boot, racks=racks),
        catalogue=case.setup.catalogue(),
        planogram=case.setup.planogram(),
        source=RecordedSource(inputs, speed=recording.speed, clock=clock),
        witness=None,
        to_jpeg=None,
        schooling=None,
        fault="",
        live=False,
    )


@dataclass(frozen=True, slots=True)
class _Eyes:
    """What a node sees with."""

    views: dict[str, ViewCalibration]
    witness: Witness | None = None
    to_jpeg: PictureEncoder | None = None
    schooling: Schooling[Any] | None = None
    cameras: CameraSource | None = None
    fault: str = ""


_NO_EYES = _Eyes({})


def _live_eyes(config: NodeConfig, base_dir: Path, planogram: Planogram, clock: Clock) -> _Eyes:
    """Cameras and whoever judges their pictures.

    Raises:
        ConfigError: a view's file cannot be used.
        StartError: the part of Steelyard that sees is not installed.
    """
    try:
        from edge.node import eyes  # noqa: PLC0415 - a node without cameras does without OpenCV
    except ModuleNotFoundError as error:
        raise StartError(
            "cameras need a part that is not installed", where="cameras", found=f"no module {error.name!r}",
            fix='Install it with pip install "steelyard[vision]", or remove `cameras`.',
        ) from error  # fmt: skip
    views = eyes.load_views(config.cameras, base_dir)
    witness, fault = eyes.open_witness(views, planogram, config.vision, base_dir)
    cameras = eyes.Cameras(
        config.cameras, views, clock=clock, base_dir=base_dir, recorded=bool(config.record)
    )
    schooling = (
        eyes.open_schooling(witness, config.vision, base_dir, node=config.node, clock=clock)
        if witness is not None
        else None
    )
    to_jpeg = eyes.evidence_encoder(config.vision.evidence_px)
    return _Eyes(views, witness, to_jpeg, schooling, cameras, fault)


def _played_node(name: str, recording: RecordingSection, case: Case) -> str:
    nodes = {
        node: frozenset(rack.rack for rack in setup.racks)
        for node, setup in case.setup.nodes.items()
        if not recording.racks or {rack.rack for rack in setup.racks} & set(recording.racks)
    }
    if name in nodes:
        return name
    if len(nodes) == 1:
        return next(iter(nodes))
    raise RecordingError(
        "the recording does not say which of its nodes this is", where=recording.path,
        found=f"nodes {', '.join(sorted(nodes)) or 'without these racks'}",
        expected=f"`{name}`, or racks of one of them",
        fix="Name this node like one of them, or choose `recording.racks`.",
    )  # fmt: skip


def _node_inputs(case: Case) -> Iterator[tuple[str, NodeInput]]:
    for node, arrived in case.inputs():
        if node is not None:
            yield node, arrived  # type: ignore[misc]


def _concerns(arrived: NodeInput, racks: frozenset[str]) -> bool:
    return not isinstance(arrived, CountBlock | WeightBlock | LinkReport) or arrived.rack in racks
