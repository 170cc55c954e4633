"""Arrays of the simulator, by what their numbers are. Shapes stand with each use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Grams = NDArray[np.float64]
Seconds = NDArray[np.float64]
Counts = NDArray[np.int32]
