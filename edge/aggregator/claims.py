"""From an event and who may have done it to a claim of the carts, in which people have become tickets."""

from __future__ import annotations

from collections.abc import Sequence

from edge.aggregator.carts.account import Claim
from edge.aggregator.carts.testimony import Testimony
from edge.aggregator.entries import AttributionEntry
from edge.aggregator.people.witnesses import actors_of
from edge.aggregator.stock.modes import Modes
from edge.aggregator.stock.suspension import suspended
from edge.aggregator.visits.register import VisitRegister
from edge.messages import ShelfEvent


class Claimant:
    """Makes claims as things are known now.

    Args:
        visits: whose ticket somebody was on.
        modes: where staff were at work.
    """

    def __init__(self, visits: VisitRegister, modes: Modes) -> None:
        self._visits, self._modes = visits, modes

    def claim(self, event: ShelfEvent, judged: AttributionEntry | None, told: Sequence[Testimony]) -> Claim:
        """What the carts are told of an event.

        Args:
            event: its latest revision.
            judged: who may have done it; ``None``: nobody has said yet.
            told: what people said it was.
        """
        people = judged.visits if judged else ()
        actors = actors_of(people, lambda person: self._visits.visit_of(person, event.t_onset))
        plates = tuple(plate.plate for plate in event.plates)
        is_staffs = self._modes.at(plates, event.t_onset) is not None
        return Claim(
            event=event.identity,
            kind=event.kind,
            plates=plates,
            weight_g=abs(event.delta_g),
            sigma_g=event.sigma_g,
            hypotheses=event.hypotheses,
            t_onset_s=event.t_onset,
            t_s=event.t_settled,
            actors=suspended(actors) if is_staffs else actors,
            log_odds_goods=event.log_odds_goods,
            undoes=event.undoes,
            testimonies=tuple(told),
        )
