"""The store as the aggregator knows it: a fold over ledger entries.

Three steps keep memory and ledger alike: ``receive`` or ``settle`` *plan* entries without applying them, the
caller *commits* them to the ledger, then ``apply`` folds them in. Rebuilding is ``apply`` over all entries.
What the carts hold depends on the entries alone, not on the order in which they came.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.aggregator.carts.account import Claim, Finding
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.aggregator.carts.timeline import Timeline
from edge.aggregator.counter import Counter
from edge.aggregator.entries import (
    AttributionEntry,
    EventEntry,
    GateEntry,
    GivenUpEntry,
    LedgerEntry,
    ReceiptEntry,
    StatementEntry,
)
from edge.aggregator.people.blind_spots import BlindSpot, BlindSpots
from edge.aggregator.people.witnesses import Witnesses, actors_of
from edge.aggregator.picture import Picture
from edge.aggregator.receipts.tickets import Decision, Tickets, Visit
from edge.aggregator.receipts.token import Tokens
from edge.config import AttributionSection, CartSection, ReviewSection
from edge.messages import (
    Cart,
    CounterMessage,
    Disturbance,
    EventIdentity,
    GateDirection,
    GateEvent,
    Receipt,
    ReviewCase,
    ShelfEvent,
    Statement,
    TrackFrame,
)
from edge.planogram import Catalogue, Planogram

REMEMBERED_S = 7200.0
"""[s] Events older than that and not among the newest :data:`REMEMBERED` are left to the ledger."""

REMEMBERED = 2000
"""[events, disturbances] kept however old: after an outage nodes deliver hours, one node after the other."""

REMEMBERED_MAX = 20_000
"""[events] kept however new: a flood of them must not fill the memory."""

TOO_LATE_MAX = 100
"""[events] shown of those that came when their time was forgotten already."""


class Store:
    """Everything the aggregator believes, and what it would write next.

    Attributes:
        counter: receipts, and what people are asked and have said.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        planogram: Planogram,
        attribution: AttributionSection,
        carts: CartSection,
        review: ReviewSection | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self._options = attribution
        self.counter = Counter(catalogue, planogram, review or ReviewSection(), tokens or Tokens())
        self._witnesses = Witnesses(planogram, attribution)
        self._tickets = Tickets(catalogue, carts)
        self._timeline = Timeline(CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, carts))
        self._visits: dict[str, Visit] = {}
        self._events: dict[EventIdentity, ShelfEvent] = {}
        self._attributions: dict[EventIdentity, AttributionEntry] = {}
        # [s] end of the window of events of which tracks may still tell
        self._open: dict[EventIdentity, float] = {}
        self._uncovered: dict[EventIdentity, float] = {}  # the same of those that receipts wait no longer for
        self._decided: dict[EventIdentity, tuple[Finding | None, Decision]] = {}
        self._disturbances: dict[EventIdentity, Disturbance] = {}
        self._blind_spots = BlindSpots(planogram)
        self._too_late: deque[Decision] = deque(maxlen=TOO_LATE_MAX)
        self._newest = self._horizon = -math.inf  # [s] latest sign of life; what began before is forgotten
        self._forgotten = Forgotten()
        self._picture: Picture | None = None  # as things stand; None: to be made anew
        self._cases: tuple[ReviewCase, ...] | None = None  # the same
        self._due: tuple[int, tuple[LedgerEntry, ...]] | None = None  # receipts due of so many closed visits

    # --- plan -------------------------------------------------------------------------------------

    def receive(
        self, message: ShelfEvent | Disturbance | GateEvent | TrackFrame | CounterMessage
    ) -> tuple[LedgerEntry, ...]:
        """Entries that a new message asks for. Track frames only feed the history of positions."""
        if isinstance(message, TrackFrame):
            self._witnesses.hear(message, known_s=self._newest)
            return (
                *self._attributions_due(self.tracked_until),
                *self._attributions_covered(),
                *self._blind_spots.reached((message,), self._attributions),
            )
        if isinstance(message, GateEvent):
            known = self._visits.get(message.visit, Visit(message.visit))
            entered = message.direction is GateDirection.ENTERED
            same = (known.entered_at if entered else known.last_left_at) == message.t
            return () if same else (GateEntry(message),)
        if isinstance(message, Statement):
            return self.counter.receive(message, self.picture)
        if isinstance(message, ShelfEvent):
            is_covered = self._witnesses.wanted_until(message) <= self.tracked_until
            return (EventEntry(message), self._attribute(message, final=is_covered))
        if (spot := BlindSpot.of(message)) is not None:
            frames = self._witnesses.frames(spot.start_s, spot.end_s)
            found = self._blind_spots.reached_into(spot, frames, self._attributions)
            return (EventEntry(message), *found)
        return (EventEntry(message),)

    def settle(self, utc_s: float) -> tuple[LedgerEntry, ...]:
        """Entries that are due because store time has come to ``utc_s``; the same until they are applied."""
        late_s = self._options.window_s + self._options.latency_s
        return (
            *self._attributions_due(utc_s - late_s),
            *self._receipts_due(utc_s - late_s),
            *self.counter.given_up_due(self._visits.values(), self.picture, utc_s),
        )

    def finish(self) -> tuple[LedgerEntry, ...]:
        """Entries that are due because nothing more will come."""
        return (*self._attributions_due(math.inf), *self._receipts_due(math.inf))

    def _attributions_due(self, covered_until: float) -> Iterator[LedgerEntry]:
        """Of events that receipts wait for."""
        for event, wanted_until in self._open.items():
            if wanted_until <= covered_until:
                yield self._attribute(self._events[event], final=True)

    def _attributions_covered(self) -> Iterator[LedgerEntry]:
        """Of events that were judged before their tracks came."""
        for event, wanted_until in list(self._uncovered.items()):
            if wanted_until < self._witnesses.tracked_since:
                del self._uncovered[event]  # they will not come any more
            elif wanted_until <= self._witnesses.tracked_until:
                yield self._attribute(self._events[event], final=True)

    def _attribute(self, event: ShelfEvent, *, final: bool) -> AttributionEntry:
        return self._witnesses.judge(event, self._visits.values(), self._attribution_of(event), final=final)

    def _receipts_due(self, left_before: float) -> tuple[LedgerEntry, ...]:
        """Receipts that are missing or say something else by now; looked for only after a change."""
        closed = [
            visit
            for visit in self._visits.values()
            if visit.left_at is not None and visit.left_at <= left_before
        ]
        if self._due is None or self._due[0] != len(closed):
            waiting = {
                who.visit
                for event in self._open
                if (attribution := self._attributions.get(event)) is not None
                for who in attribution.visits
            }
            due = self.counter.receipts_due(closed, waiting, self.picture) if closed else ()
            self._due = len(closed), (*due, *self.counter.corrections_due(self._visits.values()))
        return self._due[1]

    # --- apply ------------------------------------------------------------------------------------

    def apply(self, entry: LedgerEntry) -> None:
        """Fold one entry in. Older revisions than what is known change nothing."""
        self._picture = self._due = self._cases = None
        match entry:
            case EventEntry(message=message):
                self._apply_message(message)
            case AttributionEntry():
                self._apply_attribution(entry)
            case GateEntry(gate=gate):
                self._apply_gate(gate)
            case ReceiptEntry(receipt=receipt):
                self._apply_receipt(receipt)
            case StatementEntry():
                for event in self.counter.apply_statement(entry):
                    if known := self._events.get(event):
                        self._claim(known)
            case GivenUpEntry():
                self.counter.apply_given_up(entry)

    def _apply_message(self, message: ShelfEvent | Disturbance) -> None:
        identity = message.identity
        earlier = self._events.get(identity) or self._disturbances.get(identity)
        if earlier is not None and earlier.revision >= message.revision:
            return
        if isinstance(message, Disturbance):
            if self._events.pop(identity, None) is not None:
                self._timeline.remove(identity)
                self._open.pop(identity, None)
                self._uncovered.pop(identity, None)
            self._disturbances[identity] = message
            self._blind_spots.note(message)
            if len(self._disturbances) >= 2 * REMEMBERED:
                self._disturbances = {each.identity: each for each in self.disturbances()[-REMEMBERED:]}
            return
        if message.t_onset < self._horizon:
            self._too_late.append(self._tickets.undecided(message))
            return
        self._disturbances.pop(identity, None)
        self._events[identity] = message
        self._claim(message)
        if message.utc_synchronized:
            self._lived(message.t_settled)

    def _apply_attribution(self, entry: AttributionEntry) -> None:
        for likelihood in entry.visits:
            self._visit(likelihood.visit)
        earlier = self._attributions.get(entry.event)
        if earlier is not None and _age(earlier) >= _age(entry):
            return
        self._attributions[entry.event] = entry
        if event := self._events.get(entry.event):
            self._claim(event)

    def _apply_gate(self, gate: GateEvent) -> None:
        visit = self._visit(gate.visit)
        if gate.direction is GateDirection.ENTERED:
            visit.entered_at = max(gate.t, visit.entered_at or gate.t)
        else:
            visit.last_left_at = max(gate.t, visit.last_left_at or gate.t)
        self._timeline.leave(visit.visit, visit.left_at)
        self._lived(gate.t)

    def _apply_receipt(self, receipt: Receipt) -> None:
        """The latest of its chain, whatever came first; a visit of an old name begins a chain of its own."""
        latest = self.counter.apply_receipt(receipt)
        visit = self._visit(receipt.visit)
        visit.receipts += 1
        if visit.receipt is None or latest.left_at >= visit.receipt.left_at:
            visit.receipt = latest

    def _visit(self, name: str) -> Visit:
        return self._visits.setdefault(name, Visit(name))

    def _attribution_of(self, event: ShelfEvent) -> AttributionEntry | None:
        """The latest attribution, unless it judged another revision of the event."""
        found = self._attributions.get(event.identity)
        return found if found is not None and found.event_revision == event.revision else None

    def _claim(self, event: ShelfEvent) -> None:
        """Put an event into the timeline as it is known now."""
        attribution = self._attribution_of(event)
        self._open.pop(event.identity, None)
        self._uncovered.pop(event.identity, None)
        if attribution is None or not attribution.final:
            self._open[event.identity] = self._witnesses.wanted_until(event)
        elif not attribution.covered:
            self._uncovered[event.identity] = self._witnesses.wanted_until(event)
        self._timeline.put(
            Claim(
                event=event.identity,
                kind=event.kind,
                plates=tuple(plate.plate for plate in event.plates),
                weight_g=abs(event.delta_g),
                sigma_g=event.sigma_g,
                hypotheses=event.hypotheses,
                t_onset_s=event.t_onset,
                t_s=event.t_settled,
                actors=actors_of(attribution.visits if attribution else ()),
                log_odds_goods=event.log_odds_goods,
                testimonies=self.counter.desk.testimonies(event.identity),
            )
        )

    # --- forget -----------------------------------------------------------------------------------

    def _lived(self, t: float) -> None:
        """Bound memory as store time passes."""
        self._newest = max(self._newest, t)
        long_ago = self._newest - REMEMBERED_S
        if old := self._timeline.forget(before=long_ago, keep=REMEMBERED, most=REMEMBERED_MAX):
            self._forget_events(old)
        if old or len(self._visits) >= 2 * REMEMBERED:
            self._forget_visits(long_ago)

    def _forget_events(self, old: Sequence[EventIdentity]) -> None:
        self._horizon = self._timeline.begin
        for event in old:
            del self._events[event]
            self._open.pop(event, None)
            self._uncovered.pop(event, None)
            self._decided.pop(event, None)
        self._forgotten.decisions += len(old)
        self._attributions = {
            event: attribution
            for event, attribution in self._attributions.items()
            if event in self._events or event in self._disturbances
        }

    def _forget_visits(self, long_ago: float) -> None:
        """Visits that left, and names that the tracker gave to somebody for a moment."""
        named = {who.visit for attribution in self._attributions.values() for who in attribution.visits}
        for visit in list(self._visits.values()):
            is_over = visit.left_at is not None and visit.left_at < long_ago and visit.receipt is not None
            is_nobody = visit.left_at is None and visit.entered_at is None
            if visit.visit in named or not (is_over or is_nobody):
                continue
            del self._visits[visit.visit]
            if is_nobody:
                self._timeline.leave(visit.visit, self._newest)
            if is_over and visit.receipt is not None:
                self._forgotten.receipts += 1
                self._forgotten.reviews += visit.receipt.needs_review

    # --- read -------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """What is believed now, read once for everything that is asked of it."""
        if self._picture is None:
            findings = self._timeline.findings()
            decisions = [
                self._decide(self._events[event], findings.get(event)) for event in self._timeline.events()
            ]
            unseen = self._blind_spots.doubts(self._attributions)
            self._picture = Picture(decisions, self._timeline, self._tickets, unseen)
        return self._picture

    def _decide(self, event: ShelfEvent, found: Finding | None) -> Decision:
        """The same decision as before while nothing changes: most events of a day are settled."""
        known = self._decided.get(event.identity)
        if known is None or known[0] is not found or known[1].event is not event:
            known = self._decided[event.identity] = found, self._tickets.decision(event, found)
        return known[1]

    def decisions(self) -> tuple[Decision, ...]:
        """Every remembered event as it is taken now, by onset."""
        late = sorted(self._too_late, key=lambda each: (each.event.t_onset, each.event.identity))
        return (*late, *self.picture.decisions)

    @property
    def tracked_until(self) -> float:
        """[s] until when tracks have come; -inf before the first."""
        return self._witnesses.tracked_until

    def disturbances(self) -> tuple[Disturbance, ...]:
        """Everything that moved plates and charged nobody, by onset."""
        return tuple(sorted(self._disturbances.values(), key=lambda each: (each.t_onset, each.identity)))

    def visits(self) -> tuple[Visit, ...]:
        """All remembered visits, by entry."""
        return tuple(sorted(self._visits.values(), key=lambda each: (each.entered_at or 0.0, each.visit)))

    def carts(self) -> tuple[Cart, ...]:
        """Running tickets of visits without receipt, by entry."""
        return tuple(self.cart(visit) for visit in self.visits() if visit.is_open)

    def receipts(self) -> tuple[Receipt, ...]:
        """The latest receipt of each remembered visit that left, by entry."""
        return tuple(visit.receipt for visit in self.visits() if visit.receipt is not None)

    def cases(self) -> tuple[ReviewCase, ...]:
        """Everything that a person may be asked now, in the order in which it should be looked at."""
        if self._cases is None:
            self._cases = self.counter.cases(self.visits(), self.picture)
        return self._cases

    def cart(self, visit: Visit) -> Cart:
        """The ticket of one visit as it stands."""
        return self.picture.cart(visit)

    @property
    def forgotten(self) -> Forgotten:
        """What only the ledger still knows."""
        return self._forgotten


@dataclass(slots=True)
class Forgotten:
    """How much has been left to the ledger."""

    decisions: int = 0
    receipts: int = 0  # of visits, the latest of each
    reviews: int = 0  # receipts among them that asked for a person


def _age(entry: AttributionEntry) -> tuple[int, int]:
    return entry.event_revision, entry.revision
