"""Options of the fusion."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.config.section import FallingRatio, NonNegative, Positive, Probability, RareProbability, Section


class FusionSection(Section, frozen=True, kw_only=True):
    """What was it: spreads and priors of the hypotheses."""

    sku_sigma_share: NonNegative = 0.006  # [1] unit-to-unit spread as a share of the weight
    sku_sigma_min_g: Positive = 0.8  # [g] least unit-to-unit spread
    gain_sigma_share: NonNegative = 0.002  # [1] what a calibration may be off by
    catalogue_wrong: RareProbability = 0.003  # [1] prior that a catalogue weight is plainly wrong
    layout_neighbour: Probability = 0.02  # [1] mass of "it stood one facing too far"
    layout_elsewhere: Probability = 0.01  # [1] mass of "it stood anywhere else in the store"
    quantity_ratio: FallingRatio = 0.12  # [1] prior of n + 1 units against n
    mixed: Probability = 0.1  # [1] share of grips of several units that hold two SKUs
    smallest_item_g: Positive = 7.0  # [g] lightest change that is taken for goods
    crosstalk: NonNegative = 0.025  # [1] share of a change that neighbours may show (measured 0.8-1.5 %)
    unknown: Probability = 1e-3  # [1] prior of goods, or things, that the catalogue does not hold
    vision_wrong: RareProbability = 0.01  # [1] prior that pictures show something else than what moved
    quantity_max: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6  # [units] of one SKU in one change
    hypotheses_max: Annotated[int, msgspec.Meta(ge=2, le=64)] = 12  # [hypotheses] kept with an event
