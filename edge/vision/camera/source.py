"""What every kind of camera offers, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import SteelyardError
from edge.messages import CameraState


class CameraFaultError(SteelyardError):
    """A camera that gives no usable pictures now; ``state`` is what it is in. It is tried again."""

    def __init__(
        self,
        state: CameraState,
        what: str,
        *,
        where: str = "",
        found: str = "",
        expected: str = "",
        fix: str = "",
    ) -> None:
        self.state = state
        super().__init__(what, where=where, found=found, expected=expected, fix=fix)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a source read, not judged yet."""

    pixels: NDArray[np.uint8]  # as the source gives them: [h, w, 3] RGB if all is well
    mono_ns: int  # [ns] when the light fell in
    jpeg: bytes = b""  # the file that it was decoded from, if any


class PictureSource(Protocol):
    """An open camera."""

    def read(self) -> Picture | None:
        """The next picture; ``None`` when there is none yet. Waits some seconds at most.

        Raises:
            CameraFaultError: it has to be opened anew, or its clock or pictures are wrong.
        """
        ...

    def close(self) -> None:
        """Release it."""
        ...
