"""What the rooms of vision know of a model: crops in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class CropEmbedder(Protocol):
    """Turns pictures of products into vectors; pictures of one product lie close together.

    Vectors of different models must not be compared: keep ``model_sha256`` beside what is stored.
    """

    @property
    def model_sha256(self) -> str:
        """64 hex digits of the model file."""

    @property
    def size(self) -> int:
        """Length of a vector."""

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Unit vectors (n, size) of n crops (h, w, 3) RGB of any size, in their order.

        Raises:
            PictureError: a crop is no picture: wrong shape or type, or no pixels.
        """
