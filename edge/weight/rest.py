"""A level that holds: what ends a disturbance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rest:
    """A level that holds; ``kernel/rest.c`` finds it."""

    mean_g: float
    sigma_g: float  # [g] standard error
    hops: int  # [hops] it was read from, the latest
