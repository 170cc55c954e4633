"""The numbers of the goods themselves: how right the stock was at counts, and what went uncharged."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from edge.aggregator.stock.inventory import Inventory
from edge.aggregator.stock.losses import Loss, LossSum, sum_of
from edge.aggregator.stock.movement import Cause
from edge.aggregator.transparency.shares import Mean, Share


class GoodsNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to goods in the window; money is exact for the most probable units."""

    currency: str  # of all money here
    counts: Share  # that found just the units expected; of all counts of a facing that was counted before
    counts_off: Mean  # [units] between found and expected, a count
    missing: LossSum  # that counts found less than expected
    surplus: LossSum  # that counts found more than expected
    gone: LossSum  # taken, and no visit to charge
    gone_share: Share  # [units] of these, of all that receipts charged and these together
    gone_unknown: int  # [events] that took goods which no catalogue holds, and no visit to charge
    came: LossSum  # put there by nobody that was seen, and by no staff in a mode
    unseen_gone: LossSum  # less on the plates after their node was off
    unseen_came: LossSum  # more on the plates after their node was off
    shrink: LossSum  # gone and missing, seen and unseen, less what surplus and unseen made up for


def goods_of(inventory: Inventory, *, since: float | None, until: float | None, charged: int) -> GoodsNumbers:
    """Sum up a window.

    Args:
        inventory: as it stands.
        since: [s] start of the window, by the time at which goods moved or were counted.
        until: [s] its end, exclusive.
        charged: [units] on the receipts of the window.
    """
    start_s = -math.inf if since is None else since
    end_s = math.inf if until is None else until

    def within(losses: Iterable[Loss]) -> list[Loss]:
        return [loss for loss in losses if start_s <= loss.t_s < end_s]

    nobody = within(loss for loss in inventory.losses if loss.cause is Cause.NOBODY)
    unseen = within(loss for loss in inventory.losses if loss.cause is Cause.UNSEEN)
    counted = within(inventory.missing())
    gone = [loss for loss in nobody if loss.mean > 0]
    units_gone = sum(loss.units for loss in gone)
    return GoodsNumbers(
        currency=inventory.currency,
        counts=Share.of(sum(loss.units == 0 for loss in counted), len(counted)),
        counts_off=Mean.of(sum(abs(loss.units) for loss in counted), len(counted)),
        missing=_gone(counted),
        surplus=_came(counted),
        gone=sum_of(gone),
        gone_share=Share.of(units_gone, units_gone + charged),
        gone_unknown=sum(start_s <= t_s < end_s for t_s in inventory.unknown_s),
        came=_came(nobody),
        unseen_gone=_gone(unseen),
        unseen_came=_came(unseen),
        shrink=sum_of([*gone, *unseen, *counted]),
    )


def _gone(losses: Iterable[Loss]) -> LossSum:
    return sum_of(loss for loss in losses if loss.mean > 0)


def _came(losses: Iterable[Loss]) -> LossSum:
    return sum_of(replace(loss, units=-loss.units, mean=-loss.mean) for loss in losses if loss.mean < 0)
