"""Channels that hang or break, samples that nobody fetched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.store_simulator.faults import Dropout, Severed, SpoiltChannels, Stuck, Troubles
from tools.store_simulator.forces import Standing
from tools.store_simulator.load_cell.converter import RAIL_HIGH
from tools.store_simulator.rack_signal import RackSignal, RackSpec

AT_S = np.arange(80) / 10.0
COUNTS = np.arange(240, dtype=np.int32).reshape(80, 3)


def spoilt(*faults: Stuck | Severed, pieces: int = 1) -> np.ndarray:
    channels = SpoiltChannels(3)
    for fault in faults:
        channels.fail(fault)
    parts = zip(np.array_split(COUNTS, pieces), np.array_split(AT_S, pieces), strict=True)
    return np.concatenate([channels.update(counts, at_s) for counts, at_s in parts])


@pytest.mark.parametrize("pieces", [1, 7, 80])
def test_a_stuck_channel_repeats_what_it_said_last(pieces: int) -> None:
    read = spoilt(Stuck(1, 2.0, 5.0), pieces=pieces)
    assert (read[20:50, 1] == COUNTS[19, 1]).all()
    read[20:50, 1] = COUNTS[20:50, 1]
    np.testing.assert_array_equal(read, COUNTS)


@pytest.mark.parametrize("pieces", [1, 7, 80])
def test_a_severed_channel_is_at_the_rail_until_it_is_mended(pieces: int) -> None:
    read = spoilt(Severed(2, 2.0, 5.0), pieces=pieces)
    assert (read[20:50, 2] == RAIL_HIGH).all()
    np.testing.assert_array_equal(read[50:], COUNTS[50:])


def signal(misread_share: float = 0.0) -> RackSignal:
    standing = Standing((1000.0, 2000.0), ((0.0, 0.0), (100.0, -200.0)))
    return RackSignal(
        RackSpec(
            board_id="ab", rate_hz=80.0, plates=("g/1/1", "g/1/2"), standing=standing, seed=(1, 2),
            misread_share=misread_share, rate_error_ppm=20_000.0,
        )
    )  # fmt: skip


def test_a_dropout_loses_its_samples_once() -> None:
    board = signal()
    board.act(Dropout(1.0, 1.5))
    lost = [board.dropped(sample) for sample in range(0, 200, 8)]
    assert sum(lost) == pytest.approx(0.5 * 80 * 1.02, abs=8)
    assert sum(samples > 0 for samples in lost) == 1


def test_equal_boards_say_equal_things() -> None:
    once, again = signal(0.01), signal(0.01)
    by_block = np.concatenate([once.block(sample) for sample in range(0, 80, 8)])
    by_sample = np.array([again(sample) for sample in range(80)])
    np.testing.assert_array_equal(by_block, by_sample)


@given(st.integers(0, 2**32 - 1), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_faults_begin_within_their_stretch_and_end_later(
    seed: int, stuck: float, severed: float, dropouts: float
) -> None:
    rng = np.random.default_rng(seed)
    for fault in Troubles(stuck, severed, dropouts).draw(8, 60.0, 120.0, rng):
        assert 60.0 <= fault.from_s <= 120.0 < fault.until_s + 60.0
        assert fault.until_s > fault.from_s
        assert isinstance(fault, Dropout) or 0 <= fault.channel < 8
