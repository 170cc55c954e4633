"""Longer blocks for replays: nothing lost, nothing reordered among its own kind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import RecordingError
from edge.messages import TrackFrame
from edge.recording.gathering import PEOPLE_MAX, gathered
from edge.samples import LinkFault, LinkReport, UtcReading, WeightBlock

WINDOW_S = 2.0
PERIOD_NS = 1e9 / 60
ROWS = 12


def block(rack, number, *, lost_before=0, start_row=None):
    row = number * ROWS if start_row is None else start_row
    grams = np.arange(row, row + ROWS, dtype=np.float64)[:, None] + np.zeros(3)
    return f"g{rack}", WeightBlock(rack, round(row * PERIOD_NS), PERIOD_NS, grams, lost_before)


def frame(t):
    return None, TrackFrame(t=t, targets=())


def blocks_of(inputs, rack):
    return [arrived for _, arrived in inputs if isinstance(arrived, WeightBlock) and arrived.rack == rack]


@given(
    st.lists(st.sampled_from(["1", "2", "person", "lost"]), max_size=80),
)
def test_every_sample_comes_once_in_order_and_so_does_every_person(kinds):
    inputs, rows, people, lost = [], {"1": 0, "2": 0}, 0, []
    for kind in kinds:
        if kind == "person":
            people += 1
            inputs.append(frame(float(people)))
        elif kind == "lost":
            rows["1"] += 2 * ROWS
            lost.append(rows["1"] - ROWS)
            inputs.append(block("1", 0, lost_before=ROWS, start_row=rows["1"] - ROWS))
        else:
            inputs.append(block(kind, 0, start_row=rows[kind]))
            rows[kind] += ROWS
    said = list(gathered(inputs, WINDOW_S))
    for rack in ("1", "2"):
        before, after = blocks_of(inputs, rack), blocks_of(said, rack)
        if before:
            assert np.array_equal(
                np.concatenate([each.grams for each in before]),
                np.concatenate([each.grams for each in after]),
            )
        for each in after:
            assert len(each.grams) * PERIOD_NS <= WINDOW_S * 1e9 + 1
            assert each.mono_ns == round(each.grams[0, 0] * PERIOD_NS)
    assert [round(each.grams[0, 0]) for each in blocks_of(said, "1") if each.lost_before] == lost
    assert [arrived.t for node, arrived in said if node is None] == [float(n + 1) for n in range(people)]


def test_blocks_are_joined_up_to_the_window():
    said = blocks_of(list(gathered((block("1", number) for number in range(25)), WINDOW_S)), "1")
    assert [len(each.grams) for each in said] == [120, 120, 60]


def test_what_a_node_hears_of_its_clock_and_links_keeps_its_place():
    reading = UtcReading(mono_ns=5, utc_s=7.0, synchronized=True)
    report = LinkReport("1", 9, LinkFault.STALE)
    inputs = [block("1", 0), ("g1", reading), block("1", 1), ("g1", report), block("1", 2)]
    assert [arrived for _, arrived in gathered(inputs, WINDOW_S)] == [arrived for _, arrived in inputs]


def test_a_fault_comes_after_everything_before_it():
    def torn():
        yield block("1", 0)
        yield frame(1.0)
        raise RecordingError("cut off")

    said = []
    with pytest.raises(RecordingError, match="cut off"):
        said.extend(gathered(torn(), WINDOW_S))  # keeps what came before the fault
    assert len(said) == 2


def test_people_alone_are_not_held_for_ever():
    said = gathered((frame(float(number)) for number in range(10 * PEOPLE_MAX)), WINDOW_S)
    assert next(said)[1].t == 0.0
