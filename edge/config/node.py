"""A shelf node's file."""

from __future__ import annotations

import posixpath
import re
from typing import Annotated

import msgspec

from edge.config.boards import BoardSection
from edge.config.broker import BrokerSection
from edge.config.fusion import FusionSection
from edge.config.section import Name, NonNegative, Positive, Section
from edge.config.vision import CameraSection, VisionSection
from edge.config.weight import WeightSection
from edge.yaml_file import FieldError, refuse_duplicates


class RecordingSection(Section, frozen=True, kw_only=True):
    """A recording that stands in for the boards of this node."""

    path: str  # file or case directory
    format: Annotated[str, msgspec.Meta(pattern=r"^(aifi|mcap)\Z", description="aifi or mcap")]
    racks: tuple[Name, ...] = ()  # empty: all
    speed: NonNegative = 0.0  # [x] times real time; 0: as fast as possible
    boot: Name = "replay"  # identity of the replayed boot


_NUMBERED_PORT = re.compile(r"/dev/tty(USB|ACM)\d+\Z")
"""A name that the kernel gives in the order of plugging in."""


class NodeConfig(Section, frozen=True, kw_only=True):
    """A shelf node: ``steelyard node --config``."""

    store: Name  # the same in all files of a store
    node: Name  # unique in the store
    broker: BrokerSection = BrokerSection()
    state_dir: str = "var"  # outbox and recordings live here
    catalogue: str = "catalogue.yaml"  # file: what is sold
    planogram: str = "planogram.yaml"  # file: what stands where
    boards: tuple[BoardSection, ...] = ()
    cameras: tuple[CameraSection, ...] = ()  # none: it decides by weight alone
    recording: RecordingSection | None = None
    record: str = ""  # MCAP file to record every input and decision to
    health_every_s: Positive = 5.0  # [s] between health reports while nothing changes
    outbox_max_messages: Annotated[int, msgspec.Meta(ge=100)] = 1_000_000  # [messages] on disk at most
    in_flight_max: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50  # [messages] sent, not yet acknowledged
    weight: WeightSection = WeightSection()
    fusion: FusionSection = FusionSection()
    vision: VisionSection = VisionSection()

    def __post_init__(self) -> None:
        if bool(self.boards) == (self.recording is not None):
            raise FieldError("", "a node has either `boards` or a `recording`, never both or neither")
        if self.cameras and self.recording is not None:
            raise FieldError("cameras", "a recording holds its pictures itself")
        cameras = list(enumerate(self.cameras))
        refuse_duplicates("camera", ((f"cameras[{i}].camera", each.camera) for i, each in cameras))
        refuse_duplicates("source", ((f"cameras[{i}].source", each.source) for i, each in cameras))
        boards = list(enumerate(self.boards))
        refuse_duplicates("rack", ((f"boards[{i}].rack", board.rack) for i, board in boards))
        named = [(i, board) for i, board in boards if not board.is_looked_for]
        refuse_duplicates(
            "port", ((f"boards[{i}].port", posixpath.normpath(board.port)) for i, board in named)
        )
        known = [(i, board) for i, board in boards if board.board_id]
        refuse_duplicates(
            "board id", ((f"boards[{i}].board_id", board.board_id.lower()) for i, board in known)
        )
        for i, board in boards:
            if len(boards) > 1 and not board.is_identified and _NUMBERED_PORT.match(board.port):
                raise FieldError(
                    f"boards[{i}].port", "a port that may be another adapter's after replugging",
                    found=f"`{board.port}`",
                    expected="its name in /dev/serial/by-path, or a `board_id` that it tells",
                )  # fmt: skip
        refuse_duplicates(
            "plate",
            (
                (f"boards[{i}].plates[{n}]", plate)
                for i, board in boards
                for n, plate in enumerate(board.plates)
            ),
        )
