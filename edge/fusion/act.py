"""A block of plate changes, read as one act: goods that came or went, a touch, noise, or cross-talk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.config import FusionSection
from edge.fusion.hand import Stirs, log_hand, log_moved
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.neighbourhood import Neighbourhood
from edge.messages import Hypothesis
from edge.samples import NS_PER_S, Grams, PlateChange, WeightChange
from edge.straddle import log_straddle

Changes = tuple[PlateChange, ...]

Levels = Mapping[str, Sequence[PlateChange]]
"""Changes by plate, in their order."""

MAIN_SHARE = 0.1
"""[1] An act has settled with the last change that is so much of it; what follows is creep."""

LOG_TOUCH = math.log(0.3)
"""[nat] prior that a hand came and went and left everything in its place."""

LOG_NOISE = math.log(0.02)
"""[nat] prior that a change is the plates' own motion after all, ..."""

NOISE_SIGMAS, NOISE_MIN_G = 2.0, 3.0
"""[sigma, g] ... and the scale of such errors: their tail is exponential, not Gaussian."""

AFTERMATH_S, LOG_AFTER = 0.8, math.log(0.1)
"""[s, nat] A small shift so soon after a larger one of its plate is hardly noise: the hand lets go."""

LOG_APART = math.log(0.2)
"""[nat] prior that noise, or a touch that came and went, is an act of its own between others of its plate,
within the time that a hand may hold it: mostly it is that hand."""

TUG_SIGMA = 0.35
"""[1] standard deviation of a tug as a share of its bound (measured: 0.8-1.5 % of 2.5 %)."""


@dataclass(frozen=True, slots=True)
class Act:
    """Changes that one act made, and what it may have been. No hypotheses: nothing changed place."""

    changes: Changes
    total: WeightChange
    hypotheses: tuple[Hypothesis, ...]
    log_nothing: float  # [nat] log density of all levels if nothing changed place, 1/g a level
    log_goods: float = -math.inf  # [nat] the same if goods did
    log_way: float = 0.0  # [nat] part of the latter: the levels on the way
    log_odds: float = 0.0  # [nat] that it was this, against all else that its cluster may have been
    log_odds_goods: float = 0.0  # [nat] that goods had a part in its changes, in this act or another
    undoes: Changes = ()  # of an earlier act: both moved goods, or one hand moved none

    @property
    def log_evidence(self) -> float:
        """[nat] the better of the two readings; goods have hypotheses only if theirs is."""
        return max(self.log_nothing, self.log_goods)

    @property
    def probability(self) -> float:
        """[1] that it was this."""
        return 1.0 / (1.0 + math.exp(-self.log_odds))


class ActReader:
    """Reads blocks of changes."""

    def __init__(
        self, hypotheses: HypothesisSearch, neighbourhood: Neighbourhood, options: FusionSection
    ) -> None:
        self._hypotheses, self._near, self._options = hypotheses, neighbourhood, options

    def read(self, block: Changes, cluster: Changes, stirs: Stirs) -> Act:
        """The block as one act, in the way that explains it best.

        Args:
            block: changes that are taken for one act.
            cluster: all changes near it: others of them tug at its plates.
            stirs: what disturbed its plates in between.
        """
        levels = _by_plate(block)
        total = self._total(levels, block, cluster)
        if self._near.is_two_way(total.delta_g):
            return Act(block, total, (), self._log_rearranged(levels, total, stirs))
        readings: list[float] = []  # log evidence of all that is no goods
        small_g = self._options.smallest_item_g
        apart = LOG_APART if _is_in_between(block, cluster) else 0.0
        if len(block) > len(total.plates):
            touch = log_hand(levels, stirs, small_g, left=True)
            readings.append(LOG_TOUCH + apart + log_zero(total.delta_g, total.sigma_g) + touch)
        else:
            after = LOG_AFTER if _is_aftermath(block, cluster) else apart
            readings.append(LOG_NOISE + after + _log_noise(total))
        if len(block) == 1:
            readings.append(self._log_tug(block[0], cluster))
        log_nothing = max(readings)
        if abs(float(total.delta_g.sum())) < small_g:
            return Act(block, total, (), log_nothing)
        hypotheses = self._hypotheses.explain(total)
        on_the_way = log_hand(levels, stirs, small_g, left=False)
        log_goods = self._hypotheses.log_evidence(hypotheses) + on_the_way
        return Act(
            block, total, hypotheses if log_goods > log_nothing else (), log_nothing, log_goods, on_the_way
        )

    def _log_rearranged(self, levels: Levels, total: WeightChange, stirs: Stirs) -> float:
        """Log density of goods that left some plates of their facing and were set down on others of it."""
        gone, come = total.delta_g < 0, total.delta_g > 0
        gone_g, come_g = (float(np.abs(total.delta_g[side]).sum()) for side in (gone, come))
        spread = math.hypot(self._options.gain_sigma_share, TUG_SIGMA * self._options.crosstalk)
        sigma_g = math.hypot(*total.sigma_g, spread * gone_g, spread * come_g)
        began_ns, back_ns = (
            min(levels[plate][0].onset_ns for plate, here in zip(total.plates, side, strict=True) if here)
            for side in (gone, come)
        )
        what = self._hypotheses.explain(_part(total, gone))
        return (
            self._hypotheses.log_evidence(what)
            + log_straddle(int(come.sum()), come_g)
            + log_zero(np.array([come_g - gone_g]), np.array([sigma_g]))
            + log_moved((back_ns - began_ns) / NS_PER_S)
            + log_hand(levels, stirs, self._options.smallest_item_g, left=False)
        )

    def _total(self, by_plate: Levels, block: Changes, cluster: Changes) -> WeightChange:
        """Sum of a block by plate; what neighbours' changes may tug at a plate is noise to it."""
        plates = tuple(sorted(by_plate, key=self._near.column))
        sigma_g = []
        for plate in plates:
            tugs_g = [
                TUG_SIGMA * self._options.crosstalk * other.delta_g
                for other in cluster
                if any(self._near.tugs(other, own) for own in by_plate[plate])
            ]
            sigma_g.append(math.hypot(*(change.sigma_g for change in by_plate[plate]), *tugs_g))
        return WeightChange(
            plates=plates,
            delta_g=np.array([_net_g(by_plate[plate]) for plate in plates]),
            sigma_g=np.array(sigma_g),
            onset_ns=min(change.onset_ns for change in block),
            settled_ns=_settled_ns(block),
            decided_ns=max(change.decided_ns for change in block),
        )

    def _log_tug(self, change: PlateChange, cluster: Changes) -> float:
        """Log density of a small change as the tug of a large one beside it."""
        bounds_g = [
            self._near.crosstalk_g(main.delta_g)
            for main in cluster
            if self._near.tugs(main, change)
            and main.delta_g * change.delta_g > 0
            and 2 * abs(change.delta_g) < abs(main.delta_g)
        ]
        fitting = [bound_g for bound_g in bounds_g if abs(change.delta_g) <= bound_g]
        return -math.log(min(fitting)) if fitting else -math.inf


def _is_aftermath(block: Changes, cluster: Changes) -> bool:
    """Whether a larger change of the same plate has only just come to rest."""
    return any(
        other.plate == change.plate
        and abs(other.delta_g) > abs(change.delta_g)
        and 0 <= change.stirred_ns - other.settled_ns < AFTERMATH_S * NS_PER_S
        for change in block
        for other in cluster
    )


def _net_g(changes: Sequence[PlateChange]) -> float:
    """[g] from the level before the first of a plate's changes to that after the last.

    More than their sum: between them the plate may have been left a little elsewhere by what was no change.
    """
    return sum(change.delta_g for change in changes) + sum(change.crept_g for change in changes[1:])


def _is_in_between(block: Changes, cluster: Changes) -> bool:
    """Whether something else moved one of the plates before, and something else after."""
    first = {change.plate: change.settled_ns for change in reversed(block)}
    last = {change.plate: change.settled_ns for change in block}
    others = [other for other in cluster if other.plate in first and other not in block]
    return any(other.settled_ns < first[other.plate] for other in others) and any(
        other.settled_ns > last[other.plate] for other in others
    )


def _part(total: WeightChange, here: NDArray[np.bool_]) -> WeightChange:
    """The plates of a change at which ``here`` holds."""
    plates = tuple(plate for plate, chosen in zip(total.plates, here, strict=True) if chosen)
    return replace(total, plates=plates, delta_g=total.delta_g[here], sigma_g=total.sigma_g[here])


def log_zero(delta_g: Grams, sigma_g: Grams) -> float:
    """Log density of nothing having changed. ``delta_g``, ``sigma_g``: [plate] g."""
    sigma = np.maximum(sigma_g, 1.0)
    z = delta_g / sigma
    return float((-0.5 * z * z - np.log(sigma * math.sqrt(2 * math.pi))).sum())


def _log_noise(total: WeightChange) -> float:
    """Log density of a change that is no change."""
    scale = np.maximum(NOISE_SIGMAS * total.sigma_g, NOISE_MIN_G)
    return float((-np.abs(total.delta_g) / scale - np.log(2 * scale)).sum())


def _by_plate(block: Changes) -> dict[str, list[PlateChange]]:
    """Changes of each plate in their order."""
    by_plate: dict[str, list[PlateChange]] = {}
    for change in sorted(block, key=lambda each: each.settled_ns):
        by_plate.setdefault(change.plate, []).append(change)
    return by_plate


def _settled_ns(block: Changes) -> int:
    """When the act was over but for creep."""
    least_g = MAIN_SHARE * abs(sum(change.delta_g for change in block))
    return max(change.settled_ns for change in block if abs(change.delta_g) >= least_g)
