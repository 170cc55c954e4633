"""The report of a replay, row by row."""

from __future__ import annotations

import json

import msgspec
import pytest
from small_store import T0

from edge.aggregator.report import replay_report
from edge.aggregator.store import Store
from edge.config import AttributionSection, CartSection
from edge.messages import Disturbance, DisturbanceKind, EventKind, EvidenceTerms, Hypothesis, ItemCount


@pytest.fixture
def store(catalogue, planogram) -> Store:
    return Store(
        catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection()
    )


def tell(store: Store, *messages) -> None:
    for message in messages:
        for entry in store.receive(message):
            store.apply(entry)
    for entry in store.finish():
        store.apply(entry)


def report_of(store: Store) -> dict:
    return replay_report("case", store, data_seconds=1.23456, cpu_seconds=0.5, plates=6)


def unknown(event, delta_g: float | None = None):
    """The same event, taken for nothing of the catalogue."""
    hypotheses = (Hypothesis((), 1.0, EvidenceTerms(weight=-9.0)),)
    return msgspec.structs.replace(event, hypotheses=hypotheses, delta_g=delta_g or event.delta_g)


def test_one_pick(store, shelf):
    tell(store, shelf.entered("anna"), shelf.event(1), shelf.left("anna", shelf.event(1).t_settled + 5))
    report = report_of(store)
    (visit,) = report["visits"]
    assert (visit["shopper"], visit["entered_at"]) == ("anna", T0)
    assert [(line["sku"], line["quantity"]) for line in visit["lines"]] == [("0001", 1)]
    (event,) = report["events"]
    assert (event["id"], event["kind"], event["sku"]) == ("n1-b1-1", "pick", "0001")
    assert (event["shopper"], event["delta_g"], event["plates"][0]["plate"]) == ("anna", -600.0, "wall/1/1")
    assert [len(each["items"]) for each in event["hypotheses"]] == [1, 0]
    assert report["disturbances"] == []
    assert report["timing"] == {"data_seconds": 1.235, "cpu_seconds": 0.5, "plates": 6}
    assert report == json.loads(json.dumps(report)), "plain JSON, nothing else"


def test_what_probably_did_not_happen_is_a_touch(store, shelf):
    doubtful = msgspec.structs.replace(shelf.event(1), log_odds_goods=-3.0)
    tell(store, shelf.entered("anna"), doubtful, shelf.left("anna", doubtful.t_settled + 5))
    report = report_of(store)
    assert report["events"] == []
    assert [(each["kind"], each["plates"]) for each in report["disturbances"]] == [("touch", ["wall/1/1"])]
    assert [visit["lines"] for visit in report["visits"]] == [[]]


def test_an_empty_cart_is_a_visit_and_a_passing_name_is_none(store, shelf):
    tell(store, shelf.entered("anna"))
    tell(store, shelf.left("ghost", 1.0))
    assert [(visit["shopper"], visit["lines"]) for visit in report_of(store)["visits"]] == [("anna", [])]


def test_two_products_in_one_event_are_two_rows(store, shelf):
    both = (ItemCount("0001", 1), ItemCount("0002", 2))
    hypotheses = (Hypothesis(both, 1.0, EvidenceTerms(weight=-1.0)),)
    event = msgspec.structs.replace(shelf.event(1), hypotheses=hypotheses, delta_g=-800.0)
    tell(store, shelf.entered("anna"), event)
    rows = [(row["id"], row["sku"], row["quantity"]) for row in report_of(store)["events"]]
    assert rows == [("n1-b1-1", "0001", 1), ("n1-b1-1/2", "0002", 2)]


def test_unknown_goods_are_told_as_their_likeliest_and_reviewed(store, shelf):
    event = shelf.event(1)
    hypotheses = (
        Hypothesis((), 0.99, EvidenceTerms(weight=-1.0)),
        msgspec.structs.replace(event.hypotheses[0], log_likelihood=EvidenceTerms(weight=-20.0)),
    )
    tell(store, shelf.entered("anna"), msgspec.structs.replace(event, hypotheses=hypotheses))
    report = report_of(store)
    assert [(row["sku"], row["needs_review"]) for row in report["events"]] == [("0001", True)]
    assert [(visit["lines"], visit["needs_review"]) for visit in report["visits"]] == [([], True)]


def test_a_foreign_thing_is_a_disturbance_both_ways(store, shelf):
    put = unknown(shelf.event(1, kind=EventKind.RETURN, plates=["wall/1/4"]), 171.0)
    taken = unknown(shelf.event(2, plates=["wall/1/4"]), -171.2)
    tell(store, shelf.entered("anna"), put, taken)
    report = report_of(store)
    assert report["events"] == []
    assert [row["kind"] for row in report["disturbances"]] == ["foreign_object"] * 2
    assert [row["delta_g"] for row in report["disturbances"]] == [171.0, -171.2]
    assert report["visits"][0]["lines"] == []
    assert report["visits"][0]["needs_review"] is False


def test_disturbances_by_onset(store, shelf):
    touches = [
        Disturbance(
            node="n1", boot="b1", seq=seq, kind=DisturbanceKind.TOUCH, plates=(plate,), reason="a hand",
            t_onset=t, t_settled=t + 1, t_decided=t + 2,
        )
        for seq, plate, t in ((1, "wall/1/2", 30.0), (2, "wall/1/1", 10.0), (3, "wall/1/1", 30.0))
    ]  # fmt: skip
    tell(store, *touches)
    rows = report_of(store)["disturbances"]
    assert [(row["t_onset"], row["plates"]) for row in rows] == [
        (10.0, ["wall/1/1"]), (30.0, ["wall/1/1"]), (30.0, ["wall/1/2"]),
    ]  # fmt: skip
    assert {row["reason"] for row in rows} == {"a hand"}


def test_equal_stores_give_equal_bytes(store, catalogue, planogram, shelf):
    other = Store(
        catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection()
    )
    messages = [shelf.entered("bela"), shelf.entered("anna"), *(shelf.event(seq) for seq in range(1, 6))]
    tell(store, *messages)
    tell(other, *reversed(messages))
    assert json.dumps(report_of(store)) == json.dumps(report_of(store))
    for part in ("visits", "disturbances"):
        assert [row.get("shopper") for row in report_of(other)[part]] == [
            row.get("shopper") for row in report_of(store)[part]
        ]
