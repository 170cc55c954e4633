"""One shelf of eight plates, its goods, and changes written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from edge.config import FusionSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.segmentation import Segmentation, Verdict
from edge.messages import Hypothesis
from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from edge.samples import NS_PER_S, ChangeKind, PlateChange, WeightChange

WATER, TWIN, BAR, JAM, WIDE, NAMELESS, TYPO, FAR = (
    "water", "twin", "bar", "jam", "wide", "nameless", "typo", "far"
)  # fmt: skip
WEIGHTS_G = {WATER: 622.0, TWIN: 300.0, BAR: 45.0, JAM: 380.0, WIDE: 900.0, FAR: 150.0}
SKUS = (
    *(Sku(sku=sku, name=sku, weight_g=weight_g) for sku, weight_g in WEIGHTS_G.items()),
    Sku(sku="twin 2", name="its twin", weight_g=300.5),
    Sku(sku=NAMELESS, name="weight not known"),
    Sku(sku=TYPO, name="a bottle, they say", weight_g=1.6),
)
FACINGS = {
    WATER: (1,), TWIN: (2,), "twin 2": (2,), BAR: (3,), JAM: (4,), WIDE: (5, 6), NAMELESS: (7,), TYPO: (8,),
}  # fmt: skip


def plate(number: int, shelf: int = 1) -> str:
    return f"1/{shelf}/{number}"


PLANOGRAM = Planogram(
    "small",
    {
        plate(number, shelf): Box((0.1 * number, 0.0, 0.3 * shelf), (0.1, 0.4, 0.3))
        for shelf in (1, 2)
        for number in range(1, 9)
    },
    [
        *(Facing(tuple(map(plate, numbers)), sku) for sku, numbers in FACINGS.items()),
        Facing((plate(1, 2),), FAR),
    ],
)
CATALOGUE = Catalogue(SKUS)


def search(**options: float) -> HypothesisSearch:
    return HypothesisSearch(PLANOGRAM, CATALOGUE, FusionSection(**options))


def moved(
    delta_g: Sequence[float] | float,
    plates: Iterable[int] | int,
    *,
    sigma_g: float = 0.3,
    at_s: float = 10.0,
    shelf: int = 1,
) -> WeightChange:
    """A change of neighbouring plates."""
    numbers = [plates] if isinstance(plates, int) else list(plates)
    delta = np.atleast_1d(np.array(delta_g, dtype=float))
    return WeightChange(
        plates=tuple(plate(number, shelf) for number in numbers),
        delta_g=delta,
        sigma_g=np.full(delta.size, sigma_g),
        onset_ns=round(at_s * NS_PER_S),
        settled_ns=round((at_s + 0.2) * NS_PER_S),
        decided_ns=round((at_s + 0.6) * NS_PER_S),
    )


def rest(
    number: int, delta_g: float, at_s: float, *, lasts_s: float = 0.2, sigma_g: float = 0.3, shelf: int = 1
) -> PlateChange:
    """One plate came to a new level."""
    return PlateChange(
        plate=plate(number, shelf),
        kind=ChangeKind.CHANGE,
        delta_g=delta_g,
        sigma_g=sigma_g,
        onset_ns=round(at_s * NS_PER_S),
        settled_ns=round((at_s + lasts_s) * NS_PER_S),
        decided_ns=round((at_s + lasts_s + 0.4) * NS_PER_S),
        peak_g=delta_g,
        stirred_ns=round(at_s * NS_PER_S),
    )


class Cut:
    """What a segmentation said about a list of rests, and where that left each act."""

    def __init__(
        self, rests: Sequence[PlateChange], planogram: Planogram = PLANOGRAM, **options: float
    ) -> None:
        section = FusionSection(**options)
        segmentation = Segmentation(planogram, HypothesisSearch(planogram, CATALOGUE, section), section, 0.3)
        self.verdicts: list[Verdict] = []
        by_time: dict[int, list[PlateChange]] = {}
        for each in rests:
            by_time.setdefault(each.decided_ns, []).append(each)
        for now_ns in sorted(by_time):
            self.verdicts += segmentation.update(by_time[now_ns], {}, now_ns)
        self.verdicts += segmentation.flush()
        self.acts = {
            verdict.key: verdict.act
            for verdict in self.verdicts  # the last word on each key
        }

    @property
    def goods(self) -> list[tuple[tuple[str, ...], float, Hypothesis]]:
        """(plates, total g, best hypothesis) of every act that moved goods, by time and place."""
        found = [act for act in self.acts.values() if act is not None and act.hypotheses]
        found.sort(key=lambda act: (act.total.settled_ns, act.total.plates))
        return [
            (act.total.plates, round(float(act.total.delta_g.sum()), 3), act.hypotheses[0]) for act in found
        ]

    @property
    def pairs(self) -> list[tuple[int, int | None]]:
        """(key, key of the act that it undoes) of every act that moved goods in the end, by key."""
        last = {verdict.key: verdict for verdict in self.verdicts}
        return [
            (key, verdict.undoes)
            for key, verdict in sorted(last.items())
            if verdict.act is not None and verdict.act.hypotheses
        ]

    @property
    def what(self) -> list[tuple[str, int, int]]:
        """(SKU, quantity, sign) of every act that moved goods; "?" for goods not known."""
        return [
            (
                hypothesis.items[0].sku if hypothesis.items else "?",
                hypothesis.items[0].quantity if hypothesis.items else 0,
                1 if delta_g > 0 else -1,
            )
            for _, delta_g, hypothesis in self.goods
        ]
