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

from edge.planogram import Catalogue, Planogram
from tools.scenarios.hands_seen import HandsSeen, SeenHand
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Transfer
from tools.scenarios.stage import unit_sigma_g

SCALE_SIGMA_G = 0.3
"""[g] of each plate's change: two levels, each the mean of a second, at 0.24 g resolution."""

QUANTITIES = {1: 0.90, 2: 0.07, 3: 0.03}
"""[1] prior of so many units in one grip."""

OFF_PLAN = 0.02
"""[1] prior of goods that the planogram does not have there, of the whole store."""

LYING_THERE = 0.5
"""[1] prior of taking a thing that was put there by mistake rather than the goods of the place."""

HOME_SHARE = 0.8
"""[1] of what is put back comes to its own place."""

BUSY_S, BUSY = 0.35, math.log(1e-3)
"""[s, nat] One hand at two events within so short a time."""

NEGLIGIBLE = 12.0
"""[nat] Accounts so much below the best are dropped: each has less than a hundred thousandth of its mass."""

REFUTED = -60.0
"""[nat] Of readings that fit so badly nothing more is said."""

ACCOUNTS_MAX = 1000
"""Where more are left, the likeliest are kept and the enumeration is no longer exact."""

TELLABLE = 0.95
"""[1] The sensors can tell a receipt when the likeliest content has this posterior."""

Thing = tuple[str, float, float]
"""(SKU, g, standard deviation g)"""


@dataclass(frozen=True, slots=True)
class _Account:
    """One consistent account so far."""

    held: tuple[tuple[str, Thing], ...] = ()  # (visit, thing), sorted
    lying: tuple[tuple[tuple[str, ...], Thing], ...] = ()  # (plates, thing) where it does not belong
    busy: tuple[tuple[float, str, str], ...] = ()  # (when [s], visit, hand)


_Accounts = dict[_Account, float]
"""[nat] log weight of each."""


class AttainableReader:
    """Reads one case.

    Args:
        case: its planogram, catalogue and tracks are read, and its script's transfers as told above.
    """

    def __init__(self, case: RenderedCase) -> None:
        self._planogram: Planogram = case.setup.planogram()
        self._catalogue: Catalogue = case.setup.catalogue()
        self._visits = case.script.visits
        self._hands = HandsSeen(case)
        rng = np.random.default_rng([case.script.seed, 4])
        told = sorted((each for each in case.script.transfers if each.seen), key=lambda each: each.t)
        self._told = [(each, each.weight_g + float(rng.normal(0.0, _scale_sigma_g(each)))) for each in told]
        self._planned: dict[str, set[str]] = defaultdict(set)  # SKUs by plate
        self._homes: dict[str, set[str]] = defaultdict(set)  # plates by SKU
        for facing in self._planogram.facings:
            for plate in facing.plates if facing.sku else ():
                self._planned[plate].add(facing.sku or "")
                self._homes[facing.sku or ""].add(plate)
        self._weights_g = {
            sku: weight_g
            for sku in self._homes
            if sku in self._catalogue and (weight_g := self._catalogue.get(sku).weight_g)
        }

    def visits(self) -> list[dict[str, Any]]:
        """Every visit with its likeliest content, in the shape of a replay report."""
        accounts: _Accounts = {_Account(): 0.0}
        moments_s = [transfer.t for transfer, _ in self._told] + [math.inf]
        for number, (transfer, weight_g) in enumerate(self._told, 1):
            in_haste = moments_s[number] - transfer.t < BUSY_S
            accounts = self._after(accounts, transfer, weight_g, remember_hand=in_haste)
        return [_likeliest(visit, accounts) for visit in self._visits]

    def _after(
        self, accounts: _Accounts, transfer: Transfer, weight_g: float, *, remember_hand: bool
    ) -> _Accounts:
        """The accounts with one more event; those at hand come best first, as do hands and branches."""
        hands = self._hands.at(transfer)
        goods = _ranked(self._goods(transfer, weight_g)) if transfer.taken else []
        found: _Accounts = {}
        floor = -math.inf
        for account, log_weight in accounts.items():
            recent = tuple(each for each in account.busy if transfer.t - each[0] < BUSY_S)
            lying = list(self._lying(account, transfer, weight_g)) if transfer.taken else []
            for hand in hands:
                log_hand = log_weight + hand.log_likelihood
                if any(each[1:] == (hand.visit, hand.hand) for each in recent):
                    log_hand += BUSY
                if transfer.taken:
                    branches = self._picks(account, hand, goods, lying)
                else:
                    branches = self._returns(account, hand, transfer, weight_g)
                busy = (*recent, (transfer.t, hand.visit, hand.hand)) if remember_hand else ()
                for log_fit, held, left_lying in branches:
                    log_total = log_hand + log_fit
                    if log_total < floor:
                        continue
                    floor = max(floor, log_total - NEGLIGIBLE)
                    after = _Account(held, left_lying, busy)
                    found[after] = _log_sum(found.get(after, -math.inf), log_total)
        return _kept(found)

    def _goods(self, transfer: Transfer, weight_g: float) -> Iterator[tuple[float, tuple[Thing, ...]]]:
        """So many units of what may stand there."""
        planned = set.intersection(*(self._planned[plate] for plate in transfer.plates))
        elsewhere = OFF_PLAN / len(self._weights_g)
        scale_g = _scale_sigma_g(transfer)
        for sku, mean_g in self._weights_g.items():
            log_place = math.log(elsewhere + (sku in planned) * (1 - OFF_PLAN) / max(len(planned), 1))
            sigma_g = unit_sigma_g(mean_g)
            for count, prior in QUANTITIES.items():
                spread_g = math.sqrt(count * sigma_g**2 + scale_g**2)
                log_fit = log_place + math.log(prior) + _log_normal(weight_g - count * mean_g, spread_g)
                if log_fit > REFUTED:
                    unsure_g = math.sqrt((scale_g / count) ** 2 + sigma_g**2 * (1 - 1 / count))
                    yield log_fit, ((sku, round(weight_g / count, 3), round(unsure_g, 3)),) * count

    def _lying(self, account: _Account, transfer: Transfer, weight_g: float) -> Iterator[tuple[float, int]]:
        """(fit, place in the account) of what was put there by mistake."""
        for number, (plates, (_, known_g, unsure_g)) in enumerate(account.lying):
            if not set(plates).isdisjoint(transfer.plates):
                spread_g = math.hypot(unsure_g, _scale_sigma_g(transfer))
                yield math.log(LYING_THERE) + _log_normal(weight_g - known_g, spread_g), number

    def _picks(
        self,
        account: _Account,
        hand: SeenHand,
        goods: list[tuple[float, tuple[Thing, ...]]],
        lying: list[tuple[float, int]],
    ) -> Iterator[tuple[float, Any, Any]]:
        log_goods = math.log(1 - LYING_THERE) if lying else 0.0
        for log_fit, things in goods:
            held = tuple(sorted((*account.held, *((hand.visit, thing) for thing in things))))
            yield log_goods + log_fit, held, account.lying
        for log_fit, number in lying:
            thing = account.lying[number][1]
            held = tuple(sorted((*account.held, (hand.visit, thing))))
            yield log_fit, held, account.lying[:number] + account.lying[number + 1 :]

    def _returns(
        self, account: _Account, hand: SeenHand, transfer: Transfer, weight_g: float
    ) -> Iterator[tuple[float, Any, Any]]:
        own = [thing for visit, thing in account.held if visit == hand.visit]
        for thing in set(own):
            sku, known_g, unsure_g = thing
            spread_g = math.hypot(unsure_g, _scale_sigma_g(transfer))
            at_home = not self._homes[sku].isdisjoint(transfer.plates)
            place = (
                HOME_SHARE / len(self._homes[sku])
                if at_home
                else (1 - HOME_SHARE) / len(self._planogram.plates)
            )
            held = list(account.held)
            held.remove((hand.visit, thing))
            lying = account.lying if at_home else (*account.lying, (transfer.plates, thing))
            log_fit = math.log(place * own.count(thing) / len(own))
            yield log_fit + _log_normal(weight_g - known_g, spread_g), tuple(held), lying
        # What nobody is known to hold must have been taken all the same: the account is all but refuted.
        yield REFUTED, account.held, account.lying


def tellable(visits: list[dict[str, Any]]) -> set[str]:
    """Visits whose receipts the sensors can tell."""
    return {visit["shopper"] for visit in visits if visit["probability"] >= TELLABLE}


def _likeliest(visit: str, accounts: _Accounts) -> dict[str, Any]:
    mass: dict[tuple[tuple[str, int], ...], float] = defaultdict(float)
    for account, log_weight in accounts.items():
        counts = Counter(thing[0] for who, thing in account.held if who == visit)
        mass[tuple(sorted(counts.items()))] += math.exp(log_weight)
    best = max(mass, key=mass.__getitem__)
    lines = [{"sku": sku, "quantity": count} for sku, count in best]
    return {"shopper": visit, "lines": lines, "probability": mass[best], "needs_review": False}


def _kept(weights: _Accounts) -> _Accounts:
    """The likeliest accounts, their weights summing to 1."""
    ranked = sorted(weights.items(), key=lambda each: -each[1])[:ACCOUNTS_MAX]
    floor = ranked[0][1] - NEGLIGIBLE
    ranked = [each for each in ranked if each[1] >= floor]
    log_total = float(np.logaddexp.reduce([log_weight for _, log_weight in ranked]))
    return {account: log_weight - log_total for account, log_weight in ranked}


def _ranked(branches: Iterator[tuple[float, tuple[Thing, ...]]]) -> list[tuple[float, tuple[Thing, ...]]]:
    """Best first, without the hopeless."""
    ranked = sorted(branches, key=lambda each: -each[0])
    return [each for each in ranked if each[0] >= ranked[0][0] - NEGLIGIBLE]


def _log_sum(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return high + math.log1p(math.exp(low - high))


def _scale_sigma_g(transfer: Transfer) -> float:
    return SCALE_SIGMA_G * math.sqrt(len(transfer.plates))


def _log_normal(difference: float, sigma: float) -> float:
    return -0.5 * (difference / sigma) ** 2 - math.log(sigma * math.sqrt(2 * math.pi))
