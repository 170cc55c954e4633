"""The clock that lives in a recording's time."""

import time

import pytest

from edge.clock import ReplayClock


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0])
def test_store_time_starts_where_it_is_told_and_runs_at_its_speed(speed):
    clock = ReplayClock(1_500_000_000.0, speed)
    began_ns, first_s = clock.mono_ns(), clock.utc_s()
    time.sleep(0.05)
    passed_s, later_s = (clock.mono_ns() - began_ns) / 1e9, clock.utc_s()
    assert first_s == pytest.approx(1_500_000_000.0, abs=0.5 * speed)
    assert later_s - first_s == pytest.approx(passed_s * speed, abs=0.5 * speed)
    assert later_s - first_s >= 0.05 * speed - 1e-6
