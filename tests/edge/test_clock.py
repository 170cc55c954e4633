"""The machine's clocks, and a calendar that runs at a recording's pace."""

from __future__ import annotations

import time

import pytest

from edge.clock import ReplayClock, SystemClock, utc_is_synchronized


def test_monotonic_time_never_runs_back() -> None:
    clock = SystemClock()
    readings = [clock.mono_ns() for _ in range(1000)]
    assert readings == sorted(readings)


def test_utc_is_the_machines_calendar() -> None:
    assert SystemClock().utc_s() == pytest.approx(time.time(), abs=5.0)
    assert utc_is_synchronized() in (True, False)


def test_a_replays_calendar_starts_at_the_recording_and_runs_at_its_pace() -> None:
    clock = ReplayClock(1_000.0, speed=1_000.0)
    start_ns = time.monotonic_ns()
    first = clock.utc_s()
    time.sleep(0.05)
    elapsed_s = clock.utc_s() - first
    assert first >= 1_000.0
    assert 50.0 <= elapsed_s <= (time.monotonic_ns() - start_ns) / 1e9 * 1_000.0
