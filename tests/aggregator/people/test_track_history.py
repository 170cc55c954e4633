"""Frames late, early, doubled and dated wrongly."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aggregator.people.track_history import AGREEING, HISTORY_S, LOT, STEP_S, TrackHistory
from edge.messages import TrackFrame

DAY_S = 86_400.0


def frames(start: float, count: int, step_s: float = 0.1) -> list[TrackFrame]:
    return [TrackFrame(t=start + step_s * number, targets=()) for number in range(count)]


def told(*several: list[TrackFrame], known_s: float = -math.inf) -> TrackHistory:
    history = TrackHistory()
    for frame in itertools.chain(*several):
        history.add(frame, known_s=known_s)
    return history


def times(history: TrackHistory, start: float = -math.inf, end: float = math.inf) -> list[float]:
    return [frame.t for frame in history.window(start, end)]


def test_frames_in_any_order_make_one_history():
    some = frames(0.0, 5, step_s=0.5)
    for order in itertools.islice(itertools.permutations(some), 0, 120, 7):
        history = told(list(order))
        assert history.window(0.5, 1.5) == some[1:4]
        assert history.newest == 2.0


def test_before_the_first_frame():
    assert TrackHistory().newest == -math.inf
    assert not TrackHistory().window(-math.inf, math.inf)


def test_history_is_bounded():
    history = told(frames(0.0, 20_000))
    assert len(history.window(-math.inf, math.inf)) < HISTORY_S * 10 + LOT
    history.add(TrackFrame(t=0.0, targets=()))
    assert not history.window(0.0, 1.0)


@pytest.mark.parametrize("ahead_s", [2 * STEP_S, 100.0, HISTORY_S + 1, DAY_S, 1e10])
def test_one_frame_of_the_future_changes_nothing(ahead_s):
    before, after = frames(1000.0, 50), frames(1005.0, 50)
    history = told(before, frames(1005.0 + ahead_s, 1), after)
    assert history.newest == after[-1].t
    assert times(history, 999.0, 1010.0) == [frame.t for frame in before + after]


@pytest.mark.parametrize("jump_s", [-DAY_S, -100.0, 100.0, DAY_S])
def test_a_clock_that_jumps_is_followed_and_nothing_after_it_is_lost(jump_s):
    before, after = frames(1e6, 500), frames(1e6 + 50.0 + jump_s, 500)
    history = told(before, after)
    assert history.newest == after[-1].t
    assert set(times(history)) >= {frame.t for frame in after}


def test_what_a_clock_said_before_it_jumped_back_is_no_longer_found():
    history = told(frames(1000.0, 100), frames(905.0, AGREEING))
    assert times(history) == [frame.t for frame in frames(905.0, AGREEING)]


def test_every_other_frame_of_another_time():
    """Two trackers, one of them a day ahead."""
    good, bad = frames(1000.0, 400), frames(1000.0 + DAY_S, 400)
    history = told([frame for pair in zip(good, bad, strict=True) for frame in pair])
    assert history.newest == good[-1].t
    assert times(history, 0.0, 2000.0) == [frame.t for frame in good]
    assert len(times(history)) <= len(good) + LOT + 1


def test_a_wrong_first_frame():
    good = frames(1000.0, AGREEING)
    assert told(frames(DAY_S, 1), good).newest == good[-1].t


def test_what_gate_and_shelves_know_of_the_time_confirms_a_single_frame():
    """The first frames after a quiet night need not wait for each other."""
    morning = 1000.0 + DAY_S / 2
    history = told(frames(1000.0, 10))
    history.add(TrackFrame(t=morning, targets=()), known_s=morning - 1.0)
    assert history.newest == morning
    history.add(TrackFrame(t=morning + DAY_S, targets=()), known_s=morning - 1.0)
    assert history.newest == morning


@given(
    st.lists(st.floats(0.0, 2e9, allow_nan=False), max_size=AGREEING - 1),
    st.integers(0, 40),
)
def test_too_few_frames_of_any_times_are_outvoted(strange, place):
    good = frames(1e6, 40)
    mixed = [
        *good[:place],
        *(TrackFrame(t=t, targets=()) for t in strange),
        *good[place:],
        *frames(1e6 + 4, 5),
    ]
    history = told(mixed)
    assert abs(history.newest - (1e6 + 4.4)) < STEP_S + 1e-6
    assert {frame.t for frame in good} <= set(times(history))
