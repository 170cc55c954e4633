"""Known masses: what is put on the plate, and how far it may be from what it says."""

from __future__ import annotations

import math
from collections import Counter
from enum import StrEnum
from itertools import pairwise

import msgspec

from edge.calibration.refusal import CalibrationRefusedError, RefusalReason

LOADS_MAX = 10
"""[loads] one way up; more is no better and nobody carries it."""

HEAVIEST_G = 1e7
"""[g] 10 t: more than any shelf bears."""


class WeightClass(StrEnum):
    """Accuracy classes of OIML R 111-1:2004 that a shelf may be calibrated with."""

    E2 = "E2"
    F1 = "F1"
    F2 = "F2"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"


# OIML R 111-1:2004, table 1: maximum permissible errors [mg] by nominal value [g] of the classes M1 and M2.
# F1 and M3 are M1 over and times ten; F2 and E2 are M2 over ten and a hundred, at all these values.
_PERMISSIBLE_MG = {
    1: (1.0, 3.0), 2: (1.2, 4.0), 5: (1.6, 5.0), 10: (2.0, 6.0), 20: (2.5, 8.0), 50: (3.0, 10.0),
    100: (5.0, 16.0), 200: (10.0, 30.0), 500: (25.0, 80.0), 1_000: (50.0, 160.0), 2_000: (100.0, 300.0),
    5_000: (250.0, 800.0), 10_000: (500.0, 1_600.0), 20_000: (1_000.0, 3_000.0), 50_000: (2_500.0, 8_000.0),
}  # fmt: skip
_COLUMN_AND_FACTOR = {
    WeightClass.E2: (1, 0.01), WeightClass.F1: (0, 0.1), WeightClass.F2: (1, 0.1),
    WeightClass.M1: (0, 1.0), WeightClass.M2: (1, 1.0), WeightClass.M3: (0, 10.0),
}  # fmt: skip


class KnownWeight(msgspec.Struct, frozen=True, order=True):
    """One piece. Equal pieces are told apart by ``copy``: each has an error of its own."""

    nominal_g: float  # [g]
    copy: int  # [1] counts from 1 among pieces of the same nominal value
    tolerance_g: float  # [g] the true mass is within so much of the nominal one


class Load(msgspec.Struct, frozen=True):
    """What lies on the plate at one step; no pieces is the empty plate."""

    weights: tuple[KnownWeight, ...] = ()

    @property
    def nominal_g(self) -> float:
        """[g] sum of the nominal values."""
        return math.fsum(weight.nominal_g for weight in self.weights)

    @property
    def tolerance_g(self) -> float:
        """[g] sum of the tolerances: pieces of one set may all be off the same way."""
        return math.fsum(weight.tolerance_g for weight in self.weights)

    def __str__(self) -> str:
        pieces = "+".join(f"{weight.nominal_g:g}" for weight in self.weights)
        return f"{self.nominal_g:g} g" + (f" ({pieces})" if len(self.weights) > 1 else "")


EMPTY = Load()


def tolerance_of(nominal_g: float, weight_class: WeightClass) -> float:
    """[g] what a weight of this class may be off by.

    Raises:
        CalibrationRefusedError: OIML R 111-1 has no such nominal value.
    """
    row = _PERMISSIBLE_MG.get(round(nominal_g)) if nominal_g == round(nominal_g) else None
    if row is None:
        raise CalibrationRefusedError(
            RefusalReason.UNKNOWN_WEIGHT, "no nominal value of OIML R 111", found=f"{nominal_g:g} g",
            expected="1, 2 or 5 times a power of ten, 1 g to 50 kg",
            fix="Say by --tolerance-g how well you know this mass, for example from a better balance.",
        )  # fmt: skip
    column, factor = _COLUMN_AND_FACTOR[weight_class]
    return row[column] * factor / 1000.0


def parse_loads(
    text: str, *, weight_class: WeightClass = WeightClass.M1, tolerance_g: float | None = None
) -> tuple[Load, ...]:
    """Loads in the order in which they go up, from text such as ``1000, 2000, 1000+2000``.

    Args:
        text: loads between commas, the pieces of a load joined by ``+``, in grams.
        weight_class: gives the tolerances.
        tolerance_g: [g] of every piece instead.

    Raises:
        CalibrationRefusedError: not such a list, not rising, or pieces that no class knows.

    >>> [str(load) for load in parse_loads("1000, 1000+2000")]
    ['1000 g', '3000 g (1000+2000)']
    """
    loads = tuple(_parse_load(part, weight_class, tolerance_g) for part in text.split(","))
    if len(loads) > LOADS_MAX:
        raise CalibrationRefusedError(
            RefusalReason.UNKNOWN_WEIGHT, "too many loads", found=str(len(loads)),
            expected=f"at most {LOADS_MAX}",
        )  # fmt: skip
    for before, load in pairwise(loads):
        if load.nominal_g <= before.nominal_g:
            raise CalibrationRefusedError(
                RefusalReason.UNKNOWN_WEIGHT, "loads that do not rise", found=f"{before}, then {load}",
                expected="each load heavier than the one before",
            )  # fmt: skip
    return loads


def _parse_load(text: str, weight_class: WeightClass, tolerance_g: float | None) -> Load:
    copies: Counter[float] = Counter()
    weights = []
    for piece in text.split("+"):
        nominal_g = _parse_grams(piece)
        copies[nominal_g] += 1
        off_g = tolerance_g if tolerance_g is not None else tolerance_of(nominal_g, weight_class)
        weights.append(KnownWeight(nominal_g, copies[nominal_g], off_g))
    return Load(tuple(sorted(weights)))


def _parse_grams(text: str) -> float:
    try:
        grams = float(text)
    except ValueError:
        grams = math.nan
    if not 0 < grams <= HEAVIEST_G:
        raise CalibrationRefusedError(
            RefusalReason.UNKNOWN_WEIGHT, "not a mass", found=f"`{text.strip()}`",
            expected=f"grams above 0 up to {HEAVIEST_G:g}", fix="Write loads like 1000,2000,1000+2000.",
        )  # fmt: skip
    return grams
