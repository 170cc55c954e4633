"""What every stage promises, whatever it does."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stages import CASES, RACK, RATE_HZ, StageCase, Stream, counts_of, cut, plain, stages, stream_of

from edge.node.pipeline import NodePipeline

FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEED = 1
STAGES = sorted(CASES, key=lambda stage: stage.__name__)
SIZES = st.lists(st.one_of(st.integers(1, 4), st.integers(1, 200)), min_size=1, max_size=60)


@pytest.fixture(params=STAGES, ids=lambda stage: stage.__name__)
def case(request: pytest.FixtureRequest) -> StageCase:
    return CASES[request.param]


@pytest.fixture(scope="module")
def stream() -> Stream:
    return stream_of(SEED)


def answer(case: StageCase, stream: Stream, sizes: Sequence[int] = (12,)) -> Any:
    return case.run(case.build(), cut(stream, sizes))


@cache
def known_answer(case: StageCase, seed: int) -> Any:
    """Of a new stage to a whole stream in blocks of 12."""
    return answer(case, stream_of(seed))


def test_every_stage_has_a_case() -> None:
    assert {stage.__name__ for stage in stages()} == {stage.__name__ for stage in CASES}


def test_the_stream_gives_every_stage_something_to_say(case: StageCase) -> None:
    assert len(known_answer(case, SEED)) >= 3


def test_equal_streams_have_equal_answers(case: StageCase, stream: Stream) -> None:
    assert answer(case, stream) == known_answer(case, SEED)


def test_inputs_are_not_changed(case: StageCase, stream: Stream) -> None:
    blocks = cut(stream, [12])
    for block in blocks:
        block.grams.flags.writeable = False
    before = copy.deepcopy(blocks)
    case.run(case.build(), blocks)
    assert plain(blocks) == plain(before)


def test_what_was_said_does_not_change_later(case: StageCase, stream: Stream) -> None:
    """Outputs share no memory with what a stage goes on to change."""
    blocks = cut(stream, [12])
    half = len(blocks) // 2
    stage = case.build()
    early = case.run(stage, blocks[:half])
    kept = copy.deepcopy(early)
    case.run(stage, blocks[half:])
    assert early == kept


def test_reset_is_as_good_as_new(case: StageCase, stream: Stream) -> None:
    stage = case.build()
    case.run(stage, cut(stream_of(2), [7]))
    if hasattr(stage, "reset"):
        stage.reset()
    assert case.run(stage, cut(stream, [12])) == known_answer(case, SEED)


@pytest.mark.parametrize("size", [1, 8, 1000])
def test_the_size_of_blocks_makes_no_difference(case: StageCase, stream: Stream, size: int) -> None:
    assert answer(case, stream, [size]) == known_answer(case, SEED)


@given(sizes=SIZES, seed=st.integers(3, 6))
@FEW
def test_how_a_stream_is_cut_makes_no_difference(case: StageCase, sizes: list[int], seed: int) -> None:
    assert answer(case, stream_of(seed), sizes) == known_answer(case, seed)


BAD = st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 1.8e308, 0.0, 5e-324])


@st.composite
def bad_streams(draw: st.DrawFn) -> Stream:
    """A stream with rectangles of worthless values, anywhere."""
    stream = copy.deepcopy(stream_of(draw(st.integers(1, 3))))
    for _ in range(draw(st.integers(1, 8))):
        grams = stream[draw(st.integers(0, 1))].grams
        first = draw(st.integers(0, len(grams) - 1))
        plate = draw(st.integers(0, len(RACK.plates) - 1))
        length = draw(st.sampled_from([1, 2, 9, round(2 * RATE_HZ), round(5 * RATE_HZ)]))
        value = draw(BAD)
        if draw(st.booleans()):
            grams[first : first + length] = value
        else:
            grams[first : first + length, plate] = value
    return stream


@pytest.mark.filterwarnings("error")
@given(stream=bad_streams())
@FEW
def test_worthless_values_raise_nothing(case: StageCase, stream: Stream) -> None:
    """Not even a warning; and how they were cut still makes no difference."""
    assert answer(case, stream) == answer(case, stream, [5, 1, 40])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_a_stream_of_nothing_else_raises_nothing(case: StageCase, value: float) -> None:
    stream = stream_of(1)
    for piece in stream:
        piece.grams[:] = value
    answer(case, stream)


def test_an_empty_block_is_no_harm(case: StageCase, stream: Stream) -> None:
    first, *others = cut(stream, [12])
    empty = type(first)(first.rack, first.mono_ns, first.period_ns, first.grams[:0])
    assert case.run(case.build(), [empty, first, *others]) == known_answer(case, SEED)


def test_counts_say_what_grams_say(stream: Stream) -> None:
    """The pipeline's answer to a board's counts differs from its answer to grams by rounding alone."""
    build = CASES[NodePipeline].build
    from_grams = build().step(cut(stream, [12]))
    from_counts = build().step([counts_of(block) for block in cut(stream, [12])])
    kinds = [[(type(each).__name__, each.kind) for each in said] for said in (from_grams, from_counts)]
    assert kinds[0] == kinds[1]
    for one, other in zip(from_grams, from_counts, strict=True):
        assert one.delta_g == pytest.approx(other.delta_g, abs=0.2)
