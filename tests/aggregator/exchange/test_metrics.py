"""Metrics: what the report says and nothing else, health without a name of a shopper, any name as a label."""

from __future__ import annotations

import msgspec
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from edge.aggregator.exchange.metrics.health import health_of
from edge.aggregator.exchange.metrics.honest import honest_of
from edge.aggregator.exchange.webhooks.status import EndpointStatus
from edge.aggregator.health import RefusalView
from edge.aggregator.ingest import Refusal
from edge.aggregator.store_view import StoreView
from edge.aggregator.transparency.shares import Mean, Quantiles, Share
from edge.messages import Cart, CaseKind, PlateHealth, ReviewCase, ReviewQueue, SensorState


class Told:
    """A registry of families, as the client library reads it."""

    def __init__(self, families) -> None:
        self._families = list(families)

    def collect(self):
        return self._families


def read(families) -> dict[tuple[str, tuple], float]:
    """What Prometheus reads: values by name and labels."""
    text = generate_latest(Told(families)).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Parts(msgspec.Struct, frozen=True):
    wrong: Share  # of those audited
    refunded_minor: dict[str, int]


class Report(msgspec.Struct, frozen=True):
    since: float | None
    visits: int  # that left
    reviewed: Share
    review_s: Quantiles
    per_visit: Mean
    audits: Parts
    brier: float | None
    goods: Parts | None = None


def report(numerator: int) -> Report:
    return Report(
        since=1.0, visits=120, reviewed=Share.of(numerator, 120), review_s=Quantiles.of([4.0, 6.0, 30.0]),
        per_visit=Mean.of(40.0, 120), audits=Parts(Share.of(0, 0), {"EUR": 150}), brier=None,
    )  # fmt: skip


def test_every_number_of_the_report_has_its_denominator_and_its_window():
    found = read(honest_of({"1d": report(3), "30d": report(7)}))
    for window, numerator in (("1d", 3.0), ("30d", 7.0)):
        label = (("window", window),)
        assert found["steelyard_reviewed_numerator", label] == numerator
        assert found["steelyard_reviewed_denominator", label] == 120
        assert found["steelyard_audits_wrong_denominator", label] == 0
        assert found["steelyard_visits", label] == 120
        assert found["steelyard_per_visit_numerator", label] == 40
        assert found["steelyard_review_seconds_count", label] == 3
        assert found["steelyard_review_seconds", (("quantile", "0.95"), ("window", window))] == 30
        assert found["steelyard_audits_refunded_minor", (("currency", "EUR"), ("window", window))] == 150
    names = {name for name, _ in found}
    assert not any("since" in name or "brier" in name for name in names), "no number, or none yet"
    numerators = {name.removesuffix("_numerator") for name in names if name.endswith("_numerator")}
    assert {f"{name}_denominator" for name in numerators} <= names


CASE = ReviewCase(case="c", kind=CaseKind.DISPUTE, visits=("anna",), opened_at=900.0)
VIEW = StoreView(
    store="shop",
    utc=995.0,
    carts=(Cart(visit="anna", t=1.0, lines=(), total=0.0, probability=1.0, needs_review=False),),
    plates={"a/1/1": PlateHealth("a/1/1", SensorState.STUCK, noise_g=0.4)},
    refusals=(
        RefusalView("n1", Refusal.UNREADABLE, 3, "", 1.0),
        RefusalView("n2", Refusal.UNREADABLE, 4, "", 1.0),
    ),
    webhooks=(EndpointStatus(name="till", behind=7, dead=2, paused="gone"),),
    alarms=("look",),
    ledger_rows=42,
    broker_connected=True,
)


def test_health_says_how_the_store_does():
    found = read(health_of(VIEW, ReviewQueue(cases=(CASE,), open=1), "1.0", 1000.0))
    for name, labels, value in (
        ("picture_age_seconds", {}, 5), ("broker_connected", {}, 1), ("ledger_rows", {}, 42),
        ("ledger_writable", {}, 1), ("alarms", {}, 1),
        ("refusals_total", {"reason": Refusal.UNREADABLE.value}, 7),
        ("plate_ok", {"plate": "a/1/1"}, 0), ("plates", {"state": "stuck"}, 1),
        ("plates", {"state": "ok"}, 0),
        ("review_open_cases", {}, 1), ("review_oldest_seconds", {}, 100),
        ("review_listed_cases", {"kind": "dispute"}, 1), ("webhook_dead_notices", {"endpoint": "till"}, 2),
        ("webhook_paused", {"endpoint": "till"}, 1), ("open_visits", {}, 1),
    ):  # fmt: skip
        assert found[f"steelyard_{name}", tuple(sorted(labels.items()))] == value, name


def test_no_shopper_is_named():
    text = generate_latest(Told(health_of(VIEW, ReviewQueue(cases=(CASE,), open=1), "1.0", 1000.0)))
    assert b"anna" not in text


@pytest.mark.parametrize("name", ['a"} 1\nforged 1', "\\", "\u202ex", "<b>"])
def test_any_name_is_a_label_and_nothing_more(name):
    view = msgspec.structs.replace(VIEW, plates={name: PlateHealth(name, SensorState.OK)}, store=name)
    found = read(health_of(view, ReviewQueue(cases=(), open=0), "1.0", 1000.0))
    assert found["steelyard_plate_ok", (("plate", name),)] == 1
    assert not any(key[0] == "forged" for key in found)
