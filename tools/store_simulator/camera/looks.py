"""Which package belongs to which SKU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.planogram import Catalogue
from tools.packaging.articles import article
from tools.packaging.designs import Design

USUAL_G = 100.0
"""[g] of an article whose weight the catalogue does not know; the simulated goods weigh so, too."""


def looks_of(catalogue: Catalogue, drawn: Mapping[str, Design] | None = None) -> dict[str, Design]:
    """The package of every SKU: as ``drawn`` says, otherwise one that fits its name and weight."""
    named = {sku.sku: article(sku.sku, sku.name, sku.weight_g or USUAL_G) for sku in catalogue.skus.values()}
    return named | dict(drawn or {})


def fitted(design: Design, width_m: float, height_m: float) -> Design:
    """The package, made smaller if it would not stand between its neighbours and under its board."""
    scale = min(1.0, width_m / design.size_m[0], height_m / design.size_m[2])
    width, depth, height = (scale * side for side in design.size_m)
    return replace(design, size_m=(width, depth, height))
