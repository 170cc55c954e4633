"""Reading the converters, bit by bit."""

from __future__ import annotations

import ctypes as c
from pathlib import Path

import pytest
from firmware_core import build_core
from hx711_model import Bench, Converter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from firmware_bridge.wire import COUNTS_MAX, COUNTS_MIN

pytestmark = pytest.mark.c_compiler
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
CHANNELS = 4
ALL = (1 << CHANNELS) - 1
UNTOUCHED = 77
readings = st.integers(COUNTS_MIN, COUNTS_MAX)


def ready(bench: Bench) -> int:
    bench.core.library.hx711_ready.restype = c.c_uint8
    return bench.core.library.hx711_ready(c.byref(c.c_uint32()))


def read(bench: Bench, channels: int = ALL) -> tuple[list[int], int]:
    """Counts, and the torn converters."""
    counts = (c.c_int32 * CHANNELS)(*[UNTOUCHED] * CHANNELS)
    bench.core.library.hx711_read.restype = c.c_uint8
    torn = bench.core.library.hx711_read(channels, counts)
    return list(counts), torn


def bench_of(library: c.CDLL, *converters: Converter) -> Bench:
    """Converters that have just finished a conversion."""
    filled = [*converters, *(Converter() for _ in range(CHANNELS - len(converters)))]
    bench = Bench(library, filled)
    while ready(bench) != sum((not each.silent) << index for index, each in enumerate(filled)):
        bench.idle(100)
    return bench


@quiet
@given(counts=st.lists(readings, min_size=CHANNELS, max_size=CHANNELS))
@example(counts=[COUNTS_MIN, COUNTS_MAX, -1, 0])
@example(counts=[COUNTS_MIN + 1, COUNTS_MAX - 1, 1, -2])
def test_24_bits_keep_their_sign(shared_clock: c.CDLL, counts: list[int]) -> None:
    converters = [Converter(signal=lambda number, value=value: value) for value in counts]
    assert read(bench_of(shared_clock, *converters)) == (counts, 0)


@pytest.mark.parametrize(("gain", "pulses"), [(128, 25), (32, 26), (64, 27)])
def test_pulses_set_the_gain(tmp_path: Path, gain: int, pulses: int) -> None:
    bench = bench_of(build_core(tmp_path, gain=gain))
    assert read(bench)[1] == 0
    bench.idle(20_000)
    assert {tuple(each.gains) for each in bench.converters} == {(pulses,)}


def test_the_clock_is_never_high_for_long_except_to_restart_all_at_power_up(shared_clock: c.CDLL) -> None:
    bench = bench_of(shared_clock)
    read(bench)
    assert {each.power_downs for each in bench.converters} == {1}
    assert all(0 < each.longest_high_us <= 50 for each in bench.converters)


def test_a_read_makes_converters_busy_until_their_next_conversion(shared_clock: c.CDLL) -> None:
    bench = bench_of(shared_clock)
    assert ready(bench) == ALL
    read(bench)
    assert ready(bench) == 0
    bench.idle(11_000)
    assert ready(bench) == 0
    bench.idle(2_000)
    assert ready(bench) == ALL


@pytest.mark.parametrize("counts", [0, 1000, -4096, COUNTS_MIN])
def test_a_converter_that_missed_a_pulse_is_torn_and_falls_back_into_step(
    shared_clock: c.CDLL, counts: int
) -> None:
    bench = bench_of(shared_clock, Converter(signal=lambda number: counts))
    bench.converters[0].deaf_pulses = 1
    assert read(bench)[1] == 0b0001
    bench.idle(13_000)
    assert ready(bench) == 0b1110, "it has not been high"
    assert read(bench) == ([counts, 1001, 1001, 1001], 0)
    bench.idle(13_000)
    assert ready(bench) == ALL


def test_a_line_that_is_stuck_low_is_torn_and_never_ready(shared_clock: c.CDLL) -> None:
    bench = bench_of(shared_clock)
    bench.converters[2].stuck_low = True
    for _ in range(3):
        assert read(bench)[1] == 0b0100
        bench.idle(13_000)
        assert ready(bench) == 0b1011


def test_a_converter_that_is_not_there_is_never_ready(shared_clock: c.CDLL) -> None:
    bench = bench_of(shared_clock, Converter(silent=True))
    assert ready(bench) == 0b1110


def test_a_conversion_that_is_just_being_overwritten_is_not_ready(shared_clock: c.CDLL) -> None:
    bench = bench_of(shared_clock)
    overwritten_us = bench.converters[0].next_change_us(bench.now_us)
    bench.idle(overwritten_us - bench.now_us + 10)
    assert ready(bench) == 0
    bench.idle(100)
    assert ready(bench) == ALL
    assert read(bench)[0] == [1001] * CHANNELS


def test_separate_clocks_read_only_those_that_are_asked(separate_clocks: c.CDLL) -> None:
    bench = bench_of(separate_clocks)
    assert read(bench, 0b0101) == ([1000, UNTOUCHED, 1000, UNTOUCHED], 0)
    assert ready(bench) == 0b1010


def test_an_edge_during_another_converters_read_is_not_lost(separate_clocks: c.CDLL) -> None:
    bench = bench_of(separate_clocks, Converter(phase_us=0), Converter(phase_us=6000))
    read(bench, 0b1110)
    bench.idle(bench.converters[1].next_change_us(bench.now_us) - bench.now_us - 20)
    assert not ready(bench) & 0b0010
    read(bench, 0b0001)  # takes 50 us
    assert ready(bench) & 0b0010
