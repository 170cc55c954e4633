"""The stock book: everything that moved or was counted, facing by facing.

Facts that nothing will change any more are kept here; what may still be seen otherwise is given anew each
time the book is read. Both together say the same, whatever came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from edge.aggregator.stock.astray import Astray
from edge.aggregator.stock.facings import FacingName, Facings
from edge.aggregator.stock.history import History, Step
from edge.aggregator.stock.inventory import Inventory
from edge.aggregator.stock.losses import Loss, losses_of
from edge.aggregator.stock.modes import Modes, Period
from edge.aggregator.stock.movement import Movement
from edge.aggregator.stock.unseen import UnseenChanges
from edge.messages import Disturbance, ModeBegun, ModeEnded, ShelfEvent, StockCount
from edge.planogram import Catalogue, Planogram

LOSSES_MAX = 50_000
"""[losses] remembered, the latest; some years of a store."""

StockStatement = StockCount | ModeBegun | ModeEnded
"""What staff say of the shelves."""


class StockBook:
    """A fold of statements, of movements, and of changes that nobody saw.

    Args:
        planogram: what should stand where.
        catalogue: what it weighs and costs.

    Attributes:
        modes: when staff work where.
        facings: of the planogram.
    """

    def __init__(self, planogram: Planogram, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.facings = Facings(planogram)
        self.modes = Modes()
        self._unseen = UnseenChanges(self.facings, catalogue)
        self._histories: dict[FacingName, History] = {name: History() for name in self.facings.by_name}
        self._astray: dict[str, Astray] = defaultdict(Astray)  # by SKU
        self._losses: list[Loss] = []  # of what is kept
        self._unknown: list[float] = []  # [s] when goods went that no catalogue holds, of what is kept

    def say(self, statement: StockStatement, *, stands: bool) -> tuple[Period, ...]:
        """Take in what somebody said, or took back.

        Returns:
            Modes as they were before and are now: events in them may be somebody else's.
        """
        if isinstance(statement, StockCount):
            self._count(statement, stands=stands)
            return ()
        mode = statement.id if isinstance(statement, ModeBegun) else statement.mode
        before = self.modes.get(mode)
        self.modes.say(statement, stands=stands)
        return tuple(period for period in (before, self.modes.get(mode)) if period is not None)

    def note(self, told: ShelfEvent | Disturbance) -> None:
        """Take in what a node told; of interest is what changed while it was off."""
        for lot in self._unseen.note(told):
            self.keep(lot)

    def keep(self, movement: Movement) -> None:
        """Remember a movement that nothing will change any more."""
        for step, is_astray in _steps(movement):
            if is_astray:
                self._astray[step.line.spot.sku].keep(step)
            elif step.line.spot.facing is not None:
                self._histories[step.line.spot.facing].keep(step)
        self._losses += losses_of(movement, self._catalogue)
        del self._losses[:-LOSSES_MAX]
        if movement.unknown:
            self._unknown.append(movement.t_s)
            del self._unknown[:-LOSSES_MAX]

    def inventory(self, live: Iterable[Movement]) -> Inventory:
        """What stands on the shelves.

        Args:
            live: movements that may still be seen otherwise.
        """
        movements = [*live, *self._unseen.movements()]
        at_facings: dict[FacingName, list[Step]] = defaultdict(list)
        elsewhere: dict[str, list[Step]] = defaultdict(list)
        for movement in movements:
            for step, is_astray in _steps(movement):
                if is_astray:
                    elsewhere[step.line.spot.sku].append(step)
                elif step.line.spot.facing is not None:
                    at_facings[step.line.spot.facing].append(step)
        lying = {}
        for sku in sorted(self._astray.keys() | elsewhere.keys()):
            astray = self._astray.get(sku) or Astray()
            lying[sku], from_facings = astray.fold(elsewhere.get(sku, ()))
            for step in from_facings:
                if step.line.spot.facing is not None:
                    at_facings[step.line.spot.facing].append(step)
        losses = [*self._losses]
        for movement in movements:
            losses += losses_of(movement, self._catalogue)
        unknown = [*self._unknown, *(each.t_s for each in movements if each.unknown)]
        return Inventory(
            facings=self.facings, catalogue=self._catalogue, histories=self._histories, live=at_facings,
            lying=lying, losses=losses, unknown_s=unknown,
        )  # fmt: skip

    def _count(self, count: StockCount, *, stands: bool) -> None:
        facing = self.facings.find(count.plate, count.sku)
        if facing is not None:
            self._histories[facing].count(count, stands=stands)
        else:
            self._astray[count.sku].count(count, stands=stands)


def _steps(movement: Movement) -> Iterator[tuple[Step, bool]]:
    """Each line, and whether it is away from its facing."""
    for line in movement.lines:
        yield Step.of(movement, line), line.spot.astray
