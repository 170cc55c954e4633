"""Rows, their times and their faults, with converters at the level of pins."""

from __future__ import annotations

import ctypes as c

import numpy as np
import pytest
from hx711_model import TICK_US, Bench, Converter

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, encode_frame
from firmware_bridge.simulated_board import LoadSignal, SimulatedBoard
from firmware_bridge.simulated_board.board import TICK_HZ
from firmware_bridge.wire import COUNTS_MAX, COUNTS_MIN, BoardFaultCode, SampleFlag

pytestmark = pytest.mark.c_compiler
START = encode_frame(wire.encode(wire.Start()))
IDENTIFY = encode_frame(wire.encode(wire.IdentifyRequest()))
CHANNELS = 4


def streaming(library: c.CDLL, *converters: Converter, first_tick: int = 0) -> Bench:
    """A board that has been told to send from the first."""
    filled = [*converters, *(Converter() for _ in range(CHANNELS - len(converters)))]
    bench = Bench(library, filled, first_tick=first_tick)
    bench.say(START)
    return bench


def rows(bench: Bench) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sequence numbers, flags and counts of all samples."""
    numbers = [block.sequence + np.arange(block.samples) for block in bench.blocks]
    return (
        np.concatenate(numbers) % (1 << 16),
        np.concatenate([block.flags for block in bench.blocks]),
        np.concatenate([block.counts for block in bench.blocks]),
    )


def silent_faults(bench: Bench) -> list[tuple[int, int]]:
    return [
        (each.channel, each.active) for each in bench.faults if each.code == BoardFaultCode.CHANNEL_SILENT
    ]


@pytest.mark.parametrize("rate_hz", [10.0, 11.7, 76.0, 80.0, 93.4])
def test_every_conversion_is_sent_once_and_dated_when_dout_fell(shared_clock: c.CDLL, rate_hz: float) -> None:
    bench = streaming(shared_clock, *(Converter(rate_hz=rate_hz) for _ in range(CHANNELS)))
    bench.run(1.0 + 24 / rate_hz)
    sequence, flags, counts = rows(bench)
    assert len(sequence) >= 16
    assert np.array_equal(sequence, np.arange(len(sequence)))
    assert not flags.any()
    assert np.array_equal(np.diff(counts, axis=0), np.ones((len(counts) - 1, CHANNELS)))
    for block in bench.blocks:
        conversion = int(block.counts[0, 0]) - 1000
        fell_us = 81 + (4 + conversion) * 1e6 / rate_hz
        assert block.mcu_ticks == pytest.approx(fell_us / TICK_US, abs=1)


@pytest.mark.parametrize(("rate_hz", "nominal_hz"), [(10.0, 10), (12.0, 10), (76.0, 80), (93.4, 80)])
def test_identity_and_blocks_are_those_of_the_simulated_board(
    shared_clock: c.CDLL, rate_hz: float, nominal_hz: int
) -> None:
    model = SimulatedBoard(bytes(8), LoadSignal(channels=CHANNELS), rate_hz=nominal_hz)
    model.streaming = True
    model.advance(0)
    (frame, *_) = model.advance(model.next_block_ns)
    (payload,) = FrameDecoder().receive(frame)
    assert isinstance(payload, bytes)
    expected = wire.decode(payload)
    bench = streaming(shared_clock, *(Converter(rate_hz=rate_hz) for _ in range(CHANNELS)))
    bench.run(2.0)
    assert isinstance(expected, wire.SampleBlock)
    assert {block.samples for block in bench.blocks} == {expected.samples}
    (identity,) = bench.identities
    assert (identity.rate_hz, identity.tick_hz) == (nominal_hz, TICK_HZ)
    assert identity.channels == CHANNELS


def test_ticks_and_numbers_go_round(shared_clock: c.CDLL) -> None:
    bench = streaming(shared_clock, first_tick=(1 << 32) - 250_000)
    bench.run(2.5)
    ticks = np.array([block.mcu_ticks for block in bench.blocks])
    assert ticks[0] > ticks[-1]
    assert np.allclose(np.diff(ticks) % (1 << 32), 8 * 3125, atol=1)
    assert not rows(bench)[1].any()


def test_ends_of_the_range_are_passed_on_without_a_flag(shared_clock: c.CDLL) -> None:
    bench = streaming(shared_clock, Converter(lambda _: COUNTS_MAX), Converter(lambda _: COUNTS_MIN))
    bench.run(0.5)
    _, flags, counts = rows(bench)
    assert set(counts[:, 0]) == {COUNTS_MAX}
    assert set(counts[:, 1]) == {COUNTS_MIN}
    assert not flags.any()


@pytest.mark.parametrize("spread", [0.0003, 0.01, 0.04])
def test_oscillators_that_differ_cost_no_wrong_reading(shared_clock: c.CDLL, spread: float) -> None:
    """Negative counts do not show a torn read: it must not come to one."""
    signals = [
        lambda number, sign=sign: sign * (5_000_000 + 1000 * (number % 1000)) for sign in (1, -1, -1, 1)
    ]
    rates = 80.0 * (1 + spread * np.array([0.0, 1.0, 0.6, 0.3]))
    bench = streaming(shared_clock, *map(Converter, signals, rates))
    bench.run(10.0)
    sequence, flags, counts = rows(bench)
    assert len(sequence) > 700
    assert np.array_equal(sequence, np.arange(len(sequence)))
    assert not flags.any()
    assert set((np.abs(counts) - 5_000_000).ravel() % 1000) == {0}
    assert (np.sign(counts) == [1, -1, -1, 1]).all()


def test_separate_clocks_follow_the_slowest_and_tear_nothing(separate_clocks: c.CDLL) -> None:
    rates = [80.0, 82.0, 84.0, 90.0]
    bench = streaming(separate_clocks, *(Converter(lambda n: -5_000_000 - n, rate) for rate in rates))
    bench.run(5.0)
    _, flags, counts = rows(bench)
    assert not flags.any()
    assert (np.diff(counts[:, 0]) == -1).all()
    assert set(np.diff(counts[:, 3])) == {-1, -2}


@pytest.mark.parametrize("library", ["shared_clock", "separate_clocks"])
def test_a_cell_that_is_torn_off_is_reported_and_the_others_go_on(
    library: str, request: pytest.FixtureRequest
) -> None:
    bench = streaming(request.getfixturevalue(library))
    bench.run(1.0)
    bench.converters[2].silent = True
    bench.run(1.0)
    assert silent_faults(bench) == [(2, 1)]
    before = len(rows(bench)[0])
    bench.run(1.0)
    sequence, flags, counts = rows(bench)
    assert np.array_equal(sequence, np.arange(len(sequence)))
    assert len(sequence) - before == pytest.approx(80, abs=8), "nobody waits for it any more"
    assert set(flags[-60:]) == {SampleFlag.TIMEOUT}
    assert set(counts[-60:, 2]) == {COUNTS_MIN}
    assert (np.diff(counts[:, [0, 1, 3]], axis=0) == 1).all()
    bench.converters[2].silent = False
    bench.run(4.0)
    assert silent_faults(bench) == [(2, 1), (2, 0)]
    assert not rows(bench)[1][-80:].any()


@pytest.mark.parametrize("library", ["shared_clock", "separate_clocks"])
def test_a_converter_that_comes_back_is_believed_when_it_has_settled(
    library: str, request: pytest.FixtureRequest
) -> None:
    bench = streaming(request.getfixturevalue(library))
    bench.run(0.5)
    bench.converters[3].silent = True
    bench.run(0.5)
    bench.messages.clear()
    bench.run(0.2)
    back = len(bench.converters[3].ready_us)
    bench.converters[3].silent = False
    bench.run(0.6)
    _, flags, counts = rows(bench)
    believed = counts[:, 3] != COUNTS_MIN
    assert np.array_equal(believed, flags == 0)
    first = int(counts[believed, 3][0]) - 1000
    assert 3 <= first - back <= 5
    assert believed[np.argmax(believed) :].all()


def test_an_oscillator_that_warms_up_is_followed(shared_clock: c.CDLL) -> None:
    bench = streaming(shared_clock)
    for rate_hz in np.linspace(80, 50, 40):
        for each in bench.converters:
            each.rate_hz = rate_hz
        bench.run(0.5)
    sequence, flags, _ = rows(bench)
    assert np.array_equal(sequence, np.arange(len(sequence)))
    assert not flags.any()
    assert len(bench.identities) == 1


def test_a_line_that_is_stuck_low_is_a_desync(shared_clock: c.CDLL) -> None:
    bench = streaming(shared_clock)
    bench.run(1.0)
    bench.converters[0].stuck_low = True
    bench.run(2.0)
    _, flags, counts = rows(bench)
    assert silent_faults(bench) == [(0, 1)]
    assert bench.faults[0].detail == SampleFlag.DESYNC
    assert set(flags[-80:]) == {SampleFlag.DESYNC}
    assert set(counts[-80:, 0]) == {COUNTS_MIN}
    assert (np.diff(counts[:, 1:], axis=0) == 1).all()


@pytest.mark.parametrize("library", ["shared_clock", "separate_clocks"])
def test_a_missed_pulse_costs_two_readings(library: str, request: pytest.FixtureRequest) -> None:
    bench = streaming(
        request.getfixturevalue(library), *(Converter(lambda n: 2 * n) for _ in range(CHANNELS))
    )
    bench.run(1.0)
    bench.converters[1].deaf_pulses = 1
    bench.run(1.0)
    sequence, flags, counts = rows(bench)
    assert np.array_equal(sequence, np.arange(len(sequence)))
    assert list(flags[flags > 0]) == [SampleFlag.DESYNC, SampleFlag.TIMEOUT]
    assert list(counts[flags > 0, 1]) == [COUNTS_MIN, COUNTS_MIN]
    assert not bench.faults


@pytest.mark.parametrize("library", ["shared_clock", "separate_clocks"])
def test_without_any_cell_the_board_still_speaks(library: str, request: pytest.FixtureRequest) -> None:
    bench = streaming(request.getfixturevalue(library), *(Converter(silent=True) for _ in range(CHANNELS)))
    bench.run(5.0)
    (identity,) = bench.identities
    assert identity.rate_hz == 80, "as it was built"
    assert sorted(silent_faults(bench)) == [(channel, 1) for channel in range(CHANNELS)]
    sequence, flags, counts = rows(bench)
    assert np.array_equal(sequence, np.arange(len(sequence)))
    assert len(sequence) == pytest.approx(80 * 2.4, abs=20)
    assert set(flags) == {SampleFlag.TIMEOUT}
    assert (counts == COUNTS_MIN).all()
    for each in bench.converters:
        each.silent = False
    bench.run(5.0)
    assert sorted(silent_faults(bench)[CHANNELS:]) == [(channel, 0) for channel in range(CHANNELS)]
    assert bench.converters[0].power_downs >= 3, "it was restarted again and again"
    assert not rows(bench)[1][-80:].any()


@pytest.mark.parametrize("library", ["shared_clock", "separate_clocks"])
@pytest.mark.parametrize(("before_hz", "after_hz"), [(10, 80), (80, 10)])
def test_another_rate_than_the_one_at_power_up_is_another_identity(
    library: str, before_hz: int, after_hz: int, request: pytest.FixtureRequest
) -> None:
    converters = [Converter(rate_hz=before_hz) for _ in range(CHANNELS)]
    bench = streaming(request.getfixturevalue(library), *converters)
    bench.run(2.0)
    for each in bench.converters:
        each.rate_hz = after_hz
    bench.run(3.0)
    assert [each.rate_hz for each in bench.identities] == [before_hz, after_hz]
    assert bench.blocks[-1].samples == (8 if after_hz == 80 else 1)
    began = [channel for channel, active in silent_faults(bench) if active]
    ended = [channel for channel, active in silent_faults(bench) if not active]
    assert sorted(began) == sorted(ended)
    bench.messages.clear()
    bench.run(2.0)
    sequence, flags, _ = rows(bench)
    assert not flags.any()
    assert len(sequence) == pytest.approx(2 * after_hz, abs=8)


def test_a_late_main_loop_loses_conversions_and_says_how_many(shared_clock: c.CDLL) -> None:
    bench = streaming(shared_clock)
    bench.run(1.0)
    busy_times_us = [26_000, 60_000, 200_000] * 6
    for busy_us in busy_times_us:
        bench.idle(busy_us)
        bench.run(0.1)
    sequence, flags, counts = rows(bench)
    conversions = counts[:, 0] - counts[0, 0]
    assert np.array_equal(sequence, conversions), "numbers are those of conversions"
    gaps = np.diff(sequence)
    assert (gaps > 1).sum() == len(busy_times_us)
    assert np.array_equal(np.flatnonzero(flags) - 1, np.flatnonzero(gaps > 1))
    assert set(flags[flags > 0]) == {SampleFlag.OVERRUN}
    assert bench.blocks[-1].overflow_total == (gaps - 1).sum()


def test_an_identity_that_is_asked_for_before_the_rate_is_known_comes_with_it(shared_clock: c.CDLL) -> None:
    bench = streaming(shared_clock, *(Converter(rate_hz=10.0) for _ in range(CHANNELS)))
    bench.say(IDENTIFY)
    assert bench.messages == []
    bench.run(1.5)
    assert len(bench.identities) == 1
    bench.say(IDENTIFY)
    assert len(bench.identities) == 2
    assert bench.identities[0] == bench.identities[1]
