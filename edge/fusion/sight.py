"""What pictures add: how well those of an event fit what a hypothesis says was moved.

A *look* is one picture of what vanished or appeared, judged SKU by SKU. It enters as one evidence term, and
grams stay heard: with a small probability the pictures show something else than what moved, and then fit all
hypotheses alike, so that no picture outweighs more than that probability allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.messages import ItemCount

Look = Mapping[str, float]
"""[nat] by SKU, finite: log-likelihood of one picture, against that of a product that nobody enrolled."""

LOG_UNKNOWN = 0.0
"""[nat] of whatever a look does not list: it looks like nothing enrolled."""


class Sight:
    """The looks of one event, as an evidence term of its hypotheses.

    Each look shows one of the units that moved, any of them as likely: p(look | h) is the mean of
    p(look | SKU) over the units of h. With probability ``wrong`` all looks of the event show something else,
    which may fit any hypothesis as well as the best one, M::

        term(h) = log((1 - wrong) p(looks | h) + wrong M) - log((1 - wrong) p(looks | unknown) + wrong M)

    So the term is 0 for goods that nobody knows, 0 for all without looks, and no two hypotheses are farther
    apart than log(1 / wrong).

    Args:
        looks: pictures of the event; none when the camera saw nothing usable.
        wrong: [1] probability that they show something else than what moved.
    """

    def __init__(self, looks: Sequence[Look], wrong: float) -> None:
        self._looks = [look for look in looks if look]
        # Everything is a mean over units, so no hypothesis fits a look better than its best SKU.
        log_best = sum(max(LOG_UNKNOWN, *look.values()) for look in self._looks)
        self._log_right, self._log_floor = math.log1p(-wrong), math.log(wrong) + log_best
        self._log_unknown = self._log_mixed(LOG_UNKNOWN)

    def log_likelihood(self, items: Iterable[ItemCount]) -> float:
        """[nat] term of a hypothesis that these moved, against goods that nobody knows (no items)."""
        units = [(item.sku, item.quantity) for item in items]
        if not self._looks or not units:
            return 0.0
        count = sum(quantity for _, quantity in units)
        log_fit = 0.0
        for look in self._looks:
            best = max(look.get(sku, LOG_UNKNOWN) for sku, _ in units)
            mean = sum(n * math.exp(look.get(sku, LOG_UNKNOWN) - best) for sku, n in units) / count
            log_fit += best + math.log(mean)
        return self._log_mixed(log_fit) - self._log_unknown

    def of_single(self, skus: Sequence[str]) -> NDArray[np.float64]:
        """[SKU] nat: the term of so many units of one SKU, however many."""
        if not self._looks:
            return np.zeros(len(skus))
        return np.array([self.log_likelihood((ItemCount(sku, 1),)) for sku in skus])

    def _log_mixed(self, log_fit: float) -> float:
        """Log of right and wrong looks together."""
        right, floor = self._log_right + log_fit, self._log_floor
        return max(right, floor) + math.log1p(math.exp(-abs(right - floor)))
