"""The node's decision path: numbers without gaps, identities that stay, racks that do not hear each other."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from weighed_racks import (
    BUSY,
    EPOCH_S,
    PLATES,
    RACKS,
    RATE_HZ,
    UTC,
    Knots,
    assert_numbered,
    blocks,
    grams,
    pipeline,
    press,
    said,
    standing,
    step,
)

from edge.messages import Disturbance, DisturbanceKind, EventKind, NodeMessage, ShelfEvent
from edge.samples import (
    LinkFault,
    LinkReport,
    NodeInput,
    PriorLevels,
    RackLayout,
    UtcReading,
    WeightBlock,
)

# --- events ---------------------------------------------------------------------------------------


def test_a_pick_is_an_event() -> None:
    (event,) = said(blocks(grams(8, [(0, step(4.0, -622.0))])))
    assert isinstance(event, ShelfEvent)
    assert (event.node, event.boot, event.seq, event.revision) == ("node", "boot", 1, 0)
    assert event.kind is EventKind.PICK
    assert event.delta_g == pytest.approx(-622.0, abs=1.0)
    assert [delta.plate for delta in event.plates] == ["1/1/1"]
    assert event.hypotheses[0].items[0].sku == "water"
    assert event.utc_synchronized


def test_a_return_is_an_event() -> None:
    (event,) = said(blocks(grams(8, [(0, step(4.0, 622.0))])))
    assert isinstance(event, ShelfEvent)
    assert (event.kind, round(event.delta_g / 622.0)) == (EventKind.RETURN, 1)


def test_plates_add_up_to_the_event() -> None:
    (event,) = standing(said(blocks(grams(8, [(5, step(4.0, -400.0)), (6, step(4.05, -500.0))]))))
    assert isinstance(event, ShelfEvent)
    assert sum(delta.delta_g for delta in event.plates) == pytest.approx(event.delta_g, abs=0.01)
    assert sum(delta.sigma_g**2 for delta in event.plates) == pytest.approx(event.sigma_g**2, rel=0.05)


def test_events_are_dated_on_the_calendar() -> None:
    (event,) = said(blocks(grams(8, [(0, step(4.0, -622.0, over_s=0.2))])))
    assert event.t_onset == pytest.approx(EPOCH_S + 4.0, abs=0.1)
    assert event.t_settled == pytest.approx(EPOCH_S + 4.2, abs=0.1)
    assert event.t_settled < event.t_decided < EPOCH_S + 5.2


@pytest.mark.parametrize(
    ("column", "sku", "delta_g", "over_s"),
    [
        (4, "bar", -12.0, 0.2), (4, "bar", -12.0, 3.0), (4, "bar", -12.0, 10.0), (4, "bar", -12.0, 30.0),
        (3, "jam", -380.0, 1.0), (3, "jam", -380.0, 3.0), (3, "jam", -380.0, 6.0),
    ],
)  # fmt: skip
def test_what_leaves_slowly_is_one_pick(column: int, sku: str, delta_g: float, over_s: float) -> None:
    messages = said(blocks(grams(over_s + 15, [(column, step(5.0, delta_g, over_s))])))
    (event,) = [each for each in standing(messages) if isinstance(each, ShelfEvent)]
    assert [(item.sku, item.quantity) for item in event.hypotheses[0].items] == [(sku, 1)]
    assert event.delta_g == pytest.approx(delta_g, abs=4.0)


@pytest.mark.parametrize("apart_s", [0.35, 0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    ("second_g", "kinds"),
    [(-622.0, ["pick", "pick"]), (622.0, ["pick", "return"]), (380.0, ["pick", "return"])],
)
def test_two_acts_at_one_plate_are_two_events(apart_s: float, second_g: float, kinds: list[str]) -> None:
    """The same again, put back, exchanged."""
    forces = [(0, step(4.0, -622.0)), (0, step(4.0 + apart_s, second_g))]
    events = standing(said(blocks(grams(10, forces))))
    assert [event.kind.value for event in events] == kinds
    assert [event.delta_g for event in events] == pytest.approx([-622.0, second_g], abs=1.5)


def test_a_facing_that_is_filled_up_gives_an_event_a_unit() -> None:
    events = standing(said(blocks(grams(28, [(0, step(4.0 + 1.6 * i, 622.0)) for i in range(12)]))))
    assert [event.kind for event in events] == [EventKind.RETURN] * 12
    assert all(
        event.hypotheses[0].items[0].quantity == 1 for event in events if isinstance(event, ShelfEvent)
    )


def test_a_pick_while_somebody_knocks_against_the_rack() -> None:
    since = np.maximum(np.arange(round(8 * RATE_HZ)) / RATE_HZ - 3.8, 0.0)
    knock = 100.0 * np.exp(-since / 0.4) * np.sin(2 * np.pi * 7.0 * since)
    messages = said(blocks(grams(8, [(0, step(4.0, -622.0))]) + knock[:, None]))
    (event,) = [each for each in standing(messages) if isinstance(each, ShelfEvent)]
    assert event.delta_g == pytest.approx(-622.0, abs=3.0)


@pytest.mark.parametrize("dark_s", [8.0, 20.0])
def test_a_pick_in_the_dark_is_an_offline_change(dark_s: float) -> None:
    samples = grams(12 + dark_s, [(0, step(6.0, -622.0))])
    samples[round(5.0 * RATE_HZ) : round((5.0 + dark_s) * RATE_HZ), 0] = np.nan
    fault, over, change = said(blocks(samples))
    assert (fault.identity, fault.revision, over.revision) == (over.identity, 0, 1)
    assert over.t_settled == pytest.approx(EPOCH_S + 5.0 + dark_s, abs=0.2), (
        "a revision says when it was over"
    )
    assert (fault.kind, change.kind) == (DisturbanceKind.SENSOR_FAULT, DisturbanceKind.OFFLINE_CHANGE)
    assert change.t_onset <= EPOCH_S + 5.1
    assert change.t_settled >= EPOCH_S + 4.9 + dark_s - 0.5


def test_a_clock_that_steps_makes_no_event_and_dates_what_follows() -> None:
    stream = blocks(grams(12, [(0, step(8.0, -622.0))]))
    later = UtcReading(mono_ns=5_000_000_000, utc_s=EPOCH_S + 1_005.0, synchronized=True)
    (event,) = said([*stream[:50], later, *stream[50:]])
    assert event.t_onset == pytest.approx(EPOCH_S + 1_008.0, abs=0.1)


def test_before_the_first_reading_of_the_clock_events_say_so() -> None:
    (event,) = pipeline().step(blocks(grams(8, [(0, step(4.0, -622.0))])))
    assert not event.utc_synchronized


def test_a_quiet_rack_says_nothing() -> None:
    assert said(blocks(grams(60))) == []


# --- identity -------------------------------------------------------------------------------------


def test_numbers_have_no_gaps() -> None:
    messages = said(blocks(grams(20, BUSY)))
    assert len(standing(messages)) >= 4
    assert_numbered(messages)


def test_the_next_number_is_known() -> None:
    node = pipeline()
    assert node.next_seq == 1
    messages = said(blocks(grams(20, BUSY)), node)
    assert node.next_seq == max(message.seq for message in messages) + 1


def test_a_slow_lift_is_revised_under_its_identity() -> None:
    messages = said(blocks(grams(12, [(3, step(4.0, -150.0)), (3, step(5.2, -230.0))])))
    assert_numbered(messages)
    first, *_, last = messages
    assert first.identity == last.identity
    assert last.revision > first.revision
    assert isinstance(last, ShelfEvent)
    assert last.delta_g == pytest.approx(-380.0, abs=1.5)
    assert last.hypotheses[0].items[0].sku == "jam"


def test_what_turns_out_to_be_a_press_is_withdrawn_under_its_identity() -> None:
    held = [(3, ((4.0, 0.0), (4.1, 61.0), (5.4, 61.0), (5.5, 0.0)))]
    messages = said(blocks(grams(12, held)))
    assert_numbered(messages)
    assert messages, "a hand that lies still looks like goods at first"
    assert not any(isinstance(message, ShelfEvent) for message in standing(messages))


def test_goods_that_are_moved_on_their_facing_are_withdrawn_under_their_identity() -> None:
    messages = said(blocks(grams(12, [(5, step(4.0, -900.0)), (6, step(4.9, 900.0))])))
    assert_numbered(messages)
    assert isinstance(messages[0], ShelfEvent)
    (touch,) = standing(messages)
    assert isinstance(touch, Disturbance)
    assert touch.plates == ("1/1/6", "1/1/7")


def test_an_event_says_how_sure_it_is_that_it_was_one() -> None:
    (sure,) = said(blocks(grams(8, [(0, step(4.0, -622.0))])))
    (doubtful,) = said(blocks(grams(8, [(4, step(4.0, -9.0))])))
    for event in (sure, doubtful):
        assert isinstance(event, ShelfEvent)
        stated = sum(hypothesis.probability for hypothesis in event.hypotheses)
        assert stated == pytest.approx(1 / (1 + np.exp(-event.log_odds)), abs=1e-6)
    assert sure.log_odds > 8 > doubtful.log_odds > 0


def test_what_may_have_been_goods_is_said_in_words() -> None:
    """A bar weighs 12 g; somewhat less is noise, more likely than not."""
    (word,) = said(blocks(grams(20, [(4, step(8.0, -8.5))])))
    assert isinstance(word, Disturbance)
    assert (word.kind, word.plates) == (DisturbanceKind.TOUCH, ("1/1/5",))
    assert word.reason.startswith("goods, with a probability of 0.")
    assert word.delta_g == pytest.approx(-8.5, abs=1.0)


def test_reset_begins_anew() -> None:
    node = pipeline()
    stream = blocks(grams(20, BUSY))
    first = said(stream, node)
    node.reset()
    assert node.next_seq == 1
    assert said(stream, node) == first


def test_how_inputs_are_cut_into_calls_makes_no_difference() -> None:
    stream = blocks(grams(20, BUSY))
    one_by_one = pipeline()
    messages = [message for arrived in [UTC, *stream] for message in one_by_one.step([arrived])]
    assert [*messages, *one_by_one.flush()] == said(stream)


def test_at_60_hz_blocks_may_be_cut_anyhow_too() -> None:
    """A sample's time is no whole nanosecond there; all else is equal, times to 2 us."""
    samples = grams(15, [(0, step(4.0, -622.0)), (3, step(7.0, -380.0)), (1, press(10.0))])
    period_ns = 1e9 / 60.0
    layout = RackLayout(RACKS[0].rack, RACKS[0].plates, 60.0)
    answers = []
    for size in (1, 5, 12, 300):
        stream = [
            WeightBlock(layout.rack, round(i * period_ns), period_ns, samples[i : i + size])
            for i in range(0, len(samples), size)
        ]
        answers.append(said(stream, pipeline([layout])))
    for answer in answers[1:]:
        assert len(answer) == len(answers[0])
        for one, other in zip(answer, answers[0], strict=True):
            for name in ("t_onset", "t_settled", "t_decided"):
                assert getattr(one, name) == pytest.approx(getattr(other, name), abs=2e-6, rel=0)
            times = {"t_onset": 0.0, "t_settled": 0.0, "t_decided": 0.0}
            assert msgspec.structs.replace(one, **times) == msgspec.structs.replace(other, **times)


# --- disturbances ---------------------------------------------------------------------------------


def test_a_press_is_a_touch() -> None:
    (touch,) = said(blocks(grams(8, [(1, press(4.0))])))
    assert isinstance(touch, Disturbance)
    assert (touch.kind, touch.plates) == (DisturbanceKind.TOUCH, ("1/1/2",))


def test_a_light_touch_is_not_worth_a_word() -> None:
    assert said(blocks(grams(8, [(1, press(4.0, 12.0))]))) == []


def test_many_plates_pressed_at_once_are_a_bump() -> None:
    messages = said(blocks(grams(8, [(column, press(4.0)) for column in range(PLATES)])))
    assert [message.kind for message in messages] == [DisturbanceKind.BUMP]
    assert messages[0].plates == RACKS[0].plates


def test_a_failing_plate_is_a_sensor_fault_and_no_event() -> None:
    samples = grams(20)
    samples[400:, 2] = np.nan
    (fault,) = said(blocks(samples))
    assert isinstance(fault, Disturbance)
    assert (fault.kind, fault.plates, fault.reason) == (DisturbanceKind.SENSOR_FAULT, ("1/1/3",), "stale")


def test_levels_from_before_that_moved_are_one_offline_change() -> None:
    node = pipeline()
    prior = PriorLevels(
        mono_ns=0, utc_s=EPOCH_S - 60, levels_g=dict.fromkeys(RACKS[0].plates, 2_000.0) | {"1/1/4": 2_380.0}
    )
    (message,) = said([prior, *blocks(grams(8))], node)
    assert isinstance(message, Disturbance)
    assert (message.kind, message.plates) == (DisturbanceKind.OFFLINE_CHANGE, ("1/1/4",))
    assert message.delta_g == pytest.approx(-380.0, abs=1.5)


def test_levels_survive_a_restart() -> None:
    before = pipeline()
    said(blocks(grams(8, [(0, step(4.0, -622.0))])), before)
    levels_g = before.levels()
    assert levels_g["1/1/1"] == pytest.approx(1_378.0, abs=1.0)
    prior = PriorLevels(mono_ns=0, utc_s=EPOCH_S, levels_g=levels_g)
    assert said([prior, *blocks(grams(8, seed=5) - np.eye(1, PLATES)[0] * 622.0)]) == []


# --- links and racks ------------------------------------------------------------------------------


def test_a_lost_link_is_one_fault_and_a_state() -> None:
    node = pipeline()
    down = LinkReport(rack=RACKS[0].rack, mono_ns=5_000_000_000, fault=LinkFault.DISCONNECTED)
    up = LinkReport(rack=RACKS[0].rack, mono_ns=6_000_000_000, fault=None)
    said(blocks(grams(5)), node)
    (fault,) = node.step([down, down])
    assert isinstance(fault, Disturbance)
    assert (fault.kind, fault.plates, fault.reason) == (
        DisturbanceKind.SENSOR_FAULT, RACKS[0].plates, "disconnected",
    )  # fmt: skip
    assert fault.t_onset == EPOCH_S + 5.0
    assert {health.state.value for health in node.plate_health()} == {"disconnected"}
    assert node.levels() == {}
    assert node.step([up]) == ()


def test_inputs_of_other_nodes_racks_are_ignored() -> None:
    elsewhere = RackLayout("elsewhere", RACKS[0].plates, RATE_HZ)
    stream = blocks(grams(8, [(0, step(4.0, -622.0))]), elsewhere)
    down = LinkReport(rack="elsewhere", mono_ns=1, fault=LinkFault.STALE)
    assert said([*stream, down]) == []


def interleaved(*streams: Sequence[NodeInput]) -> list[NodeInput]:
    return [arrived for together in zip(*streams, strict=True) for arrived in together]


def without_numbers(messages: Sequence[NodeMessage]) -> list[NodeMessage]:
    return sorted(
        (msgspec.structs.replace(message, seq=1) for message in messages),
        key=lambda message: (message.t_decided, message.revision, repr(message)),
    )


def leaning(from_s: float, to_s: float) -> Knots:
    """A hand that never keeps still."""
    pushes = [(from_s + 0.1 * i, 40.0 + 30.0 * (i % 3)) for i in range(1, round(10 * (to_s - from_s)))]
    return ((from_s, 0.0), *pushes, (to_s, 0.0))


FORCES = {
    "a busy neighbour": [(0, step(4.0, -622.0)), (3, step(7.0, -380.0)), (1, press(14.0))],
    "a quiet neighbour": [],
    "a pressed neighbour": [(column, leaning(3.0, 15.0)) for column in range(4)],
}


@pytest.mark.parametrize("other", FORCES.values(), ids=FORCES)
def test_racks_do_not_hear_each_other(other: list[tuple[int, Knots]]) -> None:
    """What a node says of a rack is the same beside any other rack."""
    wide = [(5, step(6.0, -400.0)), (6, ((6.0, 0.0), (6.1, -420.0), (6.35, -470.0), (6.4, -500.0)))]
    mine = blocks(grams(18, wide))
    theirs = blocks(grams(18, other, seed=2), RACKS[1])
    together = said(interleaved(mine, theirs), pipeline(RACKS))
    alone = [*said(mine, pipeline(RACKS[:1])), *said(theirs, pipeline(RACKS[1:]))]
    assert_numbered(together)
    assert without_numbers(together) == without_numbers(alone)


def test_every_plate_has_a_health() -> None:
    node = pipeline(RACKS)
    said(interleaved(blocks(grams(3)), blocks(grams(3), RACKS[1])), node)
    assert [health.plate for health in node.plate_health()] == [*RACKS[0].plates, *RACKS[1].plates]
    assert all(health.settled for health in node.plate_health())
