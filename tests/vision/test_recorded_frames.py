"""Frames in a recording: the same pixels again, and a picture that viewers know."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader

from edge.errors import PictureError, RecordingError
from edge.messages import CameraState
from edge.planogram import Box, Catalogue, Facing, Planogram
from edge.recording.case import CaseSetup, NodeSetup
from edge.recording.mcap_case import McapCase
from edge.recording.mcap_pictures import decode_frame, encode_frame
from edge.recording.mcap_recorder import Recorder
from edge.samples import CameraReport, Frame, RackLayout, UtcReading
from edge.vision.camera.camera import as_recorded
from edge.vision.camera.source import Picture
from edge.vision.picture import decode_picture


def decode_jpeg(data: bytes) -> np.ndarray:
    return decode_picture(data, source="recording")


def setup() -> CaseSetup:
    node = NodeSetup(boot="b1", racks=(RackLayout("r1", ("1/1/1",), 80.0),))
    planogram = Planogram("v1", {"1/1/1": Box((0, 0, 0), (1, 1, 1))}, [Facing(("1/1/1",), None)])
    return CaseSetup.of("shop", {"n1": node}, Catalogue([]), planogram)


def frame(seed: int) -> Frame:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    picture = as_recorded(Picture(pixels, 1_000_000_000 + seed))
    return Frame("cam", picture.mono_ns, picture.pixels, picture.jpeg)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "case.mcap"
    with Recorder(file, setup()) as recorder:
        recorder.input("n1", UtcReading(0, 1_600_000_000.0, True))
        recorder.input("n1", CameraReport("cam", 5, CameraState.OK))
        for seed in (1, 2):
            recorder.input("n1", frame(seed))
    return file


def test_frames_come_back_to_the_last_pixel(recording: Path) -> None:
    _, (_, report), *frames = McapCase(recording, decode_jpeg).inputs()
    assert report == CameraReport("cam", 5, CameraState.OK)
    for seed, (node, again) in enumerate(frames, 1):
        assert node == "n1"
        assert isinstance(again, Frame)
        assert (again.camera, again.mono_ns, again.jpeg) == ("cam", 1_000_000_000 + seed, frame(seed).jpeg)
        assert (again.rgb == frame(seed).rgb).all()


def test_without_a_decoder_the_pictures_are_left_out(recording: Path) -> None:
    assert [type(arrived) for _, arrived in McapCase(recording).inputs()] == [UtcReading, CameraReport]


def test_viewers_know_the_schema(recording: Path) -> None:
    with recording.open("rb") as stream:
        schema, channel, message = next(make_reader(stream).iter_messages(topics=["node/n1/camera"]))
    content = json.loads(message.data)
    assert schema.name == "foxglove.CompressedImage"
    assert channel.message_encoding == "json"
    assert (
        {"timestamp", "frame_id", "data", "format"}
        <= content.keys()
        <= set(json.loads(schema.data)["properties"])
    )
    assert content["timestamp"] == {"sec": 1_600_000_001, "nsec": 0}  # to the microsecond


def test_a_damaged_picture_ends_the_recording_in_a_typed_error(tmp_path: Path) -> None:
    file = tmp_path / "case.mcap"
    with Recorder(file, setup()) as recorder:
        recorder.input("n1", Frame("cam", 1, frame(1).rgb, frame(1).jpeg[:200]))
    with pytest.raises(RecordingError, match="corrupt"):
        list(McapCase(file, decode_jpeg).inputs())


def test_a_frame_without_its_jpeg_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="JPEG"):
        encode_frame(Frame("cam", 1, frame(1).rgb), 0)
    with pytest.raises(PictureError):
        decode_frame(encode_frame(Frame("cam", 1, frame(1).rgb, b"x"), 0), decode_jpeg)
