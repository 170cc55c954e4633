"""The store as the aggregator knows it: a fold over ledger entries.

Three steps keep memory and ledger alike: ``receive`` or ``settle`` *plan* entries without applying them, the
caller *commits* them to the ledger, then ``apply`` folds them in. Rebuilding is ``apply`` over all entries.
What the carts hold depends on the entries alone, not on the order in which they came.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.aggregator.carts.account import Claim
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.aggregator.carts.timeline import Timeline
from edge.aggregator.counter import Counter
from edge.aggregator.decisions import Decision, Decisions, undecided
from edge.aggregator.entries import (
    AccessEntry,
    AttributionEntry,
    EventEntry,
    GateEntry,
    GivenUpEntry,
    LedgerEntry,
    ReceiptEntry,
    StatementEntry,
)
from edge.aggregator.people.attributions import Attributions
from edge.aggregator.people.blind_spots import BlindSpot, BlindSpots
from edge.aggregator.people.witnesses import Witnesses, actors_of
from edge.aggregator.picture import Picture
from edge.aggregator.receipts.tickets import Tickets
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.shelf_record import REMEMBERED, REMEMBERED_MAX, REMEMBERED_S, ShelfRecord
from edge.aggregator.stock.book import StockBook, StockStatement
from edge.aggregator.stock.inventory import Inventory
from edge.aggregator.stock.modes import Period
from edge.aggregator.stock.movement import Movement
from edge.aggregator.stock.movements import Movements
from edge.aggregator.stock.reading import StockReader
from edge.aggregator.stock.suspension import suspended
from edge.aggregator.visits.register import VisitRegister
from edge.aggregator.visits.visit import Visit
from edge.config import AttributionSection, CartSection, ReviewSection
from edge.messages import (
    Cart,
    CounterMessage,
    Disturbance,
    GateEvent,
    Receipt,
    ReviewCase,
    ShelfEvent,
    Statement,
    TrackFrame,
)
from edge.planogram import Catalogue, Planogram

TRAIL_MAX = 1000
"""[entries] of what people saw and said."""


class Store:
    """Everything the aggregator believes, and what it would write next.

    Attributes:
        trail: what people saw and said, as it was entered; the ledger has all of it.
        counter: receipts, and what people are asked and have said.
        stock: what stands on the shelves, and when staff work at them.
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
        tokens = tokens or Tokens()
        self.counter = Counter(catalogue, planogram, review or ReviewSection(), tokens)
        self._witnesses = Witnesses(planogram, attribution)
        self._tickets = Tickets(catalogue, carts, tokens)
        self._timeline = Timeline(CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, carts))
        self._visits = VisitRegister()
        self._shelves = ShelfRecord()
        self._attributions = Attributions()
        self._blind_spots = BlindSpots(planogram)
        self._decisions = Decisions(carts)
        self.stock = StockBook(planogram, catalogue)
        self._movements = Movements(StockReader(self.stock.facings, catalogue), self.stock.modes)
        self.trail: deque[AccessEntry | StatementEntry] = deque(maxlen=TRAIL_MAX)
        self._newest = -math.inf  # [s] latest sign of life
        self._picture: Picture | None = None  # as things stand; None: to be made anew
        self._cases: tuple[ReviewCase, ...] | None = None  # the same
        self._inventory: Inventory | None = None  # the same
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
                *self._blind_spots.reached((message,), self._attributions.latest),
            )
        if isinstance(message, GateEvent):
            return (GateEntry(message),) if self._visits.is_news(message) else ()
        if isinstance(message, Statement):
            return self.counter.receive(message, self.picture)
        if isinstance(message, ShelfEvent):
            is_covered = self._witnesses.wanted_until(message) <= self.tracked_until
            return (EventEntry(message), self._attribute(message, final=is_covered))
        if (spot := BlindSpot.of(message)) is not None:
            frames = self._witnesses.frames(spot.start_s, spot.end_s)
            found = self._blind_spots.reached_into(spot, frames, self._attributions.latest)
            return (EventEntry(message), *found)
        return (EventEntry(message),)

    def settle(self, utc_s: float) -> tuple[LedgerEntry, ...]:
        """Entries that are due because store time has come to ``utc_s``; the same until they are applied."""
        late_s = self._options.window_s + self._options.latency_s
        return (
            *self._attributions_due(utc_s - late_s),
            *self._receipts_due(utc_s - late_s),
            *self.counter.given_up_due(self._visits.all(), self.picture, utc_s),
        )

    def finish(self) -> tuple[LedgerEntry, ...]:
        """Entries that are due because nothing more will come."""
        return (*self._attributions_due(math.inf), *self._receipts_due(math.inf))

    def _attributions_due(self, covered_until: float) -> Iterator[LedgerEntry]:
        """Of events that receipts wait for."""
        for event in self._attributions.due(covered_until):
            yield self._attribute(self._shelves.event(event), final=True)

    def _attributions_covered(self) -> Iterator[LedgerEntry]:
        """Of events that were judged before their tracks came."""
        witnesses = self._witnesses
        for event in self._attributions.covered(witnesses.tracked_since, witnesses.tracked_until):
            yield self._attribute(self._shelves.event(event), final=True)

    def _attribute(self, event: ShelfEvent, *, final: bool) -> AttributionEntry:
        return self._witnesses.judge(event, self._visits.all(), self._attributions.of(event), final=final)

    def _receipts_due(self, left_before: float) -> tuple[LedgerEntry, ...]:
        """Receipts that are missing or say something else by now; looked for only after a change."""
        closed = list(self._visits.closed(left_before))
        if self._due is None or self._due[0] != len(closed):
            waiting = self._attributions.waiting()
            due = self.counter.receipts_due(closed, waiting, self.picture) if closed else ()
            self._due = len(closed), (*due, *self.counter.corrections_due(self._visits.all()))
        return self._due[1]

    # --- apply ------------------------------------------------------------------------------------

    def apply(self, entry: LedgerEntry) -> None:
        """Fold one entry in. Older revisions than what is known change nothing."""
        if isinstance(entry, AccessEntry):
            self.trail.append(entry)
            return
        self._picture = self._due = self._cases = self._inventory = None
        match entry:
            case EventEntry(message=message):
                self._apply_message(message)
            case AttributionEntry():
                self._apply_attribution(entry)
            case GateEntry(gate=gate):
                self._apply_gate(gate)
            case ReceiptEntry(receipt=receipt):
                self._visits.issue(receipt, self.counter.apply_receipt(receipt))
            case StatementEntry():
                self.trail.append(entry)
                self._apply_statement(entry)
            case GivenUpEntry():
                self.counter.apply_given_up(entry)

    def _apply_message(self, message: ShelfEvent | Disturbance) -> None:
        if not self._shelves.is_news(message):
            return
        self.stock.note(message)
        if isinstance(message, Disturbance):
            if self._shelves.add_disturbance(message):
                self._timeline.remove(message.identity)
                self._attributions.close(message.identity)
            self._blind_spots.note(message)
        elif self._shelves.add_event(message):
            self._claim(message)
            if message.utc_synchronized:
                self._lived(message.t_settled)
        else:
            self.stock.keep(self._movements.too_late(undecided(message)))

    def _apply_statement(self, entry: StatementEntry) -> None:
        heard = self.counter.apply_statement(entry)
        changed = {event for event in heard.events if event in self._shelves}
        for statement, stands in heard.statements:
            if isinstance(statement, StockStatement):
                periods = self.stock.say(statement, stands=stands)
                changed |= {event.identity for event in self._shelves.events() if _is_in(event, periods)}
        for event in sorted(changed):
            if known := self._shelves.find(event):
                self._claim(known)

    def _apply_attribution(self, entry: AttributionEntry) -> None:
        for likelihood in entry.visits:
            self._visits.name(likelihood.visit)
        if self._attributions.note(entry) and (event := self._shelves.find(entry.event)):
            self._claim(event)

    def _apply_gate(self, gate: GateEvent) -> None:
        visit = self._visits.pass_gate(gate)
        self._timeline.leave(visit.visit, visit.left_at)
        self._lived(gate.t)

    def _claim(self, event: ShelfEvent) -> None:
        """Put an event into the timeline as it is known now."""
        attribution = self._attributions.expect(event, self._witnesses.wanted_until(event))
        actors = actors_of(attribution.visits if attribution else ())
        plates = tuple(plate.plate for plate in event.plates)
        is_staffs = self.stock.modes.at(plates, event.t_onset) is not None
        self._timeline.put(
            Claim(
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
                testimonies=self.counter.desk.testimonies(event.identity),
            )
        )

    def _lived(self, t: float) -> None:
        """Bound memory as store time passes."""
        self._newest = max(self._newest, t)
        long_ago = self._newest - REMEMBERED_S
        if old := self._timeline.forget(before=long_ago, keep=REMEMBERED, most=REMEMBERED_MAX):
            for event, found in old.items():
                self.stock.keep(self._movement(self._decisions.of(self._shelves.event(event), found)))
            self._movements.forget(old)
            self._shelves.forget(old, self._timeline.begin)
            self._attributions.forget(old, self._shelves)
            self._decisions.forget(old)
        if old or len(self._visits) >= 2 * REMEMBERED:
            for nobody in self._visits.forget(long_ago, self._attributions.named()):
                self._timeline.leave(nobody, self._newest)

    # --- read -------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """What is believed now, read once for everything that is asked of it."""
        if self._picture is None:
            findings = self._timeline.findings()
            decisions = [
                self._decisions.of(self._shelves.event(event), findings.get(event))
                for event in self._timeline.events()
            ]
            unseen = self._blind_spots.doubts(self._attributions.latest)
            self._picture = Picture(decisions, self._timeline, self._tickets, unseen)
        return self._picture

    def decisions(self) -> tuple[Decision, ...]:
        """Every remembered event as it is taken now, by onset."""
        late = (undecided(event) for event in self._shelves.too_late())
        return (*late, *self.picture.decisions)

    @property
    def tracked_until(self) -> float:
        """[s] until when tracks have come; -inf before the first."""
        return self._witnesses.tracked_until

    def disturbances(self) -> tuple[Disturbance, ...]:
        """Everything that moved plates and charged nobody, by onset."""
        return self._shelves.disturbances()

    def visits(self) -> tuple[Visit, ...]:
        """All remembered visits, by entry."""
        return self._visits.by_entry()

    def visit(self, name: str) -> Visit | None:
        """A remembered visit."""
        return self._visits.find(name)

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

    @property
    def inventory(self) -> Inventory:
        """What stands on the shelves, as things stand."""
        if self._inventory is None:
            self._inventory = self.stock.inventory(
                self._movement(decision) for decision in self.picture.decisions
            )
        return self._inventory

    def _movement(self, decision: Decision) -> Movement:
        """What one event did to the stock."""
        visit = self._visits.find(decision.visit)
        is_open = self._attributions.is_open(decision.event.identity)
        return self._movements.of(decision, pays=visit is not None and visit.was_at_gate, is_open=is_open)

    def cart(self, visit: Visit) -> Cart:
        """The ticket of one visit as it stands."""
        return self.picture.cart(visit)

    @property
    def forgotten(self) -> Forgotten:
        """What only the ledger still knows."""
        visits = self._visits.forgotten
        return Forgotten(self._shelves.forgotten, visits.receipts, visits.reviews)


def _is_in(event: ShelfEvent, periods: Iterable[Period]) -> bool:
    """Whether an event belongs to any of these modes."""
    return any(period.holds(plate.plate, event.t_onset) for period in periods for plate in event.plates)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much has been left to the ledger."""

    decisions: int
    receipts: int  # of visits, the latest of each
    reviews: int  # receipts among them that asked for a person
