"""The calibration file: history, untouched strangers, and a power cut at any instant."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.calibration.record import renewed, replaceable_calibration, to_yaml
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.config import CalibrationEntry, CalibrationFile
from edge.durable_file import write_atomically
from edge.errors import ConfigError, StorageError
from edge.yaml_file import load_yaml, parse_yaml

BOARD_ID = "57ee17a4d0000001"


def entry(channel: int = 0, gain: float = 210.0, **changed: object) -> CalibrationEntry:
    fields = {"date": "2026-01-05T10:15:00Z", "plate": f"r/1/{channel}", "zero_counts": 5.25, **changed}
    return CalibrationEntry(channel=channel, counts_per_gram=gain, **fields)


def test_one_channel_is_renewed_and_the_others_stay() -> None:
    first = renewed(None, entry(2), board_id=BOARD_ID, channels=4)
    assert [channel is None for channel in first.channels] == [True, True, False, True]
    second = renewed(first, entry(0, -99.0, date="2026-02-01T00:00:00Z"), board_id=BOARD_ID, channels=4)
    assert second.channels[2] == first.channels[2]
    assert second.channels[0].counts_per_gram == -99.0
    assert [each.channel for each in second.history] == [2, 0]
    assert second.date == "2026-02-01T00:00:00Z"


def test_a_board_that_has_more_channels_than_before_keeps_the_old_ones() -> None:
    first = renewed(None, entry(0), board_id=BOARD_ID, channels=1)
    assert len(renewed(first, entry(3), board_id=BOARD_ID, channels=2).channels) == 4


PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)


@given(
    technician=PRINTABLE, masses=PRINTABLE, zero=st.floats(-1e7, 1e7),
    gain=st.floats(0.01, 1e6) | st.floats(-1e6, -0.01), channel=st.integers(0, 7),
)  # fmt: skip
def test_what_is_written_reads_back(
    technician: str, masses: str, zero: float, gain: float, channel: int
) -> None:
    content = renewed(
        None, entry(channel, gain, zero_counts=zero, technician=technician, masses=masses),
        board_id=BOARD_ID, channels=8,
    )  # fmt: skip
    assert parse_yaml(to_yaml(content), CalibrationFile, file=Path("b.yaml")) == content


def test_a_file_of_a_tool_may_be_replaced_and_a_hand_written_one_not(tmp_path: Path) -> None:
    file = tmp_path / "calibration" / f"{BOARD_ID}.yaml"
    assert replaceable_calibration(file) is None
    content = renewed(None, entry(), board_id=BOARD_ID, channels=1)
    write_atomically(file, to_yaml(content).encode())
    assert replaceable_calibration(file) == content
    file.write_text("\n".join(to_yaml(content).splitlines()[1:]))
    with pytest.raises(CalibrationRefusedError) as refused:
        replaceable_calibration(file)
    assert refused.value.reason is RefusalReason.HAND_WRITTEN
    file.write_text("nonsense: [")
    with pytest.raises(ConfigError):
        replaceable_calibration(file)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "file.yaml").symlink_to(tmp_path / "shared" / "real.yaml")
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "file.yaml", content)
        assert (tmp_path / "file.yaml").is_symlink()
        assert (tmp_path / "shared" / "real.yaml").read_bytes() == content


def test_a_disk_that_refuses_is_one_sentence_and_leaves_no_litter(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="cannot write"):
        write_atomically(tmp_path / "folder", b"x")  # a directory has that name
    (tmp_path / "plain").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        write_atomically(tmp_path / "plain" / "file.yaml", b"x")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "plain"]


WRITER = """\
import sys
from pathlib import Path
from edge.calibration.record import replaceable_calibration, renewed, to_yaml
from edge.durable_file import write_atomically
from edge.config import CalibrationEntry
file = Path(sys.argv[1])
number = 0
while True:
    number += 1
    entry = CalibrationEntry(date="d", plate="r/1/1", channel=0, zero_counts=number, counts_per_gram=210.0)
    before = replaceable_calibration(file)
    write_atomically(file, to_yaml(renewed(before, entry, board_id="b", channels=1)).encode())
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_instant_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    rng = random.Random(4)
    written = 0
    for _ in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, file], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
        said, _ = writer.communicate()
        written += 1 + said.count("\n")
        history = load_yaml(file, CalibrationFile).history
        assert len(history) in (written, written + 1)  # the last one may not have been announced yet
        written = len(history)
