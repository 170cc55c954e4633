"""What a plate shall serve, and the errors that are permissible then (OIML R 76-1:2006)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec


class AccuracyClass(StrEnum):
    """Accuracy classes (R 76-1, 3.1.1)."""

    SPECIAL = "I"
    HIGH = "II"
    MEDIUM = "III"
    ORDINARY = "IIII"


# R 76-1, table 6: up to so many e the maximum permissible error on initial verification is 0.5 e, then 1 e;
# beyond the second it is 1.5 e.
_MPE_UP_TO_E = {
    AccuracyClass.SPECIAL: (50_000, 200_000),
    AccuracyClass.HIGH: (5_000, 20_000),
    AccuracyClass.MEDIUM: (500, 2_000),
    AccuracyClass.ORDINARY: (50, 200),
}
# R 76-1, table 3: most verification scale intervals; class I has no limit.
_INTERVALS_MAX = {AccuracyClass.HIGH: 100_000, AccuracyClass.MEDIUM: 10_000, AccuracyClass.ORDINARY: 1_000}

Grams = Annotated[float, msgspec.Meta(gt=0, le=1e7)]


class Limits(msgspec.Struct, frozen=True):
    """Class, interval and capacity."""

    accuracy_class: AccuracyClass = AccuracyClass.MEDIUM
    e_g: Grams = 2.0  # [g] verification scale interval
    capacity_g: Grams = 20_000.0  # [g] largest load of the plate

    def mpe_g(self, load_g: float) -> float:
        """[g] maximum permissible error on initial verification.

        >>> [Limits().mpe_g(load_g) for load_g in (0.0, 1_000.0, 1_001.0, 4_000.0, 20_000.0)]
        [1.0, 1.0, 2.0, 2.0, 3.0]
        """
        low_g, high_g = self.steps_g
        return self.e_g * (0.5 if abs(load_g) <= low_g else 1.0 if abs(load_g) <= high_g else 1.5)

    @property
    def steps_g(self) -> tuple[float, float]:
        """[g] loads beyond which the permissible error is larger."""
        low, high = _MPE_UP_TO_E[self.accuracy_class]
        return low * self.e_g, high * self.e_g

    @property
    def intervals(self) -> float:
        """[e] of the capacity."""
        return self.capacity_g / self.e_g

    @property
    def intervals_max(self) -> float:
        """[e] that the class allows."""
        return float(_INTERVALS_MAX.get(self.accuracy_class, float("inf")))
