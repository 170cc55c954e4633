"""The single writer: message in, ledger entry committed, store moved on, acknowledgement and tickets out.

The order never changes: judge, plan (``store.receive``), commit (``ledger.append``), apply, announce. While
the ledger cannot be written, facts wait here in order, nothing is acknowledged, and everything else goes on.
One thread calls all methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from edge.aggregator.announcer import Announcer, Publish
from edge.aggregator.daily_sweep import DailySweep
from edge.aggregator.entries import AccessEntry, LedgerEntry, ReceiptEntry
from edge.aggregator.evidence.intake import Intake
from edge.aggregator.health import ASKED_BY_HAND, StoreHealth
from edge.aggregator.ingest import Disposition, Ingest, Judgement, Refusal
from edge.aggregator.ledger import Place
from edge.aggregator.ledgered_store import LedgeredStore
from edge.aggregator.live_traces import LiveTraces
from edge.aggregator.recall import Recall
from edge.aggregator.receipts.store_key import store_key
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.stock.book import StockStatement
from edge.aggregator.stock_teller import StockTeller
from edge.aggregator.store import Store
from edge.aggregator.store_view import StoreView, view_of
from edge.aggregator.visits.opening_hours import OpeningHours
from edge.broker.connection import Received
from edge.clock import Clock
from edge.config import AggregatorConfig
from edge.errors import MessageError, StorageError
from edge.messages import (
    Command,
    CommandVerb,
    CounterMessage,
    Disturbance,
    EventIdentity,
    GateEvent,
    NodeHealth,
    NodeMessage,
    NodeState,
    NodeTrace,
    Reply,
    ShelfEvent,
    TrackFrame,
)
from edge.payload import decode
from edge.planogram import Catalogue, Planogram
from edge.topics import CART, NODE_EVENT, NODE_EVIDENCE, Topic, TopicNames

TRACKS_FILE = "tracks.sqlite"
KEY_FILE = "token.key"

WAITING_MAX = 10_000
"""[messages] facts that wait for a ledger that cannot be written; beyond, nodes repeat theirs."""

GAP_PATIENCE_S = 2.0
"""[s] a gap that reordering closes by itself is gone by then."""

BUSY_FACTS = 50
"""[facts] When so many shared a commit, nodes hear of several commits together, at the next tick."""

Fact = ShelfEvent | Disturbance | GateEvent | CounterMessage


class Writer:
    """Owns the store with its ledger, and everything that is said for it.

    Args:
        config: the aggregator's options.
        catalogue: SKUs of the store.
        planogram: plates and facings of the store.
        place: where the ledger is.
        state_dir: holds the memory of tracks.
        publish: hands (topic, payload, retain) to the broker; False when it is not connected.
        clock: host time.
        evidence: takes pictures and traces in; None: nobody keeps any.
        traces: what watched plates weigh now, for the pages.

    Raises:
        StorageError: the ledger cannot be opened, or its chain is broken.
    """

    def __init__(
        self,
        config: AggregatorConfig,
        *,
        catalogue: Catalogue,
        planogram: Planogram,
        place: Place,
        state_dir: Path,
        publish: Publish,
        clock: Clock,
        evidence: Intake | None = None,
        traces: LiveTraces | None = None,
    ) -> None:
        self._config = config
        recall = Recall(config, catalogue, planogram, Tokens(store_key(state_dir / KEY_FILE)))
        self._clock = clock
        self._evidence = evidence
        self._traces = traces or LiveTraces()
        self._names = TopicNames(config.store)
        self._health = StoreHealth()
        self._announcer = Announcer(self._names, publish)
        self._sweep = DailySweep(config)
        self._hours = OpeningHours(config.visits.closing, config.exports.time_zone)
        self._gathered: dict[EventIdentity, NodeMessage] = {}  # new, for the next commit
        self._unacknowledged: dict[tuple[str, str], None] = {}  # (node, boot) of what was committed
        self._waiting: dict[Fact, None] = {}  # in order of arrival
        self._stock = StockTeller(self._announcer, self._health, clock)
        self._held = LedgeredStore(recall, place, state_dir / TRACKS_FILE)
        if evidence is not None:
            evidence.note_receipts(self._store.counter.book.receipts())

    @property
    def fault(self) -> str:
        """One sentence while the ledger cannot be written."""
        return self._held.fault

    @property
    def alarm(self) -> str:
        """One sentence while a damaged ledger lies beside this one."""
        return self._held.alarm

    @property
    def _store(self) -> Store:
        return self._held.store

    @property
    def _ingest(self) -> Ingest:
        return self._held.ingest

    def receive_all(self, messages: Sequence[Received]) -> None:
        """Take messages that came together; facts of nodes that follow each other share one commit."""
        for message in messages:
            self._receive(message.topic, message.payload, retained=message.retained)
        self._enter_gathered()

    def receive(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Take one message from the broker; a bad one is counted and disturbs nothing else."""
        self._receive(topic, payload, retained=retained)
        self._enter_gathered()

    def _receive(self, topic: str, payload: bytes, *, retained: bool) -> None:
        parsed = self._names.parse(topic)
        if parsed is None:
            return
        row, levels = parsed
        if row is CART:
            self._announcer.hear_cart(levels["visit"], payload, self._store)
        elif row is NODE_EVIDENCE:
            if self._evidence is not None:
                self._evidence.offer(levels["node"], levels["event"], payload)
        else:
            self._receive_row(topic, row, levels.get("node", row.pattern), payload, retained=retained)

    def _receive_row(self, topic: str, row: Topic, sender: str, payload: bytes, *, retained: bool) -> None:
        if row.retained and not payload:
            return  # somebody cleared the topic of a node that was taken away
        try:
            message = decode(payload, row.payload, source=topic)
        except MessageError as error:
            self._refuse(row, sender, Refusal.UNREADABLE, str(error), payload)
            return
        if isinstance(message, Reply):
            self._health.hear_reply(sender, message)
            return
        if not isinstance(message, NodeMessage) or message.identity in self._gathered:
            self._enter_gathered()  # what comes next is judged and planned with all of it known
        judgement = self._ingest.judge(message, sender=sender)
        if judgement.refusal is not None:
            self._enter_gathered()
            self._refuse(row, sender, judgement.refusal, type(message).__name__, payload)
        elif isinstance(message, NodeMessage) and judgement.disposition is Disposition.NEW:
            self._gathered[message.identity] = message
        elif isinstance(message, Fact):
            self._enter_gathered()
            self._take(message, judgement)
        elif isinstance(message, TrackFrame):
            self._follow(message)
        elif isinstance(message, NodeState):
            self._health.hear_state(message)
            if retained and message.online:  # it was here before us: what it sent meanwhile is lost
                self._ask(message.node, CommandVerb.RESEND, boot=message.boot)
        elif isinstance(message, NodeHealth):
            self._health.hear_health(message, self._clock.utc_s())
        elif isinstance(message, NodeTrace):
            self._traces.hear(message)

    @property
    def store(self) -> Store:
        """What is believed now; to be read, between two calls, and not kept."""
        return self._store

    def say(self, fact: Fact) -> None:
        """Enter what somebody says at a page, as if it had come by MQTT; on disk when this returns.

        Raises:
            MessageError: it cannot be taken.
            StorageError: the ledger cannot be written now. Nothing waits: it may be said again.
        """
        judgement = self._ingest.judge(fact, sender=_sender(fact))
        if judgement.refusal is not None:
            raise MessageError("this cannot be taken", where="page", found=judgement.refusal.value)
        if self.fault or not self._enter(fact, judgement):
            raise self._unwritable()
        self._announcer.update(self._store)

    def note(self, entries: Sequence[AccessEntry]) -> None:
        """Enter who saw what, before it is shown. Raises ``StorageError`` when that cannot be written."""
        if self.fault or not self._commit(lambda: entries):
            raise self._unwritable()

    def command(
        self, verb: CommandVerb, *, node: str = "", plates: Sequence[str] = (), **arguments: str
    ) -> None:
        """Have a node do something that somebody asked for at a page.

        Args:
            verb: what.
            node: which; empty: those that watch ``plates``.
            plates: which of its plates.
            arguments: see :class:`CommandVerb`.
        """
        asked: dict[str, list[str]] = {node: []} if node else {}
        for plate in plates:
            if (watcher := self._health.node_of(plate)) is not None:
                asked.setdefault(watcher, []).append(plate)
        for each, its_plates in asked.items():
            told = {**arguments, **({"plates": ",".join(its_plates)} if its_plates else {})}
            correlation = f"{ASKED_BY_HAND}{self._clock.mono_ns()}"
            self._announcer.command(each, Command(correlation=correlation, verb=verb, arguments=told))

    def _unwritable(self) -> StorageError:
        return StorageError(
            "nothing can be entered at the moment", where="ledger", found=self.fault,
            fix="Try again when the ledger can be written.",
        )  # fmt: skip

    def settle(self) -> None:
        """Let store time pass: final attributions, receipts that are due, requests for what is missing."""
        self._acknowledge()
        if self.fault:
            return
        utc_s = self._clock.utc_s()
        self._commit(lambda: self._store.settle(utc_s, self._hours.closed_at(utc_s)))
        self._announcer.update(self._store)
        self._announcer.update_review(self._store)
        self._stock.settle(self._store, utc_s)
        self._ask_for_missing()
        self._settle_evidence()
        if not self.fault:
            self._held.remember(utc_s)
            self._sweep.settle(self._held, utc_s)

    def connected(self) -> None:
        """The broker is there (again): tell it the state of every open visit."""
        self._announcer.connected(self._store)

    def retry(self) -> None:
        """Try to write again after a fault; on success everything that waited is committed in order."""
        if not self.fault or not self._held.reopen():
            return
        for fact in list(self._waiting):
            if not self._enter(fact, self._ingest.judge(fact, sender=_sender(fact))):
                return
            del self._waiting[fact]
        if self._commit(lambda: self._store.settle(self._clock.utc_s())):
            self._held.clear_fault()
            self._announcer.update(self._store)

    def view(self, *, broker_connected: bool) -> StoreView:
        """A picture of the store for the page."""
        return view_of(
            self._config.store, self._clock.utc_s(), self._store, self._health, self._ingest,
            ledger_rows=self._held.ledger.head[0], ledger_fault=self.fault, ledger_alarm=self.alarm,
            broker_connected=broker_connected, stock=self._stock.view,
        )  # fmt: skip

    def close(self) -> None:
        """Remember the fold, and close the files."""
        self._held.close(self._clock.utc_s())

    def _enter_gathered(self) -> None:
        """Commit new facts of nodes in one transaction: none of them bears on another's judgement or plan."""
        facts, self._gathered = tuple(self._gathered.values()), {}
        if not facts:
            return
        if self.fault or not self._commit(
            lambda: [each for fact in facts for each in self._store.receive(fact)]
        ):
            for fact in facts:
                self._wait(fact)
            return
        self._unacknowledged |= dict.fromkeys((fact.node, fact.boot) for fact in facts)
        if len(facts) < BUSY_FACTS:
            self._acknowledge()
        self._announcer.update(self._store)

    def _acknowledge(self) -> None:
        """Tell nodes what is on disk."""
        for node, boot in self._unacknowledged:
            self._announcer.acknowledge(node, self._ingest.ack(node, boot))
        self._unacknowledged.clear()

    def _wait(self, fact: Fact) -> None:
        if len(self._waiting) < WAITING_MAX:
            self._waiting[fact] = None

    def _take(self, fact: Fact, judgement: Judgement) -> None:
        if not self.fault and self._enter(fact, judgement):
            self._announcer.update(self._store)
        else:
            self._wait(fact)

    def _refuse(self, row: Topic, sender: str, reason: Refusal, detail: str, payload: bytes) -> None:
        """Count a refusal; what can never be taken is entered as refused, so that its node may forget it."""
        self._health.refuse(sender, reason, detail, self._clock.utc_s())
        if row is not NODE_EVENT or self.fault:
            return
        entry = self._ingest.refuse_for_good(payload, sender=sender, reason=reason)
        if entry is not None and (self._ingest.holds(entry) or self._commit(lambda: (entry,))):
            self._announcer.acknowledge(sender, self._ingest.ack(sender, entry.event.boot))

    def _follow(self, frame: TrackFrame) -> None:
        if self.fault:
            self._store.receive(frame)  # for the history; what it would enter is planned again later
        else:  # announced by the next `settle`: frames are many
            self._commit(lambda: self._store.receive(frame))
        self._held.track(frame)

    def _enter(self, fact: Fact, judgement: Judgement) -> bool:
        """Commit a fact unless it is held already, then acknowledge it; False when the ledger refuses."""
        if judgement.disposition is Disposition.NEW and not self._commit(lambda: self._store.receive(fact)):
            return False
        if isinstance(fact, StockStatement):
            self._stock.hurry()
        if isinstance(fact, ShelfEvent | Disturbance):
            self._announcer.acknowledge(fact.node, self._ingest.ack(fact.node, fact.boot))
        return True

    def _commit(self, plan: Callable[[], Sequence[LedgerEntry]]) -> bool:
        entries = self._held.commit(plan, self._clock.utc_s())
        if entries is None:
            return False
        if self._evidence is not None:
            self._evidence.note(entries)
        self._announcer.add_receipts(entry.receipt for entry in entries if isinstance(entry, ReceiptEntry))
        return True

    def _settle_evidence(self) -> None:
        if self._evidence is None:
            return
        self._evidence.renew(self._store.cases)
        for refused in self._evidence.take_refused():
            error = refused.error
            self._health.refuse(refused.sender, error.reason, str(error), self._clock.utc_s())

    def _ask_for_missing(self) -> None:
        utc_s = self._clock.utc_s()
        for gap in self._ingest.gaps():
            if utc_s - gap.since > GAP_PATIENCE_S:
                self._ask(gap.node, CommandVerb.RESEND, boot=gap.boot, first=str(gap.first))
        for node in self._ingest.nodes() - self._health.boots().keys():
            self._ask(node, CommandVerb.REBIRTH)

    def _ask(self, node: str, verb: CommandVerb, **arguments: str) -> None:
        self._announcer.ask(node, verb, self._clock.mono_ns(), **arguments)


def _sender(fact: Fact) -> str:
    return fact.node if isinstance(fact, ShelfEvent | Disturbance) else ""
