"""Whether stated probabilities come true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Claims = Sequence[tuple[float, bool]] | NDArray[Any]
"""[n] (stated probability, whether it was so)."""

BINS = 10
"""Equal ones, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims of about the same probability."""

    low: float
    high: float
    count: int
    stated: float  # mean
    right: float  # share


def reliability(claims: Claims) -> list[Bin]:
    """The bins that hold claims."""
    stated, right = _columns(claims)
    which = np.minimum((stated * BINS).astype(int), BINS - 1)
    return [
        Bin(
            each / BINS,
            (each + 1) / BINS,
            int(own.sum()),
            float(stated[own].mean()),
            float(right[own].mean()),
        )
        for each in range(BINS)
        if (own := which == each).any()
    ]


def ece(claims: Claims) -> float:
    """Expected calibration error (Naeini et al., 2015): mean gap of the bins, by their counts; 0 of none."""
    return sum(each.count * abs(each.stated - each.right) for each in reliability(claims)) / max(
        len(claims), 1
    )


def brier(claims: Claims) -> float:
    """Mean squared error (Brier, 1950); 0 of none."""
    stated, right = _columns(claims)
    return float(((stated - right) ** 2).mean()) if len(claims) else 0.0


def _columns(claims: Claims) -> NDArray[np.float64]:
    """[2, n] stated, right."""
    return np.asarray(claims, dtype=np.float64).reshape(-1, 2).T
