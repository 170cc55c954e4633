"""The aggregator's door: who may speak, what is new, what is missing, and what may be acknowledged.

Sans-I/O. A message is judged, its ledger entry committed by the caller, and only then noted here, so that
an acknowledgement never runs ahead of the disk. Rebuilt at start by noting every row of the ledger.

What is refused, and what is kept:

* A node that the configuration does not list, a payload that names another node than its topic, or one of a
  newer schema: refused, not in the ledger and not acknowledged. The sender keeps it, the page shows the
  refusal, and a corrected configuration or an update lets it in. What its node sends besides is acknowledged
  one by one, so nothing waits behind it.
* A payload that cannot be read though it names its node, boot and number, or numbers that cannot be (an
  empty list of hypotheses, a time in milliseconds): no repetition makes it better. It goes into the ledger
  as refused, word for word, charges nobody, and is acknowledged: its node may forget it.
* A visit without a usable name, or with a card's number for a credential: refused, and kept nowhere. So is a
  count of a facing, or a mode at a place, that the planogram does not have: whoever says it is told.
* An unknown plate or SKU: kept, because that something happened is a fact and the planogram may be what is
  wrong; but flagged, counted and shown.
* A duplicate, or a revision lower than one already held: changes nothing, and is acknowledged again, because
  the acknowledgement may be what got lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

from edge.aggregator.arrivals import Arrivals
from edge.aggregator.entries import EventEntry, GateEntry, LedgerEntry, RefusalEntry
from edge.errors import MessageError
from edge.messages import (
    Ack,
    CounterMessage,
    Disturbance,
    EventIdentity,
    GateEvent,
    ModeBegun,
    NodeHealth,
    NodeMessage,
    NodeState,
    NodeTrace,
    ShelfEvent,
    StockCount,
    TrackFrame,
    looks_like_card_number,
)
from edge.payload import Count, Level, decode
from edge.planogram import Catalogue, Planogram

_VISIT = re.compile(r"[^/+#\x00-\x1f]{1,128}")
"""A visit is a level of an MQTT topic (``cart/{visit}``)."""

LATEST_UTC_S = 253_402_300_800.0
"""[s] the year 10000; a time beyond is milliseconds taken for seconds, and no calendar can show it."""

GATES_MAX = 10_000
"""[gate events] remembered to know a repetition; the ledger itself refuses an older one."""

REFUSED_CHARS_MAX = 4000
"""[characters] kept of a refused payload."""


class Refusal(StrEnum):
    """Why a message was not taken."""

    UNREADABLE = "unreadable payload"
    UNKNOWN_NODE = "unknown node"
    FOREIGN_NODE = "names another node than its topic"
    IMPOSSIBLE_NUMBER = "impossible number"
    UNUSABLE_VISIT = "unusable visit name"
    CARD_NUMBER = "a card's number where an opaque token belongs"
    UNKNOWN_FACING = "unknown facing"
    UNKNOWN_PLACE = "unknown gondola or shelf"
    FOREIGN_EVENT = "evidence of another event than its topic"
    NOT_A_PICTURE = "evidence with a picture that is none"
    NOT_A_CROP = "evidence with a picture that is no crop of a shelf"


class Flag(StrEnum):
    """What is odd about a message that was taken."""

    UNKNOWN_PLATE = "unknown plate"
    UNKNOWN_SKU = "unknown SKU"


class Disposition(StrEnum):
    """What to do with a message."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with one message; ``refusal`` is set exactly when refused."""

    disposition: Disposition
    refusal: Refusal | None = None


class Gap(msgspec.Struct, frozen=True):
    """Messages that a node numbered and that never arrived."""

    node: str
    boot: str
    first: int
    last: int
    since: float  # [s] UTC when the gap was noticed


class _Address(msgspec.Struct, frozen=True):
    """What even an unreadable message of a node may tell: which one it is."""

    node: Level
    boot: Annotated[str, msgspec.Meta(min_length=1)]
    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    revision: Count = 0


Message = (
    ShelfEvent | Disturbance | GateEvent | TrackFrame | NodeState | NodeHealth | NodeTrace | CounterMessage
)
"""What may come in at the door."""

NEW = Judgement(Disposition.NEW)
DUPLICATE = Judgement(Disposition.DUPLICATE)


class Ingest:
    """Judge messages by identity and keep count.

    Args:
        nodes: names that may speak; empty allows all.
        catalogue: known SKUs.
        planogram: known plates.
    """

    def __init__(self, nodes: Collection[str], catalogue: Catalogue, planogram: Planogram) -> None:
        self._nodes = frozenset(nodes)
        self._catalogue = catalogue
        self._planogram = planogram
        self._arrivals: dict[tuple[str, str], Arrivals] = {}
        self._gates: dict[tuple[str, str, float], None] = {}  # the latest
        self.flags: Counter[tuple[Flag, str]] = Counter()  # messages by flag and offending name
        self.duplicates_total = 0

    def judge(self, message: Message, *, sender: str) -> Judgement:
        """Judge a message that came on the topic of node ``sender`` (or on a topic without a node)."""
        match message:
            case ShelfEvent() | Disturbance():
                return self._judge_fact(message, sender)
            case GateEvent():
                return self._judge_gate(message)
            case TrackFrame():
                return _judge_people(message.t, [target.visit for target in message.targets])
            case NodeState() | NodeHealth() | NodeTrace():
                return self._judge_sender(message.node, sender)
            case _:  # whoever said it has a name of its own, which the store knows again
                return self._judge_statement(message)

    def _judge_sender(self, node: str, sender: str) -> Judgement:
        if self._nodes and sender not in self._nodes:
            return Judgement(Disposition.REFUSED, Refusal.UNKNOWN_NODE)
        return NEW if node == sender else Judgement(Disposition.REFUSED, Refusal.FOREIGN_NODE)

    def _judge_fact(self, message: NodeMessage, sender: str) -> Judgement:
        if (judgement := self._judge_sender(message.node, sender)) is not NEW:
            return judgement
        if not _possible(message):
            return Judgement(Disposition.REFUSED, Refusal.IMPOSSIBLE_NUMBER)
        arrivals = self._arrivals.get((message.node, message.boot))
        if arrivals is not None and arrivals.holds(message.seq, message.revision):
            arrivals.mention(message.seq)
            self.duplicates_total += 1
            return DUPLICATE
        return NEW

    def _judge_gate(self, gate: GateEvent) -> Judgement:
        names = [gate.visit, *(name for name in (gate.group, gate.formerly) if name)]
        if (judgement := _judge_people(gate.t, names)) is not NEW:
            return judgement
        if looks_like_card_number(gate.credential):
            return Judgement(Disposition.REFUSED, Refusal.CARD_NUMBER)
        if (gate.visit, gate.direction.value, gate.t) in self._gates:
            self.duplicates_total += 1
            return DUPLICATE
        return NEW

    def _judge_statement(self, message: CounterMessage) -> Judgement:
        if isinstance(message, ModeBegun) and not self._planogram.has_place(message.place):
            return Judgement(Disposition.REFUSED, Refusal.UNKNOWN_PLACE)
        if isinstance(message, StockCount):
            is_known = message.plate in self._planogram.plates and message.sku in self._catalogue
            if not is_known:
                return Judgement(Disposition.REFUSED, Refusal.UNKNOWN_FACING)
        return _judge_people(message.t, [])

    def refuse_for_good(self, payload: bytes, *, sender: str, reason: Refusal) -> RefusalEntry | None:
        """The entry that settles a refused message of node ``sender``.

        ``None``: it does not say which one it is, or may be taken one day; its sender keeps it.
        """
        try:
            address: _Address = decode(payload, _Address, source=sender)
        except MessageError:
            return None
        if self._judge_sender(address.node, sender) is not NEW:
            return None
        identity = EventIdentity(address.node, address.boot, address.seq)
        text = payload.decode("utf-8", "replace")[:REFUSED_CHARS_MAX]
        return RefusalEntry(identity, address.revision, reason.value, text)

    def holds(self, refused: RefusalEntry) -> bool:
        """Whether the ledger has an answer to this message; the next acknowledgement then names it again."""
        event = refused.event
        arrivals = self._arrivals.get((event.node, event.boot))
        if arrivals is None or not arrivals.holds(event.seq, refused.revision):
            return False
        arrivals.mention(event.seq)
        return True

    def note(self, entry: LedgerEntry, utc_s: float) -> None:
        """Take note of a committed entry, at its commit or when the ledger is read at start."""
        match entry:
            case EventEntry(message=message):
                self._arrived(message.identity, message.revision, utc_s)
                self.flags.update(self.oddities(message))
            case RefusalEntry(event=event):
                self._arrived(event, entry.revision, utc_s)
            case GateEntry(gate=gate):
                self._gates[gate.visit, gate.direction.value, gate.t] = None
                if len(self._gates) > GATES_MAX:
                    del self._gates[next(iter(self._gates))]

    def _arrived(self, event: EventIdentity, revision: int, utc_s: float) -> None:
        arrivals = self._arrivals.setdefault((event.node, event.boot), Arrivals())
        arrivals.add(event.seq, revision, utc_s)

    def ack(self, node: str, boot: str) -> Ack:
        """What the ledger holds of a boot, for the node; send it only after the commit.

        Messages beyond a gap are named one by one, so that what never comes holds up nothing.
        """
        arrivals = self._arrivals.get((node, boot)) or Arrivals()
        return Ack(boot=boot, upto=arrivals.upto, revisions=arrivals.take_named())

    def upto(self, node: str, boot: str) -> int:
        """Highest seq of a boot below which nothing is missing; 0 before the first message."""
        arrivals = self._arrivals.get((node, boot))
        return arrivals.upto if arrivals else 0

    def nodes(self) -> frozenset[str]:
        """Names of all nodes that the ledger has messages of."""
        return frozenset(node for node, _ in self._arrivals)

    def gaps(self) -> tuple[Gap, ...]:
        """What is missing, of all boots; a boot whose node lost its outbox keeps its gap for ever."""
        return tuple(
            Gap(node, boot, first, last, arrivals.missing_since or 0.0)
            for (node, boot), arrivals in sorted(self._arrivals.items())
            for first, last in arrivals.missing()
        )

    def oddities(self, message: NodeMessage) -> tuple[tuple[Flag, str], ...]:
        """What a message names that catalogue and planogram do not know."""
        plates: Collection[str]
        if isinstance(message, ShelfEvent):
            plates = [row.plate for row in message.plates]
            skus = {item.sku for hypothesis in message.hypotheses for item in hypothesis.items}
        else:
            plates, skus = message.plates, set()
        odd = [(Flag.UNKNOWN_PLATE, plate) for plate in plates if plate not in self._planogram.plates]
        odd += [(Flag.UNKNOWN_SKU, sku) for sku in sorted(skus) if sku not in self._catalogue]
        return tuple(dict.fromkeys(odd))


def _judge_people(t: float, visits: Collection[str]) -> Judgement:
    if not 0 <= t < LATEST_UTC_S:
        return Judgement(Disposition.REFUSED, Refusal.IMPOSSIBLE_NUMBER)
    usable = all(_VISIT.fullmatch(visit) for visit in visits)
    return NEW if usable else Judgement(Disposition.REFUSED, Refusal.UNUSABLE_VISIT)


def _possible(message: NodeMessage) -> bool:
    """Whether the numbers of a message can be; JSON itself has neither NaN nor infinity."""
    times = (message.t_onset, message.t_settled, message.t_decided)
    if message.seq < 1 or message.revision < 0 or not message.boot:
        return False
    if not all(0 <= t < LATEST_UTC_S for t in times):
        return False
    if isinstance(message, Disturbance):
        return True
    return (
        message.sigma_g >= 0
        and bool(message.hypotheses)
        and all(
            0 <= hypothesis.probability <= 1 + 1e-9 and all(item.quantity >= 1 for item in hypothesis.items)
            for hypothesis in message.hypotheses
        )
    )
