"""What a cheap camera does to a picture: exposure, colour cast, uneven light, blur, noise, JPEG."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Lens:
    """One camera at one moment.

    Attributes:
        gain: [3] of red, green and blue.
        gradient: [1] brightness changes by so much from the picture's middle to its right and lower edge.
        blur_px: [px] standard deviation of the blur.
        motion_px: [px] right and down that the picture moves while the shutter is open.
        noise: [levels] standard deviation of the sensor's noise.
        jpeg: quality, 1 to 100.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gradient: tuple[float, float] = (0.0, 0.0)
    blur_px: float = 0.0
    motion_px: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    jpeg: int = 95

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Lens:
        """Some camera of a shop or some phone, mostly good enough."""
        exposure = float(rng.lognormal(0.08, 0.2))
        warm, green = rng.normal(0.0, 0.08), rng.normal(0.0, 0.03)
        moved = float(rng.exponential(1.5)) if rng.random() < 0.3 else 0.0
        angle = float(rng.uniform(0, np.pi))
        return cls(
            gain=(exposure * (1 + warm), exposure * (1 + green), exposure * (1 - warm)),
            gradient=(float(rng.normal(0.0, 0.12)), float(rng.normal(0.0, 0.12))),
            blur_px=float(rng.uniform(0.2, 1.2)) if rng.random() < 0.6 else 0.0,
            motion_px=(moved * np.cos(angle), moved * np.sin(angle)),
            noise=float(rng.uniform(0.5, 6.0)),
            jpeg=int(rng.integers(35, 96)),
        )

    def taken(self, scene: Picture, rng: np.random.Generator) -> Picture:
        """The picture of a scene: [h, w, 3] RGB -> the same, as it would be read from a JPEG."""
        return decoded(self.jpeg_of(scene, rng))

    def jpeg_of(self, scene: Picture, rng: np.random.Generator) -> bytes:
        """The picture of a scene as a JPEG file."""
        ok, data = cv2.imencode(
            ".jpg", self.exposed(scene, rng)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.jpeg]
        )
        assert ok, "OpenCV encodes any RGB picture"
        return data.tobytes()

    def exposed(self, scene: Picture, rng: np.random.Generator) -> Picture:
        """What the sensor reads, before any compression."""
        height, width = scene.shape[:2]
        right = np.linspace(-self.gradient[0], self.gradient[0], width, dtype=np.float32)
        down = np.linspace(-self.gradient[1], self.gradient[1], height, dtype=np.float32)
        light = np.maximum(1 + right[None, :] + down[:, None], 0.2)
        exposed = scene * (light[..., None] * np.array(self.gain, np.float32))
        if self.blur_px > 0:
            exposed = cv2.GaussianBlur(exposed, (0, 0), self.blur_px)
        if max(abs(each) for each in self.motion_px) >= 1:
            exposed = cv2.filter2D(exposed, -1, _streak(self.motion_px))
        if self.noise > 0:
            exposed += rng.standard_normal((height, width, 1), np.float32) * np.float32(self.noise)
        return np.clip(exposed, 0, 255).astype(np.uint8)


def decoded(data: bytes) -> Picture:
    """A JPEG of this module as RGB."""
    return np.ascontiguousarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


def _streak(motion_px: tuple[float, float]) -> NDArray[np.float32]:
    size = 2 * int(np.ceil(max(abs(each) for each in motion_px) / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    for share in np.linspace(-0.5, 0.5, 2 * size):
        kernel[round(middle + share * motion_px[1]), round(middle + share * motion_px[0])] = 1
    return np.asarray(kernel / kernel.sum())
