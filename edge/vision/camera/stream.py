"""USB and CSI cameras (Video4Linux2) and network cameras (RTSP, MJPEG over HTTP), through OpenCV."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

import cv2
import numpy as np

from edge.clock import Clock
from edge.config import CameraSection, SourceKind
from edge.messages import CameraState
from edge.samples import NS_PER_S
from edge.vision.camera.source import CameraFaultError, Picture

OPEN_TIMEOUT_MS, READ_TIMEOUT_MS = 5000, 5000
"""[ms] after which a network camera is given up; OpenCV waits 30 s if left alone."""

EARLY = 0.9
"""[1] of the wanted period after which a picture is looked at: cameras do not keep time exactly."""


class StreamSource:
    """A camera that sends pictures at its own rate; all are read, so that none is old, and few looked at.

    Args:
        section: its options.
        base_dir: that relative paths start from.
        clock: the host's.

    Raises:
        CameraFaultError: it cannot be opened, or its password cannot be read.
    """

    def __init__(self, section: CameraSection, base_dir: Path, clock: Clock) -> None:
        self._section, self._clock = section, clock
        self._period_ns = round(EARLY * NS_PER_S / section.rate_hz)
        self._latency_ns = round(section.latency_s * NS_PER_S)
        self._looked_ns = -(2**62)
        address, api, wishes = section.source, cv2.CAP_V4L2, list[int]()
        if section.kind is SourceKind.STREAM:
            address, api = _with_password(section, base_dir), cv2.CAP_FFMPEG
            wishes = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS,
            ]  # fmt: skip
        elif section.size_px:
            wishes = [
                cv2.CAP_PROP_FRAME_WIDTH, section.size_px[0], cv2.CAP_PROP_FRAME_HEIGHT, section.size_px[1],
            ]  # fmt: skip
        self._capture = cv2.VideoCapture(address, api, wishes)
        if not self._capture.isOpened():
            raise self._lost("cannot be opened")

    def read(self) -> Picture | None:
        """See :class:`PictureSource`."""
        if not self._capture.grab():
            raise self._lost("gives no pictures any more")
        now_ns = self._clock.mono_ns()
        if now_ns - self._looked_ns < self._period_ns:
            return None
        self._looked_ns = now_ns
        read, pixels = self._capture.retrieve()
        if not read or pixels is None:
            return None
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 and pixels.shape[2] == 3 else pixels
        return Picture(np.asarray(rgb, dtype=np.uint8), now_ns - self._latency_ns)

    def close(self) -> None:
        """See :class:`PictureSource`."""
        self._capture.release()

    def _lost(self, what: str) -> CameraFaultError:
        device = self._section.kind is SourceKind.DEVICE
        return CameraFaultError(
            CameraState.LOST, what, where=f"{self._section.camera} ({self._section.source})",
            fix="Check plug and cable, and that no other program holds it." if device
            else "Check address, password and network.",
        )  # fmt: skip


def _with_password(section: CameraSection, base_dir: Path) -> str:
    """The address with its credentials; never shown to anybody."""
    if not section.username:
        return section.source
    password = ""
    if section.password_file:
        file = base_dir / section.password_file
        try:
            password = (file.read_text(encoding="utf-8").splitlines() or [""])[0]
        except (OSError, UnicodeDecodeError) as error:
            raise CameraFaultError(
                CameraState.LOST, "its password cannot be read", where=section.camera, found=str(file),
                fix="Correct `password_file`, or its owner.",
            ) from error  # fmt: skip
    parts = urlsplit(section.source)
    login = quote(section.username, safe="") + (f":{quote(password, safe='')}" if password else "")
    return parts._replace(netloc=f"{login}@{parts.netloc}").geturl()
