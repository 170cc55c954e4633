"""What the page and its JSON show: one immutable picture of the store, made by the writer for the web."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge.aggregator.decisions import Decision
from edge.aggregator.exchange.webhooks.status import EndpointStatus
from edge.aggregator.health import NodeView, RefusalView, StoreHealth
from edge.aggregator.ingest import Gap, Ingest
from edge.aggregator.stock.state import StockView
from edge.aggregator.store import Store
from edge.messages import Cart, Disturbance, EventIdentity, PlateHealth, Receipt

RECENT_DECISIONS = 60
RECENT_DISTURBANCES = 20
RECENT_RECEIPTS = 20


class FlagView(msgspec.Struct, frozen=True):
    """Messages that were taken although they name something unknown."""

    reason: str
    name: str
    count: int


class StoreView(msgspec.Struct, frozen=True, kw_only=True):
    """The store at one moment. Lists are oldest first; decisions cover at least those behind open carts."""

    store: str
    utc: float  # [s] when this picture was taken
    carts: tuple[Cart, ...] = ()
    receipts: tuple[Receipt, ...] = ()  # the latest ones
    receipts_total: int = 0  # closed visits
    reviews_total: int = 0  # closed visits whose receipt a person should look at
    decisions: tuple[Decision, ...] = ()  # the latest ones, and those that an open cart names
    decisions_total: int = 0
    disturbances: tuple[Disturbance, ...] = ()  # the latest ones
    nodes: tuple[NodeView, ...] = ()
    plates: dict[str, PlateHealth] = {}
    gaps: tuple[Gap, ...] = ()
    refusals: tuple[RefusalView, ...] = ()
    flags: tuple[FlagView, ...] = ()
    duplicates_total: int = 0
    ledger_rows: int = 0
    ledger_fault: str = ""  # one sentence while nothing can be committed
    ledger_alarm: str = ""  # one sentence while a damaged ledger lies beside the present one
    webhooks: tuple[EndpointStatus, ...] = ()
    alarms: tuple[str, ...] = ()  # a sentence for whatever else somebody has to look at
    broker_connected: bool = False
    stock: StockView = StockView()


def view_of(
    name: str,
    utc_s: float,
    store: Store,
    health: StoreHealth,
    ingest: Ingest,
    *,
    ledger_rows: int,
    ledger_fault: str,
    ledger_alarm: str,
    broker_connected: bool,
    stock: StockView,
) -> StoreView:
    """Take the picture at ``utc_s``."""
    carts, receipts = store.carts(), store.receipts()
    upto = {node: ingest.upto(node, boot) for node, boot in health.boots().items()}
    shown: tuple[Cart | Receipt, ...] = (*carts, *receipts[-RECENT_RECEIPTS:])
    return StoreView(
        store=name,
        utc=utc_s,
        carts=carts,
        receipts=receipts[-RECENT_RECEIPTS:],
        receipts_total=len(receipts) + store.forgotten.receipts,
        reviews_total=sum(receipt.needs_review for receipt in receipts) + store.forgotten.reviews,
        decisions=_decisions(store, shown),
        decisions_total=store.decisions_total + store.forgotten.decisions,
        disturbances=store.disturbances()[-RECENT_DISTURBANCES:],
        nodes=health.nodes(upto, utc_s),
        plates=health.plates(),
        gaps=ingest.gaps(),
        refusals=health.refusals(),
        flags=tuple(
            FlagView(flag.value, offender, count) for (flag, offender), count in sorted(ingest.flags.items())
        ),
        duplicates_total=ingest.duplicates_total,
        ledger_rows=ledger_rows,
        ledger_fault=ledger_fault,
        ledger_alarm=ledger_alarm,
        broker_connected=broker_connected,
        stock=stock,
    )


def _decisions(store: Store, shown: Iterable[Cart | Receipt]) -> tuple[Decision, ...]:
    """The latest ones, and before them those that a shown ticket names."""
    recent = store.latest_decisions(RECENT_DECISIONS)
    known = {decision.event.identity for decision in recent}
    older: dict[EventIdentity, Decision] = {}
    for cart in shown:
        named = {event for line in cart.lines for event in line.events}
        for decision in store.picture.own(cart.visit) if named else ():
            event = decision.event.identity
            if event not in known and str(event) in named:
                older[event] = decision
    by_onset = sorted(older.values(), key=lambda each: (each.event.t_onset, each.event.identity))
    return (*by_onset, *recent)
