"""One camera: a thread that opens, reads, and opens again; its frames wait, few, for the node's loop."""

from __future__ import annotations

import logging
import threading
from collections import deque
from pathlib import Path

from edge.clock import Clock
from edge.config import CameraSection, SourceKind
from edge.messages import CameraHealth, CameraState
from edge.samples import CameraReport, Frame
from edge.vision.camera.folder import FolderSource
from edge.vision.camera.source import CameraFaultError, Picture, PictureSource
from edge.vision.camera.stream import StreamSource
from edge.vision.camera.watch import CameraWatch
from edge.vision.picture import decode_picture, encode_jpeg

_log = logging.getLogger(__name__)

WAITING_MAX = 4
"""[frames] that wait for the node's loop; of more, the oldest go."""

BACKOFF_S = (0.5, 15.0)
"""[s] shortest and longest wait before a camera is opened again; it doubles."""

IDLE_S = 0.05
"""[s] between looks for a picture that is not there yet."""

RECORDED_QUALITY = 90
"""Of the JPEG pictures in a recording."""

CLOSE_S = 1.0
"""[s] for the thread to end; one that waits for a dead network ends later, by itself."""


def open_source(section: CameraSection, base_dir: Path, clock: Clock) -> PictureSource:
    """The camera that a section describes. Raises ``CameraFaultError``."""
    kind = FolderSource if section.kind is SourceKind.FOLDER else StreamSource
    return kind(section, base_dir, clock)


class Camera:
    """Reads one camera in the background.

    Args:
        section: its options.
        base_dir: that relative paths start from.
        clock: the host's.
        size_px: [px] of its calibrated view; None: it has none.
        recorded: whether its pictures are recorded: then they are seen as the recording will show them.
    """

    def __init__(
        self,
        section: CameraSection,
        *,
        base_dir: Path,
        clock: Clock,
        size_px: tuple[int, int] | None,
        recorded: bool = False,
    ) -> None:
        self._section, self._base_dir, self._clock, self._recorded = section, base_dir, clock, recorded
        self._watch = CameraWatch(section, size_px)
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque(maxlen=WAITING_MAX)
        self._told: CameraState | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{section.camera}", daemon=True)
        self._thread.start()

    def poll(self) -> list[Frame | CameraReport]:
        """Frames and changes of state since the last call."""
        with self._lock:
            frames = list(self._frames)
            self._frames.clear()
            state = self._watch.state
            if state is self._told or state is CameraState.STARTING:
                return [*frames]
            self._told = state
            _log.log(logging.INFO if state is CameraState.OK else logging.WARNING, "%s", self._sentence())
            # A lost camera's last frames were still good; one that is back says so before its first.
            report = self._watch.report(self._clock.mono_ns())
            return [report, *frames] if state is CameraState.OK else [*frames, report]

    def health(self) -> CameraHealth:
        """The camera in numbers."""
        with self._lock:
            return self._watch.health()

    @property
    def fault(self) -> str:
        """One sentence while it needs a hand, else empty."""
        with self._lock:
            return "" if self._watch.state in (CameraState.OK, CameraState.STARTING) else self._sentence()

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join(CLOSE_S)

    def _sentence(self) -> str:
        health = self._watch.health()
        return f"camera `{health.camera}` is {health.state.value}" + (
            f": {health.detail}" if health.detail else ""
        )

    def _run(self) -> None:
        backoff_s = BACKOFF_S[0]
        while not self._stop.is_set():
            try:
                source = open_source(self._section, self._base_dir, self._clock)
            except CameraFaultError as error:
                with self._lock:
                    self._watch.fault(error)
            else:
                try:
                    if self._read(source):
                        backoff_s = BACKOFF_S[0]
                finally:
                    source.close()
            self._stop.wait(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_S[1])

    def _read(self, source: PictureSource) -> bool:
        """Read until the camera is lost or told to stop; whether it ever gave a frame."""
        gave = False
        while not self._stop.is_set():
            try:
                picture = source.read()
            except CameraFaultError as error:
                with self._lock:
                    self._watch.fault(error)
                if error.state is CameraState.LOST:
                    return gave
                continue
            if picture is not None:
                gave |= self._take(picture)
                continue
            with self._lock:
                lost = self._watch.silence(self._clock.mono_ns())
            if lost:
                return gave
            if isinstance(source, FolderSource):
                self._stop.wait(IDLE_S)
        return gave

    def _take(self, picture: Picture) -> bool:
        picture = as_recorded(picture) if self._recorded else picture
        with self._lock:
            frame = self._watch.update(picture, self._clock.mono_ns())
            if frame is not None:
                self._frames.append(frame)
        return frame is not None


def as_recorded(picture: Picture) -> Picture:
    """The picture as its JPEG shows it: what a replay will see, the node sees too."""
    if picture.jpeg or picture.pixels.ndim != 3 or picture.pixels.shape[2] != 3 or not picture.pixels.size:
        return picture
    jpeg = encode_jpeg(picture.pixels, RECORDED_QUALITY)
    return Picture(decode_picture(jpeg, source="recording"), picture.mono_ns, jpeg)
