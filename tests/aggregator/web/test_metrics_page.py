"""/metrics: for who may see the numbers, and as Prometheus reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from web_caller import Caller

from edge.aggregator.web.access.accounts import new_key
from edge.aggregator.web.access.roles import Right, Role


def test_prometheus_scrapes_with_a_key(closed_site, accounts):
    key, other = new_key(), new_key()
    accounts.put("prometheus", Role.PROGRAM, key, 1.0, [Right.NUMBERS])
    accounts.put("till", Role.PROGRAM, other, 1.0, [Right.REFUND])
    caller = Caller(closed_site)
    answer = caller.get("/metrics", authorization=f"Bearer {key}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families["steelyard_ledger_writable"].samples[0].value == 1
    assert families["steelyard_aggregator_info"].samples[0].labels["store"] == "shop"
    assert caller.get("/metrics", authorization=f"Bearer {other}").status_code == 403
    assert caller.get("/metrics").status_code == 401
