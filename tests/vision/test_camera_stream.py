"""OpenCV against a real stream: read, lost, back again; and cameras that are not there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mjpeg_server import SIZE_PX, MjpegServer

from edge.clock import SystemClock
from edge.config import CameraSection
from edge.messages import CameraState
from edge.samples import CameraReport, Frame
from edge.vision.camera.camera import Camera
from edge.vision.camera.source import CameraFaultError
from edge.vision.camera.stream import StreamSource
from edge.vision.picture import decode_picture

PATIENCE_S = 30.0


def camera(source: str, base_dir: Path, **options: object) -> Camera:
    section = CameraSection(camera="cam", source=source, rate_hz=10.0, lost_after_s=1.0)
    return Camera(section, base_dir=base_dir, clock=SystemClock(), size_px=SIZE_PX, **options)  # type: ignore[arg-type]


def heard(watched: Camera, until: Callable[[list], object]) -> list:
    news: list = []
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        news += watched.poll()
        if until(news):
            return news
        time.sleep(0.02)
    pytest.fail(f"not within {PATIENCE_S} s: {watched.health()}")


def states(news: list) -> list[CameraState]:
    return [each.state for each in news if isinstance(each, CameraReport)]


def test_frames_of_a_stream_are_dated_and_in_order(tmp_path: Path) -> None:
    with MjpegServer() as server:
        watched = camera(server.url, tmp_path, recorded=True)
        try:
            began_ns = time.monotonic_ns()
            news = heard(watched, lambda news: sum(isinstance(each, Frame) for each in news) >= 5)
        finally:
            watched.close()
    frames = [each for each in news if isinstance(each, Frame)]
    times = [frame.mono_ns for frame in frames]
    assert times == sorted(set(times))
    assert began_ns < times[0] <= time.monotonic_ns()
    assert isinstance(news[0], CameraReport)
    assert states(news) == [CameraState.OK]
    for frame in frames:  # as a replay will see it
        assert (decode_picture(frame.jpeg, source="test") == frame.rgb).all()
        assert frame.rgb.shape == (SIZE_PX[1], SIZE_PX[0], 3)


@pytest.mark.slow
def test_a_stream_that_goes_away_is_lost_and_comes_back(tmp_path: Path) -> None:
    server = MjpegServer()
    watched = camera(server.url, tmp_path)
    try:
        heard(watched, lambda news: CameraState.OK in states(news))
        server.close()
        news = heard(watched, lambda news: CameraState.LOST in states(news))
        assert "gives no pictures" in watched.fault or "cannot be opened" in watched.fault
        with MjpegServer(server.port):
            news = heard(watched, lambda news: CameraState.OK in states(news))
            assert CameraState.OK in states(news)
            assert watched.fault == ""
    finally:
        watched.close()


@pytest.mark.parametrize(
    "source", ["/dev/video_that_is_not_there", "http://127.0.0.1:9/none", "rtsp://127.0.0.1:9/none"]
)
def test_a_camera_that_is_not_there_is_a_typed_fault(source: str, tmp_path: Path) -> None:
    with pytest.raises(CameraFaultError, match="cannot be opened") as fault:
        StreamSource(CameraSection(camera="cam", source=source), tmp_path, SystemClock())
    assert fault.value.state is CameraState.LOST
    assert fault.value.fix


def test_a_password_is_never_said(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    section = CameraSection(
        camera="cam", source="rtsp://127.0.0.1:9/none", username="me", password_file="password"
    )
    with pytest.raises(CameraFaultError) as fault:
        StreamSource(section, tmp_path, SystemClock())
    assert "s3cret" not in str(fault.value)
    assert "me@" not in str(fault.value)
