"""From what an event is taken for to what it did to the stock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from edge.aggregator.decisions import Decision
from edge.aggregator.stock.facings import FacingName, Facings
from edge.aggregator.stock.movement import Cause, Moved, Movement, lines_of
from edge.aggregator.stock.weighing import units_by_weight
from edge.messages import Disturbance, EventKind, ItemCount, ShelfMode
from edge.planogram import Catalogue, Sku

UNSEEN_SIGMA_G = 5.0
"""[g] A plate's level may have drifted that much while nobody looked."""


class StockReader:
    """Reads events.

    Args:
        facings: where goods belong.
        catalogue: what they weigh.
    """

    def __init__(self, facings: Facings, catalogue: Catalogue) -> None:
        self._facings, self._catalogue = facings, catalogue

    def movement(self, decision: Decision, cause: Cause, mode: ShelfMode | None) -> Movement:
        """What an event moved.

        Args:
            decision: what it is taken for.
            cause: on whose account.
            mode: that was on, if any.
        """
        event = decision.event
        plates = tuple(plate.plate for plate in event.plates)
        readings: Sequence[tuple[float, Moved]] = ()
        if cause is Cause.STAFF and event.kind is EventKind.RETURN and mode in (None, ShelfMode.RESTOCK):
            readings = list(self._by_weight(self._facings.at(plates), plates, event.delta_g, event.sigma_g))
        if math.fsum(probability for probability, _ in readings) < 0.5:  # no lot of what belongs there
            readings = list(self._as_taken_for(decision, plates))
        is_goods = decision.happened and not decision.foreign
        is_gone = is_goods and cause is Cause.NOBODY and event.kind is EventKind.PICK
        return Movement(
            event.identity, event.t_onset, cause, lines_of(_whole(readings)),
            unknown=is_gone and not decision.items,
        )  # fmt: skip

    def unseen(self, lot: Sequence[Disturbance]) -> Movement:
        """What changed on plates of one facing while their node was off.

        Args:
            lot: changes told by one boot; a unit may stand on two plates.
        """
        first = min(lot, key=lambda told: told.identity)
        plates = tuple(dict.fromkeys(plate for told in lot for plate in told.plates))
        sigma_g = UNSEEN_SIGMA_G * math.sqrt(len(plates))
        delta_g = math.fsum(told.delta_g for told in lot)
        readings = list(self._by_weight(self._facings.at(plates), plates, delta_g, sigma_g))
        return Movement(first.identity, first.t_onset, Cause.UNSEEN, lines_of(_whole(readings)))

    def _by_weight(
        self, names: Iterable[FacingName], plates: tuple[str, ...], delta_g: float, sigma_g: float
    ) -> Iterator[tuple[float, Moved]]:
        goods: list[tuple[FacingName, Sku]] = [(name, self._catalogue.get(name[1])) for name in names]
        for probability, (_, sku), units in units_by_weight(delta_g, sigma_g, goods):
            yield probability, {self._facings.spot(sku, plates): units}

    def _as_taken_for(self, decision: Decision, plates: tuple[str, ...]) -> Iterator[tuple[float, Moved]]:
        """The joint belief first; what is left of it is shared as the event alone would have it."""
        event = decision.event
        sign = 1 if event.kind is EventKind.RETURN else -1
        is_goods = decision.happened and not decision.foreign
        yield decision.probability, self._reading(decision.items if is_goods else (), plates, sign)
        rest = (1.0 - decision.probability) / (1.0 + math.exp(-event.log_odds_goods))
        for hypothesis in event.hypotheses:
            yield rest * hypothesis.probability, self._reading(hypothesis.items, plates, sign)

    def _reading(self, items: Sequence[ItemCount], plates: tuple[str, ...], sign: int) -> Moved:
        return {self._facings.spot(item.sku, plates): sign * item.quantity for item in items}


def _whole(readings: Sequence[tuple[float, Moved]]) -> Iterator[tuple[float, Moved]]:
    """With the reading that nothing of the stock moved, which has what is missing to 1."""
    yield from readings
    yield max(1.0 - math.fsum(probability for probability, _ in readings), 0.0), {}
