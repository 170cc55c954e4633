"""The attainable score: receipts of a reader who is told every event and decides as well as can be.

It is told when goods moved, on which plates, which way, and how much to the resolution of a scale. It is not
told what they were nor whose hand it was: of that it knows what plates, catalogue, planogram and tracker say.
From there it weighs all consistent accounts and gives each visit its likeliest content. It is written apart
from the runtime's own belief, with the spreads of the generator itself: docs/benchmark.md has the terms.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.config import CartSection
from tools.scenarios.hands_seen import HandsSeen, SeenHand
from tools.scenarios.readings import IMPOSSIBLE, LYING_THERE, Lot, Lying, Readings, Thing, scale_sigma_g
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Transfer

BUSY_S, BUSY = 0.35, math.log(1e-3)
"""[s, nat] One hand at two events within so short a time."""

NEGLIGIBLE = 12.0
"""[nat] Accounts so much below the best are dropped: each has less than a hundred thousandth of its mass."""

ACCOUNTS_MAX = 1000
"""Where more are left, the likeliest are kept and the enumeration is no longer exact."""

TELLABLE = 0.95
"""[1] The sensors can tell a receipt when the likeliest content has this posterior."""


@dataclass(frozen=True, slots=True)
class _Account:
    """One consistent account so far."""

    held: tuple[tuple[str, Thing], ...] = ()  # (visit, thing), sorted
    lying: tuple[Lying, ...] = ()
    busy: tuple[tuple[float, str, str], ...] = ()  # (when [s], visit, hand)


_Accounts = dict[_Account, float]
"""[nat] log weight of each, best first."""

_Branch = tuple[float, tuple[tuple[str, Thing], ...], tuple[Lying, ...]]
"""(fit [nat], held then, lying then)"""


class AttainableReader:
    """Reads one case.

    Args:
        case: its planogram, catalogue and tracks are read, and its script's transfers as told above.
    """

    def __init__(self, case: RenderedCase) -> None:
        self._visits = case.script.visits
        self._blind = {each.visit for each in case.script.transfers if not each.seen}
        self._hands = HandsSeen(case)
        self._readings = Readings(case.setup.planogram(), case.setup.catalogue())
        rng = np.random.default_rng([case.script.seed, 4])
        told = sorted((each for each in case.script.transfers if each.seen), key=lambda each: each.t)
        self._told = [(each, each.weight_g + float(rng.normal(0.0, scale_sigma_g(each)))) for each in told]

    def visits(self) -> list[dict[str, Any]]:
        """Every visit with its likeliest content, in the shape of a replay report."""
        accounts: _Accounts = {_Account(): 0.0}
        moments_s = [transfer.t for transfer, _ in self._told] + [math.inf]
        for number, (transfer, weight_g) in enumerate(self._told, 1):
            in_haste = moments_s[number] - transfer.t < BUSY_S
            accounts = self._after(accounts, transfer, weight_g, remember_hand=in_haste)
        return [_likeliest(visit, accounts, asked=visit in self._blind) for visit in self._visits]

    def _after(
        self, accounts: _Accounts, transfer: Transfer, weight_g: float, *, remember_hand: bool
    ) -> _Accounts:
        """The accounts with one more event."""
        hands = self._hands.at(transfer)
        goods = self._readings.goods(transfer, weight_g) if transfer.taken else []
        goods = [each for each in goods if each[0] >= goods[0][0] - NEGLIGIBLE]
        found: _Accounts = {}
        floor = -math.inf
        for account, log_weight in accounts.items():
            recent = tuple(each for each in account.busy if transfer.t - each[0] < BUSY_S)
            for hand in hands:
                log_hand = log_weight + hand.log_likelihood
                if any(each[1:] == (hand.visit, hand.hand) for each in recent):
                    log_hand += BUSY
                busy = (*recent, (transfer.t, hand.visit, hand.hand)) if remember_hand else ()
                if transfer.taken:
                    branches = self._picks(account, hand, goods, transfer, weight_g)
                else:
                    branches = self._returns(account, hand, transfer, weight_g)
                for log_fit, held, lying in branches:
                    log_total = log_hand + log_fit
                    if log_total >= floor:
                        floor = max(floor, log_total - NEGLIGIBLE)
                        after = _Account(held, lying, busy)
                        found[after] = _log_sum(found.get(after, -math.inf), log_total)
        return _kept(found)

    def _picks(
        self,
        account: _Account,
        hand: SeenHand,
        goods: list[tuple[float, Lot]],
        transfer: Transfer,
        weight_g: float,
    ) -> Iterator[_Branch]:
        strays = list(self._readings.lying(account.lying, transfer, weight_g))
        log_goods = math.log(1 - LYING_THERE) if strays else 0.0
        for log_fit, lot in goods:
            yield log_goods + log_fit, _with(account.held, hand.visit, lot), account.lying
        for log_fit, stray in strays:
            lying = list(account.lying)
            lying.remove(stray)
            yield log_fit, _with(account.held, hand.visit, (stray[1],)), tuple(lying)

    def _returns(
        self, account: _Account, hand: SeenHand, transfer: Transfer, weight_g: float
    ) -> Iterator[_Branch]:
        own = [thing for visit, thing in account.held if visit == hand.visit]
        for log_fit, lot in self._readings.put(own, transfer, weight_g):
            held, lying = list(account.held), account.lying
            for thing in lot:
                held.remove((hand.visit, thing))
                if not self._readings.is_home(thing[0], transfer.plates):
                    lying += ((transfer.plates, thing),)
            yield log_fit, tuple(held), lying
        # What nobody is known to hold must have been taken all the same: the account is all but refuted.
        yield IMPOSSIBLE, account.held, account.lying


def tellable(visits: list[dict[str, Any]]) -> set[str]:
    """Visits whose receipts the sensors can tell."""
    return {visit["shopper"] for visit in visits if visit["probability"] >= TELLABLE}


def _likeliest(visit: str, accounts: _Accounts, *, asked: bool) -> dict[str, Any]:
    """What a visit most probably holds; a person is ``asked``, or is where that is not sure enough."""
    mass: dict[tuple[tuple[str, int], ...], float] = defaultdict(float)
    for account, log_weight in accounts.items():
        counts = Counter(thing[0] for who, thing in account.held if who == visit)
        mass[tuple(sorted(counts.items()))] += math.exp(log_weight)
    best = max(mass, key=mass.__getitem__)
    lines = [{"sku": sku, "quantity": count} for sku, count in best]
    review = asked or mass[best] < CartSection().review_below
    return {"shopper": visit, "lines": lines, "probability": mass[best], "needs_review": review}


def _with(held: tuple[tuple[str, Thing], ...], visit: str, lot: Lot) -> tuple[tuple[str, Thing], ...]:
    return tuple(sorted((*held, *((visit, thing) for thing in lot))))


def _kept(weights: _Accounts) -> _Accounts:
    """The likeliest accounts, their weights summing to 1."""
    ranked = sorted(weights.items(), key=lambda each: -each[1])[:ACCOUNTS_MAX]
    floor = ranked[0][1] - NEGLIGIBLE
    ranked = [each for each in ranked if each[1] >= floor]
    log_total = float(np.logaddexp.reduce([log_weight for _, log_weight in ranked]))
    return {account: log_weight - log_total for account, log_weight in ranked}


def _log_sum(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return high + math.log1p(math.exp(low - high))
