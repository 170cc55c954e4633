"""Why a line stands on a ticket, as one would tell the shopper: what the shelf felt, and what that fits."""

from __future__ import annotations

from collections.abc import Iterator

from edge.aggregator.decisions import Decision
from edge.aggregator.web.words import TELLING_NATS, Explainer, grams, percent, plate_names, sentence
from edge.messages import CorrectionReason, Hypothesis, Receipt

POSSIBLE = 0.02
"""[1] other readings less likely than this are not worth a shopper's time."""

FITS_SHARE, FITS_G = 0.04, 8.0
"""[1] and [g] that a weight may be off and still be called that of the goods: packages differ by so much."""

REASONS = {
    CorrectionReason.LATER_EVIDENCE: "what the shelves told later",
    CorrectionReason.CAME_BACK: "you came back into the store",
    CorrectionReason.ANSWER: "a member of staff looked at it",
    CorrectionReason.GIVEN_UP: "nobody could look at it in time, so what was in doubt is not charged",
    CorrectionReason.VERDICT: "your dispute was decided",
    CorrectionReason.AUDIT: "a random check of this receipt",
    CorrectionReason.RETRACTION: "an earlier decision was taken back",
}
"""Why a receipt was replaced."""


class Why:
    """Tells it.

    Args:
        explainer: names the goods.
    """

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer

    def sentences(self, decision: Decision) -> tuple[str, ...]:
        """One decision, in the order in which one would ask."""
        event = decision.event
        where = sentence(plate_names([row.plate for row in event.plates]))
        change = "lighter" if event.delta_g < 0 else "heavier"
        felt = f"{where}: the shelf became {grams(abs(event.delta_g))} {change}."
        chosen = next((each for each in event.hypotheses if each.items == decision.items), None)
        seen = self._camera(decision, chosen)
        return (felt, *self._match(decision, chosen), *self._others(decision), *seen)

    def _match(self, decision: Decision, chosen: Hypothesis | None) -> Iterator[str]:
        if not decision.items or chosen is None:
            return
        goods = self._explainer.items(decision.items)
        off_g = abs(decision.event.delta_g - chosen.expected_g)
        expected_g = abs(chosen.expected_g)
        fits = off_g <= max(FITS_G, FITS_SHARE * expected_g)
        yield f"{goods} should weigh {grams(expected_g)}" + (
            ": that fits." if fits else f": {grams(off_g)} off, but nothing else fits better."
        )

    def _others(self, decision: Decision) -> Iterator[str]:
        others = [
            each
            for each in decision.event.hypotheses
            if each.items != decision.items and each.probability >= POSSIBLE
        ]
        if others:
            best = max(others, key=lambda each: each.probability)
            what = self._explainer.items(best.items) if best.items else "something that is not sold here"
            yield f"It may also have been {what} ({percent(best.probability)})."

    @staticmethod
    def _camera(decision: Decision, chosen: Hypothesis | None) -> Iterator[str]:
        looks = [each.log_likelihood.vision for each in decision.event.hypotheses]
        if chosen is not None and any(looks):
            agrees = max(looks) - chosen.log_likelihood.vision < TELLING_NATS
            yield "The camera agrees." if agrees else "To the camera it looked like something else."


def correction_in_words(before: Receipt, after: Receipt) -> tuple[str, ...]:
    """What a correction changed, line by line."""
    was = {line.sku: line for line in before.lines}
    now = {line.sku: line for line in after.lines}
    changes = []
    for sku in dict.fromkeys([*was, *now]):
        old, new = was.get(sku), now.get(sku)
        quantities = old.quantity if old else 0, new.quantity if new else 0
        known = new or old
        if known is not None and quantities[0] != quantities[1]:
            changes.append(f"{known.name}: {quantities[0]} → {quantities[1]}")
    return tuple(changes)
