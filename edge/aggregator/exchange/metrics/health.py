"""How the store does, as metrics: nodes, plates, ledger, questions, endpoints. From the published picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from edge.aggregator.exchange.webhooks.status import EndpointStatus
from edge.aggregator.health import NodeView
from edge.aggregator.store_view import StoreView
from edge.messages import CaseKind, PlateHealth, ReviewQueue, SensorState

PREFIX = "steelyard_"

Rows = Mapping[tuple[str, ...], float]
"""Values by labels."""


def gauge(name: str, meaning: str, rows: Rows | float, labels: tuple[str, ...] = ()) -> Metric:
    """A family of values that rise and fall."""
    family = GaugeMetricFamily(PREFIX + name, meaning, labels=labels)
    for row, value in (rows if isinstance(rows, Mapping) else {(): rows}).items():
        family.add_metric(row, value)
    return family


def counter(name: str, meaning: str, rows: Rows | float, labels: tuple[str, ...] = ()) -> Metric:
    """A family of values that only rise, until the process ends."""
    family = CounterMetricFamily(PREFIX + name, meaning, labels=labels)
    for row, value in (rows if isinstance(rows, Mapping) else {(): rows}).items():
        family.add_metric(row, value)
    return family


def health_of(view: StoreView, queue: ReviewQueue, version: str, utc_s: float) -> Iterator[Metric]:
    """All families of health.

    Args:
        view: the picture.
        queue: open questions.
        version: of the aggregator.
        utc_s: [s] now.
    """
    yield InfoMetricFamily(PREFIX + "aggregator", "Who tells.", {"store": view.store, "version": version})
    yield gauge("picture_age_seconds", "Since the writer last said how things stand.", utc_s - view.utc)
    yield gauge("broker_connected", "1: the broker is connected.", view.broker_connected)
    yield gauge("ledger_rows", "Entries of the ledger.", view.ledger_rows)
    yield gauge("ledger_writable", "0: nothing can be committed.", not view.ledger_fault)
    alarms = len(view.alarms) + bool(view.ledger_alarm)
    yield gauge("alarms", "Alarms that somebody has to look at.", alarms)
    yield gauge("open_visits", "Running tickets.", len(view.carts))
    yield gauge("gaps", "Numbers that nodes gave and that never came.", len(view.gaps))
    yield counter("receipts", "Visits with a receipt.", view.receipts_total)
    yield counter("decisions", "Picks and returns.", view.decisions_total)
    yield counter("duplicates", "Messages that came again.", view.duplicates_total)
    yield counter("refusals", "Messages that were refused.", _refusals(view), ("reason",))
    yield from _nodes(view.nodes)
    yield from _plates(view.plates)
    yield from _questions(queue, utc_s)
    state = view.stock.state
    yield gauge("facings_out_of_stock", "Facings with nothing on them.", len(state.out_of_stock))
    yield gauge("facings_low", "Facings that run low.", len(state.low))
    yield gauge("misplaced_goods", "SKUs that lie where another one belongs.", len(state.misplaced))
    yield from _endpoints(view.webhooks)


def _refusals(view: StoreView) -> Rows:
    found: Counter[tuple[str, ...]] = Counter()
    for row in view.refusals:
        found[row.reason.value,] += row.count
    return found


def _nodes(nodes: Iterable[NodeView]) -> Iterator[Metric]:
    known = tuple(nodes)

    def of(field: str) -> Rows:
        return {(node.node,): value for node in known if (value := getattr(node, field)) is not None}

    label = ("node",)
    yield gauge("node_online", "1: by its last word the node is there.", of("online"), label)
    yield gauge("node_silent", "1: online, and its reports have stopped.", of("silent"), label)
    yield gauge("node_backlog_messages", "In its outbox, not acknowledged.", of("backlog"), label)
    yield gauge("node_waiting_messages", "Numbered by it, not in the ledger.", of("waiting"), label)
    yield gauge("node_rate_hertz", "Samples a second of its slowest rack.", of("rate_hz"), label)
    yield gauge("node_faults", "What is wrong with it.", {(n.node,): len(n.faults) for n in known}, label)
    yield counter("node_samples_lost", "Since it booted.", of("samples_lost"), label)
    yield counter("node_frames_corrupt", "Since it booted.", of("frames_corrupt"), label)


def _plates(plates: Mapping[str, PlateHealth]) -> Iterator[Metric]:
    states = Counter(plate.state for plate in plates.values())
    yield gauge(
        "plates", "Plates by the state of their sensor.",
        {(state.value,): states[state] for state in SensorState}, ("state",),
    )  # fmt: skip
    ok: Rows = {(name,): plate.state is SensorState.OK for name, plate in sorted(plates.items())}
    yield gauge("plate_ok", "0: its sensor may charge nobody.", ok, ("plate",))
    noise: Rows = {(name,): plate.noise_g for name, plate in sorted(plates.items())}
    yield gauge("plate_noise_grams", "One standard deviation.", noise, ("plate",))


def _questions(queue: ReviewQueue, utc_s: float) -> Iterator[Metric]:
    kinds = Counter(case.kind for case in queue.cases)
    yield gauge("review_open_cases", "Open questions.", queue.open)
    yield gauge(
        "review_listed_cases", "Open questions by why they are asked; of a long queue the oldest.",
        {(kind.value,): kinds[kind] for kind in CaseKind if kind is not CaseKind.GOLD}, ("kind",),
    )  # fmt: skip
    since = min((case.opened_at for case in queue.cases), default=utc_s)
    yield gauge("review_oldest_seconds", "How long the oldest one waits.", max(0.0, utc_s - since))


def _endpoints(endpoints: Iterable[EndpointStatus]) -> Iterator[Metric]:
    known = tuple(endpoints)
    label = ("endpoint",)
    rows = {(each.name,): each for each in known}
    yield gauge("webhook_behind_entries", "Not told yet.", {n: e.behind for n, e in rows.items()}, label)
    yield gauge("webhook_dead_notices", "Given up.", {n: e.dead for n, e in rows.items()}, label)
    yield gauge("webhook_failures", "Attempts in vain since the last delivery.",
                {n: e.failures for n, e in rows.items()}, label)  # fmt: skip
    yield gauge("webhook_paused", "1: told nothing.", {n: bool(e.paused) for n, e in rows.items()}, label)
    yield counter("webhook_delivered", "Notices, since start.",
                  {n: e.delivered_total for n, e in rows.items()}, label)  # fmt: skip
