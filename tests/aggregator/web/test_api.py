"""The interface for programs: answers as the document says, nothing without a key, bad questions refused."""

from __future__ import annotations

import dataclasses
import json
import time

import httpx
import jsonschema
import msgspec
import pytest
from counter_bench import LATER, CounterBench
from prometheus_client.parser import text_string_to_metric_families
from small_store import T0
from web_caller import Caller

from edge.aggregator.store_view import StoreView
from edge.aggregator.transparency.running import RunningNumbers
from edge.aggregator.web.access.accounts import Accounts, new_key
from edge.aggregator.web.access.roles import Right, Role
from edge.aggregator.web.api.endpoints import ENDPOINTS, NEXT, ROOT
from edge.aggregator.web.api.openapi import document
from edge.config import AggregatorConfig

KEYS = {right: new_key() for right in Right}


@pytest.fixture
def shopped(bench, catalogue, planogram):
    """A writer with a visit that left, a refund and a doubt, and a visit in the store."""
    counter = CounterBench(catalogue, planogram, second_share=0.0, audit_share=0.0)
    counter.sure_visit("anna")
    dispute = counter.dispute(counter.receipts("anna")[0], "0001")
    counter.say(dispute, counter.verdict(dispute, ("0001", 1)))
    counter.pass_time(T0 + 2 * LATER)
    counter.doubtful_visit("bela", t=T0 + 300, seq=2)
    counter.say(counter.shelf.entered("carl", T0 + 500), counter.shelf.event(3, "0003", t=T0 + 510))
    ledger = bench.writer._held.ledger
    ledger.append(counter.entries, T0)
    bench.restart()
    return counter


@pytest.fixture
def site(closed_site, shopped, bench, accounts: Accounts):
    for right, key in KEYS.items():
        accounts.put(f"only-{right}", Role.PROGRAM, key, 1.0, [right])
    closed_site.feed.offer(bench.writer.view(broker_connected=True))
    numbers = RunningNumbers(bench.ledger_file, AggregatorConfig(store="shop"), bench.clock)
    yield dataclasses.replace(closed_site, numbers=numbers.of)
    closed_site.records.close()


class Program:
    """Asks with the key of one right."""

    def __init__(self, site, right: Right | None) -> None:
        self._caller = Caller(site)
        self._headers = {"authorization": f"Bearer {KEYS[right]}"} if right else {}

    def get(self, path: str) -> httpx.Response:
        return self._caller.get(ROOT + path, **self._headers)


DOCUMENT = document()


def validator(schema: dict) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]})


def assert_documented(path: str, answer: httpx.Response) -> None:
    """Status, media type and body are those of the document."""
    responses = DOCUMENT["paths"][ROOT + path]["get"]["responses"]
    content = responses[str(answer.status_code)]["content"]
    (media,) = content
    assert answer.headers["content-type"].partition(";")[0] == media
    assert [error.message for error in validator(content[media]["schema"]).iter_errors(answer.json())] == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_every_answer_is_as_the_document_says(site, shopped, endpoint):
    token = shopped.receipts("anna")[0].token
    path = endpoint.path.replace("{token}", token)
    answer = Program(site, endpoint.right).get(path)
    assert answer.status_code == 200
    assert_documented(endpoint.path, answer)
    assert len(answer.content) > 2


def test_no_key_a_forged_key_and_a_key_for_something_else_are_refused(site):
    caller = Caller(site)

    def ask(endpoint, header: bytes | None) -> httpx.Response:
        headers = {b"authorization": header} if header is not None else {}
        answer = caller.send("GET", ROOT + endpoint.path, headers=headers)
        assert_documented(endpoint.path, answer)
        return answer

    for endpoint in ENDPOINTS:
        if endpoint.right is None:
            continue
        key = KEYS[endpoint.right]
        forgeries = (key[:-1], key.upper(), "", "x", "a" * 5000, "\xff")
        for forged in (None, b"Basic " + key.encode(), *(f"Bearer {each}".encode() for each in forgeries)):
            answer = ask(endpoint, forged)
            assert (answer.status_code, answer.json()["type"]) == (401, "urn:steelyard:problem:no-key")
        for right in set(Right) - {endpoint.right}:
            answer = ask(endpoint, f"Bearer {KEYS[right]}".encode())
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:steelyard:problem:not-allowed")


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "limit=0", "limit=501", "after=1e9", "nonsense=1", "after=9007199254740993",
     "kinds=visit.lost", "kinds=' OR 1=1 --", "after=1;drop table entries", "kinds=" + "x" * 600],
)  # fmt: skip
def test_bad_questions_are_problems(site, query):
    answer = Program(site, Right.REFUND).get(f"/notices?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:steelyard:problem:bad-question")
    assert_documented("/notices", answer)


def test_a_position_beyond_the_ledger_is_a_problem(site):
    for path in ("/notices", "/exports/epcis", "/exports/poslog"):
        answer = Program(site, Right.REFUND).get(f"{path}?after=1000000")
        assert answer.status_code == 400
        assert "Begin again from 0" in answer.json()["detail"]


def test_pages_give_what_one_page_gives(site):
    program = Program(site, Right.REFUND)
    for path in ("/notices", "/receipts", "/exports/poslog"):
        whole, pieces, after = program.get(f"{path}?limit=500").json(), [], 0
        while True:
            page = program.get(f"{path}?after={after}&limit=1").json()
            pieces += page["items"]
            after = page["next"]
            if after >= page["end"]:
                break
        assert pieces == whole["items"]
        assert len(pieces) > 1
    events, after = [], 0
    for _ in range(100):
        answer = program.get(f"/exports/epcis?after={after}&limit=1")
        events += answer.json()["epcisBody"]["eventList"]
        if after == int(answer.headers[NEXT]):
            break
        after = int(answer.headers[NEXT])
    assert events == program.get("/exports/epcis?limit=500").json()["epcisBody"]["eventList"]


def test_what_opens_a_shoppers_page_is_told_to_tills_alone(site, signed_in, shopped):
    (cart,) = site.feed.view.carts
    receipt = shopped.receipts("anna")[-1]
    assert cart.token
    for path in ("/carts", "/state"):
        assert cart.token not in Program(site, Right.WATCH).get(path).text
    assert receipt.token in Program(site, Right.REFUND).get("/receipts").text
    staff = signed_in("staff").get(f"{ROOT}/receipts")
    assert staff.status_code == 200
    assert receipt.token not in staff.text


def test_tokens_that_open_nothing_are_limited(site):
    program = Program(site, None)
    answers = [program.get(f"/receipts/wrong{number}").status_code for number in range(22)]
    assert set(answers[:20]) == {404}
    assert answers[-1] == 429


def test_a_program_that_asks_without_end_is_slowed_down(site, monkeypatch):
    monkeypatch.setattr(site.access.calls, "_tries", 3.0)
    answers = [Program(site, Right.WATCH).get("/carts") for _ in range(5)]
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert_documented("/carts", answers[-1])
    assert Program(site, Right.STOCK).get("/stock").status_code == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "/state/..%2f..%2fetc/passwd", "/receipts/a/b", "/%00", "/state%2f.."]
)
def test_what_is_not_there_is_a_problem(site, path):
    answer = Program(site, Right.WATCH).get(path)
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_can_be_written_and_long_bodies_are_refused(site):
    caller = Caller(site)
    headers = {"authorization": f"Bearer {KEYS[Right.WATCH]}"}
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = caller.send(method, f"{ROOT}/state", headers=headers, content=b"x" * 100)
        assert (answer.status_code, answer.json()["type"]) == (405, "urn:steelyard:problem:wrong-method")


def test_hostile_names_pass_through_as_data(closed_site, accounts):
    evil = "<script>'; DROP TABLE entries; --</script>\u202e"
    from edge.messages import Cart

    cart = Cart(visit=evil, t=1.0, lines=(), total=0.0, probability=1.0, needs_review=False)
    closed_site.feed.offer(StoreView(store=evil, utc=time.time(), carts=(cart,)))
    accounts.put("watcher", Role.PROGRAM, KEYS[Right.WATCH], 1.0, [Right.WATCH])
    answer = Program(closed_site, Right.WATCH).get("/state")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["carts"][0]["visit"] == evil


def test_the_document_is_served_to_anybody(site):
    assert Caller(site).get(f"{ROOT}/openapi.json").json() == json.loads(msgspec.json.encode(document()))


def test_health_is_as_the_document_says(site):
    answer = Caller(site).get("/healthz")
    content = DOCUMENT["paths"]["/healthz"]["get"]["responses"][str(answer.status_code)]["content"]
    schema = content["application/json"]["schema"]
    assert list(validator(schema).iter_errors(answer.json())) == []


def test_metrics_and_report_say_the_same(site):
    report = Program(site, Right.NUMBERS).get("/transparency?days=30").json()
    text = Caller(site).get("/metrics", authorization=f"Bearer {KEYS[Right.NUMBERS]}").text
    scraped = {
        (sample.name, sample.labels.get("window")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert report["visits"] == 2
    assert scraped["steelyard_visits", "30d"] == 2
    for name in ("with_receipt", "open_questions", "reviewed_before", "events_reviewed"):
        for part in ("numerator", "denominator"):
            assert scraped[f"steelyard_{name}_{part}", "30d"] == report[name][part]
    for name in ("disputed", "decided", "refunded"):
        assert scraped[f"steelyard_disputes_{name}_numerator", "30d"] == report["disputes"][name]["numerator"]
    assert scraped["steelyard_corrections_refunded_minor", "30d"] == 150
    assert scraped["steelyard_goods_gone_share_denominator", "1d"] >= 0
