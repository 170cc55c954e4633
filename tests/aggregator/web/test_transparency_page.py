"""The transparency page: the numbers of the report, what they rest on, and the threshold they allow."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest
from honest_store import month
from web_caller import Caller

from edge.aggregator.transparency.figures import Found, Transparency
from edge.aggregator.transparency.numbers import transparency_of
from edge.aggregator.web.numbers.rows import groups_of

NOW = time.time()


def found_in(rows, **options) -> Found:
    numbers = transparency_of(rows, since=NOW - 30 * 86_400, until=None, audit_share=0.5, **options)
    return Found(numbers, 800, 0.8)


@pytest.fixture
def caller(closed_site, signed_in):
    """Somebody who manages, with numbers of a month."""
    asked: list[float] = []
    found = found_in(month(NOW))
    site = replace(closed_site, numbers=lambda days: asked.append(days) or found)
    caller = signed_in("manager")
    fresh = Caller(site)
    fresh.cookies = caller.cookies
    fresh.asked, fresh.found = asked, found
    return fresh


def test_every_number_has_its_denominator(caller):
    html = caller.get("/transparency").text
    numbers = caller.found.numbers
    assert caller.asked == [30.0]
    for share in (numbers.reviewed_before, numbers.audits.wrong, numbers.corrections.corrected):
        assert f"{share.numerator} of {share.denominator}" in html
    assert html.count('class="plot reliability"') == 2
    assert html.count('class="plot risk"') == 2, "for a desk and for a telephone"


def test_the_window_and_the_bearable_error_can_be_chosen(caller):
    assert "carts: {review_below:" in caller.get("/transparency?error=5").text
    assert "No threshold can promise that yet" in caller.get("/transparency?days=7&error=0.1").text
    assert caller.asked == [30.0, 7.0]
    for asked in ("days=0", "days=1e9", "error=-1", "error=nan", "days=<script>"):
        answer = caller.get(f"/transparency?{asked}")
        assert answer.status_code == 400
        assert "<script>" not in answer.text


def test_programs_get_the_same_numbers(caller):
    found = msgspec.json.decode(caller.get("/api/v1/transparency?days=30").content, type=Transparency)
    assert msgspec.structs.replace(found, goods=None) == caller.found.numbers
    assert found.goods is not None, "the store itself knows its goods"


def test_only_who_may_set_options_is_told_which(caller, signed_in):
    staff = signed_in("staff")
    caller.cookies = staff.cookies
    html = caller.get("/transparency?error=5").text
    assert "may pass" in html
    assert "carts: {review_below:" not in html
    caller.cookies = signed_in("stocker").cookies
    assert caller.get("/transparency").status_code == 403


def test_an_empty_store_claims_nothing(caller, closed_site):
    empty = Caller(replace(closed_site, numbers=lambda _: found_in([])))
    empty.cookies = caller.cookies
    html = empty.get("/transparency").text
    assert "Nobody has audited a receipt" in html
    assert "0 of 0" in html
    nothing = Caller(closed_site)
    nothing.cookies = caller.cookies
    assert nothing.get("/transparency").status_code == 503


def test_rows_of_the_report_are_all_there():
    labels = [row.label for group in groups_of(found_in(month(NOW)).numbers) for row in group.rows]
    assert len(labels) == len(set(labels)) >= 20
    intervals = [
        row for group in groups_of(found_in(month(NOW)).numbers) for row in group.rows if row.interval
    ]
    assert all(low <= share <= high for low, share, high in (row.interval for row in intervals))
