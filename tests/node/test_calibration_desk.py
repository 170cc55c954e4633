"""Calibration commands at the node: what is answered, what reaches the pipeline, who may be lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import CalibrationFile, ChannelCalibration
from edge.errors import ConfigError
from edge.messages import Command, CommandVerb, Reply
from edge.node.calibration_desk import LEASE_MAX_S, PATIENCE_S, SAMPLES_MAX, VERBS, CalibrationDesk
from edge.payload import encode
from edge.samples import NS_PER_S, CountBlock, PlateHold, RackLayout, Recalibration

PLATE, OTHER = "r/1/1", "r/1/2"
RACK = RackLayout("rack", (PLATE, OTHER), 80.0)
PERIOD_NS = 12_500_000
OLD = ChannelCalibration(zero_counts=0.0, counts_per_gram=200.0)
NEW = ChannelCalibration(zero_counts=1.0, counts_per_gram=210.0)


def file_of(*channels: ChannelCalibration | None) -> Mapping[str, CalibrationFile]:
    return {"rack": CalibrationFile(board_id="b", date="d", channels=channels)}


def desk(reload: object = None) -> CalibrationDesk:
    return CalibrationDesk([RACK], file_of(OLD, None), reload or (lambda: file_of(OLD, None)))


def ask(at: CalibrationDesk, verb: CommandVerb, mono_s: float = 0.0, **arguments: object) -> list:
    words = {name: str(value) for name, value in arguments.items()}
    command = Command(correlation="c", verb=verb, arguments=words)
    return list(at.obey(command, round(mono_s * NS_PER_S)))


def block(first: int, samples: int = 8, lost: int = 0) -> CountBlock:
    counts = np.arange(first, first + samples, dtype=np.int32)[:, None] * [1, -1]
    return CountBlock("rack", first * PERIOD_NS, float(PERIOD_NS), counts.astype(np.int32), lost)


def test_a_plate_is_set_aside_once_and_taken_back_once() -> None:
    at = desk()
    hold, reply = ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=10)
    assert hold == PlateHold(PLATE, 0, held=True)
    assert (reply.ok, reply.correlation) == (True, "c")
    (again,) = ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=10)
    assert again.ok
    back, reply = ask(at, CommandVerb.RELEASE, plate=PLATE)
    assert back == PlateHold(PLATE, 0, held=False)
    (idle,) = ask(at, CommandVerb.RELEASE, plate=PLATE)
    assert idle.ok


def test_a_technician_who_is_lost_holds_no_plate_for_ever() -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=10)
    ask(at, CommandVerb.CALIBRATE, 8.0, plate=PLATE, lease_s=10)
    assert list(at.update([], round(17.9 * NS_PER_S))) == []
    assert list(at.update([], 18 * NS_PER_S)) == [PlateHold(PLATE, 18 * NS_PER_S, held=False)]
    assert list(at.update([], 19 * NS_PER_S)) == []


@pytest.mark.parametrize("verb", [CommandVerb.CALIBRATE, CommandVerb.CAPTURE, CommandVerb.RELEASE])
def test_a_plate_belongs_to_who_set_it_aside(verb: CommandVerb) -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=10, owner="one")
    (reply,) = ask(at, verb, plate=PLATE, lease_s=10, seconds=1, owner="two")
    assert not reply.ok
    assert "somebody else" in reply.detail
    assert list(at.update([], 10 * NS_PER_S)) == [PlateHold(PLATE, 10 * NS_PER_S, held=False)]
    assert ask(at, CommandVerb.CALIBRATE, 11.0, plate=PLATE, lease_s=10, owner="two")[-1].ok


def test_a_capture_holds_the_samples_of_its_time_and_plate() -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=OTHER, lease_s=60)
    assert ask(at, CommandVerb.CAPTURE, 0.1, plate=OTHER, seconds=0.2) == []
    answers = [
        answer for first in (0, 8, 16, 24) for answer in at.update([block(first, lost=first // 24)], 0)
    ]
    (reply,) = answers
    assert reply.ok
    assert reply.counts == tuple(range(-8, -24, -1))  # from 0.1 s to 0.3 s
    assert reply.rate_hz == 80.0
    assert reply.lost == 0


def test_what_is_lost_in_between_is_counted() -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=60)
    ask(at, CommandVerb.CAPTURE, plate=PLATE, seconds=0.4)
    blocks = [block(0, lost=9), block(16, lost=8), block(24)]
    (reply,) = at.update(blocks, 0)
    assert reply.lost == 8


def test_the_largest_capture_fits_into_a_message() -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=60)
    ask(at, CommandVerb.CAPTURE, plate=PLATE, seconds=60)
    counts = np.full((SAMPLES_MAX + 5, 2), -8_388_607, np.int32)
    (reply,) = at.update([CountBlock("rack", 0, 1e6, counts)], 0)
    assert len(reply.counts) == SAMPLES_MAX
    assert len(encode(reply)) < 262_144


def test_a_silent_board_ends_a_capture_with_a_reason() -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=60)
    ask(at, CommandVerb.CAPTURE, plate=PLATE, seconds=1)
    late_ns = round((1.1 + PATIENCE_S) * NS_PER_S)
    (reply,) = at.update([CountBlock("another", 0, 1e7, np.zeros((200, 2), np.int32))], late_ns)
    assert not reply.ok
    assert "no samples" in reply.detail
    assert ask(at, CommandVerb.CAPTURE, plate=PLATE, seconds=1) == []


def test_a_release_answers_the_capture_that_it_ends() -> None:
    at = desk()
    ask(at, CommandVerb.CALIBRATE, plate=PLATE, lease_s=60)
    ask(at, CommandVerb.CAPTURE, plate=PLATE, seconds=5)
    ended, hold, released = ask(at, CommandVerb.RELEASE, plate=PLATE)
    assert (ended.ok, hold.held, released.ok) == (False, False, True)


def test_a_reload_renews_what_changed_and_only_that() -> None:
    files = [file_of(NEW, None), file_of(NEW, OLD), file_of(NEW, OLD)]
    at = desk(lambda: files.pop(0))
    first, reply = ask(at, CommandVerb.RELOAD, 3.0)
    assert first == Recalibration(PLATE, 3 * NS_PER_S, NEW)
    assert PLATE in reply.detail
    assert ask(at, CommandVerb.RELOAD)[0] == Recalibration(OTHER, 0, OLD)
    assert [answer.detail for answer in ask(at, CommandVerb.RELOAD)] == ["nothing new"]


def test_a_broken_file_is_refused_with_its_sentence(tmp_path) -> None:
    def broken() -> Mapping[str, CalibrationFile]:
        raise ConfigError("missing key", file=tmp_path / "b.yaml", line=3)

    (reply,) = ask(desk(broken), CommandVerb.RELOAD)
    assert not reply.ok
    assert "b.yaml:3" in reply.detail


@pytest.mark.parametrize(("verb", "arguments", "word"), [
    (CommandVerb.CALIBRATE, {"plate": "x/y/z"}, "no plate `x/y/z`"),
    (CommandVerb.CALIBRATE, {}, "no plate"),
    (CommandVerb.CALIBRATE, {"plate": PLATE}, "lease_s"),
    (CommandVerb.CALIBRATE, {"plate": PLATE, "lease_s": LEASE_MAX_S + 1}, "lease_s"),
    (CommandVerb.CAPTURE, {"plate": PLATE, "seconds": 1}, "begin with `calibrate`"),
    (CommandVerb.CAPTURE, {"plate": PLATE, "seconds": "nan"}, "seconds"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused(verb: CommandVerb, arguments: dict, word: str) -> None:
    (reply,) = ask(desk(), verb, **arguments)
    assert not reply.ok
    assert word in reply.detail


ARGUMENTS = st.dictionaries(
    st.sampled_from(["plate", "seconds", "lease_s", "other"]),
    st.sampled_from([PLATE, OTHER, "1", "0.2", "nan", "-1", "inf", "", "1e309", "x"]),
)


@given(st.lists(st.tuples(st.sampled_from(sorted(VERBS)), ARGUMENTS, st.integers(0, 200)), max_size=12))
def test_any_commands_in_any_order_are_answered_and_holds_alternate(commands: list) -> None:
    """Every hold ends before the next of its plate begins, whatever is asked when."""
    at = desk()
    held: dict[str, bool] = {}
    sample = 0
    for verb, arguments, seconds in commands:
        sample += 80 * seconds
        answers = [*ask(at, verb, sample / 80, **arguments), *at.update([block(sample)], sample * PERIOD_NS)]
        for answer in answers:
            assert isinstance(answer, Reply | PlateHold)
            if isinstance(answer, PlateHold):
                assert held.get(answer.plate, False) is not answer.held
                held[answer.plate] = answer.held
