"""Check digits of GS1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.gtin import gtin14_of, has_check_digit


@pytest.mark.parametrize(
    ("sku", "gtin"),
    [("4006381333931", "04006381333931"), ("96385074", "00000096385074"), ("036000291452", "00036000291452"),
     ("4006381333932", ""), ("400638133393", ""), ("0001", ""), ("", ""), ("４００６３８１３３３９３１", "")],
)  # fmt: skip
def test_a_number_is_one_by_its_length_and_check_digit(sku, gtin):
    assert gtin14_of(sku) == gtin


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_every_wrong_digit_shows(body, place, change):
    (right,) = (body + digit for digit in "0123456789" if has_check_digit(body + digit))
    wrong = right[:place] + str((int(right[place]) + change) % 10) + right[place + 1 :]
    assert not has_check_digit(wrong)
