"""When it began, when it left, when it came to rest: times to the sample, read from the last seconds."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.samples import Grams
from edge.weight.conditioning import Stretch
from edge.weight.rest import Rest

HISTORY_S = 8.0
"""[s] of raw samples that may be looked back at."""

HOLE_NS = 1_000_000
"""[ns] Hops that are so much further apart than they should be have a hole in time between them."""

ONSET_LOOK_BACK_S = 0.5
"""[s] Motion below the threshold may precede it by so long."""

SETTLED_BAND_G, SETTLED_BAND_SIGMAS = 2.0, 4.0
"""[g, sigma] A sample so near the new level, or within so much of its scatter, belongs to it."""

SETTLED_MARGIN_HOPS = 3
"""[hops] A level may have begun so long before the run of hops that showed it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """Some hops in memory."""

    first: int  # number of the first
    end: int  # number of the hop after the last
    end_ns: NDArray[np.int64]  # [hop] mono time of the last sample
    period_ns: float  # [ns]
    grams: Grams  # [hop, sample, plate] g
    mean_g: Grams  # [hop, plate] g


class Dating:
    """Remembers the last seconds of one rack. Hops are numbered; a question is about one and those before."""

    def __init__(self, hop_samples: int, hop_s: float) -> None:
        self._hop_samples = hop_samples
        self._history_hops = max(4, round(HISTORY_S / hop_s))
        self._onset_hops = max(1, round(ONSET_LOOK_BACK_S / hop_s))  # a slow scale's hop is longer than that
        self.clear()

    def clear(self) -> None:
        """Forget everything; equal to a new one."""
        self._kept: deque[_Kept] = deque()
        self.hops = 0  # [hops] taken so far: the number of the next

    def take(self, stretch: Stretch) -> None:
        """Add the newest hops; what no question about them reaches back to is forgotten."""
        while self._kept and self._kept[0].end <= self.hops - self._history_hops:
            self._kept.popleft()
        first, self.hops = self.hops, self.hops + len(stretch)
        self._kept.append(
            _Kept(first, self.hops, stretch.end_ns, stretch.period_ns, stretch.grams, stretch.mean_g)
        )

    def onset_ns(self, plate: int, hop: int, level_g: float, band_g: float) -> int:
        """Time of the first sample of the motion that made a hop stand out from a band."""
        samples = self._samples(plate, hop, self._onset_hops)
        still = ((np.abs(samples - level_g) <= band_g) | np.isnan(samples)).nonzero()[0]
        moving = samples.size - 1 - int(still[-1]) if still.size else samples.size
        return self._before_ns(hop, max(moving - 1, 0))

    def leaving_ns(self, plate: int, hop: int, level_g: float, band_g: float) -> int | None:
        """Time at which the plate was last within a band of its old level; ``None``: not in memory.

        Noise may have stirred it long before it left. A reading that repeats itself bit for bit says
        nothing of where the plate is.
        """
        means = np.concatenate(
            [kept.mean_g[hops, plate] for kept, hops in self._back(hop, self._history_hops)]
        )
        there = (np.abs(means[1:-1] - level_g) <= band_g) & (means[1:-1] != means[:-2])
        found = there.nonzero()[0]
        return self._before_ns(hop, (there.size - int(found[-1])) * self._hop_samples) if found.size else None

    def settled_ns(self, plate: int, hop: int, rest: Rest) -> int:
        """Time of the first sample from which on the plate stayed at its new level."""
        samples = self._samples(plate, hop, rest.hops + SETTLED_MARGIN_HOPS)
        level = samples[-rest.hops * self._hop_samples :]
        band = max(SETTLED_BAND_SIGMAS * _spread(level[~np.isnan(level)]), SETTLED_BAND_G)
        outside = (np.abs(samples - rest.mean_g) > band).nonzero()[0]
        first = min(int(outside[-1]) + 1 if outside.size else 0, samples.size - 1)
        return self._before_ns(hop, samples.size - 1 - first)

    def _samples(self, plate: int, hop: int, hops: int) -> NDArray[np.float64]:
        """[sample] g of the last ``hops`` up to and with ``hop``."""
        return np.concatenate([kept.grams[part, :, plate].ravel() for kept, part in self._back(hop, hops)])

    def _back(self, hop: int, hops: int) -> list[tuple[_Kept, slice]]:
        """Where the last ``hops`` up to and with ``hop`` lie, oldest first, as far as remembered."""
        first, end = hop + 1 - hops, hop + 1
        return [
            (kept, slice(max(first - kept.first, 0), end - kept.first))
            for kept in self._kept
            if kept.end > first and kept.first < end
        ]

    def _before_ns(self, hop: int, samples: int) -> int:
        """Time of the sample so many before the last of a hop.

        Counted back from that hop, unless a long hole lies between: then by the time of the sample's own hop.
        """
        back, left = divmod(samples, self._hop_samples)
        counted_ns = self._ago_ns(hop, samples)
        own_ns = self._ago_ns(max(hop - back, self._kept[0].first), left)
        return own_ns if counted_ns - own_ns > HOLE_NS else counted_ns

    def _ago_ns(self, hop: int, samples: int) -> int:
        kept = next(kept for kept in self._kept if kept.end > hop)
        return int(kept.end_ns[hop - kept.first]) - round(samples * kept.period_ns)


def _spread(samples: NDArray[np.float64]) -> float:
    """Standard deviation; of so few, ``np.std`` costs ten times that."""
    apart = samples - np.add.reduce(samples) / samples.size
    return math.sqrt(apart.dot(apart) / samples.size)
