"""Topic names out and back, and what is not one of ours."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import MessageError
from edge.topics import CART, NODE_EVENT, NODE_STATE, TABLE, Topic, TopicNames

NAMES = TopicNames("s1")
levels = st.text(
    st.characters(codec="utf-8", exclude_characters="/+#\x00", exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
)


def levels_of(row: Topic) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(row.pattern) if name]


@given(st.sampled_from(TABLE), levels)
def test_every_row_finds_its_own_names_again(row: Topic, level: str) -> None:
    names = dict.fromkeys(levels_of(row), level)
    assert NAMES.parse(NAMES.of(row, **names)) == (row, names)


@given(st.sampled_from(TABLE), levels)
def test_another_stores_topics_are_not_ours(row: Topic, level: str) -> None:
    topic = TopicNames("s2").of(row, **dict.fromkeys(levels_of(row), level))
    assert NAMES.parse(topic) is None


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "steelyard/v1/s1",
        "steelyard/v1/s1/",
        "steelyard/v2/s1/gate",
        "steelyard/v1/s1/gate/",
        "steelyard/v1/s1/x",
        "steelyard/v1/s1/node//event",
        "steelyard/v1/s1/node/a/b/event",
        "steelyard/v1/s1x/gate",
    ],
)
def test_foreign_topics_are_recognised(topic: str) -> None:
    assert NAMES.parse(topic) is None


@pytest.mark.parametrize("level", ["", "a/b", "#", "a#", "a+", "a\x00b"])
def test_a_name_that_would_change_the_topics_meaning_is_refused(level: str) -> None:
    with pytest.raises(MessageError, match="unusable topic level 'visit'"):
        NAMES.of(CART, visit=level)


def test_a_subscription_may_ask_for_all() -> None:
    assert NAMES.of(NODE_EVENT, node="+") == "steelyard/v1/s1/node/+/event"


def test_retained_topics_hold_state_and_the_others_events() -> None:
    assert {row.pattern for row in TABLE if row.retained} == {
        "node/{node}/state", "node/{node}/health", "cart/{visit}", "review", "stock",
        "stock/{gondola}/{shelf}",
    }  # fmt: skip
    assert len({row.pattern for row in TABLE}) == len(TABLE)
    assert NODE_STATE.retained
    assert {row.pattern for row in TABLE if row.qos != 1} == {
        "node/{node}/trace"
    }  # worth nothing a moment later
