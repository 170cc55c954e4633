"""A node as a process, with a board behind a pty and a camera that drops its pictures into a folder."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from node_store import (
    CAN_G,
    NODE,
    PLATES,
    TOPICS,
    AcknowledgingAggregator,
    Board,
    NodeProcess,
    wait_until,
    write_config,
)

from edge.broker.connection import Connection, Received
from edge.broker.embedded import EmbeddedBroker
from edge.config import BrokerSection
from edge.messages import CameraState, CropSide, EventEvidence, NothingSeen, ShelfEvent
from edge.payload import decode
from edge.recording.mcap_case import McapCase
from edge.samples import Frame
from edge.topics import NODE_EVIDENCE
from edge.vision.picture import decode_picture, encode_jpeg

pytestmark = pytest.mark.slow

SIZE_PX = (400, 240)
CORNERS_PX = [[40, 50], [360, 50], [360, 200], [40, 200]]


class Photographer:
    """A shelf of four printed boxes, photographed five times a second."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.standing = set(range(4))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _picture(self, number: int) -> np.ndarray:
        shelf = np.random.default_rng(1).integers(90, 120, (SIZE_PX[1], SIZE_PX[0], 3)).astype(float)
        for column in self.standing:
            label = np.random.default_rng(10 + column).integers(0, 255, (10, 6, 3))
            shelf[100:200, 50 + 80 * column : 110 + 80 * column] = np.kron(label, np.ones((10, 10, 1)))
        noise = np.random.default_rng(number).normal(0, 2, shelf.shape)
        return np.clip(shelf + noise, 0, 255).astype(np.uint8)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(0.2):
            number += 1
            file = self._folder / f"{time.time():.3f}.jpg"
            file.with_suffix(".part").write_bytes(encode_jpeg(self._picture(number), 92))
            file.with_suffix(".part").rename(file)

    def __enter__(self) -> Photographer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def evidence(broker: EmbeddedBroker) -> Iterator[list[EventEvidence]]:
    """Evidence as it is published."""
    heard: list[EventEvidence] = []
    topic = TOPICS.of(NODE_EVIDENCE, node=NODE, event="+")
    connection = Connection(BrokerSection(port=broker.port), client_id="eye", subscriptions=[topic])
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                news = connection.inbox.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(news, Received):
                heard.append(decode(news.payload, EventEvidence, source=news.topic))

    thread = threading.Thread(target=listen)
    with connection:
        thread.start()
        yield heard
        stop.set()
        thread.join()


def test_a_pick_is_seen_and_a_lost_camera_costs_the_picture_alone(
    broker: EmbeddedBroker,
    aggregator: AcknowledgingAggregator,
    evidence: list[EventEvidence],
    store_dir: Path,
) -> None:
    view = {
        "date": "2025-01-01T00:00:00Z", "method": "clicks", "plane": "front", "plates": PLATES,
        "size_px": list(SIZE_PX), "corners_px": CORNERS_PX,
    }  # fmt: skip
    (store_dir / "calibration" / "camera-cam.yaml").write_text(
        yaml.safe_dump({"camera": "cam", "view": view}), encoding="utf-8"
    )
    camera = {"camera": "cam", "source": "pictures", "lost_after_s": 2.0}
    config = write_config(store_dir, broker.port, cameras=[camera], record="run.mcap")
    with Photographer(store_dir / "pictures") as shelf, Board(store_dir / "board") as board:
        for channel in range(len(PLATES)):
            board.put(channel, 5 * CAN_G)
        with NodeProcess(config) as node:
            ready = lambda: (health := aggregator.health) and health.cameras and health  # noqa: E731
            wait_until(
                lambda: ready() and ready().cameras[0].state is CameraState.OK, "a camera that is well"
            )
            wait_until(lambda: all(each.settled for each in ready().plates), "settled plates")
            time.sleep(2.0)
            board.put(1, 4 * CAN_G)
            shelf.standing.remove(1)
            wait_until(lambda: evidence, "evidence of the pick")
            (seen,) = evidence
            assert seen.nothing_seen is NothingSeen.NOT_ENROLLED  # there is no gallery; the node says so
            assert "no gallery" in aggregator.health.fault
            assert seen.crops[0].side is CropSide.BEFORE
            left, top, width, height = seen.crops[0].box_px
            assert abs(left - 130) < 15
            assert abs(left + width - 190) < 15
            assert decode_picture(seen.crops[0].jpeg, source="evidence").shape == (height, width, 3)
            assert seen.traces[0].plate == PLATES[1]
            shelf.__exit__()
            wait_until(lambda: aggregator.health.cameras[0].state is CameraState.LOST, "a lost camera")
            board.put(2, 4 * CAN_G)
            wait_until(lambda: len(evidence) == 2, "evidence of the second pick")
            assert evidence[1].nothing_seen is NothingSeen.CAMERA_LOST
            events = [each for each in aggregator.messages.values() if isinstance(each, ShelfEvent)]
            assert [event.plates[0].plate for event in events] == PLATES[1:3]
            assert node.stop()[0] == 0
    recorded = McapCase(store_dir / "run.mcap", lambda jpeg: decode_picture(jpeg, source="recording"))
    assert sum(isinstance(arrived, Frame) for _, arrived in recorded.inputs()) > 10
    assert top > 0
