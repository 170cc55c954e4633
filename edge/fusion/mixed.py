"""Goods of two SKUs in one grip: a bounded search over multisets of what stands where the plates moved."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import FusionSection
from edge.fusion.likelihood import UnitWeights

UNITS_MAX = 4
"""[units] in one grip of two SKUs."""

QUANTITIES = np.array(
    [
        (one, other)
        for one, other in itertools.product(range(1, UNITS_MAX), repeat=2)
        if one + other <= UNITS_MAX
    ]
)
"""[choice, 2] units of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixtures:
    """Pairs of SKUs that explain a change."""

    rows: NDArray[np.intp]  # [pair, 2] of the SKUs
    quantity: NDArray[np.int64]  # [pair, 2]
    expected_g: NDArray[np.float64]  # [pair] g
    weight: NDArray[np.float64]  # [pair] nat, 1/g, on one plate
    layout: NDArray[np.float64]  # [pair] nat
    stock: NDArray[np.float64]  # [pair] nat


def mixtures(
    total_g: float,
    noise_g: float,
    *,
    log_layout: NDArray[np.float64],
    near: NDArray[np.intp],
    units: UnitWeights,
    options: FusionSection,
) -> Mixtures:
    """Units of two SKUs whose weights add up to the change.

    One of the two is planned at the plates, the other there or beside: the pairs of a whole store would
    explain anything. With ``p`` the layout's prior, and ``mixed`` the share of grips of several units that
    hold two SKUs::

        log p = log N(total; sum n mu, noise^2 + sum n sigma^2 + (gain sum n mu)^2)
              + log (2 p(one) p(other)) + log (mixed ratio^(n-1) (1 - ratio))

    Args:
        total_g: [g] absolute change.
        noise_g: [g] standard deviation of the measurement alone.
        log_layout: [SKU] nat.
        near: rows of SKUs that are planned at the plates or beside them.
        units: [SKU] weight of one unit; pairs have no floor for a catalogue that is wrong.
        options: spreads and priors.
    """
    here = math.log(max(options.layout_neighbour, options.layout_elsewhere, 1e-12))
    rows = np.array(
        [
            (one, other)
            for one, other in itertools.combinations(sorted(near), 2)
            if max(log_layout[one], log_layout[other]) > here and units.mean_g[[one, other]].all()
        ],
        dtype=np.intp,
    ).reshape(-1, 2)
    rows, quantity = np.repeat(rows, len(QUANTITIES), axis=0), np.tile(QUANTITIES, (len(rows), 1))
    expected_g = (quantity * units.mean_g[rows]).sum(axis=1)
    variance = (quantity * units.sigma_g[rows] ** 2).sum(axis=1)
    sigma_g = np.sqrt(noise_g**2 + variance + (options.gain_sigma_share * expected_g) ** 2)
    z = (total_g - expected_g) / sigma_g
    sound = np.log1p(-units.wrong[rows]).sum(axis=1)
    ratio = max(options.quantity_ratio, 1e-12)
    log_prior = math.log(max(options.mixed, 1e-300)) + math.log1p(-ratio)
    return Mixtures(
        rows,
        quantity,
        expected_g,
        weight=sound - 0.5 * z * z - np.log(sigma_g * math.sqrt(2.0 * math.pi)),
        layout=math.log(2.0) + log_layout[rows].sum(axis=1),
        stock=log_prior + (quantity.sum(axis=1) - 1) * math.log(ratio),
    )
