"""What a camera's pictures are worth: lost, frozen, off the clock, of another size. No I/O, no clock."""

from __future__ import annotations

import numpy as np

from edge.config import CameraSection
from edge.messages import CameraHealth, CameraState
from edge.samples import NS_PER_S, CameraReport, Frame, Rgb
from edge.vision.camera.source import CameraFaultError, Picture

RATE_MEMORY = 0.9
"""[1] of the measured period that each picture leaves as it was."""


class CameraWatch:
    """Judges pictures and silence of one camera.

    Args:
        section: its options.
        size_px: [px] width and height that its view was calibrated with; None: it has no view.
    """

    def __init__(self, section: CameraSection, size_px: tuple[int, int] | None) -> None:
        self._section, self._size_px = section, size_px
        self.state = CameraState.STARTING
        self._detail = "no picture yet"
        self._heard_ns: int | None = None  # [ns] last picture, good or bad, or the first look for one
        self._frame_ns = -(2**62)  # [ns] of the last frame given
        self._last: Rgb | None = None
        self._changed_ns = 0  # [ns] when the picture was last another one
        self._period_ns = 0.0
        self._refused_total = 0

    def update(self, picture: Picture, mono_ns: int) -> Frame | None:
        """The picture as a frame if it is usable.

        Args:
            picture: what was read.
            mono_ns: [ns] now.
        """
        self._heard_ns = mono_ns
        rgb = as_rgb(picture.pixels)
        if rgb is None:
            return self._refuse(CameraState.UNREADABLE, f"a picture of shape {picture.pixels.shape}")
        size = (rgb.shape[1], rgb.shape[0])
        if self._size_px is not None and size != self._size_px:
            expected = "x".join(map(str, self._size_px))
            return self._refuse(
                CameraState.WRONG_SIZE, f"{size[0]}x{size[1]} px, its view is calibrated with {expected}"
            )
        if picture.mono_ns <= self._frame_ns:
            return self._refuse(CameraState.CLOCK_OFF, "a picture that is older than the one before")
        if self._last is None or self._last.shape != rgb.shape or not np.array_equal(self._last, rgb):
            self._changed_ns = picture.mono_ns
        self._last = rgb
        if picture.mono_ns - self._changed_ns >= self._section.frozen_after_s * NS_PER_S:
            return self._refuse(CameraState.FROZEN, "the same picture, bit by bit")
        if self._frame_ns > 0:
            period_ns = float(picture.mono_ns - self._frame_ns)
            keep = RATE_MEMORY if self._period_ns else 0.0
            self._period_ns = keep * self._period_ns + (1 - keep) * period_ns
        self._frame_ns = picture.mono_ns
        self._become(CameraState.OK if self._size_px is not None else CameraState.UNCALIBRATED)
        return Frame(
            self._section.camera, picture.mono_ns, rgb, picture.jpeg if rgb is picture.pixels else b""
        )

    def fault(self, error: CameraFaultError) -> None:
        """The source failed."""
        self._become(error.state, str(error))
        self._refused_total += error.state is not CameraState.LOST

    def silence(self, mono_ns: int) -> bool:
        """No picture at ``mono_ns`` [ns]; True: it is lost by now, and had better be opened anew."""
        if self._heard_ns is None:
            self._heard_ns = mono_ns
        since_ns = mono_ns - self._heard_ns
        if since_ns < self._section.lost_after_s * NS_PER_S:
            return False
        if self.state in (CameraState.OK, CameraState.STARTING, CameraState.UNCALIBRATED):
            self._become(CameraState.LOST, f"no picture for {since_ns / NS_PER_S:.0f} s")
        self._heard_ns = mono_ns  # the next attempt has as long
        return True

    def health(self) -> CameraHealth:
        """The camera in numbers."""
        seen = self.state in (CameraState.OK, CameraState.UNCALIBRATED)
        return CameraHealth(
            camera=self._section.camera,
            state=self.state,
            rate_hz=round(NS_PER_S / self._period_ns, 2) if seen and self._period_ns else 0.0,
            refused_total=self._refused_total,
            detail=self._detail,
        )

    def report(self, mono_ns: int) -> CameraReport:
        """Its state as an input of the pipeline."""
        return CameraReport(self._section.camera, mono_ns, self.state)

    def _refuse(self, state: CameraState, detail: str) -> Frame | None:
        self._refused_total += 1
        self._become(state, detail)
        return None

    def _become(self, state: CameraState, detail: str = "") -> None:
        if state is CameraState.UNCALIBRATED:
            detail = f"run `steelyard calibrate camera {self._section.camera}`"
        self.state, self._detail = state, detail


def as_rgb(pixels: np.ndarray) -> Rgb | None:
    """[h, w, 3] RGB of whatever a source gives: grey and alpha are converted; ``None``: it is no picture."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or 0 in pixels.shape:
        return None
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        return None
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels if pixels.shape[2] == 3 else np.ascontiguousarray(pixels[:, :, :3])
