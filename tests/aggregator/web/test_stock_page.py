"""The stock pages without a browser: who may, what is refused, and that names are names."""

from __future__ import annotations

import pytest
from web_caller import Caller

COUNT = "/stock/count?plate=wall/1/1&sku=0001"


@pytest.fixture
def stocker(signed_in):
    return signed_in("stocker")


def begin(caller, **fields):
    return caller.fill(
        "/stock", "/stock/modes", {"mode": "restock", "place": "wall/1", "minutes": "30"} | fields
    )


def count(caller, units: str, go: str = "back", path: str = COUNT, **fields):
    plate, sku = (each.partition("=")[2] for each in path.partition("?")[2].split("&"))
    return caller.fill(path, "/stock/count", {"plate": plate, "sku": sku, "units": units, "go": go} | fields)


def test_a_count_is_entered_under_the_name_of_the_account(stocker):
    answer = count(stocker, "12")
    assert (answer.status_code, answer.headers["location"]) == (303, "/stock")
    page = stocker.get("/stock").text
    assert "<b>12</b>" in page
    assert "stocker" in page


def test_counting_goes_on_along_the_shelf(stocker):
    answer = count(stocker, "12", go="on")
    assert answer.status_code == 303
    page = stocker.get(answer.headers["location"]).text
    assert "Counted: 12 × Spring water." in page
    assert "<h1>Dark chocolate</h1>" in page


@pytest.mark.parametrize("units", ["", "-1", "1.5", "lots", "10001", "１２", "9" * 40])
def test_absurd_counts_are_refused_in_words(stocker, units):
    answer = count(stocker, units)
    assert answer.status_code == 400
    assert "No count. Give a whole number from 0 to 10000." in answer.text
    assert "Nobody has counted here yet." in answer.text
    assert "Nobody has counted here yet." in stocker.get(COUNT).text


@pytest.mark.parametrize("path", ["plate=moon/1/1&sku=0001", "plate=wall/1/1&sku=<script>", "plate=&sku="])
def test_unknown_facings_are_no_pages(stocker, path):
    answer = stocker.get(f"/stock/count?{path}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text.replace('<script src="/static/theme.js">', "")


def test_a_mode_begins_and_ends_and_does_not_end_twice(stocker):
    assert begin(stocker).status_code == 303
    page = stocker.get("/stock").text
    assert "Restocking: wall, shelf 1" in page
    finish = page.partition('href="/stock/modes/')[2].partition('"')[0]
    again = begin(stocker)
    assert again.status_code == 400
    assert "Somebody works there already: stocker. Finish that work first." in again.text
    assert stocker.fill(f"/stock/modes/{finish}", f"/stock/modes/{finish}").status_code == 303
    assert stocker.get(f"/stock/modes/{finish}").status_code == 404
    assert "This work is done already" in stocker.get(f"/stock/modes/{finish}").text


@pytest.mark.parametrize(
    "fields", [{"place": "moon"}, {"minutes": "0"}, {"minutes": "nan"}, {"minutes": "1e9"}, {"mode": "party"}]
)
def test_absurd_modes_are_refused_in_words(stocker, fields):
    answer = begin(stocker, **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'class="card mode' not in stocker.get("/stock").text


def test_strangers_see_no_stock(closed_site):
    assert [Caller(closed_site).get(path).status_code for path in ("/stock", COUNT)] == [401, 401]
