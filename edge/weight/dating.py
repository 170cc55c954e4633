"""When it began, when it left, when it came to rest: times to the sample, read from the last seconds."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edge.samples import Grams
from edge.weight.conditioning import Stretch
from edge.weight.rest import Rest

HISTORY_S = 8.0
"""[s] of raw samples kept."""

ONSET_LOOK_BACK_S = 0.5
"""[s] Motion below the threshold may precede it by so long."""

SETTLED_BAND_G, SETTLED_BAND_SIGMAS = 2.0, 4.0
"""[g, sigma] A sample so near the new level, or within so much of its scatter, belongs to it."""

SETTLED_MARGIN_HOPS = 3
"""[hops] A level may have begun so long before the run of hops that showed it."""


class Dating:
    """Remembers the last seconds of one rack. All questions are about the newest hop and those before."""

    def __init__(self, hop_samples: int, hop_s: float) -> None:
        self._hop_samples, self._hop_s = hop_samples, hop_s
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._grams: deque[Grams] = deque(maxlen=max(4, round(HISTORY_S / self._hop_s)))
        self._means: deque[Grams] = deque(maxlen=self._grams.maxlen)
        self._end_ns = 0
        self._period_ns = 0.0

    def take(self, stretch: Stretch, hop: int) -> None:
        """Add the newest hop."""
        self._grams.append(stretch.grams[hop])
        self._means.append(stretch.mean_g[hop])
        self._end_ns, self._period_ns = int(stretch.end_ns[hop]), stretch.period_ns

    def onset_ns(self, plate: int, level_g: float, band_g: float) -> int:
        """Time of the first sample of the motion that made the newest hop stand out from a band."""
        samples = self._last_samples(plate, round(ONSET_LOOK_BACK_S / self._hop_s))
        still = np.flatnonzero((np.abs(samples - level_g) <= band_g) | np.isnan(samples))
        moving = samples.size - 1 - int(still[-1]) if still.size else samples.size
        return self._before_ns(max(moving - 1, 0))

    def leaving_ns(self, plate: int, level_g: float, band_g: float) -> int | None:
        """Time at which the plate was last within a band of its old level; ``None``: not in memory.

        Noise may have stirred it long before it left. A reading that repeats itself bit for bit says
        nothing of where the plate is.
        """
        means = [float(each[plate]) for each in self._means]
        for back in range(2, len(means)):
            if abs(means[-back] - level_g) <= band_g and means[-back] != means[-back - 1]:
                return self._before_ns((back - 1) * self._hop_samples)
        return None

    def settled_ns(self, plate: int, rest: Rest) -> int:
        """Time of the first sample from which on the plate stayed at its new level."""
        samples = self._last_samples(plate, rest.hops + SETTLED_MARGIN_HOPS)
        level = samples[-rest.hops * self._hop_samples :]
        band = max(SETTLED_BAND_SIGMAS * float(np.nanstd(level)), SETTLED_BAND_G)
        outside = np.flatnonzero(np.abs(samples - rest.mean_g) > band)
        first = min(int(outside[-1]) + 1 if outside.size else 0, samples.size - 1)
        return self._before_ns(samples.size - 1 - first)

    def _last_samples(self, plate: int, hops: int) -> NDArray[np.float64]:
        return np.concatenate([each[:, plate] for each in list(self._grams)[-hops:]])

    def _before_ns(self, samples: int) -> int:
        """Time of the sample so many before the newest."""
        return self._end_ns - round(samples * self._period_ns)
