"""What was it: a bounded search over units of every SKU, of two SKUs at once, and "nothing that we know".

The weight gate comes first: it is exact and cheap, and leaves a handful of SKUs for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.config import FusionSection
from edge.fusion.layout import Layout
from edge.fusion.likelihood import BROAD_G, UnitWeights, log_density
from edge.fusion.mixed import mixtures
from edge.fusion.sight import Look, Sight
from edge.messages import EvidenceTerms, Hypothesis, ItemCount
from edge.planogram import Catalogue, Planogram
from edge.samples import Grams, WeightChange
from edge.straddle import log_straddle

GATE_SIGMAS = 6.0
"""[sigma] Quantities whose expected weight is farther off are not enumerated."""


class HypothesisSearch:
    """Explains weight changes of one store."""

    def __init__(self, planogram: Planogram, catalogue: Catalogue, options: FusionSection) -> None:
        self._options = options
        self._layout = Layout(planogram, catalogue, options)
        self._units = UnitWeights.of(map(catalogue.get, self._layout.skus), options)

    def explain(self, change: WeightChange, looks: Sequence[Look] = ()) -> tuple[Hypothesis, ...]:
        """Hypotheses for a settled change, best first; probabilities sum to 1 over those listed.

        The hypothesis without items stands for everything that the catalogue does not hold.

        Args:
            change: what the plates measured.
            looks: pictures of what moved, judged; they say what it was, never whether anything moved.
        """
        log_places = self._layout.log_prior(change.plates, _shares(change.delta_g))
        standing = dict(zip(self._layout.skus, np.exp(log_places).tolist(), strict=True)) if looks else {}
        sight = Sight(looks, self._options.vision_wrong, standing)
        found = [*self._known(change, sight, log_places), self._nothing_known(change)]
        found.sort(key=lambda hypothesis: -hypothesis.log_likelihood.total)
        best = found[: self._options.hypotheses_max]
        if not any(not hypothesis.items for hypothesis in best):
            best[-1] = next(hypothesis for hypothesis in found if not hypothesis.items)
        log_weights = np.array([hypothesis.log_likelihood.total for hypothesis in best])
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        return tuple(
            Hypothesis(
                hypothesis.items, round(float(weight), 9), hypothesis.log_likelihood, hypothesis.expected_g
            )
            for hypothesis, weight in zip(best, weights, strict=True)
        )

    @staticmethod
    def log_evidence(hypotheses: tuple[Hypothesis, ...]) -> float:
        """Log density of the measurement under all of them together [nat, per gram and plate]."""
        return float(np.logaddexp.reduce([hypothesis.log_likelihood.total for hypothesis in hypotheses]))

    def _known(
        self, change: WeightChange, sight: Sight, log_places: NDArray[np.float64]
    ) -> Iterator[Hypothesis]:
        """So many units of one SKU on all plates that moved; the best few."""
        signed_g = float(change.delta_g.sum())
        total_g = abs(signed_g)
        noise_g = math.sqrt(float((change.sigma_g**2).sum()))
        rows, quantity = self._gated(total_g, noise_g, log_places)
        units, log_layout = self._units[rows], log_places[rows]
        weight = log_density(total_g, quantity, units, noise_g, self._options)
        weight += log_straddle(len(change.plates), total_g)
        ratio = max(self._options.quantity_ratio, 1e-12)
        stock = (quantity - 1) * math.log(ratio) + math.log1p(-ratio)
        vision = sight.of_single([self._layout.skus[row] for row in rows])
        yield from self._mixed(change, sight, noise_g, log_places)
        order = np.argsort(-(weight + log_layout + stock + vision), kind="stable")
        for row in order[: self._options.hypotheses_max]:
            terms = EvidenceTerms(
                weight=round(float(weight[row]), 6),
                layout=round(float(log_layout[row]), 6),
                stock=round(float(stock[row]), 6),
                vision=round(float(vision[row]), 6),
            )
            item = ItemCount(self._layout.skus[rows[row]], int(quantity[row]))
            expected_g = math.copysign(item.quantity * float(units.mean_g[row]), signed_g)
            yield Hypothesis((item,), 0.0, terms, round(expected_g, 3))

    def _mixed(
        self, change: WeightChange, sight: Sight, noise_g: float, log_layout: NDArray[np.float64]
    ) -> Iterator[Hypothesis]:
        """Units of two SKUs in one grip; those within the gate."""
        signed_g = float(change.delta_g.sum())
        near, total_g = self._layout.near(change.plates), abs(signed_g)
        found = mixtures(
            total_g, noise_g, log_layout=log_layout, near=near, units=self._units, options=self._options
        )
        log_straddled = log_straddle(len(change.plates), total_g)
        for place in np.flatnonzero(found.weight > -0.5 * GATE_SIGMAS**2):
            items = tuple(
                ItemCount(self._layout.skus[row], int(quantity))
                for row, quantity in zip(found.rows[place], found.quantity[place], strict=True)
            )
            terms = EvidenceTerms(
                weight=round(float(found.weight[place]) + log_straddled, 6),
                layout=round(float(found.layout[place]), 6),
                stock=round(float(found.stock[place]), 6),
                vision=round(sight.log_likelihood(items), 6),
            )
            yield Hypothesis(items, 0.0, terms, round(math.copysign(found.expected_g[place], signed_g), 3))

    def _gated(
        self, total_g: float, noise_g: float, log_layout: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """(SKU, quantity) within the gate; 1 for a planned SKU of unknown or doubtful weight.

        Args:
            total_g: [g] absolute change.
            noise_g: [g] standard deviation of the measurement alone.
            log_layout: [SKU] nat, -inf for what cannot be here.
        """
        options, mean_g = self._options, self._units.mean_g
        ratio = np.divide(total_g, mean_g, out=np.full(mean_g.shape, np.inf), where=mean_g > 0)
        ratio = np.minimum(ratio, options.quantity_max + 1.0)
        quantity = np.stack((np.maximum(np.floor(ratio), 1.0), np.ceil(ratio)))
        spread_g = np.sqrt(noise_g**2 + quantity * self._units.sigma_g**2)
        off_g = np.abs(total_g - quantity * mean_g)
        near = (off_g <= GATE_SIGMAS * (spread_g + options.gain_sigma_share * total_g)) & (mean_g > 0)
        near &= (quantity <= options.quantity_max) & np.isfinite(log_layout)
        near[1] &= quantity[1] > quantity[0]
        least = math.log(max(options.layout_neighbour, options.layout_elsewhere, 1e-12))
        doubtful = (log_layout > least) & ~near.any(axis=0)
        near[0] |= doubtful
        quantity[0, doubtful] = 1.0
        rows, which = np.nonzero(near.T)
        return rows, quantity[which, rows].astype(np.int64)

    def _nothing_known(self, change: WeightChange) -> Hypothesis:
        """A product, or a thing, that the catalogue does not hold: any weight is as good as any other."""
        weight = -math.log(BROAD_G) + log_straddle(len(change.plates), float(change.delta_g.sum()))
        prior = math.log(max(self._options.unknown, 1e-12))
        return Hypothesis((), 0.0, EvidenceTerms(weight=round(weight, 6), layout=round(prior, 6)), 0.0)


def _shares(delta_g: Grams) -> list[float]:
    """Share of the change that each plate shows; they sum to 1."""
    size = np.abs(delta_g)
    return [float(share) for share in size / max(float(size.sum()), 1e-9)]
