from __future__ import annotations

import sqlite3

from edge.aggregator.people.track_history import HISTORY_S
from edge.aggregator.people.track_log import FORGET_EVERY, TrackLog
from edge.messages import KeyPoint, Target, TrackFrame


def frame(t: float) -> TrackFrame:
    return TrackFrame(t=t, targets=(Target("anna", {"head": KeyPoint((0.0, -0.5, 1.6))}),))


def test_frames_come_back_as_they_came_without_closing(tmp_path):
    log = TrackLog(tmp_path / "tracks")
    for t in (3.0, 1.0, 2.0):
        log.add(frame(t), until=3.0)
    assert list(TrackLog(tmp_path / "tracks").frames()) == [frame(3.0), frame(1.0), frame(2.0)]


def test_old_frames_are_forgotten(tmp_path):
    log = TrackLog(tmp_path / "tracks")
    log.add(frame(0.0), until=0.0)
    for number in range(FORGET_EVERY):
        log.add(frame(HISTORY_S + 1.0 + number * 0.1), until=HISTORY_S + 1.0 + number * 0.1)
    assert len(list(log.frames())) == FORGET_EVERY


def test_a_frame_of_the_future_takes_nothing_with_it(tmp_path):
    """Not even when it is the one at which the log clears up."""
    log = TrackLog(tmp_path / "tracks")
    good = [frame(1000.0 + number * 0.1) for number in range(FORGET_EVERY - 1)]
    for each in good:
        log.add(each, until=each.t)
    log.add(frame(1e9), until=good[-1].t)
    assert list(log.frames()) == good


def test_damaged_file_is_replaced(tmp_path):
    (tmp_path / "tracks").write_bytes(b"rubbish" * 1000)
    log = TrackLog(tmp_path / "tracks")
    log.add(frame(1.0), until=3.0)
    assert list(log.frames()) == [frame(1.0)]


def test_a_refusing_disk_is_said_once_and_disturbs_nothing(tmp_path, caplog):
    caplog.set_level("INFO")
    log = TrackLog(tmp_path / "tracks")
    holder = sqlite3.connect(tmp_path / "tracks", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    log.add(frame(1.0), until=3.0)
    log.add(frame(2.0), until=3.0)
    holder.execute("ROLLBACK")
    log.add(frame(3.0), until=3.0)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert list(log.frames()) == [frame(3.0)]


def test_no_place_for_the_file(tmp_path):
    log = TrackLog(tmp_path / "nowhere" / "tracks")
    log.add(frame(1.0), until=3.0)
    assert list(log.frames()) == []
