"""Two racks of eight plates, what stands on them, forces on their plates, and what a node says to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.config import FusionSection, WeightSection
from edge.messages import NodeMessage
from edge.node.pipeline import NodePipeline
from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from edge.samples import NodeInput, RackLayout, UtcReading, WeightBlock

RATE_HZ = 80.0
PERIOD_NS = 12_500_000
EPOCH_S = 1_700_000_000.0
PLATES = 8
RACKS = tuple(
    RackLayout(f"rack {shelf}", tuple(f"1/{shelf}/{number}" for number in range(1, PLATES + 1)), RATE_HZ)
    for shelf in (1, 2)
)
CATALOGUE = Catalogue(
    [
        Sku(sku="water", name="water", weight_g=622.0),
        Sku(sku="jam", name="jam", weight_g=380.0),
        Sku(sku="wide", name="wide", weight_g=900.0),
        Sku(sku="bar", name="bar", weight_g=12.0),
    ]
)
PLANOGRAM = Planogram(
    "pipeline",
    {
        plate: Box((0.1 * i, 0.0, 1.0), (0.1, 0.4, 0.3))
        for rack in RACKS
        for i, plate in enumerate(rack.plates)
    },
    [
        facing
        for rack in RACKS
        for facing in (
            Facing(rack.plates[:1], "water"),
            Facing(rack.plates[3:4], "jam"),
            Facing(rack.plates[4:5], "bar"),
            Facing(rack.plates[5:7], "wide"),
        )
    ],
)
UTC = UtcReading(mono_ns=0, utc_s=EPOCH_S, synchronized=True)

Knots = Sequence[tuple[float, float]]


def pipeline(racks: Sequence[RackLayout] = RACKS[:1], **weight: float) -> NodePipeline:
    return NodePipeline(
        node="node", boot="boot", racks=racks, planogram=PLANOGRAM, catalogue=CATALOGUE,
        weight=WeightSection(**weight), fusion=FusionSection(),
    )  # fmt: skip


def grams(seconds: float, forces: Sequence[tuple[int, Knots]] = (), seed: int = 1) -> np.ndarray:
    """[n, plate] g of a quiet rack on which forces act: (plate's column, knots of s and g)."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    out = 2_000.0 + np.random.default_rng(seed).normal(0.0, 0.4, (at_s.size, PLATES))
    for column, knots in forces:
        knots_s, knots_g = zip(*knots, strict=True)
        out[:, column] += np.interp(at_s, knots_s, knots_g)
    return out


def step(when_s: float, delta_g: float, over_s: float = 0.1) -> Knots:
    return ((when_s, 0.0), (when_s + over_s, delta_g))


def press(when_s: float, size_g: float = 80.0) -> Knots:
    return (
        (when_s, 0.0),
        (when_s + 0.1, size_g),
        (when_s + 0.3, 0.6 * size_g),
        (when_s + 0.5, size_g),
        (when_s + 0.6, 0.0),
    )


def blocks(samples: np.ndarray, rack: RackLayout = RACKS[0], size: int = 8) -> list[NodeInput]:
    return [
        WeightBlock(rack.rack, start * PERIOD_NS, float(PERIOD_NS), samples[start : start + size])
        for start in range(0, len(samples), size)
    ]


def said(inputs: Sequence[NodeInput], node: NodePipeline | None = None) -> list[NodeMessage]:
    node = node or pipeline()
    return [*node.step([UTC, *inputs]), *node.flush()]


def standing(messages: Sequence[NodeMessage]) -> list[NodeMessage]:
    """The last revision of every message, in order."""
    latest: dict[int, NodeMessage] = {}
    for message in messages:
        latest[message.seq] = message
    return [latest[seq] for seq in sorted(latest)]


def assert_numbered(messages: Sequence[NodeMessage]) -> None:
    """Sequence numbers begin at 1 without a gap, and so do the revisions of each."""
    revisions: dict[int, int] = {}
    for message in messages:
        if message.seq in revisions:
            assert message.revision == revisions[message.seq] + 1
        else:
            assert message.seq == len(revisions) + 1
            assert message.revision == 0
        revisions[message.seq] = message.revision


BUSY = [
    (0, step(4.0, -622.0)), (3, step(7.0, -150.0)), (3, step(7.9, -230.0)), (5, step(11.0, -400.0)),
    (6, step(11.05, -500.0)), (1, press(14.0)), (0, step(16.0, 622.0)),
]  # fmt: skip
