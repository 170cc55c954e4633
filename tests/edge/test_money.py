"""Money is exact, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import MoneyError, PlanogramError
from edge.iso_time import utc_s_of
from edge.money import amount_of, minor_of, written
from edge.planogram import Catalogue, PriceFrom, Sku


@given(minor=st.integers(-(10**9), 10**9), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_amounts_survive_being_written_as_people_write_them(minor, currency):
    assert minor_of(amount_of(minor, currency), currency) == minor
    assert minor_of(float(written(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [(2.19, "EUR", 219), (0.1, "EUR", 10), (120.0, "JPY", 120), (1.005, "KWD", 1005)],
)
def test_amounts_as_they_stand_in_catalogues(amount, currency, minor):
    assert minor_of(amount, currency) == minor


@pytest.mark.parametrize(("amount", "currency"), [(1.999, "EUR"), (0.5, "JPY"), (1e-9, "KWD")])
def test_what_no_coin_pays_is_refused(amount, currency):
    with pytest.raises(MoneyError, match="finer than the smallest unit"):
        minor_of(amount, currency)


def test_the_price_in_force_at_a_moment():
    sku = Sku(
        sku="1", name="Tea", price=2.0,
        prices=(
            PriceFrom(effective_from="2026-03-01", price=1.8),
            PriceFrom(effective_from="2026-02-01T00:00:00+01:00", price=2.2),
        ),
    )  # fmt: skip
    catalogue = Catalogue([sku])
    february = utc_s_of("2026-01-31T23:00:00Z")
    moments = (0.0, february - 0.1, february, february + 40 * 86400)
    assert [catalogue.price_minor("1", t) for t in moments] == [200, 200, 220, 180]
    assert catalogue.price_minor("unknown", 0.0) == 0


@pytest.mark.parametrize(
    ("moment", "price", "words"),
    [("2026-02-30", 1.0, "does not exist"), ("tomorrow", 1.0, "no moment"), ("2026-02-01", 0.001, "finer")],
)
def test_prices_that_cannot_be_are_refused(moment, price, words):
    sku = Sku(sku="1", name="Tea", prices=(PriceFrom(effective_from=moment, price=price),))
    with pytest.raises(PlanogramError, match=f"SKU 1: unusable price.*{words}"):
        Catalogue([sku])


@pytest.mark.parametrize(
    ("text", "utc_s"),
    [
        ("1970-01-01", 0.0),
        ("2000-02-29T12:00:00Z", 951825600.0),
        ("2000-02-29T13:30+01:30", 951825600.0),
        ("2026-11-22T07:00:00-05:00", 1795348800.0),
    ],
)
def test_moments(text, utc_s):
    assert utc_s_of(text) == utc_s


@pytest.mark.parametrize(
    "text",
    ["2026-1-1", "2026-01-01T00:00:00", "2026-13-01", "2026-01-01T24:00Z", "2026-01-01T00:00+15:00", ""],
)
def test_what_is_no_moment(text):
    with pytest.raises(ValueError, match=r"moment|offset"):
        utc_s_of(text)
