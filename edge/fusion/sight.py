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

POOR = 0.01
"""[1] of the pictures resemble their product so little that it might be any other."""

LOG_UNKNOWN = 0.0
"""[nat] of whatever a look does not list: it looks like nothing enrolled."""


class Sight:
    """The looks of one event, as an evidence term of its hypotheses.

    Each look shows one of the units that moved, any of them as likely: p(look | h) is the mean of
    p(look | SKU) over the units of h. With probability ``wrong`` they show something else. But they are cut
    from where the plates are, so that too must stand there: goods that are strange here are as strange in a
    picture of the wrong thing, and only what the layout holds likely can easily be mistaken for what moved::

        term(h) = log((1 - wrong) p(looks | h) + wrong S) - log((1 - wrong) p(looks | unknown) + wrong S)

    with S the mean of p(looks | SKU) over what stands at the plates: one SKU in all looks, or one in each. So
    the term is 0 for goods that nobody knows, 0 for all without looks; and however sure the pictures are,
    together with the layout they prefer one hypothesis to another by no more than about 1 / wrong.

    Args:
        looks: pictures of the event; none when the camera saw nothing usable.
        wrong: [1] probability that they show something else than what moved.
        standing: [1] probability of each SKU to stand at the plates that moved; what is left to 1 is unknown.
    """

    def __init__(self, looks: Sequence[Look], wrong: float, standing: Mapping[str, float]) -> None:
        self._looks = [_lifted(look) for look in looks if look]
        self._log_right = math.log1p(-wrong)
        self._log_floor = math.log(wrong) + _log_standing(self._looks, standing)
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


def _lifted(look: Look) -> Look:
    """A look whose best SKU is no worse than POOR against what nobody enrolled; contrasts stay as they are.

    With probability POOR a picture is cut or lit so badly that it resembles all SKUs less than it should, by
    any amount. It still resembles one more than another.
    """
    best = max(look.values())
    if best >= 0.0:
        return look
    lift = math.log(1.0 - POOR + POOR * math.exp(min(-best, 700.0)))
    return {sku: value + lift for sku, value in look.items()}


def _log_standing(looks: Sequence[Look], standing: Mapping[str, float]) -> float:
    """[nat] log of the mean likelihood of the looks over what stands there."""
    skus = [sku for sku, share in standing.items() if share > 0.0]
    shares = np.array([*(standing[sku] for sku in skus), max(1.0 - sum(standing.values()), 1e-12)])
    fits = np.array([[*(look.get(sku, LOG_UNKNOWN) for sku in skus), LOG_UNKNOWN] for look in looks])
    if not len(looks):
        return 0.0
    log_shares = np.log(shares)
    one_in_all = np.logaddexp.reduce(log_shares + fits.sum(axis=0))
    one_in_each = np.logaddexp.reduce(log_shares + fits, axis=1).sum()
    return float(np.logaddexp(one_in_all, one_in_each) - math.log(2.0))
