"""A small store: two shelves, three SKUs, and the messages that its nodes and gate send."""

from __future__ import annotations

from collections.abc import Sequence

from edge.messages import (
    EventKind,
    EvidenceTerms,
    GateDirection,
    GateEvent,
    Hypothesis,
    ItemCount,
    PlateDelta,
    ShelfEvent,
)

CATALOGUE = """\
skus:
  - {sku: "0001", name: Spring water, weight_g: 600, price: 1.50}
  - {sku: "0002", name: Dark chocolate, weight_g: 100, price: 2.49}
  - {sku: "0003", name: Olive oil, weight_g: 1100, price: 8.99}
"""

PLANOGRAM = """\
version: test
gondolas:
  - gondola: wall
    corner_m: [0, 0, 0]
    shelves:
      - {shelf: "1", z_m: 0.8, plates: 4}
      - {shelf: "2", z_m: 1.2, plates: 2}
facings:
  - {plates: [wall/1/1, wall/1/2], sku: "0001"}
  - {plates: [wall/1/3], sku: "0002"}
  - {plates: [wall/2/1], sku: "0003"}
"""

WEIGHTS_G = {"0001": 600.0, "0002": 100.0, "0003": 1100.0}
PLATES = {"0001": "wall/1/1", "0002": "wall/1/3", "0003": "wall/2/1"}
T0 = 1_700_000_000.0  # [s] when the stories of the tests begin


class Shelf:
    """Makes the messages of one node and of the gate."""

    def __init__(self, node: str = "n1", boot: str = "b1") -> None:
        self.node, self.boot = node, boot

    def event(
        self,
        seq: int,
        sku: str = "0001",
        *,
        quantity: int = 1,
        kind: EventKind = EventKind.PICK,
        revision: int = 0,
        plates: Sequence[str] | None = None,
        t: float | None = None,
    ) -> ShelfEvent:
        t = T0 + 2.0 * seq if t is None else t
        delta_g = WEIGHTS_G.get(sku, 50.0) * quantity * (-1 if kind is EventKind.PICK else 1)
        plates = plates if plates is not None else (PLATES.get(sku, "wall/1/4"),)
        return ShelfEvent(
            node=self.node,
            boot=self.boot,
            seq=seq,
            revision=revision,
            t_onset=t,
            t_settled=t + 0.4,
            t_decided=t + 0.9,
            kind=kind,
            delta_g=delta_g,
            sigma_g=1.0,
            plates=tuple(PlateDelta(plate, delta_g / len(plates), 1.0) for plate in plates),
            hypotheses=(
                Hypothesis((ItemCount(sku, quantity),), 0.99, EvidenceTerms(weight=-0.5), delta_g),
                Hypothesis((), 0.01, EvidenceTerms(weight=-5.0)),
            ),
        )

    @staticmethod
    def entered(visit: str, t: float = T0) -> GateEvent:
        return GateEvent(visit=visit, direction=GateDirection.ENTERED, t=t)

    @staticmethod
    def left(visit: str, t: float) -> GateEvent:
        return GateEvent(visit=visit, direction=GateDirection.LEFT, t=t)
