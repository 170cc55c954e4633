"""Which one question a receipt waits for, if any; and what any event could be asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge.aggregator.carts.doubt import SHOWN_MIN, Doubt, ranked
from edge.aggregator.decisions import Decision
from edge.aggregator.review.desk import ReviewDesk
from edge.aggregator.visits.visit import Visit
from edge.config import ReviewSection
from edge.messages import Cart, EventKind, Reading

UNTOLD = 0.0
"""[nat] The information of a question that no account raises: goods unknown, a dispute, a second look."""


class Questions:
    """Chooses questions.

    Args:
        desk: what was answered already.
        options: how many questions a receipt may wait for.
    """

    def __init__(self, desk: ReviewDesk, options: ReviewSection) -> None:
        self._desk, self._options = desk, options

    def of(self, visit: Visit, cart: Cart, doubts: Iterable[Doubt], own: Iterable[Decision]) -> Doubt | None:
        """The question that a visit which left waits for; goods that nobody could name come first.

        Args:
            visit: whose receipt is in doubt.
            cart: its ticket.
            doubts: events that tell its contents apart, the most telling first.
            own: decisions of which it is taken to be the cause.
        """
        if not cart.needs_review or visit.left_at is None:
            return None
        if self._desk.has_given_up(visit.visit, visit.left_at):
            return None
        asked = {answer.event for answer in self._desk.about(visit.visit)}
        if len(asked) >= self._options.questions_max:
            return None
        unknown = (alternatives(each) for each in own if _is_unknown(each))
        return next((doubt for doubt in (*unknown, *doubts) if doubt.event not in asked), None)


def alternatives(decision: Decision) -> Doubt:
    """What an event may have been besides what it is taken for, whatever the accounts say of it."""
    return Doubt(decision.event.identity, ranked(_readings(decision)), UNTOLD)


def _readings(decision: Decision) -> Iterator[tuple[Reading, float]]:
    rest = 1.0 - decision.probability
    taken_for = Reading(decision.items, decision.visit, decision.foreign, decision.happened)
    yield taken_for, max(decision.probability, SHOWN_MIN)
    for hypothesis in decision.event.hypotheses:
        reading = Reading(hypothesis.items, decision.visit)
        if reading != taken_for:
            yield reading, max(rest * hypothesis.probability, SHOWN_MIN)
    for other in (Reading(decision.items, None), Reading((), None, happened=False)):
        if other != taken_for:
            yield other, SHOWN_MIN


def _is_unknown(decision: Decision) -> bool:
    """Goods that the catalogue does not hold were taken."""
    is_goods = decision.happened and not decision.foreign
    return is_goods and not decision.items and decision.kind is EventKind.PICK
