"""The emulated converter against its data sheet: pins in, pins out, no processor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from converter import MS, US, Converter
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.board_emulator.build import build_converter

pytestmark = pytest.mark.c_compiler

PERIOD_NS = 12_500_000
COUNTS_MIN, COUNTS_MAX = -(1 << 23), (1 << 23) - 1

MakeConverter = Callable[..., Converter]


@pytest.fixture(scope="session")
def library() -> Path:
    return build_converter()


@pytest.fixture
def converter(library: Path) -> Converter:
    return Converter(library, lambda now_ns: now_ns // MS)


@settings(deadline=None)
@given(counts=st.floats(-2e9, 2e9))
def test_any_strain_is_read_rounded_and_clipped(library: Path, counts: float) -> None:
    converter = Converter(library, lambda _: counts)
    expected = min(max(int(counts + 0.5) if counts >= 0 else -int(0.5 - counts), COUNTS_MIN), COUNTS_MAX)
    assert converter.read() == expected
    assert converter.dout, "high after the 25th pulse"


@pytest.mark.parametrize(("rate_sps", "settling_ms"), [(10, 400), (80, 50)])
def test_the_first_conversion_comes_after_settling(library: Path, rate_sps: int, settling_ms: int) -> None:
    converter = Converter(library)
    converter.set_oscillator(rate_sps)
    converter.power_on()
    assert converter.dout
    assert converter.wait_ready() == settling_ms * MS
    converter.read()
    assert converter.wait_ready() == settling_ms * MS + 1000 * MS // rate_sps


def test_dout_falls_at_the_end_of_each_conversion_and_reads_its_instant(converter: Converter) -> None:
    assert [converter.read() for _ in range(4)] == [50, 62, 75, 87]
    assert converter.tally.conversions == converter.tally.reads == 4
    assert converter.tally.overwritten == converter.tally.torn == converter.tally.hasty_edges == 0


@pytest.mark.parametrize("fast_ppm", [-40_000.0, 150.0, 40_000.0])
def test_each_chip_keeps_its_own_time(library: Path, fast_ppm: float) -> None:
    converter = Converter(library)
    converter.set_oscillator(80, fast_ppm)
    converter.power_on()
    first_ns = converter.wait_ready()
    for _ in range(100):
        converter.read()
    took_ns = converter.wait_ready() - first_ns
    assert took_ns == pytest.approx(100 * PERIOD_NS / (1 + fast_ppm * 1e-6), abs=100)


def test_an_unread_conversion_is_overwritten_with_a_pulse_on_dout(converter: Converter) -> None:
    ready_ns = converter.wait_ready()
    converter.wait(PERIOD_NS - 1)
    assert not converter.dout
    converter.wait(1)
    assert converter.dout
    assert converter.wait_ready() - ready_ns - PERIOD_NS == pytest.approx(26 * US)
    assert converter.read() == 62
    assert converter.tally.overwritten == 1


def test_a_conversion_that_ends_in_the_middle_of_a_read_tears_it(library: Path) -> None:
    converter = Converter(library, lambda now_ns: -1 if now_ns < 60 * MS else 0)
    converter.wait_ready()
    converter.wait(PERIOD_NS - 20 * US)
    bits = [converter.pulse() for _ in range(25)]
    assert bits[:10] == [True] * 10
    assert bits[-1] is False, "not high after the 25th pulse: this is how a torn read is known"
    assert converter.tally.torn == 1
    converter.wait(PERIOD_NS)
    assert converter.read() == 0


@pytest.mark.parametrize(
    ("pulses", "counts", "gain"), [(25, 1000, "A 128"), (26, 0, "B 32"), (27, 500, "A 64"), (30, 500, "A 64")]
)
def test_the_number_of_pulses_chooses_channel_and_gain_of_the_next_conversion(
    library: Path, pulses: int, counts: int, gain: str
) -> None:
    converter = Converter(library, lambda _: 1000)
    assert converter.read(pulses) == 1000, "this one was measured before"
    read_ns = converter.now_ns
    assert converter.read(pulses) == counts, gain
    waited_ns = converter.now_ns - read_ns
    assert waited_ns > 4 * PERIOD_NS if pulses > 25 else waited_ns < PERIOD_NS + MS
    assert converter.read(pulses) == counts
    converter.read(25)
    assert converter.read(25) == 1000


def test_a_long_high_clock_powers_down_and_its_end_resets(converter: Converter) -> None:
    converter.read(27)
    converter.wait_ready()
    converter.clock(True)
    converter.wait(60 * US - 1)
    assert converter.tally.power_downs == 0
    converter.wait(1)
    assert converter.tally.power_downs == 1
    assert converter.dout
    converter.wait(1000 * MS)
    assert converter.dout
    asleep = converter.tally.conversions
    woken_ns = converter.now_ns
    converter.clock(False)
    assert converter.wait_ready() == woken_ns + 50 * MS
    assert converter.tally.conversions == asleep + 1
    assert converter.read() == woken_ns // MS + 50, "channel A, gain 128 again"


def test_a_clock_that_is_high_for_50_us_does_not_power_down(converter: Converter) -> None:
    converter.wait_ready()
    for _ in range(25):
        converter.pulse(high_ns=50 * US)
    assert converter.tally.power_downs == 0
    assert converter.tally.reads == 1


def test_edges_faster_than_the_data_sheet_allows_are_counted(converter: Converter) -> None:
    converter.wait_ready()
    converter.wait(US)
    converter.pulse(high_ns=200, low_ns=200)
    assert converter.tally.hasty_edges == 0
    converter.pulse(high_ns=199, low_ns=200)
    assert converter.tally.hasty_edges == 1
    converter.pulse(high_ns=200, low_ns=199)
    converter.pulse()
    assert converter.tally.hasty_edges == 2


def test_a_missing_pulse_leaves_dout_on_the_last_bit(library: Path) -> None:
    converter = Converter(library, lambda _: 0x123456)
    converter.tear(-1)
    converter.wait_ready()
    bits = [converter.pulse() for _ in range(25)]
    assert bits[11:13] == [bits[10], bool(0x123456 >> 12 & 1)]
    assert bits[24] is False, "the 24th bit in place of the level after the last"
    assert converter.tally.reads == 0
    assert not converter.dout, "which looks like ready"
    converter.wait(PERIOD_NS)
    assert converter.read() == 0x123456


def test_an_extra_pulse_swallows_a_bit_and_chooses_channel_b(library: Path) -> None:
    converter = Converter(library, lambda _: 0x123456)
    converter.tear(1)
    assert converter.read() != 0x123456
    read_ns = converter.now_ns
    assert converter.read() == 0, "channel B"
    assert converter.now_ns - read_ns > 4 * PERIOD_NS
    assert converter.read() == 0x123456
