"""The store as the aggregator knows it: a fold over ledger entries.

Three steps keep memory and ledger alike: ``receive`` or ``settle`` *plan* entries without applying them, the
caller *commits* them to the ledger, then ``apply`` folds them in. Rebuilding is ``apply`` over all entries.
What the carts hold depends on the entries alone, not on the order in which they came.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import Any

from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.aggregator.carts.timeline import Timeline
from edge.aggregator.claims import Claimant
from edge.aggregator.counter import Counter
from edge.aggregator.decisions import Decision, Decisions, undecided
from edge.aggregator.entries import (
    AccessEntry,
    AttributionEntry,
    ClosingEntry,
    EventEntry,
    GateEntry,
    GivenUpEntry,
    LedgerEntry,
    ReceiptEntry,
    StatementEntry,
)
from edge.aggregator.people.blind_spots import BlindSpot, BlindSpots
from edge.aggregator.people.judgements import Judgements
from edge.aggregator.people.witnesses import Witnesses
from edge.aggregator.picture import Picture
from edge.aggregator.receipts.tickets import Tickets
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.shelf_record import REMEMBERED, REMEMBERED_MAX, REMEMBERED_S, ShelfRecord
from edge.aggregator.stock.book import StockBook, StockStatement
from edge.aggregator.stock.inventory import Inventory
from edge.aggregator.stock.movement import Movement
from edge.aggregator.stock.movements import Movements
from edge.aggregator.stock.reading import StockReader
from edge.aggregator.visits.endings import SignsOfLife, closings_due
from edge.aggregator.visits.register import Forgotten, VisitRegister
from edge.aggregator.visits.transfers import Transfers
from edge.aggregator.visits.visit import Visit
from edge.config import AttributionSection, CartSection, ReviewSection, VisitSection
from edge.messages import (
    Cart,
    CounterMessage,
    Disturbance,
    EventIdentity,
    GateEvent,
    Receipt,
    ReviewCase,
    ShelfEvent,
    Statement,
    StoreClosing,
    TrackFrame,
    Transfer,
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
        visits: VisitSection | None = None,
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
        self._judgements = Judgements(self._witnesses, self._shelves, self._visits)
        self._attributions = self._judgements.attributions
        self._signs = SignsOfLife()
        self._transfers = Transfers()
        self._endings = visits or VisitSection()
        self._blind_spots = BlindSpots(planogram)
        self._decisions = Decisions(carts)
        self.stock = StockBook(planogram, catalogue)
        self._movements = Movements(StockReader(self.stock.facings, catalogue), self.stock.modes)
        self._claimant = Claimant(self._visits, self.stock.modes)
        self.trail: deque[AccessEntry | StatementEntry] = deque(maxlen=TRAIL_MAX)
        self._newest = -math.inf  # [s] latest that anything but a tracker told of
        self._picture: Picture | None = None  # as things stand; None: to be made anew
        self._cases: tuple[ReviewCase, ...] | None = None  # the same
        self._inventory: Inventory | None = None  # the same
        self._due: tuple[int, tuple[LedgerEntry, ...]] | None = None  # receipts due of so many closed visits

    def __getstate__(self) -> dict[str, Any]:
        """For a snapshot: what was read of the fold is read again."""
        return vars(self) | dict.fromkeys(("_picture", "_cases", "_inventory", "_due"))

    # --- plan -------------------------------------------------------------------------------------

    def receive(
        self, message: ShelfEvent | Disturbance | GateEvent | TrackFrame | CounterMessage
    ) -> tuple[LedgerEntry, ...]:
        """Entries that a new message asks for. Track frames only feed the history of positions."""
        if isinstance(message, TrackFrame):
            self._witnesses.hear(message, known_s=self._newest)
            self._signs.hear(message)
            return (
                *self._judgements.due(self.tracked_until),
                *self._judgements.covered(),
                *self._blind_spots.reached((message,), self._attributions.latest),
            )
        if isinstance(message, GateEvent):
            return (GateEntry(message),) if self._visits.is_news(message) else ()
        if isinstance(message, Statement):
            said = self.counter.receive(message, self.picture)
            is_closing = bool(said) and isinstance(message, StoreClosing)
            return (*said, *(self._closings_due(message.t, message.t) if is_closing else ()))
        if isinstance(message, ShelfEvent):
            return (EventEntry(message), self._judgements.first(message))
        if (spot := BlindSpot.of(message)) is not None:
            frames = self._witnesses.frames(spot.start_s, spot.end_s)
            found = self._blind_spots.reached_into(spot, frames, self._attributions.latest)
            return (EventEntry(message), *found)
        return (EventEntry(message),)

    def settle(self, utc_s: float, closed_at: float = -math.inf) -> tuple[LedgerEntry, ...]:
        """Entries that are due because store time has come to ``utc_s``; the same until they are applied.

        Args:
            utc_s: [s] present time.
            closed_at: [s] when the store closed last by its hours.
        """
        late_s = self._options.window_s + self._options.latency_s
        return (
            *self._judgements.due(utc_s - late_s),
            *self._receipts_due(utc_s - late_s),
            *self.counter.given_up_due(self._visits.all(), self.picture, utc_s),
            *self._closings_due(utc_s, max(closed_at, self.counter.closed_at(utc_s))),
        )

    def finish(self) -> tuple[LedgerEntry, ...]:
        """Entries that are due because nothing more will come."""
        return (*self._judgements.due(math.inf), *self._receipts_due(math.inf))

    def _receipts_due(self, left_before: float) -> tuple[LedgerEntry, ...]:
        """Receipts that are missing or say something else by now; looked for only after a change."""
        closed = list(self._visits.closed(left_before))
        if self._due is None or self._due[0] != len(closed):
            due = (
                self.counter.receipts_due(closed, self._judgements.waiting(), self.picture) if closed else ()
            )
            self._due = len(closed), (*due, *self.counter.corrections_due(self._visits.all()))
        return self._due[1]

    def _closings_due(self, utc_s: float, closed_at: float) -> Iterator[LedgerEntry]:
        """Of visits that nobody saw leave."""
        return closings_due(self._visits.still_open(), utc_s=utc_s, closed_at=closed_at, signs=self._signs,
                            acted_at=self.picture.acted_at, options=self._endings)  # fmt: skip

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
            case ClosingEntry():
                visit = self._visits.close(entry)
                self._timeline.leave(visit.visit, visit.left_at)
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
            if isinstance(statement, Transfer):
                self._transfers.say(statement, stands=stands)
                self._timeline.hand_over(self._transfers.confirmed(self._visits.ticket))
            if isinstance(statement, StockStatement):
                periods = self.stock.say(statement, stands=stands)
                changed |= {event.identity for event in self._shelves.events()
                            if any(period.covers(event) for period in periods)}  # fmt: skip
        for event in sorted(changed):
            if known := self._shelves.find(event):
                self._claim(known)

    def _apply_attribution(self, entry: AttributionEntry) -> None:
        for likelihood in entry.visits:
            self._visits.name(likelihood.visit)
        if self._attributions.note(entry) and (event := self._shelves.find(entry.event)):
            self._claim(event)

    def _apply_gate(self, gate: GateEvent) -> None:
        moved, visits = self._visits.pass_gate(gate)
        for visit in visits:
            self._timeline.leave(visit.visit, visit.left_at)
        for event in self._shelves.events() if moved else ():
            if not moved.isdisjoint(self._attributions.people(event.identity)):
                self._claim(event)
        if moved:
            self._timeline.hand_over(self._transfers.confirmed(self._visits.ticket))
        self._judgements.told(gate)
        self._lived(gate.t)

    def _claim(self, event: ShelfEvent) -> None:
        """Put an event into the timeline as it is known now."""
        told = self.counter.desk.testimonies(event.identity)
        self._timeline.put(self._claimant.claim(event, self._judgements.expect(event), told))

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
            self._signs.forget(long_ago)
            for nobody in self._visits.forget(long_ago, self._attributions.named()):
                self._timeline.leave(nobody, self._newest)

    # --- read -------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """What is believed now, read once for everything that is asked of it."""
        if self._picture is None:
            unseen = self._blind_spots.doubts(self._attributions.latest, self._visits.ticket)
            self._picture = Picture(self._decision, self._timeline, self._tickets, unseen)
        return self._picture

    def _decision(self, event: EventIdentity) -> Decision | None:
        """What an event is taken for, if it is remembered."""
        known = self._shelves.find(event)
        return None if known is None else self._decisions.of(known, self._timeline.finding(event))

    def decisions(self) -> tuple[Decision, ...]:
        """Every remembered event as it is taken now, by onset."""
        return (*self._too_late(), *self.picture.decisions)

    @property
    def decisions_total(self) -> int:
        """How many events are remembered."""
        return len(self._shelves.too_late()) + len(self._timeline)

    def latest_decisions(self, count: int) -> tuple[Decision, ...]:
        """The latest remembered events as they are taken now, by onset."""
        latest = self.picture.latest(count)
        return (*self._too_late()[len(latest) - count :], *latest) if len(latest) < count else latest

    def _too_late(self) -> tuple[Decision, ...]:
        return tuple(undecided(event) for event in self._shelves.too_late())

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
        return tuple(self.cart(visit) for visit in self.visits() if visit.is_open and not visit.is_crew)

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
        return self._movements.of(
            decision,
            pays=visit is not None and visit.was_at_gate,
            works=visit is not None and visit.is_crew,
            is_open=is_open,
        )

    def cart(self, visit: Visit) -> Cart:
        """The ticket of one visit as it stands."""
        return self.picture.cart(visit)

    @property
    def forgotten(self) -> Forgotten:
        """What only the ledger still knows."""
        visits = self._visits.forgotten
        return Forgotten(self._shelves.forgotten, visits.receipts, visits.reviews)
