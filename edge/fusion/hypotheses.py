"""What was it: a bounded search over so many units of every SKU, and "nothing that we know".

The weight gate comes first: it is exact and cheap, and leaves a handful of SKUs for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from edge.config import FusionSection
from edge.fusion.layout import Layout
from edge.fusion.likelihood import BROAD_G, UnitWeight, log_density
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
        self._units = {sku: UnitWeight.of(entry, options) for sku, entry in catalogue.skus.items()}
        self._unknown_unit = UnitWeight(0.0, 0.0, 1.0)

    def explain(self, change: WeightChange) -> tuple[Hypothesis, ...]:
        """Hypotheses for a settled change, best first; probabilities sum to 1 over those listed.

        The hypothesis without items stands for everything that the catalogue does not hold.
        """
        sign = 1.0 if float(change.delta_g.sum()) > 0 else -1.0
        found = [*self._known(change, sign), self._nothing_known(change)]
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

    def _known(self, change: WeightChange, sign: float) -> Iterator[Hypothesis]:
        """So many units of one SKU on all plates that moved."""
        total_g = abs(float(change.delta_g.sum()))
        noise_g = math.sqrt(float((change.sigma_g**2).sum()))
        straddle = log_straddle(len(change.plates), total_g)
        for sku, log_layout in self._layout.log_prior(change.plates, _shares(change.delta_g)).items():
            unit = self._units.get(sku, self._unknown_unit)
            for quantity in self._quantities(total_g, unit, noise_g, log_layout):
                weight = log_density(total_g, quantity, unit, noise_g, self._options) + straddle
                terms = EvidenceTerms(
                    weight=round(weight, 6),
                    layout=round(log_layout, 6),
                    stock=round(self._log_quantity(quantity), 6),
                )
                expected_g = round(sign * quantity * unit.mean_g, 3)
                yield Hypothesis((ItemCount(sku, quantity),), 0.0, terms, expected_g)

    def _quantities(self, total_g: float, unit: UnitWeight, noise_g: float, log_prior: float) -> list[int]:
        """Quantities within the gate; 1 for a planned SKU of unknown or doubtful weight."""
        quantities = []
        if unit.mean_g > 0:
            middle = total_g / unit.mean_g
            for quantity in range(max(1, math.floor(middle)), math.ceil(middle) + 1):
                spread_g = (
                    math.sqrt(noise_g**2 + quantity * unit.sigma_g**2)
                    + self._options.gain_sigma_share * total_g
                )
                near = abs(total_g - quantity * unit.mean_g) <= GATE_SIGMAS * spread_g
                if quantity <= self._options.quantity_max and near:
                    quantities.append(quantity)
        planned = log_prior > math.log(
            max(self._options.layout_neighbour, self._options.layout_elsewhere, 1e-12)
        )
        if not quantities and planned:
            quantities.append(1)
        return quantities

    def _log_quantity(self, quantity: int) -> float:
        ratio = max(self._options.quantity_ratio, 1e-12)
        return (quantity - 1) * math.log(ratio) + math.log1p(-ratio)

    def _nothing_known(self, change: WeightChange) -> Hypothesis:
        """A product, or a thing, that the catalogue does not hold: any weight is as good as any other."""
        weight = -math.log(BROAD_G) + log_straddle(len(change.plates), float(change.delta_g.sum()))
        prior = math.log(max(self._options.unknown, 1e-12))
        return Hypothesis((), 0.0, EvidenceTerms(weight=round(weight, 6), layout=round(prior, 6)), 0.0)


def _shares(delta_g: Grams) -> list[float]:
    """Share of the change that each plate shows; they sum to 1."""
    size = np.abs(delta_g)
    return [float(share) for share in size / max(float(size.sum()), 1e-9)]
