"""Pictures that appear in a folder: in order, on the node's clock, whole or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.clock import SystemClock
from edge.config import CameraSection
from edge.messages import CameraState
from edge.samples import NS_PER_S
from edge.vision.camera import folder as folder_module
from edge.vision.camera.folder import FolderSource, time_of
from edge.vision.camera.source import CameraFaultError, Picture
from edge.vision.picture import encode_jpeg

SECTION = CameraSection(camera="cam", source=".", clock_off_s=30)


def jpeg(seed: int) -> bytes:
    return encode_jpeg(np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8), 90)


class Host:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def utc_s(self) -> float:
        return self.now_s

    def mono_ns(self) -> int:
        return round((self.now_s - 1_699_999_000.0) * NS_PER_S)


@pytest.fixture
def host() -> Host:
    return Host()


def drop(directory: Path, host: Host, age_s: float, seed: int = 0, content: bytes | None = None) -> Path:
    file = directory / f"{host.now_s - age_s:.3f}.jpg"
    file.write_bytes(jpeg(seed) if content is None else content)
    return file


def test_names_tell_the_time() -> None:
    assert time_of("1763837078.123.jpg") == 1763837078.123
    assert time_of("20251122T184438.5Z.PNG") == time_of("1763837078.5.webp")
    for name in (
        "",
        "a.jpg",
        "1763837078.jpg.part",
        ".1763837078.jpg",
        "20259922T184438Z.jpg",
        "1e9.jpg",
        "nan.jpg",
    ):
        assert time_of(name) is None


def test_new_pictures_come_in_order_with_their_own_bytes(tmp_path: Path, host: Host) -> None:
    drop(tmp_path, host, 5.0)  # history
    source = FolderSource(SECTION, tmp_path, host)
    assert source.read() is None
    for age_s, seed in ((0.2, 2), (0.4, 1), (0.1, 3)):
        drop(tmp_path, host, age_s, seed)
    (tmp_path / "notes.txt").write_text("not a picture")
    pictures = [source.read() for _ in range(4)]
    assert [each.jpeg for each in pictures if each] == [jpeg(1), jpeg(2), jpeg(3)]
    assert pictures[0].mono_ns == pytest.approx(host.mono_ns() - 0.4 * NS_PER_S, abs=2_000_000)


def test_a_file_that_is_still_written_is_waited_for(tmp_path: Path, host: Host) -> None:
    source = FolderSource(SECTION, tmp_path, host)
    whole = jpeg(4)
    file = drop(tmp_path, host, 0.1, content=whole[: len(whole) // 2])
    assert source.read() is None
    file.write_bytes(whole)
    assert isinstance(source.read(), Picture)


@pytest.mark.parametrize(
    "content", [b"", b"no picture at all", jpeg(1)[:300]], ids=["empty", "text", "cut off"]
)
def test_a_broken_file_is_given_up_and_the_next_one_read(tmp_path: Path, host: Host, content: bytes) -> None:
    source = FolderSource(SECTION, tmp_path, host)
    drop(tmp_path, host, 0.2, content=content)
    drop(tmp_path, host, 0.1, seed=5)
    assert source.read() is None
    host.now_s += folder_module.WRITING_S
    with pytest.raises(CameraFaultError) as fault:
        source.read()
    assert fault.value.state is CameraState.UNREADABLE
    assert isinstance(source.read(), Picture)


@pytest.mark.parametrize("age_s", [3600.0, -3600.0], ids=["behind", "ahead"])
def test_a_clock_that_is_off_is_said_and_nothing_else_disturbed(
    tmp_path: Path, host: Host, age_s: float
) -> None:
    source = FolderSource(SECTION, tmp_path, host)
    drop(tmp_path, host, age_s)
    with pytest.raises(CameraFaultError, match="3600 s") as fault:
        source.read()
    assert fault.value.state is CameraState.CLOCK_OFF
    drop(tmp_path, host, 0.1)
    assert isinstance(source.read(), Picture)


def test_too_many_at_once_are_skipped(tmp_path: Path, host: Host) -> None:
    source = FolderSource(SECTION, tmp_path, host)
    for n in range(30):
        drop(tmp_path, host, 3.0 - 0.1 * n, seed=n)
    read = []
    while (picture := source.read()) is not None:
        read.append(picture.jpeg)
    assert read == [jpeg(n) for n in range(30 - folder_module.PENDING_MAX, 30)]


def test_no_folder_is_a_lost_camera(tmp_path: Path) -> None:
    with pytest.raises(CameraFaultError) as fault:
        FolderSource(CameraSection(camera="cam", source="nowhere"), tmp_path, SystemClock())
    assert fault.value.state is CameraState.LOST


def test_a_file_that_is_gone_again_is_given_up(tmp_path: Path, host: Host) -> None:
    source = FolderSource(SECTION, tmp_path, host)
    file = drop(tmp_path, host, 0.1, content=b"")
    source.read()
    file.unlink()
    host.now_s += 2
    with pytest.raises(CameraFaultError):
        source.read()
    assert source.read() is None
