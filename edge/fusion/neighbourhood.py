"""Which plates, and which of their changes, are near enough to have to do with each other."""

from __future__ import annotations

from collections.abc import Iterable

from edge.planogram import Planogram, shelf_of
from edge.samples import NS_PER_S, PlateChange

HOLD_S = 12.0
"""[s] A hand may hold goods on the shelf for so long (the competition's scenario: 10 s)."""

TOGETHER_S = 0.4
"""[s] The plates under one thing come to rest within so long of each other."""

TUG_LATE_S = 0.8
"""[s] A plate that was tugged at is noticed to move no later after the tug."""

MOVED_MAX_S = 3.0
"""[s] Goods that are moved about on their facing are off no longer."""

REACH_PLATES = 2
"""[plates] reach of cross-talk (measured: the two neighbours on one side)."""

FAR = 1_000
"""[plates] distance of plates that share no shelf."""

CROSSTALK_FLOOR_G = 1.0
"""[g] added to the bound of cross-talk for the plates' own noise."""


class Neighbourhood:
    """Plates of a store by shelf and place on it.

    Args:
        planogram: names and order of the plates.
        crosstalk: [1] largest share of a change that a neighbouring plate may show.
    """

    def __init__(self, planogram: Planogram, crosstalk: float) -> None:
        self._crosstalk = crosstalk
        self._column = {
            plate: column
            for shelf in planogram.shelves
            for column, plate in enumerate(planogram.shelf(shelf))
        }
        self._goods = {
            plate: {facing.sku for facing in planogram.facings_at(plate)} - {None} for plate in self._column
        }

    def column(self, plate: str) -> int:
        """Place of a plate on its shelf, from the left."""
        return self._column.get(plate, 0)

    def apart(self, one: str, other: str) -> int:
        """Plates between two of one shelf, 0 for the same one; far for others."""
        if shelf_of(one) != shelf_of(other):
            return FAR
        return abs(self.column(one) - self.column(other))

    def is_near(self, earlier: PlateChange, later: PlateChange) -> bool:
        """Whether two changes may be parts of one act, or one the other's cross-talk."""
        apart = self.apart(earlier.plate, later.plate)
        if apart == 0:
            return later.onset_ns - earlier.settled_ns <= HOLD_S * NS_PER_S
        beside = apart <= REACH_PLATES and together(earlier, later)
        return beside or self.tugs(earlier, later) or self._may_be_moved(earlier, later)

    def _may_be_moved(self, earlier: PlateChange, later: PlateChange) -> bool:
        """Whether what left one plate may have been set down on another of its facing."""
        return (
            earlier.delta_g * later.delta_g < 0
            and later.onset_ns - earlier.onset_ns <= MOVED_MAX_S * NS_PER_S
            and self.is_one_facing((earlier.plate, later.plate))
        )

    def is_one_facing(self, plates: Iterable[str]) -> bool:
        """Whether plates of one shelf have a SKU planned on all of them."""
        first, *others = plates
        same_shelf = all(shelf_of(plate) == shelf_of(first) for plate in others)
        return same_shelf and bool(
            set.intersection(*(self._goods.get(plate, set()) for plate in (first, *others)))
        )

    def is_two_way(self, delta_g: Iterable[float]) -> bool:
        """Whether some plates lost and others gained: more than cross-talk against the rest."""
        each_g = list(delta_g)
        return min(max(each_g), -min(each_g)) > self.crosstalk_g(sum(each_g))

    def tugs(self, main: PlateChange, change: PlateChange) -> bool:
        """Whether ``main`` is near enough in place and time to tug at the plate of ``change``.

        A tug is small: noise hides its beginning, so that it may be noticed late and dated later still.
        """
        if not 0 < self.apart(main.plate, change.plate) <= REACH_PLATES:
            return False
        late_ns = min(change.stirred_ns, change.onset_ns) - main.settled_ns
        return late_ns <= TUG_LATE_S * NS_PER_S and main.onset_ns <= change.settled_ns

    def crosstalk_g(self, delta_g: float) -> float:
        """[g] the most that a change of ``delta_g`` moves a neighbouring plate."""
        return self._crosstalk * abs(delta_g) + CROSSTALK_FLOOR_G


def together(one: PlateChange, other: PlateChange) -> bool:
    """Whether two disturbances overlap, or nearly."""
    slack_ns = round(TOGETHER_S * NS_PER_S)
    return one.onset_ns <= other.settled_ns + slack_ns and other.onset_ns <= one.settled_ns + slack_ns
