"""Dates from readings of both clocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.samples import NS_PER_S, UtcReading

READING = UtcReading(mono_ns=5_000_000_000, utc_s=1_700_000_000.25, synchronized=True)


def test_utc_runs_along_the_monotonic_clock_in_both_directions() -> None:
    assert READING.at(READING.mono_ns) == 1_700_000_000.25
    assert READING.at(6_500_000_000) == 1_700_000_001.75
    assert READING.at(4_000_000_000) == 1_699_999_999.25


@given(st.integers(0, 10**18), st.integers(0, 10**12))
def test_differences_survive_to_the_microsecond(mono_ns: int, span_ns: int) -> None:
    span_s = READING.at(mono_ns + span_ns) - READING.at(mono_ns)
    assert span_s == pytest.approx(span_ns / NS_PER_S, abs=2e-6)
