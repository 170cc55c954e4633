"""The aggregator daemon: wires broker, writer and page, and runs until it is told to stop.

The broker's thread fills an inbox, the page has a thread of its own, and the loop here alone writes.
kill -9 at any point loses nothing that was acknowledged: the ledger is read again at the next start.
"""

from __future__ import annotations

import gc
import logging
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec

from edge.aggregator.evidence.archive import archive_of
from edge.aggregator.evidence.intake import Intake
from edge.aggregator.exchange.home_assistant.discovery import Discovery
from edge.aggregator.exchange.records import LedgerRecords
from edge.aggregator.exchange.webhooks.webhooks import Webhooks
from edge.aggregator.ledger.aside import in_use
from edge.aggregator.ledger.database import place_of_ledger
from edge.aggregator.live_traces import LiveTraces
from edge.aggregator.receipts.store_key import store_key
from edge.aggregator.transparency.running import RunningNumbers
from edge.aggregator.web.access.access import Access
from edge.aggregator.web.clerk import Clerk, Knock
from edge.aggregator.web.feed import Feed
from edge.aggregator.web.rendering import Templates
from edge.aggregator.web.server import WebServer
from edge.aggregator.web.site import Site
from edge.aggregator.writer import KEY_FILE, Writer
from edge.broker.connection import BrokerDown, BrokerNews, BrokerUp, Connection, Received
from edge.clock import Clock, SystemClock
from edge.config import AggregatorConfig
from edge.planogram import load_catalogue, load_planogram
from edge.topics import (
    CART,
    COUNTER,
    GATE,
    NODE_EVENT,
    NODE_EVIDENCE,
    NODE_HEALTH,
    NODE_REPLY,
    NODE_STATE,
    NODE_TRACE,
    TRACK,
    TopicNames,
)

logger = logging.getLogger(__name__)

INBOX_MAX = 10_000
"""[messages] about 15 minutes of tracks, or far more events than all outboxes have in flight."""

TICK_S = 0.2
"""[s] how often store time passes and the page gets a new picture, at most."""

TICK_SHARE = 0.25
"""[1] of the time that news takes may go into ticks: under load they come less often."""

IDLE_PICTURE_S = 1.0
"""[s] a picture is made at least so often, for ages and silences to show."""

LOT = 500
"""[messages] taken from the inbox at a time: facts of nodes among them share a commit."""

GC_NEW_OBJECTS = 50_000
"""[objects] made and not freed between two looks for cycles; the usual 700 cost a fifth of the time."""

RETRY_MIN_S, RETRY_MAX_S = 0.2, 5.0
"""[s] first and longest wait before the ledger is tried again after a fault."""

DRAIN_S = 2.0
"""[s] for the last acknowledgements to leave at a stop."""

SUBSCRIPTIONS = (
    NODE_STATE, NODE_EVENT, NODE_EVIDENCE, NODE_TRACE, NODE_HEALTH, NODE_REPLY, TRACK, GATE, CART, COUNTER,
)  # fmt: skip

Inbox = queue.Queue[BrokerNews | Knock]


def run_aggregator(
    config: AggregatorConfig,
    base_dir: Path,
    *,
    clock: Clock | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run until SIGTERM or SIGINT, or until ``stop`` is set.

    Args:
        config: options; relative paths in it start from ``base_dir``.
        base_dir: directory of the configuration file.
        clock: host time; the machine's clocks when left out.
        stop: ends the loop; given when this does not run in the main thread.

    Raises:
        ConfigError, PlanogramError: catalogue or planogram cannot be used.
        StorageError: the ledger cannot be opened, or its chain is broken.
        StartError: the page's address cannot be listened on, or a webhook's secret cannot be used.
        BrokerError: broker password or certificates cannot be used.
    """
    _collect_seldom()
    clock = clock or SystemClock()
    stop = stop or threading.Event()
    catalogue = load_catalogue(base_dir / config.catalogue)
    planogram = load_planogram(base_dir / config.planogram, catalogue)
    names = TopicNames(config.store)
    inbox: Inbox = queue.Queue(maxsize=INBOX_MAX)
    place = place_of_ledger(config, base_dir)
    with ExitStack() as stack:
        stack.enter_context(in_use(place))
        connection = Connection(
            config.broker,
            client_id=f"steelyard-{config.store}-aggregator",
            subscriptions=[names.of(row, **_ANY.get(row.pattern, {})) for row in SUBSCRIPTIONS],
            inbox=inbox,
            base_dir=base_dir,
        )
        archive = archive_of(config, base_dir)
        evidence = Intake(archive, config, clock)
        stack.callback(evidence.close)
        traces = LiveTraces()
        writer = Writer(
            config,
            catalogue=catalogue,
            planogram=planogram,
            place=place,
            state_dir=base_dir / config.state_dir,
            publish=lambda topic, payload, retain: connection.publish(topic, payload, retain=retain),
            clock=clock,
            evidence=evidence,
            traces=traces,
        )
        stack.callback(writer.close)
        webhooks = Webhooks(config, base_dir, place, clock)
        stack.callback(webhooks.stop)
        state_dir = base_dir / config.state_dir
        access = Access(state_dir, store_key(state_dir / KEY_FILE), clock, config.web.names)
        stack.callback(access.close)
        feed, clerk = Feed(writer.view(broker_connected=False)), Clerk(inbox)
        templates = Templates(catalogue, planogram, access.forms, config.store)
        records = LedgerRecords(place, config.store, config.exports)
        stack.callback(records.close)
        numbers = RunningNumbers(place, config, clock)
        site = Site(
            feed, clerk, templates, access, clock, catalogue, planogram, records,
            evidence=archive.of, traces=traces, numbers=numbers.of,
        )  # fmt: skip
        web = WebServer(config.web, site, base_dir)
        stack.callback(web.stop)
        _stop_on_signals(stop)
        web.start()
        print(f"page {web.url}", flush=True)  # noqa: T201 - the one line that other programs read
        webhooks.start()
        connection.start()
        stack.callback(connection.close)
        stack.callback(connection.drain, DRAIN_S)
        discovery = Discovery(
            config.home_assistant, names, nodes=config.nodes, state_dir=state_dir,
            publish=lambda topic, payload, retain: connection.publish(topic, payload, retain=retain),
        )  # fmt: skip
        loop = _Loop(
            writer=writer, feed=feed, clerk=clerk, webhooks=webhooks, discovery=discovery,
            connection=connection, inbox=inbox, clock=clock,
        )  # fmt: skip
        loop.run(stop)


_ANY = {
    NODE_STATE.pattern: {"node": "+"},
    NODE_EVENT.pattern: {"node": "+"},
    NODE_EVIDENCE.pattern: {"node": "+", "event": "+"},
    NODE_TRACE.pattern: {"node": "+"},
    NODE_HEALTH.pattern: {"node": "+"},
    NODE_REPLY.pattern: {"node": "+"},
    CART.pattern: {"visit": "+"},
}


class _Loop:
    """News in, questions answered, ticks, pictures out."""

    def __init__(
        self,
        *,
        writer: Writer,
        feed: Feed,
        clerk: Clerk,
        webhooks: Webhooks,
        discovery: Discovery,
        connection: Connection,
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        self._writer, self._feed, self._clerk, self._connection = writer, feed, clerk, connection
        self._webhooks, self._discovery, self._inbox, self._clock = webhooks, discovery, inbox, clock
        self._tick_due = self._picture_due = self._retry_due = 0.0
        self._retry_s = RETRY_MIN_S
        self._changed = True

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            for news in self._waiting_news():
                self._receive(news)
            if self._clerk.answer(self._writer):
                self._change()
            now = self._clock.mono_ns() / 1e9
            if now >= self._tick_due:
                self._tick(now)
                ended = self._clock.mono_ns() / 1e9
                self._tick_due = max(now + TICK_S, ended + (ended - now) / TICK_SHARE)

    def _waiting_news(self) -> Iterator[BrokerNews | Knock | list[Received]]:
        """What is in the inbox, messages that follow each other together; waits a moment for the first."""
        messages: list[Received] = []
        with suppress(queue.Empty):
            news = self._inbox.get(timeout=TICK_S / 2)
            while isinstance(news, Received) and len(messages) < LOT - 1:
                messages.append(news)
                news = self._inbox.get_nowait()
            if messages:
                yield messages
                messages = []
            yield [news] if isinstance(news, Received) else news
        if messages:
            yield messages

    def _receive(self, news: BrokerNews | Knock | list[Received]) -> None:
        match news:
            case Knock():
                return  # the clerk is looked after next
            case list():
                self._writer.receive_all(news)
                self._discovery.hear(news)
            case BrokerUp():
                self._writer.connected()
                self._discovery.connected(self._clock.mono_ns() / 1e9)
            case BrokerDown():
                pass  # the page shows it, and the nodes keep what is not acknowledged
        self._change()

    def _change(self) -> None:
        """Tickets follow at once; the picture of the whole store waits for the next tick."""
        self._changed = True
        self._feed.stir()

    def _tick(self, now: float) -> None:
        if not self._writer.fault:
            self._writer.settle()
            self._retry_s, self._retry_due = RETRY_MIN_S, now + RETRY_MIN_S
        elif now >= self._retry_due:
            self._writer.retry()
            self._retry_s = min(RETRY_MAX_S, 2 * self._retry_s)
            self._retry_due = now + self._retry_s
        self._discovery.tick(now)
        if self._changed or now >= self._picture_due:
            view = self._writer.view(broker_connected=self._connection.connected)
            told = {"webhooks": self._webhooks.status, "alarms": self._webhooks.alarms}
            self._feed.offer(msgspec.structs.replace(view, **told))
            self._changed, self._picture_due = False, now + IDLE_PICTURE_S


def _collect_seldom() -> None:
    """Have cycles collected after more new objects: nearly all that a fold remembers has none."""
    gc.set_threshold(GC_NEW_OBJECTS, *gc.get_threshold()[1:])


def _stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT end the loop in good order; only the main thread may set handlers."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
