"""A case: a stretch of store life that can be replayed, whatever file it comes from.

Every reader of this room yields the same thing: how the store was set up, and what its nodes, its tracker
and its gate said, in the order in which a live system would have heard it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from edge.config import (
    AttributionSection,
    CalibrationFile,
    CartSection,
    FusionSection,
    Section,
    ViewCalibration,
    VisionSection,
    WeightSection,
)
from edge.messages import GateEvent, TrackFrame
from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from edge.samples import NodeInput, RackLayout

StoreInput = TrackFrame | GateEvent
"""What reaches the aggregator and no node."""

CaseInput = tuple[str | None, NodeInput | StoreInput]
"""(node name, its input), or (None, what the tracker or the gate said)."""

REPLAY_BOOT = "replay"
"""Boot id of a node whose recording holds none."""


class NodeSetup(Section, frozen=True, kw_only=True):
    """One node as it was when the case was recorded: enough to build its pipeline again."""

    boot: str
    racks: tuple[RackLayout, ...]
    calibrations: dict[str, CalibrationFile] = msgspec.field(default_factory=dict)  # by rack, of counts
    weight: WeightSection = WeightSection()
    fusion: FusionSection = FusionSection()
    vision: VisionSection = VisionSection()
    views: dict[str, ViewCalibration] = msgspec.field(default_factory=dict)  # by camera


class CaseSetup(Section, frozen=True, kw_only=True):
    """The store of a case in one serialisable piece."""

    name: str
    nodes: dict[str, NodeSetup]
    skus: tuple[Sku, ...]
    planogram_version: str
    plates: dict[str, Box]  # in shelf order
    facings: tuple[Facing, ...]
    attribution: AttributionSection = AttributionSection()
    carts: CartSection = CartSection()
    currency: str = "EUR"

    @classmethod
    def of(
        cls,
        name: str,
        nodes: Mapping[str, NodeSetup],
        catalogue: Catalogue,
        planogram: Planogram,
        *,
        attribution: AttributionSection | None = None,
        carts: CartSection | None = None,
    ) -> CaseSetup:
        """Take the store apart into plain data."""
        return cls(
            name=name,
            nodes=dict(nodes),
            skus=tuple(catalogue.skus.values()),
            currency=catalogue.currency,
            planogram_version=planogram.version,
            plates=dict(planogram.plates),
            facings=planogram.facings,
            attribution=attribution or AttributionSection(),
            carts=carts or CartSection(),
        )

    def catalogue(self) -> Catalogue:
        """The catalogue of the case."""
        return Catalogue(self.skus, self.currency)

    def planogram(self) -> Planogram:
        """The planogram of the case. Raises ``PlanogramError``."""
        return Planogram(self.planogram_version, self.plates, self.facings)

    def encode(self) -> bytes:
        """JSON; equal setups give equal bytes."""
        return msgspec.json.encode(self)


class Case(Protocol):
    """What every recording reader offers."""

    @property
    def setup(self) -> CaseSetup:
        """The store as it was."""
        ...

    def inputs(self, window_s: float = 0.0) -> Iterator[CaseInput]:
        """Everything that was said, ordered by arrival; may be called again for another pass.

        Reads as it goes: memory does not grow with the length of the recording.

        Args:
            window_s: [s] Samples may come in pieces of up to so long, later than they were heard by no more
                than that, and after the people of that time: for a replay that need not keep pace, long
                pieces cost less, and how samples are cut makes no difference to what a node says.

        Raises:
            RecordingError: after everything readable has been delivered.
        """
        ...
