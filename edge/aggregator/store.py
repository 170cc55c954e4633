"""The store as the aggregator knows it: a fold over ledger entries.

Three steps keep memory and ledger alike: ``receive`` or ``settle`` *plan* entries without applying them, the
caller *commits* them to the ledger, then ``apply`` folds them in. Rebuilding is ``apply`` over all entries.
What the carts hold depends on the entries alone, not on the order in which they came.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

from edge.aggregator.attribution import Attribution, TrackHistory
from edge.aggregator.carts import (
    EMPTY_STORE,
    Actor,
    Beam,
    CartBelief,
    Choice,
    Claim,
    choices_of,
    content_of,
    quantity_probability,
)
from edge.aggregator.entries import (
    AttributionEntry,
    EventEntry,
    GateEntry,
    LedgerEntry,
    ReceiptEntry,
    VisitLikelihood,
)
from edge.aggregator.placing import Placing
from edge.config import AttributionSection, CartSection
from edge.messages import (
    Cart,
    CartLine,
    Disturbance,
    EventIdentity,
    EventKind,
    GateDirection,
    GateEvent,
    ItemCount,
    Receipt,
    ShelfEvent,
    TrackFrame,
)
from edge.planogram import Catalogue, Planogram

LINGER_S = 10.0
"""[s] A visit counts as present so long after it left: gates and trackers report late."""

REMEMBERED_S = 3600.0
"""[s] After so long an event's meaning is no longer reconsidered."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an event is taken for, given everything else that is known."""

    event: ShelfEvent
    kind: EventKind
    items: tuple[ItemCount, ...]  # empty: nothing that the catalogue holds
    visit: str | None  # None: nobody who is tracked
    probability: float  # [1] of items and visit together
    needs_review: bool
    foreign: bool = False  # a thing that is not the store's: nobody is charged


@dataclass(slots=True)
class Visit:
    """One shopper's stay."""

    visit: str
    entered_at: float | None = None  # [s]
    left_at: float | None = None  # [s]
    receipt: Receipt | None = None
    receipts: int = 0


class Store:
    """Everything the aggregator believes, and what it would write next."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        planogram: Planogram,
        attribution: AttributionSection,
        carts: CartSection,
    ) -> None:
        self._catalogue, self._options, self._cart_options = catalogue, attribution, carts
        self._attribution = Attribution(planogram, attribution)
        self._belief = CartBelief(Placing(planogram), carts)
        self._history = TrackHistory()
        self._visits: dict[str, Visit] = {}
        self._events: dict[EventIdentity, ShelfEvent] = {}
        self._attributions: dict[EventIdentity, AttributionEntry] = {}
        self._disturbances: dict[EventIdentity, Disturbance] = {}
        self._order: list[tuple[float, EventIdentity]] = []  # events by onset
        self._start = EMPTY_STORE  # before the first event of `_order`
        self._beams: list[Beam] = []  # after each event of `_order`, as far as computed
        self._settled: dict[EventIdentity, Decision] = {}  # decisions no longer reconsidered
        self._decisions: tuple[Decision, ...] | None = None  # as they stand; None: to be made anew

    # --- plan -------------------------------------------------------------------------------------

    def receive(self, message: ShelfEvent | Disturbance | GateEvent | TrackFrame) -> tuple[LedgerEntry, ...]:
        """Entries that a new message asks for. Track frames only feed the history of positions."""
        if isinstance(message, TrackFrame):
            self._history.add(message)
            return self._attributions_due(message.t)
        if isinstance(message, GateEvent):
            known = self._visits.get(message.visit, Visit(message.visit))
            entered = message.direction is GateDirection.ENTERED
            same = (known.entered_at if entered else known.left_at) == message.t
            return () if same else (GateEntry(message),)
        if isinstance(message, ShelfEvent):
            return (EventEntry(message), self._attribute(message, final=self._is_covered(message)))
        return (EventEntry(message),)

    def settle(self, utc_s: float) -> tuple[LedgerEntry, ...]:
        """Entries that are due because store time has come to ``utc_s``."""
        late_s = self._options.window_s + self._options.latency_s
        return (*self._attributions_due(utc_s - late_s), *self._receipts_due(utc_s - late_s))

    def finish(self) -> tuple[LedgerEntry, ...]:
        """Entries that are due because nothing more will come."""
        return (*self._attributions_due(math.inf), *self._receipts_due(math.inf))

    def _attributions_due(self, covered_until: float) -> tuple[LedgerEntry, ...]:
        return tuple(
            self._attribute(self._events[event], final=True)
            for event, attribution in self._attributions.items()
            if not attribution.final and self._attribution.window_of(self._events[event])[1] <= covered_until
        )

    def _is_covered(self, event: ShelfEvent) -> bool:
        return self._attribution.window_of(event)[1] <= self._history.newest

    def _attribute(self, event: ShelfEvent, *, final: bool) -> AttributionEntry:
        present = [
            visit.visit
            for visit in self._visits.values()
            if (visit.entered_at is None or visit.entered_at <= event.t_settled)
            and (visit.left_at is None or visit.left_at >= event.t_onset - LINGER_S)
        ]
        earlier = self._attributions.get(event.identity)
        return AttributionEntry(
            event=event.identity,
            event_revision=event.revision,
            revision=earlier.revision + 1 if earlier else 0,
            final=final,
            visits=self._attribution.judge(event, self._history, present),
        )

    def _receipts_due(self, left_before: float) -> tuple[LedgerEntry, ...]:
        due: list[LedgerEntry] = []
        for visit in self._visits.values():
            if visit.left_at is None or visit.left_at > left_before:
                continue
            if self._has_open_question(visit):
                continue
            receipt = self._receipt(visit, visit.left_at)
            if visit.receipt is None or _content(receipt) != _content(visit.receipt):
                due.append(ReceiptEntry(receipt))
        return tuple(due)

    def _has_open_question(self, visit: Visit) -> bool:
        """Whether tracks may still tell that an event was this visit's."""
        return any(
            not attribution.final and any(who.visit == visit.visit for who in attribution.visits)
            for attribution in self._attributions.values()
        )

    # --- apply ------------------------------------------------------------------------------------

    def apply(self, entry: LedgerEntry) -> None:
        """Fold one entry in. Older revisions than what is known change nothing."""
        self._decisions = None
        if isinstance(entry, EventEntry):
            self._apply_message(entry.message)
        elif isinstance(entry, AttributionEntry):
            self._apply_attribution(entry)
        elif isinstance(entry, GateEntry):
            visit = self._visits.setdefault(entry.gate.visit, Visit(entry.gate.visit))
            if entry.gate.direction is GateDirection.ENTERED:
                visit.entered_at, visit.left_at = entry.gate.t, None
            else:
                visit.left_at = entry.gate.t
        else:
            visit = self._visits.setdefault(entry.receipt.visit, Visit(entry.receipt.visit))
            visit.receipt = entry.receipt
            visit.receipts += 1
        self._forget_old()

    def _apply_message(self, message: ShelfEvent | Disturbance) -> None:
        identity = message.identity
        earlier = self._events.get(identity) or self._disturbances.get(identity)
        if earlier is not None and earlier.revision >= message.revision:
            return
        if earlier is not None:
            self._withdraw(identity)
        if isinstance(message, Disturbance):
            self._disturbances[identity] = message
            return
        self._events[identity] = message
        place = bisect.bisect(self._order, (message.t_onset, identity))
        self._order.insert(place, (message.t_onset, identity))
        del self._beams[place:]

    def _withdraw(self, identity: EventIdentity) -> None:
        """A revision replaces what was said before."""
        self._disturbances.pop(identity, None)
        self._attributions.pop(identity, None)
        event = self._events.pop(identity, None)
        if event is not None:
            place = self._order.index((event.t_onset, identity))
            del self._order[place]
            del self._beams[place:]

    def _apply_attribution(self, entry: AttributionEntry) -> None:
        event = self._events.get(entry.event)
        if event is None or event.revision != entry.event_revision:
            return
        earlier = self._attributions.get(entry.event)
        if earlier is not None and earlier.revision >= entry.revision:
            return
        self._attributions[entry.event] = entry
        for likelihood in entry.visits:
            self._visits.setdefault(likelihood.visit, Visit(likelihood.visit))
        del self._beams[self._order.index((event.t_onset, entry.event)) :]

    def _forget_old(self) -> None:
        """Bound memory: settle the oldest decisions once they are an hour behind the newest."""
        if not self._order or self._order[0][0] > self._order[-1][0] - REMEMBERED_S:
            return
        horizon = self._order[-1][0] - REMEMBERED_S
        old = bisect.bisect_left(self._order, (horizon,))
        choices = choices_of(self._beam())
        for _, identity in self._order[:old]:
            self._settled[identity] = self._decide(self._events[identity], choices.get(identity))
            del self._events[identity]
            self._attributions.pop(identity, None)
        closed = [
            visit.visit
            for visit in self._visits.values()
            if visit.left_at is not None and visit.left_at < horizon
        ]
        identities = [identity for _, identity in self._order[:old]]
        start = self._belief.forget(self._beams[old - 1], identities, closed)
        self._order, self._beams, self._start = self._order[old:], [], start

    # --- read -------------------------------------------------------------------------------------

    def _beam(self) -> Beam:
        """Joint hypotheses after the latest event; computed from where something changed."""
        for _, identity in self._order[len(self._beams) :]:
            before = self._beams[-1] if self._beams else self._start
            self._beams.append(self._belief.update(before, self._claim(self._events[identity])))
        return self._beams[-1] if self._beams else self._start

    def _claim(self, event: ShelfEvent) -> Claim:
        attribution = self._attributions.get(event.identity)
        return Claim(
            event=event.identity,
            kind=event.kind,
            plates=tuple(plate.plate for plate in event.plates),
            weight_g=abs(event.delta_g),
            sigma_g=event.sigma_g,
            hypotheses=event.hypotheses,
            t_s=event.t_settled,
            actors=_posterior(attribution.visits if attribution else ()),
        )

    def _decide(self, event: ShelfEvent, found: tuple[Choice, float] | None) -> Decision:
        if found is None:  # every account of it was negligible
            return Decision(event, event.kind, (), None, 0.0, True)
        choice, probability = found
        return Decision(
            event=event,
            kind=event.kind,
            items=choice.items,
            visit=choice.visit,
            foreign=choice.foreign,
            probability=round(probability, 6),
            needs_review=probability < self._cart_options.review_below,
        )

    def decisions(self) -> tuple[Decision, ...]:
        """Every event as it is taken now, by onset."""
        if self._decisions is None:
            choices = choices_of(self._beam())
            recent = [self._decide(self._events[each], choices.get(each)) for _, each in self._order]
            self._decisions = (*self._settled.values(), *recent)
        return self._decisions

    def disturbances(self) -> tuple[Disturbance, ...]:
        """Everything that moved plates and charged nobody, by onset."""
        return tuple(sorted(self._disturbances.values(), key=lambda each: (each.t_onset, each.identity)))

    def visits(self) -> tuple[Visit, ...]:
        """All visits, by entry."""
        return tuple(sorted(self._visits.values(), key=lambda each: (each.entered_at or 0.0, each.visit)))

    def carts(self) -> tuple[Cart, ...]:
        """Running tickets of visits without receipt, by entry."""
        return tuple(self.cart(visit) for visit in self.visits() if visit.receipt is None)

    def receipts(self) -> tuple[Receipt, ...]:
        """The latest receipt of each visit that left, by entry."""
        return tuple(visit.receipt for visit in self.visits() if visit.receipt is not None)

    def cart(self, visit: Visit) -> Cart:
        """The ticket of one visit as it stands."""
        beam = self._beam()
        content, probability = content_of(beam, visit.visit)
        own = [decision for decision in self.decisions() if decision.visit == visit.visit and decision.items]
        lines = tuple(self._line(beam, visit.visit, item, own) for item in content if item.sku)
        holds_unknown = len(lines) < len(content)
        return Cart(
            visit=visit.visit,
            t=max([decision.event.t_decided for decision in own], default=visit.entered_at or 0.0),
            lines=lines,
            total=round(math.fsum((line.unit_price or 0.0) * line.quantity for line in lines), 2),
            probability=round(probability, 6),
            needs_review=holds_unknown or probability < self._cart_options.review_below,
        )

    def _line(self, beam: Beam, visit: str, item: ItemCount, own: list[Decision]) -> CartLine:
        sku = self._catalogue.get(item.sku)
        probability = quantity_probability(beam, visit, item)
        return CartLine(
            sku=item.sku,
            name=sku.name,
            quantity=item.quantity,
            probability=round(probability, 6),
            unit_price=sku.price,
            events=tuple(
                str(decision.event.identity)
                for decision in own
                if any(each.sku == item.sku for each in decision.items)
            ),
            confidence=in_words(probability),
        )

    def _receipt(self, visit: Visit, left_at: float) -> Receipt:
        cart = self.cart(visit)
        return Receipt(
            receipt=f"{visit.visit}-{visit.receipts + 1}",
            visit=visit.visit,
            entered_at=visit.entered_at,
            left_at=left_at,
            lines=cart.lines,
            total=cart.total,
            probability=cart.probability,
            needs_review=cart.needs_review,
            corrects=visit.receipt.receipt if visit.receipt else "",
        )


def in_words(probability: float) -> str:
    """A probability as a shopper reads it."""
    for least, words in ((0.99, "sure"), (0.95, "very likely"), (0.8, "likely")):
        if probability >= least:
            return words
    return "not sure"


def _posterior(visits: tuple[VisitLikelihood, ...]) -> tuple[Actor, ...]:
    """Probabilities of each hand and of nobody (log-likelihood 0), best first."""
    weights = [(each.visit, each.hand, math.exp(each.log_likelihood)) for each in visits]
    total = 1.0 + math.fsum(weight for _, _, weight in weights)
    actors = [Actor(None, "", 1.0 / total)]
    actors += [Actor(visit, hand, weight / total) for visit, hand, weight in weights if weight / total > 1e-6]
    return tuple(sorted(actors, key=lambda actor: -actor.probability))


def _content(receipt: Receipt) -> tuple[object, ...]:
    """What makes a receipt another one."""
    lines = tuple((line.sku, line.quantity) for line in receipt.lines)
    return lines, receipt.left_at, receipt.needs_review
